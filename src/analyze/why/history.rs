//! What go commands made, one after the other: each package that a command compiled or linked, with what it was made from.
//!
//! Knows the tool runs of a package in one command as one thing, and what that imported, by whom it was made. Does not compare.

use std::collections::HashMap;

use crate::analyze::costs::cost::Cost;
use crate::build::{
    Action, ActionId, Build, CommandId, Facts, File, Hash, Inputs, Origin, Outcome, PackageId, Purpose,
};
use crate::tool_kind::ToolKind;

/// What was made, in order: by command, and in each by the begin of the first tool.
#[derive(Debug, Default)]
pub struct History {
    /// All of it.
    pub made: Vec<Made>,
    /// Of each package, by its handle's index, what was made of it.
    by_package: HashMap<usize, Vec<usize>>,
    /// Of each import path, without variants: these are of a command of their own.
    by_path: HashMap<String, Vec<usize>>,
    /// When a package was first made with a key.
    keys: HashMap<(usize, ToolKind, ActionId), usize>,
}

/// A package that a go command compiled or linked.
#[derive(Debug)]
pub struct Made {
    /// By which command.
    pub command: CommandId,
    /// Which one that is, counted from 0 in the order of the history.
    pub order: usize,
    /// Which package.
    pub package: PackageId,
    /// The first run of each tool, as indexes into the build's actions.
    pub first: Vec<(ToolKind, usize)>,
    /// All tool runs, likewise.
    pub runs: Vec<usize>,
    /// What its tools cost.
    pub cost: Cost,
    /// What it imported, by path: what a compile did, or else what a link did.
    pub imports: Vec<Imported>,
    /// What came out, where somebody who imported it told.
    pub content: Option<Hash>,
}

/// A package that was imported.
#[derive(Debug, Clone)]
pub struct Imported {
    /// Its import path.
    pub path: String,
    /// Where the same command had made it.
    pub made: Option<usize>,
    /// What its archive held.
    pub content: Option<Hash>,
}

impl History {
    /// Of these commands, which come in order.
    #[must_use]
    pub fn of(build: &Build, commands: &[CommandId]) -> Self {
        let mut history = Self::default();
        let mut by_command: HashMap<usize, Vec<usize>> = HashMap::new();
        for (index, _) in build.actions.iter().enumerate().filter(|(_, action)| is_making(action)) {
            by_command.entry(build.actions[index].command.index()).or_default().push(index);
        }
        for (order, command) in commands.iter().enumerate() {
            let runs = by_command.remove(&command.index()).unwrap_or_default();
            history.add_command(build, *command, order, &runs);
        }
        history
    }

    fn add_command(&mut self, build: &Build, command: CommandId, order: usize, runs: &[usize]) {
        let mut begun: HashMap<usize, Made> = HashMap::new();
        let mut sequence = Vec::new();
        for run in runs {
            let action = &build.actions[*run];
            let Some(package) = action.package else { continue };
            let made = begun.entry(package.index()).or_insert_with(|| {
                sequence.push(package.index());
                Made::begin(command, order, package)
            });
            made.add(action, *run, build);
        }
        let mut dirs: HashMap<u32, usize> = HashMap::new();
        for made in sequence.iter().filter_map(|package| begun.remove(package)) {
            // What failed before its compile, and covdata's work on a package, made nothing.
            let Some(run) = made.main_run() else { continue };
            let at = self.made.len();
            dirs.extend(build.actions[run].objdir.map(|dir| (dir, at)));
            self.add(build, made);
        }
        let begin = self.made.iter().rposition(|made| made.order != order).map_or(0, |last| last + 1);
        for at in begin..self.made.len() {
            self.find_imports(build, at, &dirs);
        }
    }

    fn add(&mut self, build: &Build, made: Made) {
        let at = self.made.len();
        let package = build.catalog.packages.get(made.package);
        self.by_package.entry(made.package.index()).or_default().push(at);
        // A package is linked out of an archive that may come from the cache the next time.
        for tool in [ToolKind::Compile, ToolKind::Link] {
            if let Some(key) = made.key(build, tool).filter(|_| made.is_done(build, tool)) {
                self.keys.entry((made.package.index(), tool, key)).or_insert(made.order);
            }
        }
        if package.variant.is_none() {
            match self.by_path.get_mut(&package.path) {
                Some(list) => list.push(at),
                None => _ = self.by_path.insert(package.path.clone(), vec![at]),
            }
        }
        self.made.push(made);
    }

    fn find_imports(&mut self, build: &Build, at: usize, dirs: &HashMap<u32, usize>) {
        let Some(inputs) = self.made[at].main_run().and_then(|run| build.inputs(run)) else { return };
        let own = build.catalog.packages.get(self.made[at].package).path.as_str();
        let mut imports = Vec::with_capacity(inputs.imports.len());
        for import in &inputs.imports {
            let (package, made) = match import.from {
                Origin::Cached(package) => (package, None),
                Origin::Built(dir) => match dirs.get(&dir) {
                    // A trace is a foreign file: what it says of imports may go in circles.
                    Some(made) if *made < at => (self.made[*made].package, Some(*made)),
                    _ => continue,
                },
            };
            let path = build.catalog.packages.get(package).path.clone();
            // cmd/go hands the plain package to its variant for a test, too.
            if self.made[at].maker() == ToolKind::Compile && path == own {
                continue;
            }
            let maker = made.or_else(|| self.latest(&path, at));
            if let Some(maker) = maker {
                let content = &mut self.made[maker].content;
                *content = content.or(import.content);
            }
            imports.push(Imported { path, made, content: import.content });
        }
        imports.sort_by(|one, other| one.path.cmp(&other.path));
        imports.dedup_by(|one, other| one.path == other.path);
        self.made[at].imports = imports;
    }

