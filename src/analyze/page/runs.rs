//! What ran when, for a page that can be asked about each tool run: names once, runs as figures, what each waited for.
//!
//! Knows the axis and the lanes of the timeline, and the steps; does not know how anything is drawn. Moments are on the axis,
//! from which long idle times are cut out.

use rustc_hash::{FxHashMap, FxHashSet};

use super::Marks;
use crate::analyze::chart;
use crate::analyze::chart::chores;
use crate::analyze::course::account::Load;
use crate::analyze::steps::Steps;
use crate::analyze::timeline::{
    Axis, Break, ChoreBar, ChoreRun, CommandSpan, Lanes, Step, Stretch, command_spans, curve, measured,
};
use crate::build::{Action, Build, CallId, CommandId, Outcome, PackageId, Purpose, ToolId};
use crate::tool_kind::ToolKind;
use crate::units::{Bytes, Nanos};

/// The report.
#[derive(Debug, Default)]
pub struct Runs {
    /// What the runs refer to.
    pub names: Names,
    /// The tool runs, by start.
    pub runs: Vec<Run>,
    /// What cmd/go scheduled, by the numbers that runs refer to.
    pub steps: Vec<StepNeeds>,
    /// The go commands, by start.
    pub commands: Vec<CommandSpan>,
    /// What go commands did themselves, by start, as far as it was recorded.
    pub chores: Vec<ChoreBar>,
    /// How many lanes the runs need.
    pub lanes: usize,
    /// The length of the axis.
    pub length: Nanos,
    /// The part of it in which a go command or a tool ran.
    pub covered: Nanos,
    /// Where idle time was cut out of it.
    pub breaks: Vec<Break>,
    /// What changed over time.
    pub curves: Vec<Curve>,
    /// What stretches of the axis were spent in.
    pub windows: Vec<(Nanos, Nanos, Load)>,
    /// Processors, where that is known.
    pub cpus: Option<u64>,
}

/// Names, each once.
#[derive(Debug, Default)]
pub struct Names {
    /// Packages, sorted.
    pub packages: Vec<Package>,
    /// Modules.
    pub modules: Vec<String>,
    /// Tools and what they are.
    pub tools: Vec<(String, ToolKind)>,
    /// Stages of compile and link.
    pub stages: Vec<String>,
    /// Command lines without what is a run's own.
    pub calls: Vec<Vec<String>>,
}

/// A package.
#[derive(Debug)]
pub struct Package {
    /// Its import path, and its variant.
    pub name: String,
    /// The path alone.
    pub path: String,
    /// Its module.
    pub module: Option<usize>,
}

/// A tool run.
#[derive(Debug, Clone)]
pub struct Run {
    /// In which lane it is; runs of a lane do not overlap, and a lane means nothing else.
    pub lane: usize,
    /// When it began.
    pub start: Nanos,
    /// When it ended.
    pub end: Nanos,
    /// The tool.
    pub tool: usize,
    /// What it is drawn as: its tool's kind, or a probe.
    pub kind: ToolKind,
    /// The tool that it ran inside.
    pub inside: Option<usize>,
    /// The package.
    pub package: Option<usize>,
    /// The go command, counted from 0 by time.
    pub command: usize,
    /// The step that it is part of.
    pub step: Option<usize>,
    /// CPU time in user mode.
    pub user: Nanos,
    /// CPU time in the kernel.
    pub sys: Nanos,
    /// Its peak of memory.
    pub max_rss: Bytes,
    /// How it ended.
    pub outcome: Outcome,
    /// What it spent its time on: stages, and the shares of its wall time.
    pub stages: Vec<(usize, Nanos)>,
    /// Its command line.
    pub call: Option<usize>,
    /// The number of its directory in `$WORK`.
    pub dir: Option<u32>,
    /// Whether it is on the critical path.
    pub is_critical: bool,
}

/// What a step waited for.
#[derive(Debug, Default, Clone)]
pub struct StepNeeds {
    /// Steps, ascending; each has a lower number than this one.
    pub needs: Vec<usize>,
}

