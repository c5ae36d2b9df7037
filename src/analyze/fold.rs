//! Sums to stacks: what a flame graph is drawn from.
//!
//! Knows in which order the frames stand and what they weigh; does not know how they are drawn or escaped. No stack is ever
//! the beginning of another one: what a frame weighs by itself, beside frames above it, stands under `(self)`.

use std::collections::BTreeSet;

use regex::Regex;
use rustc_hash::FxHashMap;

use super::area::Area;
use super::costs::imports::{Chains, Place};
use super::tally::{Cell, Sum, Tally};
use crate::build::{Catalog, CommandId, Module, PackageId, Purpose, ToolId};
use crate::tool_kind::ToolKind;

/// A level of the stack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dimension {
    /// The go command.
    Command,
    /// The module with its version; `std` and `cmd` for Go's own.
    Module,
    /// The import path, a frame for each of its segments, and the variant.
    Package,
    /// Who alone imports it: a frame for each package that it would go away with, so that a width is what would go. Needs
    /// [`Config::imports`].
    Import,
    /// The tool.
    Tool,
    /// What compile or link spent its time on. Only wall time is known by phase.
    Phase,
    /// `GOOS/GOARCH`.
    Target,
    /// The Go version.
    Go,
}

/// What the width of a frame means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weight {
    /// Wall time of the tool runs, added up.
    Wall,
    /// CPU time.
    Cpu,
    /// CPU time in user mode.
    User,
    /// CPU time in the kernel.
    Sys,
    /// Peak resident memory of each package and tool: a peak is not additive.
    Rss,
    /// How many tool runs.
    Count,
}

/// Which end of a stack is at the bottom.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// The first dimension is at the bottom.
    Forward,
    /// The last one is.
    Reversed,
}

/// What to fold.
#[derive(Debug)]
pub struct Config {
    /// The levels, from the bottom.
    pub by: Vec<Dimension>,
    /// What widths mean.
    pub weight: Weight,
    /// Which end is at the bottom.
    pub order: Order,
    /// Only packages whose name it matches.
    pub package: Option<Regex>,
    /// Only this command.
    pub command: Option<CommandId>,
    /// Who goes away with whom, where that is a level.
    pub imports: Chains,
}

/// What a frame stands for: decides its colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FrameKind {
    /// A tool.
    Tool(ToolKind),
    /// Go's own code.
    Std,
    /// A module with a version: somebody else's.
    Dependency,
    /// A module without one: it is being worked on.
    Local,
    /// A command, a target, a Go version.
    Group,
    /// What the frame below weighs by itself.
    Itself,
    /// Probes: asking tools for their versions.
    Probe,
    /// A function of a tool, by what it works on.
    Area(Area),
    /// A function of Go's runtime, which all of them call.
    Runtime,
}

/// One frame of a stack.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Frame {
    /// What it says.
    pub label: String,
    /// What it stands for.
    pub kind: FrameKind,
}

/// Stacks with their weights, sorted, each once. All weights together fit into 64 bits: what a forged trace has beyond that
/// is left out.
#[derive(Debug, Default)]
pub struct Folded {
    /// Frames from the bottom, and the weight in nanoseconds, bytes or runs.
    pub stacks: Vec<(Vec<Frame>, u64)>,
    /// How many tool runs were folded, also those that weigh nothing.
    pub runs: u64,
}

/// What the frame is called that stands for what the one below weighs by itself.
pub const LEAF: &str = "(self)";

/// What the phase of a compile or link is called that told none: it failed, or was not asked.
pub const UNTOLD: &str = "(phases not recorded)";

/// Stacks with their weights on two sides, sorted, each once. What is not on a side weighs nothing there.
#[derive(Debug, Default)]
pub struct Difference {
    /// Frames from the bottom, and the weights.
    pub stacks: Vec<(Vec<Frame>, Sides)>,
}

/// A weight before and now.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sides {
    /// Before.
    pub old: u64,
    /// Now.
    pub new: u64,
}

impl Sides {
    /// Joins the weights of two stacks.
    pub fn add(&mut self, other: &Self) {
        self.old = self.old.saturating_add(other.old);
        self.new = self.new.saturating_add(other.new);
    }

