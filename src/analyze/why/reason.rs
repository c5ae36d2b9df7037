//! Why a package was built once more: what differs between what it was made from and what it had been made from.
//!
//! Knows what cmd/go puts into a cache key, and which differences only follow from others. Does not know who else was built.

use std::collections::{BTreeMap, BTreeSet};

use super::flags::{self, Difference};
use super::history::{History, Made};
pub use crate::build::FileKind;
use crate::build::{Build, Call, Facts, Hash};
use crate::tool_kind::ToolKind;
use crate::units::Bytes;

/// A reason, with what shows it. In the order in which they are told.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// It was not seen to be built before.
    First,
    /// `-a` asked for it, and it was built from the same as before.
    Forced,
    /// From the same as before: the build cache had lost it, or had never had it.
    Lost,
    /// From the same as before, when it had failed.
    Retried,
    /// Linked from the same as before: the go command keeps no programs.
    Relinked,
    /// Another version of Go.
    Toolchain(Change),
    /// For another platform.
    Platform(Change),
    /// A variable of the environment, or of `go env`.
    Setting(String, Change),
    /// Other flags of a tool.
    Flags {
        /// The tool.
        tool: &'static str,
        /// Options that are gone.
        gone: Vec<String>,
        /// Options that are new.
        new: Vec<String>,
    },
    /// Other build tags, which choose other files.
    Tags(Change, Vec<Edit>),
    /// The `go` line of its `go.mod`.
    Language(Change),
    /// The profile that it is optimised by.
    Profile(What),
    /// Another version of its module.
    Version(Change),
    /// The sources are in another place, which is in the archive unless `-trimpath`.
    Moved(Change),
    /// Files.
    Files(FileKind, Vec<Edit>),
    /// Sources, of which the trace does not tell which.
    Sources,
    /// What a program says of its build: the commit, and flags.
    BuildInfo(Option<Change>),
    /// What it imports was another.
    Import(String, Sureness),
    /// A value that the trace hides: it may be a secret.
    Hidden,
    /// Nothing that the trace tells differs.
    Unknown(Lack),
}

/// From what to what.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Change {
    /// What it was; empty where it was not there.
    pub old: String,
    /// What it is; empty where it is not there.
    pub new: String,
}

/// A file, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Edit {
    /// What became of it.
    pub what: What,
    /// Its name.
    pub file: String,
}

/// What became of something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum What {
    /// It holds something else.
    Changed,
    /// It is new.
    Added,
    /// It is gone.
    Removed,
}

/// How sure it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Sureness {
    /// Both traces tell what it held.
    Known,
    /// It was built, too, and nobody told whether it came out as before.
    Likely,
}

/// What a trace lacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Lack {
    /// It was recorded by a gotrace that did not look into files.
    Hashes,
    /// Nothing that is known of.
    Nothing,
}

impl Reason {
    /// Whether it is about the way of building rather than about what is built.
    pub(super) const fn is_form(&self) -> bool {
        matches!(self, Self::Toolchain(_) | Self::Platform(_) | Self::Setting(..) | Self::Flags { .. } | Self::Tags(..))
    }

    /// Whether it holds for every package.
    fn is_everywhere(&self) -> bool {
        matches!(self, Self::Toolchain(_) | Self::Platform(_))
            || matches!(self, Self::Setting(name, _) if !is_of_c(name) && name != "CGO_ENABLED")
    }
}

/// The reasons why `new` was built when there was `old`; at least one, each once, in order.
pub(in crate::analyze) fn reasons(build: &Build, history: &History, old: usize, new: usize) -> Vec<Reason> {
    let pair = Pair { build, old: &history.made[old], new: &history.made[new] };
    let mut reasons = BTreeSet::new();
    if let Some(platform) = pair.platform() {
        return vec![platform];
    }
    reasons.extend(pair.toolchain());
    reasons.extend(pair.settings());
    pair.flags(&mut reasons);
    if pair.new.maker() == ToolKind::Compile {
        pair.sources(&mut reasons);
    }
    reasons.extend(pair.build_info());
    pair.drop_what_follows(&mut reasons);
    // In another way of building all imports are others; only what the same command made may have causes of its own.
    let is_everywhere = reasons.iter().any(Reason::is_everywhere);
    let counts = |path: &str| !is_everywhere || pair.new.import(path).is_some_and(|import| import.made.is_some());
    let imports = pair.imports(history).into_iter();
    reasons.extend(imports.filter(|reason| matches!(reason, Reason::Import(path, _) if counts(path))));
    if reasons.is_empty() && pair.new.maker() == ToolKind::Compile {
        reasons.extend(pair.generated());
    }
    if reasons.is_empty() {
        reasons.insert(pair.none());
    }
    reasons.into_iter().collect()
}

