//! A process killed at any moment leaves nothing behind and disturbs nobody.

use crate::payload::{numbered, read_number, shown};
use crate::task::{Numbers, Task};
use crate::world::{Job, Outcome, World};
use samebox_core::{Acceptance, Deadline, Durability, ErrorKind, FanOut, Loss, Ordering};
use std::time::Duration;

super::cases!(
    crash: a_killed_servers_name_is_free_at_once,
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
    server.expect(b"after");
    healed.join();
    server.expect_nothing();
    Ok(())
}

fn a_call_ends_when_its_server_is_killed(world: &World) -> Outcome {
    world.needs_processes()?;
    world.needs_calls()?;
    let mut other = world.actor();
    let endpoint = other.bind(&world.endpoint);
    let caller = world.client(&endpoint, |client| {
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
    let mut other = world.actor();
    other.connect(&server.endpoint());
    let bystander = world.client(&server.endpoint(), |client| {
        client.send(b"before");
        std::thread::sleep(Duration::from_millis(200));
        client.send(b"after");
    });
    // Larger than what waits between processes, so most likely it is killed within one of them.
    other.start(&Task::Send(Numbers { client: 7, first: 0, count: 100, size }));
    server.expect_among(b"before", |payload| read_number(payload).is_some());
    other.kill();
    server.expect_among(b"after", |payload| read_number(payload).is_some());
    bystander.join();
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
    world.client(&endpoint, |client| (0..3).for_each(|n| client.send(&numbered(0, n, 99)))).join();
    other.kill();
    let mut server = world.bind_at(&endpoint);
    (0..3).for_each(|number| server.expect(&numbered(0, number, 99)));
    server.expect_nothing();
    Ok(())
}