    /// How wide it is drawn: as it is now, and what is gone as it was.
    #[must_use]
    pub const fn width(self) -> u64 {
        if self.new > 0 { self.new } else { self.old }
    }
}

/// Folds the sums.
#[must_use]
pub fn fold(catalog: &Catalog, tally: &Tally, config: &Config) -> Folded {
    let (stacks, runs) = gathered(catalog, tally, config, Versions::Told, |_| false);
    let mut stacks: Vec<_> = stacks.into_iter().map(|(frames, weights)| (frames, weights.new)).collect();
    let mut room = u64::MAX;
    for (_, weight) in &mut stacks {
        *weight = room.min(*weight);
        room -= *weight;
    }
    stacks.retain(|(frames, weight)| *weight > 0 && !frames.is_empty());
    Folded { stacks: with_leaves(stacks, &itself()), runs }
}

/// Folds the sums of two sides, told apart by their commands, so that the same thing has the same frames on both.
#[must_use]
pub fn fold_sides(catalog: &Catalog, tally: &Tally, config: &Config, is_old: impl Fn(CommandId) -> bool) -> Difference {
    let is_old = |cell: &Cell| cell.command.is_some_and(&is_old);
    let (mut stacks, _) = gathered(catalog, tally, config, Versions::LeftOut, is_old);
    let mut room = u64::MAX;
    for (_, weights) in &mut stacks {
        *weights = Sides { old: weights.old.min(room), new: weights.new.min(room) };
        room -= weights.width();
    }
    stacks.retain(|(frames, weights)| weights.width() > 0 && !frames.is_empty());
    Difference { stacks: with_leaves_by(stacks, &itself(), Sides::add) }
}

fn itself() -> Frame {
    Frame { label: LEAF.to_owned(), kind: FrameKind::Itself }
}

/// Stacks with what they weigh, sorted, and how many tool runs they are of.
fn gathered(
    catalog: &Catalog,
    tally: &Tally,
    config: &Config,
    versions: Versions,
    is_old: impl Fn(&Cell) -> bool,
) -> (Vec<(Vec<Frame>, Sides)>, u64) {
    let cells: Vec<(&Cell, &Sum)> =
        tally.cells(config.command).filter(|(cell, _)| is_wanted(catalog, cell, config)).collect();
    let mut levels = config.by.clone();
    if config.order == Order::Reversed {
        levels.reverse();
    }
    let stands_on_module = levels.iter().find_map(|level| match level {
        Dimension::Module => Some(true),
        Dimension::Package => Some(false),
        _ => None,
    });
    let names = Names {
        catalog,
        imports: &config.imports,
        folders: folders(catalog, &cells),
        commands: catalog.commands_by_time(),
        versions,
        roots: if stands_on_module == Some(true) { Roots::AtModules } else { Roots::AtHosts },
    };
    let mut stacks: FxHashMap<Vec<Frame>, [Weights; 2]> = FxHashMap::default();
    let mut runs: u64 = 0;
    let inside = Inside::of(&cells, config);
    for (cell, sum) in cells {
        let Some(own) = inside.weight_without(cell, sum) else { continue };
        for Part { phase, weight } in parts(catalog, tally, (cell, own), config) {
            let frames = |dimension: &Dimension| match dimension {
                Dimension::Phase => phase.clone().into_iter().collect(),
                dimension => names.frames(*dimension, cell),
            };
            let frames: Vec<Frame> = levels.iter().flat_map(frames).collect();
            stacks.entry(frames).or_default()[usize::from(is_old(cell))].add(cell, weight, config.weight);
        }
        runs = runs.saturating_add(sum.runs);
    }
    let sides = |[new, old]: [Weights; 2]| Sides { old: old.sum(), new: new.sum() };
    let mut stacks: Vec<_> = stacks.into_iter().map(|(frames, weights)| (frames, sides(weights))).collect();
    stacks.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
    (stacks, runs)
}

/// What ran inside other tool runs, and is in their figures: it gets frames of its own where tools have frames and figures
/// add up.
struct Inside {
    weight: Weight,
    /// Of each cell that has parts, what they weigh; none where they are not drawn.
    inside: Option<FxHashMap<Cell, u64>>,
}