/// The paths under which `new` imported something else than `old` did, whatever else differs.
pub(in crate::analyze) fn other_imports(build: &Build, history: &History, old: usize, new: usize) -> Vec<String> {
    let pair = Pair { build, old: &history.made[old], new: &history.made[new] };
    let path = |reason| if let Reason::Import(path, _) = reason { Some(path) } else { None };
    pair.imports(history).into_iter().filter_map(path).collect()
}

/// How far two builds are from each other that have these reasons between them: first in ways of building, then in what they
/// were made from.
pub(super) fn distance(build: &Build, old: &Made, new: &Made, reasons: &[Reason]) -> (usize, usize) {
    let other_tags = old.facts(build).zip(new.facts(build)).is_some_and(|(old, new)| tags(old) != tags(new));
    let is_told = reasons.iter().any(|reason| matches!(reason, Reason::Tags(..)));
    let ways = reasons.iter().filter(|reason| reason.is_form()).count() + usize::from(other_tags && !is_told);
    let weight = |reason: &Reason| if let Reason::Files(_, edits) = reason { edits.len() } else { 1 };
    (ways, reasons.iter().map(weight).sum())
}

struct Pair<'b> {
    build: &'b Build,
    old: &'b Made,
    new: &'b Made,
}

type Held<'b> = BTreeMap<&'b str, Option<Hash>>;

impl<'b> Pair<'b> {
    /// Of each of the two.
    fn both<T>(&self, of: impl Fn(&'b Made) -> Option<T>) -> Option<(T, T)> {
        of(self.old).zip(of(self.new))
    }

    fn facts(&self) -> Option<(&'b Facts, &'b Facts)> {
        self.both(|made| made.facts(self.build))
    }

    fn call(&self, made: &Made, tool: ToolKind) -> Option<&'b Call> {
        Some(self.build.catalog.calls.get(self.build.call(made.first(tool)?)?))
    }

    fn platform(&self) -> Option<Reason> {
        let (old, new) = self.facts()?;
        change(old.target.as_deref()?, new.target.as_deref()?).map(Reason::Platform)
    }

    fn toolchain(&self) -> Option<Reason> {
        let of_compile = |made| self.call(made, ToolKind::Compile).and_then(|call| flags::value(call, "-goversion"));
        let of_command = |made: &'b Made| made.facts(self.build).and_then(|facts| facts.go_version.as_deref());
        let (old, new) = self.both(of_compile).or_else(|| self.both(of_command))?;
        change(old, new).map(Reason::Toolchain)
    }

