use std::fmt;

/// Who may be at the other end, beside this user: the values of the setting `allow`.
///
/// On a server it names who may connect; on a client, who may own the server.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Allow(pub Vec<Principal>);

/// One account or group named by `allow`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Principal {
    /// A user by name or, on Unix, by number.
    User(String),
    /// A group by name or, on Unix, by number.
    Group(String),
    /// A Windows security identifier.
    Sid(String),
}

impl Allow {
    /// Whether nobody but this user is allowed.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Reads `user:NAME`, `group:NAME` and `sid:S-1-..`, separated by commas.
    ///
    /// # Errors
    /// A sentence that says which part is wrong and what may stand there.
    pub fn parse(text: &str) -> Result<Self, String> {
        text.split(',').map(Principal::parse).collect::<Result<_, _>>().map(Self)
    }
}

impl Principal {
    fn parse(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is not user:NAME, group:NAME or sid:S-1-..");
        let (kind, name) = text.split_once(':').ok_or_else(wrong)?;
        match kind {
            _ if name.is_empty() => Err(wrong()),
            "user" => Ok(Self::User(name.into())),
            "group" => Ok(Self::Group(name.into())),
            "sid" if name.starts_with("S-1-") => Ok(Self::Sid(name.into())),
            _ => Err(wrong()),
        }
    }
}

impl fmt::Display for Principal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User(name) => write!(f, "user:{name}"),
            Self::Group(name) => write!(f, "group:{name}"),
            Self::Sid(sid) => write!(f, "sid:{sid}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_principals_are_read_in_order() {
        let allow = Allow::parse("user:bob,group:staff,sid:S-1-5-18").unwrap();
        let read: Vec<_> = allow.0.iter().map(ToString::to_string).collect();
        assert_eq!(read, ["user:bob", "group:staff", "sid:S-1-5-18"]);
    }

    #[test]
    fn a_wrong_principal_is_named_with_what_may_stand_there() {
        for wrong in ["bob", "user:", "role:x", "sid:5", "", "user:a,,user:b"] {
            let error = Allow::parse(wrong).unwrap_err();
            assert!(error.contains("user:NAME"), "{error}");
        }
    }
}
