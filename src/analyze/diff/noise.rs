//! How far numbers of builds can be trusted: intervals for how much something changed, from a few runs on each side.
//!
//! Knows logarithms of ratios; does not know what was measured. Nothing is drawn by lot, so the same numbers give the same
//! verdict.
//!
//! Where both sides have enough runs the interval is the exact one of Hodges and Lehmann: all ratios of a new run to an old one
//! are sorted, and the rank sum test says how many at both ends can be left out. It needs no assumption on how times are spread,
//! which have long tails, and no random numbers as a bootstrap does, which is also too sure of itself with five runs. With fewer
//! runs ranks cannot tell anything at this confidence. Then it is Student's, of logarithms, and what is known of the spread
//! beforehand, from packages that were the same in all runs, counts as so many runs more.

use crate::units::Change;

/// An interval holds the true change in 99 of 100 cases: a gate that is asked some ten times a day must not cry wolf each week.
pub const CONFIDENCE_PERCENT: u64 = 99;

/// What may be outside of an interval on one of its sides.
const TAIL: f64 = 0.005;

/// The spread that packages tell weighs as much as that of so many runs.
const PRIOR_RUNS: usize = 8;

/// A change, and between which bounds it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Interval {
    /// The best guess.
    pub change: Change,
    /// It is not less than this.
    pub low: Change,
    /// It is not more than this.
    pub high: Change,
}

/// The same as logarithms of ratios.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    guess: f64,
    low: f64,
    high: f64,
}

impl Bounds {
    /// At least `half` to each side of the guess.
    #[must_use]
    pub fn at_least(self, half: f64) -> Self {
        Self { low: self.low.min(self.guess - half), high: self.high.max(self.guess + half), ..self }
    }

    /// As changes.
    #[must_use]
    pub fn interval(self) -> Interval {
        Interval { change: change(self.guess), low: change(self.low), high: change(self.high) }
    }
}

impl Interval {
    /// Whether no change at all is out of it.
    #[must_use]
    pub fn excludes_none(&self) -> bool {
        self.low > Change::NONE || self.high < Change::NONE
    }
}

/// How much larger `new` is than `old`, of logarithms of figures, one for each run. `spread` is the standard deviation of one
/// run as far as it is known from elsewhere. None where nothing tells how far runs differ by themselves.
#[must_use]
pub fn bounds(old: &[f64], new: &[f64], spread: Option<f64>) -> Option<Bounds> {
    let mut shifts: Vec<f64> = new.iter().flat_map(|new| old.iter().map(move |old| new - old)).collect();
    if shifts.is_empty() {
        return None;
    }
    shifts.sort_unstable_by(f64::total_cmp);
    let guess = middle(&shifts);
    if let Some(cut) = ranks_to_cut(old.len(), new.len()) {
        return Some(Bounds { guess, low: shifts[cut], high: shifts[shifts.len() - 1 - cut] });
    }
    let own = old.len() + new.len() - 2;
    let known = if spread.is_some() { PRIOR_RUNS } else { 0 };
    if own + known == 0 {
        return None;
    }
    let squares = deviations(old) + deviations(new) + spread.map_or(0.0, |spread| spread * spread * count(known));
    let spread = (squares / count(own + known)).sqrt();
    let half = student(own + known) * spread * (1.0 / count(old.len()) + 1.0 / count(new.len())).sqrt();
    Some(Bounds { guess, low: guess - half, high: guess + half })
}

/// How many of the sorted ratios may be left out at each end; none where not even the last ones may.
fn ranks_to_cut(old: usize, new: usize) -> Option<usize> {
    // From here on the normal distribution gives the same number or one less, and each package of a build asks.
    const MANY: usize = 12;
    if old.min(new) >= MANY {
        let (pairs, runs) = (count(old * new), count(old + new + 1));
        let cut = pairs / 2.0 - NORMAL * (pairs * runs / 12.0).sqrt();
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "it is between nothing and half the pairs"
        )]
        return Some((cut - 0.5).max(0.0) as usize);
    }
    let (old, new) = (old.min(LARGEST), new.min(LARGEST));
    let ways = rank_sums(old, new);
    let all: f64 = ways.iter().sum();
    let mut below = 0.0;
    let cut = ways.iter().take_while(|ways| {
        below += **ways;
        below / all <= TAIL
    });
    cut.count().checked_sub(1)
}

/// Of more runs than this beside a few, fewer ratios are left out than could be.
const LARGEST: usize = 100;

/// What a normal distribution has outside on each side.
const NORMAL: f64 = 2.576;

/// In how many ways the ranks of two sets of runs can lie, by how many pairs have the new one below: the distribution of Mann
/// and Whitney. Counts are whole numbers, and larger than any integer type.
fn rank_sums(old: usize, new: usize) -> Vec<f64> {
    // ways[n][u]: of n new runs among the old ones seen so far.
    let mut ways = vec![vec![0.0; old * new + 1]; new + 1];
    ways[0][0] = 1.0;
    for rank in 1..=old + new {
        for taken in (1..=new.min(rank)).rev() {
            // The run with this rank is the last one of the new: the old ones before it are below it.
            let below = rank - taken;
            if below > old {
                continue;
            }
            for pairs in (below..=old * new).rev() {
                let more = ways[taken - 1][pairs - below];
                ways[taken][pairs] += more;
            }
        }
    }
    ways.pop().unwrap_or_default()
}

