//! What a go command scheduled: the tool runs of one package as one step, and which step waits for which.
//!
//! Knows how cmd/go builds: all tools of a package run in its directory in `$WORK`, one after the other, once everything
//! that it imports is there; vet waits for the package and for vet of what it imports; a link waits for the whole program.
//! Does not know what came from the build cache: there is no step for it, and no edge. All questions about order (critical
//! path, account, what-if) stand on this.

pub mod concurrency;

use std::collections::HashMap;

use crate::build::{Action, Build, Command, CommandId, Facts, Outcome, PackageId, Purpose, Secret};
use crate::tool_kind::ToolKind;
use crate::units::{Bytes, Nanos};

use super::intervals::Intervals;

/// The steps of one go command, in the order in which they began. A step needs only steps before it.
#[derive(Debug, Default)]
pub struct Steps {
    /// All of them.
    pub steps: Vec<Step>,
    /// How many tools at a time the command ran: `-p`, or the processors that it had.
    pub workers: Option<u64>,
    /// How many processors it had.
    pub cpus: Option<u64>,
    /// When the command began: go itself, where that is known, else its first tool.
    pub begin: Nanos,
    /// When it ended: go itself, where that is known, else its last tool.
    pub end: Nanos,
    /// Edges of the trace that cannot be: a step cannot wait for one that began later.
    pub impossible: usize,
}

/// What one worker of a go command did for one package.
#[derive(Debug, Clone)]
pub struct Step {
    /// The package.
    pub package: Option<PackageId>,
    /// What for.
    pub work: Work,
    /// The tool runs, as indexes into the build's actions, in order.
    pub runs: Vec<usize>,
    /// The tool that took longest.
    pub tool: ToolKind,
    /// When the first tool began.
    pub start: Nanos,
    /// When the last one ended.
    pub end: Nanos,
    /// When a tool ran.
    pub times: Intervals,
    /// How long a tool ran: without the waits between them.
    pub busy: Nanos,
    /// CPU time of all tools.
    pub cpu: Nanos,
    /// The largest peak among the tools.
    pub max_rss: Bytes,
    /// How the last tool that did not end well ended.
    pub outcome: Outcome,
    /// Its directory in `$WORK`: cmd/go numbers them as it meets the packages.
    pub dir: Option<u32>,
    /// Indexes of the steps that it waited for, each once, in the order in which cmd/go goes through them.
    pub needs: Vec<usize>,
}

/// What cmd/go does for a package, each in its own time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Work {
    /// From sources to the archive: cgo, C compilers, assembler, compiler.
    Build,
    /// `go vet` and `go fix`.
    Check,
    /// From archives to a program.
    Link,
}

impl Work {
    const fn of(tool: ToolKind) -> Self {
        match tool {
            ToolKind::Link => Self::Link,
            ToolKind::Vet => Self::Check,
            _ => Self::Build,
        }
    }

    /// What of a package this waits for.
    const fn waits_for(self) -> &'static [Self] {
        match self {
            Self::Build | Self::Link => &[Self::Build],
            Self::Check => &[Self::Build, Self::Check],
        }
    }
}

/// Where the steps of a command are: by the directory in `$WORK`.
type Places = HashMap<(u32, Work), usize, Secret>;

impl Steps {
    /// The steps of a command.
    #[must_use]
    pub fn of(build: &Build, command: CommandId) -> Self {
        Self::among(build, command, 0..build.actions.len())
    }

    /// The steps of every command, in no particular order: in one go, for a trace may have as many commands as actions.
    #[must_use]
    pub fn of_each(build: &Build) -> Vec<(CommandId, Self)> {
        let mut actions: Vec<Vec<usize>> = vec![Vec::new(); build.catalog.commands.len()];
        build.actions.iter().enumerate().for_each(|(index, action)| actions[action.command.index()].push(index));
        let command = |id: CommandId| (id, Self::among(build, id, actions[id.index()].iter().copied()));
        build.catalog.commands.iter().map(|(id, _)| command(id)).collect()
    }

    fn among(build: &Build, command: CommandId, actions: impl Iterator<Item = usize>) -> Self {
        let mut places = Places::default();
        let mut gathered: Vec<Gathered> = Vec::new();
        let of_step = actions.map(|index| (index, &build.actions[index]));
        for (index, action) in of_step.filter(|(_, action)| is_of_step(action, command)) {
            let work = Work::of(action.kind);
            let new = gathered.len();
            let at = action.objdir.map_or(new, |dir| *places.entry((dir, work)).or_insert(new));
            if at == new {
                gathered.push(Gathered::new(work, action));
            }
            gathered[at].add(index, action, build.edges(index));
        }
        wait_for_programs(&mut gathered, &places);
        let mut steps = Self { steps: Vec::with_capacity(gathered.len()), ..Self::default() };
        let mut asked_by = vec![usize::MAX; gathered.len()];
        for (index, gathered) in gathered.into_iter().enumerate() {
            let (step, impossible) = gathered.finish(index, &places, &mut asked_by);
            steps.steps.push(step);
            steps.impossible += impossible;
        }
        steps.know(build.catalog.commands.get(command));
        steps
    }

