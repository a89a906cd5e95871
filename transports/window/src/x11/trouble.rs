use std::io;
use x11rb::errors::{ConnectionError, ReplyError, ReplyOrIdError};
use x11rb::x11_utils::X11Error;

/// Why something asked of the X server did not come about.
#[derive(Debug)]
pub(crate) enum Trouble {
    /// The deadline passed, or the stopper was used.
    Late,
    /// The X server is gone, or has thrown this client out.
    Lost(String),
    /// The X server does not do it.
    Refused(X11Error),
}

impl Trouble {
    /// In words, as the end of a sentence.
    pub(crate) fn words(&self) -> String {
        match self {
            Self::Late => "the X server does not answer in time".into(),
            Self::Lost(why) => format!("the X server is gone ({why})"),
            Self::Refused(error) => format!("the X server refuses it ({:?})", error.error_kind),
        }
    }
}

impl From<ConnectionError> for Trouble {
    fn from(error: ConnectionError) -> Self {
        match error {
            ConnectionError::IoError(error) if error.kind() == io::ErrorKind::TimedOut => {
                Self::Late
            }
            error => Self::Lost(error.to_string()),
        }
    }
}

impl From<ReplyError> for Trouble {
    fn from(error: ReplyError) -> Self {
        match error {
            ReplyError::ConnectionError(error) => error.into(),
            ReplyError::X11Error(error) => Self::Refused(error),
        }
    }
}

impl From<ReplyOrIdError> for Trouble {
    fn from(error: ReplyOrIdError) -> Self {
        match error {
            ReplyOrIdError::ConnectionError(error) => error.into(),
            ReplyOrIdError::X11Error(error) => Self::Refused(error),
            ReplyOrIdError::IdsExhausted => Self::Lost("it has no more window numbers".into()),
        }
    }
}
