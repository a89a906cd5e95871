use crate::commands::peer::{self, Attempt, Done, Taken, Tally};
use crate::system::local;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::PathBuf;
use std::process;
use std::thread;
use std::time::{Duration, Instant};

/// Two locked files that hold one message each, looked at without pause.
///
/// Looking without pause is faster than any notification and costs a whole core, so it is the least
/// that this mechanism can take, and nothing to do in earnest.
pub(super) struct Floor {
    there: Slot,
    back: Slot,
    /// Whether this end removes the files.
    owned: bool,
}

struct Slot {
    path: PathBuf,
    buffer: Vec<u8>,
}

/// How long the other end may take for its part.
const PATIENCE: Duration = Duration::from_secs(5);
/// How often a slot is looked at before anything else is.
const LOOKS: u32 = 256;

impl Floor {
    /// The receiving end; makes the files.
    pub(super) fn create() -> io::Result<Self> {
        let path = local::directory()?.join(format!("floor-{}", process::id()));
        let mut floor = Self::at(path);
        floor.owned = true;
        floor.there.open()?.set_len(0)?;
        floor.back.open()?.set_len(0)?;
        Ok(floor)
    }

    /// The sending end.
    pub(super) fn open(address: &str) -> Self {
        Self::at(address.into())
    }

    pub(super) fn address(&self) -> String {
        self.there.path.display().to_string()
    }

    fn at(path: PathBuf) -> Self {
        let back = Slot { path: path.with_extension("back"), buffer: Vec::new() };
        Self { there: Slot { path, buffer: Vec::new() }, back, owned: false }
    }
}

impl Drop for Floor {
    fn drop(&mut self) {
        if self.owned {
            // Somebody may have tidied up before.
            let _ = fs::remove_file(&self.there.path);
            let _ = fs::remove_file(&self.back.path);
        }
    }
}

impl Slot {
    fn open(&self) -> io::Result<File> {
        OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&self.path)
    }

    /// Fills the slot as soon as it is empty.
    fn put(&mut self, payload: &[u8]) -> Attempt<()> {
        let path = &self.path;
        wait_until(&mut || false, || {
            if fs::metadata(path)?.len() > 0 {
                return Ok(false);
            }
            let mut file = OpenOptions::new().read(true).write(true).open(path)?;
            file.lock()?;
            let empty = file.metadata()?.len() == 0;
            if empty {
                file.write_all(payload)?;
            }
            Ok(empty)
        })
    }

    /// Empties the slot as soon as it is full; tells how much was in it.
    fn take(&mut self, done: Done<'_>) -> Attempt<usize> {
        let Self { path, buffer } = self;
        wait_until(done, || {
            if fs::metadata(&*path)?.len() == 0 {
                return Ok(false);
            }
            let mut file = OpenOptions::new().read(true).write(true).open(&*path)?;
            file.lock()?;
            buffer.clear();
            file.read_to_end(buffer)?;
            file.set_len(0)?;
            Ok(!buffer.is_empty())
        })?;
        Ok(self.buffer.len())
    }
}

/// Tries until it holds; once the other end is `done`, only a little longer.
fn wait_until(done: Done<'_>, mut holds: impl FnMut() -> io::Result<bool>) -> Attempt<()> {
    let mut deadline = Instant::now() + PATIENCE;
    let mut is_done = false;
    loop {
        for _ in 0..LOOKS {
            if holds()? {
                return Ok(());
            }
            thread::yield_now();
        }
        if !is_done && done() {
            is_done = true;
            deadline = Instant::now() + PATIENCE / 20;
        }
        if Instant::now() > deadline {
            return Err(io::Error::from(io::ErrorKind::TimedOut).into());
        }
    }
}

impl peer::Near for Floor {
    fn round_trip(&mut self, payload: &[u8]) -> Attempt<()> {
        self.there.put(payload)?;
        self.back.take(&mut || false).map(drop)
    }

    fn send(&mut self, payload: &[u8]) -> Attempt<()> {
        self.there.put(payload)
    }
}

impl peer::Far for Floor {
    fn echo(&mut self, count: u64, _: usize, done: Done<'_>) -> Attempt<()> {
        for _ in 0..count {
            self.there.take(done)?;
            self.back.put(&self.there.buffer)?;
        }
        Ok(())
    }

    fn take(&mut self, count: u64, _: usize, done: Done<'_>) -> Attempt<Taken> {
        let mut tally = Tally::new(count);
        while !tally.is_whole() {
            self.there.take(done)?;
            tally.add(1);
        }
        Ok(tally.taken())
    }
}
