//! Sessions as they were recorded, replayed against a service with the matching names.

use super::raw::{self, Raw};
use samebox_core::Transport;
use samebox_core::typed::{Caller, Dispatch, Hosted, Instances, Respond};
use samebox_data::{Contract, Data, Encode, Operation, Parameter, Reader};
use samebox_wcf::NetTcp;
use std::sync::Arc;

const MS_REQUESTS: &[u8] =
    include_bytes!("../../../../../wire/wcf/tests/vectors/ms-requests.c2s.bin");
const MS_ONE_WAY: &[u8] =
    include_bytes!("../../../../../wire/wcf/tests/vectors/ms-oneway2.c2s.bin");
const MONO_ECHO: &[u8] = include_bytes!("../../../../../wire/wcf/tests/vectors/echo2.c2s.bin");
const STREAMED: &[u8] =
    include_bytes!("../../../../../wire/wcf/tests/vectors/streamed-echo.c2s.bin");

/// What the recorded clients call of their service, as far as it is here.
fn contract() -> Contract {
    let operation = |name: &'static str, one_way, parameter: &'static str| Operation {
        name: name.into(),
        one_way,
        parameters: vec![Parameter { name: parameter.into(), shape: <Option<String>>::shape }]
            .into(),
        result: <Option<String>>::shape,
        fault: None,
    };
    Contract {
        name: "IPeer".into(),
        namespace: "http://tempuri.org/".into(),
        version: "1".into(),
        operations: vec![operation("Echo", false, "text"), operation("Send", true, "data")].into(),
        callback: None,
    }
}

struct Echoes(std::sync::mpsc::SyncSender<Option<String>>);

impl Dispatch for Echoes {
    fn dispatch(
        &self,
        operation: usize,
        _: &Caller<'_>,
        arguments: &mut dyn Reader,
        respond: &mut dyn Respond,
    ) -> samebox_data::Result<()> {
        let mut text = None;
        while arguments.member()?.is_some() {
            text = <Option<String>>::read(arguments)?;
        }
        if operation == 1 {
            self.0.send(text).unwrap();
            return Ok(());
        }
        respond.result(&|writer| {
            writer.member(0)?;
            text.write(writer)
        })
    }
}

struct One(Arc<Echoes>);

impl Instances for One {
    fn begin(&self, _: &samebox_core::Peer) -> Arc<dyn Dispatch> {
        self.0.clone()
    }
}

/// A service at the path of the recordings, and what is sent to it.
fn service() -> (Box<dyn Hosted>, std::sync::mpsc::Receiver<Option<String>>) {
    let (tell, told) = std::sync::mpsc::sync_channel(100);
    let endpoint = "net.tcp://localhost:0/peer".parse().unwrap();
    let instances = Arc::new(One(Arc::new(Echoes(tell))));
    let hosted = NetTcp.as_typed().unwrap().bind_typed(&endpoint, &contract(), instances);
    (hosted.unwrap(), told)
}

#[test]
fn requests_in_microsofts_layout_are_answered_one_by_one() {
    let (service, _) = service();
    let mut raw = Raw::to(service.endpoint());
    raw.write(MS_REQUESTS);
    assert_eq!(raw.record(), Some(vec![0x0B]));
    let answers: Vec<_> = (0..20).map(|_| raw.answer()).collect();
    let numbers: Vec<_> = answers.iter().map(|answer| answer.relates_to.unwrap() as u64).collect();
    assert_eq!(
        numbers.iter().map(|number| number & 0xFF).collect::<Vec<_>>(),
        (1..=20).collect::<Vec<_>>()
    );
    assert_eq!((answers[0].text.as_str(), answers[0].fault.as_deref()), ("ping", None));
    assert_eq!(answers[0].action, "http://tempuri.org/IPeer/EchoResponse");
    let unknown = answers.iter().filter(|answer| answer.fault.is_some());
    unknown.for_each(|answer| assert_eq!(answer.fault.as_deref(), Some("ActionNotSupported")));
    assert_eq!(raw.record(), Some(vec![7]));
}

#[test]
fn one_way_messages_in_microsofts_layout_arrive() {
    let (service, told) = service();
    let mut raw = Raw::to(service.endpoint());
    raw.write(MS_ONE_WAY);
    let texts: Vec<_> = (0..2).map(|_| told.recv().unwrap().unwrap()).collect();
    assert_eq!(texts.len(), 2);
    assert_eq!((raw.record(), raw.record()), (Some(vec![0x0B]), Some(vec![7])));
}

#[test]
fn a_session_of_mono_is_answered() {
    let (service, _) = service();
    let mut raw = Raw::to(service.endpoint());
    raw.write(MONO_ECHO);
    assert_eq!(raw.record(), Some(vec![0x0B]));
    assert_eq!((raw.answer().text.as_str(), raw.answer().text.as_str()), ("one", "two"));
}

#[test]
fn a_streamed_session_is_answered_with_one_streamed_message() {
    let (service, _) = service();
    let mut raw = Raw::to(service.endpoint());
    raw.write(STREAMED);
    assert_eq!((raw.record(), raw.record()), (Some(vec![0x0B]), Some(vec![5])));
    let document = raw.chunk();
    assert_eq!(raw.chunk(), b"");
    let words = samebox_wcf_wire::dictionary::Received::new(0);
    let mut memory = Default::default();
    let limits = Default::default();
    let mut reader = samebox_wcf_wire::nbfx::Reader::new(&document, &words, limits, &mut memory);
    assert_eq!(raw::read(&mut reader).text, "ping");
    assert_eq!(raw.record(), Some(vec![7]));
}
