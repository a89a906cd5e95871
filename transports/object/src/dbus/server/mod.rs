//! The server's half: an object on a bus, or on a socket of its own.
//!
//! Whoever waits for a message reads the calls of all clients, and a keeper does when nobody waits
//! (see [`Driver`]). It answers what every object has (introspection, ping,
//! properties) and hands the rest to an [`Export`]; whoever has the answer writes it, on any thread.

mod call;
mod description;
mod dispatch;
mod guarded;
mod like_a_bus;
mod on_bus;
mod private;

pub(crate) use call::{Caller, IncomingCall, errors};
pub(crate) use description::{Argument, INTROSPECTABLE, Interface, Method, Signal};
pub(crate) use private::socket_path;

use super::bus::Place;
use super::driver::Driver;
use super::link::{Link, NotSent};
use super::names::Names;
use super::polling::{First, first};
use super::settings::Options;
use like_a_bus::OWN_NAME;
use samebox_core::{Counters, Deadline, Endpoint, Error, ErrorKind, Faults, Operation, Result};
use std::collections::HashMap;
use std::io;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError, SyncSender};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;
use zbus::export::serde::Serialize;
use zbus::message::Builder;
use zbus::{DynamicType, Message};
use zruntime::{Event, EventListener, SharedRuntime};

/// What an object is: the methods it has, and who executes them.
pub(crate) trait Export: Send + Sync {
    /// Its interfaces, always the same; calls that do not fit them are refused before they get here.
    fn interfaces(&self) -> &[Interface];

    /// Takes a call, without waiting: all clients would wait too.
    fn call(&self, call: IncomingCall);

    /// What to wait for before another call is handed over; `None` when there is room for it now.
    fn is_full(&self) -> Option<EventListener> {
        None
    }

    /// Learns that a client has left which called or was called before.
    fn gone(&self, caller: &str) {
        let _ = caller;
    }
}

/// An object that is offered until it is dropped.
pub(crate) struct Server {
    shared: Arc<Shared>,
    driver: Driver,
    /// Moves it on while nobody receives.
    keeper: Option<JoinHandle<()>>,
}

/// What the server's thread and its owner share.
struct Shared {
    endpoint: Endpoint,
    names: Names,
    options: Options,
    export: Arc<dyn Export>,
    /// Connections to the bus, or to clients, by number.
    links: Mutex<HashMap<u64, Arc<Link>>>,
    last_link: AtomicU64,
    /// Questions to clients that wait for answers: by number, with whom they went to.
    questions: Mutex<HashMap<u32, (String, SyncSender<Message>)>>,
    is_stopping: AtomicBool,
    stopped: Event,
    books: Mutex<Books>,
}

