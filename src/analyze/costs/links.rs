//! The link bill: what linking cost, of what the programs are made, and which were linked again without need.
//!
//! Knows the links of the trace and the archives that were built in it: what came from the build cache has no size here, only
//! a number. Test binaries are apart from programs, as nobody keeps them. Does not know what the linker was told; where
//! two links of a package had the same inputs and another cache key, it is that in which they differ. Inputs are the same
//! where their cache keys are, of which one holds those of all that a package imports.

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};

use crate::build::{ActionId, Build, Figures, PackageId, Ways};
use crate::units::{Bytes, Nanos};

use super::cost::Cost;
use super::imports::{Built, Imports, Linked};

/// How much of it to tell.
#[derive(Debug)]
pub struct Config {
    /// Rows of each table.
    pub rows: usize,
    /// Inputs of each link; 0 spares looking for them.
    pub inputs: usize,
}

/// The answer.
#[derive(Debug, Default)]
pub struct Links {
    /// Programs.
    pub programs: Bill,
    /// Test binaries.
    pub tests: Bill,
    /// The packages that were linked more than once, by what the links beyond the first one cost.
    pub repeated: Vec<Repeat>,
    /// How many more there are.
    pub more_repeated: usize,
}

/// Some links.
#[derive(Debug, Default)]
pub struct Bill {
    /// How many.
    pub links: u64,
    /// All of them.
    pub cost: Cost,
    /// The longest.
    pub rows: Vec<Link>,
    /// How many more there are.
    pub more: usize,
}

/// A link.
#[derive(Debug)]
pub struct Link {
    /// The main package.
    pub package: String,
    /// Which command, counted from 1, by time.
    pub command: usize,
    /// What it cost; the output is the program.
    pub cost: Cost,
    /// What it spent its time on, the longest first; empty where it did not tell.
    pub phases: Vec<(String, Nanos)>,
    /// How many packages of the program were built by the same command.
    pub built: u32,
    /// How many came from the build cache, and are not among the inputs here.
    pub cached: u32,
    /// The largest archives of those that were built, as far as the trace names them.
    pub inputs: Vec<Input>,
    /// How many more there are.
    pub more_inputs: usize,
    /// The sum of all of them; 0 where none were looked for.
    pub input_bytes: Bytes,
}

/// An archive that was linked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Input {
    /// The package.
    pub package: String,
    /// The size of its archive.
    pub bytes: Bytes,
}

/// A package that was linked more than once.
#[derive(Debug, Default)]
pub struct Repeat {
    /// The main package.
    pub package: String,
    /// How often.
    pub links: u64,
    /// What the links beyond the first one cost.
    pub beyond: Cost,
    /// How often with the cache key of a link before: the same program once more.
    pub again: u64,
    /// How often with the inputs of links before, but another cache key: what the linker was told is another thing, such as `-X`
    /// or the state of the repository. cmd/go puts that into the main package, too, and compiles it again: its sources
    /// then have the size that they had before.
    pub told_otherwise: u64,
    /// How often with inputs that had not been there before: something had changed, or was built in another way.
    pub changed: u64,
    /// How often with all inputs from the cache, so that it cannot be said whether they were those of a link before.
    pub from_cache: u64,
    /// How often it cannot be said for another reason.
    pub unknown: u64,
}

/// Makes out the bill.
#[must_use]
pub fn links(build: &Build, imports: &Imports, config: &Config) -> Links {
    let mut bills = (Vec::new(), Vec::new());
    for linked in &imports.links {
        let package = build.actions[linked.action].package;
        let is_test = package.is_some_and(|id| build.catalog.packages.get(id).path.strip_suffix(".test").is_some());
        if is_test { &mut bills.1 } else { &mut bills.0 }.push(linked);
    }
    let commands = (1..).zip(build.catalog.commands_by_time()).map(|(number, id)| (id.index(), number)).collect();
    let teller = Teller { build, imports, config, commands };
    let mut repeated = repeated(build, imports);
    let more_repeated = repeated.len().saturating_sub(config.rows);
    repeated.truncate(config.rows);
    Links { programs: teller.bill(bills.0), tests: teller.bill(bills.1), repeated, more_repeated }
}

