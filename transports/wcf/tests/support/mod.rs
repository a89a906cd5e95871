//! A service written by hand, and what calls it.

use samebox_core::typed::{
    AnswerPart, Caller, Dispatch, Failure, Fault, Hosted, Instances, Invocation, Invoke, Origin,
    Respond, WriteParts,
};
use samebox_core::{Deadline, DynTransport, Endpoint, Error, ErrorKind, Peer};
use samebox_data::{Contract, Data, Encode, Operation, Parameter, Reader, ShapeOf, Writer};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, LazyLock, Mutex};
use std::time::Duration;

pub(crate) const ECHO: usize = 0;
pub(crate) const ADD: usize = 1;
pub(crate) const SEND: usize = 2;
pub(crate) const FAIL: usize = 3;
pub(crate) const ASK: usize = 4;
pub(crate) const CRASH: usize = 5;
pub(crate) const WAIT: usize = 6;

/// Of the callback.
pub(crate) const CONFIRM: usize = 0;
pub(crate) const NOTIFY: usize = 1;

pub(crate) static OFFICE: LazyLock<Contract> =
    LazyLock::new(|| contract("IOffice", OPERATIONS, Some(&CALLBACK)));
static CALLBACK: LazyLock<Contract> =
    LazyLock::new(|| contract("IOfficeCallback", CALLBACKS, None));

