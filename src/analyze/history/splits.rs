//! What gave packages several keys in the build cache: settings that alternate, or changes in the course of time.
//!
//! Knows that two keys are one but for a setting where nothing else differs, neither in the package nor in what it imports: then
//! without the setting the second one would have been found. What differs is for `why` to say. A package whose sources changed
//! has to be compiled again, whatever the settings.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::{self, Display, Formatter};

use super::keys::{Keys, Whose};
use crate::analyze::why::history::History;
use crate::analyze::why::reason::{Change, Edit, Reason, What, other_imports, reasons};
use crate::build::{Build, CommandId, Hash};
use crate::tool_kind::ToolKind;
use crate::units::{Count, Nanos};

/// What there is to tell of keys.
#[derive(Debug, Default)]
pub struct Splits {
    /// What split them: what alternates comes first, and of that the dearest.
    pub causes: Vec<Consequence>,
    /// Packages with several keys, likewise.
    pub packages: Vec<Split>,
}

/// Why some keys are not others that there were before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Consequence {
    /// All that has to be taken together.
    pub causes: BTreeSet<Cause>,
    /// What was made with the keys: packages compiled, or programs linked, which the go command does not keep.
    pub tool: ToolKind,
    /// Whether it is the way of building, or what was built.
    pub course: Course,
    /// How many packages, each variant, platform and program for itself.
    pub packages: usize,
    /// How many keys.
    pub keys: usize,
    /// The CPU time to build with each of them once.
    pub cpu: Nanos,
}

/// A package with several keys.
#[derive(Debug, PartialEq, Eq)]
pub struct Split {
    /// Which.
    pub whose: Whose,
    /// How many keys it had.
    pub keys: usize,
    /// How many of them only settings told from earlier ones.
    pub spare: usize,
    /// The CPU time to build with each of these once.
    pub cpu: Nanos,
    /// What its keys differ in.
    pub causes: BTreeSet<Cause>,
    /// How many keys were not looked into, because there are so many.
    pub unseen: usize,
}

/// How it went on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Course {
    /// Another setting, and what had been built before with the old one went on to be.
    SideBySide,
    /// Another setting from some time on.
    Once,
    /// What was built was another.
    Edited,
}

/// What keys differ in.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Cause {
    /// The place of the sources, without `-trimpath`.
    Place,
    /// A flag, without its value.
    Flag(String),
    /// Build tags.
    Tags,
    /// Whether there is a profile to optimise by.
    Pgo,
    /// A variable of the environment, or of `go env`.
    Setting(String),
    /// The version of Go: one, and another.
    Toolchain(String, String),
    /// What is written into a program about its build.
    Stamp,
    /// Sources, embedded files, or a profile, that hold something else.
    Source,
    /// What it imports.
    Import,
    /// The version of its module, or the `go` line of its `go.mod`.
    Module,
    /// Nothing that the traces tell.
    Unknown,
}

impl Cause {
    /// Whether it is a matter of how things are built.
    #[must_use]
    pub const fn is_setting(&self) -> bool {
        !matches!(self, Self::Source | Self::Import | Self::Module | Self::Unknown)
    }
}

impl Display for Cause {
    fn fmt(&self, out: &mut Formatter) -> fmt::Result {
        out.write_str(match self {
            Self::Place => "place of the sources",
            Self::Flag(flag) => flag,
            Self::Tags => "-tags",
            Self::Pgo => "-pgo",
            Self::Setting(name) => name,
            Self::Toolchain(old, new) => return write!(out, "{old}, {new}"),
            Self::Stamp => "what a link is told to stamp",
            Self::Source => "sources",
            Self::Import => "imports",
            Self::Module => "version of the module",
            Self::Unknown => "nothing that the traces tell",
        })
    }
}

impl Consequence {
    /// The causes as a list.
    #[must_use]
    pub fn words(&self) -> String {
        words(&self.causes)
    }

    /// What the keys came to: `3 packages compiled once more`.
    #[must_use]
    pub fn repeated(&self) -> String {
        let what = match (self.tool, self.keys) {
            (ToolKind::Link, 1) => "program linked",
            (ToolKind::Link, _) => "programs linked",
            (_, 1) => "package compiled",
            (..) => "packages compiled",
        };
        format!("{} {what} once more", Count(self.keys as u64))
    }

