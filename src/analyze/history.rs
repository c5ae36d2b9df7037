//! How the cost of a project went from trace to trace: by package, in total, and when it changed.
//!
//! Knows runs in the order of time; does not know where they came from. A build server seldom builds everything, so what a
//! package costs is taken from the last run that compiled it, and the whole from all packages. The machines are not alike from
//! run to run: packages with the same key in the build cache did the same work, and what they have in common is taken out.

pub mod keys;
mod shift;
pub mod splits;

use std::collections::{BTreeMap, BTreeSet};

use super::diff::noise::{change, float, log, median, middle_of_most};
use super::diff::run::{Package, Run};
use crate::build::ActionId;
use crate::units::{Bytes, Change, Nanos};
use keys::Keys;
use shift::shifts;
use splits::{Splits, splits};

/// A run and when it was.
#[derive(Debug)]
pub struct Past {
    /// Calendar time of its first go command, where that is known.
    pub began: Option<Nanos>,
    /// The run.
    pub run: Run,
}

/// The answer.
#[derive(Debug)]
pub struct History {
    /// The runs, in the order of time.
    pub runs: Vec<Entry>,
    /// What building everything would have cost at each run, as far as it is known.
    pub total: Trend,
    /// The packages, that one first whose cost changed by most time from its first run to its last one.
    pub packages: Vec<Trend>,
    /// Packages that were built once more with a key under which the build cache had known them: the dearest first.
    pub repeated: Vec<Repeated>,
    /// What gave packages several keys.
    pub splits: Splits,
}

/// A package that was built from the same as in an earlier run: a build cache that is kept would have had it.
#[derive(Debug, PartialEq, Eq)]
pub struct Repeated {
    /// The package.
    pub name: String,
    /// How many keys it had.
    pub keys: usize,
    /// In how many runs it was built.
    pub built: usize,
    /// In how many of them with keys of earlier ones.
    pub again: usize,
    /// The CPU time of these.
    pub cpu: Nanos,
}

/// A run.
#[derive(Debug)]
pub struct Entry {
    /// Its trace.
    pub name: String,
    /// Calendar time of its first go command.
    pub began: Option<Nanos>,
    /// Versions of Go.
    pub go: String,
    /// Wall time of its go commands that ran tools, added up.
    pub wall: Nanos,
    /// CPU time of its tools, as it was measured.
    pub cpu: Nanos,
    /// How many packages it compiled.
    pub built: u64,
    /// How many it is known to have had from the cache.
    pub cached: u64,
    /// The largest peak of one tool.
    pub rss: Bytes,
    /// Bytes that its links wrote.
    pub linked: Bytes,
    /// How much more CPU time the same work took than in the first run; none where too few packages tell.
    pub slower: Option<Change>,
}

/// How a cost went: CPU time at the speed of the first run.
#[derive(Debug, PartialEq, Eq)]
pub struct Trend {
    /// Whose.
    pub name: String,
    /// Which run, as an index, and what it cost there.
    pub points: Vec<(usize, Nanos)>,
    /// When it changed, in order.
    pub shifts: Vec<Shift>,
}

/// A change of level that stayed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shift {
    /// The first run of the new level, as an index.
    pub run: usize,
    /// The middle of the level before.
    pub before: Nanos,
    /// The middle of the new one.
    pub after: Nanos,
}

impl Shift {
    /// By how much.
    #[must_use]
    pub fn change(&self) -> Option<Change> {
        Change::between(self.before.0, self.after.0)
    }
}

impl Trend {
    /// What it cost in its first run and in its last one.
    #[must_use]
    pub fn ends(&self) -> (Nanos, Nanos) {
        let cost = |point: Option<&(usize, Nanos)>| point.map(|(_, cost)| *cost).unwrap_or_default();
        (cost(self.points.first()), cost(self.points.last()))
    }
}

/// Fewer packages do not tell how fast a machine was.
const FEWEST_WITNESSES: usize = 10;

/// A package that takes less is mostly the start of a process.
const SHORTEST: Nanos = Nanos::from_millis(4);

/// A run that built this share of all packages would have built a package that still exists.
const NEARLY_ALL: (u64, u64) = (4, 5);

