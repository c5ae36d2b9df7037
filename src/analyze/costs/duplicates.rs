//! Which packages were compiled several times, why, and what the times beyond the first one cost.
//!
//! Knows every build of a package in the trace, its variant, its cache key, for which platform and in which ways it was
//! built. Each build beyond the first is compared with those before it and has one reason, the least that sets it apart from
//! one of them. Does not know what changed in a source, nor why a result was not in the build cache: it was in another one, not
//! asked for (`-a`), or not there yet, as two commands at once do not wait for each other. Packages that are named in files
//! on the command line all have one import path and are left out.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap, HashSet};

use crate::build::{ActionId, Build, Catalog, Secret, Ways};

use super::cost::Cost;
use super::imports::{Built, Imports};
use crate::analyze::fold::{FrameKind, kind_of};

/// The answer.
#[derive(Debug, Default)]
pub struct Duplicates {
    /// All builds beyond the first one of their package.
    pub beyond: Cost,
    /// They add up to `beyond`; the dearest first.
    pub reasons: Vec<(Reason, Cost)>,
    /// The packages, by what the builds beyond the first one cost.
    pub packages: Vec<Duplicate>,
    /// How many more there are.
    pub more: usize,
}

/// A package that was compiled more than once.
#[derive(Debug, Default)]
pub struct Duplicate {
    /// Its import path, without a variant.
    pub path: String,
    /// Whose it is.
    pub kind: Option<FrameKind>,
    /// How often it was compiled.
    pub builds: u64,
    /// What the builds beyond the first one cost.
    pub beyond: Cost,
    /// They add up to `beyond`; the dearest first.
    pub reasons: Vec<(Reason, Cost)>,
    /// What it was compiled as: variant, platform and ways, each once, in the order in which they came. The first of them.
    pub forms: Vec<String>,
    /// How many more there are.
    pub more_forms: usize,
}

/// Why a package was compiled once more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// With a cache key that it had been compiled with before.
    SameKey,
    /// As before, but with another cache key.
    Changed,
    /// As before, and it told no cache key.
    Unknown,
    /// As a variant for a test: with the test's files, or because it imports something that has them.
    Test,
    /// With another profile, or none: each program that has one gets variants of what it imports.
    Profile,
    /// In other ways, such as race or cover.
    Ways,
    /// With other build tags.
    Tags,
    /// For another platform.
    Platform,
}

impl Reason {
    /// Whether anything would spare the build.
    #[must_use]
    pub const fn can_be_spared(self) -> bool {
        !matches!(self, Self::Changed | Self::Unknown | Self::Platform)
    }

    /// As the end of a sentence: the package was compiled once more, …
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::SameKey => "with a cache key that it had been compiled with before",
            Self::Changed => "because something had changed",
            Self::Unknown => "and it is not known why",
            Self::Test => "as a variant for a test",
            Self::Profile => "with another profile for its optimisation",
            Self::Ways => "in another way, such as race or cover",
            Self::Tags => "with other build tags",
            Self::Platform => "for another platform",
        }
    }

    /// What would spare the build.
    #[must_use]
    pub const fn remedy(self) -> &'static str {
        match self {
            Self::SameKey => {
                "one build cache for all commands, no -a, and no two commands that build the same at a time"
            }
            Self::Changed => "nothing: a source or something that it imports was another one",
            Self::Unknown => "cannot be said",
            Self::Test => "tests in a package of their own (p_test), without files of p itself for tests",
            Self::Profile => "one profile for all programs, or -pgo=off where it does not matter",
            Self::Ways => "the same flags in all commands",
            Self::Tags => "the same -tags in all commands",
            Self::Platform => "nothing: each platform needs its own",
        }
    }
}

/// As many forms of a package are listed.
const FORMS: usize = 8;

/// What all files have that are named on the command line.
const FILES: &str = "command-line-arguments";

