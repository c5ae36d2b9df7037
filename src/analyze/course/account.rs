//! What the wall time of a go command went to: every worker busy, some idle, one tool alone, or none.
//!
//! Knows when tools ran and when steps could have begun; does not know how long they should take. A step that could begin
//! and did not means that no worker was free, whatever the number of tools says: cmd/go works on packages itself, before and
//! after their tools.

use super::path::sums;
use crate::analyze::intervals::Intervals;
use crate::analyze::steps::concurrency::{Concurrency, Moment};
use crate::analyze::steps::{Step, Steps};
use crate::build::Build;
use crate::units::Nanos;

/// The answer for one go command. Moments count from its begin.
#[derive(Debug)]
pub struct Account {
    /// How many tools could run at a time.
    pub workers: u64,
    /// Whether that is known, rather than the most that ran.
    pub workers_are_known: bool,
    /// From the start of go, where that is known, to its end or its last tool.
    pub wall: Nanos,
    /// How the wall time splits; adds up to it.
    pub shares: [(Load, Nanos); 4],
    /// Time of tools, added up.
    pub busy: Nanos,
    /// How it went, to a two-hundredth of the wall time, without gaps.
    pub strip: Vec<Stretch>,
    /// Where workers were idle for longest, in order of time.
    pub windows: Vec<Window>,
    /// How many steps ran, could have, and could not.
    pub curve: Vec<Moment>,
}

/// How busy the workers of a go command are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Load {
    /// All of them, or as many as there was work for go itself: more would have helped.
    Saturated,
    /// Some, because nothing else was ready.
    Starved,
    /// One, because everything else waited for it.
    Serial,
    /// None: go loads packages, downloads, asks its cache, or runs tests.
    Outside,
}

/// A time of one load.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stretch {
    /// How busy the workers were.
    pub load: Load,
    /// From when.
    pub start: Nanos,
    /// Until when.
    pub end: Nanos,
}

/// A time in which workers were idle.
#[derive(Debug, PartialEq, Eq)]
pub struct Window {
    /// How busy they were for most of it.
    pub load: Load,
    /// From when.
    pub start: Nanos,
    /// Until when.
    pub end: Nanos,
    /// What ran, `compile net/http`, and for how long of it; the longest first.
    pub ran: Vec<(String, Nanos)>,
    /// How much faster the command would be if the idle workers had done what comes later. Of a time without any tool
    /// nothing is known.
    pub gain: Nanos,
}

/// Where windows begin and end: a blip of a millisecond does not make two of one.
const CELLS: u64 = 200;

/// Adds it up; with so many windows.
#[must_use]
pub fn account(build: &Build, steps: &Steps, concurrency: &Concurrency, windows: usize) -> Account {
    let (begin, end) = (steps.begin, steps.end);
    let workers = concurrency.workers;
    let stretches = stretches(&concurrency.curve, workers, begin, end);
    let strip = strip(&stretches, begin, end);
    let of = |load: Load| stretches.iter().filter(|it| it.load == load).map(Stretch::length).sum();
    let shift =
        |stretch: &Stretch| Stretch { start: stretch.start.since(begin), end: stretch.end.since(begin), ..*stretch };
    Account {
        workers,
        workers_are_known: steps.workers.is_some(),
        wall: end.since(begin),
        shares: Load::ALL.map(|load| (load, of(load))),
        busy: steps.steps.iter().map(|step| step.busy).sum(),
        windows: longest(&strip, windows)
            .iter()
            .map(|stretch| window(build, steps, stretch, (workers, begin)))
            .collect(),
        strip: strip.iter().map(shift).collect(),
        curve: concurrency.curve.iter().map(|moment| Moment { at: moment.at.since(begin), ..*moment }).collect(),
    }
}

impl Load {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Saturated, Self::Starved, Self::Serial, Self::Outside];

    /// What it means for the command.
    #[must_use]
    pub const fn what(self) -> &'static str {
        match self {
            Self::Saturated => "all were busy: more of them, or less work, would have helped",
            Self::Starved => "some were idle, because nothing else was ready",
            Self::Serial => "one tool ran, and everything else waited for it",
            Self::Outside => "no tool ran: loading, downloads, cache look-ups, tests",
        }
    }

    /// In one word.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Saturated => "saturated",
            Self::Starved => "starved",
            Self::Serial => "serial",
            Self::Outside => "outside",
        }
    }

    fn of(moment: &Moment, workers: u64) -> Self {
        match moment.running {
            0 => Self::Outside,
            running if running >= workers || moment.ready > 0 => Self::Saturated,
            1 => Self::Serial,
            _ => Self::Starved,
        }
    }
}

impl Stretch {
    /// How long it is.
    #[must_use]
    pub fn length(&self) -> Nanos {
        self.end.since(self.start)
    }
}

fn stretches(curve: &[Moment], workers: u64, begin: Nanos, end: Nanos) -> Vec<Stretch> {
    let mut stretches: Vec<Stretch> = Vec::new();
    let mut add = |load, start: Nanos, until: Nanos| match stretches.last_mut() {
        Some(last) if last.load == load => last.end = until,
        _ if start < until => stretches.push(Stretch { load, start, end: until }),
        _ => {}
    };
    add(Load::Outside, begin, curve.first().map_or(end, |first| first.at));
    for (index, moment) in curve.iter().enumerate() {
        add(Load::of(moment, workers), moment.at, curve.get(index + 1).map_or(end, |next| next.at));
    }
    stretches
}

