//! One tool run of a build.
//!
//! Knows figures and handles; the names are in the catalog. Small and `Copy`: a trace may have millions.

use super::catalog::{CommandId, PackageId, ToolId};
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
