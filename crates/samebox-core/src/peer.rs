use std::fmt;

/// Who is at the other end, as far as the operating system vouches for it.
///
/// A field is `None` where the mechanism cannot say. A process id names a process only while it
/// runs, so it is for logs, never for rights.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Peer {
    /// The account the other process runs as, from the kernel.
    pub user: Option<User>,
    /// The other process, from the kernel.
    pub pid: Option<u32>,
    /// The address the message came from, for mechanisms that have one.
    pub address: Option<String>,
}

impl Peer {
    /// A peer of whom nothing is known.
    pub const UNKNOWN: Self = Self { user: None, pid: None, address: None };

    /// A local peer that the kernel vouches for.
    pub const fn local(user: User, pid: Option<u32>) -> Self {
        Self { user: Some(user), pid, address: None }
    }

    /// A peer known by its process alone.
    pub const fn process(pid: u32) -> Self {
        Self { pid: Some(pid), ..Self::UNKNOWN }
    }

    /// A peer known by its address alone.
    pub fn at(address: impl Into<String>) -> Self {
        Self { address: Some(address.into()), ..Self::UNKNOWN }
    }
}

/// An account of the operating system.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum User {
    /// A Unix user id.
    Uid(u32),
    /// A Windows security identifier, as `S-1-..` text.
    Sid(String),
}

impl fmt::Display for User {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Uid(uid) => write!(f, "uid {uid}"),
            Self::Sid(sid) => f.write_str(sid),
        }
    }
}

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known = [
            self.user.as_ref().map(ToString::to_string),
            self.pid.map(|pid| format!("pid {pid}")),
            self.address.clone(),
        ];
        let known: Vec<_> = known.into_iter().flatten().collect();
        if known.is_empty() { f.write_str("unknown") } else { f.write_str(&known.join(", ")) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_peer_reads_as_what_is_known_of_it() {
        assert_eq!(Peer::UNKNOWN.to_string(), "unknown");
        assert_eq!(Peer::local(User::Uid(7), Some(12)).to_string(), "uid 7, pid 12");
        assert_eq!(Peer::at("127.0.0.1:80").to_string(), "127.0.0.1:80");
    }
}
