use crate::support::*;
use samebox_core::typed::{Failure, Origin};
use samebox_core::{Deadline, DynTransport, ErrorKind};
use samebox_wcf::{NetPipe, NetTcp, NetUds};
use std::sync::atomic::Ordering;
use std::thread;
use std::time::Duration;

/// A service over each transport.
fn each(test: impl Fn(&mut Hosting)) {
    let folder = tempfile::tempdir().unwrap();
    let socket = format!("net.uds:{}", folder.path().join("office.sock").display());
    let pipe = format!("net.pipe://localhost/samebox-{}-{:p}", std::process::id(), &folder);
    let places: [(&'static dyn DynTransport, &str); 3] =
        [(&NetTcp, "net.tcp://localhost:0/Office"), (&NetUds, &socket), (&NetPipe, &pipe)];
    // Windows has no sockets in its file system that .NET and this would share.
    let has_sockets = cfg!(unix);
    for (transport, place) in places {
        if transport.info().scheme == "net.uds" && !has_sockets {
            continue;
        }
        match try_host(transport, place) {
            Err(error) if error.kind() == ErrorKind::Unsupported => {}
            other => test(&mut other.unwrap_or_else(|error| panic!("{error}"))),
        }
    }
}

#[test]
fn calls_have_results() {
    each(|office| {
        let client = office.client();
        assert_eq!(echo(&*client, "Hello, World!").unwrap(), "Hello, World!");
        assert_eq!(echo(&*client, "").unwrap(), "");
        assert_eq!(add(&*client, 2, 40).unwrap(), 42);
        assert_eq!(add(&*client, i32::MIN, 0).unwrap(), i32::MIN);
        let long = "日本語x".repeat(20_000);
        assert_eq!(echo(&*client, &long).unwrap(), long);
        assert_eq!(office.office.sessions.load(Ordering::SeqCst), 1);
    });
}

#[test]
fn one_way_calls_arrive_in_order() {
    each(|office| {
        let client = office.client();
        let texts: Vec<_> = (0..100).map(|number| format!("news {number}")).collect();
        texts.iter().for_each(|text| send(&*client, text));
        drop(client);
        assert_eq!(office.office.sent.wait_for(100), texts);
    });
}

#[test]
fn a_fault_comes_with_its_words_and_its_detail_and_the_session_goes_on() {
    each(|office| {
        let client = office.client();
        let (failure, detail) = fail(&*client, "not on a Sunday, née");
        let Failure::Fault(fault) = failure else { panic!("{failure:?}") };
        assert_eq!((fault.origin, fault.reason.as_str()), (Origin::Sender, "not on a Sunday, née"));
        assert_eq!(detail, Some(42));
        assert_eq!(echo(&*client, "next").unwrap(), "next");
        assert_eq!(office.office.sessions.load(Ordering::SeqCst), 1);
    });
}

#[test]
fn a_panic_is_told_without_its_words_and_ends_the_session_only() {
    each(|office| {
        let (client, other) = (office.client(), office.client());
        let error = do_it(&*client, CRASH, soon()).unwrap_err();
        assert_eq!((error.kind(), error.endpoint()), (ErrorKind::Fault, "InternalServiceFault"));
        assert!(!error.to_string().contains("on purpose"), "{error}");
        office.expect_fault("panicked");
        assert_eq!(echo(&*other, "undisturbed").unwrap(), "undisturbed");
        // The client begins another session.
        assert_eq!(echo(&*client, "again").unwrap(), "again");
        assert_eq!(office.office.sessions.load(Ordering::SeqCst), 3);
    });
}

#[test]
fn eight_threads_share_a_client() {
    each(|office| {
        let client = office.client();
        thread::scope(|scope| {
            for number in 0..8 {
                let client = &*client;
                scope.spawn(move || {
                    for round in 0..200 {
                        assert_eq!(add(client, number, round).unwrap(), number + round);
                    }
                });
            }
        });
        assert_eq!(office.office.sessions.load(Ordering::SeqCst), 1);
        assert_eq!(office.office.executed.load(Ordering::SeqCst), 1600);
    });
}

#[test]
fn eight_clients_are_served_at_once() {
    each(|office| {
        let clients: Vec<_> = (0..8).map(|_| office.client()).collect();
        thread::scope(|scope| {
            clients.iter().for_each(|client| {
                scope.spawn(|| do_it(&**client, WAIT, soon()).unwrap());
            });
            office.office.waiting.wait_for(8);
            office.office.waiting.open();
        });
    });
}

#[test]
fn a_call_ends_at_its_deadline_and_a_late_answer_is_dropped() {
    each(|office| {
        let client = office.client();
        let brief = Deadline::after(Duration::from_millis(50));
        let error = do_it(&*client, WAIT, brief).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TimedOut);
        office.office.waiting.open();
        assert_eq!(echo(&*client, "next").unwrap(), "next");
        assert_eq!(office.office.sessions.load(Ordering::SeqCst), 1);
    });
}

#[test]
fn a_service_that_ends_lets_its_call_end_first() {
    each(|office| {
        let client = office.client();
        let endpoint = office.endpoint().clone();
        let waiting = {
            let client = client.clone();
            thread::spawn(move || do_it(&*client, WAIT, soon()))
        };
        office.office.waiting.wait_for(1);
        let ended = office.office.clone();
        let opener = thread::spawn(move || {
            thread::sleep(Duration::from_millis(20));
            ended.waiting.open();
        });
        // Another service takes its place in `office`, which drops this one.
        let elsewhere = match endpoint.scheme() {
            "net.tcp" => "net.tcp://localhost:0/Office".into(),
            _ => format!("{endpoint}.next"),
        };
        let transport: &'static dyn DynTransport = match endpoint.scheme() {
            "net.tcp" => &NetTcp,
            "net.uds" => &NetUds,
            _ => &NetPipe,
        };
        *office = host(transport, &elsewhere);
        waiting.join().unwrap().unwrap();
        opener.join().unwrap();
        let error = echo(&*client, "anybody?").unwrap_err();
        assert!(
            matches!(error.kind(), ErrorKind::NotListening | ErrorKind::Disconnected),
            "{error}"
        );
    });
}
