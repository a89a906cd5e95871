//! Users and groups of this machine by name and by number.
