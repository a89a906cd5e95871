//! The cases, one theme per file.

use crate::world::{Outcome, World};
use std::fmt;

mod absence;
mod backpressure;
mod boundaries;
mod calls;
mod crash;
mod deadlines;
mod delivery;
mod handling;
mod identity;
mod limits;
mod loans;
mod naming;
mod properties;
mod restart;
mod settings;

/// One promise of the contract and what holds a transport to it.
#[derive(Clone, Copy)]
pub(crate) struct Case {
    theme: &'static str,
    name: &'static str,
    pub(crate) run: fn(&World) -> Outcome,
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}::{}", self.theme, self.name)
    }
}

/// Lists the cases of a theme: the functions of those names.
macro_rules! cases {
    ($theme:ident: $($name:ident),* $(,)?) => {
        pub(super) const CASES: &[super::Case] = &[
            $(super::Case { theme: stringify!($theme), name: stringify!($name), run: $name },)*
        ];
    };
}
use cases;

const THEMES: &[&[Case]] = &[
    delivery::CASES,
    handling::CASES,
    boundaries::CASES,
    limits::CASES,
    deadlines::CASES,
    naming::CASES,
    settings::CASES,
    properties::CASES,
    identity::CASES,
    calls::CASES,
    loans::CASES,
    backpressure::CASES,
    restart::CASES,
    crash::CASES,
];

/// Every case that applies where the mechanism exists.
pub(crate) fn all() -> impl Iterator<Item = Case> {
    THEMES.iter().copied().flatten().copied()
}

/// The case that applies where it does not.
pub(crate) const ABSENCE: Case = absence::CASES[0];
