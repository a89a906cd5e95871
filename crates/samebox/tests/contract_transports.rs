//! One contract over every transport that answers.

mod contract_office;

use chrono::{DateTime, FixedOffset, TimeDelta, Utc};
use contract_office::{
    Clerk, Colleague, Everything, Office, OfficeClient, OfficeHost, Overdrawn, Signed, Times,
    Unsigned, Urgency,
};
use samebox::contract::{Origin, Serving};
use samebox::data::{TimeKind, Timestamp};
use samebox::{Bytes, ErrorKind, Fault, Host, Peer, serve};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, SystemTime};

const SOON: Duration = Duration::from_secs(20);

/// Each case with each scheme, as tests of their own.
macro_rules! over {
    ($($(#[$cfg:meta])? $scheme:ident $prefix:literal,)* => $cases:tt) => {
        $($(#[$cfg])? mod $scheme { over!(@cases $prefix $cases); })*
    };
    (@cases $prefix:literal { $($case:ident)* }) => {
        $(#[test] fn $case() { super::$case($prefix); })*
    };
}

over! {
    inproc "inproc:",
    pipe "pipe:",
    #[cfg(unix)]
    unix "unix:@",
    tcp "tcp:",
    shm "shm:",
    #[cfg(all(unix, feature = "object"))]
    object "object:",
    => {
        every_type_crosses_both_ways
        every_kind_of_parameter_crosses
        faults_cross_with_their_details
        one_way_calls_arrive_in_order_before_what_follows
        a_service_asks_its_client_while_it_is_asked
        a_service_keeps_a_client_and_tells_it_later
        a_fault_of_a_callback_reaches_the_service
        services_are_shared_or_made_per_client_or_per_call
        threads_share_a_client_and_get_their_own_answers
        another_version_is_refused_with_both_versions
        a_call_that_takes_too_long_is_given_up
    }
}

/// Offers a service under a name that nobody else has.
fn offer(scheme: &str, host: Host) -> Serving {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let next = NEXT.fetch_add(1, Ordering::Relaxed);
    let unique = format!("{scheme}office-{}-{next}", std::process::id());
    serve(if scheme == "tcp:" { "tcp:0" } else { &unique }, host).unwrap()
}

fn client_of(serving: &Serving, colleague: &Arc<Colleague>) -> OfficeClient {
    let at = serving.endpoint().to_string();
    OfficeClient::connect_by(&at, SOON, colleague.clone()).unwrap().with_timeout(SOON)
}

/// A service of one clerk, and a client of it.
fn office(scheme: &str) -> (Serving, OfficeClient) {
    let serving = offer(scheme, OfficeHost::shared(Clerk::default()));
    let client = client_of(&serving, &Arc::default());
    (serving, client)
}

fn everything() -> Everything {
    let utc = DateTime::<Utc>::from_timestamp(1_700_000_000, 123_456_700).unwrap();
    let zone = FixedOffset::east_opt(2 * 3600 + 1800).unwrap();
    Everything {
        flag: true,
        signed: Signed { i8: i8::MIN, i16: i16::MIN, i32: i32::MIN, i64: i64::MIN },
        unsigned: Unsigned { u8: u8::MAX, u16: u16::MAX, u32: u32::MAX, u64: u64::MAX },
        single: 1.5,
        double: f64::NEG_INFINITY,
        letter: 'ß',
        text: "Grüße, 世界 🎉".into(),
        bytes: vec![0, 255, 7],
        shared: Bytes::from_static(b"shared"),
        maybe: Some(String::new()),
        omitted: None,
        numbers: (0..1000).collect(),
        jagged: vec![vec![], vec![Some(i64::MAX), None]],
        by_name: BTreeMap::from([("a".into(), Urgency::Low), ("b".into(), Urgency::High)]),
        by_number: HashMap::from([(-1, vec!["x".into()]), (2, vec![])]),
        urgency: Urgency::High,
        more: vec![],
        times: Times {
            utc,
            plain: utc.naive_utc(),
            offset: utc.with_timezone(&zone),
            system: SystemTime::UNIX_EPOCH - Duration::from_secs(1),
            ticks: Timestamp { ticks: Timestamp::MAX_TICKS, kind: TimeKind::Local },
            span: TimeDelta::seconds(-90),
            duration: Duration::from_nanos(100),
        },
        id: uuid::Uuid::from_u128(0x1234_5678_9abc_def0),
        price: rust_decimal::Decimal::new(-12_345, 2),
    }
}

fn every_type_crosses_both_ways(scheme: &str) {
    let (_serving, client) = office(scheme);
    let mut all = everything();
    assert_eq!(client.copy(&all).unwrap(), all);
    all.omitted = Some(Box::new(everything()));
    all.more = vec![everything(), everything()];
    all.maybe = None;
    assert_eq!(client.copy(&all).unwrap(), all);
}

fn every_kind_of_parameter_crosses(scheme: &str) {
    let (_serving, client) = office(scheme);
    let words = ["a".to_owned(), "b".to_owned()];
    let joined = client.join(&words, "-", &[1, 2], Some(Urgency::Low)).unwrap();
    assert_eq!(joined, "a-b [1, 2] Some(Low)");
    assert_eq!(client.join(&[], "", &[], None).unwrap(), " [] None");
    if ["pipe:", "unix:@", "shm:"].contains(&scheme) {
        assert_eq!(client.caller().unwrap(), Some(std::process::id()));
    }
}

fn faults_cross_with_their_details(scheme: &str) {
    let (_serving, client) = office(scheme);
    assert_eq!(client.withdraw(40).unwrap(), 60);
    let error = client.withdraw(130).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Fault);
    let expected = Fault::new("overdrawn").with_detail(Overdrawn { by: 30 });
    assert_eq!(error.fault(), Some(&expected));
    let error = client.fail("no paper".into()).unwrap_err();
    let fault = error.fault().unwrap();
    assert_eq!((fault.origin, fault.to_string()), (Origin::Receiver, "no paper (Failed)".into()));
    assert_eq!(client.withdraw(0).unwrap(), 100, "a fault ends its call only");
}

fn one_way_calls_arrive_in_order_before_what_follows(scheme: &str) {
    let (_serving, client) = office(scheme);
    let words: Vec<_> = (0..50).map(|n| format!("word {n}")).collect();
    for word in &words {
        client.remember(word.clone()).unwrap();
    }
    assert_eq!(client.remembered().unwrap(), words);
}

fn a_service_asks_its_client_while_it_is_asked(scheme: &str) {
    let serving = offer(scheme, OfficeHost::shared(Clerk::default()));
    let colleague = Arc::<Colleague>::default();
    let client = client_of(&serving, &colleague);
    // A client of its own: the calls of one are handled one after another.
    *colleague.office.lock().unwrap() = Some(client_of(&serving, &Arc::default()));
    assert_eq!(client.approve(2).unwrap(), "[99][99]");
    let seen = colleague.seen.lock().unwrap();
    assert_eq!(*seen, ["0%", "paper 0", "1%", "paper 1"]);
}

fn a_service_keeps_a_client_and_tells_it_later(scheme: &str) {
    let serving = offer(scheme, OfficeHost::shared(Clerk::default()));
    let watchers = [Arc::<Colleague>::default(), Arc::default()];
    let clients = watchers.each_ref().map(|watcher| client_of(&serving, watcher));
    clients[0].watch().unwrap();
    clients[1].alarm(7).unwrap();
    let seen = watchers[0].seen.lock().unwrap();
    let told = watchers[0].changed.wait_timeout_while(seen, SOON, |seen| seen.is_empty());
    assert_eq!(*told.unwrap().0, ["7%"]);
    assert!(watchers[1].seen.lock().unwrap().is_empty(), "only the one that watches is told");
}

fn a_fault_of_a_callback_reaches_the_service(scheme: &str) {
    let (_serving, client) = office(scheme);
    let error = client.approve(5).unwrap_err();
    assert_eq!(error.to_string(), "Overdrawn { by: 3 }");
}

fn services_are_shared_or_made_per_client_or_per_call(scheme: &str) {
    let made = Arc::new(AtomicU32::new(0));
    let make = {
        let made = made.clone();
        move || {
            made.fetch_add(1, Ordering::Relaxed);
            Clerk::default()
        }
    };
    let per_client = make.clone();
    let hosts = [
        (OfficeHost::shared(make()), 1, ["a", "b"].as_slice()),
        (OfficeHost::per_client(move |_: &Peer| per_client()), 2, &["a"]),
        (OfficeHost::per_call(make), 4, &[]),
    ];
    for (host, objects, remembered) in hosts {
        let serving = offer(scheme, host);
        let clients = [(); 2].map(|()| client_of(&serving, &Arc::default()));
        let shared = objects == 1;
        for (client, word) in clients.iter().zip(["a", "b"]) {
            client.remember(word.into()).unwrap();
            let all = if shared && word == "a" { &remembered[..1] } else { remembered };
            let expected = if objects == 2 { &[word] } else { all };
            assert_eq!(client.remembered().unwrap(), expected, "{objects} objects");
        }
        assert_eq!(made.swap(0, Ordering::Relaxed), objects);
    }
}

fn threads_share_a_client_and_get_their_own_answers(scheme: &str) {
    let (_serving, client) = office(scheme);
    std::thread::scope(|scope| {
        for thread in 0..8 {
            let client = client.clone();
            scope.spawn(move || {
                for n in 0..100_i64 {
                    let (amount, left) = (thread * 1000 + n, 100 - thread * 1000 - n);
                    match client.withdraw(amount) {
                        Ok(balance) => assert_eq!(balance, left),
                        Err(error) => {
                            let fault = error.fault().expect("a fault");
                            assert_eq!(fault.detail, Some(Overdrawn { by: -left }));
                        }
                    }
                }
            });
        }
    });
}

fn another_version_is_refused_with_both_versions(scheme: &str) {
    mod older {
        #[samebox::contract(name = "IOffice", version = "2")]
        pub(super) trait Office {
            fn withdraw(&self, amount: i64) -> i64;
        }
    }
    let (serving, _client) = office(scheme);
    let refused = older::OfficeClient::connect(&serving.endpoint().to_string()).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Mismatch);
    let words = refused.to_string();
    assert!(words.contains("IOffice 2") && words.contains("IOffice 3"), "{words}");
}

fn a_call_that_takes_too_long_is_given_up(scheme: &str) {
    let (serving, client) = office(scheme);
    let hasty = client.clone().with_timeout(Duration::from_millis(50));
    assert_eq!(hasty.wait().unwrap_err().kind(), ErrorKind::TimedOut);
    client_of(&serving, &Arc::default()).release().unwrap();
    client.wait().unwrap();
}

#[test]
fn an_arc_of_a_service_is_a_service() {
    let clerk = Arc::new(Clerk::default());
    let serving = offer("inproc:", OfficeHost::shared(clerk.clone()));
    let client = client_of(&serving, &Arc::default());
    client.remember("kept".into()).unwrap();
    assert_eq!(client.remembered().unwrap(), clerk.remembered());
    assert_eq!(clerk.remembered(), ["kept"]);
}
