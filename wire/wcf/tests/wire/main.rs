//! What the WCF wire promises, tried through the public interface alone.

mod envelopes;
mod hostile;
mod microsoft;
mod properties;
mod stream;
mod vectors;
