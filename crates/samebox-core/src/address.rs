use crate::{Endpoint, Result};
use std::net::{Ipv4Addr, SocketAddr, ToSocketAddrs};

impl Endpoint {
    /// The network addresses of the name: `HOST:PORT`, or `PORT` for this machine alone.
    ///
    /// There is at least one. A wildcard address is taken only when it is written out.
    ///
    /// # Errors
    /// `InvalidEndpoint` when it is neither, or the host is unknown.
    pub fn socket_addresses(&self) -> Result<Vec<SocketAddr>> {
        let name = self.name();
        let advice = "write HOST:PORT such as localhost:7100, or PORT alone for this machine";
        if let Ok(port) = name.parse::<u16>() {
            return Ok(vec![(Ipv4Addr::LOCALHOST, port).into()]);
        }
        if let Ok(address) = name.parse() {
            return Ok(vec![address]);
        }
        let wrong = |why: String| self.invalid(why).with_advice(advice);
        let (host, port) = name
            .rsplit_once(':')
            .filter(|(host, _)| !host.is_empty() && !host.contains(['[', ']', ':']))
            .ok_or_else(|| wrong(format!("`{name}` is not a host and a port")))?;
        let port: u16 =
            port.parse().map_err(|_| wrong(format!("`{port}` is not a port, 0 to 65535")))?;
        let found = (host, port).to_socket_addrs();
        let found = found
            .map_err(|cause| wrong(format!("the host `{host}` is not known")).with_source(cause))?;
        // IPv4 first: most servers of this machine are there, and so is ours by default.
        let mut found: Vec<_> = found.collect();
        found.sort_by_key(SocketAddr::is_ipv6);
        if found.is_empty() {
            Err(wrong(format!("the host `{host}` has no address")))
        } else {
            Ok(found)
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::{Endpoint, ErrorKind};

    fn first(name: &str) -> String {
        let endpoint: Endpoint = format!("tcp:{name}").parse().unwrap();
        endpoint
            .socket_addresses()
            .map_or_else(|e| e.kind().to_string(), |found| found[0].to_string())
    }

    #[test]
    fn a_port_alone_is_on_loopback() {
        assert_eq!(first("7100"), "127.0.0.1:7100");
        assert_eq!(first("//[::1]:7100"), "[::1]:7100");
        assert_eq!(first("0.0.0.0:1"), "0.0.0.0:1");
        assert_eq!(first("localhost:1"), "127.0.0.1:1");
    }

    #[test]
    fn what_is_no_address_is_refused() {
        let wrong = ErrorKind::InvalidEndpoint.to_string();
        for name in ["x", "70000", "h:70000", ":1", "::1:80", "[::1:80", "a:b:c", "h:"] {
            assert_eq!(first(name), wrong, "{name}");
        }
    }
}
