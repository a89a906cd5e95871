//! Every message arrives, once, in order.

use crate::payload::{filler, numbered, read_number, shown};
use crate::task::{Numbers, Task};
use crate::world::{Job, Outcome, World};
use samebox_core::{Deadline, Loss, Ordering};

super::cases!(
    delivery: one_message_arrives_whole_and_once,
    one_client_keeps_its_order,
    send_many_equals_sends,
    sent_before_close_is_delivered,
    a_passed_deadline_still_tries_once,
    eight_clients_lose_and_double_nothing,
    a_hundred_clients_are_heard_at_once,
    clients_that_come_and_go_leave_nothing,
    what_is_lost_is_counted,
);

fn one_message_arrives_whole_and_once(world: &World) -> Outcome {
    let mut server = world.bind();
    let sender = world.client(&server.endpoint(), |client| client.send(b"Hello, World!"));
    server.expect(b"Hello, World!");
    sender.join();
    server.expect_nothing();
    assert_eq!(server.counters().received, 1);
    assert_eq!(server.counters().lost, 0);
    Ok(())
}

fn one_client_keeps_its_order(world: &World) -> Outcome {
    const COUNT: u32 = 500;
    world.needs(world.can.ordering == Ordering::PerClient, "it keeps no order")?;
    let mut server = world.bind();
    let sender = world.client(&server.endpoint(), |client| {
        (0..COUNT).for_each(|number| client.send(&numbered(0, number, number as usize)));
    });
    for number in 0..COUNT {
        server.expect(&numbered(0, number, number as usize));
    }
    sender.join();
    server.expect_nothing();
    Ok(())
}

fn send_many_equals_sends(world: &World) -> Outcome {
    let sizes = [1, 0, 700, 3, 1, 9000, 0, 0, 64];
    let sizes = sizes.map(|size| if world.without_empty { size + 1 } else { size });
    let batch: Vec<_> = (0..90).map(|at| filler(at, sizes[at % sizes.len()])).collect();
    let mut server = world.bind();
    let sent = batch.clone();
    let sender = world.client(&server.endpoint(), move |client| {
        client.send_many(&sent).unwrap_or_else(|error| panic!("{error:?}"));
        client.send_many::<&[u8]>(&[]).unwrap_or_else(|error| panic!("{error:?}"));
        client.send(b"last");
    });
    let mut received = server.take(batch.len() + 1);
    sender.join();
    let mut expected = batch;
    expected.push(b"last".into());
    if world.can.ordering != Ordering::PerClient {
        received.sort();
        expected.sort();
    }
    for (received, expected) in received.iter().zip(&expected) {
        assert!(received == expected, "{} is not {}", shown(received), shown(expected));
    }
    server.expect_nothing();
    Ok(())
}

fn sent_before_close_is_delivered(world: &World) -> Outcome {
    let mut server = world.bind();
    for number in 0..20 {
        let size = 100 + 500 * number as usize;
        let one =
            world.client(&server.endpoint(), move |client| client.send(&numbered(number, 0, size)));
        if !world.waits_for_handler() {
            // The client is closed before the server looks.
            one.join();
        }
        server.expect(&numbered(number, 0, size));
        let two = world.client(&server.endpoint(), move |client| {
            client.send(&numbered(number, 1, 100));
            client.send(&numbered(number, 2, 5000));
        });
        let mut received = server.take(2);
        received.sort_by_key(Vec::len);
        let expected = [numbered(number, 1, 100), numbered(number, 2, 5000)];
        assert!(received == expected, "client {number}: {}", shown(&received[0]));
        two.join();
    }
    Ok(())
}

fn a_passed_deadline_still_tries_once(world: &World) -> Outcome {
    world.needs(!world.waits_for_handler(), "`send` waits for the handler")?;
    let mut server = world.bind();
    let mut client = world.connect(&server.endpoint());
    assert_eq!(client.send_by(b"now", Deadline::now()), Ok(()));
    server.expect(b"now");
    Ok(())
}

fn eight_clients_lose_and_double_nothing(world: &World) -> Outcome {
    const COUNT: u32 = 500;
    let mut server = world.bind();
    let mut actors: Vec<_> = (0..8).map(|_| world.actor()).collect();
    actors.iter_mut().for_each(|actor| actor.connect(&server.endpoint()));
    for (client, actor) in (0..).zip(&mut actors) {
        actor.start(&Task::Send(Numbers { client, first: 0, count: COUNT, size: 120 }));
    }
    let received = match world.can.loss {
        Loss::Never => server.take(8 * COUNT as usize),
        _ => server.drain(),
    };
    // Whoever sends may wait until this side has seen the end of it.
    server.expect_nothing();
    actors.iter_mut().for_each(|actor| drop(actor.finish().expect("it sends to the end")));
    let mut next = [0; 8];
    for payload in received {
        let (client, number) = read_number(&payload).expect("a payload arrives whole");
        let next = &mut next[client as usize];
        let in_turn = match (world.can.ordering, world.can.loss) {
            (Ordering::PerClient, Loss::Never) => number == *next,
            (Ordering::PerClient, _) => number >= *next,
            _ => true,
        };
        assert!(in_turn, "client {client}: {number} came, {next} was next");
        *next = number + 1;
    }
    Ok(())
}

fn a_hundred_clients_are_heard_at_once(world: &World) -> Outcome {
    let mut server = world.bind();
    let endpoint = server.endpoint();
    let mut clients: Vec<_> = (0..100).map(|_| world.connect(&endpoint)).collect();
    let sender = Job::start(move || {
        for number in 0..3 {
            for (client, at) in clients.iter_mut().zip(0..) {
                client.send(&numbered(at, number, 64));
            }
        }
        clients
    });
    let mut received: Vec<_> = server.take(300).iter().map(|one| read_number(one)).collect();
    drop(sender.join());
    received.sort();
    let expected = (0..100).flat_map(|client| (0..3).map(move |number| Some((client, number))));
    assert!(received.into_iter().eq(expected), "each of the 300 was to come once");
    server.expect_nothing();
    Ok(())
}

fn clients_that_come_and_go_leave_nothing(world: &World) -> Outcome {
    // More than a process may have open files, where nobody raised the limit.
    const COUNT: u32 = 1100;
    let mut server = world.bind();
    for number in 0..COUNT / 20 {
        let senders = (0..20).map(|client| {
            world.client(&server.endpoint(), move |it| it.send(&numbered(client, number, 0)))
        });
        let senders: Vec<_> = senders.collect();
        let mut received: Vec<_> = server.take(20).iter().map(|one| read_number(one)).collect();
        senders.into_iter().for_each(Job::join);
        received.sort();
        assert!(received.into_iter().eq((0..20).map(|client| Some((client, number)))));
    }
    Ok(())
}

fn what_is_lost_is_counted(world: &World) -> Outcome {
    const COUNT: usize = 20_000;
    world.needs(world.can.loss != Loss::Never, "it loses nothing")?;
    world.needs(world.can.loss == Loss::Counted, "nothing here tells what is lost")?;
    let mut server = world.bind();
    let mut client = world.connect(&server.endpoint());
    (0..COUNT).for_each(|_| client.send(&[b'x'; 1000]));
    let received = server.drain().len();
    // The mechanism may tell of a loss only beside the next message.
    client.send(b"after");
    server.expect(b"after");
    let lost = server.counters().lost;
    assert!(received < COUNT, "20 MB were to overflow the receiver");
    assert_eq!((received as u64) + lost, COUNT as u64, "{received} received, {lost} lost");
    Ok(())
}
