//! Typed calls as D-Bus knows them: a contract is an interface of the endpoint's object.

mod back;
mod by_name;
mod called_back;
mod calls;
mod contract;
mod executing;
mod faults;
mod hosting;
mod remote;

mod session;
mod sessions;
mod version;

pub(crate) use by_name::call_by_name;
pub(crate) use hosting::host;
pub(crate) use remote::connect;
