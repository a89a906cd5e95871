//! A small service with a value of every kind, written by hand.
#![allow(dead_code, reason = "each test uses a part of it")]

use samebox_contract::{CallError, Caller, Channel, Dispatch, Fault, Respond};
use samebox_data::chrono::{DateTime, NaiveDateTime, Utc};
use samebox_data::rust_decimal::Decimal;
use samebox_data::uuid::Uuid;
use samebox_data::{
    Contract, Data, Encode, Enumeration, Error, Member, Operation, Parameter, Reader, Shape,
    ShapeOf, Struct, Variant, Writer,
};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// An order with orders in it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Order {
    pub(crate) id: i32,
    pub(crate) name: String,
    pub(crate) paper: Paper,
    pub(crate) lines: Vec<f64>,
    pub(crate) next: Option<Box<Order>>,
}

/// What an order is written on.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) enum Paper {
    #[default]
    Plain,
    Lined,
}

static ORDER: Struct = Struct {
    name: "Order",
    namespace: "",
    members: &[
        Member { name: "Id", shape: <i32 as Encode>::shape },
        Member { name: "Name", shape: <String as Encode>::shape },
        Member { name: "Paper", shape: <Paper as Encode>::shape },
        Member { name: "Lines", shape: <Vec<f64> as Encode>::shape },
        Member { name: "Next", shape: <Option<Box<Order>> as Encode>::shape },
    ],
};

static PAPER: Enumeration = Enumeration {
    name: "Paper",
    namespace: "",
    variants: &[Variant { name: "Plain", value: 0 }, Variant { name: "Lined", value: 7 }],
};

type Done = samebox_data::Result<()>;
type Write<'a> = &'a dyn Fn(&mut dyn Writer) -> Done;

impl Encode for Order {
    fn shape() -> &'static Shape {
        const { &Shape::Struct(&ORDER) }
    }

    fn write(&self, to: &mut dyn Writer) -> Done {
        to.structure(&ORDER)?;
        let members: [Write<'_>; 5] = [
            &|to| self.id.write(to),
            &|to| self.name.write(to),
            &|to| self.paper.write(to),
            &|to| self.lines.write(to),
            &|to| self.next.write(to),
        ];
        for (index, write) in members.iter().enumerate() {
            to.member(index)?;
            write(to)?;
        }
        to.end()
    }
}

impl Data for Order {
    fn read(from: &mut dyn Reader) -> samebox_data::Result<Self> {
        let mut order = Self::default();
        let mut has_id = false;
        from.structure(&ORDER)?;
        while let Some(member) = from.member()? {
            match member {
                0 => (order.id, has_id) = (Data::read(from)?, true),
                1 => order.name = Data::read(from)?,
                2 => order.paper = Data::read(from)?,
                3 => order.lines = Data::read(from)?,
                _ => order.next = Data::read(from)?,
            }
        }
        if has_id { Ok(order) } else { Err(Error::Missing { name: "Id".into() }) }
    }
}

impl Encode for Paper {
    fn shape() -> &'static Shape {
        const { &Shape::Enum(&PAPER) }
    }

    fn write(&self, to: &mut dyn Writer) -> Done {
        to.variant(&PAPER, *self as usize)
    }
}

impl Data for Paper {
    fn read(from: &mut dyn Reader) -> samebox_data::Result<Self> {
        Ok(if from.variant(&PAPER)? == 0 { Self::Plain } else { Self::Lined })
    }
}

/// An operation that gives back what it is given.
macro_rules! echoes {
    ($($name:literal $type:ty;)*) => {
        static ECHOES: &[(&str, ShapeOf)] = &[$(($name, <$type as Encode>::shape)),*];

        fn echo(place: usize, from: &mut dyn Reader, to: &mut dyn Respond) -> Done {
            let name = ECHOES[place].0;
            $(if name == $name { return give(to, argument::<$type>(from)?); })*
            Ok(())
        }
    };
}

echoes! {
    "EchoBool" bool;
    "EchoI8" i8;
    "EchoI32" i32;
    "EchoU32" u32;
    "EchoI64" i64;
    "EchoU64" u64;
    "EchoF32" f32;
    "EchoF64" f64;
    "EchoChar" char;
    "EchoText" String;
    "EchoBytes" Vec<u8>;
    "EchoMoment" DateTime<Utc>;
    "EchoDate" NaiveDateTime;
    "EchoSpan" Duration;
    "EchoGuid" Uuid;
    "EchoDecimal" Decimal;
    "EchoOption" Option<i32>;
    "EchoList" Vec<String>;
    "EchoMap" BTreeMap<i32, String>;
    "EchoOrder" Order;
    "EchoOrders" Vec<Order>;
}

