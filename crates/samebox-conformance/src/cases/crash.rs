//! A process killed at any moment leaves nothing behind and disturbs nobody.

use crate::payload::{numbered, read_number, shown};
use crate::task::{Numbers, Task};
use crate::world::{Job, Outcome, World};
use samebox_core::{Acceptance, Deadline, Durability, ErrorKind, FanOut, Loss, Ordering};
use std::time::Duration;

super::cases!(
    crash: a_killed_servers_name_is_free_at_once,
    a_killed_servers_name_goes_to_one_of_many,
    a_client_of_a_killed_server_is_told_and_heals,
    a_call_ends_when_its_server_is_killed,
    a_blocked_send_ends_when_its_server_is_killed,
    a_client_killed_within_a_message_disturbs_nobody,
    a_client_killed_in_a_stream_leaves_whole_messages,
    durable_messages_survive_their_server,
);

fn needs_a_live_server(world: &World) -> Outcome {
    let stored = world.can.acceptance == Acceptance::Stored;
    world.needs(!stored, "a stored message needs no live server")
}

fn a_killed_servers_name_is_free_at_once(world: &World) -> Outcome {
    world.needs_processes()?;
    world.needs(world.can.fan_out == FanOut::One, "several servers may share a name")?;
    let endpoint = world.vacant();
    for round in 0..5 {
        let mut other = world.actor();
        other.bind(&endpoint);
        assert_eq!(world.try_bind(&endpoint).err(), Some(ErrorKind::AddressInUse));
        other.kill();
        let mut server = world.bind_at(&endpoint);
        let sender = world.client(&endpoint, move |client| client.send(&numbered(0, round, 10)));
        server.expect(&numbered(0, round, 10));
        sender.join();
    }
    Ok(())
}

fn a_killed_servers_name_goes_to_one_of_many(world: &World) -> Outcome {
    world.needs_processes()?;
    world.needs(world.can.fan_out == FanOut::One, "several servers may share a name")?;
    let endpoint = world.vacant();
    let mut heirs: Vec<_> = (0..6).map(|_| world.actor()).collect();
    for round in 0..3 {
        let mut other = world.actor();
        other.bind(&endpoint);
        other.kill();
        heirs.iter_mut().for_each(|heir| heir.start(&Task::Bind(endpoint.clone())));
        let outcomes: Vec<_> = heirs.iter_mut().map(|heir| heir.finish()).collect();
        let won = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
        assert_eq!(won, 1, "round {round}: {outcomes:?}");
        assert_eq!(world.try_bind(&endpoint).err(), Some(ErrorKind::AddressInUse));
        heirs.iter_mut().for_each(|heir| drop(heir.act(&Task::Unbind)));
    }
    Ok(())
}

fn a_client_of_a_killed_server_is_told_and_heals(world: &World) -> Outcome {
    world.needs_processes()?;
    needs_a_live_server(world)?;
    let mut other = world.actor();
    let endpoint = other.bind(&world.endpoint);
    other.act(&Task::Serve);
    let mut client = world.connect(&endpoint);
    client.send(b"before");
    assert_eq!(client.try_flush(), Ok(()));
    other.kill();
    let told = client.send_until_refused(b"nobody is there");
    assert!(matches!(told, ErrorKind::Disconnected | ErrorKind::NotListening), "{told}");
    let mut server = world.bind_at(&endpoint);
    let healed = Job::start(move || client.send(b"after"));
    // What survives its server is heard by the next one; what was being received may come again.
    let before: [&[u8]; 2] = [b"before", b"nobody is there"];
    let survives = world.can.durability != Durability::None;
    server.expect_among(b"after", |payload| survives && before.contains(&payload));
    healed.join();
    server.expect_nothing();
    Ok(())
}

