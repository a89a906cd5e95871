use super::options::{self, DISPLAY, Options};
use super::trouble::Trouble;
use super::wire::{Bell, Wire};
use samebox_core::{Backoff, Deadline, Endpoint, Error, ErrorKind, Operation};
use std::io;
use std::net::{TcpStream, ToSocketAddrs};
use std::time::Duration;
use x11rb::connection::{Connection, RequestConnection};
use x11rb::errors::ConnectError;
use x11rb::protocol::Event;
use x11rb::protocol::xproto::{ClientMessageEvent, ConnectionExt, EventMask, Window};
use x11rb::reexports::x11rb_protocol::parse_display::{ConnectAddress, ParsedDisplay};
use x11rb::reexports::x11rb_protocol::xauth::{Family, get_auth};
use x11rb::rust_connection::{DefaultStream, RustConnection};

x11rb::atom_manager! {
    /// The names this transport uses on a display.
    ///
    /// `RECORDS` is what a client's window holds for its server, and tells the server so; `ANSWER`
    /// tells a client what became of it. `SERVER`, on a server's window, is its version and largest
    /// message, `MESSAGE` is text from programs that are not samebox.
    pub(crate) Atoms: AtomCookies {
        _SAMEBOX_RECORDS,
        _SAMEBOX_ANSWER,
        _SAMEBOX_SERVER,
        _SAMEBOX_MESSAGE,
        _NET_WM_NAME,
        UTF8_STRING,
    }
}

/// A connection to an X server.
pub(crate) struct Display {
    pub(crate) conn: RustConnection<Wire>,
    pub(crate) root: Window,
    pub(crate) atoms: Atoms,
}

/// A stream, and for whom the proof is that it needs.
type Reached = (DefaultStream, (Family, Vec<u8>));

/// Why there is no connection.
pub(crate) enum Unopened {
    /// Nobody said which display.
    NoDisplay(&'static str),
    /// The X server is not there, or cannot take one more.
    Absent(String),
    /// The X server closed the connection before it had answered, as one does that starts over.
    Dropped(String),
    /// The X server does not want this user.
    Denied(String),
}

impl Display {
    /// Connects to the display of the options, or of the environment.
    pub(crate) fn open(
        options: &Options,
        bell: Option<&Bell>,
        deadline: Deadline,
    ) -> Result<Self, Unopened> {
        let parsed = parsed(options)?;
        let mut backoff = Backoff::until(Deadline::after(Self::RESETTING).earlier(deadline));
        loop {
            let conn = connect(&parsed, bell, deadline);
            match conn.and_then(|conn| Self::new(conn, parsed.screen.into())) {
                // An X server that has lost its last client starts over, and drops who comes then.
                Err(Unopened::Dropped(_)) if backoff.pause() => {}
                outcome => return outcome,
            }
        }
    }

    /// How long an X server that starts over is given.
    const RESETTING: Duration = Duration::from_millis(500);

    fn new(conn: RustConnection<Wire>, screen: usize) -> Result<Self, Unopened> {
        let absent = |trouble: Trouble| match trouble {
            Trouble::Lost(why) => Unopened::Dropped(why),
            trouble => Unopened::Absent(trouble.words()),
        };
        let root = conn.setup().roots[screen].root;
        let atoms = Atoms::new(&conn).map_err(|error| absent(error.into()))?;
        let atoms = atoms.reply().map_err(|error| absent(error.into()))?;
        Ok(Self { conn, root, atoms })
    }

    /// The socket below.
    pub(crate) fn wire(&self) -> &Wire {
        self.conn.stream()
    }

    /// Sends five numbers to a window; nobody learns of it when the window is gone.
    pub(crate) fn tell(&self, window: Window, kind: u32, data: [u32; 5]) -> Result<(), Trouble> {
        let event = ClientMessageEvent::new(32, window, kind, data);
        self.conn.send_event(false, window, EventMask::NO_EVENT, event)?;
        Ok(())
    }

    /// Waits until the X server has done all that it was asked.
    pub(crate) fn finish(&self) -> Result<(), Trouble> {
        self.conn.get_input_focus()?.reply()?;
        Ok(())
    }

    /// Hands over what was asked.
    pub(crate) fn flush(&self) -> Result<(), Trouble> {
        Ok(self.conn.flush()?)
    }

    /// Waits for the next event, and the request it came after.
    pub(crate) fn wait(&self) -> Result<(Event, u64), Trouble> {
        let (event, sequence) = self.conn.wait_for_raw_event_with_sequence()?;
        Ok((self.read(event), sequence))
    }

    /// The next event, if one has come.
    pub(crate) fn look(&self) -> Result<Option<(Event, u64)>, Trouble> {
        let event = self.conn.poll_for_raw_event_with_sequence()?;
        Ok(event.map(|(event, sequence)| (self.read(event), sequence)))
    }