/// The packages that were linked more than once, by what the links beyond the first one cost.
#[must_use]
pub fn repeated(build: &Build, imports: &Imports) -> Vec<Repeat> {
    let mut by_package: HashMap<PackageId, Vec<&Linked>> = HashMap::new();
    for linked in &imports.links {
        if let Some(package) = build.actions[linked.action].package {
            by_package.entry(package).or_default().push(linked);
        }
    }
    by_package.retain(|_, links| links.len() > 1);
    if by_package.is_empty() {
        return Vec::new();
    }
    let comparer = Comparer { build, imports, new: are_new(build, imports) };
    let repeat = |(package, links): (PackageId, Vec<&Linked>)| comparer.repeat(name(build, package), &links);
    let mut repeated: Vec<Repeat> = by_package.into_iter().map(repeat).collect();
    repeated.sort_by(|one, other| {
        (other.beyond.wall, other.links)
            .cmp(&(one.beyond.wall, one.links))
            .then_with(|| one.package.cmp(&other.package))
    });
    repeated
}

fn name(build: &Build, package: PackageId) -> String {
    build.catalog.packages.get(package).name().into_owned()
}

fn cost(build: &Build, linked: &Linked) -> Cost {
    Cost::of_run(&build.actions[linked.action], &build.figures(linked.action))
}

/// What all answers are told from.
struct Teller<'a> {
    build: &'a Build,
    imports: &'a Imports,
    config: &'a Config,
    /// The number of each command.
    commands: HashMap<usize, usize>,
}

impl Teller<'_> {
    fn bill(&self, mut links: Vec<&Linked>) -> Bill {
        let costs: Vec<Cost> = links.iter().map(|linked| cost(self.build, linked)).collect();
        let package = |linked: &Linked| self.build.actions[linked.action].package.map(|id| name(self.build, id));
        links.sort_by_cached_key(|linked| {
            (Reverse(self.build.actions[linked.action].wall()), package(linked), linked.action)
        });
        let more = links.len().saturating_sub(self.config.rows);
        let rows = links.iter().take(self.config.rows).map(|linked| self.link(linked)).collect();
        Bill { links: links.len() as u64, cost: Cost::sum(&costs), rows, more }
    }

    fn link(&self, linked: &Linked) -> Link {
        let (build, action) = (self.build, &self.build.actions[linked.action]);
        let figures = build.figures(linked.action);
        let told = build.phases(linked.action).iter();
        let mut phases: Vec<(String, Nanos)> =
            told.map(|(phase, time)| (build.catalog.phase_name(*phase).to_owned(), *time)).collect();
        phases.sort_by(|left, right| right.1.cmp(&left.1).then_with(|| left.0.cmp(&right.0)));
        let mut inputs = if self.config.inputs > 0 { self.inputs(linked) } else { Vec::new() };
        let input_bytes = inputs.iter().map(|input| input.bytes).sum();
        let more_inputs = inputs.len().saturating_sub(self.config.inputs);
        inputs.truncate(self.config.inputs);
        Link {
            package: action.package.map_or_else(String::new, |id| name(build, id)),
            command: self.commands.get(&action.command.index()).copied().unwrap_or(0),
            cost: cost(build, linked),
            phases,
            built: figures.packages_built,
            cached: figures.packages_cached,
            inputs,
            more_inputs,
            input_bytes,
        }
    }

    /// The archives that were built, the largest first.
    fn inputs(&self, linked: &Linked) -> Vec<Input> {
        let reached = self.imports.reached(&linked.told);
        let linked =
            self.imports.packages.iter().zip(&reached).filter(|(built, reached)| **reached && built.compile.is_some());
        let mut inputs: Vec<Input> = linked
            .filter_map(|(built, _)| Some(Input { package: name(self.build, built.package?), bytes: built.own.output }))
            .collect();
        inputs.sort_by(|left, right| right.bytes.cmp(&left.bytes).then_with(|| left.package.cmp(&right.package)));
        inputs
    }
}

/// What links of a package are compared by.
struct Comparer<'a> {
    build: &'a Build,
    imports: &'a Imports,
    /// Of each package whether it was the first to be built with its cache key.
    new: Vec<bool>,
}

