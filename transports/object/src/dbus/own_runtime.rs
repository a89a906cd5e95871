//! zruntime as zbus takes it, without the thread that would help out between two calls.

use super::bus::PATIENCE;
use samebox_sys::unix::name;
use std::future::Future;
use std::io;
use std::net::{SocketAddr, TcpStream};
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::pin::Pin;
use std::process::{Command, ExitStatus, Stdio};
use std::task::{Context, Poll};
use std::time::Duration;
use zbus::runtime::traits::{PollIo, Runtime, TaskHandle};
use zbus::runtime::{Interest, IoSource};
use zruntime::{Registration, Shared, SharedRuntime, Sleep, Task};

/// A runtime that moves only while a thread is inside its `block_on`.
pub(super) struct OwnRuntime(pub(super) SharedRuntime);

/// A socket that it watches.
pub(super) struct Watched(Registration<Shared>);

/// A task of it.
pub(super) struct OwnTask<T>(Task<T, Shared>);

impl Runtime for OwnRuntime {
    type RegisteredIoSource = Watched;
    type Sleep = Sleep<Shared>;
    type Task<T>
        = OwnTask<T>
    where
        T: Send + 'static;

    fn register_io_source(&self, source: IoSource) -> io::Result<Watched> {
        self.0.register(source).map(Watched)
    }

    fn sleep(&self, duration: Duration) -> Sleep<Shared> {
        self.0.sleep(duration)
    }

    fn spawn<T: Send + 'static>(
        &self,
        name: &str,
        future: impl Future<Output = T> + Send + 'static,
    ) -> OwnTask<T> {
        OwnTask(self.0.spawn(name.to_owned(), future))
    }

    // Connecting may block the thread: it is that of the client, who waits for nothing else.
    async fn connect_tcp(&self, address: SocketAddr) -> io::Result<IoSource> {
        let stream = TcpStream::connect_timeout(&address, PATIENCE)?;
        stream.set_nonblocking(true)?;
        Ok(OwnedFd::from(stream).into())
    }

    async fn connect_unix(&self, path: &Path) -> io::Result<IoSource> {
        let socket = match path.as_os_str().as_bytes() {
            [0, name @ ..] => name::connect_abstract(name, PATIENCE)?,
            _ => name::connect(path, PATIENCE)?,
        };
        rustix::io::ioctl_fionbio(&socket, true)?;
        Ok(socket.into())
    }

    fn spawn_process(
        &self,
        mut command: Command,
        stdin: Stdio,
        stdout: Stdio,
        stderr: Stdio,
    ) -> io::Result<Pin<Box<dyn Future<Output = io::Result<ExitStatus>> + Send + 'static>>> {
        let mut child = command.stdin(stdin).stdout(stdout).stderr(stderr).spawn()?;
        // Its copies of the streams close with it.
        drop(command);
        Ok(Box::pin(zruntime::unblock(move || child.wait())))
    }
}

impl PollIo for Watched {
    fn poll_io<T>(
        &self,
        context: &mut Context<'_>,
        interest: Interest,
        operation: impl FnMut() -> io::Result<T>,
    ) -> Poll<io::Result<T>> {
        let interest = match interest {
            Interest::Writable => zruntime::Interest::Writable,
            _ => zruntime::Interest::Readable,
        };
        self.0.poll_io(context, interest, operation)
    }
}

impl<T> Future for OwnTask<T> {
    type Output = io::Result<T>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.0).poll(context)
    }
}

impl<T: Send + 'static> TaskHandle<T> for OwnTask<T> {
    fn detach(self) {
        self.0.detach();
    }
}
