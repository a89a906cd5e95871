use crate::desk::{Clerk, DeskHost, Folder, Shortfall, open, visit};
use crate::{SOON, each};
use samebox::contract::Origin;
use samebox::{ErrorKind, Fault, Peer};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

#[test]
fn values_cross_both_ways() {
    each(|place| {
        let (_serving, _) = open(&place.endpoint());
        let client = visit(&place.endpoint());
        assert_eq!(client.echo("Grüße, 世界 🎉").unwrap(), "Grüße, 世界 🎉");
        assert_eq!(client.echo("").unwrap(), "");
        assert_eq!(client.add(i32::MAX, 1).unwrap(), i32::MIN);
        let words = ["a", "b", "a"].map(String::from);
        let counts = BTreeMap::from([("a".to_owned(), 2), ("b".to_owned(), 1)]);
        assert_eq!(client.count(&words).unwrap(), counts);
        assert_eq!(client.pid().unwrap(), Some(std::process::id()));
        let large: Vec<u8> = (0..10_000_000).map(|n| (n % 251) as u8).collect();
        let mut back = client.reverse(large.clone()).unwrap();
        back.reverse();
        assert!(back == large, "10 MB come back");
    });
}

#[test]
fn structures_may_hold_themselves() {
    each(|place| {
        let (_serving, _) = open(&place.endpoint());
        let client = visit(&place.endpoint());
        let folder = |label: &str, inner: Vec<Folder>| Folder { label: label.into(), inner };
        let mess = folder("all", vec![folder("b", vec![]), folder("a", vec![folder("c", vec![])])]);
        let tidy = folder("all", vec![folder("a", vec![folder("c", vec![])]), folder("b", vec![])]);
        assert_eq!(client.sort(mess).unwrap(), tidy);
        let deep = (0..100).fold(Folder::default(), |inner, _| folder("x", vec![inner]));
        let refused = client.sort(deep).unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::Malformed);
        assert!(refused.to_string().contains("deep"), "{refused}");
    });
}

#[test]
fn what_dbus_cannot_carry_is_refused_by_its_sender() {
    each(|place| {
        let (_serving, _) = open(&place.with("max=1KiB"));
        let client = visit(&place.endpoint());
        let refused = client.echo("a\0b").unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::Malformed);
        assert!(refused.to_string().contains("NUL"), "{refused}");
        let small = visit(&place.with("max=1KiB"));
        assert_eq!(small.reverse(vec![0; 1025]).unwrap_err().kind(), ErrorKind::TooLarge);
        for n in 0..100 {
            client.note(format!("a note of some length, number {n}")).unwrap();
        }
        let refused = client.noted().unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::TooLarge, "{refused}");
        assert_eq!(client.echo("on").unwrap(), "on");
    });
}

#[test]
fn faults_cross_with_reason_code_and_detail() {
    each(|place| {
        let (_serving, _) = open(&place.endpoint());
        let client = visit(&place.endpoint());
        let fault = Fault::new("not enough").with_detail(Shortfall { by: 30 });
        assert_eq!(client.withdraw(130).unwrap_err().fault(), Some(&fault));
        assert_eq!(client.withdraw(30).unwrap(), 70);
        let plain = client.fail("").unwrap_err();
        assert_eq!(plain.fault(), Some(&Fault::new("no code")));
        for (code, back) in [("Bad", "Bad"), ("is-bad", "is_bad"), ("7", "_7")] {
            let error = client.fail(code).unwrap_err();
            let fault = error.fault().unwrap();
            assert_eq!(fault.code.as_ref().unwrap().name, back);
            assert_eq!((fault.origin, &*fault.reason), (Origin::Receiver, "with a\u{FFFD}code"));
        }
        let named = client.fail("com.example.Bad").unwrap_err();
        assert_eq!(named.fault().unwrap().code.as_ref().unwrap().name, "com.example.Bad");
    });
}

