//! Which of the packages that were built imports which, and whom alone: what goes away with a package if that goes.
//!
//! Knows the packages that some go command of the trace built, and imports between them. Does not know what came from the
//! build cache: an import of that is only counted, and what lies behind it is taken for imported by the program that was
//! linked, which is all that a trace tells of it. Takes no more time than sorting would, whatever a forged trace says.

use std::collections::HashMap;

use crate::build::{Action, Build, CommandId, PackageId, Purpose, Secret};
use crate::tool_kind::ToolKind;

use super::cost::Cost;
use crate::analyze::reach::remaining;

/// The packages that were built.
#[derive(Debug, Default, Clone)]
pub struct Imports {
    /// By the begin of their first tool run. A package imports only packages before it.
    pub packages: Vec<Built>,
    /// How many imports came from the build cache.
    pub cached: u64,
    /// Imports that cannot be: of something that began later.
    pub impossible: u64,
    /// The links, by their begin.
    pub links: Vec<Linked>,
}

/// A program that was linked.
#[derive(Debug, Clone)]
pub struct Linked {
    /// The link, as an index into the build's actions.
    pub action: usize,
    /// Its main package, where that was built.
    pub main: Option<usize>,
    /// The packages that it was told of, as indexes; what these import was linked, too.
    pub told: Vec<usize>,
}

/// A package that a go command built. One that two commands built is there twice.
#[derive(Debug, Clone)]
pub struct Built {
    /// Which command.
    pub command: CommandId,
    /// Which package.
    pub package: Option<PackageId>,
    /// The packages that it imports, as indexes, ascending, each once.
    pub imports: Vec<usize>,
    /// How many import it.
    pub importers: u64,
    /// Its compile, as an index into the build's actions; none where only other tools ran.
    pub compile: Option<usize>,
    /// What its own tools cost.
    pub own: Cost,
    /// The directories in `$WORK` that its tools were told to import from.
    dirs: Vec<u32>,
}

/// Where a package was built: by the command and the directory in `$WORK`.
type Places = HashMap<(usize, u32), usize, Secret>;

impl Imports {
    /// Of one command or of all.
    #[must_use]
    pub fn of(build: &Build, command: Option<CommandId>) -> Self {
        let mut all = Self::default();
        let mut places = Places::default();
        let mut links = Vec::new();
        let is_wanted = |action: &Action| is_work(action) && command.is_none_or(|only| only == action.command);
        for (index, action) in build.actions.iter().enumerate().filter(|(_, action)| is_wanted(action)) {
            match action.kind {
                ToolKind::Link => links.push(index),
                ToolKind::Vet => {}
                _ => all.add(build, index, &mut places),
            }
        }
        for at in 0..all.packages.len() {
            all.find_imports(at, &places);
        }
        for link in links {
            all.link(build, link, &places);
        }
        all
    }

    fn add(&mut self, build: &Build, index: usize, places: &mut Places) {
        let action = &build.actions[index];
        let new = self.packages.len();
        let place = |dir| *places.entry((action.command.index(), dir)).or_insert(new);
        let at = action.objdir.map_or(new, place);
        if at == new {
            let own = Cost { packages: 1, ..Cost::default() };
            let (command, package) = (action.command, action.package);
            let (imports, dirs) = (Vec::new(), Vec::new());
            self.packages.push(Built { command, package, imports, importers: 0, compile: None, own, dirs });
        }
        let (figures, built) = (build.figures(index), &mut self.packages[at]);
        built.own.add(&Cost::of_run(action, &figures));
        built.dirs.extend_from_slice(build.edges(index));
        if action.kind == ToolKind::Compile {
            built.compile = Some(index);
        }
        self.cached += build.cached(index).len() as u64;
    }

    /// Directories to packages.
    fn find_imports(&mut self, at: usize, places: &Places) {
        let built = &mut self.packages[at];
        let command = built.command.index();
        let mut imports: Vec<usize> =
            std::mem::take(&mut built.dirs).iter().filter_map(|dir| places.get(&(command, *dir))).copied().collect();
        imports.sort_unstable();
        imports.dedup();
        let known = imports.len();
        imports.retain(|import| *import < at);
        self.impossible += known.saturating_sub(imports.len()) as u64;
        imports.iter().for_each(|import| self.packages[*import].importers += 1);
        self.packages[at].imports = imports;
    }

