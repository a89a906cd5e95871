//! Values that cross a typed wire, and the description of service contracts.

#![forbid(unsafe_code)]
