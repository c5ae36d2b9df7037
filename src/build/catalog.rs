//! Who took part: commands, packages, modules and tools, each known once.
//!
//! Knows identities; does not know what ran when. Commands learn their details from the events that carry them.

use std::borrow::Cow;
use std::collections::HashMap;
use std::hash::RandomState;

use super::call::{Call, CallId};
use super::keys::{Keyed, Keys};
use super::names::{Id, Table};
use super::session::{Ending, Session, Sessions, Span};
use super::stage::{Phase, PhaseName};
use crate::tool_kind::ToolKind;
use crate::units::Nanos;

/// A handle of a package.
pub type PackageId = Id<Package>;
/// A handle of a module.
pub type ModuleId = Id<Module>;
/// A handle of a tool.
pub type ToolId = Id<Tool>;
/// A handle of a command.
pub type CommandId = Id<Command>;

/// All that the actions of a build refer to.
#[derive(Debug, Default)]
pub struct Catalog {
    /// Packages by [`Package::name`]: variants are kept apart.
    pub packages: Table<String, Package>,
    /// Modules by [`Module::name`]: versions are kept apart.
    pub modules: Table<String, Module>,
    /// Tools by name.
    pub tools: Table<String, Tool>,
    /// Phases that have no stage, by the tools' own names.
    pub phases: Table<String, PhaseName>,
    /// Command lines of tools, without what is one run's own: many runs share one.
    pub calls: Table<String, Call>,
    /// Go commands.
    pub commands: Table<CommandKey, Command, RandomState>,
    /// Of each module path the version with the greatest name.
    module_paths: HashMap<String, ModuleId>,
    /// What was hashed into keys.
    pub keys: Keys,
    /// Jobs that were recorded as a whole.
    pub sessions: Sessions,
}

/// No import path has so many folders above the package that the module's path ends behind them.
const DEEPEST: usize = 64;

/// A package: an import path, and the variant where it was compiled once more for a test or a profile.
#[derive(Debug)]
pub struct Package {
    /// The import path.
    pub path: String,
    /// For which test or program it was compiled once more: `p.test` of `p [p.test]`.
    pub variant: Option<String>,
    /// Its module, where the place of its sources told.
    pub module: Option<ModuleId>,
}

/// A module and the version that was built.
#[derive(Debug)]
pub struct Module {
    /// The module path; `std` and `cmd` are Go's own.
    pub path: String,
    /// The version; none for a module that is worked on, and for Go's own.
    pub version: Option<String>,
}

/// A tool, by the name of its program.
#[derive(Debug)]
pub struct Tool {
    /// `compile`, `link`, `gcc` …
    pub name: String,
    /// What kind of work it does.
    pub kind: ToolKind,
}

/// What tells two go commands apart: pids are reused, start times are not.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct CommandKey {
    /// Which trace it is from: pids of two machines have nothing to do with each other.
    pub source: usize,
    /// The pid of `go`.
    pub go_pid: u64,
    /// When it was started, in clock ticks since boot.
    pub go_start_ticks: Option<u64>,
}

/// One `go` process.
#[derive(Debug, Default)]
pub struct Command {
    /// What it was told to do; unknown where the trace lacks the command's probes.
    pub facts: Option<Facts>,
    /// Calendar time minus monotonic time, from the earliest event: one anchor for the whole command, so that a clock that
    /// is set during the build moves nothing.
    pub anchor: Option<Anchor>,
    /// What is known of it where the job was recorded as a whole.
    pub run: Run,
}

