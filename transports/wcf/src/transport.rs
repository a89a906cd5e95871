use crate::client::Target;
use crate::plain::{WcfInbox, WcfOutbox};
use crate::server::Place;
use crate::settings::{self, LARGEST, Options};
use crate::uds::PIPE_MECHANISM;
use crate::{pipe, tcp, typed, uds};
use samebox_core::typed::{Dispatch, Hosted, Instances, Invoke, NamedAnswer, NamedCall, Typed};
use samebox_core::{Access, Capabilities, Deadline, Endpoint, Identity, Info, Result, Transport};
use samebox_data::Contract;
use samebox_stream::CAPABILITIES;
use std::sync::Arc;

/// The transport `net.tcp:`.
#[derive(Clone, Copy, Debug)]
pub struct NetTcp;

/// The transport `net.uds:`.
#[derive(Clone, Copy, Debug)]
pub struct NetUds;

/// The transport `net.pipe:`.
#[derive(Clone, Copy, Debug)]
pub struct NetPipe;

/// What all of them can do.
const COMMON: Capabilities = Capabilities { largest: LARGEST, ..CAPABILITIES };

/// A scheme: where its endpoints are.
trait Scheme {
    fn place(&self, endpoint: &Endpoint, options: &Options) -> Result<Place>;
    fn target(&self, endpoint: &Endpoint, options: &Options) -> Result<Target>;
}

impl Scheme for NetTcp {
    fn place(&self, endpoint: &Endpoint, _: &Options) -> Result<Place> {
        tcp::place(endpoint)
    }

    fn target(&self, endpoint: &Endpoint, _: &Options) -> Result<Target> {
        tcp::target(endpoint)
    }
}

impl Scheme for NetUds {
    fn place(&self, endpoint: &Endpoint, options: &Options) -> Result<Place> {
        uds::place(endpoint, options)
    }

    fn target(&self, endpoint: &Endpoint, options: &Options) -> Result<Target> {
        uds::target(endpoint, options)
    }
}

impl Scheme for NetPipe {
    fn place(&self, endpoint: &Endpoint, options: &Options) -> Result<Place> {
        pipe::place(endpoint, options)
    }

    fn target(&self, endpoint: &Endpoint, options: &Options) -> Result<Target> {
        pipe::target(endpoint, options)
    }
}

macro_rules! transport {
    ($scheme:ident, $info:expr, $capabilities:expr) => {
        impl Transport for $scheme {
            type Inbox = WcfInbox;
            type Outbox = WcfOutbox;

            fn info(&self) -> &'static Info {
                static INFO: Info = $info;
                &INFO
            }

            fn capabilities(&self) -> Capabilities {
                $capabilities
            }

            fn bind(&self, endpoint: &Endpoint) -> Result<WcfInbox> {
                let options = Options::read(endpoint)?;
                let place = self.place(endpoint, &options)?;
                WcfInbox::bind(endpoint, options, place)
            }

            fn connect(&self, endpoint: &Endpoint, deadline: Deadline) -> Result<WcfOutbox> {
                let options = Options::read(endpoint)?;
                let target = self.target(endpoint, &options)?;
                WcfOutbox::connect(endpoint, options, target, deadline)
            }

            fn as_typed(&self) -> Option<&dyn Typed> {
                Some(self)
            }
        }

        impl Typed for $scheme {
            fn connect_typed(
                &self,
                endpoint: &Endpoint,
                contract: &Contract,
                callbacks: Option<Arc<dyn Dispatch>>,
                deadline: Deadline,
            ) -> Result<Arc<dyn Invoke>> {
                let options = Options::read(endpoint)?;
                let target = self.target(endpoint, &options)?;
                typed::connect(endpoint, options, target, contract, callbacks, deadline)
            }

            fn bind_typed(
                &self,
                endpoint: &Endpoint,
                contract: &Contract,
                instances: Arc<dyn Instances>,
            ) -> Result<Box<dyn Hosted>> {
                let options = Options::read(endpoint)?;
                let place = self.place(endpoint, &options)?;
                typed::host(endpoint, options, place, contract, instances)
            }

            fn call_by_name(
                &self,
                endpoint: &Endpoint,
                call: &NamedCall,
                deadline: Deadline,
            ) -> Result<NamedAnswer> {
                let options = Options::read(endpoint)?;
                let target = self.target(endpoint, &options)?;
                typed::call_by_name(endpoint, options, target, call, deadline)
            }
        }
    };
}

transport!(
    NetTcp,
    Info {
        scheme: "net.tcp",
        mechanism: "WCF over TCP",
        names: "HOST:PORT/NAME; port 808 unless written, and 0 lets the system choose",
        example: "net.tcp://localhost:9000/IIpcClient",
        settings: settings::TCP,
    },
    Capabilities {
        identity: Identity::Address,
        access: Access::ThisMachine,
        cross_host: true,
        ..COMMON
    }
);

transport!(
    NetUds,
    Info {
        scheme: "net.uds",
        mechanism: "WCF over a Unix domain socket",
        names: "the whole path of the socket, from its first slash on",
        example: "net.uds:/run/user/1000/orders.sock",
        settings: settings::UDS,
    },
    COMMON
);

transport!(
    NetPipe,
    Info {
        scheme: "net.pipe",
        mechanism: PIPE_MECHANISM,
        names: "HOST/NAME, the host being localhost or this machine's name",
        example: "net.pipe://localhost/IIpcClient",
        settings: settings::PIPE,
    },
    COMMON
);
