use super::Window;
use crate::windows::event::milliseconds;
use std::io;
use std::time::Duration;
use windows_sys::Win32::Foundation::{
    ERROR_ACCESS_DENIED, ERROR_INVALID_WINDOW_HANDLE, ERROR_TIMEOUT, GetLastError, SetLastError,
};
use windows_sys::Win32::System::DataExchange::COPYDATASTRUCT;
use windows_sys::Win32::UI::WindowsAndMessaging::{
    SMTO_ABORTIFHUNG, SMTO_BLOCK, SMTO_ERRORONEXIT, SendMessageTimeoutW, WM_COPYDATA,
};

/// How long a sender waits for the window's answer.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// For so long; `None` as long as it takes.
    pub time: Option<Duration>,
    /// Not at all once the system takes the window's thread for hung: 5 s without a look at its messages.
    pub unless_hung: bool,
}

/// Why a window did not answer.
#[derive(Debug)]
pub enum Unsent {
    /// It did not in time; it may take the message yet.
    TimedOut,
    /// There was no such window, and nobody got the message.
    Missing,
    /// It went away meanwhile, perhaps with the message.
    Died,
    /// This process may not send to it: it runs with more rights.
    Denied,
    /// Another reason of the operating system.
    Failed(io::Error),
}

impl Window {
    /// Sends a `WM_COPYDATA` and gives the window's answer; `sender` is what it is told of who sent.
    ///
    /// # Errors
    /// See [`Unsent`].
    pub fn copy_data(
        self,
        sender: Option<Self>,
        id: usize,
        bytes: &[u8],
        patience: Patience,
    ) -> Result<usize, Unsent> {
        let too_long = |_| Unsent::Failed(io::ErrorKind::InvalidInput.into());
        let data = COPYDATASTRUCT {
            dwData: id,
            cbData: u32::try_from(bytes.len()).map_err(too_long)?,
            // The receiver gets a copy, or must not write to it.
            lpData: bytes.as_ptr().cast_mut().cast(),
        };
        let hung = if patience.unless_hung { SMTO_ABORTIFHUNG } else { 0 };
        // Without the last flag a receiver that dies meanwhile would seem to have answered.
        let flags = SMTO_BLOCK | SMTO_ERRORONEXIT | hung;
        // The system counts on with a signed number in places.
        let time = milliseconds(patience.time).min(i32::MAX as u32);
        let mut answer = 0;
        // SAFETY: the structure and the bytes it names outlive the call, and `answer` is writable; the
        // handles need not be those of windows.
        let (sent, code) = unsafe {
            SetLastError(0);
            let sent = SendMessageTimeoutW(
                self.raw(),
                WM_COPYDATA,
                sender.map_or(0, Self::handle),
                (&raw const data) as isize,
                flags,
                time,
                &raw mut answer,
            );
            (sent, if sent == 0 { GetLastError() } else { 0 })
        };
        if sent != 0 { Ok(answer) } else { Err(self.unsent(code)) }
    }

    fn unsent(self, code: u32) -> Unsent {
        match code {
            ERROR_INVALID_WINDOW_HANDLE => Unsent::Missing,
            // Wine says that access is denied when the receiver died.
            _ if !self.is_there() => Unsent::Died,
            // Old systems leave the code at 0 when the time is over.
            0 | ERROR_TIMEOUT => Unsent::TimedOut,
            ERROR_ACCESS_DENIED => Unsent::Denied,
            _ => Unsent::Failed(io::Error::from_raw_os_error(code as i32)),
        }
    }
}
