use crate::{PATIENCE, Program, Running};
use std::fmt;
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Instant;

/// A WCF program of Mono; see the folder `wcf` of the peers for its contracts.
#[derive(Clone, Copy, Debug)]
pub enum WcfPeer {
    /// `IPeer` with an operation for each kind of value, and `IDuplex`, all with .NET's own names.
    Peer,
    /// `Stock` and the duplex `Watch`, with names, namespaces, actions and types of their own.
    Stock,
}

/// What the client of a WCF program printed.
#[derive(Debug, PartialEq)]
pub struct Answers {
    /// The callbacks that came, each as `OPERATION ARGUMENTS`.
    pub callbacks: Vec<String>,
    /// For each operation its value, or the type of the exception with its words.
    pub results: Vec<Result<String, String>>,
}

/// The server of a WCF program, with two contracts at addresses of its own.
///
/// It ends when this is dropped, and at the latest with the test that started it.
#[derive(Debug)]
pub struct WcfServer {
    printed: Mutex<Printed>,
    ports: [u16; 2],
}

#[derive(Debug)]
struct Printed {
    running: Running,
    /// What nobody has asked for yet.
    calls: Vec<String>,
}

impl WcfPeer {
    fn program(self) -> &'static str {
        match self {
            Self::Peer => "wcf-peer",
            Self::Stock => "wcf-stock",
        }
    }

    /// Starts a server for one test alone; `options` may be `plain` or `streamed`.
    #[track_caller]
    pub fn serve(self, options: &[&str]) -> WcfServer {
        // Mono keeps one port for each contract.
        let uris = ["net.tcp://localhost:0/first", "net.tcp://localhost:0/second"];
        let arguments = ["mono", self.program(), "serve"].into_iter().chain(uris);
        let arguments: Vec<_> = arguments.chain(options.iter().copied()).collect();
        let mut running = Program::peer(&arguments).with_input().start();
        running.wait_until_ready();
        let ports = running.ports().try_into().expect("a port for each contract");
        WcfServer { printed: Mutex::new(Printed { running, calls: Vec::new() }), ports }
    }

    /// The server that all tests of this process share; it takes a second to start one.
    pub fn shared(self) -> &'static WcfServer {
        static SERVERS: [OnceLock<WcfServer>; 2] = [const { OnceLock::new() }; 2];
        SERVERS[self as usize].get_or_init(|| self.serve(&[]))
    }

    /// Runs its client: each operation is `NAME` or `NAME=ARGUMENT`, all of them in one session.
    #[track_caller]
    pub fn call(self, uri: impl fmt::Display, operations: &[&str]) -> Answers {
        self.call_with(uri, operations, &[])
    }

    /// As [`WcfPeer::call`]; `options` may be `streamed`.
    #[track_caller]
    pub fn call_with(
        self,
        uri: impl fmt::Display,
        operations: &[&str],
        options: &[&str],
    ) -> Answers {
        let uri = uri.to_string();
        let arguments = ["mono", self.program(), "call", uri.as_str()].into_iter();
        let arguments: Vec<_> = arguments.chain([operations, options].concat()).collect();
        let answers = Answers::of(Program::peer(&arguments).start().finish());
        assert_eq!(answers.results.len(), operations.len(), "{answers:?}");
        answers
    }

    /// The names of the operations of each contract.
    #[track_caller]
    pub fn operations(self) -> Vec<Vec<String>> {
        let lines = crate::run(&["mono", self.program(), "operations"]);
        lines.iter().map(|line| line.split(' ').map(str::to_owned).collect()).collect()
    }
}

impl Answers {
    fn of(lines: Vec<String>) -> Self {
        let mut answers = Self { callbacks: Vec::new(), results: Vec::new() };
        for line in lines {
            match line.split_once(": ") {
                Some(("got", call)) => answers.callbacks.push(call.to_owned()),
                Some(("result", value)) => answers.results.push(Ok(value.to_owned())),
                Some(("error", words)) => answers.results.push(Err(words.to_owned())),
                _ => panic!("a WCF client prints {line:?}"),
            }
        }
        answers
    }

    /// The value of the only operation.
    #[track_caller]
    pub fn value(self) -> String {
        let [result] = <[_; 1]>::try_from(self.results).expect("one operation was called");
        result.unwrap_or_else(|words| panic!("the client was told: {words}"))
    }

    /// The values of all operations.
    #[track_caller]
    pub fn values(self) -> Vec<String> {
        let told = |words| panic!("the client was told: {words}");
        self.results.into_iter().map(|result| result.unwrap_or_else(told)).collect()
    }
}

impl WcfServer {
    /// The address of its first contract.
    pub fn uri(&self) -> String {
        format!("net.tcp://localhost:{}/first", self.ports[0])
    }

    /// The address of its duplex contract.
    pub fn duplex_uri(&self) -> String {
        format!("net.tcp://localhost:{}/second", self.ports[1])
    }

    /// Waits until this call, `OPERATION ARGUMENTS`, has arrived.
    ///
    /// What comes before it stays there to be asked for, as other tests may share this server.
    #[track_caller]
    pub fn wait_for(&self, call: &str) {
        let mut printed = self.printed.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(index) = printed.calls.iter().position(|earlier| earlier == call) {
            printed.calls.remove(index);
            return;
        }
        let give_up = Instant::now() + PATIENCE;
        loop {
            let next = printed.running.got();
            if next == call {
                return;
            }
            printed.calls.push(next);
            assert!(Instant::now() < give_up, "no {call:?} comes, but {:?}", printed.calls);
        }
    }
}
