//! Services that call their clients back.

mod greeter;

use greeter::{CALLER, Client, Greeter, Place, ask, place, places, tell, until};
use samebox_contract::{Channel, Dispatch, Host};
use samebox_core::{Deadline, ErrorKind};
use std::sync::Arc;
use std::time::Duration;

#[test]
fn a_method_asks_its_caller_while_that_waits() {
    for threads in [1, 4] {
        for mut place in places("nested") {
            let host = Host::shared(&CALLER, Arc::<Greeter>::default()).with_threads(threads);
            let _serving = place.host(host);
            let (client, _called) = place.connect_called();
            for _ in 0..20 {
                assert_eq!(client.ask_back("Ready").unwrap(), "Ready? Yes.", "{}", place.endpoint);
            }
        }
    }
}

#[test]
fn one_way_calls_back_arrive_in_their_order() {
    for mut place in places("told") {
        let (_serving, _) = place.serve(&CALLER);
        let (client, called) = place.connect_called();
        client.tell_back(200).unwrap();
        assert_eq!(called.wait_for(200), (0..200).collect::<Vec<_>>(), "{}", place.endpoint);
    }
}

#[test]
fn a_way_back_is_kept_and_used_later_from_another_thread() {
    for mut place in places("kept") {
        let (_serving, greeter) = place.serve(&CALLER);
        let (client, called) = place.connect_called();
        client.tell_back(0).unwrap();
        let back = greeter.kept.lock().unwrap().pop().unwrap();
        std::thread::scope(|scope| {
            for number in 0..4 {
                let back = &back;
                scope.spawn(move || {
                    tell(back, number).unwrap();
                    assert_eq!(ask(back, "Later").unwrap(), "Later? Yes.");
                });
            }
        });
        let mut told = called.wait_for(4);
        told.sort_unstable();
        assert_eq!(told, [0, 1, 2, 3]);
        assert_eq!(client.greet("Ada").unwrap(), "Hello, Ada!");
    }
}

#[test]
fn clients_are_told_what_is_theirs() {
    let mut place = place("theirs");
    let (_serving, _) = place.serve(&CALLER);
    let (first, told_first) = place.connect_called();
    let (second, told_second) = place.connect_called();
    first.tell_back(3).unwrap();
    second.tell_back(1).unwrap();
    assert_eq!(told_first.wait_for(3), [0, 1, 2]);
    assert_eq!(told_second.wait_for(1), [0]);
}

#[test]
fn a_way_back_to_a_client_that_has_gone_is_disconnected() {
    for mut place in places("gone") {
        let (_serving, greeter) = place.serve(&CALLER);
        let (client, _called) = place.connect_called();
        client.tell_back(0).unwrap();
        let back = greeter.kept.lock().unwrap().pop().unwrap();
        drop(client);
        until("the way back is closed", || {
            tell(&back, 0).err().is_some_and(|error| error.kind() == ErrorKind::Disconnected)
        });
        assert_eq!(ask(&back, "There").unwrap_err().kind(), ErrorKind::Disconnected);
    }
}

#[test]
fn a_panic_of_the_client_is_a_fault_and_it_can_be_called_again() {
    let mut place = place("panics");
    let (_serving, _) = place.serve(&CALLER);
    let (client, _called) = place.connect_called();
    let error = client.ask_back("panic").unwrap_err();
    assert!(error.to_string().contains("the service failed"), "{error}");
    assert_eq!(client.ask_back("Ready").unwrap(), "Ready? Yes.");
}

/// A client that never answers.
struct Silent(Arc<greeter::Gate>);

impl Dispatch for Silent {
    fn dispatch(
        &self,
        _: usize,
        _: &samebox_contract::Caller<'_>,
        _: &mut dyn samebox_data::Reader,
        to: &mut dyn samebox_contract::Respond,
    ) -> samebox_data::Result<()> {
        self.0.wait();
        greeter::give(to, "late")
    }
}

fn silent(place: &Place) -> (Client, Arc<greeter::Gate>) {
    let gate = Arc::<greeter::Gate>::default();
    let callbacks = Some(Arc::new(Silent(gate.clone())) as Arc<dyn Dispatch>);
    let deadline = Deadline::after(Duration::from_secs(10));
    let channel = Channel::connect(place.transport, &place.endpoint, &CALLER, callbacks, deadline);
    (Client(channel.unwrap()), gate)
}

#[test]
fn a_client_that_does_not_answer_is_waited_for_until_the_deadline_only() {
    let mut place = place("silent");
    let (_serving, greeter) = place.serve(&CALLER);
    let (client, gate) = silent(&place);
    client.tell_back(0).unwrap();
    let back = greeter.kept.lock().unwrap().pop().unwrap();
    let hasty = back.clone().with_timeout(Duration::from_millis(50));
    assert_eq!(ask(&hasty, "Now").unwrap_err().kind(), ErrorKind::TimedOut);
    gate.open();
    // The late answer to the first is not taken for this one's.
    assert_eq!(ask(&back, "Now").unwrap(), "late");
}

