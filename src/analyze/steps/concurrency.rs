//! How many steps of a go command ran at a time, could have, and could not.
//!
//! Knows when steps ran and what they waited for; does not know whether that is much.

use crate::analyze::intervals::Intervals;
use crate::analyze::steps::Steps;
use crate::units::Nanos;

/// How busy the workers of a go command were, from moment to moment.
#[derive(Debug, Default)]
pub struct Concurrency {
    /// From each moment at which anything changes to the next one.
    pub curve: Vec<Moment>,
    /// How many workers it had: as it says, else as many as ran at a time, and never none.
    pub workers: u64,
}

/// From `at` on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// When.
    pub at: Nanos,
    /// Tools that ran.
    pub running: u64,
    /// Steps that could have begun and had not.
    pub ready: u64,
    /// Steps that waited for others.
    pub blocked: u64,
}

impl Concurrency {
    /// Of a command's steps.
    #[must_use]
    pub fn of(steps: &Steps) -> Self {
        let curve = curve(steps);
        let most = || curve.iter().map(|moment| moment.running).max().unwrap_or(0);
        Self { workers: steps.workers.unwrap_or_else(most).max(1), curve }
    }

    /// When something was so.
    #[must_use]
    pub fn times_when(&self, is_so: impl Fn(&Moment) -> bool) -> Intervals {
        let mut times = Intervals::none();
        let with_next = self.curve.iter().zip(self.curve.iter().skip(1));
        for (moment, next) in with_next.filter(|(moment, _)| is_so(moment)) {
            times.add(moment.at, next.at);
        }
        times
    }
}

fn curve(steps: &Steps) -> Vec<Moment> {
    let mut changes: Vec<(Nanos, Change)> = Vec::with_capacity(steps.steps.len() * 4);
    for (index, step) in steps.steps.iter().enumerate() {
        for (start, end) in step.times.stretches() {
            changes.push((start, Change::Started));
            changes.push((end, Change::Stopped));
        }
        let ready = steps.ready(index).filter(|ready| *ready < step.start);
        changes.extend(ready.map(|ready| (ready, Change::Ready)));
        changes.push((step.start, if ready.is_some() { Change::BegunReady } else { Change::Begun }));
    }
    changes.sort_unstable();
    let blocked = steps.steps.len() as u64;
    let mut waiting = blocked;
    let mut now = Moment { at: Nanos::ZERO, running: 0, ready: 0, blocked };
    let mut moments = Vec::new();
    for at_once in changes.chunk_by(|one, other| one.0 == other.0) {
        for (at, change) in at_once {
            now.at = *at;
            match change {
                Change::Started => now.running += 1,
                Change::Stopped => now.running -= 1,
                Change::Ready => now.ready += 1,
                Change::Begun => waiting -= 1,
                Change::BegunReady => (waiting, now.ready) = (waiting - 1, now.ready - 1),
            }
        }
        now.blocked = waiting - now.ready.min(waiting);
        moments.push(now);
    }
    moments
}

/// What changes at a moment. A tool begins before one ends, and what begins was ready before.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Change {
    Started,
    Stopped,
    Ready,
    Begun,
    BegunReady,
}