/// Finds them; with so many rows.
#[must_use]
pub fn duplicates(build: &Build, imports: &Imports, rows: usize) -> Duplicates {
    let settings = Settings::of(&build.catalog);
    let by_path = by_path(build, imports, &settings);
    let secret = Secret::default();
    let several = by_path.iter().filter(|(_, builds)| builds.len() > 1);
    let mut found: Vec<Found> =
        several.map(|(path, builds)| Found { path, builds, beyond: beyond(build, builds, &secret) }).collect();
    let (mut all, mut reasons) = (Cost::default(), Reasons::new());
    for Found { beyond, .. } in &found {
        all.add(&beyond.cost);
        beyond.reasons.iter().for_each(|(reason, cost)| reasons.entry(*reason).or_default().add(cost));
    }
    found.sort_by(|one, other| {
        let cost = |found: &Found| (found.beyond.cost.cpu, found.beyond.cost.wall);
        cost(other).cmp(&cost(one)).then_with(|| one.path.cmp(other.path))
    });
    let more = found.len().saturating_sub(rows);
    found.truncate(rows);
    let packages = found.into_iter().map(|found| found.told(build, &settings)).collect();
    Duplicates { beyond: all, reasons: dearest(reasons), packages, more }
}

/// A package that was compiled more than once; what nobody asks for has no words yet.
struct Found<'a> {
    path: &'a str,
    builds: &'a Builds<'a>,
    beyond: Beyond<'a>,
}

impl Found<'_> {
    fn told(self, build: &Build, settings: &Settings) -> Duplicate {
        let Self { path, builds, beyond } = self;
        Duplicate {
            path: path.to_owned(),
            kind: builds.first().and_then(|(built, _)| Some(kind_of(build.catalog.module_of(built.package?)))),
            builds: builds.len() as u64,
            beyond: beyond.cost,
            reasons: dearest(beyond.reasons),
            forms: beyond.forms.iter().take(FORMS).map(|form| form.name(settings)).collect(),
            more_forms: beyond.forms.len().saturating_sub(FORMS),
        }
    }
}

type Builds<'a> = Vec<(&'a Built, Form<'a>)>;

/// The builds of each import path.
fn by_path<'a>(build: &'a Build, imports: &'a Imports, settings: &Settings) -> Vec<(&'a str, Builds<'a>)> {
    let mut by_path: Vec<(&str, Builds)> = Vec::new();
    let mut numbers: HashMap<&str, usize, Secret> = HashMap::default();
    // A package is built often, and its name looked up once.
    let mut known: Vec<Option<usize>> = vec![None; build.catalog.packages.len()];
    for built in imports.packages.iter().filter(|built| built.compile.is_some()) {
        let Some((package, form)) = built.package.zip(form(build, settings, built)) else { continue };
        let path = build.catalog.packages.get(package).path.as_str();
        let number = *known[package.index()].get_or_insert_with(|| {
            let new = by_path.len();
            *numbers.entry(path).or_insert(new)
        });
        if number == by_path.len() {
            by_path.push((path, Vec::new()));
        }
        by_path[number].1.push((built, form));
    }
    by_path.retain(|(path, _)| *path != FILES);
    by_path
}

type Reasons = BTreeMap<Reason, Cost>;

fn dearest(reasons: Reasons) -> Vec<(Reason, Cost)> {
    let mut reasons: Vec<(Reason, Cost)> = reasons.into_iter().collect();
    reasons.sort_by_key(|(reason, cost)| (Reverse((cost.cpu, cost.wall)), *reason));
    reasons
}

fn key(build: &Build, built: &Built) -> Option<ActionId> {
    build.figures(built.compile?).action_id
}

/// As what a package was compiled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Form<'a> {
    variant: Option<&'a str>,
    ways: Ways,
    setting: Setting,
}

/// What holds for all that a command builds, as numbers: a trace may have many commands, and each of them many packages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Setting {
    tags: u32,
    platform: u32,
}

/// The settings of all commands.
struct Settings<'a> {
    of_command: Vec<Setting>,
    names: Vec<&'a str>,
}

impl<'a> Settings<'a> {
    fn of(catalog: &'a Catalog) -> Self {
        let mut settings = Self { of_command: Vec::new(), names: Vec::new() };
        let mut numbers: HashMap<&str, u32, Secret> = HashMap::default();
        let mut number = |name: &'a str| {
            let new = u32::try_from(settings.names.len()).unwrap_or(u32::MAX);
            let number = *numbers.entry(name).or_insert(new);
            settings.names.extend((number == new).then_some(name));
            number
        };
        for (_, command) in catalog.commands.iter() {
            let facts = command.facts.as_ref();
            let tags = number(facts.map_or("", |facts| tags(&facts.args)));
            let platform = number(facts.and_then(|facts| facts.target.as_deref()).unwrap_or_default());
            settings.of_command.push(Setting { tags, platform });
        }
        settings
    }

    fn name(&self, number: u32) -> Option<&'a str> {
        self.names.get(number as usize).copied().filter(|name| !name.is_empty())
    }
}

