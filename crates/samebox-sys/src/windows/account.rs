//! Accounts of this machine by name and by security identifier.
