//! Addresses of services: what an endpoint's name means, and how it stands on the wire.

use samebox_core::{Endpoint, Result};
use std::fmt::Write as _;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs};

/// The longest address that .NET takes, in bytes.
const LONGEST: usize = 2048;

/// The port of `net.tcp` where none is written.
const DEFAULT_PORT: u16 = 808;

/// Where a service of `net.tcp` is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TcpAddress {
    /// As written, an IPv6 address with its brackets.
    pub(crate) host: String,
    pub(crate) port: u16,
    /// From its first slash on.
    pub(crate) path: String,
}

impl TcpAddress {
    /// What the name of an endpoint says.
    pub(crate) fn read(endpoint: &Endpoint) -> Result<Self> {
        let (authority, path) = split(endpoint.name());
        let wrong = |why: String| {
            let advice = "write net.tcp://HOST:PORT/NAME such as net.tcp://localhost:9000/Greeter";
            endpoint.invalid(why).with_advice(advice)
        };
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) if !port.contains(']') => {
                let number = port.parse().map_err(|_| wrong(format!("`{port}` is not a port")))?;
                (host, number)
            }
            _ => (authority, DEFAULT_PORT),
        };
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        let named = |c: char| c.is_alphanumeric() || "-._".contains(c);
        let is_host = matches!(host, "+" | "*") || host.chars().all(named) && !host.is_empty();
        let is_v6 = bare != host && bare.parse::<Ipv6Addr>().is_ok();
        if !is_host && !is_v6 {
            return Err(wrong(format!("`{host}` is not a host")));
        }
        let address = Self { host: host.to_lowercase(), port, path: path.into() };
        check_length(endpoint, &address.uri())?;
        Ok(address)
    }

    /// The absolute URI, as .NET writes it.
    pub(crate) fn uri(&self) -> String {
        let port = match self.port {
            DEFAULT_PORT => String::new(),
            port => format!(":{port}"),
        };
        format!("net.tcp://{}{port}{}", self.host, encoded(&self.path))
    }

    /// The name of an endpoint that says the same.
    pub(crate) fn name(&self) -> String {
        format!("{}:{}{}", self.host, self.port, self.path)
    }

    /// Where a server listens: one address, all of them only where that is written out.
    pub(crate) fn listening(&self, endpoint: &Endpoint) -> Result<SocketAddr> {
        let ip = match self.host.as_str() {
            "+" | "*" => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
            "localhost" => IpAddr::V4(Ipv4Addr::LOCALHOST),
            _ => return Ok(self.resolved(endpoint)?[0]),
        };
        Ok((ip, self.port).into())
    }

    /// Where a client looks for the server, IPv4 first; at least one.
    pub(crate) fn resolved(&self, endpoint: &Endpoint) -> Result<Vec<SocketAddr>> {
        let host = self.host.trim_start_matches('[').trim_end_matches(']');
        let wrong = |why: String| {
            let advice = "write the name or the address of a machine, such as localhost";
            endpoint.invalid(why).with_advice(advice)
        };
        if matches!(host, "+" | "*") {
            return Err(wrong(format!("`{host}` is where servers listen, and no machine")));
        }
        let found = (host, self.port)
            .to_socket_addrs()
            .map_err(|cause| wrong(format!("the host `{host}` is not known")).with_source(cause))?;
        let mut found: Vec<_> = found.collect();
        found.sort_by_key(SocketAddr::is_ipv6);
        if found.is_empty() {
            return Err(wrong(format!("the host `{host}` has no address")));
        }
        Ok(found)
    }
}

/// The URI of a service of `net.pipe`.
pub(crate) fn pipe_uri(endpoint: &Endpoint) -> Result<String> {
    let (host, path) = split(endpoint.name());
    let host = host.to_lowercase();
    if !host.chars().all(|c| c.is_alphanumeric() || "-._:[]".contains(c)) {
        let advice = "write net.pipe://localhost/NAME";
        return Err(endpoint.invalid(format!("`{host}` is not a host")).with_advice(advice));
    }
    let uri = format!("net.pipe://{host}{}", encoded(path));
    check_length(endpoint, &uri)?;
    Ok(uri)
}

