//! The groups of programs that run now: ended with the doctor, where somebody ends it.
//!
//! Knows process groups and signals; does not know what runs in them. The groups are written down by the children themselves,
//! in memory that they share with the doctor: a program may have started others before its starter hears that it runs.

use std::ffi::c_int;
use std::io;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command};
use std::ptr;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};

use rustix::process::{Pid, Signal, getpid, getppid, kill_process_group, set_parent_process_death_signal};

/// How somebody ends the doctor who leaves it a moment.
const CALLS: [c_int; 4] = [libc::SIGINT, libc::SIGTERM, libc::SIGHUP, libc::SIGQUIT];

/// More programs than run at a time.
const MOST: usize = 255;

/// What is written where there is no group.
const FREE: i32 = 0;
const TAKEN: i32 = -1;

/// What the doctor and the children that have not become their programs yet both see. All zeroes to begin with.
#[derive(Debug)]
#[repr(C)]
struct Page {
    is_ending: AtomicBool,
    groups: [AtomicI32; MOST],
}

static PAGE: OnceLock<Option<&'static Page>> = OnceLock::new();

/// Where the group of one program is written down. Who has none, as where too many run, is not ended with the doctor but by
/// the signal that its own first process gets.
#[derive(Debug)]
pub(super) struct Place(Option<&'static AtomicI32>);

impl Place {
    /// One that nobody has.
    pub(super) fn take() -> Self {
        let page = *PAGE.get_or_init(Page::watched);
        let take = |place: &&AtomicI32| place.compare_exchange(FREE, TAKEN, Ordering::SeqCst, Ordering::SeqCst).is_ok();
        Self(page.and_then(|page| page.groups.iter().find(take)))
    }

    /// Starts a program in a group of its own, that the time of others does not end, and that does not outlive `doctor`.
    ///
    /// # Errors
    /// It cannot be started, or the doctor is ending.
    #[expect(unsafe_code, reason = "nothing safe runs between fork and exec")]
    pub(super) fn start(&self, command: &mut Command, doctor: Pid) -> io::Result<Child> {
        let (place, page) = (self.0, PAGE.get().copied().flatten());
        let prepare = move || {
            // A signal that ends the doctor at once reaches no group. Where asking for this one is refused, as in a sandbox, the
            // program is asked all the same.
            let _ = set_parent_process_death_signal(Some(Signal::KILL));
            if let Some(place) = place {
                place.store(getpid().as_raw_nonzero().get(), Ordering::SeqCst);
            }
            // Whoever has ended before does not do so again.
            let is_late = getppid() != Some(doctor) || page.is_some_and(|page| page.is_ending.load(Ordering::SeqCst));
            if is_late { Err(io::Error::from(io::ErrorKind::Interrupted)) } else { Ok(()) }
        };
        // SAFETY: it makes system calls and writes to memory that is always there, and touches neither the heap nor a lock.
        unsafe { command.process_group(0).pre_exec(prepare) };
        command.spawn()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Some(place) = self.0 {
            place.store(FREE, Ordering::SeqCst);
        }
    }
}

/// Ends all programs that run.
pub(in crate::doctor) fn end() {
    let groups = PAGE.get().copied().flatten().into_iter().flat_map(|page| &page.groups);
    for group in groups.filter_map(|group| Some(group.load(Ordering::SeqCst)).filter(|group| *group > 0)) {
        if let Some(group) = Pid::from_raw(group) {
            // Whoever is gone already is what was wanted.
            let _ = kill_process_group(group, Signal::KILL);
        }
    }
}

#[expect(unsafe_code, reason = "std has neither shared memory nor signals")]
impl Page {
    /// A page, and an ear for who ends the doctor.
    fn watched() -> Option<&'static Self> {
        let (access, kind) = (libc::PROT_READ | libc::PROT_WRITE, libc::MAP_SHARED | libc::MAP_ANONYMOUS);
        // SAFETY: what is mapped is as large as a page is, all zeroes, which is a value of it, and never taken away.
        let page = unsafe {
            let page = libc::mmap(ptr::null_mut(), size_of::<Self>(), access, kind, -1, 0);
            (page != libc::MAP_FAILED).then(|| &*page.cast::<Self>())
        };
        CALLS.into_iter().for_each(heed);
        page
    }
}

/// What is ignored stays so, as under nohup.
#[expect(unsafe_code, reason = "std has no signals")]
fn heed(call: c_int) {
    // SAFETY: all zeroes are a value of it: the empty set and no flag. The handler does what may be done in one.
    unsafe {
        let (mut before, mut ours) = (std::mem::zeroed::<libc::sigaction>(), std::mem::zeroed::<libc::sigaction>());
        ours.sa_sigaction = on_call as extern "C" fn(c_int) as libc::sighandler_t;
        ours.sa_flags = libc::SA_RESETHAND | libc::SA_NODEFER;
        if libc::sigaction(call, ptr::null(), &raw mut before) == 0 && before.sa_sigaction == libc::SIG_DFL {
            libc::sigaction(call, &raw const ours, ptr::null_mut());
        }
    }
}

/// Ends all programs, and then the doctor as it would have ended without us. Nothing but system calls and memory.
#[expect(unsafe_code, reason = "std has no signals")]
extern "C" fn on_call(call: c_int) {
    if let Some(page) = PAGE.get().copied().flatten() {
        // First: a child sees this, or its group is seen here.
        page.is_ending.store(true, Ordering::SeqCst);
    }
    end();
    // SAFETY: both may be called here. The second is reached where a signal cannot kill, as in process 1 of a container.
    unsafe {
        libc::raise(call);
        libc::_exit(128 + call);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The signal of a doctor's death comes to those alone who asked for it before.
    #[test]
    fn a_child_whose_doctor_is_gone_already_does_not_become_the_program() {
        let place = Place::take();
        assert!(place.start(&mut Command::new("/bin/true"), Pid::INIT).is_err());
        let mut child = place.start(&mut Command::new("/bin/true"), getpid()).expect("the doctor is here");
        assert!(child.wait().is_ok_and(|status| status.success()));
    }
}