impl Inside {
    fn of(cells: &[(&Cell, &Sum)], config: &Config) -> Self {
        let is_level = |dimension| config.by.contains(&dimension);
        let are_drawn = is_level(Dimension::Tool) && !is_level(Dimension::Phase) && config.weight != Weight::Rss;
        let mut inside: FxHashMap<Cell, u64> = FxHashMap::default();
        for (cell, sum) in cells {
            if let Some(tool) = cell.inside {
                *inside.entry(Cell { tool, inside: None, ..**cell }).or_default() += weigh(sum, config.weight);
            }
        }
        Self { weight: config.weight, inside: are_drawn.then_some(inside) }
    }

    /// What a cell weighs by itself; none where it is not drawn.
    fn weight_without(&self, cell: &Cell, sum: &Sum) -> Option<u64> {
        let weight = weigh(sum, self.weight);
        match (&self.inside, self.weight) {
            (None, _) => cell.inside.is_none().then_some(weight),
            (Some(_), Weight::Count) => Some(weight),
            (Some(inside), _) => Some(weight.saturating_sub(inside.get(cell).copied().unwrap_or(0))),
        }
    }
}

/// A part of what a cell weighs.
struct Part {
    phase: Option<Frame>,
    weight: u64,
}

/// What a cell is cut into: its phases where they are a level, else all in one.
fn parts(catalog: &Catalog, tally: &Tally, (cell, own): (&Cell, u64), config: &Config) -> Vec<Part> {
    let kind = catalog.tools.get(cell.tool).kind;
    let tells = cell.purpose == Purpose::Work && matches!(kind, ToolKind::Compile | ToolKind::Link);
    if !config.by.contains(&Dimension::Phase) || !tells {
        return vec![Part { phase: None, weight: own }];
    }
    let frame = |label: &str| Some(Frame { label: label.to_owned(), kind: FrameKind::Tool(kind) });
    let told = tally.phases(cell);
    let mut parts: Vec<Part> =
        told.map(|(phase, time)| Part { phase: frame(catalog.phase_name(phase)), weight: time.0 }).collect();
    let known = parts.iter().fold(0, |sum: u64, part| sum.saturating_add(part.weight));
    let rest = own.saturating_sub(known);
    if rest > 0 {
        parts.push(Part { phase: frame(UNTOLD), weight: rest });
    }
    parts
}

/// The weights of one stack.
#[derive(Default)]
struct Weights {
    sum: u64,
    /// Of memory, one peak for each package and tool: two commands that ran the same do not need twice as much.
    peaks: FxHashMap<(Option<PackageId>, ToolId), u64>,
}

impl Weights {
    fn add(&mut self, cell: &Cell, weight: u64, what: Weight) {
        if what == Weight::Rss {
            let peak = self.peaks.entry((cell.package, cell.tool)).or_default();
            *peak = weight.max(*peak);
        } else {
            self.sum = self.sum.saturating_add(weight);
        }
    }

    fn sum(&self) -> u64 {
        self.peaks.values().fold(self.sum, |sum, peak| sum.saturating_add(*peak))
    }
}

fn is_wanted(catalog: &Catalog, cell: &Cell, config: &Config) -> bool {
    let Some(pattern) = &config.package else { return true };
    cell.package.is_some_and(|package| pattern.is_match(&catalog.packages.get(package).name()))
}

fn weigh(sum: &Sum, weight: Weight) -> u64 {
    match weight {
        Weight::Wall => sum.wall.0,
        Weight::Cpu => sum.cpu().0,
        Weight::User => sum.user.0,
        Weight::Sys => sum.sys.0,
        Weight::Rss => sum.max_rss.0,
        Weight::Count => sum.runs,
    }
}

/// All import paths that other packages of the same module lie below.
fn folders(catalog: &Catalog, cells: &[(&Cell, &Sum)]) -> BTreeSet<String> {
    let mut folders = BTreeSet::new();
    for (cell, _) in cells {
        let Some(package) = cell.package.map(|package| catalog.packages.get(package)) else { continue };
        folders.extend(package.path.match_indices('/').map(|(at, _)| package.path[..at].to_owned()));
        if package.variant.is_some() {
            folders.insert(package.path.clone());
        }
    }
    folders
}

