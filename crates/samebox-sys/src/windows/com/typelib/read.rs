//! A type library that somebody else may have written: nothing in it is taken on trust.

use super::{Class, Interface, Kind, Library, Method, Type};
use crate::windows::text::wide;
use std::io;
use std::path::Path;
use windows::Win32::Foundation::TYPE_E_UNSUPFORMAT;
use windows::Win32::System::Com::{
    ELEMDESC, FUNCDESC, IMPLTYPEFLAG_FSOURCE, ITypeInfo, ITypeLib, TKIND_COCLASS, TYPEATTR,
    TYPEDESC,
};
use windows::Win32::System::Ole::{LoadTypeLibEx, PARAMFLAG_FRETVAL, REGKIND_NONE, TYPEFLAG_FDUAL};
use windows::Win32::System::Variant::{
    VT_BOOL, VT_BSTR, VT_DATE, VT_HRESULT, VT_I4, VT_PTR, VT_R8, VT_SAFEARRAY, VT_UI1, VT_VARIANT,
};
use windows_core::{BSTR, PCWSTR, Result};

/// Names of one method and its parameters that are read.
const MOST_NAMES: usize = 65;

impl Library {
    /// Reads a file that [`Library::write`] made.
    ///
    /// # Errors
    /// The operating system's, also for a library that has other things in it.
    pub fn read(path: &Path) -> io::Result<Self> {
        let path = wide(path.to_str().ok_or(io::ErrorKind::InvalidFilename)?);
        // SAFETY: the path ends with a NUL and outlives the call.
        let library = unsafe { LoadTypeLibEx(PCWSTR(path.as_ptr()), REGKIND_NONE) }?;
        Ok(read(&library)?)
    }
}

fn unsupported() -> windows_core::Error {
    TYPE_E_UNSUPFORMAT.into()
}

fn read(library: &ITypeLib) -> Result<Library> {
    // SAFETY: the attributes are read before they are given back, once.
    let guid = unsafe {
        let attributes = library.GetLibAttr()?;
        let guid = (*attributes).guid;
        library.ReleaseTLibAttr(attributes);
        guid
    };
    let mut name = BSTR::new();
    // SAFETY: the places for the name and the number outlive the call; -1 means the library.
    unsafe { library.GetDocumentation(-1, Some(&raw mut name), None, &mut 0, None) }?;
    // SAFETY: nothing is passed.
    let count = unsafe { library.GetTypeInfoCount() };
    let (mut interfaces, mut classes) = (Vec::new(), Vec::new());
    for index in 0..count {
        // SAFETY: nothing is passed but the index, which is checked there.
        let info = unsafe { library.GetTypeInfo(index) }?;
        let attributes = Attributes::of(&info)?;
        if attributes.get().typekind == TKIND_COCLASS {
            classes.push((read_class(&info, &attributes)?, sources(&info, &attributes)?));
        } else {
            interfaces.push(read_interface(&info, &attributes)?);
        }
    }
    let [(class, sources)] = classes.as_slice() else { return Err(unsupported()) };
    for interface in interfaces.iter_mut().filter(|one| sources.contains(&one.guid)) {
        interface.kind = Kind::Events;
    }
    let (guid, class) = (guid.to_u128(), class.clone());
    Ok(Library { name: name.to_string(), guid, interfaces, class })
}

/// The attributes of a type, which it gets back.
struct Attributes<'a>(&'a ITypeInfo, *mut TYPEATTR);

impl<'a> Attributes<'a> {
    fn of(info: &'a ITypeInfo) -> Result<Self> {
        // SAFETY: nothing is passed.
        Ok(Self(info, unsafe { info.GetTypeAttr() }?))
    }

    fn get(&self) -> &TYPEATTR {
        // SAFETY: the type gave it, and it is valid until it is given back.
        unsafe { &*self.1 }
    }
}

impl Drop for Attributes<'_> {
    fn drop(&mut self) {
        // SAFETY: the type gave it, and nobody uses it after this.
        unsafe { self.0.ReleaseTypeAttr(self.1) };
    }
}

/// The description of a method, which its type gets back.
struct Description<'a>(&'a ITypeInfo, *mut FUNCDESC);

impl Drop for Description<'_> {
    fn drop(&mut self) {
        // SAFETY: the type gave it, and nobody uses it after this.
        unsafe { self.0.ReleaseFuncDesc(self.1) };
    }
}

