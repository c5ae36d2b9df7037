//! The critical path: the chain of steps, each waiting for the one before, that decides how long a go command takes.
//!
//! Knows steps and what they wait for; does not know why a step takes its time. The path is the heaviest chain by the time
//! in which its tools ran, which no number of workers shortens; tools that no longer share processors can. Beside each step
//! stands what it waited for once it could have begun: for a worker, or for cmd/go itself.

use super::longest::Longest;
use crate::analyze::intervals::Intervals;
use crate::analyze::steps::concurrency::Concurrency;
use crate::analyze::steps::{Step, Steps};
use crate::build::Catalog;
use crate::tool_kind::ToolKind;
use crate::units::{Bytes, Nanos};

/// What the length of a path means. Tools that had to share processors are faster where they need not.
pub const LIMIT: &str = "no number of workers makes the command faster than that, unless these get faster.";

/// The answer for one go command.
#[derive(Debug)]
pub struct CriticalPath {
    /// Its steps, from the first one to the last one.
    pub steps: Vec<PathStep>,
    /// The time in which its tools ran, added up: no number of workers makes the command faster, unless these get faster.
    pub length: Nanos,
    /// From the command's first tool to its last one.
    pub wall: Nanos,
    /// What its steps waited for, added up.
    pub waits: Wait,
    /// The path by kind of tool, the largest first.
    pub by_tool: Vec<(ToolKind, Nanos)>,
    /// The path by module, the largest first.
    pub by_module: Vec<(String, Nanos)>,
    /// Of each step of the command, by its index: how much longer it could have taken before it decided.
    pub slack: Vec<Nanos>,
}

/// A step of the command, on the path or not.
#[derive(Debug, PartialEq, Eq)]
pub struct Slack {
    /// The package.
    pub package: String,
    /// The tool that took longest.
    pub tool: ToolKind,
    /// How long its tools ran.
    pub busy: Nanos,
    /// How much longer they could have before it decided.
    pub slack: Nanos,
}

/// A step of the path.
#[derive(Debug)]
pub struct PathStep {
    /// Its index among the command's steps.
    pub index: usize,
    /// Its tool runs, as indexes into the build's actions.
    pub runs: Vec<usize>,
    /// The tool that took longest.
    pub tool: ToolKind,
    /// The package.
    pub package: String,
    /// Its module.
    pub module: String,
    /// From the command's begin to its first tool.
    pub start: Nanos,
    /// How long its tools ran.
    pub busy: Nanos,
    /// CPU time of its tools.
    pub cpu: Nanos,
    /// The largest peak among them.
    pub max_rss: Bytes,
    /// What it waited for once everything that it needs was there.
    pub wait: Wait,
    /// How much shorter the path would be if this took no time, before another chain decides.
    pub improvement: Nanos,
}

/// Why a step that could begin did not.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Wait {
    /// Every worker was busy.
    pub for_worker: Nanos,
    /// A worker was free: cmd/go hashed, looked into its cache, wrote into it.
    pub for_go: Nanos,
}

/// Finds it. None where the command ran no tools.
#[must_use]
pub fn critical_path(catalog: &Catalog, steps: &Steps, concurrency: &Concurrency) -> Option<CriticalPath> {
    let weights: Vec<Nanos> = steps.steps.iter().map(|step| step.busy).collect();
    let needs: Vec<&[usize]> = steps.steps.iter().map(|step| step.needs.as_slice()).collect();
    let longest = Longest::of(&weights, &needs);
    let improvements = longest.improvements(&weights, &needs);
    let full = concurrency.times_when(|moment| moment.running >= concurrency.workers);
    let step = |index: usize| path_step(catalog, steps, index, improvements[index], &full);
    let path: Vec<PathStep> = longest.chain(&needs).into_iter().map(step).collect();
    let (start, end) = steps.span();
    (!path.is_empty()).then(|| CriticalPath {
        length: longest.length,
        wall: end.since(start),
        waits: path.iter().fold(Wait::default(), |sum, step| sum.and(step.wait)),
        by_tool: sums(path.iter().map(|step| (step.tool, step.busy))),
        by_module: sums(path.iter().map(|step| (step.module.clone(), step.busy))),
        slack: (0..weights.len()).map(|node| longest.length.since(longest.through(node, weights[node]))).collect(),
        steps: path,
    })
}

impl CriticalPath {
    /// The steps with the least slack, the longest of those with the same one first; so many.
    #[must_use]
    pub fn tightest(&self, catalog: &Catalog, steps: &Steps, rows: usize) -> Vec<Slack> {
        let mut order: Vec<usize> = (0..if rows > 0 { self.slack.len() } else { 0 }).collect();
        order.sort_by_key(|at| (self.slack[*at], std::cmp::Reverse(steps.steps[*at].busy), *at));
        order.truncate(rows);
        let row = |at: usize| {
            let step = &steps.steps[at];
            let package = step.package.map(|package| catalog.packages.get(package).name().into_owned());
            Slack { package: package.unwrap_or_default(), tool: step.tool, busy: step.busy, slack: self.slack[at] }
        };
        order.into_iter().map(row).collect()
    }
}