/// A go command as `gotrace record` saw it, from outside and by what it wrote of itself.
#[derive(Debug, Default)]
pub struct Run {
    /// When it was started, on the monotonic clock; none where it was not seen.
    pub start: Option<Nanos>,
    /// What was typed: without the flags that recording adds.
    pub line: Vec<String>,
    /// Where.
    pub dir: String,
    /// The pid of the go command that it was started by, as `go generate` starts others.
    pub under: Option<u64>,
    /// How it ended.
    pub ending: Option<Ending>,
    /// For how long gotrace was at work in its place, before it and after it.
    pub around: [Nanos; 2],
    /// What it did itself, in no particular order.
    pub spans: Vec<Span>,
    /// The keys of its packages, built or not, in no particular order.
    pub keys: Vec<Keyed>,
    /// What of it could not be understood.
    pub not_seen: Vec<String>,
}

/// What the events without a package say of their go command.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facts {
    /// Its command line, masked.
    pub args: Vec<String>,
    /// The directory in which it was started.
    pub dir: String,
    /// `go1.27.3`.
    pub go_version: Option<String>,
    /// `linux/amd64`: what it builds for.
    pub target: Option<String>,
    /// GOFLAGS, masked.
    pub flags: String,
    /// `CGO_ENABLED`.
    pub cgo: Option<String>,
    /// Other settings that enter cache keys, as `NAME=value`, by name.
    pub env: Vec<String>,
    /// How many CPUs it may use.
    pub cpus: Option<u64>,
    /// When this was recorded, on the monotonic clock.
    pub seen: Nanos,
    /// How long it had been running then.
    pub age: Option<Nanos>,
    /// The pid of the process that started it, which may be another go command.
    pub under: Option<u64>,
}

/// Where the monotonic clock stands in the calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Anchor {
    /// Monotonic time of the event that it was taken from.
    pub monotonic: Nanos,
    /// Calendar time, nanoseconds since 1970, of the same moment.
    pub epoch: Nanos,
}

impl Anchor {
    /// The calendar time of a monotonic time of the same command.
    #[must_use]
    pub fn epoch_of(self, monotonic: Nanos) -> Nanos {
        if monotonic >= self.monotonic {
            self.epoch + monotonic.since(self.monotonic)
        } else {
            self.epoch.since(self.monotonic.since(monotonic))
        }
    }
}

impl Command {
    /// Learns from another sight of the same command; the earliest one counts, whatever the order of the lines.
    fn learn(&mut self, facts: Option<Facts>, anchor: Anchor) {
        if self.anchor.is_none_or(|known| anchor.monotonic < known.monotonic) {
            self.anchor = Some(anchor);
        }
        if let Some(facts) = facts
            && self.facts.as_ref().is_none_or(|known| facts.seen < known.seen)
        {
            self.facts = Some(facts);
        }
    }

    /// The command line as one would type it: without the directory of `go` itself, and without the `-toolexec` that put
    /// the shim there.
    #[must_use]
    pub fn line(&self) -> String {
        let typed =
            if self.run.line.is_empty() { self.facts.as_ref().map(|facts| &facts.args) } else { Some(&self.run.line) };
        let Some(typed) = typed else { return String::from("(go command not recorded)") };
        let mut args = typed.iter().map(String::as_str);
        let program = args.next().map_or("go", |program| program.rsplit('/').next().unwrap_or(program));
        let mut line = String::from(program);
        while let Some(arg) = args.next() {
            match arg.trim_start_matches('-').split_once('=') {
                _ if arg == "-toolexec" || arg == "--toolexec" => drop(args.next()),
                Some(("toolexec", _)) => {}
                _ => line.extend([" ", arg]),
            }
        }
        line
    }

    /// A moment of its monotonic clock on the calendar, which is the one clock that commands on several machines share.
    #[must_use]
    pub fn on_calendar(&self, at: Nanos) -> Nanos {
        self.anchor.map_or(at, |anchor| anchor.epoch_of(at))
    }

    /// When `go` was started, on the monotonic clock.
    #[must_use]
    pub fn go_started(&self) -> Option<Nanos> {
        if self.run.start.is_some() {
            return self.run.start;
        }
        let facts = self.facts.as_ref()?;
        facts.age.map(|age| facts.seen.since(age))
    }
}

