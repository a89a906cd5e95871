//! What peers do that keep to no rule: clients of a service, and services of a client.

mod messages;
mod openings;
mod raw;
mod servers;
mod vectors;
