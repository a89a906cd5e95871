use crate::args::definition;
use crate::exit::{Failure, Outcome};
use crate::output;

#[derive(clap::Args)]
#[command(after_help = "Read it at once: samebox man | man -l -")]
pub(crate) struct Args {
    /// The command whose page to print; the whole program's by default
    command: Option<String>,
}

pub(crate) fn run(args: &Args) -> Outcome {
    let mut program = definition();
    program.build();
    let command = match &args.command {
        None => program,
        Some(name) => find(&program, name)?,
    };
    let mut page = Vec::new();
    clap_mangen::Man::new(command).render(&mut page).map_err(|cause| Failure::stdout(&cause))?;
    output::print(&String::from_utf8_lossy(&page))
}

/// The command of that name, under the name that its page has: `samebox-send`.
fn find(program: &clap::Command, name: &str) -> Result<clap::Command, Failure> {
    let found = program.find_subcommand(name).ok_or_else(|| {
        let known: Vec<_> = program.get_subcommands().map(clap::Command::get_name).collect();
        Failure::usage(format!("`{name}` is not a command; the commands are {}", known.join(", ")))
    })?;
    Ok(found.clone().display_name(format!("samebox-{name}")))
}
