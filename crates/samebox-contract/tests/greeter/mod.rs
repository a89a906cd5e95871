//! A small service, its client and the places where it is offered; written by hand.
#![allow(dead_code, reason = "each test uses a part of it")]

use samebox_contract::{
    CallError, Caller, Channel, Dispatch, Fault, Host, NoDetail, Respond, Serving,
};
use samebox_core::{Deadline, DynTransport, Endpoint, ErrorKind};
use samebox_data::{Contract, Data, Encode, Operation, Parameter, Reader, ShapeOf};
use std::borrow::Cow;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

pub(crate) const GREET: usize = 0;
pub(crate) const DIVIDE: usize = 1;
pub(crate) const NOTE: usize = 2;
pub(crate) const NOTES: usize = 3;
pub(crate) const PANIC: usize = 4;
pub(crate) const WAIT: usize = 5;
pub(crate) const ASK_BACK: usize = 6;
pub(crate) const TELL_BACK: usize = 7;
pub(crate) const ECHO: usize = 8;

pub(crate) const ASK: usize = 0;
pub(crate) const TELL: usize = 1;

const fn takes(name: &'static str, shape: ShapeOf) -> Parameter {
    Parameter { name: Cow::Borrowed(name), shape }
}

const fn gives(
    name: &'static str,
    parameters: &'static [Parameter],
    result: ShapeOf,
    fault: Option<ShapeOf>,
) -> Operation {
    let (name, parameters) = (Cow::Borrowed(name), Cow::Borrowed(parameters));
    Operation { name, one_way: false, parameters, result, fault }
}

const fn one_way(name: &'static str, parameters: &'static [Parameter]) -> Operation {
    let (name, parameters) = (Cow::Borrowed(name), Cow::Borrowed(parameters));
    Operation { name, one_way: true, parameters, result: <() as Encode>::shape, fault: None }
}

static OPERATIONS: [Operation; 9] = [
    gives(
        "Greet",
        const { &[takes("name", <str as Encode>::shape)] },
        <str as Encode>::shape,
        None,
    ),
    gives(
        "Divide",
        const { &[takes("a", <i32 as Encode>::shape), takes("b", <i32 as Encode>::shape)] },
        <i32 as Encode>::shape,
        Some(<str as Encode>::shape),
    ),
    one_way("Note", const { &[takes("text", <str as Encode>::shape)] }),
    gives("Notes", &[], <Vec<String> as Encode>::shape, None),
    gives("Panic", &[], <() as Encode>::shape, None),
    gives("Wait", &[], <() as Encode>::shape, None),
    gives(
        "AskBack",
        const { &[takes("question", <str as Encode>::shape)] },
        <str as Encode>::shape,
        None,
    ),
    gives(
        "TellBack",
        const { &[takes("times", <i32 as Encode>::shape)] },
        <() as Encode>::shape,
        None,
    ),
    gives(
        "Echo",
        const { &[takes("data", <Vec<u8> as Encode>::shape)] },
        <Vec<u8> as Encode>::shape,
        None,
    ),
];

static CALLS_BACK: [Operation; 2] = [
    gives(
        "Ask",
        const { &[takes("question", <str as Encode>::shape)] },
        <str as Encode>::shape,
        None,
    ),
    one_way("Tell", const { &[takes("number", <i32 as Encode>::shape)] }),
];

static CALLBACK: Contract = named("GreeterCallback", "1", &CALLS_BACK, None);

/// The service without calls back.
pub(crate) static GREETER: Contract = named("Greeter", "1", &OPERATIONS, None);
/// The service that calls its clients back.
pub(crate) static CALLER: Contract = named("Greeter", "1", &OPERATIONS, Some(&CALLBACK));

pub(crate) const fn named(
    name: &'static str,
    version: &'static str,
    operations: &'static [Operation],
    callback: Option<&'static Contract>,
) -> Contract {
    Contract {
        name: Cow::Borrowed(name),
        namespace: Cow::Borrowed("urn:greeter"),
        version: Cow::Borrowed(version),
        operations: Cow::Borrowed(operations),
        callback,
    }
}

/// The same contract, with some things changed.
pub(crate) fn changed(change: impl FnOnce(&mut Contract)) -> &'static Contract {
    let mut contract = GREETER.clone();
    change(&mut contract);
    Box::leak(Box::new(contract))
}

/// Opens once, for everybody who waits.
#[derive(Default)]
pub(crate) struct Gate {
    open: Mutex<bool>,
    waiting: AtomicUsize,
    changed: Condvar,
}

impl Gate {
    pub(crate) fn open(&self) {
        *self.open.lock().unwrap() = true;
        self.changed.notify_all();
    }

    pub(crate) fn wait(&self) {
        self.waiting.fetch_add(1, Ordering::SeqCst);
        let mut open = self.open.lock().unwrap();
        while !*open {
            open = self.changed.wait(open).unwrap();
        }
    }

