//! What stands below the chart: what is not drawn, notes, problems, a line each.
//!
//! Knows what they say; does not know where they stand.

use crate::analyze::timeline::{NotDrawn, Timeline};
use crate::render::table::plural;

/// More problems than this are counted instead of told: the reader of a trace prints them all.
const PROBLEMS_TOLD: usize = 5;

/// All of them.
pub(super) fn lines(timeline: &Timeline) -> Vec<String> {
    let mut lines = Vec::new();
    let small = &timeline.not_drawn;
    if small.runs > 0 {
        lines.push(format!(
            "Not drawn: {} shorter than {} ({} in all). The curves and the numbers count them.",
            plural(small.runs, "run", "runs"),
            small.shorter_than,
            small.time
        ));
    }
    let NotDrawn { runs: chores, shorter_than, time } = timeline.chores.not_drawn;
    if chores > 0 {
        let what = plural(chores, "stretch", "stretches");
        lines.push(format!("Not drawn: {what} of go itself shorter than {shorter_than} ({time} in all)."));
    }
    lines.extend(timeline.notes.iter().cloned());
    lines.extend(timeline.problems.iter().take(PROBLEMS_TOLD).map(|problem| format!("⚠ {problem}")));
    match timeline.problems.len().saturating_sub(PROBLEMS_TOLD) {
        0 => {}
        more => lines.push(format!("⚠ and {more} more")),
    }
    lines
}
