//! Who is measured when: every subject directly after its floors, all of them in every round.

use crate::measure::{Measure, Wait};
use crate::report::{Cell, Report, Row};
use crate::session::{Cores, Session, Turn};
use crate::statistics::median;
use crate::subject::{Entry, Outcome};
use crate::subjects::{FLOORS, SUBJECTS};
use std::collections::HashMap;
use std::time::Duration;

/// How long to measure, and whom.
pub(crate) struct Plan {
    pub(crate) cores: Cores,
    pub(crate) rounds: usize,
    /// How long all rounds take together, about.
    pub(crate) time: Duration,
    /// The names of the subjects; none for all.
    pub(crate) only: Vec<String>,
}

/// One measure of one subject, over all rounds.
struct Course {
    measure: Measure,
    subject: Player,
    floors: Vec<Player>,
}

/// A subject or a floor in a course.
struct Player {
    entry: &'static Entry,
    count: u64,
    turns: Vec<Turn>,
    failure: Option<String>,
}

/// The connections, opened when they are first needed.
struct Sessions {
    cores: Cores,
    open: HashMap<(&'static str, usize, &'static str), Session>,
}

/// Measures everything of `plan`; `progress` is told of each round.
pub(crate) fn run(plan: &Plan, progress: &dyn Fn(usize)) -> Outcome<Report> {
    let mut courses = courses(&plan.only)?;
    let mut sessions = Sessions { cores: plan.cores, open: HashMap::new() };
    let players = courses.iter().map(|course| 1 + course.floors.len()).sum::<usize>();
    let slice = plan.time / (players * plan.rounds) as u32;
    for course in &mut courses {
        course.for_each_player(|measure, player| player.fit(measure, slice, &mut sessions));
    }
    for round in 0..plan.rounds {
        progress(round);
        for course in &mut courses {
            course.for_each_player(|measure, player| player.play(measure, &mut sessions));
        }
        // Each goes first as often as it goes last.
        courses.reverse();
    }
    if plan.rounds % 2 == 1 {
        courses.reverse();
    }
    Ok(report(plan, &courses))
}

fn courses(only: &[String]) -> Outcome<Vec<Course>> {
    let known = |name: &String| SUBJECTS.iter().any(|entry| entry.name == name);
    if let Some(unknown) = only.iter().find(|name| !known(name)) {
        let names: Vec<_> = SUBJECTS.iter().map(|entry| entry.name).collect();
        return Err(format!("`{unknown}` is not a subject; they are {}", names.join(", ")).into());
    }
    let wanted = |entry: &&Entry| only.is_empty() || only.iter().any(|name| name == entry.name);
    let able = |measure| SUBJECTS.iter().filter(wanted).filter(move |entry| entry.can(measure));
    Ok(Measure::ALL
        .into_iter()
        .flat_map(|measure| able(measure).map(move |subject| Course::new(measure, subject)))
        .collect())
}

/// The floors of a measure, the one that it is judged by first.
pub(crate) fn floors_of(measure: Measure) -> impl Iterator<Item = &'static Entry> {
    FLOORS.iter().filter(move |entry| entry.can(measure))
}

impl Course {
    fn new(measure: Measure, subject: &'static Entry) -> Self {
        let floors = floors_of(measure).map(Player::new).collect();
        Self { measure, subject: Player::new(subject), floors }
    }

    fn for_each_player(&mut self, mut act: impl FnMut(Measure, &mut Player)) {
        for player in self.floors.iter_mut().chain([&mut self.subject]) {
            if player.failure.is_none() {
                act(self.measure, player);
            }
        }
    }

    fn cell(&self) -> Cell {
        let costs = self.floors.iter().map(|floor| self.subject.cost_by(floor, self.measure));
        Cell { costs: costs.flatten().collect(), ..self.subject.cell() }
    }
}

impl Player {
    fn new(entry: &'static Entry) -> Self {
        Self { entry, count: 0, turns: Vec::new(), failure: None }
    }

    /// Finds how many messages take about `slice`, which warms everything up too.
    fn fit(&mut self, measure: Measure, slice: Duration, sessions: &mut Sessions) {
        self.count = 8;
        while let Some(turn) = self.turn(measure, sessions) {
            if turn.took >= slice / 2 {
                let share = slice.as_secs_f64() / turn.took.as_secs_f64();
                self.count = ((self.count as f64 * share) as u64).max(8);
                break;
            }
            self.count *= 2;
        }
    }

    fn play(&mut self, measure: Measure, sessions: &mut Sessions) {
        if let Some(turn) = self.turn(measure, sessions) {
            self.turns.push(turn);
        }
    }