struct Names<'a> {
    catalog: &'a Catalog,
    imports: &'a Chains,
    folders: BTreeSet<String>,
    commands: Vec<CommandId>,
    versions: Versions,
    roots: Roots,
}

/// Whether modules are called by their versions: a new version of one is no other module to those who compare.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Versions {
    Told,
    LeftOut,
}

/// Where the folders of an import path begin.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Roots {
    /// Behind the path of the module, whose frame is below.
    AtModules,
    /// With the first segment.
    AtHosts,
}

impl Names<'_> {
    fn frames(&self, dimension: Dimension, cell: &Cell) -> Vec<Frame> {
        match dimension {
            Dimension::Command => vec![Frame { label: self.command(cell), kind: FrameKind::Group }],
            Dimension::Target => {
                vec![Frame { label: self.fact(cell, |facts| facts.target.clone()), kind: FrameKind::Group }]
            }
            Dimension::Go => {
                vec![Frame { label: self.fact(cell, |facts| facts.go_version.clone()), kind: FrameKind::Group }]
            }
            Dimension::Module => vec![self.module(cell)],
            Dimension::Package => cell.package.map_or_else(Vec::new, |package| self.package(package)),
            Dimension::Import => cell.package.map_or_else(Vec::new, |package| self.importers(cell, package)),
            Dimension::Tool => {
                let outer = cell.inside.map(|tool| self.tool(&Cell { tool, inside: None, ..*cell }));
                outer.into_iter().chain([self.tool(cell)]).collect()
            }
            Dimension::Phase => Vec::new(), // it is of a part of the cell
        }
    }

    /// Two commands with the same line are two frames, so the number stands in front.
    fn command(&self, cell: &Cell) -> String {
        let Some(id) = cell.command else { return String::from("(all commands)") };
        let number = self.commands.iter().position(|command| *command == id).map_or(0, |at| at + 1);
        format!("{number}: {}", self.catalog.commands.get(id).line())
    }

    fn fact(&self, cell: &Cell, fact: impl Fn(&crate::build::Facts) -> Option<String>) -> String {
        let command = cell.command.map(|id| self.catalog.commands.get(id));
        let known = command.and_then(|command| fact(command.facts.as_ref()?));
        known.unwrap_or_else(|| String::from("(not recorded)"))
    }

    fn module(&self, cell: &Cell) -> Frame {
        let Some(package) = cell.package else {
            return Frame { label: String::from("(go command)"), kind: FrameKind::Probe };
        };
        let module = self.catalog.module_of(package);
        let name = |module: &Module| match self.versions {
            Versions::Told => module.name().into_owned(),
            Versions::LeftOut => module.path.clone(),
        };
        let label = module.map_or_else(|| String::from("(module not known)"), name);
        Frame { label, kind: kind_of(module) }
    }

    /// A frame per folder from the module down, each with the import path so far, so that a search finds what one would
    /// type in an import.
    fn package(&self, id: PackageId) -> Vec<Frame> {
        let package = self.catalog.packages.get(id);
        let module = self.catalog.module_of(id);
        let kind = kind_of(module);
        let below = match self.roots {
            Roots::AtModules => module.map_or(0, |module| inside(&package.path, &module.path)),
            Roots::AtHosts => 0,
        };
        let frame = |label: &str| Frame { label: label.to_owned(), kind };
        let cuts = package.path.match_indices('/').map(|(at, _)| at).filter(|at| *at > below);
        let mut frames: Vec<Frame> = cuts.map(|at| frame(&package.path[..at])).collect();
        if package.path.len() > below {
            frames.push(frame(&package.path));
        }
        if package.variant.is_some() {
            frames.push(frame(&package.name()));
        } else if self.folders.contains(&package.path) {
            frames.push(Frame { label: LEAF.to_owned(), kind: FrameKind::Itself });
        }
        frames
    }

    fn importers(&self, cell: &Cell, package: PackageId) -> Vec<Frame> {
        let (chain, place) =
            cell.command.map_or_else(|| (vec![package], Place::Leaf), |command| self.imports.chain(command, package));
        let frame = |id: PackageId| {
            let label = self.catalog.packages.get(id).name().into_owned();
            Frame { label, kind: kind_of(self.catalog.module_of(id)) }
        };
        let leaf = (place == Place::Branch).then(|| Frame { label: LEAF.to_owned(), kind: FrameKind::Itself });
        chain.into_iter().map(frame).chain(leaf).collect()
    }

    fn tool(&self, cell: &Cell) -> Frame {
        let tool = self.catalog.tools.get(cell.tool);
        match cell.purpose {
            Purpose::Work => Frame { label: tool.name.clone(), kind: FrameKind::Tool(tool.kind) },
            Purpose::Probe => Frame { label: format!("{} -V", tool.name), kind: FrameKind::Probe },
        }
    }
}