    /// What would make the keys one; nothing where no setting told them apart.
    #[must_use]
    pub fn merged_by(&self) -> Vec<&'static str> {
        if self.course == Course::Edited {
            return Vec::new();
        }
        let has = |is_it: fn(&Cause) -> bool| self.causes.iter().any(is_it);
        let is_flag = |cause: &Cause| matches!(cause, Cause::Flag(_) | Cause::Tags | Cause::Pgo);
        let advice = [
            (has(|cause| *cause == Cause::Place), "-trimpath, or builds in one place"),
            (has(is_flag), "builds with the same flags"),
            (has(|cause| matches!(cause, Cause::Setting(_))), "the same settings"),
            (has(|cause| matches!(cause, Cause::Toolchain(..))), "one version of Go"),
            (has(|cause| *cause == Cause::Stamp), "-buildvcs=false and the same -ldflags"),
        ];
        advice.into_iter().filter(|(holds, _)| *holds).map(|(_, words)| words).collect()
    }
}

/// Causes as a list.
#[must_use]
pub fn words(causes: &BTreeSet<Cause>) -> String {
    causes.iter().map(Cause::to_string).collect::<Vec<_>>().join(", ")
}

/// What cmd/go puts behind the name of a folder for packages that are built with `-race` and the like.
const SUFFIX: &str = "-installsuffix";

/// So many earlier keys of a package are looked at for one that is the same but for a setting.
const LOOKED_AT: usize = 16;

/// Finds out, where the traces came in the order of time.
#[must_use]
pub fn in_order(keys: Keys) -> Splits {
    let order: Vec<usize> = (0..keys.traces()).collect();
    splits(keys, &order)
}

/// Finds out. `order` says for each trace, in the order in which `keys` got them, where it is in time.
pub(super) fn splits(keys: Keys, order: &[usize]) -> Splits {
    let Keys { samples, all: keys, by_package, contents, .. } = keys;
    let build = samples.into_build();
    let commands: Vec<CommandId> = build.catalog.commands.iter().map(|(id, _)| id).collect();
    let history = History::of(&build, &commands);
    let places = history.made.iter().enumerate();
    let made: HashMap<(usize, usize), usize> =
        places.map(|(at, made)| ((made.command.index(), made.package.index()), at)).collect();
    let of_package =
        by_package.values().enumerate().flat_map(|(package, keys)| keys.iter().map(move |key| (*key, package)));
    let package: HashMap<usize, usize> = of_package.collect();
    let known: Vec<Known> = keys
        .iter()
        .enumerate()
        .map(|(key, it)| Known {
            made: it.sample.and_then(|(command, of)| made.get(&(command.index(), of.index())).copied()),
            package: package[&key],
            first: it.uses.iter().map(|used| (order[used.trace], used.at)).min().unwrap_or((0, (0, ToolKind::Other))),
            last: it.uses.iter().map(|used| order[used.trace]).max().unwrap_or(0),
            // What it costs once: what was built again with the same key is told elsewhere.
            cpu: it.uses.iter().min_by_key(|used| (order[used.trace], used.at)).map_or(Nanos::ZERO, |used| used.cpu),
        })
        .collect();
    let sorting = Sorting { build: &build, history: &history, contents: &contents, known: &known };
    let verdicts = sorting.verdicts();
    told(&by_package, &known, &verdicts)
}

/// A key, as far as it is compared.
struct Known {
    /// Its sample.
    made: Option<usize>,
    /// Whose it is.
    package: usize,
    /// When it was used first.
    first: (usize, (usize, ToolKind)),
    /// In which run last.
    last: usize,
    cpu: Nanos,
}

/// What is found of a key.
#[derive(Debug, Clone, Default)]
struct Verdict {
    /// What it differs in from an earlier one; nothing, for the first one.
    causes: BTreeSet<Cause>,
    /// The earlier key that it would be without these.
    same_but: Option<usize>,
    /// Equal for keys that differ in settings alone.
    state: usize,
    /// Settings in which it differs from the first key of this state.
    settings: BTreeSet<Cause>,
    /// Equal for keys that were made in the same way.
    way: usize,
}

