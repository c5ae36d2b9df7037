//! The sums of a trace: per package and tool, and per go command.
//!
//! Knows figures that add up; keeps no action, but for those that failed. Its size grows with the packages and tools of a
//! trace, not with its length. Every question that needs no order of events is answered from here.

use rustc_hash::FxHashMap;

use super::intervals::Intervals;
use crate::build::{Action, CommandId, Outcome, PackageId, Phase, Purpose, ToolId};
use crate::tool_kind::ToolKind;
use crate::units::{Bytes, Nanos};

/// Whether the same package in two commands is one cell or two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Commands {
    /// One: sums over the whole trace.
    Merged,
    /// Two: needed to tell commands apart, at a cell for each package of each command.
    Apart,
}

/// What is summed up together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Cell {
    /// The command, where commands are kept apart.
    pub command: Option<CommandId>,
    /// The package; none for probes.
    pub package: Option<PackageId>,
    /// The tool.
    pub tool: ToolId,
    /// The tool that it was a part of.
    pub inside: Option<ToolId>,
    /// What it was run for.
    pub purpose: Purpose,
}

/// The sums of some tool runs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sum {
    /// How many.
    pub runs: u64,
    /// Their wall times, added up.
    pub wall: Nanos,
    /// CPU time in user mode.
    pub user: Nanos,
    /// CPU time in the kernel.
    pub sys: Nanos,
    /// The largest peak resident memory among them: a maximum, not a sum.
    pub max_rss: Bytes,
}

/// The sums and the span of one go command.
#[derive(Debug, Clone, Copy, Default)]
pub struct CommandSum {
    /// All its actions.
    pub work: Sum,
    /// All its probes.
    pub probes: Sum,
    /// How many packages it compiled, variants apart.
    pub compiles: u64,
    /// When its first tool run started and the last one ended, on the monotonic clock.
    pub span: Option<(Nanos, Nanos)>,
    /// CPU time that recording took.
    pub shim_cpu: Nanos,
    /// Actions that did not end well.
    pub faults: u64,
}

/// When a go command had work in hand.
#[derive(Debug, Default)]
pub struct Busy {
    /// One of Go's tools ran, for a build or to tell its version.
    pub tools: Intervals,
    /// A C compiler ran.
    pub compilers: Intervals,
}

impl Busy {
    fn add(&mut self, action: &Action) {
        let intervals = if action.kind == ToolKind::CCompiler { &mut self.compilers } else { &mut self.tools };
        intervals.add(action.start, action.end);
    }
}

/// All sums of a trace.
#[derive(Debug)]
pub struct Tally {
    commands_kept: Commands,
    cells: FxHashMap<Cell, Sum>,
    /// What the wall time of a cell went to, as far as its runs told.
    phases: FxHashMap<Cell, FxHashMap<Phase, Nanos>>,
    commands: Vec<(CommandSum, Busy)>,
    faults: Vec<Action>,
}

impl Tally {
    /// An empty one.
    #[must_use]
    pub fn new(commands_kept: Commands) -> Self {
        let (cells, phases) = (FxHashMap::default(), FxHashMap::default());
        Self { commands_kept, cells, phases, commands: Vec::new(), faults: Vec::new() }
    }

    /// The sums of a build that is drawn as text.
    #[cfg(test)]
    pub(crate) fn of_picture(picture: &str, commands_kept: Commands) -> (crate::build::Catalog, Self) {
        let (catalog, actions) = crate::build::picture::actions(picture);
        let mut tally = Self::new(commands_kept);
        for (action, told) in &actions {
            tally.add(action, &told.phases);
        }
        (catalog, tally)
    }

    /// Adds one action and what it spent its time on.
    pub fn add(&mut self, action: &Action, phases: &[(Phase, Nanos)]) {
        let command = match self.commands_kept {
            Commands::Merged => None,
            Commands::Apart => Some(action.command),
        };
        let (package, tool) = (action.package, action.tool);
        let cell = Cell { command, package, tool, inside: action.inside, purpose: action.purpose };
        self.cells.entry(cell).or_default().add(action);
        if !phases.is_empty() {
            let sums = self.phases.entry(cell).or_default();
            phases.iter().for_each(|(phase, time)| *sums.entry(*phase).or_default() += *time);
        }
        // What runs inside another tool is in its figures, and its failures are that tool's affair: cgo asks compilers about
        // programs that it knows to be wrong.
        if action.inside.is_some() {
            return;
        }
        if action.outcome != Outcome::Done && action.purpose == Purpose::Work {
            self.faults.push(*action);
        }
        let index = action.command.index();
        if self.commands.len() <= index {
            self.commands.resize_with(index + 1, Default::default);
        }
        let (sum, busy) = &mut self.commands[index];
        sum.add(action);
        busy.add(action);
    }

    /// The cells in no particular order; with `Some`, those of one command.
    pub fn cells(&self, of: Option<CommandId>) -> impl Iterator<Item = (&Cell, &Sum)> {
        self.cells.iter().filter(move |(cell, _)| of.is_none() || cell.command == of)
    }

    /// What the runs of a cell spent their time on, in no particular order; together the wall time of those that told.
    pub fn phases(&self, cell: &Cell) -> impl Iterator<Item = (Phase, Nanos)> {
        self.phases.get(cell).into_iter().flatten().map(|(phase, time)| (*phase, *time))
    }

    /// The sums of a command.
    #[must_use]
    pub fn command(&self, id: CommandId) -> CommandSum {
        self.commands.get(id.index()).map(|(sum, _)| *sum).unwrap_or_default()
    }

    /// When a command had work in hand.
    #[must_use]
    pub fn busy(&self, id: CommandId) -> &Busy {
        static NEVER: Busy = Busy { tools: Intervals::none(), compilers: Intervals::none() };
        self.commands.get(id.index()).map_or(&NEVER, |(_, busy)| busy)
    }

    /// The actions that failed, were killed, could not start or did not end, in the order in which they were seen.
    #[must_use]
    pub fn faults(&self) -> &[Action] {
        &self.faults
    }
}

impl Sum {
    fn add(&mut self, action: &Action) {
        self.runs += 1;
        self.wall += action.wall();
        self.user += action.user;
        self.sys += action.sys;
        self.max_rss = self.max_rss.max(action.max_rss);
    }

    /// Joins the sums of two sets of runs.
    pub fn merge(&mut self, other: &Self) {
        self.runs += other.runs;
        self.wall += other.wall;
        self.user += other.user;
        self.sys += other.sys;
        self.max_rss = self.max_rss.max(other.max_rss);
    }

    /// CPU time, user and kernel.
    #[must_use]
    pub fn cpu(&self) -> Nanos {
        self.user + self.sys
    }
}

impl CommandSum {
    fn add(&mut self, action: &Action) {
        match action.purpose {
            Purpose::Work => self.work.add(action),
            Purpose::Probe => self.probes.add(action),
        }
        let is_work = action.purpose == Purpose::Work;
        let is_done = action.outcome == Outcome::Done;
        self.compiles += u64::from(is_work && is_done && action.kind == ToolKind::Compile);
        self.faults += u64::from(is_work && !is_done);
        self.shim_cpu += action.shim_cpu;
        self.span = Some(
            self.span.map_or((action.start, action.end), |(start, end)| (start.min(action.start), end.max(action.end))),
        );
    }
}
