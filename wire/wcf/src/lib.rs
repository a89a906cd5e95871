//! WCF's binary wire: framing, binary XML, SOAP and DataContract bodies, without I/O.
//!
//! | module | what | specification |
//! |---|---|---|
//! | [`framing`] | records on a stream: preamble, envelopes, end, fault | MC-NMF |
//! | [`dictionary`] | strings by number: the static ones, those of a session | MC-NBFS, MC-NBFSE |
//! | [`nbfx`] | binary XML: [`nbfx::Writer`], [`nbfx::Reader`] | MC-NBFX |
//! | [`soap`] | envelopes, their headers and faults | SOAP 1.2, WS-Addressing 1.0 |
//! | [`session`] | one direction of a session: [`session::Encoder`], [`session::Decoder`] | |
//! | [`datacontract`] | values of `samebox_data` in a body | |
//! | [`untyped`] | bodies of operations whose contract nobody has | |
//! | [`value`] | .NET's decimal, moment, duration, GUID | |
//! | [`mb`] | integers of one to five bytes | |
//!
//! Nothing here reads, writes or looks at a clock. Limits are arguments; a length is compared with its
//! limit before anything of that size is kept.
//!
//! ```
//! use samebox_wcf_wire::framing::{self, Encoding, Opening, Record};
//! use samebox_wcf_wire::nbfx;
//! use samebox_wcf_wire::session::{Decoder, Encoder};
//! use samebox_wcf_wire::soap::{self, Incoming, Outgoing};
//!
//! let via = "net.tcp://localhost:9000/IIpcClient";
//! let action = soap::action(soap::DEFAULT_NAMESPACE, "IIpcClient", "Send");
//! let mut wire = Vec::new();
//! Opening::duplex(via).encode(&mut wire);
//! // The server has answered with an ack.
//! let mut encoder = Encoder::new(Encoding::BinarySession, 65_536);
//! let record = encoder.message(&Outgoing::one_way(&action, via), |writer| {
//!     writer.start("", "Send");
//!     writer.xmlns("", soap::DEFAULT_NAMESPACE);
//!     writer.start("", "data");
//!     writer.text("Hello, World!");
//!     writer.end();
//!     writer.end();
//!     Ok::<(), samebox_wcf_wire::Error>(())
//! })?;
//!
//! let (Record::SizedEnvelope(envelope), _) = framing::decode(record, &Default::default())? else {
//!     panic!("a message is an envelope");
//! };
//! let mut decoder = Decoder::new(Encoding::BinarySession, nbfx::Limits::default());
//! let mut reader = decoder.reader(envelope)?;
//! let incoming = Incoming::read(&mut reader)?;
//! assert_eq!(incoming.action.as_deref(), Some("http://tempuri.org/IIpcClient/Send"));
//! assert!(incoming.body.is_some_and(|body| body.is("http://tempuri.org/", "Send")));
//! reader.next()?; // <data>
//! assert_eq!(reader.content()?.into_str(), "Hello, World!");
//! # Ok::<(), samebox_wcf_wire::Error>(())
//! ```

#![forbid(unsafe_code)]

pub mod datacontract;
pub mod dictionary;
mod error;
pub mod framing;
pub mod mb;
pub mod nbfx;
pub mod session;
pub mod soap;
pub mod untyped;
pub mod value;

pub use error::{Error, Limited};
