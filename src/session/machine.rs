//! What the job runs on: processors, memory, limits, and how much of them is in use.
//!
//! Knows `/proc` and cgroups of both versions; does not know what the job does. Whatever a kernel or a container does not
//! show is not there.

use std::fs;
use std::path::{Path, PathBuf};

/// The limits of this process that builds run into.
#[derive(Debug, Default)]
pub(crate) struct Limits {
    /// Memory that may be mapped (`ulimit -v`).
    pub(crate) address_space_bytes: Option<u64>,
    /// Open files (`ulimit -n`).
    pub(crate) open_files: Option<u64>,
    /// Processes and threads of this user (`ulimit -u`).
    pub(crate) processes: Option<u64>,
}

impl Limits {
    pub(crate) fn read() -> Self {
        let text = fs::read_to_string("/proc/self/limits").unwrap_or_default();
        let soft =
            |name: &str| text.lines().find_map(|line| line.strip_prefix(name)?.split_whitespace().next()?.parse().ok());
        Self {
            address_space_bytes: soft("Max address space"),
            open_files: soft("Max open files"),
            processes: soft("Max processes"),
        }
    }
}

/// Memory of the machine in bytes: all of it, and what could still be had.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Memory {
    pub(crate) total: Option<u64>,
    pub(crate) available: Option<u64>,
}

impl Memory {
    pub(crate) fn read() -> Self {
        let text = fs::read_to_string("/proc/meminfo").unwrap_or_default();
        let bytes = |name: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix(name))?;
            line.trim_end_matches("kB").trim().parse::<u64>().ok()?.checked_mul(1024)
        };
        Self { total: bytes("MemTotal:"), available: bytes("MemAvailable:") }
    }
}

/// Time of all processors since boot, in nanoseconds.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Processors {
    /// At work for somebody.
    pub(super) busy_ns: u64,
    /// Taken away by the hypervisor.
    pub(super) steal_ns: u64,
}

impl Processors {
    pub(super) fn read() -> Option<Self> {
        Self::parse(&fs::read_to_string("/proc/stat").ok()?)
    }

    /// `cpu user nice system idle iowait irq softirq steal …`, in ticks of 10 ms.
    fn parse(stat: &str) -> Option<Self> {
        let mut fields =
            stat.lines().next()?.strip_prefix("cpu ")?.split_whitespace().map(|field| field.parse::<u64>().ok());
        let mut next = || fields.next().flatten().map(|ticks| ticks.saturating_mul(10_000_000));
        let (user, nice, system) = (next()?, next()?, next()?);
        let _idle_and_waiting = (next()?, next()?);
        let (interrupts, soft_interrupts, steal) = (next()?, next()?, next().unwrap_or(0));
        let busy = [user, nice, system, interrupts, soft_interrupts]
            .iter()
            .fold(0, |sum: u64, part| sum.saturating_add(*part));
        Some(Self { busy_ns: busy, steal_ns: steal })
    }
}

/// For how long some task has waited for `what` (`cpu`, `memory`, `io`) since boot, in nanoseconds: the kernel's pressure
/// stall information.
pub(super) fn stall_ns(what: &str) -> Option<u64> {
    let text = fs::read_to_string(format!("/proc/pressure/{what}")).ok()?;
    let some = text.lines().find(|line| line.starts_with("some "))?;
    some.split_once("total=")?.1.trim().parse::<u64>().ok()?.checked_mul(1000)
}

/// The memory controller of this process's cgroup, of either version.
#[derive(Debug)]
pub(crate) struct Cgroup {
    folder: PathBuf,
    /// The group that sets the limit: this one, or one that it is in.
    limited: PathBuf,
    names: &'static Names,
}

/// The same thing is called differently in the two versions.
#[derive(Debug)]
struct Names {
    limit: &'static str,
    usage: &'static str,
    events: &'static str,
}

const V1: Names =
    Names { limit: "memory.limit_in_bytes", usage: "memory.usage_in_bytes", events: "memory.oom_control" };
const V2: Names = Names { limit: "memory.max", usage: "memory.current", events: "memory.events" };

impl Cgroup {
    pub(crate) fn of_this_process() -> Option<Self> {
        let text = fs::read_to_string("/proc/self/cgroup").ok()?;
        Self::find(&text, Path::new("/sys/fs/cgroup"))
    }