/// Puts the runs in order and tells how costs went. `keys` are those of the same traces in the same order.
#[must_use]
pub fn history(past: Vec<Past>, keys: Keys) -> History {
    let mut numbered: Vec<(usize, Past)> = past.into_iter().enumerate().collect();
    numbered.sort_by(|(_, one), (_, other)| (one.began, &one.run.name).cmp(&(other.began, &other.run.name)));
    let mut order = vec![0; numbered.len()];
    for (at, (number, _)) in numbered.iter().enumerate() {
        order[*number] = at;
    }
    let splits = splits(keys, &order);
    let past: Vec<Past> = numbered.into_iter().map(|(_, past)| past).collect();
    let slowness = slowness(&past);
    let mut costs: BTreeMap<&str, Vec<(usize, Nanos)>> = BTreeMap::new();
    for (index, past) in past.iter().enumerate() {
        for (name, package) in &past.run.packages {
            let cost = scaled(package.work.cpu, -slowness[index].unwrap_or(0.0));
            costs.entry(name).or_default().push((index, cost));
        }
    }
    let total = trend(String::from("everything"), total(&past, &costs), |_, _| false);
    let package = |(name, points): (&str, Vec<(usize, Nanos)>)| {
        let at = |run: usize| past[run].run.packages.get(name);
        trend(name.to_owned(), points, |one, other| {
            at(one).zip(at(other)).is_some_and(|(one, other)| one.is_same_work(other))
        })
    };
    let mut packages: Vec<Trend> = costs.into_iter().map(package).collect();
    packages.sort_by_key(|trend| {
        let (first, last) = trend.ends();
        (std::cmp::Reverse(first.0.abs_diff(last.0)), trend.name.clone())
    });
    let repeated = repeated(&past);
    let runs = past.into_iter().zip(slowness).map(|(past, slowness)| entry(past, slowness)).collect();
    History { runs, total, packages, repeated, splits }
}

fn repeated(past: &[Past]) -> Vec<Repeated> {
    let mut known: BTreeMap<&str, (BTreeSet<ActionId>, Repeated)> = BTreeMap::new();
    for (name, package) in
        past.iter().flat_map(|past| &past.run.packages).filter(|(_, package)| !package.keys.is_empty())
    {
        let (seen, repeated) = known.entry(name).or_insert_with(|| {
            (BTreeSet::new(), Repeated { name: name.clone(), keys: 0, built: 0, again: 0, cpu: Nanos::ZERO })
        });
        repeated.built += 1;
        if package.keys.is_subset(seen) {
            repeated.again += 1;
            repeated.cpu += package.work.cpu;
        }
        seen.extend(&package.keys);
        repeated.keys = seen.len();
    }
    let mut all: Vec<Repeated> = known.into_values().map(|(_, repeated)| repeated).filter(|it| it.again > 0).collect();
    all.sort_by_key(|it| (std::cmp::Reverse(it.cpu), it.name.clone()));
    all
}

fn entry(Past { began, run }: Past, slowness: Option<f64>) -> Entry {
    Entry {
        began,
        go: run.setting.go.into_iter().collect::<Vec<_>>().join(", "),
        wall: run.totals.wall,
        cpu: run.totals.cpu,
        built: run.totals.built,
        cached: run.totals.cached,
        rss: run.totals.rss,
        linked: run.totals.linked,
        slower: slowness.map(change),
        name: run.name,
    }
}

/// What did the same work before a change of level and behind it has changed nothing but the machine's mood.
fn trend(name: String, points: Vec<(usize, Nanos)>, is_same_work: impl Fn(usize, usize) -> bool) -> Trend {
    let levels: Vec<f64> = points.iter().map(|(_, cost)| log(cost.0)).collect();
    let shift = |level: shift::Level| Shift {
        run: points[level.begin].0,
        before: middle(&points[level.before..level.begin]),
        after: middle(&points[level.begin..level.end]),
    };
    let is_own = |level: &shift::Level| {
        // Where exactly it began may be off by one.
        let (before, behind) = (level.begin.saturating_sub(2), (level.begin + 1).min(points.len() - 1));
        !is_same_work(points[before].0, points[behind].0)
    };
    let shifts = shifts(&levels).into_iter().filter(is_own).map(shift);
    let shifts = shifts.filter(|it| it.before.0.abs_diff(it.after.0) >= SHORTEST.0).collect();
    Trend { name, points, shifts }
}

