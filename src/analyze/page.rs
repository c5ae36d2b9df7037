//! All answers about a build as one page: what it was, what ran when, and a section for each question.
//!
//! Knows which questions there are and in which order they are told; each is answered elsewhere and put into a section here.
//! To add an answer: make a `Section` of its report, a few lines, and put it among the others; to point at tool runs or
//! stretches of time in the timeline, put them into `Marks`.

mod costs;
mod course;
mod flame;
mod job;
mod runs;
mod section;
mod tables;

use std::collections::BTreeSet;

use super::costs::imports::{Chains, Imports};
use super::course::{self as courses, course};
use super::fold::{self, Dimension, Order, Weight};
use super::summary::{self, Summary};
use super::tally::Tally;
use crate::build::{Build, CommandId};
use crate::units::Nanos;

pub use flame::{Flame, FrameBox};
pub use runs::{Curve, CurveUnit, Names, Package, Run, Runs, StepNeeds, Window};
pub use section::{Bars, Block, Cell, Column, Part, Section, Table, Tone};

/// What to tell of.
#[derive(Debug, Default)]
pub struct Config {
    /// Only this command.
    pub command: Option<CommandId>,
}

/// What other analyses want to be seen in the timeline.
#[derive(Debug, Default)]
pub struct Marks {
    /// Actions of the critical path, as indexes into the build's.
    pub critical: BTreeSet<usize>,
    /// What a command's time was spent in.
    pub windows: Vec<Window>,
}

/// The report.
#[derive(Debug)]
pub struct Page {
    /// What was typed.
    pub title: String,
    /// The sums and tables that the head is made of.
    pub summary: Summary,
    /// How long a go command ran; where several ran at once, it counts once.
    pub wall: Nanos,
    /// What ran when.
    pub runs: Runs,
    /// The answers, in the order in which they are told.
    pub sections: Vec<Section>,
    /// What was odd in the trace; a sentence each.
    pub problems: Vec<String>,
}

/// Puts the page together.
#[must_use]
pub fn page(build: &Build, tally: &Tally, config: &Config) -> Page {
    let all = summary::Config { rows: usize::MAX, command: config.command };
    let summary = summary::summarize(&build.catalog, tally, &all);
    let imports = Imports::of(build, None);
    let course_config = courses::Config { windows: course::WINDOWS, slack: usize::MAX, collecting: None };
    let course = course(build, &imports, config.command, &course_config);
    let marks = course.as_ref().map(course::marks).unwrap_or_default();
    let runs = runs::runs(build, config.command, &marks);
    let mut sections = Vec::new();
    // What went wrong is what a reader came for.
    sections.extend(tables::failures(&summary));
    let count = summary.commands.len();
    sections.extend(course.iter().flat_map(|course| course::sections(course, count)));
    sections.extend(summary.jobs.iter().flat_map(job::sections));
    sections.extend(flame(build, tally, config));
    let slack = course.as_ref().map(course::slack).unwrap_or_default();
    sections.extend(tables::sections(&summary, &slack));
    let asked = config.command.map_or(imports, |command| Imports::of(build, Some(command)));
    sections.extend(costs::sections(build, &asked, config.command));
    let wall = summary.jobs.first().map_or(runs.covered, |job| job.wall);
    Page { title: title(&summary), wall, runs, sections, problems: Vec::new(), summary }
}

fn title(summary: &Summary) -> String {
    match (summary.jobs.as_slice(), summary.commands.as_slice()) {
        ([job], _) => job.line.clone(),
        (_, [command]) => command.line.clone(),
        (_, []) => String::from("No go command"),
        (_, commands) => format!("{} go commands", commands.len()),
    }
}