    /// Those of a command; without one, of the command whose tools took longest. None where no tool ran.
    #[must_use]
    pub fn chosen(build: &Build, command: Option<CommandId>) -> Option<(CommandId, Self)> {
        let mut spans: Vec<Option<(Nanos, Nanos)>> = vec![None; build.catalog.commands.len()];
        for action in build.actions.iter().filter(|it| command.is_none_or(|only| is_of_step(it, only))) {
            if is_of_step(action, action.command) {
                let span = spans[action.command.index()].get_or_insert((action.start, action.end));
                *span = (span.0.min(action.start), span.1.max(action.end));
            }
        }
        let wall = |id: &CommandId| spans[id.index()].map(|(start, end)| end.since(start));
        let longest = build.catalog.commands_by_time().into_iter().filter(|id| wall(id).is_some()).max_by_key(wall)?;
        Some((longest, Self::of(build, longest)))
    }

    fn know(&mut self, command: &Command) {
        let (first, last) = self.span();
        self.cpus = command.facts.as_ref().and_then(|facts| facts.cpus);
        self.workers = command.facts.as_ref().and_then(typed_workers).or(self.cpus);
        self.begin = command.go_started().map_or(first, |started| started.min(first));
        self.end = command.run.ending.map_or(last, |ending| ending.end.max(last));
    }

    /// From the first tool to the last one.
    #[must_use]
    pub fn span(&self) -> (Nanos, Nanos) {
        let start = self.steps.first().map_or(Nanos::ZERO, |step| step.start);
        (start, self.steps.iter().map(|step| step.end).max().unwrap_or(start))
    }

    /// When a step could have begun: when the last one that it waits for had ended. None where it waits for none that is
    /// known.
    #[must_use]
    pub fn ready(&self, index: usize) -> Option<Nanos> {
        self.steps[index].needs.iter().map(|need| self.steps[*need].end).max()
    }
}

#[cfg(test)]
impl Steps {
    /// The build of a picture, and the steps of its first command.
    pub(crate) fn of_picture(drawn: &str) -> (Build, Self) {
        let build = crate::build::picture::build(drawn);
        let steps = Self::of(&build, build.catalog.commands_by_time()[0]);
        (build, steps)
    }
}

/// Probes are asked before the work, and what runs inside another tool is in its time.
fn is_of_step(action: &Action, command: CommandId) -> bool {
    action.command == command && action.purpose == Purpose::Work && action.inside.is_none()
}

/// cmd/go compiles the main package of a program once everything is built that will be linked, also what lies behind
/// packages from the cache.
fn wait_for_programs(gathered: &mut [Gathered], places: &Places) {
    for link in 0..gathered.len() {
        let of_program = |dir: &u32| places.get(&(*dir, Work::Build)).copied();
        if gathered[link].step.work == Work::Link
            && let Some(main) = gathered[link].step.dir.as_ref().and_then(of_program)
        {
            let dirs = gathered[link].dirs.clone();
            gathered[main].dirs.extend(dirs);
        }
    }
}

/// A step whose tool runs are still coming.
struct Gathered {
    step: Step,
    /// The directories that its tools were told to import from.
    dirs: Vec<u32>,
    /// How long its longest tool ran.
    longest: Nanos,
}

impl Gathered {
    fn new(work: Work, first: &Action) -> Self {
        let step = Step {
            package: first.package,
            work,
            runs: Vec::new(),
            tool: first.kind,
            start: first.start,
            end: first.end,
            times: Intervals::none(),
            busy: Nanos::ZERO,
            cpu: Nanos::ZERO,
            max_rss: Bytes::ZERO,
            outcome: Outcome::Done,
            dir: first.objdir,
            needs: Vec::new(),
        };
        Self { step, dirs: Vec::new(), longest: Nanos::ZERO }
    }

    fn add(&mut self, index: usize, action: &Action, dirs: &[u32]) {
        let step = &mut self.step;
        step.runs.push(index);
        step.end = step.end.max(action.end);
        step.cpu += action.cpu();
        step.max_rss = step.max_rss.max(action.max_rss);
        if action.wall() > self.longest {
            (self.longest, step.tool) = (action.wall(), action.kind);
        }
        if action.outcome != Outcome::Done {
            step.outcome = action.outcome;
        }
        step.times.add(action.start, action.end);
        self.dirs.extend_from_slice(dirs);
    }

