//! A contract, its service, and the client's own side of it.

use samebox::contract::Serving;
use samebox::{Data, Fault, Peer};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};

#[derive(Clone, Debug, PartialEq, Data)]
pub(crate) struct Shortfall {
    pub(crate) by: i64,
}

/// Paper within paper.
#[derive(Clone, Debug, Default, PartialEq, Data)]
pub(crate) struct Folder {
    pub(crate) label: String,
    pub(crate) inner: Vec<Folder>,
}

#[samebox::contract]
pub(crate) trait Visitor {
    #[one_way]
    fn told(&self, news: &str);
    fn sure(&self, question: &str) -> bool;
}

#[samebox::contract(callback = Visitor, version = "2")]
pub(crate) trait Desk {
    fn echo(&self, text: &str) -> String;
    fn add(&self, a: i32, b: i32) -> i32;
    fn sort(&self, folder: Folder) -> Folder;
    fn count(&self, words: &[String]) -> BTreeMap<String, u32>;
    fn reverse(&self, bytes: Vec<u8>) -> Vec<u8>;
    #[one_way]
    fn note(&self, text: String);
    fn noted(&self) -> Vec<String>;
    fn withdraw(&self, amount: i64) -> Result<i64, Fault<Shortfall>>;
    fn fail(&self, code: &str) -> Result<(), Fault>;
    fn ask(&self, #[callback] visitor: &VisitorClient, questions: u32) -> Result<u32, Fault>;
    fn crash(&self);
    fn exit(&self);
    fn wait(&self);
    fn release(&self);
    fn pid(&self, #[peer] peer: &Peer) -> Option<u32>;
}

/// The service, and how many of them there are.
#[derive(Default)]
pub(crate) struct Clerk {
    notes: Mutex<Vec<String>>,
    gate: Gate,
    pub(crate) living: Arc<AtomicUsize>,
}

impl Clerk {
    pub(crate) fn counted(living: &Arc<AtomicUsize>) -> Self {
        living.fetch_add(1, Ordering::SeqCst);
        let (notes, gate) = Default::default();
        Self { notes, gate, living: living.clone() }
    }

    /// Waits until so many are in `wait`.
    pub(crate) fn await_waiting(&self, count: usize) {
        self.gate.await_waiting(count);
    }
}

impl Drop for Clerk {
    fn drop(&mut self) {
        self.living.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Lets through whoever comes once it is open.
#[derive(Default)]
struct Gate(Mutex<(usize, bool)>, Condvar);

impl Gate {
    fn pass(&self) {
        let mut state = self.0.lock().unwrap();
        state.0 += 1;
        self.1.notify_all();
        let patience = super::SOON;
        drop(self.1.wait_timeout_while(state, patience, |state| !state.1).unwrap());
    }

    fn open(&self) {
        self.0.lock().unwrap().1 = true;
        self.1.notify_all();
    }

    fn await_waiting(&self, count: usize) {
        let state = self.0.lock().unwrap();
        let few = |state: &mut (usize, bool)| state.0 < count;
        let waited = self.1.wait_timeout_while(state, super::SOON, few).unwrap();
        assert!(!waited.1.timed_out(), "nobody waits");
    }
}

impl Desk for Clerk {
    fn echo(&self, text: &str) -> String {
        text.into()
    }

    fn add(&self, a: i32, b: i32) -> i32 {
        a.wrapping_add(b)
    }

    fn sort(&self, mut folder: Folder) -> Folder {
        folder.inner = folder.inner.into_iter().map(|inner| self.sort(inner)).collect();
        folder.inner.sort_by(|a, b| a.label.cmp(&b.label));
        folder
    }

    fn count(&self, words: &[String]) -> BTreeMap<String, u32> {
        let mut counts = BTreeMap::new();
        words.iter().for_each(|word| *counts.entry(word.clone()).or_default() += 1);
        counts
    }

    fn reverse(&self, mut bytes: Vec<u8>) -> Vec<u8> {
        bytes.reverse();
        bytes
    }

    fn note(&self, text: String) {
        self.notes.lock().unwrap().push(text);
    }

    fn noted(&self) -> Vec<String> {
        self.notes.lock().unwrap().clone()
    }

    fn withdraw(&self, amount: i64) -> Result<i64, Fault<Shortfall>> {
        let left = 100 - amount;
        let short = || Fault::new("not enough").with_detail(Shortfall { by: -left });
        if left < 0 { Err(short()) } else { Ok(left) }
    }

    fn fail(&self, code: &str) -> Result<(), Fault> {
        match code {
            "" => Err(Fault::new("no code")),
            code => Err(Fault::new("with a\0code").with_code("", code).of_receiver()),
        }
    }

    fn ask(&self, visitor: &VisitorClient, questions: u32) -> Result<u32, Fault> {
        let mut sure = 0;
        for question in 0..questions {
            let failed = |error: String| Fault::new(error);
            visitor.told(&format!("{question} follows")).map_err(|e| failed(e.to_string()))?;
            let answer = visitor.sure(&format!("{question}?"));
            sure += u32::from(answer.map_err(|error| failed(error.to_string()))?);
        }
        Ok(sure)
    }

    fn crash(&self) {
        panic!("on purpose");
    }

    fn exit(&self) {
        std::process::exit(7);
    }

    fn wait(&self) {
        self.gate.pass();
    }

    fn release(&self) {
        self.gate.open();
    }

    fn pid(&self, peer: &Peer) -> Option<u32> {
        peer.pid
    }
}

/// The client's own side: it is sure of even questions.
#[derive(Default)]
pub(crate) struct Guest {
    pub(crate) heard: Mutex<Vec<String>>,
    /// Asked once more before an answer is given.
    pub(crate) desk: Mutex<Option<DeskClient>>,
    pub(crate) dies: bool,
}

impl Visitor for Guest {
    fn told(&self, news: &str) {
        self.heard.lock().unwrap().push(news.into());
    }

    fn sure(&self, question: &str) -> bool {
        if self.dies {
            std::process::exit(9);
        }
        let desk = self.desk.lock().unwrap().clone();
        if let Some(desk) = desk {
            assert_eq!(desk.echo(question).unwrap(), question);
        }
        question.trim_end_matches('?').parse::<u32>().unwrap() % 2 == 0
    }
}

/// Offers a desk of one clerk.
pub(crate) fn open(endpoint: &str) -> (Serving, Arc<Clerk>) {
    let clerk = Arc::new(Clerk::default());
    let serving = samebox::serve(endpoint, DeskHost::shared(clerk.clone())).unwrap();
    (serving, clerk)
}

pub(crate) fn visit(endpoint: &str) -> DeskClient {
    visit_as(endpoint, &Arc::default())
}

pub(crate) fn visit_as(endpoint: &str, guest: &Arc<Guest>) -> DeskClient {
    let soon = super::SOON;
    DeskClient::connect_by(endpoint, soon, guest.clone()).unwrap().with_timeout(soon)
}