fn form<'a>(build: &'a Build, settings: &Settings, built: &Built) -> Option<Form<'a>> {
    let package = build.catalog.packages.get(built.package?);
    let ways = build.figures(built.compile?).ways;
    let setting = settings.of_command[built.command.index()];
    Some(Form { variant: package.variant.as_deref(), ways, setting })
}

/// `-tags` as it was typed; the last one counts. What GOFLAGS adds is not seen.
fn tags(args: &[String]) -> &str {
    let mut tags = "";
    for (at, arg) in args.iter().enumerate() {
        let flag = arg.strip_prefix("--").or_else(|| arg.strip_prefix('-')).unwrap_or_default();
        match flag.split_once('=') {
            Some(("tags", value)) => tags = value,
            None if flag == "tags" => tags = args.get(at + 1).map_or("", String::as_str),
            _ => {}
        }
    }
    tags
}

/// What lies beyond the first build of a package.
#[derive(Default)]
struct Beyond<'a> {
    cost: Cost,
    reasons: Reasons,
    /// As what it was compiled, each once.
    forms: Vec<Form<'a>>,
}

/// Builds come by time.
fn beyond<'a>(build: &Build, builds: &Builds<'a>, secret: &Secret) -> Beyond<'a> {
    let mut before = Before::none(secret);
    let mut beyond = Beyond::default();
    for (built, form) in builds {
        let key = key(build, built);
        if let Some(reason) = before.reason(key, form) {
            beyond.reasons.entry(reason).or_default().add(&built.own);
            beyond.cost.add(&built.own);
        }
        beyond.forms.extend(before.add(key, form).then_some(*form));
    }
    beyond
}

/// The builds of a package before one of it.
struct Before<'a> {
    keys: HashSet<ActionId, Secret>,
    forms: HashSet<Form<'a>, Secret>,
    /// The same but for the variant.
    without_variant: HashSet<(Ways, Setting), Secret>,
    /// The same but for variant and profile.
    without_profile: HashSet<(Ways, Setting), Secret>,
    /// The same but for variant and ways.
    without_ways: HashSet<Setting, Secret>,
    platforms: HashSet<u32, Secret>,
}

impl<'a> Before<'a> {
    fn none(secret: &Secret) -> Self {
        Self {
            keys: HashSet::with_hasher(secret.clone()),
            forms: HashSet::with_hasher(secret.clone()),
            without_variant: HashSet::with_hasher(secret.clone()),
            without_profile: HashSet::with_hasher(secret.clone()),
            without_ways: HashSet::with_hasher(secret.clone()),
            platforms: HashSet::with_hasher(secret.clone()),
        }
    }

    /// None for the first one.
    fn reason(&self, key: Option<ActionId>, form: &Form<'a>) -> Option<Reason> {
        let Form { variant, ways, setting } = *form;
        Some(match key {
            _ if self.forms.is_empty() => return None,
            Some(key) if self.keys.contains(&key) => Reason::SameKey,
            Some(_) if self.forms.contains(form) => Reason::Changed,
            None if self.forms.contains(form) => Reason::Unknown,
            _ if self.without_variant.contains(&(ways, setting)) => match variant {
                // The plain one behind a variant is as much because of the test as the other way round.
                None => Reason::Test,
                Some(of) if of.strip_suffix(".test").is_some() => Reason::Test,
                Some(_) => Reason::Profile,
            },
            _ if self.without_profile.contains(&(ways.without_profile(), setting)) => Reason::Profile,
            _ if self.without_ways.contains(&setting) => Reason::Ways,
            _ if self.platforms.contains(&setting.platform) => Reason::Tags,
            _ => Reason::Platform,
        })
    }

    /// Whether this form is new.
    fn add(&mut self, key: Option<ActionId>, form: &Form<'a>) -> bool {
        let Form { ways, setting, .. } = *form;
        self.keys.extend(key);
        let is_new = self.forms.insert(*form);
        if is_new {
            self.without_variant.insert((ways, setting));
            self.without_profile.insert((ways.without_profile(), setting));
            self.without_ways.insert(setting);
            self.platforms.insert(setting.platform);
        }
        is_new
    }
}

