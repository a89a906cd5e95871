//! Datagram sockets: exclusive addresses, no resets for unreachable peers.
