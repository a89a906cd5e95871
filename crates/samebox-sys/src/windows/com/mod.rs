//! COM: objects that other programs call by name, and calls to theirs.
//!
//! An [`Object`] is members with numbers and what happens when they are called. A [`Server`] makes
//! one known to the system under a class, a [`Remote`] is one of another process. Everything happens
//! on threads in the multi-threaded apartment, which are samebox's own: the apartments of the
//! program's threads are left alone.

mod apartment;
mod busy;
mod caller;
mod error_info;
mod events;
mod exported;
mod exported_vtables;
mod factory;
mod failure;
mod invocation;
mod members;
mod object;
#[cfg(test)]
mod raw_tests;
mod remote;
mod security;
mod server;
#[cfg(test)]
mod tests;
pub mod typelib;
mod types;
mod variant;

pub use apartment::Apartment;
pub use caller::{Caller, caller};
pub use events::Events;
pub use failure::{Exception, Failure};
pub use object::{Member, Object};
pub use remote::{Remote, Subscription, class_of};
pub use server::{Faces, Server};
pub use types::Types;
pub use variant::{Decimal, Variant};
pub use windows_core::GUID as Guid;
