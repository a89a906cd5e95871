//! Two users on one machine: who may connect, who may own a server, whose names are left alone.
//!
//! The other user is `nobody`, and this program becomes it, which only root may; others run no test here.
#![cfg(target_os = "linux")]

mod support;

use samebox_core::{Call, Deadline, Endpoint, Error, ErrorKind, Inbox, Outbox, Transport, User};
use samebox_shm::Shm;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::sync::MutexGuard;
use std::time::Duration;
use support::another::{self, Another};
use support::{alone, ask, bind, connect, recv_within, serve_until, soon};

const NOBODY: u32 = 65534;
/// A user without a name.
const STRANGER: u32 = 65533;

#[test]
fn another_process() {
    another::play(&[("connect", try_to_connect), ("bind", try_to_bind), ("serve", serve)]);
}

/// Says how it went: its kind and its words, or `ok`.
fn tell(outcome: Result<(), Error>, expected: &str) {
    let said = outcome.map_or_else(|error| format!("{} {error}", error.kind()), |()| "ok".into());
    assert!(said.contains(expected), "`{said}` instead of `{expected}`");
}

fn try_to_connect(expected: &str, endpoint: &Endpoint) {
    let outcome = Shm.connect(endpoint, Deadline::now()).and_then(|mut client| {
        let deadline = soon();
        let call = client.request(b"hello"[..].into(), deadline)?;
        client.response(call, deadline).map(drop)
    });
    tell(outcome, expected);
}

fn try_to_bind(expected: &str, endpoint: &Endpoint) {
    tell(Shm.bind(endpoint).map(drop), expected);
}

fn serve(_: &str, endpoint: &Endpoint) {
    let mut server = bind(endpoint);
    another::ready();
    serve_until(&mut server, || false);
}

/// A folder that both users may use, as `/tmp` is, with this program in it.
///
/// One test at a time: while another process starts, nobody may be writing the program.
struct Shared {
    folder: tempfile::TempDir,
    _alone: MutexGuard<'static, ()>,
}

impl Shared {
    /// `None` where this is not root.
    fn new() -> Option<Self> {
        if !rustix::process::geteuid().is_root() {
            return None;
        }
        let _alone = alone();
        let folder = tempfile::tempdir().unwrap();
        std::fs::copy(std::env::current_exe().unwrap(), folder.path().join("program")).unwrap();
        std::fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o1777)).unwrap();
        Some(Self { folder, _alone })
    }

    fn endpoint(&self, settings: &str) -> Endpoint {
        format!("shm:{}/s{settings}", self.folder.path().display()).parse().unwrap()
    }

    /// This program in a role, as another user.
    fn command(&self, user: u32, role: &str, endpoint: &Endpoint) -> Command {
        let known = another::command(role, endpoint);
        let mut command = Command::new(self.folder.path().join("program"));
        command.args(known.get_args());
        command.envs(known.get_envs().map(|(name, value)| (name, value.unwrap())));
        command.env_remove("XDG_RUNTIME_DIR").env("TMPDIR", self.folder.path());
        command.current_dir("/").uid(user).gid(user);
        command
    }

    /// Asserts how a role ends as another user, while this one serves.
    #[track_caller]
    fn play(&self, user: u32, role: &str, endpoint: &Endpoint, server: Option<&mut dyn FnMut()>) {
        let mut child = self.command(user, role, endpoint).stdout(Stdio::null()).spawn().unwrap();
        let mut serve = server;
        let status = loop {
            if let Some(status) = child.try_wait().unwrap() {
                break status;
            }
            match &mut serve {
                Some(serve) => serve(),
                None => std::thread::sleep(Duration::from_millis(1)),
            }
        };
        assert!(status.success(), "{role}");
    }
}

