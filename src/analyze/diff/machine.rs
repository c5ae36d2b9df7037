//! How fast the machine was in each run, and how far figures of the same work differ by themselves: from packages that did the
//! same in every run.
//!
//! Knows runs; does not know which figure is asked about. A package with the same key of the build cache was compiled from the
//! same inputs by the same compiler, so what such packages have in common, from one run to another, is the machine's doing and not
//! the project's; and how far each of them is off what they have in common is the noise of a single package.

use std::collections::BTreeMap;

use super::noise::{float, log, median, middle_of_most, nine_tenths};
use super::run::{Package, Run};
use crate::units::{Change, Nanos};

/// Fewer packages tell nothing.
const FEWEST: usize = 10;

/// A package that takes less is mostly the start of a process, told in ticks of the kernel.
const SHORTEST: Nanos = Nanos::from_millis(4);

/// Larger packages are less noisy: each class up to this CPU time has a spread of its own.
const CLASSES: [Nanos; 4] = [Nanos::from_millis(20), Nanos::from_millis(100), Nanos::from_millis(500), Nanos(u64::MAX)];

/// Fewer figures than this are no class of their own.
const FEWEST_OF_CLASS: usize = 12;

/// No figure is trusted beyond this: what the packages do not show, such as another layout of memory.
const LEAST_SPREAD: f64 = 0.005;

/// … of peak memory: when the garbage collector happens to run decides on more than the small packages show.
const LEAST_SPREAD_OF_MEMORY: f64 = 0.04;

/// What the packages tell that did the same work in every run.
#[derive(Debug)]
pub struct Machine {
    /// How much more CPU time each run took than all of them together, as logarithms; of the old side, of the new one.
    slowness: [Vec<f64>; 2],
    /// The same of wall time, in which waits for a processor are as well.
    delays: [Vec<f64>; 2],
    /// The standard deviation of one run's CPU time of a package, for each class.
    spreads: [f64; CLASSES.len()],
    /// … of its peak memory.
    memory: f64,
    /// … of the CPU time of everything, at the same speed.
    total: f64,
    /// How many packages.
    pub packages: usize,
    /// The CPU time that they take.
    pub cpu: Nanos,
}

/// The two sides of a comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// What was.
    Old,
    /// What is.
    New,
}

/// What is known of a package that did the same work in all runs.
struct Witness {
    /// Its CPU time as all runs together have it.
    cpu: Nanos,
    /// How far each run is off that, as logarithms.
    cpu_off: Vec<f64>,
    /// The same of its wall time.
    wall_off: Vec<f64>,
    /// The same of its peak memory.
    memory_off: Vec<f64>,
}

impl Machine {
    /// Of these runs; none where too few packages did the same work in all of them.
    #[must_use]
    pub fn of(old: &[Run], new: &[Run]) -> Option<Self> {
        let runs: Vec<&Run> = old.iter().chain(new).collect();
        let witnesses: BTreeMap<&str, Witness> = witnesses(&runs);
        if old.is_empty() || new.is_empty() || witnesses.len() < FEWEST {
            return None;
        }
        let common = |of: fn(&Witness) -> &Vec<f64>| {
            let of_run = |run: usize| witnesses.values().map(|it| (of(it)[run], float(it.cpu.0))).collect::<Vec<_>>();
            (0..runs.len()).map(|run| middle_of_most(&of_run(run)).0).collect::<Vec<f64>>()
        };
        let (slowness, delays) = (common(|it| &it.cpu_off), common(|it| &it.wall_off));
        // What a run is off the middle of few runs is less than what it is off the truth.
        let few = float(runs.len() as u64);
        let missing = (few / (few - 1.0)).sqrt();
        let spreads = spreads(&witnesses, &slowness, missing);
        let mut memory: Vec<f64> =
            witnesses.values().flat_map(|it| it.memory_off.iter().map(|off| off.abs())).collect();
        let mut machine = Self {
            spreads,
            memory: (nine_tenths(&mut memory) / NINE_TENTHS * missing).max(LEAST_SPREAD_OF_MEMORY),
            total: 0.0,
            packages: witnesses.len(),
            cpu: witnesses.values().map(|it| it.cpu).sum(),
            slowness: [slowness[..old.len()].to_vec(), slowness[old.len()..].to_vec()],
            delays: [delays[..old.len()].to_vec(), delays[old.len()..].to_vec()],
        };
        machine.total = machine.spread_of_total(&runs, &witnesses, missing);
        Some(machine)
    }

