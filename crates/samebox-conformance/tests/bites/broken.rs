use crate::flaw::Flaw;
use crate::receiver::Receiver;
use crate::sender::Sender;
use samebox_core::{
    Acceptance, Capabilities, Deadline, DynTransport, Endpoint, ErrorKind, Identity, Inbox, Info,
    Operation, Outbox, Result, Transport,
};
use samebox_inproc::Inproc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

/// The reference twin with a flaw.
pub(crate) struct Broken(pub Flaw);

impl DynTransport for Broken {
    fn info(&self) -> &'static Info {
        DynTransport::info(&Inproc)
    }

    fn capabilities(&self) -> Capabilities {
        let mut can = DynTransport::capabilities(&Inproc);
        match self.0 {
            Flaw::DeniesCalls => can.duplex = false,
            Flaw::DeniesFaults => can.faults = false,
            Flaw::ClaimsHandling => can.acceptance = Acceptance::Handled,
            Flaw::ClaimsIdentity => can.identity = Identity::UserAndProcess,
            _ => {}
        }
        can
    }

    fn bind(&self, endpoint: &Endpoint) -> Result<Box<dyn Inbox>> {
        let endpoint = self.misread(endpoint);
        let bound = self.bind_misread(&endpoint);
        let bound = match bound {
            Err(error) if self.0 == Flaw::TakesLiveNames && is_in_use(&error) => {
                static NEXT: AtomicU32 = AtomicU32::new(0);
                let number = NEXT.fetch_add(1, Ordering::Relaxed);
                self.bind_misread(&endpoint.with_name(format!("{}-{number}", endpoint.name())))
            }
            bound => bound,
        };
        Ok(Box::new(Receiver::new(bound?, self.0)))
    }

    fn connect(&self, endpoint: &Endpoint, deadline: Deadline) -> Result<Box<dyn Outbox>> {
        let endpoint = self.misread(endpoint);
        let deadline = match self.0 {
            Flaw::WaitsForNobody => Deadline::after(Duration::from_secs(2)),
            Flaw::NeverWaitsToConnect => Deadline::now(),
            _ => deadline,
        };
        let connected = match self.0 {
            Flaw::PassesOverSettings => {
                Transport::connect(&Inproc, &endpoint, deadline).map(|outbox| Box::new(outbox) as _)
            }
            _ => DynTransport::connect(&Inproc, &endpoint, deadline),
        };
        let outbox = connected.map_err(|error| match self.0 {
            Flaw::CallsNobodyDenied => endpoint.error(ErrorKind::Denied, Operation::Connect, "no"),
            _ => error,
        });
        Ok(Box::new(Sender::new(outbox?, self.0, endpoint)))
    }

    fn as_typed(&self) -> Option<&dyn samebox_core::typed::Typed> {
        None
    }
}

fn is_in_use(error: &samebox_core::Error) -> bool {
    error.kind() == ErrorKind::AddressInUse
}

impl Broken {
    fn bind_misread(&self, endpoint: &Endpoint) -> Result<Box<dyn Inbox>> {
        match self.0 {
            Flaw::PassesOverSettings => Ok(Box::new(Transport::bind(&Inproc, endpoint)?)),
            _ => DynTransport::bind(&Inproc, endpoint),
        }
    }

    /// The endpoint as the flaw makes it read.
    fn misread(&self, endpoint: &Endpoint) -> Endpoint {
        match self.0 {
            Flaw::IgnoresMax | Flaw::RefusesAfterSending => endpoint.with_setting("max", "1MiB"),
            Flaw::DropsInsteadOfBlocking => endpoint.with_setting("overflow", "drop-new"),
            Flaw::BlocksAlways => endpoint.with_setting("overflow", "block"),
            Flaw::GrowsWithoutBound => endpoint.with_setting("capacity", "16GiB"),
            Flaw::ForgetsToWait => endpoint.with_setting("wait", "0s"),
            Flaw::ConfusesNames => endpoint.with_name("the-only-name"),
            Flaw::TakesAnyName => endpoint.with_name("any-name"),
            Flaw::PassesOverValues => without_wrong_values(endpoint),
            _ => endpoint.clone(),
        }
    }
}

fn without_wrong_values(endpoint: &Endpoint) -> Endpoint {
    let plain = format!("{}:{}", endpoint.scheme(), endpoint.name());
    let plain = plain.parse().expect("an endpoint without settings is one too");
    let right = endpoint.settings().filter(|(_, value)| *value != "?wrong?");
    right.fold(plain, |endpoint: Endpoint, (name, value)| endpoint.with_setting(name, value))
}
