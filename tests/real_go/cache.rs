//! What a build cache holds: which actions are known with which results, and the bytes of the results.
//!
//! Knows how cmd/go lays a cache out on disk: `xx/HASH-a` says which output an action had, `yy/HASH-d` is an output and
//! is named after its bytes.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use crate::files;

/// A cache at one moment.
#[derive(Debug)]
pub(crate) struct Cache {
    folder: PathBuf,
    /// Per action: the output's hash and size.
    actions: BTreeMap<String, String>,
    outputs: BTreeSet<PathBuf>,
}

impl Cache {
    pub(crate) fn read(folder: &Path) -> Self {
        let mut cache = Self { folder: folder.to_path_buf(), actions: BTreeMap::new(), outputs: BTreeSet::new() };
        for name in files::names(folder) {
            let entry = name.iter().nth(1).map(|entry| entry.to_string_lossy().into_owned()).unwrap_or_default();
            match entry.rsplit_once('-') {
                Some((action, "a")) => cache.actions.extend([(action.to_owned(), result(&folder.join(name)))]),
                Some((_, "d")) => cache.outputs.extend([name]),
                _ => {}
            }
        }
        cache
    }

    /// Fails unless the same actions are known with the same results. Outputs are read one by one: they may be many.
    #[track_caller]
    pub(crate) fn check_same(&self, what: &str, other: &Self) {
        assert!(!self.actions.is_empty() && !self.outputs.is_empty(), "{what}: the cache is not empty");
        let all = self.actions.keys().chain(other.actions.keys());
        let different: BTreeSet<_> =
            all.filter(|action| self.actions.get(*action) != other.actions.get(*action)).collect();
        assert!(different.is_empty(), "{what}: these actions differ: {different:#?}");
        assert_eq!(self.outputs, other.outputs, "{what}: the names of the outputs");
        for output in &self.outputs {
            let bytes = |cache: &Self| fs::read(cache.folder.join(output)).expect("an output");
            assert!(bytes(self) == bytes(other), "{what}: the bytes of {}", output.display());
        }
    }
}

impl Cache {
    /// Fails unless each action that was known is known with the same result later. What came on top does not matter.
    #[track_caller]
    pub(crate) fn check_kept(&self, what: &str, later: &Self) {
        assert!(!self.actions.is_empty(), "{what}: the cache is not empty");
        let changed: Vec<_> =
            self.actions.iter().filter(|(action, result)| later.actions.get(*action) != Some(*result)).collect();
        assert!(
            changed.is_empty(),
            "{what}: {} of {} results changed: {:?}",
            changed.len(),
            self.actions.len(),
            changed.first()
        );
    }
}

impl fmt::Display for Cache {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(to, "{} actions and {} outputs in the cache", self.actions.len(), self.outputs.len())
    }
}

/// `v1 ACTION OUTPUT SIZE TIME`: all but the time.
fn result(entry: &Path) -> String {
    let text = fs::read_to_string(entry).expect("an entry of the cache");
    text.split_whitespace().take(4).collect::<Vec<_>>().join(" ")
}
