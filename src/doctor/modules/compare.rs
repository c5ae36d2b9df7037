//! The files of vendor beside those of the module cache.
//!
//! Knows what `go mod vendor` copies: all files of a package's folder but tests, go.mod, and what is built never; and for
//! embedded files and licences nothing that the module itself would not have. Reads only; follows no links.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::vendor_list::{Vendored, listed, owner};
use crate::doctor::answer::Unknown;

/// What was found.
#[derive(Debug, Default)]
pub(super) struct Comparison {
    /// As many files were compared.
    pub(super) files: u64,
    /// By file.
    pub(super) differences: Vec<Difference>,
    /// As many modules have packages there.
    pub(super) modules: usize,
    /// Those that are not here to be compared with.
    pub(super) absent: Vec<String>,
    /// Why not all was looked at.
    pub(super) unfinished: Option<String>,
}

/// A file that is not as it should be.
#[derive(Debug)]
pub(super) struct Difference {
    pub(super) file: String,
    pub(super) kind: Kind,
    /// Whose it is.
    pub(super) module: Option<String>,
}

/// What is the matter with a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Changed,
    /// … in nothing but its line ends.
    LineEnds,
    /// It is no plain file, or may not be read.
    Unreadable,
    Added,
    Missing,
}

/// Compares all of it that there is time for.
///
/// # Errors
/// There is no list of what is in vendor.
pub(super) fn compare(vendor: &Path, cache: &Path, patience: Duration) -> Result<Comparison, Unknown> {
    let modules = listed(vendor, cache)?;
    let mut found = Comparison::default();
    let used: Vec<&Vendored> = modules.values().filter(|module| !module.packages.is_empty()).collect();
    found.modules = used.len();
    let absent = used.iter().filter(|module| !module.source.is_dir());
    found.absent = absent.map(|module| module.name.clone()).collect();
    let deadline = Instant::now() + patience;
    let mut seen = BTreeSet::new();
    let files = below(vendor, deadline);
    let unfinished = |found: Comparison| {
        let why = format!("after {} s only {} files had been compared", patience.as_secs(), found.files);
        Ok(Comparison { unfinished: Some(why), ..found })
    };
    // Of the files that were not come upon none would be seen to be late.
    if Instant::now() > deadline {
        return unfinished(found);
    }
    for file in files {
        let name = file.strip_prefix(vendor).unwrap_or(&file).to_string_lossy().into_owned();
        if Instant::now() > deadline {
            return unfinished(found);
        }
        if name != "modules.txt" {
            beside(&file, &name, &modules, &mut found);
        }
        seen.insert(name);
    }
    for (path, module) in &modules {
        missing(path, module, &seen, &mut found);
    }
    found.differences.sort_by(|one, other| one.file.cmp(&other.file));
    Ok(found)
}

/// One file of vendor beside that of its module.
fn beside(file: &Path, name: &str, modules: &BTreeMap<String, Vendored>, found: &mut Comparison) {
    let mut told = |kind: Kind, module: Option<String>| {
        found.differences.push(Difference { file: format!("vendor/{name}"), kind, module });
    };
    let Some((path, module)) = owner(name, modules) else { return told(Kind::Added, None) };
    if !module.source.is_dir() {
        return;
    }
    let inside = name.strip_prefix(path.as_str()).unwrap_or(name).trim_start_matches('/');
    if let Some(kind) = difference(file, &module.source.join(inside)) {
        told(kind, Some(module.name.clone()));
    }
    found.files += 1;
}

fn difference(here: &Path, there: &Path) -> Option<Kind> {
    if !there.is_file() {
        return Some(Kind::Added);
    }
    // A link is not followed, and a pipe would never end.
    let is_file = fs::symlink_metadata(here).is_ok_and(|meta| meta.is_file());
    match is_file.then(|| same(here, there)) {
        Some(Ok(true)) => None,
        Some(Ok(false)) if same_text(here, there) => Some(Kind::LineEnds),
        Some(Ok(false)) => Some(Kind::Changed),
        Some(Err(_)) | None => Some(Kind::Unreadable),
    }
}

