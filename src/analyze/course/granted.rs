//! How many workers of their own compiles were granted (`-c`), and how many they kept busy.
//!
//! Knows what cmd/go granted each compile at its start, of a number that all of them share, and that it is not granted more
//! when others end; knows how much CPU time it used. Does not know how many it could have used: only the back end of a
//! compiler works on several functions at a time. Granted little is a compile to which one was granted, and idle are
//! processors for which no tool ran.

use crate::analyze::steps::concurrency::Concurrency;
use crate::analyze::steps::{Steps, Work};
use crate::build::Build;
use crate::tool_kind::ToolKind;
use crate::units::Nanos;

/// The answer for one go command.
#[derive(Debug, PartialEq, Eq)]
pub struct Granted {
    /// How many compiles told what they were granted.
    pub compiles: u64,
    /// What they were granted on average of their time, in thousandths.
    pub granted: u64,
    /// How many processors they kept busy on average of their time, in thousandths.
    pub used: u64,
    /// Those that were granted little while processors were idle, the longest idleness first.
    pub throttled: Vec<Throttled>,
    /// How many more there are.
    pub more: usize,
}

/// A compile that might have been faster.
#[derive(Debug, PartialEq, Eq)]
pub struct Throttled {
    /// The package.
    pub package: String,
    /// How long it took.
    pub wall: Nanos,
    /// For how long of this a processor was idle.
    pub idle: Nanos,
}

/// A compile that idle processors could not have made faster by this much at the most is not worth a line.
const LEAST_IDLE: Nanos = Nanos::from_millis(100);

impl Granted {
    /// The sum as a sentence.
    #[must_use]
    pub fn words(&self) -> String {
        let decimal = |thousandths: u64| {
            let tenths = thousandths.saturating_add(50) / 100;
            format!("{}.{}", tenths / 10, tenths % 10)
        };
        let compiles = if self.compiles == 1 { "1 compile was" } else { &format!("{} compiles were", self.compiles) };
        let (granted, used) = (decimal(self.granted), decimal(self.used));
        format!("{compiles} granted {granted} workers (-c) on average of the time, and kept {used} processors busy.")
    }
}

/// Adds it up, with so many rows. None where no compile told what it was granted.
#[must_use]
pub fn granted(build: &Build, steps: &Steps, concurrency: &Concurrency, rows: usize) -> Option<Granted> {
    let cpus = steps.cpus.unwrap_or(concurrency.workers);
    let idle = Idle::of(concurrency, cpus);
    let (mut compiles, mut wall, mut granted, mut used) = (0, 0_u128, 0_u128, 0_u128);
    let mut throttled = Vec::new();
    let of_builds = steps.steps.iter().filter(|step| step.work == Work::Build);
    for run in of_builds.flat_map(|step| &step.runs).copied() {
        let (action, told) = (&build.actions[run], build.figures(run).granted_c);
        if action.kind != ToolKind::Compile || told == 0 {
            continue;
        }
        compiles += 1;
        let took = u128::from(action.wall().0);
        wall += took;
        granted += took * u128::from(told);
        used += u128::from(action.cpu().0);
        let idle = idle.between(action.start, action.end);
        if told == 1 && idle >= LEAST_IDLE {
            throttled.push((idle, run));
        }
    }
    throttled.sort_unstable_by_key(|(idle, run)| (std::cmp::Reverse(*idle), *run));
    let row = |(idle, run): &(Nanos, usize)| {
        let package = build.actions[*run].package.map(|id| build.catalog.packages.get(id).name().into_owned());
        Throttled { package: package.unwrap_or_default(), wall: build.actions[*run].wall(), idle: *idle }
    };
    let of_wall = |sum: u128, one: u128| u64::try_from(sum.saturating_mul(one) / wall.max(1)).unwrap_or(u64::MAX);
    (compiles > 0).then(|| Granted {
        compiles,
        granted: of_wall(granted, 1000),
        used: of_wall(used, 1000),
        more: throttled.len().saturating_sub(rows),
        throttled: throttled.iter().take(rows).map(row).collect(),
    })
}

