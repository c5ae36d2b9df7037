//! The CPU profiles that the compilers and linkers of a job leave, merged into one.
//!
//! Knows where they lie and whose they are; does not know how a tool is told to write one. Which package and tool a profile
//! is of stands in the trace, beside the pid that its name begins with.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use crate::pprof::{Merger, Profile};
use crate::trace::{Event, Kind};

/// What became of them.
#[derive(Debug, PartialEq, Eq)]
pub struct Merged {
    /// Where the merged profile is.
    pub path: PathBuf,
    /// Of how many tool runs it is.
    pub profiles: u64,
    /// How many were left behind that could not be read: their tools were killed, or failed.
    pub unread: u64,
}

/// Merges the profiles in a folder, and writes the result.
///
/// # Errors
/// The folder cannot be read, or the profile not be written.
pub(super) fn merge(folder: &Path, trace: &Path, offset: u64, into: &Path) -> io::Result<Merged> {
    let mut events = Vec::new();
    let mut trace = File::open(trace)?;
    trace.seek(SeekFrom::Start(offset))?;
    trace.read_to_end(&mut events)?;
    let whose = whose(&events);
    let mut files: Vec<PathBuf> = fs::read_dir(folder)?.filter_map(|entry| Some(entry.ok()?.path())).collect();
    files.sort();
    let (mut merger, mut profiles, mut unread) = (Merger::default(), 0, 0);
    for path in files {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let (tool, package) = whose.get(&name).cloned().unwrap_or_default();
        let read = fs::read(&path).and_then(|bytes| Profile::read(&bytes)).map_err(|error| error.to_string());
        match read.and_then(|profile| merger.add(&profile, &[("tool", tool.as_str()), ("package", package.as_str())])) {
            Ok(()) => profiles += 1,
            Err(_) => unread += 1,
        }
    }
    merger.finish().write(File::create(into)?)?;
    Ok(Merged { path: into.to_path_buf(), profiles, unread })
}

/// Tool and package of each profile, by the name that the shim gave it.
fn whose(trace: &[u8]) -> HashMap<String, (String, String)> {
    let lines = trace.split(|byte| *byte == b'\n').filter_map(|line| std::str::from_utf8(line).ok());
    let events = lines.filter_map(|line| Event::parse(line).ok()).filter(|event| event.kind == Kind::End);
    let entry = |event: Event| {
        let package = event.package.as_ref().map(|text| text.as_str().to_owned()).unwrap_or_default();
        let variant = event.variant.as_ref().map(|variant| format!(" [{}]", variant.as_str())).unwrap_or_default();
        (format!("{}-{}", event.pid, event.start_ns), (event.tool.as_str().to_owned(), package + &variant))
    };
    events.map(entry).collect()
}
