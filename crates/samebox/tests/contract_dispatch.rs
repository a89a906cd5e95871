//! What `#[contract]` makes of a trait: a client and a dispatcher that understand each other.

mod contract_tokens;

use contract_tokens::{Token as T, Tokens, Writer, read, text, written};
use samebox::contract::{
    AnswerPart, Caller, Channel, Dispatch, Failure, Invocation, Invoke, Origin, Respond, WriteParts,
};
use samebox::data::{self, Shape};
use samebox::{CallError, Deadline, ErrorKind, Fault, Peer};
use samebox_core::typed;
use std::sync::{Arc, Mutex};
use std::time::Duration;

mod desk {
    use super::*;

    /// What a clerk is told.
    #[samebox::contract]
    pub(crate) trait Clerk {
        /// Somebody rang.
        fn confirm(&self, question: &str) -> bool;
        #[one_way]
        fn note(&self, text: String);
    }

    #[derive(Clone, Debug, PartialEq, samebox::Data)]
    pub(crate) struct Shortage {
        pub(crate) left: i32,
    }

    #[samebox::contract(callback = Clerk, namespace = "urn:shop", version = "2")]
    pub(crate) trait OrderDesk {
        fn place(
            &self,
            order_id: i32,
            lines: &[String],
            note: Option<String>,
        ) -> Result<i32, Fault<Shortage>>;
        #[operation(name = "SumOf")]
        fn sum(&self, #[wire(name = "Values")] values: &[i64], raw: &[u8]) -> i64;
        fn ask(
            &self,
            #[callback] back: &ClerkClient,
            question: &str,
            #[peer] peer: &Peer,
        ) -> Result<(), Fault>;
        #[one_way]
        fn forget(&self, #[callback] clerk: ClerkClient);
        fn names(&self, from: u8, to: u8, respond: u8, self_: u8, caller: u8, given: u8)
        -> Vec<u8>;
        fn settle(&self, shortage: &Shortage) -> Option<Shortage>;
        fn nothing(&self);
    }
}

use desk::{Clerk, ClerkClient, ClerkHost, OrderDesk, OrderDeskClient, OrderDeskHost, Shortage};

#[derive(Default)]
struct Desk {
    seen: Mutex<Vec<String>>,
    clerk: Mutex<Option<ClerkClient>>,
}

impl OrderDesk for Desk {
    fn place(
        &self,
        id: i32,
        lines: &[String],
        note: Option<String>,
    ) -> Result<i32, Fault<Shortage>> {
        self.seen.lock().unwrap().push(format!("{id} {lines:?} {note:?}"));
        match id {
            0 => Err(Fault::new("sold out").with_detail(Shortage { left: -1 })),
            1 => Err(Fault::new("closed").with_code("urn:shop", "Closed").of_receiver()),
            id => Ok(id + 1),
        }
    }

    fn sum(&self, values: &[i64], raw: &[u8]) -> i64 {
        values.iter().sum::<i64>() + raw.iter().map(|byte| i64::from(*byte)).sum::<i64>()
    }

    fn ask(&self, back: &ClerkClient, question: &str, peer: &Peer) -> Result<(), Fault> {
        let confirmed = back.confirm(&format!("{question} {peer}"));
        let confirmed = confirmed.map_err(|error| Fault::new(error.to_string()))?;
        if confirmed { Ok(()) } else { Err(Fault::new("refused")) }
    }

    fn forget(&self, clerk: ClerkClient) {
        *self.clerk.lock().unwrap() = Some(clerk);
    }

    fn names(&self, from: u8, to: u8, respond: u8, self_: u8, caller: u8, given: u8) -> Vec<u8> {
        vec![from, to, respond, self_, caller, given]
    }

    fn settle(&self, shortage: &Shortage) -> Option<Shortage> {
        (shortage.left > 0).then(|| shortage.clone())
    }

    fn nothing(&self) {}
}

#[derive(Default)]
struct Nodding(Mutex<Vec<String>>);

impl Clerk for Nodding {
    fn confirm(&self, question: &str) -> bool {
        self.0.lock().unwrap().push(question.to_owned());
        question.starts_with("ready?")
    }

