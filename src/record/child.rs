//! Runs the tool: starts it, waits for it, and dies as it died.
//!
//! Knows processes and signals; does not know what the tool is. All `unsafe` that deals with processes is here.
//!
//! The child is made by `clone(CLONE_VM | CLONE_VFORK)`, which is what `posix_spawn` is made of. It is called directly
//! because the child has to say, before it becomes the tool, that it wants to be killed when the shim is killed: a
//! build that is torn down with SIGKILL then leaves no compiler behind.

use std::ffi::{c_char, c_int, c_void};
use std::fs::File;
use std::io::{PipeReader, Read, Write, pipe};
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, FromRawFd};
use std::ptr;

/// What the shim keeps for itself while the tool runs: these are passed on to the tool, and outlived, because the
/// record of the tool must still be written.
const PASSED_ON: [c_int; 6] = [libc::SIGINT, libc::SIGTERM, libc::SIGHUP, libc::SIGQUIT, libc::SIGUSR1, libc::SIGUSR2];

/// Room for the child's few calls between `clone` and `exec`; `execvp` builds paths on it.
const CHILD_STACK: usize = 64 * 1024;

/// The command to run: the shim's own arguments from the tool on, as the kernel laid them out, so that nothing is copied.
#[derive(Clone, Copy)]
pub(crate) struct Command {
    argv: *const *const c_char,
}

/// Whether the shim reads along what the tool prints. Only probes are read along: their answer is the tool's version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Output {
    /// The tool has the shim's own stdout and stderr.
    Untouched,
    /// Stdout goes through a pipe and is handed on byte for byte.
    StdoutRead,
}

/// A tool that is running.
pub(crate) struct Running {
    pid: libc::pid_t,
    mask: SignalMask,
    stdout: Option<PipeReader>,
}

/// How a tool ended and what the kernel counted for it and for the children that it waited for.
pub(crate) struct Ended {
    pub(crate) death: Death,
    pub(crate) usage: Usage,
    mask: SignalMask,
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
        Self { argv }
    }

    /// Starts the tool. An error is the reason why it could not be started, as `exec` or `clone` gave it.
    pub(crate) fn start(self, output: Output) -> Result<Running, std::io::Error> {
        let pipe = match output {
            Output::Untouched => None,
            Output::StdoutRead => Some(pipe()?),
        };
        let mask = SignalMask::block();
        let mut task = Task {
            argv: self.argv,
            stdout: pipe.as_ref().map(|(_, write_end)| write_end.as_raw_fd()),
            mask: mask.before,
            shim: own_pid(),
            errno: 0,
        };
        let pid = match clone_into(&mut task) {
            Ok(pid) => pid,
            Err(error) => {
                mask.restore();
                return Err(error);
            }
        };
        let running = Running { pid, mask, stdout: pipe.map(|(read_end, _)| read_end) };
        if task.errno == 0 {
            return Ok(running);
        }
        running.wait().mask.restore();
        Err(std::io::Error::from_raw_os_error(task.errno))
    }
}

impl Running {
    /// Hands on what the tool prints on stdout, until it closes it, and returns the beginning of it.
    pub(crate) fn read_along(&mut self) -> Vec<u8> {
        let Some(mut from) = self.stdout.take() else { return Vec::new() };
        #[expect(unsafe_code, reason = "stdout as a plain descriptor: no lock, no line buffer")]
        // SAFETY: descriptor 1 is open or writing to it fails; `ManuallyDrop` leaves it open.
        let mut to = std::mem::ManuallyDrop::new(unsafe { File::from_raw_fd(libc::STDOUT_FILENO) });
        let mut seen = Vec::new();
        let mut chunk = [0u8; 4096];
        loop {
            match from.read(&mut chunk) {
                Ok(0) => break,
                Ok(count) => {
                    let bytes = chunk.get(..count).unwrap_or_default();
                    // Where cmd/go no longer listens there is nobody to tell; the tool still has to be reaped.
                    let _ = to.write_all(bytes);
                    if seen.len() < 4096 {
                        seen.extend_from_slice(bytes);
                    }
                }
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(_) => break,
            }
        }
        seen
    }

    /// Waits until the tool has ended, passing on the signals that arrive meanwhile.
    pub(crate) fn wait(self) -> Ended {
        let Self { pid, mask, stdout: _ } = self;
        loop {
            if let Some((death, usage)) = reap(pid) {
                return Ended { death, usage, mask };
            }
            if let Some(signal) = mask.next_to_pass_on() {
                send(pid, signal);
            }
        }
    }
}

impl Ended {
    /// Ends the shim as the tool ended: the same exit code (returned), or the same signal (does not return).
    pub(crate) fn die_alike(self) -> c_int {
        match self.death {
            Death::Exited(code) => code,
            Death::Killed(signal) => die_of(signal),
        }
    }
}

/// The signals that were blocked before the shim blocked its own: what the tool gets, and what a death needs.
#[derive(Clone, Copy)]
struct SignalMask {
    before: libc::sigset_t,
    watched: libc::sigset_t,
}

