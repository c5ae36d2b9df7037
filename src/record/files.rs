//! Opens and reads files with as few system calls as there can be.
//!
//! Knows descriptors; does not know what is in a file. musl makes sure of close-on-exec by a call of its own, std asks for a
//! file's size first and for its end last, and each file is closed by itself: together that is more than to open and to
//! read. Here a file is opened by one call and read by one, and many are closed by one.

use std::ffi::c_int;
use std::fs::File;
use std::io::Error;
use std::os::fd::{AsRawFd, FromRawFd, IntoRawFd};

use super::bytes;

/// Nearly all sources fit. Memory that no file fills is never touched, and costs nothing.
pub(crate) const CHUNK: usize = 16 * 1024;

/// So many files are open at a time at most; the kernel has room for 64 before it has to make more.
const MOST_AT_A_TIME: c_int = 32;

/// Reads one file after another.
#[derive(Debug)]
pub(crate) struct Reader {
    chunk: Vec<u8>,
    done: Done,
}

impl Reader {
    pub(crate) const fn new() -> Self {
        Self { chunk: Vec::new(), done: Done { first: 0, next: 0 } }
    }

    /// What an open file holds from where it stands, up to a chunk.
    pub(crate) fn once(&mut self, file: &File) -> Option<&[u8]> {
        self.refill(file, CHUNK)?;
        Some(&self.chunk)
    }

    /// Closes what has been read, while the tool runs: to wait for its end with that would be to let the build wait.
    pub(crate) fn close(&mut self) {
        self.done.close();
    }

    /// The beginning of a file, up to so much of it (and up to a chunk).
    pub(crate) fn beginning(&mut self, path: &[u8], most: usize) -> Option<&[u8]> {
        let file = open_to_read(path)?;
        let read = self.refill(&file, most);
        self.done.add(file);
        read.map(|()| self.chunk.as_slice())
    }

    /// Shows a whole file, piece by piece; None where some of it could not be read.
    pub(crate) fn pieces(&mut self, path: &[u8], mut show: impl FnMut(&[u8])) -> Option<()> {
        let file = open_to_read(path)?;
        let read = loop {
            if self.refill(&file, CHUNK).is_none() {
                break None;
            }
            show(&self.chunk);
            // A file gives less than it is asked for at its end only, and a call that says so once more can be spared.
            if self.chunk.len() < CHUNK {
                break Some(());
            }
        };
        self.done.add(file);
        read
    }

    /// All that is in a file.
    pub(crate) fn whole(&mut self, path: &[u8]) -> Option<Vec<u8>> {
        let mut text = Vec::new();
        self.pieces(path, |piece| text.extend_from_slice(piece))?;
        Some(text)
    }

    /// Reads up to so much into the chunk, in the place of what it holds.
    #[expect(unsafe_code, reason = "std reads only into memory that was written before, which touches all of it")]
    fn refill(&mut self, file: &File, most: usize) -> Option<()> {
        self.chunk.clear();
        self.chunk.reserve_exact(CHUNK);
        let room = self.chunk.spare_capacity_mut();
        let most = most.min(room.len()).min(CHUNK);
        // SAFETY: the kernel writes at most as many bytes as there is room for, and says how many it has written.
        unsafe {
            let count = libc::read(file.as_raw_fd(), room.as_mut_ptr().cast(), most);
            self.chunk.set_len(usize::try_from(count).ok()?.min(most));
        }
        Some(())
    }
}

/// Files that are open and wanted no more. The kernel gives the lowest number that is free, so that they are nearly always
/// in a row, and one call closes them all.
#[derive(Debug)]
struct Done {
    first: c_int,
    next: c_int,
}

impl Done {
    fn add(&mut self, file: File) {
        // Only what is known to be in the row may be closed with it: the descriptors between may be anybody's.
        if file.as_raw_fd() != self.next || self.next - self.first >= MOST_AT_A_TIME {
            self.close();
            self.first = file.as_raw_fd();
        }
        self.next = file.into_raw_fd().saturating_add(1);
    }

    #[expect(unsafe_code, reason = "std closes one file at a time")]
    fn close(&mut self) {
        let (from, to) = (self.first, self.next);
        (self.first, self.next) = (0, 0);
        if from >= to {
            return;
        }
        // SAFETY: each of them was a `File` that was given to nobody else.
        unsafe {
            // Kernels before 5.9 do not have it, and some sandboxes do not know it.
            let is_done = to - from > 1 && libc::syscall(libc::SYS_close_range, from, to - 1, 0) == 0;
            if !is_done {
                (from..to).for_each(|fd| drop(File::from_raw_fd(fd)));
            }
        }
    }
}

