use super::text::Encoding;
use samebox_core::{CAPACITY, Endpoint, Error, MAX, OVERFLOW, Overflow, Result, Setting, WAIT};
use samebox_sys::windows::window::{Kind, Window};
use std::time::Duration;

/// The largest message. Wine ends a receiver that gets more than 2 MB at once, and on Windows the
/// receiver's thread stands still while larger ones are copied.
pub(crate) const LARGEST: usize = 1 << 20;

/// The default `capacity`, bytes.
const DEFAULT_CAPACITY: usize = 64 << 20;

/// The class of a server's window unless `class` says otherwise.
const DEFAULT_CLASS: &str = "samebox";

/// How long a title and a class may be, in units of UTF-16; the system's own limit is 256.
const LONGEST: usize = 100;

/// `max`, which is less here than elsewhere.
pub(crate) const MAX_WINDOW: Setting = Setting { default: "1MiB", ..MAX };

/// `overflow`, with the policies that a sender can be told.
pub(crate) const REJECTABLE: Setting = Setting { values: "block or reject", ..OVERFLOW };

/// `class`: which windows are meant.
pub(crate) const CLASS: Setting = Setting {
    name: "class",
    values: "a name of 1 to 100 characters without ? and *",
    default: "samebox (server), any (client)",
    help: "the class of the window: the server's own, or the one a client looks for",
};

/// `kind`: where the server's window is.
pub(crate) const KIND: Setting = Setting {
    name: "kind",
    values: "message or top-level",
    default: "message",
    help: "the server's window: one for messages only, or a hidden one on the screen",
};

/// `dwdata`: the number beside the bytes.
pub(crate) const DWDATA: Setting = Setting {
    name: "dwdata",
    values: "a number, 7 or 0x1F",
    default: "any (server), 0 (client)",
    help: "the number beside the bytes: what a client sends, and all that a server then takes",
};

/// `encoding`: what the bytes of a text are.
pub(crate) const ENCODING: Setting = Setting {
    name: "encoding",
    values: "bytes, utf8, utf16 or ansi",
    default: "bytes",
    help: "how text travels; other than bytes, a NUL at its end is not part of it",
};

/// `handle`: one of several windows.
pub(crate) const HANDLE: Setting = Setting {
    name: "handle",
    values: "the handle of a window, 0x1A2B",
    default: "none",
    help: "which window a client means where several have the title",
};

/// `confirm`: what FALSE means.
pub(crate) const CONFIRM: Setting = Setting {
    name: "confirm",
    values: "no or yes",
    default: "no",
    help: "yes: a receiver that is not samebox and answers FALSE did not take the message",
};

/// `broadcast`: who is meant by `*`.
pub(crate) const BROADCAST: Setting = Setting {
    name: "broadcast",
    values: "class or everyone",
    default: "class",
    help: "everyone: the name `*` means every top-level window of this user, of any class",
};

/// What an endpoint of this transport says.
#[derive(Debug)]
pub(crate) struct Options {
    pub(crate) max: usize,
    pub(crate) wait: Duration,
    pub(crate) capacity: usize,
    pub(crate) overflow: Overflow,
    /// The class, where one was named.
    pub(crate) class: Option<String>,
    pub(crate) kind: Kind,
    pub(crate) id: Option<usize>,
    pub(crate) encoding: Encoding,
    pub(crate) handle: Option<Window>,
    pub(crate) confirm: bool,
    pub(crate) everyone: bool,
}

impl Options {
    pub(crate) fn of(endpoint: &Endpoint) -> Result<Self> {
        check_title(endpoint)?;
        let handle = number(endpoint, HANDLE)?;
        if handle == Some(0) {
            return Err(endpoint.invalid("`handle=0` stands for no window"));
        }
        Ok(Self {
            max: endpoint.size(MAX, LARGEST, LARGEST)?,
            wait: endpoint.duration(WAIT, None)?.unwrap_or_default(),
            capacity: endpoint.size(CAPACITY, DEFAULT_CAPACITY, usize::MAX)?,
            overflow: endpoint.overflow(super::OVERFLOW)?,
            class: class(endpoint)?,
            kind: endpoint
                .choice(KIND, &[("message", Kind::MessageOnly), ("top-level", Kind::TopLevel)])?,
            id: number(endpoint, DWDATA)?,
            encoding: endpoint.choice(ENCODING, Encoding::WORDS)?,
            handle: handle.and_then(Window::of),
            confirm: endpoint.choice(CONFIRM, &[("no", false), ("yes", true)])?,
            everyone: endpoint.choice(BROADCAST, &[("class", false), ("everyone", true)])?,
        })
    }

    /// The class of a server's window.
    pub(crate) fn own_class(&self) -> &str {
        self.class.as_deref().unwrap_or(DEFAULT_CLASS)
    }
}

/// Whether the endpoint means every window instead of one.
pub(crate) fn is_broadcast(endpoint: &Endpoint) -> bool {
    endpoint.name() == "*"
}

fn check_title(endpoint: &Endpoint) -> Result<()> {
    let length = endpoint.name().encode_utf16().count();
    if length <= LONGEST {
        return Ok(());
    }
    let why = format!("the title has {length} characters");
    Err(endpoint.invalid(why).with_advice("titles are 1 to 100 characters"))
}

fn class(endpoint: &Endpoint) -> Result<Option<String>> {
    let Some(class) = endpoint.setting(CLASS.name) else { return Ok(None) };
    let is_right = (1..=LONGEST).contains(&class.encode_utf16().count());
    if !is_right || class.contains(['?', '*']) {
        return Err(wrong(endpoint, CLASS, class));
    }
    Ok(Some(class.into()))
}

/// A number in decimal, or in hexadecimal after `0x`.
fn number(endpoint: &Endpoint, setting: Setting) -> Result<Option<usize>> {
    let Some(text) = endpoint.setting(setting.name) else { return Ok(None) };
    let parsed = match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(digits) => usize::from_str_radix(digits, 16),
        None => text.parse(),
    };
    // Rust's own reading takes a plus sign.
    let parsed = parsed.ok().filter(|_| !text.contains('+'));
    parsed.map(Some).ok_or_else(|| wrong(endpoint, setting, text))
}

fn wrong(endpoint: &Endpoint, setting: Setting, text: &str) -> Error {
    let Setting { name, values, .. } = setting;
    let error = endpoint.invalid(format!("`{name}={text}` is not {values}"));
    error.with_advice(format!("write ?{name}= and {values}"))
}
