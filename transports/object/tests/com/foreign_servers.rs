//! Objects that are not samebox, and none at all.

use super::foreign_callers::{class, with_class};
use super::{PATIENCE, connect, endpoint, soon};
use samebox_core::{Deadline, Endpoint, ErrorKind, Outbox, Transport};
use samebox_object::Object;
use samebox_sys::windows::com::{Exception, Faces, Guid, Member, Server, Variant};
use samebox_sys::windows::registry::{Hive, Key};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// An object of somebody else, some of whose methods hang.
struct Foreign {
    members: Vec<Member>,
    does: Vec<&'static str>,
    hangs: Mutex<Receiver<()>>,
}

impl samebox_sys::windows::com::Object for Foreign {
    fn members(&self) -> &[Member] {
        &self.members
    }

    fn invoke(&self, member: i32, arguments: Vec<Variant>) -> Result<Variant, Exception> {
        let description = match self.does[member as usize - 1] {
            "Send" => "out of order".into(),
            "Call" => return Ok(Variant::I4(42)),
            _ => {
                let _ = self.hangs.lock().unwrap().recv();
                format!("{arguments:?}")
            }
        };
        Err(Exception { code: 0, source: "foreign".into(), description })
    }
}

/// Serves such an object; it hangs until the other end is dropped.
fn serve(endpoint: &Endpoint, does: &[&'static str]) -> (Server, Sender<()>) {
    let member = |(id, does): (i32, &&str)| {
        let name = if *does == "Hang" { "Send" } else { *does };
        Member { name: name.into(), id, parameters: vec!["data".into()] }
    };
    let (release, hangs) = channel();
    let members = (1..).zip(does).map(member).collect();
    let foreign = Foreign { members, does: does.to_vec(), hangs: Mutex::new(hangs) };
    let server = Server::start(class(endpoint), Arc::new(foreign), Faces::default()).unwrap();
    (server, release)
}

#[test]
fn a_live_server_of_others_is_not_pushed_aside() {
    let endpoint = with_class("");
    let (server, _release) = serve(&endpoint, &["Something"]);
    let refused = Object.bind(&endpoint).err().unwrap();
    assert_eq!(refused.kind(), ErrorKind::AddressInUse);
    drop(server);
    Object.bind(&endpoint).unwrap();
}

#[test]
fn an_object_without_the_methods_is_told_so() {
    let endpoint = with_class("");
    let _server = serve(&endpoint, &["Something"]);
    let refused = Object.connect(&endpoint, Deadline::now()).err().unwrap();
    assert_eq!(refused.kind(), ErrorKind::Mismatch);
    assert!(refused.to_string().contains("Send(data)"), "{refused}");
}

#[test]
fn what_an_object_says_is_a_fault() {
    let endpoint = with_class("");
    let _server = serve(&endpoint, &["Send", "Call"]);
    let mut client = connect(&endpoint);
    let refused = client.send(b"x"[..].into(), soon()).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Fault);
    assert!(refused.to_string().contains("out of order"), "{refused}");
    let call = client.as_call().unwrap().request(b"x"[..].into(), soon()).unwrap();
    assert_eq!(client.as_call().unwrap().response(call, soon()).unwrap(), "42");
}

#[test]
fn an_object_without_answers_is_told_so_at_the_call() {
    let endpoint = with_class("");
    let _server = serve(&endpoint, &["Send"]);
    let mut client = connect(&endpoint);
    let call = client.as_call().unwrap().request(b"x"[..].into(), soon()).unwrap();
    let refused = client.as_call().unwrap().response(call, soon()).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Mismatch);
}

#[test]
fn an_object_that_hangs_hangs_nobody() {
    let endpoint = with_class("");
    let (server, release) = serve(&endpoint, &["Hang"]);
    let mut client = connect(&endpoint);
    let begun = Instant::now();
    for _ in 0..3 {
        let soon = Deadline::after(Duration::from_millis(100));
        let refused = client.send(b"x"[..].into(), soon).unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::TimedOut);
    }
    drop(client);
    assert!(begun.elapsed() < PATIENCE / 6, "it took {:?}", begun.elapsed());
    drop((server, release));
}

/// Removes a key of the registry when it is dropped.
struct Registered(String);

impl Registered {
    /// Has the registry say that the name stands for the class.
    fn new(name: &str, class: &Guid) -> Self {
        let path = format!("Software\\Classes\\{name}");
        let key = Key::create(Hive::Machine, &format!("{path}\\CLSID")).unwrap();
        key.set_text("", &format!("{{{class:?}}}")).unwrap();
        Self(path)
    }
}

impl Drop for Registered {
    fn drop(&mut self) {
        // What a failed test leaves is in nobody's way.
        let _ = Key::remove(Hive::Machine, &self.0);
    }
}

#[test]
fn the_class_that_the_registry_has_for_the_name_is_found() {
    let (endpoint, foreign) = (endpoint(""), with_class(""));
    let _registered = Registered::new(endpoint.name(), &class(&foreign));
    let server = serve(&foreign, &["Send", "Call"]);
    let mut client = connect(&endpoint);
    let call = client.as_call().unwrap().request(b"x"[..].into(), soon()).unwrap();
    assert_eq!(client.as_call().unwrap().response(call, soon()).unwrap(), "42");
    assert_eq!(Object.bind(&endpoint).err().unwrap().kind(), ErrorKind::AddressInUse);
    drop(server);
    // A server takes that class too, or those who know the name would not find it.
    let _server = Object.bind(&endpoint).unwrap();
    connect(&foreign);
}

#[test]
fn nobody_there_comes_with_the_way_to_install_it() {
    let endpoint = endpoint("");
    let refused = Object.connect(&endpoint, Deadline::now()).err().unwrap();
    assert_eq!(refused.kind(), ErrorKind::NotListening);
    let install = format!("samebox object install {} --", endpoint.name());
    assert!(refused.to_string().contains(&install), "{refused}");
}
