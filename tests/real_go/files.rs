//! Folders: copied, removed, and compared by what is in them.
//!
//! Knows files; does not know what they are for.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// What is in a folder: the bytes of each file, by its path in the folder.
pub(crate) type Contents = BTreeMap<PathBuf, Vec<u8>>;

/// Reads a folder; one that is not there is empty.
pub(crate) fn contents(folder: &Path) -> Contents {
    let bytes = |name: &PathBuf| fs::read(folder.join(name)).expect("a readable file");
    names(folder).into_iter().map(|name| (name.clone(), bytes(&name))).collect()
}

/// The files in a folder and in its folders.
pub(crate) fn names(folder: &Path) -> Vec<PathBuf> {
    let mut names = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(next) = folders.pop() {
        let Ok(entries) = fs::read_dir(&next) else { continue };
        for entry in entries {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else {
                names.push(path.strip_prefix(folder).expect("it is in the folder").to_path_buf());
            }
        }
    }
    names
}

/// Copies a folder with all that is in it: permissions, and times too, because cmd/go does not trust (and so does not
/// cache what it knows of) files that were changed within the last two seconds.
pub(crate) fn copy(from: &Path, to: &Path) {
    copy_with(from, to, copy_file);
}

/// Copies a build cache. Outputs are named after their bytes, so they are never changed and one file can be in both.
pub(crate) fn copy_cache(from: &Path, to: &Path) {
    copy_with(from, to, |from, to| {
        let is_output = from.to_string_lossy().ends_with("-d");
        if !is_output || fs::hard_link(from, to).is_err() {
            copy_file(from, to);
        }
    });
}

/// Removes a folder if it is there.
pub(crate) fn remove(folder: &Path) {
    if folder.exists() {
        fs::remove_dir_all(folder).expect("the folder goes");
    }
}

fn copy_with(from: &Path, to: &Path, copy_file: impl Fn(&Path, &Path) + Copy) {
    fs::create_dir_all(to).expect("the new folder");
    for entry in fs::read_dir(from).unwrap_or_else(|error| panic!("{}: {error}", from.display())) {
        let entry = entry.expect("an entry");
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        if from.is_dir() {
            copy_with(&from, &to, copy_file);
        } else {
            copy_file(&from, &to);
        }
    }
}

fn copy_file(from: &Path, to: &Path) {
    fs::copy(from, to).expect("a copied file");
    let changed = from.metadata().and_then(|meta| meta.modified()).expect("a file has a time");
    fs::File::open(to).and_then(|file| file.set_modified(changed)).expect("its copy has the same");
}

/// Fails with the names of the files that differ rather than with their bytes.
#[track_caller]
pub(crate) fn check_same(what: &str, left: &Contents, right: &Contents) {
    let names: BTreeSet<_> = left.keys().chain(right.keys()).collect();
    let different: Vec<_> = names.into_iter().filter(|name| left.get(*name) != right.get(*name)).collect();
    assert!(different.is_empty(), "{what}: these files differ: {different:#?}");
}