fn path_step(catalog: &Catalog, steps: &Steps, index: usize, improvement: Nanos, full: &Intervals) -> PathStep {
    let step = &steps.steps[index];
    let package = step.package.map(|package| catalog.packages.get(package).name().into_owned());
    let module = step.package.and_then(|package| catalog.module_of(package)).map(|module| module.name().into_owned());
    PathStep {
        index,
        runs: step.runs.clone(),
        tool: step.tool,
        package: package.unwrap_or_default(),
        module: module.unwrap_or_else(|| String::from("(module not known)")),
        start: step.start.since(steps.begin),
        busy: step.busy,
        cpu: step.cpu,
        max_rss: step.max_rss,
        wait: wait(steps, index, step, full),
        improvement,
    }
}

fn wait(steps: &Steps, index: usize, step: &Step, full: &Intervals) -> Wait {
    let ready = steps.ready(index).unwrap_or(step.start);
    let waited = Intervals::of(ready, step.start);
    let for_worker = waited.common(full).length();
    Wait { for_worker, for_go: waited.length().since(for_worker) }
}

impl Wait {
    fn and(self, other: Self) -> Self {
        Self { for_worker: self.for_worker + other.for_worker, for_go: self.for_go + other.for_go }
    }

    /// Both together.
    #[must_use]
    pub fn length(self) -> Nanos {
        self.for_worker + self.for_go
    }
}

/// Sums by name, the largest first.
pub(super) fn sums<T: Ord>(parts: impl Iterator<Item = (T, Nanos)>) -> Vec<(T, Nanos)> {
    let mut sums = std::collections::BTreeMap::new();
    for (name, part) in parts {
        *sums.entry(name).or_insert(Nanos::ZERO) += part;
    }
    let mut sums: Vec<(T, Nanos)> = sums.into_iter().collect();
    sums.sort_by_key(|(_, sum)| std::cmp::Reverse(*sum));
    sums
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};

    #[track_caller]
    fn check(drawn: &str, expected: &Expect) {
        let (build, steps) = Steps::of_picture(drawn);
        let path = critical_path(&build.catalog, &steps, &Concurrency::of(&steps)).expect("tools ran");
        let ms = |time: Nanos| time.0 / 1_000_000;
        let mut words = format!("{} of {} ms\n", ms(path.length), ms(path.wall));
        for step in &path.steps {
            let (name, wait) = (&step.package, step.wait);
            words += &format!("{:?} {name} at {} for {}", step.tool, ms(step.start), ms(step.busy));
            words +=
                &format!(" after {}+{}, improves {}\n", ms(wait.for_worker), ms(wait.for_go), ms(step.improvement));
        }
        let slack: Vec<u64> = path.slack.iter().map(|slack| ms(*slack)).collect();
        expected.assert_eq(&format!("{words}slack {slack:?}\n"));
    }

    #[test]
    fn the_path_is_the_heaviest_chain_and_tells_what_would_decide_without_a_step() {
        check(
            "$ go build -p 2
             probe compile 0-0
             compile a 0-10 dir=b002
             compile slow 10-40 dir=b003 needs=b002
             compile fast 10-32 dir=b004 needs=b002
             compile main 40-45 dir=b001 needs=b003,b004
             link main 46-60 dir=b001 needs=b001",
            &expect![[r#"
                59 of 60 ms
                Compile a at 0 for 10 after 0+0, improves 10
                Compile slow at 10 for 30 after 0+0, improves 8
                Compile main at 40 for 5 after 0+0, improves 5
                Link main at 46 for 14 after 0+1, improves 14
                slack [0, 8, 0, 0, 0]
            "#]],
        );
    }

    #[test]
    fn steps_with_the_least_slack_come_first_and_the_longest_of_them() {
        let (build, steps) = Steps::of_picture(
            "compile a 0-10 dir=b002
             compile near 10-38 dir=b003 needs=b002
             compile far 10-20 dir=b004 needs=b002
             compile slow 10-40 dir=b005 needs=b002",
        );
        let path = critical_path(&build.catalog, &steps, &Concurrency::of(&steps)).expect("tools ran");
        let tightest = path.tightest(&build.catalog, &steps, 3);
        let told: Vec<(&str, u64)> = tightest.iter().map(|it| (it.package.as_str(), it.slack.0 / 1_000_000)).collect();
        assert_eq!(told, [("slow", 0), ("a", 0), ("near", 2)]);
        assert_eq!(path.tightest(&build.catalog, &steps, 0), []);
    }

    #[test]
    fn a_wait_is_for_a_worker_while_all_are_busy_and_else_for_go() {
        check(
            "$ go build -p 1
             probe compile 0-0
             compile a 0-10 dir=b002
             compile other 10-30 dir=b003
             compile b 35-60 dir=b004 needs=b002",
            &expect![[r#"
                35 of 60 ms
                Compile a at 0 for 10 after 0+0, improves 10
                Compile b at 35 for 25 after 20+5, improves 15
                slack [0, 15, 0]
            "#]],
        );
    }
}
