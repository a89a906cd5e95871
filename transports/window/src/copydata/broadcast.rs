use super::options::{CLASS, Options};
use super::outbox::time;
use super::target::{Reaction, Target};
use samebox_core::{Deadline, Endpoint, ErrorKind, Operation, Result};
use samebox_sys::windows::window::{Patience, Unsent, Where, Window, find};
use std::time::Duration;

/// How long one window may keep the others waiting.
const EACH: Duration = Duration::from_secs(1);

/// Refuses a `*` that does not say who is meant.
pub(crate) fn check(endpoint: &Endpoint, options: &Options) -> Result<()> {
    if options.handle.is_some() {
        return Err(endpoint.invalid("`*` means every window, and `handle` one"));
    }
    if options.everyone == options.class.is_some() {
        let why = format!("`*` needs {}=, or broadcast=everyone, and not both", CLASS.name);
        let advice = "write window:*?class=NAME for every window of a class";
        return Err(endpoint.invalid(why).with_advice(advice));
    }
    Ok(())
}

/// Sends to every window that is meant; well when at least one took the message.
///
/// # Errors
/// `NotListening` when there is none of this user; what the last one did when none took it.
pub(crate) fn send(
    endpoint: &Endpoint,
    options: &Options,
    bytes: &[u8],
    deadline: Deadline,
) -> Result<()> {
    let (mut took, mut last) = (0, None);
    for window in windows(options) {
        // Those of others are not meant.
        let Ok(Some(target)) = Target::vet(window, endpoint, Operation::Send) else { continue };
        match send_one(&target, options, bytes, deadline) {
            Ok(Reaction::Took) => took += 1,
            Ok(Reaction::False) if target.max.is_none() && !options.confirm => took += 1,
            Ok(Reaction::False | Reaction::Refused(_)) => {
                last = Some((ErrorKind::Fault, "no receiver took it"));
            }
            Err(Unsent::Missing | Unsent::Died) => {}
            Err(Unsent::TimedOut) => {
                last = Some((ErrorKind::TimedOut, "no receiver answered in time"))
            }
            Err(Unsent::Denied) => {
                last = Some((ErrorKind::Denied, "Windows does not let it through"))
            }
            Err(Unsent::Failed(_)) => last = Some((ErrorKind::Io, "no receiver could be sent to")),
        }
    }
    if took > 0 {
        return Ok(());
    }
    let (kind, why) = last.unwrap_or((ErrorKind::NotListening, "there is no such window"));
    Err(endpoint.error(kind, Operation::Send, why))
}

/// Every window that is meant, of whomever.
fn windows(options: &Options) -> Vec<Window> {
    let mut found = find(Where::TopLevel, options.class.as_deref(), None);
    if !options.everyone {
        // Windows for messages only are the business of who knows their class.
        found.extend(find(Where::MessageOnly, options.class.as_deref(), None));
    }
    found
}

fn send_one(
    target: &Target,
    options: &Options,
    bytes: &[u8],
    deadline: Deadline,
) -> Result<Reaction, Unsent> {
    let left = time(deadline).map_or(EACH, |left| left.min(EACH));
    let patience = Patience { time: Some(left), unless_hung: true };
    target.send(options.id.unwrap_or_default(), bytes, patience)
}
