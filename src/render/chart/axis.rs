//! The time axis: round numbers of real time, the grid, and the places where idle time was cut out.
//!
//! `chart.js` draws the same after a zoom, with the same table of steps and the same labels; tests/browser/chart.mjs
//! compares the two.

use std::io::{self, Write};

use super::sheet::{Px, Rows, Sheet};
use crate::analyze::timeline::{Break, Timeline};
use crate::units::Nanos;

/// Ticks stand at least this many pixels apart.
const LEAST_DISTANCE: u32 = 84;
/// And this far from the label of a break.
const BREAK_LABEL: u32 = 76;

/// How far below the top of its row a name stands at least.
const LEAST_BASE_LINE: u32 = 9;

const SECOND: u64 = 1_000_000_000;

/// A pale stripe for each lane and what it is in front of it.
pub(super) fn stripes(sheet: &Sheet, out: &mut dyn Write) -> io::Result<()> {
    for lane in 0..sheet.chores.count {
        let name = if lane == 0 { "go itself" } else { "" };
        stripe(sheet, &sheet.chores, lane, name, out)?;
    }
    for lane in 0..sheet.lanes.count {
        let name = if lane == 0 { "lane " } else { "" };
        let name = if sheet.lanes.font > 0 { format!("{name}{}", lane.saturating_add(1)) } else { String::new() };
        stripe(sheet, &sheet.lanes, lane, &name, out)?;
    }
    Ok(())
}

fn stripe(sheet: &Sheet, rows: &Rows, row: usize, name: &str, out: &mut dyn Write) -> io::Result<()> {
    let (y, bar, left, plot) = (rows.y(row), rows.bar, sheet.left, sheet.plot);
    writeln!(out, "<rect class=\"stripe stretch\" x=\"{left}\" y=\"{y}\" width=\"{plot}\" height=\"{bar}\"/>")?;
    if !name.is_empty() {
        // One name alone may be higher than its row.
        let (x, y) = (left.saturating_sub(8), y.saturating_add((bar * 3 / 4).max(LEAST_BASE_LINE)));
        writeln!(out, "<text class=\"scale\" x=\"{x}\" y=\"{y}\">{name}</text>")?;
    }
    Ok(())
}

/// The ticks with their grid lines.
pub(super) fn ticks(sheet: &Sheet, timeline: &Timeline, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "<g class=\"axis\">")?;
    let step = step(sheet.time_of(LEAST_DISTANCE));
    let unit = Unit::of(timeline.elapsed(timeline.length));
    let (top, bottom) = (sheet.top().saturating_sub(4), sheet.memory.bottom);
    for piece in pieces(timeline) {
        let mut real = piece.real.0.div_ceil(step.0).saturating_mul(step.0);
        while real <= piece.real.0.saturating_add(piece.to.since(piece.from).0) {
            let at = piece.from + Nanos(real).since(piece.real);
            let x = sheet.x(at);
            writeln!(out, "<path class=\"grid\" d=\"M{x} {top}V{bottom}\"/>")?;
            if !is_near_a_break(at, timeline, sheet.time_of(BREAK_LABEL)) {
                let label = unit.label(Nanos(real), step);
                writeln!(out, "<text class=\"tick\" x=\"{x}\" y=\"{}\">{label}</text>", sheet.axis)?;
            }
            // A forged trace may reach the end of all numbers, where adding would stand still.
            let Some(next) = real.checked_add(step.0) else { break };
            real = next;
        }
    }
    writeln!(out, "</g>")
}

/// Two jagged edges with nothing in between, and how much was cut out. The numbers are there for the script.
pub(super) fn breaks(sheet: &Sheet, timeline: &Timeline, out: &mut dyn Write) -> io::Result<()> {
    let (top, bottom) = (sheet.top().saturating_sub(4), sheet.memory.bottom);
    let edge = jagged(top, bottom);
    let mut last_label = None;
    for Break { at, width, idle } in &timeline.breaks {
        let (x, pixels) = (sheet.x(*at), sheet.x(*at).to(sheet.x(*at + *width)));
        write!(
            out,
            "<g class=\"break\" transform=\"translate({x} 0)\" data-at=\"{}\" data-width=\"{}\" data-idle=\"{}\">",
            sheet.grains(*at),
            sheet.grains(*width),
            sheet.grains(*idle)
        )?;
        write!(out, "<title>{idle} in which no go command ran</title>")?;
        write!(out, "<rect y=\"{top}\" width=\"{pixels}\" height=\"{}\"/>", bottom - top)?;
        write!(out, "<path d=\"{edge}\"/><path d=\"{edge}\" transform=\"translate({pixels} 0)\"/>")?;
        // Labels side by side are told apart; the mark of every break stays.
        let free = last_label.is_none_or(|last: Nanos| at.since(last) >= sheet.time_of(2 * BREAK_LABEL));
        if free {
            // Not beyond the edge of the sheet; `x` is counted from the break.
            let right = Px(u64::from(sheet.left + sheet.plot - BREAK_LABEL / 2) * 100);
            write!(out, "<text class=\"tick\" x=\"-{}\" y=\"{}\">{idle} idle</text>", right.to(x), sheet.axis)?;
            last_label = Some(*at);
        }
        writeln!(out, "</g>")?;
    }
    Ok(())
}

