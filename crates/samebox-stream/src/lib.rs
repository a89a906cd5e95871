//! What all byte-stream transports of samebox share.