fn middle(points: &[(usize, Nanos)]) -> Nanos {
    Nanos(median(points.iter().map(|(_, cost)| cost.0).collect()))
}

/// How much more CPU time the same work took in each run than in the first one, as a logarithm.
fn slowness(past: &[Past]) -> Vec<Option<f64>> {
    let mut known: BTreeMap<&str, Known> = BTreeMap::new();
    let mut all: Vec<Option<f64>> = Vec::new();
    for Past { run, .. } in past {
        let witnesses = run.packages.iter().filter_map(|(name, package)| {
            let before = known.get(name.as_str()).filter(|before| before.package.is_same_work(package))?;
            let cost = package.work.cpu;
            (cost >= SHORTEST).then(|| (log(cost.0) - before.sum / f64::from(before.times), float(cost.0)))
        });
        let witnesses: Vec<(f64, f64)> = witnesses.collect();
        let slowness = match all.as_slice() {
            [] => Some(0.0),
            _ => (witnesses.len() >= FEWEST_WITNESSES).then(|| middle_of_most(&witnesses).0),
        };
        all.push(slowness);
        // What was compiled at an unknown speed tells nothing about the next runs.
        let Some(slowness) = slowness else { continue };
        for (name, package) in &run.packages {
            let cost = log(package.work.cpu.0) - slowness;
            match known.get_mut(name.as_str()).filter(|before| before.package.is_same_work(package)) {
                Some(before) => (before.sum, before.times) = (before.sum + cost, before.times.saturating_add(1)),
                None => _ = known.insert(name, Known { package, sum: cost, times: 1 }),
            }
        }
    }
    all
}

/// What a package costs at the speed of the first run, from all runs that did the same work: from one run to the next, errors
/// would add up.
struct Known<'a> {
    package: &'a Package,
    /// Of the logarithms.
    sum: f64,
    times: u32,
}

fn scaled(cpu: Nanos, log: f64) -> Nanos {
    let most = float(u64::MAX / 2);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it was clamped to what fits")]
    Nanos((float(cpu.0) * log.exp()).round().clamp(0.0, most) as u64)
}

