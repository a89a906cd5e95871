//! Objects as bundles of values: those of others, and our own for others to look into.

use super::apartment::{Apartment, Held};
use super::exported::{self, Faces};
use super::failure::Failure;
use super::invocation::call_as;
use super::object::Object;
use super::remote::Remote;
use super::variant::Variant;
use std::sync::Arc;
use windows::Win32::System::Com::DISPATCH_PROPERTYGET;
use windows::Win32::System::Ole::{IDispatchEx, fdexEnumDefault};
use windows_core::Interface;

/// The number before that of the first member.
const BEFORE_ALL: i32 = -1;
/// What tells that a member was the last.
const S_FALSE: i32 = 1;

impl Remote {
    /// An object of this process, for others to call while somebody holds it.
    ///
    /// # Errors
    /// The system's.
    pub fn local(_: &Apartment, object: Arc<dyn Object>) -> Result<Self, Failure> {
        let (pointer, _) = exported::export(object, Faces::default());
        // SAFETY: the pointer was made in the apartment that the caller is in.
        Ok(Self(Arc::new(unsafe { Held::new(pointer.cast()?) })))
    }

    /// The value of a member that is a property.
    ///
    /// # Errors
    /// What the object says instead of a result, or the system's.
    pub fn property(&self, apartment: &Apartment, member: i32) -> Result<Variant, Failure> {
        // SAFETY: the pointer is of the apartment that this thread is in.
        unsafe { call_as(DISPATCH_PROPERTYGET, self.0.of(apartment), member, &[]) }
    }

    /// The names of its members, in order, at most so many; `None` for an object that does not tell.
    ///
    /// # Errors
    /// The system's.
    pub fn names(
        &self,
        apartment: &Apartment,
        most: usize,
    ) -> Result<Option<Vec<String>>, Failure> {
        let Ok(object) = self.0.of(apartment).cast::<IDispatchEx>() else { return Ok(None) };
        let (mut names, mut member) = (Vec::new(), BEFORE_ALL);
        while names.len() < most {
            let mut next = 0;
            // SAFETY: the place for the number outlives the call.
            let code = unsafe {
                let get = object.vtable().GetNextDispID;
                get(object.as_raw(), fdexEnumDefault as u32, member, &raw mut next)
            };
            if code.0 == S_FALSE {
                break;
            }
            code.ok()?;
            member = next;
            // SAFETY: a number only.
            let name = unsafe { object.GetMemberName(member) }?;
            names.push(name.to_string());
        }
        Ok(Some(names))
    }
}
