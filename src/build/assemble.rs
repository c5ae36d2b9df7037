//! Events to actions: the only place that knows both.
//!
//! A trace is assembled in two steps, so that several threads can share the work: `Part` takes the events of one block and
//! gives names numbers of its own; `Assembly` takes the parts in order, renumbers them, and pairs starts with ends. Actions
//! are handed on as they end, so memory grows with the number of packages, not with the length of the trace. Does no IO.

use rustc_hash::{FxHashMap, FxHashSet};

use super::action::{Action, Outcome, Purpose};
use super::catalog::{
    Anchor, Catalog, Command, CommandId, CommandKey, Facts, Module, ModuleId, Package, PackageId, Tool, ToolId,
    module_name, package_name,
};
use super::tool::ToolKind;
use crate::trace::{Event, Listener, Text, Wire, strings};
use crate::units::{Bytes, Nanos};

/// How much of each event is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Detail {
    /// What ran, for how long.
    Actions,
    /// And what it was given to import.
    Edges,
}

/// The events of one block, numbered by a catalog of its own.
#[derive(Debug)]
pub struct Part {
    source: usize,
    detail: Detail,
    catalog: Catalog,
    sightings: Vec<Sighting>,
    problems: Vec<(u64, String)>,
    /// How many lines the block has, so that the lines of the next one can be counted on.
    pub lines: u64,
}

#[derive(Debug)]
enum Sighting {
    Start(Key, Action),
    End(Key, Action, Edges),
}

/// What pairs an end with its start.
type Key = (usize, u64, u64);

/// What an action was given to import, as far as this go command built it: numbers of directories in `$WORK`.
pub type Edges = Vec<u32>;

impl Part {
    /// A part of the source with this number.
    #[must_use]
    pub fn new(source: usize, detail: Detail) -> Self {
        Self { source, detail, catalog: Catalog::default(), sightings: Vec::new(), problems: Vec::new(), lines: 0 }
    }

    fn action(&mut self, wire: &Wire) -> Action {
        let package = wire.package.as_ref().map(|path| self.package(path, wire));
        let name = wire.tool.as_str();
        Action {
            command: self.command(wire),
            package,
            tool: self
                .catalog
                .tools
                .number(name.to_owned(), |name| Tool { name: name.clone(), kind: ToolKind::of(name) }),
            purpose: if wire.probe { Purpose::Probe } else { Purpose::Work },
            objdir: wire.objdir.as_ref().and_then(|text| objdir(text.as_str())),
            start: Nanos(wire.start_ns),
            end: Nanos(wire.end_ns),
            user: Nanos(wire.user_ns),
            sys: Nanos(wire.sys_ns),
            max_rss: Bytes(wire.max_rss_bytes),
            outcome: outcome(wire),
            shim_cpu: Nanos(wire.shim_cpu_ns),
        }
    }

    fn package(&mut self, path: &Text, wire: &Wire) -> PackageId {
        let (path, variant) = (path.as_str(), wire.variant.as_ref().map(Text::as_str));
        let id = self.catalog.packages.named(&package_name(path, variant), || Package {
            path: path.to_owned(),
            variant: variant.map(str::to_owned),
            module: None,
        });
        if let Some(module) = &wire.module
            && self.catalog.packages.get(id).module.is_none()
        {
            let (path, version) = (module.as_str(), wire.module_version.as_ref().map(Text::as_str));
            let module = self.catalog.modules.named(&module_name(path, version), || Module {
                path: path.to_owned(),
                version: version.map(str::to_owned),
            });
            self.catalog.packages.get_mut(id).module = Some(module);
        }
        id
    }

    fn command(&mut self, wire: &Wire) -> CommandId {
        let key = CommandKey { source: self.source, go_pid: wire.go_pid, go_start_ticks: wire.go_start_ticks };
        let id = self.catalog.commands.number(key, |_| Command::default());
        let anchor = Anchor { monotonic: Nanos(wire.start_ns), epoch: Nanos(wire.time_ns) };
        self.catalog.commands.get_mut(id).learn(facts(wire), (wire.time_ns > 0).then_some(anchor));
        id
    }
}

impl Listener for Part {
    fn event(&mut self, event: &Event<'_>) {
        match event {
            Event::Start(wire) => {
                let mut action = self.action(wire);
                action.outcome = Outcome::Unfinished;
                self.sightings.push(Sighting::Start(self.key(wire), action));
            }
            Event::End(wire) => {
                let edges = match self.detail {
                    Detail::Actions => Edges::new(),
                    Detail::Edges => strings(wire.needs).iter().filter_map(|text| objdir(text.as_str())).collect(),
                };
                let action = self.action(wire);
                self.sightings.push(Sighting::End(self.key(wire), action, edges));
            }
            Event::Unknown => {}
        }
    }

    fn problem(&mut self, line: u64, what: String) {
        self.problems.push((line, what));
    }
}

