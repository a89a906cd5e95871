use crate::{Program, Running};

/// An X server for one test, with a screen that nobody sees.
#[derive(Debug)]
pub struct Display {
    server: Running,
    name: String,
}

impl Display {
    /// Starts one on a number that is free, and waits until it takes connections.
    #[track_caller]
    #[allow(clippy::new_without_default, reason = "each one is another program")]
    pub fn new() -> Self {
        // It writes the number to its stdout once it listens.
        let words = ["-displayfd", "1", "-screen", "0", "64x64x24", "-nolisten", "tcp"];
        let mut server = Program::tool("Xvfb", &words).start();
        let name = format!(":{}", server.line());
        Self { server, name }
    }

    /// Its name, `:7` for example.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Ends it by force; whoever has a window there loses it.
    pub fn kill(self) {
        self.server.kill();
    }
}
