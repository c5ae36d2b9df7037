//! The timeline as a still picture: what a page shows that runs no scripts, and what is printed.
//!
//! Knows the longest bars; what is not seen at this size is left out.

use std::io::{self, Write};

use super::class;
use crate::analyze::page::{Run, Runs};
use crate::units::{Count, Nanos};

/// The picture's own units from left to right.
const WIDTH: u64 = 1200;
/// … and from top to bottom.
const HEIGHT: u64 = 240;

/// More bars are not told apart, and make the page heavy for those who do not see the picture.
const MOST_BARS: usize = 800;

/// Draws it.
pub(super) fn write(runs: &Runs, out: &mut dyn Write) -> io::Result<()> {
    let lanes = u64::try_from(runs.lanes.max(1)).unwrap_or(u64::MAX);
    // Thousandths, so that a thousand lanes still have a height.
    let pitch = (HEIGHT * 1000 / lanes).min(20_000);
    let mut longest: Vec<&Run> = runs.runs.iter().filter(|run| run.inside.is_none()).collect();
    longest.sort_by_key(|run| (std::cmp::Reverse(run.end.since(run.start)), run.start, run.lane));
    longest.truncate(MOST_BARS);
    longest.sort_by_key(|run| (run.kind, run.start, run.lane));
    writeln!(
        out,
        "<svg class=\"overview still-only\" viewBox=\"0 0 {WIDTH} {}\" role=\"img\" \
         aria-label=\"The {} longest of {} tool runs, in {lanes} lanes, over {}\">",
        (pitch * lanes).div_ceil(1000),
        longest.len(),
        Count(u64::try_from(runs.runs.len()).unwrap_or(u64::MAX)),
        runs.length,
    )?;
    for of_kind in longest.chunk_by(|left, right| left.kind == right.kind) {
        if let Some(first) = of_kind.first() {
            writeln!(out, "<path class=\"{}\" d=\"{}\"/>", class(first.kind), path(of_kind, runs.length, pitch))?;
        }
    }
    writeln!(out, "</svg>\n<p class=\"range still-only\"><span>0</span><span>{}</span></p>", runs.length)
}

/// Rectangles as one path, which is a third of the size of as many elements.
fn path(bars: &[&Run], length: Nanos, pitch: u64) -> String {
    let mut path = String::new();
    for run in bars {
        let place = |at: Nanos| u128::from(at.0) * u128::from(WIDTH) * 10 / u128::from(length.0.max(1));
        let (from, to) = (place(run.start), place(run.end));
        let width = (to - from).max(5);
        let top = u64::try_from(run.lane).unwrap_or(0) * pitch / 100;
        let height = (pitch * 9 / 1000).max(1);
        let one = |tenths: u128| format!("{}.{}", tenths / 10, tenths % 10);
        let (left, wide, top, high) = (one(from), one(width), one(top.into()), one(height.into()));
        path.push_str(&format!("M{left} {top}h{wide}v{high}h-{wide}z"));
    }
    path
}
