//! Sums to stages: what compile and link spent their time on, all together and package by package.
//!
//! Knows wall time only: it is what the tools tell. A part of the summary. What did not tell is a row of its own, so that every
//! table adds up to the wall time of its tool.

use std::collections::BTreeMap;

use super::fold::UNTOLD;
use super::tally::{Cell, Sum, Tally};
use crate::build::{Catalog, CommandId, Phase, Purpose, Stage};
use crate::tool_kind::ToolKind;
use crate::units::Nanos;

/// The answer; empty where no run of the trace told its phases.
#[derive(Debug, Default)]
pub struct Phases {
    /// compile, then link.
    pub tools: Vec<Spent>,
    /// The packages that took compile longest.
    pub packages: Vec<Spent>,
    /// How many more there are.
    pub more: usize,
}

/// What the runs of something spent their wall time on.
#[derive(Debug)]
pub struct Spent {
    /// A tool or a package.
    pub name: String,
    /// All of the time.
    pub wall: Nanos,
    /// The parts of it: the stages in their order, what has no stage, the rest, and what was not told.
    pub stages: Vec<(String, Nanos)>,
}

/// A part of the time, in the order of the lists.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    Stage(Stage),
    Named(String),
    Rest,
    Untold,
}

type Parts = BTreeMap<Part, Nanos>;

/// Sums them up, of one command or of all, with so many packages.
#[must_use]
pub fn phases(catalog: &Catalog, tally: &Tally, command: Option<CommandId>, rows: usize) -> Phases {
    let mut tools: BTreeMap<ToolKind, Parts> = BTreeMap::new();
    let mut packages: BTreeMap<String, Parts> = BTreeMap::new();
    let mut is_told = false;
    for (cell, sum) in tally.cells(command) {
        let kind = catalog.tools.get(cell.tool).kind;
        if cell.purpose != Purpose::Work || !matches!(kind, ToolKind::Compile | ToolKind::Link) {
            continue;
        }
        let parts = parts(catalog, tally, cell, sum);
        is_told |= parts.keys().any(|part| *part != Part::Untold);
        merge(tools.entry(kind).or_default(), &parts);
        if let Some(package) = cell.package.filter(|_| kind == ToolKind::Compile) {
            merge(packages.entry(catalog.packages.get(package).name().into_owned()).or_default(), &parts);
        }
    }
    if !is_told {
        return Phases::default();
    }
    let mut packages: Vec<Spent> = packages.into_iter().map(|(name, parts)| spent(name, parts)).collect();
    packages.sort_by(|left, right| right.wall.cmp(&left.wall).then_with(|| left.name.cmp(&right.name)));
    let more = packages.len().saturating_sub(rows);
    packages.truncate(rows);
    let tools = tools.into_iter().map(|(kind, parts)| spent(kind.name().to_owned(), parts)).collect();
    Phases { tools, packages, more }
}

fn parts(catalog: &Catalog, tally: &Tally, cell: &Cell, sum: &Sum) -> Parts {
    let mut parts = Parts::new();
    for (phase, time) in tally.phases(cell).filter(|(_, time)| *time > Nanos::ZERO) {
        let part = match phase {
            Phase::Known(Stage::Other) => Part::Rest,
            Phase::Known(stage) => Part::Stage(stage),
            Phase::Unknown(_) => Part::Named(catalog.phase_name(phase).to_owned()),
        };
        *parts.entry(part).or_default() += time;
    }
    let told = parts.values().copied().sum();
    let rest = sum.wall.since(told);
    if rest > Nanos::ZERO {
        parts.insert(Part::Untold, rest);
    }
    parts
}

fn merge(into: &mut Parts, parts: &Parts) {
    parts.iter().for_each(|(part, time)| *into.entry(part.clone()).or_default() += *time);
}

fn spent(name: String, parts: Parts) -> Spent {
    let wall = parts.values().copied().sum();
    let stages = parts.into_iter().map(|(part, time)| (part.into_name(), time)).collect();
    Spent { name, wall, stages }
}