    fn note(&self, text: String) {
        self.0.lock().unwrap().push(text);
    }
}

/// Calls a dispatcher in the same thread.
struct Direct {
    service: Arc<dyn Dispatch>,
    back: Option<Arc<dyn Invoke>>,
}

#[derive(Default)]
struct Answer {
    fault: Option<typed::Fault>,
    tokens: Option<Vec<T>>,
}

impl Respond for Answer {
    fn result(&mut self, result: WriteParts<'_>) -> data::Result<()> {
        let mut to = Writer::default();
        result(&mut to)?;
        let mut tokens = to.finish();
        tokens.push(T::End);
        assert!(self.tokens.replace(tokens).is_none(), "it answers once");
        Ok(())
    }

    fn fault(&mut self, fault: &typed::Fault, detail: Option<WriteParts<'_>>) -> data::Result<()> {
        let mut to = Writer::default();
        detail.map_or(Ok(()), |detail| detail(&mut to))?;
        let tokens = to.finish();
        assert!(self.fault.replace(fault.clone()).is_none(), "it answers once");
        self.tokens = (!tokens.is_empty()).then_some(tokens);
        Ok(())
    }
}

/// Dispatches a call with those arguments.
fn dispatch(
    service: &Arc<dyn Dispatch>,
    back: Option<&Arc<dyn Invoke>>,
    operation: usize,
    mut arguments: Vec<T>,
) -> data::Result<Answer> {
    arguments.push(T::End);
    let (mut from, mut answer) = (Tokens::new(&arguments), Answer::default());
    let caller = Caller { peer: &Peer::process(7), back };
    service.dispatch(operation, &caller, &mut from, &mut answer)?;
    Ok(answer)
}

impl Invoke for Direct {
    fn invoke(&self, call: Invocation<'_>, _: Deadline) -> Result<(), Failure> {
        let mut to = Writer::default();
        (call.arguments)(&mut to).unwrap();
        let answer = dispatch(&self.service, self.back.as_ref(), call.operation, to.finish());
        let Answer { fault, tokens } = answer.expect("the arguments are right");
        match (fault, tokens) {
            (Some(fault), detail) => {
                if let Some(detail) = detail {
                    (call.answer)(AnswerPart::Detail, &mut Tokens::new(&detail)).unwrap();
                }
                Err(Failure::Fault(fault))
            }
            (None, Some(tokens)) => {
                (call.answer)(AnswerPart::Result, &mut Tokens::new(&tokens)).unwrap();
                Ok(())
            }
            (None, None) => Ok(()),
        }
    }

