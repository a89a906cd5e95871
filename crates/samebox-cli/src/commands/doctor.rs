use crate::exit::{Failure, Outcome};
use crate::finding::{Finding, Status};
use crate::output;
use crate::standing::{Sight, Standing};
use crate::system::{machine, names};
use clap::builder::styling::{AnsiColor, Style};
use samebox::{Capabilities, Deadline, Endpoint, ErrorKind, Info, Setting, connect_by, transport};
use std::fmt::Write as _;

#[derive(clap::Args)]
#[command(after_help = "\
It ends with 0 if nothing failed, else with the exit code of the first
failure. A live server is not connected to.")]
pub(crate) struct Args {
    /// An endpoint to look at as well
    endpoint: Option<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &Args) -> Outcome {
    let mut findings = machine::examine();
    if let Some(endpoint) = &args.endpoint {
        findings.extend(examine(endpoint));
    }
    match args.json {
        true => output::print_json(&findings)?,
        false => output::print_styled(&report(&findings))?,
    }
    let failed = findings.iter().find(|finding| finding.status == Status::Fail);
    failed.map_or(Ok(()), |finding| Err(Failure::silent(finding.code)))
}

fn report(findings: &[Finding]) -> String {
    let mut text = String::new();
    for Finding { check, status, found, next, .. } in findings {
        let style = style(*status);
        // Writing to a String does not fail.
        let _ = writeln!(text, "{style}{status:<4}{style:#}  {check:<18}  {found}");
        if let Some(next) = next {
            let _ = writeln!(text, "{:24}  next: {next}", "");
        }
    }
    text
}

fn style(status: Status) -> Style {
    let colour = match status {
        Status::Ok => AnsiColor::Green,
        Status::Warn => AnsiColor::Yellow,
        Status::Fail => AnsiColor::Red,
    };
    colour.on_default()
}

/// Looks at one endpoint: how it is written, who has it, whether this user may connect.
fn examine(text: &str) -> Vec<Finding> {
    let endpoint: Endpoint = match text.parse() {
        Ok(endpoint) => endpoint,
        Err(error) => return vec![Finding::of("endpoint", &error)],
    };
    let (info, can) = match transport(&endpoint) {
        Ok(transport) => (transport.info(), transport.capabilities()),
        Err(error) => return vec![Finding::of("endpoint", &error)],
    };
    let mut findings = vec![Finding::ok("endpoint", format!("{endpoint}: {}", info.mechanism))];
    if let Err(error) = check_settings(&endpoint, info, &can) {
        findings.push(Finding::of("settings", &error));
        return findings;
    }
    findings.extend(match names::look(&endpoint) {
        Sight::Standing(found) if found.live => seen(&endpoint, &found),
        sight => vec![tried(text, &sight)],
    });
    findings
}

/// Checks the settings as far as all transports agree on them.
fn check_settings(endpoint: &Endpoint, info: &Info, can: &Capabilities) -> samebox::Result<()> {
    endpoint.check_settings(info.settings)?;
    let set = |setting: &&Setting| endpoint.setting(setting.name).is_some();
    for setting in info.settings.iter().filter(set) {
        match setting.name {
            "max" => drop(endpoint.size(*setting, 1, can.largest)?),
            "capacity" => drop(endpoint.size(*setting, 1, usize::MAX)?),
            "wait" | "stall" => drop(endpoint.duration(*setting, None)?),
            "allow" => drop(endpoint.allow()?),
            "overflow" => drop(endpoint.overflow(can.overflow)?),
            _ => {}
        }
    }
    Ok(())
}

/// What is to tell of a live server.
fn seen(endpoint: &Endpoint, found: &Standing) -> Vec<Finding> {
    let mut findings = vec![Finding::ok("server", format!("live at {}", found.place))];
    let owner = found.whose();
    findings.extend(match (&found.owner, found.own, endpoint.setting("allow")) {
        (None, ..) => None,
        (Some(_), true, _) => Some(Finding::ok("owner", owner)),
        (Some(_), false, Some(allowed)) => {
            let next = format!("make sure that this is who ?allow={allowed} means");
            Some(Finding::warn("owner", owner, next))
        }
        (Some(_), false, None) => {
            let next = "run both sides as one user, or name the owner with ?allow=user:NAME";
            Some(Finding::fail("owner", ErrorKind::Denied, owner, next))
        }
    });
    findings.extend(found.open.map(|open| match open {
        true => Finding::ok("rights", "this user may connect"),
        false => {
            let next = "start the server with ?allow=user:NAME for this user";
            Finding::fail("rights", ErrorKind::Denied, "this user may not connect", next)
        }
    }));
    findings
}

/// Tries the endpoint, where no server is disturbed by that, and tells what comes of it.
fn tried(text: &str, sight: &Sight) -> Finding {
    let check = "server";
    if matches!(sight, Sight::Hidden) {
        let next = "start `samebox call` or `samebox send` to find out";
        return Finding::warn(check, "who has this name cannot be told from outside", next);
    }
    match (connect_by(text, Deadline::now()), sight) {
        (Ok(_), _) => Finding::ok(check, "it started just now"),
        (Err(error), Sight::Standing(dead)) if error.kind() == ErrorKind::NotListening => {
            let found = format!("dead; it left {}", dead.place);
            Finding::fail(check, error.kind(), found, "start it again: it takes its name over")
        }
        (Err(error), _) => Finding::of(check, &error),
    }
}
