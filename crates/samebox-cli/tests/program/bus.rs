//! A D-Bus daemon of one test's own, which starts what is installed in the test's directory.

use crate::world::{Finished, Samebox, Started, World};
use std::fs;

/// A bus that runs as long as this is there.
pub(crate) struct Bus {
    pub(crate) address: String,
    _daemon: Started,
}

impl Bus {
    /// Starts the daemon and waits until clients may come.
    pub(crate) fn start(world: &World) -> Self {
        let folder = world.folder.path();
        let config = folder.join("bus.conf");
        fs::write(&config, configuration(&folder.join("bus").display().to_string()))
            .expect("the folder can be written");
        let config = format!("--config-file={}", config.display());
        let daemon = world.program("dbus-daemon", &[&config, "--nofork", "--print-address=1"]);
        let mut daemon = at_home(daemon, world).start();
        let address = daemon.line();
        Self { address, _daemon: daemon }
    }

    /// What `dbus-send` prints of the bus's own answer to a method without arguments.
    pub(crate) fn ask(&self, world: &World, method: &str) -> String {
        self.try_ask(world, &[method]).ok()
    }

    /// Calls a method of the bus itself, with arguments as `dbus-send` takes them.
    pub(crate) fn try_ask(&self, world: &World, words: &[&str]) -> Finished {
        let bus = format!("--bus={}", self.address);
        let method = format!("org.freedesktop.DBus.{}", words[0]);
        let dest = "--dest=org.freedesktop.DBus";
        let args = [&[&bus, "--print-reply", dest, "/", &method], &words[1..]].concat();
        world.program("dbus-send", &args).run()
    }
}

/// The same program with the test's own directory of data.
pub(crate) fn at_home(mut program: Samebox, world: &World) -> Samebox {
    let folder = world.folder.path();
    program.command.env("XDG_DATA_HOME", folder.join("data"));
    program.command.env("XDG_DATA_DIRS", folder.join("nothing"));
    program
}

fn configuration(path: &str) -> String {
    format!(
        "<!DOCTYPE busconfig PUBLIC \"-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN\"
         \"http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd\">
        <busconfig>
          <type>session</type>
          <listen>unix:path={path}</listen>
          <standard_session_servicedirs/>
          <policy context=\"default\">
            <allow send_destination=\"*\" eavesdrop=\"true\"/>
            <allow eavesdrop=\"true\"/>
            <allow own=\"*\"/>
          </policy>
        </busconfig>"
    )
}
