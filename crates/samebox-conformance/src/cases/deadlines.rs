//! Nothing blocks beyond its deadline, and a stopper ends what has none.

use crate::world::{Job, Outcome, World};
use samebox_core::{Deadline, ErrorKind};
use std::time::{Duration, Instant};

super::cases!(
    deadlines: recv_gives_up_at_its_deadline,
    recv_with_a_passed_deadline_does_not_wait,
    a_message_ends_a_waiting_recv,
    the_stopper_ends_a_waiting_recv,
    the_stopper_is_for_good,
    a_stopper_outlives_its_server_and_stops_no_other,
);

fn recv_gives_up_at_its_deadline(world: &World) -> Outcome {
    const PATIENCE: Duration = Duration::from_millis(200);
    let mut server = world.bind();
    let begun = Instant::now();
    let none = server.recv(Deadline::after(PATIENCE)).err();
    assert_eq!(none, Some(ErrorKind::TimedOut));
    let waited = begun.elapsed();
    // Some clocks tick in 16 ms.
    assert!(waited >= PATIENCE - Duration::from_millis(20), "it waited only {waited:?}");
    assert!(waited < PATIENCE + world.patience / 4, "it waited {waited:?}");
    Ok(())
}

fn recv_with_a_passed_deadline_does_not_wait(world: &World) -> Outcome {
    let mut server = world.bind();
    let begun = Instant::now();
    for _ in 0..10 {
        assert_eq!(server.recv(Deadline::now()).err(), Some(ErrorKind::TimedOut));
    }
    let waited = begun.elapsed();
    assert!(waited < world.patience / 4, "ten tries took {waited:?}");
    Ok(())
}

fn a_message_ends_a_waiting_recv(world: &World) -> Outcome {
    let mut server = world.bind();
    let endpoint = server.endpoint();
    let waiting = Job::start(move || server.recv(Deadline::NEVER).map(|m| m.payload().to_vec()));
    world.client(&endpoint, |client| client.send(b"wake up")).join();
    assert_eq!(waiting.join(), Ok(b"wake up".to_vec()));
    Ok(())
}

fn the_stopper_ends_a_waiting_recv(world: &World) -> Outcome {
    let mut server = world.bind();
    let stopper = server.stopper();
    let stopping = Job::start(move || {
        // Most likely in the middle of the wait; before it, the case holds as well.
        std::thread::sleep(Duration::from_millis(50));
        stopper.stop();
    });
    assert_eq!(server.recv(Deadline::NEVER).err(), Some(ErrorKind::Stopped));
    stopping.join();
    Ok(())
}

fn the_stopper_is_for_good(world: &World) -> Outcome {
    let mut server = world.bind();
    let stopper = server.stopper();
    if !world.waits_for_handler() {
        world.client(&server.endpoint(), |client| client.send(b"unread")).join();
    }
    stopper.stop();
    stopper.stop();
    for deadline in [Deadline::NEVER, Deadline::now(), world.soon()] {
        assert_eq!(server.recv(deadline).err(), Some(ErrorKind::Stopped));
    }
    Ok(())
}

fn a_stopper_outlives_its_server_and_stops_no_other(world: &World) -> Outcome {
    let first = world.bind();
    let (endpoint, stopper) = (first.endpoint(), first.stopper());
    drop(first);
    let mut second = world.bind_at(&endpoint);
    stopper.stop();
    let sender = world.client(&endpoint, |client| client.send(b"still here"));
    second.expect(b"still here");
    sender.join();
    Ok(())
}
