use crate::{Program, Running};
use std::fs;
use std::path::PathBuf;
use tempfile::TempDir;

/// A message bus of D-Bus for one test, with folders of its own for whoever is on it.
///
/// What the bus starts ends by itself: it outlives the bus.
#[derive(Debug)]
pub struct Bus {
    daemon: Option<Running>,
    folder: TempDir,
}

/// Where the bus looks for what it may start, below the folder of data.
const SERVICES: &str = "data/dbus-1/services";

impl Bus {
    /// Starts one and waits until it takes connections.
    #[track_caller]
    #[allow(clippy::new_without_default, reason = "each one is another program")]
    pub fn new() -> Self {
        let folder = tempfile::tempdir().expect("there is room for a folder");
        let mut bus = Self { daemon: None, folder };
        for below in [SERVICES, "runtime", "system"] {
            fs::create_dir_all(bus.folder.path().join(below)).expect("the folder is new");
        }
        fs::write(bus.place("bus.conf"), configuration(&bus.address())).expect("it is writable");
        bus.start();
        bus
    }

    /// Starts it again after [`Bus::stop`], at the same address.
    #[track_caller]
    pub fn start(&mut self) {
        let file = format!("--config-file={}", self.place("bus.conf"));
        let words = ["--nofork", "--nosyslog", "--print-address", &file];
        let mut daemon = self.on(Program::tool("dbus-daemon", &words)).start();
        let address = daemon.line();
        assert!(address.starts_with(&self.address()), "dbus-daemon says {address}");
        self.daemon = Some(daemon);
    }

    /// Ends it by force; whoever is on it loses its connection.
    pub fn stop(&mut self) {
        self.daemon = None;
    }

    /// Its address, as D-Bus writes them.
    pub fn address(&self) -> String {
        format!("unix:path={}", self.place("bus"))
    }

    /// The file by which the bus knows how to start the server of `name`.
    pub fn service_file(&self, name: &str) -> PathBuf {
        self.folder.path().join(SERVICES).join(format!("{name}.service"))
    }

    /// The socket of the object `name` where there is no bus.
    pub fn private_socket(&self, name: &str) -> PathBuf {
        self.folder.path().join("runtime/samebox/objects").join(name)
    }

    /// Makes this the session bus of a program.
    #[must_use]
    pub fn on(&self, program: Program) -> Program {
        self.beside(program).env("DBUS_SESSION_BUS_ADDRESS", self.address())
    }

    /// Gives a program the folders of this bus, but no bus.
    #[must_use]
    pub fn beside(&self, program: Program) -> Program {
        program
            .without_env("DBUS_SESSION_BUS_ADDRESS")
            .env("XDG_DATA_HOME", self.place("data"))
            .env("XDG_DATA_DIRS", self.place("system"))
            .env("XDG_RUNTIME_DIR", self.place("runtime"))
            .env("LC_ALL", "C.UTF-8")
    }

    /// Starts a peer on this bus and waits until clients may come.
    #[track_caller]
    pub fn serve(&self, peer: &[&str]) -> Running {
        let mut server = self.on(Program::peer(peer)).start();
        server.wait_until_ready();
        server
    }

    /// Starts the program samebox on this bus as a server and waits until clients may come.
    #[track_caller]
    pub fn listen(&self, arguments: &[&str]) -> Running {
        let mut server = self.samebox(arguments);
        server.listening();
        server
    }

    /// Starts the program samebox on this bus.
    #[track_caller]
    pub fn samebox(&self, arguments: &[&str]) -> Running {
        self.on(Program::samebox(arguments)).start()
    }

    /// Runs a tool of the system on this bus to its end and gives the lines that it printed.
    #[track_caller]
    pub fn run(&self, tool: &str, arguments: &[&str]) -> Vec<String> {
        self.on(Program::tool(tool, arguments)).start().finish()
    }

    fn place(&self, name: &str) -> String {
        self.folder.path().join(name).to_str().expect("a temporary folder has a plain name").into()
    }
}

/// The path of the object that a bus name stands for.
pub fn object_path(name: &str) -> String {
    format!("/{}", name.replace('.', "/").replace('-', "_"))
}

/// Everyone may own every name, as on a session bus.
fn configuration(address: &str) -> String {
    format!(
        r#"<busconfig>
<type>session</type>
<listen>{address}</listen>
<standard_session_servicedirs/>
<policy context="default">
<allow send_destination="*" eavesdrop="true"/>
<allow eavesdrop="true"/>
<allow own="*"/>
</policy>
</busconfig>
"#
    )
}