struct Sorting<'a> {
    build: &'a Build,
    history: &'a History,
    contents: &'a HashMap<String, HashMap<Hash, Vec<usize>>>,
    known: &'a [Known],
}

impl Sorting<'_> {
    /// In the order of time, in which imports come before importers.
    fn verdicts(&self) -> Vec<Verdict> {
        let mut order: Vec<usize> = (0..self.known.len()).collect();
        order.sort_by_key(|key| self.known[*key].first);
        let mut verdicts = vec![Verdict::default(); self.known.len()];
        let mut earlier: HashMap<usize, Vec<usize>> = HashMap::new();
        for key in order {
            let before = earlier.entry(self.known[key].package).or_default();
            verdicts[key] = self.verdict(key, before, &verdicts);
            if self.known[key].made.is_some() {
                before.push(key);
            }
        }
        verdicts
    }

    fn verdict(&self, key: usize, earlier: &[usize], verdicts: &[Verdict]) -> Verdict {
        let mut found = Verdict { state: key, way: key, ..Verdict::default() };
        let Some(new) = self.known[key].made else { return found };
        let mut differences: Vec<(usize, BTreeSet<Cause>)> = Vec::new();
        for before in earlier.iter().rev().take(LOOKED_AT) {
            let Some(old) = self.known[*before].made else { continue };
            differences.push((*before, self.difference(old, new, verdicts)));
        }
        let is_way = |(_, causes): &&(usize, BTreeSet<Cause>)| !causes.iter().any(Cause::is_setting);
        found.way = differences.iter().find(is_way).map_or(key, |(before, _)| verdicts[*before].way);
        // Of two that differ in what is not known the other settings would hide it.
        let is_unknown = |(_, causes): &&(usize, BTreeSet<Cause>)| *causes == BTreeSet::from([Cause::Unknown]);
        if let Some((_, causes)) = differences.iter().find(is_unknown) {
            found.causes.clone_from(causes);
            return found;
        }
        // Of several the plainest: another version of Go hides which flags differ.
        let same = differences.iter().filter(|(_, causes)| causes.iter().all(Cause::is_setting));
        if let Some((before, causes)) =
            same.min_by_key(|(before, causes)| (causes.len(), verdicts[*before].settings.len()))
        {
            (found.same_but, found.state) = (Some(*before), verdicts[*before].state);
            found.settings = &verdicts[*before].settings ^ causes;
            found.causes.clone_from(causes);
        } else if let Some((_, causes)) = differences.into_iter().min_by_key(|(_, causes)| causes.len()) {
            found.causes = causes;
        }
        found
    }

    /// What two builds of a package differ in; at least one.
    fn difference(&self, old: usize, new: usize, verdicts: &[Verdict]) -> BTreeSet<Cause> {
        let reasons = reasons(self.build, self.history, old, new);
        let mut causes: BTreeSet<Cause> = BTreeSet::new();
        for reason in &reasons {
            add_cause(&mut causes, reason);
        }
        // It follows from the others.
        if causes.iter().any(|cause| *cause != of_flag(SUFFIX) && chooses_files(cause)) {
            causes.remove(&of_flag(SUFFIX));
        }
        let chooses_files = causes.iter().any(chooses_files);
        if reasons.iter().any(|reason| is_edit(reason, chooses_files)) {
            causes.insert(Cause::Source);
        }
        let has_own = !causes.is_empty();
        for path in other_imports(self.build, self.history, old, new) {
            let content = |made: usize| self.history.made[made].import(&path).and_then(|import| import.content);
            let keys = |made: usize| self.contents.get(&path)?.get(&content(made)?);
            let both = keys(old).zip(keys(new));
            let of_both = both.and_then(|(old, new)| {
                let mut pairs = old.iter().flat_map(|old| new.iter().map(|new| (&verdicts[*old], &verdicts[*new])));
                pairs.find(|(old, new)| old.state == new.state)
            });
            match of_both {
                // What it imports differs in settings alone: so does it.
                Some((old, new)) => causes.extend(between(old, new)),
                // With another setting everything that it imports is another, and nobody tells whether it were without.
                None if has_own && both.is_none() => {}
                _ => _ = causes.insert(Cause::Import),
            }
        }
        if causes.is_empty() {
            // Flags and versions are in the build info, too: it tells nothing where one of them is told.
            let is_info = reasons.contains(&Reason::BuildInfo(None));
            causes.insert(if is_info { Cause::Stamp } else { Cause::Unknown });
        }
        causes
    }
}