#[test]
fn another_user_cannot_connect_to_a_private_server() {
    let Some(shared) = Shared::new() else { return };
    let mut server = bind(&shared.endpoint(""));
    shared.play(NOBODY, "connect Denied", &shared.endpoint(""), None);
    shared.play(NOBODY, "connect admits other users only", &shared.endpoint(""), None);
    let named = support::endpoint("private", "");
    let mut private = bind(&named);
    shared.play(NOBODY, "connect NotListening", &named, None);
    let path = support::raw::rendezvous(&named);
    let reached = format!("shm:{}", path.display()).parse().unwrap();
    shared.play(NOBODY, "connect Denied", &reached, None);
    for server in [&mut server, &mut private] {
        assert!(recv_within(server, Duration::ZERO).is_none());
    }
}

#[test]
fn another_user_cannot_take_a_name_dead_or_alive() {
    let Some(shared) = Shared::new() else { return };
    let endpoint = shared.endpoint("");
    let server = Another::ready("serve", &endpoint);
    shared.play(NOBODY, "bind Denied", &endpoint, None);
    shared.play(NOBODY, "bind belongs to another user (uid 0)", &endpoint, None);
    assert_eq!(ask(&mut connect(&endpoint), b"still").as_deref(), Ok(&b"still"[..]));
    server.kill();
    shared.play(NOBODY, "bind Denied", &endpoint, None);
    support::assert_usable(&endpoint);
}

#[test]
fn a_user_that_is_named_on_both_sides_gets_in() {
    let Some(shared) = Shared::new() else { return };
    let mut server = bind(&shared.endpoint("?allow=user:nobody"));
    let mut asked = Vec::new();
    let mut serve = || {
        if let Some(mut message) = recv_within(&mut server, Duration::from_millis(2)) {
            asked.push((message.payload().to_vec(), message.peer().user.clone()));
            message.reply("welcome").unwrap();
        }
    };
    let endpoint = shared.endpoint("?allow=user:root");
    shared.play(NOBODY, "connect ok", &endpoint, Some(&mut serve));
    assert_eq!(asked, [(b"hello".to_vec(), Some(User::Uid(NOBODY)))]);
    assert_eq!((server.counters().refused, server.counters().cut), (0, 0));
}

#[test]
fn a_user_that_is_not_named_is_turned_away_at_the_door() {
    let Some(shared) = Shared::new() else { return };
    let mut server = bind(&shared.endpoint("?allow=user:nobody"));
    let mut serve = || assert!(recv_within(&mut server, Duration::from_millis(2)).is_none());
    let endpoint = shared.endpoint("?allow=user:root");
    shared.play(STRANGER, "connect went away", &endpoint, Some(&mut serve));
    assert!(server.counters().refused >= 1);
    let fault = server.take_fault().unwrap();
    assert_eq!(fault.kind(), ErrorKind::Denied);
    assert!(fault.to_string().contains("uid 65533"), "{fault}");
}

#[test]
fn a_server_of_another_user_is_refused_unless_it_is_named() {
    let Some(shared) = Shared::new() else { return };
    let theirs = shared.endpoint("?allow=user:root");
    let _server = Another::ready_by(shared.command(NOBODY, "serve", &theirs), "serve");
    let error = Shm.connect(&shared.endpoint(""), soon()).err().expect("it is not ours");
    assert_eq!(error.kind(), ErrorKind::Denied, "{error}");
    assert!(error.to_string().contains("uid 65534"), "{error}");
    let mut client = connect(&shared.endpoint("?allow=user:nobody"));
    assert_eq!(client.peer().unwrap().user, Some(User::Uid(NOBODY)));
    assert_eq!(ask(&mut client, b"for nobody").as_deref(), Ok(&b"for nobody"[..]));
}

#[test]
fn a_plain_name_is_for_one_user() {
    let endpoint = "shm:mine?allow=user:root".parse().unwrap();
    let error = Shm.bind(&endpoint).err().unwrap();
    assert_eq!(error.kind(), ErrorKind::InvalidEndpoint);
    assert!(error.to_string().contains("write the path"), "{error}");
}
