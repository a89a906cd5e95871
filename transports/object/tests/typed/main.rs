//! Contracts as interfaces of D-Bus objects, on a bus and on sockets of their own.
#![cfg(unix)]

mod by_name;
mod callbacks;
mod calls;
mod desk;
mod foreign;
mod hostile;
#[path = "../support/mod.rs"]
mod support;
mod trouble;

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use support::Bus;

/// By when something must have happened.
const SOON: Duration = Duration::from_secs(20);

/// Where an object of this test is, and what must stay there for as long.
struct Place {
    bus: Option<Bus>,
    _folder: tempfile::TempDir,
    /// What it is called: `desk` and numbers.
    name: String,
    /// What stands behind the question mark.
    settings: String,
}

impl Place {
    /// An object on a bus of this test's own.
    fn on_bus() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let bus = Bus::start(folder.path(), "typed");
        let settings = format!("bus={}", bus.address);
        Self { bus: Some(bus), _folder: folder, name: unique(), settings }
    }

    /// An object on a socket of its own.
    fn private() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self { bus: None, _folder: folder, name: unique(), settings: "bus=none".into() }
    }

    fn endpoint(&self) -> String {
        format!("object:{}?{}", self.name, self.settings)
    }

    /// The endpoint with more settings.
    fn with(&self, settings: &str) -> String {
        format!("{}&{settings}", self.endpoint())
    }
}

fn unique() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    format!("desk-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed))
}

/// A test of an object on a bus, and of one on a socket of its own.
fn each(test: impl Fn(&Place)) {
    test(&Place::on_bus());
    test(&Place::private());
}