    /// What a program is linked of and nobody was seen to import lies behind packages from the cache.
    fn link(&mut self, build: &Build, action: usize, places: &Places) {
        let link = &build.actions[action];
        let place = |dir: u32| places.get(&(link.command.index(), dir)).copied();
        let main = link.objdir.and_then(place);
        let told: Vec<usize> = build.edges(action).iter().filter_map(|dir| place(*dir)).collect();
        for import in told.iter().copied() {
            if let Some(main) = main.filter(|main| import < *main && self.packages[import].importers == 0) {
                self.packages[import].importers = 1;
                self.packages[main].imports.push(import);
            }
        }
        self.links.push(Linked { action, main, told });
    }

    /// Whom each package goes away with.
    #[must_use]
    pub fn dominators(&self) -> Dominators {
        Dominators::of(self.packages.iter().map(|built| built.imports.as_slice()))
    }

    /// What remains of the build without some packages: what is still imported, directly or not, by something that nobody
    /// imports.
    #[must_use]
    pub fn remaining(&self, is_out: impl Fn(usize) -> bool) -> Vec<bool> {
        remaining(self.packages.iter().map(|built| built.importers == 0), |at| &self.packages[at].imports, is_out)
    }

    /// All that some packages import, directly or not, with themselves.
    #[must_use]
    pub fn reached(&self, from: &[usize]) -> Vec<bool> {
        let mut reached = vec![false; self.packages.len()];
        from.iter().for_each(|at| reached[*at] = true);
        for at in (0..from.iter().max().map_or(0, |last| last + 1)).rev() {
            if reached[at] {
                self.packages[at].imports.iter().for_each(|import| reached[*import] = true);
            }
        }
        reached
    }
}

/// The tools that build, vet and link; what runs inside another tool is in its figures.
fn is_work(action: &Action) -> bool {
    action.purpose == Purpose::Work && action.inside.is_none()
}

/// For each package the nearest one without which it would not be built: every way that leads to it passes there.
///
/// The ways lead from what nobody imports. Importers come after what they import, so one pass from the last to the first
/// finds all; and each remembers one far ancestor besides its parent, so that the nearest common one is found in a few steps,
/// however deep the tree is.
#[derive(Debug)]
pub struct Dominators {
    parents: Vec<usize>,
    jumps: Vec<usize>,
    depths: Vec<usize>,
}

impl Dominators {
    fn of<'a>(imports: impl ExactSizeIterator<Item = &'a [usize]> + DoubleEndedIterator) -> Self {
        let root = imports.len();
        let mut tree = Self { parents: vec![root; root + 1], jumps: vec![root; root + 1], depths: vec![0; root + 1] };
        let mut is_reached = vec![false; root];
        for (at, imports) in imports.enumerate().rev() {
            tree.settle(at);
            for import in imports {
                let before = if is_reached[*import] { Some(tree.parents[*import]) } else { None };
                tree.parents[*import] = before.map_or(at, |before| tree.common(before, at));
                is_reached[*import] = true;
            }
        }
        tree
    }

    /// Once the parent is known for good.
    fn settle(&mut self, at: usize) {
        let parent = self.parents[at];
        let (near, far) = (self.jumps[parent], self.jumps[self.jumps[parent]]);
        let is_even = self.depths[parent] - self.depths[near] == self.depths[near] - self.depths[far];
        self.jumps[at] = if is_even { far } else { parent };
        self.depths[at] = self.depths[parent] + 1;
    }

    /// The nearest common ancestor.
    fn common(&self, one: usize, other: usize) -> usize {
        let (mut deep, mut shallow) = if self.depths[one] < self.depths[other] { (other, one) } else { (one, other) };
        while self.depths[deep] > self.depths[shallow] {
            let jump = self.jumps[deep];
            deep = if self.depths[jump] < self.depths[shallow] { self.parents[deep] } else { jump };
        }
        while deep != shallow {
            let is_common = self.jumps[deep] == self.jumps[shallow];
            let up = if is_common { &self.parents } else { &self.jumps };
            (deep, shallow) = (up[deep], up[shallow]);
        }
        deep
    }

    /// The nearest package that a package goes away with; none where there is none but itself.
    #[must_use]
    pub fn parent(&self, at: usize) -> Option<usize> {
        let parent = self.parents[at];
        (parent + 1 < self.parents.len()).then_some(parent)
    }

    /// Of each package the costs of all that goes away with it, itself included.
    #[must_use]
    pub fn sums(&self, own: impl Iterator<Item = Cost>) -> Vec<Cost> {
        let mut sums: Vec<Cost> = own.collect();
        // A parent comes after its children.
        for at in 0..sums.len() {
            if let Some(parent) = self.parent(at) {
                let sum = sums[at];
                sums[parent].add(&sum);
            }
        }
        sums
    }
}

