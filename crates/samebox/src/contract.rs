//! Typed service contracts: one trait, many wires.
//!
//! The attribute [`contract`](macro@crate::contract) on a trait makes a client and a host of it.
//! Which mechanism carries the calls is the endpoint's scheme, as everywhere.
//!
//! ```
//! use samebox::Fault;
//!
//! #[samebox::contract]
//! pub trait Calculator {
//!     fn add(&self, a: i32, b: i32) -> i32;
//!     fn divide(&self, dividend: f64, divisor: f64) -> Result<f64, Fault>;
//!     #[one_way]
//!     fn note(&self, text: &str);
//! }
//!
//! struct Simple;
//!
//! impl Calculator for Simple {
//!     fn add(&self, a: i32, b: i32) -> i32 {
//!         a + b
//!     }
//!
//!     fn divide(&self, dividend: f64, divisor: f64) -> Result<f64, Fault> {
//!         if divisor == 0.0 { Err(Fault::new("division by zero")) } else { Ok(dividend / divisor) }
//!     }
//!
//!     fn note(&self, text: &str) {
//!         println!("{text}");
//!     }
//! }
//!
//! # let endpoint = format!("pipe:calculator-{}", std::process::id());
//! # let endpoint = endpoint.as_str();
//! # /*
//! let endpoint = "pipe:calculator";
//! # */
//! let serving = samebox::serve(endpoint, CalculatorHost::shared(Simple))?; // until it is dropped
//!
//! let client = CalculatorClient::connect(endpoint)?; // in any process; cheap to clone
//! assert_eq!(client.add(1, 2)?, 3);
//! client.note("that was easy")?;
//! let refused = client.divide(1.0, 0.0).unwrap_err();
//! assert_eq!(refused.fault().unwrap().reason, "division by zero");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Operations
//!
//! A method takes `&self` and owned values or references to them (`&str`, `&[T]`, `&T`): a client
//! writes what is behind a reference without a copy, a service is lent what was read. It gives a
//! value, nothing, or `Result<T, Fault>`. `Result<T, Fault<Detail>>` promises a detail as well, which
//! the client finds in [`Fault::detail`]. A client's method gives `Result<T, CallError<Detail>>`:
//! the fault, or the error that kept the call from crossing. `#[one_way]` methods return as soon as
//! the call is sent. What can cross is [`Data`](trait@crate::data::Data): numbers, text, bytes, dates,
//! lists, maps, options, and structs and enums with [`#[derive(Data)]`](derive@crate::Data).
//!
//! Calls of one client, and of its clones, are handled one after another in their order; other
//! clients' at the same time. A method that waits keeps only its own client waiting.
//!
//! # Objects
//!
//! `CalculatorHost::shared(service)` has one object for everybody, `per_client(|peer| ..)` makes one
//! for each client, `per_call(|| ..)` for each call. An `Arc` of a service is a service too, for a
//! program that looks at it itself.
//!
//! # Callbacks
//!
//! A service can call its client back while it is called, and later for as long as the client lives.
//! The callback is a contract too:
//!
//! ```
//! use samebox::Fault;
//! use std::sync::mpsc::{Sender, channel};
//!
//! #[samebox::contract]
//! pub trait Notify {
//!     #[one_way]
//!     fn progress(&self, percent: u8);
//!     fn confirm(&self, question: &str) -> bool;
//! }
//!
//! #[samebox::contract(callback = Notify)]
//! pub trait Orders {
//!     /// Ships an order, after a question.
//!     fn ship(&self, order_id: i32, #[callback] client: &NotifyClient) -> Result<(), Fault>;
//! }
//!
//! struct Warehouse;
//!
//! impl Orders for Warehouse {
//!     fn ship(&self, order_id: i32, client: &NotifyClient) -> Result<(), Fault> {
//!         let answer = client.confirm(&format!("ship {order_id}?"));
//!         match answer {
//!             Ok(true) => client.progress(100).map_err(|error| Fault::new(error.to_string())),
//!             Ok(false) => Err(Fault::new("the client does not want it")),
//!             Err(error) => Err(Fault::new(error.to_string())),
//!         }
//!     }
//! }
//!
//! struct Screen(Sender<u8>);
//!
//! impl Notify for Screen {
//!     fn progress(&self, percent: u8) {
//!         self.0.send(percent).expect("somebody looks");
//!     }
//!
//!     fn confirm(&self, question: &str) -> bool {
//!         question == "ship 7?"
//!     }
//! }
//!
//! let serving = samebox::serve("inproc:orders", OrdersHost::shared(Warehouse))?;
//! let (sender, seen) = channel();
//! let client = OrdersClient::connect("inproc:orders", Screen(sender))?;
//! client.ship(7)?; // `#[callback]` parameters are not the client's to give
//! assert_eq!(seen.recv()?, 100);
//! assert!(client.ship(8).is_err());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! A service keeps `NotifyClient` (it clones cheaply) to call later. A callback that asks its service
//! in turn does so through another client: the calls of its own wait until the callback has ended.
//!
//! # Names and versions
//!
//! On the wire names are those of .NET: the trait `Orders` is `IOrders`, `ship` is `Ship`,
//! `order_id` is `orderId`. Attributes give others:
//!
//! ```
//! #[samebox::contract(name = "IIpcClient", namespace = "urn:shop", version = "2")]
//! pub trait Sender {
//!     #[operation(name = "SendText")]
//!     fn send(&self, #[wire(name = "data")] text: &str);
//! }
//!
//! let contract = SenderClient::contract(); // what wires know of it
//! assert_eq!((&*contract.name, &*contract.operations[0].name), ("IIpcClient", "SendText"));
//! ```
//!
//! Both sides must be built from the same definition. Where they are not, connecting fails with
//! [`ErrorKind::Mismatch`](crate::ErrorKind::Mismatch), which names the two versions.

use crate::client::waiting;
use crate::transports::transport;
use samebox_core::{Deadline, Endpoint, Result};
use samebox_data::Contract;
use std::sync::Arc;

pub use samebox_contract::*;

/// Offers a service at `endpoint`, for this user only unless its setting `allow` names others.
///
/// # Errors
/// As [`bind`](crate::bind); `Unsupported` when the transport cannot carry typed calls.
pub fn serve(endpoint: &str, host: Host) -> Result<Serving> {
    let endpoint: Endpoint = endpoint.parse()?;
    host.bind(transport(&endpoint)?, &endpoint)
}

/// Connects to a service; what generated clients call.
///
/// Without a deadline it waits for the server as long as the endpoint's setting `wait` says.
///
/// # Errors
/// As [`connect`](crate::connect); `Mismatch` when the service has another version of the contract,
/// `Unsupported` when the transport cannot carry typed calls.
pub fn connect(
    endpoint: &str,
    contract: &'static Contract,
    callbacks: Option<Arc<dyn Dispatch>>,
    deadline: Option<Deadline>,
) -> Result<Channel> {
    let endpoint: Endpoint = endpoint.parse()?;
    let deadline = deadline.map_or_else(|| waiting(&endpoint), Ok)?;
    Channel::connect(transport(&endpoint)?, &endpoint, contract, callbacks, deadline)
}
