//! What typed and plain services share: which call a message is, and what it is answered with.

use crate::address;
use crate::server::settled;
use crate::session::{Arrival, Handler, NotSent, Session, Side};
use samebox_core::Deadline;
use samebox_wcf_wire::dictionary::Sent;
use samebox_wcf_wire::nbfx::Writer;
use samebox_wcf_wire::soap::{
    ACTION_ADDRESSING_FAULT, ACTION_FAULT, Code, Fault, Id, Incoming, Outgoing,
};
use std::sync::Arc;
use std::time::Duration;

/// How long an answer may take to leave.
const LEAVING: Duration = Duration::from_secs(60);

/// What an answer says about the call that it is for.
#[derive(Debug)]
pub(crate) struct ReplyTo {
    pub(crate) id: Id<'static>,
    /// Where a service wants the answer of its client to go.
    to: Option<String>,
}

/// A fault, and the action that it goes under.
pub(crate) type Refusal = Box<(&'static str, Fault<'static>)>;

impl ReplyTo {
    /// `None` for a message that expects no answer.
    pub(crate) fn of(incoming: &Incoming<'_>, side: Side) -> Option<Self> {
        let id = incoming.message_id.clone()?.into_owned();
        let to = match side {
            Side::Server => None,
            Side::Client => incoming.reply_to.as_ref().map(|to| to.clone().into_owned()),
        };
        Some(Self { id, to })
    }

    /// The headers of the answer, under an action that comes again.
    pub(crate) fn head<'a>(&'a self, action: &'a str, session: &'a Session) -> Outgoing<'a> {
        match session.side() {
            Side::Server => Outgoing::reply(action, &self.id),
            Side::Client => {
                let to = self.to.as_deref().unwrap_or(session.uri());
                Outgoing::callback_reply(action, &self.id, to)
            }
        }
    }
}

/// Why a message is no call that can be executed here, whatever its body says.
pub(crate) fn refusal(incoming: &Incoming<'_>, session: &Session) -> Option<Refusal> {
    if let Some((namespace, name)) = incoming.not_understood {
        let why = format!("the header `{name}` of `{namespace}` is not understood here");
        return Some(Box::new((ACTION_FAULT, Fault::new(Code::MustUnderstand, why))));
    }
    if session.side() == Side::Server && !is_to(incoming, session) {
        let to = incoming.to.as_deref().unwrap_or("nobody");
        let why = format!("the message is for {to}, and this is {}", session.uri());
        return Some(Box::new((ACTION_FAULT, Fault::destination_unreachable(why))));
    }
    None
}

/// Whether a message is for this service: hosts and ports have many names, paths have one.
fn is_to(incoming: &Incoming<'_>, session: &Session) -> bool {
    let Some(to) = incoming.to.as_deref() else { return false };
    if session.known_to.get().is_some_and(|known| known == to) {
        return true;
    }
    let path = |uri: &str| address::path_of(uri).map(|path| settled(&path));
    let is_same = path(to) == path(session.uri());
    if is_same {
        // The next ones are the same text.
        let _ = session.known_to.set(to.to_owned());
    }
    is_same
}

/// The answer to a call that no operation takes.
pub(crate) fn unknown_action(incoming: &Incoming<'_>) -> Refusal {
    let action = incoming.action.as_deref().unwrap_or("");
    let why = format!("no operation here has the action `{action}`");
    Box::new((ACTION_ADDRESSING_FAULT, Fault::action_not_supported(why)))
}

/// Answers with a fault; without a detail.
pub(crate) fn send_fault(
    session: &Arc<Session>,
    reply_to: &ReplyTo,
    refusal: &Refusal,
) -> Result<(), NotSent> {
    let (action, fault) = &**refusal;
    session.send(Deadline::after(LEAVING), |out, words| {
        write_fault(out, words, &reply_to.id, action, fault);
        Ok(())
    })
}

/// Writes a fault without a detail.
pub(crate) fn write_fault(
    out: &mut Vec<u8>,
    words: Option<&mut Sent>,
    relates_to: &Id<'_>,
    action: &str,
    fault: &Fault<'_>,
) {
    let mut writer = Writer::new(out, words);
    Outgoing::fault(action, Some(relates_to)).start(&mut writer);
    fault.write(&mut writer, None::<fn(&mut Writer<'_>)>);
    Outgoing::finish(&mut writer);
}

/// By when an answer must have left.
pub(crate) fn answer_by() -> Deadline {
    Deadline::after(LEAVING)
}

/// Answers calls where nobody expects any.
pub(crate) struct Stranger;

impl Handler for Stranger {
    fn call(&self, session: &Arc<Session>, call: &mut Arrival) {
        let read = call.read(|incoming, _| {
            (ReplyTo::of(&incoming, session.side()), unknown_action(&incoming))
        });
        if let Ok((Some(reply_to), refusal)) = read {
            // A service that cannot be told is found to be gone by whoever reads.
            let _ = send_fault(session, &reply_to, &refusal);
        }
    }
}
