use crate::exit::{Failure, Outcome};
use crate::output;
use samebox::{Error, ErrorKind, Operation};
use serde::Serialize;
use std::fmt::Write as _;

#[derive(clap::Args)]
pub(crate) struct Args {
    /// An exit code (3) or a kind of error (NotListening); all of them by default
    code: Option<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// One line of the table: a kind of error, what it means and what to do.
#[derive(Serialize)]
pub(crate) struct Entry {
    code: u8,
    kind: String,
    meaning: &'static str,
    advice: String,
}

pub(crate) fn run(args: &Args) -> Outcome {
    let mut entries = entries();
    if let Some(wanted) = &args.code {
        entries.retain(|entry| entry.is(wanted));
        if entries.is_empty() {
            let known = "0 to 11, 64 and 130, or a kind such as NotListening";
            return Err(Failure::usage(format!("`{wanted}` is not an exit code; write {known}")));
        }
    }
    match (args.json, &args.code) {
        (true, _) => output::print_json(&entries),
        (false, None) => output::print(&table(&entries)),
        (false, Some(_)) => output::print(&paragraphs(&entries)),
    }
}

/// Every exit code, in order.
pub(crate) fn entries() -> Vec<Entry> {
    let done = Entry {
        code: 0,
        kind: "Done".into(),
        meaning: "all went well; a reader that closed stdout is no failure",
        advice: "nothing".into(),
    };
    let failed = ErrorKind::ALL.into_iter().map(|kind| Entry {
        code: kind.exit_code(),
        kind: kind.to_string(),
        meaning: meaning(kind),
        advice: Error::new(kind, Operation::Send, "", "").advice().to_string(),
    });
    let mut entries: Vec<_> = std::iter::once(done).chain(failed).collect();
    entries.sort_by_key(|entry| entry.code);
    entries
}

impl Entry {
    /// Whether the user means this one: by code, or by kind in any spelling.
    fn is(&self, wanted: &str) -> bool {
        let plain = |word: &str| word.replace(['-', '_', ' '], "").to_lowercase();
        wanted.parse() == Ok(self.code) || plain(wanted) == plain(&self.kind)
    }
}

fn meaning(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::Io => "the operating system failed in a way that no other kind describes",
        ErrorKind::InvalidEndpoint => "the endpoint, a setting or the command line is wrong",
        ErrorKind::Unsupported => "this transport, or this machine, cannot do it",
        ErrorKind::NotListening => "no server is at the endpoint",
        ErrorKind::TimedOut => "the deadline passed first",
        ErrorKind::Denied => "rights or identity forbid it; nothing was sent",
        ErrorKind::Mismatch => "the two sides disagree on contract, version or codec",
        ErrorKind::TooLarge => "the message is above the limit; none of it left this side",
        ErrorKind::Malformed => "the bytes are not what the framing or the wire prescribes",
        ErrorKind::Disconnected => "the peer went away, or dropped what it was sent",
        ErrorKind::Full => "a bounded buffer is full and overflow=reject, or a reader was too slow",
        ErrorKind::Lost => "messages were lost, and the mechanism told so",
        ErrorKind::AddressInUse => "a live server, or another program, owns the name",
        ErrorKind::Fault => "the peer answered with a fault, in its own words",
        ErrorKind::Stopped => "interrupted by Ctrl-C or a signal; names are free again",
        _ => "a kind that this program does not know",
    }
}

/// A line per entry.
pub(crate) fn table(entries: &[Entry]) -> String {
    let mut text = String::from("CODE  KIND             MEANING\n");
    for Entry { code, kind, meaning, .. } in entries {
        // Writing to a String does not fail.
        let _ = writeln!(text, "{code:>4}  {kind:<15}  {meaning}");
    }
    text
}

fn paragraphs(entries: &[Entry]) -> String {
    let one = |Entry { code, kind, meaning, advice }: &Entry| {
        format!("{code}  {kind}\n    Meaning: {meaning}.\n    Next:    {advice}.\n")
    };
    entries.iter().map(one).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_a_meaning() {
        let unknown = "a kind that this program does not know";
        assert!(entries().iter().all(|entry| entry.meaning != unknown));
    }

    #[test]
    fn a_kind_is_found_in_any_spelling() {
        let named = |word| entries().iter().filter(|entry| entry.is(word)).count();
        assert_eq!((named("not-listening"), named("NotListening"), named("3")), (1, 1, 1));
        assert_eq!((named("2"), named("7"), named("nothing"), named("12")), (2, 2, 0, 0));
    }
}
