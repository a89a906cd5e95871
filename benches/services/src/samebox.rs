//! samebox: plain calls, and a contract over them and over WCF's wire.

use crate::subject::{Echo, Outcome};
use samebox::{Client, Deadline};
use std::path::Path;
use std::time::Duration;

/// An echo as a service.
#[samebox::contract]
pub(crate) trait Mirror {
    /// Gives back what it is given.
    fn echo(&self, text: &str) -> String;
    /// Takes it.
    #[one_way]
    fn tell(&self, text: &str);
}

struct Glass;

impl Mirror for Glass {
    fn echo(&self, text: &str) -> String {
        text.to_owned()
    }

    fn tell(&self, _: &str) {}
}

pub(crate) fn unix(path: &Path) -> String {
    format!("unix:{}", path.display())
}

pub(crate) fn net_uds(path: &Path) -> String {
    format!("net.uds:{}", path.display())
}

pub(crate) fn serve_plain(path: &Path, ready: &mut dyn FnMut()) -> Outcome<()> {
    let mut server = samebox::bind(&unix(path))?;
    ready();
    loop {
        let mut message = server.recv(Deadline::NEVER)?;
        if message.can_reply() {
            let payload = message.payload().to_vec();
            message.reply(payload)?;
        }
    }
}

pub(crate) fn serve_contract(endpoint: &str, ready: &mut dyn FnMut()) -> Outcome<()> {
    let _serving = samebox::serve(endpoint, MirrorHost::shared(Glass).with_threads(1))?;
    ready();
    loop {
        std::thread::park();
    }
}

struct Plain(Client);

pub(crate) fn connect_plain(path: &Path) -> Outcome<Box<dyn Echo>> {
    Ok(Box::new(Plain(samebox::connect(&unix(path))?)))
}

impl Echo for Plain {
    fn echo(&mut self, text: &str) -> Outcome<String> {
        let answer = self.0.call(text, Duration::from_secs(10))?;
        Ok(String::from_utf8(answer.into())?)
    }

    fn tell(&mut self, text: &str) -> Outcome<bool> {
        self.0.send(text)?;
        Ok(true)
    }
}

struct Typed(MirrorClient);

pub(crate) fn connect_contract(endpoint: &str) -> Outcome<Box<dyn Echo>> {
    Ok(Box::new(Typed(MirrorClient::connect(endpoint)?)))
}

impl Echo for Typed {
    fn echo(&mut self, text: &str) -> Outcome<String> {
        Ok(self.0.echo(text)?)
    }

    fn tell(&mut self, text: &str) -> Outcome<bool> {
        self.0.tell(text)?;
        Ok(true)
    }
}
