//! How many steps of a go command ran at a time, could have, and could not.
//!
//! Knows when steps ran and what they waited for; does not know whether that is much.

use std::collections::BTreeMap;

use crate::analyze::intervals::Intervals;
use crate::analyze::steps::Steps;
use crate::units::Nanos;

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

/// From each moment at which anything changes to the next one.
#[must_use]
pub fn curve(steps: &Steps) -> Vec<Moment> {
    let mut changes: BTreeMap<Nanos, Change> = BTreeMap::new();
    for (index, step) in steps.steps.iter().enumerate() {
        for (start, end) in step.times.stretches() {
            changes.entry(start).or_default().started += 1;
            changes.entry(end).or_default().stopped += 1;
        }
        changes.entry(step.start).or_default().begun += 1;
        if let Some(ready) = steps.ready(index).filter(|ready| *ready < step.start) {
            changes.entry(ready).or_default().ready += 1;
            changes.entry(step.start).or_default().begun_ready += 1;
        }
    }
    let mut now = Moment { at: Nanos::ZERO, running: 0, ready: 0, blocked: steps.steps.len() as u64 };
    let mut waiting = now.blocked;
    let moments = changes.into_iter().map(|(at, change)| {
        waiting -= change.begun;
        now.at = at;
        now.running = now.running + change.started - change.stopped;
        now.ready = now.ready + change.ready - change.begun_ready;
        now.blocked = waiting - now.ready.min(waiting);
        now
    });
    moments.collect()
}

/// What changes at a moment.
#[derive(Default)]
struct Change {
    started: u64,
    stopped: u64,
    ready: u64,
    begun_ready: u64,
    begun: u64,
}

/// How many workers a command had: as it says, else as many as ran at a time, and never none.
#[must_use]
pub fn workers(steps: &Steps, curve: &[Moment]) -> u64 {
    let most = || curve.iter().map(|moment| moment.running).max().unwrap_or(0);
    steps.workers.unwrap_or_else(most).max(1)
}

/// When something was so.
#[must_use]
pub fn times_when(curve: &[Moment], is_so: impl Fn(&Moment) -> bool) -> Intervals {
    let mut times = Intervals::none();
    for (moment, next) in curve.iter().zip(curve.iter().skip(1)).filter(|(moment, _)| is_so(moment)) {
        times.add(moment.at, next.at);
    }
    times
}
