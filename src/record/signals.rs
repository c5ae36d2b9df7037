//! The signals of the shim: held back while it keeps a record, handed on to the tool as they were found.
//!
//! Knows the kernel's own signal sets, 64 bits, by raw system calls: the C libraries hide the signals that they use
//! themselves, and what the shim was given has to reach the tool whole. Does not know which process is the tool.

use std::ffi::c_int;
use std::mem::MaybeUninit;
use std::os::fd::{FromRawFd, OwnedFd};
use std::ptr;
use std::sync::atomic::{AtomicBool, Ordering};

/// What the shim keeps for itself while the tool runs: these are passed on to the tool, and outlived, because the
/// record of the tool must still be written.
const PASSED_ON: [c_int; 6] = [libc::SIGINT, libc::SIGTERM, libc::SIGHUP, libc::SIGQUIT, libc::SIGUSR1, libc::SIGUSR2];

/// What writing an event may raise: a FIFO that lost its reader, a file that reached `ulimit -f`. The write says the
/// same with an error, and the signal would kill the shim.
const OF_WRITING: [c_int; 2] = [libc::SIGPIPE, libc::SIGXFSZ];

/// What the shim sleeps on while the tool runs.
static WATCHED: Set = Set::of(&PASSED_ON).with(&[libc::SIGCHLD]);

/// Whether a signal has arrived that is to end the tool, from wherever.
static WAS_CALLED_OFF: AtomicBool = AtomicBool::new(false);

/// How the shim found its signals.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Signals {
    mask: Set,
    /// `SIG_IGN` or `SIG_DFL`: nothing else survives an `exec`.
    on_child_death: libc::sighandler_t,
}

/// A signal set as the kernel has it.
#[derive(Debug, Clone, Copy)]
#[repr(transparent)]
struct Set(u64);

#[expect(unsafe_code, reason = "std has no signals")]
impl Signals {
    /// Blocks what is passed on, what writing raises, and SIGCHLD (to sleep on). Blocking rather than handling means
    /// that no signal is lost between here and the moment the tool exists, and leaves no handler that could run in the
    /// tool's process before it becomes the tool.
    pub(crate) fn hold() -> Self {
        let held = WATCHED.with(&OF_WRITING);
        let mask = held.change(libc::SIG_BLOCK);
        // Whoever started the shim with SIGCHLD ignored would have the kernel throw the tool's usage away.
        // SAFETY: no handler is installed.
        let on_child_death = unsafe { libc::signal(libc::SIGCHLD, libc::SIG_DFL) };
        Self { mask, on_child_death }
    }

    /// Gives a process that is about to become the tool the signals as the shim found them. System calls only: it may
    /// run between `clone` and `exec`.
    pub(super) fn hand_on(self) {
        if self.on_child_death == libc::SIG_IGN {
            // SAFETY: no handler is installed; signal dispositions are the calling process's own.
            unsafe { libc::signal(libc::SIGCHLD, libc::SIG_IGN) };
        }
        self.mask.change(libc::SIG_SETMASK);
    }

    /// Forgets what writing has raised, for the case that this very process becomes the tool.
    pub(super) fn forget_writing() {
        for signal in OF_WRITING {
            // SAFETY: no handler is installed. To ignore a signal, even for a moment, discards it where it is pending.
            unsafe {
                let before = libc::signal(signal, libc::SIG_IGN);
                libc::signal(signal, before);
            }
        }
    }

    /// A descriptor that can be read while a signal waits: to sleep on together with another. Where none is left, a
    /// signal waits until the other is done.
    pub(super) fn arrivals() -> Option<OwnedFd> {
        // SAFETY: the set lives through the call and has the size that it is told; the descriptor, where there is one,
        // is owned by nobody else.
        unsafe {
            let set = &raw const WATCHED;
            let fd = libc::syscall(libc::SYS_signalfd4, -1, set, size_of::<Set>(), libc::SFD_CLOEXEC);
            c_int::try_from(fd).ok().filter(|fd| *fd >= 0).map(|fd| OwnedFd::from_raw_fd(fd))
        }
    }

    /// Whether somebody wanted the tool to end: nothing is begun then that could wait.
    pub(crate) fn was_called_off() -> bool {
        WAS_CALLED_OFF.load(Ordering::Relaxed)
    }

    /// Sleeps until a signal arrives; the one to pass on, if it is not the tool's own SIGCHLD.
    pub(super) fn next_to_pass_on() -> Option<c_int> {
        let mut info = MaybeUninit::<libc::siginfo_t>::uninit();
        // SAFETY: the set and `info` live through the call; `info` is read only where the call filled it.
        let (signal, code) = unsafe {
            let no_timeout = ptr::null::<libc::timespec>();
            let number = libc::SYS_rt_sigtimedwait;
            let signal = libc::syscall(number, &raw const WATCHED, info.as_mut_ptr(), no_timeout, size_of::<Set>());
            if signal < 0 {
                return None;
            }
            (c_int::try_from(signal).ok()?, info.assume_init().si_code)
        };
        if signal != libc::SIGCHLD {
            WAS_CALLED_OFF.store(true, Ordering::Relaxed);
        }
        // A signal from the terminal (SI_KERNEL) goes to the whole foreground group: the tool has it already. One that a
        // process sent looks the same whether it was sent to the group or to the shim, so a tool may get it twice.
        (signal != libc::SIGCHLD && code <= 0).then_some(signal)
    }
}

#[expect(unsafe_code, reason = "std has no signals")]
impl Set {
    const fn of(signals: &[c_int]) -> Self {
        Self(0).with(signals)
    }

    const fn with(mut self, signals: &[c_int]) -> Self {
        let mut rest = signals;
        while let [signal, others @ ..] = rest {
            self.0 |= 1 << (*signal - 1);
            rest = others;
        }
        self
    }

    /// `sigprocmask`; the mask as it was.
    fn change(self, how: c_int) -> Self {
        let mut before = Self(0);
        // SAFETY: both sets live through the call and have the size that it is told.
        unsafe {
            libc::syscall(libc::SYS_rt_sigprocmask, how, &raw const self, &raw mut before, size_of::<Self>());
        }
        before
    }
}

/// Kills this process by `signal`, as the tool was killed. It leaves no core file of its own: that would overwrite the
/// tool's, or add a second entry to the collector that `core_pattern` names (for which a limit of zero does not count).
#[expect(unsafe_code, reason = "re-raising a signal")]
pub(super) fn die_of(signal: c_int) -> c_int {
    // SAFETY: no memory is involved and no handler is installed.
    unsafe {
        libc::prctl(libc::PR_SET_DUMPABLE, 0);
        libc::signal(signal, libc::SIG_DFL);
        libc::kill(libc::getpid(), signal);
    }
    Set::of(&[signal]).change(libc::SIG_UNBLOCK);
    128 + signal // reached where a signal cannot kill, as in process 1 of a container
}
