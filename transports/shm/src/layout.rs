use crate::settings::{EVENT, LAYOUT};
use samebox_core::{Endpoint, Result};

/// What the shared memory of an endpoint looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Layout {
    Rings,
    Mmf,
}

impl Layout {
    pub(crate) fn of(endpoint: &Endpoint) -> Result<Self> {
        let layout = endpoint.choice(LAYOUT, &[("rings", Self::Rings), ("mmf", Self::Mmf)])?;
        if layout == Self::Rings && endpoint.setting(EVENT.name).is_some() {
            let error = endpoint.invalid("`event` goes with layout=mmf only");
            return Err(error.with_advice("add &layout=mmf, or leave `event` away"));
        }
        Ok(layout)
    }
}