    /// In a container the path that the kernel tells is often that of the host, and the mount shows the container's own
    /// group at its root.
    fn find(memberships: &str, mount: &Path) -> Option<Self> {
        let v1 = memberships.lines().find_map(|line| {
            let (controllers, path) = line.split_once(':')?.1.split_once(':')?;
            controllers.split(',').any(|name| name == "memory").then(|| (mount.join("memory"), path, &V1))
        });
        let v2 =
            memberships.lines().find_map(|line| line.strip_prefix("0::")).map(|path| (mount.to_path_buf(), path, &V2));
        [v1, v2].into_iter().flatten().find_map(|(root, path, names)| {
            let own = root.join(path.trim_start_matches('/'));
            let folder = [own, root.clone()].into_iter().find(|folder| folder.join(names.usage).exists())?;
            Some(Self { limited: limited(&folder, &root, names), folder, names })
        })
    }

    /// The limit in bytes; none where there is none.
    pub(crate) fn limit(&self) -> Option<u64> {
        limit(&self.limited, self.names)
    }

    /// Memory in use in the group that sets the limit, in bytes.
    pub(super) fn usage(&self) -> Option<u64> {
        number(&self.limited.join(self.names.usage))
    }

    /// How many processes the kernel has killed for want of memory in this group.
    pub(super) fn oom_kills(&self) -> Option<u64> {
        let text = fs::read_to_string(self.folder.join(self.names.events)).ok()?;
        text.lines().find_map(|line| line.strip_prefix("oom_kill ")?.trim().parse().ok())
    }
}

/// The smallest limit counts, and of two alike the nearest. Groups of version 2 are limited where systemd or a container's
/// manager sees fit, which is seldom the group that a process is in.
fn limited(folder: &Path, root: &Path, names: &Names) -> PathBuf {
    let groups = folder.ancestors().take_while(|group| group.starts_with(root));
    let limits = groups.filter_map(|group| Some((limit(group, names)?, group)));
    limits.min_by_key(|(limit, _)| *limit).map_or(folder, |(_, group)| group).to_path_buf()
}

fn limit(group: &Path, names: &Names) -> Option<u64> {
    // Version 1 says "no limit" by a number that no machine has.
    number(&group.join(names.limit)).filter(|bytes| *bytes < 1 << 60)
}

fn number(file: &Path) -> Option<u64> {
    fs::read_to_string(file).ok()?.trim().parse().ok()
}

/// The processes below one, and what they have in memory.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Below {
    pub(super) processes: u64,
    /// Resident memory, added up: pages that several share count several times.
    pub(super) rss_bytes: u64,
}

impl Below {
    /// All descendants of a process, as far as they can be seen now.
    pub(super) fn of(pid: u32) -> Self {
        let (mut below, mut waiting) = (Self::default(), vec![pid]);
        while let Some(parent) = waiting.pop() {
            for child in children(parent) {
                below.processes += 1;
                below.rss_bytes = below.rss_bytes.saturating_add(rss_bytes(child).unwrap_or(0));
                // A kernel that reuses pids while they are read must not send us in circles.
                if below.processes < 100_000 {
                    waiting.push(child);
                }
            }
        }
        below
    }
}

/// Each thread has the children that it started.
fn children(pid: u32) -> Vec<u32> {
    let Ok(threads) = fs::read_dir(format!("/proc/{pid}/task")) else { return Vec::new() };
    let lists = threads.filter_map(|thread| fs::read_to_string(thread.ok()?.path().join("children")).ok());
    lists.flat_map(|list| list.split_whitespace().filter_map(|pid| pid.parse().ok()).collect::<Vec<_>>()).collect()
}

fn rss_bytes(pid: u32) -> Option<u64> {
    let text = fs::read_to_string(format!("/proc/{pid}/statm")).ok()?;
    text.split(' ').nth(1)?.parse::<u64>().ok()?.checked_mul(page_bytes())
}

