//! One run of a build, as it is compared with others: figures by names, for handles of two traces have nothing in common.
//!
//! Knows a trace; does not know that there are others. Takes what summary, steps and course have to say, so that a comparison
//! never disagrees with them.

use std::collections::{BTreeMap, BTreeSet};

use super::noise::median;
use crate::analyze::course::{memory, path};
use crate::analyze::phases;
use crate::analyze::steps::Steps;
use crate::analyze::steps::concurrency::Concurrency;
use crate::analyze::summary;
use crate::analyze::tally::Tally;
use crate::build::{Action, ActionId, Build, CommandId, Doing, Figures, Outcome, Purpose, Session};
use crate::tool_kind::ToolKind;
use crate::units::{Bytes, Nanos, Percent};

/// A run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Run {
    /// How its trace is called.
    pub name: String,
    /// How it was built.
    pub setting: Setting,
    /// Sums over everything.
    pub totals: Totals,
    /// What was built, by import path and variant.
    pub packages: BTreeMap<String, Package>,
    /// Import paths of what is known to have come from the build cache.
    pub cached: BTreeSet<String>,
    /// What each tool did.
    pub tools: BTreeMap<String, Work>,
    /// What tools spent their wall time on, by tool and stage.
    pub stages: BTreeMap<(String, String), Nanos>,
    /// The critical path of the command that took longest, from its begin.
    pub path: Vec<PathStep>,
    /// What was linked, by package.
    pub links: BTreeMap<String, Link>,
    /// What tells how noisy the machine was.
    pub unrest: Unrest,
}

/// What must be the same for figures to be comparable.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Setting {
    /// The go commands that ran tools.
    pub lines: Vec<String>,
    /// Versions of Go.
    pub go: BTreeSet<String>,
    /// What was built for.
    pub targets: BTreeSet<String>,
    /// Processors.
    pub cpus: BTreeSet<u64>,
    /// In which ways packages were compiled: `race`, `cover` …
    pub ways: BTreeSet<&'static str>,
    /// Tool runs that did not end well.
    pub failures: u64,
}

/// Sums over everything.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Totals {
    /// Of the go commands that ran tools, added up.
    pub wall: Nanos,
    /// CPU time of all tools.
    pub cpu: Nanos,
    /// How many tools ran.
    pub actions: u64,
    /// How many packages were compiled.
    pub built: u64,
    /// How many are known to have come from the build cache.
    pub cached: u64,
    /// The largest peak of one tool.
    pub rss: Bytes,
    /// The largest sum of the peaks of tools that ran at the same time.
    pub peak: Bytes,
    /// The length of the critical path.
    pub critical: Nanos,
    /// Bytes that links wrote.
    pub linked: Bytes,
}

/// What some tool runs cost.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Work {
    /// How many.
    pub runs: u64,
    /// Their CPU time.
    pub cpu: Nanos,
    /// Their wall time, added up.
    pub wall: Nanos,
    /// The largest peak among them.
    pub rss: Bytes,
}

/// What was built of a package.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Package {
    /// What it cost.
    pub work: Work,
    /// Under which keys the build cache knows the results.
    pub keys: BTreeSet<ActionId>,
    /// The size of its archive.
    pub archive: Bytes,
}

impl Package {
    /// Whether two runs did the same for it: the build cache would have taken one result for the other.
    #[must_use]
    pub fn is_same_work(&self, other: &Self) -> bool {
        !self.keys.is_empty() && self.keys == other.keys && self.work.runs == other.work.runs
    }
}

/// A step of the critical path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathStep {
    /// The tool that took longest.
    pub tool: ToolKind,
    /// The package.
    pub package: String,
    /// How long its tools ran.
    pub busy: Nanos,
}

/// A link.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Link {
    /// What it cost.
    pub work: Work,
    /// The size of what it wrote.
    pub output: Bytes,
    /// How many packages were linked.
    pub packages: u64,
}

/// What tells how noisy the machine was.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Unrest {
    /// How often tools were made to wait for a processor.
    pub switches: u64,
    /// Within this CPU time.
    pub cpu: Nanos,
    /// The share of the time in which some task of the machine waited for a processor, where the job was recorded.
    pub stalled: Option<Percent>,
}

impl Unrest {
    /// How often per second of CPU time tools were made to wait.
    #[must_use]
    pub fn switches_per_second(&self) -> u64 {
        let per_second = u128::from(self.switches) * 1_000_000_000 / u128::from(self.cpu.0.max(1));
        u64::try_from(per_second).unwrap_or(u64::MAX)
    }
}

/// Takes a trace for what it tells of a run; with `command`, of this go command alone.
#[must_use]
pub fn run(name: &str, build: &Build, tally: &Tally, command: Option<CommandId>) -> Run {
    let mut run = sums(name, build, tally, command);
    run.follow(build, command);
    run
}

