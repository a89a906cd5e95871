//! Named pipes: instances, their security, their peers.