#[expect(unsafe_code, reason = "std does not tell the size of a page")]
fn page_bytes() -> u64 {
    // SAFETY: no memory is involved.
    u64::try_from(unsafe { libc::sysconf(libc::_SC_PAGESIZE) }).unwrap_or(4096)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processor_time_is_told_in_nanoseconds() {
        let processors = Processors::parse("cpu  1 2 3 400 50 6 7 8 0 0\ncpu0 1 1 1\n");
        assert_eq!(processors, Some(Processors { busy_ns: 190_000_000, steal_ns: 80_000_000 }));
        assert_eq!(Processors::parse("intr 1"), None);
        assert_eq!(Processors::parse(""), None);
    }

    #[test]
    fn the_memory_controller_is_found_in_either_version() {
        let mount = tempfile::tempdir().expect("a folder");
        let put = |path: &str, text: &str| {
            let path = mount.path().join(path);
            fs::create_dir_all(path.parent().expect("a parent")).expect("folders");
            fs::write(path, text).expect("a file");
        };
        let told = |memberships: &str| {
            let group = Cgroup::find(memberships, mount.path())?;
            Some((group.limit(), group.usage(), group.oom_kills()))
        };
        assert_eq!(told("0::/\n"), None, "a container that shows nothing");
        put("build/memory.max", "1048576\n");
        put("build/memory.current", "4096\n");
        put("build/memory.events", "low 0\noom 3\noom_kill 2\noom_group_kill 0\n");
        assert_eq!(told("0::/build\n"), Some((Some(1_048_576), Some(4096), Some(2))));
        put("memory.max", "max\n");
        put("memory.current", "1\n");
        assert_eq!(told("0::/elsewhere\n"), Some((None, Some(1), None)), "the group at the root of the mount");
        put("memory/job/memory.limit_in_bytes", "9223372036854771712\n");
        put("memory/job/memory.usage_in_bytes", "7\n");
        put("memory/job/memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 5\n");
        assert_eq!(told("4:cpu,memory:/job\n0::/\n"), Some((None, Some(7), Some(5))));
    }

    /// `path limit usage kills` of the groups of version 2 below a mount; a dash stands for a file that is not there. The group
    /// at the root of the hierarchy has none of the three.
    fn hierarchy(groups: &[&str]) -> tempfile::TempDir {
        let mount = tempfile::tempdir().expect("a folder");
        for group in groups {
            let [path, limit, usage, kills] = group.split(' ').collect::<Vec<_>>()[..] else { panic!("{group}") };
            let folder = mount.path().join(path.trim_start_matches('/'));
            fs::create_dir_all(&folder).expect("folders");
            let events = format!("low 0\nhigh 0\nmax 7\noom 1\noom_kill {kills}\noom_group_kill 0\n");
            let files = [("memory.max", limit), ("memory.current", usage), ("memory.events", events.as_str())];
            for (name, text) in files.into_iter().filter(|_| limit != "-") {
                fs::write(folder.join(name), format!("{text}\n")).expect("a file");
            }
            for (name, text) in [("cgroup.controllers", "cpu memory pids\n"), ("memory.pressure", "some avg10=0.00\n")]
            {
                fs::write(folder.join(name), text).expect("a file");
            }
        }
        mount
    }

    #[track_caller]
    fn check_v2(membership: &str, groups: &[&str], expected: Option<(Option<u64>, Option<u64>, Option<u64>)>) {
        let mount = hierarchy(groups);
        let group = Cgroup::find(membership, mount.path());
        let told = group.map(|group| (group.limit(), group.usage(), group.oom_kills()));
        assert_eq!(told, expected, "{membership} in {groups:?}");
    }

    #[test]
    fn in_version_2_the_smallest_limit_above_counts_and_the_kills_of_the_own_group() {
        let session = "0::/user.slice/user-0.slice/session-3.scope\n";
        let free = ["/ - - -", "/user.slice max 900 0", "/user.slice/user-0.slice max 800 0"];
        let own = "/user.slice/user-0.slice/session-3.scope";
        let told = |limit, usage, kills| Some((limit, Some(usage), Some(kills)));
        check_v2(session, &[&free[..], &[&format!("{own} max 300 2")]].concat(), told(None, 300, 2));
        check_v2(session, &[&free[..], &[&format!("{own} 4096 300 2")]].concat(), told(Some(4096), 300, 2));
        let limited = ["/ - - -", "/user.slice 8192 900 5", "/user.slice/user-0.slice 4096 800 4"];
        check_v2(session, &[&limited[..], &[&format!("{own} max 300 2")]].concat(), told(Some(4096), 800, 2));
        check_v2(session, &[&limited[..], &[&format!("{own} 9000 300 2")]].concat(), told(Some(4096), 800, 2));
        check_v2(session, &[&limited[..], &[&format!("{own} 4096 300 2")]].concat(), told(Some(4096), 300, 2));
    }

    #[test]
    fn a_container_sees_its_own_group_at_the_root_of_the_mount() {
        let told = Some((Some(2048), Some(700), Some(1)));
        check_v2("0::/\n", &["/ 2048 700 1"], told);
        check_v2("0::/docker/0123456789ab\n", &["/ 2048 700 1"], told);
        check_v2(
            "0::/init.scope\n",
            &["/ 2048 700 1", "/init.scope max 600 0"],
            Some((Some(2048), Some(700), Some(0))),
        );
        check_v2("0::/\n", &["/ - - -"], None);
    }

    #[test]
    fn a_child_and_its_memory_are_seen() {
        let mut child = std::process::Command::new("cat").stdin(std::process::Stdio::piped()).spawn().expect("a child");
        let below = Below::of(std::process::id());
        assert!(below.processes >= 1 && below.rss_bytes >= page_bytes(), "{below:?}");
        drop(child.stdin.take());
        child.wait().expect("its end");
    }
}
