//! Out of memory: who was killed, what the limit was, and how many tools at a time would have fitted.
//!
//! Knows kills, samples and peaks; does not know who sent a signal. Where the kernel's own counter did not move, a SIGKILL may
//! have been somebody's, and the answer says so.

use crate::analyze::tally::Tally;
use crate::build::{Action, Catalog, Outcome, Purpose, Session};
use crate::units::{Bytes, Nanos};

/// A job that ran out of memory, as far as can be told.
#[derive(Debug, PartialEq, Eq)]
pub struct OutOfMemory {
    /// How sure that is.
    pub evidence: Evidence,
    /// The tools that were killed, in the order in which they began.
    pub victims: Vec<Victim>,
    /// The tightest limit that is known.
    pub limit: Option<Limit>,
    /// The most resident memory that the whole job had in the second before the first kill; else in its last one.
    pub rss: Option<Bytes>,
    /// What would have fitted.
    pub fits: Option<Fits>,
}

/// What speaks for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Evidence {
    /// The kernel counted so many kills for want of memory in the job's cgroup.
    Counted(u64),
    /// A tool was killed by SIGKILL, which somebody may have sent.
    Signal,
}

/// A tool that was killed.
#[derive(Debug, PartialEq, Eq)]
pub struct Victim {
    /// The tool.
    pub tool: String,
    /// The package.
    pub package: String,
    /// How much it had at its peak.
    pub peak: Bytes,
}

/// How much memory there was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    /// The figure.
    pub bytes: Bytes,
    /// Whose it is.
    pub of: Whose,
}

/// Whose limit it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whose {
    /// The cgroup's: a container, a CI job.
    Cgroup,
    /// The machine's.
    Machine,
}

/// How many tools at a time stay below the limit, whichever they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fits {
    /// The largest `-p`; 0 where not even the largest tool run fits by itself.
    pub at_a_time: u64,
    /// The peaks of that many of the largest tool runs, added up; of the largest one where none fits.
    pub peaks: Bytes,
}

/// How long before a kill memory is of interest: a few samples.
const BEFORE: Nanos = Nanos(1_000_000_000);

/// How many hundredths are left for `go` itself and everything else in the same cgroup.
const FOR_OTHERS: u64 = 10;

/// The answer for a job; none where nothing speaks for it.
#[must_use]
pub fn out_of_memory(catalog: &Catalog, tally: &Tally, session: &Session, oom_kills: u64) -> Option<OutOfMemory> {
    let end = session.start + session.wall();
    let killed: Vec<&Action> = tally
        .faults()
        .iter()
        .filter(|action| action.outcome == Outcome::Killed(9) && (session.start..=end).contains(&action.start))
        .collect();
    if oom_kills == 0 && killed.is_empty() {
        return None;
    }
    let limits = [(session.limits.cgroup, Whose::Cgroup), (session.limits.memory, Whose::Machine)];
    let limits = limits.into_iter().filter_map(|(bytes, of)| Some(Limit { bytes: bytes?, of }));
    let limit = limits.min_by_key(|limit| limit.bytes);
    let first_kill = killed.iter().map(|action| action.end).min();
    Some(OutOfMemory {
        evidence: if oom_kills > 0 { Evidence::Counted(oom_kills) } else { Evidence::Signal },
        victims: killed.iter().map(|action| victim(catalog, action)).collect(),
        limit,
        rss: rss_before(session, first_kill),
        fits: limit.and_then(|limit| fits(&peaks(tally), limit.bytes)),
    })
}

fn victim(catalog: &Catalog, action: &Action) -> Victim {
    let package = action.package.map(|package| catalog.packages.get(package).name().into_owned());
    Victim {
        tool: catalog.tools.get(action.tool).name.clone(),
        package: package.unwrap_or_default(),
        peak: action.max_rss,
    }
}

/// A victim's memory is gone a moment before its death is noticed, so the last sample may know nothing of it.
fn rss_before(session: &Session, kill: Option<Nanos>) -> Option<Bytes> {
    let kill = kill.unwrap_or(session.start + session.wall());
    let before = Nanos(kill.0.saturating_sub(BEFORE.0))..=kill;
    session.samples.iter().filter(|sample| before.contains(&sample.at)).map(|sample| sample.rss).max()
}