impl Part {
    const fn key(&self, wire: &Wire) -> Key {
        (self.source, wire.pid, wire.start_ns)
    }
}

fn outcome(wire: &Wire) -> Outcome {
    match (wire.signal, wire.exit_code, &wire.error) {
        (_, code, Some(_)) => Outcome::NotStarted(code.unwrap_or(127)),
        (Some(signal), ..) => Outcome::Killed(signal),
        (None, Some(0) | None, _) => Outcome::Done,
        (None, Some(code), _) => Outcome::Failed(code),
    }
}

fn facts(wire: &Wire) -> Option<Facts> {
    let args = wire.go_args.clone()?;
    let target =
        wire.goos.as_ref().zip(wire.goarch.as_ref()).map(|(os, arch)| format!("{}/{}", os.as_str(), arch.as_str()));
    Some(Facts {
        args,
        dir: owned(wire.go_dir.as_ref()).unwrap_or_default(),
        go_version: owned(wire.go_version.as_ref()),
        target,
        cpus: wire.cpus,
        age: wire.go_age_ns.map(|age| (Nanos(age), Nanos(wire.start_ns))),
    })
}

fn owned(text: Option<&Text>) -> Option<String> {
    text.map(|text| text.as_str().to_owned())
}

/// `b004` as a number.
fn objdir(name: &str) -> Option<u32> {
    name.strip_prefix('b')?.parse().ok()
}

/// Takes parts and hands on actions.
#[derive(Debug, Default)]
pub struct Assembly {
    /// Everybody seen so far.
    pub catalog: Catalog,
    running: FxHashMap<Key, Action>,
    /// Ends whose start has not been seen: in a trace whose lines were reordered it is still to come.
    ended: FxHashSet<Key>,
    /// The last that was seen of each command, on its monotonic clock.
    last_seen: FxHashMap<usize, Nanos>,
}

impl Assembly {
    /// Takes the next part and hands on each action that it ends. Returns the part's problems with their lines in it.
    pub fn take(&mut self, part: Part, mut deliver: impl FnMut(&Catalog, Action, Edges)) -> Vec<(u64, String)> {
        let renumbered = Renumbered::into(&mut self.catalog, part.catalog);
        for sighting in part.sightings {
            match sighting {
                Sighting::Start(key, action) => {
                    let action = renumbered.action(action);
                    self.see(action.command, action.start);
                    if !self.ended.remove(&key) {
                        self.running.insert(key, action);
                    }
                }
                Sighting::End(key, action, edges) => {
                    let action = renumbered.action(action);
                    self.see(action.command, action.end);
                    if self.running.remove(&key).is_none() {
                        self.ended.insert(key);
                    }
                    deliver(&self.catalog, action, edges);
                }
            }
        }
        part.problems
    }

    fn see(&mut self, command: CommandId, at: Nanos) {
        let last = self.last_seen.entry(command.index()).or_default();
        *last = at.max(*last);
    }

    /// After the last part: hands on what was still running when the trace ended.
    pub fn finish(self, mut deliver: impl FnMut(&Catalog, Action, Edges)) -> Catalog {
        let mut unfinished: Vec<_> = self.running.into_iter().collect();
        unfinished.sort_unstable_by_key(|(key, action)| (action.start, *key));
        for (_, mut action) in unfinished {
            action.end = self.last_seen.get(&action.command.index()).copied().unwrap_or(action.start).max(action.start);
            deliver(&self.catalog, action, Edges::new());
        }
        self.catalog
    }
}

/// The numbers of a part's names in the catalog of the whole.
struct Renumbered {
    packages: Vec<PackageId>,
    tools: Vec<ToolId>,
    commands: Vec<CommandId>,
}

impl Renumbered {
    fn into(whole: &mut Catalog, part: Catalog) -> Self {
        let modules: Vec<ModuleId> =
            part.modules.into_entries().map(|(key, module)| whole.modules.number(key, |_| module)).collect();
        let packages = part.packages.into_entries().map(|(key, package)| {
            let module = package.module.and_then(|module| modules.get(module.index()).copied());
            let id = whole.packages.number(key, |_| Package { module: None, ..package });
            let known = &mut whole.packages.get_mut(id).module;
            *known = known.or(module);
            id
        });
        let packages = packages.collect();
        let tools = part.tools.into_entries().map(|(key, tool)| whole.tools.number(key, |_| tool)).collect();
        let commands = part.commands.into_entries().map(|(key, command)| {
            let id = whole.commands.number(key, |_| Command::default());
            whole.commands.get_mut(id).learn(command.facts, command.anchor);
            id
        });
        Self { packages, tools, commands: commands.collect() }
    }

    fn action(&self, action: Action) -> Action {
        Action {
            command: self.commands[action.command.index()],
            package: action.package.map(|package| self.packages[package.index()]),
            tool: self.tools[action.tool.index()],
            ..action
        }
    }
}
