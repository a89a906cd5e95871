use crate::Error;
use crate::error::Limited;

const PREFIX: &str = "http://schemas.microsoft.com/ws/2006/05/framing/faults/";

/// What a side of a framing session finds wrong with the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The encoding is none that the service reads.
    ContentTypeInvalid,
    /// The name of the encoding is too long.
    ContentTypeTooLong,
    /// The server could not hand the connection on.
    ConnectionDispatchFailed,
    /// No service listens at the Via.
    EndpointNotFound,
    /// The service is there but takes no connection now.
    EndpointUnavailable,
    /// An envelope is larger than `MaxReceivedMessageSize` of who sends this.
    MaxMessageSizeExceeded,
    /// The server has too much to do.
    ServerTooBusy,
    /// The service could not be started.
    ServiceActivationFailed,
    /// The mode is none that the service knows.
    UnsupportedMode,
    /// The version is not 1.
    UnsupportedVersion,
    /// The upgrade is none that the service has; usually one side has security on and the other not.
    UpgradeInvalid,
    /// The Via is too long.
    ViaTooLong,
}

impl Fault {
    /// Every fault with the last part of its address.
    const NAMES: [(Self, &'static str); 12] = [
        (Self::ContentTypeInvalid, "ContentTypeInvalid"),
        (Self::ContentTypeTooLong, "ContentTypeTooLong"),
        (Self::ConnectionDispatchFailed, "ConnectionDispatchFailed"),
        (Self::EndpointNotFound, "EndpointNotFound"),
        (Self::EndpointUnavailable, "EndpointUnavailable"),
        (Self::MaxMessageSizeExceeded, "MaxMessageSizeExceededFault"),
        (Self::ServerTooBusy, "ServerTooBusy"),
        (Self::ServiceActivationFailed, "ServiceActivationFailed"),
        (Self::UnsupportedMode, "UnsupportedMode"),
        (Self::UnsupportedVersion, "UnsupportedVersion"),
        (Self::UpgradeInvalid, "UpgradeInvalid"),
        (Self::ViaTooLong, "ViaTooLong"),
    ];

    /// The fault of that address; `None` for one that .NET does not define.
    pub fn from_uri(uri: &str) -> Option<Self> {
        let name = uri.strip_prefix(PREFIX)?;
        Self::NAMES.iter().find(|(_, known)| *known == name).map(|(fault, _)| *fault)
    }

    /// The address's last part, such as `EndpointNotFound`.
    pub fn name(self) -> &'static str {
        Self::NAMES[self as usize].1
    }

    /// The address as it stands in a Fault record.
    pub fn uri(self) -> String {
        [PREFIX, self.name()].concat()
    }

    /// Appends the Fault record.
    pub fn encode(self, out: &mut Vec<u8>) {
        super::Record::Fault(&self.uri()).encode(out);
    }

    /// The fault that tells a peer of `error`, where there is one.
    pub const fn for_error(error: &Error) -> Option<Self> {
        match error {
            Error::TooLarge { what: Limited::Via, .. } => Some(Self::ViaTooLong),
            Error::TooLarge { what: Limited::ContentType, .. } => Some(Self::ContentTypeTooLong),
            Error::TooLarge { what: Limited::Upgrade, .. } => Some(Self::UpgradeInvalid),
            Error::TooLarge { what: Limited::Message, .. } => Some(Self::MaxMessageSizeExceeded),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_is_found_by_its_address() {
        for (place, (fault, _)) in Fault::NAMES.iter().enumerate() {
            assert_eq!(*fault as usize, place);
            assert_eq!(Fault::from_uri(&fault.uri()), Some(*fault));
        }
        assert_eq!(Fault::from_uri("http://example.org/EndpointNotFound"), None);
    }
}
