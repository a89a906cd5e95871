//! The descriptions of an object, without a file.

use super::super::apartment::{Apartment, Held};
use super::super::failure::Failure;
use super::super::types::Types;
use super::{Kind, Library};
use windows::Win32::Foundation::TYPE_E_ELEMENTNOTFOUND;
use windows::Win32::System::Com::{ITypeInfo, ITypeLib};
use windows_core::{GUID, Interface};

/// The number of what a dual interface is for those who call by number.
const BY_NUMBER: u32 = u32::MAX;

impl Library {
    /// What it says of its class and of the first interface, for an object to answer callers with.
    ///
    /// # Errors
    /// The system's.
    pub fn types(&self, _: &Apartment) -> Result<Types, Failure> {
        // The system wants a name, and writes no file before it is told to.
        let library: ITypeLib = self.build("samebox.tlb")?.cast()?;
        let first = self.interfaces.first().ok_or(Failure::new(TYPE_E_ELEMENTNOTFOUND.0))?;
        let described = |guid: u128| {
            let guid = GUID::from_u128(guid);
            // SAFETY: the GUID outlives the call.
            unsafe { library.GetTypeInfoOfGuid(&raw const guid) }
        };
        let (mut interface, class) = (described(first.guid)?, described(self.class.guid)?);
        if first.kind == Kind::Dual {
            interface = by_number(&interface)?;
        }
        // SAFETY: the caller is in the apartment, and the pointers were got here.
        let types = unsafe { Types { interface: Held::new(interface), class: Held::new(class) } };
        Ok(types)
    }
}

fn by_number(interface: &ITypeInfo) -> windows_core::Result<ITypeInfo> {
    // SAFETY: numbers only, the second of which the type gave.
    unsafe { interface.GetRefTypeInfo(interface.GetRefTypeOfImplType(BY_NUMBER)?) }
}
