//! Who may have a name, and when it is free.

use crate::task::Task;
use crate::world::{Job, Outcome, World};
use samebox_core::{Deadline, Endpoint, ErrorKind, FanOut};
use std::time::Instant;

super::cases!(
    naming: the_example_endpoint_is_one_of_its_own,
    connecting_to_nobody_fails_at_once,
    a_client_may_start_before_its_server,
    a_live_servers_name_is_never_taken,
    a_busy_servers_name_is_never_taken,
    racing_servers_have_one_winner,
    a_name_is_free_at_once_after_its_server,
    two_names_do_not_mix,
);

fn needs_an_owner(world: &World) -> Outcome {
    world.needs(world.can.fan_out == FanOut::One, "several servers may share a name")
}

fn the_example_endpoint_is_one_of_its_own(world: &World) -> Outcome {
    let info = world.transport.info();
    let example: Endpoint = info.example.parse().unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(example.scheme(), info.scheme);
    assert_eq!(world.endpoint.scheme(), info.scheme);
    example.check_settings(info.settings).unwrap_or_else(|error| panic!("{error}"));
    Ok(())
}

fn connecting_to_nobody_fails_at_once(world: &World) -> Outcome {
    let vacant = world.vacant();
    let begun = Instant::now();
    let refused = world.try_connect(&vacant, Deadline::now()).err();
    assert_eq!(refused, Some(ErrorKind::NotListening));
    let waited = begun.elapsed();
    assert!(waited < world.patience / 4, "it took {waited:?}");
    Ok(())
}

fn a_client_may_start_before_its_server(world: &World) -> Outcome {
    let vacant = world.vacant();
    let sender = world.client(&vacant, |client| client.send(b"early"));
    std::thread::sleep(std::time::Duration::from_millis(100));
    let mut server = world.bind_at(&vacant);
    server.expect(b"early");
    sender.join();
    Ok(())
}

fn a_live_servers_name_is_never_taken(world: &World) -> Outcome {
    needs_an_owner(world)?;
    let mut first = world.bind();
    let endpoint = first.endpoint();
    for _ in 0..3 {
        assert_eq!(world.try_bind(&endpoint).err(), Some(ErrorKind::AddressInUse));
    }
    let mut other = world.actor();
    other.start(&Task::Bind(endpoint.clone()));
    assert_eq!(other.finish(), Err(ErrorKind::AddressInUse));
    let sender = world.client(&endpoint, |client| client.send(b"unharmed"));
    first.expect(b"unharmed");
    sender.join();
    Ok(())
}

fn a_busy_servers_name_is_never_taken(world: &World) -> Outcome {
    needs_an_owner(world)?;
    let busy = world.bind();
    let endpoint = busy.endpoint();
    // It looks after none of them, and is alive all the same.
    let clients: Vec<_> = (0..50).map(|_| world.connect(&endpoint)).collect();
    assert_eq!(world.try_bind(&endpoint).err(), Some(ErrorKind::AddressInUse));
    drop((clients, busy));
    drop(world.bind_at(&endpoint));
    Ok(())
}

fn racing_servers_have_one_winner(world: &World) -> Outcome {
    needs_an_owner(world)?;
    let vacant = world.vacant();
    let mut actors: Vec<_> = (0..8).map(|_| world.actor()).collect();
    for round in 0..5 {
        let bind = Task::Bind(vacant.clone());
        actors.iter_mut().for_each(|actor| actor.start(&bind));
        let outcomes: Vec<_> = actors.iter_mut().map(|actor| actor.finish()).collect();
        let won = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
        assert_eq!(won, 1, "round {round}: {outcomes:?}");
        let lost = outcomes.into_iter().filter_map(Result::err);
        assert!({ lost }.all(|kind| kind == ErrorKind::AddressInUse), "round {round}");
        actors.iter_mut().for_each(|actor| drop(actor.act(&Task::Unbind)));
    }
    Ok(())
}

fn a_name_is_free_at_once_after_its_server(world: &World) -> Outcome {
    let endpoint = world.vacant();
    for _ in 0..10 {
        let mut server = world.bind_at(&endpoint);
        let sender = world.client(&endpoint, |client| client.send(b"next"));
        server.expect(b"next");
        sender.join();
    }
    Ok(())
}

fn two_names_do_not_mix(world: &World) -> Outcome {
    let mut one = world.bind();
    let mut two = world.bind_at(&world.other_endpoint());
    assert_ne!(one.endpoint(), two.endpoint());
    let to_one = world.client(&one.endpoint(), |client| client.send(b"one"));
    let to_two = world.client(&two.endpoint(), |client| client.send(b"two"));
    let second = Job::start(move || {
        two.expect(b"two");
        two.expect_nothing();
    });
    one.expect(b"one");
    one.expect_nothing();
    second.join();
    to_one.join();
    to_two.join();
    Ok(())
}