impl Part {
    fn into_name(self) -> String {
        match self {
            Self::Stage(stage) => stage.name().to_owned(),
            Self::Named(name) => name,
            Self::Rest => Stage::Other.name().to_owned(),
            Self::Untold => UNTOLD.to_owned(),
        }
    }
}

impl Spent {
    /// How much of it went to this stage; none where it is not listed.
    #[must_use]
    pub fn on(&self, stage: &str) -> Option<Nanos> {
        self.stages.iter().find(|(name, _)| name == stage).map(|(_, time)| *time)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analyze::tally::Commands;
    use crate::build::picture;
    use expect_test::{Expect, expect};
    use proptest::prelude::*;

    fn of(picture: &str, rows: usize) -> Phases {
        let (catalog, tally) = Tally::of_picture(picture, Commands::Merged);
        phases(&catalog, &tally, None, rows)
    }

    /// A line for each tool and package, in milliseconds.
    #[track_caller]
    fn check(picture: &str, expected: &Expect) {
        let told = of(picture, 2);
        let line = |spent: &Spent| {
            let stages: Vec<String> =
                spent.stages.iter().map(|(name, time)| format!("{name} {}", time.0 / 1_000_000)).collect();
            format!("{} {}: {}\n", spent.name, spent.wall.0 / 1_000_000, stages.join(", "))
        };
        let lines: Vec<String> = told.tools.iter().chain(&told.packages).map(line).collect();
        expected.assert_eq(&format!("{}more {}\n", lines.concat(), told.more));
    }

    #[test]
    fn parts_come_in_the_order_of_the_stages_and_add_up() {
        check(
            "
            compile std:a 0-20 be:dumpobj=2 fe:parse=3 fe:init=1 be:compilefuncs=9
            compile std:a 20-25 fe:parse=2 zz:new=1
            compile m:b 0-9 fe:escapes=4 be:compilefuncs=5
            compile m:c 0-3 !2
            compile m:d 0-2 fe:parse=1
            asm std:a 0-1
            link m:m 30-60 Hostlink=10 Asmb=5 Asmb2=6 Loadlib=7",
            &expect![[r"
                compile 39: start 1, parse+types 6, escape 4, backend 14, write object 2, zz:new 1, other 8, (phases not recorded) 3
                link 30: load 7, write program 11, host link 10, other 2
                a 25: start 1, parse+types 5, backend 9, write object 2, zz:new 1, other 7
                b 9: escape 4, backend 5
                more 2
            "]],
        );
    }

    #[test]
    fn where_nothing_was_told_there_is_nothing_to_say() {
        check("compile std:a 0-20\nlink m:m 20-30\nasm std:a 0-1", &expect!["more 0\n"]);
    }

    #[test]
    fn phases_that_are_longer_than_the_run_end_with_it() {
        check(
            "compile std:a 0-20 fe:parse=15 be:compilefuncs=15",
            &expect![[r"
                compile 20: parse+types 15, backend 5
                a 20: parse+types 15, backend 5
                more 0
            "]],
        );
    }

    proptest! {
        #[test]
        fn every_tool_adds_up_to_its_wall_time(runs in picture::any()) {
            let drawn = picture::draw(&runs, 0);
            let told = of(&drawn, usize::MAX);
            let (_, actions) = picture::actions(&drawn);
            for tool in &told.tools {
                let is_its = |kind: ToolKind, purpose| kind.name() == tool.name && purpose == Purpose::Work;
                let its = actions.iter().filter(|(action, _)| is_its(action.kind, action.purpose));
                prop_assert_eq!(tool.wall, its.map(|(action, _)| action.wall()).sum::<Nanos>());
                prop_assert_eq!(tool.wall, tool.stages.iter().map(|(_, time)| *time).sum::<Nanos>());
            }
            let compile = told.tools.iter().find(|tool| tool.name == "compile").map(|tool| tool.wall);
            let packages: Nanos = told.packages.iter().map(|package| package.wall).sum();
            prop_assert_eq!(packages, compile.unwrap_or_default());
        }
    }
}
