use super::display::Display;
use super::options::Options;
use super::trouble::Trouble;
use samebox_core::Deadline;
use std::sync::Arc;
use std::time::Duration;
use x11rb::connection::Connection;
use x11rb::protocol::xproto::{
    Atom, AtomEnum, ConnectionExt as _, CreateWindowAux, EventMask, PropMode, Window, WindowClass,
};
use x11rb::wrapper::ConnectionExt as _;
use x11rb::{COPY_DEPTH_FROM_PARENT, COPY_FROM_PARENT, CURRENT_TIME, NONE};

/// What stands in a server's property before its largest message.
pub(crate) const VERSION: u32 = 1;

/// The selection that stands for a title.
pub(crate) fn selection(title: &str) -> String {
    format!("_SAMEBOX_{title}")
}

/// Makes a window that nobody sees.
pub(crate) fn make_window(display: &Display, hears: EventMask) -> Result<Window, Trouble> {
    let window = display.conn.generate_id()?;
    let aux = CreateWindowAux::new().override_redirect(1).event_mask(hears);
    display.conn.create_window(
        // A window that shows nothing has no depth of its own.
        COPY_DEPTH_FROM_PARENT,
        window,
        display.root,
        -1,
        -1,
        1,
        1,
        0,
        WindowClass::INPUT_ONLY,
        COPY_FROM_PARENT,
        &aux,
    )?;
    Ok(window)
}

/// The window of a title and the selection that says so; both are given up on drop.
pub(crate) struct Claim {
    pub(crate) display: Arc<Display>,
    pub(crate) window: Window,
    pub(crate) selection: Atom,
}

impl Claim {
    /// How long giving up may take.
    const LEAVING: Duration = Duration::from_secs(1);

    /// Becomes the owner of the title; `None` when somebody is.
    pub(crate) fn take(display: Display, options: &Options) -> Result<Option<Self>, Trouble> {
        let name = selection(&options.title);
        let selection = display.conn.intern_atom(false, name.as_bytes())?.reply()?.atom;
        let hears = EventMask::PROPERTY_CHANGE | EventMask::STRUCTURE_NOTIFY;
        let window = make_window(&display, hears)?;
        let claim = Self { display: Arc::new(display), window, selection };
        // Nobody else is served between the look and the claim.
        claim.display.conn.grab_server()?;
        let won = claim.take_grabbed(options);
        claim.display.conn.ungrab_server()?;
        claim.display.finish()?;
        Ok(won?.then_some(claim))
    }

    fn take_grabbed(&self, options: &Options) -> Result<bool, Trouble> {
        let conn = &self.display.conn;
        if conn.get_selection_owner(self.selection)?.reply()?.owner != NONE {
            return Ok(false);
        }
        self.describe(options)?;
        conn.set_selection_owner(self.window, self.selection, CURRENT_TIME)?;
        Ok(conn.get_selection_owner(self.selection)?.reply()?.owner == self.window)
    }

    /// Writes title and limits where clients and other programs find them.
    fn describe(&self, options: &Options) -> Result<(), Trouble> {
        let (conn, atoms, window) = (&self.display.conn, &self.display.atoms, self.window);
        let title = options.title.as_bytes();
        let replace = PropMode::REPLACE;
        conn.change_property8(replace, window, AtomEnum::WM_NAME, AtomEnum::STRING, title)?;
        conn.change_property8(replace, window, atoms._NET_WM_NAME, atoms.UTF8_STRING, title)?;
        let max = u32::try_from(options.max).unwrap_or(u32::MAX);
        let about = [VERSION, max];
        conn.change_property32(replace, window, atoms._SAMEBOX_SERVER, AtomEnum::CARDINAL, &about)?;
        Ok(())
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        self.display.wire().wait_deaf_until(Deadline::after(Self::LEAVING));
        // The title is free when this returns; where the X server is gone it is free already.
        let _ = self.display.conn.destroy_window(self.window);
        let _ = self.display.finish();
    }
}