#[test]
fn calls_back_that_nobody_takes_are_bounded() {
    let mut place = place("bounded");
    let (_serving, greeter) = place.serve(&CALLER);
    let (client, gate) = silent(&place);
    client.tell_back(0).unwrap();
    let back = greeter.kept.lock().unwrap().pop().unwrap();
    let taken = (0..10_000).take_while(|number| tell(&back, *number).is_ok()).count();
    assert!((1024..1030).contains(&taken), "{taken}");
    assert_eq!(tell(&back, 0).unwrap_err().kind(), ErrorKind::Full);
    gate.open();
}

#[test]
fn a_service_that_was_started_again_calls_back_over_the_same_client() {
    for mut place in places("back-again") {
        let (serving, _) = place.serve(&CALLER);
        let (client, called) = place.connect_called();
        assert_eq!(client.ask_back("Ready").unwrap(), "Ready? Yes.");
        drop(serving);
        let (_serving, _) = place.serve(&CALLER);
        until("the client is back", || client.greet("Ada").is_ok());
        assert_eq!(client.ask_back("Again").unwrap(), "Again? Yes.", "{}", place.endpoint);
        client.tell_back(2).unwrap();
        assert_eq!(called.wait_for(2), [0, 1]);
    }
}

#[test]
fn a_service_ends_while_a_method_waits_for_its_client() {
    for mut place in places("ends-asking") {
        let (serving, _) = place.serve(&CALLER);
        let (client, gate) = silent(&place);
        let asking = std::thread::spawn(move || client.ask_back("Ready"));
        until("the client is asked", || gate.waiting() == 1);
        let soon = Deadline::after(Duration::from_secs(5));
        drop(serving);
        assert!(!soon.has_passed(), "{}", place.endpoint);
        gate.open();
        assert!(asking.join().unwrap().is_err());
    }
}

#[test]
fn a_client_ends_that_is_being_called() {
    let mut place = place("ends-called");
    let (_serving, greeter) = place.serve(&CALLER);
    let (client, gate) = silent(&place);
    client.tell_back(1).unwrap();
    until("the client is told", || gate.waiting() == 1);
    let soon = Deadline::after(Duration::from_secs(5));
    drop(client);
    assert!(!soon.has_passed());
    let back = greeter.kept.lock().unwrap().pop().unwrap();
    until("the way back is closed", || tell(&back, 0).is_err());
    gate.open();
}

#[test]
fn a_client_may_be_dropped_by_its_own_callback() {
    struct Last(std::sync::Mutex<Option<Channel>>, std::sync::mpsc::Sender<()>);
    impl Dispatch for Last {
        fn dispatch(
            &self,
            _: usize,
            _: &samebox_contract::Caller<'_>,
            _: &mut dyn samebox_data::Reader,
            _: &mut dyn samebox_contract::Respond,
        ) -> samebox_data::Result<()> {
            self.0.lock().unwrap().take();
            self.1.send(()).unwrap();
            Ok(())
        }
    }
    let mut place = place("drops-itself");
    let (_serving, greeter) = place.serve(&CALLER);
    let (sender, dropped) = std::sync::mpsc::channel();
    let last = Arc::new(Last(None.into(), sender));
    let deadline = Deadline::after(Duration::from_secs(10));
    let callbacks = Some(last.clone() as Arc<dyn Dispatch>);
    let channel = Channel::connect(place.transport, &place.endpoint, &CALLER, callbacks, deadline);
    let client = Client(channel.unwrap());
    client.tell_back(0).unwrap();
    let back = greeter.kept.lock().unwrap().pop().unwrap();
    *last.0.lock().unwrap() = Some(client.0);
    tell(&back, 1).unwrap();
    dropped.recv_timeout(Duration::from_secs(20)).unwrap();
    until("the way back is closed", || tell(&back, 0).is_err());
}

#[test]
fn calls_back_are_not_offered_where_messages_can_be_lost() {
    let place = Place::of(&samebox_udp::Udp, "udp:127.0.0.1:0");
    let host = Host::shared(&CALLER, Arc::<Greeter>::default());
    let error = host.bind(place.transport, &place.endpoint).expect_err("datagrams are lost");
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert!(error.to_string().contains("can lose messages"), "{error}");
}

#[test]
fn framings_without_numbers_carry_calls_both_ways() {
    for framing in ["header", "eof"] {
        // Not a pipe: on Windows it ends in both directions or in none, so `eof` has no calls there.
        let mut place = Place::of(&samebox_tcp::Tcp, "tcp:127.0.0.1:0");
        place.endpoint = place.endpoint.with_setting("framing", framing);
        let (_serving, _) = place.serve(&CALLER);
        let (client, called) = place.connect_called();
        for _ in 0..20 {
            assert_eq!(client.ask_back("Ready").unwrap(), "Ready? Yes.", "{framing}");
        }
        client.tell_back(50).unwrap();
        assert_eq!(called.wait_for(50), (0..50).collect::<Vec<_>>(), "{framing}");
    }
}
