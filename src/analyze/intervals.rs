//! Stretches of time as a set: where anything of a kind went on.
//!
//! Knows moments on one clock; does not know what went on. Overlapping stretches melt into one, so a set is small however
//! many tool runs are put into it: it grows with the gaps.

use std::collections::BTreeMap;

use crate::units::Nanos;

/// Disjoint stretches of time, each with a length.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Intervals(BTreeMap<Nanos, Nanos>);

impl Intervals {
    /// No time at all.
    #[must_use]
    pub const fn none() -> Self {
        Self(BTreeMap::new())
    }

    /// One stretch.
    #[must_use]
    pub fn of(start: Nanos, end: Nanos) -> Self {
        let mut intervals = Self::default();
        intervals.add(start, end);
        intervals
    }

    /// Adds a stretch.
    pub fn add(&mut self, start: Nanos, end: Nanos) {
        if start >= end {
            return;
        }
        // Runs come nearly in order, and most begin before the last one known has ended.
        if let Some(mut last) = self.0.last_entry()
            && (*last.key()..=*last.get()).contains(&start)
        {
            let until = end.max(*last.get());
            last.insert(until);
            return;
        }
        let (mut start, mut end) = (start, end);
        while let Some((from, to)) = self.last_touching(start, end) {
            self.0.remove(&from);
            (start, end) = (start.min(from), end.max(to));
        }
        self.0.insert(start, end);
    }

    /// The last stretch that begins before `end` and does not end before `start`.
    fn last_touching(&self, start: Nanos, end: Nanos) -> Option<(Nanos, Nanos)> {
        let (from, to) = self.0.range(..=end).next_back()?;
        (*to >= start).then_some((*from, *to))
    }

    /// Adds all stretches of another set.
    pub fn add_all(&mut self, other: &Self) {
        for (start, end) in &other.0 {
            self.add(*start, *end);
        }
    }

    /// How long they are together.
    #[must_use]
    pub fn length(&self) -> Nanos {
        self.0.iter().map(|(start, end)| end.since(*start)).sum()
    }

    /// Each of them, in order.
    pub fn stretches(&self) -> impl Iterator<Item = (Nanos, Nanos)> {
        self.0.iter().map(|(start, end)| (*start, *end))
    }

    /// What is in both.
    #[must_use]
    pub fn common(&self, other: &Self) -> Self {
        let mut common = Self::default();
        for (start, end) in &self.0 {
            let before = other.0.range(..start).next_back();
            for (from, to) in before.into_iter().chain(other.0.range(start..end)) {
                common.add(*start.max(from), *end.min(to));
            }
        }
        common
    }

    /// What is here and not there.
    #[must_use]
    pub fn without(&self, other: &Self) -> Self {
        let mut rest = Self::default();
        for (start, end) in &self.0 {
            let mut at = *start;
            for (from, to) in &Self::of(*start, *end).common(other).0 {
                rest.add(at, *from);
                at = *to;
            }
            rest.add(at, *end);
        }
        rest
    }
}

#[cfg(test)]
mod tests {
    use super::Intervals;
    use crate::units::Nanos;
    use proptest::prelude::*;

    fn set(stretches: &[(u64, u64)]) -> Intervals {
        let mut set = Intervals::default();
        stretches.iter().for_each(|(start, end)| set.add(Nanos(*start), Nanos(*end)));
        set
    }

    /// Whether each unit of time is in it.
    fn units(set: &Intervals) -> Vec<bool> {
        let holds = |unit: u64| set.0.iter().any(|(start, end)| (start.0..end.0).contains(&unit));
        (0..40).map(holds).collect()
    }

    #[test]
    fn stretches_that_touch_melt_into_one() {
        assert_eq!(set(&[(0, 2), (4, 6), (2, 4)]).0.len(), 1);
        assert_eq!(set(&[(0, 2), (3, 6)]).length(), Nanos(5));
        assert_eq!(set(&[(3, 3), (5, 4)]), Intervals::default(), "nothing is no stretch");
    }

    proptest! {
        #[test]
        fn sets_are_what_they_hold(
            left in prop::collection::vec((0_u64..40, 0_u64..40), 0..8),
            right in prop::collection::vec((0_u64..40, 0_u64..40), 0..8),
        ) {
            let held = |stretches: &[(u64, u64)]| -> Vec<bool> {
                (0..40).map(|unit| stretches.iter().any(|(start, end)| (*start..*end).contains(&unit))).collect()
            };
            let both = |by: fn(bool, bool) -> bool| -> Vec<bool> {
                held(&left).into_iter().zip(held(&right)).map(|(here, there)| by(here, there)).collect()
            };
            let (a, b) = (set(&left), set(&right));
            prop_assert_eq!(units(&a), held(&left));
            prop_assert_eq!(units(&a.common(&b)), both(|here, there| here && there));
            prop_assert_eq!(units(&a.without(&b)), both(|here, there| here && !there));
            let count = u64::try_from(held(&left).iter().filter(|held| **held).count()).expect("few");
            prop_assert_eq!(a.length(), Nanos(count));
            prop_assert_eq!(a.common(&b).length() + a.without(&b).length(), a.length());
        }
    }
}
