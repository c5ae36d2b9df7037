//! Where reports go: standard output or a file, and what is said beside them on standard error.
//!
//! Knows streams; does not know formats. The only file that prints.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use super::exit::{Failure, Stop};
use super::input::Problems;
use crate::render::escape;

/// Calls `write` with the place where the report goes. A file appears whole or not at all.
///
/// # Errors
/// Those of `write`, and of the file.
pub(crate) fn report(path: Option<&Path>, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), Stop> {
    match path {
        None => {
            let mut out = BufWriter::new(io::stdout().lock());
            write(&mut out)?;
            out.flush()?;
        }
        Some(path) => {
            let unfinished = Unfinished::create(path)?;
            let mut out = BufWriter::new(&unfinished.file);
            write(&mut out)?;
            out.flush()?;
            drop(out);
            unfinished.publish(path)?;
        }
    }
    Ok(())
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

/// Tells what was odd in the traces, on standard error.
pub(crate) fn problems(problems: &Problems) {
    for line in problems.lines() {
        say(&format!("gotrace: {line}"));
    }
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
    fn create(target: &Path) -> Result<Self, Stop> {
        let mut name = target.as_os_str().to_os_string();
        name.push(format!(".{}.unfinished", std::process::id()));
        let path = PathBuf::from(name);
        let file = File::create(&path).map_err(|error| cannot(target, &error))?;
        Ok(Self { path, file })
    }

    fn publish(self, target: &Path) -> Result<(), Stop> {
        fs::rename(&self.path, target).map_err(|error| Stop::from(cannot(target, &error)))
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        // Renamed already where all went well.
        let _ = fs::remove_file(&self.path);
    }
}

fn cannot(path: &Path, error: &io::Error) -> Failure {
    Failure::new(format!("cannot write {}: {error}", path.display()))
}