    pub(crate) fn waiting(&self) -> usize {
        self.waiting.load(Ordering::SeqCst)
    }
}

/// The service: what it was told, a gate for calls that wait, and the ways back that it kept.
#[derive(Default)]
pub(crate) struct Greeter {
    pub(crate) notes: Mutex<Vec<String>>,
    pub(crate) gate: Arc<Gate>,
    pub(crate) kept: Arc<Mutex<Vec<Channel>>>,
}

fn arguments<A: Data>(from: &mut dyn Reader) -> samebox_data::Result<A> {
    match from.member()? {
        Some(_) => A::read(from),
        None => A::absent("an argument"),
    }
}

/// A result of one value.
pub(crate) fn give(to: &mut dyn Respond, value: impl Encode) -> samebox_data::Result<()> {
    to.result(&|writer| {
        writer.member(0)?;
        value.write(writer)
    })
}

impl Dispatch for Greeter {
    fn dispatch(
        &self,
        operation: usize,
        caller: &Caller<'_>,
        from: &mut dyn Reader,
        to: &mut dyn Respond,
    ) -> samebox_data::Result<()> {
        match operation {
            GREET => {
                let name: String = arguments(from)?;
                give(to, format!("Hello, {name}!"))
            }
            DIVIDE => divide(from, to),
            NOTE => {
                let text = arguments(from)?;
                self.notes.lock().unwrap().push(text);
                Ok(())
            }
            NOTES => {
                let notes = self.notes.lock().unwrap().clone();
                give(to, notes)
            }
            PANIC => panic!("secret words"),
            WAIT => {
                self.gate.wait();
                give(to, ())
            }
            ASK_BACK => ask_back(caller, from, to),
            TELL_BACK => {
                let times: i32 = arguments(from)?;
                let back = Channel::new(Arc::clone(caller.back.expect("a way back")));
                for number in 0..times {
                    tell(&back, number).expect("room for it");
                }
                self.kept.lock().unwrap().push(back);
                give(to, ())
            }
            _ => {
                let data: Vec<u8> = arguments(from)?;
                give(to, data)
            }
        }
    }
}

fn divide(from: &mut dyn Reader, to: &mut dyn Respond) -> samebox_data::Result<()> {
    let (a, b): (i32, i32) = (arguments(from)?, arguments(from)?);
    match a.checked_div(b) {
        Some(result) => give(to, result),
        None => {
            let fault = Fault::<String>::new("nothing can be divided by zero");
            let fault = fault.with_code("urn:greeter", "DivideByZero");
            to.fault(&fault.head(), Some(&|writer| format!("{a} / {b}").write(writer)))
        }
    }
}

fn ask_back(
    caller: &Caller<'_>,
    from: &mut dyn Reader,
    to: &mut dyn Respond,
) -> samebox_data::Result<()> {
    let question: String = arguments(from)?;
    let back = Channel::new(Arc::clone(caller.back.expect("a way back")));
    match ask(&back, &question) {
        Ok(answer) => give(to, answer),
        Err(error) => to.fault(&Fault::<NoDetail>::new(error.to_string()).head(), None),
    }
}

/// Asks the client something.
pub(crate) fn ask(back: &Channel, question: &str) -> Result<String, CallError> {
    back.call(ASK, &|to| {
        to.member(0)?;
        question.write(to)
    })
}

/// Tells the client a number.
pub(crate) fn tell(back: &Channel, number: i32) -> samebox_core::Result<()> {
    back.one_way(TELL, &|to| {
        to.member(0)?;
        number.write(to)
    })
}

/// What a client does when it is called back.
#[derive(Default)]
pub(crate) struct Called {
    pub(crate) told: Mutex<Vec<i32>>,
    pub(crate) news: Condvar,
}

impl Dispatch for Called {
    fn dispatch(
        &self,
        operation: usize,
        _: &Caller<'_>,
        from: &mut dyn Reader,
        to: &mut dyn Respond,
    ) -> samebox_data::Result<()> {
        if operation == ASK {
            let question: String = arguments(from)?;
            assert_ne!(question, "panic", "as asked");
            return give(to, format!("{question}? Yes."));
        }
        self.told.lock().unwrap().push(arguments(from)?);
        self.news.notify_all();
        Ok(())
    }
}

impl Called {
    /// Waits until so many numbers were told.
    pub(crate) fn wait_for(&self, count: usize) -> Vec<i32> {
        let told = self.told.lock().unwrap();
        let patience = Duration::from_secs(20);
        let enough = self.news.wait_timeout_while(told, patience, |told| told.len() < count);
        enough.unwrap().0.clone()
    }
}

/// A client, as the macro would make it.
#[derive(Clone)]
pub(crate) struct Client(pub(crate) Channel);

impl Client {
    pub(crate) fn greet(&self, name: &str) -> Result<String, CallError> {
        self.0.call(GREET, &|to| {
            to.member(0)?;
            name.write(to)
        })
    }

