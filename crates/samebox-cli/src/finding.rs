use samebox::ErrorKind;
use serde::Serialize;
use std::fmt;

/// One thing that `doctor` looked at.
#[derive(Debug, Serialize)]
pub(crate) struct Finding {
    /// What was looked at.
    pub(crate) check: &'static str,
    /// Whether it is in order.
    pub(crate) status: Status,
    /// What was found.
    pub(crate) found: String,
    /// What to do next; nothing where all is in order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) next: Option<String>,
    /// The exit code for a failed check.
    #[serde(skip)]
    pub(crate) code: u8,
}

/// Whether what was looked at is in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Status {
    /// In order.
    Ok,
    /// Works, but may bite.
    Warn,
    /// Does not work.
    Fail,
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Ok => "ok",
            Self::Warn => "warn",
            Self::Fail => "fail",
        })
    }
}

impl Finding {
    /// All is in order.
    pub(crate) fn ok(check: &'static str, found: impl Into<String>) -> Self {
        Self { check, status: Status::Ok, found: found.into(), next: None, code: 0 }
    }

    /// It works, but may bite.
    pub(crate) fn warn(
        check: &'static str,
        found: impl Into<String>,
        next: impl Into<String>,
    ) -> Self {
        Self { status: Status::Warn, next: Some(next.into()), ..Self::ok(check, found) }
    }

    /// It does not work; `kind` gives the exit code.
    pub(crate) fn fail(
        check: &'static str,
        kind: ErrorKind,
        found: impl Into<String>,
        next: impl Into<String>,
    ) -> Self {
        let code = kind.exit_code();
        Self { status: Status::Fail, next: Some(next.into()), code, ..Self::ok(check, found) }
    }

    /// What an error says about a check.
    pub(crate) fn of(check: &'static str, error: &samebox::Error) -> Self {
        Self::fail(check, error.kind(), error.why(), error.advice())
    }
}
