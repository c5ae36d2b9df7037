//! One tool run of a build.
//!
//! Knows figures and handles; the names are in the catalog. Small and `Copy`: a trace may have millions. What sums are made
//! of is in `Action`; what only questions about whole builds ask for is in `Figures`, so that sums need not carry it.

use super::catalog::{CommandId, PackageId, ToolId};
use super::keys::ActionId;
use crate::tool_kind::ToolKind;
use crate::units::{Bytes, Nanos};

/// One tool run, finished or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Action {
    /// The go command that asked for it.
    pub command: CommandId,
    /// The package that it was for; probes have none.
    pub package: Option<PackageId>,
    /// The tool.
    pub tool: ToolId,
    /// The tool's kind.
    pub kind: ToolKind,
    /// The tool that ran it, where it is a part of another action: a C compiler under `cgo` or `link`.
    pub inside: Option<ToolId>,
    /// What it was run for.
    pub purpose: Purpose,
    /// Its directory in `$WORK`, as a number: what ties the runs for one package together, and edges to builds.
    pub objdir: Option<u32>,
    /// When it started, on the monotonic clock.
    pub start: Nanos,
    /// When it ended, on the same clock; for an unfinished one the last that was seen of its command.
    pub end: Nanos,
    /// CPU time in user mode, children included.
    pub user: Nanos,
    /// CPU time in the kernel, children included.
    pub sys: Nanos,
    /// Peak resident memory of the largest process of the run.
    pub max_rss: Bytes,
    /// How it ended.
    pub outcome: Outcome,
    /// CPU time that recording it took.
    pub shim_cpu: Nanos,
}

/// What an action counted. Zero where it did not tell: nothing here is of interest where it is none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Figures {
    /// The key under which the build cache knows the result.
    pub action_id: Option<ActionId>,
    /// Size of the sources that it was given.
    pub source_bytes: Bytes,
    /// Size of the file that it wrote.
    pub output_bytes: Bytes,
    /// How many sources it was given.
    pub source_files: u32,
    /// How many lines of them a compile read.
    pub lines: u32,
    /// How many functions a compile compiled.
    pub funcs: u32,
    /// How many workers the compiler's back end was granted.
    pub granted_c: u32,
    /// How many packages of a linked program this command built.
    pub packages_built: u32,
    /// How many packages of a linked program came from the cache.
    pub packages_cached: u32,
    /// How often it was made to wait for a processor.
    pub involuntary_switches: u32,
    /// In which ways a compile was asked to build.
    pub ways: Ways,
}

/// The ways to build that give a package another archive: options of the compiler that cmd/go passes on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ways(u8);

/// Each with the option that tells of it.
const WAYS: [(&str, &str); 8] = [
    ("race", "-race"),
    ("msan", "-msan"),
    ("asan", "-asan"),
    ("cover", "-coveragecfg"),
    ("pgo", "-pgoprofile"),
    ("shared", "-shared"),
    ("dynlink", "-dynlink"),
    ("unoptimized", "-N"),
];

impl Ways {
    pub(super) fn of<'a>(args: impl Iterator<Item = &'a str>) -> Self {
        let bit = |arg: &str| {
            let name = arg.split_once('=').map_or(arg, |(name, _)| name);
            WAYS.iter().position(|(_, option)| *option == name).map_or(0, |at| 1 << at)
        };
        Self(args.fold(0, |ways, arg| ways | bit(arg)))
    }

    /// The same but for a profile: whether there is one is a matter of the program.
    #[must_use]
    pub fn without_profile(self) -> Self {
        Self(self.0 & !Self::of(["-pgoprofile"].into_iter()).0)
    }

    /// The ways that hold for all packages of a build alike: archives of two that differ in them are never used together.
    #[must_use]
    pub fn of_all_packages(self) -> Self {
        let own = ["-coveragecfg", "-pgoprofile", "-N"];
        Self(self.0 & !Self::of(own.into_iter()).0)
    }

    /// What they are called, in an order of their own.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        WAYS.iter().enumerate().filter(move |(at, _)| self.0 >> at & 1 == 1).map(|(_, (name, _))| *name)
    }
}

/// What a tool was run for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Purpose {
    /// A part of the build.
    Work,
    /// To learn its version.
    Probe,
}

/// How a tool run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Exit code 0.
    Done,
    /// Another exit code.
    Failed(u64),
    /// A signal.
    Killed(u64),
    /// It could not be started; the exit code that cmd/go was given for it.
    NotStarted(u64),
    /// The trace has no end of it.
    Unfinished,
}

impl Action {
    /// Wall time.
    #[must_use]
    pub fn wall(&self) -> Nanos {
        self.end.since(self.start)
    }

    /// CPU time, user and kernel.
    #[must_use]
    pub fn cpu(&self) -> Nanos {
        self.user + self.sys
    }
}