/// Something that changed over time.
#[derive(Debug)]
pub struct Curve {
    /// A short name for it.
    pub id: &'static str,
    /// What it is.
    pub title: &'static str,
    /// More words.
    pub what: &'static str,
    /// What its values are.
    pub unit: CurveUnit,
    /// Its values, each until the next.
    pub steps: Vec<Step>,
}

/// What the values of a curve are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CurveUnit {
    /// How many.
    Count,
    /// Bytes.
    Bytes,
    /// Thousandths.
    Thousandths,
}

/// A stretch of a command's time, on its monotonic clock.
#[derive(Debug, Clone, Copy)]
pub struct Window {
    /// The command.
    pub command: CommandId,
    /// From.
    pub start: Nanos,
    /// Until.
    pub end: Nanos,
    /// How busy its workers were.
    pub kind: Load,
}

/// Lays out what a build ran, or one command of it.
pub(super) fn runs(build: &Build, only: Option<CommandId>, marks: &Marks) -> Runs {
    let wanted = |action: &Action| only.is_none_or(|only| only == action.command);
    let mut order: Vec<usize> = (0..build.actions.len()).filter(|index| wanted(&build.actions[*index])).collect();
    let moments = |index: usize| {
        let action = &build.actions[index];
        let command = build.catalog.commands.get(action.command);
        (command.on_calendar(action.start), command.on_calendar(action.end).max(command.on_calendar(action.start)))
    };
    order.sort_by_key(|index| moments(*index));
    let commands = chart::commands(build, only);
    let chores = chores::of(build, only, None);
    let spans: Vec<(Nanos, Nanos)> = order.iter().map(|index| moments(*index)).collect();
    let of_commands = commands.iter().map(|command| (command.start, command.end));
    let of_go = chores.iter().map(|chore| (chore.start, chore.end));
    let axis = Axis::of(spans.iter().copied().chain(of_commands).chain(of_go).collect());
    let mut made = Making::new(build, &order);
    let steps = Scheduled::of(build, only);
    let mut lanes = Lanes::default();
    let runs: Vec<Run> = order
        .iter()
        .zip(spans)
        .map(|(index, (start, end))| {
            let (start, end) = (axis.place(start), axis.place(end));
            let lane = lanes.take(start, end);
            let step = steps.of_action.get(index).copied();
            Run { lane, start, end, step, is_critical: marks.critical.contains(index), ..made.run(*index) }
        })
        .collect();
    let place = |command, at| axis.place(build.catalog.commands.get(command).on_calendar(at));
    Runs {
        curves: curves(build, only, &runs, &steps, &axis),
        lanes: lanes.ends.len(),
        commands: command_spans(commands, &axis),
        chores: lay_out(chores, &axis),
        windows: marks
            .windows
            .iter()
            .filter(|window| only.is_none_or(|only| only == window.command))
            .map(|window| (place(window.command, window.start), place(window.command, window.end), window.kind))
            .collect(),
        steps: steps.needs,
        length: axis.length,
        covered: axis.length.since(axis.breaks.iter().map(|cut| cut.width).sum()),
        breaks: axis.breaks,
        cpus: chart::cpus(build),
        names: made.names,
        runs,
    }
}

/// What go did itself, in rows.
fn lay_out(mut chores: Vec<ChoreRun>, axis: &Axis) -> Vec<ChoreBar> {
    chores.sort_by(|left, right| {
        (left.start, left.end, left.chore, &left.label).cmp(&(right.start, right.end, right.chore, &right.label))
    });
    let mut rows = Lanes::default();
    let place = |ChoreRun { start, end, chore, label, details }| {
        let (start, end) = (axis.place(start), axis.place(end).max(axis.place(start)));
        ChoreBar { lane: rows.take(start, end), start, end, chore, label, details }
    };
    chores.into_iter().map(place).collect()
}

