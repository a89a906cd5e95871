use crate::session::{Inbound, NoRecord, write_whole};
use samebox_core::Deadline;
use samebox_stream::Duplex;
use samebox_wcf_wire as wire;
use samebox_wcf_wire::framing::{Answer, Fault, Limits, Opening, Preamble, Record, decode};
use std::io;
use std::time::Duration;

/// How a preamble ended.
pub(super) enum Opens {
    /// Whole: the client waits to be told whether a service is there.
    At(Opening),
    /// The client went away without a word, as it may.
    Left,
    /// It is refused with this fault.
    Refused(Fault),
    /// It is no preamble, or did not come in time.
    Broken(NoRecord),
}

/// Takes in a preamble; its first byte may take `patience`, and the rest as long as records may.
pub(super) fn receive(
    link: &dyn Duplex,
    inbound: &mut Inbound,
    upgrades: &'static [&'static str],
    patience: Deadline,
    stall: Option<Duration>,
) -> Opens {
    let mut preamble = Preamble::new(upgrades);
    let limits = Limits::default();
    let mut by = patience;
    loop {
        let length = match inbound.record(link, &limits, by) {
            Ok(length) => length,
            Err(NoRecord::Wrong(error)) => return refusal(error),
            Err(NoRecord::Late | NoRecord::Closed) if preamble.is_untouched() => {
                return Opens::Left;
            }
            Err(other) => return Opens::Broken(other),
        };
        if preamble.is_untouched() {
            by = stall.map_or(Deadline::NEVER, Deadline::after);
        }
        let step = match decode(inbound.bytes(), &limits) {
            Ok((record, _)) => preamble.record(&record),
            Err(error) => Err(error),
        };
        inbound.pass(length);
        match step {
            Ok(Answer::More) => {}
            Ok(Answer::Ready(opening)) => return Opens::At(opening),
            Ok(Answer::Refuse(fault)) => return Opens::Refused(fault),
            Ok(Answer::Upgrade) => {
                if let Err(error) = answer(link, &Record::UpgradeResponse, by) {
                    return Opens::Broken(NoRecord::Failed(error));
                }
            }
            Err(error) => return refusal(error),
        }
    }
}

fn refusal(error: wire::Error) -> Opens {
    match Fault::for_error(&error) {
        Some(fault) => Opens::Refused(fault),
        None => Opens::Broken(NoRecord::Wrong(error)),
    }
}

/// Writes one record.
pub(super) fn answer(link: &dyn Duplex, record: &Record<'_>, by: Deadline) -> io::Result<()> {
    let mut bytes = Vec::new();
    record.encode(&mut bytes);
    write_whole(link, &bytes, by)
}

/// How much of a refused client is read so that it gets its fault, and how long.
const DRAINED: usize = 64 << 10;
const DRAINING: Duration = Duration::from_secs(5);

/// Tells a client why it is refused, and reads on so that it can read that.
pub(super) fn refuse(link: &dyn Duplex, fault: Fault) {
    let by = Deadline::after(DRAINING);
    if answer(link, &Record::Fault(&fault.uri()), by).is_err() {
        return;
    }
    let mut buffer = Vec::with_capacity(4096);
    let mut left = DRAINED;
    while left > 0 {
        buffer.clear();
        match link.read(&mut buffer, by) {
            Ok(length) if length > 0 => left = left.saturating_sub(length),
            _ => return,
        }
    }
}
