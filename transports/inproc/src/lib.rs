//! samebox within one process: the definition of right behaviour.
