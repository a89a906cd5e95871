//! Typed calls as WCF knows them: operations, parameters, results, faults and calls back.

mod by_name;
mod calling;
mod contract;
mod dispatching;
mod memory;
mod remote;
mod responding;

pub(crate) use by_name::call_by_name;
pub(crate) use dispatching::host;
pub(crate) use remote::connect;
