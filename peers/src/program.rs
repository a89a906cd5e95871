use crate::Running;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A program that is not started yet.
#[derive(Debug)]
pub struct Program {
    command: Command,
    title: String,
    /// What to do when it cannot be started.
    advice: &'static str,
}

impl Program {
    /// A peer on its runtime, as `peers/run` takes them: `["mono", "pipe", "echo", ..]`.
    pub fn peer(arguments: &[&str]) -> Self {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("run");
        Self::new(script, arguments, "run ./test tools, then peers/build")
    }

    /// The program samebox of this build.
    pub fn samebox(arguments: &[&str]) -> Self {
        Self::new(built("samebox"), arguments, "run cargo build -p samebox-cli")
    }

    /// The program samebox for Windows, under Wine.
    pub fn samebox_of_windows(arguments: &[&str]) -> Self {
        let advice = "run cargo build -p samebox-cli --target x86_64-pc-windows-gnu";
        let program = built("samebox.exe");
        assert!(program.exists(), "{} is missing: {advice}", program.display());
        let wine = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tools/wine-run");
        let program = [program.as_os_str()].into_iter();
        let arguments = program.chain(arguments.iter().map(OsStr::new));
        Self::new(wine, arguments, advice)
    }

    /// Where the program samebox of this build is.
    pub fn path_of_samebox() -> PathBuf {
        built("samebox")
    }

    /// Where the program samebox for Windows is, as Windows writes it.
    pub fn path_of_samebox_of_windows() -> String {
        format!("Z:{}", built("samebox.exe").display()).replace('/', "\\")
    }

    /// A tool of the operating system.
    pub fn tool(name: &str, arguments: &[&str]) -> Self {
        Self::new(name, arguments, "run ./test tools")
    }

    fn new<A: AsRef<OsStr>>(
        program: impl AsRef<OsStr>,
        arguments: impl IntoIterator<Item = A>,
        advice: &'static str,
    ) -> Self {
        let mut command = Command::new(program);
        command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let words = std::iter::once(command.get_program()).chain(command.get_args());
        let words: Vec<_> = words.map(OsStr::to_string_lossy).collect();
        Self { title: words.join(" "), command, advice }
    }

    /// Sets an environment variable of it.
    #[must_use]
    pub fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    /// Takes an environment variable away from it.
    #[must_use]
    pub fn without_env(mut self, name: &str) -> Self {
        self.command.env_remove(name);
        self
    }

    /// Leaves its stdin open, for [`Running::write`].
    #[must_use]
    pub fn with_input(mut self) -> Self {
        self.command.stdin(Stdio::piped());
        self
    }

    /// Starts it.
    #[track_caller]
    pub fn start(mut self) -> Running {
        match self.command.spawn() {
            Ok(child) => Running::new(child, self.title),
            Err(error) => panic!("cannot start {}: {error}; {}", self.title, self.advice),
        }
    }
}

/// A program that cargo put beside this test's own folder, or into that of the Windows target.
fn built(name: &str) -> PathBuf {
    let test = std::env::current_exe().expect("a running test has a path");
    let profile = test.ancestors().nth(2).expect("cargo puts tests in PROFILE/deps");
    if !name.ends_with(".exe") {
        return profile.join(name);
    }
    let target = profile.parent().expect("a profile is in the target folder");
    let profile = profile.file_name().expect("a profile has a name");
    target.join("x86_64-pc-windows-gnu").join(profile).join(name)
}