#[test]
fn objects_are_shared_or_made_for_each_client_or_each_call() {
    each(|place| {
        let living = Arc::new(AtomicUsize::new(0));
        let [one, two] = [living.clone(), living.clone()];
        let hosts = [
            (DeskHost::shared(Clerk::counted(&living)), [1, 2]),
            (DeskHost::per_client(move |_: &Peer| Clerk::counted(&one)), [1, 1]),
            (DeskHost::per_call(move || Clerk::counted(&two)), [0, 0]),
        ];
        for (host, expected) in hosts {
            let serving = samebox::serve(&place.endpoint(), host).unwrap();
            let clients = [visit(&place.endpoint()), visit(&place.endpoint())];
            for (client, expected) in clients.iter().zip(expected) {
                client.note("x".into()).unwrap();
                assert_eq!(client.noted().unwrap().len(), expected);
            }
            drop(serving);
            assert_eq!(living.load(Ordering::SeqCst), 0, "what is not served any more is dropped");
        }
    });
}

#[test]
fn the_object_of_a_client_goes_when_the_client_goes() {
    each(|place| {
        let living = Arc::new(AtomicUsize::new(0));
        let counted = living.clone();
        let host = DeskHost::per_client(move |_: &Peer| Clerk::counted(&counted));
        let _serving = samebox::serve(&place.endpoint(), host).unwrap();
        let clients = [visit(&place.endpoint()), visit(&place.endpoint())];
        clients.iter().for_each(|client| client.note("x".into()).unwrap());
        clients.iter().for_each(|client| assert_eq!(client.noted().unwrap().len(), 1));
        assert_eq!(living.load(Ordering::SeqCst), 2);
        let [first, second] = clients;
        drop(first);
        let begun = Instant::now();
        while living.load(Ordering::SeqCst) == 2 {
            assert!(begun.elapsed() < SOON, "the object stays");
            std::thread::yield_now();
        }
        assert_eq!(second.noted().unwrap().len(), 1);
    });
}

#[test]
fn one_way_calls_are_not_waited_for_and_none_is_lost() {
    each(|place| {
        let (_serving, clerk) = open(&place.endpoint());
        let client = visit(&place.endpoint());
        let patient = client.clone();
        let waiting = std::thread::spawn(move || patient.wait());
        clerk.await_waiting(1);
        // Behind a call that is executed now.
        for n in 0..200 {
            client.note(n.to_string()).unwrap();
        }
        visit(&place.endpoint()).release().unwrap();
        waiting.join().unwrap().unwrap();
        for n in 200..5000 {
            client.note(n.to_string()).unwrap();
        }
        let expected: Vec<_> = (0..5000).map(|n| n.to_string()).collect();
        assert!(client.noted().unwrap() == expected, "all came in order");
    });
}

#[test]
fn eight_threads_get_their_own_answers() {
    each(|place| {
        let (_serving, _) = open(&place.endpoint());
        let shared = visit(&place.endpoint());
        std::thread::scope(|scope| {
            for thread in 0..8 {
                let own = if thread % 2 == 0 { shared.clone() } else { visit(&place.endpoint()) };
                scope.spawn(move || {
                    for n in 0..200 {
                        assert_eq!(own.add(thread * 1000, n).unwrap(), thread * 1000 + n);
                        let text = format!("{thread}.{n}");
                        assert_eq!(own.echo(&text).unwrap(), text);
                    }
                });
            }
        });
    });
}

#[test]
fn many_clients_wait_at_once() {
    each(|place| {
        let (_serving, clerk) = open(&place.endpoint());
        std::thread::scope(|scope| {
            for _ in 0..20 {
                scope.spawn(|| visit(&place.endpoint()).wait().unwrap());
            }
            clerk.await_waiting(20);
            visit(&place.endpoint()).release().unwrap();
        });
    });
}

#[test]
fn what_a_client_sent_before_it_left_is_executed() {
    each(|place| {
        let (_serving, clerk) = open(&place.endpoint());
        let client = visit(&place.endpoint());
        let patient = client.clone();
        let waiting = std::thread::spawn(move || {
            let hasty = patient.with_timeout(std::time::Duration::from_millis(100));
            hasty.wait().unwrap_err()
        });
        clerk.await_waiting(1);
        for n in 0..50 {
            client.note(n.to_string()).unwrap();
        }
        waiting.join().unwrap();
        drop(client);
        let other = visit(&place.endpoint());
        other.release().unwrap();
        let begun = Instant::now();
        while other.noted().unwrap().len() < 50 {
            assert!(begun.elapsed() < SOON, "only {:?} came", other.noted());
        }
    });
}