/// The peaks of all tools of all packages, the largest first.
#[must_use]
pub fn peaks(tally: &Tally) -> Vec<Bytes> {
    let cells = tally.cells(None).filter(|(cell, _)| cell.purpose == Purpose::Work && cell.inside.is_none());
    let mut peaks: Vec<Bytes> = cells.map(|(_, sum)| sum.max_rss).filter(|peak| peak.0 > 0).collect();
    peaks.sort_unstable_by(|left, right| right.cmp(left));
    peaks
}

/// Counts how many of the largest peaks fit: a build with that `-p` stays below the limit even where they meet. Takes the
/// largest first.
#[must_use]
pub fn fits(peaks: &[Bytes], limit: Bytes) -> Option<Fits> {
    let largest = *peaks.first()?;
    let room = limit.0 - limit.0 / 100 * FOR_OTHERS;
    let mut fits = Fits { at_a_time: 0, peaks: Bytes(0) };
    for peak in peaks {
        let sum = fits.peaks.0.saturating_add(peak.0);
        if sum > room {
            break;
        }
        fits = Fits { at_a_time: fits.at_a_time + 1, peaks: Bytes(sum) };
    }
    Some(if fits.at_a_time == 0 { Fits { at_a_time: 0, peaks: largest } } else { fits })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analyze::tally::Commands;
    use crate::build::{Limits, Sample};

    const MIB: u64 = 1 << 20;

    /// Where pictures begin.
    const ORIGIN: u64 = 1_000_000_000;

    fn session(cgroup: Option<u64>) -> Session {
        let sample = |at: u64, rss: u64| Sample {
            at: Nanos(ORIGIN + at * 1_000_000),
            rss: Bytes(rss * MIB),
            ..Sample::default()
        };
        Session {
            limits: Limits {
                cgroup: cgroup.map(|mib| Bytes(mib * MIB)),
                memory: Some(Bytes(4096 * MIB)),
                ..Limits::default()
            },
            start: Nanos(ORIGIN),
            samples: vec![sample(10, 100), sample(20, 700), sample(30, 5), sample(40, 900)],
            ..Session::default()
        }
    }

    fn asked(picture: &str, session: &Session, oom_kills: u64) -> Option<OutOfMemory> {
        let (catalog, tally) = Tally::of_picture(picture, Commands::Merged);
        out_of_memory(&catalog, &tally, session, oom_kills)
    }

    #[test]
    fn a_build_that_went_well_was_not_out_of_memory() {
        assert_eq!(asked("compile m:a 1-30 rss=600", &session(Some(1000)), 0), None);
        assert_eq!(asked("compile m:a 1-30 !2 rss=600", &session(Some(1000)), 0), None);
    }

    #[test]
    fn the_limit_the_victim_and_what_fits_are_named() {
        let picture = "
            compile m:a 1-9 rss=200
            compile m:b 1-30 signal=9 rss=600
            link m:c 1-9 rss=300
            compile m:d 1-9 rss=10";
        let answer = asked(picture, &session(Some(1000)), 1).expect("it was");
        assert_eq!(answer.evidence, Evidence::Counted(1));
        assert_eq!(answer.limit, Some(Limit { bytes: Bytes(1000 * MIB), of: Whose::Cgroup }));
        assert_eq!(answer.rss, Some(Bytes(700 * MIB)), "of the samples shortly before the kill");
        assert_eq!(answer.victims.len(), 1);
        assert_eq!((answer.victims[0].package.as_str(), answer.victims[0].peak), ("b", Bytes(600 * MIB)));
        // 600 + 300 are within the 900 that are left of 1000, and 200 more are not.
        assert_eq!(answer.fits, Some(Fits { at_a_time: 2, peaks: Bytes(900 * MIB) }));
    }

    #[test]
    fn a_single_run_may_be_too_large() {
        let answer = asked("compile m:b 1-30 signal=9 rss=600", &session(Some(500)), 0).expect("it was");
        assert_eq!(answer.evidence, Evidence::Signal);
        assert_eq!(answer.fits, Some(Fits { at_a_time: 0, peaks: Bytes(600 * MIB) }));
        let answer = asked("compile m:b 1-30 signal=9 rss=600", &session(None), 0).expect("it was");
        assert_eq!(answer.limit.map(|limit| limit.of), Some(Whose::Machine));
    }
}
