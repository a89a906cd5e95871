use samebox_core::{
    ALLOW, Acceptance, Access, Allow, CAPACITY, Capabilities, DEFAULT_MAX, Deadline, Durability,
    Endpoint, FRAMING, FanOut, Identity, Loss, MAX, Ordering, Overflow, Result, STALL, Setting,
};
use samebox_framing::Framing;
use std::time::Duration;

/// The settings of every byte-stream transport whose peers have accounts.
pub const SETTINGS: &[Setting] = &[FRAMING, MAX, WAIT, CAPACITY, STALL, ALLOW];

/// `wait`, which has a default of its own for servers that take one message per connection.
pub const WAIT: Setting = Setting { default: "0s, 1s with framing=eof", ..samebox_core::WAIT };

/// What every byte stream between processes of one user can do; TCP differs in who may connect.
pub const CAPABILITIES: Capabilities = Capabilities {
    ordering: Ordering::PerClient,
    acceptance: Acceptance::Sent,
    durability: Durability::None,
    loss: Loss::Never,
    fan_out: FanOut::One,
    identity: Identity::UserAndProcess,
    access: Access::ThisUser,
    overflow: &[Overflow::Block],
    properties: &[],
    largest: Framing::LARGEST,
    duplex: true,
    faults: true,
    cross_host: false,
    loan: false,
};

/// The settings of one endpoint, read.
#[derive(Clone, Debug)]
pub struct Options {
    /// How messages are told apart.
    pub framing: Framing,
    /// Largest payload in bytes.
    pub max: usize,
    /// How long a client waits for its server.
    pub wait: Duration,
    /// Bytes of unfinished messages that a server holds for all its clients together.
    pub capacity: usize,
    /// How long a message may take from its first byte to its last; `None` is for ever.
    pub stall: Option<Duration>,
    /// Who may be at the other end beside this user.
    pub allow: Allow,
}

impl Options {
    const CAPACITY: usize = 64 << 20;
    const STALL: Duration = Duration::from_secs(30);

    /// How long a server of one message per connection may take to be ready for the next one.
    ///
    /// Many make their door anew for each message and have no name in between, so this is the default
    /// of [`WAIT`] for them.
    const BETWEEN: Duration = Duration::from_secs(1);

    /// Reads them from `endpoint`.
    ///
    /// # Errors
    /// `InvalidEndpoint` for a wrong value.
    pub fn read(endpoint: &Endpoint) -> Result<Self> {
        let max = endpoint.size(MAX, DEFAULT_MAX, Framing::LARGEST)?;
        let capacity = endpoint.size(CAPACITY, Self::CAPACITY, usize::MAX / 2)?;
        let framing = endpoint.choice(FRAMING, &Framing::NAMES)?;
        let wait = if framing == Framing::Eof { Self::BETWEEN } else { Duration::ZERO };
        Ok(Self {
            framing,
            max,
            wait: endpoint.duration(WAIT, None)?.unwrap_or(wait),
            // One message of the largest size must always find room, or it could never arrive.
            capacity: capacity.max(2 * max),
            stall: endpoint.duration(STALL, Some(Self::STALL))?,
            allow: endpoint.allow()?,
        })
    }

    /// The moment until which a client waits for its server to come back, if it starts now.
    pub fn return_deadline(&self) -> Deadline {
        if self.wait.is_zero() { Deadline::now() } else { Deadline::after(self.wait) }
    }

    /// The moment until which a client looks for its server at first, when `asked` to until then.
    pub fn first_deadline(&self, asked: Deadline) -> Deadline {
        if self.framing != Framing::Eof {
            return asked;
        }
        let least = Deadline::after(self.wait.min(Self::BETWEEN));
        let both = asked.moment().zip(least.moment());
        both.map_or(Deadline::NEVER, |(asked, least)| Deadline::at(asked.max(least)))
    }
}