impl Comparer<'_> {
    fn repeat(&self, package: String, links: &[&Linked]) -> Repeat {
        let mut repeat = Repeat { package, links: links.len() as u64, ..Repeat::default() };
        let mut before = Before::default();
        for (at, linked) in links.iter().enumerate() {
            let seen = Seen {
                key: self.build.figures(linked.action).action_id,
                main: linked
                    .main
                    .and_then(|main| self.imports.packages[main].compile)
                    .map(|main| self.build.figures(main)),
            };
            if at > 0 {
                repeat.beyond.add(&cost(self.build, linked));
                let figures = self.build.figures(linked.action);
                *match seen {
                    Seen { key: None, .. } => &mut repeat.unknown,
                    Seen { key: Some(key), .. } if before.keys.contains(&key) => &mut repeat.again,
                    Seen { main: Some(main), .. } if before.mains.is_empty() || main.action_id.is_none() => {
                        &mut repeat.unknown
                    }
                    Seen { main: Some(main), .. } if before.has(&main) && !self.has_new_input(linked) => {
                        &mut repeat.told_otherwise
                    }
                    Seen { main: Some(_), .. } => &mut repeat.changed,
                    _ if figures.packages_built == 0 && figures.packages_cached > 0 => &mut repeat.from_cache,
                    _ => &mut repeat.unknown,
                } += 1;
            }
            before.keys.extend(seen.key);
            before.mains.extend(seen.main.and_then(|main| main.action_id));
            before.sizes.extend(seen.main.map(size));
        }
        repeat
    }

    /// Whether something was linked, beside the main package, that had not been built before.
    fn has_new_input(&self, linked: &Linked) -> bool {
        let mut left: Vec<usize> = linked.told.iter().copied().filter(|at| Some(*at) != linked.main).collect();
        left.extend(linked.main.into_iter().flat_map(|main| &self.imports.packages[main].imports));
        // All that a package imports is in its key, so what is directly below main says it all.
        left.into_iter().any(|at| self.new[at])
    }
}

fn are_new(build: &Build, imports: &Imports) -> Vec<bool> {
    let mut keys = HashSet::new();
    let key = |built: &Built| built.compile.and_then(|compile| build.figures(compile).action_id);
    imports.packages.iter().map(|built| key(built).is_none_or(|key| keys.insert(key))).collect()
}

/// What tells links of a package apart.
#[derive(Clone, Copy)]
struct Seen {
    key: Option<ActionId>,
    /// The compile of the main package; none where that came from the cache.
    main: Option<Figures>,
}

/// The links of a package before one of it.
#[derive(Default)]
struct Before {
    keys: HashSet<ActionId>,
    mains: HashSet<ActionId>,
    sizes: HashSet<Size>,
}

impl Before {
    /// Whether the main package had been linked, but for what is put into it.
    fn has(&self, main: &Figures) -> bool {
        main.action_id.is_some_and(|key| self.mains.contains(&key)) || self.sizes.contains(&size(*main))
    }
}

/// Files, bytes, lines and functions.
type Size = (u32, Bytes, u32, u32, Ways);

