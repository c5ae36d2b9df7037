//! What a check can answer.
//!
//! Knows verdicts; does not know what was looked at.

use crate::analyze::evidence::Spent;
use crate::units::Nanos;

/// How it stands, the worst last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// There is nothing to look at here.
    NotApplicable,
    /// All is well.
    Ok,
    /// Could not be told.
    Unknown,
    /// Good to know; may well be meant.
    Note,
    /// Costs time, or surprises.
    Warn,
    /// Breaks builds, or their meaning.
    Error,
}

impl Verdict {
    /// In a word or two.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::NotApplicable => "not applicable",
            Self::Ok => "ok",
            Self::Unknown => "could not tell",
            Self::Note => "note",
            Self::Warn => "warn",
            Self::Error => "error",
        }
    }
}

/// What a check found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// How it stands.
    pub verdict: Verdict,
    /// What was seen: values, files; a sentence each, without a full stop.
    pub seen: Vec<String>,
    /// What mends it: commands, or a sentence.
    pub mend: Vec<String>,
    /// What it cost in the build of the trace, where one was given that tells.
    pub cost: Option<Cost>,
}

/// What something cost in the build of a trace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cost {
    /// Time of tools, or of waiting for something.
    pub time: Nanos,
    /// What that was: `compiling 125 packages of the standard library`.
    pub what: String,
}

impl Cost {
    /// Of so many of something; none where there was nothing of the kind.
    pub(super) fn of(spent: Spent, what: impl FnOnce(u64) -> String) -> Option<Self> {
        (spent.count > 0).then(|| Self { time: spent.cpu, what: what(spent.count) })
    }
}

/// Why something could not be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unknown(pub String);

impl Answer {
    fn new(verdict: Verdict, seen: impl Into<String>) -> Self {
        Self { verdict, seen: vec![seen.into()], mend: Vec::new(), cost: None }
    }

    /// All is well, as far as this was seen.
    pub(super) fn ok(seen: impl Into<String>) -> Self {
        Self::new(Verdict::Ok, seen)
    }

    /// There is nothing to look at, and why.
    pub(super) fn not_applicable(why: impl Into<String>) -> Self {
        Self::new(Verdict::NotApplicable, why)
    }

    /// Good to know.
    pub(super) fn note(seen: impl Into<String>) -> Self {
        Self::new(Verdict::Note, seen)
    }

    /// Costs time, or surprises.
    pub(super) fn warn(seen: impl Into<String>) -> Self {
        Self::new(Verdict::Warn, seen)
    }

    /// Breaks builds.
    pub(super) fn error(seen: impl Into<String>) -> Self {
        Self::new(Verdict::Error, seen)
    }

    /// Adds what else was seen.
    pub(super) fn seen(mut self, more: impl Into<String>) -> Self {
        self.seen.push(more.into());
        self
    }

    /// Adds what mends it.
    pub(super) fn mend(mut self, how: impl Into<String>) -> Self {
        self.mend.push(how.into());
        self
    }

    /// Adds what it cost, where that is known.
    pub(super) fn costing(mut self, cost: Option<Cost>) -> Self {
        self.cost = cost;
        self
    }

    /// One answer out of several about the like: as bad as the worst of them, and what was seen where it is not well. Where
    /// there is none, all is well as far as `ok` says.
    pub(super) fn worst(answers: impl IntoIterator<Item = Self>, ok: impl Into<String>) -> Self {
        let bad = answers.into_iter().filter(|answer| answer.verdict > Verdict::Ok);
        bad.reduce(|one, other| Self {
            verdict: one.verdict.max(other.verdict),
            seen: merged(one.seen, other.seen),
            mend: merged(one.mend, other.mend),
            cost: added(one.cost, other.cost),
        })
        .unwrap_or_else(|| Self::ok(ok))
    }
}

/// What both cost, which a rank among other findings takes together.
fn added(one: Option<Cost>, other: Option<Cost>) -> Option<Cost> {
    match (one, other) {
        // Two things about one package cost no more than one.
        (Some(one), Some(other)) if one == other => Some(one),
        (Some(one), Some(other)) => {
            Some(Cost { time: one.time + other.time, what: format!("{}; {}", one.what, other.what) })
        }
        (one, other) => one.or(other),
    }
}

/// What both say is said once.
fn merged(mut one: Vec<String>, other: Vec<String>) -> Vec<String> {
    one.extend(other.into_iter().filter(|how| !one.contains(how)).collect::<Vec<_>>());
    one
}

/// The first few of a list, and how many there are beyond.
pub(super) fn few(names: impl IntoIterator<Item = String>) -> String {
    const SHOWN: usize = 5;
    let mut names: Vec<String> = names.into_iter().collect();
    names.sort();
    let beyond = names.len().saturating_sub(SHOWN);
    names.truncate(SHOWN);
    let listed = names.join(", ");
    if beyond == 0 { listed } else { format!("{listed} and {beyond} more") }
}

#[cfg(test)]
mod tests {
    use super::few;

    #[test]
    fn a_long_list_is_cut() {
        assert_eq!(few(["b", "a"].map(String::from)), "a, b");
        assert_eq!(few((0..7).map(|number| number.to_string())), "0, 1, 2, 3, 4 and 2 more");
    }
}
