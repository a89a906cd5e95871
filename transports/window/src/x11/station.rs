use super::claim::{VERSION, make_window, selection};
use super::display::{Display, Unopened};
use super::options::Options;
use super::trouble::Trouble;
use samebox_core::Deadline;
use std::time::Duration;
use x11rb::NONE;
use x11rb::protocol::xproto::{
    AtomEnum, ChangeWindowAttributesAux, ConnectionExt as _, EventMask, PropMode, Window,
};
use x11rb::protocol::{ErrorKind, Event};
use x11rb::wrapper::ConnectionExt as _;

/// A client's place on a display: a connection, and a window whose property holds what it sends.
pub(crate) struct Station {
    pub(crate) display: Display,
    window: Window,
}

/// The window of the server that a client has found.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Server {
    pub(crate) window: Window,
    /// Its largest message.
    pub(crate) max: usize,
    /// What came before this request is about another window that had the same number.
    since: u64,
}

impl Server {
    /// Whether an event says that its window is gone.
    pub(crate) fn ends_with(self, event: &Event, sequence: u64) -> bool {
        let window = match event {
            Event::DestroyNotify(end) => end.window,
            Event::Error(error) if error.error_kind == ErrorKind::Window => error.bad_value,
            _ => return false,
        };
        window == self.window && sequence >= self.since
    }
}

impl Station {
    /// How long a look for a server may take, whatever the deadline.
    pub(crate) const LOOKING: Duration = Duration::from_secs(1);

    pub(crate) fn open(options: &Options, deadline: Deadline) -> Result<Self, Unopened> {
        let display = Display::open(options, None, deadline)?;
        let window = make_window(&display, EventMask::NO_EVENT);
        let window = window.map_err(|trouble| Unopened::Absent(trouble.words()))?;
        Ok(Self { display, window })
    }

    /// Looks for the window that owns a title.
    ///
    /// # Errors
    /// `Ok(Err(..))` says why there is none.
    pub(crate) fn find(&self, title: &str) -> Result<Result<Server, String>, Trouble> {
        let conn = &self.display.conn;
        // A question must not leave a name behind on the X server.
        let selection = conn.intern_atom(true, selection(title).as_bytes())?.reply()?.atom;
        if selection == NONE {
            return Ok(Err("no window has owned this title".into()));
        }
        let window = conn.get_selection_owner(selection)?.reply()?.owner;
        if window == NONE {
            return Ok(Err("no window owns this title".into()));
        }
        let hears = ChangeWindowAttributesAux::new().event_mask(EventMask::STRUCTURE_NOTIFY);
        let watched = conn.change_window_attributes(window, &hears)?;
        let since = watched.sequence_number();
        let about = self.display.atoms._SAMEBOX_SERVER;
        let about = conn.get_property(false, window, about, AtomEnum::CARDINAL, 0, 2)?;
        let gone = || Ok(Err("the window that owned this title is gone".into()));
        let about = match about.reply().map_err(Trouble::from) {
            Err(Trouble::Refused(_)) => return gone(),
            about => about?,
        };
        if let Err(Trouble::Refused(_)) = watched.check().map_err(Trouble::from) {
            return gone();
        }
        let about: Vec<u32> = about.value32().into_iter().flatten().collect();
        match about[..] {
            [VERSION, max] => Ok(Ok(Server { window, max: max as usize, since })),
            [version, _] => Ok(Err(format!("its server is of version {version}, not {VERSION}"))),
            _ => Ok(Err("the window that owns this title is not a samebox server".into())),
        }
    }

    /// Hears what came, without waiting; whether the server is still there.
    pub(crate) fn has(&self, server: Server) -> Result<bool, Trouble> {
        while let Some((event, sequence)) = self.display.look()? {
            if server.ends_with(&event, sequence) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// What an event says is in the way of sending, if anything.
    pub(crate) fn trouble(&self, event: &Event) -> Option<Trouble> {
        match event {
            Event::Error(error) if error.error_kind != ErrorKind::Window => {
                Some(Trouble::Refused(error.clone()))
            }
            Event::Error(error) if error.bad_value == self.window => {
                Some(Trouble::Lost("another X client has destroyed this one's window".into()))
            }
            _ => None,
        }
    }

    /// Writes records into the property, behind those in it unless it is to have no others.
    pub(crate) fn write(&self, records: &[u8], alone: bool) -> Result<(), Trouble> {
        let mode = if alone { PropMode::REPLACE } else { PropMode::APPEND };
        let property = self.display.atoms._SAMEBOX_RECORDS;
        self.display.conn.change_property8(mode, self.window, property, property, records)?;
        Ok(())
    }

    /// Tells the server that there are records.
    pub(crate) fn announce(&self, server: Server) -> Result<(), Trouble> {
        let kind = self.display.atoms._SAMEBOX_RECORDS;
        self.display.tell(server.window, kind, [self.window, 0, 0, 0, 0])
    }
}
