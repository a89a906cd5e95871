//! Contracts over COM: served, called by samebox and by scripts, running or started by COM.

#![cfg(windows)]

mod com_desk;

use com_desk::{Desk, Order, Paper, ask, call, desk, desk_place};
use samebox_contract::{CallError, Channel, Host, NamedAnswer, NamedCall, Serving, Typed};
use samebox_core::{Deadline, Endpoint, ErrorKind, Transport};
use samebox_data::chrono::{DateTime, NaiveDate, Utc};
use samebox_data::rust_decimal::Decimal;
use samebox_data::uuid::Uuid;
use samebox_data::{Data, Encode, Value};
use samebox_object::Object;
use samebox_object::install::{Scope, install, uninstall};
use samebox_sys::windows::com::typelib::{Kind, Library, Type};
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt::Debug;
use std::process::Command;
use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::time::Duration;
use std::{env, fs};

fn endpoint(name: &str) -> Endpoint {
    format!("object:SameboxTyped{}.{name}", std::process::id()).parse().unwrap()
}

fn soon() -> Deadline {
    Deadline::after(Duration::from_secs(20))
}

fn serve(endpoint: &Endpoint) -> (Serving, Sender<()>) {
    let (service, _, gate) = Desk::new();
    (Host::shared(desk(), service).bind(&Object, endpoint).unwrap(), gate)
}

fn connect(endpoint: &Endpoint) -> Channel {
    Channel::connect(&Object, endpoint, desk(), None, soon()).unwrap()
}

fn comes_back<T: Data + Clone + Debug + PartialEq>(desk: &Channel, name: &str, values: &[T]) {
    for value in values {
        let back: T = call(desk, name, value.clone()).unwrap();
        assert_eq!(&back, value, "{name}");
    }
}

fn order(id: i32, next: Option<Order>) -> Order {
    let lines = vec![0.5, -1e300, f64::from(id)];
    Order { id, name: "Müller & ☃".into(), paper: Paper::Lined, lines, next: next.map(Box::new) }
}

#[test]
fn values_of_every_kind_come_back() {
    let endpoint = endpoint("Values");
    let (_serving, _gate) = serve(&endpoint);
    let desk = connect(&endpoint);
    comes_back(&desk, "EchoBool", &[true, false]);
    comes_back(&desk, "EchoI8", &[i8::MIN, 0, i8::MAX]);
    comes_back(&desk, "EchoI32", &[i32::MIN, -1, i32::MAX]);
    comes_back(&desk, "EchoU32", &[0, u32::MAX]);
    comes_back(&desk, "EchoI64", &[i64::MIN, -(1 << 53) - 1, 1 << 40, i64::MAX]);
    comes_back(&desk, "EchoU64", &[0, 1 << 53, u64::MAX]);
    comes_back(&desk, "EchoF32", &[0.1_f32, f32::MAX, f32::INFINITY]);
    comes_back(&desk, "EchoF64", &[0.1, f64::MIN_POSITIVE, f64::NEG_INFINITY]);
    comes_back(&desk, "EchoChar", &['x', '\0', '☃', '𝄞']);
    comes_back(&desk, "EchoText", &[String::new(), "a\0b".into(), "Zoë 𝄞".into()]);
    comes_back(&desk, "EchoBytes", &[Vec::new(), vec![0, 255], vec![7_u8; 100_000]]);
    let moment =
        |seconds, nanoseconds| DateTime::<Utc>::from_timestamp(seconds, nanoseconds).unwrap();
    let moments = [
        moment(1_709_210_096, 789_000_100),
        moment(1_709_210_096, 789_000_000),
        moment(-3_000_000_000, 1_000_000),
        moment(-62_135_596_800, 0),
        moment(253_402_300_799, 999_999_900),
    ];
    comes_back(&desk, "EchoMoment", &moments);
    let date = NaiveDate::from_ymd_opt(1899, 12, 30).unwrap().and_hms_opt(6, 0, 0).unwrap();
    comes_back(&desk, "EchoDate", &[date, date + samebox_data::chrono::TimeDelta::microseconds(1)]);
    let spans = [Duration::ZERO, Duration::from_nanos(100), Duration::from_secs(1 << 39)];
    comes_back(&desk, "EchoSpan", &spans);
    comes_back(&desk, "EchoGuid", &[Uuid::nil(), Uuid::from_u128(0x1234 << 80)]);
    comes_back(&desk, "EchoDecimal", &[Decimal::MAX, Decimal::new(-1, 28), Decimal::ZERO]);
    comes_back(&desk, "EchoOption", &[None, Some(0)]);
    comes_back(&desk, "EchoList", &[vec![], vec!["a".to_owned(), String::new()]]);
    comes_back(&desk, "EchoMap", &[BTreeMap::from([(-1, "a".to_owned()), (2, "b".into())])]);
    let orders = [order(1, None), order(2, Some(order(3, Some(order(4, None)))))];
    comes_back(&desk, "EchoOrder", &orders);
    comes_back(&desk, "EchoOrders", &[Vec::new(), orders.to_vec()]);
}

