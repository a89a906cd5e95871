use crate::FLAW;
use crate::broken::Flaw;
use libtest_mimic::Failed;
use std::process::{Command, Stdio};

/// Set for a run, to a folder for what its flaw leaves behind.
pub(crate) const MARKS: &str = "SAMEBOX_CONFORMANCE_MARKS";

/// A run of the suite that has ended.
pub(crate) struct Run {
    code: Option<i32>,
    said: String,
}

/// Runs the cases whose names contain `filter` over the transport with `flaw`.
pub(crate) fn run(flaw: Flaw, filter: &str) -> Run {
    let program = std::env::current_exe().expect("a running program has a path");
    let mut command = Command::new(program);
    command.env(FLAW, format!("{flaw:?}")).stdin(Stdio::null());
    command.env(MARKS, samebox_conformance::folder());
    if !filter.is_empty() {
        command.arg(filter);
    }
    let output = command.output().expect("this program can be started again");
    let said = [output.stdout, output.stderr].concat();
    Run { code: output.status.code(), said: String::from_utf8_lossy(&said).into_owned() }
}

impl Run {
    pub(crate) fn ends_well(self) -> Result<Self, Failed> {
        self.ends_with(0)
    }

    pub(crate) fn fails(self) -> Result<Self, Failed> {
        self.ends_with(101)
    }

    fn ends_with(self, code: i32) -> Result<Self, Failed> {
        if self.code == Some(code) {
            return Ok(self);
        }
        Err(format!("it ended with {:?} instead of {code}:\n{}", self.code, self.said).into())
    }

    /// Everything it must have said.
    pub(crate) fn says(&self, parts: &[&str]) -> Result<(), Failed> {
        match parts.iter().find(|part| !self.said.contains(*part)) {
            Some(part) => Err(format!("it does not say {part:?}:\n{}", self.said).into()),
            None => Ok(()),
        }
    }
}
