//! MessagePack bodies of typed calls, without I/O.

#![forbid(unsafe_code)]
