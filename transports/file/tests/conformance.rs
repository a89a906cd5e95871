//! The suite over this transport.

use samebox_conformance::{Suite, Variant, folder, under_wine};
use std::sync::LazyLock;
use std::time::UNIX_EPOCH;

const NO_EMPTY: &str = "an empty message cannot be told from an empty slot, so it is refused";
const ONE_SLOT: &str = "there is one slot, so `send` waits until the message before is read";

fn main() {
    let mut suite = Suite::new(&samebox_file::File).variant(Variant::new("watch", slot));
    // Polling is the same on every system, and Wine takes its time.
    if !under_wine() {
        suite = suite.variant(Variant::new("poll", |name| format!("{}?watch=poll", slot(name))));
    }
    suite
        .except("boundaries::an_empty_message_is_a_message", NO_EMPTY)
        .except("delivery::send_many_equals_sends", NO_EMPTY)
        .except("delivery::sent_before_close_is_delivered", ONE_SLOT)
        .except("boundaries::odd_payloads_arrive_whole_or_are_refused", ONE_SLOT)
        .except("crash::durable_messages_survive_their_server", ONE_SLOT)
        .except(
            "crash::a_client_of_a_killed_server_is_told_and_heals",
            "what the killed server had not read is for the next one, which hears it first",
        )
        .run();
}

/// An endpoint that no run before had: a run that was ended leaves slots with messages in them, and
/// on Wine the next one has the same process id.
fn slot(name: &str) -> String {
    static RUN: LazyLock<u128> =
        LazyLock::new(|| UNIX_EPOCH.elapsed().map_or(0, |now| now.as_nanos()));
    format!("file:{}", folder().join(format!("{name}-{}", *RUN)).display())
}
