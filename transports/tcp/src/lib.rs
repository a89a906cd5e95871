//! samebox over TCP.
