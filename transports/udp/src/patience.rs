use crate::datagram::Timeout;
use samebox_core::Deadline;
use std::io;
use std::net::UdpSocket;
use std::time::Duration;

/// Makes receives of one blocking socket end at their deadlines.
///
/// The socket's timeout is changed only when a deadline needs it. It starts as a power of two
/// milliseconds, so calls with equal deadlines share one and cost no system call for it; a receive
/// that ends before its deadline is made again with what remains.
#[derive(Debug, Default)]
pub(crate) struct Patience(Timeout);

impl Patience {
    /// Repeats `receive` until it brings something or `deadline` passes; at least once.
    ///
    /// It gets the timeout to wait for, or none when it must not wait.
    ///
    /// # Errors
    /// `TimedOut` when nothing came, and what `receive` says.
    #[inline]
    pub(crate) fn by<T>(
        &mut self,
        socket: &UdpSocket,
        deadline: Deadline,
        mut receive: impl FnMut(Option<&Timeout>) -> io::Result<T>,
    ) -> io::Result<T> {
        let mut remaining = deadline.remaining();
        if remaining == Some(Duration::ZERO) {
            return receive(None).map_err(late);
        }
        if exceeds(self.0.duration(), remaining) {
            self.0.set(socket, remaining.map(power_of_two))?;
        }
        loop {
            match receive(Some(&self.0)) {
                Err(error) if is_early(error.kind()) => remaining = deadline.remaining(),
                outcome => return outcome,
            }
            if remaining == Some(Duration::ZERO) {
                return Err(io::ErrorKind::TimedOut.into());
            }
            self.0.set(socket, remaining.map(whole))?;
        }
    }
}

/// Whether a timeout would end after what remains; `None` is without end.
fn exceeds(timeout: Option<Duration>, remaining: Option<Duration>) -> bool {
    remaining.is_some_and(|remaining| timeout.is_none_or(|timeout| timeout > remaining))
}

fn is_early(kind: io::ErrorKind) -> bool {
    matches!(kind, io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut | io::ErrorKind::Interrupted)
}

fn late(error: io::Error) -> io::Error {
    if is_early(error.kind()) { io::ErrorKind::TimedOut.into() } else { error }
}

/// A day: systems differ in the longest timeout they take.
const LONGEST: u64 = 86_400_000;

/// The largest power of two milliseconds that is not above `remaining`; at least one.
fn power_of_two(remaining: Duration) -> Duration {
    Duration::from_millis(1 << milliseconds(remaining).ilog2())
}

/// All of `remaining` in whole milliseconds, rounded up.
fn whole(remaining: Duration) -> Duration {
    Duration::from_millis(milliseconds(remaining.saturating_add(Duration::from_nanos(999_999))))
}

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(LONGEST).clamp(1, LONGEST)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::datagram::receive_answer;
    use proptest::prelude::*;
    use std::time::Instant;

    fn socket() -> UdpSocket {
        UdpSocket::bind("127.0.0.1:0").unwrap()
    }

    fn receive(
        patience: &mut Patience,
        socket: &UdpSocket,
        deadline: Deadline,
    ) -> io::Result<usize> {
        patience.by(socket, deadline, |timeout| receive_answer(socket, &mut [0; 8], timeout))
    }

    #[test]
    fn a_receive_ends_at_its_deadline_and_not_before() {
        let socket = socket();
        let start = Instant::now();
        let deadline = Deadline::at(start + Duration::from_millis(45));
        let outcome = receive(&mut Patience::default(), &socket, deadline);
        assert_eq!(outcome.unwrap_err().kind(), io::ErrorKind::TimedOut);
        assert!(start.elapsed() >= Duration::from_millis(45));
    }

    #[test]
    fn a_passed_deadline_takes_what_is_there_and_waits_for_nothing() {
        let socket = socket();
        socket.connect(socket.local_addr().unwrap()).unwrap();
        socket.send(b"here").unwrap();
        let try_now = || receive(&mut Patience::default(), &socket, Deadline::now());
        assert_eq!(try_now().unwrap(), 4);
        assert_eq!(try_now().unwrap_err().kind(), io::ErrorKind::TimedOut);
    }

    #[test]
    fn a_short_timeout_does_not_end_a_later_receive_with_a_long_deadline() {
        let (socket, sender) = (socket(), socket());
        let mut patience = Patience::default();
        let soon = Deadline::after(Duration::from_millis(2));
        receive(&mut patience, &socket, soon).unwrap_err();
        let address = socket.local_addr().unwrap();
        let late = std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(30));
            sender.send_to(b"late", address).unwrap();
        });
        assert_eq!(receive(&mut patience, &socket, Deadline::NEVER).unwrap(), 4);
        late.join().unwrap();
    }

    #[test]
    fn equal_deadlines_share_a_timeout() {
        let second = |less: u64| power_of_two(Duration::from_micros(5_000_000 - less));
        assert_eq!(second(0), second(900_000));
    }

    proptest! {
        #[test]
        fn timeouts_are_near_what_remains(microseconds in 1000_u64..1 << 36) {
            let remaining = Duration::from_micros(microseconds);
            prop_assert!(power_of_two(remaining) <= remaining);
            prop_assert!(power_of_two(remaining) * 2 > remaining);
            prop_assert!(whole(remaining) >= remaining);
        }
    }

    #[test]
    fn extremes_have_timeouts_that_systems_accept() {
        for remaining in [Duration::ZERO, Duration::from_nanos(1), Duration::MAX] {
            for timeout in [power_of_two(remaining), whole(remaining)] {
                Timeout::default().set(&socket(), Some(timeout)).unwrap();
            }
        }
    }
}
