//! What does a dependency cost: what would not be built if it went?
//!
//! Knows packages that were built in this trace and who imports them. For each package and each module it tells its own cost,
//! what would go with it because nobody else needs it, and what it needs in all: the rest of that others need, too. Does
//! not know what came from the build cache (`cached_imports` counts it), and counts no links and no vet.

use std::cmp::Reverse;
use std::collections::HashMap;

use crate::build::{Catalog, PackageId};
use crate::units::Nanos;

use super::cost::Cost;
use super::imports::Imports;
use crate::analyze::fold::{FrameKind, kind_of};

/// The answer.
#[derive(Debug, Default)]
pub struct Dependencies {
    /// The packages that somebody imports, the dearest first.
    pub packages: Vec<Dependency>,
    /// How many more there are.
    pub more_packages: usize,
    /// The modules, the dearest first.
    pub modules: Vec<Dependency>,
    /// How many more there are.
    pub more_modules: usize,
    /// How many of these were not asked for, as there are too many: they are none of the dear ones.
    pub modules_not_counted: usize,
    /// All packages that were built.
    pub total: Cost,
    /// Not seen: how many imports came from the build cache.
    pub cached_imports: u64,
    /// Not seen: how many packages are of no known module.
    pub of_no_module: u64,
    /// Imports of the trace that cannot be, of something that began later; left out.
    pub impossible_imports: u64,
}

/// A package or a module. Where several commands built it, the sums over all of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dependency {
    /// Its name.
    pub name: String,
    /// Whose it is.
    pub kind: FrameKind,
    /// What it cost by itself.
    pub own: Cost,
    /// What would not have been built without it: itself, and what nobody else needs.
    pub gone: Cost,
    /// Itself and all that it imports, directly or not.
    pub total: Cost,
    /// How many packages, of a module those of other modules, import it directly.
    pub importers: u64,
}

impl Dependency {
    /// CPU time of what only it needs, beside itself.
    #[must_use]
    pub fn exclusive_cpu(&self) -> Nanos {
        self.gone.cpu.since(self.own.cpu)
    }

    /// CPU time of what it needs and others need, too.
    #[must_use]
    pub fn shared_cpu(&self) -> Nanos {
        self.total.cpu.since(self.gone.cpu)
    }
}

/// How many imports may be looked at to find out what goes with modules: seconds, and hundreds of modules of the largest
/// builds.
const MOST_WORK: usize = 500_000_000;

/// Finds out; with so many rows of each table.
#[must_use]
pub fn dependencies(catalog: &Catalog, imports: &Imports, rows: usize) -> Dependencies {
    let gone = imports.dominators().sums(imports.packages.iter().map(|built| built.own));
    let mut report = Dependencies {
        total: Cost::sum(imports.packages.iter().map(|built| &built.own)),
        cached_imports: imports.cached,
        impossible_imports: imports.impossible,
        ..Dependencies::default()
    };
    (report.packages, report.more_packages) = first(packages(catalog, imports, &gone), rows, imports);
    let mut modules = modules(catalog, imports, &gone);
    report.of_no_module = modules.of_none;
    report.modules_not_counted = modules.count(imports, usize::MAX);
    (report.modules, report.more_modules) = first(modules.found, rows, imports);
    report.more_modules += report.modules_not_counted;
    report
}

/// Of other people's modules that somebody imports, those with the dearest packages: only so many are asked about.
#[must_use]
pub fn modules_of_others(catalog: &Catalog, imports: &Imports, most: usize) -> Vec<Dependency> {
    let gone = imports.dominators().sums(imports.packages.iter().map(|built| built.own));
    let mut modules = modules(catalog, imports, &gone);
    // One that nobody imports is what was asked for.
    modules.found.retain(|group| group.row.kind == FrameKind::Dependency && group.row.importers > 0);
    modules.count(imports, most);
    first(modules.found, most, imports).0
}

/// A row, and the packages that it is about.
struct Group {
    row: Dependency,
    members: Vec<usize>,
}

