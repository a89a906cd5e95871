//! What a process holds, counted before and after.

use samebox_core::Endpoint;
use samebox_sys::unix::runtime::runtime_directory;
use std::fs::{read_dir, read_to_string};
use std::time::{Duration, Instant};

/// What this process holds of the system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Holdings {
    pub(crate) descriptors: usize,
    /// Mappings of memory without a name.
    pub(crate) mappings: usize,
}

impl Holdings {
    pub(crate) fn now() -> Self {
        let maps = read_to_string("/proc/self/maps").unwrap();
        Self {
            descriptors: read_dir("/proc/self/fd").unwrap().count(),
            mappings: maps.lines().filter(|line| line.contains("/memfd:")).count(),
        }
    }

    /// Waits until this process holds that again and no more.
    #[track_caller]
    pub(crate) fn come_back(self) {
        let deadline = Instant::now() + Duration::from_secs(10);
        while Self::now() != self {
            assert!(Instant::now() < deadline, "{:?} instead of {self:?}", Self::now());
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}

/// The files of a plain name, and what this mechanism may have left where memory has names.
pub(crate) fn files_of(endpoint: &Endpoint) -> Vec<String> {
    let in_folder = |folder: &std::path::Path, part: &str| {
        let entries = read_dir(folder).into_iter().flatten().flatten();
        let names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
        names.filter(|name| name.contains(part)).collect::<Vec<_>>()
    };
    let mut files = in_folder(&runtime_directory().unwrap(), endpoint.name());
    files.extend(in_folder("/dev/shm".as_ref(), endpoint.name()));
    files.sort();
    files
}
