use super::Id;
use crate::dictionary::id;
use crate::nbfx::{Name, Writer};

const ANONYMOUS: Name<'static> = Name::Id(id::ANONYMOUS);

/// The headers of a message to be written.
///
/// Action and To are [`Name`]s: a `&str` goes into the session's dictionary, so that it costs two bytes
/// from the second message on.
#[derive(Clone, Copy, Debug)]
pub struct Outgoing<'a> {
    /// What is asked for or answered.
    pub action: Name<'a>,
    /// The message that this one answers.
    pub relates_to: Option<&'a Id<'a>>,
    /// The id that an answer will repeat.
    pub message_id: Option<&'a Id<'a>>,
    /// Where an answer goes.
    pub reply_to: Option<Name<'a>>,
    /// Where the message goes.
    pub to: Option<Name<'a>>,
}

impl<'a> Outgoing<'a> {
    const fn new(action: Name<'a>, to: Name<'a>) -> Self {
        Self { action, relates_to: None, message_id: None, reply_to: None, to: Some(to) }
    }

    /// A message to a server that expects no answer.
    pub fn one_way(action: &'a str, to: &'a str) -> Self {
        Self::new(Name::Known(action), Name::Known(to))
    }

    /// A question to a server.
    pub fn request(action: &'a str, to: &'a str, message_id: &'a Id<'a>) -> Self {
        let (message_id, reply_to) = (Some(message_id), Some(ANONYMOUS));
        Self { message_id, reply_to, ..Self::one_way(action, to) }
    }

    /// The answer to a request.
    pub fn reply(action: &'a str, relates_to: &'a Id<'a>) -> Self {
        Self { relates_to: Some(relates_to), ..Self::new(Name::Known(action), ANONYMOUS) }
    }

    /// The fault that answers a request, under one of the actions beside [`Fault`](super::Fault).
    pub fn fault(action: &'a str, relates_to: Option<&'a Id<'a>>) -> Self {
        Self { relates_to, ..Self::new(Name::Inline(action), ANONYMOUS) }
    }

    /// A message from a server to its client that expects no answer.
    pub fn callback(action: &'a str) -> Self {
        Self::new(Name::Known(action), ANONYMOUS)
    }

    /// A question from a server, which is at `reply_to`, to its client.
    pub fn callback_request(action: &'a str, message_id: &'a Id<'a>, reply_to: &'a str) -> Self {
        let (message_id, reply_to) = (Some(message_id), Some(Name::Inline(reply_to)));
        Self { message_id, reply_to, ..Self::callback(action) }
    }

    /// The answer to a callback; `to` is its ReplyTo.
    pub fn callback_reply(action: &'a str, relates_to: &'a Id<'a>, to: &'a str) -> Self {
        // A peer chose this address, so it does not enter the dictionary.
        Self { relates_to: Some(relates_to), ..Self::new(Name::Known(action), Name::Inline(to)) }
    }

    /// Writes the envelope up to the start of its body.
    pub fn start(&self, writer: &mut Writer<'_>) {
        writer.start("s", Name::Id(id::ENVELOPE));
        writer.xmlns("s", Name::Id(id::SOAP));
        writer.xmlns("a", Name::Id(id::ADDRESSING));
        writer.start("s", Name::Id(id::HEADER));
        must_understand(writer, id::ACTION, self.action);
        for (name, value) in [(id::RELATES_TO, self.relates_to), (id::MESSAGE_ID, self.message_id)]
        {
            if let Some(value) = value {
                writer.start("a", Name::Id(name));
                writer.text(value.text());
                writer.end();
            }
        }
        if let Some(address) = self.reply_to {
            writer.start("a", Name::Id(id::REPLY_TO));
            writer.start("a", Name::Id(id::ADDRESS));
            writer.word(address);
            writer.end();
            writer.end();
        }
        if let Some(to) = self.to {
            must_understand(writer, id::TO, to);
        }
        writer.end();
        writer.start("s", Name::Id(id::BODY));
    }

    /// Ends the body and the envelope.
    pub fn finish(writer: &mut Writer<'_>) {
        writer.end();
        writer.end();
    }
}

fn must_understand(writer: &mut Writer<'_>, name: u32, value: Name<'_>) {
    writer.start("a", Name::Id(name));
    writer.attribute("s", Name::Id(id::MUST_UNDERSTAND), 1);
    writer.word(value);
    writer.end();
}
