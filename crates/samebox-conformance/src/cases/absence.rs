//! What a transport says where the system lacks its mechanism.

use crate::world::{Outcome, World};
use samebox_core::{Deadline, Error, ErrorKind};

super::cases!(absence: both_sides_say_that_the_system_lacks_it);

fn both_sides_say_that_the_system_lacks_it(world: &World) -> Outcome {
    let bound = world.transport.bind(&world.endpoint).err();
    let connected = world.transport.connect(&world.endpoint, Deadline::now()).err();
    for refused in [bound, connected] {
        let kind = refused.as_ref().map(Error::kind);
        assert_eq!(kind, Some(ErrorKind::Unsupported), "{refused:?}");
    }
    Ok(())
}
