//! What ran when: tool runs in lanes along the wall clock, and how many ran at once; where a job was watched, also what go
//! did itself and what the machine showed. This is the report; arrange.rs makes it.
//!
//! It is complete: a renderer draws it without asking anything else.

mod arrange;
mod chore;
mod measured;

pub(super) use arrange::{Axis, Lanes, command_spans, curve};
pub use arrange::{ChoreRun, Command, Events, Run, arrange};
pub use chore::Chore;
pub use measured::Watched;
pub(super) use measured::curves as measured;

use crate::tool_kind::ToolKind;
use crate::units::Nanos;

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// With exit code 0.
    Ok,
    /// With another exit code.
    Failed,
    /// By a signal.
    Killed,
    /// Not as far as the trace goes.
    Unfinished,
}

/// The report. Its moments count from the first event, on an axis from which long idle times are cut out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Timeline {
    /// The go commands, by start.
    pub commands: Vec<CommandSpan>,
    /// The runs that are drawn, by start.
    pub bars: Vec<Bar>,
    /// How many lanes the bars need.
    pub lanes: usize,
    /// The length of the axis.
    pub length: Nanos,
    /// Where idle time was cut out of the axis, in order.
    pub breaks: Vec<Break>,
    /// How many tools ran.
    pub running: Vec<Step>,
    /// Bytes: the peak resident sets of the tools that ran, summed. They peak at different moments, so this is an upper
    /// bound.
    pub rss: Vec<Step>,
    /// Runs and time per kind of tool, whether drawn or not.
    pub tools: Vec<ToolTotal>,
    /// What was too short to draw; the curves and totals count it.
    pub not_drawn: NotDrawn,
    /// What the go commands did themselves; nothing where they were not recorded as a job.
    pub chores: Chores,
    /// What was measured meanwhile; nothing where nobody did.
    pub measured: Measured,
    /// How many processors there were to run tools on, where that is known.
    pub cpus: Option<u64>,
    /// What the reader of the chart must know, such as what the trace cannot see; a sentence each.
    pub notes: Vec<String>,
    /// What was odd in the trace; a sentence each.
    pub problems: Vec<String>,
}

/// One tool run as it is drawn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bar {
    /// Which lane, from 0. Bars of a lane do not overlap; a lane means nothing else.
    pub lane: usize,
    /// On the axis.
    pub start: Nanos,
    /// On the axis.
    pub end: Nanos,
    /// What ran.
    pub tool: ToolKind,
    /// The package.
    pub label: String,
    /// More to say of it, a line each.
    pub details: Vec<String>,
    /// How it ended.
    pub outcome: Outcome,
}

/// What go commands did besides running tools.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Chores {
    /// What is drawn, by start.
    pub bars: Vec<ChoreBar>,
    /// How many lanes they need.
    pub lanes: usize,
    /// How often and how long per kind, whether drawn or not.
    pub totals: Vec<ChoreTotal>,
    /// What was too short to draw.
    pub not_drawn: NotDrawn,
}

/// One chore as it is drawn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChoreBar {
    /// Which lane, from 0; they are other lanes than those of tools.
    pub lane: usize,
    /// On the axis.
    pub start: Nanos,
    /// On the axis.
    pub end: Nanos,
    /// What it was.
    pub chore: Chore,
    /// The package or module that it was about.
    pub label: String,
    /// More to say of it, a line each.
    pub details: Vec<String>,
}

/// What one kind of chore took.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChoreTotal {
    /// The kind.
    pub chore: Chore,
    /// How often.
    pub count: u64,
    /// Their durations, summed.
    pub time: Nanos,
}

/// What was measured while a job ran: curves with gaps where nobody looked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Measured {
    /// Bytes: resident memory of all processes of the job, summed.
    pub rss: Vec<Stretch>,
    /// Thousandths of a processor: how many of the machine's were at work, for whomever.
    pub busy: Vec<Stretch>,
}

/// For this long a curve has this value. The stretches of a curve are in order and do not overlap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stretch {
    /// On the axis.
    pub start: Nanos,
    /// On the axis.
    pub end: Nanos,
    /// In the unit of the curve.
    pub value: u64,
}

/// One go command as it is drawn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandSpan {
    /// Which row, from 0: commands that overlap in time have rows of their own.
    pub row: usize,
    /// On the axis.
    pub start: Nanos,
    /// On the axis.
    pub end: Nanos,
    /// The command line.
    pub label: String,
    /// More to say of it, a line each.
    pub details: Vec<String>,
}

/// Idle time that is cut out: `idle` long in truth, `width` on the axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Break {
    /// Where it begins on the axis.
    pub at: Nanos,
    /// What is left of it on the axis.
    pub width: Nanos,
    /// Its real length.
    pub idle: Nanos,
}

/// From `at` on, a curve has this value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// On the axis.
    pub at: Nanos,
    /// In the unit of the curve.
    pub value: u64,
}

/// What one kind of tool took.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ToolTotal {
    /// The kind.
    pub tool: ToolKind,
    /// How many runs.
    pub runs: u64,
    /// Their durations, summed.
    pub time: Nanos,
}

/// Runs that are counted and not drawn.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct NotDrawn {
    /// How many.
    pub runs: u64,
    /// Their durations, summed.
    pub time: Nanos,
    /// All of them were shorter than this.
    pub shorter_than: Nanos,
}

impl Timeline {
    /// The time in which something could run: the axis without what is left of the idle times.
    #[must_use]
    pub fn covered(&self) -> Nanos {
        self.length.since(self.breaks.iter().map(|cut| cut.width).sum())
    }

    /// The real time between the first event and a place on the axis.
    #[must_use]
    pub fn elapsed(&self, at: Nanos) -> Nanos {
        let cut = |cut: &Break| cut.idle.since(cut.width);
        at + self.breaks.iter().take_while(|cut| cut.at + cut.width <= at).map(cut).sum()
    }

    /// How many runs there were, drawn or not.
    #[must_use]
    pub fn runs(&self) -> u64 {
        self.tools.iter().map(|total| total.runs).sum()
    }

    /// How long they took, one after the other.
    #[must_use]
    pub fn tool_time(&self) -> Nanos {
        self.tools.iter().map(|total| total.time).sum()
    }

    /// How many runs ended in a given way.
    #[must_use]
    pub fn ended(&self, outcome: Outcome) -> u64 {
        let drawn = self.bars.iter().filter(|bar| bar.outcome == outcome).count();
        let small = if outcome == Outcome::Ok { self.not_drawn.runs } else { 0 };
        small.saturating_add(u64::try_from(drawn).unwrap_or(u64::MAX))
    }
}

impl Measured {
    /// The most memory that was seen; none where nobody looked.
    #[must_use]
    pub fn most_rss(&self) -> Option<u64> {
        most(&self.rss)
    }

    /// The most processors that were seen at work, in thousandths.
    #[must_use]
    pub fn most_busy(&self) -> Option<u64> {
        most(&self.busy)
    }
}

fn most(curve: &[Stretch]) -> Option<u64> {
    curve.iter().map(|stretch| stretch.value).max()
}

/// The largest value of a curve.
#[must_use]
pub fn peak(curve: &[Step]) -> u64 {
    curve.iter().map(|step| step.value).max().unwrap_or(0)
}