    fn settings(&self) -> Vec<Reason> {
        let Some((old, new)) = self.facts() else { return Vec::new() };
        let runs_cgo = |made: &Made| made.first(ToolKind::Cgo).is_some();
        let is_c = runs_cgo(self.old) || runs_cgo(self.new);
        // A program tells all of them.
        let is_in_info = matches!(self.build_info(), Some(Reason::BuildInfo(None)));
        let values = |facts: &'b Facts| {
            let pairs = facts.env.iter().filter_map(|entry| entry.split_once('='));
            pairs.collect::<BTreeMap<&str, &str>>()
        };
        let (was, is) = (values(old), values(new));
        let names: BTreeSet<&str> = was.keys().chain(is.keys()).copied().collect();
        let value = |values: &BTreeMap<&str, &'b str>, name| values.get(name).copied().unwrap_or_default();
        let mut settings: Vec<Reason> = names
            .into_iter()
            .filter(|name| is_c || is_in_info || !is_of_c(name))
            .filter_map(|name| Some(Reason::Setting(name.to_owned(), change(value(&was, name), value(&is, name))?)))
            .collect();
        if let (Some(was), Some(is)) = (&old.cgo, &new.cgo)
            && let Some(change) = change(was, is)
            && (runs_cgo(self.old) != runs_cgo(self.new) || self.edits(FileKind::Source).iter().any(Edit::is_of_set))
        {
            settings.push(Reason::Setting(String::from("CGO_ENABLED"), change));
        }
        settings
    }

    fn flags(&self, reasons: &mut BTreeSet<Reason>) {
        let tools = [ToolKind::Compile, ToolKind::Asm, ToolKind::Cgo, ToolKind::Link];
        for tool in tools.into_iter().filter(|tool| self.new.maker() == ToolKind::Compile || *tool == ToolKind::Link) {
            let Some((old, new)) = self.both(|made| self.call(made, tool)) else { continue };
            let dirs = (self.old.dir(self.build), self.new.dir(self.build));
            let Difference { gone, new: added } = flags::difference((old, dirs.0), (new, dirs.1));
            if !gone.is_empty() || !added.is_empty() {
                reasons.insert(Reason::Flags { tool: tool.name(), gone, new: added });
            }
        }
        let language = self.both(|made| flags::value(self.call(made, ToolKind::Compile)?, "-lang"));
        reasons.extend(language.and_then(|(old, new)| change(old, new)).map(Reason::Language));
    }

    /// Files, and where they are from.
    fn sources(&self, reasons: &mut BTreeSet<Reason>) {
        let profile = |made: &Made| made.inputs(self.build).find_map(|inputs| inputs.profile);
        reasons.extend(became(profile(self.old), profile(self.new)).map(Reason::Profile));
        let version = |made: &'b Made| {
            let module = made.inputs(self.build).find_map(|inputs| inputs.module)?;
            Some(self.build.catalog.modules.get(module))
        };
        if let Some((old, new)) = self.both(version)
            && let Some(change) = change(&old.name(), &new.name())
        {
            reasons.insert(Reason::Version(change));
        }
        if let Some((old, new)) = self.both(|made| made.dir(self.build))
            && let Some(change) = moved(old, new)
            && !self.is_of_go()
        {
            reasons.insert(Reason::Moved(change));
        }
        self.files(reasons);
    }

    fn files(&self, reasons: &mut BTreeSet<Reason>) {
        for kind in [FileKind::Source, FileKind::Native, FileKind::Embedded] {
            let edits = self.edits(kind);
            if !edits.is_empty() {
                reasons.insert(Reason::Files(kind, edits));
            }
        }
        let bytes = |made: &Made| -> Bytes {
            let run = made.first(ToolKind::Compile).and_then(|run| self.build.inputs(run));
            run.map_or(Bytes::ZERO, |inputs| inputs.source_bytes)
        };
        let is_told = reasons.iter().any(|reason| matches!(reason, Reason::Files(FileKind::Source, _)));
        if !is_told && !self.has_hashes() && bytes(self.old) != bytes(self.new) {
            reasons.insert(Reason::Sources);
        }
    }

    /// Files of one kind that are not as they were.
    fn edits(&self, kind: FileKind) -> Vec<Edit> {
        let tells = |made: &Made| made.first(ToolKind::Cgo).or_else(|| made.first(ToolKind::Asm)).is_some();
        if kind == FileKind::Native && !(tells(self.old) && tells(self.new)) {
            return Vec::new();
        }
        let held = |made: &Made| -> Held<'b> {
            let files = made.files(self.build).filter(|file| file.kind == kind);
            files.map(|file| (&*file.name, file.hash)).collect()
        };
        edits(&held(self.old), &held(self.new))
    }

    fn build_info(&self) -> Option<Reason> {
        let info = |made: &'b Made| self.build.inputs(made.first(ToolKind::Link)?);
        let (old, new) = self.both(info)?;
        let (was, is) = old.build_info.zip(new.build_info)?;
        let commit = |of: &'b Option<Box<str>>| of.as_deref().unwrap_or_default();
        (was != is).then(|| Reason::BuildInfo(change(commit(&old.revision), commit(&new.revision))))
    }

    /// What only follows from another reason is none of its own.
    fn drop_what_follows(&self, reasons: &mut BTreeSet<Reason>) {
        let has = |is_it: fn(&Reason) -> bool| reasons.iter().any(is_it);
        let toolchain = has(|reason| matches!(reason, Reason::Toolchain(_)));
        let version = has(|reason| matches!(reason, Reason::Version(_)));
        let setting = has(|reason| matches!(reason, Reason::Setting(..)));
        let flags = has(|reason| matches!(reason, Reason::Flags { .. }));
        let names: BTreeSet<String> = reasons
            .iter()
            .filter_map(|reason| if let Reason::Setting(name, _) = reason { Some(name.clone()) } else { None })
            .collect();
        let is_of_go = self.is_of_go();
        reasons.retain(|reason| match reason {
            Reason::Files(..) | Reason::Sources | Reason::Moved(_) | Reason::Language(_) if version => false,
            Reason::Files(..) | Reason::Sources | Reason::Language(_) => !(is_of_go && (toolchain || setting)),
            Reason::Setting(name, _) => !(toolchain && name == "GOFIPS140"),
            // The settings of C are words of cgo's, and those of an architecture are macros of the assembler's.
            Reason::Flags { tool, .. } => {
                let of_c = *tool == "cgo" && names.iter().any(|name| is_of_c(name));
                let of_asm = *tool == "asm" && names.iter().any(|name| name.starts_with("GO"));
                !(toolchain || of_c || of_asm)
            }
            Reason::BuildInfo(None) => !(toolchain || setting || flags),
            _ => true,
        });
        self.name_tags(reasons);
    }

    /// Tags are in no argument of a tool: they choose files.
    fn name_tags(&self, reasons: &mut BTreeSet<Reason>) {
        let Some((old, new)) = self.facts() else { return };
        let Some(change) = change(&tags(old), &tags(new)) else { return };
        let sets: Vec<Reason> = reasons
            .iter()
            .filter(|reason| matches!(reason, Reason::Files(_, edits) if edits.iter().any(Edit::is_of_set)))
            .cloned()
            .collect();
        let mut chosen = Vec::new();
        for reason in sets {
            reasons.remove(&reason);
            if let Reason::Files(kind, edits) = reason {
                let (of_set, others): (Vec<Edit>, Vec<Edit>) = edits.into_iter().partition(Edit::is_of_set);
                chosen.extend(of_set);
                if !others.is_empty() {
                    reasons.insert(Reason::Files(kind, others));
                }
            }
        }
        let is_info = |reason: &Reason| matches!(reason, Reason::BuildInfo(None));
        if !chosen.is_empty() || reasons.iter().any(is_info) {
            reasons.retain(|reason| !is_info(reason));
            reasons.insert(Reason::Tags(change, chosen));
        }
    }

    fn imports(&self, history: &History) -> Vec<Reason> {
        let mut reasons = Vec::new();
        for import in &self.new.imports {
            let made_before = import.made.and_then(|made| history.before(made).next());
            let was = self.old.import(&import.path);
            let old = was.and_then(|was| was.content);
            let old = old.or_else(|| made_before.and_then(|made| history.made[made].content));
            // A program is linked from itself.
            let is_itself = import.made.is_some_and(|made| std::ptr::eq(&raw const history.made[made], self.new));
            let sureness = match (old, import.content) {
                _ if is_itself => None,
                (Some(old), Some(new)) => (old != new).then_some(Sureness::Known),
                _ => import.made.map(|_| Sureness::Likely),
            };
            let is_known = was.is_some() || self.new.maker() == ToolKind::Link;
            if let Some(sureness) = sureness.filter(|_| is_known) {
                reasons.push(Reason::Import(import.path.clone(), sureness));
            }
        }
        reasons
    }

    /// Sources that other tools make: the main program of a test has its tests in it.
    fn generated(&self) -> Option<Reason> {
        let edits = self.edits(FileKind::Generated);
        (!edits.is_empty()).then_some(Reason::Files(FileKind::Generated, edits))
    }

    fn none(&self) -> Reason {
        let hides = |made: &Made| {
            let calls = made.first.iter().filter_map(|(tool, _)| self.call(made, *tool));
            calls.into_iter().any(|call| call.words.iter().any(|word| word.contains("***")))
        };
        if hides(self.new) {
            return Reason::Hidden;
        }
        Reason::Unknown(if self.has_hashes() { Lack::Nothing } else { Lack::Hashes })
    }

    fn has_hashes(&self) -> bool {
        let has =
            |made: &Made| made.maker() == ToolKind::Link || made.files(self.build).any(|file| file.hash.is_some());
        self.goes_with_its_version() || has(self.old) && has(self.new)
    }

    /// The sources of a released Go and of modules in the module cache are not hashed: their version tells all.
    fn goes_with_its_version(&self) -> bool {
        let module = self.build.catalog.module_of(self.new.package);
        self.is_of_go() || module.is_some_and(|module| module.version.is_some())
    }

    /// Go's own packages are as good as their version.
    fn is_of_go(&self) -> bool {
        let module = self.build.catalog.module_of(self.new.package);
        module.is_some_and(|module| matches!(module.path.as_str(), "std" | "cmd"))
    }
}

