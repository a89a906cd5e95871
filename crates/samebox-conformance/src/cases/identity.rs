//! Each side learns who the other is, as far as the capability says.

use crate::task::Task;
use crate::world::{Job, Outcome, World};
use samebox_core::{Identity, Peer};

super::cases!(
    identity: the_server_learns_who_sent,
    the_client_learns_who_serves,
);

/// Who sent a message of somebody else, that one's process id, and who sent one of this process.
fn two_senders(world: &World) -> (Peer, u32, Peer) {
    let mut server = world.bind();
    let mut other = world.actor();
    other.connect(&server.endpoint());
    let sender = Job::start(move || {
        other.send(7, 0, 1, 0);
        other
    });
    let theirs = server.next().peer().clone();
    // Whoever sends may wait until this side has seen the end of it.
    server.expect_nothing();
    let id = sender.join().id();
    let sender = world.client(&server.endpoint(), |client| client.send(b"mine"));
    let mine = server.next().peer().clone();
    server.expect_nothing();
    sender.join();
    (theirs, id, mine)
}

fn the_server_learns_who_sent(world: &World) -> Outcome {
    let identity = world.can.identity;
    world.needs(identity != Identity::None, "it learns nothing of its clients")?;
    let (theirs, id, mine) = two_senders(world);
    match identity {
        Identity::Address => {
            assert!(theirs.address.is_some() && theirs.address != mine.address, "{theirs}");
        }
        _ => {
            // Both processes run as the same user, so the kernel must give the same name.
            assert!(theirs.user.is_some() && theirs.user == mine.user, "{theirs} and {mine}");
        }
    }
    if identity == Identity::UserAndProcess {
        assert_eq!((theirs.pid, mine.pid), (Some(id), Some(std::process::id())));
    }
    Ok(())
}

fn the_client_learns_who_serves(world: &World) -> Outcome {
    let knows = matches!(world.can.identity, Identity::User | Identity::UserAndProcess);
    world.needs(knows, "the kernel vouches for nobody")?;
    let mut other = world.actor();
    let endpoint = other.bind(&world.endpoint);
    other.act(&Task::Serve);
    let mut client = world.connect(&endpoint);
    client.send(b"who are you?");
    let Some(peer) = client.outbox.peer() else { return Ok(()) };
    assert!(peer.pid.is_none_or(|pid| pid == other.id()), "{peer} is not {}", other.id());
    Ok(())
}
