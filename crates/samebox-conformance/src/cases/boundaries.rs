//! What is sent as one message arrives as one message, byte for byte.

use crate::payload::{filler, shown};
use crate::world::{Outcome, World};
use samebox_core::{Deadline, ErrorKind, Ordering};
use std::sync::mpsc::RecvTimeoutError;
use std::time::Duration;

super::cases!(
    boundaries: an_empty_message_is_a_message,
    every_size_around_powers_of_two_arrives_whole,
    every_byte_it_can_carry_arrives,
    what_it_cannot_carry_is_refused_at_the_sender,
    odd_payloads_arrive_whole_or_are_refused,
);

fn an_empty_message_is_a_message(world: &World) -> Outcome {
    world.needs(!world.without_empty, "its framing cannot tell an empty message from none")?;
    let mut server = world.bind();
    let sender = world.client(&server.endpoint(), |client| {
        client.send(b"");
        client.send(b"");
    });
    server.expect(b"");
    server.expect(b"");
    sender.join();
    server.expect_nothing();
    Ok(())
}

fn every_size_around_powers_of_two_arrives_whole(world: &World) -> Outcome {
    let max = world.max();
    let around = |power: u32| [-1, 0, 1].map(|by| (1_usize << power).saturating_add_signed(by));
    let mut sizes: Vec<_> = (1..=30).flat_map(around).filter(|size| *size < max).collect();
    sizes.extend([max - 1, max]);
    sizes.dedup();
    let mut server = world.bind();
    let sent = sizes.clone();
    let sender = world.client(&server.endpoint(), move |client| {
        sent.iter().for_each(|size| client.send(&filler(*size, *size)));
    });
    while !sizes.is_empty() {
        let received = server.next();
        let size = received.payload().len();
        assert!(
            received.payload() == filler(size, size),
            "{} of {size}",
            shown(received.payload())
        );
        let place = sizes.iter().position(|expected| *expected == size);
        let in_turn = place == Some(0) || world.can.ordering != Ordering::PerClient;
        assert!(in_turn, "{size} bytes came, {} were next", sizes[0]);
        sizes.remove(place.unwrap_or_else(|| panic!("{size} bytes came twice, or were not sent")));
    }
    sender.join();
    Ok(())
}

fn every_byte_it_can_carry_arrives(world: &World) -> Outcome {
    let lacking = world.without_bytes;
    let all: Vec<u8> = (0..=255).filter(|byte| !lacking.contains(byte)).collect();
    let backwards: Vec<u8> = all.iter().rev().copied().collect();
    // A letter at both ends: some framings take a line end off.
    let payloads = [all, backwards].map(|bytes| [b"a", &bytes[..], b"z"].concat());
    let mut server = world.bind();
    let sent = payloads.clone();
    let sender = world
        .client(&server.endpoint(), move |client| sent.iter().for_each(|one| client.send(one)));
    payloads.iter().for_each(|payload| server.expect(payload));
    sender.join();
    Ok(())
}

fn what_it_cannot_carry_is_refused_at_the_sender(world: &World) -> Outcome {
    let mut lacking: Vec<_> = world.without_bytes.iter().map(|byte| vec![b'a', *byte]).collect();
    lacking.extend(world.without_empty.then(Vec::new));
    world.needs(!lacking.is_empty(), "it carries everything")?;
    let mut server = world.bind();
    let sender = world.client(&server.endpoint(), move |client| {
        for payload in lacking {
            let refused = client.try_send(&payload);
            assert_eq!(refused, Err(ErrorKind::Malformed), "{payload:?}");
        }
        client.send(b"after");
    });
    server.expect(b"after");
    sender.join();
    server.expect_nothing();
    Ok(())
}

fn odd_payloads_arrive_whole_or_are_refused(world: &World) -> Outcome {
    let odd: [&[u8]; 12] = [
        b"\r",
        b"\n",
        b"a\r",
        b"a\r\n",
        b"\0",
        b"a\0",
        b"\xEF\xBB\xBFa",
        b"\xFF\xFF\xFF\xFF",
        b" a ",
        b"\x1A",
        b"Content-Length: 5\r\n\r\n",
        b"\xFE",
    ];
    let (tell, outcomes) = std::sync::mpsc::channel();
    let mut server = world.bind();
    let sender = world.client(&server.endpoint(), move |client| {
        // Nobody listens any more when the case has failed.
        odd.iter().all(|payload| tell.send(client.try_send(payload)).is_ok())
    });
    let mut early = None;
    for payload in odd {
        let outcome = loop {
            match outcomes.recv_timeout(Duration::from_millis(1)) {
                Ok(outcome) => break outcome,
                Err(RecvTimeoutError::Disconnected) => panic!("{payload:?}: the sender ended"),
                // Where `send` waits for the handler, the message comes before the outcome.
                Err(_) if world.waits_for_handler() && early.is_none() => {
                    let message = server.recv(Deadline::now());
                    early = message.ok().map(|message| message.payload().to_vec());
                }
                Err(_) => {}
            }
        };
        match (outcome, early.take()) {
            (Ok(()), None) => server.expect(payload),
            (Ok(()), Some(came)) => assert!(came == payload, "{payload:?}: {came:?} came"),
            // What came belongs to the next then.
            (Err(ErrorKind::Malformed), came) => early = came,
            (Err(kind), _) => panic!("{payload:?}: {kind}"),
        }
    }
    sender.join();
    server.expect_nothing();
    Ok(())
}
