//! Bare COM: an object whose members answer on COM's own threads, and `IDispatch` calls to it.

use crate::commands::bench::floor::Waiting;
use crate::commands::peer::{self, Attempt, Done, Taken, Tally, Trouble};
use samebox::{Endpoint, ErrorKind};
use samebox_sys::windows::com::{
    Apartment, Exception, Faces, Guid, Member, Object, Remote, Server, Variant,
};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

const SEND: i32 = 1;
const CALL: i32 = 2;

/// It is in the table of running objects of this session, whatever the endpoint says.
pub(crate) fn place(_: &Endpoint) -> Option<String> {
    Some("session".into())
}

/// Becomes the receiving end.
pub(crate) fn listen(_: &str) -> Attempt<(String, Waiting)> {
    let class = Guid::new().map_err(failed)?;
    let desk = Arc::new(Desk::new());
    let server = Server::start(class, desk.clone(), Faces::default()).map_err(failed)?;
    let far = Far { desk, _server: server };
    Ok((class.to_u128().to_string(), Box::new(|_| Ok(Box::new(far)))))
}

/// Becomes the sending end of what listens under the class `address`.
pub(crate) fn connect(_: &str, address: &str) -> Attempt<Box<dyn peer::Near>> {
    let class = Guid::from_u128(address.parse().map_err(failed)?);
    let apartment = Apartment::enter().map_err(failed)?;
    let object = Remote::active(&apartment, &class).map_err(failed)?;
    Ok(Box::new(Near { object, apartment }))
}

fn failed(cause: impl std::fmt::Debug) -> Trouble {
    Trouble::new(ErrorKind::Io, format!("bare COM failed: {cause:?}; try again"))
}

/// The sending end. The object goes before its apartment.
struct Near {
    object: Remote,
    apartment: Apartment,
}

impl Near {
    fn invoke(&self, member: i32, payload: &[u8]) -> Attempt<()> {
        let text = Variant::Text(String::from_utf8_lossy(payload).into_owned());
        self.object.invoke(&self.apartment, member, &[text]).map(drop).map_err(failed)
    }
}

impl peer::Near for Near {
    fn round_trip(&mut self, payload: &[u8]) -> Attempt<()> {
        self.invoke(CALL, payload)
    }

    fn send(&mut self, payload: &[u8]) -> Attempt<()> {
        self.invoke(SEND, payload)
    }
}

/// The object: calls wait until it is known how many there will be.
struct Desk {
    members: Vec<Member>,
    tally: Mutex<Option<Tally>>,
    changed: Condvar,
}

impl Desk {
    fn new() -> Self {
        let member =
            |name: &str, id| Member { name: name.into(), id, parameters: vec!["data".into()] };
        let members = vec![member("Send", SEND), member("Call", CALL)];
        Self { members, tally: Mutex::new(None), changed: Condvar::new() }
    }

    fn until(&self, holds: impl Fn(&Option<Tally>) -> bool) -> MutexGuard<'_, Option<Tally>> {
        let tally = self.tally.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.changed.wait_while(tally, |tally| !holds(tally));
        waited.unwrap_or_else(PoisonError::into_inner)
    }
}

impl Object for Desk {
    fn members(&self) -> &[Member] {
        &self.members
    }

    fn invoke(&self, member: i32, mut arguments: Vec<Variant>) -> Result<Variant, Exception> {
        let mut tally = self.until(Option::is_some);
        if let Some(tally) = tally.as_mut() {
            tally.add(1);
        }
        drop(tally);
        self.changed.notify_all();
        let answer = if member == CALL { arguments.pop() } else { None };
        Ok(answer.unwrap_or_default())
    }
}

/// The receiving end.
struct Far {
    desk: Arc<Desk>,
    _server: Server,
}

impl peer::Far for Far {
    fn echo(&mut self, count: u64, size: usize, done: Done<'_>) -> Attempt<()> {
        self.take(count, size, done).map(drop)
    }

    fn take(&mut self, count: u64, _: usize, _: Done<'_>) -> Attempt<Taken> {
        *self.desk.until(Option::is_none) = Some(Tally::new(count));
        self.desk.changed.notify_all();
        let mut tally = self.desk.until(|tally| tally.as_ref().is_none_or(Tally::is_whole));
        Ok(tally.take().map(|tally| tally.taken()).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::thread;

    #[test]
    fn the_two_ends_talk() {
        let (address, wait) = listen("session").expect("a class can be registered");
        let near = thread::spawn(move || {
            let mut near = connect("session", &address)?;
            let mut samples = Vec::new();
            near.round_trips(b"xx", 3, &mut samples)?;
            near.send_each(b"xx", 4).map(|()| samples.len())
        });
        let mut far = wait(&mut || false).expect("it waits for nobody");
        far.echo(3, 2, &mut || false).expect("it asks");
        assert_eq!(far.take(4, 2, &mut || false).expect("it sends").received, 4);
        assert_eq!(near.join().expect("it does not panic"), Ok(3));
    }
}