/// Until each moment, for how long processors had been idle since the command's first tool. Asked about any two moments, it
/// need not go through what is between them.
struct Idle {
    since: Vec<(Nanos, Nanos, IsIdle)>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum IsIdle {
    Yes,
    No,
}

impl Idle {
    fn of(concurrency: &Concurrency, cpus: u64) -> Self {
        let mut since: Vec<(Nanos, Nanos, IsIdle)> = Vec::with_capacity(concurrency.curve.len());
        for moment in &concurrency.curve {
            let until = since.last().map_or(Nanos::ZERO, |last| at(last, moment.at));
            let is_idle = if moment.running < cpus { IsIdle::Yes } else { IsIdle::No };
            since.push((moment.at, until, is_idle));
        }
        Self { since }
    }

    fn between(&self, start: Nanos, end: Nanos) -> Nanos {
        let until = |moment: Nanos| {
            let behind = self.since.partition_point(|(at, ..)| *at <= moment);
            behind.checked_sub(1).map_or(Nanos::ZERO, |last| at(&self.since[last], moment))
        };
        until(end).since(until(start))
    }
}

/// How long processors had been idle at a moment behind one that is known.
fn at((since, until, is_idle): &(Nanos, Nanos, IsIdle), moment: Nanos) -> Nanos {
    *until + if *is_idle == IsIdle::Yes { moment.since(*since) } else { Nanos::ZERO }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(drawn: &str) -> Option<Granted> {
        let (build, steps) = Steps::of_picture(drawn);
        granted(&build, &steps, &Concurrency::of(&steps), 2)
    }

    #[test]
    fn what_was_granted_is_set_against_what_was_used_by_the_time_that_it_was_for() {
        let answer = of("
            $ go build -p 4
            probe compile 0-0
            compile a 0-100 cpu=100 dir=b002 c=1
            compile b 100-400 cpu=600 dir=b003 c=4
            asm b 400-900 cpu=500 dir=b003
            compile old 0-10 cpu=10 dir=b004")
        .expect("compiles told");
        assert_eq!((answer.compiles, answer.granted, answer.used), (2, 3250, 1750));
        let words = "2 compiles were granted 3.3 workers (-c) on average of the time, and kept 1.8 processors busy.";
        assert_eq!(answer.words(), words);
        assert_eq!(of("compile a 0-10 cpu=5"), None);
    }

    #[test]
    fn a_compile_that_was_granted_one_beside_idle_processors_is_told() {
        let answer = of("
            $ go build -p 2
            probe compile 0-0
            compile small 0-500 dir=b002 c=1
            compile big 0-3000 cpu=3000 dir=b003 c=1
            compile wide 3000-9000 dir=b004 c=2 needs=b003")
        .expect("compiles told");
        let big =
            Throttled { package: String::from("big"), wall: Nanos::from_millis(3000), idle: Nanos::from_millis(2500) };
        assert_eq!((answer.throttled, answer.more), (vec![big], 0));
    }

    proptest! {
        #[test]
        fn idleness_is_what_adding_up_each_stretch_gives(
            gaps in prop::collection::vec((0_u64..20, 0_u64..4), 0..12), start in 0_u64..120, length in 0_u64..120,
        ) {
            use crate::analyze::steps::concurrency::Moment;
            let mut at = 0;
            let curve: Vec<Moment> = gaps
                .iter()
                .map(|(gap, running)| {
                    at += gap + 1;
                    Moment { at: Nanos(at), running: *running, ready: 0, blocked: 0 }
                })
                .collect();
            let end = (start + length).min(at);
            let slow = (start..end).filter(|now| {
                let last = curve.iter().rev().find(|moment| moment.at.0 <= *now);
                last.is_some_and(|moment| moment.running < 2)
            });
            let slow = slow.count() as u64;
            let idle = Idle::of(&Concurrency { curve, workers: 2 }, 2).between(Nanos(start), Nanos(end));
            prop_assert_eq!(idle.0, slow);
        }
    }
}
