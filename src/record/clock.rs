//! Reads the kernel's clocks. Knows nanoseconds; does not know what is being timed.
//!
//! Durations come from `CLOCK_MONOTONIC`, which every process of a machine shares and nobody can set back; one
//! `CLOCK_REALTIME` reading per tool run anchors it to the calendar.

/// One moment on both clocks.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Moment {
    /// `CLOCK_MONOTONIC`, nanoseconds since some point that is fixed while the machine is up.
    pub(crate) monotonic_ns: u64,
    /// `CLOCK_REALTIME`, nanoseconds since 1970.
    pub(crate) realtime_ns: u64,
}

/// Now, on both clocks.
pub(crate) fn now() -> Moment {
    Moment { monotonic_ns: monotonic_ns(), realtime_ns: read(libc::CLOCK_REALTIME) }
}

/// Now, on the clock that durations come from.
pub(crate) fn monotonic_ns() -> u64 {
    read(libc::CLOCK_MONOTONIC)
}

/// Now, on the clock in which Linux gives the start of a process: monotonic, and going on while the machine sleeps.
pub(crate) fn since_boot_ns() -> u64 {
    read(libc::CLOCK_BOOTTIME)
}

/// CPU time that this process, the shim itself, has used so far.
pub(crate) fn own_cpu_ns() -> u64 {
    read(libc::CLOCK_PROCESS_CPUTIME_ID)
}

fn read(clock: libc::clockid_t) -> u64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    #[expect(unsafe_code, reason = "std has no clock that two processes can compare")]
    // SAFETY: `time` is a timespec that lives through the call, and on 64 bits the kernel's own. A clock that the kernel lacks
    // leaves it at zero.
    unsafe {
        // To find the way around the kernel, and to go it for the first time, costs three page faults; the shim asks thrice.
        #[cfg(target_pointer_width = "64")]
        libc::syscall(libc::SYS_clock_gettime, clock, &raw mut time);
        #[cfg(not(target_pointer_width = "64"))]
        libc::clock_gettime(clock, &raw mut time);
    };
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    seconds.saturating_mul(1_000_000_000).saturating_add(u64::try_from(time.tv_nsec).unwrap_or(0))
}
