//! The memory of a go command's tools: when it was largest, and who had it.
//!
//! Knows the peak of each tool run, not how it grew: a run counts with its peak for as long as it lasts, so a sum is an upper
//! bound. What go itself and the tests have is not in it.

use crate::analyze::steps::Steps;
use crate::build::Build;
use crate::units::{Bytes, Nanos};

/// The answer for one go command.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Memory {
    /// The largest sum of the peaks of tools that ran at the same time.
    pub peak: Bytes,
    /// When, from the command's begin.
    pub at: Nanos,
    /// Who ran then, the largest first.
    pub alive: Vec<Alive>,
}

/// A tool run at the peak.
#[derive(Debug, PartialEq, Eq)]
pub struct Alive {
    /// The tool.
    pub tool: String,
    /// The package.
    pub package: String,
    /// Its own peak.
    pub max_rss: Bytes,
}

/// Finds the peak. Moments count from `begin`.
#[must_use]
pub fn memory(build: &Build, steps: &Steps, begin: Nanos) -> Memory {
    let runs = || steps.steps.iter().flat_map(|step| &step.runs).map(|run| &build.actions[*run]);
    let mut changes: Vec<(Nanos, Bytes, Bytes)> = Vec::new();
    for action in runs() {
        changes.push((action.start, action.max_rss, Bytes::ZERO));
        changes.push((action.end, Bytes::ZERO, action.max_rss));
    }
    changes.sort_unstable();
    let (mut now, mut peak, mut at) = (Bytes::ZERO, Bytes::ZERO, begin);
    // Who ends at a moment does not meet who begins.
    for at_once in changes.chunk_by(|one, other| one.0 == other.0) {
        let more: Bytes = at_once.iter().map(|(_, more, _)| *more).sum();
        let less: Bytes = at_once.iter().map(|(.., less)| *less).sum();
        now = Bytes((now + more).0.saturating_sub(less.0));
        if now > peak {
            (peak, at) = (now, at_once.first().map_or(at, |(moment, ..)| *moment));
        }
    }
    let mut alive: Vec<Alive> = runs()
        .filter(|run| run.start <= at && at < run.end)
        .map(|run| {
            let package = run.package.map(|package| build.catalog.packages.get(package).name().into_owned());
            Alive {
                tool: build.catalog.tools.get(run.tool).name.clone(),
                package: package.unwrap_or_default(),
                max_rss: run.max_rss,
            }
        })
        .collect();
    alive.sort_by(|one, other| (other.max_rss, &one.package).cmp(&(one.max_rss, &other.package)));
    Memory { peak, at: at.since(begin), alive }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_peak_is_where_the_sum_is_largest_and_names_who_ran() {
        let (build, steps) = Steps::of_picture(
            "compile a 0-20 rss=300
             compile b 10-30 rss=100
             compile c 25-40 rss=310
             link d 40-50 rss=399",
        );
        let memory = memory(&build, &steps, steps.span().0);
        assert_eq!((memory.peak, memory.at), (Bytes::from_mib(410), Nanos::from_millis(25)));
        let names: Vec<&str> = memory.alive.iter().map(|alive| alive.package.as_str()).collect();
        assert_eq!(names, ["c", "b"]);
    }
}
