use super::answer::Kind as AnswerKind;
use super::header::{Header, Kind};
use super::needs;
use super::pool::Pool;
use super::respond::Responder;
use super::service::Service;
use super::session::Call;
use super::sessions::Sessions;
use samebox_core::typed::{Hosted, Instances};
use samebox_core::{
    DEFAULT_MAX, DynTransport, Endpoint, Error, ErrorKind, Inbox, MAX, Message, Operation, Result,
    Stopper,
};
use samebox_data::Contract;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread::{self, JoinHandle, ThreadId};
use std::time::Duration;

/// Offers a service whose calls travel as messages.
pub(crate) fn bind(
    transport: &dyn DynTransport,
    endpoint: &Endpoint,
    contract: &'static Contract,
    instances: Arc<dyn Instances>,
    threads: usize,
) -> Result<Box<dyn Hosted>> {
    needs::check(transport, endpoint, contract, Operation::Bind)?;
    let inbox = transport.bind(endpoint)?;
    let largest = transport.capabilities().largest;
    let largest = endpoint.size(MAX, DEFAULT_MAX.min(largest), largest)?;
    // A method that waits for its client needs another thread to receive the client's answer.
    let threads = if contract.callback.is_some() { threads.max(2) } else { threads };
    let pool = (threads > 1).then(|| Arc::new(Pool::new()));
    let bound = inbox.endpoint().clone();
    let service = Arc::new(Service::new(contract, instances, bound, largest, pool.clone()));
    let mut receiver = Receiver {
        inbox,
        service: Arc::clone(&service),
        pool: pool.clone(),
        workers: Vec::new(),
        sessions: Sessions::new(),
        out: Vec::new(),
    };
    let stopper = receiver.inbox.stopper();
    let mut server = Server { stopper, service, pool, own: Vec::new(), receiver: None };
    if let Some(pool) = &server.pool {
        for _ in 0..threads {
            let pool = Arc::clone(pool);
            receiver.workers.push(spawn("samebox-calls", endpoint, move || pool.work())?);
        }
    }
    let workers = receiver.workers.iter().map(|worker| worker.thread().id());
    server.own.extend(workers);
    let receiver = spawn("samebox-receiver", endpoint, move || receiver.run())?;
    server.own.push(receiver.thread().id());
    server.receiver = Some(receiver);
    Ok(Box::new(server))
}

fn spawn(
    name: &str,
    endpoint: &Endpoint,
    run: impl FnOnce() + Send + 'static,
) -> Result<JoinHandle<()>> {
    thread::Builder::new().name(name.into()).spawn(run).map_err(|error| {
        let why = "the operating system gives no thread for it";
        endpoint.error(ErrorKind::Io, Operation::Bind, why).with_source(error)
    })
}

/// A service that is being offered.
struct Server {
    stopper: Stopper,
    service: Arc<Service>,
    pool: Option<Arc<Pool>>,
    /// All of its threads.
    own: Vec<ThreadId>,
    receiver: Option<JoinHandle<()>>,
}

impl Hosted for Server {
    fn endpoint(&self) -> &Endpoint {
        &self.service.endpoint
    }

    fn take_fault(&mut self) -> Option<Error> {
        self.service.take_fault()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(pool) = &self.pool {
            pool.stop();
        }
        self.stopper.stop();
        // A method that drops its own host cannot wait for its own end.
        if !self.own.contains(&thread::current().id())
            && let Some(receiver) = self.receiver.take()
        {
            // Its panic was printed where it happened.
            let _ = receiver.join();
        }
    }
}

/// What the receiving thread works with.
struct Receiver {
    inbox: Box<dyn Inbox>,
    service: Arc<Service>,
    pool: Option<Arc<Pool>>,
    workers: Vec<JoinHandle<()>>,
    sessions: Sessions,
    out: Vec<u8>,
}

/// Pause after a failure to receive, so that one that stays costs little.
const PAUSE: Duration = Duration::from_millis(50);