/// By module, package, tool and stage: there are as many as fit on a page.
fn flame(build: &Build, tally: &Tally, config: &Config) -> Option<Section> {
    let by = vec![Dimension::Module, Dimension::Package, Dimension::Tool, Dimension::Phase];
    let order = fold::Config {
        by,
        weight: Weight::Wall,
        order: Order::Forward,
        package: None,
        command: config.command,
        imports: Chains::default(),
    };
    let flame = flame::laid_out(&fold::fold(&build.catalog, tally, &order));
    (!flame.boxes.is_empty()).then(|| Section {
        id: "flame",
        title: String::from("Where the time went"),
        lead: vec![String::from(
            "Modules, import paths, tools, and what compile and link spent their time on; as wide as the wall time of the \
             tool runs, added up.",
        )],
        blocks: vec![Block::Flame(flame)],
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analyze::course::account::Load;
    use crate::analyze::tally::Commands;
    use crate::build::picture;
    use crate::tool_kind::ToolKind;

    const PICTURE: &str = "
        $ go build -p 2 ./...
        probe compile 0-1
        compile std:a 1-11 dir=b002 cpu=9 rss=5 fe:parse=3 be:compilefuncs=6 args=-o,$WORK/b002/_pkg_.a,-p,a
        compile m@v1:b 2-12 dir=b003 cpu=9 rss=9
        compile main 14-30 dir=b001 needs=b002,b003 cpu=20 rss=7 args=-o,$WORK/b001/_pkg_.a,-p,main
        link main 30-40 dir=b001 needs=b001 rss=40 !1";

    fn page_of(picture: &str) -> Page {
        let (_, tally) = Tally::of_picture(picture, Commands::Merged);
        page(&picture::build(picture), &tally, &Config::default())
    }

    #[test]
    fn a_page_has_a_run_for_each_action_and_a_section_for_each_question() {
        let page = page_of(PICTURE);
        assert_eq!(page.title, "go build -p 2 ./...");
        assert_eq!(page.runs.runs.len(), 5);
        assert_eq!(page.wall, Nanos::from_millis(40));
        let ids: Vec<&str> = page.sections.iter().map(|section| section.id).collect();
        assert_eq!(
            ids,
            [
                "failures",
                "advice",
                "workers",
                "path",
                "memory",
                "flame",
                "packages",
                "tools",
                "modules",
                "phases",
                "dependencies",
                "links"
            ]
        );
    }

    #[test]
    fn runs_know_what_their_step_waited_for() {
        let runs = page_of(PICTURE).runs;
        let main = runs.runs.iter().find(|run| run.start == Nanos::from_millis(14)).expect("the compile of main");
        let needs = &runs.steps[main.step.expect("a step")].needs;
        let of = |step: usize| runs.runs.iter().position(|run| run.step == Some(step)).expect("a run");
        let names: Vec<&str> = needs
            .iter()
            .map(|step| runs.names.packages[runs.runs[of(*step)].package.expect("a package")].name.as_str())
            .collect();
        assert_eq!(names, ["a", "b"]);
        let probe = &runs.runs[0];
        assert_eq!((probe.step, probe.kind, probe.package), (None, ToolKind::Probe, None));
    }

    #[test]
    fn marks_arrive_at_the_runs_that_they_are_of() {
        let build = picture::build(PICTURE);
        let command = build.catalog.commands_by_time()[0];
        let at = |millis: u64| Nanos::from_millis(1000 + millis);
        let window = Window { command, start: at(2), end: at(11), kind: Load::Saturated };
        let runs = runs::runs(&build, None, &Marks { critical: BTreeSet::from([2, 4]), windows: vec![window] });
        let critical: Vec<usize> = (0..5).filter(|index| runs.runs[*index].is_critical).collect();
        assert_eq!(critical, [2, 4]);
        assert_eq!(runs.windows, [(Nanos::from_millis(2), Nanos::from_millis(11), Load::Saturated)]);
    }

    #[test]
    fn the_critical_path_and_the_windows_of_the_command_are_marked() {
        let runs = page_of(PICTURE).runs;
        let critical: Vec<usize> = (0..5).filter(|index| runs.runs[*index].is_critical).collect();
        assert_eq!(critical, [1, 3, 4], "a, main and its link; b began later and took as long");
        let (first, last) = (runs.windows.first().expect("windows"), runs.windows.last().expect("windows"));
        assert_eq!(
            (first.0, last.1),
            (Nanos::from_millis(1), Nanos::from_millis(40)),
            "from its first tool to its last"
        );
        assert!(runs.windows.windows(2).all(|pair| pair[0].1 == pair[1].0), "without gaps");
    }

    #[test]
    fn a_step_waits_from_the_end_of_what_it_needs_to_its_own_start() {
        let runs = page_of(PICTURE).runs;
        let waiting = runs.curves.iter().find(|curve| curve.id == "waiting").expect("the curve");
        let steps: Vec<(u64, u64)> = waiting.steps.iter().map(|step| (step.at.0 / 1_000_000, step.value)).collect();
        assert_eq!(steps, [(1, 1), (2, 0), (12, 1), (14, 0)], "b since the first tool, main since b");
    }

    #[test]
    fn a_trace_without_tools_is_a_page_without_sections() {
        let page = page_of("");
        assert_eq!((page.runs.runs.len(), page.sections.len(), page.title.as_str()), (0, 0, "No go command"));
    }
}
