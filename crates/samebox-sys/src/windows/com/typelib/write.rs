//! A type library is built by the system, from descriptions of its methods.

use super::{Interface, Kind, Library, Method, Type};
use crate::windows::text::wide;
use std::io;
use std::path::Path;
use windows::Win32::System::Com::{
    CC_STDCALL, ELEMDESC, FUNC_DISPATCH, FUNC_PUREVIRTUAL, FUNCDESC, IDispatch,
    IMPLTYPEFLAG_FDEFAULT, IMPLTYPEFLAG_FSOURCE, INVOKE_FUNC, ITypeInfo, SYS_WIN32, SYS_WIN64,
    SYSKIND, TKIND_COCLASS, TKIND_DISPATCH, TKIND_INTERFACE, TYPEDESC, TYPEKIND,
};
use windows::Win32::System::Ole::{
    CreateTypeLib2, ICreateTypeInfo, ICreateTypeLib2, LoadTypeLibEx, PARAMFLAG_FIN, PARAMFLAG_FOUT,
    PARAMFLAG_FRETVAL, PARAMFLAGS, REGKIND_NONE, TYPEFLAG_FCANCREATE, TYPEFLAG_FDISPATCHABLE,
    TYPEFLAG_FDUAL, TYPEFLAG_FOLEAUTOMATION,
};
use windows::Win32::System::Variant::{
    VARENUM, VT_BOOL, VT_BSTR, VT_DATE, VT_HRESULT, VT_I4, VT_PTR, VT_R8, VT_SAFEARRAY, VT_UI1,
    VT_VARIANT, VT_VOID,
};
use windows_core::{GUID, Interface as _, PCWSTR, w};

/// How programs of this build lay out memory.
const SYSTEM: SYSKIND = if cfg!(target_pointer_width = "64") { SYS_WIN64 } else { SYS_WIN32 };
/// The methods of `IUnknown` and `IDispatch`, which stand before those of a dual interface.
const INHERITED: usize = 7;

impl Library {
    /// Writes it to a file, in place of what is there.
    ///
    /// # Errors
    /// The operating system's.
    pub fn write(&self, path: &Path) -> io::Result<()> {
        let path = path.to_str().ok_or(io::ErrorKind::InvalidFilename)?;
        let built = self.build(path)?;
        // SAFETY: the library was made by this function and only this thread knows it.
        Ok(unsafe { built.SaveAllChanges() }?)
    }

    pub(super) fn build(&self, path: &str) -> windows_core::Result<ICreateTypeLib2> {
        let (path, name) = (wide(path), wide(&self.name));
        let guid = GUID::from_u128(self.guid);
        // SAFETY: the texts end with a NUL and outlive the calls, and so does the GUID.
        let library = unsafe {
            let library = CreateTypeLib2(SYSTEM, PCWSTR(path.as_ptr()))?;
            library.SetName(PCWSTR(name.as_ptr()))?;
            library.SetGuid(&raw const guid)?;
            library.SetVersion(1, 0)?;
            library
        };
        let base = dispatch()?;
        let mut interfaces = Vec::with_capacity(self.interfaces.len());
        for interface in &self.interfaces {
            let made = add_interface(&library, interface, &base)?;
            interfaces.push((made.cast()?, interface.kind == Kind::Events));
        }
        let class = add(&library, TKIND_COCLASS, &self.class.name, self.class.guid)?;
        set_flags(&class, TYPEFLAG_FCANCREATE.0)?;
        implement(&class, &interfaces)?;
        Ok(library)
    }
}

/// What the system's own library says of `IDispatch`.
fn dispatch() -> windows_core::Result<ITypeInfo> {
    // SAFETY: the text is NUL-terminated and static, and so is the GUID.
    unsafe { LoadTypeLibEx(w!("stdole2.tlb"), REGKIND_NONE)?.GetTypeInfoOfGuid(&IDispatch::IID) }
}

fn add(
    library: &ICreateTypeLib2,
    kind: TYPEKIND,
    name: &str,
    guid: u128,
) -> windows_core::Result<ICreateTypeInfo> {
    let (name, guid) = (wide(name), GUID::from_u128(guid));
    // SAFETY: the name ends with a NUL and outlives the call, and so does the GUID.
    unsafe {
        let made = library.CreateTypeInfo(PCWSTR(name.as_ptr()), kind)?;
        made.SetGuid(&raw const guid)?;
        made.SetVersion(1, 0)?;
        Ok(made)
    }
}

fn set_flags(made: &ICreateTypeInfo, flags: i32) -> windows_core::Result<()> {
    // SAFETY: the flags are those of such a type, and only this thread knows it.
    unsafe { made.SetTypeFlags(flags as u32) }
}

fn add_interface(
    library: &ICreateTypeLib2,
    interface: &Interface,
    base: &ITypeInfo,
) -> windows_core::Result<ICreateTypeInfo> {
    let is_dual = interface.kind == Kind::Dual;
    let kind = if is_dual { TKIND_INTERFACE } else { TKIND_DISPATCH };
    let made = add(library, kind, &interface.name, interface.guid)?;
    let callable = TYPEFLAG_FDISPATCHABLE.0;
    let flags = TYPEFLAG_FDUAL.0 | TYPEFLAG_FOLEAUTOMATION.0 | callable;
    set_flags(&made, if is_dual { flags } else { callable })?;
    refer(&made, 0, base)?;
    for (index, method) in interface.methods.iter().enumerate() {
        add_method(&made, index, method, is_dual)?;
    }
    // SAFETY: the type is whole, and only this thread knows it.
    unsafe { made.LayOut() }?;
    Ok(made)
}