fn size(main: Figures) -> Size {
    (main.source_files, main.source_bytes, main.lines, main.funcs, main.ways)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::build::picture;
    use expect_test::{Expect, expect};
    use proptest::prelude::*;

    fn of(drawn: &str) -> Links {
        let build = picture::build(drawn);
        links(&build, &Imports::of(&build, None), &Config { rows: 2, inputs: 2 })
    }

    #[track_caller]
    fn check(drawn: &str, expected: &Expect) {
        let report = of(drawn);
        let mut words = String::new();
        for (what, bill) in [("programs", &report.programs), ("tests", &report.tests)] {
            words += &format!("{what}: {} in {}\n", bill.links, bill.cost.wall);
            for link in &bill.rows {
                let inputs: Vec<String> =
                    link.inputs.iter().map(|input| format!("{} {}", input.package, input.bytes)).collect();
                let phases: Vec<String> = link.phases.iter().map(|(name, time)| format!("{name} {time}")).collect();
                words += &format!(
                    "  {} of {}: {} {}, built {} cached {}, {inputs:?} and {} more of {}, {phases:?}\n",
                    link.package,
                    link.command,
                    link.cost.wall,
                    link.cost.output,
                    link.built,
                    link.cached,
                    link.more_inputs,
                    link.input_bytes
                );
            }
            words += &format!("  and {} more\n", bill.more);
        }
        for repeat in &report.repeated {
            words += &format!(
                "{} {} times, beyond {}: again {} told {} changed {} from cache {} unknown {}\n",
                repeat.package,
                repeat.links,
                repeat.beyond.wall,
                repeat.again,
                repeat.told_otherwise,
                repeat.changed,
                repeat.from_cache,
                repeat.unknown
            );
        }
        expected.assert_eq(&words);
    }

    #[test]
    fn a_link_is_told_with_the_largest_archives_that_went_into_it() {
        check(
            "$ go test ./...
             compile deep 0-1 dir=b009 out=5000
             compile a 1-2 dir=b003 out=3000 needs=b009
             compile b 0-1 dir=b004 out=1000
             compile c 0-1 dir=b005 out=9999
             compile main 2-3 dir=b001 out=10 needs=b003
             link main 2-9 dir=b001 out=20000 needs=b001,b004 built=4 from-cache=50 Loadlib=3 Hostlink=1
             link m/a.test 2-5 dir=b020 out=7 needs=b005 built=1 from-cache=2
             link m/b.test 2-4 dir=b021 built=0 from-cache=2
             link m/c.test 2-3 dir=b022 built=0 from-cache=2",
            &expect![[r#"
                programs: 1 in 7.00 ms
                  main of 1: 7.00 ms 19.5 KiB, built 4 cached 50, ["deep 4.88 KiB", "a 2.93 KiB"] and 2 more of 8.80 KiB, ["load 3.00 ms", "other 3.00 ms", "host link 1.00 ms"]
                  and 0 more
                tests: 3 in 6.00 ms
                  m/a.test of 1: 3.00 ms 7 B, built 1 cached 2, ["c 9.76 KiB"] and 0 more of 9.76 KiB, []
                  m/b.test of 1: 2.00 ms 0 B, built 0 cached 2, [] and 0 more of 0 B, []
                  and 1 more
            "#]],
        );
    }

    /// What a link of p is after others, each a compile of something below it, one of main and a link, where they are.
    #[track_caller]
    fn check_repeat(links: &[&str], expected: &Expect) {
        let command = |words: &&str| {
            let line = |word: &str| match word.split_once(':') {
                Some(("below", key)) => format!("compile below 0-1 dir=b002 id={key}\n"),
                Some(("main", key)) => {
                    format!("compile p 1-2 dir=b001 files=1 source=9 id={key} needs=b002\n")
                }
                Some(("larger", key)) => format!("compile p 1-2 dir=b001 files=1 source=99 id={key} needs=b002\n"),
                _ => format!("link p 3-5 dir=b001 needs=b001 from-cache=4 {}\n", word.replace("link", "id=")),
            };
            format!("$ go build\n{}", words.split(' ').map(line).collect::<String>())
        };
        let report = of(&links.iter().map(command).collect::<String>());
        let repeat = report.repeated.first().expect("it was linked more than once");
        expected.assert_eq(&format!(
            "again {} told {} changed {} from cache {} unknown {}",
            repeat.again, repeat.told_otherwise, repeat.changed, repeat.from_cache, repeat.unknown
        ));
    }

    #[test]
    fn links_of_the_same_package_are_compared_by_their_keys() {
        check_repeat(&["main:m1 link1", "main:m1 link1"], &expect!["again 1 told 0 changed 0 from cache 0 unknown 0"]);
        check_repeat(&["main:m1 link1", "main:m1 link2"], &expect!["again 0 told 1 changed 0 from cache 0 unknown 0"]);
        check_repeat(
            &["main:m1 link1", "larger:m2 link2"],
            &expect!["again 0 told 0 changed 1 from cache 0 unknown 0"],
        );
        check_repeat(&["main:m1 link1", "link2"], &expect!["again 0 told 0 changed 0 from cache 1 unknown 0"]);
        check_repeat(&["link1", "main:m1 link2"], &expect!["again 0 told 0 changed 0 from cache 0 unknown 1"]);
    }

    /// The build information of `-ldflags=-X=…` and of version control is in the key of main.
    #[test]
    fn a_main_package_that_was_only_stamped_is_not_changed() {
        let before = "below:b1 main:m1 link1";
        check_repeat(&[before, "main:m2 link2"], &expect!["again 0 told 1 changed 0 from cache 0 unknown 0"]);
        check_repeat(&[before, "below:b1 main:m2 link2"], &expect!["again 0 told 1 changed 0 from cache 0 unknown 0"]);
        check_repeat(&[before, "below:b2 main:m2 link2"], &expect!["again 0 told 0 changed 1 from cache 0 unknown 0"]);
    }

    proptest! {
        #[test]
        fn every_link_is_on_the_bill_once(runs in picture::any()) {
            let drawn = picture::draw(&runs, 0);
            let build = picture::build(&drawn);
            let report = links(&build, &Imports::of(&build, None), &Config { rows: usize::MAX, inputs: usize::MAX });
            let is_link = |action: &&crate::build::Action| {
                action.kind == crate::tool_kind::ToolKind::Link && action.purpose == crate::build::Purpose::Work
            };
            let wall: Nanos = build.actions.iter().filter(is_link).map(crate::build::Action::wall).sum();
            let of_rows = [&report.programs, &report.tests].into_iter().flat_map(|bill| &bill.rows);
            prop_assert_eq!(of_rows.map(|link| link.cost.wall).sum::<Nanos>(), wall);
            prop_assert_eq!(report.programs.cost.wall + report.tests.cost.wall, wall);
            for repeat in &report.repeated {
                let why = repeat.again + repeat.told_otherwise + repeat.changed + repeat.from_cache + repeat.unknown;
                prop_assert_eq!(why + 1, repeat.links);
            }
        }
    }
}
