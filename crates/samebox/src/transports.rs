use samebox_core::{DynTransport, Endpoint, Result, nearest};

/// Every transport of this build: the one list of them.
pub static TRANSPORTS: &[&dyn DynTransport] = &[
    #[cfg(feature = "inproc")]
    &samebox_inproc::Inproc,
    #[cfg(feature = "pipe")]
    &samebox_pipe::Pipe,
    #[cfg(feature = "unix")]
    &samebox_unix::Unix,
    #[cfg(feature = "tcp")]
    &samebox_tcp::Tcp,
    #[cfg(feature = "udp")]
    &samebox_udp::Udp,
    #[cfg(feature = "shm")]
    &samebox_shm::Shm,
    #[cfg(feature = "file")]
    &samebox_file::File,
    #[cfg(feature = "wcf")]
    &samebox_wcf::NetTcp,
    #[cfg(feature = "wcf")]
    &samebox_wcf::NetUds,
    #[cfg(feature = "wcf")]
    &samebox_wcf::NetPipe,
    #[cfg(feature = "object")]
    &samebox_object::Object,
    #[cfg(feature = "window")]
    &samebox_window::Window,
];

/// The transport of an endpoint's scheme.
///
/// # Errors
/// `InvalidEndpoint` for an unknown scheme, naming the known ones and the nearest.
pub fn transport(endpoint: &Endpoint) -> Result<&'static dyn DynTransport> {
    let scheme = endpoint.scheme();
    let known = || TRANSPORTS.iter().map(|transport| transport.info().scheme);
    let found = TRANSPORTS.iter().find(|transport| transport.info().scheme == scheme);
    found.copied().ok_or_else(|| {
        let meant = nearest(scheme, known()).map(|near| format!("did you mean `{near}:`? "));
        let list: Vec<_> = known().collect();
        let advice = format!("{}the transports are {}", meant.unwrap_or_default(), list.join(", "));
        endpoint.invalid(format!("`{scheme}` is not a transport")).with_advice(advice)
    })
}
