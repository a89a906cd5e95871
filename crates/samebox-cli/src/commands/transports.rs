use crate::exit::Outcome;
use crate::output;
use samebox::{Capabilities, Endpoint, Info, TRANSPORTS, transport};
use serde_json::{Value, json};
use std::fmt::Write as _;

#[derive(clap::Args)]
pub(crate) struct Args {
    /// One transport, to see its names, its settings and all it can do
    name: Option<String>,
    /// Print JSON, with everything
    #[arg(long, conflicts_with = "markdown")]
    json: bool,
    /// Print the table as Markdown
    #[arg(long)]
    markdown: bool,
}

pub(crate) fn run(args: &Args) -> Outcome {
    let shown = match &args.name {
        None => TRANSPORTS.iter().map(|t| (t.info(), t.capabilities())).collect(),
        Some(name) => vec![named(name)?],
    };
    match (args.json, args.markdown, &args.name) {
        (true, ..) => {
            let list: Vec<_> = shown.iter().map(|(info, can)| full(info, can)).collect();
            match &args.name {
                None => output::print_json(&list),
                Some(_) => output::print_json(&list[0]),
            }
        }
        (_, true, _) => output::print(&markdown(&rows(&shown))),
        (_, _, None) => output::print(&table(&rows(&shown))),
        (_, _, Some(_)) => output::print(&details(shown[0].0, &shown[0].1)),
    }
}

type Described = (&'static Info, Capabilities);

fn named(name: &str) -> samebox::Result<Described> {
    let scheme = name.trim_end_matches(':');
    let transport = transport(&format!("{scheme}:x").parse::<Endpoint>()?)?;
    Ok((transport.info(), transport.capabilities()))
}

/// One line of the table; the last cell may need several.
type Row = [String; 8];

const HEAD: [&str; 8] =
    ["SCHEME", "CALLS", "ORDER", "ACCEPTED", "LOSS", "KNOWS", "OPEN TO", "MECHANISM"];

/// How many columns of a terminal the table may take.
const WIDTH: usize = 100;

fn rows(shown: &[Described]) -> Vec<Row> {
    let row = |(info, can): &Described| {
        [
            format!("{}:", info.scheme),
            yes(can.duplex).into(),
            can.ordering.to_string(),
            can.acceptance.to_string(),
            can.loss.to_string(),
            can.identity.to_string(),
            can.access.to_string(),
            info.mechanism.to_string(),
        ]
    };
    shown.iter().map(row).collect()
}

fn yes(holds: bool) -> &'static str {
    if holds { "yes" } else { "no" }
}

fn table(rows: &[Row]) -> String {
    let width = |column: usize| {
        let cells = rows.iter().map(|row| row[column].len());
        cells.chain([HEAD[column].len()]).max().unwrap_or(0)
    };
    let line = |cells: [&str; 8]| {
        let start: String = (0..7).map(|at| format!("{:<1$}  ", cells[at], width(at))).collect();
        let room = WIDTH.saturating_sub(start.len()).max(HEAD[7].len());
        let rest = wrapped(cells[7], room).join(&format!("\n{:1$}", "", start.len()));
        format!("{start}{rest}\n")
    };
    let body = rows.iter().map(|row| line(row.each_ref().map(String::as_str)));
    std::iter::once(line(HEAD)).chain(body).collect()
}

/// A text in lines of at most `room` characters, as far as its words allow.
fn wrapped(text: &str, room: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if line.is_empty() => line.push_str(word),
            Some(line) if line.len() + 1 + word.len() <= room => line.extend([" ", word]),
            _ => lines.push(word.into()),
        }
    }
    lines
}

fn markdown(rows: &[Row]) -> String {
    let line = |cells: [&str; 8]| format!("| {} |\n", cells.join(" | "));
    let head = HEAD.map(str::to_lowercase);
    let mut text = line(head.each_ref().map(String::as_str)) + &line(["---"; 8]);
    for row in rows {
        let mut cells = row.clone();
        cells[0] = format!("`{}`", cells[0]);
        text.push_str(&line(cells.each_ref().map(String::as_str)));
    }
    text
}

fn details(info: &Info, can: &Capabilities) -> String {
    let mut text = format!("{}: {}\n\n", info.scheme, info.mechanism);
    // Writing to a String does not fail.
    let _ = writeln!(text, "name     {}\nexample  {}\n", info.names, info.example);
    for (what, value) in facts(can) {
        let _ = writeln!(text, "{what:<15}  {value}");
    }
    let _ = writeln!(text, "\nsettings, as ?name=value&name=value");
    for setting in info.settings {
        let _ = writeln!(text, "  {:<9}  {}", setting.name, setting.help);
        let _ = writeln!(text, "  {:<9}  {}; default {}", "", setting.values, setting.default);
    }
    text
}

/// What a transport can do, in words.
fn facts(can: &Capabilities) -> [(&'static str, String); 14] {
    [
        ("calls", yes(can.duplex).into()),
        ("faults", yes(can.faults).into()),
        ("ordering", can.ordering.to_string()),
        ("acceptance", can.acceptance.to_string()),
        ("durability", can.durability.to_string()),
        ("loss", can.loss.to_string()),
        ("received by", can.fan_out.to_string()),
        ("peer identity", can.identity.to_string()),
        ("open to", can.access.to_string()),
        ("overflow", listed(can.overflow)),
        ("properties", listed(can.properties)),
        ("largest message", format!("{} bytes", can.largest)),
        ("other machines", yes(can.cross_host).into()),
        ("memory loans", yes(can.loan).into()),
    ]
}

fn listed<T: ToString>(list: &[T]) -> String {
    if list.is_empty() { "none".into() } else { words(list).join(", ") }
}

fn words<T: ToString>(list: &[T]) -> Vec<String> {
    list.iter().map(ToString::to_string).collect()
}

fn full(info: &Info, can: &Capabilities) -> Value {
    let setting = |s: &samebox::Setting| json!({ "name": s.name, "values": s.values, "default": s.default, "help": s.help });
    json!({
        "scheme": info.scheme,
        "mechanism": info.mechanism,
        "names": info.names,
        "example": info.example,
        "settings": info.settings.iter().map(setting).collect::<Vec<_>>(),
        "capabilities": {
            "ordering": can.ordering.to_string(),
            "acceptance": can.acceptance.to_string(),
            "durability": can.durability.to_string(),
            "loss": can.loss.to_string(),
            "fan_out": can.fan_out.to_string(),
            "identity": can.identity.to_string(),
            "access": can.access.to_string(),
            "overflow": words(can.overflow),
            "properties": words(can.properties),
            "largest": can.largest,
            "duplex": can.duplex,
            "faults": can.faults,
            "cross_host": can.cross_host,
            "loan": can.loan,
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_cut_between_words_only() {
        assert_eq!(wrapped("one two three", 7), ["one two", "three"]);
        assert_eq!(wrapped("unbreakable", 4), ["unbreakable"]);
    }
}
