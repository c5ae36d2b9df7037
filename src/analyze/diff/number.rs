//! The figures that are compared, and what can be said of each.
//!
//! Knows runs and intervals; does not know limits or words. A figure is shown as it was measured; whether it changed is decided at
//! the same speed of the machine, where that is known.

use super::machine::{Machine, Side};
use super::noise::{Interval, bounds, log, median};
use super::run::{Run, Totals};
use crate::units::{Bytes, Change, Count, Nanos};

/// What is compared of two builds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Figure {
    /// CPU time of all tools.
    Cpu,
    /// Wall time of the go commands.
    Wall,
    /// Length of the critical path.
    Critical,
    /// The largest peak of one tool.
    Rss,
    /// The largest sum of peaks of tools at a time.
    Peak,
    /// Bytes that links wrote.
    Linked,
    /// How many packages were compiled.
    Built,
    /// How many packages are known to have come from the build cache.
    Cached,
    /// How many tools ran.
    Actions,
}

impl Figure {
    /// All of them, in the order of tables.
    pub const ALL: [Self; 9] = [
        Self::Cpu,
        Self::Wall,
        Self::Critical,
        Self::Rss,
        Self::Peak,
        Self::Linked,
        Self::Built,
        Self::Cached,
        Self::Actions,
    ];

    /// The name in limits and JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Cpu => "cpu",
            Self::Wall => "wall",
            Self::Critical => "critical",
            Self::Rss => "rss",
            Self::Peak => "peak",
            Self::Linked => "linked",
            Self::Built => "built",
            Self::Cached => "cached",
            Self::Actions => "actions",
        }
    }

    /// In words.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Cpu => "CPU time of tools",
            Self::Wall => "wall time",
            Self::Critical => "critical path",
            Self::Rss => "largest tool's memory",
            Self::Peak => "memory of tools at a time",
            Self::Linked => "size of what was linked",
            Self::Built => "packages compiled",
            Self::Cached => "packages from the cache",
            Self::Actions => "tool runs",
        }
    }

    /// What it is of a run.
    #[must_use]
    pub const fn of(self, totals: &Totals) -> u64 {
        match self {
            Self::Cpu => totals.cpu.0,
            Self::Wall => totals.wall.0,
            Self::Critical => totals.critical.0,
            Self::Rss => totals.rss.0,
            Self::Peak => totals.peak.0,
            Self::Linked => totals.linked.0,
            Self::Built => totals.built,
            Self::Cached => totals.cached,
            Self::Actions => totals.actions,
        }
    }

    /// What it counts.
    #[must_use]
    pub const fn unit(self) -> Unit {
        match self {
            Self::Cpu | Self::Wall | Self::Critical => Unit::Time,
            Self::Rss | Self::Peak | Self::Linked => Unit::Size,
            Self::Built | Self::Cached | Self::Actions => Unit::Number,
        }
    }
}

/// What a figure counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Nanoseconds.
    Time,
    /// Bytes.
    Size,
    /// Things.
    Number,
}

impl Unit {
    /// A figure as people read it.
    #[must_use]
    pub fn show(self, figure: u64) -> String {
        match self {
            Self::Time => Nanos(figure).to_string(),
            Self::Size => Bytes(figure).to_string(),
            Self::Number => Count(figure).to_string(),
        }
    }
}

/// A figure of both sides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Number {
    /// Which one.
    pub figure: Figure,
    /// What it was: the middle one of the old runs, as it was measured.
    pub old: u64,
    /// What it is.
    pub new: u64,
    /// The least and the most that was measured in new runs.
    pub new_range: (u64, u64),
    /// From `old` to `new`; none where there was nothing before.
    pub measured: Option<Change>,
    /// How much it changed at the same speed of the machine, and between which bounds.
    pub interval: Option<Interval>,
    /// What can be said.
    pub verdict: Verdict,
}

/// What can be said of a figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It is the same.
    Same,
    /// It changed.
    Changed,
    /// It may as well be the same.
    WithinNoise,
    /// It cannot be told.
    CannotTell(Doubt),
}

/// Why it cannot be told whether a figure changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doubt {
    /// It is one noisy number on each side.
    OneRunEach,
    /// … and no packages did the same work on both, that would tell how noisy.
    NothingInCommon,
}

/// Compares a figure.
#[must_use]
pub fn number(figure: Figure, old: &[Run], new: &[Run], machine: Option<&Machine>) -> Number {
    let of = |runs: &[Run]| runs.iter().map(|run| figure.of(&run.totals)).collect::<Vec<u64>>();
    let values = [of(old), of(new)];
    let spread = machine.and_then(|machine| match figure {
        Figure::Cpu => Some(machine.spread_of_everything()),
        Figure::Rss => Some(machine.spread_of_memory()),
        _ => None,
    });
    let machine = machine.filter(|_| figure.unit() == Unit::Time);
    let [old, new] = values.clone();
    let (was, is) = (median(old), median(new.clone()));
    let (interval, verdict) = judged(&values, figure, machine, spread);
    let new_range = (new.iter().min().copied().unwrap_or(0), new.iter().max().copied().unwrap_or(0));
    Number { figure, old: was, new: is, new_range, measured: Change::between(was, is), interval, verdict }
}

fn judged(
    values: &[Vec<u64>; 2],
    figure: Figure,
    machine: Option<&Machine>,
    spread: Option<f64>,
) -> (Option<Interval>, Verdict) {
    let all: Vec<u64> = values.iter().flatten().copied().collect();
    if all.iter().all(|value| Some(value) == all.first()) {
        return (None, Verdict::Same);
    }
    // What was counted, and the sizes of files, are the same each time where nothing changed.
    if figure.unit() == Unit::Number || figure == Figure::Linked || all.contains(&0) {
        return (None, if are_apart(values) { Verdict::Changed } else { Verdict::WithinNoise });
    }
    let pace = |side: Side, run: usize| match (machine, figure) {
        (None, _) => 0.0,
        (Some(machine), Figure::Cpu) => machine.slowness(side, run),
        (Some(machine), _) => machine.delay(side, run),
    };
    let logs = |side: Side, values: &[u64]| {
        values.iter().enumerate().map(|(run, value)| log(*value) - pace(side, run)).collect::<Vec<f64>>()
    };
    let found = bounds(&logs(Side::Old, &values[0]), &logs(Side::New, &values[1]), spread);
    // Who shares a machine waits when others work, and what waits has nothing to do with what was measured of the speed: what is
    // taken out of a wall time is as uncertain as it is large.
    let taken_out = machine.filter(|_| figure != Figure::Cpu).map_or(0.0, |machine| machine.more_delay().abs());
    let found = found.map(|found| found.at_least(taken_out).interval());
    let verdict = match found {
        Some(found) if found.excludes_none() => Verdict::Changed,
        Some(_) => Verdict::WithinNoise,
        None if figure == Figure::Cpu => Verdict::CannotTell(Doubt::NothingInCommon),
        None => Verdict::CannotTell(Doubt::OneRunEach),
    };
    (found, verdict)
}

/// Whether no run of one side is among those of the other.
fn are_apart([old, new]: &[Vec<u64>; 2]) -> bool {
    let apart = |low: &[u64], high: &[u64]| low.iter().max() < high.iter().min();
    apart(old, new) || apart(new, old)
}
