//! Where a trace and the notes about it are, and which version of the format is written.
//!
//! Knows names of files; opens none of them. Writer and reader both ask here, so they cannot disagree.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// The version that stands in every line as `v`. Keys may be added within a version; it changes when a key changes its
/// meaning or goes away.
pub const FORMAT_VERSION: u64 = 1;

/// The trace's name in the directory where `go` was started, unless the user names another.
pub const TRACE_NAME: &str = "trace.jsonl";

/// Where the shim notes what went wrong with `trace`.
#[must_use]
pub fn note_beside(trace: &Path) -> PathBuf {
    let mut name = trace.as_os_str().to_os_string();
    name.push(".problems");
    PathBuf::from(name)
}

/// Where it notes what went wrong when there is no place beside the trace: the folder is gone, or may not be written to. The
/// temporary folder is shared, so each user has a file of his own, by the number that owns this process.
#[must_use]
pub fn note_in_temp() -> PathBuf {
    let user = std::fs::metadata("/proc/self").map(|process| process.uid());
    std::env::temp_dir()
        .join(user.map_or_else(|_| String::from("gotrace.problems"), |uid| format!("gotrace-{uid}.problems")))
}
