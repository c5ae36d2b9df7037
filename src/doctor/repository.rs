//! Where a repository begins, and whether others take versions of it.
//!
//! Knows git's files by name; does not ask git.

use std::fs;
use std::path::{Path, PathBuf};

use super::text::text_of;

/// The folder of the repository that a folder is in.
pub(super) fn root(folder: &Path) -> Option<PathBuf> {
    folder.ancestors().find(|above| above.join(".git").exists()).map(Path::to_path_buf)
}

/// A tag that is a version, which others may ask for.
pub(super) fn version_tag(root: &Path) -> Option<String> {
    let git = root.join(".git");
    let loose = fs::read_dir(git.join("refs/tags")).into_iter().flatten().flatten();
    let mut loose = loose.map(|entry| entry.file_name().to_string_lossy().into_owned());
    loose.find(|tag| is_version(tag)).or_else(|| {
        let packed = text_of(&git.join("packed-refs"), 64 << 20).unwrap_or_default();
        let mut tags = packed.lines().filter_map(|line| line.split_once(" refs/tags/").map(|(_, tag)| tag.to_owned()));
        tags.find(|tag| is_version(tag))
    })
}

fn is_version(tag: &str) -> bool {
    tag.strip_prefix('v').is_some_and(|rest| rest.starts_with(|first: char| first.is_ascii_digit()))
}