/// Whose a module is.
pub(super) fn kind_of(module: Option<&Module>) -> FrameKind {
    match module {
        Some(module) if module.path == "std" || module.path == "cmd" => FrameKind::Std,
        Some(Module { version: Some(_), .. }) => FrameKind::Dependency,
        _ => FrameKind::Local,
    }
}

/// How much of an import path the module's own path is: its frames need not be repeated.
fn inside(path: &str, module: &str) -> usize {
    match path.strip_prefix(module) {
        Some(rest) if rest.is_empty() || rest.starts_with('/') => module.len(),
        _ => 0,
    }
}

/// Sorts stacks, each once, and gives a leaf to each that others begin with: renderers take the weight of a stack for that
/// of its last frame.
#[must_use]
pub fn with_leaves<T: Ord + Clone>(stacks: Vec<(Vec<T>, u64)>, leaf: &T) -> Vec<(Vec<T>, u64)> {
    with_leaves_by(stacks, leaf, |sum, weight| *sum = sum.saturating_add(*weight))
}

/// The same of weights that are joined by `add`.
#[must_use]
pub fn with_leaves_by<T: Ord + Clone, W>(stacks: Vec<(Vec<T>, W)>, leaf: &T, add: fn(&mut W, &W)) -> Vec<(Vec<T>, W)> {
    let mut stacks = merged(stacks, add);
    for at in 1..stacks.len() {
        // In order, those that begin with a stack follow it directly.
        if stacks[at].0.starts_with(&stacks[at - 1].0) {
            stacks[at - 1].0.push(leaf.clone());
        }
    }
    merged(stacks, add)
}

fn merged<T: Ord, W>(mut stacks: Vec<(Vec<T>, W)>, add: fn(&mut W, &W)) -> Vec<(Vec<T>, W)> {
    stacks.sort_by(|(one, _), (other, _)| one.cmp(other));
    stacks.dedup_by(|(frames, weight), (before, sum)| {
        let is_same = frames == before;
        if is_same {
            add(sum, weight);
        }
        is_same
    });
    stacks
}

impl Dimension {
    /// Whether this level needs sums that keep commands apart.
    #[must_use]
    pub const fn needs_commands(self) -> bool {
        matches!(self, Self::Command | Self::Target | Self::Go | Self::Import)
    }
}

impl Folded {
    /// The weight of everything.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.stacks.iter().map(|(_, weight)| weight).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analyze::tally::Commands;
    use crate::build::{Action, picture};
    use crate::units::Nanos;
    use expect_test::{Expect, expect};
    use proptest::prelude::*;

    const BUILD: &str = "
        $ go build ./...
        probe compile 0-1
        compile std:net 0-20 cpu=30
        asm std:net 20-21
        compile std:net/http 20-50 rss=9
        compile golang.org/x/text@v0.3.0:golang.org/x/text/unicode/norm 10-20
        compile example.com/m:example.com/m 50-60
        compile example.com/m:example.com/m[m.test] 50-55
        link example.com/m 60-80";

    fn config(by: &[Dimension]) -> Config {
        Config {
            by: by.to_vec(),
            weight: Weight::Wall,
            order: Order::Forward,
            package: None,
            command: None,
            imports: Chains::default(),
        }
    }

    const ALL: [Dimension; 8] = [
        Dimension::Command,
        Dimension::Module,
        Dimension::Package,
        Dimension::Import,
        Dimension::Tool,
        Dimension::Phase,
        Dimension::Target,
        Dimension::Go,
    ];

