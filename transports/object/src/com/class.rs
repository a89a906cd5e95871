//! Which class the object of an endpoint has.

use super::clsid::CLSID;
use samebox_core::Endpoint;
use samebox_sys::windows::com::{Guid, class_of};

/// The class that the endpoint says, or else the one that is installed under its name, or else the one
/// that is derived from it; `own` is the first or the last.
pub(super) fn class(endpoint: &Endpoint, own: Guid) -> Guid {
    match endpoint.setting(CLSID.name) {
        Some(_) => own,
        None => class_of(endpoint.name()).unwrap_or(own),
    }
}
