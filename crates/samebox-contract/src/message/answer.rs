//! What a server answers, and a client that is called back.

use samebox_core::ErrorKind;
use samebox_core::typed::{AnswerPart, Fault, FaultCode, Origin, ReadAnswer, WriteParts};
use samebox_data::{Contract, Error, Reader, Result, Writer};
use samebox_msgpack::{DEPTH, Decoder, Encoder};

/// The version of all that is documented in `message`.
pub(super) const FORMAT: u8 = 1;

/// What an answer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Welcome = 16,
    Result = 17,
    Fault = 18,
    Mismatch = 19,
    Refused = 20,
    Callback = 21,
    OneWayCallback = 22,
    Ended = 23,
    Probe = 24,
}

impl Kind {
    const ALL: [Self; 9] = [
        Self::Welcome,
        Self::Result,
        Self::Fault,
        Self::Mismatch,
        Self::Refused,
        Self::Callback,
        Self::OneWayCallback,
        Self::Ended,
        Self::Probe,
    ];

    /// The answer of this kind that has no body.
    pub(super) const fn alone(self) -> [u8; 2] {
        [FORMAT, self as u8]
    }
}

/// Takes an answer apart: its kind and its body; `None` when it is none.
pub(super) fn split(message: &[u8]) -> Option<(Kind, &[u8])> {
    let (&[format, kind], body) = message.split_first_chunk()?;
    let kind = Kind::ALL.into_iter().find(|one| *one as u8 == kind)?;
    (format == FORMAT).then_some((kind, body))
}

/// Writes a result in place of what `out` holds.
pub(super) fn write_result(out: &mut Vec<u8>, result: WriteParts<'_>) -> Result<()> {
    begin(out, Kind::Result);
    let mut to = Encoder::new(out);
    to.parts(1)?;
    result(&mut to)?;
    to.end()?;
    to.finish()
}

/// Writes a fault in place of what `out` holds.
pub(super) fn write_fault(
    out: &mut Vec<u8>,
    fault: &Fault,
    detail: Option<WriteParts<'_>>,
) -> Result<()> {
    begin(out, Kind::Fault);
    let mut to = Encoder::new(out);
    to.parts(4 + usize::from(detail.is_some()))?;
    to.member(0)?;
    to.int(match fault.origin {
        Origin::Sender => 0,
        Origin::Receiver => 1,
    })?;
    if let Some(code) = &fault.code {
        to.member(1)?;
        to.text(&code.namespace)?;
        to.member(2)?;
        to.text(&code.name)?;
    } else {
        to.member(1)?;
        to.null()?;
        to.member(2)?;
        to.null()?;
    }
    to.member(3)?;
    to.text(&fault.reason)?;
    if let Some(detail) = detail {
        to.member(4)?;
        detail(&mut to)?;
    }
    to.end()?;
    to.finish()
}

/// The answer that tells which contract the server has.
pub(super) fn mismatch(contract: &Contract) -> Vec<u8> {
    let mut out = Vec::new();
    begin(&mut out, Kind::Mismatch);
    write_title(&mut out, contract);
    out
}

/// Writes that a call was refused in place of what `out` holds.
pub(super) fn write_refused(out: &mut Vec<u8>, kind: ErrorKind, why: &str) {
    begin(out, Kind::Refused);
    let code = REFUSALS.iter().position(|one| *one == kind).unwrap_or(0);
    let mut write = || -> Result<()> {
        let mut to = Encoder::new(out);
        to.parts(2)?;
        to.member(0)?;
        to.uint(code as u64)?;
        to.member(1)?;
        to.text(&why[..why.floor_char_boundary(WORDS)])?;
        to.end()
    };
    write().expect("a number and short words have room");
}

/// Kinds of refusals, in the order of their numbers.
const REFUSALS: [ErrorKind; 4] =
    [ErrorKind::Malformed, ErrorKind::Full, ErrorKind::TooLarge, ErrorKind::Unsupported];

/// The most bytes of words about a mistake of the other side.
const WORDS: usize = 1024;

fn begin(out: &mut Vec<u8>, kind: Kind) {
    out.clear();
    out.extend_from_slice(&kind.alone());
}

/// Writes what a contract is called.
pub(super) fn write_title(out: &mut Vec<u8>, contract: &Contract) {
    let mut write = || -> Result<()> {
        let mut to = Encoder::new(out);
        to.parts(3)?;
        for (index, text) in
            [&contract.name, &contract.namespace, &contract.version].into_iter().enumerate()
        {
            to.member(index)?;
            to.text(text)?;
        }
        to.end()
    };
    write().expect("names of a contract have room");
}

/// What a contract is called: enough to tell two apart in words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Title {
    pub(super) name: String,
    pub(super) namespace: String,
    pub(super) version: String,
}

impl Title {
    pub(super) fn of(contract: &Contract) -> Self {
        Self {
            name: contract.name.to_string(),
            namespace: contract.namespace.to_string(),
            version: contract.version.to_string(),
        }
    }

    pub(super) fn read(body: &[u8]) -> Result<Self> {
        let mut from = Decoder::new(body, DEPTH);
        let mut title = Self::default();
        from.parts(3)?;
        while let Some(member) = from.member()? {
            let text = from.text()?;
            let text = text[..text.floor_char_boundary(WORDS)].to_owned();
            match member {
                0 => title.name = text,
                1 => title.namespace = text,
                _ => title.version = text,
            }
        }
        Ok(title)
    }
}

/// Gives a result to the caller's own code.
pub(super) fn read_result(body: &[u8], answer: ReadAnswer<'_>) -> Result<()> {
    let mut from = Decoder::new(body, DEPTH);
    from.parts(1)?;
    answer(AnswerPart::Result, &mut from)
}

/// Reads a fault, and gives its detail to the caller's own code.
pub(super) fn read_fault(body: &[u8], answer: ReadAnswer<'_>) -> Result<Fault> {
    let mut from = Decoder::new(body, DEPTH);
    let (mut origin, mut reason) = (Origin::Receiver, String::new());
    let (mut namespace, mut name) = (None, None);
    from.parts(5)?;
    while let Some(member) = from.member()? {
        match member {
            0 if from.int()? == 0 => origin = Origin::Sender,
            0 => {}
            1 => namespace = optional(&mut from)?,
            2 => name = optional(&mut from)?,
            3 => reason = from.text()?.into_owned(),
            _ => answer(AnswerPart::Detail, &mut from)?,
        }
    }
    let code = namespace.zip(name).map(|(namespace, name)| FaultCode { namespace, name });
    Ok(Fault { origin, code: code.map(Box::new), reason })
}

fn optional(from: &mut Decoder<'_>) -> Result<Option<String>> {
    if from.null()? { Ok(None) } else { Ok(Some(from.text()?.into_owned())) }
}

/// Reads why a call was refused.
pub(super) fn read_refused(body: &[u8]) -> Result<(ErrorKind, String)> {
    let mut from = Decoder::new(body, DEPTH);
    let (mut kind, mut why) = (ErrorKind::Malformed, String::new());
    from.parts(2)?;
    while let Some(member) = from.member()? {
        match member {
            0 => {
                let code = usize::try_from(from.uint()?).ok();
                let known = code.and_then(|code| REFUSALS.get(code));
                kind = *known.ok_or(Error::OutOfRange { expected: "the number of a refusal" })?;
            }
            _ => why = from.text()?.into_owned(),
        }
    }
    Ok((kind, why))
}
