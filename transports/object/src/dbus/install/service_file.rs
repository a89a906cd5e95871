//! The text of a service file, by which a bus knows how to start the owner of a name.
//!
//! Its value `Exec` is read twice: as a value of a desktop file, where a backslash begins `\n`, `\t`,
//! `\r` and `\\`, and then as words of a shell with single and double quotes.

use std::ffi::OsString;

/// What the files of samebox begin with, and no others.
const MARK: &str = "# Written by `samebox object install`";

/// The whole file for a name and its command.
///
/// # Errors
/// A sentence about the word that such a file cannot hold.
pub(crate) fn text(bus_name: &str, command: &[OsString]) -> Result<String, String> {
    let words = command.iter().map(word).collect::<Result<Vec<_>, _>>()?;
    let exec = words.join(" ");
    Ok(format!(
        "{MARK}; `samebox object uninstall {bus_name}` removes it.\n\
         [D-BUS Service]\nName={bus_name}\nExec={exec}\n"
    ))
}

/// Whether samebox wrote this file.
pub(crate) fn is_ours(text: &[u8]) -> bool {
    text.starts_with(MARK.as_bytes())
}

fn word(word: &OsString) -> Result<String, String> {
    let shown = word.to_string_lossy();
    let text = word.to_str().ok_or_else(|| format!("`{shown}` is not UTF-8"))?;
    let odd = |c: &char| c.is_control() && !"\n\r\t".contains(*c);
    match text.chars().find(odd) {
        Some(odd) => Err(format!("an argument has the control character {odd:?}")),
        None => Ok(escaped(&quoted(text))),
    }
}

/// The word as a shell reads it: as it is, or in single quotes.
fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_./:=@%+,-".contains(c);
    match !text.is_empty() && text.chars().all(plain) {
        true => text.into(),
        false => format!("'{}'", text.replace('\'', r#"'"'"'"#)),
    }
}

/// The same as a value of a desktop file.
fn escaped(text: &str) -> String {
    let text = text.replace('\\', r"\\");
    text.replace('\n', r"\n").replace('\r', r"\r").replace('\t', r"\t")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::ffi::OsStringExt;

    fn exec(words: &[&str]) -> String {
        let words: Vec<_> = words.iter().map(OsString::from).collect();
        let text = text("org.x.Y", &words).expect("every word can be held");
        text.lines().last().expect("it has lines").into()
    }

    #[test]
    fn it_is_a_service_file_with_the_mark() {
        let text = text("org.x.Y", &["/bin/true".into()]).expect("it can be held");
        assert!(is_ours(text.as_bytes()) && !is_ours(b"[D-BUS Service]\n"));
        let rest: Vec<_> = text.lines().skip(1).collect();
        assert_eq!(rest, ["[D-BUS Service]", "Name=org.x.Y", "Exec=/bin/true"]);
    }

    #[test]
    fn words_that_a_shell_would_take_apart_are_quoted() {
        assert_eq!(exec(&["/bin/a", "--x=1", ""]), "Exec=/bin/a --x=1 ''");
        assert_eq!(exec(&["a b", "it's", "#", "$HOME"]), r#"Exec='a b' 'it'"'"'s' '#' '$HOME'"#);
        assert_eq!(exec(&["a\\n", "b\nc\td"]), r"Exec='a\\n' 'b\nc\td'");
    }

    #[test]
    fn what_no_file_can_hold_is_refused() {
        for bad in [OsString::from("a\u{1b}b"), OsString::from_vec(vec![b'a', 0xff])] {
            assert!(text("org.x.Y", &["/bin/a".into(), bad]).is_err());
        }
    }
}
