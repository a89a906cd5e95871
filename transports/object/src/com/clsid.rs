//! The GUIDs under which COM knows an object, all derived from its ProgID.

use samebox_core::{Endpoint, Result, Setting};
use samebox_data::uuid::{Builder, Uuid};
use sha1::{Digest, Sha1};

/// `clsid`: the class of the object.
pub(crate) const CLSID: Setting = Setting {
    name: "clsid",
    values: "a GUID in braces",
    default: "derived from the name",
    help: "the COM class of the object, where programs expect a certain one",
};

/// The namespace of the GUIDs that are derived from names; it never changes.
const NAMESPACE: Uuid = Uuid::from_u128(0xcd9afe65_afc5_4e9c_9d0d_a1e9105a6b12);

/// What an object is called in COM.
///
/// Two programs that say the same name derive the same GUIDs, without having met.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Identity {
    /// The name that programs say.
    pub(crate) prog_id: String,
    /// Its class: CLSID.
    pub(crate) class: Uuid,
    /// Its type library: LIBID.
    pub(crate) library: Uuid,
    /// The dual interface of plain messages: IID.
    pub(crate) messages: Uuid,
    /// The interface of its events: DIID.
    pub(crate) events: Uuid,
    /// The interface of a contract's operations: DIID.
    pub(crate) contract: Uuid,
}

impl Identity {
    /// What the object of `endpoint` is called.
    ///
    /// # Errors
    /// `InvalidEndpoint` for a name that is no ProgID, and for a `clsid` that is no GUID.
    pub(crate) fn of(endpoint: &Endpoint) -> Result<Self> {
        let name = endpoint.plain_name()?;
        if !name.starts_with(|first: char| first.is_ascii_alphabetic()) {
            let error = endpoint.invalid("a ProgID begins with a letter");
            return Err(error.with_advice("name it like Orders.Desk"));
        }
        let class = match endpoint.setting(CLSID.name) {
            Some(text) => given(endpoint, text)?,
            None => derived(name, ""),
        };
        Ok(Self {
            prog_id: name.into(),
            class,
            library: derived(name, "/library"),
            messages: derived(name, "/messages"),
            events: derived(name, "/events"),
            contract: derived(name, "/contract"),
        })
    }
}

/// A GUID as the registry writes it.
pub(crate) fn braced(guid: Uuid) -> String {
    guid.braced().to_string().to_uppercase()
}

fn given(endpoint: &Endpoint, text: &str) -> Result<Uuid> {
    Uuid::try_parse(text).map_err(|_| {
        let error = endpoint.invalid(format!("{}={text} is no GUID", CLSID.name));
        error.with_advice("write it as {12345678-1234-1234-1234-123456789ABC}")
    })
}

/// The GUID of version 5 (RFC 9562) over the name; case is no matter, as in the registry.
fn derived(prog_id: &str, part: &str) -> Uuid {
    let mut hash = Sha1::new();
    hash.update(NAMESPACE.as_bytes());
    hash.update(prog_id.to_ascii_lowercase());
    hash.update(part);
    let mut first = [0; 16];
    first.copy_from_slice(&hash.finalize()[..16]);
    Builder::from_sha1_bytes(first).into_uuid()
}

#[cfg(test)]
mod tests {
    use super::*;
    use samebox_core::ErrorKind;

    fn identity(endpoint: &str) -> Result<Identity> {
        Identity::of(&endpoint.parse().unwrap())
    }

    #[test]
    fn the_guids_of_a_name_never_change() {
        let found = identity("object:IpcTest.IpcClientServer").unwrap();
        let expected = [
            (found.class, "{722FB0A7-ED07-5D61-99F2-A76B371655E9}"),
            (found.library, "{D3DB0C12-B7F1-5267-A7F7-624D4E185D4D}"),
            (found.messages, "{5F45073D-49DF-54EF-90BE-44B49621A5DE}"),
            (found.events, "{E2AE386A-1683-5B5F-BAEA-EC396CD901A7}"),
            (found.contract, "{52693B5A-74AF-59BF-9FEC-5C134271643C}"),
        ];
        for (guid, text) in expected {
            assert_eq!(braced(guid), text);
        }
    }

    #[test]
    fn case_makes_no_other_object() {
        let (upper, lower) = (identity("object:A.B").unwrap(), identity("object:a.b").unwrap());
        assert_eq!(Identity { prog_id: "A.B".into(), ..lower }, upper);
    }

    #[test]
    fn a_given_class_changes_nothing_else() {
        let text = "{7a1e5b7c-5c0b-4e0a-9c7b-0123456789a3}";
        let given = identity(&format!("object:A.B?clsid={text}")).unwrap();
        assert_eq!(braced(given.class), text.to_uppercase());
        let derived = identity("object:A.B").unwrap();
        assert_eq!(Identity { class: derived.class, ..given }, derived);
    }

    #[test]
    fn names_and_classes_that_com_cannot_have_are_refused() {
        for endpoint in ["object:.txt", "object:1.A", "object:A B", "object:A?clsid={12}"] {
            assert_eq!(identity(endpoint).unwrap_err().kind(), ErrorKind::InvalidEndpoint);
        }
    }
}