    fn folded(picture: &str, config: &Config) -> Folded {
        let (catalog, tally) = Tally::of_picture(picture, Commands::Apart);
        let imports = Chains::of(&picture::build(picture), None);
        fold(&catalog, &tally, &Config { imports, by: config.by.clone(), package: config.package.clone(), ..*config })
    }

    /// Weights in milliseconds.
    #[track_caller]
    fn check(config: &Config, expected: &Expect) {
        let lines = folded(BUILD, config).stacks.into_iter().map(|(frames, weight)| {
            let labels: Vec<_> = frames.into_iter().map(|frame| frame.label).collect();
            format!("{} {}\n", labels.join(" ; "), weight / 1_000_000)
        });
        expected.assert_eq(&lines.collect::<Vec<_>>().concat());
    }

    #[test]
    fn every_folder_has_a_width_of_its_own() {
        check(
            &config(&[Dimension::Module, Dimension::Package, Dimension::Tool]),
            &expect![[r"
                (go command) ; compile -V 1
                example.com/m ; (self) ; compile 10
                example.com/m ; (self) ; link 20
                example.com/m ; example.com/m [m.test] ; compile 5
                golang.org/x/text@v0.3.0 ; golang.org/x/text/unicode ; golang.org/x/text/unicode/norm ; compile 10
                std ; net ; (self) ; asm 1
                std ; net ; (self) ; compile 20
                std ; net ; net/http ; compile 30
            "]],
        );
    }

    #[test]
    fn levels_come_in_any_order_and_reversed() {
        let by_tool = config(&[Dimension::Tool, Dimension::Module]);
        check(
            &by_tool,
            &expect![[r"
                asm ; std 1
                compile ; example.com/m 15
                compile ; golang.org/x/text@v0.3.0 10
                compile ; std 50
                compile -V ; (go command) 1
                link ; example.com/m 20
            "]],
        );
        let forward = folded(BUILD, &by_tool);
        let reversed =
            folded(BUILD, &Config { order: Order::Reversed, ..config(&[Dimension::Module, Dimension::Tool]) });
        assert_eq!(reversed.stacks, forward.stacks);
    }

    #[test]
    fn a_pattern_keeps_the_packages_that_it_matches() {
        let http = Config { package: Regex::new("^net/").ok(), ..config(&[Dimension::Package]) };
        check(&http, &expect!["net ; net/http 30\n"]);
    }

    #[test]
    fn commands_and_targets_are_levels_too() {
        check(&config(&[Dimension::Command, Dimension::Target]), &expect!["1: go build ./... ; linux/amd64 97\n"]);
    }

    #[test]
    fn a_package_lies_in_who_alone_imports_it() {
        let build = "
            compile std:a 0-1 dir=b005
            compile b 1-3 dir=b004 needs=b005
            compile c 3-7 dir=b003 needs=b005
            compile d 3-8 dir=b006
            compile m 8-16 dir=b002 needs=b003,b004
            compile e 8-16 dir=b007 needs=b006
            vet b 20-30 dir=b004
            vet from/cache 20-21 dir=b099
            link m 16-48 dir=b002 needs=b002,b007";
        let folded = folded(build, &config(&[Dimension::Import, Dimension::Tool]));
        let line = |(frames, weight): (Vec<Frame>, u64)| {
            let labels: Vec<_> = frames.into_iter().map(|frame| frame.label).collect();
            format!("{} {}\n", labels.join(" ; "), weight / 1_000_000)
        };
        expect![[r#"
            e ; (self) ; compile 8
            e ; d ; compile 5
            from/cache ; vet 1
            m ; (self) ; compile 8
            m ; (self) ; link 32
            m ; a ; compile 1
            m ; b ; compile 2
            m ; b ; vet 10
            m ; c ; compile 4
        "#]]
        .assert_eq(&folded.stacks.into_iter().map(line).collect::<String>());
    }

    #[test]
    fn phases_are_a_level_of_compile_and_link_and_of_nothing_else() {
        let build = "
            compile std:net 0-20 fe:parse=3 fe:inlining=2 fe:pgo-load-profile=1 be:compilefuncs=12
            compile std:net 20-30 fe:parse=4 be:compilefuncs=9 be:dumpobj=9
            compile std:os 30-40 !2
            compile std:os 40-50 fe:invented=5
            asm std:net 50-51
            probe compile 51-52
            link main 60-90 Loadlib=10 Hostlink=15";
        let lines = |by: &[Dimension]| {
            let line = |(frames, weight): (Vec<Frame>, u64)| {
                let labels: Vec<_> = frames.into_iter().map(|frame| frame.label).collect();
                format!("{} {}\n", labels.join(" ; "), weight / 1_000_000)
            };
            folded(build, &config(by)).stacks.into_iter().map(line).collect::<String>()
        };
        expect![[r"
            asm ; net 1
            compile ; (phases not recorded) ; os 10
            compile ; backend ; net 18
            compile ; fe:invented ; os 5
            compile ; inline ; net 3
            compile ; other ; net 2
            compile ; other ; os 5
            compile ; parse+types ; net 7
            compile -V 1
            link ; host link ; main 15
            link ; load ; main 10
            link ; other ; main 5
        "]]
        .assert_eq(&lines(&[Dimension::Tool, Dimension::Phase, Dimension::Package]));
    }

    #[test]
    fn a_stack_that_others_begin_with_gets_a_leaf() {
        check(
            &Config { package: Regex::new("^net").ok(), ..config(&[Dimension::Module, Dimension::Package]) },
            &expect![[r"
                std ; net ; (self) 21
                std ; net ; net/http 30
            "]],
        );
    }

    proptest! {
        #[test]
        fn no_stack_begins_another_and_no_time_is_lost(
            paths in proptest::collection::vec("[a-c](/[a-c]){0,3}", 1..12),
            by in Just(vec![Dimension::Module, Dimension::Package, Dimension::Tool]).prop_shuffle(),
            levels in 1usize..4,
            reverse: bool,
        ) {
            let picture = paths.iter().map(|path| format!("compile {path} 0-7\n")).collect::<Vec<_>>().concat();
            let order = if reverse { Order::Reversed } else { Order::Forward };
            let folded = folded(&picture, &Config { order, ..config(&by[..levels]) });
            prop_assert_eq!(folded.total(), 7_000_000 * u64::try_from(paths.len()).unwrap());
            for (stack, _) in &folded.stacks {
                prop_assert!(stack.iter().all(|frame| !frame.label.is_empty()));
                prop_assert!(folded.stacks.iter().all(|(other, _)| other == stack || !other.starts_with(stack)));
            }
        }

        #[test]
        fn weights_add_up_to_those_of_the_runs_whatever_the_levels(
            runs in picture::any(),
            by in Just(ALL.to_vec()).prop_shuffle(),
            levels in 1_usize..=8,
        ) {
            let drawn = picture::draw(&runs, 0);
            let (_, actions) = picture::actions(&drawn);
            // Probes have no package, and only compile and link have phases.
            let names = |action: &Action, level: &Dimension| match level {
                Dimension::Package | Dimension::Import => action.package.is_some(),
                Dimension::Phase => {
                    let is_work = action.purpose == Purpose::Work;
                    is_work && matches!(action.kind, ToolKind::Compile | ToolKind::Link)
                }
                _ => true,
            };
            let is_named = |action: &Action| by[..levels].iter().any(|level| names(action, level));
            let counted = actions.iter().filter(|(action, _)| is_named(action));
            let wall: Nanos = counted.map(|(action, _)| action.wall()).sum();
            let folded = folded(&drawn, &config(&by[..levels]));
            prop_assert_eq!(folded.total(), wall.0);
            for pair in folded.stacks.windows(2) {
                prop_assert!(pair[0].0 < pair[1].0 && !pair[1].0.starts_with(&pair[0].0), "{:?}", pair);
            }
            prop_assert!(folded.stacks.iter().flat_map(|(frames, _)| frames).all(|frame| !frame.label.is_empty()));
        }

        #[test]
        fn when_a_build_ran_moves_no_frame(runs in picture::any(), origin in 0_u64..100_000) {
            let stacks = |origin| folded(&picture::draw(&runs, origin), &config(&ALL)).stacks;
            prop_assert_eq!(stacks(0), stacks(origin));
        }
    }
}