#[derive(Default)]
struct Books {
    counters: Counters,
    faults: Faults,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Server {
    /// Becomes the owner of the endpoint's name and offers `export` there.
    ///
    /// # Errors
    /// `AddressInUse` when a live server has the name, `Unsupported` where there is no such bus.
    pub(crate) fn start(
        endpoint: &Endpoint,
        options: &Options,
        export: Arc<dyn Export>,
    ) -> Result<Self> {
        let names = Names::of(endpoint)?;
        let failed = |cause: io::Error| {
            let why = "the system does not give what a server needs";
            endpoint.error(ErrorKind::Io, Operation::Bind, why).with_source(cause)
        };
        let shared = Arc::new(Shared {
            endpoint: endpoint.clone(),
            names,
            options: options.clone(),
            export,
            links: Mutex::default(),
            last_link: AtomicU64::new(0),
            questions: Mutex::default(),
            is_stopping: AtomicBool::new(false),
            stopped: Event::new(),
            books: Mutex::default(),
        });
        let place = Place::of(options);
        let (begun, beginning) = mpsc::sync_channel(1);
        let driver = Driver::new().map_err(failed)?;
        let serving = serve(shared.clone(), place, driver.clone(), begun);
        let task = driver.spawn("samebox object", serving);
        let (kept, name) = (driver.clone(), "samebox object");
        let keeper = std::thread::Builder::new().name(name.into()).spawn(move || kept.keep(task));
        let server = Self { shared, driver, keeper: Some(keeper.map_err(failed)?) };
        // A task that ended without a word has shown why.
        let begun = beginning.recv().unwrap_or_else(|_| Err(failed(io::ErrorKind::Other.into())));
        begun.map(|()| server)
    }

    pub(crate) fn endpoint(&self) -> &Endpoint {
        &self.shared.endpoint
    }

    /// What moves it on: whoever waits by it serves meanwhile, and needs no other thread.
    pub(crate) fn driver(&self) -> &Driver {
        &self.driver
    }

    /// What has been counted of clients that were turned away or cut off.
    pub(crate) fn counters(&self) -> Counters {
        lock(&self.shared.books).counters
    }

    /// Takes the oldest fault of a client that nobody has looked at.
    pub(crate) fn take_fault(&self) -> Option<Error> {
        lock(&self.shared.books).faults.take()
    }

    /// Something that emits the object's signals, also after the server has gone.
    pub(crate) fn emitter(&self) -> Emitter {
        Emitter(self.shared.clone())
    }
}

impl Server {
    /// Says that the server is about to end: calls that are dropped unanswered are told so.
    pub(crate) fn leave(&self) {
        lock(&self.shared.links).values().for_each(|link| link.leave());
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.leave();
        self.shared.is_stopping.store(true, Ordering::Release);
        self.shared.stopped.notify(usize::MAX);
        if let Some(keeper) = self.keeper.take() {
            self.driver.rouse_keeper();
            // It ends by itself; a panic there has been shown already.
            let _ = keeper.join();
        }
    }
}

/// Takes the name, says whether that went well, and serves until told to stop.
async fn serve(shared: Arc<Shared>, place: Place, driver: Driver, begun: SyncSender<Result<()>>) {
    // Whoever waits for it is there until it has come.
    let tell = |outcome| drop(begun.send(outcome));
    match place {
        Place::Private => match private::Private::bind(&shared, &driver) {
            Ok(mut private) => {
                tell(Ok(()));
                private.run().await;
            }
            Err(error) => return tell(Err(error)),
        },
        bus => {
            let mut on_bus = on_bus::OnBus::new(bus, &shared, &driver);
            match on_bus.begin().await {
                Ok(()) => {
                    tell(Ok(()));
                    on_bus.run().await;
                }
                Err(error) => return tell(Err(error)),
            }
        }
    }
    shared.last_words(driver.runtime()).await;
}

/// How long answers may take to be written when the server ends.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// Speaks for the object: signals to whoever listens, questions to clients.
#[derive(Clone)]
pub(crate) struct Emitter(Arc<Shared>);

impl Emitter {
    /// Emits a signal to all who listen; one who does not read misses it.
    pub(crate) fn emit<B: Serialize + DynamicType>(&self, interface: &str, signal: &str, body: &B) {
        let mut links: Vec<_> = lock(&self.0.links).values().cloned().collect();
        links.retain(|link| link.wants_signals());
        if links.is_empty() {
            return;
        }
        if let Ok(message) = self.signal(interface, signal).build(body) {
            for link in links {
                // A signal may be missed.
                let _ = link.send_if_idle(message.clone());
            }
        }
    }