    /// How much more CPU time a run took, as a logarithm.
    #[must_use]
    pub fn slowness(&self, side: Side, run: usize) -> f64 {
        self.slowness[usize::from(side == Side::New)].get(run).copied().unwrap_or(0.0)
    }

    /// How much more wall time a run took, as a logarithm.
    #[must_use]
    pub fn delay(&self, side: Side, run: usize) -> f64 {
        self.delays[usize::from(side == Side::New)].get(run).copied().unwrap_or(0.0)
    }

    /// How much more CPU time the same work took in the new runs.
    #[must_use]
    pub fn change(&self) -> Change {
        super::noise::change(between(&self.slowness))
    }

    /// … wall time.
    #[must_use]
    pub fn change_of_wall(&self) -> Change {
        super::noise::change(self.more_delay())
    }

    /// How much more wall time it took, as a logarithm.
    #[must_use]
    pub fn more_delay(&self) -> f64 {
        between(&self.delays)
    }

    /// The standard deviation of the CPU time of one run of a package that takes about so long.
    #[must_use]
    pub fn spread(&self, cpu: Nanos) -> f64 {
        self.spreads[class(cpu)]
    }

    /// By how much figures of one run on each side differ by chance, up to which CPU time.
    #[must_use]
    pub fn noise(&self) -> Vec<(Nanos, Change)> {
        // Two standard deviations of a difference.
        let by_chance = |spread: f64| super::noise::change(spread * 2.0 * std::f64::consts::SQRT_2);
        CLASSES.iter().zip(self.spreads).map(|(most, spread)| (*most, by_chance(spread))).collect()
    }

    /// … of its peak memory.
    #[must_use]
    pub fn spread_of_memory(&self) -> f64 {
        self.memory
    }

    /// … of the CPU time of one run of everything, at the same speed.
    #[must_use]
    pub fn spread_of_everything(&self) -> f64 {
        self.total
    }

    /// What is left of the noise of witnesses once the speed that they tell is taken from them, and how far off that speed may be
    /// for all others, whose own noise comes to it.
    fn spread_of_total(&self, runs: &[&Run], witnesses: &BTreeMap<&str, Witness>, missing: f64) -> f64 {
        let mut others: BTreeMap<&str, u64> = BTreeMap::new();
        for (name, package) in runs.iter().flat_map(|run| &run.packages) {
            if !witnesses.contains_key(name.as_str()) {
                *others.entry(name).or_default() += package.work.cpu.0 / runs.len() as u64;
            }
        }
        let noise = |cpu: u64| float(cpu) * self.spread(Nanos(cpu));
        let of_others: f64 = others.values().map(|cpu| noise(*cpu) * noise(*cpu)).sum();
        let (other, told) = (others.values().map(|cpu| float(*cpu)).sum::<f64>(), float(self.cpu.0.max(1)));
        let (left, pace) = doubts(runs.len(), witnesses);
        let (of_left, of_pace) = (left * missing * told, pace * missing * other);
        ((of_others + of_left * of_left + of_pace * of_pace).sqrt() / (other + told)).max(LEAST_SPREAD)
    }
}

/// How much of all runs rests on single witnesses, as standard deviations: of what their sum is off the speed that they tell, and
/// of that speed. Found by leaving out some at a time (the jackknife): a package that takes half of everything shows there, where
/// it would not if all were taken to be equally noisy.
fn doubts(runs: usize, witnesses: &BTreeMap<&str, Witness>) -> (f64, f64) {
    const GROUPS: usize = 40;
    // From here on runs speak for themselves.
    const FEW: usize = 10;
    let mut by_size: Vec<&Witness> = witnesses.values().collect();
    by_size.sort_by_key(|it| std::cmp::Reverse(it.cpu));
    let groups = GROUPS.min(by_size.len());
    let (mut left, mut pace) = (0.0, 0.0);
    let seen = runs.min(FEW);
    for run in 0..seen {
        let without = |group: usize| {
            let kept = by_size.iter().enumerate().filter(|(at, _)| at % groups != group);
            answers(&kept.map(|(_, it)| (it.cpu_off[run], float(it.cpu.0))).collect::<Vec<_>>())
        };
        let all: Vec<(f64, f64)> = (0..groups).map(without).collect();
        left += jackknifed(all.iter().map(|(left, _)| *left));
        pace += jackknifed(all.iter().map(|(_, pace)| *pace));
    }
    let mean = |sum: f64| (sum / float(seen.max(1) as u64)).sqrt();
    (mean(left), mean(pace))
}

