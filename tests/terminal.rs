//! A terminal of a story's own, for what programs do only where somebody looks or types.
//!
//! Knows how the kernel makes one; does not know what is shown in it.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::fs::OpenOptionsExt;

/// A pseudo terminal: the end of whoever types, and the end of the programs. Not by `openpty`, whose descriptors
/// would be inherited by whatever another story starts meanwhile.
#[expect(unsafe_code, reason = "ioctl")]
pub(crate) fn open_terminal() -> io::Result<(File, File)> {
    let open = |path: &str| OpenOptions::new().read(true).write(true).custom_flags(libc::O_NOCTTY).open(path);
    let keyboard = open("/dev/ptmx")?;
    let (locked, mut number) = (0, 0);
    // SAFETY: both numbers live through the calls.
    let failed = unsafe {
        libc::ioctl(keyboard.as_raw_fd(), libc::TIOCSPTLCK, &raw const locked) < 0
            || libc::ioctl(keyboard.as_raw_fd(), libc::TIOCGPTN, &raw mut number) < 0
    };
    if failed {
        return Err(io::Error::last_os_error());
    }
    let terminal = open(&format!("/dev/pts/{number}"))?;
    Ok((keyboard, terminal))
}

/// Makes the terminal this process's own, in a session of its own: what is typed there signals it and its children.
#[expect(unsafe_code, reason = "setsid and ioctl")]
pub(crate) fn take_terminal(terminal: i32) -> io::Result<()> {
    // SAFETY: no memory is involved.
    let result = unsafe {
        libc::setsid();
        libc::ioctl(terminal, libc::TIOCSCTTY, 0)
    };
    if result < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}
