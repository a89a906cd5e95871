//! A receiver slower than its senders: nothing grows without bound, and the policy is what happens.

use crate::payload::{filler, numbered, read_number};
use crate::server::Server;
use crate::task::{Numbers, Task};
use crate::world::{Job, Outcome, Skip, World};
use samebox_core::{Deadline, Endpoint, ErrorKind, Loss, Ordering, Overflow};
use std::time::Duration;

super::cases!(
    backpressure: with_block_a_slow_receiver_loses_nothing,
    with_block_a_full_receiver_times_its_sender_out,
    with_reject_a_full_receiver_refuses,
    with_drop_new_the_oldest_stay,
    with_drop_old_the_newest_stay,
    answers_that_nobody_takes_hold_nobody_up,
);

/// The case's endpoint with an overflow policy and, where it can be chosen, little room.
fn overflowing(world: &World, policy: Overflow) -> Result<Endpoint, Skip> {
    let can = world.can.overflow;
    world.needs(can.contains(&policy), &format!("it cannot `{policy}`"))?;
    let mut endpoint = match can.first() {
        Some(first) if *first == policy => world.endpoint.clone(),
        _ => world.with_setting("overflow", &policy.to_string())?,
    };
    if world.with_setting("capacity", "1").is_ok() {
        endpoint = endpoint.with_setting("capacity", "64KiB");
    }
    Ok(endpoint)
}

/// What no mechanism holds unasked.
const TOO_MUCH: usize = 256 << 20;

/// How large the messages are that fill a receiver.
fn size(world: &World) -> usize {
    world.max().min(32 << 10)
}

fn numbers(payloads: &[Vec<u8>]) -> Vec<u32> {
    let number = |payload: &Vec<u8>| read_number(payload).expect("a payload arrives whole").1;
    payloads.iter().map(number).collect()
}

fn with_block_a_slow_receiver_loses_nothing(world: &World) -> Outcome {
    const COUNT: u32 = 400;
    let mut server = world.bind_at(&overflowing(world, Overflow::Block)?);
    let size = size(world);
    let sender = world.client(&server.endpoint(), move |client| {
        (0..COUNT).for_each(|number| client.send(&numbered(0, number, size)));
    });
    std::thread::sleep(Duration::from_millis(200));
    for number in 0..COUNT {
        server.expect(&numbered(0, number, size));
    }
    sender.join();
    assert_eq!(server.counters().lost, 0);
    Ok(())
}

fn with_block_a_full_receiver_times_its_sender_out(world: &World) -> Outcome {
    world.needs(!world.waits_for_handler(), "`send` waits for the handler")?;
    let mut server = world.bind_at(&overflowing(world, Overflow::Block)?);
    let mut client = world.connect(&server.endpoint());
    let brief = Duration::from_millis(200);
    let (sent, refused) = fill(world, |payload| client.send_by(payload, Deadline::after(brief)));
    assert_eq!(refused, ErrorKind::TimedOut);
    let resumed = Job::start(move || client.send(&numbered(0, sent + 1, 0)));
    let mut received = drain_until(&mut server, sent + 1);
    resumed.join();
    received.extend(server.drain());
    let mut received = numbers(&received);
    // The one that timed out may have been on its way.
    received.retain(|number| *number != sent);
    assert_eq!(received.len() as u32, sent + 1, "every message that was taken arrives");
    let ordered = received.is_sorted() || world.can.ordering != Ordering::PerClient;
    assert!(ordered, "after a send that timed out, later messages overtake earlier ones");
    Ok(())
}

/// Sends until it fails; gives how many went out, and how it failed.
fn fill(world: &World, mut send: impl FnMut(&[u8]) -> Result<(), ErrorKind>) -> (u32, ErrorKind) {
    let size = size(world);
    for number in 0.. {
        if let Err(kind) = send(&numbered(0, number, size)) {
            return (number, kind);
        }
        assert!(number as usize * size < TOO_MUCH, "nothing holds the sender back");
    }
    unreachable!("the assertion ends it before the numbers do")
}

/// What is received until the message of that number.
fn drain_until(server: &mut Server, last: u32) -> Vec<Vec<u8>> {
    let mut received = Vec::new();
    while received.last().and_then(|payload: &Vec<u8>| read_number(payload)) != Some((0, last)) {
        received.push(server.next().payload().to_vec());
    }
    received
}

fn with_reject_a_full_receiver_refuses(world: &World) -> Outcome {
    let mut server = world.bind_at(&overflowing(world, Overflow::Reject)?);
    let mut client = world.connect(&server.endpoint());
    let (sent, refused) = fill(world, |payload| client.try_send(payload));
    assert_eq!(refused, ErrorKind::Full);
    let received = numbers(&server.drain());
    assert!(received.iter().copied().eq(0..sent), "{sent} sent, {} arrived", received.len());
    client.send(b"room again");
    server.expect(b"room again");
    Ok(())
}

/// Sends 10,000 messages to a server that does not look, then receives; gives what came and was lost.
fn overrun(world: &World, policy: Overflow) -> Result<(Vec<u32>, u64), Skip> {
    let mut server = world.bind_at(&overflowing(world, policy)?);
    let sender = world.client(&server.endpoint(), |client| {
        (0..COUNT).for_each(|number| client.send(&numbered(0, number, 2000)));
    });
    sender.join();
    let received = numbers(&server.drain());
    Ok((received, server.counters().lost))
}

const COUNT: u32 = 10_000;

fn with_drop_new_the_oldest_stay(world: &World) -> Outcome {
    let (received, lost) = overrun(world, Overflow::DropNew)?;
    assert_eq!(received.first(), Some(&0));
    assert!(received.is_sorted() && received.len() < COUNT as usize, "{} came", received.len());
    if world.can.loss == Loss::Never {
        assert_eq!(received.len() as u64 + lost, u64::from(COUNT));
    }
    Ok(())
}

fn with_drop_old_the_newest_stay(world: &World) -> Outcome {
    let (received, lost) = overrun(world, Overflow::DropOld)?;
    assert_eq!(received.last(), Some(&(COUNT - 1)));
    assert!(received.is_sorted() && received.len() < COUNT as usize, "{} came", received.len());
    assert_eq!(received.len() as u64 + lost, u64::from(COUNT));
    Ok(())
}

fn answers_that_nobody_takes_hold_nobody_up(world: &World) -> Outcome {
    world.needs_calls()?;
    let mut server = world.bind();
    let mut greedy = world.actor();
    greedy.connect(&server.endpoint());
    greedy.start(&Task::Request(Numbers { client: 7, first: 0, count: 3000, size: size(world) }));
    let bystander = world.client(&server.endpoint(), |client| {
        (0..50).for_each(|number| {
            let question = filler(number, 100);
            assert_eq!(client.call(&question), question);
        });
    });
    while !bystander.is_done() {
        let Ok(mut call) = server.recv(Deadline::after(Duration::from_millis(10))) else {
            continue;
        };
        let answer = call.payload().to_vec();
        // The greedy one is refused, or cut off, once it has had its share.
        let refused = call.reply(answer).map_err(|error| error.kind()).err();
        let fine = matches!(refused, None | Some(ErrorKind::Full | ErrorKind::Disconnected));
        assert!(fine, "{refused:?}");
    }
    bystander.join();
    Ok(())
}
