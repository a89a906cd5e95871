//! Datagram sockets: segmentation offload, coalesced receiving, the count of drops.