fn same(one: &Path, other: &Path) -> io::Result<bool> {
    let (mut one, mut other) = (BufReader::new(File::open(one)?), BufReader::new(File::open(other)?));
    loop {
        let (here, there) = (one.fill_buf()?, other.fill_buf()?);
        let common = here.len().min(there.len());
        if common == 0 {
            return Ok(here.len() == there.len());
        }
        if here[..common] != there[..common] {
            return Ok(false);
        }
        one.consume(common);
        other.consume(common);
    }
}

/// Whether two files differ in nothing but carriage returns; larger ones are not texts.
fn same_text(one: &Path, other: &Path) -> bool {
    const MOST: u64 = 4 << 20;
    let text = |path: &Path| {
        let mut text = Vec::new();
        File::open(path).ok()?.take(MOST + 1).read_to_end(&mut text).ok()?;
        let whole = u64::try_from(text.len()).is_ok_and(|bytes| bytes <= MOST);
        text.retain(|byte| *byte != b'\r');
        whole.then_some(text)
    };
    text(one).is_some_and(|one| text(other) == Some(one))
}

/// Sources that the module's packages have and vendor has not.
fn missing(path: &str, module: &Vendored, seen: &BTreeSet<String>, found: &mut Comparison) {
    for package in &module.packages {
        let inside = package.strip_prefix(path).unwrap_or(package).trim_start_matches('/');
        let entries = fs::read_dir(module.source.join(inside)).into_iter().flatten().flatten();
        for entry in entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_file())) {
            let name = entry.file_name().to_string_lossy().into_owned();
            let file = format!("{package}/{name}");
            if !seen.contains(&file) && is_copied(&name, &entry.path()) {
                let file = format!("vendor/{file}");
                found.differences.push(Difference { file, kind: Kind::Missing, module: Some(module.name.clone()) });
            }
        }
    }
}

/// Whether `go mod vendor` copies a file of a package's folder.
fn is_copied(name: &str, file: &Path) -> bool {
    match name {
        "go.mod" | "go.sum" => false,
        name if name.ends_with("_test.go") => false,
        name if has_ending(name, &["go"]) => !is_ignored(&head(file)),
        _ => true,
    }
}

/// Where build constraints stand, and some more.
fn head(file: &Path) -> String {
    const MUCH: u64 = 1 << 16;
    let mut text = Vec::new();
    // What cannot be read has no constraints that anybody could see.
    let _ = File::open(file).and_then(|file| file.take(MUCH).read_to_end(&mut text));
    String::from_utf8_lossy(&text).into_owned()
}

/// Whether a build constraint speaks of the tag that nobody sets.
fn is_ignored(source: &str) -> bool {
    let mut head = source.lines().map(str::trim_start).take_while(|line| !line.starts_with("package "));
    head.any(|line| (line.starts_with("//go:build") || line.starts_with("// +build")) && line.contains("ignore"))
}

/// What compilers read.
pub(super) fn is_source(name: &str) -> bool {
    has_ending(
        name,
        &[
            "go", "s", "S", "c", "h", "cc", "cpp", "cxx", "hh", "hpp", "hxx", "m", "mm", "f", "F", "for", "f90",
            "swig", "swigcxx", "syso",
        ],
    )
}

fn has_ending(name: &str, endings: &[&str]) -> bool {
    Path::new(name).extension().is_some_and(|ending| endings.iter().any(|one| ending == *one))
}

/// All files below a folder, in the order of their names, as long as there is time.
fn below(folder: &Path, deadline: Instant) -> Vec<PathBuf> {
    let (mut files, mut ahead) = (Vec::new(), vec![folder.to_path_buf()]);
    while let Some(folder) = ahead.pop() {
        if Instant::now() > deadline {
            break;
        }
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => ahead.push(entry.path()),
                Ok(_) => files.push(entry.path()),
                Err(_) => {}
            }
        }
    }
    files.sort();
    files
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::time::Duration;

    use super::compare;

    #[test]
    fn there_is_as_much_time_as_is_given_and_where_it_was_too_little_that_is_said() {
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join("modules.txt"), "").expect("a list");
        let unfinished = |patience| compare(folder.path(), folder.path(), patience).expect("a list").unfinished;
        assert_eq!(unfinished(Duration::from_hours(1)), None);
        assert!(unfinished(Duration::ZERO).is_some_and(|why| why.contains("after 0 s")));
    }
}