fn name_of(info: &ITypeInfo) -> Result<String> {
    let mut name = BSTR::new();
    // SAFETY: the places for the name and the number outlive the call; -1 means the type.
    unsafe { info.GetDocumentation(-1, Some(&raw mut name), None, &mut 0, None) }?;
    Ok(name.to_string())
}

fn read_class(info: &ITypeInfo, attributes: &Attributes<'_>) -> Result<Class> {
    Ok(Class { name: name_of(info)?, guid: attributes.get().guid.to_u128() })
}

/// The interfaces of a class that its clients have.
fn sources(class: &ITypeInfo, attributes: &Attributes<'_>) -> Result<Vec<u128>> {
    let mut found = Vec::new();
    for index in 0..u32::from(attributes.get().cImplTypes) {
        // SAFETY: nothing is passed but the index, which is checked there, and what came from it.
        let (flags, info) = unsafe {
            let reference = class.GetRefTypeOfImplType(index)?;
            (class.GetImplTypeFlags(index)?, class.GetRefTypeInfo(reference)?)
        };
        if flags.contains(IMPLTYPEFLAG_FSOURCE) {
            found.push(Attributes::of(&info)?.get().guid.to_u128());
        }
    }
    Ok(found)
}

fn read_interface(info: &ITypeInfo, attributes: &Attributes<'_>) -> Result<Interface> {
    let about = attributes.get();
    let is_dual = i32::from(about.wTypeFlags) & TYPEFLAG_FDUAL.0 != 0;
    let kind = if is_dual { Kind::Dual } else { Kind::Dispatch };
    let mut methods = Vec::new();
    for index in 0..u32::from(about.cFuncs) {
        // SAFETY: nothing is passed but the index, which is checked there.
        let described = Description(info, unsafe { info.GetFuncDesc(index) }?);
        // SAFETY: the type gave the description, and it is valid until it is given back. What
        // it points to is as well, and `cParams` says how many parameters there are.
        let (description, parameters) = unsafe {
            let description = &*described.1;
            let count = usize::try_from(description.cParams).unwrap_or(0);
            let first = description.lprgelemdescParam;
            let all = if count == 0 { &[] } else { std::slice::from_raw_parts(first, count) };
            (description, all)
        };
        // The methods of `IDispatch` itself, where the system lists them.
        if description.memid < 0x6000_0000 {
            methods.push(read_method(info, description, parameters)?);
        }
    }
    Ok(Interface { name: name_of(info)?, guid: about.guid.to_u128(), kind, methods })
}

fn read_method(info: &ITypeInfo, of: &FUNCDESC, parameters: &[ELEMDESC]) -> Result<Method> {
    let mut names = vec![BSTR::new(); MOST_NAMES];
    let mut count = 0;
    // SAFETY: the slice says how much room there is, and it outlives the call.
    unsafe { info.GetNames(of.memid, &mut names, &raw mut count) }?;
    let mut names = names.iter().map(ToString::to_string);
    let mut method = Method {
        name: names.next().unwrap_or_default(),
        id: of.memid,
        parameters: Vec::new(),
        result: None,
    };
    for one in parameters {
        // SAFETY: in the description of a parameter the union holds this member.
        let flags = unsafe { one.Anonymous.paramdesc.wParamFlags };
        if flags.0 & PARAMFLAG_FRETVAL.0 != 0 && one.tdesc.vt == VT_PTR {
            method.result = read_type(pointee(&one.tdesc)?);
        } else {
            let kind = read_type(&one.tdesc).ok_or_else(unsupported)?;
            method.parameters.push((names.next().unwrap_or_default(), kind));
        }
    }
    if of.elemdescFunc.tdesc.vt != VT_HRESULT {
        method.result = read_type(&of.elemdescFunc.tdesc);
    }
    Ok(method)
}

/// What a pointer or an array is made of.
fn pointee(of: &TYPEDESC) -> Result<&TYPEDESC> {
    // SAFETY: for these types the union holds this member, which lives as long as the description.
    unsafe { of.Anonymous.lptdesc.as_ref() }.ok_or_else(unsupported)
}

fn read_type(of: &TYPEDESC) -> Option<Type> {
    match of.vt {
        VT_BOOL => Some(Type::Bool),
        VT_I4 => Some(Type::Int),
        VT_R8 => Some(Type::Double),
        VT_BSTR => Some(Type::Text),
        VT_DATE => Some(Type::Date),
        VT_VARIANT => Some(Type::Variant),
        VT_SAFEARRAY => match pointee(of).ok()?.vt {
            VT_UI1 => Some(Type::Bytes),
            VT_VARIANT => Some(Type::List),
            _ => None,
        },
        _ => None,
    }
}
