//! samebox over a locked file.
