//! Appends events to the trace: one event, one `write`, with `O_APPEND`, so that any number of shims can share the file.
//!
//! Knows files; does not know what an event says. Nothing that goes wrong here may be seen by the build: a trouble goes
//! into a note beside the trace (or into the temporary folder), which the readers report.

use std::ffi::OsStr;
use std::fs::{File, OpenOptions};
use std::io::{Error, ErrorKind, Write};
use std::os::fd::{AsRawFd, FromRawFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileTypeExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use super::clock;
use super::files;
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
            let Some(directory) = parent.directory() else {
                let nowhere = Self { path: PathBuf::from(name), file: None };
                nowhere.note("cannot tell in which directory go was started", &Error::from_raw_os_error(libc::ENOENT));
                return nowhere;
            };
            directory.join(name)
        };
        let mut sink = Self { path, file: None };
        match open_to_append(&sink.path) {
            Ok(file) => sink.file = Some(file),
            Err(error) => sink.note("cannot open the trace", &error),
        }
        sink
    }

    /// The trace at this path.
    ///
    /// # Errors
    /// It cannot be opened: who is asked for a record says so, and does not go on without one.
    pub(crate) fn at(path: &Path) -> Result<Self, Error> {
        Ok(Self { path: path.to_path_buf(), file: Some(open_to_append(path)?) })
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

    /// Appends the last event of this run. A trace that was deleted while the tool ran takes it without an error.
    pub(crate) fn append_last(&mut self, event: &[u8]) {
        self.append(event);
        if self.file.as_ref().and_then(|file| file.metadata().ok()).is_some_and(|meta| meta.nlink() == 0) {
            self.note("the trace was deleted while a tool ran", &Error::from_raw_os_error(libc::ENOENT));
        }
    }

    /// Leaves word of a trouble where the readers look for it.
    #[cold]
    pub(crate) fn note(&self, what: &str, reason: &Error) {
        let mut line = Line::new("problem");
        line.number("v", FORMAT_VERSION);
        line.number("time_ns", clock::now().realtime_ns);
        line.text("trace", self.path.as_os_str().as_bytes());
        line.text("what", what.as_bytes());
        line.text("reason", reason.to_string().as_bytes());
        let note = line.finish();
        // A device such as /dev/full has no "beside" that anybody would look into.
        let is_device = std::fs::metadata(&self.path).is_ok_and(|meta| is_device(&meta));
        // A relative name here is one of which nobody knows from where it counts.
        if is_device || self.path.is_relative() || append_note(&note_beside(&self.path), &note).is_err() {
            // Nowhere to write, nobody to tell: the build goes on.
            let _ = append_note(&note_in_temp(), &note);
        }
    }
}

/// Opening a FIFO without a reader would wait for one, and the build with it; `O_NONBLOCK` makes it an error.
fn open_to_append(path: &Path) -> Result<File, Error> {
    let flags = libc::O_WRONLY | libc::O_APPEND | libc::O_CREAT | libc::O_NONBLOCK | libc::O_NOCTTY;
    let file = files::open(path.as_os_str().as_bytes(), flags)?;
    // Where the shim was started without stdout, the trace would take its place, and the tool's words would end in it.
    if file.as_raw_fd() > libc::STDERR_FILENO { Ok(file) } else { above_the_standard_three(&file) }
}

#[expect(unsafe_code, reason = "std cannot say from which number on a descriptor is wanted")]
fn above_the_standard_three(file: &File) -> Result<File, Error> {
    // SAFETY: the new descriptor, where there is one, is owned by nobody else.
    unsafe {
        let fd = libc::fcntl(file.as_raw_fd(), libc::F_DUPFD_CLOEXEC, libc::STDERR_FILENO + 1);
        if fd < 0 { Err(Error::last_os_error()) } else { Ok(File::from_raw_fd(fd)) }
    }
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
