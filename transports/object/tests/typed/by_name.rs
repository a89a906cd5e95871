use crate::desk::open;
use crate::{Place, SOON, each};
use samebox::contract::{NamedAnswer, NamedCall};
use samebox::data::{Structure, Value};
use samebox::{Deadline, Endpoint, Error, ErrorKind};

fn call(endpoint: &str, arguments: &[(&str, Value)]) -> Result<NamedAnswer, Error> {
    let endpoint: Endpoint = endpoint.parse().unwrap();
    let typed = samebox::transport(&endpoint).unwrap().as_typed().unwrap();
    let arguments = arguments.iter().map(|(name, value)| ((*name).into(), value.clone())).collect();
    typed.call_by_name(&endpoint, &NamedCall { arguments, one_way: false }, Deadline::after(SOON))
}

#[track_caller]
fn result(endpoint: &str, arguments: &[(&str, Value)]) -> Value {
    match call(endpoint, arguments) {
        Ok(NamedAnswer::Result(value)) => value,
        other => panic!("no result: {other:?}"),
    }
}

fn text(text: &str) -> Value {
    Value::Text(text.into())
}

fn structure(members: &[(&str, Value)]) -> Value {
    let members = members.iter().map(|(name, value)| ((*name).into(), value.clone())).collect();
    Value::Structure(Structure { members, ..Structure::default() })
}

#[test]
fn operations_of_a_contract_are_called_with_text_and_json() {
    each(|place| {
        let (_serving, _) = open(&place.endpoint());
        let at = |operation: &str| place.with(&format!("operation={operation}"));
        assert_eq!(result(&at("Echo"), &[("text", text("hi"))]), text("hi"));
        let two = [("b", text("40")), ("a", Value::Int(2))];
        assert_eq!(result(&at("Add"), &two), Value::Int(42));
        let words = Value::List(vec![text("x"), text("y"), text("x")]);
        let counts = structure(&[("x", Value::Int(2)), ("y", Value::Int(1))]);
        assert_eq!(result(&at("Count"), &[("words", words)]), counts);
        let bytes = Value::List(vec![Value::Int(1), Value::Int(2)]);
        assert_eq!(result(&at("Reverse"), &[("any", bytes)]), Value::Bytes(vec![2, 1]));
        // Members are in the order of .NET, that of their names.
        let list =
            |items: Vec<Value>, label: &str| Value::List(vec![Value::List(items), text(label)]);
        let inner = structure(&[("@(avs)", list(vec![], "in"))]);
        let folder = structure(&[("inner", Value::List(vec![inner])), ("label", text("all"))]);
        let tidy = list(vec![list(vec![], "in")], "all");
        assert_eq!(result(&at("Sort"), &[("folder", folder)]), tidy);
        assert_eq!(result(&at("Note"), &[("text", text("x"))]), Value::Null);
        assert_eq!(result(&at("Release"), &[]), Value::Null);
    });
}

#[test]
fn faults_come_with_their_details() {
    each(|place| {
        let (_serving, _) = open(&place.endpoint());
        let withdraw = call(&place.with("operation=Withdraw"), &[("amount", Value::Int(130))]);
        let Ok(NamedAnswer::Fault(fault, detail)) = withdraw else { panic!("{withdraw:?}") };
        assert_eq!(fault.reason, "not enough");
        assert_eq!(detail, Some(Value::List(vec![Value::Int(30)])));
    });
}

#[test]
fn a_caller_by_name_refuses_to_be_called_back() {
    each(|place| {
        let (_serving, _) = open(&place.endpoint());
        let asked = call(&place.with("operation=Ask"), &[("questions", Value::Int(1))]);
        let Ok(NamedAnswer::Fault(fault, None)) = asked else { panic!("{asked:?}") };
        assert!(fault.reason.contains("called back"), "{fault}");
    });
}

#[test]
fn what_does_not_fit_is_told_with_what_would() {
    each(|place| {
        let (_serving, _) = open(&place.endpoint());
        for (settings, arguments, words) in [
            ("operation=Ad", vec![], "did you mean `Add`"),
            ("operation=Add", vec![("a", Value::Int(1))], "Add(a i, b i)"),
            ("operation=Add", vec![("a", Value::Int(1)), ("c", Value::Int(1))], "given a, c"),
            ("operation=Add", vec![("a", text("x")), ("b", Value::Int(1))], "whole number"),
            ("operation=Add&interface=a.B", vec![], "no interface a.B"),
            ("operation=Add&path=/a/b", vec![], "/a/b"),
        ] {
            let error = call(&place.with(settings), &arguments).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Mismatch, "{error}");
            assert!(error.to_string().contains(words), "{error}");
        }
        let error = call(&place.endpoint(), &[]).unwrap_err();
        assert!(error.to_string().contains("operation"), "{error}");
    });
}

#[test]
fn the_bus_itself_can_be_called() {
    let place = Place::on_bus();
    let at = |settings: &str| format!("object:org.freedesktop.DBus?{}&{settings}", place.settings);
    let Value::List(names) = result(&at("operation=ListNames"), &[]) else { panic!("no list") };
    assert!(names.contains(&text("org.freedesktop.DBus")), "{names:?}");
    let owned = result(&at("operation=NameHasOwner"), &[("name", text("org.freedesktop.DBus"))]);
    assert_eq!(owned, Value::Bool(true));
    let asked = [("name", text("org.freedesktop.DBus"))];
    let credentials = result(&at("operation=GetConnectionCredentials"), &asked);
    let Value::Structure(credentials) = credentials else { panic!("{credentials:?}") };
    assert!(credentials.members.iter().any(|(name, _)| name == "ProcessID"), "{credentials:?}");
    let features = [("i", text("org.freedesktop.DBus")), ("p", text("Features"))];
    assert!(matches!(result(&at("operation=Get"), &features), Value::List(_)));
    let few = call(&at("operation=RequestName"), &[("name", text("a.b"))]).unwrap_err();
    assert!(few.to_string().contains("RequestName(s, u) was given name"), "{few}");
    let fault = call(&at("operation=GetNameOwner"), &[("name", text("no.Body"))]).unwrap_err();
    assert_eq!(fault.kind(), ErrorKind::NotListening, "{fault}");
}

#[test]
fn an_object_says_what_it_offers() {
    each(|place| {
        let (_serving, _) = open(&place.endpoint());
        let xml = result(&place.with("operation=Introspect"), &[]);
        let Value::Text(xml) = xml else { panic!("{xml:?}") };
        for part in [
            "<method name=\"Add\">",
            "<arg name=\"a\" type=\"i\" direction=\"in\"/>",
            "<arg name=\"result\" type=\"i\" direction=\"out\"/>",
            "<arg name=\"folder\" type=\"(avs)\" direction=\"in\"/>",
            "<annotation name=\"org.freedesktop.DBus.Method.NoReply\" value=\"true\"/>",
            "<annotation name=\"org.samebox.Contract.Version\" value=\"2\"/>",
        ] {
            assert!(xml.contains(part), "{part} is not in\n{xml}");
        }
    });
}
