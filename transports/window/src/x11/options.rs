use super::LARGEST;
use samebox_core::{DEFAULT_MAX, Endpoint, MAX, Result, Setting, WAIT};
use std::time::Duration;
use x11rb::reexports::x11rb_protocol::parse_display::{ParsedDisplay, parse_display};

/// `display`: the X server that both sides meet on.
pub(crate) const DISPLAY: Setting = Setting {
    name: "display",
    values: "a display, :1 or host:0",
    default: "$DISPLAY",
    help: "the X display that both sides meet on",
};

/// What an endpoint asks for.
#[derive(Clone, Debug)]
pub(crate) struct Options {
    pub(crate) title: String,
    pub(crate) max: usize,
    pub(crate) wait: Duration,
    /// `None` for that of the environment.
    pub(crate) display: Option<String>,
}

impl Options {
    /// How many characters a title may have.
    const LONGEST: usize = 100;

    pub(crate) fn of(endpoint: &Endpoint) -> Result<Self> {
        Ok(Self {
            title: title(endpoint)?,
            max: endpoint.size(MAX, DEFAULT_MAX, LARGEST)?,
            wait: endpoint.duration(WAIT, None)?.unwrap_or_default(),
            display: display(endpoint)?,
        })
    }
}

fn title(endpoint: &Endpoint) -> Result<String> {
    let title = endpoint.name();
    let length = title.chars().count();
    if title == "*" {
        let error = endpoint.invalid("a message to all windows is a thing of Windows");
        return Err(error.with_advice("name one window, window:TITLE"));
    }
    if length > Options::LONGEST {
        let error = endpoint.invalid(format!("the title has {length} characters"));
        return Err(error.with_advice("titles have 1 to 100 characters"));
    }
    // An endpoint has no control characters already.
    Ok(title.into())
}

fn display(endpoint: &Endpoint) -> Result<Option<String>> {
    let Some(display) = endpoint.setting(DISPLAY.name) else { return Ok(None) };
    if parsed(display).is_none() {
        let error = endpoint.invalid(format!("`display={display}` is not {}", DISPLAY.values));
        return Err(error.with_advice("write ?display=:1, or leave it out to use $DISPLAY"));
    }
    Ok(Some(display.into()))
}

/// What a display's text says, if it names one that can be.
pub(crate) fn parsed(display: &str) -> Option<ParsedDisplay> {
    /// The TCP port of display 0; that of any other must be a port too.
    const PORT: u16 = 6000;
    let parsed = parse_display(Some(display)).ok()?;
    parsed.display.checked_add(PORT).map(|_| parsed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use samebox_core::ErrorKind;

    fn options(text: &str) -> Result<Options> {
        Options::of(&text.parse()?)
    }

    #[test]
    fn a_title_may_have_spaces_and_letters_of_any_language() {
        assert_eq!(options("window:Übersicht (1)").unwrap().title, "Übersicht (1)");
        assert!(options(&format!("window:{}", "ä".repeat(100))).is_ok());
    }

    #[test]
    fn wrong_titles_and_displays_are_told_what_is_right() {
        for (wrong, part) in [
            ("window:*", "name one window"),
            (&format!("window:{}", "ä".repeat(101)), "1 to 100"),
            ("window:x?display=:one", "display=:1"),
            ("window:x?display=", "display=:1"),
            ("window:x?display=:65000", "display=:1"),
        ] {
            let error = options(wrong).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidEndpoint);
            assert!(error.to_string().contains(part), "{error}");
        }
    }
}
