//! Which go command something is told of, and when that was.
//!
//! Knows the process of the real go and both clocks; does not know what is told. It is written down where another process
//! is to tell the rest.

use serde::{Deserialize, Serialize};

use crate::record::{Parent, clock};
use crate::trace::{FORMAT_VERSION, Line};

/// Which command: the process of the real go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Identity {
    pub(super) pid: u32,
    pub(super) start_ticks: Option<u64>,
    /// When it was started, in nanoseconds since 1970.
    pub(super) epoch_ns: u64,
    /// … and on the monotonic clock.
    pub(super) start_ns: u64,
}

impl Identity {
    pub(super) fn of(go: &Parent, started: clock::Moment) -> Self {
        let clock::Moment { monotonic_ns, realtime_ns } = started;
        Self { pid: go.pid, start_ticks: go.start_ticks, epoch_ns: realtime_ns, start_ns: monotonic_ns }
    }

    /// The monotonic time of a time of the calendar. The clock may be set while go runs; that shifts what only go tells.
    pub(super) fn monotonic(&self, epoch_ns: u64) -> Option<u64> {
        let behind = i128::from(epoch_ns) - i128::from(self.epoch_ns);
        u64::try_from(i128::from(self.start_ns) + behind).ok()
    }

    /// The other way round.
    pub(super) fn epoch(&self, monotonic_ns: u64) -> u64 {
        self.epoch_ns.saturating_add(monotonic_ns.saturating_sub(self.start_ns))
    }

    /// The keys that all events of a command share.
    pub(super) fn line(&self, kind: &str) -> Line {
        let mut line = Line::new(kind);
        line.number("v", FORMAT_VERSION);
        line.number("go_pid", u64::from(self.pid));
        line.number_if("go_start_ticks", self.start_ticks);
        line
    }
}
