use super::Window;
use crate::windows::text::wide;
use std::cell::RefCell;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use windows_sys::Win32::Foundation::{HINSTANCE, HWND, LPARAM, LRESULT, WPARAM};
use windows_sys::Win32::System::DataExchange::COPYDATASTRUCT;
use windows_sys::Win32::System::LibraryLoader::GetModuleHandleW;
use windows_sys::Win32::UI::WindowsAndMessaging::{
    CreateWindowExW, DefWindowProcW, DestroyWindow, GetClassInfoExW, GetMessageW, HWND_MESSAGE,
    MSG, PostQuitMessage, PostThreadMessageW, RegisterClassExW, SendNotifyMessageW, SetPropW,
    WM_APP, WM_COPYDATA, WM_GETTEXT, WM_GETTEXTLENGTH, WM_NCCREATE, WM_QUERYENDSESSION, WM_QUIT,
    WNDCLASSEXW,
};

/// What kind of window it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// One that only gets messages, which needs no screen.
    MessageOnly,
    /// A hidden one among those of the screen, where older programs look.
    TopLevel,
}

/// A number under a name that every program can read at the window.
#[derive(Clone, Copy, Debug)]
pub struct Mark<'a> {
    /// The name.
    pub name: &'a str,
    /// The number; 0 is none.
    pub value: usize,
}

/// The window that is to be made.
#[derive(Clone, Copy, Debug)]
pub struct Plan<'a> {
    /// Its class, which this crate registers.
    pub class: &'a str,
    /// Its title.
    pub title: &'a str,
    /// What kind it is.
    pub kind: Kind,
    /// What it tells about itself, from its first moment.
    pub mark: Mark<'a>,
}

/// A `WM_COPYDATA` that arrived.
#[derive(Clone, Copy, Debug)]
pub struct Received<'a> {
    /// The window it was sent to.
    pub window: Window,
    /// Who sent it, as the sender says.
    pub sender: Option<Window>,
    /// Its `dwData`.
    pub id: usize,
    /// What it carries; `None` when the sender named a length and no data.
    pub bytes: Option<&'a [u8]>,
}

