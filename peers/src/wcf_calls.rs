//! What the clients of the WCF programs ask for, and what both sides print of that.

use crate::WcfPeer;

/// One operation of a client's command line.
#[derive(Debug)]
pub struct WcfCall {
    /// Its name there.
    pub operation: &'static str,
    /// The calls that it makes, as a server prints them.
    pub calls: Vec<String>,
    /// What the client prints of its end.
    pub result: Result<String, String>,
}

impl WcfPeer {
    /// The operations of its first contract that end alike with every server.
    pub fn calls(self) -> Vec<WcfCall> {
        let groups = match self {
            Self::Peer => [sends(), scalars(), collections(), faults()],
            Self::Stock => [items(), stock_scalars(), stock_collections(), stock_faults()],
        };
        groups.into_iter().flatten().collect()
    }
}

fn call(operation: &'static str, calls: &[&str], value: &str) -> WcfCall {
    let calls = calls.iter().map(|&call| call.to_owned()).collect();
    WcfCall { operation, calls, result: Ok(value.to_owned()) }
}

/// The server answers with what it was given.
fn echo(operation: &'static str, method: &str, value: &str) -> WcfCall {
    call(operation, &[&format!("{method} {value}")], value)
}

fn fault(operation: &'static str, method: &str, words: &str) -> WcfCall {
    let result = Err(format!("FaultException: Sender: {words}"));
    WcfCall { operation, calls: vec![method.to_owned()], result }
}

