//! What all rounds came to, and the table of it.

use crate::measure::{Measure, three};
use crate::rounds::floors_of;
use crate::session::Cores;
use std::fmt::Write as _;

pub(crate) struct Report {
    pub(crate) cores: Cores,
    pub(crate) rounds: usize,
    pub(crate) floors: Vec<Row>,
    pub(crate) subjects: Vec<Row>,
}

pub(crate) struct Row {
    pub(crate) name: &'static str,
    /// In the order of `Measure::ALL`; none for what the subject cannot do.
    pub(crate) cells: Vec<Option<Cell>>,
}

/// One measure of one subject.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Cell {
    /// The median over all rounds.
    pub(crate) figure: Option<f64>,
    /// How many times the cost of each floor of the measure it is.
    pub(crate) costs: Vec<f64>,
    pub(crate) sent: u64,
    pub(crate) lost: u64,
    /// Why it was given up.
    pub(crate) failure: Option<String>,
}

impl Report {
    /// The section of the document, without its markers.
    pub(crate) fn markdown(&self, plot: &str) -> String {
        let mut text = format!(
            "Each figure is the median of {} rounds, with the two processes on cores {} and {}. In\n\
             brackets: how many times the cost of the floor of its column, the median over rounds in\n\
             which the floor was measured directly before; 1 is the floor itself, less is better.\n\n",
            self.rounds, self.cores.near, self.cores.far
        );
        self.head(&mut text);
        for row in &self.floors {
            line(&mut text, &format!("*{}*", row.name), row);
        }
        for row in &self.subjects {
            line(&mut text, row.name, row);
        }
        // Writing to a String does not fail.
        let _ = writeln!(text, "\n![How many times the floor's cost each subject is]({plot})");
        text
    }

    fn head(&self, text: &mut String) {
        text.push_str("| |");
        for measure in Measure::ALL {
            let floors: Vec<_> = floors_of(measure).map(|entry| entry.name).collect();
            let _ = write!(text, " {measure} (× {}) |", floors.join(", × "));
        }
        text.push_str("\n|---|");
        text.push_str(&"--:|".repeat(Measure::ALL.len()));
        text.push('\n');
    }

    /// Everything that went wrong.
    pub(crate) fn failures(&self) -> Vec<String> {
        let rows = self.floors.iter().chain(&self.subjects);
        let of_row = |row: &Row| {
            let failures = row.cells.iter().flatten().filter_map(|cell| cell.failure.clone());
            failures.map(|failure| format!("{}: {failure}", row.name)).collect::<Vec<_>>()
        };
        rows.flat_map(of_row).collect()
    }
}

fn line(text: &mut String, name: &str, row: &Row) {
    let _ = write!(text, "| {name} |");
    for (measure, cell) in Measure::ALL.into_iter().zip(&row.cells) {
        let _ = write!(text, " {} |", cell.as_ref().map_or("–".into(), |cell| cell.text(measure)));
    }
    text.push('\n');
}

impl Cell {
    /// Its figure, its costs in brackets, and what was lost.
    fn text(&self, measure: Measure) -> String {
        if self.failure.is_some() {
            return "failed".into();
        }
        let Some(figure) = self.figure else { return "–".into() };
        let mut text = measure.figure(figure);
        if !self.costs.is_empty() {
            let costs: Vec<_> = self.costs.iter().map(|cost| three(*cost)).collect();
            let _ = write!(text, " ({})", costs.join(", "));
        }
        if self.lost > 0 {
            let share = 100.0 * self.lost as f64 / self.sent as f64;
            let _ = write!(text, ", **{} % lost**", three(share));
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cell() -> Cell {
        Cell { figure: Some(420.0), costs: vec![7.0, 4.5], sent: 200, lost: 0, failure: None }
    }

    #[test]
    fn a_cell_tells_its_figure_its_costs_and_its_losses() {
        assert_eq!(cell().text(Measure::PolledTrip), "420 ns (7.00, 4.50)");
        let lossy = Cell { lost: 50, ..cell() };
        assert!(lossy.text(Measure::Rate).ends_with("**25.0 % lost**"));
        let failed = Cell { failure: Some("gone".into()), ..cell() };
        assert_eq!(failed.text(Measure::Rate), "failed");
    }

    #[test]
    fn every_line_of_the_table_has_a_column_for_each_measure() {
        let row = |name| Row { name, cells: vec![Some(cell()), None, None, None, None, None] };
        let cores = Cores { near: 0, far: 1 };
        let report =
            Report { cores, rounds: 3, floors: vec![row("futex")], subjects: vec![row("a")] };
        let text = report.markdown("plot.svg");
        let lines: Vec<_> = text.lines().filter(|line| line.starts_with('|')).collect();
        assert_eq!(lines.len(), 4);
        assert!(lines.iter().all(|line| line.matches('|').count() == 8), "{text}");
    }
}
