use crate::exit::{Outcome, say};
use crate::output;
use crate::standing::Standing;
use crate::system::names;

#[derive(clap::Args)]
#[command(after_help = "\
It looks where plain names of pipe:, unix:, shm:, file: and object: are kept,
asks the session's bus for names below org.samebox and its X server for windows
of samebox, connects to no server and removes nothing. What a dead server left
is taken over by the next server of that name.")]
pub(crate) struct Args {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &Args) -> Outcome {
    let found = names::list();
    if args.json {
        return output::print_json(&found);
    }
    if found.is_empty() {
        say("there are no local endpoints");
        return Ok(());
    }
    output::print_foreign(&table(&found))
}

fn table(found: &[Standing]) -> String {
    let state = |one: &Standing| if one.live { "live" } else { "dead" };
    let row =
        |one: &Standing| [one.endpoint.clone(), state(one).into(), one.whose(), one.place.clone()];
    let head = ["ENDPOINT", "SERVER", "OWNER", "PLACE"].map(String::from);
    let rows: Vec<_> = std::iter::once(head).chain(found.iter().map(row)).collect();
    let width = |at: usize| rows.iter().map(|row| row[at].chars().count()).max().unwrap_or(0);
    let widths = [width(0), width(1), width(2)];
    let line = |[endpoint, server, owner, place]: &[String; 4]| {
        let [a, b, c] = widths;
        format!("{endpoint:<a$}  {server:<b$}  {owner:<c$}  {place}\n")
    };
    rows.iter().map(line).collect()
}