#[test]
fn faults_panics_and_one_way_calls_are_told_apart() {
    let endpoint = endpoint("Faults");
    let (mut serving, _gate) = serve(&endpoint);
    let desk = connect(&endpoint);
    match call::<()>(&desk, "Fail", "no paper") {
        Err(CallError::Fault(fault)) => {
            assert_eq!(fault.reason, "no paper");
            assert_eq!(fault.head().code.unwrap().name, "OutOfPaper");
        }
        other => panic!("{other:?}"),
    }
    match ask::<()>(&desk, "Panic") {
        Err(CallError::Fault(fault)) => assert!(!fault.reason.contains("secret")),
        other => panic!("{other:?}"),
    }
    assert!(serving.take_fault().unwrap().to_string().contains("Panic panicked"));
    for number in 0..3 {
        let note = |to: &mut dyn samebox_data::Writer| {
            to.member(0)?;
            number.to_string().write(to)
        };
        desk.one_way(desk_place("Note"), &note).unwrap();
    }
    assert_eq!(ask::<Vec<String>>(&desk, "Notes").unwrap(), ["0", "1", "2"]);
}

#[test]
fn arguments_of_another_type_are_refused_in_words() {
    let endpoint = endpoint("Types");
    let (mut serving, _gate) = serve(&endpoint);
    let desk = connect(&endpoint);
    match call::<i32>(&desk, "EchoI32", "no number") {
        Err(CallError::Error(error)) => {
            assert_eq!(error.kind(), ErrorKind::Malformed);
            assert!(error.to_string().contains("the arguments of EchoI32"), "{error}");
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(serving.take_fault().unwrap().kind(), ErrorKind::Malformed);
    // What scripts have for whole numbers is taken.
    assert_eq!(call::<i32>(&desk, "EchoI32", 3.0).unwrap(), 3);
    assert_eq!(call::<i32>(&desk, "EchoI32", "3").unwrap(), 3);
    call::<i32>(&desk, "EchoI32", 3.5).unwrap_err();
}

#[test]
fn a_call_that_hangs_times_out_and_the_next_one_goes_on() {
    let endpoint = endpoint("Hangs");
    let (_serving, gate) = serve(&endpoint);
    let desk = connect(&endpoint);
    let brief = desk.clone().with_timeout(Duration::from_millis(100));
    match ask::<()>(&brief, "Wait") {
        Err(CallError::Error(error)) => assert_eq!(error.kind(), ErrorKind::TimedOut),
        other => panic!("{other:?}"),
    }
    assert!(call::<bool>(&desk, "EchoBool", true).unwrap());
    gate.send(()).unwrap();
}

#[test]
fn what_is_too_large_is_refused_on_both_sides() {
    let endpoint = endpoint("Large");
    let small = endpoint.with_setting("max", "64KiB");
    let kind = |called: Result<Vec<u8>, CallError>| match called {
        Err(CallError::Error(error)) => error.kind(),
        other => panic!("{other:?}"),
    };
    let (_serving, _gate) = serve(&small);
    assert_eq!(kind(call(&connect(&small), "EchoBytes", &[7_u8; 70_000][..])), ErrorKind::TooLarge);
    let desk = connect(&endpoint);
    assert_eq!(kind(call(&desk, "EchoBytes", &[7_u8; 70_000][..])), ErrorKind::TooLarge);
    assert_eq!(call::<Vec<u8>>(&desk, "EchoBytes", &[7_u8; 60_000][..]).unwrap().len(), 60_000);
}

#[test]
fn a_second_server_and_a_client_without_one_are_refused() {
    let endpoint = endpoint("Names");
    let connected = Channel::connect(&Object, &endpoint, desk(), None, Deadline::past());
    assert_eq!(connected.unwrap_err().kind(), ErrorKind::NotListening);
    let (_serving, _gate) = serve(&endpoint);
    let (service, ..) = Desk::new();
    let second = Host::shared(desk(), service).bind(&Object, &endpoint).unwrap_err();
    assert_eq!(second.kind(), ErrorKind::AddressInUse);
}

#[test]
fn a_contract_that_com_cannot_carry_is_refused() {
    let mut contract = desk().clone();
    contract.callback = Some(desk());
    let contract = Box::leak(Box::new(contract));
    let (service, ..) = Desk::new();
    let refused = Host::shared(contract, service).bind(&Object, &endpoint("Back")).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Unsupported);
    assert!(refused.to_string().contains("call its client back"), "{refused}");
}

#[test]
fn another_version_of_the_contract_is_refused() {
    let endpoint = endpoint("Version");
    let (_serving, _gate) = serve(&endpoint);
    let mut contract = desk().clone();
    contract.version = "2".into();
    let contract = Box::leak(Box::new(contract));
    let refused = Channel::connect(&Object, &endpoint, contract, None, soon()).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Mismatch);
    assert!(refused.to_string().contains("Desk 1 and this client Desk 2"), "{refused}");
}

