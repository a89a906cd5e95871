//! Wrong settings are told the right ones.

use crate::world::{Outcome, World};
use samebox_core::{Deadline, Endpoint, Error, ErrorKind};

super::cases!(
    settings: an_unknown_setting_is_told_the_known_ones,
    a_wrong_value_is_told_what_is_right,
    a_name_that_cannot_be_is_told_what_may,
);

/// How both sides refuse an endpoint.
fn refusals(world: &World, endpoint: &Endpoint) -> [Option<Error>; 2] {
    let bound = world.transport.bind(endpoint).err();
    [bound, world.transport.connect(endpoint, Deadline::now()).err()]
}

fn an_unknown_setting_is_told_the_known_ones(world: &World) -> Outcome {
    let wrong = world.endpoint.with_setting("colour", "blue");
    for refused in refusals(world, &wrong) {
        let refused = refused.expect("an unknown setting is refused");
        assert_eq!(refused.kind(), ErrorKind::InvalidEndpoint, "{refused:?}");
        let text = refused.to_string();
        assert!(text.contains("colour"), "{text}");
        for known in world.transport.info().settings {
            assert!(text.contains(known.name), "{text} does not name {}", known.name);
        }
    }
    Ok(())
}

fn a_wrong_value_is_told_what_is_right(world: &World) -> Outcome {
    for setting in world.transport.info().settings {
        let wrong = world.endpoint.with_setting(setting.name, "?wrong?");
        // Some settings are read by one side only; that side must refuse.
        let refused = refusals(world, &wrong).into_iter().flatten();
        let mut refused = refused.filter(|error| error.kind() == ErrorKind::InvalidEndpoint);
        let text = refused.next().map(|error| error.to_string()).unwrap_or_default();
        assert!(text.contains("?wrong?"), "`{}=?wrong?` is not refused: {text}", setting.name);
    }
    Ok(())
}

fn a_name_that_cannot_be_is_told_what_may(world: &World) -> Outcome {
    // Longer than any mechanism's names, and nobody's address.
    let wrong = world.endpoint.with_name("no such name /".repeat(100));
    for refused in refusals(world, &wrong) {
        let refused = refused.expect("a name that cannot be is refused");
        assert_eq!(refused.kind(), ErrorKind::InvalidEndpoint, "{refused:?}");
    }
    Ok(())
}
