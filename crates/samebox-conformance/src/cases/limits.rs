//! What is too large is refused where it is sent, before a byte leaves.

use crate::payload::filler;
use crate::world::{Outcome, World};
use samebox_core::{Deadline, Error, ErrorKind};

super::cases!(
    limits: a_message_above_max_is_refused_and_the_next_arrives,
    a_batch_tells_how_many_went_out_before_one_too_large,
    a_question_above_max_is_refused_and_the_next_is_answered,
    a_larger_max_allows_larger_messages,
    a_max_beyond_the_mechanism_is_refused,
    a_client_with_a_larger_max_cannot_exceed_the_servers,
);

fn a_message_above_max_is_refused_and_the_next_arrives(world: &World) -> Outcome {
    let mut server = world.bind_at(&world.with_setting("max", "1000")?);
    let sender = world.client(&server.endpoint(), |client| {
        client.send(&filler(1, 1000));
        for size in [1001, 5000, 100_000] {
            assert_eq!(client.try_send(&filler(2, size)), Err(ErrorKind::TooLarge), "{size}");
        }
        client.send(b"after");
    });
    server.expect(&filler(1, 1000));
    server.expect(b"after");
    sender.join();
    server.expect_nothing();
    Ok(())
}

fn a_batch_tells_how_many_went_out_before_one_too_large(world: &World) -> Outcome {
    let mut server = world.bind_at(&world.with_setting("max", "1000")?);
    let sender = world.client(&server.endpoint(), |client| {
        let batch: [&[u8]; 4] = [b"one", b"two", &[b'x'; 1001], b"four"];
        let error = client.send_many(&batch).expect_err("one of them is too large");
        assert_eq!(error.kind(), ErrorKind::TooLarge);
        error.completed()
    });
    let received = server.drain();
    let completed = sender.join();
    assert!(completed <= 2, "{completed} are said to have gone out");
    let expected: [&[u8]; 2] = [b"one", b"two"];
    assert_eq!(received, expected[..completed], "{completed} are said to have gone out");
    Ok(())
}

fn a_question_above_max_is_refused_and_the_next_is_answered(world: &World) -> Outcome {
    world.needs_calls()?;
    let mut server = world.bind_at(&world.with_setting("max", "1000")?);
    let by = world.soon();
    let caller = world.client(&server.endpoint(), move |client| {
        let calls = client.outbox.as_call().expect("it has calls");
        let refused = calls.request([b'x'; 1001][..].into(), by).map_err(|error| error.kind());
        assert_eq!(refused, Err(ErrorKind::TooLarge));
        client.call(b"right")
    });
    server.echo(1);
    server.expect_nothing();
    assert_eq!(caller.join(), "right");
    Ok(())
}

fn a_larger_max_allows_larger_messages(world: &World) -> Outcome {
    let size = world.max() + 12_345;
    world.needs(size <= world.can.largest, "the mechanism carries no larger ones")?;
    let mut server = world.bind_at(&world.with_setting("max", &size.to_string())?);
    let sender = world.client(&server.endpoint(), move |client| client.send(&filler(3, size)));
    server.expect(&filler(3, size));
    sender.join();
    Ok(())
}

fn a_max_beyond_the_mechanism_is_refused(world: &World) -> Outcome {
    let beyond = world.can.largest.checked_add(1);
    world.needs(beyond.is_some(), "the mechanism has no limit")?;
    let endpoint = world.with_setting("max", &beyond.unwrap_or_default().to_string())?;
    let bound = world.transport.bind(&endpoint).err();
    let connected = world.transport.connect(&endpoint, Deadline::now()).err();
    for refused in [bound, connected] {
        assert_eq!(refused.as_ref().map(Error::kind), Some(ErrorKind::InvalidEndpoint));
    }
    Ok(())
}

fn a_client_with_a_larger_max_cannot_exceed_the_servers(world: &World) -> Outcome {
    let mut server = world.bind_at(&world.with_setting("max", "1000")?);
    let larger = server.endpoint().with_setting("max", "3000");
    let sender = world.client(&larger, |client| {
        client.send(b"before");
        // Whether the client can know depends on the wire.
        let _ = client.try_send(&filler(4, 2000));
    });
    server.expect(b"before");
    server.expect_nothing();
    sender.join();
    let bystander = world.client(&server.endpoint(), |client| client.send(b"undisturbed"));
    server.expect(b"undisturbed");
    bystander.join();
    Ok(())
}
