//! The unsafe half of samebox: what the standard library lacks on Unix and on Windows.
