//! How long it takes to stat and open files of the build cache and of the temp folder.
//!
//! Knows files that are there already, which it opens and does not read; does not know what slows them down.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rustix::fs::{Mode, OFlags};

use crate::doctor::answer::{Answer, Unknown};
use crate::doctor::world::World;

/// A local file system takes a hundredth of that.
const SLOW: Duration = Duration::from_micros(500);

/// As many files as are tried, unless that takes too long.
const FILES: usize = 300;

/// With fewer, one odd file decides.
const ENOUGH: usize = 10;

const LONG: Duration = Duration::from_millis(500);

pub(super) fn latency(world: &World) -> Result<Answer, Unknown> {
    let cache = Path::new(world.go_env("GOCACHE")?);
    let (_, temp) = world.temporary()?;
    let answers = [("GOCACHE", cache), ("the temp folder", temp.as_path())].map(|(name, folder)| {
        let named = format!("{name} ({})", folder.display());
        match median(&some_files(folder)) {
            None => Answer::not_applicable(format!("{named} has too few files to tell")),
            Some(median) if median >= SLOW => Answer::warn(format!(
                "{named}: half of the files took {} µs or more to stat and open, the second time",
                median.as_micros()
            ))
            .mend("exclude the folder from virus scanners, or move it to a local disk: go env -w GOCACHE=…, export GOTMPDIR=…"),
            Some(median) => Answer::ok(format!("{named}: {} µs", median.as_micros())),
        }
    });
    let seen = answers.iter().flat_map(|answer| answer.seen.clone()).collect::<Vec<_>>().join("; ");
    Ok(Answer::worst(answers, seen))
}

/// Regular files of the folder and of the folders in it, of each a few, so that not one folder decides.
fn some_files(folder: &Path) -> Vec<PathBuf> {
    let entries = |folder: &Path, most: usize| -> Vec<fs::DirEntry> {
        fs::read_dir(folder).into_iter().flatten().flatten().take(most).collect()
    };
    let mut files = Vec::new();
    for entry in entries(folder, FILES) {
        match entry.file_type() {
            Ok(kind) if kind.is_file() => files.push(entry.path()),
            Ok(kind) if kind.is_dir() => {
                let inside = entries(&entry.path(), 4);
                let is_file = |entry: &fs::DirEntry| entry.file_type().is_ok_and(|kind| kind.is_file());
                files.extend(inside.iter().filter(|entry| is_file(entry)).map(fs::DirEntry::path));
            }
            _ => {}
        }
        if files.len() >= FILES {
            break;
        }
    }
    files
}

/// Of the second time, because the first may have to wait for a disk, as it is with every file once.
fn median(files: &[PathBuf]) -> Option<Duration> {
    let began = Instant::now();
    let mut took = Vec::new();
    for file in files {
        if began.elapsed() > LONG {
            break;
        }
        took.extend(opened(file).and_then(|_| opened(file)));
    }
    took.sort_unstable();
    (took.len() >= ENOUGH).then(|| took[took.len() / 2])
}

/// None where it may not be opened, or is gone.
fn opened(file: &Path) -> Option<Duration> {
    let began = Instant::now();
    rustix::fs::lstat(file).ok()?;
    // What has become a pipe meanwhile must not be waited for.
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC | OFlags::NOCTTY;
    rustix::fs::open(file, flags, Mode::empty()).ok()?;
    Some(began.elapsed())
}
