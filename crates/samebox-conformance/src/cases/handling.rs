//! Where `send` says that a message was handled, it was.

use crate::world::{Job, Outcome, World};
use samebox_core::{Deadline, ErrorKind};
use std::time::Duration;

super::cases!(
    handling: a_send_returns_when_the_message_is_dropped_and_not_before,
    a_message_taken_apart_counts_as_handled,
    an_unhandled_message_times_its_sender_out_and_the_next_arrives,
    a_batch_may_be_handled_in_any_order,
);

/// What has not happened by then is not going to.
const A_WHILE: Duration = Duration::from_millis(100);

fn needs_a_handler(world: &World) -> Outcome {
    world.needs(world.waits_for_handler(), "`send` does not wait for the handler")
}

fn a_send_returns_when_the_message_is_dropped_and_not_before(world: &World) -> Outcome {
    needs_a_handler(world)?;
    let mut server = world.bind();
    let sender = world.client(&server.endpoint(), |client| client.send(b"handle me"));
    let message = server.next();
    std::thread::sleep(A_WHILE);
    assert!(!sender.is_done(), "`send` returned before the message was handled");
    // Nobody receives while it is handled, and where it ends must not matter.
    Job::start(move || drop(message)).join();
    sender.join();
    Ok(())
}

fn a_message_taken_apart_counts_as_handled(world: &World) -> Outcome {
    needs_a_handler(world)?;
    let mut server = world.bind();
    let sender = world.client(&server.endpoint(), |client| client.send(b"keep me"));
    let kept = server.next().into_payload();
    sender.join();
    assert_eq!(kept, "keep me");
    Ok(())
}

fn an_unhandled_message_times_its_sender_out_and_the_next_arrives(world: &World) -> Outcome {
    needs_a_handler(world)?;
    let mut server = world.bind();
    let sender = world.client(&server.endpoint(), |client| {
        let late = client.send_by(b"unhandled", Deadline::after(A_WHILE));
        assert_eq!(late, Err(ErrorKind::TimedOut));
        client.send(b"after");
    });
    let unhandled = server.next();
    assert_eq!(unhandled.payload(), b"unhandled");
    server.expect(b"after");
    sender.join();
    drop(unhandled);
    server.expect_nothing();
    Ok(())
}

fn a_batch_may_be_handled_in_any_order(world: &World) -> Outcome {
    needs_a_handler(world)?;
    let mut server = world.bind();
    let sender = world.client(&server.endpoint(), |client| {
        client.send(b"first");
        client.send_many(&[b"1", b"2", b"3"]).map_err(|error| error.kind())
    });
    server.expect(b"first");
    let first = server.next();
    assert_eq!(first.payload(), b"1");
    // Whether more come before the first is handled is the transport's choice.
    let second = server.recv(Deadline::after(A_WHILE));
    std::thread::sleep(A_WHILE);
    assert!(!sender.is_done(), "`send_many` returned before all was handled");
    drop(second);
    drop(first);
    server.drain();
    assert_eq!(sender.join(), Ok(()));
    Ok(())
}
