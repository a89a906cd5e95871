//! Questions and answers, where the transport is duplex.

use crate::payload::{filler, numbered, shown};
use crate::task::{Numbers, Task};
use crate::world::{Job, Outcome, World};
use samebox_core::{Deadline, ErrorKind};
use std::time::Duration;

super::cases!(
    calls: an_answer_reaches_its_caller,
    answers_may_come_in_any_order,
    a_late_answer_is_dropped_and_the_next_is_the_right_one,
    a_call_ends_at_its_deadline,
    a_call_ends_when_its_server_goes,
    a_fault_reaches_the_caller_in_the_servers_words,
    without_faults_a_server_is_told_so,
    a_dropped_call_tells_its_caller,
    large_questions_have_large_answers,
    calls_and_messages_mix,
    eight_callers_get_their_own_answers,
    an_answer_above_the_callers_limit_is_refused,
    an_answer_to_nobody_disturbs_nobody,
    without_duplex_there_are_no_calls,
);

fn an_answer_reaches_its_caller(world: &World) -> Outcome {
    world.needs_calls()?;
    let mut server = world.bind();
    let caller = world.client(&server.endpoint(), |client| client.call(b"question"));
    let mut question = server.next();
    assert_eq!(question.payload(), b"question");
    assert!(question.can_reply());
    question.reply(b"answer").unwrap_or_else(|error| panic!("{error:?}"));
    let second = question.reply(b"again").map_err(|error| error.kind());
    assert_eq!(second, Err(ErrorKind::Unsupported));
    // The answer may leave with the next `recv`.
    server.expect_nothing();
    assert_eq!(caller.join(), "answer");
    Ok(())
}

fn answers_may_come_in_any_order(world: &World) -> Outcome {
    const COUNT: u32 = 32;
    world.needs_calls()?;
    let mut server = world.bind();
    let caller = world.client(&server.endpoint(), |client| {
        let calls: Vec<_> = (0..COUNT).map(|n| client.request(&numbered(0, n, 50))).collect();
        let answers = calls.into_iter().map(|call| client.response(call).to_vec());
        answers.collect::<Vec<_>>()
    });
    let mut questions: Vec<_> = (0..COUNT).map(|_| server.next()).collect();
    while let Some(mut question) = questions.pop() {
        let answer = question.payload().to_vec();
        question.reply(answer).unwrap_or_else(|error| panic!("{error:?}"));
    }
    server.expect_nothing();
    for (number, answer) in (0..).zip(caller.join()) {
        assert!(answer == numbered(0, number, 50), "{number} got {}", shown(&answer));
    }
    Ok(())
}

fn a_late_answer_is_dropped_and_the_next_is_the_right_one(world: &World) -> Outcome {
    world.needs_calls()?;
    let mut server = world.bind();
    let caller = world.client(&server.endpoint(), |client| {
        let first = client.request(b"first");
        let gave_up = client.response_by(first, Deadline::after(Duration::from_millis(50)));
        assert_eq!(gave_up.map_err(|error| error.kind()), Err(ErrorKind::TimedOut));
        client.call(b"second")
    });
    let mut first = server.next();
    // The second question tells that the caller has given up the first.
    let mut second = server.next();
    assert_eq!(second.payload(), b"second");
    // Its caller may have hung up to give up: then it is gone, and that is no harm.
    let _ = first.reply(b"late");
    second.reply(b"in time").unwrap_or_else(|error| panic!("{error:?}"));
    server.expect_nothing();
    assert_eq!(caller.join(), "in time");
    Ok(())
}

fn a_call_ends_at_its_deadline(world: &World) -> Outcome {
    world.needs_calls()?;
    let mut server = world.bind();
    let patience = Duration::from_millis(100);
    let caller = world.client(&server.endpoint(), move |client| {
        let call = client.request(b"?");
        let begun = std::time::Instant::now();
        let kind = client.response_by(call, Deadline::after(patience)).unwrap_err().kind();
        (kind, begun.elapsed())
    });
    let _unanswered = server.next();
    server.expect_nothing();
    let (kind, waited) = caller.join();
    assert_eq!(kind, ErrorKind::TimedOut);
    assert!(waited < patience + world.patience / 4, "it waited {waited:?}");
    Ok(())
}

fn a_call_ends_when_its_server_goes(world: &World) -> Outcome {
    world.needs_calls()?;
    let mut server = world.bind();
    let mut client = world.connect(&server.endpoint());
    let asking = Job::start(move || {
        let calls = [client.request(b"to be received"), client.request(b"to be left")];
        (client, calls)
    });
    let question = server.next();
    let (mut client, calls) = asking.join();
    let waiting = Job::start(move || {
        calls.map(|call| client.response_by(call, Deadline::NEVER).map_err(|error| error.kind()))
    });
    drop(server);
    assert_eq!(waiting.join(), [Err(ErrorKind::Disconnected), Err(ErrorKind::Disconnected)]);
    drop(question);
    Ok(())
}

fn a_fault_reaches_the_caller_in_the_servers_words(world: &World) -> Outcome {
    world.needs_calls()?;
    world.needs(world.can.faults, "its wire has no faults")?;
    let mut server = world.bind();
    let caller = world.client(&server.endpoint(), |client| {
        let call = client.request(b"6 * 9");
        let error = client.response_by(call, Deadline::NEVER).unwrap_err();
        (error.kind(), error.to_string(), client.call(b"next"))
    });
    server.next().fault("42, née 54").unwrap_or_else(|error| panic!("{error:?}"));
    server.echo(1);
    server.expect_nothing();
    let (kind, words, next) = caller.join();
    assert_eq!(kind, ErrorKind::Fault);
    assert!(words.contains("42, née 54"), "{words}");
    assert_eq!(next, "next");
    Ok(())
}

