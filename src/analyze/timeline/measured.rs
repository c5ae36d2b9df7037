//! What was seen of a job and its machine a few times per second, as curves.
//!
//! Takes looks at moments of one clock; knows neither jobs nor the axis. What is between two looks is taken for what the
//! first one saw; before the first and after the last look of a job nothing is known, and the curve has a gap.

use std::collections::BTreeMap;

use super::{Measured, Stretch};
use crate::units::{Bytes, Nanos};

/// What was seen from one look to the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Watched {
    /// The look.
    pub start: Nanos,
    /// The next one.
    pub end: Nanos,
    /// Resident memory of all processes of the job at the look, summed.
    pub rss: Bytes,
    /// Time that processors of the machine were at work from the look to the next, summed; none where the machine does not
    /// tell.
    pub busy: Option<Nanos>,
}

/// The curves. Jobs at the same time add up in memory; of the machine, which is the same one, they say the same.
pub(in crate::analyze) fn curves(watched: &[Watched], place: impl Fn(Nanos) -> Nanos) -> Measured {
    let placed = |watched: &Watched, value| Stretch { start: place(watched.start), end: place(watched.end), value };
    let rss: Vec<Stretch> = watched.iter().map(|it| placed(it, it.rss.0)).collect();
    let busy: Vec<Stretch> = watched.iter().filter_map(|it| Some(placed(it, thousandths(it)?))).collect();
    Measured { rss: joined(&rss, |sum, _| sum), busy: joined(&busy, |sum, jobs| sum / u128::from(jobs)) }
}

fn thousandths(watched: &Watched) -> Option<u64> {
    let length = watched.end.since(watched.start).0;
    let busy = u128::from(watched.busy?.0) * 1000;
    (length > 0).then(|| u64::try_from(busy / u128::from(length)).unwrap_or(u64::MAX))
}

/// Stretches that overlap, as one curve of stretches that do not: `together` gets the sum and how many there are.
fn joined(stretches: &[Stretch], together: impl Fn(u128, u64) -> u128) -> Vec<Stretch> {
    let mut changes: BTreeMap<Nanos, [(u128, u64); 2]> = BTreeMap::new();
    for stretch in stretches.iter().filter(|stretch| stretch.start < stretch.end) {
        for (at, side) in [(stretch.start, 0), (stretch.end, 1)] {
            let (sum, count) = &mut changes.entry(at).or_default()[side];
            (*sum, *count) = (*sum + u128::from(stretch.value), *count + 1);
        }
    }
    let (mut sum, mut count): (u128, u64) = (0, 0);
    let mut open: Option<(Nanos, u64)> = None;
    let mut curve = Vec::new();
    for (at, [begin, end]) in changes {
        (sum, count) = (sum + begin.0 - end.0, count + begin.1 - end.1);
        let value = (count > 0).then(|| u64::try_from(together(sum, count)).unwrap_or(u64::MAX));
        if open.map(|(_, value)| value) != value {
            curve.extend(open.map(|(start, value)| Stretch { start, end: at, value }));
            open = value.map(|value| (at, value));
        }
    }
    curve
}

#[cfg(test)]
mod tests {
    use super::{Bytes, Nanos, Stretch, Watched, curves};

    fn watched(start: u64, end: u64, rss: u64, busy: u64) -> Watched {
        Watched { start: Nanos(start), end: Nanos(end), rss: Bytes(rss), busy: Some(Nanos(busy)) }
    }

    #[track_caller]
    fn check(curve: &[Stretch], expected: &[(u64, u64, u64)]) {
        let curve: Vec<_> = curve.iter().map(|it| (it.start.0, it.end.0, it.value)).collect();
        assert_eq!(curve, expected);
    }

    #[test]
    fn a_curve_holds_until_the_next_look_and_has_gaps_where_nobody_looked() {
        let measured = curves(&[watched(0, 10, 5, 15), watched(10, 20, 5, 20), watched(50, 60, 7, 0)], |at| at);
        check(&measured.rss, &[(0, 20, 5), (50, 60, 7)]);
        check(&measured.busy, &[(0, 10, 1500), (10, 20, 2000), (50, 60, 0)]);
        assert_eq!((measured.most_rss(), measured.most_busy()), (Some(7), Some(2000)));
    }

    #[test]
    fn the_memory_of_jobs_at_the_same_time_adds_up_and_their_machine_does_not() {
        let measured = curves(&[watched(0, 20, 5, 20), watched(10, 30, 3, 40)], |at| at);
        check(&measured.rss, &[(0, 10, 5), (10, 20, 8), (20, 30, 3)]);
        check(&measured.busy, &[(0, 10, 1000), (10, 20, 1500), (20, 30, 2000)]);
    }

    #[test]
    fn what_has_no_place_on_the_axis_is_not_there() {
        let measured = curves(&[watched(0, 10, 5, 15), watched(10, 20, 6, 20)], |at| at.min(Nanos(10)));
        check(&measured.rss, &[(0, 10, 5)]);
        check(&measured.busy, &[(0, 10, 1500)]);
    }

    #[test]
    fn a_machine_that_does_not_tell_has_no_curve() {
        let measured = curves(&[Watched { busy: None, ..watched(0, 10, 5, 0) }], |at| at);
        assert_eq!((measured.rss.len(), measured.most_busy()), (1, None));
    }
}
