use samebox_core::typed::{self, FaultCode, Origin, Respond};
use samebox_core::{Error, ErrorKind};
use samebox_data::{Data, Encode, Reader, Result, Shape, Writer};
use std::fmt;

/// Why a service could not do what it was asked: what crosses the wire instead of a result.
///
/// `D` is the detail that the operation promises to give, if it promises one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault<D = NoDetail> {
    /// Whose mistake it was.
    pub origin: Origin,
    /// A name for programs.
    pub code: Option<Box<FaultCode>>,
    /// Words for people.
    pub reason: String,
    /// What the operation promises to tell in such a case.
    pub detail: Option<D>,
}

impl<D> Fault<D> {
    /// A fault of the caller's making, with words for people.
    pub fn new(reason: impl Into<String>) -> Self {
        Self { origin: Origin::Sender, code: None, reason: reason.into(), detail: None }
    }

    /// The same fault with its detail.
    #[must_use]
    pub fn with_detail(mut self, detail: D) -> Self {
        self.detail = Some(detail);
        self
    }

    /// The same fault with a name for programs.
    #[must_use]
    pub fn with_code(mut self, namespace: impl Into<String>, name: impl Into<String>) -> Self {
        self.code = Some(Box::new(FaultCode { namespace: namespace.into(), name: name.into() }));
        self
    }

    /// The same fault as one of the service's own making.
    #[must_use]
    pub fn of_receiver(mut self) -> Self {
        self.origin = Origin::Receiver;
        self
    }

    /// What crosses every wire of it: all but the detail.
    pub fn head(&self) -> typed::Fault {
        typed::Fault { origin: self.origin, code: self.code.clone(), reason: self.reason.clone() }
    }

    /// A fault as it came, with the detail that was read.
    pub fn from_parts(head: typed::Fault, detail: Option<D>) -> Self {
        Self { origin: head.origin, code: head.code, reason: head.reason, detail }
    }
}

impl<D: Encode> Fault<D> {
    /// Answers a call with it.
    ///
    /// # Errors
    /// As [`Respond::fault`].
    pub fn respond(&self, to: &mut dyn Respond) -> Result<()> {
        match &self.detail {
            Some(detail) => to.fault(&self.head(), Some(&|to: &mut dyn Writer| detail.write(to))),
            None => to.fault(&self.head(), None),
        }
    }
}

impl<D> fmt::Display for Fault<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.head(), f)
    }
}

impl<D: fmt::Debug> std::error::Error for Fault<D> {}

/// The detail of faults that have none; there is no value of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoDetail {}

impl Encode for NoDetail {
    fn shape() -> &'static Shape {
        &Shape::Unit
    }

    fn write(&self, _: &mut dyn Writer) -> Result<()> {
        match *self {}
    }
}

impl Data for NoDetail {
    fn read(_: &mut dyn Reader) -> Result<Self> {
        let found = "a detail".into();
        Err(samebox_data::Error::Unexpected { expected: "a fault without a detail", found })
    }
}

/// Why a typed call gave no result.
#[derive(Debug)]
pub enum CallError<D = NoDetail> {
    /// The service answered with a fault.
    Fault(Fault<D>),
    /// The call or its answer did not cross.
    Error(Error),
}

impl<D> CallError<D> {
    /// What kind of failure it is.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Fault(_) => ErrorKind::Fault,
            Self::Error(error) => error.kind(),
        }
    }

    /// The fault, if the service answered with one.
    pub fn fault(&self) -> Option<&Fault<D>> {
        match self {
            Self::Fault(fault) => Some(fault),
            Self::Error(_) => None,
        }
    }
}

impl<D> From<Error> for CallError<D> {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

impl<D> fmt::Display for CallError<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fault(fault) => fault.fmt(f),
            Self::Error(error) => error.fmt(f),
        }
    }
}

impl<D: fmt::Debug> std::error::Error for CallError<D> {}
