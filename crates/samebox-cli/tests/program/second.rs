//! The second process of `tour` and `bench`: it leaves nothing behind, whatever happens to the first.

use crate::signals::until;
use crate::world::{Started, World};
use rustix::process::{Pid, Signal, kill_process};

/// A long measurement that is under way.
fn measuring(world: &World) -> Started {
    let started = world.samebox(&["bench", &world.pipe(), "--seconds", "600"]).start();
    until("its second process listens", || world.names() > 0);
    started
}

#[test]
fn an_interrupted_measurement_ends_with_130_and_leaves_nothing() {
    for signal in [Signal::INT, Signal::TERM] {
        let world = World::new();
        let started = measuring(&world);
        kill_process(Pid::from_child(&started.child), signal).expect("it runs");
        started.finish().failed(130);
        assert_eq!(world.names(), 0);
    }
}

#[test]
fn the_second_process_ends_when_the_first_is_killed() {
    let world = World::new();
    let mut started = measuring(&world);
    started.child.kill().expect("it runs");
    until("its second process is gone with its names", || world.names() == 0);
}
