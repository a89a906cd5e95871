use crate::desk::{Clerk, DeskClient, DeskHost, Guest, open, visit, visit_as};
use crate::{Place, SOON, each};
use samebox::{CallError, ErrorKind};
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

/// What another process is told to do.
const ROLE: &str = "SAMEBOX_TYPED_TEST";

/// Does what another test wants of a process of its own; nothing when nobody wants anything.
#[test]
fn another_process() {
    let Ok(role) = std::env::var(ROLE) else { return };
    let (role, endpoint) = role.split_once(' ').unwrap();
    if role == "serve" {
        let serving = samebox::serve(endpoint, DeskHost::shared(Clerk::default())).unwrap();
        println!("\nready");
        // Until the other process goes, at the latest.
        let _ = std::io::stdin().read(&mut [0]);
        drop(serving);
    } else {
        let guest = Arc::new(Guest { dies: true, ..Guest::default() });
        println!("\nready");
        let _ = visit_as(endpoint, &guest).ask(1);
    }
}

fn start(role: &str, endpoint: &str) -> Child {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "trouble::another_process", "--nocapture"]);
    command.env(ROLE, format!("{role} {endpoint}"));
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().unwrap();
    let output = BufReader::new(child.stdout.take().unwrap());
    assert!(output.lines().map_while(Result::ok).any(|line| line == "ready"), "it is not ready");
    child
}

fn kind<T, D>(outcome: Result<T, CallError<D>>) -> ErrorKind {
    outcome.map(drop).expect_err("it fails").kind()
}

#[test]
fn a_service_that_dies_in_a_call_is_told_at_once() {
    each(|place| {
        let mut server = start("serve", &place.endpoint());
        let client = visit(&place.endpoint());
        assert_eq!(client.echo("x").unwrap(), "x");
        assert_eq!(kind(client.exit()), ErrorKind::Disconnected);
        assert_eq!(server.wait().unwrap().code(), Some(7));
        assert_eq!(kind(client.echo("x")), ErrorKind::NotListening);
        let (_serving, _) = open(&place.endpoint());
        assert_eq!(client.echo("healed").unwrap(), "healed");
    });
}

#[test]
fn a_client_that_dies_in_a_callback_leaves_the_service_to_others() {
    each(|place| {
        let (_serving, _) = open(&place.endpoint());
        let mut guest = start("visit", &place.endpoint());
        assert_eq!(guest.wait().unwrap().code(), Some(9));
        assert_eq!(visit(&place.endpoint()).ask(2).unwrap(), 1);
    });
}

#[test]
fn a_method_that_panics_fails_its_call_only() {
    each(|place| {
        let (mut serving, _) = open(&place.endpoint());
        let client = visit(&place.endpoint());
        let error = client.crash().unwrap_err();
        assert!(!error.to_string().contains("on purpose"), "{error}");
        assert_eq!(error.kind(), ErrorKind::Fault);
        assert_eq!(client.echo("on").unwrap(), "on");
        assert!(serving.take_fault().unwrap().to_string().contains("Crash"));
    });
}

#[test]
fn a_call_that_takes_too_long_is_given_up_and_the_next_is_answered() {
    each(|place| {
        let (_serving, clerk) = open(&place.endpoint());
        let client = visit(&place.endpoint());
        let hasty = client.clone().with_timeout(Duration::from_millis(50));
        assert_eq!(kind(hasty.wait()), ErrorKind::TimedOut);
        clerk.await_waiting(1);
        visit(&place.endpoint()).release().unwrap();
        assert_eq!(client.echo("next").unwrap(), "next");
    });
}

#[test]
fn a_service_that_ends_lets_its_calls_end_first() {
    each(|place| {
        let (serving, clerk) = open(&place.endpoint());
        let client = visit(&place.endpoint());
        let other = visit(&place.endpoint());
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| client.wait());
            clerk.await_waiting(1);
            let ending = scope.spawn(move || drop(serving));
            use crate::desk::Desk;
            std::thread::yield_now();
            clerk.release();
            waiting.join().unwrap().unwrap();
            ending.join().unwrap();
        });
        let after = kind(other.echo("x"));
        assert!(matches!(after, ErrorKind::NotListening | ErrorKind::Disconnected), "{after:?}");
    });
}