fn by_name(endpoint: &Endpoint, operation: &str, arguments: &[Value]) -> NamedAnswer {
    let arguments = arguments.iter().map(|value| ("value".into(), value.clone())).collect();
    let call = NamedCall { arguments, one_way: false };
    Object.call_by_name(&endpoint.with_setting("operation", operation), &call, soon()).unwrap()
}

#[test]
fn operations_are_called_by_their_names_alone() {
    let endpoint = endpoint("Named");
    let (_serving, _gate) = serve(&endpoint);
    let result = |answer| match answer {
        NamedAnswer::Result(value) => value,
        NamedAnswer::Fault(fault, _) => panic!("{fault}"),
    };
    assert_eq!(result(by_name(&endpoint, "add", &[Value::Int(2), Value::Int(40)])), Value::Int(42));
    let order = Value::Structure(samebox_data::Structure {
        members: vec![("Id".into(), Value::Int(7)), ("Lines".into(), Value::List(Vec::new()))],
        ..Default::default()
    });
    let Value::Structure(back) = result(by_name(&endpoint, "EchoOrder", &[order])) else {
        panic!()
    };
    let names: Vec<&str> = back.members.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["Id", "Name", "Paper", "Lines", "Next"]);
    assert_eq!(back.members[0].1, Value::Int(7));
    assert!(matches!(by_name(&endpoint, "Fail", &["x".into_text()]), NamedAnswer::Fault(..)));
    let call = NamedCall { arguments: Vec::new(), one_way: false };
    let unknown = Object.call_by_name(&endpoint.with_setting("operation", "Nix"), &call, soon());
    assert_eq!(unknown.unwrap_err().kind(), ErrorKind::Mismatch);
}

