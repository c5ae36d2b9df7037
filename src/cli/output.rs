//! Where reports go: standard output or a file, and what is said beside them on standard error.
//!
//! Knows streams; does not know formats. The only file that prints.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use anstream::adapter::strip_bytes;

use super::exit::{Failure, Stop, reason};
use super::input::Problems;

use crate::render::escape;
use crate::render::text::Nothing;

/// Calls `write` with the place where the report goes: standard output, which is also called `-`, or a file. A file appears
/// whole or not at all.
///
/// # Errors
/// Those of `write`, and of the file.
pub(crate) fn report(path: Option<&Path>, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), Stop> {
    match path.filter(|path| *path != Path::new("-")) {
        None => {
            let mut out = BufWriter::new(io::stdout().lock());
            write(&mut out)?;
            out.flush()?;
            Ok(())
        }
        Some(path) => write_file(path, write).map_err(|error| cannot(path, &error)),
    }
}

fn write_file(path: &Path, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    let old = fs::metadata(path).ok();
    if old.as_ref().is_some_and(|old| !old.is_file() && !old.is_dir()) {
        // A device or a pipe has no half-written state that anybody could find, and must not be replaced by a file.
        return write_through(&File::options().write(true).open(path)?, write);
    }
    // Where the name is a link, what it leads to is replaced, and the link stays.
    let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
    let unfinished = Unfinished::create(&target)?;
    if let Some(old) = old {
        unfinished.file.set_permissions(old.permissions())?;
    }
    write_through(&unfinished.file, write)?;
    unfinished.publish(&target)
}

fn write_through(file: &File, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    let mut out = BufWriter::new(file);
    write(&mut out)?;
    out.flush()
}

/// A report for a person: coloured where standard output is a terminal that wants it.
///
/// # Errors
/// Those of `write`.
pub(crate) fn coloured(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), Stop> {
    let mut out = BufWriter::new(anstream::AutoStream::auto(io::stdout().lock()));
    write(&mut out)?;
    out.flush()?;
    Ok(())
}

/// The same for a file: without colours.
///
/// # Errors
/// Those of `write`, and of the file.
pub(crate) fn plain(path: Option<&Path>, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), Stop> {
    let mut text = Vec::new();
    write(&mut text)?;
    report(path, |out| strip_bytes(&text).try_for_each(|part| out.write_all(part)))
}

/// A report beside what a command printed: on standard error, coloured where that is a terminal.
pub(crate) fn beside(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) {
    let mut out = BufWriter::new(anstream::AutoStream::auto(io::stderr().lock()));
    // Nobody to tell that nobody listens.
    let _ = write(&mut out).and_then(|()| out.flush());
}

/// Tells what was odd in the traces, on standard error.
pub(crate) fn problems(problems: &Problems) {
    for line in problems.lines() {
        say(&format!("gotrace: {line}"));
    }
}

/// Tells why a report is empty, on standard error.
pub(crate) fn nothing(Nothing { why, hint }: &Nothing) {
    say(&format!("gotrace: {why}\n  {hint}"));
}

/// Tells why the program stops, on standard error.
pub(crate) fn failure(failure: &Failure) {
    say(&format!("gotrace: {failure}"));
}

/// A line on standard error.
pub(crate) fn say(line: &str) {
    let safe: Vec<_> = line.split('\n').map(escape::terminal).collect();
    // Nobody to tell that nobody listens.
    let _ = writeln!(io::stderr(), "{}", safe.join("\n"));
}

/// A file beside the one that is wanted, until it is whole.
struct Unfinished {
    path: PathBuf,
    file: File,
}

impl Unfinished {
    fn create(target: &Path) -> io::Result<Self> {
        if target.is_dir() {
            return Err(io::ErrorKind::IsADirectory.into());
        }
        let path = target.with_file_name(format!(".gotrace-{}.unfinished", std::process::id()));
        let file = File::create(&path)?;
        Ok(Self { path, file })
    }

    fn publish(self, target: &Path) -> io::Result<()> {
        fs::rename(&self.path, target)
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        // Renamed already where all went well.
        let _ = fs::remove_file(&self.path);
    }
}

fn cannot(path: &Path, error: &io::Error) -> Stop {
    let shown = path.display();
    let failure = |why: &str| Failure::new(format!("cannot write {shown}: {why}"));
    match (error.kind(), path.parent()) {
        (io::ErrorKind::BrokenPipe, _) => Stop::BrokenPipe,
        (io::ErrorKind::IsADirectory, _) => failure("it is a directory")
            .hint(format!("name a file in it: -o {}", path.join("build.svg").display()))
            .into(),
        (io::ErrorKind::NotFound, Some(parent)) => {
            failure(&format!("there is no directory {}", parent.display())).into()
        }
        _ => failure(reason(&error.to_string())).into(),
    }
}
