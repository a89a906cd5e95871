//! samebox over UDP.