impl Edit {
    /// Whether the set of files is another one.
    fn is_of_set(&self) -> bool {
        self.what != What::Changed
    }
}

fn edits(old: &Held, new: &Held) -> Vec<Edit> {
    let edit = |file: &str, what| Edit { what, file: file.to_owned() };
    let there = new.iter().filter_map(|(file, hash)| match old.get(file) {
        None => Some(edit(file, What::Added)),
        Some(before) => {
            let (before, hash) = ((*before)?, (*hash)?);
            (before != hash).then(|| edit(file, What::Changed))
        }
    });
    let gone = old.keys().filter(|file| !new.contains_key(*file)).map(|file| edit(file, What::Removed));
    let mut edits: Vec<Edit> = there.chain(gone).collect();
    edits.sort();
    edits
}

fn change(old: &str, new: &str) -> Option<Change> {
    (old != new).then(|| Change { old: old.to_owned(), new: new.to_owned() })
}

fn became(old: Option<Hash>, new: Option<Hash>) -> Option<What> {
    match (old, new) {
        (Some(old), Some(new)) => (old != new).then_some(What::Changed),
        (None, Some(_)) => Some(What::Added),
        (Some(_), None) => Some(What::Removed),
        (None, None) => None,
    }
}

/// Without the folders at the end that are the same: so that all packages of a module that was moved say the same.
fn moved(old: &str, new: &str) -> Option<Change> {
    let change = change(old, new)?;
    let (mut old, mut new) = (old, new);
    while let (Some((rest_of_old, last_of_old)), Some((rest_of_new, last_of_new))) =
        (old.rsplit_once('/'), new.rsplit_once('/'))
        && last_of_old == last_of_new
    {
        (old, new) = (rest_of_old, rest_of_new);
    }
    if old.is_empty() || new.is_empty() {
        return Some(change);
    }
    Some(Change { old: old.to_owned(), new: new.to_owned() })
}

/// Settings that only C compilers hear of.
fn is_of_c(name: &str) -> bool {
    name.starts_with("CGO_") || matches!(name, "CC" | "CXX" | "FC" | "PKG_CONFIG")
}

/// `-tags` of a command, as it was typed or in GOFLAGS; the last one counts.
fn tags(facts: &Facts) -> String {
    let mut tags = "";
    let words = facts.flags.split_whitespace().chain(facts.args.iter().map(String::as_str));
    let mut is_next = false;
    for word in words {
        let flag = word.strip_prefix("--").or_else(|| word.strip_prefix('-')).unwrap_or_default();
        if is_next {
            tags = word;
        }
        is_next = flag == "tags";
        if let Some(value) = flag.strip_prefix("tags=") {
            tags = value;
        }
    }
    tags.to_owned()
}
