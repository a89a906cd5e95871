//! Which window is meant, and what becomes of messages to windows that do not answer.

use super::foreign::{send_to, window_of};
use super::*;
use std::sync::mpsc::channel;
use std::time::Instant;

#[test]
fn several_windows_of_a_title_are_listed_and_one_is_chosen() {
    let title = unique();
    let one = Foreign::new("samebox-one", &title, 1);
    let two = Foreign::new("samebox-two", &title, 1);
    let (kind, text) = refused(try_connect(&title, ""));
    assert_eq!(kind, ErrorKind::InvalidEndpoint);
    for part in [one.window().to_string(), two.window().to_string()] {
        assert!(text.contains(&part), "{text} does not name {part}");
    }
    let program = std::env::current_exe().unwrap();
    let program = program.file_name().unwrap().to_str().unwrap();
    for part in ["samebox-one", "samebox-two", program, "?class=", "?handle="] {
        assert!(text.contains(part), "{text} does not name {part}");
    }
    send(&mut connect(&title, "?class=SAMEBOX-TWO"), b"by class").unwrap();
    assert_eq!(two.got().1, b"by class");
    send(&mut connect(&title, &format!("?handle={}", one.window())), b"by handle").unwrap();
    assert_eq!(one.got().1, b"by handle");
    let (kind, _) = refused(try_connect(&title, "?handle=0x7FFFFFF0"));
    assert_eq!(kind, ErrorKind::NotListening);
}

#[test]
fn a_title_is_found_in_any_case_and_has_one_server() {
    let title = unique();
    let mut server = bind(&title, "");
    send(&mut connect(&title.to_uppercase(), ""), b"loud").unwrap();
    assert_eq!(recv(&mut server), b"loud");
    for settings in ["", "?class=another"] {
        let second = Window.bind(&endpoint(&title.to_uppercase(), settings));
        assert_eq!(refused(second).0, ErrorKind::AddressInUse, "{settings}");
    }
}

#[test]
fn a_window_of_another_program_is_in_the_way_where_clients_could_take_it_for_the_servers() {
    let title = unique();
    let foreign = Foreign::new("samebox-there", &title, 1);
    let (kind, text) = refused(Window.bind(&endpoint(&title, "?class=samebox-there")));
    assert_eq!(kind, ErrorKind::AddressInUse);
    assert!(text.contains(&foreign.window().to_string()), "{text}");
    let mut server = bind(&title, "?class=samebox-mine");
    send(&mut connect(&title, "?class=samebox-mine"), b"mine").unwrap();
    assert_eq!(recv(&mut server), b"mine");
}

#[test]
fn a_title_may_have_spaces_and_any_letters() {
    let title = format!("{} - Größe, 語", unique());
    let mut server = bind(&title, "");
    send(&mut connect(&title, ""), b"found").unwrap();
    assert_eq!(recv(&mut server), b"found");
}

#[test]
fn a_top_level_window_works_where_there_is_a_screen() {
    let title = unique();
    match Window.bind(&endpoint(&title, "?kind=top-level")) {
        Ok(mut server) => {
            send(&mut connect(&title, ""), b"up here").unwrap();
            assert_eq!(recv(&mut server), b"up here");
            assert_eq!(foreign_windows(&title), (1, 0));
        }
        Err(error) => {
            assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
            assert!(error.to_string().contains("kind=message"), "{error}");
        }
    }
    let _server = bind(&title, "?kind=message");
    assert_eq!(foreign_windows(&title), (0, 1));
}

/// How many windows have that title: top-level, and for messages only.
fn foreign_windows(title: &str) -> (usize, usize) {
    use samebox_sys::windows::window::{Where, find};
    let count = |place| find(place, None, Some(title)).len();
    (count(Where::TopLevel), count(Where::MessageOnly))
}

#[test]
fn a_receiver_that_does_not_look_ends_a_send_at_its_deadline() {
    let title = unique();
    let (release, released) = channel::<()>();
    let receiver = Foreign::open("samebox-hung", &title, move |_| {
        // It fails once the test gives the thread back.
        usize::from(released.recv().is_ok())
    });
    let mut client = connect(&title, "");
    for _ in 0..2 {
        let begun = Instant::now();
        let brief = Deadline::after(Duration::from_millis(300));
        let (kind, text) = refused(client.send(b"anybody?"[..].into(), brief));
        assert_eq!(kind, ErrorKind::TimedOut, "{text}");
        assert!(begun.elapsed() < PATIENCE / 2, "{:?}", begun.elapsed());
    }
    drop(release);
    drop(receiver);
    let (kind, _) = refused(send(&mut client, b"anybody?"));
    assert_eq!(kind, ErrorKind::NotListening);
}

#[test]
fn a_client_goes_on_with_the_next_window_of_the_title() {
    let title = unique();
    let first = Foreign::new("samebox-heal", &title, 1);
    let mut client = connect(&title, "?wait=20s");
    send(&mut client, b"one").unwrap();
    assert_eq!(first.got().1, b"one");
    drop(first);
    let sender = std::thread::spawn(move || send(&mut client, b"two").map(|()| client));
    std::thread::sleep(Duration::from_millis(100));
    let mut server = bind(&title, "");
    assert_eq!(recv(&mut server), b"two");
    assert!(sender.join().unwrap().is_ok());
}

#[test]
fn a_restart_in_no_time_goes_unnoticed() {
    let title = unique();
    let mut server = bind(&title, "");
    let mut client = connect(&title, "");
    for payload in [b"one", b"two", b"six"] {
        send(&mut client, payload).unwrap();
        assert_eq!(recv(&mut server), payload);
        drop(server);
        server = bind(&title, "");
    }
}

#[test]
fn what_a_stranger_answers_counts_only_on_demand() {
    let title = unique();
    let foreign = Foreign::new("samebox-false", &title, 0);
    send(&mut connect(&title, ""), b"taken, perhaps").unwrap();
    assert_eq!(foreign.got().1, b"taken, perhaps");
    let (kind, text) = refused(send(&mut connect(&title, "?confirm=yes"), b"confirmed?"));
    assert_eq!(kind, ErrorKind::Fault, "{text}");
    assert_eq!(foreign.got().1, b"confirmed?");
}

#[test]
fn what_is_above_a_mebibyte_is_refused_at_the_sender() {
    let title = unique();
    let mut server = bind(&title, "");
    let mut client = connect(&title, "");
    let largest: Vec<u8> = (0..1 << 20).map(|at: u32| at.to_le_bytes()[at as usize % 3]).collect();
    send(&mut client, &largest).unwrap();
    assert!(recv(&mut server) == largest);
    let (kind, text) = refused(send(&mut client, &vec![0; (1 << 20) + 1]));
    assert_eq!(kind, ErrorKind::TooLarge);
    assert!(text.contains("pipe:") && text.contains("shm:"), "{text}");
    // A text grows on its way.
    let mut client = connect(&title, "?encoding=utf16");
    assert_eq!(refused(send(&mut client, &[b'x'; 600_000])).0, ErrorKind::TooLarge);
    // A stranger who sends more than the server wants is told so, and disturbs nobody.
    assert_eq!(server.recv(Deadline::now()).unwrap_err().kind(), ErrorKind::TimedOut);
    let window = window_of(&title);
    assert_eq!(send_to(window, None, 0, &vec![0; (1 << 20) + 1]).unwrap(), 0);
    assert_eq!(fault(&mut server).0, ErrorKind::TooLarge);
    assert_eq!(server.counters().cut, 1);
}
