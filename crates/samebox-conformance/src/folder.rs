use std::path::{Path, PathBuf};
use std::sync::LazyLock;

static FOLDER: LazyLock<PathBuf> = LazyLock::new(|| {
    let name = format!("samebox-{}", std::process::id());
    // A run that was ended leaves its folder, and on Wine the next one may have the same process id.
    let candidates = (0..1000).map(|number| std::env::temp_dir().join(format!("{name}-{number}")));
    let mut made = candidates.filter(|folder| std::fs::create_dir(folder).is_ok());
    made.next().expect("a folder can be made among the temporary ones")
});

/// A short, empty folder of this run, for endpoints that are paths; removed when the run ends.
pub fn folder() -> &'static Path {
    &FOLDER
}

/// Removes the folder with all that killed servers left in it.
pub(crate) fn remove() {
    // Nothing of it is needed again, and a run has its verdict without.
    let _ = std::fs::remove_dir_all(folder());
}
