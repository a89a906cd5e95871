//! A server that goes in good order, and perhaps comes back.

use crate::client::Client;
use crate::server::Server;
use crate::world::{Job, Outcome, World};
use samebox_core::{Acceptance, Deadline, Endpoint, ErrorKind, Loss};
use std::time::Duration;

super::cases!(
    restart: after_its_server_left_send_or_flush_tells,
    a_client_heals_when_a_new_server_binds,
    with_wait_a_client_bridges_a_restart,
    a_blocked_send_ends_when_its_server_goes,
);

fn needs_a_live_server(world: &World) -> Outcome {
    let stored = world.can.acceptance == Acceptance::Stored;
    world.needs(!stored, "a stored message needs no live server")
}

fn needs_certainty(world: &World) -> Outcome {
    needs_a_live_server(world)?;
    world.needs(world.can.loss == Loss::Never, "what is sent may be lost")
}

/// A server and a client that have had to do with each other.
fn acquainted(world: &World, endpoint: &Endpoint) -> (Server, Client) {
    let mut server = world.bind_at(endpoint);
    let mut client = world.connect(&server.endpoint());
    let sender = Job::start(move || {
        client.send(b"hello");
        client
    });
    server.expect(b"hello");
    (server, sender.join())
}

fn is_gone(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::Disconnected | ErrorKind::NotListening)
}

fn after_its_server_left_send_or_flush_tells(world: &World) -> Outcome {
    needs_certainty(world)?;
    let (server, mut client) = acquainted(world, &world.endpoint);
    drop(server);
    let told = client.try_send(b"to nobody").and_then(|()| client.try_flush());
    assert!(told.is_err_and(is_gone), "{told:?}: the message is lost and nobody knows");
    Ok(())
}

fn a_client_heals_when_a_new_server_binds(world: &World) -> Outcome {
    needs_a_live_server(world)?;
    let (server, mut client) = acquainted(world, &world.endpoint);
    let endpoint = server.endpoint();
    drop(server);
    let told = client.send_until_refused(b"nobody is there");
    assert!(is_gone(told), "{told}");
    let mut server = world.bind_at(&endpoint);
    let sender = Job::start(move || client.send(b"after"));
    server.expect(b"after");
    sender.join();
    server.expect_nothing();
    Ok(())
}

fn with_wait_a_client_bridges_a_restart(world: &World) -> Outcome {
    needs_certainty(world)?;
    let wait = format!("{}s", world.patience.as_secs().max(1));
    let (server, mut client) = acquainted(world, &world.with_setting("wait", &wait)?);
    let endpoint = server.endpoint();
    drop(server);
    let sender = Job::start(move || {
        // The end of the old connection may show only now.
        while let Err(kind) = client.try_send(b"again").and_then(|()| client.try_flush()) {
            assert_eq!(kind, ErrorKind::Disconnected);
        }
    });
    std::thread::sleep(Duration::from_millis(100));
    let mut server = world.bind_at(&endpoint);
    server.expect(b"again");
    server.recv_while(|| sender.is_done());
    sender.join();
    Ok(())
}

fn a_blocked_send_ends_when_its_server_goes(world: &World) -> Outcome {
    needs_certainty(world)?;
    world.needs(!world.waits_for_handler(), "`send` waits for the handler")?;
    let server = world.bind();
    let mut client = world.connect(&server.endpoint());
    let size = world.max().min(1 << 20);
    let sender = Job::start(move || {
        // The server does not receive, so this blocks before long.
        loop {
            if let Err(kind) = client.send_by(&vec![b'x'; size], Deadline::NEVER) {
                return kind;
            }
        }
    });
    std::thread::sleep(Duration::from_millis(200));
    drop(server);
    let told = sender.join();
    assert!(is_gone(told), "{told}");
    Ok(())
}
