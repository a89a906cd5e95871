//! Typed calls as COM knows them: a contract's operations are the methods of the endpoint's object.

mod by_name;
mod calling;
mod faults;
mod hosting;
mod operations;
mod remote;
mod responding;

pub(crate) use by_name::{OPERATION, call_by_name, named};
pub(crate) use hosting::host;
pub(crate) use remote::connect;
