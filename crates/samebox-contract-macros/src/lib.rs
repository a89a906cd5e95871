//! The macros of samebox's typed service contracts.

#![forbid(unsafe_code)]
