use crate::args::definition;
use crate::commands::explain;
use crate::exit::{Failure, Outcome};
use crate::output;
use clap_mangen::roff::{Roff, roman};
use std::io;

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
    let page = render(command).map_err(|cause| Failure::stdout(&cause))?;
    output::print(&String::from_utf8_lossy(&page))
}

/// The page of one command; what stands after its help keeps its lines, unlike flowing text.
fn render(command: clap::Command) -> io::Result<Vec<u8>> {
    let notes = command.get_after_help().map(ToString::to_string);
    let whole = command.has_subcommands();
    let man = clap_mangen::Man::new(command);
    let mut page = Vec::new();
    man.render_title(&mut page)?;
    man.render_name_section(&mut page)?;
    man.render_synopsis_section(&mut page)?;
    man.render_description_section(&mut page)?;
    man.render_options_section(&mut page)?;
    if whole {
        man.render_subcommands_section(&mut page)?;
        section("EXIT STATUS", &explain::table(&explain::entries())).to_writer(&mut page)?;
    }
    section("NOTES", &notes.unwrap_or_default()).to_writer(&mut page)?;
    Ok(page)
}

/// A section whose lines stay as they are.
fn section(title: &str, text: &str) -> Roff {
    let mut section = Roff::new();
    section.control("SH", [title]).control("nf", []);
    for line in text.lines() {
        section.text([roman(line)]);
    }
    section.control("fi", []);
    section
}

/// The command of that name, under the name that its page has: `samebox-send`.
fn find(program: &clap::Command, name: &str) -> Result<clap::Command, Failure> {
    let found = program.find_subcommand(name).ok_or_else(|| {
        let known: Vec<_> = program.get_subcommands().map(clap::Command::get_name).collect();
        Failure::usage(format!("`{name}` is not a command; the commands are {}", known.join(", ")))
    })?;
    Ok(found.clone().display_name(format!("samebox-{name}")))
}