trait IntoText {
    fn into_text(self) -> Value;
}

impl IntoText for &str {
    fn into_text(self) -> Value {
        Value::Text(self.into())
    }
}

/// The words by which a copy of this program is told to serve.
const SERVES: &str = "serves-as=";

/// The server that COM starts, or nothing at all.
#[test]
fn serves_when_it_is_told_to() {
    let Some(name) = env::args().find_map(|word| Some(word.strip_prefix(SERVES)?.to_owned()))
    else {
        return;
    };
    let endpoint: Endpoint = format!("object:{name}").parse().unwrap();
    let (service, stopped, _gate) = Desk::new();
    let _serving = Host::shared(desk(), service).bind(&Object, &endpoint).unwrap();
    // It ends by itself as well, should the test have failed.
    let _ = stopped.recv_timeout(Duration::from_secs(60));
}

fn server_command(endpoint: &Endpoint) -> Vec<OsString> {
    let own = ["--exact", "serves_when_it_is_told_to", "--"].map(OsString::from);
    let told = format!("{SERVES}{}", endpoint.name()).into();
    std::iter::once(env::current_exe().unwrap().into()).chain(own).chain([told]).collect()
}

/// That an object is installed, until it is dropped.
struct Installed<'a>(&'a Endpoint);

impl<'a> Installed<'a> {
    fn new(endpoint: &'a Endpoint) -> Self {
        install(endpoint, &server_command(endpoint), Scope::Machine).unwrap();
        Self(endpoint)
    }

    fn library(&self) -> Library {
        let change = install(self.0, &server_command(self.0), Scope::Machine);
        let places = change.unwrap().places;
        Library::read(places.iter().find(|place| place.ends_with(".tlb")).unwrap().as_ref())
            .unwrap()
    }
}

impl Drop for Installed<'_> {
    fn drop(&mut self) {
        uninstall(self.0, Scope::Machine).unwrap();
    }
}

#[test]
fn com_starts_the_server_at_the_first_call() {
    let endpoint = endpoint("Started");
    let _installed = Installed::new(&endpoint);
    // However long the system takes for it.
    let desk = Channel::connect(&Object, &endpoint, desk(), None, Deadline::past()).unwrap();
    comes_back(&desk, "EchoOrder", &[order(1, Some(order(2, None)))]);
    match call::<()>(&desk, "Fail", "no paper") {
        Err(CallError::Fault(fault)) => assert_eq!(fault.reason, "no paper"),
        other => panic!("{other:?}"),
    }
    ask::<()>(&desk, "Stop").unwrap();
}

#[test]
fn the_installed_library_says_what_the_contract_does() {
    let endpoint = endpoint("Library");
    let installed = Installed::new(&endpoint);
    let plain = installed.library();
    assert_eq!(plain.interfaces[0].kind, Kind::Dual);
    let change = uninstall(&endpoint, Scope::Machine).unwrap();
    install(&endpoint, &server_command(&endpoint), Scope::Machine).unwrap();
    let (serving, _gate) = serve(&endpoint);
    let file = change.places.iter().find(|place| place.ends_with(".tlb")).unwrap();
    let library = Library::read(file.as_ref()).unwrap();
    assert_eq!(library.guid, plain.guid);
    assert_eq!(library.class, plain.class);
    let desk = &library.interfaces[0];
    assert_eq!((desk.name.as_str(), desk.kind), ("Desk", Kind::Dispatch));
    let add = desk.methods.iter().find(|method| method.name == "Add").unwrap();
    assert_eq!(add.parameters, [("a".into(), Type::Int), ("b".into(), Type::Int)]);
    assert_eq!((add.id, add.result), (desk_place("Add") as i32 + 1, Some(Type::Int)));
    drop(serving);
    let _inbox = Object.bind(&endpoint).unwrap();
    assert_eq!(Library::read(file.as_ref()).unwrap(), plain);
}