/// The steps of all commands, numbered through.
struct Scheduled {
    needs: Vec<StepNeeds>,
    of_action: FxHashMap<usize, usize>,
    /// From when until when a step was ready and had not begun, on the clock of its command.
    waits: Vec<(CommandId, Nanos, Nanos)>,
}

impl Scheduled {
    fn of(build: &Build, only: Option<CommandId>) -> Self {
        let mut all = Self { needs: Vec::new(), of_action: FxHashMap::default(), waits: Vec::new() };
        let of_each = match only {
            Some(only) => vec![(only, Steps::of(build, only))],
            None => Steps::of_each(build),
        };
        for (command, steps) in of_each {
            all.add(command, &steps);
        }
        all
    }

    /// A step that waited for nothing that is known was ready when the first one began.
    fn add(&mut self, command: CommandId, steps: &Steps) {
        let first = self.needs.len();
        let (begin, _) = steps.span();
        for (index, step) in steps.steps.iter().enumerate() {
            self.of_action.extend(step.runs.iter().map(|action| (*action, first + index)));
            let mut needs: Vec<usize> = step.needs.iter().map(|need| first + need).collect();
            needs.sort_unstable();
            self.needs.push(StepNeeds { needs });
            self.waits.push((command, steps.ready(index).unwrap_or(begin), step.start));
        }
    }
}

fn curves(build: &Build, only: Option<CommandId>, runs: &[Run], steps: &Scheduled, axis: &Axis) -> Vec<Curve> {
    // What runs inside another tool is that tool's work.
    let own = || runs.iter().filter(|run| run.inside.is_none());
    let waits = steps.waits.iter().filter(|(_, ready, start)| ready < start).map(|(command, ready, start)| {
        let place = |at| axis.place(build.catalog.commands.get(*command).on_calendar(at));
        (place(*ready), place(*start), 1)
    });
    let mut curves = vec![
        Curve {
            id: "running",
            title: "running",
            what: "tool runs at a time",
            unit: CurveUnit::Count,
            steps: curve(own().map(|run| (run.start, run.end, 1))),
        },
        Curve {
            id: "waiting",
            title: "ready, waiting",
            what: "packages whose imports were built and that waited for a free worker",
            unit: CurveUnit::Count,
            steps: curve(waits),
        },
        Curve {
            id: "memory",
            title: "memory",
            what: "the peaks of the tools that ran, summed: they peak at different moments, so this is an upper bound",
            unit: CurveUnit::Bytes,
            steps: curve(own().map(|run| (run.start, run.end, run.max_rss.0))),
        },
    ];
    curves.extend(only.is_none().then(|| seen(build, axis)).into_iter().flatten());
    curves.retain(|curve| !curve.steps.is_empty());
    curves
}

/// What `gotrace record` saw of the job and its machine. It looked at them, and not at a command.
fn seen(build: &Build, axis: &Axis) -> [Curve; 2] {
    let seen = measured(&chores::watched(build), |at| axis.place(at));
    [
        Curve {
            id: "resident",
            title: "memory, measured",
            what: "resident memory of all processes of the job, go's own and tests' too, as seen a few times per second",
            unit: CurveUnit::Bytes,
            steps: with_gaps(&seen.rss),
        },
        Curve {
            id: "busy",
            title: "processors at work",
            what: "of the whole machine, for whomever they worked",
            unit: CurveUnit::Thousandths,
            steps: with_gaps(&seen.busy),
        },
    ]
}

/// Zero where nobody looked.
fn with_gaps(stretches: &[Stretch]) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    for Stretch { start, end, value } in stretches {
        // The gap before it ends where it begins.
        steps.pop_if(|gap| gap.at == *start);
        steps.extend([Step { at: *start, value: *value }, Step { at: *end, value: 0 }]);
    }
    steps
}

/// Runs that are being made, with the names that they refer to.
struct Making<'a> {
    build: &'a Build,
    names: Names,
    packages: FxHashMap<usize, usize>,
    commands: FxHashMap<usize, usize>,
    stages: FxHashMap<String, usize>,
    calls: FxHashMap<usize, usize>,
}

