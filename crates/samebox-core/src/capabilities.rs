use std::fmt;

/// What one transport can do on this machine.
///
/// A `false` here is a promise too: the matching call returns
/// [`ErrorKind::Unsupported`](crate::ErrorKind::Unsupported) and has no effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capabilities {
    /// In which order messages arrive.
    pub ordering: Ordering,
    /// What `Ok` from `send` means.
    pub acceptance: Acceptance,
    /// What a message in flight survives.
    pub durability: Durability,
    /// Whether messages can be lost after `send` succeeded, both sides alive.
    pub loss: Loss,
    /// Who receives a message.
    pub fan_out: FanOut,
    /// What the server learns of its clients.
    pub identity: Identity,
    /// Who may connect unless told otherwise.
    pub access: Access,
    /// What may be done when the receiver is slower than the sender; the first is the default.
    pub overflow: &'static [Overflow],
    /// Which properties a message may carry.
    pub properties: &'static [Property],
    /// The largest payload the mechanism can carry, whatever `max` says; bytes.
    pub largest: usize,
    /// Whether messages can be answered: `call` and `reply`.
    pub duplex: bool,
    /// Whether a call can fail with a fault in the server's words.
    pub faults: bool,
    /// Whether peers on other machines can be reached.
    pub cross_host: bool,
    /// Whether memory can be borrowed from the transport to write into.
    pub loan: bool,
}

/// Declares an enum whose variants print as the given words.
macro_rules! words {
    ($(#[$meta:meta])* $name:ident { $($(#[$variant_meta:meta])* $variant:ident => $word:literal,)* }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum $name { $($(#[$variant_meta])* $variant,)* }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(match self { $(Self::$variant => $word,)* })
            }
        }
    };
}

words! {
    /// In which order messages arrive.
    Ordering {
        /// Messages of one client arrive in the order it sent them.
        PerClient => "per client",
        /// Any order.
        None => "none",
    }
}

words! {
    /// What `Ok` from `send` means.
    Acceptance {
        /// The bytes left this process.
        Sent => "sent",
        /// The message is in a bounded buffer that the receiver owns.
        Buffered => "buffered",
        /// The message is on disk and synced.
        Stored => "stored",
        /// The receiver's handler returned.
        Handled => "handled",
    }
}

words! {
    /// What a message in flight survives.
    Durability {
        /// Nothing: it is gone with either process.
        None => "none",
        /// The end of either process, not of the machine.
        Process => "process",
        /// A power cut.
        Disk => "disk",
    }
}

words! {
    /// Whether messages can be lost after `send` succeeded, both sides alive.
    Loss {
        /// Never.
        Never => "never",
        /// Yes, and the receiver counts what the mechanism reports.
        Counted => "counted",
        /// Yes, and nothing on this operating system tells how many.
        Uncounted => "uncounted",
    }
}

words! {
    /// Who receives a message.
    FanOut {
        /// The one server that owns the name.
        One => "one",
        /// One of several receivers.
        Competing => "competing",
        /// Every receiver.
        All => "all",
    }
}

words! {
    /// What the server learns of its clients.
    Identity {
        /// Nothing.
        None => "none",
        /// An address that the client can choose.
        Address => "address",
        /// The user, from the kernel.
        User => "user",
        /// The user and the process, from the kernel.
        UserAndProcess => "user, process",
    }
}

words! {
    /// Who may connect unless told otherwise.
    Access {
        /// Only this process.
        ThisProcess => "this process",
        /// Only processes of this user.
        ThisUser => "this user",
        /// Every program that may use the X display.
        ThisDisplay => "this display",
        /// Every process on this machine.
        ThisMachine => "this machine",
    }
}

words! {
    /// What happens when the receiver is slower than the sender.
    Overflow {
        /// The sender waits.
        Block => "block",
        /// The sender gets `Full`.
        Reject => "reject",
        /// The new message is dropped and counted.
        DropNew => "drop-new",
        /// The oldest message is dropped and counted.
        DropOld => "drop-old",
    }
}

words! {
    /// What a message may carry beside its payload.
    Property {
        /// A short text.
        Label => "label",
        /// Urgency.
        Priority => "priority",
        /// How long it is worth delivering.
        TimeToLive => "time to live",
        /// Severity.
        Level => "level",
        /// Event name.
        Event => "event",
        /// The mechanism's own name for it.
        Id => "id",
    }
}