/// In which settings two keys of one state differ. What has more than two values may be taken for the same.
fn between(old: &Verdict, new: &Verdict) -> BTreeSet<Cause> {
    let differ = &old.settings ^ &new.settings;
    if differ.is_empty() { &old.settings | &new.settings } else { differ }
}

/// What a reason is as a cause, but for what depends on the others: files, imports, build info.
fn add_cause(causes: &mut BTreeSet<Cause>, reason: &Reason) {
    causes.extend(match reason {
        Reason::Flags { gone, new, .. } => return causes.extend(gone.iter().chain(new).map(|flag| of_flag(flag))),
        Reason::Moved(_) => Some(Cause::Place),
        Reason::Tags(..) => Some(Cause::Tags),
        Reason::Profile(What::Added | What::Removed) => Some(Cause::Pgo),
        Reason::Profile(What::Changed) => Some(Cause::Source),
        Reason::Setting(name, _) => Some(Cause::Setting(name.clone())),
        Reason::Platform(_) => Some(Cause::Setting(String::from("GOOS or GOARCH"))),
        Reason::Toolchain(Change { old, new }) => Some(Cause::Toolchain(old.min(new).clone(), old.max(new).clone())),
        Reason::BuildInfo(Some(_)) | Reason::Hidden => Some(Cause::Stamp),
        Reason::Version(_) | Reason::Language(_) => Some(Cause::Module),
        _ => None,
    });
}

fn of_flag(flag: &str) -> Cause {
    match flag.split(['=', ' ']).next().unwrap_or_default() {
        "-X" => Cause::Stamp,
        "-coveragecfg" => Cause::Flag(String::from("-cover")),
        name => Cause::Flag(name.to_owned()),
    }
}

/// Whether other files are built with another setting of this.
fn chooses_files(cause: &Cause) -> bool {
    match cause {
        Cause::Flag(flag) => matches!(flag.as_str(), "-race" | "-msan" | "-asan" | "-cover"),
        Cause::Setting(_) | Cause::Toolchain(..) => true,
        _ => false,
    }
}

fn is_edit(reason: &Reason, chooses_files: bool) -> bool {
    match reason {
        Reason::Files(_, edits) => !chooses_files || edits.iter().any(|Edit { what, .. }| *what == What::Changed),
        Reason::Sources => true,
        _ => false,
    }
}

/// Puts verdicts together.
fn told(by_package: &BTreeMap<Whose, Vec<usize>>, known: &[Known], verdicts: &[Verdict]) -> Splits {
    let several = || by_package.iter().filter(|(_, keys)| keys.len() > 1);
    let alternating = alternating(known, verdicts);
    let mut causes: BTreeMap<(ToolKind, Course, &BTreeSet<Cause>), Consequence> = BTreeMap::new();
    for (whose, keys) in several() {
        let mut counted = BTreeSet::new();
        for key in keys.iter().filter(|key| !verdicts[**key].causes.is_empty()) {
            let Verdict { causes: of_key, same_but, .. } = &verdicts[*key];
            let course = match same_but {
                None => Course::Edited,
                Some(_) if of_key.iter().any(|cause| alternating.contains(cause)) => Course::SideBySide,
                Some(_) => Course::Once,
            };
            let row = causes.entry((whose.tool, course, of_key)).or_insert_with(|| Consequence {
                tool: whose.tool,
                causes: of_key.clone(),
                course,
                packages: 0,
                keys: 0,
                cpu: Nanos::ZERO,
            });
            row.packages += usize::from(counted.insert((course, of_key)));
            row.keys += 1;
            row.cpu += known[*key].cpu;
        }
    }
    let mut causes: Vec<Consequence> = causes.into_values().collect();
    causes.sort_by_key(|row| (row.course, Reverse(row.cpu), row.tool, row.causes.clone()));
    let mut packages: Vec<Split> = several().map(|(whose, keys)| split(whose, keys, known, verdicts)).collect();
    packages.sort_by_key(|split| (Reverse((split.cpu, split.keys)), split.whose.clone()));
    Splits { causes, packages }
}

