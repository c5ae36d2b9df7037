//! Which go command something is told of, and when that was.
//!
//! Knows the process of the real go and both clocks; does not know what is told.

use crate::record::{Parent, clock};
use crate::trace::{FORMAT_VERSION, Line};

/// Which command: the process of the real go.
pub(super) struct Identity {
    pub(super) parent: Parent,
    pub(super) started: clock::Moment,
}

impl Identity {
    /// The monotonic time of a time of the calendar. The clock may be set while go runs; that shifts what only go tells.
    pub(super) fn monotonic(&self, epoch_ns: u64) -> Option<u64> {
        let behind = i128::from(epoch_ns) - i128::from(self.started.realtime_ns);
        u64::try_from(i128::from(self.started.monotonic_ns) + behind).ok()
    }

    /// The keys that all events of a command share.
    pub(super) fn line(&self, kind: &str) -> Line {
        let mut line = Line::new(kind);
        line.number("v", FORMAT_VERSION);
        line.number("go_pid", u64::from(self.parent.pid));
        line.number_if("go_start_ticks", self.parent.start_ticks);
        line
    }
}