/// A path downwards, in as many whole teeth of about 12 pixels as fit.
fn jagged(top: u32, bottom: u32) -> String {
    let teeth = ((bottom - top) / 12).max(1);
    let quarter = Px(u64::from(bottom - top) * 100 / u64::from(4 * teeth));
    let tooth = format!("l3 {quarter}l-6 {}l3 {quarter}", Px(quarter.0 * 2));
    format!("M0 {top}{}", tooth.repeat(usize::try_from(teeth).unwrap_or(1)))
}

/// A stretch of the axis without a cut in it.
struct Piece {
    from: Nanos,
    to: Nanos,
    /// The real time at `from`.
    real: Nanos,
}

fn pieces(timeline: &Timeline) -> impl Iterator<Item = Piece> {
    let starts = std::iter::once(Nanos::ZERO).chain(timeline.breaks.iter().map(|cut| cut.at + cut.width));
    let ends = timeline.breaks.iter().map(|cut| cut.at).chain(std::iter::once(timeline.length));
    starts.zip(ends).map(|(from, to)| Piece { from, to, real: timeline.elapsed(from) })
}

fn is_near_a_break(at: Nanos, timeline: &Timeline, distance: Nanos) -> bool {
    timeline.breaks.iter().any(|cut| at.since(cut.at) < distance && cut.at.since(at) < distance)
}

/// The smallest round step that keeps the labels apart.
fn step(least: Nanos) -> Nanos {
    const LONG: [u64; 15] = [1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 21_600];
    let short = (3..9).flat_map(|power| [1, 2, 5].map(|digit| digit * 10_u64.pow(power)));
    let mut steps = short.chain(LONG.map(|seconds| seconds * SECOND));
    // Longer than a day: whole days.
    let days = || least.0.div_ceil(86_400 * SECOND).saturating_mul(86_400 * SECOND);
    Nanos(steps.find(|step| *step >= least.0).unwrap_or_else(days))
}

/// What the labels of one chart count in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unit {
    Millis,
    Seconds,
}

impl Unit {
    /// A chart of less than a second counts in milliseconds.
    const fn of(length: Nanos) -> Self {
        if length.0 < SECOND { Self::Millis } else { Self::Seconds }
    }

    /// `1.5 s`, `1 min 20 s`, `2 h`: parts that are zero are left out, and there are as many decimals as the step needs.
    fn label(self, at: Nanos, step: Nanos) -> String {
        let size = match self {
            Self::Millis => 1_000_000,
            Self::Seconds => SECOND,
        };
        let decimals = (0..9).find(|decimals| step.0.is_multiple_of(size / 10_u64.pow(*decimals))).unwrap_or(9);
        if self == Self::Millis {
            return format!("{} ms", decimal(at.0, size, decimals));
        }
        let (minutes, rest) = (at.0 / (60 * SECOND), at.0 % (60 * SECOND));
        let mut parts = Vec::new();
        if minutes >= 60 {
            parts.push(format!("{} h", minutes / 60));
        }
        if minutes % 60 > 0 {
            parts.push(format!("{} min", minutes % 60));
        }
        if rest > 0 || parts.is_empty() {
            parts.push(format!("{} s", decimal(rest, size, decimals)));
        }
        parts.join(" ")
    }
}

fn decimal(value: u64, size: u64, decimals: u32) -> String {
    match usize::try_from(decimals).unwrap_or(0) {
        0 => (value / size).to_string(),
        width => format!("{}.{:0width$}", value / size, value % size / (size / 10_u64.pow(decimals))),
    }
}

#[cfg(test)]
mod tests {
    use super::{Nanos, SECOND, Unit, step};

    #[test]
    fn steps_are_round_and_never_closer_than_asked() {
        let chosen = |least| step(Nanos(least)).0;
        assert_eq!(chosen(1), 1_000);
        assert_eq!(chosen(1_000_001), 2_000_000);
        assert_eq!(chosen(21 * SECOND), 30 * SECOND);
        assert_eq!(chosen(4_000 * SECOND), 7_200 * SECOND);
        assert_eq!(chosen(90_000 * SECOND), 172_800 * SECOND);
    }

    #[test]
    fn a_tick_is_labelled_as_a_person_would_say_it() {
        let label = |at, step| Unit::Seconds.label(Nanos(at), Nanos(step));
        assert_eq!(label(0, SECOND), "0 s");
        assert_eq!(label(1_500_000_000, SECOND / 2), "1.5 s");
        assert_eq!(label(12_345_100_000, 100_000), "12.3451 s");
        assert_eq!(label(80 * SECOND, 20 * SECOND), "1 min 20 s");
        assert_eq!(label(120 * SECOND, 20 * SECOND), "2 min");
        assert_eq!(label(3_725_500_000_000, SECOND / 2), "1 h 2 min 5.5 s");
        assert_eq!(label(7_200 * SECOND, 3_600 * SECOND), "2 h");
        assert_eq!(Unit::Millis.label(Nanos(20_500_000), Nanos(500_000)), "20.5 ms");
    }
}
