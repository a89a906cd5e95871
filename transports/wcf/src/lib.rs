//! WCF endpoints: `net.tcp`, `net.uds` and `net.pipe`.

#![forbid(unsafe_code)]