/// What nobody imports was asked for, and is no dependency.
fn packages(catalog: &Catalog, imports: &Imports, gone: &[Cost]) -> Vec<Group> {
    let mut groups: HashMap<PackageId, Group> = HashMap::new();
    for (at, built) in imports.packages.iter().enumerate().filter(|(_, built)| built.importers > 0) {
        let Some(package) = built.package else { continue };
        let group = groups.entry(package).or_insert_with(|| {
            let name = catalog.packages.get(package).name().into_owned();
            Group::new(name, kind_of(catalog.module_of(package)))
        });
        group.add(at, &built.own);
        group.row.gone.add(&gone[at]);
        group.row.importers += built.importers;
    }
    groups.into_values().collect()
}

struct Modules {
    found: Vec<Group>,
    of_none: u64,
}

fn modules(catalog: &Catalog, imports: &Imports, gone: &[Cost]) -> Modules {
    let mut found: Vec<Group> = Vec::new();
    let mut numbers: HashMap<(&str, Option<&str>), usize> = HashMap::new();
    let mut module_of: Vec<Option<usize>> = Vec::with_capacity(imports.packages.len());
    for (at, built) in imports.packages.iter().enumerate() {
        let module = built.package.and_then(|package| catalog.module_of(package));
        let number = module.map(|module| {
            let (new, name) = (found.len(), (module.path.as_str(), module.version.as_deref()));
            let number = *numbers.entry(name).or_insert(new);
            if number == new {
                found.push(Group::new(module.name().into_owned(), kind_of(Some(module))));
            }
            found[number].add(at, &built.own);
            // Too much, as packages of a module lie within each other; good for the order in which they are looked at.
            found[number].row.gone.add(&gone[at]);
            number
        });
        module_of.push(number);
    }
    let mut asked_by = vec![usize::MAX; found.len()];
    for (at, built) in imports.packages.iter().enumerate() {
        for module in built.imports.iter().filter_map(|import| module_of[*import]) {
            if Some(module) != module_of[at] && std::mem::replace(&mut asked_by[module], at) != at {
                found[module].row.importers += 1;
            }
        }
    }
    Modules { found, of_none: module_of.iter().filter(|module| module.is_none()).count() as u64 }
}

impl Modules {
    /// Finds out what goes with each. What goes with all packages of a module together is more than what goes with each of
    /// them, so each module is taken out once. Returns for how many that would be too much work, or too many: those are left
    /// out.
    fn count(&mut self, imports: &Imports, most: usize) -> usize {
        self.found.sort_by(dearest);
        let edges: usize = imports.packages.iter().map(|built| built.imports.len() + 1).sum();
        let possible = most.min(MOST_WORK / edges.max(1));
        let left_out = self.found.len().saturating_sub(possible);
        self.found.truncate(possible);
        let mut is_out = vec![false; imports.packages.len()];
        for group in &mut self.found {
            group.members.iter().for_each(|at| is_out[*at] = true);
            let remains = imports.remaining(|at| is_out[at]);
            let gone = imports.packages.iter().zip(&remains).filter(|(_, remains)| !**remains);
            group.row.gone = Cost::sum(gone.map(|(built, _)| &built.own));
            group.members.iter().for_each(|at| is_out[*at] = false);
        }
        left_out
    }
}

impl Group {
    fn new(name: String, kind: FrameKind) -> Self {
        let nothing = Cost::default();
        let row = Dependency { name, kind, own: nothing, gone: nothing, total: nothing, importers: 0 };
        Self { row, members: Vec::new() }
    }

    fn add(&mut self, at: usize, own: &Cost) {
        self.row.own.add(own);
        self.members.push(at);
    }
}

fn dearest(left: &Group, right: &Group) -> std::cmp::Ordering {
    let key = |group: &Group| Reverse((group.row.gone.cpu, group.row.gone.wall));
    key(left).cmp(&key(right)).then_with(|| left.row.name.cmp(&right.row.name))
}

