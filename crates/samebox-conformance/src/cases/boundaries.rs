//! What is sent as one message arrives as one message, byte for byte.

use crate::payload::filler;
use crate::world::{Outcome, World};
use samebox_core::ErrorKind;

super::cases!(
    boundaries: an_empty_message_is_a_message,
    every_size_around_powers_of_two_arrives_whole,
    every_byte_it_can_carry_arrives,
    bytes_it_cannot_carry_are_refused_at_the_sender,
    odd_payloads_arrive_whole_or_are_refused,
);

fn an_empty_message_is_a_message(world: &World) -> Outcome {
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
    for size in sizes {
        server.expect(&filler(size, size));
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

fn bytes_it_cannot_carry_are_refused_at_the_sender(world: &World) -> Outcome {
    let lacking = world.without_bytes;
    world.needs(!lacking.is_empty(), "it carries every byte")?;
    let mut server = world.bind();
    let sender = world.client(&server.endpoint(), move |client| {
        for byte in lacking {
            let refused = client.try_send(&[b'a', *byte, b'b']);
            assert_eq!(refused, Err(ErrorKind::Malformed), "byte {byte}");
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
    let mut server = world.bind();
    let sender = world.client(&server.endpoint(), move |client| {
        odd.map(|payload| match client.try_send(payload) {
            Ok(()) => true,
            Err(ErrorKind::Malformed) => false,
            Err(kind) => panic!("{payload:?}: {kind}"),
        })
    });
    let sent = sender.join();
    for payload in odd.iter().zip(sent).filter(|(_, sent)| *sent).map(|(payload, _)| payload) {
        server.expect(payload);
    }
    server.expect_nothing();
    Ok(())
}