/// For each package of each command the packages that it goes away with, from the outermost: a tree that can be drawn.
#[derive(Debug, Default)]
pub struct Chains {
    at: HashMap<(usize, PackageId), usize>,
    links: Vec<Link>,
}

#[derive(Debug)]
struct Link {
    package: PackageId,
    /// The next one outwards.
    outer: Option<usize>,
    place: Place,
    depth: usize,
}

/// Whether others go away with a package.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// Only itself.
    Leaf,
    /// Others, too.
    Branch,
}

/// A tree that is deeper is of no build, and would take the square of its depth to draw: what is deeper counts as a part of
/// the package at this depth.
const DEEPEST: usize = 48;

impl Chains {
    /// Of one command or of all.
    #[must_use]
    pub fn of(build: &Build, command: Option<CommandId>) -> Self {
        let imports = Imports::of(build, command);
        let dominators = imports.dominators();
        let mut chains = Self::default();
        let mut places: Vec<Option<usize>> = vec![None; imports.packages.len()];
        // From the last to the first, so that the outer ones are there.
        for (at, built) in imports.packages.iter().enumerate().rev() {
            let Some(package) = built.package else { continue };
            let outer = dominators.parent(at).and_then(|parent| places[parent]);
            let place = chains.add(package, outer);
            places[at] = Some(place);
            chains.at.entry((built.command.index(), package)).or_insert(place);
        }
        chains
    }

    fn add(&mut self, package: PackageId, outer: Option<usize>) -> usize {
        let depth = outer.map_or(0, |outer| self.links[outer].depth + 1);
        match outer {
            Some(outer) if depth >= DEEPEST => return outer,
            Some(outer) => self.links[outer].place = Place::Branch,
            None => {}
        }
        self.links.push(Link { package, outer, place: Place::Leaf, depth });
        self.links.len() - 1
    }

