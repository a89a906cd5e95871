use std::net::Ipv4Addr;
use std::sync::atomic::{AtomicU32, Ordering};

/// A loopback address of one case, for endpoints that leave the port to the system.
///
/// Between a server and the next on its port, the system may give the port to a client of another
/// case, which has 127.0.0.1. Where the system has only that one, this is it.
pub fn loopback() -> Ipv4Addr {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    if std::env::consts::OS == "macos" {
        return Ipv4Addr::LOCALHOST;
    }
    let number = std::process::id().wrapping_mul(4096) + NEXT.fetch_add(1, Ordering::Relaxed);
    // 127.1.0.0 to 127.254.255.255: neither 127.0.0.1 nor a broadcast address.
    let [_, low, lower, lowest] = number.to_be_bytes();
    Ipv4Addr::new(127, 1 + low % 254, lower, lowest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_cases_have_the_same_address() {
        let (one, two) = (loopback(), loopback());
        assert!(one.is_loopback() && two.is_loopback());
        assert!(one != two || one == Ipv4Addr::LOCALHOST);
    }
}
