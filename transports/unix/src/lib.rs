//! samebox over Unix domain sockets.
