//! The go command that called the shim, as `/proc` shows it.
//!
//! Knows processes by pid; does not know what the command does. cmd/go starts every tool itself, so the shim's parent
//! is the go command, and nothing has to be handed down through the environment (which would be hashed, or leak).

use std::cell::OnceCell;
use std::ffi::OsString;
use std::fs::read_link;
use std::io::Read;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::PathBuf;

use super::bytes;
use super::clock;
use super::files::open_to_read;
use crate::trace::push_digits;

/// `_SC_CLK_TCK`: 100 on every Linux that Go and Rust support; the unit of start times in `/proc/PID/stat`.
const NS_PER_TICK: u64 = 10_000_000;

/// The parent process at the moment the shim began. The trace is opened by it, so it is asked before the tool starts.
#[derive(Debug)]
pub(crate) struct Parent {
    /// Its pid.
    pub(crate) pid: u32,
    /// When it was started, in clock ticks since boot: with the pid, who it is.
    pub(crate) start_ticks: Option<u64>,
    /// The pid of its own parent.
    pub(crate) started_by: Option<u64>,
    /// Whether it is called `go`, as far as can be told.
    pub(crate) is_go: bool,
    /// The recorded tool that stands between it and this process.
    pub(crate) inside: Option<Inside>,
    directory: OnceCell<Option<PathBuf>>,
}

/// A tool run that a C compiler is part of: `cgo` and `link` start compilers themselves.
#[derive(Debug, Clone)]
pub(crate) struct Inside {
    /// The pid of its shim, under which it is in the trace.
    pub(crate) pid: u32,
    /// The name of its process.
    pub(crate) tool: Vec<u8>,
}

/// How far up a go command is looked for: a compiler may be started by a script that a script has started.
const GENERATIONS: usize = 16;

impl Parent {
    pub(crate) fn look() -> Self {
        Self::of_pid(std::os::unix::process::parent_id())
    }

    /// The next go command above this process: what a C compiler works for, which need not have started it. None where there
    /// is no go command.
    #[cold]
    pub(crate) fn go_above() -> Option<Self> {
        let mut pid = std::os::unix::process::parent_id();
        let (mut below, mut inside) = (Vec::new(), None);
        for _ in 0..GENERATIONS {
            let (name, parent) = with_stat(pid, |stat| (stat.name.to_vec(), stat.number(2)));
            if is_go(&name) {
                return Some(Self { inside, ..Self::of_pid(pid) });
            }
            if name.starts_with(b"gotrace") {
                inside = Some(Inside { pid, tool: std::mem::take(&mut below) });
            }
            // Between the shim and its tool the user's own -toolexec may stand.
            if !matches!(below.as_slice(), b"cgo" | b"link") {
                below = name;
            }
            pid = parent.and_then(|parent| u32::try_from(parent).ok()).filter(|parent| *parent > 1)?;
        }
        None
    }

    pub(crate) fn of_pid(pid: u32) -> Self {
        with_stat(pid, |stat| Self {
            pid,
            start_ticks: stat.number(20),
            started_by: stat.number(2),
            is_go: is_go(stat.name),
            inside: None,
            directory: OnceCell::new(),
        })
    }

    /// The directory in which `go` was started. Unknown where the parent is not a go command, as when go was killed
    /// before the shim looked and the shim belongs to init now.
    pub(crate) fn directory(&self) -> Option<PathBuf> {
        self.directory.get_or_init(|| self.look_up_directory()).clone()
    }

    fn look_up_directory(&self) -> Option<PathBuf> {
        if self.pid == 1 && !self.is_go {
            return None;
        }
        read_link(proc_path(self.pid, b"cwd")).ok()
    }

    /// Its command line; arguments are ended by NUL.
    pub(crate) fn command_line(&self) -> Vec<u8> {
        let mut line = Vec::new();
        let Some(mut file) = open_to_read(proc_path(self.pid, b"cmdline").as_os_str().as_bytes()) else { return line };
        // Files of /proc have no size to go by, so std would feel its way with small reads.
        let mut chunk = [0u8; 1024];
        while let Ok(count @ 1..) = file.read(&mut chunk) {
            line.extend_from_slice(chunk.get(..count).unwrap_or_default());
        }
        line
    }

    /// How long it has been running, to the clock tick.
    pub(crate) fn age_ns(&self) -> Option<u64> {
        let start_ns = self.start_ticks?.checked_mul(NS_PER_TICK)?;
        clock::since_boot_ns().checked_sub(start_ns)
    }
}

fn with_stat<T>(pid: u32, ask: impl FnOnce(&Stat) -> T) -> T {
    let mut text = [0u8; 512];
    let stat = open_to_read(proc_path(pid, b"stat").as_os_str().as_bytes());
    let count = stat.and_then(|mut file| file.read(&mut text).ok()).unwrap_or(0);
    ask(&Stat::parse(text.get(..count).unwrap_or_default()))
}

/// `go`, and the names under which other versions of it are installed: `go1.22.3`, `gotip`.
fn is_go(name: &[u8]) -> bool {
    matches!(name, b"go" | b"gotip") || name.starts_with(b"go1.")
}

/// `/proc/PID/NAME`. Written by hand: `format!` would be the only one in the shim's path, and the pages of the program that
/// it lives in are not read otherwise.
fn proc_path(pid: u32, name: &[u8]) -> PathBuf {
    let mut path = b"/proc/".to_vec();
    push_digits(&mut path, u64::from(pid));
    path.push(b'/');
    path.extend_from_slice(name);
    PathBuf::from(OsString::from_vec(path))
}

/// `/proc/PID/stat`: `pid (name) state ppid …`. The name may hold spaces and parentheses, so fields count from its end.
struct Stat<'a> {
    name: &'a [u8],
    /// What follows the name: field 0 is a blank, 1 the state, 2 the parent's pid, 20 the start time.
    rest: &'a [u8],
}

impl<'a> Stat<'a> {
    fn parse(text: &'a [u8]) -> Self {
        let open = text.iter().position(|byte| *byte == b'(').map_or(0, |at| at.saturating_add(1));
        let close = text.iter().rposition(|byte| *byte == b')').unwrap_or(0);
        Self {
            name: text.get(open..close).unwrap_or_default(),
            rest: text.get(close.saturating_add(1)..).unwrap_or_default(),
        }
    }

    fn number(&self, field: usize) -> Option<u64> {
        bytes::number(self.rest.split(|byte| *byte == b' ').nth(field)?)
    }
}

#[cfg(test)]
mod tests {
    use super::{Stat, proc_path};
    use std::path::Path;

    #[test]
    fn a_file_of_a_process_is_found_by_its_decimal_pid() {
        for pid in [1, 10, 4_194_304, u32::MAX] {
            assert_eq!(proc_path(pid, b"stat"), Path::new(&format!("/proc/{pid}/stat")));
        }
    }

    #[test]
    fn a_process_name_with_parentheses_does_not_shift_the_fields() {
        let stat = Stat::parse(b"42 (go (1) x) S 7 42 42 0 -1 4194304 1 0 0 0 5 6 0 0 20 0 9 0 123456 1 2");
        assert_eq!(stat.name, b"go (1) x");
        assert_eq!(stat.number(2), Some(7));
        assert_eq!(stat.number(20), Some(123_456));
    }

    #[test]
    fn an_unreadable_stat_says_nothing() {
        let stat = Stat::parse(b"");
        assert_eq!((stat.name, stat.number(2), stat.number(20)), (&b""[..], None, None));
    }
}