/// The standard deviation of one run, as the runs themselves tell it; none where there are fewer than five on a side.
#[must_use]
pub fn own_spread(old: &[f64], new: &[f64]) -> Option<f64> {
    let freedom = (old.len() + new.len()).checked_sub(2)?;
    (old.len().min(new.len()) >= 5).then(|| ((deviations(old) + deviations(new)) / count(freedom)).sqrt())
}

/// The sum of the squares of what values are off their mean.
fn deviations(values: &[f64]) -> f64 {
    let mean = values.iter().sum::<f64>() / count(values.len().max(1));
    values.iter().map(|value| (value - mean) * (value - mean)).sum()
}

/// What Student's distribution has outside on each side.
fn student(freedom: usize) -> f64 {
    const FEW: [f64; 12] = [63.66, 9.925, 5.841, 4.604, 4.032, 3.707, 3.499, 3.355, 3.250, 3.169, 3.106, 3.055];
    // Good to a hundredth from there on.
    FEW.get(freedom.saturating_sub(1)).copied().unwrap_or_else(|| NORMAL + 5.5 / count(freedom))
}

/// The middle of the values and how far they are spread around it, each with its weight: what most of them say. Values that are
/// far off (Huber's bound) count for less, so that a few of them, which really changed, move it little.
#[must_use]
pub fn middle_of_most(values: &[(f64, f64)]) -> (f64, f64) {
    const BOUND: f64 = 1.5;
    const ROUNDS: usize = 30;
    let mut guess = weighted_middle(values.iter().copied());
    let spread = weighted_middle(values.iter().map(|(value, weight)| ((value - guess).abs(), *weight))) * 1.4826;
    for _ in 0..ROUNDS {
        let (mut sum, mut all) = (0.0, 0.0);
        for (value, weight) in values {
            let off = (value - guess).abs();
            let weight = if off > BOUND * spread { weight * BOUND * spread / off } else { *weight };
            sum += weight * value;
            all += weight;
        }
        if all > 0.0 {
            guess = sum / all;
        }
    }
    (guess, spread)
}

fn weighted_middle(values: impl Iterator<Item = (f64, f64)>) -> f64 {
    let mut values: Vec<(f64, f64)> = values.collect();
    values.sort_unstable_by(|one, other| one.0.total_cmp(&other.0));
    let half = values.iter().map(|(_, weight)| weight).sum::<f64>() / 2.0;
    let mut seen = 0.0;
    for (value, weight) in &values {
        seen += weight;
        if seen >= half {
            return *value;
        }
    }
    0.0
}

/// The middle of sorted values.
fn middle(sorted: &[f64]) -> f64 {
    let (low, high) = ((sorted.len().max(1) - 1) / 2, sorted.len() / 2);
    let at = |index: usize| sorted.get(index).copied().unwrap_or(0.0);
    f64::midpoint(at(low), at(high))
}

/// The value below which nine of ten are; sorts them.
#[must_use]
pub fn nine_tenths(values: &mut [f64]) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    values.get((values.len() * 9) / 10).or(values.last()).copied().unwrap_or(0.0)
}

/// The middle one of integers; of an even number the lower one of the two, which has been seen.
#[must_use]
pub fn median(mut values: Vec<u64>) -> u64 {
    values.sort_unstable();
    values.get(values.len().saturating_sub(1) / 2).copied().unwrap_or(0)
}

/// The logarithm of a figure; of nothing that of one.
#[must_use]
pub fn log(figure: u64) -> f64 {
    float(figure.max(1)).ln()
}

/// A logarithm of a ratio as a change.
#[must_use]
pub fn change(log: f64) -> Change {
    const MOST: f64 = 1e12;
    let thousandths = ((log.exp() - 1.0) * 100_000.0).round().clamp(-100_000.0, MOST);
    #[expect(clippy::cast_possible_truncation, reason = "it was clamped to what fits")]
    Change::from_thousandths(thousandths as i64)
}

/// A figure for arithmetic that does not need its last digits.
#[must_use]
pub fn float(figure: u64) -> f64 {
    let half = |bits: u64| f64::from(u32::try_from(bits & 0xffff_ffff).unwrap_or(0));
    half(figure >> 32) * 4_294_967_296.0 + half(figure)
}