/// What gave some package a key of its own while the package went on to be built without. Once is enough: the last build with it
/// has none without behind it.
fn alternating<'v>(known: &[Known], verdicts: &'v [Verdict]) -> BTreeSet<&'v Cause> {
    // A way of building is gone when nothing was built in it any more.
    let mut lasted: HashMap<usize, usize> = HashMap::new();
    for (known, verdict) in known.iter().zip(verdicts) {
        let last = lasted.entry(verdict.way).or_default();
        *last = known.last.max(*last);
    }
    let alternates = |(known, verdict): &(&Known, &Verdict)| {
        verdict.same_but.is_some_and(|old| lasted[&verdicts[old].way] >= known.first.0)
    };
    known.iter().zip(verdicts).filter(alternates).flat_map(|(_, verdict)| &verdict.causes).collect()
}

fn split(whose: &Whose, keys: &[usize], known: &[Known], verdicts: &[Verdict]) -> Split {
    let spare = || keys.iter().filter(|key| verdicts[**key].same_but.is_some());
    Split {
        whose: whose.clone(),
        keys: keys.len(),
        spare: spare().count(),
        cpu: spare().map(|key| known[*key].cpu).sum(),
        causes: keys.iter().flat_map(|key| verdicts[*key].causes.iter().cloned()).collect(),
        unseen: keys.iter().filter(|key| known[**key].made.is_none()).count(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::build::picture;
    use expect_test::{Expect, expect};
    use proptest::prelude::*;

    /// Traces in the order of time.
    fn of(traces: &[&str]) -> Splits {
        let mut keys = Keys::default();
        traces.iter().for_each(|trace| keys.add(&picture::build(trace)));
        in_order(keys)
    }

    /// CPU in milliseconds.
    #[track_caller]
    fn check(traces: &[&str], expected: &Expect) {
        let splits = of(traces);
        let mut words = String::new();
        for row in &splits.causes {
            let (causes, course, tool) = (&row.causes, row.course, row.tool.name());
            words += &format!(
                "{course:?} {causes:?}: {} {tool}, {} keys, {}\n",
                row.packages,
                row.keys,
                row.cpu.0 / 1_000_000
            );
        }
        for split in &splits.packages {
            let (package, target) = (&split.whose.package, split.whose.target.as_deref().unwrap_or("?"));
            words += &format!(
                "{package} for {target}: {} keys, {} spare in {}\n",
                split.keys,
                split.spare,
                split.cpu.0 / 1_000_000
            );
        }
        expected.assert_eq(&words);
    }

    /// A library with what it held, the program that imports it, the settings, and a number of its own for each key.
    fn build(how: &str, held: u32, key: u32) -> String {
        let (place, race) = (
            if how.contains("elsewhere") { "/other" } else { "/m" },
            if how.contains("-race") { ",-race" } else { "" },
        );
        format!(
            "$ {}
             probe compile 0-1
             compile m:m/lib 1-2 dir=b002 id=l{key} cpu=1 at={place}/lib src=a.go@{held} args=-o,x{race} cached=fmt hold=f
             compile m:m 2-3 dir=b001 id=m{key} cpu=2 at={place} src=main.go@1 args=-o,x{race} needs=b002 hold={key}",
            how.replace("elsewhere ", "")
        )
    }

    #[test]
    fn a_flag_that_comes_and_goes_splits_all_packages_and_edits_do_not_hide_it() {
        let (plain, race) = ("go build", "go build -race");
        check(
            &[&build(plain, 1, 1), &build(race, 1, 2), &build(plain, 2, 3), &build(race, 2, 4)],
            &expect![[r#"
                SideBySide {Flag("-race")}: 2 compile, 4 keys, 6
                Edited {Import}: 1 compile, 1 keys, 2
                Edited {Source}: 1 compile, 1 keys, 1
                m for linux/amd64: 4 keys, 2 spare in 4
                m/lib for linux/amd64: 4 keys, 2 spare in 2
            "#]],
        );
    }

    #[test]
    fn the_same_sources_in_two_places_are_one_key_with_trimpath() {
        check(
            &[&build("go build", 1, 1), &build("elsewhere go build", 1, 2), &build("go build", 1, 1)],
            &expect![[r#"
                SideBySide {Place}: 2 compile, 2 keys, 3
                m for linux/amd64: 2 keys, 1 spare in 2
                m/lib for linux/amd64: 2 keys, 1 spare in 1
            "#]],
        );
    }

    #[test]
    fn a_setting_that_changed_once_and_edits_are_told_from_one_that_alternates() {
        let (old, new) = ("GOAMD64=v1 go build", "GOAMD64=v3 go build");
        check(
            &[&build(old, 1, 1), &build(old, 2, 2), &build(new, 2, 3), &build(new, 3, 4)],
            &expect![[r#"
                Once {Setting("GOAMD64")}: 2 compile, 2 keys, 3
                Edited {Import}: 1 compile, 2 keys, 4
                Edited {Source}: 1 compile, 2 keys, 2
                m for linux/amd64: 4 keys, 1 spare in 2
                m/lib for linux/amd64: 4 keys, 1 spare in 1
            "#]],
        );
    }

    #[test]
    fn a_flag_of_one_package_is_the_cause_for_those_who_import_it() {
        let build = |flag: &str, key: u32| {
            format!(
                "$ go build
                 probe compile 0-1
                 compile m:m/lib 1-2 dir=b002 id=l{key} cpu=1 at=/m/lib src=a.go@1 args=-o,x{flag}
                 compile m:m 2-3 dir=b001 id=m{key} cpu=2 at=/m src=main.go@1 args=-o,x needs=b002 hold={key}"
            )
        };
        check(
            &[&build("", 1), &build(",-N", 2), &build("", 1)],
            &expect![[r#"
            SideBySide {Flag("-N")}: 2 compile, 2 keys, 3
            m for linux/amd64: 2 keys, 1 spare in 2
            m/lib for linux/amd64: 2 keys, 1 spare in 1
        "#]],
        );
    }

    #[test]
    fn platforms_and_variants_have_keys_of_their_own_and_the_same_key_is_one() {
        check(
            &[
                "$ go build\nprobe compile 0-1\ncompile m:m/a 1-2 id=1\ncompile m:m/a[m/a.test] 2-3 id=2",
                "$ GOOS=js go build\nprobe compile 0-1\ncompile m:m/a 1-2 id=3",
                "$ go build\nprobe compile 0-1\ncompile m:m/a 1-2 id=1",
            ],
            &expect![[r#""#]],
        );
    }

    #[test]
    fn a_commit_that_is_stamped_splits_links() {
        let link = |key: u32| {
            format!("$ go build\nprobe compile 0-1\nlink m:m 1-2 dir=b001 id={key} cpu=3 info={key} commit=c{key}")
        };
        check(
            &[&link(1), &link(2), &link(3)],
            &expect![[r#"
            Once {Stamp}: 1 link, 2 keys, 6
            m for linux/amd64: 3 keys, 2 spare in 6
        "#]],
        );
    }

    #[test]
    fn of_many_keys_some_are_looked_into_and_all_counted() {
        let trace =
            |key: usize| format!("$ go build\nprobe compile 0-1\ncompile m:m/a 1-2 id={key} src=a.go@{key} at=/m");
        let traces: Vec<String> = (0..100).map(trace).collect();
        let splits = of(&traces.iter().map(String::as_str).collect::<Vec<_>>());
        assert_eq!((splits.packages[0].keys, splits.packages[0].unseen), (100, 36));
    }

    proptest! {
        #[test]
        fn what_keys_cost_is_no_more_than_what_was_built(runs in prop::collection::vec(picture::any(), 1..5)) {
            let traces: Vec<String> = runs.iter().map(|runs| picture::draw(runs, 0)).collect();
            let splits = of(&traces.iter().map(String::as_str).collect::<Vec<_>>());
            prop_assert!(splits.packages.iter().all(|split| split.spare < split.keys && split.keys > 1));
            let built = traces.iter().flat_map(|trace| picture::build(trace).actions);
            let (built, spare): (Nanos, Nanos) =
                (built.map(|action| action.cpu()).sum(), splits.packages.iter().map(|split| split.cpu).sum());
            prop_assert!(spare <= built, "{spare} of {built}");
        }
    }
}