/// The same on a grid: each cell is what most of it was.
fn strip(stretches: &[Stretch], begin: Nanos, end: Nanos) -> Vec<Stretch> {
    let wall = u128::from(end.since(begin).0);
    let border =
        |cell: u64| begin + Nanos(u64::try_from(wall * u128::from(cell) / u128::from(CELLS)).unwrap_or(u64::MAX));
    let mut strip: Vec<Stretch> = Vec::new();
    let mut rest = stretches;
    for (start, end) in (0..CELLS).map(|cell| (border(cell), border(cell + 1))).filter(|(start, end)| start < end) {
        rest = &rest[rest.iter().take_while(|stretch| stretch.end <= start).count()..];
        let inside = rest.iter().take_while(|stretch| stretch.start < end);
        let shares = sums(inside.map(|it| (it.load, it.end.min(end).since(it.start.max(start)))));
        let Some((load, _)) = shares.first() else { continue };
        match strip.last_mut() {
            Some(last) if last.load == *load => last.end = end,
            _ => strip.push(Stretch { load: *load, start, end }),
        }
    }
    strip
}

/// The longest stretches in which workers were idle, in order of time.
fn longest(strip: &[Stretch], most: usize) -> Vec<Stretch> {
    let mut idle: Vec<Stretch> = strip.iter().filter(|stretch| stretch.load != Load::Saturated).copied().collect();
    idle.sort_by_key(|stretch| (std::cmp::Reverse(stretch.length()), stretch.start));
    idle.truncate(most);
    idle.sort_by_key(|stretch| stretch.start);
    idle
}

fn window(build: &Build, steps: &Steps, stretch: &Stretch, (workers, begin): (u64, Nanos)) -> Window {
    let whole = Intervals::of(stretch.start, stretch.end);
    let inside = |step: &Step| step.times.common(&whole).length();
    let touching = steps.steps.iter().filter(|step| step.start < stretch.end && step.end > stretch.start);
    let ran = sums(touching.map(|step| (name(build, step), inside(step))).filter(|(_, time)| *time > Nanos::ZERO));
    let busy: u128 = ran.iter().map(|(_, time)| u128::from(time.0)).sum();
    let idle = (u128::from(stretch.length().0) * u128::from(workers)).saturating_sub(busy) / u128::from(workers);
    let gain = if stretch.load == Load::Outside { Nanos::ZERO } else { Nanos(u64::try_from(idle).unwrap_or(u64::MAX)) };
    Window { load: stretch.load, start: stretch.start.since(begin), end: stretch.end.since(begin), ran, gain }
}

fn name(build: &Build, step: &Step) -> String {
    let package = step.package.map(|package| build.catalog.packages.get(package).name());
    format!("{} {}", step.tool.name(), package.as_deref().unwrap_or("(no package)"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::build::picture;
    use expect_test::{Expect, expect};
    use proptest::prelude::*;

    fn of(drawn: &str) -> Account {
        let (build, steps) = Steps::of_picture(drawn);
        account(&build, &steps, &Concurrency::of(&steps), 3)
    }

    #[track_caller]
    fn check(drawn: &str, expected: &Expect) {
        let account = of(drawn);
        let ms = |time: Nanos| time.0 / 1_000_000;
        let mut words =
            format!("{} ms with {} workers, tools {}\n", ms(account.wall), account.workers, ms(account.busy));
        for (load, time) in account.shares {
            words += &format!("{load:?} {}\n", ms(time));
        }
        for window in &account.windows {
            let ran: Vec<String> = window.ran.iter().map(|(name, time)| format!("{name} {}", ms(*time))).collect();
            let (from, to) = (ms(window.start), ms(window.end));
            words += &format!("{from}-{to} {:?}: {}; gains {}\n", window.load, ran.join(", "), ms(window.gain));
        }
        for Moment { at, running, ready, blocked } in &account.curve {
            words += &format!("{}:{running}/{ready}/{blocked} ", ms(*at));
        }
        expected.assert_eq(&(words + "\n"));
    }

    #[test]
    fn a_time_is_saturated_starved_serial_or_outside() {
        check(
            "$ go build -p 3
             probe compile 0-0
             compile a 0-100 dir=b002
             compile b 0-60 dir=b003
             compile c 0-40 dir=b004
             compile d 100-140 dir=b005 needs=b002
             link d 150-200 dir=b005 needs=b005",
            &expect![[r#"
                200 ms with 3 workers, tools 290
                Saturated 40
                Starved 20
                Serial 130
                Outside 10
                40-60 Starved: compile a 20, compile b 20; gains 6
                60-140 Serial: compile a 40, compile d 40; gains 53
                150-200 Serial: link d 50; gains 33
                0:3/0/2 40:2/0/2 60:1/0/2 100:1/0/1 140:0/1/0 150:1/0/0 200:0/0/0 
            "#]],
        );
    }

    #[test]
    fn what_is_ready_and_waits_lacks_a_worker_and_not_work() {
        check(
            "$ go build -p 2
             probe compile 0-0
             compile a 0-10 dir=b002
             compile b 0-40 dir=b003
             compile c 30-40 dir=b004 needs=b002",
            &expect![[r#"
                40 ms with 2 workers, tools 60
                Saturated 40
                Starved 0
                Serial 0
                Outside 0
                0:2/0/1 10:1/1/0 30:2/0/0 40:0/0/0 
            "#]],
        );
    }

    proptest! {
        #[test]
        fn the_shares_are_the_wall_time_and_the_strip_has_no_gap(runs in picture::any()) {
            let account = of(&picture::draw(&runs, 0));
            prop_assert_eq!(account.shares.iter().map(|(_, time)| *time).sum::<Nanos>(), account.wall);
            let mut at = Nanos::ZERO;
            for stretch in &account.strip {
                prop_assert_eq!(stretch.start, at);
                at = stretch.end;
            }
            prop_assert!(at == account.wall);
        }
    }
}