/// Name, whether it is one-way, its parameters, its result, the detail of its fault.
type Described = (&'static str, bool, &'static [(&'static str, ShapeOf)], ShapeOf, Option<ShapeOf>);

const OPERATIONS: &[Described] = &[
    ("Echo", false, &[("text", str::shape)], str::shape, None),
    ("Add", false, &[("a", i32::shape), ("b", i32::shape)], i32::shape, None),
    ("Send", true, &[("data", str::shape)], <()>::shape, None),
    ("Fail", false, &[("why", str::shape)], <()>::shape, Some(i32::shape)),
    ("Ask", false, &[("question", str::shape)], str::shape, None),
    ("Crash", false, &[], <()>::shape, None),
    ("Wait", false, &[], <()>::shape, None),
];

const CALLBACKS: &[Described] = &[
    ("Confirm", false, &[("question", str::shape)], bool::shape, None),
    ("Notify", true, &[("news", str::shape)], <()>::shape, None),
];

fn contract(
    name: &'static str,
    operations: &[Described],
    callback: Option<&'static LazyLock<Contract>>,
) -> Contract {
    let operation = |(name, one_way, parameters, result, fault): &Described| Operation {
        name: (*name).into(),
        one_way: *one_way,
        parameters: parameters
            .iter()
            .map(|(name, shape)| Parameter { name: (*name).into(), shape: *shape })
            .collect::<Vec<_>>()
            .into(),
        result: *result,
        fault: *fault,
    };
    Contract {
        name: name.into(),
        namespace: "http://tempuri.org/".into(),
        version: "1".into(),
        operations: operations.iter().map(operation).collect::<Vec<_>>().into(),
        callback: callback.map(|callback| &**callback),
    }
}

/// The service: tells what was sent to it, and lets `Wait` go when it is told.
#[derive(Default)]
pub(crate) struct Office {
    pub(crate) sent: Heard,
    pub(crate) waiting: Gate,
    pub(crate) executed: AtomicUsize,
    pub(crate) sessions: AtomicUsize,
}

/// Texts in the order in which they came.
#[derive(Default)]
pub(crate) struct Heard(Mutex<Vec<String>>, Condvar);

impl Heard {
    pub(crate) fn hear(&self, text: String) {
        self.0.lock().unwrap().push(text);
        self.1.notify_all();
    }

    /// Waits until there are `count`.
    #[track_caller]
    pub(crate) fn wait_for(&self, count: usize) -> Vec<String> {
        let heard = self.0.lock().unwrap();
        let enough = |heard: &mut Vec<String>| heard.len() < count;
        let (heard, late) = self.1.wait_timeout_while(heard, SOON, enough).unwrap();
        assert!(!late.timed_out(), "only {heard:?} came");
        heard.clone()
    }
}

/// Lets through whoever comes once it is open.
#[derive(Default)]
pub(crate) struct Gate(Mutex<(usize, bool)>, Condvar);

impl Gate {
    pub(crate) fn pass(&self) {
        let mut state = self.0.lock().unwrap();
        state.0 += 1;
        self.1.notify_all();
        drop(self.1.wait_while(state, |state| !state.1).unwrap());
    }

    pub(crate) fn open(&self) {
        self.0.lock().unwrap().1 = true;
        self.1.notify_all();
    }

    /// Waits until that many are waiting.
    pub(crate) fn wait_for(&self, count: usize) {
        let state = self.0.lock().unwrap();
        let few = |state: &mut (usize, bool)| state.0 < count;
        assert!(!self.1.wait_timeout_while(state, SOON, few).unwrap().1.timed_out());
    }
}

/// By when something must have happened.
pub(crate) const SOON: Duration = Duration::from_secs(20);

pub(crate) fn soon() -> Deadline {
    Deadline::after(SOON)
}

pub(crate) struct Shared(Arc<Office>);

impl Instances for Shared {
    fn begin(&self, _: &Peer) -> Arc<dyn Dispatch> {
        self.0.sessions.fetch_add(1, Ordering::SeqCst);
        self.0.clone()
    }
}

/// Reads that many members, each by `read`.
fn members(
    reader: &mut dyn Reader,
    mut read: impl FnMut(usize, &mut dyn Reader) -> samebox_data::Result<()>,
) -> samebox_data::Result<()> {
    while let Some(place) = reader.member()? {
        read(place, reader)?;
    }
    Ok(())
}

fn text(reader: &mut dyn Reader) -> samebox_data::Result<String> {
    let mut text = None;
    members(reader, |_, reader| {
        text = Some(String::read(reader)?);
        Ok(())
    })?;
    text.ok_or(samebox_data::Error::Missing { name: "text".into() })
}

/// Writes the one member of a result.
pub(crate) fn member<T: Encode>(value: T) -> impl Fn(&mut dyn Writer) -> samebox_data::Result<()> {
    move |writer| {
        writer.member(0)?;
        value.write(writer)
    }
}

impl Dispatch for Office {
    fn dispatch(
        &self,
        operation: usize,
        caller: &Caller<'_>,
        arguments: &mut dyn Reader,
        respond: &mut dyn Respond,
    ) -> samebox_data::Result<()> {
        self.executed.fetch_add(1, Ordering::SeqCst);
        match operation {
            ECHO => respond.result(&member(text(arguments)?)),
            ADD => {
                let mut sum = 0_i32;
                members(arguments, |_, reader| {
                    sum = sum.wrapping_add(i32::read(reader)?);
                    Ok(())
                })?;
                respond.result(&member(sum))
            }
            SEND => {
                self.sent.hear(text(arguments)?);
                Ok(())
            }
            FAIL => {
                let reason = text(arguments)?;
                let detail = |writer: &mut dyn Writer| 42_i32.write(writer);
                respond.fault(&Fault { origin: Origin::Sender, code: None, reason }, Some(&detail))
            }
            ASK => {
                let question = text(arguments)?;
                let back = caller.back.expect("the contract has a callback");
                notify(&**back, "asking");
                let sure = confirm(&**back, &question);
                respond.result(&member(format!("{question} {sure:?}")))
            }
            CRASH => panic!("on purpose"),
            _ => {
                self.waiting.pass();
                respond.result(&member(()))
            }
        }
    }
}

/// What a client is asked and told.
#[derive(Default)]
pub(crate) struct Customer {
    pub(crate) news: Heard,
    /// Asked back before an answer is given.
    pub(crate) service: Mutex<Option<Arc<dyn Invoke>>>,
}

impl Dispatch for Customer {
    fn dispatch(
        &self,
        operation: usize,
        _: &Caller<'_>,
        arguments: &mut dyn Reader,
        respond: &mut dyn Respond,
    ) -> samebox_data::Result<()> {
        let text = text(arguments)?;
        if operation == NOTIFY {
            self.news.hear(text);
            return Ok(());
        }
        let service = self.service.lock().unwrap().clone();
        let echoed = service.map(|service| echo(&*service, &text).unwrap());
        respond.result(&member(echoed.is_none_or(|echoed| echoed == text)))
    }
}

/// Calls an operation and reads its result.
pub(crate) fn call<R: Data>(
    service: &dyn Invoke,
    operation: usize,
    arguments: WriteParts<'_>,
    deadline: Deadline,
) -> Result<R, (Failure, Option<i32>)> {
    let (mut result, mut detail) = (None, None);
    let mut answer = |part: AnswerPart, reader: &mut dyn Reader| {
        match part {
            AnswerPart::Result => {
                result = Some(match reader.member()? {
                    Some(_) => R::read(reader)?,
                    None => R::absent("the result")?,
                });
            }
            AnswerPart::Detail => detail = Some(i32::read(reader)?),
        }
        Ok(())
    };
    let outcome =
        service.invoke(Invocation { operation, arguments, answer: &mut answer }, deadline);
    outcome.map_err(|failure| (failure, detail))?;
    Ok(result.expect("a result was read"))
}

fn nothing(_: &mut dyn Writer) -> samebox_data::Result<()> {
    Ok(())
}

/// As text that tests look into.
fn told<R>(outcome: Result<R, (Failure, Option<i32>)>) -> Result<R, Error> {
    outcome.map_err(|(failure, _)| match failure {
        Failure::Error(error) => error,
        Failure::Fault(fault) => {
            let code = fault.code.map(|code| code.name).unwrap_or_default();
            Error::new(ErrorKind::Fault, samebox_core::Operation::Call, code, fault.reason)
        }
    })
}

pub(crate) fn echo(service: &dyn Invoke, text: &str) -> Result<String, Error> {
    told(call(service, ECHO, &member(text), soon()))
}

pub(crate) fn add(service: &dyn Invoke, a: i32, b: i32) -> Result<i32, Error> {
    let arguments = |writer: &mut dyn Writer| {
        writer.member(0)?;
        a.write(writer)?;
        writer.member(1)?;
        b.write(writer)
    };
    told(call(service, ADD, &arguments, soon()))
}

pub(crate) fn fail(service: &dyn Invoke, why: &str) -> (Failure, Option<i32>) {
    call::<()>(service, FAIL, &member(why), soon()).unwrap_err()
}

pub(crate) fn ask(service: &dyn Invoke, question: &str) -> Result<String, Error> {
    told(call(service, ASK, &member(question), soon()))
}

/// Calls an operation without parameters.
pub(crate) fn do_it(
    service: &dyn Invoke,
    operation: usize,
    deadline: Deadline,
) -> Result<(), Error> {
    told(call::<()>(service, operation, &nothing, deadline))
}

pub(crate) fn confirm(client: &dyn Invoke, question: &str) -> Result<bool, ErrorKind> {
    told(call(client, CONFIRM, &member(question), soon())).map_err(|error| error.kind())
}

fn one_way(to: &dyn Invoke, operation: usize, text: &str) {
    let mut answer = |_: AnswerPart, _: &mut dyn Reader| Ok(());
    let arguments = member(text);
    let call = Invocation { operation, arguments: &arguments, answer: &mut answer };
    to.invoke(call, soon()).unwrap();
}

pub(crate) fn send(service: &dyn Invoke, text: &str) {
    one_way(service, SEND, text);
}

pub(crate) fn notify(client: &dyn Invoke, news: &str) {
    one_way(client, NOTIFY, news);
}

/// An office at `endpoint`.
pub(crate) struct Hosting {
    pub(crate) office: Arc<Office>,
    pub(crate) hosted: Box<dyn Hosted>,
    transport: &'static dyn DynTransport,
}

pub(crate) fn host(transport: &'static dyn DynTransport, endpoint: &str) -> Hosting {
    try_host(transport, endpoint).unwrap_or_else(|error| panic!("{error}"))
}

pub(crate) fn try_host(
    transport: &'static dyn DynTransport,
    endpoint: &str,
) -> Result<Hosting, Error> {
    let office = Arc::new(Office::default());
    let endpoint: Endpoint = endpoint.parse()?;
    let instances = Arc::new(Shared(office.clone()));
    let typed = transport.as_typed().unwrap();
    let hosted = typed.bind_typed(&endpoint, &OFFICE, instances)?;
    Ok(Hosting { office, hosted, transport })
}

impl Hosting {
    pub(crate) fn endpoint(&self) -> &Endpoint {
        self.hosted.endpoint()
    }

    pub(crate) fn client(&self) -> Arc<dyn Invoke> {
        connect(self.transport, self.endpoint(), None).unwrap_or_else(|error| panic!("{error}"))
    }

    pub(crate) fn customer(&self) -> (Arc<dyn Invoke>, Arc<Customer>) {
        let customer = Arc::new(Customer::default());
        let callbacks: Arc<dyn Dispatch> = customer.clone();
        let client = connect(self.transport, self.endpoint(), Some(callbacks));
        (client.unwrap_or_else(|error| panic!("{error}")), customer)
    }

    /// Waits for a fault of a client whose text has `part` in it.
    #[track_caller]
    pub(crate) fn expect_fault(&mut self, part: &str) -> Error {
        let by = soon();
        let mut seen = Vec::new();
        while !by.has_passed() {
            match self.hosted.take_fault() {
                Some(fault) if fault.to_string().contains(part) => return fault,
                Some(other) => seen.push(other.to_string()),
                None => std::thread::sleep(Duration::from_millis(2)),
            }
        }
        panic!("no fault says {part:?}: {seen:?}")
    }
}

pub(crate) fn connect(
    transport: &dyn DynTransport,
    endpoint: &Endpoint,
    callbacks: Option<Arc<dyn Dispatch>>,
) -> Result<Arc<dyn Invoke>, Error> {
    let typed = transport.as_typed().unwrap();
    typed.connect_typed(endpoint, &OFFICE, callbacks, Deadline::after(Duration::from_secs(5)))
}
