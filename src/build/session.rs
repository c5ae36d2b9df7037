//! What `gotrace record` knows beyond tool runs: jobs, what go commands did themselves, and the machine over time.
//!
//! Knows figures and times on the monotonic clock; does not know what they mean for anybody. Filled by `assemble`, in
//! whatever order the lines come; sorted when it is asked.

use super::names::Table;
use crate::units::{Bytes, Nanos};

/// What tells two sessions apart: the trace, and the name that it has there.
pub type SessionKey = (usize, String);

/// The sessions of a trace.
pub type Sessions = Table<SessionKey, Session>;

/// One job under `gotrace record`.
#[derive(Debug, Default)]
pub struct Session {
    /// Its command line, masked.
    pub line: Vec<String>,
    /// Where it was started.
    pub dir: String,
    /// When, on the monotonic clock.
    pub start: Nanos,
    /// When it began, in nanoseconds since 1970.
    pub epoch: Nanos,
    /// What it had to run on.
    pub limits: Limits,
    /// What GOGC and GOMEMLIMIT were set to, which all tools heed.
    pub gogc: Option<String>,
    /// The other one.
    pub gomemlimit: Option<String>,
    /// How it ended; none where the trace stops before.
    pub ending: Option<Ending>,
    /// Processes that the kernel killed for want of memory.
    pub oom_kills: Option<u64>,
    /// CPU time that sampling took.
    pub record_cpu: Nanos,
    /// The machine and the job over time.
    pub samples: Vec<Sample>,
}

/// What a job had to run on.
#[derive(Debug, Default, Clone, Copy)]
pub struct Limits {
    /// Processors.
    pub cpus: Option<u64>,
    /// Memory of the machine.
    pub memory: Option<Bytes>,
    /// Memory that its cgroup may use.
    pub cgroup: Option<Bytes>,
    /// Memory that one process may map.
    pub address_space: Option<Bytes>,
}

/// How a process ended, and what the kernel counted for it and all below it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ending {
    /// When, on the monotonic clock.
    pub end: Nanos,
    /// By which exit code or signal.
    pub death: Death,
    /// CPU time in user mode.
    pub user: Nanos,
    /// CPU time in the kernel.
    pub sys: Nanos,
    /// The largest peak of one process.
    pub max_rss: Bytes,
}

/// The ways in which a process ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Death {
    /// With this exit code.
    Exited(u64),
    /// By this signal.
    Killed(u64),
}

/// One moment of a job.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Sample {
    /// When, on the monotonic clock.
    pub at: Nanos,
    /// How many processes the job has.
    pub processes: u64,
    /// Their resident memory, added up.
    pub rss: Bytes,
    /// Time of all processors at work since boot, for whomever.
    pub host_busy: Option<Nanos>,
    /// Memory that could still be had.
    pub available: Option<Bytes>,
    /// Memory in use in the cgroup.
    pub cgroup: Option<Bytes>,
    /// Since boot, how long some task waited for a processor.
    pub cpu_stall: Option<Nanos>,
    /// … for memory.
    pub memory_stall: Option<Nanos>,
    /// … for a disk.
    pub io_stall: Option<Nanos>,
    /// Processes of the cgroup that were killed for want of memory, since it exists.
    pub oom_kills: Option<u64>,
}

/// Something that a go command did itself.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span {
    /// When it began, on the monotonic clock.
    pub start: Nanos,
    /// When it ended.
    pub end: Nanos,
    /// What it was.
    pub what: Doing,
    /// The package or the module that it was about; empty where it was about none.
    pub object: String,
}

/// What a go command does besides running tools.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Doing {
    /// Finding out which packages there are and what they import.
    Load,
    /// Downloading the zip file of a module.
    Download,
    /// Fetching a file of a module that is no zip file, by when it came.
    Fetch,
    /// Asking the checksum database, by when its answer came.
    Checksum,
    /// Unpacking a zip file.
    Unzip,
    /// Asking which versions of a module there are.
    Query,
    /// Running a test binary.
    Test,
    /// Finding the result of a test in the build cache.
    CachedTest,
    /// Running the program of `go run`.
    Program,
    /// Finding a package in the build cache.
    Cache,
    /// An action of cmd/go's, tools and what is around them.
    Action,
    /// All actions together.
    Build,
    /// The command as a whole, but for its first and last milliseconds.
    Command,
}

impl Doing {
    pub(super) fn of(what: &str, cached: bool) -> Option<Self> {
        Some(match (what, cached) {
            ("load", _) => Self::Load,
            ("download", _) => Self::Download,
            ("fetch", _) => Self::Fetch,
            ("checksum", _) => Self::Checksum,
            ("unzip", _) => Self::Unzip,
            ("query", _) => Self::Query,
            ("test", false) => Self::Test,
            ("test", true) => Self::CachedTest,
            ("program", _) => Self::Program,
            ("cache", _) => Self::Cache,
            ("action", _) => Self::Action,
            ("build", _) => Self::Build,
            ("command", _) => Self::Command,
            _ => return None,
        })
    }
}

impl Span {
    /// How long it took.
    #[must_use]
    pub fn wall(&self) -> Nanos {
        self.end.since(self.start)
    }
}

impl Session {
    /// How long it took; until the last sample where it was killed itself.
    #[must_use]
    pub fn wall(&self) -> Nanos {
        let last = self.samples.iter().map(|sample| sample.at).max();
        let end = self.ending.map(|ending| ending.end).or(last);
        end.unwrap_or(self.start).since(self.start)
    }
}
