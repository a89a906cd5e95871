//! The words of a command, as the one line that Windows starts programs with.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::{env, io};

/// One line that gives a program back these words, the first of them as the path of the program.
///
/// # Errors
/// `NotFound` when there is no such program, `InvalidInput` for words that no line can hold.
pub(super) fn command_line(words: &[OsString]) -> io::Result<String> {
    let Some((program, arguments)) = words.split_first() else {
        return Err(invalid("the command has no words".into()));
    };
    let program = text(find(program)?.as_os_str())?;
    let mut line = format!("\"{program}\"");
    for argument in arguments {
        line.push(' ');
        quote(&mut line, &text(argument)?);
    }
    Ok(line)
}

fn invalid(why: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, why)
}

fn text(word: &OsStr) -> io::Result<String> {
    match word.to_str() {
        Some(text) if !text.contains('\0') => Ok(text.into()),
        _ => Err(invalid(format!("{word:?} is no text"))),
    }
}

/// The program's own path: the system looks from a folder of its own.
fn find(program: &OsStr) -> io::Result<PathBuf> {
    let has_folder = Path::new(program).components().count() > 1;
    let folders: Vec<PathBuf> = match env::var_os("PATH") {
        Some(path) if !has_folder => env::split_paths(&path).collect(),
        _ => vec![PathBuf::new()],
    };
    let ending = |name: &OsStr| [name.to_owned(), [name, OsStr::new(".exe")].join(OsStr::new(""))];
    for folder in folders {
        for name in ending(program) {
            let path = folder.join(name);
            if path.is_file() {
                return std::path::absolute(path);
            }
        }
    }
    let why = format!("there is no program {}", program.display());
    Err(io::Error::new(io::ErrorKind::NotFound, why))
}

/// Adds a word so that it is read back as it is: a quote is written behind a backslash, and so
/// backslashes before a quote are written twice.
fn quote(line: &mut String, word: &str) {
    if !word.is_empty() && !word.contains([' ', '\t', '\n', '\u{b}', '"']) {
        line.push_str(word);
        return;
    }
    line.push('"');
    let mut backslashes = 0;
    for character in word.chars() {
        match character {
            '\\' => backslashes += 1,
            '"' => {
                line.extend(std::iter::repeat_n('\\', backslashes + 1));
                backslashes = 0;
            }
            _ => backslashes = 0,
        }
        line.push(character);
    }
    line.extend(std::iter::repeat_n('\\', backslashes));
    line.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_quoted_where_they_must_be() {
        let cases = [
            ("plain", "plain"),
            (r"C:\dir\", r"C:\dir\"),
            ("", "\"\""),
            ("two words", "\"two words\""),
            (r"two words\", r#""two words\\""#),
            (r#"say "no""#, r#""say \"no\"""#),
            (r#"a\"b"#, r#""a\\\"b""#),
        ];
        for (word, expected) in cases {
            let mut line = String::new();
            quote(&mut line, word);
            assert_eq!(line, expected);
        }
    }

    #[test]
    fn a_program_is_named_by_its_own_path() {
        let this = env::current_exe().unwrap();
        let line = command_line(&[this.clone().into(), "a b".into()]).unwrap();
        assert_eq!(line, format!("\"{}\" \"a b\"", this.display()));
        let line = command_line(&["cmd".into()]).unwrap();
        assert!(line.to_lowercase().ends_with("\\cmd.exe\""), "{line}");
    }

    #[test]
    fn commands_that_no_line_can_hold_are_refused() {
        let kind = |words: &[&str]| {
            let words: Vec<OsString> = words.iter().map(Into::into).collect();
            command_line(&words).unwrap_err().kind()
        };
        assert_eq!(kind(&[]), io::ErrorKind::InvalidInput);
        assert_eq!(kind(&["cmd", "a\0b"]), io::ErrorKind::InvalidInput);
        assert_eq!(kind(&["no such program"]), io::ErrorKind::NotFound);
    }
}
