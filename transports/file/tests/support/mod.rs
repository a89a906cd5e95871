//! What the tests of this transport share: a folder with a slot in it, and both sides of it.

#![allow(dead_code, reason = "each test program uses its part of it")]

use samebox_core::{Deadline, Endpoint, ErrorKind, Inbox, Outbox, Result, Transport};
use samebox_file::{File, FileInbox, FileOutbox};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// A folder that is removed at the end, with the path of a slot in it.
pub(crate) struct Folder(tempfile::TempDir);

impl Folder {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn slot(&self) -> PathBuf {
        self.path().join("slot")
    }

    pub(crate) fn lock(&self) -> PathBuf {
        self.path().join("slot.server")
    }

    /// The slot's endpoint with settings, `a=1&b=2`.
    pub(crate) fn endpoint(&self, settings: &str) -> Endpoint {
        endpoint(&self.slot(), settings)
    }

    pub(crate) fn bind(&self, settings: &str) -> Result<FileInbox> {
        File.bind(&self.endpoint(settings))
    }

    pub(crate) fn connect(&self, settings: &str) -> Result<FileOutbox> {
        File.connect(&self.endpoint(settings), Deadline::now())
    }

    pub(crate) fn pair(&self, settings: &str) -> (FileInbox, FileOutbox) {
        (self.bind(settings).unwrap(), self.connect(settings).unwrap())
    }

    pub(crate) fn content(&self) -> Vec<u8> {
        std::fs::read(self.slot()).unwrap()
    }
}

pub(crate) fn endpoint(path: &Path, settings: &str) -> Endpoint {
    let bare: Endpoint = "file:x".parse().unwrap();
    let pairs = settings.split('&').filter_map(|setting| setting.split_once('='));
    let bare = bare.with_name(path.to_str().unwrap());
    pairs.fold(bare, |endpoint, (name, value)| endpoint.with_setting(name, value))
}

/// Long enough for anything that is going to happen.
pub(crate) fn soon() -> Deadline {
    Deadline::after(Duration::from_secs(20))
}

pub(crate) fn send(client: &mut FileOutbox, payload: &[u8]) -> Result<(), ErrorKind> {
    client.send(payload.into(), Deadline::now()).map_err(|error| error.kind())
}

pub(crate) fn recv(server: &mut FileInbox) -> Vec<u8> {
    server.recv(soon()).unwrap().payload().to_vec()
}

pub(crate) fn kind<T>(result: Result<T>) -> ErrorKind {
    match result {
        Ok(_) => panic!("it succeeded"),
        Err(error) => error.kind(),
    }
}