impl<'a> Making<'a> {
    /// With the names of these actions' packages: other commands may have built thousands of others.
    fn new(build: &'a Build, actions: &[usize]) -> Self {
        let catalog = &build.catalog;
        let used: FxHashSet<usize> =
            actions.iter().filter_map(|index| Some(build.actions[*index].package?.index())).collect();
        let mut sorted: Vec<(PackageId, String)> = catalog
            .packages
            .iter()
            .filter(|(id, _)| used.contains(&id.index()))
            .map(|(id, package)| (id, package.name().into_owned()))
            .collect();
        sorted.sort_by(|left, right| left.1.cmp(&right.1));
        let mut modules: FxHashMap<String, usize> = FxHashMap::default();
        let mut names = Names {
            tools: catalog.tools.iter().map(|(_, tool)| (tool.name.clone(), tool.kind)).collect(),
            ..Names::default()
        };
        let packages = sorted.iter().enumerate().map(|(number, (id, _))| (id.index(), number)).collect();
        for (id, name) in sorted {
            let module = catalog.module_of(id).map(|module| number(&mut modules, &mut names.modules, &module.name()));
            names.packages.push(Package { path: catalog.packages.get(id).path.clone(), name, module });
        }
        let order = catalog.commands_by_time();
        let commands = order.into_iter().enumerate().map(|(number, id)| (id.index(), number)).collect();
        Self { build, names, packages, commands, stages: FxHashMap::default(), calls: FxHashMap::default() }
    }

    fn run(&mut self, index: usize) -> Run {
        let action = &self.build.actions[index];
        Run {
            lane: 0,
            start: Nanos::ZERO,
            end: Nanos::ZERO,
            tool: action.tool.index(),
            kind: if action.purpose == Purpose::Probe { ToolKind::Probe } else { action.kind },
            inside: action.inside.map(ToolId::index),
            package: action.package.and_then(|id| self.packages.get(&id.index()).copied()),
            command: self.commands.get(&action.command.index()).copied().unwrap_or(0),
            step: None,
            user: action.user,
            sys: action.sys,
            max_rss: action.max_rss,
            outcome: action.outcome,
            stages: self.stages(index),
            call: self.build.call(index).map(|call| self.call(call)),
            dir: action.objdir,
            is_critical: false,
        }
    }

    fn stages(&mut self, index: usize) -> Vec<(usize, Nanos)> {
        let (build, stages, names) = (self.build, &mut self.stages, &mut self.names.stages);
        let phases = build.phases(index).iter().filter(|(_, time)| *time > Nanos::ZERO);
        phases.map(|(phase, time)| (number(stages, names, build.catalog.phase_name(*phase)), *time)).collect()
    }

    fn call(&mut self, id: CallId) -> usize {
        let calls = &mut self.names.calls;
        *self.calls.entry(id.index()).or_insert_with(|| {
            calls.push(self.build.catalog.calls.get(id).words.clone());
            calls.len() - 1
        })
    }
}

/// The number of a name, which is new or not.
fn number(numbers: &mut FxHashMap<String, usize>, names: &mut Vec<String>, name: &str) -> usize {
    if let Some(number) = numbers.get(name) {
        return *number;
    }
    names.push(name.to_owned());
    numbers.insert(name.to_owned(), names.len() - 1);
    names.len() - 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_curve_is_zero_where_nobody_looked() {
        let stretch = |start, end, value| Stretch { start: Nanos(start), end: Nanos(end), value };
        let steps = with_gaps(&[stretch(5, 7, 3), stretch(7, 9, 4), stretch(12, 13, 1)]);
        let steps: Vec<(u64, u64)> = steps.iter().map(|step| (step.at.0, step.value)).collect();
        assert_eq!(steps, [(5, 3), (7, 4), (9, 0), (12, 1), (13, 0)]);
    }
}