#[test]
fn a_second_server_of_the_same_name_is_refused() {
    each(|place| {
        let (_serving, _) = open(&place.endpoint());
        let second = samebox::serve(&place.endpoint(), DeskHost::shared(Clerk::default()));
        assert_eq!(second.unwrap_err().kind(), ErrorKind::AddressInUse);
        assert_eq!(visit(&place.endpoint()).echo("first").unwrap(), "first");
    });
}

#[test]
fn a_client_of_nobody_says_so_and_one_that_waits_finds_its_server() {
    each(|place| {
        let guest = Arc::<Guest>::default();
        let missing = DeskClient::connect(&place.endpoint(), guest.clone()).unwrap_err();
        assert_eq!(missing.kind(), ErrorKind::NotListening);
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| DeskClient::connect_by(&place.endpoint(), SOON, guest));
            let (_serving, _) = open(&place.endpoint());
            assert_eq!(waiting.join().unwrap().unwrap().add(1, 2).unwrap(), 3);
        });
    });
}

mod others {
    /// The same name, another version.
    pub(super) mod newer {
        #[samebox::contract(name = "IDesk", version = "3")]
        pub(crate) trait Desk {
            fn echo(&self, text: &str) -> String;
        }
    }

    /// The same version with other operations.
    pub(super) mod wrong {
        #[samebox::contract(name = "IDesk", version = "2")]
        pub(crate) trait Desk {
            fn echo(&self, number: i32) -> String;
            fn nothing(&self);
            fn add(&self, a: i32, b: i32) -> String;
        }
    }

    #[samebox::contract]
    pub(super) trait Other {
        fn echo(&self, text: &str) -> String;
    }

    /// What D-Bus has no names for.
    #[samebox::contract]
    pub(super) trait Odd {
        #[operation(name = "è")]
        fn e(&self);
    }

    pub(super) struct Nobody;

    impl Odd for Nobody {
        fn e(&self) {}
    }
}

#[test]
fn another_contract_is_told_in_words() {
    each(|place| {
        let (_serving, _) = open(&place.endpoint());
        let refused = others::newer::DeskClient::connect(&place.endpoint()).unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::Mismatch);
        assert!(refused.to_string().contains("IDesk 2"), "{refused}");
        let refused = others::OtherClient::connect(&place.endpoint()).unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::Mismatch);
        assert!(refused.to_string().contains("IDesk"), "{refused}");
        let client = others::wrong::DeskClient::connect(&place.endpoint()).unwrap();
        assert_eq!(kind(client.echo(7)), ErrorKind::Mismatch);
        assert_eq!(kind(client.nothing()), ErrorKind::Mismatch);
        assert_eq!(kind(client.add(1, 2)), ErrorKind::Mismatch);
    });
}

#[test]
fn a_contract_that_dbus_cannot_carry_is_refused_when_it_is_offered() {
    let place = Place::private();
    let refused = samebox::serve(&place.endpoint(), others::OddHost::shared(others::Nobody));
    let refused = refused.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Unsupported);
    assert!(refused.to_string().contains('è'), "{refused}");
}

#[test]
fn a_bus_that_is_gone_ends_calls_and_one_that_is_back_serves_again() {
    let mut place = Place::on_bus();
    let endpoint = place.endpoint();
    let (_serving, clerk) = open(&endpoint);
    let client = visit(&endpoint);
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| client.wait());
        clerk.await_waiting(1);
        place.bus.as_mut().unwrap().end();
        assert_eq!(kind(waiting.join().unwrap()), ErrorKind::Disconnected);
    });
    assert_eq!(kind(client.echo("x")), ErrorKind::NotListening);
    place.bus.as_mut().unwrap().begin();
    let again = visit(&endpoint);
    again.release().unwrap();
    assert_eq!(again.echo("back").unwrap(), "back");
}
