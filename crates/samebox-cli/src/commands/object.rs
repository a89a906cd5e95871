use crate::exit::{Failure, Outcome, say};
use crate::output;
use crate::system::program;
use samebox::object::{Change, Scope, install, uninstall};
use samebox::{Endpoint, transport};
use serde::Serialize;
use std::ffi::OsString;

#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  samebox object install org.example.Upper -- samebox reply object:org.example.Upper --echo
  samebox object uninstall org.example.Upper

D-Bus or COM then starts the command at the first call to the object, unless
a server of that name runs. It prints what it wrote or removed: files, or keys
of the registry. Nothing of another program is replaced or removed.")]
pub(crate) struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(clap::Subcommand)]
enum Action {
    /// Have the system start the server of an object at its first call
    Install(Install),
    /// Take back what `install` did, and leave nothing
    Uninstall(Uninstall),
}

#[derive(clap::Args)]
struct Install {
    #[command(flatten)]
    object: Object,
    /// The server: a program and its arguments, after `--`
    #[arg(value_name = "COMMAND", required = true, last = true)]
    command: Vec<OsString>,
}

#[derive(clap::Args)]
struct Uninstall {
    #[command(flatten)]
    object: Object,
}

/// Which object, and for whom.
#[derive(clap::Args)]
struct Object {
    /// The object's name, such as org.example.Orders, or its whole endpoint
    name: String,
    /// For every user of this machine; takes an administrator's rights
    #[arg(long)]
    machine: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &Args) -> Outcome {
    match &args.action {
        Action::Install(Install { object, command }) => {
            let endpoint = object.endpoint()?;
            let change = install(&endpoint, &absolute(command)?, object.scope())?;
            object.print(&endpoint, change)
        }
        Action::Uninstall(Uninstall { object }) => {
            let endpoint = object.endpoint()?;
            let change = uninstall(&endpoint, object.scope())?;
            if change.places.is_empty() && !object.json {
                say(&format!("{endpoint} is not installed{}", object.whereabouts()));
            }
            object.print(&endpoint, change)
        }
    }
}

/// The command with the whole path of its program, which the system starts from anywhere.
fn absolute(command: &[OsString]) -> Result<Vec<OsString>, Failure> {
    let Some((name, arguments)) = command.split_first() else {
        return Err(Failure::usage("no command was given; write it after --"));
    };
    let program = program::find(name).ok_or_else(|| {
        let shown = name.to_string_lossy();
        Failure::usage(format!("there is no program `{shown}`; write its whole path after --"))
    })?;
    let arguments = arguments.iter().cloned();
    Ok(std::iter::once(program.into_os_string()).chain(arguments).collect())
}

/// One `--json` object.
#[derive(Serialize)]
struct Shown {
    endpoint: String,
    name: String,
    places: Vec<String>,
}

impl Object {
    fn endpoint(&self) -> Result<Endpoint, Failure> {
        let text = match self.name.contains(':') {
            true => self.name.clone(),
            false => format!("object:{}", self.name),
        };
        let endpoint: Endpoint = text.parse()?;
        if endpoint.scheme() != "object" {
            let why = format!("{endpoint} is no object; only those of object: are installed");
            return Err(Failure::usage(why));
        }
        endpoint.check_settings(transport(&endpoint)?.info().settings)?;
        Ok(endpoint)
    }

    fn scope(&self) -> Scope {
        if self.machine { Scope::Machine } else { Scope::User }
    }

    fn whereabouts(&self) -> &'static str {
        if self.machine { " for this machine" } else { " for this user" }
    }

    fn print(&self, endpoint: &Endpoint, change: Change) -> Outcome {
        let Change { name, places } = change;
        if self.json {
            return output::print_json(&Shown { endpoint: endpoint.to_string(), name, places });
        }
        output::print_foreign(&places.iter().map(|place| format!("{place}\n")).collect::<String>())
    }
}
