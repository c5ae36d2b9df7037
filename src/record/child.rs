//! Runs the tool: starts it, waits for it, and dies as it died.
//!
//! Knows processes; does not know what the tool is, and leaves the signals to `signals`.
//!
//! The child is made by `clone(CLONE_VM | CLONE_VFORK)`, which is what `posix_spawn` is made of. It is called directly
//! because the child has to say, before it becomes the tool, that it wants to be killed when the shim is killed: a
//! build that is torn down with SIGKILL then leaves no compiler behind.

use std::borrow::Cow;
use std::ffi::{CStr, c_char, c_int, c_void};
use std::fs::File;
use std::io::{Error, ErrorKind, PipeReader, PipeWriter, Read, Write, pipe};
use std::mem::{ManuallyDrop, MaybeUninit};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::ptr;

use super::program::{self, Which};
use super::signals::{self, Signals};

/// Room for the child's few calls between `clone` and `exec`; a dynamic linker may have to bind them on it. As long as what
/// is then read into, in the same place, so that the page that the child has touched is used again.
const CHILD_STACK: usize = super::files::CHUNK;

/// The command to run: the shim's own arguments from the tool on, as the kernel laid them out, so that nothing is copied.
#[derive(Clone, Copy)]
pub(crate) struct Command {
    argv: *const *const c_char,
    program: Program,
}

/// What the first argument says of the program that is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Program {
    /// Its path, or a name to look up in PATH.
    AsCalled(Which),
    /// Its name alone: cmd/go gives the path at which it found this program under that name.
    OfThisName,
}

/// A pipe through which the shim reads along what the tool prints. Without one the tool has the shim's own streams.
#[derive(Debug)]
pub(crate) struct Capture {
    reader: PipeReader,
    writer: PipeWriter,
    streams: Streams,
}

/// What goes through the pipe.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Streams {
    /// Of a probe: the answer.
    Stdout,
    /// Of a tool that has one pipe for both anyway.
    Both,
}

/// Who hears what a tool prints, and hands it on.
pub(crate) trait Listener {
    /// The next piece.
    fn hear(&mut self, words: &[u8], to: &mut dyn Write);
    /// There is no more.
    fn end(&mut self, to: &mut dyn Write);
}

/// A tool that is running.
pub(crate) struct Running {
    pid: libc::pid_t,
    words: Option<PipeReader>,
}

/// Why a tool is not running.
#[derive(Debug)]
pub(crate) enum NotStarted {
    /// There is no such program, or it cannot be executed.
    NoTool(Error),
    /// The kernel has no process left for the tool. It can still have the shim's own.
    NoProcess(Error),
}

/// How a tool ended and what the kernel counted for it and for the children that it waited for.
pub(crate) struct Ended {
    pub(crate) death: Death,
    pub(crate) usage: Usage,
}

/// The two ways in which a process ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Death {
    Exited(c_int),
    Killed(c_int),
}

/// `struct rusage` in the trace's units.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Usage {
    pub(crate) user_ns: u64,
    pub(crate) sys_ns: u64,
    pub(crate) max_rss_bytes: u64,
    pub(crate) minor_faults: u64,
    pub(crate) major_faults: u64,
    pub(crate) voluntary_switches: u64,
    pub(crate) involuntary_switches: u64,
    pub(crate) block_in: u64,
    pub(crate) block_out: u64,
}

impl Command {
    /// The command whose tool is `argv[0]`. [`super::Argv`] vouches for the pointer.
    pub(super) const fn from_raw(argv: *const *const c_char) -> Self {
        Self { argv, program: Program::AsCalled(Which::NotThis) }
    }

    /// The command that is really meant where this program was called by its name.
    pub(crate) const fn really_meant(self) -> Self {
        Self { argv: self.argv, program: Program::OfThisName }
    }

    /// The command as a shell would look it up, and find this program if that stands in front.
    pub(crate) const fn as_a_shell_would(self) -> Self {
        Self { argv: self.argv, program: Program::AsCalled(Which::First) }
    }

