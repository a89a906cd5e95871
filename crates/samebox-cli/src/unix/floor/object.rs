//! Bare zbus: a loop over the messages of a connection, and calls of methods, each end in one `block_on`.

use crate::commands::bench::floor::{Waiting, accepted};
use crate::commands::peer::{self, Attempt, Done, Taken, Tally, Trouble};
use crate::system::{bus, local};
use samebox::{Endpoint, ErrorKind};
use std::num::NonZeroUsize;
use std::pin::Pin;
use std::process;
use std::time::Instant;
use zbus::connection::Builder;
use zbus::export::futures_core::Stream;
use zbus::message::Type;
use zbus::{Connection, Guid, Message, MessageStream, block_on};

const PATH: &str = "/org/samebox/floor";
const INTERFACE: &str = "org.samebox.Floor";
const CALL: &str = "Call";
const SEND: &str = "Send";

/// What stands for a connection without a bus.
const NO_BUS: &str = "none";

/// The bus that an endpoint of `object:` is on, if it is on one.
pub(crate) fn place(endpoint: &Endpoint) -> Option<String> {
    Some(bus::of(endpoint).unwrap_or_else(|| NO_BUS.into()))
}

/// Becomes the receiving end at `place`.
pub(crate) fn listen(place: &str) -> Attempt<(String, Waiting)> {
    if place == NO_BUS {
        let listener = local::Listener::bind()?;
        let address = listener.address();
        let wait = move |done: Done<'_>| -> Attempt<Box<dyn peer::Far>> {
            let stream = accepted(done, || listener.accept())?;
            Ok(Box::new(Far::of(Builder::unix_stream(stream).server(Guid::generate()).p2p())?))
        };
        return Ok((address, Box::new(wait)));
    }
    let far = Far::of(Builder::address(place))?;
    let name = format!("org.samebox.floor-{}", process::id());
    block_on(far.connection.request_name(name.as_str())).map_err(failed)?;
    Ok((name, Box::new(|_| Ok(Box::new(far)))))
}

/// Becomes the sending end of what listens at `place` under `address`.
pub(crate) fn connect(place: &str, address: &str) -> Attempt<Box<dyn peer::Near>> {
    let (builder, name) = match place {
        NO_BUS => (Builder::unix_stream(local::connect(address)?).p2p(), None),
        _ => (Builder::address(place), Some(address.to_string())),
    };
    let connection = block_on(builder.build()).map_err(failed)?;
    Ok(Box::new(Near { connection, name }))
}

fn failed(error: zbus::Error) -> Trouble {
    Trouble::new(ErrorKind::Io, format!("bare zbus failed: {error}; try again"))
}

/// The sending end.
struct Near {
    connection: Connection,
    name: Option<String>,
}

impl Near {
    async fn call(&self, method: &str, payload: &str) -> zbus::Result<Message> {
        let name = self.name.as_deref();
        self.connection.call_method(name, PATH, Some(INTERFACE), method, &payload).await
    }
}

impl peer::Near for Near {
    fn round_trip(&mut self, payload: &[u8]) -> Attempt<()> {
        self.round_trips(payload, 1, &mut Vec::new())
    }

    fn round_trips(&mut self, payload: &[u8], count: u64, samples: &mut Vec<u64>) -> Attempt<()> {
        let payload = String::from_utf8_lossy(payload);
        let asked = async {
            let mut before = Instant::now();
            for _ in 0..count {
                let answer = self.call(CALL, &payload).await?;
                answer.body().deserialize::<&str>()?;
                let after = Instant::now();
                samples.push(u64::try_from((after - before).as_nanos()).unwrap_or(u64::MAX));
                before = after;
            }
            Ok(())
        };
        block_on(asked).map_err(failed)
    }

    fn send(&mut self, payload: &[u8]) -> Attempt<()> {
        self.send_each(payload, 1)
    }

    fn send_each(&mut self, payload: &[u8], count: u64) -> Attempt<()> {
        let payload = String::from_utf8_lossy(payload);
        let sent = async {
            for _ in 0..count {
                self.call(SEND, &payload).await?;
            }
            Ok(())
        };
        block_on(sent).map_err(failed)
    }
}

/// The receiving end.
struct Far {
    connection: Connection,
    messages: MessageStream,
}

impl Far {
    /// How many messages may wait in the connection.
    const QUEUE: NonZeroUsize = NonZeroUsize::new(64).expect("64 is not 0");

    fn of(builder: Builder<'_>) -> Attempt<Self> {
        let connection = block_on(builder.max_queued(Self::QUEUE).build()).map_err(failed)?;
        let messages = MessageStream::from(&connection);
        Ok(Self { connection, messages })
    }

    /// Answers so many calls by `answer`, which gets the payload's size.
    fn serve(
        &mut self,
        count: u64,
        mut answer: impl FnMut(usize) -> Option<String>,
    ) -> Attempt<()> {
        block_on(async {
            let mut left = count;
            while left > 0 {
                let message = next(&mut self.messages).await?;
                if message.message_type() != Type::MethodCall {
                    continue;
                }
                let size = message.body().deserialize::<&str>()?.len();
                let header = message.header();
                match answer(size) {
                    Some(answer) => self.connection.reply(&header, &answer).await?,
                    None => self.connection.reply(&header, &()).await?,
                }
                left -= 1;
            }
            Ok(())
        })
        .map_err(failed)
    }
}

async fn next(messages: &mut MessageStream) -> zbus::Result<Message> {
    let next = std::future::poll_fn(|context| Pin::new(&mut *messages).poll_next(context));
    next.await
        .unwrap_or_else(|| Err(std::io::Error::from(std::io::ErrorKind::UnexpectedEof).into()))
}

impl peer::Far for Far {
    fn echo(&mut self, count: u64, size: usize, _: Done<'_>) -> Attempt<()> {
        let answer = "y".repeat(size);
        self.serve(count, |_| Some(answer.clone()))
    }

    fn take(&mut self, count: u64, _: usize, _: Done<'_>) -> Attempt<Taken> {
        let mut tally = Tally::new(count);
        self.serve(count, |_| {
            tally.add(1);
            None
        })?;
        Ok(tally.taken())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::thread;

    #[test]
    fn the_two_ends_talk_without_a_bus() {
        let (address, wait) = listen(NO_BUS).expect("a socket can be made");
        let near = thread::spawn(move || {
            let mut near = connect(NO_BUS, &address)?;
            let mut samples = Vec::new();
            near.round_trips(b"xx", 3, &mut samples)?;
            near.send_each(b"xx", 4).map(|()| samples.len())
        });
        let mut far = wait(&mut || false).expect("the other end comes");
        far.echo(3, 2, &mut || false).expect("it asks");
        assert_eq!(far.take(4, 2, &mut || false).expect("it sends").received, 4);
        assert_eq!(near.join().expect("it does not panic"), Ok(3));
    }
}
