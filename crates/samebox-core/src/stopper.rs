use std::fmt;
use std::sync::Arc;

/// Ends a server's blocked `recv` from another thread, for good.
///
/// After [`Stopper::stop`] every `recv` of that server returns
/// [`ErrorKind::Stopped`](crate::ErrorKind::Stopped), messages still buffered or not.
#[derive(Clone)]
pub struct Stopper(Arc<dyn Fn() + Send + Sync>);

impl Stopper {
    /// A stopper that runs `wake`, which must be safe to run more than once.
    pub fn new(wake: impl Fn() + Send + Sync + 'static) -> Self {
        Self(Arc::new(wake))
    }

    /// Ends the server's `recv`, now and in future; calling it again does nothing more.
    pub fn stop(&self) {
        (self.0)();
    }
}

impl fmt::Debug for Stopper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Stopper")
    }
}
