//! What changed between two builds, for scripts.
//!
//! Knows a comparison and its rulings. Figures are those of the comparison: nanoseconds, bytes, and changes in percent.

use std::io::{self, Write};

use serde_json::{Value, json as object};

use super::{Page, words};
use crate::analyze::diff::limit::{Ruling, State};
use crate::analyze::diff::noise::{CONFIDENCE_PERCENT, Interval};
use crate::analyze::diff::number::{Doubt, Number, Unit, Verdict};
use crate::analyze::diff::packages::{Fate, Row};
use crate::analyze::diff::run::{PathStep, Work};
use crate::analyze::diff::{About, Pair};
use crate::units::Change;

/// The version of the JSON.
const SCHEMA: u64 = 1;

/// Writes it.
///
/// # Errors
/// Those of `out`.
pub fn write(page: &Page, out: &mut dyn Write) -> io::Result<()> {
    let diff = page.diff;
    let value = object!({
        "schema": SCHEMA,
        "old": about(&diff.old),
        "new": about(&diff.new),
        "unlike": diff.unlike.iter().map(|it| object!({ "what": it.what, "old": it.old, "new": it.new })).collect::<Vec<_>>(),
        "machine": diff.machine.as_ref().map(|it| object!({
            "slower_percent": percent(it.change),
            "packages": it.packages,
            "cpu_ns": it.cpu.0,
            "spread_percent": percent(it.spread),
        })),
        "confidence_percent": CONFIDENCE_PERCENT,
        "figures": diff.numbers.iter().map(number).collect::<Vec<_>>(),
        "packages": diff.packages.iter().take(page.rows).map(package).collect::<Vec<_>>(),
        "packages_left_out": diff.packages.len().saturating_sub(page.rows),
        "tools": diff.tools.iter().map(|(tool, it)| sides(object!({ "tool": tool }), it, work)).collect::<Vec<_>>(),
        "stages": diff.stages.iter().map(|((tool, stage), it)| object!({
            "tool": tool, "stage": stage, "old_wall_ns": it.old.0, "new_wall_ns": it.new.0,
        })).collect::<Vec<_>>(),
        "critical_path": {
            "stayed": diff.path.stayed,
            "came": diff.path.came.iter().map(step).collect::<Vec<_>>(),
            "left": diff.path.left.iter().map(step).collect::<Vec<_>>(),
        },
        "links": diff.links.iter().map(|(name, it)| object!({
            "package": name,
            "old_output_bytes": it.old.output.0,
            "new_output_bytes": it.new.output.0,
            "old_packages": it.old.packages,
            "new_packages": it.new.packages,
            "old_cpu_ns": it.old.work.cpu.0,
            "new_cpu_ns": it.new.work.cpu.0,
        })).collect::<Vec<_>>(),
        "limits": page.rulings.iter().map(ruling).collect::<Vec<_>>(),
        "problems": page.problems,
    });
    serde_json::to_writer_pretty(&mut *out, &value)?;
    writeln!(out)
}

fn about(about: &About) -> Value {
    object!({
        "traces": about.names,
        "commands": about.lines,
        "involuntary_switches_per_cpu_second": about.switches,
        "cpu_stalled_percent": about.stalled.map(|stalled| thousandths(stalled.thousandths())),
    })
}

/// A number with three decimals, as exact as it is kept.
pub(in crate::render) fn percent(change: Change) -> Value {
    let size = thousandths(change.thousandths().unsigned_abs());
    if change.thousandths() < 0 { format!("-{size}").parse().map_or(size, Value::Number) } else { size }
}

fn thousandths(number: u64) -> Value {
    let text = format!("{}.{:03}", number / 1000, number % 1000);
    text.parse().map_or(Value::Null, Value::Number)
}

fn number(number: &Number) -> Value {
    let suffix = match number.figure.unit() {
        Unit::Time => "ns",
        Unit::Size => "bytes",
        Unit::Number => "count",
    };
    object!({
        "figure": number.figure.name(),
        "unit": suffix,
        "old": number.old,
        "new": number.new,
        "new_least": number.new_range.0,
        "new_most": number.new_range.1,
        "measured_percent": number.measured.map(percent),
        "at_same_speed": number.interval.map(interval),
        "verdict": verdict(number.verdict),
    })
}

fn interval(interval: Interval) -> Value {
    object!({
        "percent": percent(interval.change),
        "low_percent": percent(interval.low),
        "high_percent": percent(interval.high),
    })
}

const fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Same => "same",
        Verdict::Changed => "changed",
        Verdict::WithinNoise => "within_noise",
        Verdict::CannotTell(Doubt::OneRunEach) => "one_run_each",
        Verdict::CannotTell(Doubt::NothingInCommon) => "nothing_in_common",
    }
}

fn package(row: &Row) -> Value {
    let pair = Pair { old: row.old, new: row.new };
    let value = object!({
        "package": row.name,
        "fate": match row.fate {
            Fate::Changed => "changed",
            Fate::SameWork => "same_work",
            Fate::Added => "added",
            Fate::Gone => "gone",
            Fate::BuiltNow => "built_now",
            Fate::CachedNow => "cached_now",
        },
        "old_archive_bytes": row.archive.0.0,
        "new_archive_bytes": row.archive.1.0,
        "cpu_at_same_speed": row.interval.map(interval),
        "verdict": verdict(row.verdict),
    });
    sides(value, &pair, work)
}

fn sides<T>(mut value: Value, pair: &Pair<T>, of: fn(&T) -> Value) -> Value {
    value["old"] = of(&pair.old);
    value["new"] = of(&pair.new);
    value
}

fn work(work: &Work) -> Value {
    object!({ "runs": work.runs, "cpu_ns": work.cpu.0, "wall_ns": work.wall.0, "max_rss_bytes": work.rss.0 })
}

fn step(step: &PathStep) -> Value {
    object!({ "tool": step.tool.name(), "package": step.package, "wall_ns": step.busy.0 })
}

fn ruling(ruling: &Ruling) -> Value {
    object!({
        "limit": ruling.limit,
        "about": ruling.about,
        "state": match ruling.state {
            State::Exceeded => "exceeded",
            State::MayBe => "may_be_exceeded",
            State::OneNoisyNumber => "one_noisy_number",
            State::CannotTell => "cannot_tell",
            State::Holds => "holds",
        },
        "found": words::found(ruling),
    })
}
