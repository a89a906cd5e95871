//! Habits of every command: help, closed pipes, no colour where nobody sees it.

use crate::world::World;

const HELP: &str = "\
Send messages

Usage: samebox send [OPTIONS] <ENDPOINT> [DATA]

Arguments:
  <ENDPOINT>  Where to send, such as pipe:orders
  [DATA]      The payload; stdin when it is `-` or absent
";

#[test]
fn alone_it_prints_help_with_every_command() {
    let world = World::new();
    let help = world.run(&[]).ok();
    for command in COMMANDS {
        let listed = help.lines().any(|line| line.trim_start().starts_with(command));
        assert!(listed, "{command} is missing:\n{help}");
    }
    assert_eq!(world.run(&["-h"]).ok(), help);
}

const COMMANDS: [&str; 11] = [
    "send",
    "listen",
    "call",
    "reply",
    "object",
    "transports",
    "ls",
    "doctor",
    "explain",
    "completions",
    "man",
];

#[test]
fn help_reads_as_it_should() {
    let world = World::new();
    let help = world.run(&["send", "-h"]).ok();
    assert!(help.starts_with(HELP), "{help}");
    for command in COMMANDS {
        let help = world.run(&[command, "--help"]).ok();
        let wide: Vec<_> = help.lines().filter(|line| line.chars().count() > 100).collect();
        assert!(wide.is_empty(), "{wide:#?}");
    }
}

#[test]
fn nothing_is_coloured_off_a_terminal() {
    let world = World::new();
    for args in [&["--help"][..], &["doctor"], &["transports"], &["send"]] {
        let printed = world.run(args);
        assert!(!printed.stdout.contains(&0x1b) && !printed.stderr.contains('\u{1b}'));
    }
}

#[test]
fn a_closed_stdout_ends_every_command_quietly() {
    let world = World::new();
    let (_server, endpoint) = world.serve(&["reply", &world.pipe(), "--echo"]);
    for args in [
        &[][..],
        &["--help"],
        &["transports"],
        &["transports", "--json"],
        &["explain"],
        &["man"],
        &["completions", "bash"],
        &["doctor"],
        &["doctor", "--json"],
        &["ls", "--json"],
        &["call", &endpoint, "x"],
    ] {
        let (reader, writer) = std::io::pipe().expect("a pipe can be made");
        drop(reader);
        let ended = world.samebox(args).stdout(writer).run();
        assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""), "{args:?}");
    }
}

#[test]
fn a_listener_whose_reader_leaves_ends_with_0() {
    let world = World::new();
    let (reader, writer) = std::io::pipe().expect("a pipe can be made");
    let mut listener = world.samebox(&["listen", &world.pipe()]).stdout(writer).start();
    let endpoint = listener.listening();
    drop(reader);
    // Where the system does not tell, the next message finds out.
    if cfg!(windows) {
        world.run(&["send", &endpoint, "x"]).ok();
    }
    assert_eq!(listener.finish().code, Some(0));
}

#[test]
fn completions_are_there_for_every_shell() {
    let world = World::new();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = world.run(&["completions", shell]).ok();
        assert!(script.contains("transports"), "{shell}");
    }
}

#[test]
fn the_manual_has_a_page_for_the_program_and_for_each_command() {
    let world = World::new();
    let page = world.run(&["man"]).ok();
    assert!(page.contains(".TH samebox 1") && page.contains("listen"), "{page}");
    for command in COMMANDS {
        let page = world.run(&["man", command]).ok();
        assert!(
            page.contains(&format!(".TH samebox\\-{command} 1"))
                || page.contains(&format!(".TH samebox-{command} 1")),
            "{page}"
        );
    }
}

/// COM appends the word to the command line of every server that it starts.
#[test]
fn the_last_word_of_com_is_left_out_where_com_is() {
    let world = World::new();
    let code = if cfg!(windows) { 0 } else { 2 };
    for word in ["-Embedding", "/Embedding"] {
        assert_eq!(world.run(&["explain", "3", word]).code, Some(code), "{word}");
    }
    world.run(&["explain", "-Embedding", "3"]).failed(2);
}
