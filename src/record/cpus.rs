//! How many processors the go command may use.
//!
//! Knows the affinity of a process and the CPU limit of a container (cgroup v2, which is what Go asks since 1.25 too); does not
//! know how many there are. std's `available_parallelism` also walks up the cgroups of both versions, which is twenty
//! system calls for each probe of each build, on machines that nearly all have no limit.

use std::io::Read;
use std::mem::MaybeUninit;

use super::bytes;
use super::files::open_to_read;

/// Where a container sees its own limit. On a machine without one the file is not there.
const LIMIT: &[u8] = b"/sys/fs/cgroup/cpu.max";

/// The processors that the process `pid` may use at a time.
pub(crate) fn usable_by(pid: u32) -> Option<u64> {
    let allowed = affinity(pid)?;
    Some(limit().map_or(allowed, |limit| allowed.min(limit)))
}

#[expect(unsafe_code, reason = "std asks only for itself, and more than this")]
fn affinity(pid: u32) -> Option<u64> {
    let pid = libc::pid_t::try_from(pid).ok()?;
    let mut set = MaybeUninit::<libc::cpu_set_t>::zeroed();
    // SAFETY: an all-zero set is a valid one, and the call writes at most its size.
    let count = unsafe {
        if libc::sched_getaffinity(pid, size_of::<libc::cpu_set_t>(), set.as_mut_ptr()) != 0 {
            return None;
        }
        libc::CPU_COUNT(set.assume_init_ref())
    };
    u64::try_from(count).ok()
}

fn limit() -> Option<u64> {
    let mut text = [0u8; 64];
    let count = open_to_read(LIMIT).and_then(|mut file| file.read(&mut text).ok())?;
    parse(text.get(..count)?)
}

/// `QUOTA PERIOD`, in microseconds, or `max PERIOD`. Rounded up, as Go does: half a processor is one.
fn parse(text: &[u8]) -> Option<u64> {
    let mut words = text.trim_ascii().split(|byte| *byte == b' ');
    let (quota, period) = (bytes::number(words.next()?)?, bytes::number(words.next()?)?);
    (period > 0).then(|| quota.div_ceil(period).max(1))
}

#[cfg(test)]
mod tests {
    use super::{parse, usable_by};

    #[test]
    fn a_limit_is_rounded_up_to_whole_processors() {
        assert_eq!(parse(b"200000 100000\n"), Some(2));
        assert_eq!(parse(b"150000 100000\n"), Some(2));
        assert_eq!(parse(b"1000 100000\n"), Some(1));
        assert_eq!(parse(b"max 100000\n"), None);
        assert_eq!(parse(b"100000 0\n"), None);
        assert_eq!(parse(b""), None);
    }

    #[test]
    fn a_process_may_use_no_less_than_std_says_and_no_more_than_there_are() {
        let by_std = std::thread::available_parallelism().unwrap().get();
        let ours = usable_by(std::process::id()).unwrap();
        assert!(ours >= u64::try_from(by_std).unwrap(), "{ours} is less than {by_std}");
        assert!(ours <= u64::try_from(std::fs::read_dir("/sys/devices/system/cpu").unwrap().count()).unwrap());
    }

    #[test]
    fn of_a_process_that_is_not_there_nothing_is_known() {
        assert_eq!(usable_by(u32::MAX), None);
    }
}