impl Form<'_> {
    /// `for p.test, race, linux/amd64`; plain where there is nothing to say.
    fn name(&self, settings: &Settings) -> String {
        let variant = self.variant.map(|variant| format!("for {variant}"));
        let ways = self.ways.names().map(str::to_owned);
        let tags = settings.name(self.setting.tags).map(|tags| format!("tags {tags}"));
        let platform = settings.name(self.setting.platform).map(str::to_owned);
        let parts: Vec<String> = variant.into_iter().chain(ways).chain(tags).chain(platform).collect();
        if parts.is_empty() { String::from("plain") } else { parts.join(", ") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::build::picture;
    use expect_test::{Expect, expect};
    use proptest::prelude::*;

    fn of(drawn: &str, rows: usize) -> Duplicates {
        let build = picture::build(drawn);
        duplicates(&build, &Imports::of(&build, None), rows)
    }

    /// CPU in milliseconds.
    #[track_caller]
    fn check(drawn: &str, expected: &Expect) {
        let report = of(drawn, 9);
        let told = |reasons: &[(Reason, Cost)]| {
            let told = reasons
                .iter()
                .map(|(reason, cost)| format!("{reason:?} {} in {}", cost.packages, cost.cpu.0 / 1_000_000));
            told.collect::<Vec<_>>().join(", ")
        };
        let mut words = format!("{}\n", told(&report.reasons));
        for package in &report.packages {
            let (builds, forms) = (package.builds, &package.forms);
            words += &format!("{} {builds} times, {forms:?}: {}\n", package.path, told(&package.reasons));
        }
        expected.assert_eq(&words);
    }

    #[test]
    fn each_build_beyond_the_first_has_a_reason() {
        check(
            "$ go test ./...
             probe compile 0-1
             compile p 1-2 cpu=1 id=a dir=b001
             compile p[p.test] 1-2 cpu=2 id=b dir=b002
             compile p[cmd/tool] 1-2 cpu=4 id=c dir=b003 args=-pgoprofile=x
             asm p[cmd/tool] 2-3 cpu=1 dir=b003
             compile once 1-2 cpu=99 id=x
             $ go test -race -tags=a,b ./...
             probe compile 10-11
             compile p 11-12 cpu=8 id=d args=-race
             $ GOOS=js go build -tags x
             probe compile 20-21
             compile p 21-22 cpu=16 id=e
             $ go build -race
             probe compile 30-31
             compile p 31-32 cpu=32 id=a
             compile p 32-33 cpu=64 id=f args=-race
             compile p 33-34 cpu=128
             compile p 34-35 cpu=256 id=g args=-race,-coveragecfg=x",
            &expect![[r#"
                Ways 2 in 320, Unknown 1 in 128, SameKey 1 in 32, Platform 1 in 16, Tags 1 in 8, Profile 1 in 5, Test 1 in 2
                p 9 times, ["linux/amd64", "for p.test, linux/amd64", "for cmd/tool, pgo, linux/amd64", "race, tags a,b, linux/amd64", "tags x, js/amd64", "race, linux/amd64", "race, cover, linux/amd64"]: Ways 2 in 320, Unknown 1 in 128, SameKey 1 in 32, Platform 1 in 16, Tags 1 in 8, Profile 1 in 5, Test 1 in 2
            "#]],
        );
    }

    #[test]
    fn programs_of_files_are_not_one_package() {
        assert!(of("compile command-line-arguments 0-1\ncompile command-line-arguments 1-2", 9).packages.is_empty());
    }

    proptest! {
        #[test]
        fn what_is_beyond_the_first_is_all_of_it_but_one_build_of_each(runs in picture::any()) {
            let drawn = picture::draw(&runs, 0);
            let report = of(&drawn, usize::MAX);
            let builds: u64 = report.packages.iter().map(|package| package.builds).sum();
            prop_assert_eq!(report.beyond.packages, builds - report.packages.len() as u64);
            let sum = |reasons: &[(Reason, Cost)]| Cost::sum(reasons.iter().map(|(_, cost)| cost));
            prop_assert_eq!(sum(&report.reasons), report.beyond);
            for package in &report.packages {
                prop_assert_eq!(sum(&package.reasons), package.beyond);
                prop_assert!(package.builds > 1 && !package.forms.is_empty());
            }
        }
    }
}
