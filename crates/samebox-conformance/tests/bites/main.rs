//! Deliberately broken transports: the cases named for a flaw must catch it.
//!
//! Each is the reference twin with one flaw.

mod broken;
mod caught;
mod flaw;
mod receiver;
mod sender;

use broken::Broken;
use caught::CAUGHT;
use flaw::Flaw;
use libtest_mimic::{Arguments, Failed, Trial};
use samebox_conformance::{Suite, Variant, Verdict};
use std::time::Duration;

/// Most of the time is spent in waiting for what a flaw keeps from happening.
const AT_ONCE: usize = 12;

fn main() {
    let mut arguments = Arguments::from_args();
    arguments.test_threads.get_or_insert(AT_ONCE);
    // Most of the panics here are as they should be, and the others come back as verdicts.
    std::panic::set_hook(Box::new(|_| {}));
    let mut trials = vec![Trial::test("every flaw is caught by a case", every_flaw_is_named)];
    for case in Suite::cases() {
        trials.push(Trial::test(format!("the twin without a flaw passes {case}"), move || {
            passes(&case)
        }));
    }
    for (flaw, cases) in CAUGHT {
        for case in *cases {
            let name = format!("{flaw:?} is caught by {case}");
            trials.push(Trial::test(name, || catches(*flaw, case)));
        }
    }
    libtest_mimic::run(&arguments, trials).exit();
}

fn suite(flaw: Flaw) -> Suite {
    let transport = Box::leak(Box::new(Broken(flaw)));
    Suite::new(transport).variant(Variant::new("", |name| format!("inproc:{name}")))
}

fn passes(case: &str) -> Result<(), Failed> {
    match suite(Flaw::None).verdict(case) {
        Verdict::Failed(why) => Err(why.into()),
        Verdict::Passed | Verdict::Ignored(_) => Ok(()),
    }
}

fn catches(flaw: Flaw, case: &str) -> Result<(), Failed> {
    match suite(flaw).patience(Duration::from_secs(1)).verdict(case) {
        Verdict::Failed(_) => Ok(()),
        verdict => Err(format!("{verdict:?}").into()),
    }
}

fn every_flaw_is_named() -> Result<(), Failed> {
    let named = |flaw: &&Flaw| !CAUGHT.iter().any(|(caught, _)| caught == *flaw);
    match Flaw::ALL.iter().find(named) {
        Some(flaw) => Err(format!("no case is named for {flaw:?}").into()),
        None => Ok(()),
    }
}
