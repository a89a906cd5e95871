use crate::payload::Identity;
use samebox::{Peer, User};
use serde::{Serialize, Serializer};

/// A server's name as it stands on this machine, whether or not its server still lives.
#[derive(Debug, Serialize)]
pub(crate) struct Standing {
    /// How to reach it.
    pub(crate) endpoint: String,
    /// Whether a process has it.
    pub(crate) live: bool,
    /// The account it belongs to, where the system tells.
    #[serde(serialize_with = "as_identity")]
    pub(crate) owner: Option<User>,
    /// Whether that is the account of this process.
    pub(crate) own: bool,
    /// Whether this process has the right to connect, where the system tells.
    #[serde(skip)]
    pub(crate) open: Option<bool>,
    /// Where it stands.
    pub(crate) place: String,
}

/// What the system tells of an endpoint without disturbing its server.
pub(crate) enum Sight {
    /// Its mechanism leaves nothing to look at.
    Hidden,
    /// Nothing is there.
    Absent,
    /// Something is there.
    Standing(Standing),
}

fn as_identity<S: Serializer>(owner: &Option<User>, serializer: S) -> Result<S::Ok, S::Error> {
    let mut peer = Peer::UNKNOWN;
    peer.user.clone_from(owner);
    Identity::from(&peer).serialize(serializer)
}

impl Standing {
    /// Whose it is, in words.
    pub(crate) fn whose(&self) -> String {
        match &self.owner {
            _ if self.own => "you".into(),
            Some(user) => user.to_string(),
            None => "unknown".into(),
        }
    }
}
