use super::row::{Lost, Row};
use super::statistics::{Percentiles, median};
use crate::commands::peer::{Attempt, Session, Side, Taken, Way, fitting_count};
use std::time::{Duration, Instant};

/// How long to measure.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plan {
    /// How often each thing is measured; what is compared takes turns.
    pub(crate) rounds: usize,
    /// How long one turn of one thing takes, about.
    pub(crate) slice: Duration,
}

/// Everything that is measured for one size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Turn {
    RoundTrip(Side),
    OneWay(Side, Way),
}

const OURS: [Turn; 3] = [
    Turn::RoundTrip(Side::Ours),
    Turn::OneWay(Side::Ours, Way::Single),
    Turn::OneWay(Side::Ours, Way::Batched),
];
const FLOOR: [Turn; 2] = [Turn::RoundTrip(Side::Floor), Turn::OneWay(Side::Floor, Way::Single)];

/// What came of one thing in all rounds.
struct Course {
    turn: Turn,
    /// How many messages one turn takes.
    count: u64,
    trips: Vec<Percentiles>,
    rates: Vec<f64>,
    samples: u64,
    lost: u64,
}

/// Measures one size over an open session.
pub(crate) struct Measure<'a> {
    pub(crate) session: &'a mut Session,
    pub(crate) plan: Plan,
    pub(crate) size: usize,
    pub(crate) has_floor: bool,
}

impl Measure<'_> {
    /// How many turns one size takes, for a progress bar.
    pub(crate) fn turns(rounds: usize, has_floor: bool) -> u64 {
        let things = OURS.len() + if has_floor { FLOOR.len() } else { 0 };
        (things * (rounds + 1)) as u64
    }

    /// Measures everything; `progress` is told of each turn.
    pub(crate) fn run(mut self, endpoint: &str, progress: &dyn Fn()) -> Attempt<Row> {
        let mut courses = self.warm_up(progress)?;
        for round in 0..self.plan.rounds {
            // Each goes first as often as it goes last.
            if round % 2 == 1 {
                courses.reverse();
            }
            for course in &mut courses {
                self.take_turn(course)?;
                progress();
            }
            if round % 2 == 1 {
                courses.reverse();
            }
        }
        Ok(self.row(endpoint, &courses))
    }

    fn warm_up(&mut self, progress: &dyn Fn()) -> Attempt<Vec<Course>> {
        let mut turns = OURS.to_vec();
        if self.has_floor {
            // What is compared stands side by side.
            turns.insert(1, FLOOR[0]);
            turns.insert(3, FLOOR[1]);
        }
        turns
            .into_iter()
            .map(|turn| {
                let count = fitting_count(self.plan.slice, |count| self.time_of(turn, count))?;
                progress();
                Ok(Course {
                    turn,
                    count,
                    trips: Vec::new(),
                    rates: Vec::new(),
                    samples: 0,
                    lost: 0,
                })
            })
            .collect()
    }

    fn time_of(&mut self, turn: Turn, count: u64) -> Attempt<Duration> {
        match turn {
            Turn::RoundTrip(side) => {
                let begin = Instant::now();
                self.session.round_trips(side, self.size, count)?;
                Ok(begin.elapsed())
            }
            Turn::OneWay(side, way) => {
                let (_, took) = self.session.one_way(side, way, self.size, count)?;
                Ok(took)
            }
        }
    }

    fn take_turn(&mut self, course: &mut Course) -> Attempt<()> {
        match course.turn {
            Turn::RoundTrip(side) => {
                let samples = self.session.round_trips(side, self.size, course.count)?;
                course.samples += samples.len() as u64;
                course.trips.extend(Percentiles::of(samples));
            }
            Turn::OneWay(side, way) => {
                let (taken, _) = self.session.one_way(side, way, self.size, course.count)?;
                course.note(taken);
            }
        }
        Ok(())
    }

    fn row(&self, endpoint: &str, courses: &[Course]) -> Row {
        let find = |turn| courses.iter().find(move |course| course.turn == turn);
        let trips = |side| find(Turn::RoundTrip(side)).and_then(|c| Percentiles::over(&c.trips));
        let rate = |side, way| find(Turn::OneWay(side, way)).and_then(|c| median(&c.rates));
        let lost = |side, way| find(Turn::OneWay(side, way)).map(Course::lost_share);
        let ours = trips(Side::Ours);
        let floor = trips(Side::Floor);
        Row::new(endpoint, self.size, self.plan.rounds)
            .with_round_trips(
                ours,
                floor,
                find(Turn::RoundTrip(Side::Ours)).map_or(0, |c| c.samples),
            )
            .with_rates(
                rate(Side::Ours, Way::Single),
                rate(Side::Ours, Way::Batched),
                rate(Side::Floor, Way::Single),
            )
            .with_lost(Lost {
                single: lost(Side::Ours, Way::Single),
                batched: lost(Side::Ours, Way::Batched),
                floor: lost(Side::Floor, Way::Single),
            })
    }
}

impl Course {
    fn note(&mut self, taken: Taken) {
        self.samples += self.count;
        self.lost += self.count.saturating_sub(taken.received);
        self.rates.extend(taken.rate());
    }

    /// Which share of what was sent did not arrive.
    fn lost_share(&self) -> f64 {
        if self.samples == 0 { 0.0 } else { self.lost as f64 / self.samples as f64 }
    }
}
