use crate::args::definition;
use crate::exit::Outcome;
use crate::output;
use clap_complete::Shell;

#[derive(clap::Args)]
pub(crate) struct Args {
    /// The shell to print completions for
    shell: Shell,
}

pub(crate) fn run(args: &Args) -> Outcome {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut definition(), "samebox", &mut script);
    output::print(&String::from_utf8_lossy(&script))
}
