//! Calls, faults and one-way calls, over every duplex transport.

mod greeter;

use greeter::{Client, GREETER, Greeter, Place, changed, place, places, until};
use samebox_contract::{CallError, Host, Origin};
use samebox_core::{Deadline, ErrorKind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

#[test]
fn a_call_gives_what_the_method_gives() {
    for mut place in places("gives") {
        let (_serving, _) = place.serve(&GREETER);
        let client = place.connect();
        assert_eq!(client.greet("Ada").unwrap(), "Hello, Ada!");
        assert_eq!(client.divide(9, 3).unwrap(), 3);
        let large: Vec<u8> = (0..1_000_000).map(|at| at as u8).collect();
        assert_eq!(client.echo(&large).unwrap(), large);
    }
}

#[test]
fn a_fault_crosses_with_its_detail() {
    for mut place in places("fault") {
        let (_serving, _) = place.serve(&GREETER);
        let client = place.connect();
        let Err(CallError::Fault(fault)) = client.divide(1, 0) else { panic!("no fault") };
        assert_eq!(fault.reason, "nothing can be divided by zero");
        assert_eq!(fault.code.unwrap().name, "DivideByZero");
        assert_eq!((fault.origin, fault.detail.as_deref()), (Origin::Sender, Some("1 / 0")));
        assert_eq!(client.divide(4, 2).unwrap(), 2);
    }
}

#[test]
fn one_way_calls_arrive_in_their_order_and_before_later_calls() {
    for threads in [1, 4] {
        for mut place in places("one-way") {
            let greeter = Arc::<Greeter>::default();
            let host = Host::shared(&GREETER, greeter).with_threads(threads);
            let _serving = place.host(host);
            let client = place.connect();
            let notes: Vec<String> = (0..500).map(|number| number.to_string()).collect();
            notes.iter().for_each(|note| client.note(note).unwrap());
            assert_eq!(client.notes().unwrap(), notes, "{}", place.endpoint);
        }
    }
}

#[test]
fn a_panic_is_a_fault_without_its_words_and_the_service_goes_on() {
    for threads in [1, 4] {
        let mut place = place("panic");
        let host = Host::shared(&GREETER, Arc::<Greeter>::default()).with_threads(threads);
        let mut serving = place.host(host);
        let client = place.connect();
        let Err(CallError::Fault(fault)) = client.panic() else { panic!("no fault") };
        assert_eq!(fault.origin, Origin::Receiver);
        assert_eq!(fault.code.unwrap().name, "InternalServiceFault");
        assert!(!fault.reason.contains("secret"), "{}", fault.reason);
        let note = greeter::next_fault(&mut serving, ErrorKind::Fault);
        assert!(note.to_string().contains("Panic panicked"), "{note}");
        assert_eq!(client.greet("Ada").unwrap(), "Hello, Ada!");
    }
}

#[test]
fn many_threads_share_a_client() {
    for mut place in places("threads") {
        let (_serving, _) = place.serve(&GREETER);
        let client = place.connect();
        std::thread::scope(|scope| {
            for thread in 0..8 {
                let client = client.clone();
                scope.spawn(move || {
                    for call in 0..50 {
                        assert_eq!(client.divide(call * thread, 1).unwrap(), call * thread);
                    }
                });
            }
        });
    }
}

#[test]
fn each_client_has_an_object_of_its_own() {
    for mut place in places("own") {
        let _serving = place.host(Host::per_client(&GREETER, |_| Arc::<Greeter>::default()));
        let (first, second) = (place.connect(), place.connect());
        first.note("of the first").unwrap();
        second.note("of the second").unwrap();
        assert_eq!(first.notes().unwrap(), ["of the first"]);
        assert_eq!(second.notes().unwrap(), ["of the second"]);
    }
}

#[test]
fn the_object_of_a_client_ends_with_it() {
    struct Counted(Greeter, Arc<AtomicUsize>);
    impl samebox_contract::Dispatch for Counted {
        fn dispatch(
            &self,
            operation: usize,
            caller: &samebox_contract::Caller<'_>,
            from: &mut dyn samebox_data::Reader,
            to: &mut dyn samebox_contract::Respond,
        ) -> samebox_data::Result<()> {
            self.0.dispatch(operation, caller, from, to)
        }
    }
    impl Drop for Counted {
        fn drop(&mut self) {
            self.1.fetch_add(1, Ordering::SeqCst);
        }
    }
    for mut place in places("ends") {
        let ended = Arc::new(AtomicUsize::new(0));
        let count = ended.clone();
        let make = move |_: &_| Arc::new(Counted(Greeter::default(), count.clone())) as Arc<_>;
        let _serving = place.host(Host::per_client(&GREETER, make));
        let client = place.connect();
        client.greet("Ada").unwrap();
        assert_eq!(ended.load(Ordering::SeqCst), 0);
        drop(client);
        until("the object was dropped", || ended.load(Ordering::SeqCst) == 1);
    }
}

#[test]
fn a_slow_call_holds_up_its_own_client_only() {
    let mut place = place("slow");
    let (_serving, greeter) = place.serve(&GREETER);
    let (slow, quick) = (place.connect(), place.connect());
    let waiting = std::thread::spawn(move || slow.wait());
    until("the call waits", || greeter.gate.waiting() == 1);
    assert_eq!(quick.greet("Ada").unwrap(), "Hello, Ada!");
    greeter.gate.open();
    waiting.join().unwrap().unwrap();
}

#[test]
fn a_call_that_takes_too_long_times_out_and_its_answer_is_not_taken_for_another() {
    for mut place in places("late") {
        let (_serving, greeter) = place.serve(&GREETER);
        let client = place.connect();
        let hasty = Client(client.0.clone().with_timeout(Duration::from_millis(50)));
        assert_eq!(hasty.wait().unwrap_err().kind(), ErrorKind::TimedOut);
        greeter.gate.open();
        assert_eq!(client.greet("Ada").unwrap(), "Hello, Ada!");
    }
}

#[test]
fn a_server_that_was_started_again_is_called_without_a_new_client() {
    for mut place in places("again") {
        let (serving, _) = place.serve(&GREETER);
        let client = place.connect();
        client.greet("Ada").unwrap();
        drop(serving);
        let refused = client.greet("Ada").unwrap_err().kind();
        let gone = [ErrorKind::NotListening, ErrorKind::Disconnected];
        assert!(gone.contains(&refused), "{refused:?} of {}", place.endpoint);
        let (_serving, _) = place.serve(&GREETER);
        assert_eq!(client.greet("Bob").unwrap(), "Hello, Bob!", "{}", place.endpoint);
    }
}

#[test]
fn a_call_under_way_ends_before_the_service_does() {
    for mut place in places("under-way") {
        let (serving, greeter) = place.serve(&GREETER);
        let client = place.connect();
        let waiting = std::thread::spawn(move || client.wait());
        until("the call waits", || greeter.gate.waiting() == 1);
        let ending = std::thread::spawn(move || drop(serving));
        greeter.gate.open();
        ending.join().unwrap();
        waiting.join().unwrap().unwrap();
    }
}

#[test]
fn what_is_too_large_is_refused_in_words() {
    for mut place in places("large") {
        place.endpoint = place.endpoint.with_setting("max", "64KiB");
        let (_serving, _) = place.serve(&GREETER);
        let client = place.connect();
        let error = client.echo(&[0; 100_000]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TooLarge, "{error}");
        assert_eq!(client.greet("Ada").unwrap(), "Hello, Ada!");
    }
}

#[test]
fn calls_without_calls_back_go_over_datagrams_too() {
    let mut place = Place::of(&samebox_udp::Udp, "udp:127.0.0.1:0");
    let (_serving, _) = place.serve(&GREETER);
    let client = place.connect();
    assert_eq!(client.greet("Ada").unwrap(), "Hello, Ada!");
    client.note("once").unwrap();
    until("the note arrived", || client.notes().unwrap() == ["once"]);
}

#[test]
fn one_way_calls_go_over_transports_without_answers() {
    static ONE_WAY: std::sync::LazyLock<&samebox_data::Contract> = std::sync::LazyLock::new(|| {
        changed(|contract| contract.operations.to_mut().retain(|one| one.one_way))
    });
    struct Only(Greeter);
    impl samebox_contract::Dispatch for Only {
        fn dispatch(
            &self,
            operation: usize,
            caller: &samebox_contract::Caller<'_>,
            from: &mut dyn samebox_data::Reader,
            to: &mut dyn samebox_contract::Respond,
        ) -> samebox_data::Result<()> {
            assert_eq!(operation, 0);
            self.0.dispatch(greeter::NOTE, caller, from, to)
        }
    }
    let path = std::env::temp_dir().join(format!("samebox-contract-file-{}", std::process::id()));
    let mut place = Place::of(&samebox_file::File, &format!("file:{}", path.display()));
    let error = Host::shared(&GREETER, Arc::<Greeter>::default())
        .bind(place.transport, &place.endpoint)
        .expect_err("it has calls with answers");
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert!(error.to_string().contains("Greeter.Greet gives one"), "{error}");

    let only = Arc::new(Only(Greeter::default()));
    let _serving = place.host(Host::shared(*ONE_WAY, only.clone()));
    let refused = place.connect_as(&GREETER).expect_err("it has calls with answers");
    assert_eq!(refused.kind(), ErrorKind::Unsupported);
    let channel = place.connect_as(*ONE_WAY).unwrap();
    for text in ["a", "b"] {
        channel
            .one_way(0, &|to| {
                to.member(0)?;
                samebox_data::Encode::write(text, to)
            })
            .unwrap();
    }
    until("both arrived", || *only.0.notes.lock().unwrap() == ["a", "b"]);
}

#[test]
fn dropping_an_idle_service_and_its_client_takes_no_time() {
    for mut place in places("drop") {
        let (serving, _) = place.serve(&GREETER);
        let client = place.connect();
        client.greet("Ada").unwrap();
        let soon = Deadline::after(Duration::from_secs(5));
        drop(serving);
        drop(client);
        assert!(!soon.has_passed(), "{}", place.endpoint);
    }
}