#[expect(unsafe_code, reason = "signal sets exist in libc only; every set is initialised by sigemptyset before use")]
impl SignalMask {
    /// Blocks the signals to pass on, SIGCHLD (to sleep on), and SIGPIPE (a trace may be a FIFO that nobody reads).
    /// Blocking rather than handling means that no signal is lost between here and the moment the tool exists.
    fn block() -> Self {
        let mut watched = MaybeUninit::uninit();
        let mut before = MaybeUninit::uninit();
        // SAFETY: both sets are written by the calls before they are read.
        unsafe {
            libc::sigemptyset(watched.as_mut_ptr());
            for signal in PASSED_ON {
                libc::sigaddset(watched.as_mut_ptr(), signal);
            }
            libc::sigaddset(watched.as_mut_ptr(), libc::SIGCHLD);
            let mut blocked = watched;
            libc::sigaddset(blocked.as_mut_ptr(), libc::SIGPIPE);
            libc::sigprocmask(libc::SIG_BLOCK, blocked.as_ptr(), before.as_mut_ptr());
            // Whoever started the shim with SIGCHLD ignored would have the kernel throw the tool's usage away.
            libc::signal(libc::SIGCHLD, libc::SIG_DFL);
            Self { before: before.assume_init(), watched: watched.assume_init() }
        }
    }

    fn restore(self) {
        // SAFETY: `before` came from the kernel.
        unsafe { libc::sigprocmask(libc::SIG_SETMASK, &raw const self.before, ptr::null_mut()) };
    }

    /// Sleeps until a watched signal arrives; the one to pass on, if it is not the tool's own SIGCHLD.
    fn next_to_pass_on(self) -> Option<c_int> {
        let mut info = MaybeUninit::<libc::siginfo_t>::uninit();
        // SAFETY: `watched` is initialised; `info` is read only where the call filled it.
        let (signal, code) = unsafe {
            let signal = libc::sigwaitinfo(&raw const self.watched, info.as_mut_ptr());
            if signal < 0 {
                return None;
            }
            (signal, info.assume_init().si_code)
        };
        // A signal from the terminal (SI_KERNEL) goes to the whole foreground group: the tool has it already.
        (signal != libc::SIGCHLD && code <= 0).then_some(signal)
    }
}

/// What the child needs between `clone` and `exec`, and the word that it leaves for the parent.
struct Task {
    argv: *const *const c_char,
    stdout: Option<c_int>,
    mask: libc::sigset_t,
    shim: libc::pid_t,
    errno: c_int,
}

#[expect(unsafe_code, reason = "clone has no safe wrapper")]
fn clone_into(task: &mut Task) -> Result<libc::pid_t, std::io::Error> {
    // Untouched pages of it cost nothing; it is reserved, not filled.
    let mut stack = Vec::<MaybeUninit<u128>>::with_capacity(CHILD_STACK / 16);
    // SAFETY: the child runs `become_tool` on its own stack and ends in `exec` or `_exit`; CLONE_VFORK holds this
    // thread until then, so `task` and `stack` outlive it, and there is no other thread to race with.
    let pid = unsafe {
        let top = stack.as_mut_ptr().add(CHILD_STACK / 16).cast::<c_void>();
        let flags = libc::CLONE_VM | libc::CLONE_VFORK | libc::SIGCHLD;
        libc::clone(become_tool, top, flags, ptr::from_mut(task).cast())
    };
    if pid < 0 { Err(std::io::Error::last_os_error()) } else { Ok(pid) }
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
        if let Some(stdout) = task.stdout {
            libc::dup2(stdout, libc::STDOUT_FILENO);
        }
        libc::sigprocmask(libc::SIG_SETMASK, &raw const task.mask, ptr::null_mut());
        let program = *task.argv;
        // As cmd/go does: a name with a slash is a path, any other is looked up in PATH.
        if libc::strchr(program, c_int::from(b'/')).is_null() {
            libc::execvp(program, task.argv);
        } else {
            libc::execv(program, task.argv);
        }
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

/// Kills the shim by the signal that killed the tool, without a core file of its own: it would overwrite the tool's.
#[expect(unsafe_code, reason = "re-raising a signal")]
fn die_of(signal: c_int) -> c_int {
    let no_core = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    let mut only = MaybeUninit::uninit();
    // SAFETY: `no_core` and `only` live through the calls, `only` is initialised by sigemptyset.
    unsafe {
        libc::setrlimit(libc::RLIMIT_CORE, &raw const no_core);
        libc::signal(signal, libc::SIG_DFL);
        libc::sigemptyset(only.as_mut_ptr());
        libc::sigaddset(only.as_mut_ptr(), signal);
        libc::kill(own_pid(), signal);
        libc::sigprocmask(libc::SIG_UNBLOCK, only.as_ptr(), ptr::null_mut());
    }
    128 + signal // reached where a signal cannot kill, as in process 1 of a container
}

#[expect(unsafe_code, reason = "std's process::id goes through the same call, but as u32")]
fn own_pid() -> libc::pid_t {
    // SAFETY: always succeeds.
    unsafe { libc::getpid() }
}
