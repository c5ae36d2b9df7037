//! Where a series changes its level and keeps it.
//!
//! Knows logarithms of figures in order; does not know what was measured. A series is cut in two where the means of both parts
//! differ most, measured by the noise from one value to the next, and each part again. Single odd values are no level: of each value
//! and its neighbours the middle one counts.

use crate::analyze::diff::noise::count;

/// A level that differs from the one before: values by index, those of the one before from `before` on, its own from `begin` until
/// `end`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Level {
    pub(super) before: usize,
    pub(super) begin: usize,
    pub(super) end: usize,
}

/// Fewer values are no level.
const SHORTEST: usize = 3;

/// How many standard errors two levels must be apart. There are as many places to cut as values, and as many series as packages:
/// of normal noise one in some ten thousand series would be cut.
const ENOUGH: f64 = 5.0;

/// No series is trusted to be less noisy than that: two percent.
const LEAST_NOISE: f64 = 0.02;

/// Five percent are worth a word.
const LEAST_CHANGE: f64 = 0.048_790_164_169_432;

/// The levels of a series but its first one, in order.
pub(super) fn shifts(values: &[f64]) -> Vec<Level> {
    let noise = noise(values);
    let smooth = without_single_odd_ones(values);
    let mut cuts = Vec::new();
    cut(&smooth, 0, noise, &mut cuts);
    cuts.sort_unstable();
    let ends = cuts.iter().skip(1).copied().chain([values.len()]);
    let begins = [0].into_iter().chain(cuts.iter().copied());
    begins.zip(&cuts).zip(ends).map(|((before, begin), end)| Level { before, begin: *begin, end }).collect()
}

/// The standard deviation of a value, from how far neighbours differ: a change of level is one such difference among many.
fn noise(values: &[f64]) -> f64 {
    let mut steps: Vec<f64> = values.windows(2).map(|pair| (pair[1] - pair[0]).abs()).collect();
    steps.sort_unstable_by(f64::total_cmp);
    let middle = steps.get(steps.len() / 2).copied().unwrap_or(0.0);
    (middle / 0.6745 / std::f64::consts::SQRT_2).max(LEAST_NOISE)
}

fn without_single_odd_ones(values: &[f64]) -> Vec<f64> {
    let middle = |at: usize| {
        // The first and the last one have both their neighbours on one side.
        let begin = at.saturating_sub(1).min(values.len().saturating_sub(3));
        let mut near: Vec<f64> = values.iter().skip(begin).take(3).copied().collect();
        near.sort_unstable_by(f64::total_cmp);
        near[near.len() / 2]
    };
    (0..values.len()).map(middle).collect()
}

/// Cuts a part of the series, which begins at `from`, where it is to be cut.
fn cut(part: &[f64], from: usize, noise: f64, cuts: &mut Vec<usize>) {
    let Some(at) = best_cut(part, noise) else { return };
    let (left, right) = part.split_at(at);
    cuts.push(from + at);
    cut(left, from, noise, cuts);
    cut(right, from + at, noise, cuts);
}

fn best_cut(part: &[f64], noise: f64) -> Option<usize> {
    let all: f64 = part.iter().sum();
    let mut left = 0.0;
    let mut best: Option<(f64, usize)> = None;
    for (index, value) in part.iter().enumerate() {
        let (before, behind) = (count(index), count(part.len() - index));
        if index >= SHORTEST && part.len() - index >= SHORTEST {
            let apart = ((all - left) / behind - left / before).abs();
            let errors = apart / (noise * (1.0 / before + 1.0 / behind).sqrt());
            let is_more = best.is_none_or(|(most, _)| errors > most);
            if apart >= LEAST_CHANGE && errors >= ENOUGH && is_more {
                best = Some((errors, index));
            }
        }
        left += value;
    }
    best.map(|(_, index)| index)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn begins(values: &[f64]) -> Vec<usize> {
        shifts(values).iter().map(|level| level.begin).collect()
    }

    #[test]
    fn each_level_is_found_where_it_begins() {
        let series: Vec<f64> =
            [(10, 1.0), (6, 1.3), (12, 1.1)].iter().flat_map(|(length, level)| vec![*level; *length]).collect();
        assert_eq!(begins(&series), [10, 16]);
        assert_eq!(shifts(&series)[1], Level { before: 10, begin: 16, end: 28 });
    }

    #[test]
    fn few_values_and_single_odd_ones_are_no_level() {
        assert_eq!(begins(&[]), [0; 0]);
        assert_eq!(begins(&[1.0, 2.0]), [0; 0]);
        let mut odd = vec![1.0; 20];
        odd[7] = 3.0;
        odd[19] = 0.2;
        assert_eq!(begins(&odd), [0; 0]);
    }

    proptest! {
        #[test]
        fn noise_is_no_change_of_level(noise in prop::collection::vec(-0.02_f64..0.02, 0..60)) {
            prop_assert_eq!(begins(&noise), [0; 0]);
        }

        #[test]
        fn a_step_well_above_the_noise_is_found_within_one_run(
            noise in prop::collection::vec(-0.01_f64..0.01, 12..60), at in any::<prop::sample::Index>(), step in prop::sample::select(vec![-0.3, -0.2, 0.2, 0.3]),
        ) {
            let at = 4 + at.index(noise.len() - 7);
            let series: Vec<f64> = noise.iter().enumerate().map(|(index, value)| if index < at { *value } else { value + step }).collect();
            let found = begins(&series);
            prop_assert_eq!(found.len(), 1, "{:?}", found);
            prop_assert!(found[0].abs_diff(at) <= 1, "{} for {}", found[0], at);
        }

        #[test]
        fn levels_lie_one_behind_the_other(values in prop::collection::vec(-1.0_f64..1.0, 0..40)) {
            let levels = shifts(&values);
            for level in &levels {
                prop_assert!(level.before < level.begin && level.begin < level.end);
            }
            for pair in levels.windows(2) {
                prop_assert_eq!((pair[0].begin, pair[0].end), (pair[1].before, pair[1].begin));
            }
        }
    }
}