impl Receiver {
    fn run(mut self) {
        loop {
            match self.inbox.recv(self.sessions.next_look()) {
                Ok(message) => self.take_safely(message),
                Err(error) if error.kind() == ErrorKind::TimedOut => self.sessions.look(),
                Err(error) if error.kind() == ErrorKind::Stopped => break,
                Err(error) => {
                    self.service.note(error);
                    thread::sleep(PAUSE);
                }
            }
            while let Some(fault) = self.inbox.take_fault() {
                self.service.note(fault);
            }
        }
        self.sessions.end_all();
        // The inbox goes last: calls under way still answer through it.
        for worker in self.workers.drain(..) {
            let _ = worker.join();
        }
    }

    /// Handles a message; a panic in the drop of a session's object must not end the service.
    fn take_safely(&mut self, message: Message) {
        if catch_unwind(AssertUnwindSafe(|| self.take(message))).is_err() {
            self.service.note_words(ErrorKind::Fault, "an object of the service panicked");
        }
    }

    fn take(&mut self, message: Message) {
        let header = match Header::read(message.payload()) {
            Ok(header) => header,
            Err(why) => return self.refuse(message, true, ErrorKind::Malformed, why),
        };
        let asks = !matches!(header.kind, Kind::OneWay | Kind::Bye);
        if asks && !message.can_reply() {
            return self.refuse(message, false, ErrorKind::Malformed, "it cannot be answered");
        }
        if header.fingerprint != self.service.fingerprint {
            return self.mismatch(message, asks);
        }
        match header.kind {
            Kind::Hello => answer(message, &AnswerKind::Welcome.alone(), &self.service),
            Kind::Bye => self.sessions.bye(&header.session, message.peer()),
            Kind::Listen => self.listen(&header, message),
            Kind::Call | Kind::OneWay => self.call(header, message),
        }
    }

    fn call(&mut self, header: Header, message: Message) {
        let asks = header.kind == Kind::Call;
        let session = match self.sessions.of(header.session, message.peer(), &self.service) {
            Ok(session) => session,
            Err((kind, why)) => return self.refuse(message, asks, kind, why),
        };
        let call = Call { header, message };
        let Some(pool) = &self.pool else {
            return session.execute(call, &mut self.out);
        };
        if let Err(call) = pool.push(session, call) {
            let why = "too many calls wait to be handled";
            self.refuse(call.message, asks, ErrorKind::Full, why);
        }
    }

    fn listen(&mut self, header: &Header, message: Message) {
        let rest = message.payload()[Header::LENGTH..].to_vec();
        let Some((number, ended)) = rest.split_first_chunk() else {
            let why = "it does not say what came last";
            return self.refuse(message, true, ErrorKind::Malformed, why);
        };
        let fresh = header.operation == 0;
        match self.sessions.of(header.session, message.peer(), &self.service) {
            Err((kind, why)) => self.refuse(message, true, kind, why),
            Ok(session) => match &session.back {
                Some(back) => back.listen(message, fresh, u64::from_be_bytes(*number), ended),
                None => {
                    let why = "the contract has no calls back to listen for";
                    self.refuse(message, true, ErrorKind::Unsupported, why);
                }
            },
        }
    }

    /// Tells a client of another contract which one is offered here.
    fn mismatch(&self, message: Message, asks: bool) {
        let name = &self.service.contract.name;
        let why = format!("{} has not the same {name} as this service", message.peer());
        self.service.note_words(ErrorKind::Mismatch, why);
        if asks {
            answer(message, &self.service.mismatch, &self.service);
        }
    }

    /// Notes what is wrong with a message, and tells its sender where that is possible.
    fn refuse(&mut self, message: Message, asks: bool, kind: ErrorKind, why: &str) {
        let note = format!("a message of {} was refused: {why}", message.peer());
        self.service.note_words(kind, note);
        if asks {
            Responder::new(&mut self.out).refuse(kind, why);
            answer(message, &self.out, &self.service);
        }
    }
}

/// Answers a message that may not wait for an answer.
fn answer(mut message: Message, bytes: &[u8], service: &Service) {
    if message.can_reply()
        && let Err(error) = message.reply(bytes)
    {
        service.note(error);
    }
}
