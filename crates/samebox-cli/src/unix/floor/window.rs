//! Bare x11rb: a payload appended to a property of the other end's window, read and deleted there.
//!
//! That it is deleted is the acknowledgement.

use crate::commands::bench::floor::Waiting;
use crate::commands::peer::{self, Attempt, Done, Taken, Tally, Trouble};
use crate::system::display;
use samebox::{Endpoint, ErrorKind};
use x11rb::connection::Connection;
use x11rb::protocol::Event;
use x11rb::protocol::xproto::{
    Atom, AtomEnum, ChangeWindowAttributesAux, ConnectionExt as _, CreateWindowAux, EventMask,
    PropMode, Property, Window, WindowClass,
};
use x11rb::rust_connection::RustConnection;
use x11rb::wrapper::ConnectionExt as _;

/// The display of an endpoint of `window:`, where there is one.
pub(crate) fn place(endpoint: &Endpoint) -> Option<String> {
    display::of(Some(endpoint))
}

/// Becomes the receiving end on the display `place`.
pub(crate) fn listen(place: &str) -> Attempt<(String, Waiting)> {
    let end = End::on(place)?;
    let address = end.own.to_string();
    Ok((address, Box::new(|_| Ok(Box::new(end)))))
}

/// Becomes the sending end of what listens on `place` with the window `address`.
pub(crate) fn connect(place: &str, address: &str) -> Attempt<Box<dyn peer::Near>> {
    let mut end = End::on(place)?;
    end.find(address.parse().map_err(|_| failed("the address is no window"))?)?;
    Ok(Box::new(end))
}

fn failed(cause: impl std::fmt::Display) -> Trouble {
    Trouble::new(ErrorKind::Io, format!("bare X11 failed: {cause}; try again"))
}

/// One end: a window of its own and, once known, the other end's.
struct End {
    display: RustConnection,
    own: Window,
    other: Window,
    /// The property of messages; on the window of the sending end, of answers.
    property: Atom,
    /// On the receiving end's window, which window is the sending end's.
    client: Atom,
    /// Notifications that came while another was awaited.
    waiting: bool,
    acknowledged: bool,
}

impl End {
    fn on(place: &str) -> Attempt<Self> {
        let (display, screen) = x11rb::connect(Some(place)).map_err(failed)?;
        let root = display.setup().roots[screen].root;
        let own = display.generate_id().map_err(failed)?;
        let look = CreateWindowAux::new().event_mask(EventMask::PROPERTY_CHANGE);
        let class = WindowClass::INPUT_ONLY;
        let made = display.create_window(0, own, root, 0, 0, 1, 1, 0, class, 0, &look);
        made.map_err(failed)?.check().map_err(failed)?;
        let atom = |name: &[u8]| -> Attempt<Atom> {
            let asked = display.intern_atom(false, name).map_err(failed)?;
            Ok(asked.reply().map_err(failed)?.atom)
        };
        let (property, client) = (atom(b"_SAMEBOX_FLOOR")?, atom(b"_SAMEBOX_FLOOR_CLIENT")?);
        let (waiting, acknowledged) = (false, false);
        Ok(Self { display, own, other: 0, property, client, waiting, acknowledged })
    }

    /// Makes itself known to the receiving end.
    fn find(&mut self, other: Window) -> Attempt<()> {
        self.other = other;
        let look = ChangeWindowAttributesAux::new().event_mask(EventMask::PROPERTY_CHANGE);
        self.display.change_window_attributes(other, &look).map_err(failed)?;
        let (kind, own) = (AtomEnum::WINDOW, [self.own]);
        let told =
            self.display.change_property32(PropMode::REPLACE, other, self.client, kind, &own);
        told.map_err(failed)?.check().map_err(failed)
    }

    /// Learns which window is the sending end's.
    fn meet(&mut self) -> Attempt<()> {
        while self.other == 0 {
            let asked =
                self.display.get_property(false, self.own, self.client, AtomEnum::WINDOW, 0, 1);
            let reply = asked.map_err(failed)?.reply().map_err(failed)?;
            self.other = reply.value32().and_then(|mut all| all.next()).unwrap_or(0);
        }
        Ok(())
    }

    fn put(&self, payload: &[u8]) -> Attempt<()> {
        let (mode, kind) = (PropMode::APPEND, AtomEnum::STRING);
        let put = self.display.change_property8(mode, self.other, self.property, kind, payload);
        put.map_err(failed)?;
        self.display.flush().map_err(failed)
    }

    /// Takes what was put to this end, once there is something; gives its size.
    fn take(&mut self) -> Attempt<usize> {
        self.until(|end| std::mem::take(&mut end.waiting))?;
        let (any, all) = (AtomEnum::ANY, u32::MAX / 4);
        let taken = self.display.get_property(true, self.own, self.property, any, 0, all);
        Ok(taken.map_err(failed)?.reply().map_err(failed)?.value.len())
    }

    /// Waits until the other end has taken what was put.
    fn acknowledgement(&mut self) -> Attempt<()> {
        self.until(|end| std::mem::take(&mut end.acknowledged))
    }

    fn until(&mut self, holds: impl Fn(&mut Self) -> bool) -> Attempt<()> {
        while !holds(self) {
            let event = self.display.wait_for_event().map_err(failed)?;
            let Event::PropertyNotify(event) = event else { continue };
            if event.atom != self.property {
                continue;
            }
            match event.state {
                Property::NEW_VALUE if event.window == self.own => self.waiting = true,
                Property::DELETE if event.window == self.other => self.acknowledged = true,
                _ => {}
            }
        }
        Ok(())
    }
}

impl peer::Near for End {
    fn round_trip(&mut self, payload: &[u8]) -> Attempt<()> {
        self.put(payload)?;
        self.acknowledgement()?;
        self.take().map(drop)
    }

    fn send(&mut self, payload: &[u8]) -> Attempt<()> {
        self.put(payload)?;
        self.acknowledgement()
    }
}

impl peer::Far for End {
    fn echo(&mut self, count: u64, size: usize, _: Done<'_>) -> Attempt<()> {
        self.meet()?;
        let answer = vec![b'y'; size];
        for _ in 0..count {
            self.take()?;
            self.put(&answer)?;
        }
        Ok(())
    }

    fn take(&mut self, count: u64, _: usize, _: Done<'_>) -> Attempt<Taken> {
        let mut tally = Tally::new(count);
        while !tally.is_whole() {
            End::take(self)?;
            tally.add(1);
        }
        Ok(tally.taken())
    }
}
