use super::row::{Lost, Row};
use super::statistics::{Percentiles, median};
use crate::commands::peer::{Attempt, Session, Side, Taken, Way, fitting_count};
use std::time::{Duration, Instant};

/// What to measure, and how long.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plan {
    /// What is compared with the floor.
    pub(crate) side: Side,
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

/// What is measured of `side` in one round; what is compared stands side by side.
fn turns(side: Side, has_floor: bool) -> Vec<Turn> {
    let mut turns = vec![
        Turn::RoundTrip(side),
        Turn::RoundTrip(Side::Floor),
        Turn::OneWay(side, Way::Single),
        Turn::OneWay(Side::Floor, Way::Single),
        Turn::OneWay(side, Way::Batched),
    ];
    turns.retain(|turn| match turn {
        Turn::RoundTrip(Side::Floor) | Turn::OneWay(Side::Floor, _) => has_floor,
        // Memory is lent for one message at a time.
        Turn::OneWay(Side::Lent, way) => *way == Way::Single,
        Turn::RoundTrip(_) | Turn::OneWay(Side::Ours, _) => true,
    });
    turns
}

/// What came of one thing in all rounds.
struct Course {
    turn: Turn,
    /// How many messages one turn takes.
    count: u64,
    trips: Vec<Percentiles>,
    /// The median round trip or the rate of each round, where there was one.
    figures: Vec<Option<f64>>,
    samples: u64,
    lost: u64,
}

/// Measures one size over an open session.
pub(crate) struct Measure<'a> {
    pub(crate) session: &'a mut Session,
    pub(crate) plan: Plan,
    pub(crate) size: usize,
    /// The size of the floor's messages.
    pub(crate) floor_size: usize,
    pub(crate) has_floor: bool,
}

impl Measure<'_> {
    /// How many turns one size takes, for a progress bar.
    pub(crate) fn turns(side: Side, rounds: usize, has_floor: bool) -> u64 {
        (turns(side, has_floor).len() * (rounds + 1)) as u64
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
        turns(self.plan.side, self.has_floor)
            .into_iter()
            .map(|turn| {
                let count = fitting_count(self.plan.slice, |count| self.time_of(turn, count))?;
                progress();
                Ok(Course {
                    turn,
                    count,
                    trips: Vec::new(),
                    figures: Vec::new(),
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
                self.session.round_trips(side, self.size_of(side), count)?;
                Ok(begin.elapsed())
            }
            Turn::OneWay(side, way) => {
                let (_, took) = self.session.one_way(side, way, self.size_of(side), count)?;
                Ok(took)
            }
        }
    }

    fn size_of(&self, side: Side) -> usize {
        if side == Side::Floor { self.floor_size } else { self.size }
    }

    fn take_turn(&mut self, course: &mut Course) -> Attempt<()> {
        match course.turn {
            Turn::RoundTrip(side) => {
                let samples = self.session.round_trips(side, self.size_of(side), course.count)?;
                course.samples += samples.len() as u64;
                let trips = Percentiles::of(samples);
                course.figures.push(trips.map(|trips| trips.p50 as f64));
                course.trips.extend(trips);
            }
            Turn::OneWay(side, way) => {
                let size = self.size_of(side);
                let (taken, _) = self.session.one_way(side, way, size, course.count)?;
                course.note(taken);
            }
        }
        Ok(())
    }

    fn row(&self, endpoint: &str, courses: &[Course]) -> Row {
        let side = self.plan.side;
        let trip = |side| find(courses, Turn::RoundTrip(side));
        let sent = |side, way| find(courses, Turn::OneWay(side, way));
        let (trips, floor_trips) = (trip(side), trip(Side::Floor));
        let (single, batched) = (sent(side, Way::Single), sent(side, Way::Batched));
        let floor = sent(Side::Floor, Way::Single);
        let ratio = |ours: Option<&Course>, floor: Option<&Course>| ours?.by(floor?);
        let row = Row {
            lent: side == Side::Lent,
            floor_size: self.floor_size,
            round_trip_ns: trips.and_then(|course| Percentiles::over(&course.trips)),
            messages_per_second: single.and_then(Course::median),
            batched_messages_per_second: batched.and_then(Course::median),
            samples: trips.map_or(0, |course| course.samples),
            floor_round_trip_ns: floor_trips.and_then(Course::median).map(|ns| ns as u64),
            floor_messages_per_second: floor.and_then(Course::median),
            round_trip_ratio: ratio(trips, floor_trips),
            rate_ratio: ratio(single, floor),
            batched_ratio: ratio(batched, floor),
            lost: Lost {
                single: single.map(Course::lost_share),
                batched: batched.map(Course::lost_share),
                floor: floor.map(Course::lost_share),
            },
            ..Row::new(endpoint, self.size, self.plan.rounds)
        };
        row.with_bytes()
    }
}

fn find(courses: &[Course], turn: Turn) -> Option<&Course> {
    courses.iter().find(|course| course.turn == turn)
}

impl Course {
    fn note(&mut self, taken: Taken) {
        self.samples += self.count;
        self.lost += self.count.saturating_sub(taken.received);
        self.figures.push(taken.rate());
    }

    fn median(&self) -> Option<f64> {
        median(&self.figures.iter().copied().flatten().collect::<Vec<_>>())
    }

    /// The median over all rounds of this course's figure by the floor's of the same round.
    ///
    /// Turns of one round follow each other, so whatever else the machine does changes both. The ratio
    /// of two medians would compare rounds when both ends shared a core with rounds when they did not.
    fn by(&self, floor: &Self) -> Option<f64> {
        let ratio = |(ours, floor): (&Option<f64>, &Option<f64>)| {
            Some((*ours)? / (*floor)?).filter(|ratio| ratio.is_finite())
        };
        let pairs = self.figures.iter().zip(&floor.figures);
        median(&pairs.filter_map(ratio).collect::<Vec<_>>())
    }

    /// Which share of what was sent did not arrive.
    fn lost_share(&self) -> f64 {
        if self.samples == 0 { 0.0 } else { self.lost as f64 / self.samples as f64 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn course(figures: &[Option<f64>]) -> Course {
        let turn = Turn::RoundTrip(Side::Ours);
        Course { turn, count: 1, trips: Vec::new(), figures: figures.to_vec(), samples: 0, lost: 0 }
    }

    #[test]
    fn lent_messages_go_one_by_one_and_have_the_same_floor() {
        let (floor, lent) = (Turn::RoundTrip(Side::Floor), Turn::RoundTrip(Side::Lent));
        let single = |side| Turn::OneWay(side, Way::Single);
        let all = [lent, floor, single(Side::Lent), single(Side::Floor)];
        assert_eq!(turns(Side::Lent, true), all);
        assert_eq!(turns(Side::Lent, false), [all[0], all[2]]);
        assert_eq!(turns(Side::Ours, true).len(), 5);
    }

    #[test]
    fn rounds_are_compared_with_themselves() {
        let ours = course(&[Some(10.0), Some(60.0), Some(11.0)]);
        let floor = course(&[Some(10.0), Some(50.0), Some(50.0)]);
        assert_eq!(ours.by(&floor), Some(1.0));
        assert_eq!((ours.median(), floor.median()), (Some(11.0), Some(50.0)));
    }

    #[test]
    fn a_round_without_a_figure_has_no_ratio() {
        let ours = course(&[None, Some(3.0), Some(1.0)]);
        assert_eq!(ours.by(&course(&[Some(1.0), Some(2.0), Some(0.0)])), Some(1.5));
        assert_eq!(ours.by(&course(&[Some(1.0)])), None);
    }
}