const SCRIPT: &str = r#"
var desk = WScript.CreateObject("NAME");
function say(what) { WScript.Echo(String(what)); }
say(desk.Add(3.0, 4) + 1);
say(desk.add("5", 6));
say(desk.EchoText("Hello") + " " + desk.EchoF64(0.5) + " " + desk.EchoBool(true));
say(desk.EchoI64(Math.pow(2, 40)) / 1024);
say(new VBArray(desk.EchoList(["a", "b"])).toArray().join("+"));
var back = desk.EchoOrder({ Id: 7, Name: "seven", Lines: [1, 2.5], Next: { Id: 8, Paper: 7 } });
say(back.Id + back.Name + back.Next.Id + back.Next.Paper + new VBArray(back.Lines).toArray()[1]);
say(desk.EchoMap({ 1: "one", 2: "two" })["2"]);
say(desk.EchoOption(null) === null);
try { desk.Fail("no paper"); } catch (error) { say(error.description); }
try { desk.EchoI32("x"); } catch (error) { say(error.description.indexOf("EchoI32") > 0); }
try { desk.Nothing(); } catch (error) { say("no Nothing"); }
desk.Note("noted");
say(new VBArray(desk.Notes()).toArray().length);
desk.Stop();
"#;

const SAID: &[&str] = &[
    "8",
    "11",
    "Hello 0.5 true",
    "1073741824",
    "a+b",
    "7seven8Lined2.5",
    "two",
    "true",
    "no paper",
    "true",
    "no Nothing",
    "1",
    "",
];

const BASIC: &str = r#"
Set desk = CreateObject("NAME")
WScript.Echo desk.Add(3.0, "4")
moment = desk.EchoDate(DateSerial(2024, 2, 29) + TimeSerial(12, 34, 56))
WScript.Echo TypeName(moment) & Year(moment) & Month(moment) & Second(moment)
list = desk.EchoList(Array("a", "b"))
WScript.Echo UBound(list) & list(0) & list(1)
If IsArray(desk.EchoBytes(Array(1, 2, 255))) Then WScript.Echo "bytes"
Set order = desk.EchoOrder(desk.EchoOrder(Array(Array("Id", 7), Array("Name", "seven"))))
WScript.Echo order.Id & order.Name
On Error Resume Next
desk.Fail "no paper"
WScript.Echo Err.Description
On Error Goto 0
desk.Stop
"#;

const BASIC_SAID: &[&str] = &["7", "Date2024256", "1ab", "bytes", "7seven", "no paper", ""];

fn runs(name: &str, file: &str, script: &str, expected: &[&str]) {
    let endpoint = endpoint(name);
    let _installed = Installed::new(&endpoint);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join(file);
    fs::write(&file, script.replace("NAME", endpoint.name())).unwrap();
    let output = Command::new("cscript").arg("//nologo").arg(&file).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).replace('\r', "");
    let said: Vec<&str> = said.split('\n').collect();
    assert_eq!(said, expected, "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn jscript_calls_a_server_that_com_starts() {
    runs("Script", "desk.js", SCRIPT, SAID);
}

#[test]
fn vbscript_calls_a_server_that_com_starts() {
    runs("Basic", "desk.vbs", BASIC, BASIC_SAID);
}

#[test]
fn clients_call_at_the_same_time() {
    let endpoint = endpoint("Many");
    let (_serving, _gate) = serve(&endpoint);
    let desk = Arc::new(connect(&endpoint));
    std::thread::scope(|scope| {
        for thread in 0..8 {
            let desk = &desk;
            scope.spawn(move || {
                for number in 0..50 {
                    let value = thread * 100 + number;
                    assert_eq!(call::<i32>(desk, "EchoI32", value).unwrap(), value);
                }
            });
        }
    });
}
