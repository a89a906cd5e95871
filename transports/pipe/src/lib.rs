//! samebox over named pipes, as .NET has them on each system.