/// Refuses a URI that is longer than .NET takes.
pub(crate) fn check_length(endpoint: &Endpoint, uri: &str) -> Result<()> {
    if uri.len() <= LONGEST {
        return Ok(());
    }
    let why = format!("its URI has {} bytes", uri.len());
    Err(endpoint.invalid(why).with_advice(format!("write one of at most {LONGEST} bytes")))
}

/// A name's authority, and its path from the first slash on.
pub(crate) fn split(name: &str) -> (&str, &str) {
    name.find('/').map_or((name, "/"), |at| name.split_at(at))
}

/// The path of a URI that a peer sent, decoded, for services to be found by.
pub(crate) fn path_of(uri: &str) -> Option<String> {
    let (_, rest) = uri.split_once(':')?;
    let path = match rest.strip_prefix("//") {
        Some(rest) => split(rest).1,
        None => rest,
    };
    let path = path.split(['?', '#']).next().unwrap_or(path);
    Some(decoded(path))
}

/// Writes what may not stand in the path of a URI as `%XX`.
pub(crate) fn encoded(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"/-._~!$&'()*+,;=:@".contains(&byte) {
            out.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

/// Reads `%XX`; what is none stays as it is.
fn decoded(path: &str) -> String {
    let mut out = Vec::with_capacity(path.len());
    let mut rest = path.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        let code = tail.get(..2).and_then(|code| std::str::from_utf8(code).ok());
        let byte = code.and_then(|code| u8::from_str_radix(code, 16).ok());
        match byte.filter(|_| *first == b'%') {
            Some(byte) => {
                out.push(byte);
                rest = &tail[2..];
            }
            None => {
                out.push(*first);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tcp(text: &str) -> Result<TcpAddress> {
        TcpAddress::read(&text.parse().unwrap())
    }

    #[test]
    fn addresses_are_written_as_dotnet_does() {
        for (text, uri) in [
            ("net.tcp://localhost:9000/IIpcClient", "net.tcp://localhost:9000/IIpcClient"),
            ("net.tcp://LOCALHOST/a b", "net.tcp://localhost/a%20b"),
            ("net.tcp://localhost:808", "net.tcp://localhost/"),
            ("net.tcp://[::1]:9000/x/y", "net.tcp://[::1]:9000/x/y"),
            ("net.tcp://[::1]/x", "net.tcp://[::1]/x"),
            ("net.tcp://127.0.0.1:1/%C3%A9", "net.tcp://127.0.0.1:1/%C3%A9"),
        ] {
            assert_eq!(tcp(text).unwrap().uri(), uri);
        }
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for wrong in ["net.tcp:///x", "net.tcp://h:x/", "net.tcp://a b/", "net.tcp://h:70000/"] {
            assert!(tcp(wrong).is_err(), "{wrong}");
        }
        let long = format!("net.tcp://h/{}", "x".repeat(2048));
        assert!(tcp(&long).unwrap_err().to_string().contains("2060 bytes"));
    }

    #[test]
    fn servers_listen_on_loopback_unless_told_otherwise() {
        let at = |text: &str| {
            let endpoint: Endpoint = text.parse().unwrap();
            TcpAddress::read(&endpoint).unwrap().listening(&endpoint).unwrap().to_string()
        };
        assert_eq!(at("net.tcp://localhost:1/x"), "127.0.0.1:1");
        assert_eq!(at("net.tcp://+:1/x"), "0.0.0.0:1");
        assert_eq!(at("net.tcp://[::1]:1/x"), "[::1]:1");
    }

    #[test]
    fn a_peers_address_is_reduced_to_its_path() {
        for (uri, path) in [
            ("net.tcp://localhost:9000/A/b", "/A/b"),
            ("net.tcp://localhost", "/"),
            ("net.uds:/tmp/x%20y", "/tmp/x y"),
            ("net.uds://localhost/tmp/%zz", "/tmp/%zz"),
            ("net.pipe://h/x?q", "/x"),
        ] {
            assert_eq!(path_of(uri).as_deref(), Some(path));
        }
        assert_eq!(path_of("nothing"), None);
    }
}
