use super::*;
use std::sync::mpsc::channel;
use std::time::Duration;

const PATIENCE: Patience = Patience { time: Some(Duration::from_secs(20)), unless_hung: false };

fn unique(name: &str) -> String {
    format!("samebox-sys-{}-{name}", std::process::id())
}

fn plan(title: &str) -> Plan<'_> {
    let mark = Mark { name: "samebox-sys-test", value: 7 };
    Plan { class: "samebox-sys-test", title, kind: Kind::MessageOnly, mark }
}

#[test]
fn what_is_sent_is_answered_and_the_window_ends_with_its_receiver() {
    let title = unique("answered");
    let (told, heard) = channel();
    let receiver = Receiver::open(plan(&title), move |received| {
        let bytes = received.bytes.map(<[u8]>::to_vec);
        told.send((received.sender, received.id, bytes)).unwrap();
        received.id + 1
    });
    let receiver = receiver.unwrap();
    let window = receiver.window();
    assert_eq!(find(Where::MessageOnly, None, Some(&title)), [window]);
    assert_eq!(find(Where::MessageOnly, Some("samebox-sys-test"), Some(&title)), [window]);
    assert_eq!(find(Where::MessageOnly, Some("another"), Some(&title)), []);
    assert_eq!(find(Where::TopLevel, None, Some(&title)), []);
    assert_eq!(window.mark("samebox-sys-test"), Some(7));
    assert_eq!(window.class(), "samebox-sys-test");
    assert_eq!(window.owner().unwrap().process, std::process::id());
    let answer = window.copy_data(Some(window), 41, b"hello", PATIENCE);
    assert_eq!(answer.unwrap(), 42);
    assert_eq!(heard.recv().unwrap(), (Some(window), 41, Some(b"hello".to_vec())));
    assert_eq!(window.copy_data(None, 0, b"", PATIENCE).unwrap(), 1);
    assert_eq!(heard.recv().unwrap(), (None, 0, Some(Vec::new())));
    drop(receiver);
    assert!(!window.is_there() && window.owner().is_none());
    assert!(matches!(window.copy_data(None, 0, b"", PATIENCE), Err(Unsent::Missing)));
    assert_eq!(find(Where::MessageOnly, None, Some(&title)), []);
}

#[test]
fn a_window_that_does_not_answer_is_given_up_in_time() {
    let title = unique("busy");
    let (release, released) = channel::<()>();
    let receiver = Receiver::open(plan(&title), move |_| {
        // It fails once the test has given the thread back.
        usize::from(released.recv().is_ok())
    });
    let receiver = receiver.unwrap();
    let brief = Patience { time: Some(Duration::from_millis(50)), ..PATIENCE };
    let sent = receiver.window().copy_data(None, 0, b"", brief);
    assert!(matches!(sent, Err(Unsent::TimedOut)), "{sent:?}");
    drop(release);
}

#[test]
fn lies_about_the_window_change_nothing() {
    use windows_sys::Win32::UI::WindowsAndMessaging::{
        PostMessageW, SendMessageW, WM_CLOSE, WM_DESTROY, WM_NCDESTROY, WM_QUIT, WM_SETTEXT,
        WM_TIMER,
    };
    let title = unique("lies");
    let receiver = Receiver::open(plan(&title), |_| 9).unwrap();
    let window = receiver.window();
    let other = wide("another title");
    for message in
        [WM_CLOSE, WM_DESTROY, WM_NCDESTROY, WM_SETTEXT, WM_TIMER, receiver::END, WM_QUIT]
    {
        let text = if message == WM_SETTEXT { other.as_ptr() as isize } else { 0 };
        // SAFETY: the text is NUL-terminated and outlives the call.
        unsafe { SendMessageW(window.raw(), message, 0, text) };
        // SAFETY: numbers only; nothing is to be read or called there.
        unsafe { PostMessageW(window.raw(), message, 0, if text == 0 { 1 } else { 0 }) };
    }
    assert_eq!(window.copy_data(None, 0, b"still here", PATIENCE).unwrap(), 9);
    assert_eq!(find(Where::MessageOnly, None, Some(&title)), [window]);
}

#[test]
fn a_length_without_data_is_told_as_such_and_no_message_is_none() {
    use windows_sys::Win32::System::DataExchange::COPYDATASTRUCT;
    use windows_sys::Win32::UI::WindowsAndMessaging::{SendMessageW, WM_COPYDATA};
    let title = unique("null");
    let (told, heard) = channel();
    let receiver = Receiver::open(plan(&title), move |received| {
        told.send(received.bytes.map(<[u8]>::len)).unwrap();
        1
    });
    let receiver = receiver.unwrap();
    let window = receiver.window().raw();
    let data = COPYDATASTRUCT { dwData: 0, cbData: 5, lpData: std::ptr::null_mut() };
    // SAFETY: the structure outlives the call, and names no data.
    assert_eq!(unsafe { SendMessageW(window, WM_COPYDATA, 0, (&raw const data) as isize) }, 1);
    assert_eq!(heard.recv().unwrap(), None);
    // SAFETY: numbers only.
    assert_eq!(unsafe { SendMessageW(window, WM_COPYDATA, 0, 0) }, 0);
    assert!(heard.try_recv().is_err());
}

#[test]
fn text_passes_through_the_code_page_or_is_refused() {
    for text in ["", "Hello, World!", "Hello\r\n"] {
        assert_eq!(from_ansi(&to_ansi(text).unwrap()).unwrap(), text);
    }
    // No code page but UTF-8 has both.
    let both = to_ansi("Ж and 語");
    assert!(both.is_err() || both.unwrap() == "Ж and 語".as_bytes());
}

#[test]
fn the_program_of_a_process_has_a_path() {
    let own = std::env::current_exe().unwrap();
    assert_eq!(program_of(std::process::id()).unwrap().file_name(), own.file_name());
}