/// What answers a `WM_COPYDATA`.
type Handler = Box<dyn FnMut(Received<'_>) -> usize + Send>;

/// A window, and the thread that gets its messages; dropping it ends both.
#[derive(Debug)]
pub struct Receiver {
    window: Window,
    thread: Option<JoinHandle<()>>,
    thread_id: u32,
    is_ending: Arc<AtomicBool>,
}

/// What the window's own procedure knows, on the window's thread.
struct Desk {
    handler: Handler,
    /// Name and value of the mark, until it has been made.
    mark: Option<(Vec<u16>, usize)>,
    /// Whether the window is being made, or being destroyed, by its own thread.
    is_changing: bool,
}

thread_local! {
    // Not in the window's own memory, which other processes may write to.
    static DESK: RefCell<Option<Desk>> = const { RefCell::new(None) };
}

/// Ends the thread, if it is meant to end; anybody may send it.
pub(super) const END: u32 = WM_APP;

impl Receiver {
    /// Makes a window on a thread of its own, which runs `handler` for each `WM_COPYDATA`.
    ///
    /// The handler's number is the sender's answer. It should not block: meanwhile nobody else is
    /// answered, and after 5 s the system takes the window for hung.
    ///
    /// # Errors
    /// The operating system's; `AlreadyExists` when this program has another class of that name.
    pub fn open(
        plan: Plan<'_>,
        handler: impl FnMut(Received<'_>) -> usize + Send + 'static,
    ) -> io::Result<Self> {
        let class = register(plan.class)?;
        let (title, kind) = (wide(plan.title), plan.kind);
        let mark = Some((wide(plan.mark.name), plan.mark.value));
        let desk = Desk { handler: Box::new(handler), mark, is_changing: true };
        let is_ending = Arc::new(AtomicBool::new(false));
        let (told, made) = sync_channel(1);
        let thread = std::thread::Builder::new().name("samebox-window".into()).spawn({
            let is_ending = Arc::clone(&is_ending);
            move || live(desk, &class, &title, kind, &is_ending, &told)
        })?;
        let window = made.recv().unwrap_or_else(|_| Err(io::ErrorKind::Other.into()));
        let window = match window {
            Ok(window) => window,
            Err(error) => {
                let _ = thread.join();
                return Err(error);
            }
        };
        let thread_id = window.owner().map_or(0, |owner| owner.thread);
        Ok(Self { window, thread: Some(thread), thread_id, is_ending })
    }

    /// The window.
    pub const fn window(&self) -> Window {
        self.window
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.is_ending.store(true, Ordering::Release);
        // SAFETY: numbers only. A message that is sent needs no room in the queue, which others may
        // have filled.
        unsafe {
            if SendNotifyMessageW(self.window.raw(), END, 0, 0) == 0 {
                PostThreadMessageW(self.thread_id, WM_QUIT, 0, 0);
            }
        }
        if let Some(thread) = self.thread.take() {
            // Had it panicked, its window would be gone all the same.
            let _ = thread.join();
        }
    }
}

/// The window's thread: makes it, waits for messages, destroys it.
fn live(
    desk: Desk,
    class: &[u16],
    title: &[u16],
    kind: Kind,
    is_ending: &AtomicBool,
    told: &SyncSender<io::Result<Window>>,
) {
    DESK.set(Some(desk));
    let made = create(class, title, kind);
    change(false);
    let window = made.as_ref().ok().copied();
    let is_heard = told.send(made).is_ok();
    let Some(window) = window else { return };
    while is_heard && !is_ending.load(Ordering::Acquire) {
        wait();
    }
    change(true);
    // SAFETY: this thread made the window.
    unsafe { DestroyWindow(window.raw()) };
    DESK.set(None);
}

fn change(is_changing: bool) {
    DESK.with_borrow_mut(|desk| {
        if let Some(desk) = desk {
            desk.is_changing = is_changing;
        }
    });
}

/// Waits until something was posted; what is sent is answered meanwhile.
///
/// Nothing posted is acted on: nobody has a reason to post to this window, and what a posted
/// `WM_TIMER` names would be called.
fn wait() {
    let mut message = MSG::default();
    // SAFETY: `message` is writable, and its type has no invalid values.
    unsafe { GetMessageW(&raw mut message, std::ptr::null_mut(), 0, 0) };
}

fn create(class: &[u16], title: &[u16], kind: Kind) -> io::Result<Window> {
    let parent = match kind {
        Kind::MessageOnly => HWND_MESSAGE,
        Kind::TopLevel => std::ptr::null_mut(),
    };
    // SAFETY: both texts are NUL-terminated and outlive the call; the class is one of this module.
    let made = unsafe {
        let (style, none) = (0, std::ptr::null_mut());
        let (class, title) = (class.as_ptr(), title.as_ptr());
        CreateWindowExW(
            0,
            class,
            title,
            style,
            0,
            0,
            0,
            0,
            parent,
            none,
            module(),
            std::ptr::null(),
        )
    };
    Window::from_raw(made).ok_or_else(io::Error::last_os_error)
}

fn module() -> HINSTANCE {
    // SAFETY: without a name it gives this program's own module, which stays.
    unsafe { GetModuleHandleW(std::ptr::null()) }
}

/// Registers a class of this module, once for all windows of this process.
fn register(name: &str) -> io::Result<Vec<u16>> {
    // For a moment Wine knows a class that another thread registers only as one that is there.
    static TURN: Mutex<()> = Mutex::new(());
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let name = wide(name);
    let class = WNDCLASSEXW {
        cbSize: size_of::<WNDCLASSEXW>() as u32,
        lpfnWndProc: Some(procedure),
        hInstance: module(),
        lpszClassName: name.as_ptr(),
        ..WNDCLASSEXW::default()
    };
    // SAFETY: the structure and its name outlive the call, which copies both.
    if unsafe { RegisterClassExW(&raw const class) } != 0 {
        return Ok(name);
    }
    let error = io::Error::last_os_error();
    let mut known = WNDCLASSEXW { cbSize: class.cbSize, ..WNDCLASSEXW::default() };
    // SAFETY: the name is NUL-terminated, and `known` is writable and says how large it is.
    let is_known = unsafe { GetClassInfoExW(module(), name.as_ptr(), &raw mut known) } != 0;
    let address = |procedure: Option<_>| {
        procedure.map(|p: unsafe extern "system" fn(_, _, _, _) -> _| p as usize)
    };
    if !is_known {
        return Err(error);
    }
    if address(known.lpfnWndProc) != address(class.lpfnWndProc) {
        let why = "this program has a window class of that name already";
        return Err(io::Error::new(io::ErrorKind::AlreadyExists, why));
    }
    Ok(name)
}

/// Answers what is sent to the window, by whomever.
///
/// Most messages are not passed on: one that says that the window is made or destroyed, or gives it
/// another title, may come from another process and be a lie.
unsafe extern "system" fn procedure(
    window: HWND,
    message: u32,
    wparam: WPARAM,
    lparam: LPARAM,
) -> LRESULT {
    let is_changing = DESK.with(|desk| {
        // Where it is borrowed, the handler runs, and cannot be making the window.
        desk.try_borrow().is_ok_and(|desk| desk.as_ref().is_none_or(|desk| desk.is_changing))
    });
    match message {
        // SAFETY: with this message the system, or a sender of this process, passes a pointer to the
        // structure and the data that stay for the call.
        WM_COPYDATA => unsafe { copied(window, wparam, lparam) },
        WM_GETTEXT | WM_GETTEXTLENGTH | WM_QUERYENDSESSION => {
            // SAFETY: the arguments are those of this very message.
            unsafe { DefWindowProcW(window, message, wparam, lparam) }
        }
        _ if is_changing => {
            if message == WM_NCCREATE {
                mark(window);
            }
            // SAFETY: the arguments are those of this very message, and the system sent it.
            unsafe { DefWindowProcW(window, message, wparam, lparam) }
        }
        END => {
            // SAFETY: it has no precondition. The thread looks whether it is meant to end.
            unsafe { PostQuitMessage(0) };
            0
        }
        _ => 0,
    }
}

/// Marks the window before it has the title by which it is found.
fn mark(window: HWND) {
    let mark = DESK.with_borrow_mut(|desk| desk.as_mut().and_then(|desk| desk.mark.take()));
    if let Some((name, value)) = mark {
        // SAFETY: the name is NUL-terminated and outlives the call; the value is a number.
        unsafe { SetPropW(window, name.as_ptr(), value as _) };
    }
}

/// # Safety
/// `lparam` is 0, or points to a structure with data that stay for the call.
unsafe fn copied(window: HWND, wparam: WPARAM, lparam: LPARAM) -> LRESULT {
    let data = lparam as *const COPYDATASTRUCT;
    let Some(window) = Window::from_raw(window).filter(|_| !data.is_null()) else { return 0 };
    // SAFETY: the caller says that the structure is there; one from another process is a copy.
    let data = unsafe { data.read_unaligned() };
    let bytes = match data.cbData as usize {
        0 => Some(&[][..]),
        _ if data.lpData.is_null() => None,
        length => {
            // SAFETY: the caller says that the data are there, and the system counted what it copied.
            Some(unsafe { std::slice::from_raw_parts(data.lpData.cast::<u8>(), length) })
        }
    };
    let received = Received { window, sender: Window::of(wparam), id: data.dwData, bytes };
    DESK.with(|desk| {
        // The handler itself may not be sent to, as by a message that it waits for.
        let Ok(mut desk) = desk.try_borrow_mut() else { return 0 };
        desk.as_mut().map_or(0, |desk| (desk.handler)(received)) as LRESULT
    })
}
