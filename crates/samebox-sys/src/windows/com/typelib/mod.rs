//! Type libraries: what object browsers and compilers know of an object, made while a program runs.

mod read;
mod types;
mod write;

/// What a type library says.
///
/// Nothing but the types of its own and `IDispatch` is referred to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Library {
    /// Its name, an identifier.
    pub name: String,
    /// Its LIBID.
    pub guid: u128,
    /// What its class offers, the first as the default.
    pub interfaces: Vec<Interface>,
    /// What makes objects.
    pub class: Class,
}

/// A class whose objects programs make by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Class {
    /// Its name, an identifier.
    pub name: String,
    /// Its CLSID.
    pub guid: u128,
}

/// Methods that belong together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interface {
    /// Its name, an identifier.
    pub name: String,
    /// Its IID.
    pub guid: u128,
    /// How its methods are called.
    pub kind: Kind,
    /// Its methods, in order.
    pub methods: Vec<Method>,
}

/// How the methods of an interface are called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// By `IDispatch`, and directly: after the seven methods of `IDispatch`, in order.
    Dual,
    /// By `IDispatch` only.
    Dispatch,
    /// By `IDispatch`, at the client: the events of the class.
    Events,
}

/// One method of an [`Interface`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Method {
    /// Its name, an identifier.
    pub name: String,
    /// Its DISPID.
    pub id: i32,
    /// What it takes, in order.
    pub parameters: Vec<(String, Type)>,
    /// What it gives.
    pub result: Option<Type>,
}

/// What a parameter or a result can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Type {
    /// `VARIANT_BOOL`.
    Bool,
    /// A whole number of 32 bits.
    Int,
    /// A number of double precision.
    Double,
    /// `BSTR`.
    Text,
    /// `DATE`.
    Date,
    /// `VARIANT`, which holds anything.
    Variant,
    /// `SAFEARRAY` of bytes.
    Bytes,
    /// `SAFEARRAY` of `VARIANT`.
    List,
}

#[cfg(test)]
mod tests {
    use super::super::Apartment;
    use super::*;
    use std::path::PathBuf;

    fn method(name: &str, id: i32, takes: &[Type], result: Option<Type>) -> Method {
        let parameter = |(index, one): (usize, &Type)| (format!("p{index}"), *one);
        let parameters = takes.iter().enumerate().map(parameter).collect();
        Method { name: name.into(), id, parameters, result }
    }

    fn library() -> Library {
        use Type::{Bool, Bytes, Date, Double, Int, List, Text, Variant};
        let all = [Bool, Int, Double, Text, Date, Variant, Bytes, List];
        let interface =
            |name: &str, guid, kind, methods| Interface { name: name.into(), guid, kind, methods };
        let dual =
            vec![method("Send", 1, &[Variant], None), method("Call", 2, &[Variant], Some(Variant))];
        let mut plain = vec![method("Nothing", 1, &[], None), method("All", 7, &all, None)];
        let gives = |(index, one): (usize, &Type)| {
            method(&format!("Gives{index}"), 10 + index as i32, &[], Some(*one))
        };
        plain.extend(all.iter().enumerate().map(gives));
        Library {
            name: "SameboxTest".into(),
            guid: 0x11111111_2222_5333_8444_000000000001,
            interfaces: vec![
                interface("IDual", 0x11111111_2222_5333_8444_000000000002, Kind::Dual, dual),
                interface("IPlain", 0x11111111_2222_5333_8444_000000000003, Kind::Dispatch, plain),
                interface(
                    "IEvents",
                    0x11111111_2222_5333_8444_000000000004,
                    Kind::Events,
                    vec![method("Received", 1, &[Variant], None)],
                ),
            ],
            class: Class { name: "Test".into(), guid: 0x11111111_2222_5333_8444_000000000005 },
        }
    }

    fn file(folder: &tempfile::TempDir) -> PathBuf {
        folder.path().join("test.tlb")
    }

    #[test]
    fn what_is_written_is_read() {
        let folder = tempfile::tempdir().unwrap();
        library().write(&file(&folder)).unwrap();
        assert_eq!(Library::read(&file(&folder)).unwrap(), library());
    }

    #[test]
    fn a_file_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        library().write(&file(&folder)).unwrap();
        let mut other = library();
        other.interfaces.remove(1);
        other.write(&file(&folder)).unwrap();
        assert_eq!(Library::read(&file(&folder)).unwrap(), other);
    }

    #[test]
    fn what_is_not_written_describes_an_object() {
        let apartment = Apartment::enter().unwrap();
        library().types(&apartment).unwrap();
        let mut other = library();
        other.interfaces.remove(0);
        other.types(&apartment).unwrap();
        other.interfaces.clear();
        other.types(&apartment).unwrap_err();
    }

    #[test]
    fn what_is_no_library_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(file(&folder), b"no type library").unwrap();
        Library::read(&file(&folder)).unwrap_err();
        Library::read(&folder.path().join("absent")).unwrap_err();
    }
}