    /// Whether an earlier command had made it with the same key.
    #[must_use]
    pub fn is_repeated(&self, build: &Build, at: usize) -> bool {
        let made = &self.made[at];
        let first = made.key(build, made.maker()).map(|key| self.keys.get(&(made.package.index(), made.maker(), key)));
        first.flatten().is_some_and(|first| *first < made.order)
    }

    /// Whether it had failed the last time, with the same key: what fails is not kept.
    #[must_use]
    pub fn is_retried(&self, build: &Build, at: usize) -> bool {
        let (made, tool) = (&self.made[at], self.made[at].maker());
        let Some(last) = self.before(at).next().map(|last| &self.made[last]) else { return false };
        !last.is_done(build, tool) && made.key(build, tool).is_some() && made.key(build, tool) == last.key(build, tool)
    }

    /// What was made of the same package before, by other commands, the latest first.
    pub fn before(&self, at: usize) -> impl Iterator<Item = usize> {
        let (package, order) = (self.made[at].package.index(), self.made[at].order);
        let all = self.by_package.get(&package).map_or(&[][..], Vec::as_slice);
        self.until(all, order).iter().rev().copied()
    }

    /// Whether the command at this place made it.
    #[must_use]
    pub fn is_made(&self, package: PackageId, order: usize) -> bool {
        let all = self.by_package.get(&package.index()).map_or(&[][..], Vec::as_slice);
        all.iter().any(|at| self.made[*at].order == order)
    }

    /// What was made last of an import path before this, without a variant.
    #[must_use]
    pub fn latest(&self, path: &str, before: usize) -> Option<usize> {
        let all = self.by_path.get(path)?;
        self.until(all, self.made[before].order).last().copied()
    }

    /// Those of some, which come in order, that earlier commands made.
    fn until<'l>(&self, some: &'l [usize], order: usize) -> &'l [usize] {
        &some[..some.partition_point(|at| self.made[*at].order < order)]
    }
}

/// The tools that make packages. What runs inside another tool is in its figures.
fn is_making(action: &Action) -> bool {
    let is_maker = !matches!(action.kind, ToolKind::Vet | ToolKind::Other | ToolKind::Probe);
    action.purpose == Purpose::Work && action.inside.is_none() && is_maker
}

impl Made {
    fn begin(command: CommandId, order: usize, package: PackageId) -> Self {
        let cost = Cost { packages: 1, ..Cost::default() };
        let (first, runs, imports) = (Vec::new(), Vec::new(), Vec::new());
        Self { command, order, package, first, runs, cost, imports, content: None }
    }

    fn add(&mut self, action: &Action, run: usize, build: &Build) {
        self.cost.add(&Cost::of_run(action, &build.figures(run)));
        if self.first(action.kind).is_none() {
            self.first.push((action.kind, run));
        }
        self.runs.push(run);
    }

    /// The first run of a tool.
    #[must_use]
    pub fn first(&self, tool: ToolKind) -> Option<usize> {
        self.first.iter().find(|(kind, _)| *kind == tool).map(|(_, run)| *run)
    }

    /// What it was that made it: the compile, or the link where the archive came from the cache.
    #[must_use]
    pub fn maker(&self) -> ToolKind {
        if self.first(ToolKind::Compile).is_some() { ToolKind::Compile } else { ToolKind::Link }
    }

    /// The run of that tool.
    #[must_use]
    pub fn main_run(&self) -> Option<usize> {
        self.first(self.maker())
    }

    /// The key under which the build cache knows what a tool made.
    #[must_use]
    pub fn key(&self, build: &Build, tool: ToolKind) -> Option<ActionId> {
        build.figures(self.first(tool)?).action_id
    }

    /// Whether a tool ended well.
    #[must_use]
    pub fn is_done(&self, build: &Build, tool: ToolKind) -> bool {
        self.first(tool).is_some_and(|run| build.actions[run].outcome == Outcome::Done)
    }

    /// What it imported under this path.
    #[must_use]
    pub fn import(&self, path: &str) -> Option<&Imported> {
        let at = self.imports.binary_search_by(|import| import.path.as_str().cmp(path)).ok()?;
        self.imports.get(at)
    }

    /// What is known of the go command.
    #[must_use]
    pub fn facts<'b>(&self, build: &'b Build) -> Option<&'b Facts> {
        build.catalog.commands.get(self.command).facts.as_ref()
    }

    /// What its tools were made from, each run by itself.
    pub fn inputs<'b>(&self, build: &'b Build) -> impl Iterator<Item = &'b Inputs> {
        self.runs.iter().filter_map(|run| build.inputs(*run))
    }

    /// The files of all its tools.
    pub fn files<'b>(&self, build: &'b Build) -> impl Iterator<Item = &'b File> {
        self.inputs(build).flat_map(|inputs| &inputs.files)
    }

    /// Where its sources are.
    #[must_use]
    pub fn dir<'b>(&self, build: &'b Build) -> Option<&'b str> {
        self.inputs(build).find_map(|inputs| inputs.dir.as_deref())
    }
}
