//! COM: objects that programs of other languages call by name.

pub mod typelib;
