use super::calls::{Calls, Outcome};
use crate::options::Options;
use crate::ring::memory::{Reads, Shared, Word, Words};
use crate::ring::{Broken, Consumer, Kind, Place, Producer, Sleeper};
use crate::spin::{Spin, Told};
use crate::system::{self, ClientLine};
use crate::terms::Terms;
use samebox_core::{Bytes, Peer};
use samebox_stream::{Channel, Connector, NamedConnector, Pool};
use samebox_sys::memory::OwnWords;
use std::io;

/// One connection to one server.
pub(super) struct Connection {
    pub(super) line: ClientLine,
    peer: Peer,
    pub(super) words: OwnWords,
    pub(super) producer: Producer<Shared>,
    pub(super) sleeper: Sleeper<Shared>,
    pub(super) spin: Spin,
    /// The server's side, once it has told of it.
    pub(super) server: Option<Server>,
    /// What came from it instead of a welcome was none.
    pub(super) is_refused: bool,
    max: usize,
    pool: Pool,
    dropped: u64,
    /// When the life line was last looked at, as a coarse clock tells.
    looked: u64,
    /// The core that this client was last said to run on.
    core: Told,
}

/// What is known of a server that has let this client in.
pub(super) struct Server {
    pub(super) consumer: Consumer<Shared>,
    /// The largest payload it takes.
    max: usize,
}

impl Connection {
    /// Introduces this client; the server's side comes when it gets to it.
    pub(super) fn new(
        channel: <NamedConnector as Connector>::Channel,
        options: &Options,
    ) -> io::Result<Self> {
        let peer = channel.peer().clone();
        let offer = Terms::offer(options);
        let (own, pass) = system::create(offer.layout.length())?;
        let mut line = ClientLine::new(channel);
        line.introduce(offer, &pass)?;
        let words = own.words();
        words.store(Word::Barrier, system::can_order().into());
        let producer = Producer::new(own, words.clone(), offer.layout, options.capacity);
        Ok(Self {
            line,
            peer,
            sleeper: Sleeper::new(words.clone()),
            words,
            producer,
            spin: Spin::default(),
            server: None,
            is_refused: false,
            max: options.max,
            pool: Pool::default(),
            dropped: 0,
            looked: system::coarse_time(),
            core: Told::default(),
        })
    }

    pub(super) fn peer(&self) -> &Peer {
        &self.peer
    }

    /// The largest payload that the server takes, as far as is known.
    #[inline]
    pub(super) fn max(&self) -> usize {
        self.server.as_ref().map_or(usize::MAX, |server| server.max)
    }

    /// Whether the server is there; asks the system only now and then, as that takes a while.
    #[inline]
    pub(super) fn is_alive(&mut self) -> bool {
        if self.server.is_none() && !self.is_welcome() {
            return false;
        }
        // A welcome may be all that is left of a server.
        let Some(server) = &self.server else { return true };
        if server.consumer.peer().word(Word::Closed as usize).load_relaxed() != 0 {
            return false;
        }
        let now = system::coarse_time();
        now == self.looked || {
            self.looked = now;
            !self.line.has_ended()
        }
    }

    /// Whether the server is there, asking the system.
    pub(super) fn is_alive_now(&mut self) -> bool {
        self.is_alive() && !self.line.has_ended()
    }

    /// Takes in the server's welcome, if it is there; `false` when the server is not.
    #[cold]
    fn is_welcome(&mut self) -> bool {
        if self.is_refused {
            return false;
        }
        match self.line.welcome() {
            Ok(None) => true,
            Ok(Some((terms, theirs))) => {
                if theirs.load(Word::Barrier) != 1 {
                    self.producer.keep_fences();
                }
                let way = self.producer.attach(theirs.clone());
                let consumer = Consumer::new(self.words.clone(), theirs, terms.layout, self.max);
                self.server = Some(Server { consumer, max: terms.max });
                // The line is looked at next.
                self.looked = 0;
                self.tell_core();
                if way.is_some() {
                    self.line.ring();
                }
                true
            }
            Err(_) => {
                // It is not told again.
                self.is_refused = true;
                false
            }
        }
    }

    /// Tells the server of what was written, and wakes it if it sleeps.
    #[inline]
    pub(super) fn publish(&mut self) {
        if self.producer.publish().is_some() {
            self.line.ring();
        }
        if self.server.is_none() {
            // It may have welcomed this client and gone to sleep just before, having seen nothing; then
            // the welcome is there now. If it is not, the server has yet to look.
            self.is_welcome();
        }
    }

    /// How many bytes of records the server has left unread.
    pub(super) fn unread(&mut self) -> u64 {
        self.producer.unread()
    }

    pub(super) fn count_dropped(&mut self) {
        self.dropped += 1;
        self.words.store(Word::Dropped, self.dropped);
    }

    /// Says which core this client runs on; tells whether the server runs on another.
    pub(super) fn tell_core(&mut self) -> bool {
        self.core.tell(system::core(), &self.words);
        self.server.as_ref().is_some_and(|server| self.core.is_apart(server.consumer.peer()))
    }

    /// Takes in all answers that are there; tells whether there were any.
    ///
    /// # Errors
    /// `InvalidData` when the server breaks the rules.
    #[inline]
    pub(super) fn take_in(&mut self, calls: &mut Calls) -> io::Result<bool> {
        let Some(server) = &mut self.server else { return Ok(false) };
        let mut any = false;
        while let Some(seen) = server.consumer.read().map_err(broken)? {
            let payload = match seen.place {
                Place::Copied(at, length) => {
                    Bytes::copy_from_slice(server.consumer.copied(at, length))
                }
                Place::Theirs(at, length) => server.consumer.copy_out(at, length, &self.pool),
            };
            let is_asked = match seen.kind {
                Kind::Reply(number) => calls.answered(number, Outcome::Answer(payload)),
                Kind::Fault(number) => {
                    let words = String::from_utf8_lossy(&payload).into_owned();
                    calls.answered(number, Outcome::Fault(words))
                }
                Kind::Message | Kind::Call(_) => false,
            };
            if !is_asked {
                return Err(broken(Broken::Malformed("it sent what nobody asked for")));
            }
            any = true;
            if server.consumer.release(false).is_some() {
                self.line.ring();
            }
        }
        Ok(any)
    }

    /// Tells the server how far its ring is free.
    pub(super) fn release(&mut self) {
        if let Some(server) = &mut self.server
            && server.consumer.release(true).is_some()
        {
            self.line.ring();
        }
    }
}

fn broken(broken: Broken) -> io::Error {
    let why = match broken {
        Broken::Malformed(why) => why.into(),
        Broken::TooLarge(length) => format!("an answer of {length} bytes came, more than `max`"),
    };
    io::Error::new(io::ErrorKind::InvalidData, why)
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.words.store(Word::Closed, 1);
    }
}
