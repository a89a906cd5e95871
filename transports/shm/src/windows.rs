//! The Windows half: sections without a name, given to the peer's process; bytes on the life line wake.
