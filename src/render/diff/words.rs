//! What is said of a comparison, in all formats the same.
//!
//! Knows verdicts and rulings; lays nothing out.

use crate::analyze::diff::limit::{Ruling, State};
use crate::analyze::diff::noise::{CONFIDENCE_PERCENT, Interval};
use crate::analyze::diff::number::{Doubt, Figure, Verdict};
use crate::analyze::diff::packages::{Fate, Row};
use crate::analyze::diff::{Diff, PathChange, Speed};
use crate::units::{Change, Nanos, Percent};

/// The comparison in one line.
#[must_use]
pub fn outcome(diff: &Diff, rulings: &[Ruling]) -> String {
    let failed = rulings.iter().filter(|ruling| ruling.state == State::Exceeded).count();
    if failed > 0 {
        return exceeded(failed);
    }
    let Some(cpu) = diff.number(Figure::Cpu) else { return String::from("Nothing was compared") };
    let verdict = match (cpu.verdict, cpu.interval) {
        (Verdict::Changed, Some(found)) => format!("CPU time of the build {}", found.change),
        (Verdict::WithinNoise, Some(found)) => format!("CPU time of the build within noise ({})", between(&found)),
        (Verdict::Same, _) => String::from("CPU time of the build the same"),
        (_, _) => format!("CPU time of the build: {}", verdict(cpu.verdict)),
    };
    if rulings.is_empty() { verdict } else { format!("No limit exceeded: {verdict}") }
}

/// How many limits do not hold.
#[must_use]
pub fn exceeded(count: usize) -> String {
    if count == 1 {
        String::from("One limit is exceeded beyond the noise")
    } else {
        format!("{count} limits are exceeded beyond the noise")
    }
}

/// What a limit came to.
#[must_use]
pub const fn state(state: State) -> &'static str {
    match state {
        State::Exceeded => "EXCEEDED",
        State::MayBe => "may be exceeded",
        State::OneNoisyNumber => "one noisy number",
        State::CannotTell => "cannot tell",
        State::Holds => "holds",
    }
}

/// What was found, and why it leads to no more than it does.
#[must_use]
pub fn found(ruling: &Ruling) -> String {
    let (old, new) = &ruling.figures;
    if old.is_empty() && new.is_empty() {
        return String::new();
    }
    let growth = match (ruling.interval, ruling.measured) {
        (Some(found), _) => format!(", likely {} (from {})", found.change, between(&found)),
        (None, Some(measured)) => format!(", {measured}"),
        (None, None) => String::new(),
    };
    let but = match ruling.state {
        State::MayBe => "; the low end is within the limit, so more runs would have to tell",
        State::OneNoisyNumber => "; one run on each side is no evidence for that: record several",
        State::CannotTell => "; nothing tells how noisy that is",
        State::Exceeded | State::Holds => "",
    };
    format!("{old} to {new}{growth}{but}")
}

/// `+1.2 % to +7.9 %`.
#[must_use]
pub fn between(interval: &Interval) -> String {
    format!("{} to {}", interval.low, interval.high)
}

/// A verdict.
#[must_use]
pub const fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Same => "the same",
        Verdict::Changed => "changed",
        Verdict::WithinNoise => "within noise",
        Verdict::CannotTell(Doubt::OneRunEach) => "cannot tell: one noisy number on a side",
        Verdict::CannotTell(Doubt::NothingInCommon) => "cannot tell: too few packages did the same work",
    }
}

/// What the machine did, a sentence each.
#[must_use]
pub fn machine(speed: Option<&Speed>) -> Vec<String> {
    let Some(Speed { change, packages, cpu, spread }) = speed else {
        return vec![String::from(
            "Too few packages did the same work on both sides to tell how fast the machine was, or how noisy it is.",
        )];
    };
    let share = Percent::from_thousandths(change.thousandths().unsigned_abs());
    let pace = match change.thousandths() {
        0 => String::from("as long now as before"),
        ..0 => format!("{share} less CPU time now: the machine was faster"),
        _ => format!("{share} more CPU time now: the machine was slower"),
    };
    let spread = Percent::from_thousandths(spread.thousandths().unsigned_abs());
    vec![
        format!("{packages} packages ({cpu} CPU) did the same work in all runs. It took {pace}."),
        format!(
            "\"At the same speed\" is without that. The CPU time of one run varies by some {spread}; bounds hold in {CONFIDENCE_PERCENT} % of cases."
        ),
    ]
}

/// What is said of packages that were built on both sides.
#[must_use]
pub fn packages(both: usize, same: usize, shown: usize) -> String {
    let none = if shown == 0 { ": none took more or less CPU time beyond the noise" } else { "; beyond the noise:" };
    format!("{both} built on both sides, {same} of them from the same inputs{none}")
}

/// Where there is nothing to go by.
#[must_use]
pub fn no_verdict() -> String {
    String::from("As measured, which tells little: one run on a side, and too few packages that did the same work.")
}

/// Whether a package is slower, and by whose doing.
#[must_use]
pub fn pace(row: &Row) -> &'static str {
    let is_slower = row.interval.map_or(row.new.cpu > row.old.cpu, |found| found.change > Change::NONE);
    match (row.verdict, row.fate, is_slower) {
        (Verdict::Changed, Fate::SameWork, true) => "slower, but the same work",
        (Verdict::Changed, Fate::SameWork, false) => "faster, but the same work",
        (Verdict::Changed, _, true) => "slower",
        (Verdict::Changed, _, false) => "faster",
        _ => "",
    }
}

/// What became of a package.
#[must_use]
pub const fn fate(fate: Fate) -> &'static str {
    match fate {
        Fate::Changed => "built on both sides",
        Fate::SameWork => "built on both sides from the same inputs",
        Fate::Added => "added",
        Fate::Gone => "gone",
        Fate::BuiltNow => "built now, from the cache before",
        Fate::CachedNow => "from the cache now, built before",
    }
}

/// How many there are of each fate, and their CPU time.
#[must_use]
pub fn fates(rows: &[&Row]) -> Vec<String> {
    let fates = [Fate::Added, Fate::Gone, Fate::BuiltNow, Fate::CachedNow];
    let sentence = |fate: Fate| {
        let of = || rows.iter().filter(|row| row.fate == fate);
        let cpu: Nanos = of().map(|row| if row.new.runs > 0 { row.new.cpu } else { row.old.cpu }).sum();
        (of().count() > 0).then(|| format!("{} {}: {cpu} CPU", of().count(), self::fate(fate)))
    };
    fates.into_iter().filter_map(sentence).collect()
}

/// The change as it was measured; nothing where there was nothing before.
#[must_use]
pub fn measured(old: u64, new: u64) -> String {
    Change::between(old, new).map_or_else(|| String::from("new"), |change| change.to_string())
}

/// What became of the critical path.
#[must_use]
pub fn path(change: &PathChange) -> String {
    match (change.came.len(), change.left.len()) {
        (0, 0) => format!("its {} steps are the same", change.stayed),
        (came, left) => format!("{} steps stayed, {came} came, {left} left", change.stayed),
    }
}