/// What everything costs at each run: of each package that there was, the last that is known, or else the first.
fn total(past: &[Past], costs: &BTreeMap<&str, Vec<(usize, Nanos)>>) -> Vec<(usize, Nanos)> {
    let most = past.iter().map(|past| past.run.packages.len()).max().unwrap_or(0) as u64;
    let is_full = |run: &Run| run.packages.len() as u64 * NEARLY_ALL.1 >= most * NEARLY_ALL.0;
    let full: Vec<usize> = (0..past.len()).filter(|index| is_full(&past[*index].run)).collect();
    let mut sums = vec![Nanos::ZERO; past.len()];
    for (name, points) in costs {
        let (first, last) = (points[0].0, points[points.len() - 1].0);
        let seen = past.iter().position(|past| past.run.cached.contains(*name)).unwrap_or(first).min(first);
        let gone = full.iter().copied().find(|index| *index > last).unwrap_or(past.len());
        let mut known = points[0].1;
        let mut ahead = points.iter().peekable();
        for (index, sum) in sums.iter_mut().enumerate().take(gone).skip(seen) {
            if let Some((_, cost)) = ahead.next_if(|(run, _)| *run == index) {
                known = *cost;
            }
            *sum += known;
        }
    }
    sums.into_iter().enumerate().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of runs without what they were made from.
    fn history(past: Vec<Past>) -> History {
        super::history(past, Keys::default())
    }

    /// A run with packages as `name cpu key`, in milliseconds.
    fn past(day: u64, packages: &str, cached: &str) -> Past {
        let mut run = Run { name: format!("{day}.jsonl"), ..Run::default() };
        for package in packages.split(", ").filter(|package| !package.is_empty()) {
            let words: Vec<&str> = package.split(' ').collect();
            let package = run.packages.entry(words[0].to_owned()).or_default();
            package.work.runs = 1;
            package.work.cpu = Nanos::from_millis(words[1].parse().expect("milliseconds"));
            package.keys.insert(ActionId::of(words[2]));
        }
        run.cached = cached.split_whitespace().map(str::to_owned).collect();
        Past { began: Some(Nanos(day)), run }
    }

    fn millis(points: &[(usize, Nanos)]) -> Vec<u64> {
        points.iter().map(|(_, cost)| cost.0 / 1_000_000).collect()
    }

    #[test]
    fn a_package_costs_what_it_cost_when_it_was_compiled_last() {
        let history = history(vec![
            past(3, "b 30 y", "a"),
            past(1, "a 100 x, b 10 x", ""),
            past(2, "b 20 z", "a"),
            past(4, "b 30 y, c 5 x", "a"),
        ]);
        assert_eq!(
            history.runs.iter().map(|run| run.name.as_str()).collect::<Vec<_>>(),
            ["1.jsonl", "2.jsonl", "3.jsonl", "4.jsonl"]
        );
        assert_eq!(millis(&history.packages[0].points), [10, 20, 30, 30], "b, which changed most");
        assert_eq!(millis(&history.total.points)[..3], [110, 120, 130]);
    }

    #[test]
    fn a_package_that_a_full_build_does_not_have_is_gone_and_one_that_was_cached_was_there() {
        let history = history(vec![
            past(1, "a 10 x, b 10 x, c 10 x", "d"),
            past(2, "d 40 x", ""),
            past(3, "a 10 x, b 10 x, d 40 x", ""),
        ]);
        assert_eq!(millis(&history.total.points), [70, 70, 60]);
    }

    #[test]
    fn what_the_same_work_took_more_is_the_machine_and_not_the_project() {
        let packages = |scale: u64, own: u64| {
            let same = (1..=12).map(|n| format!("p{n} {} x", n * 10 * scale));
            same.chain([format!("own {own} k{own}")]).collect::<Vec<_>>().join(", ")
        };
        let history = history(vec![past(1, &packages(1, 100), ""), past(2, &packages(2, 300), "")]);
        let slower: Vec<_> = history.runs.iter().map(|run| run.slower.map(|it| it.to_string())).collect();
        assert_eq!(slower, [Some(String::from("0.0 %")), Some(String::from("+100.0 %"))]);
        let own = history.packages.iter().find(|trend| trend.name == "own").expect("the package");
        assert_eq!(millis(&own.points), [100, 150]);
    }

    #[test]
    fn a_level_that_stays_is_a_shift_from_the_run_on_that_began_it() {
        let cost = |day: u64| if day < 8 { 100 + day % 3 } else { 140 + day % 3 };
        let history = history((1..16).map(|day| past(day, &format!("a {} k{day}", cost(day)), "")).collect());
        let shifts = &history.packages[0].shifts;
        assert_eq!(shifts.len(), 1, "{shifts:?}");
        assert_eq!((shifts[0].run, shifts[0].before.0 / 10_000_000, shifts[0].after.0 / 10_000_000), (7, 10, 14));
        assert_eq!(history.total.shifts.len(), 1);
    }

    #[test]
    fn the_same_work_changes_no_level() {
        let cost = |day: u64| if day < 8 { 100 } else { 140 };
        let history = history((1..16).map(|day| past(day, &format!("a {} same", cost(day)), "")).collect());
        assert_eq!(history.packages[0].shifts, []);
    }

    #[test]
    fn what_was_built_with_a_key_of_an_earlier_run_would_have_come_from_a_kept_cache() {
        let history = history(vec![
            past(1, "a 10 x, b 10 x", ""),
            past(2, "a 11 x, b 10 y", ""),
            past(3, "a 12 x, b 13 x, c 5 x", ""),
        ]);
        let told = history.repeated.iter().map(|it| (&*it.name, it.keys, it.built, it.again, it.cpu.0 / 1_000_000));
        assert_eq!(told.collect::<Vec<_>>(), [("a", 1, 3, 2, 23), ("b", 2, 3, 1, 13)]);
    }

    #[test]
    fn nothing_has_no_history() {
        let history = history(Vec::new());
        assert!(history.runs.is_empty() && history.packages.is_empty() && history.total.points.is_empty());
    }
}