/// How a trace that is being read fills the catalog. Each has a twin that only looks, for the usual case that the name is
/// known: looking can be done by many threads at once.
impl Catalog {
    pub(super) fn known_package(
        &self,
        path: &str,
        variant: Option<&str>,
        module: Option<ModuleId>,
    ) -> Option<PackageId> {
        let id = self.packages.find(&package_name(path, variant))?;
        (module.is_none() || self.packages.get(id).module == module).then_some(id)
    }

    /// Where commands built a package out of several versions of its module, the one with the greatest name counts: an
    /// answer that does not depend on who comes first.
    pub(super) fn package(&mut self, path: &str, variant: Option<&str>, module: Option<ModuleId>) -> PackageId {
        let make = || Package { path: path.to_owned(), variant: variant.map(str::to_owned), module };
        let id = self.packages.named(&package_name(path, variant), make);
        let name = |module: Option<ModuleId>| module.map(|module| self.modules.get(module).name());
        if name(module) > name(self.packages.get(id).module) {
            self.packages.get_mut(id).module = module;
        }
        id
    }

    pub(super) fn known_module(&self, path: &str, version: Option<&str>) -> Option<ModuleId> {
        self.modules.find(&module_name(path, version))
    }

    pub(super) fn module(&mut self, path: &str, version: Option<&str>) -> ModuleId {
        let make = || Module { path: path.to_owned(), version: version.map(str::to_owned) };
        let id = self.modules.named(&module_name(path, version), make);
        let greatest = self.module_paths.entry(path.to_owned()).or_insert(id);
        if self.modules.get(id).name() > self.modules.get(*greatest).name() {
            *greatest = id;
        }
        id
    }

    pub(super) fn tool(&mut self, name: &str) -> ToolId {
        self.tools.named(name, || Tool { name: name.to_owned(), kind: ToolKind::of(name) })
    }

    pub(super) fn call(&mut self, shared: &str) -> CallId {
        self.calls.named(shared, || Call::of(shared))
    }

    pub(super) fn phase(&mut self, name: &str) -> Id<PhaseName> {
        self.phases.named(name, || PhaseName(name.to_owned()))
    }

    pub(super) fn known_command(&self, key: &CommandKey, anchor: Anchor) -> Option<CommandId> {
        let id = self.commands.find_key(key)?;
        self.commands.get(id).anchor.is_some_and(|known| known.monotonic <= anchor.monotonic).then_some(id)
    }

    /// The run of a command, to be told more about.
    pub(super) fn run(&mut self, key: CommandKey) -> &mut Run {
        let id = self.commands.number(key, |_| Command::default());
        &mut self.commands.get_mut(id).run
    }

    /// A session, to be told more about.
    pub(super) fn session(&mut self, source: usize, name: String) -> &mut Session {
        let id = self.sessions.number((source, name), |_| Session::default());
        self.sessions.get_mut(id)
    }

    pub(super) fn command(&mut self, key: CommandKey, anchor: Anchor, facts: Option<Facts>) -> CommandId {
        let id = self.commands.number(key, |_| Command::default());
        self.commands.get_mut(id).learn(facts, anchor);
        id
    }
}

impl Catalog {
    /// The module of a package. A test's generated main has no sources of its own, and a package that was only linked or
    /// vetted none that were seen: these go by their import path.
    #[must_use]
    pub fn module_of(&self, package: PackageId) -> Option<&Module> {
        let package = self.packages.get(package);
        let known = package.module.or_else(|| self.module_of_path(&package.path));
        known.map(|id| self.modules.get(id))
    }

    /// What a phase is called: by its stage, or as its tool calls it.
    #[must_use]
    pub fn phase_name(&self, phase: Phase) -> &str {
        match phase {
            Phase::Known(stage) => stage.name(),
            Phase::Unknown(id) => &self.phases.get(id).0,
        }
    }

