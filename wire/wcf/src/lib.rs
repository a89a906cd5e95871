//! WCF's binary wire: framing records, binary XML, SOAP and DataContract bodies, without I/O.

#![forbid(unsafe_code)]
