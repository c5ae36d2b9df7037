//! Package by package: which came, went, were built that had been cached, and took more or less.
//!
//! Knows runs and what the machine did; does not know why a package was rebuilt. Packages are the same by import path and
//! variant. Among some hundred packages a few are far off by chance in every comparison, so one has to be further off than a
//! single figure would.

use std::collections::BTreeSet;

use super::machine::{Machine, Side};
use super::noise::{Interval, bounds, float, log, median, own_spread};
use super::number::{Doubt, Verdict};
use super::run::{Package, Run, Work};
use crate::units::{Bytes, Change, Nanos};

/// So many standard deviations is a package off by chance once in some thousand comparisons, tails included.
const FAR_OFF: f64 = 4.5;

/// What takes less on both sides is mostly the start of processes, and far off more often than the rest.
pub const SHORTEST: Nanos = Nanos::from_millis(100);

/// A package of the comparison.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Import path and variant.
    pub name: String,
    /// What became of it.
    pub fate: Fate,
    /// What it cost, middle ones of the runs; nothing where it was not built.
    pub old: Work,
    /// The same now.
    pub new: Work,
    /// The size of its archive, before and now.
    pub archive: (Bytes, Bytes),
    /// How its CPU time changed at the same speed of the machine.
    pub interval: Option<Interval>,
    /// What can be said of that.
    pub verdict: Verdict,
}

/// What became of a package.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fate {
    /// Built on both sides, from other inputs.
    Changed,
    /// Built on both sides from the same inputs: what differs is not the project's.
    SameWork,
    /// Built now, and not seen before.
    Added,
    /// Built before, and not seen any more.
    Gone,
    /// Built now, where it had come from the build cache.
    BuiltNow,
    /// From the build cache now, where it had been built.
    CachedNow,
}

impl Row {
    /// By how much its CPU time grew, as it was measured: what rows add up to.
    #[must_use]
    pub fn cpu_more(&self) -> i128 {
        i128::from(self.new.cpu.0) - i128::from(self.old.cpu.0)
    }

    /// By how much its CPU time grew at the same speed.
    #[must_use]
    pub fn cpu_more_at_same_speed(&self) -> i128 {
        let Some(found) = self.interval else { return self.cpu_more() };
        i128::from(found.change.of(self.old.cpu.0)) - i128::from(self.old.cpu.0)
    }
}

/// Compares all packages, those first that changed most.
#[must_use]
pub fn packages(old: &[Run], new: &[Run], machine: Option<&Machine>) -> Vec<Row> {
    let names: BTreeSet<&String> = old.iter().chain(new).flat_map(|run| run.packages.keys()).collect();
    let mut rows: Vec<Row> = names.into_iter().map(|name| row(name, old, new, machine)).collect();
    rows.sort_by_cached_key(|row| (std::cmp::Reverse(row.cpu_more_at_same_speed().unsigned_abs()), row.name.clone()));
    rows
}

fn row(name: &str, old: &[Run], new: &[Run], machine: Option<&Machine>) -> Row {
    let built = [built(name, old), built(name, new)];
    let was_cached = |runs: &[Run]| runs.iter().any(|run| run.cached.contains(name));
    let is_same = || {
        let first = built[0].first().map(|(_, package)| *package);
        first.is_some_and(|first| built.iter().flatten().all(|(_, package)| package.is_same_work(first)))
    };
    let fate = match (built[0].is_empty(), built[1].is_empty()) {
        (true, _) if was_cached(old) => Fate::BuiltNow,
        (true, _) => Fate::Added,
        (_, true) if was_cached(new) => Fate::CachedNow,
        (_, true) => Fate::Gone,
        _ if is_same() => Fate::SameWork,
        _ => Fate::Changed,
    };
    let (interval, verdict) = match fate {
        Fate::Changed | Fate::SameWork => judged(&built, machine),
        _ => (None, Verdict::Changed),
    };
    let [old, new] = &built;
    Row {
        name: name.to_owned(),
        fate,
        old: middle(old),
        new: middle(new),
        archive: (archive(old), archive(new)),
        interval,
        verdict,
    }
}

/// The runs of a side that built it.
fn built<'a>(name: &str, runs: &'a [Run]) -> Vec<(usize, &'a Package)> {
    runs.iter().enumerate().filter_map(|(run, it)| Some((run, it.packages.get(name)?))).collect()
}

fn judged(built: &[Vec<(usize, &Package)>; 2], machine: Option<&Machine>) -> (Option<Interval>, Verdict) {
    let logs = |side: Side, runs: &[(usize, &Package)]| {
        let slowness = |run| machine.map_or(0.0, |machine| machine.slowness(side, run));
        runs.iter().map(|(run, package)| log(package.work.cpu.0) - slowness(*run)).collect::<Vec<f64>>()
    };
    let (old, new) = (logs(Side::Old, &built[0]), logs(Side::New, &built[1]));
    let cpu = Nanos(middle(&built[0]).cpu.0.max(middle(&built[1]).cpu.0));
    let spread = machine.map(|machine| machine.spread(cpu));
    let Some(of_runs) = bounds(&old, &new, spread) else { return (None, Verdict::CannotTell(Doubt::NothingInCommon)) };
    let runs = |side: &Vec<f64>| float(side.len() as u64);
    // What runs tell of themselves is better than what others of its size tell.
    let spread = own_spread(&old, &new).or(spread);
    let half = spread.map_or(0.0, |spread| FAR_OFF * spread * (1.0 / runs(&old) + 1.0 / runs(&new)).sqrt());
    let found = of_runs.at_least(half).interval();
    let verdict = match found {
        _ if cpu < SHORTEST => Verdict::WithinNoise,
        found if found.change == Change::NONE => Verdict::Same,
        found if found.excludes_none() => Verdict::Changed,
        _ => Verdict::WithinNoise,
    };
    (Some(found), verdict)
}

fn middle(runs: &[(usize, &Package)]) -> Work {
    Work::middle(runs.iter().map(|(_, package)| package.work))
}

fn archive(runs: &[(usize, &Package)]) -> Bytes {
    Bytes(median(runs.iter().map(|(_, package)| package.archive.0).collect()))
}
