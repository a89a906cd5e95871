//! Typed service contracts: proxies and hosts over every duplex transport.

#![forbid(unsafe_code)]
