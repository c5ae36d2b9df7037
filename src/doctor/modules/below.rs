//! The modules below a folder, found by walking.
//!
//! Knows what go passes over; does not know what uses the modules.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};

use crate::doctor::answer::Answer;
use crate::doctor::filesystem::plain;

/// As many folders as are looked into, and as deep.
const MOST_FOLDERS: usize = 4_000;
const DEEPEST: usize = 16;

/// What lies below a folder, but for what go passes over.
#[derive(Debug, Default)]
pub(super) struct Below {
    /// Folders with a go.mod.
    pub(super) modules: Vec<PathBuf>,
    /// Why these are not all, where they are not.
    cut: Option<String>,
}

impl Below {
    pub(super) fn of(base: &Path) -> Self {
        Self::within(base, MOST_FOLDERS)
    }

    fn within(base: &Path, most: usize) -> Self {
        // Folder by folder downwards: one of many folders keeps none beside it from being looked into.
        let mut ahead = VecDeque::from([(plain(base), 0)]);
        let (mut found, mut seen) = (Self::default(), 0);
        while let Some((folder, depth)) = ahead.pop_front() {
            if seen == most {
                found.cut = Some(format!("only the first {most} folders below it were looked into"));
                break;
            }
            seen += 1;
            if folder.join("go.mod").is_file() {
                found.modules.push(folder.clone());
            }
            let inside = folders_in(&folder);
            if depth < DEEPEST {
                ahead.extend(inside.into_iter().map(|folder| (folder, depth + 1)));
            } else if !inside.is_empty() {
                found.cut = Some(format!("only {DEEPEST} folders deep was looked below it"));
            }
        }
        found.modules.sort();
        found
    }

    /// Where not everything was seen, that is said.
    pub(super) fn told(&self, answer: Answer) -> Answer {
        self.cut.iter().fold(answer, Answer::seen)
    }
}

/// In the order of their names.
fn folders_in(folder: &Path) -> Vec<PathBuf> {
    let entries = folder.read_dir().into_iter().flatten().flatten();
    let folders = entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
    let folders = folders.filter(|entry| !passed_over(&entry.file_name().to_string_lossy()));
    let mut folders: Vec<PathBuf> = folders.map(|entry| entry.path()).collect();
    folders.sort();
    folders
}

fn passed_over(name: &str) -> bool {
    name.starts_with(['.', '_']) || ["vendor", "testdata", "node_modules"].contains(&name)
}

#[cfg(test)]
mod tests {
    use super::{Below, DEEPEST};

    #[test]
    fn the_walk_over_a_large_folder_ends_and_says_so() {
        let folder = tempfile::tempdir().expect("a folder");
        let make = |number: usize| std::fs::create_dir(folder.path().join(number.to_string())).expect("a folder");
        (0..9).for_each(make);
        assert_eq!(Below::within(folder.path(), 10).cut, None);
        make(9);
        assert!(Below::within(folder.path(), 10).cut.is_some());
    }

    #[test]
    fn modules_far_below_are_found_and_where_they_may_be_farther_it_is_said() {
        let folder = tempfile::tempdir().expect("a folder");
        let deep = |depth: usize| folder.path().join(vec!["d"; depth].join("/"));
        std::fs::create_dir_all(deep(DEEPEST)).expect("folders");
        std::fs::write(deep(6).join("go.mod"), "").expect("a go.mod");
        assert_eq!((Below::of(folder.path()).modules.len(), Below::of(folder.path()).cut), (1, None));
        std::fs::create_dir(deep(DEEPEST + 1)).expect("a folder");
        assert!(Below::of(folder.path()).cut.is_some());
    }

    #[test]
    fn a_folder_with_many_in_it_hides_no_module_beside_it() {
        let folder = tempfile::tempdir().expect("a folder");
        for large in ["a", "z"] {
            for number in 0..10 {
                std::fs::create_dir_all(folder.path().join(large).join(number.to_string())).expect("a folder");
            }
        }
        std::fs::create_dir(folder.path().join("m")).expect("a folder");
        std::fs::write(folder.path().join("m/go.mod"), "").expect("a go.mod");
        assert_eq!(Below::within(folder.path(), 10).modules, [folder.path().join("m")]);
    }
}
