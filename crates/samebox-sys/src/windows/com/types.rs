//! What a type library says of an object.

use super::apartment::Held;
use windows::Win32::System::Com::ITypeInfo;

/// The descriptions of an object in a type library, for callers that ask it for them.
#[derive(Debug)]
pub struct Types {
    /// That of its interface.
    pub(super) interface: Held<ITypeInfo>,
    /// That of its class, which names its events.
    pub(super) class: Held<ITypeInfo>,
}
