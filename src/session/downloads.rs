//! What came into the module cache while a go command ran: files that came from a proxy or the checksum database.
//!
//! Knows how the cache is laid out and when its files were written; does not know for how long anybody waited for them.
//! cmd/go tells of the zip files that it downloads and of the versions that it asks for, but not of `go.mod` files and
//! checksums, whose arrival is only seen here.

use std::fs::{Metadata, read_dir};
use std::ops::RangeInclusive;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// A file that was written.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Fetched {
    /// When, in nanoseconds since 1970.
    pub(super) epoch_ns: u64,
    pub(super) from: From,
    /// Its path below `cache/download`.
    pub(super) name: String,
}

/// Where it came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum From {
    Proxy,
    ChecksumDatabase,
}

/// Folders that are not followed further: no module path is as deep.
const DEEPEST: usize = 24;

/// The files that were written in a stretch of time, in that order. None where there is no such cache.
pub(super) fn during(module_cache: &Path, epoch_ns: &RangeInclusive<u64>) -> Vec<Fetched> {
    let mut found = Vec::new();
    if !module_cache.is_absolute() {
        // There is none, or it is not known where.
        return found;
    }
    look(&module_cache.join("cache/download"), "", epoch_ns, DEEPEST, &mut found);
    found.sort();
    found
}

/// A folder that has not changed since then has no new file, and the caches of years have many files that need no look.
fn look(folder: &Path, below: &str, epoch_ns: &RangeInclusive<u64>, deepest: usize, found: &mut Vec<Fetched>) {
    let has_new =
        std::fs::metadata(folder).ok().and_then(|meta| written(&meta)).is_some_and(|at| at >= *epoch_ns.start());
    let is_leaf = below.ends_with("/@v/");
    let Some(Ok(entries)) = (has_new || !is_leaf).then(|| read_dir(folder)) else { return };
    for entry in entries.flatten() {
        let name = format!("{below}{}", entry.file_name().to_string_lossy());
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            if deepest > 0 {
                look(&entry.path(), &format!("{name}/"), epoch_ns, deepest - 1, found);
            }
        } else if has_new
            && let Some(from) = from(&name)
            && let Some(written) = entry.metadata().ok().and_then(|meta| written(&meta))
            && epoch_ns.contains(&written)
        {
            found.push(Fetched { epoch_ns: written, from, name });
        }
    }
}

/// Locks, lists and hashes are the cache's own, and no downloads.
fn from(name: &str) -> Option<From> {
    if name.starts_with("sumdb/") {
        return Some(From::ChecksumDatabase);
    }
    let is_fetched = [".mod", ".info", ".zip"].iter().any(|ending| name.ends_with(ending));
    (is_fetched && name.contains("/@v/")).then_some(From::Proxy)
}

fn written(meta: &Metadata) -> Option<u64> {
    let seconds = u64::try_from(meta.mtime()).ok()?;
    seconds.checked_mul(1_000_000_000)?.checked_add(u64::try_from(meta.mtime_nsec()).ok()?)
}

#[cfg(test)]
mod tests {
    use super::{From, during};
    use std::fs;

    #[test]
    fn files_from_a_proxy_and_from_the_checksum_database_are_told_apart() {
        let cache = tempfile::tempdir().expect("a folder");
        for name in [
            "example.com/a/@v/v1.0.0.mod",
            "example.com/a/@v/v1.0.0.lock",
            "example.com/a/@v/list",
            "example.com/a/@v/v1.0.0.ziphash",
            "sumdb/checksums/lookup/a@v1.0.0",
        ] {
            let path = cache.path().join("cache/download").join(name);
            fs::create_dir_all(path.parent().expect("a parent")).expect("folders");
            fs::write(path, "").expect("a file");
        }
        let told: Vec<_> =
            during(cache.path(), &(1..=u64::MAX)).into_iter().map(|file| (file.name, file.from)).collect();
        assert_eq!(
            told,
            [
                (String::from("example.com/a/@v/v1.0.0.mod"), From::Proxy),
                (String::from("sumdb/checksums/lookup/a@v1.0.0"), From::ChecksumDatabase),
            ]
        );
        assert_eq!(during(cache.path(), &(u64::MAX..=u64::MAX)), [], "nothing was written later");
        assert_eq!(during(cache.path(), &(0..=1)), [], "nor before");
        assert_eq!(during(&cache.path().join("nowhere"), &(0..=u64::MAX)), []);
    }
}