    fn turn(&mut self, measure: Measure, sessions: &mut Sessions) -> Option<Turn> {
        let turn = sessions.turn(self.entry, measure, self.count);
        turn.map_err(|error| self.failure = Some(format!("{measure}: {error}"))).ok()
    }

    fn cell(&self) -> Cell {
        let figures: Vec<_> = self.turns.iter().map(|turn| turn.figure).collect();
        let sent: u64 = self.turns.iter().map(|turn| turn.sent).sum();
        let received: u64 = self.turns.iter().map(|turn| turn.received).sum();
        Cell {
            figure: median(&figures),
            costs: Vec::new(),
            sent,
            lost: sent - received,
            failure: self.failure.clone(),
        }
    }

    /// The median of what each round says; the two turns of a round follow each other.
    fn cost_by(&self, floor: &Self, measure: Measure) -> Option<f64> {
        let pairs = self.turns.iter().zip(&floor.turns);
        let costs = pairs.map(|(turn, floor)| measure.cost(turn.figure, floor.figure));
        median(&costs.collect::<Vec<_>>())
    }
}

impl Sessions {
    fn turn(&mut self, entry: &'static Entry, measure: Measure, count: u64) -> Outcome<Turn> {
        let wait: Wait = measure.wait().unwrap_or(entry.fastest);
        let key = (entry.name, measure.size(), wait.word());
        if !self.open.contains_key(&key) {
            self.open.insert(key, Session::open(entry, measure.size(), wait, self.cores)?);
        }
        let session = self.open.get_mut(&key).ok_or("no such session")?;
        let turn = session.turn(measure, count);
        if turn.is_err() {
            self.open.remove(&key);
        }
        turn
    }
}

fn report(plan: &Plan, courses: &[Course]) -> Report {
    let of_subject = |entry: &Entry, measure| {
        courses
            .iter()
            .find(|course| course.measure == measure && course.subject.entry.name == entry.name)
    };
    let rows = |entries: &'static [Entry], cell: &dyn Fn(&Entry, Measure) -> Option<Cell>| {
        let row = |entry: &'static Entry| Row {
            name: entry.name,
            cells: Measure::ALL.map(|measure| cell(entry, measure)).into(),
        };
        let rows = entries.iter().map(row);
        rows.filter(|row| row.cells.iter().any(Option::is_some)).collect()
    };
    Report {
        cores: plan.cores,
        rounds: plan.rounds,
        floors: rows(FLOORS, &|entry, measure| floor_cell(courses, entry, measure)),
        subjects: rows(SUBJECTS, &|entry, measure| of_subject(entry, measure).map(Course::cell)),
    }
}

/// What a floor came to beside all subjects, and its cost by the measure's first floor.
fn floor_cell(courses: &[Course], entry: &Entry, measure: Measure) -> Option<Cell> {
    let mut of_measure = courses.iter().filter(|course| course.measure == measure).peekable();
    of_measure.peek()?;
    let mut all =
        [Player::new(floors_of(measure).next()?), Player::new(floors_of(measure).last()?)];
    if !entry.can(measure) {
        return None;
    }
    for course in of_measure {
        for player in &mut all {
            let same = course.floors.iter().find(|floor| floor.entry.name == player.entry.name)?;
            player.turns.extend(&same.turns);
            player.failure = player.failure.take().or_else(|| same.failure.clone());
        }
    }
    let [first, last] = &all;
    if entry.name == first.entry.name {
        return Some(first.cell());
    }
    Some(Cell { costs: last.cost_by(first, measure).into_iter().collect(), ..last.cell() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subject_has_a_course_with_a_floor_for_each_thing_it_can_do() {
        let courses = courses(&["interprocess".into()]).unwrap();
        assert!(courses.iter().all(|course| course.subject.entry.name == "interprocess"));
        assert!(courses.iter().all(|course| !course.floors.is_empty()));
        assert_eq!(courses.len(), 5);
        let error = super::courses(&["interproces".into()]).err().unwrap();
        assert!(error.to_string().contains("ipc-channel"), "{error}");
    }

    #[test]
    fn costs_are_compared_within_a_round() {
        let turn = |figure| Turn { figure, sent: 1, received: 1, took: Duration::ZERO };
        let player = |figures: [f64; 3]| Player {
            turns: figures.map(turn).into(),
            ..Player::new(&SUBJECTS[0])
        };
        let (subject, floor) = (player([10.0, 60.0, 11.0]), player([10.0, 50.0, 50.0]));
        assert_eq!(subject.cost_by(&floor, Measure::PolledTrip), Some(1.0));
        assert_eq!(subject.cell().figure, Some(11.0));
    }
}
