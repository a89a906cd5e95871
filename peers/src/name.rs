use std::fmt;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

/// The name of a pipe that nobody else has; its files are removed with it.
///
/// A server that was killed leaves its socket behind, and so does the folder where .NET puts them.
#[derive(Debug)]
pub struct PipeName(String);

impl PipeName {
    /// A new name.
    #[allow(clippy::new_without_default, reason = "each one is another name")]
    pub fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let next = NEXT.fetch_add(1, Ordering::Relaxed);
        Self(format!("samebox-peers-{}-{next}", std::process::id()))
    }

    /// The name alone, as the peers take it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The endpoint of that name with settings, `framing=line` for example.
    pub fn with(&self, settings: &str) -> String {
        format!("{self}?{settings}")
    }

    /// Where .NET puts a pipe of that name on Unix.
    pub fn path(&self) -> PathBuf {
        std::env::temp_dir().join(format!("CoreFxPipe_{}", self.0))
    }
}

/// The endpoint `pipe:NAME`.
impl fmt::Display for PipeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "pipe:{}", self.0)
    }
}

impl Drop for PipeName {
    fn drop(&mut self) {
        let path = self.path();
        // Most servers have removed them, and a file left over does no harm.
        let _ = std::fs::remove_file(path.with_extension("lock"));
        let _ = std::fs::remove_file(path);
    }
}
