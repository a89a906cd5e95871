//! Memory between two threads whose stores wait in a queue before the other thread sees them, and a
//! scheduler that tries every order of the threads' steps and of the stores' arrival.
//!
//! That is what a processor with a store buffer does. It is also all that releases and acquires allow
//! two threads when each word is stored by one of them only: stores arrive in their order, at any time.
//! A fence has the own stores arrive. The system's barrier has those of both sides arrive, the other's
//! at some moment of the call; that is what loom does not know.

use samebox_shm::ring::memory::{Memory, Reads, Word, Words, Writes};
use std::cell::RefCell;
use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

/// Memory with store buffers.
#[derive(Debug)]
pub(crate) struct Buffered;

/// Two sides, two threads.
#[derive(Debug)]
pub(crate) struct World {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug)]
struct State {
    sides: [Side; 2],
    /// Until threads run, what is stored arrives at once.
    concurrent: bool,
    turn: usize,
    /// Times that a thread may still be stopped where it could go on.
    stops: usize,
    /// What was chosen at each choice, and out of how many.
    path: Vec<(usize, usize)>,
    next: usize,
    failed: Option<&'static str>,
}

#[derive(Debug)]
struct Side {
    words: [u64; 64],
    waiting: VecDeque<(Word, u64)>,
    bytes: Vec<u8>,
    rung: bool,
    asleep: bool,
    finished: bool,
}

thread_local! {
    /// Which side this thread is, once it runs.
    static ME: RefCell<Option<(Arc<World>, usize)>> = const { RefCell::new(None) };
}

fn with_world(act: impl FnOnce(&World, usize)) {
    let me = ME.with_borrow(Clone::clone);
    if let Some((world, side)) = me {
        act(&world, side);
    }
}

/// One side, as itself or as the other sees it.
#[derive(Clone, Debug)]
pub(crate) struct Handle {
    world: Arc<World>,
    side: usize,
}

/// Runs `model` in every way with at most that many stops; gives how many there were.
pub(crate) fn explore<F: FnOnce() + Send + 'static>(
    stops: usize,
    length: usize,
    model: impl Fn(&Arc<World>) -> [F; 2],
) -> usize {
    let mut path = Vec::new();
    for executions in 1.. {
        let world = Arc::new(World::new(stops, length, path));
        let threads = model(&world);
        world.lock().begin();
        let run = |(side, act): (usize, F)| {
            let world = Arc::clone(&world);
            thread::spawn(move || world.run(side, act))
        };
        let threads: Vec<_> = threads.into_iter().enumerate().map(run).collect();
        let ended = threads.into_iter().map(thread::JoinHandle::join).all(|end| end.is_ok());
        let mut state = world.lock();
        assert!(ended && state.failed.is_none(), "{:?}: {:?}", state.failed, state.path);
        path = std::mem::take(&mut state.path);
        // The last choice that has another way to go.
        while path.last().is_some_and(|(chosen, of)| chosen + 1 == *of) {
            path.pop();
        }
        match path.last_mut() {
            Some((chosen, _)) => *chosen += 1,
            None => return executions,
        }
    }
    unreachable!("there are fewer ways than numbers")
}

impl World {
    fn new(stops: usize, length: usize, path: Vec<(usize, usize)>) -> Self {
        let side = || Side {
            words: [0; 64],
            waiting: VecDeque::new(),
            bytes: vec![0; length],
            rung: false,
            asleep: false,
            finished: false,
        };
        let sides = [side(), side()];
        let state = State { sides, concurrent: false, turn: 0, stops, path, next: 0, failed: None };
        Self { state: Mutex::new(state), changed: Condvar::new() }
    }

