//! The X server, asked about the titles that servers of `window:` own.

use super::patience::within;
use samebox::Endpoint;
use std::io;
use x11rb::connection::Connection;
use x11rb::protocol::xproto::{AtomEnum, ConnectionExt, Window};
use x11rb::rust_connection::RustConnection;

/// What stands at the window of a server of samebox, and where its title stands.
const MARK: &[u8] = b"_SAMEBOX_SERVER";
const TITLE: &[u8] = b"_NET_WM_NAME";

/// The display of an endpoint of `window:`, or of the session, where there is one.
pub(crate) fn of(endpoint: Option<&Endpoint>) -> Option<String> {
    let display = endpoint.and_then(|endpoint| endpoint.setting("display")).map(Into::into);
    display.or_else(|| std::env::var("DISPLAY").ok()).filter(|display| !display.is_empty())
}

/// Whether the X server lets this program in, and its maker.
///
/// # Errors
/// Why not.
pub(super) fn greet(display: &str) -> io::Result<String> {
    on(display, |server, _| Ok(String::from_utf8_lossy(&server.setup().vendor).into_owned()))
}

/// Whether a server owns a title.
///
/// # Errors
/// Whatever kept the X server from answering.
pub(super) fn is_owned(display: &str, title: &str) -> io::Result<bool> {
    let selection = format!("_SAMEBOX_{title}");
    on(display, move |server, _| {
        let atom = server.intern_atom(true, selection.as_bytes()).map_err(io::Error::other)?;
        let atom = atom.reply().map_err(io::Error::other)?.atom;
        if atom == 0 {
            return Ok(false);
        }
        let owner = server.get_selection_owner(atom).map_err(io::Error::other)?;
        Ok(owner.reply().map_err(io::Error::other)?.owner != 0)
    })
}

/// The titles of all servers of samebox.
///
/// # Errors
/// As [`is_owned`].
pub(super) fn titles(display: &str) -> io::Result<Vec<String>> {
    on(display, |server, root| {
        let tree = server.query_tree(root).map_err(io::Error::other)?;
        let windows = tree.reply().map_err(io::Error::other)?.children;
        Ok(windows.into_iter().filter_map(|window| title(server, window)).collect())
    })
}

/// The title of a server's window; `None` for any other.
fn title(server: &RustConnection, window: Window) -> Option<String> {
    let text = |name: &[u8]| -> Option<Vec<u8>> {
        let atom = server.intern_atom(true, name).ok()?.reply().ok()?.atom;
        let found = server.get_property(false, window, atom, AtomEnum::ANY, 0, 256).ok()?;
        Some(found.reply().ok()?.value).filter(|value| !value.is_empty())
    };
    text(MARK)?;
    String::from_utf8(text(TITLE)?).ok()
}

fn on<T: Send + 'static>(
    display: &str,
    ask: impl FnOnce(&RustConnection, Window) -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    let display = display.to_string();
    within(move || {
        let (server, screen) = x11rb::connect(Some(&display)).map_err(io::Error::other)?;
        let root = server.setup().roots[screen].root;
        ask(&server, root)
    })
}
