//! Memory that is lent: written and read in place, and given back.

use crate::payload::filler;
use crate::world::{Outcome, World};
use samebox_core::{Inbox, Lend, Look, Outbox};

super::cases!(
    loans: it_lends_memory_if_it_says_so_and_only_then,
    lent_messages_arrive_among_others_in_order,
    a_loan_that_is_given_back_sends_nothing,
    a_message_can_be_looked_at_and_answered_in_place,
    loans_of_every_size_arrive_whole,
);

fn lender(outbox: &mut dyn Outbox) -> &mut dyn Lend {
    outbox.as_lend().expect("it has the capability `loan`")
}

fn looker(inbox: &mut dyn Inbox) -> &mut dyn Look {
    inbox.as_look().expect("it has the capability `loan`")
}

fn lend_and_send(world: &World, outbox: &mut dyn Outbox, payload: &[u8]) {
    let memory = lender(outbox);
    memory.lend(payload.len(), world.soon()).unwrap_or_else(|error| panic!("{error}"));
    memory.lent_mut().copy_from_slice(payload);
    assert_eq!(memory.lent(), payload);
    memory.send_lent().unwrap_or_else(|error| panic!("{error}"));
}

/// What is seen of the next message in place, which is then given back.
fn look(world: &World, inbox: &mut dyn Inbox) -> Vec<u8> {
    let inbox = looker(inbox);
    inbox.look(world.soon()).unwrap_or_else(|error| panic!("{error}"));
    let mut seen = vec![0; inbox.payload().len()];
    assert!(inbox.payload().copy_to(0, &mut seen));
    inbox.done();
    seen
}

fn it_lends_memory_if_it_says_so_and_only_then(world: &World) -> Outcome {
    let mut server = world.bind();
    let mut client = world.connect(&server.endpoint());
    assert_eq!(client.outbox.as_lend().is_some(), world.can.loan);
    assert_eq!(server.inbox.as_look().is_some(), world.can.loan);
    Ok(())
}

fn lent_messages_arrive_among_others_in_order(world: &World) -> Outcome {
    world.needs(world.can.loan, "it lends no memory")?;
    let mut server = world.bind();
    let mut client = world.connect(&server.endpoint());
    for number in 0..10 {
        client.send(&filler(number, 10));
        lend_and_send(world, client.outbox.as_mut(), &filler(number, 20));
    }
    for number in 0..10 {
        // Copied out and in place, in turns, so that each follows the other.
        if number % 2 == 0 {
            server.expect(&filler(number, 10));
            assert_eq!(look(world, server.inbox.as_mut()), filler(number, 20));
        } else {
            assert_eq!(look(world, server.inbox.as_mut()), filler(number, 10));
            server.expect(&filler(number, 20));
        }
    }
    Ok(())
}

fn a_loan_that_is_given_back_sends_nothing(world: &World) -> Outcome {
    world.needs(world.can.loan, "it lends no memory")?;
    let mut server = world.bind();
    let mut client = world.connect(&server.endpoint());
    // More than there is, if it were not given back.
    let size = world.max().min(1 << 20);
    for _ in 0..100 {
        let memory = lender(client.outbox.as_mut());
        memory.lend(size, world.soon()).unwrap_or_else(|error| panic!("{error}"));
        memory.take_back();
    }
    client.send(b"after");
    server.expect(b"after");
    server.expect_nothing();
    Ok(())
}

fn a_message_can_be_looked_at_and_answered_in_place(world: &World) -> Outcome {
    world.needs(world.can.loan && world.can.duplex, "it lends no memory, or has no answers")?;
    let mut server = world.bind();
    let (by, endpoint) = (world.soon(), server.endpoint());
    let caller = world.client(&endpoint, move |client| {
        let memory = lender(client.outbox.as_mut());
        memory.lend(4, by).unwrap_or_else(|error| panic!("{error}"));
        memory.lent_mut().copy_from_slice(b"ping");
        let call = memory.request_lent().unwrap_or_else(|error| panic!("{error}"));
        client.response(call)
    });
    let inbox = looker(server.inbox.as_mut());
    inbox.look(by).unwrap_or_else(|error| panic!("{error}"));
    let mut seen = [0; 4];
    assert!(inbox.payload().copy_to(0, &mut seen) && &seen == b"ping");
    assert!(!inbox.payload().copy_to(1, &mut seen), "there are not so many bytes");
    let answer = inbox.take_answer().expect("it is a call");
    answer.reply(b"pong", by).unwrap_or_else(|error| panic!("{error}"));
    assert!(inbox.take_answer().is_none(), "it has been answered");
    inbox.done();
    assert_eq!(caller.join(), "pong");
    Ok(())
}

fn loans_of_every_size_arrive_whole(world: &World) -> Outcome {
    world.needs(world.can.loan, "it lends no memory")?;
    let mut server = world.bind();
    let mut client = world.connect(&server.endpoint());
    let most = world.max();
    let sizes = (0..26).flat_map(|bit| [(1 << bit) - 1, 1 << bit]).filter(|size| *size <= most);
    for size in sizes.chain([most]) {
        lend_and_send(world, client.outbox.as_mut(), &filler(7, size));
        assert!(look(world, server.inbox.as_mut()) == filler(7, size), "{size} bytes");
    }
    Ok(())
}