    /// The packages from the outermost to this one, and whether others are inside it. What was not built is outermost
    /// itself.
    #[must_use]
    pub fn chain(&self, command: CommandId, package: PackageId) -> (Vec<PackageId>, Place) {
        let Some(first) = self.at.get(&(command.index(), package)) else { return (vec![package], Place::Leaf) };
        let mut chain = Vec::new();
        let mut next = Some(*first);
        while let Some(link) = next.map(|at| &self.links[at]) {
            chain.push(link.package);
            next = link.outer;
        }
        chain.reverse();
        (chain, self.links[*first].place)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::build::picture;
    use expect_test::{Expect, expect};
    use proptest::prelude::*;

    /// Each package with what it imports and whom it goes away with.
    #[track_caller]
    fn check(drawn: &str, expected: &Expect) {
        let build = picture::build(drawn);
        let imports = Imports::of(&build, None);
        let dominators = imports.dominators();
        let name = |at: usize| {
            let package = imports.packages[at].package.expect("a package");
            build.catalog.packages.get(package).name().into_owned()
        };
        let mut words = String::new();
        for (at, built) in imports.packages.iter().enumerate() {
            let imported: Vec<String> = built.imports.iter().map(|import| name(*import)).collect();
            let parent = dominators.parent(at).map_or_else(|| String::from("-"), name);
            words += &format!("{} imports {imported:?} goes with {parent}\n", name(at));
        }
        words += &format!("cached {}, impossible {}\n", imports.cached, imports.impossible);
        expected.assert_eq(&words);
    }

    #[test]
    fn what_two_import_goes_with_who_imports_both() {
        check(
            "compile a 0-1 dir=b005
             compile b 1-2 dir=b004 needs=b005
             compile c 1-2 dir=b003 needs=b005 cached=fmt,os
             compile main 3-4 dir=b002 needs=b003,b004
             compile other 3-4 dir=b006
             link main 5-6 dir=b002 needs=b002",
            &expect![[r#"
                a imports [] goes with main
                c imports ["a"] goes with main
                b imports ["a"] goes with main
                main imports ["c", "b"] goes with -
                other imports [] goes with -
                cached 2, impossible 0
            "#]],
        );
    }

    #[test]
    fn what_lies_behind_the_cache_goes_with_the_program() {
        check(
            "compile deep 0-1 dir=b009
             compile seen 0-1 dir=b008
             compile main 3-4 dir=b002 needs=b008
             link main 5-6 dir=b002 needs=b002,b008,b009",
            &expect![[r#"
                seen imports [] goes with main
                deep imports [] goes with main
                main imports ["seen", "deep"] goes with -
                cached 0, impossible 0
            "#]],
        );
    }

    #[test]
    fn commands_are_worlds_of_their_own() {
        check(
            "compile a 0-1 dir=b002
             compile main 1-2 dir=b001 needs=b002
             $ go build
             compile a 3-4 dir=b002 needs=b001
             compile main 4-5 dir=b001",
            &expect![[r#"
                a imports [] goes with main
                main imports ["a"] goes with -
                a imports [] goes with -
                main imports [] goes with -
                cached 0, impossible 1
            "#]],
        );
    }

    /// Were a step as dear as the tree is deep, this would take minutes.
    #[test]
    fn deep_trees_are_no_dearer_than_flat_ones() {
        const HALF: usize = 100_000;
        // A chain, and beside it packages that its two ends import.
        let chain = (0..HALF).map(|at| if at == 0 { Vec::new() } else { vec![HALF + at - 1] });
        let mut imports: Vec<Vec<usize>> = (0..HALF).map(|_| Vec::new()).chain(chain).collect();
        imports[HALF] = (0..HALF).collect();
        imports[2 * HALF - 1].extend(0..HALF);
        let dominators = Dominators::of(imports.iter().map(Vec::as_slice));
        assert!((0..HALF).all(|at| dominators.parent(at) == Some(2 * HALF - 1)));
        assert_eq!(dominators.parent(HALF), Some(HALF + 1));
    }

    /// What each of some packages imports: only packages before it.
    fn any_imports() -> impl Strategy<Value = Vec<Vec<usize>>> {
        let rows = prop::collection::vec(prop::collection::vec(any::<prop::sample::Index>(), 0..4), 1..14);
        rows.prop_map(|rows| {
            let row = |(at, row): (usize, Vec<prop::sample::Index>)| match at {
                0 => Vec::new(),
                at => row.into_iter().map(|import| import.index(at)).collect(),
            };
            rows.into_iter().enumerate().map(row).collect()
        })
    }

    fn reaches(imports: &[Vec<usize>], without: usize, from: usize, to: usize) -> bool {
        from != without && (from == to || imports[from].iter().any(|import| reaches(imports, without, *import, to)))
    }

    proptest! {
        /// A package goes away with another one if, that deleted, nothing leads to it any more.
        #[test]
        fn the_tree_is_what_deleting_and_looking_again_finds(imports in any_imports()) {
            let dominators = Dominators::of(imports.iter().map(Vec::as_slice));
            let count = imports.len();
            let is_outermost = |at: usize| imports.iter().all(|row| !row.contains(&at));
            for at in 0..count {
                let mut above = Vec::new();
                let mut next = dominators.parent(at);
                while let Some(parent) = next {
                    above.push(parent);
                    next = dominators.parent(parent);
                }
                for deleted in (0..count).filter(|deleted| *deleted != at) {
                    let is_left = (0..count).any(|from| is_outermost(from) && reaches(&imports, deleted, from, at));
                    prop_assert_eq!(above.contains(&deleted), !is_left, "{} without {}", at, deleted);
                }
            }
        }
    }
}