    /// The path of the tool.
    pub(crate) fn find_program(&self) -> Result<Cow<'_, CStr>, Error> {
        let called = self.name();
        match self.program {
            Program::AsCalled(which) => program::find(called, which),
            Program::OfThisName => program::find(base_name(called), Which::NotThis),
        }
    }

    /// Starts the tool.
    pub(crate) fn start(self, capture: Option<Capture>, signals: Signals) -> Result<Running, NotStarted> {
        let program = self.find_program().map_err(NotStarted::NoTool)?;
        let renamed = self.renamed(&program);
        let mut task = Task {
            program: program.as_ptr(),
            argv: renamed.as_ref().map_or(self.argv, Vec::as_ptr),
            words: capture.as_ref().map(|capture| (capture.writer.as_raw_fd(), capture.streams)),
            signals,
            shim: own_pid(),
            errno: 0,
        };
        let pid = clone_into(&mut task).map_err(NotStarted::NoProcess)?;
        let running = Running { pid, words: capture.map(|capture| capture.reader) };
        if task.errno == 0 {
            return Ok(running);
        }
        running.wait();
        Err(NotStarted::NoTool(Error::from_raw_os_error(task.errno)))
    }

    /// Makes this process the tool, and with that ends the record. Returns only where even that fails.
    #[expect(unsafe_code, reason = "exec of the arguments as the kernel laid them out")]
    pub(crate) fn replace_shim(self, signals: Signals) -> Error {
        match self.find_program() {
            Err(error) => error,
            Ok(program) => {
                Signals::forget_writing();
                signals.hand_on();
                let renamed = self.renamed(&program);
                let argv = renamed.as_ref().map_or(self.argv, Vec::as_ptr);
                // SAFETY: `program` is a C string, and `argv` is vouched for by [`super::Argv`].
                unsafe { libc::execv(program.as_ptr(), argv) };
                Error::last_os_error()
            }
        }
    }

    /// The arguments with another path of the program, where it was called by ours: gcc looks for its parts beside it.
    #[expect(unsafe_code, reason = "reads the array of main")]
    fn renamed(&self, program: &CStr) -> Option<Vec<*const c_char>> {
        if self.program != Program::OfThisName {
            return None;
        }
        // SAFETY: [`super::Argv`] vouches for an array that ends with a null pointer.
        let rest = (1..).map(|index| unsafe { *self.argv.add(index) });
        let rest = rest.take_while(|word| !word.is_null());
        Some([program.as_ptr()].into_iter().chain(rest).chain([ptr::null()]).collect())
    }

    #[expect(unsafe_code, reason = "reads the array of main")]
    fn name(&self) -> &CStr {
        // SAFETY: [`super::Argv`] vouches for a first argument that lives as long as the process.
        unsafe { CStr::from_ptr(*self.argv) }
    }
}

/// The last part of a path.
fn base_name(path: &CStr) -> &CStr {
    let bytes = path.to_bytes_with_nul();
    let start = bytes.iter().rposition(|byte| *byte == b'/').map_or(0, |at| at + 1);
    bytes.get(start..).and_then(|name| CStr::from_bytes_with_nul(name).ok()).unwrap_or(path)
}

impl Capture {
    /// None where no pipe is left: the tool's words then pass by unread, which is better than no tool.
    pub(crate) fn of(streams: Streams) -> Option<Self> {
        let (reader, writer) = pipe().ok()?;
        Some(Self { reader, writer, streams })
    }
}

/// Hands on everything as it comes and keeps the beginning of it.
#[derive(Debug, Default)]
pub(crate) struct Beginning(pub(crate) Vec<u8>);

impl Listener for Beginning {
    fn hear(&mut self, words: &[u8], to: &mut dyn Write) {
        // Where cmd/go no longer listens there is nobody to tell; the tool still has to be reaped.
        let _ = to.write_all(words);
        if self.0.len() < 4096 {
            self.0.extend_from_slice(words);
        }
    }

    fn end(&mut self, _: &mut dyn Write) {}
}

impl Running {
    /// The process of the tool.
    pub(crate) fn pid(&self) -> u32 {
        u32::try_from(self.pid).unwrap_or(0)
    }

    /// Lets somebody hear what the tool prints, and hand it on, until it prints no more.
    pub(crate) fn read_along(&mut self, listener: &mut dyn Listener) {
        if let Some(from) = self.words.take() {
            self.hand_on(from, listener);
        }
    }

    /// Few tools are read along, and its buffer would have every run touch a page of the stack for it.
    #[inline(never)]
    fn hand_on(&self, mut from: PipeReader, listener: &mut dyn Listener) {
        #[expect(unsafe_code, reason = "stdout as a plain descriptor: no lock, no line buffer")]
        // SAFETY: descriptor 1 is open or writing to it fails; `ManuallyDrop` leaves it open.
        let mut to = ManuallyDrop::new(unsafe { File::from_raw_fd(libc::STDOUT_FILENO) });
        let arrivals = Signals::arrivals();
        let mut chunk = [0u8; 4096];
        loop {
            if let Some(arrivals) = &arrivals {
                self.pass_on_until_readable(&from, arrivals);
            }
            match from.read(&mut chunk) {
                Ok(0) => break,
                Ok(count) => listener.hear(chunk.get(..count).unwrap_or_default(), &mut *to),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => break,
            }
        }
        listener.end(&mut *to);
    }

    /// A tool that hangs in its answer gets the signals that are to end it.
    #[expect(unsafe_code, reason = "std cannot wait for one of two")]
    fn pass_on_until_readable(&self, from: &PipeReader, arrivals: &OwnedFd) {
        let wanted = |fd| libc::pollfd { fd, events: libc::POLLIN, revents: 0 };
        let mut both = [wanted(arrivals.as_raw_fd()), wanted(from.as_raw_fd())];
        loop {
            // SAFETY: `both` lives through the call.
            let ready = unsafe { libc::poll(both.as_mut_ptr(), 2, -1) };
            let [signal, words] = both.map(|entry| ready > 0 && entry.revents != 0);
            if signal && let Some(signal) = Signals::next_to_pass_on() {
                send(self.pid, signal);
            }
            if words || (ready < 0 && Error::last_os_error().kind() != ErrorKind::Interrupted) {
                return;
            }
        }
    }

