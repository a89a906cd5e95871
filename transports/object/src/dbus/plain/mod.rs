//! Plain messages as calls: `Send` for what is sent, `Call` for questions, in text or in bytes.

mod answer;
mod inbox;
mod outbox;
mod payload;

pub use inbox::ObjectInbox;
pub use outbox::ObjectOutbox;

/// The interface of plain messages.
const INTERFACE: &str = "org.samebox.Messages1";

/// The error that carries a fault in the server's words.
const FAULT: &str = "org.samebox.Error.Fault";

/// The methods, for text and for bytes.
const SEND: [&str; 2] = ["Send", "SendBytes"];
const CALL: [&str; 2] = ["Call", "CallBytes"];

/// The signals that tell everybody of what was sent, for text and for bytes.
const RECEIVED: [&str; 2] = ["Received", "ReceivedBytes"];