impl Drop for Done {
    fn drop(&mut self) {
        self.close();
    }
}

/// For reading. What is no file must not keep the shim waiting.
pub(crate) fn open_to_read(path: &[u8]) -> Option<File> {
    open(path, libc::O_RDONLY | libc::O_NONBLOCK | libc::O_NOCTTY).ok()
}

/// The file at a path, which no other program inherits.
///
/// # Errors
/// What the kernel says.
#[expect(unsafe_code, reason = "std's way is another system call on musl")]
pub(crate) fn open(path: &[u8], flags: c_int) -> Result<File, Error> {
    const FOR_ALL: c_int = 0o666;
    let path = bytes::joined(path, b"\0");
    let flags = flags | libc::O_CLOEXEC | libc::O_LARGEFILE;
    loop {
        // SAFETY: the path ends with a NUL; the number is of a file that was just opened, and nobody else's.
        unsafe {
            let fd = libc::syscall(libc::SYS_openat, libc::AT_FDCWD, path.as_ptr(), flags, FOR_ALL);
            if let Ok(fd) = c_int::try_from(fd)
                && fd >= 0
            {
                return Ok(File::from_raw_fd(fd));
            }
        }
        let error = Error::last_os_error();
        if error.raw_os_error() != Some(libc::EINTR) {
            return Err(error);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::ffi::OsStrExt;

    fn bytes(path: &std::path::Path) -> &[u8] {
        path.as_os_str().as_bytes()
    }

    #[test]
    fn a_file_is_read_whole_and_its_beginning_is_no_longer_than_was_asked() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("file");
        let mut reader = Reader::new();
        for length in [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK] {
            let text: Vec<u8> = (0..=250).cycle().take(length).collect();
            std::fs::write(&path, &text).expect("written");
            assert!(reader.whole(bytes(&path)) == Some(text.clone()), "{length}");
            let beginning = text.get(..512).unwrap_or(&text);
            assert!(reader.beginning(bytes(&path), 512) == Some(beginning), "{length}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_none_and_nothing_waits_for_a_pipe() {
        let folder = tempfile::tempdir().expect("a folder");
        let pipe = folder.path().join("pipe");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().expect("mkfifo").success());
        let mut reader = Reader::new();
        assert_eq!(reader.whole(b"/nowhere"), None);
        assert_eq!(reader.whole(bytes(folder.path())), None);
        // A pipe that nobody writes is as good as empty.
        assert_eq!(reader.whole(bytes(&pipe)), Some(Vec::new()));
    }

    /// More files than are open at a time, and one of somebody else in between them.
    #[test]
    fn all_that_was_read_is_closed_and_nothing_else() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("file");
        std::fs::write(&path, "x").expect("written");
        let ours =
            || std::fs::read_dir("/proc/self/fd").expect("descriptors").filter(|entry| leads_to(entry, &path)).count();
        let mut reader = Reader::new();
        let mut others = Vec::new();
        for round in 0..100 {
            assert!(reader.beginning(bytes(&path), 1).is_some());
            if round % 10 == 3 {
                others.push(open_to_read(bytes(&path)).expect("a file"));
            }
        }
        assert!(ours() <= others.len() + 32);
        drop(reader);
        assert_eq!(ours(), others.len());
        assert!(others.iter().all(|file| file.metadata().is_ok()));
    }

    fn leads_to(entry: &std::io::Result<std::fs::DirEntry>, path: &std::path::Path) -> bool {
        entry.as_ref().ok().and_then(|entry| std::fs::read_link(entry.path()).ok()).is_some_and(|target| target == path)
    }

    #[test]
    fn no_other_program_inherits_what_is_open() {
        let file = open_to_read(b"/proc/self/status").expect("a file");
        #[expect(unsafe_code, reason = "asks for the flags of a descriptor")]
        // SAFETY: the descriptor is open.
        let flags = unsafe { libc::fcntl(file.as_raw_fd(), libc::F_GETFD) };
        assert_eq!(flags & libc::FD_CLOEXEC, libc::FD_CLOEXEC);
    }
}