    /// Waits until the tool has ended, passing on the signals that arrive meanwhile.
    pub(crate) fn wait(self) -> Ended {
        loop {
            if let Some((death, usage)) = reap(self.pid) {
                return Ended { death, usage };
            }
            if let Some(signal) = Signals::next_to_pass_on() {
                send(self.pid, signal);
            }
        }
    }
}

impl Ended {
    /// Ends the shim as the tool ended: the same exit code (returned), or the same signal (does not return).
    pub(crate) fn die_alike(self) -> c_int {
        match self.death {
            Death::Exited(code) => code,
            Death::Killed(signal) => signals::die_of(signal),
        }
    }
}

/// What the child needs between `clone` and `exec`, and the word that it leaves for the parent.
struct Task {
    program: *const c_char,
    argv: *const *const c_char,
    words: Option<(c_int, Streams)>,
    signals: Signals,
    shim: libc::pid_t,
    errno: c_int,
}

#[expect(unsafe_code, reason = "clone has no safe wrapper")]
fn clone_into(task: &mut Task) -> Result<libc::pid_t, Error> {
    // Untouched pages of it cost nothing; it is reserved, not filled.
    let mut stack = Vec::<MaybeUninit<u128>>::with_capacity(CHILD_STACK / 16);
    // SAFETY: the child runs `become_tool` on its own stack and ends in `exec` or `_exit`; CLONE_VFORK holds this
    // thread until then, so `task` and `stack` outlive it, and there is no other thread to race with.
    let pid = unsafe {
        let top = stack.as_mut_ptr().add(CHILD_STACK / 16).cast::<c_void>();
        let flags = libc::CLONE_VM | libc::CLONE_VFORK | libc::SIGCHLD;
        libc::clone(become_tool, top, flags, ptr::from_mut(task).cast())
    };
    if pid < 0 { Err(Error::last_os_error()) } else { Ok(pid) }
}

/// Runs in the child, in the parent's memory: system calls only, nothing that allocates, locks or unwinds.
#[expect(unsafe_code, reason = "the child between clone and exec may make system calls only")]
extern "C" fn become_tool(task: *mut c_void) -> c_int {
    // SAFETY: `clone_into` passes a `Task` that it keeps alive and does not touch until this process has exec'ed or ended.
    unsafe {
        let task = &mut *task.cast::<Task>();
        libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL);
        if libc::getppid() != task.shim {
            libc::_exit(127); // the shim was killed before its death could be watched
        }
        if let Some((pipe, streams)) = task.words {
            libc::dup2(pipe, libc::STDOUT_FILENO);
            if streams == Streams::Both {
                libc::dup2(pipe, libc::STDERR_FILENO);
            }
        }
        task.signals.hand_on();
        libc::execv(task.program, task.argv);
        task.errno = *libc::__errno_location();
        libc::_exit(127)
    }
}

#[expect(unsafe_code, reason = "wait4 is the only source of a child's usage, and std does not have it")]
fn reap(pid: libc::pid_t) -> Option<(Death, Usage)> {
    let mut status = 0;
    let mut usage = MaybeUninit::<libc::rusage>::zeroed();
    // SAFETY: both are written by the call; an all-zero rusage is a valid one.
    let (reaped, usage) = unsafe {
        let reaped = libc::wait4(pid, &raw mut status, libc::WNOHANG, usage.as_mut_ptr());
        (reaped, usage.assume_init())
    };
    if reaped == 0 {
        return None;
    }
    let death = if reaped < 0 {
        Death::Exited(127) // not our child any more: only a tracer can take it away
    } else if libc::WIFSIGNALED(status) {
        Death::Killed(libc::WTERMSIG(status))
    } else {
        Death::Exited(libc::WEXITSTATUS(status))
    };
    Some((death, Usage::from_kernel(&usage)))
}

impl Usage {
    fn from_kernel(usage: &libc::rusage) -> Self {
        let count = |value: libc::c_long| u64::try_from(value).unwrap_or(0);
        let time = |value: libc::timeval| count(value.tv_sec) * 1_000_000_000 + count(value.tv_usec) * 1000;
        Self {
            user_ns: time(usage.ru_utime),
            sys_ns: time(usage.ru_stime),
            max_rss_bytes: count(usage.ru_maxrss) * 1024,
            minor_faults: count(usage.ru_minflt),
            major_faults: count(usage.ru_majflt),
            voluntary_switches: count(usage.ru_nvcsw),
            involuntary_switches: count(usage.ru_nivcsw),
            block_in: count(usage.ru_inblock),
            block_out: count(usage.ru_oublock),
        }
    }
}

#[expect(unsafe_code, reason = "kill")]
fn send(pid: libc::pid_t, signal: c_int) {
    // SAFETY: no memory is involved; the child is not reaped yet, so its pid is still its own.
    unsafe { libc::kill(pid, signal) };
}

#[expect(unsafe_code, reason = "std's process::id goes through the same call, but as u32")]
fn own_pid() -> libc::pid_t {
    // SAFETY: always succeeds.
    unsafe { libc::getpid() }
}
