//! Who listens on a port, as the kernel's tables tell without a connection.

use crate::standing::{Sight, Standing};
use samebox::{Endpoint, User};
use samebox_sys::unix::account::own_uid;
use std::fs;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs};

/// The states of a socket that can be reached: listening for `tcp`, bound for `udp`.
const LISTENING: &str = "0A";
const BOUND: &str = "07";

/// What stands at an endpoint with a port; hidden on systems without these tables.
pub(crate) fn look(endpoint: &Endpoint) -> Sight {
    // A service of `net.tcp` has a path behind its port.
    let (port, _) = endpoint.name().split_once('/').unwrap_or((endpoint.name(), ""));
    let wanted: Vec<_> = port.to_socket_addrs().into_iter().flatten().collect();
    let (scheme, state) =
        if endpoint.scheme() == "udp" { ("udp", BOUND) } else { ("tcp", LISTENING) };
    let tables =
        ["", "6"].map(|version| fs::read_to_string(format!("/proc/net/{scheme}{version}")));
    if tables.iter().all(Result::is_err) || wanted.is_empty() {
        return Sight::Hidden;
    }
    let lines = tables.iter().flatten().flat_map(|table| table.lines().skip(1));
    let mut found = lines.filter_map(|line| bound(line, state));
    let found = found.find(|(address, _)| wanted.iter().any(|wanted| covers(address, wanted)));
    found.map_or(Sight::Absent, |(address, uid)| {
        Sight::Standing(Standing {
            endpoint: endpoint.to_string(),
            live: true,
            owner: Some(User::Uid(uid)),
            own: uid == own_uid(),
            open: None,
            place: address.to_string(),
        })
    })
}

/// Whether a socket at `bound` hears what is sent to `wanted`.
fn covers(bound: &SocketAddr, wanted: &SocketAddr) -> bool {
    bound.port() == wanted.port() && (bound.ip() == wanted.ip() || bound.ip().is_unspecified())
}

/// Reads one line of a table: `sl local_address rem_address st tx:rx tr:when retrnsmt uid ..`.
fn bound(line: &str, state: &str) -> Option<(SocketAddr, u32)> {
    let mut fields = line.split_ascii_whitespace();
    let local = fields.nth(1)?;
    if fields.nth(1)? != state {
        return None;
    }
    Some((address(local)?, fields.nth(3)?.parse().ok()?))
}

/// Reads `0100007F:1F90`: words of the address in this machine's byte order, then the port.
fn address(text: &str) -> Option<SocketAddr> {
    let (ip, port) = text.split_once(':')?;
    let port = u16::from_str_radix(port, 16).ok()?;
    let word = |at: usize| u32::from_str_radix(ip.get(at * 8..at * 8 + 8)?, 16).ok();
    let ip = match ip.len() {
        8 => IpAddr::from(Ipv4Addr::from(word(0)?.to_ne_bytes())),
        32 => {
            let mut bytes = [0; 16];
            for (at, part) in bytes.chunks_exact_mut(4).enumerate() {
                part.copy_from_slice(&word(at)?.to_ne_bytes());
            }
            IpAddr::from(Ipv6Addr::from(bytes)).to_canonical()
        }
        _ => return None,
    };
    Some(SocketAddr::new(ip, port))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;

    #[test]
    fn a_line_of_the_table_is_read() {
        let loopback = u32::from_ne_bytes([127, 0, 0, 1]);
        let line = format!("0: {loopback:08X}:1F90 00000000:0000 0A 00:00 00:00 00 1000 0 1 1");
        let read = bound(&line, LISTENING);
        assert_eq!(read, Some((SocketAddr::from(([127, 0, 0, 1], 8080)), 1000)));
        assert_eq!(bound(&line, BOUND), None);
        assert_eq!(bound("junk", BOUND), None);
        let one = u32::from_ne_bytes([0, 0, 0, 1]);
        let six = address(&format!("{:024}{one:08X}:0050", 0));
        assert_eq!(six, "[::1]:80".parse().ok());
    }

    #[test]
    fn a_listening_port_is_seen_and_a_free_one_is_not() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let address = listener.local_addr().expect("it is bound");
        let endpoint: Endpoint = format!("tcp:{address}").parse().expect("it is an endpoint");
        match look(&endpoint) {
            Sight::Hidden => assert!(!std::path::Path::new("/proc/net/tcp").exists()),
            Sight::Absent => panic!("{endpoint} is there"),
            Sight::Standing(found) => assert!(found.live && found.own),
        }
        drop(listener);
        assert!(!matches!(look(&endpoint), Sight::Standing(_)));
    }
}
