//! Calls that found nobody free to take them.

use std::time::{Duration, Instant};
use windows::Win32::System::Rpc::RPC_S_SERVER_TOO_BUSY;
use windows_core::Result;

/// How long it is tried again, and how often.
const PATIENCE: Duration = Duration::from_secs(30);
const PAUSE: Duration = Duration::from_millis(10);

/// Makes a call, and again while the other process is too busy to notice it.
///
/// Wine says so at once when many come at the same moment; such a call has not been executed.
pub(super) fn insist<T>(mut call: impl FnMut() -> Result<T>) -> Result<T> {
    let begun = Instant::now();
    loop {
        match call() {
            Err(error)
                if error.code() == RPC_S_SERVER_TOO_BUSY.to_hresult()
                    && begun.elapsed() < PATIENCE =>
            {
                std::thread::sleep(PAUSE);
            }
            outcome => return outcome,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use windows::Win32::Foundation::E_FAIL;

    #[test]
    fn one_that_is_busy_is_called_again_and_one_that_fails_is_not() {
        let mut left = 3;
        let busy = RPC_S_SERVER_TOO_BUSY.to_hresult();
        let outcome = insist(|| {
            left -= 1;
            if left == 0 { Ok(left) } else { Err(busy.into()) }
        });
        assert_eq!(outcome, Ok(0));
        let failed: Result<()> = insist(|| {
            left += 1;
            Err(E_FAIL.into())
        });
        assert_eq!((failed.unwrap_err().code(), left), (E_FAIL, 1));
    }
}