/// Makes another type the one of that index that this one has or inherits.
fn refer(made: &ICreateTypeInfo, index: u32, other: &ITypeInfo) -> windows_core::Result<()> {
    let mut reference = 0;
    // SAFETY: the place for the reference outlives the call, which writes it.
    unsafe {
        made.AddRefTypeInfo(other, (&raw mut reference).cast_const())?;
        made.AddImplType(index, reference)
    }
}

fn implement(
    class: &ICreateTypeInfo,
    interfaces: &[(ITypeInfo, bool)],
) -> windows_core::Result<()> {
    let (mut has_default, mut has_source) = (false, false);
    for (index, (interface, is_source)) in (0..).zip(interfaces) {
        refer(class, index, interface)?;
        let has = if *is_source { &mut has_source } else { &mut has_default };
        let mut flags = windows::Win32::System::Com::IMPLTYPEFLAGS(0);
        if *is_source {
            flags |= IMPLTYPEFLAG_FSOURCE;
        }
        if !std::mem::replace(has, true) {
            flags |= IMPLTYPEFLAG_FDEFAULT;
        }
        // SAFETY: the class has a type of that index: it was added just now.
        unsafe { class.SetImplTypeFlags(index, flags) }?;
    }
    Ok(())
}

fn add_method(
    made: &ICreateTypeInfo,
    index: usize,
    method: &Method,
    is_dual: bool,
) -> windows_core::Result<()> {
    let mut memory = Memory::default();
    let mut elements: Vec<ELEMDESC> =
        method.parameters.iter().map(|(_, one)| element(memory.of(*one), PARAMFLAG_FIN)).collect();
    let mut names = vec![wide(&method.name)];
    names.extend(method.parameters.iter().map(|(name, _)| wide(name)));
    let result = method.result.map(|one| memory.of(one));
    let mut description = FUNCDESC {
        memid: method.id,
        funckind: FUNC_DISPATCH,
        invkind: INVOKE_FUNC,
        callconv: CC_STDCALL,
        ..FUNCDESC::default()
    };
    if is_dual {
        if let Some(result) = result {
            let out = PARAMFLAGS(PARAMFLAG_FOUT.0 | PARAMFLAG_FRETVAL.0);
            elements.push(element(memory.pointing(VT_PTR, result), out));
            names.push(wide("result"));
        }
        description.funckind = FUNC_PUREVIRTUAL;
        description.oVft = small((INHERITED + index) * size_of::<usize>())?;
        description.elemdescFunc.tdesc = plain(VT_HRESULT);
    } else {
        description.elemdescFunc.tdesc = result.unwrap_or(plain(VT_VOID));
    }
    description.cParams = small(elements.len())?;
    description.lprgelemdescParam = elements.as_mut_ptr();
    let names: Vec<PCWSTR> = names.iter().map(|name| PCWSTR(name.as_ptr())).collect();
    let index = u32::from(small(index)?.unsigned_abs());
    // SAFETY: everything that the description points to, in `elements` and in `memory`, outlives
    // the calls, and so do the NUL-terminated names; the system copies both.
    unsafe {
        made.AddFuncDesc(index, &raw const description)?;
        made.SetFuncAndParamNames(index, &names)
    }
}

fn small(number: usize) -> windows_core::Result<i16> {
    i16::try_from(number).map_err(|_| {
        windows_core::Error::new(
            windows::Win32::Foundation::TYPE_E_OUTOFBOUNDS,
            "an interface has too many methods or parameters",
        )
    })
}

fn plain(of: VARENUM) -> TYPEDESC {
    TYPEDESC { vt: of, ..TYPEDESC::default() }
}

fn element(tdesc: TYPEDESC, flags: PARAMFLAGS) -> ELEMDESC {
    let mut made = ELEMDESC { tdesc, ..ELEMDESC::default() };
    made.Anonymous.paramdesc.wParamFlags = flags;
    made
}

/// What descriptions of types point to.
#[expect(clippy::vec_box, reason = "the descriptions must not move while others point to them")]
#[derive(Default)]
struct Memory(Vec<Box<TYPEDESC>>);

impl Memory {
    fn of(&mut self, one: Type) -> TYPEDESC {
        match one {
            Type::Bool => plain(VT_BOOL),
            Type::Int => plain(VT_I4),
            Type::Double => plain(VT_R8),
            Type::Text => plain(VT_BSTR),
            Type::Date => plain(VT_DATE),
            Type::Variant => plain(VT_VARIANT),
            Type::Bytes => self.pointing(VT_SAFEARRAY, plain(VT_UI1)),
            Type::List => self.pointing(VT_SAFEARRAY, plain(VT_VARIANT)),
        }
    }

    /// A type that is made of another one; valid while this memory is.
    fn pointing(&mut self, kind: VARENUM, to: TYPEDESC) -> TYPEDESC {
        self.0.push(Box::new(to));
        let mut made = plain(kind);
        if let Some(kept) = self.0.last_mut() {
            made.Anonymous.lptdesc = &raw mut **kept;
        }
        made
    }
}