    /// The start of a signal.
    ///
    /// GLib takes it from the owner of the name only. A bus puts the owner's real name in.
    fn signal<'a>(&'a self, interface: &'a str, signal: &'a str) -> Builder<'a> {
        let path = self.0.names.path.as_str();
        Message::signal(path, interface, signal).sender(OWN_NAME)
    }

    /// Calls a client back and waits for its answer, which may be an error message.
    ///
    /// It must not be used on the server's own thread, which is the one that reads the answer.
    ///
    /// # Errors
    /// `Late`, `Full`, and `Ended` when the client is gone.
    pub(crate) fn ask(
        &self,
        caller: &Caller,
        message: Message,
        deadline: Deadline,
    ) -> Result<Message, NotSent> {
        let serial = message.primary_header().serial_num().get();
        let (sender, answer) = mpsc::sync_channel(1);
        lock(&self.0.questions).insert(serial, (caller.name.clone(), sender));
        let sent = caller.link.send(message);
        let outcome = sent.and_then(|()| match deadline.remaining() {
            None => answer.recv().map_err(|_| NotSent::Ended),
            Some(left) => answer.recv_timeout(left).map_err(|error| match error {
                RecvTimeoutError::Timeout => NotSent::Late,
                RecvTimeoutError::Disconnected => NotSent::Ended,
            }),
        });
        lock(&self.0.questions).remove(&serial);
        outcome
    }
}

impl Shared {
    fn is_stopping(&self) -> bool {
        self.is_stopping.load(Ordering::Acquire)
    }

    /// What `work` comes to, unless the server is told to stop before.
    async fn until_stopped<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        let stopped = self.stopped.listen();
        if self.is_stopping() {
            return None;
        }
        match first(stopped, work).await {
            First::One(()) => None,
            First::Other(done) => Some(done),
        }
    }

    /// Waits until a call can be handed over.
    async fn room(&self) {
        while let Some(freed) = self.export.is_full() {
            freed.await;
        }
    }

    /// A number that no connection had before.
    fn next_number(&self) -> u64 {
        self.last_link.fetch_add(1, Ordering::Relaxed)
    }

    fn add_link(&self, number: u64, link: &Arc<Link>) {
        if self.is_stopping() {
            link.leave();
        }
        lock(&self.links).insert(number, link.clone());
    }

    fn remove_link(&self, number: u64) {
        if let Some(link) = { lock(&self.links).remove(&number) } {
            link.cut();
        }
    }

    /// Writes what is left to be written, for a while, and ends all connections.
    async fn last_words(&self, runtime: &SharedRuntime) {
        let links: Vec<_> = lock(&self.links).drain().map(|(_, link)| link).collect();
        let all = async {
            for link in &links {
                link.flush().await;
            }
        };
        // A client that does not read learns less.
        let _ = runtime.timeout(LAST_WORDS, all).await;
        links.iter().for_each(|link| link.cut());
    }

    /// Notes a client that was cut off for what it did.
    fn cut(&self, kind: ErrorKind, why: impl Into<String>) {
        let fault = self.endpoint.error(kind, Operation::Recv, why);
        let mut books = lock(&self.books);
        books.counters.cut += 1;
        books.faults.note(fault);
    }

    /// Notes a client that was turned away for who it is.
    fn refuse(&self, fault: Error) {
        let mut books = lock(&self.books);
        books.counters.refused += 1;
        books.faults.note(fault);
    }

    /// Notes what went wrong with the server itself.
    fn note(&self, fault: Error) {
        lock(&self.books).faults.note(fault);
    }

    /// A client has left: whoever waits for its answer learns it.
    fn gone(&self, caller: &str) {
        lock(&self.questions).retain(|_, (asked, _)| asked != caller);
        self.export.gone(caller);
    }

    /// An answer to a question of this server, if it comes from whom it was asked.
    fn answered(&self, caller: &str, message: Message) {
        let Some(serial) = message.header().reply_serial() else { return };
        let mut questions = lock(&self.questions);
        if questions.get(&serial.get()).is_some_and(|(asked, _)| asked == caller)
            && let Some((_, sender)) = questions.remove(&serial.get())
        {
            // Nobody may wait any more.
            let _ = sender.try_send(message);
        }
    }
}

impl std::fmt::Debug for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Server").field("endpoint", self.endpoint()).finish_non_exhaustive()
    }
}
