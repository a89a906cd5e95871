use super::raw::{self, Raw};
use crate::support::*;
use samebox_core::typed::{Failure, Invoke};
use samebox_core::{Endpoint, Error, ErrorKind};
use samebox_wcf::NetTcp;
use samebox_wcf_wire::framing::{Fault, Record};
use samebox_wcf_wire::soap;
use samebox_wcf_wire::value::Guid;
use std::net::TcpListener;
use std::sync::Arc;
use std::thread::{self, JoinHandle};

/// A server that does `serve` with each client that comes, and the way to it.
fn server(mut serve: impl FnMut(Raw) + Send + 'static) -> (Endpoint, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let thread = thread::spawn(move || {
        // Who does not get a session comes once more.
        for _ in 0..2 {
            let Ok((stream, _)) = listener.accept() else { return };
            serve(Raw::on(stream, "net.tcp://localhost/Office".into()));
        }
    });
    (format!("net.tcp://{address}/Office").parse().unwrap(), thread)
}

fn refused(serve: impl FnMut(Raw) + Send + 'static) -> Error {
    let (endpoint, _) = server(serve);
    connect(&NetTcp, &endpoint, None).err().expect("no session is given")
}

/// Takes an opening in, and agrees.
fn agree(raw: &mut Raw) {
    while raw.record().unwrap() != [0x0C] {}
    raw.write(&[0x0B]);
}

/// A client in a session with a server that then does `serve`.
fn client(serve: impl Fn(&mut Raw) + Send + 'static) -> Arc<dyn Invoke> {
    let (endpoint, _) = server(move |mut raw| {
        agree(&mut raw);
        serve(&mut raw);
    });
    connect(&NetTcp, &endpoint, None).unwrap()
}

#[test]
fn a_server_that_demands_security_is_told_in_words() {
    let aborted = refused(|mut raw| while raw.record().unwrap() != [0x0C] {});
    assert_eq!(aborted.kind(), ErrorKind::Disconnected);
    assert!(aborted.to_string().contains("new NetTcpBinding(SecurityMode.None)"), "{aborted}");
    let invalid = refused(|mut raw| {
        let mut fault = Vec::new();
        Record::Fault(&Fault::UpgradeInvalid.uri()).encode(&mut fault);
        raw.write(&fault);
    });
    assert_eq!(invalid.kind(), ErrorKind::Mismatch);
    assert!(invalid.to_string().contains("SecurityMode.None"), "{invalid}");
}

#[test]
fn a_server_of_another_protocol_is_told_from_one_of_wcf() {
    let other = refused(|mut raw| raw.write(b"SSH-2.0-OpenSSH_9.6\r\n"));
    assert_eq!(other.kind(), ErrorKind::Mismatch);
    assert!(other.to_string().contains("does not speak WCF's framing"), "{other}");
}

#[test]
fn a_fault_that_nobody_knows_is_shown_as_it_is() {
    let unknown = refused(|mut raw| {
        let mut fault = Vec::new();
        Record::Fault("urn:on-holiday").encode(&mut fault);
        raw.write(&fault);
    });
    assert!(unknown.to_string().contains("urn:on-holiday"), "{unknown}");
}

#[test]
fn a_fault_without_a_relation_answers_the_oldest_call() {
    let client = client(|raw| {
        raw.record().unwrap();
        let head = soap::Outgoing::fault("", None);
        let fault = soap::Fault::sender("because");
        let record = raw.encoder.message(&head, |writer| {
            fault.write(writer, None::<fn(&mut samebox_wcf_wire::nbfx::Writer<'_>)>);
            Ok::<(), samebox_wcf_wire::Error>(())
        });
        let record = record.unwrap().to_vec();
        raw.write(&record);
        raw.record();
    });
    let error = echo(&*client, "why?").unwrap_err();
    assert_eq!((error.kind(), error.why()), (ErrorKind::Fault, "because"));
}

#[test]
fn broken_answers_end_the_session_with_an_error() {
    for bytes in [&[6, 0x81][..], &[6, 2, 0, 0xFF], &[0xFF], &[0x0B], &[6, 3, 5, b'x', b'y']] {
        let bytes = bytes.to_vec();
        let client = client(move |raw| {
            raw.record().unwrap();
            raw.write(&bytes);
        });
        let error = echo(&*client, "x").unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Malformed | ErrorKind::Disconnected), "{error}");
    }
}

#[test]
fn an_answer_of_another_operation_is_a_mismatch() {
    let client = client(|raw| {
        let id = soap::Id::from(Guid::from_u128(raw.answer().id.unwrap()));
        let head = soap::Outgoing::reply("http://tempuri.org/IOffice/AddResponse", &id);
        let record = raw.encoder.message(&head, |writer| {
            writer.start("", "AddResponse");
            writer.end();
            Ok::<(), samebox_wcf_wire::Error>(())
        });
        let record = record.unwrap().to_vec();
        raw.write(&record);
        raw.record();
    });
    let (failure, _) = fail(&*client, "x");
    let Failure::Error(error) = failure else { panic!("{failure:?}") };
    assert_eq!(error.kind(), ErrorKind::Mismatch);
    assert!(error.to_string().contains("AddResponse"), "{error}");
}

#[test]
fn a_service_asks_a_client_that_takes_no_questions() {
    let (tell, told) = std::sync::mpsc::channel();
    let client = client(move |raw| {
        raw.record().unwrap();
        raw.ask(9, "http://tempuri.org/IOffice/Confirm", |writer| raw::echo(writer, "sure?"));
        tell.send(raw.answer()).unwrap();
        raw.write(&[7]);
        raw.record();
    });
    assert!(echo(&*client, "x").is_err());
    let answer = told.recv().unwrap();
    assert_eq!((answer.relates_to, answer.fault.as_deref()), (Some(9), Some("ActionNotSupported")));
}