    pub(crate) fn side(self: &Arc<Self>, side: usize) -> Handle {
        Handle { world: Arc::clone(self), side }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn run(self: &Arc<Self>, me: usize, act: impl FnOnce()) {
        /// Ends the other thread too when this one fails.
        struct Guard<'a>(&'a World, usize);
        impl Drop for Guard<'_> {
            fn drop(&mut self) {
                let mut state = self.0.lock();
                state.sides[self.1].finished = true;
                if thread::panicking() {
                    state.failed = state.failed.or(Some("a thread failed"));
                }
                state.turn = 1 - self.1;
                self.0.changed.notify_all();
            }
        }
        ME.set(Some((Arc::clone(self), me)));
        let _guard = Guard(self, me);
        drop(self.until_turn(self.lock(), me));
        act();
    }

    fn until_turn<'a>(&self, mut state: MutexGuard<'a, State>, me: usize) -> MutexGuard<'a, State> {
        while state.turn != me && state.failed.is_none() {
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        if state.failed.is_some() {
            drop(state);
            panic!("the model has failed");
        }
        state
    }

    /// Before a step that the other may see or that may see the other's: it may run on first.
    fn step(&self, me: usize) -> MutexGuard<'_, State> {
        let mut state = self.lock();
        let other = &state.sides[1 - me];
        if state.stops > 0 && !other.asleep && !other.finished && state.choose(2) == 1 {
            state.stops -= 1;
            state.turn = 1 - me;
            self.changed.notify_all();
            state = self.until_turn(state, me);
        }
        state
    }

    fn sleep(&self, me: usize) {
        let mut state = self.step(me);
        if !state.sides[me].rung {
            if state.sides[1 - me].asleep || state.sides[1 - me].finished {
                state.failed = Some("a wake was lost");
            }
            state.sides[me].asleep = true;
            state.turn = 1 - me;
            self.changed.notify_all();
            state = self.until_turn(state, me);
            // Whose turn it is without a wake is alone.
            if !state.sides[me].rung {
                state.failed = Some("a wake was lost");
                drop(state);
                panic!("nobody is left to wake this side");
            }
        }
        state.sides[me].rung = false;
    }
}

impl State {
    fn begin(&mut self) {
        self.concurrent = true;
        self.turn = self.choose(2);
    }

    fn choose(&mut self, of: usize) -> usize {
        if self.next == self.path.len() {
            self.path.push((0, of));
        }
        self.next += 1;
        self.path[self.next - 1].0
    }
}

impl Side {
    /// Has the first so many of the stores that wait arrive.
    fn arrive(&mut self, count: usize) {
        for (word, value) in self.waiting.drain(..count) {
            self.words[word as usize] = value;
        }
    }

    fn arrive_all(&mut self) {
        self.arrive(self.waiting.len());
    }
}

impl Handle {
    /// Wakes the other side; what this one has stored may still wait.
    pub(crate) fn ring(&self) {
        let mut state = self.world.step(self.side);
        let other = &mut state.sides[1 - self.side];
        other.rung = true;
        other.asleep = false;
    }

    /// Sleeps until the other side rings.
    pub(crate) fn sleep(&self) {
        self.world.sleep(self.side);
    }
}

impl Memory for Buffered {
    type Own = Handle;
    type Words = Handle;
    type Peer = Handle;

    fn fence() {
        with_world(|world, me| world.step(me).sides[me].arrive_all());
    }

    fn has_barrier() -> bool {
        true
    }

    fn barrier() {
        with_world(|world, me| {
            world.step(me).sides[me].arrive_all();
            world.step(me).sides[1 - me].arrive_all();
        });
    }
}

impl Writes for Handle {
    // Loom looks after bytes; here they are only what a word has told of.
    fn write(&mut self, at: usize, bytes: &[u8]) {
        self.world.lock().sides[self.side].bytes[at..at + bytes.len()].copy_from_slice(bytes);
    }
}

impl Words for Handle {
    fn store(&self, word: Word, value: u64) {
        let mut state = self.world.lock();
        let concurrent = state.concurrent;
        let side = &mut state.sides[self.side];
        side.waiting.push_back((word, value));
        if !concurrent {
            side.arrive_all();
        }
    }
}

impl Reads for Handle {
    /// Some of the stores that wait arrive before; how many makes a difference at those to this word.
    fn load(&self, word: Word) -> u64 {
        let concurrent = self.world.lock().concurrent;
        let mut state = if concurrent { self.world.step(1 - self.side) } else { self.world.lock() };
        let waiting = state.sides[self.side].waiting.iter().enumerate();
        let arrivals: Vec<_> =
            waiting.filter(|(_, (stored, _))| *stored == word).map(|(at, _)| at + 1).collect();
        let chosen = if arrivals.is_empty() { 0 } else { state.choose(arrivals.len() + 1) };
        if chosen > 0 {
            state.sides[self.side].arrive(arrivals[chosen - 1]);
        }
        state.sides[self.side].words[word as usize]
    }

    fn copy(&self, at: usize, into: &mut [u8]) -> bool {
        into.copy_from_slice(&self.world.lock().sides[self.side].bytes[at..at + into.len()]);
        true
    }

    fn append(&self, at: usize, length: usize, into: &mut Vec<u8>) -> bool {
        let start = into.len();
        into.resize(start + length, 0);
        self.copy(at, &mut into[start..])
    }
}