/// The place of the operation that gives back values of that name.
pub(crate) fn echo_of(name: &str) -> usize {
    ECHOES.iter().position(|(known, _)| *known == name).unwrap()
}

fn others() -> Vec<Operation> {
    let operation = |name: &'static str, takes: &[(&'static str, ShapeOf)], result| Operation {
        name: name.into(),
        one_way: name == "Note",
        parameters: takes.iter().map(|(name, shape)| parameter(name, *shape)).collect(),
        result,
        fault: (name == "Fail").then_some(<String as Encode>::shape as ShapeOf),
    };
    let (text, int) = (<String as Encode>::shape, <i32 as Encode>::shape);
    let unit = <() as Encode>::shape;
    vec![
        operation("Add", &[("a", int), ("b", int)], int),
        operation("Fail", &[("why", text)], unit),
        operation("Note", &[("text", text)], unit),
        operation("Notes", &[], <Vec<String> as Encode>::shape),
        operation("Panic", &[], unit),
        operation("Wait", &[], unit),
        operation("Stop", &[], unit),
    ]
}

fn parameter(name: &'static str, shape: ShapeOf) -> Parameter {
    Parameter { name: name.into(), shape }
}

/// The service's contract.
pub(crate) fn desk() -> &'static Contract {
    let echo = |(name, shape): &(&'static str, ShapeOf)| Operation {
        name: (*name).into(),
        one_way: false,
        parameters: vec![parameter("value", *shape)].into(),
        result: *shape,
        fault: None,
    };
    let mut operations: Vec<Operation> = ECHOES.iter().map(echo).collect();
    operations.extend(others());
    Box::leak(Box::new(Contract {
        name: "Desk".into(),
        namespace: Cow::Borrowed("urn:desk"),
        version: "1".into(),
        operations: operations.into(),
        callback: None,
    }))
}

/// The service: what it was told, and who wants to know when it shall end.
pub(crate) struct Desk {
    notes: Mutex<Vec<String>>,
    stop: Mutex<Sender<()>>,
    gate: Mutex<Receiver<()>>,
}

impl Desk {
    /// The service, what comes when it was told to stop, and what lets its calls to `Wait` go on.
    pub(crate) fn new() -> (Arc<Self>, Receiver<()>, Sender<()>) {
        let ((stop, stopped), (open, gate)) = (channel(), channel());
        let desk = Self { notes: Mutex::default(), stop: stop.into(), gate: gate.into() };
        (Arc::new(desk), stopped, open)
    }
}

fn argument<A: Data>(from: &mut dyn Reader) -> samebox_data::Result<A> {
    match from.member()? {
        Some(_) => A::read(from),
        None => A::absent("an argument"),
    }
}

fn give(to: &mut dyn Respond, value: impl Encode) -> Done {
    to.result(&|writer| {
        writer.member(0)?;
        value.write(writer)
    })
}

impl Dispatch for Desk {
    fn dispatch(
        &self,
        operation: usize,
        _: &Caller<'_>,
        from: &mut dyn Reader,
        to: &mut dyn Respond,
    ) -> Done {
        let Some(place) = operation.checked_sub(ECHOES.len()) else {
            return echo(operation, from, to);
        };
        match others()[place].name.as_ref() {
            "Add" => give(to, argument::<i32>(from)? + argument::<i32>(from)?),
            "Fail" => {
                let fault = Fault::<String>::new(argument::<String>(from)?);
                let fault = fault.with_code("urn:desk", "OutOfPaper");
                to.fault(&fault.head(), Some(&|writer| "detail".write(writer)))
            }
            "Note" => {
                self.notes.lock().unwrap().push(argument(from)?);
                Ok(())
            }
            "Notes" => give(to, self.notes.lock().unwrap().clone()),
            "Panic" => panic!("secret words"),
            "Wait" => {
                let _ = self.gate.lock().unwrap().recv_timeout(Duration::from_secs(20));
                give(to, ())
            }
            _ => {
                let _ = self.stop.lock().unwrap().send(());
                give(to, ())
            }
        }
    }
}

/// Calls an operation with one argument.
pub(crate) fn call<R: Data>(
    desk: &Channel,
    name: &str,
    argument: impl Encode,
) -> Result<R, CallError> {
    let operation = desk_place(name);
    desk.call(operation, &|to| {
        to.member(0)?;
        argument.write(to)
    })
}

/// Calls an operation without arguments.
pub(crate) fn ask<R: Data>(desk: &Channel, name: &str) -> Result<R, CallError> {
    desk.call(desk_place(name), &|_| Ok(()))
}

pub(crate) fn desk_place(name: &str) -> usize {
    desk().operation(name).unwrap().0
}