fn sends() -> Vec<WcfCall> {
    let send = |operation, text: &str| call(operation, &[&format!("Send {text}")], "null");
    vec![
        send("send", r#""Hello, World!""#),
        call("send2", &[r#"Send "first""#, r#"Send "second""#], "null"),
        send("empty", r#""""#),
        send("null", "null"),
        send("unicode", r#""héllo 日本語 😀""#),
        send("cjk", r#""日本語日本語""#),
        send("s300", r#""xxxxxxxx"..(300 characters)"#),
        send("s70000", r#""yyyyyyyy"..(70000 characters)"#),
        call("nothing", &["Nothing"], "null"),
    ]
}

fn scalars() -> Vec<WcfCall> {
    let doubles = ["EchoDouble NaN", "EchoDouble -Infinity", "EchoDouble 0", "EchoDouble 1E+300"];
    vec![
        echo("echo", "Echo", r#""ping""#),
        call("echo2", &[r#"Echo "one""#, r#"Echo "two""#], r#""onetwo""#),
        echo("echonull", "Echo", "null"),
        echo("echolong", "Echo", r#""zzzzzzzz"..(70000 characters)"#),
        call("add", &["Add 2 40"], "42"),
        call("addbig", &["Add 1000000 -70000"], "930000"),
        echo("double", "EchoDouble", "3.1415926535897931"),
        echo("double3", "EchoDouble", "3"),
        call("doubles", &doubles, "[NaN -Infinity 0 1E+300]"),
        echo("float", "EchoFloat", "1.5"),
        echo("bool", "EchoBool", "true"),
        echo("long", "EchoLong", "1099511627776"),
        echo("ulong", "EchoULong", "18446744073709551615"),
        echo("decimal", "EchoDecimal", "-12345.678"),
        echo("date", "EchoDate", "2024-02-29T12:34:56.7890000Z"),
        echo("datelocal", "EchoDate", "2024-02-29T12:34:56.0000000"),
        echo("span", "EchoSpan", "1.02:03:04.0050000"),
        echo("guid", "EchoGuid", "00112233-4455-6677-8899-aabbccddeeff"),
        echo("enum", "EchoEnum", "Green"),
        echo("char", "EchoChar", "'A'"),
        call("nullable", &["EchoNullable null", "EchoNullable 7"], "[null 7]"),
    ]
}

fn collections() -> Vec<WcfCall> {
    let kid = r#"Node{Name="kid é" Id=-7 Children=[] Blob=null Late=0 Maybe="set"}"#;
    let root = r#"Node{Name="root" Id=1 Children=[KID null] Blob=0x010203 Late=2.5 Maybe=null}"#;
    vec![
        echo("bytes", "EchoBytes", "0x0001020304050607..(1000 bytes)"),
        echo("bytes0", "EchoBytes", "0x"),
        echo("ints", "EchoInts", "[1 -2 300000]"),
        echo("strings", "EchoStrings", r#"["a" null ""]"#),
        echo("map", "EchoMap", r#"{"k"=9}"#),
        echo("node", "EchoNode", &root.replace("KID", kid)),
    ]
}

fn faults() -> Vec<WcfCall> {
    vec![
        fault("fail", r#"Fail "because""#, "because"),
        fault("failtyped", "FailTyped 42", r#"typed fault Detail{Code=42 Why="typed"}"#),
    ]
}

fn nail(quantity: u32) -> String {
    let rest = "Price=0.25 Grade=Second Traits=Cold, Heavy Remark=null";
    format!(r#"Item{{Sku="nail" Quantity={quantity} {rest}}}"#)
}

fn milk(sku: &str) -> String {
    let own = "Until=2026-07-01T12:00:00.2500000+05:30 Opened=-01:30:00 Age=3";
    let rest = r#"Quantity=2 Price=null Grade=First Traits=None Remark="shake""#;
    format!(r#"Perishable{{{own} Sku="{sku}" {rest}}}"#)
}

fn items() -> Vec<WcfCall> {
    vec![
        call("note", &[r#"Note "the door is open" 2"#], "null"),
        echo("store", "Store", &nail(7)),
        echo("store-null", "Store", "null"),
        echo("store-fresh", "Store", &milk("milk")),
        call("find", &[r#"Find "milk""#], &milk("milk")),
    ]
}

fn stock_scalars() -> Vec<WcfCall> {
    let grades = ["Regrade First", "Regrade Second", "Regrade Waste"];
    let gauge = "Width=65535 Tiny=-128 Small=255 Medium=-32768 Wide=4294967295 \
        Manual=http://example.org/gauge?a=1&b=%20 Checked=null";
    vec![
        call("regrade", &grades, "[First Second Waste]"),
        call(
            "mark",
            &["Mark None", "Mark Fragile, Cold", "Mark Heavy"],
            "[None Fragile, Cold Heavy]",
        ),
        call("price", &["Price null", r#"Price "nail""#], "[null 19.90]"),
        echo("when", "When", "2026-07-01T12:00:00.2500000+05:30"),
        echo("measure", "Measure", &format!("Gauge{{{gauge}}}")),
        call("take", &[r#"Take "nail" 3 5"#], r#"[true 2 "3 of nail"]"#),
        call("count", &["Count 2025-01-02T03:04:05.0060000Z"], "638713838450060000"),
    ]
}

fn stock_collections() -> Vec<WcfCall> {
    let full =
        format!(r#"Slot{{Row=1 Items=[{} {} null] Labels=["left" ""]}}"#, nail(1), milk("milk"));
    let id = "01234567-89ab-cdef-0123-456789abcdef";
    let first =
        format!("Shelf{{Id={id} Slots=[{full} Slot{{Row=2 Items=[] Labels=null}}] Grid=null}}");
    let none = "00000000-0000-0000-0000-000000000000";
    let second = format!("Shelf{{Id={none} Slots=null Grid=[[1 2] []]}}");
    vec![
        echo("shelves", "Shelves", &format!("[{first} {second}]")),
        echo("shelves-none", "Shelves", "[]"),
        call("sort", &[r#"Sort ["b" "a" "C"]"#], r#"["C" "a" "b"]"#),
        echo("by-sku", "BySku", &format!(r#"{{"n"={} "m"={}}}"#, nail(1), milk("milk"))),
        echo("labels", "Labels", r#"{-3=["x" null] 4=null}"#),
    ]
}

fn stock_faults() -> Vec<WcfCall> {
    let shortage = |missing: u32| {
        format!(r#"Shortage{{Sku="nail" Missing={missing} Instead=[{}]}}"#, milk("other"))
    };
    vec![
        call("reserve", &[r#"Reserve "nail" 10"#], "10"),
        fault(
            "reserve-short",
            r#"Reserve "nail" 52"#,
            &format!("too few of them {}", shortage(42)),
        ),
        fault("insist", r#"Insist "nail" 1"#, &format!("no {}", shortage(1))),
    ]
}