    pub(crate) fn divide(&self, a: i32, b: i32) -> Result<i32, CallError<String>> {
        self.0.call(DIVIDE, &|to| {
            to.member(0)?;
            a.write(to)?;
            to.member(1)?;
            b.write(to)
        })
    }

    pub(crate) fn note(&self, text: &str) -> samebox_core::Result<()> {
        self.0.one_way(NOTE, &|to| {
            to.member(0)?;
            text.write(to)
        })
    }

    pub(crate) fn notes(&self) -> Result<Vec<String>, CallError> {
        self.0.call(NOTES, &|_| Ok(()))
    }

    pub(crate) fn panic(&self) -> Result<(), CallError> {
        self.0.call(PANIC, &|_| Ok(()))
    }

    pub(crate) fn wait(&self) -> Result<(), CallError> {
        self.0.call(WAIT, &|_| Ok(()))
    }

    pub(crate) fn ask_back(&self, question: &str) -> Result<String, CallError> {
        self.0.call(ASK_BACK, &|to| {
            to.member(0)?;
            question.write(to)
        })
    }

    pub(crate) fn tell_back(&self, times: i32) -> Result<(), CallError> {
        self.0.call(TELL_BACK, &|to| {
            to.member(0)?;
            times.write(to)
        })
    }

    pub(crate) fn echo(&self, data: &[u8]) -> Result<Vec<u8>, CallError> {
        self.0.call(ECHO, &|to| {
            to.member(0)?;
            data.write(to)
        })
    }
}

/// A transport and an endpoint of its own on it.
pub(crate) struct Place {
    pub(crate) transport: &'static dyn DynTransport,
    pub(crate) endpoint: Endpoint,
}

impl Place {
    pub(crate) fn of(transport: &'static dyn DynTransport, endpoint: &str) -> Self {
        Self { transport, endpoint: endpoint.parse().unwrap() }
    }

    pub(crate) fn host(&mut self, host: Host) -> Serving {
        let serving = host.bind(self.transport, &self.endpoint).unwrap();
        // The port that the system chose.
        self.endpoint = serving.endpoint().clone();
        serving
    }

    pub(crate) fn serve(&mut self, contract: &'static Contract) -> (Serving, Arc<Greeter>) {
        let greeter = Arc::<Greeter>::default();
        (self.host(Host::shared(contract, greeter.clone())), greeter)
    }

    pub(crate) fn connect_as(&self, contract: &'static Contract) -> samebox_core::Result<Channel> {
        let deadline = Deadline::after(Duration::from_secs(10));
        Channel::connect(self.transport, &self.endpoint, contract, None, deadline)
    }

    pub(crate) fn connect(&self) -> Client {
        Client(self.connect_as(&GREETER).unwrap())
    }

    /// A client of the service that calls back, and what it is told.
    pub(crate) fn connect_called(&self) -> (Client, Arc<Called>) {
        let called = Arc::<Called>::default();
        let deadline = Deadline::after(Duration::from_secs(10));
        let callbacks = Some(called.clone() as Arc<dyn Dispatch>);
        let channel =
            Channel::connect(self.transport, &self.endpoint, &CALLER, callbacks, deadline);
        (Client(channel.unwrap()), called)
    }
}

/// Every transport that answers and loses nothing, each with an endpoint of its own.
pub(crate) fn places(test: &str) -> Vec<Place> {
    let name = format!("samebox-contract-{test}-{}", std::process::id());
    let socket = std::env::temp_dir().join(format!("{name}.sock"));
    let mut places = vec![
        Place::of(&samebox_inproc::Inproc, &format!("inproc:{name}")),
        Place::of(&samebox_pipe::Pipe, &format!("pipe:{name}")),
        Place::of(&samebox_tcp::Tcp, "tcp:127.0.0.1:0"),
        Place::of(&samebox_shm::Shm, &format!("shm:{name}")),
    ];
    if cfg!(unix) {
        places.push(Place::of(&samebox_unix::Unix, &format!("unix:{}", socket.display())));
    }
    places
}

/// One of them, for what does not depend on the transport.
pub(crate) fn place(test: &str) -> Place {
    let name = format!("samebox-contract-{test}-{}", std::process::id());
    Place::of(&samebox_pipe::Pipe, &format!("pipe:{name}"))
}

/// Waits until that holds.
pub(crate) fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let mut backoff = samebox_core::Backoff::until(Deadline::after(Duration::from_secs(20)));
    while !holds() {
        assert!(backoff.pause(), "it did not come to this: {what}");
    }
}

/// The next note of the service about a client.
pub(crate) fn next_fault(serving: &mut Serving, kind: ErrorKind) -> samebox_core::Error {
    let mut found = None;
    until("a note", || {
        found = serving.take_fault().filter(|fault| fault.kind() == kind);
        found.is_some()
    });
    found.unwrap()
}