    /// Actions come by start, so whatever is waited for has a lower index. What has not was made up, and is counted. Each
    /// step is noted as asked by this one, so that it is asked once.
    fn finish(self, index: usize, places: &Places, asked_by: &mut [usize]) -> (Step, usize) {
        let dirs = self.dirs.iter().filter(|dir| Some(**dir) != self.step.dir);
        let mut found: Vec<usize> = dirs
            .flat_map(|dir| self.step.work.waits_for().iter().filter_map(|work| places.get(&(*dir, *work))))
            .copied()
            .collect();
        if self.step.work != Work::Build {
            found.extend(self.step.dir.and_then(|dir| places.get(&(dir, Work::Build))));
        }
        found.retain(|need| std::mem::replace(&mut asked_by[*need], index) != index);
        let known = found.len();
        found.retain(|need| *need < index);
        let impossible = known - found.len();
        (Step { busy: self.step.times.length(), needs: found, ..self.step }, impossible)
    }
}

/// `-p` as it was typed.
fn typed_workers(facts: &Facts) -> Option<u64> {
    let behind = facts.args.iter().skip(1).map(Some).chain([None]);
    let typed = facts.args.iter().zip(behind).find_map(|(arg, next)| {
        let flag = arg.strip_prefix('-').map(|flag| flag.strip_prefix('-').unwrap_or(flag))?;
        match flag.split_once('=') {
            Some(("p", value)) => value.parse().ok(),
            None if flag == "p" => next?.parse().ok(),
            _ => None,
        }
    });
    typed.filter(|workers| *workers > 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};

    #[track_caller]
    fn check(drawn: &str, expected: &Expect) {
        let (build, steps) = Steps::of_picture(drawn);
        let millis = |at: Nanos| at.0 / 1_000_000 - 1000;
        let mut words = String::new();
        for (index, step) in steps.steps.iter().enumerate() {
            let name = step.package.map(|package| build.catalog.packages.get(package).name().into_owned());
            words += &format!(
                "{index} {:?} {} {}-{} busy {} runs {} needs {:?}\n",
                step.work,
                name.unwrap_or_default(),
                millis(step.start),
                millis(step.end),
                step.busy.0 / 1_000_000,
                step.runs.len(),
                step.needs,
            );
        }
        words += &format!("workers {:?}, impossible {}\n", steps.workers, steps.impossible);
        expected.assert_eq(&words);
    }

    #[test]
    fn the_tools_of_a_directory_are_one_step_without_the_waits_between_them() {
        check(
            "probe compile 0-1
             cgo std:net 1-5 dir=b002
             compile std:net 7-20 dir=b002 needs=b009
             asm std:net 20-21 dir=b002",
            &expect![[r#"
                0 Build net 1-21 busy 18 runs 3 needs []
                workers None, impossible 0
            "#]],
        );
    }

    #[test]
    fn a_step_waits_for_what_it_imports_and_vet_and_link_for_their_package() {
        check(
            "$ go build -p 3
             probe compile 0-1
             compile a 0-10 dir=b002
             compile b 10-20 dir=b003 needs=b002
             vet a 10-12 dir=b002
             vet b 20-25 dir=b003 needs=b002
             compile main 20-30 dir=b001 needs=b003
             link main 30-40 dir=b001 needs=b001",
            &expect![[r#"
                0 Build a 0-10 busy 10 runs 1 needs []
                1 Check a 10-12 busy 2 runs 1 needs [0]
                2 Build b 10-20 busy 10 runs 1 needs [0]
                3 Check b 20-25 busy 5 runs 1 needs [0, 1, 2]
                4 Build main 20-30 busy 10 runs 1 needs [2]
                5 Link main 30-40 busy 10 runs 1 needs [4]
                workers Some(3), impossible 0
            "#]],
        );
    }

    #[test]
    fn a_main_package_waits_for_what_lies_behind_packages_from_the_cache() {
        check(
            "compile deep 0-10 dir=b009
             compile main 20-30 dir=b001
             link main 30-40 dir=b001 needs=b001,b009",
            &expect![[r#"
                0 Build deep 0-10 busy 10 runs 1 needs []
                1 Build main 20-30 busy 10 runs 1 needs [0]
                2 Link main 30-40 busy 10 runs 1 needs [0, 1]
                workers None, impossible 0
            "#]],
        );
    }

    #[test]
    fn nothing_waits_for_what_began_later() {
        check(
            "compile a 0-10 dir=b002 needs=b003
             compile b 1-20 dir=b003 needs=b002",
            &expect![[r#"
                0 Build a 0-10 busy 10 runs 1 needs []
                1 Build b 1-20 busy 19 runs 1 needs [0]
                workers None, impossible 1
            "#]],
        );
    }
}
