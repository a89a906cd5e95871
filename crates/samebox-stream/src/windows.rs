//! The Windows half: TCP sockets on both sides.
