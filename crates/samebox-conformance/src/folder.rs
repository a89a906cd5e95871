use std::path::{Path, PathBuf};
use std::sync::LazyLock;

static FOLDER: LazyLock<PathBuf> = LazyLock::new(|| {
    let folder = std::env::temp_dir().join(format!("samebox-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder can be made among the temporary ones");
    folder
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
