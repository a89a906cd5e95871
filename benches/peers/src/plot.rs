use crate::measure::{Measure, three};
use crate::report::{Cell, Report};
use crate::rounds::floors_of;
use crate::subject::Outcome;
use plotters::coord::Shift;
use plotters::coord::types::RangedCoordf64;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

/// One colour per subject, told apart by the colour-blind too.
const COLOURS: [RGBColor; 6] = [
    RGBColor(213, 94, 0),
    RGBColor(0, 114, 178),
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
    RGBColor(230, 159, 0),
    RGBColor(120, 120, 120),
];
const SIZE: (u32, u32) = (1280, 700);
/// The part of a group's width that its bars fill.
const FILLED: f64 = 0.84;

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
type Chart<'a> = ChartContext<'a, SVGBackend<'a>, Cartesian2d<RangedCoordf64, LogCoord<f64>>>;

/// Bars of each subject's cost in times the floor's, one group per measure, as an SVG.
pub(crate) fn svg(report: &Report) -> Outcome<String> {
    let mut text = String::new();
    {
        let area = SVGBackend::with_string(&mut text, SIZE).into_drawing_area();
        area.fill(&WHITE)?;
        let mut chart = chart(&area, report)?;
        for (number, row) in report.subjects.iter().enumerate() {
            Place { number, of: report.subjects.len() }.bars(&mut chart, &row.cells)?;
        }
        let floor = [(0.0, 1.0), (Measure::ALL.len() as f64, 1.0)];
        chart.draw_series(LineSeries::new(floor, BLACK.stroke_width(2)))?;
        group_names(&area, &chart)?;
        legend(&area, report)?;
        area.present()?;
    }
    Ok(text)
}

fn chart<'a>(area: &Area<'a>, report: &Report) -> Outcome<Chart<'a>> {
    let cells = || report.subjects.iter().flat_map(|row| row.cells.iter().flatten());
    let costs = || cells().filter_map(|cell| cell.costs.first().copied());
    let bottom = costs().fold(1.0, f64::min) / 1.5;
    let highest = costs().fold(2.0, f64::max);
    // Room above the highest bar for its figure, which is a quarter of the axis long.
    let top = highest * (highest / bottom).powf(0.34);
    let groups = Measure::ALL.len() as f64;
    let mut chart = ChartBuilder::on(area)
        .caption(
            "Cost beside the bare mechanism: times the floor, less is better",
            ("sans-serif", 24),
        )
        .margin(12)
        .x_label_area_size(95)
        .y_label_area_size(70)
        .build_cartesian_2d(0.0..groups, (bottom..top).log_scale())
        .map_err(|error| error.to_string())?;
    chart
        .configure_mesh()
        .disable_x_mesh()
        .disable_x_axis()
        .light_line_style(BLACK.mix(0.06))
        .bold_line_style(BLACK.mix(0.15))
        .y_desc("times the floor (log scale)")
        .y_label_formatter(&|value| format!("{value}"))
        .label_style(("sans-serif", 15))
        .draw()?;
    Ok(chart)
}

/// A subject's place in every group.
struct Place {
    number: usize,
    of: usize,
}

impl Place {
    /// The left and right edge of the bar in a group.
    fn edges(&self, group: usize) -> (f64, f64) {
        let width = FILLED / self.of as f64;
        let left = group as f64 + (1.0 - FILLED) / 2.0 + width * self.number as f64;
        (left, left + width * 0.92)
    }

    fn colour(&self) -> RGBColor {
        COLOURS[self.number % COLOURS.len()]
    }

    fn bars(&self, chart: &mut Chart<'_>, cells: &[Option<Cell>]) -> Outcome<()> {
        let bars: Vec<_> = Measure::ALL
            .into_iter()
            .zip(cells)
            .enumerate()
            .filter_map(|(group, (measure, cell))| {
                let cell = cell.as_ref()?;
                let figure = measure.figure(cell.figure?);
                Some((self.edges(group), *cell.costs.first()?, figure, cell.lost > 0))
            })
            .collect();
        chart.draw_series(bars.iter().map(|((left, right), cost, ..)| {
            Rectangle::new([(*left, 1.0), (*right, *cost)], self.colour().filled())
        }))?;
        let upright = TextStyle::from(("sans-serif", 14).into_font())
            .transform(FontTransform::Rotate270)
            .pos(Pos::new(HPos::Left, VPos::Center));
        chart.draw_series(bars.iter().map(|((left, right), cost, figure, loses)| {
            let loses = if *loses { ", loses" } else { "" };
            let text = format!("{figure} ({}x){loses}", three(*cost));
            Text::new(text, ((left + right) / 2.0, cost.max(1.0) * 1.08), upright.clone())
        }))?;
        Ok(())
    }
}

fn group_names(area: &Area<'_>, chart: &Chart<'_>) -> Outcome<()> {
    let style = |size| {
        let style = TextStyle::from(("sans-serif", size).into_font());
        style.pos(Pos::new(HPos::Center, VPos::Top))
    };
    let (_, bottom) = chart.plotting_area().get_pixel_range();
    for (group, measure) in Measure::ALL.into_iter().enumerate() {
        let (x, _) = chart.backend_coord(&(group as f64 + 0.5, 1.0));
        let floor = floors_of(measure).next().map_or("", |floor| floor.name);
        area.draw_text(measure.title(), &style(15), (x, bottom.end + 8))?;
        area.draw_text(&format!("floor: {floor}"), &style(13), (x, bottom.end + 30))?;
    }
    Ok(())
}

/// One line below the groups, where no bar can be.
fn legend(area: &Area<'_>, report: &Report) -> Outcome<()> {
    let style = TextStyle::from(("sans-serif", 17).into_font());
    let style = style.pos(Pos::new(HPos::Left, VPos::Center));
    let of = report.subjects.len();
    let apart = 150;
    let left = (SIZE.0 as i32 - apart * of as i32) / 2;
    let middle = SIZE.1 as i32 - 22;
    for (number, row) in report.subjects.iter().enumerate() {
        let x = left + apart * number as i32;
        let key = [(x, middle - 7), (x + 14, middle + 7)];
        area.draw(&Rectangle::new(key, Place { number, of }.colour().filled()))?;
        area.draw_text(row.name, &style, (x + 22, middle))?;
    }
    Ok(())
}
