use samebox_core::Endpoint;
use samebox_wcf_wire::framing::{Encoding, Limits, Opening, Record, chunk, decode};
use samebox_wcf_wire::nbfx::{self, Event, Reader, Writer};
use samebox_wcf_wire::session::{Decoder, Encoder};
use samebox_wcf_wire::soap::{Fault, Id, Incoming, Outgoing};
use samebox_wcf_wire::value::Guid;
use std::io::{Read, Write};
use std::net::TcpStream;

/// A client that writes whatever it is told to.
pub(crate) struct Raw {
    pub(crate) stream: TcpStream,
    buffer: Vec<u8>,
    decoder: Decoder,
    pub(crate) encoder: Encoder,
    pub(crate) via: String,
}

/// An envelope that came, as far as tests look at it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) action: String,
    pub(crate) relates_to: Option<u128>,
    /// Its own id, if it asks.
    pub(crate) id: Option<u128>,
    /// The last subcode of a fault.
    pub(crate) fault: Option<String>,
    /// The text in the body.
    pub(crate) text: String,
}

impl Raw {
    /// Connected to the server at `endpoint`, which has heard nothing yet.
    pub(crate) fn to(endpoint: &Endpoint) -> Self {
        let stream = TcpStream::connect(endpoint.name().split('/').next().unwrap()).unwrap();
        Self::on(stream, format!("net.tcp://{}", endpoint.name()))
    }

    pub(crate) fn on(stream: TcpStream, via: String) -> Self {
        stream.set_read_timeout(Some(crate::support::SOON)).unwrap();
        stream.set_nodelay(true).unwrap();
        let encoding = Encoding::BinarySession;
        let decoder = Decoder::new(encoding, nbfx::Limits::default());
        let encoder = Encoder::new(encoding, 1 << 20);
        Self { stream, buffer: Vec::new(), decoder, encoder, via }
    }

    /// In a session.
    pub(crate) fn open(endpoint: &Endpoint) -> Self {
        let mut raw = Self::to(endpoint);
        raw.begin();
        raw
    }

    pub(crate) fn begin(&mut self) {
        let mut bytes = Vec::new();
        Opening::duplex(&*self.via).encode(&mut bytes);
        self.write(&bytes);
        assert_eq!(self.record().as_deref(), Some(&[0x0B][..]));
        self.encoder.restart();
        self.decoder.restart();
    }

    pub(crate) fn write(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).unwrap();
    }

    /// Writes what the other side may not want to read to the end.
    pub(crate) fn pour(&mut self, bytes: &[u8]) {
        let _ = self.stream.write_all(bytes);
    }

    /// The bytes of the next record; `None` at the end.
    pub(crate) fn record(&mut self) -> Option<Vec<u8>> {
        let limits = Limits { message: 1 << 24, ..Limits::default() };
        loop {
            if let Ok((_, length)) = decode(&self.buffer, &limits) {
                return Some(self.buffer.drain(..length).collect());
            }
            if !self.fill() {
                return None;
            }
        }
    }

    /// The next chunk of an unsized envelope.
    pub(crate) fn chunk(&mut self) -> Vec<u8> {
        loop {
            if let Ok((bytes, length)) = chunk(&self.buffer, 1 << 24) {
                let bytes = bytes.to_vec();
                self.buffer.drain(..length);
                return bytes;
            }
            assert!(self.fill(), "the connection ends within a message");
        }
    }

    /// Reads once; `false` at the end.
    fn fill(&mut self) -> bool {
        let mut more = [0; 4096];
        match self.stream.read(&mut more) {
            Ok(0) => false,
            Ok(length) => {
                self.buffer.extend_from_slice(&more[..length]);
                true
            }
            Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => false,
            Err(error) => panic!("{error}"),
        }
    }

    /// The next record must be this fault.
    #[track_caller]
    pub(crate) fn expect_refusal(&mut self, fault: &str) {
        let record = self.record().expect("a fault comes before the end");
        match decode(&record, &Limits::default()).unwrap().0 {
            Record::Fault(uri) => assert_eq!(uri.rsplit('/').next(), Some(fault)),
            other => panic!("{other:?}"),
        }
    }

    /// Nothing but the end of the session may come, if that.
    #[track_caller]
    pub(crate) fn expect_end(&mut self) {
        while let Some(record) = self.record() {
            assert_eq!(record, [0x07], "nothing more was to come");
        }
    }

    /// The next message.
    #[track_caller]
    pub(crate) fn answer(&mut self) -> Answer {
        let record = self.record().expect("an answer comes before the end");
        let limits = Limits { message: 1 << 24, ..Limits::default() };
        let Record::SizedEnvelope(envelope) = decode(&record, &limits).unwrap().0 else {
            panic!("{record:?} is no message");
        };
        read(&mut self.decoder.reader(envelope).unwrap())
    }

    /// Sends a request whose body `body` writes.
    pub(crate) fn ask(&mut self, number: u128, action: &str, body: impl FnOnce(&mut Writer<'_>)) {
        let via = self.via.clone();
        self.ask_at(&via, number, action, body);
    }

    pub(crate) fn ask_at(
        &mut self,
        to: &str,
        number: u128,
        action: &str,
        body: impl FnOnce(&mut Writer<'_>),
    ) {
        let id = Id::from(Guid::from_u128(number));
        let head = Outgoing::request(action, to, &id);
        let record = self.encoder.message(&head, |writer| {
            body(writer);
            Ok::<(), samebox_wcf_wire::Error>(())
        });
        let record = record.unwrap().to_vec();
        self.write(&record);
    }

    /// Asks for an echo, and expects it.
    #[track_caller]
    pub(crate) fn expect_echo(&mut self, text: &str) {
        self.ask(7, "http://tempuri.org/IOffice/Echo", |writer| echo(writer, text));
        let answer = self.answer();
        assert_eq!((answer.relates_to, answer.text.as_str()), (Some(7), text), "{answer:?}");
    }
}

/// The body of an echo.
pub(crate) fn echo(writer: &mut Writer<'_>, text: &str) {
    writer.start("", "Echo");
    writer.xmlns("", "http://tempuri.org/");
    writer.start("", "text");
    writer.text(text);
    writer.end();
    writer.end();
}

pub(crate) fn read(reader: &mut Reader<'_, '_>) -> Answer {
    let incoming = Incoming::read(reader).unwrap();
    let number = |id: &Option<Id<'_>>| match id {
        Some(Id::Guid(id)) => Some(id.to_u128()),
        _ => None,
    };
    let (relates_to, id) = (number(&incoming.relates_to), number(&incoming.message_id));
    let action = incoming.action.clone().unwrap_or_default().into_owned();
    if incoming.is_fault() {
        let (fault, _) = Fault::read(reader).unwrap();
        let code = match &fault.code {
            samebox_wcf_wire::soap::Code::MustUnderstand => "MustUnderstand".into(),
            _ => fault.subcodes.last().map(|code| code.name.to_string()).unwrap_or_default(),
        };
        return Answer {
            action,
            relates_to,
            id,
            fault: Some(code),
            text: fault.reason.into_owned(),
        };
    }
    let mut text = String::new();
    while let Some(event) = reader.next().unwrap() {
        if let Event::Text(more) = event {
            text.push_str(&more.to_str());
        }
    }
    Answer { action, relates_to, id, fault: None, text }
}