/// The same of a length.
#[must_use]
pub fn count(number: usize) -> f64 {
    float(u64::try_from(number).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn interval(old: &[f64], new: &[f64], spread: Option<f64>) -> Option<Interval> {
        Some(bounds(old, new, spread)?.interval())
    }

    fn logs(figures: &[u64]) -> Vec<f64> {
        figures.iter().map(|figure| log(*figure)).collect()
    }

    /// The numbers of tables of the rank sum test, two-sided at 1 %: how many of the sorted differences are left out.
    #[test]
    fn ranks_tell_what_the_tables_of_the_test_say() {
        assert_eq!(ranks_to_cut(4, 4), None, "of 70 ways to lie not even one is rare enough");
        assert_eq!(ranks_to_cut(5, 5), Some(0));
        assert_eq!(ranks_to_cut(6, 6), Some(2));
        assert_eq!(ranks_to_cut(8, 8), Some(7));
        assert_eq!(ranks_to_cut(10, 10), Some(16));
        assert_eq!(ranks_to_cut(5, 10), Some(4));
        assert_eq!(ranks_to_cut(12, 12), Some(26), "27 in the tables");
        assert_eq!(ranks_to_cut(20, 20), Some(104), "105 in the tables");
        assert_eq!(ranks_to_cut(1, 30), None);
        assert_eq!(rank_sums(2, 2), [1.0, 1.0, 2.0, 1.0, 1.0]);
    }

    #[test]
    fn one_run_on_each_side_tells_nothing_unless_the_spread_is_known() {
        assert_eq!(interval(&logs(&[100]), &logs(&[150]), None), None);
        let known = interval(&logs(&[1000]), &logs(&[1500]), Some(0.01)).expect("an interval");
        assert_eq!(known.change.to_string(), "+50.0 %");
        assert!(known.excludes_none());
        assert!(!interval(&logs(&[1000]), &logs(&[1010]), Some(0.01)).expect("an interval").excludes_none());
    }

    #[test]
    fn two_runs_on_each_side_are_trusted_less_than_five() {
        let width = |old: &[u64], new: &[u64]| {
            let found = interval(&logs(old), &logs(new), None).expect("an interval");
            found.high.thousandths() - found.low.thousandths()
        };
        assert!(
            width(&[1000, 1020], &[1000, 1020])
                > 4 * width(&[1000, 1020, 1010, 1005, 1015], &[1000, 1020, 1010, 1005, 1015])
        );
    }

    #[test]
    fn a_few_values_that_are_far_off_move_the_middle_little() {
        let mut values: Vec<(f64, f64)> = (0..20_u32).map(|at| (f64::from(at % 5) / 100.0, 1.0)).collect();
        let (before, _) = middle_of_most(&values);
        values.extend([(3.0, 1.0), (4.0, 1.0)]);
        let (after, spread) = middle_of_most(&values);
        assert!((before - 0.02).abs() < 1e-9 && (after - before).abs() < 0.01, "{before} {after}");
        assert!(spread < 0.03, "{spread}");
    }

    proptest! {
        #[test]
        fn the_other_way_round_it_is_the_other_way_round(
            old in prop::collection::vec(1_000_u64..2_000, 1..9),
            new in prop::collection::vec(1_000_u64..2_000, 1..9),
            spread in prop::option::of(0.001_f64..0.2),
        ) {
            let (there, back) = (interval(&logs(&old), &logs(&new), spread), interval(&logs(&new), &logs(&old), spread));
            prop_assert_eq!(there.is_some(), back.is_some());
            if let Some((there, back)) = there.zip(back) {
                prop_assert!(there.low <= there.change && there.change <= there.high);
                // 1.25 times as much is a fifth less the other way round.
                let product = float(there.change.of(1_000_000)) * float(back.change.of(1_000_000)) / 1e12;
                prop_assert!((product - 1.0).abs() < 1e-3, "{there:?} {back:?}");
                prop_assert_eq!(there.excludes_none(), back.excludes_none());
            }
        }

        #[test]
        fn runs_that_are_all_the_same_have_not_changed(figure in 1_u64..1_000_000_000, runs in 2_usize..12) {
            let same = vec![figure; runs];
            let found = interval(&logs(&same), &logs(&same), None).expect("an interval");
            prop_assert_eq!((found.low, found.change, found.high), (Change::NONE, Change::NONE, Change::NONE));
        }

    }

    /// Runs that differ by nothing but noise of a tenth: how often the interval says that they do.
    #[test]
    fn an_interval_misses_what_is_true_no_more_often_than_it_promises() {
        const TRIALS: u64 = 4000;
        for runs in [2, 3, 4, 5, 8] {
            let misses = (0..TRIALS).filter(|trial| {
                let side = |side: u64| (0..runs).map(|run| noise(trial * 100 + side * 50 + run)).collect::<Vec<f64>>();
                interval(&side(0), &side(1), None).is_some_and(|found| found.excludes_none())
            });
            let misses = misses.count();
            assert!((1..=60).contains(&misses), "of {TRIALS} with {runs} runs each: {misses}");
        }
    }

    /// Nearly a normal distribution: the sum of a dozen numbers that are spread evenly.
    fn noise(seed: u64) -> f64 {
        let even = |at: u64| float(mixed(seed * 16 + at) >> 11) / 9_007_199_254_740_992.0;
        ((0..12).map(even).sum::<f64>() - 6.0) / 10.0
    }

    const fn mixed(number: u64) -> u64 {
        let number = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        number ^ (number >> 31)
    }
}
