//! What a run of the suite as a program comes to: its exit code and what it says.
//!
//! The program starts itself as each of the runs, and those start themselves as their other
//! processes, so this is where flaws that show only between processes are caught.

mod broken;
mod run;

use broken::{Broken, Flaw};
use libtest_mimic::{Arguments, Failed, Trial};
use run::{Run, run};
use samebox_conformance::{Suite, Variant, loopback};
use std::time::Duration;

/// Set for a run, to the name of its flaw.
const FLAW: &str = "SAMEBOX_CONFORMANCE_FLAW";

fn main() {
    if let Ok(flaw) = std::env::var(FLAW) {
        return suite(Flaw::named(&flaw)).run();
    }
    let trials = [
        Trial::test("a healthy transport passes", a_healthy_transport_passes),
        Trial::test("an exception shows as ignored with its reason", an_exception_is_shown),
        Trial::test("an exception from no case is an error", a_stale_exception_is_an_error),
        Trial::test("a case that hangs ends the run and is named", a_hanging_case_is_named),
        Trial::test("a missing mechanism shows as ignored", a_missing_mechanism_is_ignored),
        Trial::test("a mechanism missing on one side only is caught", half_a_mechanism_is_caught),
        Trial::test("a name that outlives a killed server is caught", a_stale_name_is_caught),
        Trial::test("never healing from a kill is caught", never_healing_is_caught),
        Trial::test("half a message of a killed client is caught", half_a_message_is_caught),
        Trial::test("waiting for a killed server is caught", waiting_for_the_dead_is_caught),
    ];
    let conclusion = libtest_mimic::run(&Arguments::from_args(), trials.into());
    // Nothing of it is needed again.
    let _ = std::fs::remove_dir_all(samebox_conformance::folder());
    conclusion.exit();
}

/// The suite over TCP with a flaw.
fn suite(flaw: Flaw) -> Suite {
    let transport = Box::leak(Box::new(Broken(flaw)));
    let settings = if flaw == Flaw::EndsWithTheConnection { "?framing=eof" } else { "" };
    let endpoint = move |_: &str| format!("tcp:{}:0{settings}", loopback());
    let suite = Suite::new(transport).variant(Variant::new("", endpoint));
    match flaw {
        Flaw::None => suite.except("identity::the_server_learns_who_sent", "for the test"),
        Flaw::StaleException => suite.except("naming::no_such_case", "for the test"),
        Flaw::LeavesNames => suite,
        _ => suite.patience(Duration::from_secs(2)),
    }
}

fn a_healthy_transport_passes() -> Result<(), Failed> {
    for theme in ["crash::", "delivery::"] {
        run(Flaw::None, theme).ends_well()?.says(&["0 failed"])?;
    }
    Ok(())
}

fn an_exception_is_shown() -> Result<(), Failed> {
    run(Flaw::None, "identity").ends_well()?.says(&["ignored (for the test)"])
}

fn a_stale_exception_is_an_error() -> Result<(), Failed> {
    run(Flaw::StaleException, "naming").fails()?.says(&["no case is called naming::no_such_case"])
}

fn a_hanging_case_is_named() -> Result<(), Failed> {
    let hung = "deadlines::recv_gives_up_at_its_deadline";
    run(Flaw::NeverReturns, hung).fails()?.says(&[hung, "hangs"])
}

fn a_missing_mechanism_is_ignored() -> Result<(), Failed> {
    let said = ["ignored (not on this system)", "absence::both_sides", "1 passed; 0 failed"];
    run(Flaw::Missing, "").ends_well()?.says(&said)
}

fn half_a_mechanism_is_caught() -> Result<(), Failed> {
    caught(Flaw::MissingInHalf, "absence::both_sides_say_that_the_system_lacks_it")
}

fn a_stale_name_is_caught() -> Result<(), Failed> {
    caught(Flaw::LeavesNames, "crash::a_killed_servers_name_is_free_at_once")
}

fn never_healing_is_caught() -> Result<(), Failed> {
    caught(Flaw::NeverHeals, "crash::a_client_of_a_killed_server_is_told_and_heals")
}

fn half_a_message_is_caught() -> Result<(), Failed> {
    // TCP cannot tell a client that is done from one that was killed.
    caught(Flaw::EndsWithTheConnection, "crash::a_client_killed_within_a_message_disturbs_nobody")
}

fn waiting_for_the_dead_is_caught() -> Result<(), Failed> {
    let hung = "crash::a_call_ends_when_its_server_is_killed";
    run(Flaw::WaitsForTheDead, hung).fails()?.says(&[hung, "hangs"])
}

fn caught(flaw: Flaw, case: &str) -> Result<(), Failed> {
    let run: Run = run(flaw, case);
    run.fails()?.says(&[&format!("test {case} ... FAILED")])
}
