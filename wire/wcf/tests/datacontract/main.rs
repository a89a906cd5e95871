//! Values in bodies: Microsoft's bytes, what else is read, and what is refused.

mod captures;
mod model;
mod reading;
mod round_trip;
mod shapes;
mod wire;