    fn peer(&self) -> Option<Peer> {
        Some(Peer::process(8))
    }
}

/// A client of a desk, and the clerk it calls back.
fn client_of(desk: &Arc<Desk>) -> (OrderDeskClient, Arc<Nodding>) {
    let clerk = Arc::new(Nodding::default());
    let back = Arc::new(Direct { service: ClerkHost::dispatch(clerk.clone()), back: None });
    let service = OrderDeskHost::dispatch(desk.clone());
    let direct = Arc::new(Direct { service, back: Some(back) });
    (OrderDeskClient::from_channel(Channel::new(direct)), clerk)
}

#[test]
fn arguments_and_results_cross() {
    let desk = Arc::new(Desk::default());
    let (client, _) = client_of(&desk);
    let lines = ["tea".to_owned(), "cups".to_owned()];
    assert_eq!(client.place(7, &lines, None).unwrap(), 8);
    assert_eq!(*desk.seen.lock().unwrap(), [r#"7 ["tea", "cups"] None"#]);
    assert_eq!(client.sum(&[1, -3], &[2, 200]).unwrap(), 200);
    assert_eq!(client.names(1, 2, 3, 4, 5, 6).unwrap(), [1, 2, 3, 4, 5, 6]);
    let shortage = Shortage { left: 1 };
    assert_eq!(client.settle(&shortage).unwrap(), Some(shortage));
    assert_eq!(client.settle(&Shortage { left: 0 }).unwrap(), None);
    client.nothing().unwrap();
}

#[test]
fn faults_cross_with_and_without_their_detail() {
    let (client, _) = client_of(&Arc::default());
    let Err(CallError::Fault(fault)) = client.place(0, &[], None) else { panic!("no fault") };
    assert_eq!(fault, Fault::new("sold out").with_detail(Shortage { left: -1 }));
    let error = client.place(1, &[], None).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Fault);
    assert_eq!(error.to_string(), "closed (Closed)");
    let fault = error.fault().unwrap();
    assert_eq!((fault.origin, &fault.detail), (Origin::Receiver, &None));
}

#[test]
fn a_service_calls_back_within_a_call_and_after_it() {
    let desk = Arc::new(Desk::default());
    let (client, clerk) = client_of(&desk);
    client.ask("ready?").unwrap();
    let refused = client.ask("sure?").unwrap_err();
    assert_eq!(refused.to_string(), "refused");
    client.forget().unwrap();
    desk.clerk.lock().unwrap().take().unwrap().note("bye".into()).unwrap();
    assert_eq!(*clerk.0.lock().unwrap(), ["ready? pid 7", "sure? pid 7", "bye"]);
}

#[test]
fn without_a_way_back_a_method_that_needs_one_does_not_run() {
    let desk = Arc::new(Desk::default());
    let service = OrderDeskHost::dispatch(desk.clone());
    let (forget, _) = OrderDeskClient::contract().operation("Forget").unwrap();
    let refused = dispatch(&service, None, forget, vec![]).err().expect("it is refused");
    assert_eq!(refused.to_string(), "the client takes no calls back");
    assert!(desk.clerk.lock().unwrap().is_none());
}

#[test]
fn a_parameter_that_is_left_out_is_absent_and_one_that_nobody_knows_is_skipped() {
    let desk = Arc::new(Desk::default());
    let service = OrderDeskHost::dispatch(desk.clone());
    let lines = vec!["tea".to_owned()];
    let arguments = [vec![T::Part(9)], written(&lines), vec![T::Part(1)], written(&lines)];
    let answer = dispatch(&service, None, 0, arguments.concat()).unwrap();
    assert_eq!(*desk.seen.lock().unwrap(), [r#"0 ["tea"] None"#]);
    assert_eq!(read(&answer.tokens.unwrap()), Ok(Shortage { left: -1 }));
}

#[test]
fn wrong_arguments_are_refused_before_the_method_runs() {
    let desk = Arc::new(Desk::default());
    let service = OrderDeskHost::dispatch(desk.clone());
    let missing = dispatch(&service, None, 0, vec![]).err().expect("it is refused");
    assert_eq!(missing, data::Error::Missing { name: "lines".into() });
    let wrong = dispatch(&service, None, 0, vec![T::Part(0), text("7")]);
    assert!(matches!(wrong, Err(data::Error::Unexpected { .. })));
    assert!(dispatch(&service, None, 99, vec![]).is_err(), "there is no operation 99");
    assert!(desk.seen.lock().unwrap().is_empty());
}

#[test]
fn a_contract_is_described_with_the_names_of_dotnet() {
    let contract = OrderDeskClient::contract();
    assert_eq!((&*contract.name, &*contract.namespace), ("IOrderDesk", "urn:shop"));
    assert_eq!(contract.version, "2");
    let names: Vec<_> = contract.operations.iter().map(|of| (&*of.name, of.one_way)).collect();
    let expected = [("Place", false), ("SumOf", false), ("Ask", false), ("Forget", true)];
    assert_eq!(names[..4], expected);
    let (index, place) = contract.operation("Place").unwrap();
    let parameters: Vec<_> =
        place.parameters.iter().map(|of| (&*of.name, (of.shape)().name())).collect();
    let note = ("note", "an optional value");
    assert_eq!((index, parameters), (0, vec![("orderId", "an i32"), ("lines", "a list"), note]));
    assert_eq!((place.result)().name(), "an i32");
    assert_eq!(place.fault.map(|shape| shape().name()), Some("Shortage"));
    let sum = &contract.operations[1];
    let parameters: Vec<_> =
        sum.parameters.iter().map(|of| (&*of.name, (of.shape)().name())).collect();
    assert_eq!(parameters, [("Values", "a list"), ("raw", "bytes")]);
    let ask = &contract.operations[2];
    assert_eq!((ask.parameters.len(), ask.fault.is_none()), (1, true));
    assert!(matches!((ask.result)(), Shape::Unit));
}

#[test]
fn a_callback_is_a_contract_with_the_defaults_of_dotnet() {
    let clerk = OrderDeskClient::contract().callback.unwrap();
    assert_eq!((&*clerk.name, &*clerk.namespace), ("IClerk", data::DEFAULT_NAMESPACE));
    assert_eq!((&*clerk.version, clerk.operations.len()), ("1", 2));
    assert!(clerk.callback.is_none());
}

#[test]
fn a_client_shows_who_is_at_the_other_end() {
    let (client, _) = client_of(&Arc::default());
    let client = client.clone().with_timeout(Duration::from_secs(1));
    assert!(format!("{client:?}").contains("pid: Some(8)"), "{client:?}");
}