/// The dearest, and how many more there are. What they need in all is found out for these only.
fn first(mut groups: Vec<Group>, rows: usize, imports: &Imports) -> (Vec<Dependency>, usize) {
    groups.sort_by(dearest);
    let more = groups.len().saturating_sub(rows);
    groups.truncate(rows);
    let with_total = |Group { mut row, members }| {
        let reached = imports.reached(&members);
        let all = imports.packages.iter().zip(&reached).filter(|(_, reached)| **reached);
        row.total = Cost::sum(all.map(|(built, _)| &built.own));
        row
    };
    (groups.into_iter().map(with_total).collect(), more)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::build::picture;
    use expect_test::{Expect, expect};
    use proptest::prelude::*;

    fn of(drawn: &str, rows: usize) -> Dependencies {
        let build = picture::build(drawn);
        dependencies(&build.catalog, &Imports::of(&build, None), rows)
    }

    /// CPU in milliseconds.
    #[track_caller]
    fn check(drawn: &str, rows: usize, expected: &Expect) {
        let report = of(drawn, rows);
        let line = |row: &Dependency| {
            let millis = |cost: &Cost| cost.cpu.0 / 1_000_000;
            format!(
                "{} {:?}: own {} gone {} ({} packages, {}) total {} importers {}\n",
                row.name,
                row.kind,
                millis(&row.own),
                millis(&row.gone),
                row.gone.packages,
                row.gone.output,
                millis(&row.total),
                row.importers
            )
        };
        let rows =
            |rows: &[Dependency], more| rows.iter().map(line).collect::<String>() + &format!("and {more} more\n");
        let words = rows(&report.packages, report.more_packages) + &rows(&report.modules, report.more_modules);
        let (cached, none) = (report.cached_imports, report.of_no_module);
        expected.assert_eq(&format!("{words}cached {cached}, of no module {none}\n"));
    }

    /// `big` of x alone is what needs y; z is needed by both.
    const BUILD: &str = "
        compile z@v1:z 0-1 cpu=4 dir=b009 out=1024
        compile y@v1:y 1-2 cpu=50 dir=b008 needs=b009 out=2048 cached=fmt
        asm x@v1:x/small 2-3 cpu=1 dir=b007 out=999
        compile x@v1:x/small 3-4 cpu=2 dir=b007 needs=b009
        compile x@v1:x/big 3-4 cpu=8 dir=b006 needs=b007,b008 cached=fmt,os
        compile m:m/util 4-5 cpu=16 dir=b005 needs=b007
        compile odd 4-5 cpu=32 dir=b004
        compile m:m 5-6 cpu=3 dir=b001 needs=b004,b005,b006
        link m:m 6-9 cpu=99 dir=b001 needs=b001
        vet m:m 6-9 cpu=99 dir=b001";

    #[test]
    fn a_dependency_costs_what_goes_with_it() {
        check(
            BUILD,
            9,
            &expect![[r#"
            x/big Dependency: own 8 gone 58 (2 packages, 2.00 KiB) total 65 importers 1
            y Dependency: own 50 gone 50 (1 packages, 2.00 KiB) total 54 importers 1
            odd Local: own 32 gone 32 (1 packages, 0 B) total 32 importers 1
            m/util Local: own 16 gone 16 (1 packages, 0 B) total 23 importers 1
            z Dependency: own 4 gone 4 (1 packages, 1.00 KiB) total 4 importers 2
            x/small Dependency: own 3 gone 3 (1 packages, 0 B) total 7 importers 2
            and 0 more
            m Local: own 19 gone 116 (7 packages, 3.00 KiB) total 116 importers 0
            x@v1 Dependency: own 11 gone 65 (4 packages, 3.00 KiB) total 65 importers 2
            y@v1 Dependency: own 50 gone 50 (1 packages, 2.00 KiB) total 54 importers 1
            z@v1 Dependency: own 4 gone 4 (1 packages, 1.00 KiB) total 4 importers 2
            and 0 more
            cached 3, of no module 1
        "#]],
        );
    }

    #[test]
    fn rows_are_limited_and_the_rest_counted() {
        check(
            BUILD,
            1,
            &expect![[r#"
            x/big Dependency: own 8 gone 58 (2 packages, 2.00 KiB) total 65 importers 1
            and 5 more
            m Local: own 19 gone 116 (7 packages, 3.00 KiB) total 116 importers 0
            and 3 more
            cached 3, of no module 1
        "#]],
        );
    }

    #[test]
    fn two_commands_add_up() {
        let once = "compile a@v1:a 0-1 cpu=4 dir=b002\ncompile m:m 1-2 cpu=1 dir=b001 needs=b002\n";
        let twice = format!("{once}$ go build\n{once}");
        let (one, two) = (of(once, 9), of(&twice, 9));
        assert_eq!(one.packages.len(), two.packages.len());
        assert_eq!(two.packages[0].gone.cpu, one.packages[0].gone.cpu + one.packages[0].gone.cpu);
    }

    /// A build of packages `p0` … in modules `m0` …, each of which imports some before it.
    fn any_build() -> impl Strategy<Value = (Vec<Vec<usize>>, Vec<usize>)> {
        let imports = prop::collection::vec(any::<prop::sample::Index>(), 0..4);
        prop::collection::vec((imports, 0_usize..4), 1..12).prop_map(|rows| {
            let modules = rows.iter().map(|(_, module)| *module).collect();
            let row = |(at, (row, _)): (usize, (Vec<prop::sample::Index>, usize))| match at {
                0 => Vec::new(),
                at => row.into_iter().map(|import| import.index(at)).collect(),
            };
            (rows.into_iter().enumerate().map(row).collect(), modules)
        })
    }

    fn drawn((imports, modules): &(Vec<Vec<usize>>, Vec<usize>)) -> String {
        let line = |(at, row): (usize, &Vec<usize>)| {
            let needs: Vec<String> = row.iter().map(|import| format!("b{:03}", import + 1)).collect();
            let needs = if needs.is_empty() { String::new() } else { format!(" needs={}", needs.join(",")) };
            let (module, cpu) = (modules[at], 1 << at);
            format!("compile m{module}:p{at} {at}-{} cpu={cpu} dir=b{:03}{needs}\n", at + 1, at + 1)
        };
        imports.iter().enumerate().map(line).collect()
    }

    /// Which packages are still built without some, by looking again.
    fn left(imports: &[Vec<usize>], out: &[usize]) -> Vec<usize> {
        let is_imported = |at: &usize| imports.iter().any(|row| row.contains(at));
        let mut left: Vec<usize> = Vec::new();
        let mut new: Vec<usize> = (0..imports.len()).filter(|at| !is_imported(at)).collect();
        while let Some(at) = new.pop() {
            if !out.contains(&at) && !left.contains(&at) {
                left.push(at);
                new.extend(&imports[at]);
            }
        }
        left
    }

    proptest! {
        /// Each package has a CPU time of its own power of two, so a sum says which ones it is of.
        #[test]
        fn what_goes_is_what_deleting_and_looking_again_finds(build in any_build()) {
            let report = of(&drawn(&build), usize::MAX);
            let (imports, modules) = &build;
            let all: u64 = (0..imports.len()).map(|at| 1 << at).sum();
            let gone = |out: &[usize]| all - left(imports, out).iter().map(|at| 1_u64 << at).sum::<u64>();
            for row in report.packages.iter().chain(&report.modules) {
                let of_module = |at: &usize| format!("m{}", modules[*at]) == row.name || format!("p{at}") == row.name;
                let out: Vec<usize> = (0..imports.len()).filter(of_module).collect();
                prop_assert_eq!(row.gone.cpu, Nanos::from_millis(gone(&out)), "{}", row.name);
                prop_assert!(row.own.cpu <= row.gone.cpu && row.own.packages <= row.gone.packages);
                prop_assert!(row.total.cpu <= report.total.cpu);
            }
            let imported = (0..imports.len()).filter(|at| imports.iter().any(|row| row.contains(at))).count();
            prop_assert_eq!(report.packages.len(), imported);
        }
    }
}
