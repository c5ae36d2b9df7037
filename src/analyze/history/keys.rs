//! Under which keys the build cache knew packages, from trace to trace.
//!
//! Knows each use of a key and what it cost, and keeps of every key one build with what it was made from, so that the traces need
//! not be kept. Does not compare.

use std::collections::{BTreeMap, HashMap};

use crate::analyze::why::history::{History, Made};
use crate::build::{ActionId, Build, CommandId, Excerpt, Hash, Origin, Outcome, PackageId};
use crate::tool_kind::ToolKind;
use crate::units::Nanos;

/// Of so many keys of a package it is kept what they were made from; more are counted.
const MOST_SAMPLES: usize = 64;

/// Of so many keys of a package it is known that the same came out.
const MOST_ALIKE: usize = 8;

/// Keys of packages, filled trace by trace.
#[derive(Debug, Default)]
pub struct Keys {
    /// How many traces there were.
    traces: usize,
    /// A build of each key.
    pub(super) samples: Excerpt,
    /// All keys.
    pub(super) all: Vec<Key>,
    /// Of each package its keys.
    pub(super) by_package: BTreeMap<Whose, Vec<usize>>,
    numbers: HashMap<(Whose, ActionId), usize>,
    /// Which keys something was compiled with, by import path and what came out: an edit need not change that.
    pub(super) contents: HashMap<String, HashMap<Hash, Vec<usize>>>,
}

/// What has keys of its own that are not to be merged with others: a variant of a package, for a platform.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Whose {
    /// The package with its variant.
    pub package: String,
    /// What it was built for.
    pub target: Option<String>,
    /// Whether it was compiled or linked.
    pub tool: ToolKind,
}

/// A key.
#[derive(Debug)]
pub(super) struct Key {
    /// What was made with it, as the samples call it, where it was kept.
    pub(super) sample: Option<(CommandId, PackageId)>,
    /// Each time that it was used to build something.
    pub(super) uses: Vec<Use>,
}

/// A key was missed, and its package built.
#[derive(Debug, Clone, Copy)]
pub(super) struct Use {
    /// In which trace, by number.
    pub(super) trace: usize,
    /// At which place of the trace.
    pub(super) at: (usize, ToolKind),
    /// What it cost.
    pub(super) cpu: Nanos,
}

impl Keys {
    /// How many traces there were.
    pub(super) const fn traces(&self) -> usize {
        self.traces
    }

    /// Takes the next trace.
    pub fn add(&mut self, build: &Build) {
        let history = History::of(build, &build.catalog.commands_by_time());
        let dirs = dirs(build, &history);
        let mut compiled: HashMap<usize, usize> = HashMap::new();
        for (at, made) in history.made.iter().enumerate() {
            for tool in [ToolKind::Compile, ToolKind::Link] {
                let key = self.see(build, made, (at, tool), &dirs);
                compiled.extend(key.filter(|_| tool == ToolKind::Compile).map(|key| (at, key)));
            }
        }
        for made in &history.made {
            self.learn_contents(build, made, &dirs, &compiled);
        }
        self.traces += 1;
    }

    /// Counts a use of the key with which a tool made something.
    fn see(&mut self, build: &Build, made: &Made, at: (usize, ToolKind), dirs: &Dirs) -> Option<usize> {
        let tool = at.1;
        let main = made.first(tool).filter(|run| build.actions[*run].outcome == Outcome::Done)?;
        let id = build.figures(main).action_id?;
        let is_link = |run: &usize| build.actions[*run].kind == ToolKind::Link;
        let (links, compiles): (Vec<usize>, Vec<usize>) = made.runs.iter().copied().partition(is_link);
        // What is stamped into a program is in the key of its main package, too, and only the link tells of it.
        let (runs, sample) = if tool == ToolKind::Link { (&links, &links) } else { (&compiles, &made.runs) };
        let package = build.catalog.packages.get(made.package).name().into_owned();
        let target = made.facts(build).and_then(|facts| facts.target.clone());
        let whose = Whose { package, target, tool };
        let known = self.numbers.get(&(whose.clone(), id)).copied();
        let number = known.unwrap_or_else(|| {
            let of_package = self.by_package.entry(whose.clone()).or_default();
            of_package.push(self.all.len());
            self.numbers.insert((whose, id), self.all.len());
            let is_kept = of_package.len() <= MOST_SAMPLES;
            // A program and its main package are made by one command, with a key each.
            let source = self.traces * 2 + usize::from(tool == ToolKind::Link);
            let maker = |dir| dirs.get(&(made.command.index(), dir)).map(|(_, package)| *package);
            let sample = is_kept.then(|| self.samples.add(build, sample, source, maker)).flatten();
            self.all.push(Key { sample, uses: Vec::new() });
            self.all.len() - 1
        });
        let cpu = runs.iter().map(|run| build.actions[*run].cpu()).sum();
        self.all[number].uses.push(Use { trace: self.traces, at, cpu });
        Some(number)
    }

    /// What came out is told by those who imported it in the same go command.
    fn learn_contents(&mut self, build: &Build, made: &Made, dirs: &Dirs, compiled: &HashMap<usize, usize>) {
        for import in made.inputs(build).flat_map(|inputs| &inputs.imports) {
            let (Origin::Built(dir), Some(content)) = (import.from, import.content) else { continue };
            let Some((at, package)) = dirs.get(&(made.command.index(), dir)) else { continue };
            let Some(key) = compiled.get(at) else { continue };
            let path = &build.catalog.packages.get(*package).path;
            let of_path = match self.contents.get_mut(path) {
                Some(known) => known,
                None => self.contents.entry(path.clone()).or_default(),
            };
            let keys = of_path.entry(content).or_default();
            if keys.len() < MOST_ALIKE && !keys.contains(key) {
                keys.push(*key);
            }
        }
    }
}

/// What each go command compiled in which directory in `$WORK`.
type Dirs = HashMap<(usize, u32), (usize, PackageId)>;

fn dirs(build: &Build, history: &History) -> Dirs {
    let compiled = history.made.iter().enumerate().filter_map(|(at, made)| {
        let dir = build.actions[made.first(ToolKind::Compile)?].objdir?;
        Some(((made.command.index(), dir), (at, made.package)))
    });
    compiled.collect()
}