/// Of what some witnesses are off what they have in common, with their weights: what their sum is off that, and what it is.
fn answers(values: &[(f64, f64)]) -> (f64, f64) {
    let pace = middle_of_most(values).0;
    let (now, before) =
        values.iter().fold((0.0, 0.0), |(now, before), (off, weight)| (now + weight * off.exp(), before + weight));
    let sum = if before > 0.0 { (now / before).ln() } else { 0.0 };
    (sum - pace, pace)
}

/// The square of the standard deviation of an answer, from what it is without each group.
fn jackknifed(answers: impl Iterator<Item = f64>) -> f64 {
    let answers: Vec<f64> = answers.collect();
    let count = float(answers.len().max(1) as u64);
    let mean = answers.iter().sum::<f64>() / count;
    answers.iter().map(|answer| (answer - mean) * (answer - mean)).sum::<f64>() * (count - 1.0) / count
}

/// From the middle of one side to that of the other.
fn between(sides: &[Vec<f64>; 2]) -> f64 {
    let middle = |side: &Vec<f64>| {
        let mut side = side.clone();
        side.sort_unstable_by(f64::total_cmp);
        side.get(side.len().saturating_sub(1) / 2).copied().unwrap_or(0.0)
    };
    middle(&sides[1]) - middle(&sides[0])
}

/// The packages that every run built, with the same keys.
fn witnesses<'a>(runs: &[&'a Run]) -> BTreeMap<&'a str, Witness> {
    let Some((first, rest)) = runs.split_first() else { return BTreeMap::new() };
    let in_all = |(name, package): (&'a String, &'a Package)| {
        let others = rest.iter().map(|run| run.packages.get(name).filter(|other| other.is_same_work(package)));
        let all: Option<Vec<&Package>> = [Some(package)].into_iter().chain(others).collect();
        Some((name.as_str(), Witness::of(&all?)?))
    };
    first.packages.iter().filter_map(in_all).collect()
}

impl Witness {
    fn of(runs: &[&Package]) -> Option<Self> {
        let off = |figure: &dyn Fn(&Package) -> u64| {
            let common = median(runs.iter().map(|run| figure(run)).collect());
            let mean = runs.iter().map(|run| log(figure(run))).sum::<f64>() / float(runs.len() as u64);
            // Of two runs the middle is between them.
            let common_log = if runs.len() < 3 { mean } else { log(common) };
            (common, runs.iter().map(|run| log(figure(run)) - common_log).collect::<Vec<f64>>())
        };
        let (cpu, cpu_off) = off(&|run| run.work.cpu.0);
        let (_, wall_off) = off(&|run| run.work.wall.0);
        let (_, memory_off) = off(&|run| run.work.rss.0);
        (Nanos(cpu) >= SHORTEST).then_some(Self { cpu: Nanos(cpu), cpu_off, wall_off, memory_off })
    }
}

/// Of a normal distribution nine in ten are within so many standard deviations. The tails of compile times are longer, so what
/// they tell here is more than the standard deviation of the middle.
const NINE_TENTHS: f64 = 1.645;

fn spreads(witnesses: &BTreeMap<&str, Witness>, slowness: &[f64], missing: f64) -> [f64; CLASSES.len()] {
    let off =
        |it: &Witness| it.cpu_off.iter().zip(slowness).map(|(off, slow)| (off - slow).abs()).collect::<Vec<f64>>();
    let mut all: Vec<f64> = witnesses.values().flat_map(off).collect();
    let of_all = nine_tenths(&mut all);
    let mut spreads = [of_all; CLASSES.len()];
    for (at, spread) in spreads.iter_mut().enumerate() {
        let mut own: Vec<f64> = witnesses.values().filter(|it| class(it.cpu) == at).flat_map(off).collect();
        if own.len() >= FEWEST_OF_CLASS {
            *spread = nine_tenths(&mut own);
        }
        *spread = (*spread / NINE_TENTHS * missing).max(LEAST_SPREAD);
    }
    spreads
}

fn class(cpu: Nanos) -> usize {
    CLASSES.iter().position(|most| cpu <= *most).unwrap_or(CLASSES.len() - 1)
}
