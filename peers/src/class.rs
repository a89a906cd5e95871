use crate::{Program, Running, run};
use std::sync::atomic::{AtomicU32, Ordering};

/// The name of a class of COM that nobody else has.
///
/// A class that is still installed when this is dropped is taken out again.
#[derive(Debug)]
pub struct ClassName {
    name: String,
    is_installed: bool,
}

impl ClassName {
    /// A new name.
    #[allow(clippy::new_without_default, reason = "each one is another name")]
    pub fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let next = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("Samebox.Peer{}x{next}", std::process::id());
        Self { name, is_installed: false }
    }

    /// The name itself.
    pub fn as_str(&self) -> &str {
        &self.name
    }

    /// The endpoint of that name.
    pub fn endpoint(&self) -> String {
        format!("object:{}", self.name)
    }

    /// Has COM start the program samebox with these arguments at the first call.
    #[track_caller]
    pub fn install(&mut self, server: &[&str]) {
        let program = Program::path_of_samebox_of_windows();
        // Wine knows no classes of one user.
        let words = ["object", "install", &self.name, "--machine", "--", &program];
        self.is_installed = true;
        Program::samebox_of_windows(&[&words, server].concat()).start().finish();
    }

    /// Takes back what [`ClassName::install`] did.
    #[track_caller]
    pub fn uninstall(&mut self) {
        self.is_installed = false;
        self.remove().finish();
    }

    fn remove(&self) -> Running {
        Program::samebox_of_windows(&["object", "uninstall", &self.name, "--machine"]).start()
    }

    /// What the class is registered as: CLSID, LIBID, IIDs, and the file of its types.
    #[track_caller]
    pub fn identities(&self) -> Vec<String> {
        run(&["wine", "com", "identities", &self.name])
    }

    /// The keys of the registry and the files in which one of the words or the name are.
    #[track_caller]
    pub fn traces(&self, words: &[String]) -> Vec<String> {
        let words = words.iter().map(String::as_str);
        let words: Vec<_> = ["wine", "traces", &self.name].into_iter().chain(words).collect();
        run(&words)
    }
}

impl Drop for ClassName {
    fn drop(&mut self) {
        if self.is_installed {
            // The test has failed already.
            let _ = self.remove().end_as();
        }
    }
}
