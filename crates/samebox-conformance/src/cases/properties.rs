//! A property arrives with its message, or is refused; it is never dropped silently.

use crate::world::{Outcome, World};
use samebox_core::{ErrorKind, Outgoing, Properties, Property};
use std::time::Duration;

super::cases!(
    properties: a_property_it_lacks_is_refused_and_nothing_is_sent,
    properties_it_has_arrive_with_their_message,
);

const ALL: [Property; 6] = [
    Property::Label,
    Property::Priority,
    Property::TimeToLive,
    Property::Level,
    Property::Event,
    Property::Id,
];

fn with(property: Property) -> Properties {
    let mut properties = Properties::NONE;
    match property {
        Property::Label => properties.label = Some("a label".into()),
        Property::Priority => properties.priority = Some(5),
        Property::TimeToLive => properties.time_to_live = Some(Duration::from_secs(600)),
        Property::Level => properties.level = Some(4),
        Property::Event => properties.event = Some("an event".into()),
        Property::Id => properties.id = Some("42".into()),
        other => panic!("the suite does not know the property {other}"),
    }
    properties
}

fn a_property_it_lacks_is_refused_and_nothing_is_sent(world: &World) -> Outcome {
    let can = world.can.properties;
    let lacking: Vec<_> = ALL.into_iter().filter(|property| !can.contains(property)).collect();
    world.needs(!lacking.is_empty(), "it has all properties")?;
    let mut server = world.bind();
    let by = world.soon();
    let sender = world.client(&server.endpoint(), move |client| {
        for property in lacking {
            let properties = with(property);
            let message = Outgoing { payload: b"with a property", properties: Some(&properties) };
            let mut outcomes =
                vec![client.outbox.send(message, by), client.outbox.send_many(&[message], by)];
            if let Some(calls) = client.outbox.as_call() {
                outcomes.push(calls.request(message, by).map(drop));
            }
            for outcome in outcomes {
                let kind = outcome.map_err(|error| error.kind());
                assert_eq!(kind, Err(ErrorKind::Unsupported), "{property}");
            }
        }
        client.send(b"after");
    });
    server.expect(b"after");
    sender.join();
    server.expect_nothing();
    Ok(())
}

fn properties_it_has_arrive_with_their_message(world: &World) -> Outcome {
    let can = world.can.properties;
    world.needs(!can.is_empty(), "it has no properties")?;
    let mut server = world.bind();
    let by = world.soon();
    let sender = world.client(&server.endpoint(), move |client| {
        for property in can {
            let properties = with(*property);
            let message = Outgoing { payload: b"x", properties: Some(&properties) };
            client.outbox.send(message, by).unwrap_or_else(|error| panic!("{error:?}"));
        }
    });
    for property in can {
        let message = server.next();
        let arrived: Vec<_> = message.properties().set().collect();
        assert!(arrived.contains(property), "{property} did not arrive with its message");
        match property {
            // What is left of it when it arrives is less.
            Property::TimeToLive => {}
            _ => assert_eq!(message.properties(), &with(*property)),
        }
    }
    sender.join();
    Ok(())
}
