//! Appends events to the trace: one event, one `write`, with `O_APPEND`, so that any number of shims can share the file.
//!
//! Knows files; does not know what an event says. Nothing that goes wrong here may be seen by the build: a trouble goes
//! into a note beside the trace (or into the temporary folder), which the readers report.

use std::ffi::OsStr;
use std::fs::{File, OpenOptions};
use std::io::{Error, ErrorKind, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileTypeExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use super::clock;
use super::parent::Parent;
use crate::trace::{FORMAT_VERSION, Line, TRACE_NAME, note_beside, note_in_temp};

/// A note that has grown to this size says enough.
const NOTE_LIMIT: u64 = 64 * 1024;

/// The trace, open for appending; or the reason why there is none.
#[derive(Debug)]
pub(crate) struct Sink {
    path: PathBuf,
    file: Option<File>,
}

impl Sink {
    /// The trace that `-o` names, or else `GOTRACE_FILE`, or else `trace.jsonl`; a relative name counts from the
    /// directory in which `go` was started, because tools are run in many.
    pub(crate) fn open(named: Option<&[u8]>, parent: &Parent) -> Self {
        let from_env = std::env::var_os("GOTRACE_FILE").filter(|name| !name.is_empty());
        let name = named.map(OsStr::from_bytes).or(from_env.as_deref()).unwrap_or(OsStr::new(TRACE_NAME));
        let path = if Path::new(name).is_absolute() {
            PathBuf::from(name)
        } else {
            let Some(directory) = parent.directory() else { return Self { path: PathBuf::from(name), file: None } };
            directory.join(name)
        };
        let mut sink = Self { path, file: None };
        match open_to_append(&sink.path) {
            Ok(file) => sink.file = Some(file),
            Err(error) => sink.note("cannot open the trace", &error),
        }
        sink
    }

    /// Appends one event.
    pub(crate) fn append(&mut self, event: &[u8]) {
        let Some(file) = &mut self.file else { return };
        loop {
            match file.write(event) {
                Ok(count) if count == event.len() => return,
                // Writing the rest would be a second write, which another shim's event can come before.
                Ok(_) => return self.note("an event was cut short", &Error::from(ErrorKind::StorageFull)),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return self.note("cannot write to the trace", &error),
            }
        }
    }

    fn note(&self, what: &str, reason: &Error) {
        let mut line = Line::new("problem");
        line.number("v", FORMAT_VERSION);
        line.number("time_ns", clock::now().realtime_ns);
        line.text("trace", self.path.as_os_str().as_bytes());
        line.text("what", what.as_bytes());
        line.text("reason", reason.to_string().as_bytes());
        let note = line.finish();
        // A device such as /dev/full has no "beside" that anybody would look into.
        let is_device = std::fs::metadata(&self.path).is_ok_and(|meta| is_device(&meta));
        if is_device || append_note(&note_beside(&self.path), &note).is_err() {
            // Nowhere to write, nobody to tell: the build goes on.
            let _ = append_note(&note_in_temp(), &note);
        }
    }
}

/// Opening a FIFO without a reader would wait for one, and the build with it; `O_NONBLOCK` makes it an error.
fn open_to_append(path: &Path) -> Result<File, Error> {
    OpenOptions::new().append(true).create(true).custom_flags(libc::O_NONBLOCK | libc::O_NOCTTY).open(path)
}

fn is_device(meta: &std::fs::Metadata) -> bool {
    meta.file_type().is_char_device() || meta.file_type().is_block_device()
}

fn append_note(path: &Path, note: &[u8]) -> Result<(), Error> {
    let flags = libc::O_NONBLOCK | libc::O_NOFOLLOW;
    let mut file = OpenOptions::new().append(true).create(true).mode(0o600).custom_flags(flags).open(path)?;
    let meta = file.metadata()?;
    if !meta.is_file() || meta.size() > NOTE_LIMIT {
        return Ok(());
    }
    file.write_all(note)
}