    /// Reads an event; what another client made up, or nobody can read, is an unknown one.
    fn read(&self, bytes: Vec<u8>) -> Event {
        match self.conn.parse_event(&bytes) {
            Ok(event @ Event::ClientMessage(_)) => event,
            Ok(event) if !event.sent_event() => event,
            _ => Event::Unknown(bytes),
        }
    }

    /// Waits for the answer to a request; may be given up and taken up again.
    pub(crate) fn reply(&self, sequence: u64) -> Result<Vec<u8>, Trouble> {
        use x11rb::connection::ReplyOrError;
        match self.conn.wait_for_reply_or_raw_error(sequence)? {
            ReplyOrError::Reply(reply) => Ok(reply),
            ReplyOrError::Error(error) => match self.conn.parse_error(&error) {
                Ok(error) => Err(Trouble::Refused(error)),
                Err(error) => Err(Trouble::Lost(error.to_string())),
            },
        }
    }
}

fn parsed(options: &Options) -> Result<ParsedDisplay, Unopened> {
    let from_environment = || std::env::var("DISPLAY").ok().filter(|display| !display.is_empty());
    let Some(display) = options.display.clone().or_else(from_environment) else {
        return Err(Unopened::NoDisplay("there is no X display: $DISPLAY is not set"));
    };
    let nonsense = Unopened::NoDisplay("there is no X display: $DISPLAY names none");
    options::parsed(&display).ok_or(nonsense)
}

/// Connects to the first address of the display that is there, and makes itself known.
fn connect(
    display: &ParsedDisplay,
    bell: Option<&Bell>,
    deadline: Deadline,
) -> Result<RustConnection<Wire>, Unopened> {
    let mut why = "it has no address".to_owned();
    for address in display.connect_instruction() {
        let (stream, (family, address)) = match reach(&address, deadline) {
            Ok(connected) => connected,
            Err(error) => {
                why = error.to_string();
                continue;
            }
        };
        // Without what proves the right to connect it is tried all the same, as X programs do.
        let proof = get_auth(family, &address, display.display).ok().flatten();
        let (name, data) = proof.unwrap_or_default();
        let wire = Wire::new(stream, bell.cloned(), deadline);
        let screen = display.screen.into();
        let conn = RustConnection::connect_to_stream_with_auth_info(wire, screen, name, data);
        return conn.map_err(unopened);
    }
    Err(Unopened::Absent(why))
}

/// Connects to one address; what is not on this machine gets no longer than is left.
fn reach(address: &ConnectAddress<'_>, deadline: Deadline) -> io::Result<Reached> {
    let ConnectAddress::Hostname(host, port) = address else {
        return DefaultStream::connect(address);
    };
    let mut outcome = Err(io::ErrorKind::AddrNotAvailable.into());
    for address in (*host, *port).to_socket_addrs()? {
        let left = deadline.remaining().unwrap_or(Duration::MAX).max(Duration::from_millis(1));
        outcome =
            TcpStream::connect_timeout(&address, left).and_then(DefaultStream::from_tcp_stream);
        if outcome.is_ok() {
            break;
        }
    }
    outcome
}

fn unopened(error: ConnectError) -> Unopened {
    match error {
        ConnectError::SetupFailed(setup) => {
            let why = String::from_utf8_lossy(&setup.reason).trim().to_owned();
            if why.contains("clients") { Unopened::Absent(why) } else { Unopened::Denied(why) }
        }
        ConnectError::SetupAuthenticate(setup) => {
            Unopened::Denied(String::from_utf8_lossy(&setup.reason).trim().into())
        }
        ConnectError::IoError(error) if error.kind() == io::ErrorKind::TimedOut => {
            Unopened::Absent(Trouble::Late.words())
        }
        ConnectError::IoError(error) => Unopened::Dropped(error.to_string()),
        ConnectError::InvalidScreen => Unopened::Absent("it has no such screen".into()),
        error => Unopened::Absent(error.to_string()),
    }
}

impl Unopened {
    /// The error of an operation that needs a display; `absent` is what a missing X server is for it.
    pub(crate) fn into_error(
        self,
        endpoint: &Endpoint,
        operation: Operation,
        absent: ErrorKind,
    ) -> Error {
        let setting = endpoint.setting(DISPLAY.name);
        let display = setting.map_or("$DISPLAY".to_owned(), |display| format!("display {display}"));
        let (kind, why, advice) = match self {
            Self::NoDisplay(why) => (
                ErrorKind::Unsupported,
                why.to_owned(),
                "use object:NAME or pipe:NAME, which need none, or set ?display=:0",
            ),
            Self::Absent(why) | Self::Dropped(why) => (
                absent,
                format!("the X server of {display} cannot be reached: {why}"),
                "start the X server, or name another with ?display=:1",
            ),
            Self::Denied(why) => (
                ErrorKind::Denied,
                format!("the X server of {display} does not admit this user: {why}"),
                "check $XAUTHORITY, or have the display's owner allow it with xhost",
            ),
        };
        endpoint.error(kind, operation, why).with_advice(advice)
    }
}