    /// The commands in the order in which they began, whatever the order of the lines: users count them so.
    #[must_use]
    pub fn commands_by_time(&self) -> Vec<CommandId> {
        let mut order: Vec<_> = self.commands.keys().collect();
        let began = |id| self.commands.get(id).anchor.map(|anchor| anchor.epoch);
        order.sort_by_key(|(key, id)| (began(*id), key.source, key.go_pid, key.go_start_ticks));
        order.into_iter().map(|(_, id)| id).collect()
    }

    fn module_of_path(&self, path: &str) -> Option<ModuleId> {
        let tested = path.strip_suffix(".test").or_else(|| path.strip_suffix("_test")).unwrap_or(path);
        let same_path = self.packages.find(tested).and_then(|id| self.packages.get(id).module);
        same_path.or_else(|| {
            let folders = tested.match_indices('/').map(|(at, _)| at).take(DEEPEST);
            let paths = folders.chain([tested.len()]).filter_map(|end| tested.get(..end));
            paths.filter_map(|path| self.module_paths.get(path).copied()).last()
        })
    }
}

impl Package {
    /// As cmd/go writes it: `p`, or `p [p.test]`.
    #[must_use]
    pub fn name(&self) -> Cow<'_, str> {
        package_name(&self.path, self.variant.as_deref())
    }
}

impl Module {
    /// `path@version`, or the path alone.
    #[must_use]
    pub fn name(&self) -> Cow<'_, str> {
        module_name(&self.path, self.version.as_deref())
    }
}

pub(super) fn package_name<'a>(path: &'a str, variant: Option<&str>) -> Cow<'a, str> {
    variant.map_or(Cow::Borrowed(path), |variant| Cow::Owned(format!("{path} [{variant}]")))
}

pub(super) fn module_name<'a>(path: &'a str, version: Option<&str>) -> Cow<'a, str> {
    version.map_or(Cow::Borrowed(path), |version| Cow::Owned(format!("{path}@{version}")))
}

#[cfg(test)]
mod tests {
    use super::super::picture;

    #[track_caller]
    fn check(picture: &str, package: &str, expected: Option<&str>) {
        let (catalog, _) = picture::actions(picture);
        let id = catalog.packages.find(package).expect("a package of the picture");
        assert_eq!(catalog.module_of(id).map(|module| module.name().into_owned()).as_deref(), expected, "{package}");
    }

    #[test]
    fn a_package_of_no_known_place_is_in_the_module_with_the_longest_path_that_holds_it() {
        let picture = "
            compile a.b/m:a.b/m/x 0-1
            compile a.b/m/n@v1:a.b/m/n/x 1-2
            compile a.b/m/n@v2:a.b/m/n/y 2-3
            link a.b/m/n/cmd 3-4
            link a.b/m/nn 4-5
            link a.b/other 5-6
            link a.b/m/x.test 6-7
            link a.b/m 7-8";
        check(picture, "a.b/m/n/cmd", Some("a.b/m/n@v2"));
        check(picture, "a.b/m/nn", Some("a.b/m"));
        check(picture, "a.b/m", Some("a.b/m"));
        check(picture, "a.b/other", None);
        check(picture, "a.b/m/x.test", Some("a.b/m"));
    }

    /// Were it quadratic it would take minutes: nobody measures here, but the time limit of the tests ends it.
    #[test]
    fn many_modules_and_many_packages_of_none_are_no_more_than_the_two_together() {
        let of_modules = (0..20_000).map(|number| format!("compile m{number}:m{number}/p 0-1\n"));
        let of_none = (0..20_000).map(|number| format!("link n{number}/a/b/c 0-1\n"));
        let (catalog, _) = picture::actions(&of_modules.chain(of_none).collect::<String>());
        let known = catalog.packages.iter().filter(|(id, _)| catalog.module_of(*id).is_some()).count();
        assert_eq!(known, 20_000);
    }
}
