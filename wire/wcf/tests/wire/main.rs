//! What the WCF wire promises, tried through the public interface alone.

mod hostile;
mod stream;
mod vectors;