fn without_faults_a_server_is_told_so(world: &World) -> Outcome {
    world.needs_calls()?;
    world.needs(!world.can.faults, "it has faults")?;
    let mut server = world.bind();
    let mut client = world.connect(&server.endpoint());
    let asking = Job::start(move || {
        client.request(b"?");
        client
    });
    let refused = server.next().fault("no").map_err(|error| error.kind());
    assert_eq!(refused, Err(ErrorKind::Unsupported));
    drop(asking.join());
    Ok(())
}

fn a_dropped_call_tells_its_caller(world: &World) -> Outcome {
    world.needs_calls()?;
    world.needs(world.can.faults, "its wire cannot say that no answer will come")?;
    let mut server = world.bind();
    let caller = world.client(&server.endpoint(), |client| {
        let call = client.request(b"forget me");
        client.response_by(call, Deadline::NEVER).map_err(|error| error.kind())
    });
    drop(server.next());
    server.expect_nothing();
    assert_eq!(caller.join(), Err(ErrorKind::Fault));
    Ok(())
}

fn large_questions_have_large_answers(world: &World) -> Outcome {
    world.needs_calls()?;
    let size = world.max().min(16 << 20);
    let mut server = world.bind();
    let caller =
        world.client(&server.endpoint(), move |client| client.call(&filler(1, size)).to_vec());
    server.echo(1);
    // A large answer goes out while the server receives.
    let meanwhile = server.recv_while(|| caller.is_done());
    assert_eq!(meanwhile, 0, "nothing was to come");
    assert!(caller.join() == filler(1, size), "the answer is not what was asked");
    Ok(())
}

fn calls_and_messages_mix(world: &World) -> Outcome {
    world.needs_calls()?;
    let mut server = world.bind();
    let caller = world.client(&server.endpoint(), |client| {
        (0..50).for_each(|number| {
            client.send(&numbered(0, number, 20));
            let question = numbered(1, number, 20);
            assert_eq!(client.call(&question), question);
        });
    });
    for number in 0..50 {
        let mut received = [server.next(), server.next()];
        received.sort_by_key(|message| message.payload()[0]);
        assert_eq!(received[0].payload(), numbered(0, number, 20));
        let [message, mut call] = received;
        drop(message);
        let answer = call.payload().to_vec();
        call.reply(answer).unwrap_or_else(|error| panic!("{error:?}"));
    }
    server.expect_nothing();
    caller.join();
    Ok(())
}

fn eight_callers_get_their_own_answers(world: &World) -> Outcome {
    const COUNT: u32 = 100;
    world.needs_calls()?;
    let mut server = world.bind();
    let mut actors: Vec<_> = (0..8).map(|_| world.actor()).collect();
    actors.iter_mut().for_each(|actor| actor.connect(&server.endpoint()));
    for (client, actor) in (0..).zip(&mut actors) {
        actor.start(&Task::Call(Numbers { client, first: 0, count: COUNT, size: 300 }));
    }
    server.echo(8 * COUNT as usize);
    server.expect_nothing();
    actors.iter_mut().for_each(|actor| drop(actor.finish().expect("each gets its answers")));
    Ok(())
}

fn an_answer_above_the_callers_limit_is_refused(world: &World) -> Outcome {
    world.needs_calls()?;
    let endpoint = world.with_setting("max", "1000")?;
    let mut server = world.bind_at(&endpoint);
    let caller = world.client(&server.endpoint(), |client| {
        let call = client.request(b"too much");
        let answer = client.response_by(call, Deadline::after(Duration::from_millis(200)));
        assert!(answer.is_err(), "an answer of {} bytes came", shown(&answer.unwrap_or_default()));
        client.call(b"right")
    });
    let refused = server.next().reply([b'x'; 1001]).map_err(|error| error.kind());
    assert_eq!(refused, Err(ErrorKind::TooLarge));
    server.echo(1);
    server.expect_nothing();
    assert_eq!(caller.join(), "right");
    Ok(())
}

fn an_answer_to_nobody_disturbs_nobody(world: &World) -> Outcome {
    world.needs_calls()?;
    let mut server = world.bind();
    world.client(&server.endpoint(), |client| client.request(b"and away")).join();
    let mut question = server.next();
    // Whether the server can tell depends on the wire.
    let _ = question.reply(b"hello?");
    let caller = world.client(&server.endpoint(), |client| client.call(b"still here"));
    server.echo(1);
    server.expect_nothing();
    assert_eq!(caller.join(), "still here");
    Ok(())
}

fn without_duplex_there_are_no_calls(world: &World) -> Outcome {
    world.needs(!world.can.duplex, "it is duplex")?;
    let mut server = world.bind();
    let sender = world.client(&server.endpoint(), |client| {
        assert!(client.outbox.as_call().is_none());
        client.send(b"one way");
    });
    let mut message = server.next();
    assert!(!message.can_reply());
    assert_eq!(message.reply(b"?").map_err(|error| error.kind()), Err(ErrorKind::Unsupported));
    // Whoever sends may wait until this side is done with it.
    drop(message);
    sender.join();
    Ok(())
}