/// The same but for what is about tools at a time: the critical path, and the memory of all of them.
#[must_use]
pub fn sums(name: &str, build: &Build, tally: &Tally, command: Option<CommandId>) -> Run {
    let mut run = Run { name: name.to_owned(), ..Run::default() };
    let is_wanted = |action: &Action| command.is_none_or(|only| action.command == only);
    for (index, action) in build.actions.iter().enumerate().filter(|(_, action)| is_wanted(action)) {
        run.add(build, action, &build.figures(index));
        let imported = build.cached(index).iter().map(|id| build.catalog.packages.get(*id).path.clone());
        run.cached.extend(imported);
    }
    run.sum_up(build, tally, command);
    run.note_cached(build, command);
    run.unrest.stalled = stalled(build.catalog.sessions.iter().map(|(_, session)| session));
    run
}

impl Run {
    fn add(&mut self, build: &Build, action: &Action, figures: &Figures) {
        // What runs inside another tool is in its figures.
        if action.purpose != Purpose::Work || action.inside.is_some() {
            return;
        }
        self.totals.actions += 1;
        self.totals.cpu += action.cpu();
        self.totals.rss = self.totals.rss.max(action.max_rss);
        self.unrest.switches += u64::from(figures.involuntary_switches);
        self.unrest.cpu += action.cpu();
        self.setting.failures += u64::from(action.outcome != Outcome::Done);
        self.setting.ways.extend(figures.ways.names());
        self.tools.entry(build.catalog.tools.get(action.tool).name.clone()).or_default().add(action);
        let Some(package) = action.package else { return };
        let name = build.catalog.packages.get(package).name().into_owned();
        if action.kind == ToolKind::Link {
            self.totals.linked += figures.output_bytes;
            let link = self.links.entry(name.clone()).or_default();
            link.work.add(action);
            link.output = link.output.max(figures.output_bytes);
            link.packages = link.packages.max(u64::from(figures.packages_built) + u64::from(figures.packages_cached));
        }
        let package = self.packages.entry(name).or_default();
        package.work.add(action);
        package.keys.extend(figures.action_id);
        if action.kind == ToolKind::Compile {
            package.archive = package.archive.max(figures.output_bytes);
        }
    }

    fn sum_up(&mut self, build: &Build, tally: &Tally, command: Option<CommandId>) {
        let rows = summary::commands(&build.catalog, tally, command);
        for row in rows.into_iter().filter(|row| row.sum.work.runs > 0) {
            self.totals.wall += row.wall;
            self.totals.built += row.sum.compiles;
            self.setting.lines.push(row.line);
            self.setting.go.extend(row.go_version);
            self.setting.targets.extend(row.target);
            self.setting.cpus.extend(row.cpus);
        }
        for spent in phases::phases(&build.catalog, tally, command, 0).tools {
            for (stage, wall) in spent.stages {
                self.stages.insert((spent.name.clone(), stage), wall);
            }
        }
    }

    fn follow(&mut self, build: &Build, command: Option<CommandId>) {
        let Some((_, steps)) = Steps::chosen(build, command) else { return };
        self.totals.peak = memory::memory(build, &steps, steps.begin).peak;
        let Some(path) = path::critical_path(&build.catalog, &steps, &Concurrency::of(&steps)) else { return };
        self.totals.critical = path.length;
        let step = |step: path::PathStep| PathStep { tool: step.tool, package: step.package, busy: step.busy };
        self.path = path.steps.into_iter().map(step).collect();
    }

    /// What was imported from the cache, and what go said of it. A package that one command built and the next one had from the
    /// cache was built in this run.
    fn note_cached(&mut self, build: &Build, command: Option<CommandId>) {
        let runs = build.catalog.commands.iter().filter(|(id, _)| command.is_none_or(|only| only == *id));
        let told = runs.flat_map(|(_, command)| &command.run.spans).filter(|span| span.what == Doing::Cache);
        let named = told.map(|span| span.object.clone()).filter(|name| !name.is_empty());
        self.cached.extend(named);
        self.cached.retain(|name| !self.packages.contains_key(name));
        self.totals.cached = u64::try_from(self.cached.len()).unwrap_or(u64::MAX);
    }
}

impl Work {
    /// The middle one of each figure.
    #[must_use]
    pub fn middle(works: impl Iterator<Item = Self>) -> Self {
        let works: Vec<Self> = works.collect();
        let of = |figure: fn(&Self) -> u64| median(works.iter().map(figure).collect());
        Self {
            runs: of(|work| work.runs),
            cpu: Nanos(of(|work| work.cpu.0)),
            wall: Nanos(of(|work| work.wall.0)),
            rss: Bytes(of(|work| work.rss.0)),
        }
    }

    fn add(&mut self, action: &Action) {
        self.runs += 1;
        self.cpu += action.cpu();
        self.wall += action.wall();
        self.rss = self.rss.max(action.max_rss);
    }
}

/// Of the time between the first and the last sample, the share in which some task waited for a processor.
fn stalled<'a>(sessions: impl Iterator<Item = &'a Session>) -> Option<Percent> {
    let (mut stalled, mut whole) = (Nanos::ZERO, Nanos::ZERO);
    for session in sessions {
        let seen = session.samples.iter().filter_map(|sample| Some((sample.at, sample.cpu_stall?)));
        let (Some(first), Some(last)) = (seen.clone().min(), seen.max()) else { continue };
        stalled += last.1.since(first.1);
        whole += last.0.since(first.0);
    }
    (whole > Nanos::ZERO).then(|| stalled.percent_of(whole))
}
