use super::Window;
use crate::windows::text::wide;
use windows_sys::Win32::UI::WindowsAndMessaging::{FindWindowExW, GetDesktopWindow, HWND_MESSAGE};

/// Which windows are looked through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Where {
    /// Those that could be seen on the screen, hidden ones too.
    TopLevel,
    /// Those that only get messages.
    MessageOnly,
}

/// Nobody has more windows of one title; the desktop's own limit per process is 10,000.
const MOST: usize = 10_000;

/// The windows with that class and that title, in any mixture of upper and lower case.
pub fn find(place: Where, class: Option<&str>, title: Option<&str>) -> Vec<Window> {
    let [class, title] = [class, title].map(|text| text.map(wide));
    let pointer = |text: &Option<Vec<u16>>| text.as_ref().map_or(std::ptr::null(), |t| t.as_ptr());
    let parent = match place {
        // SAFETY: it has no precondition.
        Where::TopLevel => unsafe { GetDesktopWindow() },
        Where::MessageOnly => HWND_MESSAGE,
    };
    let mut before = std::ptr::null_mut();
    let next = || {
        // SAFETY: both texts are NUL-terminated and outlive the call, or are none; handles may be any.
        before = unsafe { FindWindowExW(parent, before, pointer(&class), pointer(&title)) };
        Window::from_raw(before)
    };
    std::iter::from_fn(next).take(MOST).collect()
}