fn a_call_ends_when_its_server_is_killed(world: &World) -> Outcome {
    world.needs_processes()?;
    world.needs_calls()?;
    let mut other = world.actor();
    let endpoint = other.bind(&world.endpoint);
    let mut client = world.connect(&endpoint);
    let caller = Job::start(move || {
        let call = client.request(b"who will answer?");
        client.response_by(call, Deadline::NEVER).map_err(|error| error.kind())
    });
    std::thread::sleep(Duration::from_millis(100));
    other.kill();
    assert_eq!(caller.join(), Err(ErrorKind::Disconnected));
    Ok(())
}

fn a_blocked_send_ends_when_its_server_is_killed(world: &World) -> Outcome {
    world.needs_processes()?;
    needs_a_live_server(world)?;
    world.needs(world.can.loss == Loss::Never, "it drops instead of blocking")?;
    let mut other = world.actor();
    let endpoint = other.bind(&world.endpoint);
    let mut client = world.connect(&endpoint);
    let sender = Job::start(move || {
        // The other process does not receive, so this blocks before long.
        loop {
            if let Err(kind) = client.send_by(&[b'x'; 1 << 20], Deadline::NEVER) {
                return kind;
            }
        }
    });
    std::thread::sleep(Duration::from_millis(200));
    other.kill();
    let told = sender.join();
    assert!(matches!(told, ErrorKind::Disconnected | ErrorKind::NotListening), "{told}");
    Ok(())
}

fn a_client_killed_within_a_message_disturbs_nobody(world: &World) -> Outcome {
    world.needs_processes()?;
    let size = world.max();
    let mut server = world.bind();
    let mut bystander = world.connect(&server.endpoint());
    let mut other = world.actor();
    other.connect(&server.endpoint());
    other.start(&Task::Send(Numbers { client: 7, first: 0, count: 100, size }));
    let whole = |payload: &[u8]| read_number(payload).is_some();
    let first = server.next();
    assert!(whole(first.payload()), "not whole: {}", shown(first.payload()));
    // Nothing tells when its next message, larger than what waits between processes, is half-way.
    std::thread::sleep(Duration::from_millis(100));
    other.kill();
    let sender = Job::start(move || bystander.send(b"undisturbed"));
    server.expect_among(b"undisturbed", whole);
    let rest = server.drain();
    let half = rest.iter().find(|payload| !whole(payload));
    assert!(half.is_none(), "not whole: {}", shown(half.map_or(&[], Vec::as_slice)));
    sender.join();
    Ok(())
}

fn a_client_killed_in_a_stream_leaves_whole_messages(world: &World) -> Outcome {
    world.needs_processes()?;
    let mut server = world.bind();
    for round in 1..=5_usize {
        let mut other = world.actor();
        other.connect(&server.endpoint());
        let size = 777;
        other.start(&Task::Send(Numbers { client: 7, first: 0, count: 1_000_000, size }));
        let mut received = server.take(round * 30);
        other.kill();
        received.extend(server.drain());
        let numbers = received.iter().map(|payload| {
            read_number(payload).unwrap_or_else(|| panic!("not whole: {}", shown(payload))).1
        });
        let mut numbers: Vec<_> = numbers.collect();
        if world.can.ordering != Ordering::PerClient {
            numbers.sort_unstable();
        }
        let rising = numbers.windows(2).all(|pair| pair[0] < pair[1]);
        let all = (0..).zip(&numbers).all(|(expected, number)| *number == expected);
        assert!(
            rising && (all || world.can.loss != Loss::Never),
            "round {round}: a gap or a double"
        );
    }
    Ok(())
}

fn durable_messages_survive_their_server(world: &World) -> Outcome {
    world.needs_processes()?;
    world.needs(world.can.durability != Durability::None, "what waits is gone with its server")?;
    let mut other = world.actor();
    let endpoint = other.bind(&world.endpoint);
    world.client(&endpoint, |client| client.send(&numbered(0, 0, 99))).join();
    other.kill();
    let mut server = world.bind_at(&endpoint);
    server.expect(&numbered(0, 0, 99));
    server.expect_nothing();
    Ok(())
}
