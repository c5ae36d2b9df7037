//! What a go command would have taken with other workers, processors or packages.
//!
//! Knows how to turn steps into the tasks of a replay and how a question changes them; does not know the scheduler. The
//! prediction is what was recorded, times the replay as asked over the replay as it was: what a replay leaves out is left
//! out of both. How far the second one is from what was recorded is the error to expect. Who else was at work on the machine
//! is not in a trace; it follows from how much longer tools took than their CPU time explains.

pub mod replay;

use std::collections::{BTreeMap, HashMap};

use super::intervals::Intervals;
use super::reach::remaining;
use super::steps::concurrency::Concurrency;
use super::steps::{Step, Steps, Work};
use crate::build::Build;
use crate::tool_kind::ToolKind;
use crate::units::{Bytes, Nanos, Percent};
use replay::{Machine, Order, Replay, Task, replay};

/// What is asked.
#[derive(Debug, Default, Clone)]
pub struct Question {
    /// `-p`.
    pub workers: Option<u64>,
    /// Processors.
    pub cpus: Option<u64>,
    /// Thousandths of processors that others want meanwhile.
    pub others: Option<u64>,
    /// Memory that all tools together may have.
    pub memory: Option<Bytes>,
    /// What is otherwise than it was.
    pub changes: Vec<Change>,
}

/// Something about the build that is otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// A package is not there, nor what only it imports. As in all of these, `a/...` is everything below `a`.
    Without(String),
    /// A package takes so much less.
    Faster(String, Percent),
    /// A package is so many packages, which do not import each other.
    Split(String, u64),
    /// A tool takes no time.
    Free(String),
    /// A tool takes so much less.
    Lighter(String, Percent),
    /// The packages of a module come from the build cache.
    Cached(String),
}

/// The answer.
#[derive(Debug, PartialEq, Eq)]
pub struct Answer {
    /// What the command had to run on.
    pub was: Machine,
    /// What it would have.
    pub machine: Machine,
    /// From the start of go to its last tool, as recorded.
    pub recorded: Nanos,
    /// The part of that in which no tool had begun yet: the same in every answer.
    pub before: Nanos,
    /// What a replay of the command as it was comes to.
    pub replayed: Nanos,
    /// What it would have taken.
    pub predicted: Nanos,
    /// The same with any number of workers and processors.
    pub unlimited: Nanos,
    /// The largest sum of the peaks of tools that run at the same time, as it was and as asked.
    pub peak: (Bytes, Bytes),
    /// Whether that fits into the memory that was asked about.
    pub fits: Option<Fit>,
    /// How many steps of the command the changes are about.
    pub changed: usize,
}

/// Whether a memory is enough.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fit {
    /// It is, with the workers of the answer.
    Fits,
    /// Not even one tool at a time fits.
    TooSmall,
}

/// Why there is no answer.
#[derive(Debug, PartialEq, Eq)]
pub enum NoAnswer {
    /// The command ran no tools.
    NothingRan,
    /// It built no such package.
    NoSuchPackage(String),
    /// It ran no such tool.
    NoSuchTool(String),
    /// It built no package of such a module.
    NoSuchModule(String),
}

/// A command as it was: what every question about it begins with.
#[derive(Debug)]
pub struct AsItWas<'a> {
    steps: &'a Steps,
    order: Order,
    tasks: Vec<Task>,
    machine: Machine,
    replay: Replay,
}

impl<'a> AsItWas<'a> {
    /// Replays it.
    #[must_use]
    pub fn of(steps: &'a Steps, concurrency: &Concurrency) -> Self {
        let workers = concurrency.workers;
        let machine = Machine { workers, cpus: steps.cpus.unwrap_or(workers).max(1), others: 0 };
        let (order, went) = (order(steps), go_times(steps, workers));
        let tasks = tasks(steps, concurrency, machine, &went);
        let took = steps.steps.iter().map(|step| step.busy).chain(went).sum();
        let machine = Machine { others: others(&order, &tasks, machine, took), ..machine };
        Self { steps, replay: replay(&order, &tasks, machine), order, tasks, machine }
    }
}

/// What a question comes to, without what stands beside it in an answer.
pub(super) struct Foretold {
    tasks: Vec<Task>,
    /// What the command would have to run on.
    pub(super) machine: Machine,
    /// What it would have taken.
    pub(super) wall: Nanos,
    /// The largest sum of the peaks of tools that run at the same time.
    pub(super) peak: Bytes,
    /// Whether that fits into the memory that was asked about.
    pub(super) fits: Option<Fit>,
    changed: usize,
}

impl AsItWas<'_> {
    /// From the start of go to its last tool.
    pub(super) fn recorded(&self) -> Nanos {
        self.before() + self.tools()
    }

    fn before(&self) -> Nanos {
        self.steps.span().0.since(self.steps.begin)
    }

    fn tools(&self) -> Nanos {
        let (first, last) = self.steps.span();
        last.since(first)
    }

    fn whole(&self, replayed: Replay) -> Nanos {
        self.before() + scale(self.tools(), replayed.wall, self.replay.wall)
    }

    /// # Errors
    /// There is nothing that the question could be about.
    pub(super) fn foretell(&self, build: &Build, question: &Question) -> Result<Foretold, NoAnswer> {
        if self.steps.steps.is_empty() {
            return Err(NoAnswer::NothingRan);
        }
        let (tasks, changed) = changed(build, self.steps, &self.tasks, &question.changes)?;
        let wanted = wanted(self.machine, question);
        let (machine, replay, fits) = match question.memory {
            Some(memory) => self.fitting(&tasks, wanted, memory),
            None => (wanted, replay(&self.order, &tasks, wanted), None),
        };
        Ok(Foretold { tasks, machine, wall: self.whole(replay), peak: replay.peak, fits, changed })
    }
}

/// Answers for one command.
///
/// # Errors
/// There is nothing that the question could be about.
pub fn what_if(build: &Build, was: &AsItWas, question: &Question) -> Result<Answer, NoAnswer> {
    let Foretold { tasks, machine, wall, peak, fits, changed } = was.foretell(build, question)?;
    let unlimited = Machine { workers: u64::MAX, cpus: u64::MAX, others: 0 };
    Ok(Answer {
        was: was.machine,
        machine,
        recorded: was.recorded(),
        before: was.before(),
        replayed: was.before() + was.replay.wall,
        predicted: wall,
        unlimited: was.whole(replay(&was.order, &tasks, unlimited)),
        peak: (was.replay.peak, peak),
        fits,
        changed,
    })
}

/// Others want as much of each processor as they did.
fn wanted(was: Machine, question: &Question) -> Machine {
    let cpus = question.cpus.unwrap_or(was.cpus);
    let of_as_many = u128::from(was.others) * u128::from(cpus) / u128::from(was.cpus.max(1));
    Machine {
        workers: question.workers.or(question.cpus).unwrap_or(was.workers),
        cpus,
        others: question.others.unwrap_or(u64::try_from(of_as_many).unwrap_or(u64::MAX)),
    }
}

impl Answer {
    /// How far a replay of the command as it was is from what was recorded.
    #[must_use]
    pub fn error(&self) -> Percent {
        Nanos(self.replayed.0.abs_diff(self.recorded.0)).percent_of(self.recorded)
    }
}

/// Tools that wait for a processor of others are not there in a replay: what was recorded tells how much longer all took.
fn scale(recorded: Nanos, replayed: Nanos, as_it_was: Nanos) -> Nanos {
    let scaled = u128::from(recorded.0) * u128::from(replayed.0) / u128::from(as_it_was.0.max(1));
    Nanos(u64::try_from(scaled).unwrap_or(u64::MAX))
}

/// Of memory, as much is left for go itself and for what tools share a machine with.
const FOR_OTHERS: u64 = 10;

impl AsItWas<'_> {
    /// The most workers whose tools fit. More workers mean more memory, so the number is halved in on.
    fn fitting(&self, tasks: &[Task], wanted: Machine, memory: Bytes) -> (Machine, Replay, Option<Fit>) {
        let room = Bytes(memory.0 - memory.0 / 100 * FOR_OTHERS);
        let with = |workers| (Machine { workers, ..wanted }, replay(&self.order, tasks, Machine { workers, ..wanted }));
        let (mut too_many, mut best) = (wanted.workers.saturating_add(1), None);
        let mut workers = wanted.workers;
        while workers > best.map_or(0, |(machine, _): (Machine, Replay)| machine.workers) {
            let (machine, replayed) = with(workers);
            if replayed.peak <= room {
                best = Some((machine, replayed));
            } else {
                too_many = workers;
            }
            let fits = best.map_or(0, |(machine, _)| machine.workers);
            workers = fits + (too_many - fits) / 2;
        }
        if let Some((machine, replayed)) = best {
            return (machine, replayed, Some(Fit::Fits));
        }
        let (machine, replayed) = with(1);
        (machine, replayed, Some(Fit::TooSmall))
    }
}

fn order(steps: &Steps) -> Order {
    let needs: Vec<&[usize]> = steps.steps.iter().map(|step| step.needs.as_slice()).collect();
    let ranks: Vec<u64> = steps.steps.iter().map(|step| step.dir.map_or(u64::MAX, u64::from)).collect();
    Order::of(&needs, &ranks)
}

/// The steps as tasks, each with the time that it would keep a worker when it is alone.
fn tasks(steps: &Steps, concurrency: &Concurrency, was: Machine, went: &[Nanos]) -> Vec<Task> {
    let usual = Usual::of(steps, concurrency, was);
    let task = |(step, go): (&Step, &Nanos)| {
        let (tools, parallelism) = usual.of_step(step);
        // What slowed down the tools slowed down go.
        let alone = tools + scale(*go, tools, step.busy);
        Task {
            alone,
            parallelism: u64::try_from(u128::from(parallelism) * u128::from(tools.0) / u128::from(alone.0.max(1)))
                .unwrap_or(u64::MAX),
            rss: step.max_rss,
            parts: 1,
        }
    };
    steps.steps.iter().zip(went).map(task).collect()
}

/// How long each step kept a worker without a tool: cmd/go hashes, asks its cache and writes into it before, between and after
/// the tools, and starts C compilers that a shim does not see. What comes after the tools is found before those of the next
/// step.
fn go_times(steps: &Steps, workers: u64) -> Vec<Nanos> {
    let begin = steps.span().0;
    let mut free = BTreeMap::from([(begin, workers)]);
    let time = |(index, step): (usize, &Step)| {
        let last = free.range(..=step.start).next_back().or_else(|| free.first_key_value()).map(|(at, _)| *at);
        let worker = last.unwrap_or(begin);
        if let Some(count) = free.get_mut(&worker) {
            *count -= 1;
            if *count == 0 {
                free.remove(&worker);
            }
        }
        *free.entry(step.end).or_default() += 1;
        // Where nothing is known that it waited for, it may have waited for what is not known.
        let could_begin = steps.ready(index).unwrap_or(step.start).max(worker);
        step.start.since(could_begin) + step.end.since(step.start).since(step.busy)
    };
    steps.steps.iter().enumerate().map(time).collect()
}

/// How many processors others wanted: so many that the steps take as long in a replay as they took, to half a percent. No more
/// than this for each processor.
fn others(order: &Order, tasks: &[Task], machine: Machine, took: Nanos) -> u64 {
    const MOST: u64 = 20_000;
    const TRIES: usize = 12;
    let busy = |others| replay(order, tasks, Machine { others, ..machine }).busy;
    let (mut few, mut many) = ((0, busy(0)), (machine.cpus.saturating_mul(MOST), Nanos(u64::MAX)));
    // A twentieth is what a replay may be off without anybody's help.
    if few.1.0 >= took.0 - took.0 / 20 {
        return 0;
    }
    many.1 = busy(many.0);
    for attempt in 0..TRIES {
        if many.1 <= took || took.since(few.1).0 <= took.0 / 200 {
            break;
        }
        // Where they lie on a line, and every other time in the middle, lest the line be a curve.
        let width = Nanos(many.0 - few.0);
        let on_line = scale(width, took.since(few.1), many.1.since(few.1));
        let between = few.0 + if attempt % 2 == 0 { on_line.0 } else { width.0 / 2 };
        let tried = (between, busy(between));
        if tried.1 > took { many = tried } else { few = tried }
    }
    if many.1 <= took { many.0 } else { few.0 }
}

/// How many processors tools keep busy when they are alone, in thousandths.
struct Usual {
    alone: Intervals,
    /// By kind of tool, where a trace has it alone for long enough and undisturbed.
    measured: HashMap<ToolKind, u64>,
}

/// Where a trace does not tell. A compiler works on several functions at a time, and its garbage collector beside it: on two
/// processors go/types and net/http kept 1.45 of them busy (docs/performance.md).
const COMPILE: u64 = 1450;

/// A processor that has twenty times as much to do as a tool asks for is none that anybody would wait for.
const IDLE: u64 = 50;

impl Usual {
    /// Of a single processor, nothing can keep more busy; and a compiler that is alone and does not even keep one busy is not
    /// alone on its machine. Both say nothing about what it would do with more.
    fn of(steps: &Steps, concurrency: &Concurrency, was: Machine) -> Self {
        let alone = concurrency.times_when(|moment| moment.running == 1);
        let mut sums: HashMap<ToolKind, (Nanos, Nanos)> = HashMap::new();
        for step in steps.steps.iter().filter(|step| is_in(step, &alone)) {
            let (cpu, busy) = sums.entry(step.tool).or_default();
            *cpu += step.cpu;
            *busy += step.busy;
        }
        let whole: Nanos = steps.steps.iter().map(|step| step.busy).sum();
        let enough = sums.into_iter().filter(|(_, (_, busy))| busy.0 >= whole.0 / 50);
        let measured: HashMap<ToolKind, u64> =
            enough.map(|(tool, (cpu, busy))| (tool, parallelism(cpu, busy))).collect();
        let is_undisturbed = was.cpus > 1 && measured.get(&ToolKind::Compile).is_none_or(|compile| *compile >= 1000);
        Self { alone, measured: if is_undisturbed { measured } else { HashMap::new() } }
    }

    /// How long a step takes alone, and how many processors it keeps busy then. Who has next to no CPU time does not wait for
    /// processors.
    fn of_step(&self, step: &Step) -> (Nanos, u64) {
        let own = parallelism(step.cpu, step.busy).max(1);
        if own < IDLE {
            return (step.busy, own);
        }
        let otherwise = if step.tool == ToolKind::Compile { COMPILE } else { 1000 };
        match self.measured.get(&step.tool) {
            Some(_) if is_in(step, &self.alone) => (step.busy, own),
            usual => {
                let parallelism = usual.copied().unwrap_or(otherwise).max(own);
                let cpu_bound = u128::from(step.cpu.0) * 1000 / u128::from(parallelism);
                (Nanos(u64::try_from(cpu_bound).unwrap_or(u64::MAX)).min(step.busy), parallelism)
            }
        }
    }
}

/// For nearly all of its time.
fn is_in(step: &Step, alone: &Intervals) -> bool {
    step.times.common(alone).length().0 >= step.busy.0 / 5 * 4
}

fn parallelism(cpu: Nanos, busy: Nanos) -> u64 {
    u64::try_from(u128::from(cpu.0) * 1000 / u128::from(busy.0.max(1))).unwrap_or(u64::MAX)
}

/// The tasks as the changes have them, and how many steps these are about.
fn changed(build: &Build, steps: &Steps, tasks: &[Task], changes: &[Change]) -> Result<(Vec<Task>, usize), NoAnswer> {
    let mut tasks = tasks.to_vec();
    let mut touched = vec![false; steps.steps.len()];
    for change in changes {
        let about = about(build, steps, change)?;
        about.iter().for_each(|step| touched[*step] = true);
        match change {
            Change::Without(_) => {
                for gone in gone_without(steps, &about) {
                    touched[gone] = true;
                    (tasks[gone].alone, tasks[gone].rss) = (Nanos::ZERO, Bytes::ZERO);
                }
            }
            Change::Cached(_) => {
                about.iter().for_each(|step| (tasks[*step].alone, tasks[*step].rss) = (Nanos::ZERO, Bytes::ZERO));
            }
            Change::Faster(_, by) => about.iter().for_each(|step| tasks[*step].alone = less(tasks[*step].alone, *by)),
            Change::Split(_, parts) => about.iter().for_each(|step| split(&mut tasks[*step], *parts)),
            Change::Free(tool) => lighten(build, steps, &mut tasks, (tool, Percent::of(1, 1))),
            Change::Lighter(tool, by) => lighten(build, steps, &mut tasks, (tool, *by)),
        }
    }
    Ok((tasks, touched.iter().filter(|touched| **touched).count()))
}

/// A tool takes so much less wherever it ran.
fn lighten(build: &Build, steps: &Steps, tasks: &mut [Task], (tool, by): (&str, Percent)) {
    for (task, step) in tasks.iter_mut().zip(&steps.steps) {
        let of_step = u128::from(share_of_tool(build, step, tool).thousandths()) * u128::from(by.thousandths());
        let of_step = u64::try_from(of_step / 100_000).unwrap_or(u64::MAX);
        task.alone = less(task.alone, Percent::from_thousandths(of_step));
    }
}

/// The steps that a change names.
fn about(build: &Build, steps: &Steps, change: &Change) -> Result<Vec<usize>, NoAnswer> {
    let found: Vec<usize> = (0..steps.steps.len()).filter(|step| names(build, change, &steps.steps[*step])).collect();
    match change {
        _ if !found.is_empty() => Ok(found),
        Change::Free(tool) | Change::Lighter(tool, _) => Err(NoAnswer::NoSuchTool(tool.clone())),
        Change::Cached(module) => Err(NoAnswer::NoSuchModule(module.clone())),
        Change::Without(package) | Change::Faster(package, _) | Change::Split(package, _) => {
            Err(NoAnswer::NoSuchPackage(package.clone()))
        }
    }
}

fn names(build: &Build, change: &Change, step: &Step) -> bool {
    match change {
        Change::Without(pattern) => is_of_package(build, step, pattern),
        Change::Faster(pattern, _) | Change::Split(pattern, _) => {
            step.work == Work::Build && is_of_package(build, step, pattern)
        }
        Change::Free(tool) | Change::Lighter(tool, _) => step.runs.iter().any(|run| is_tool(build, *run, tool)),
        Change::Cached(path) => {
            let module = step.package.and_then(|package| build.catalog.module_of(package));
            step.work == Work::Build && module.is_some_and(|module| module.path == *path)
        }
    }
}

fn is_of_package(build: &Build, step: &Step, pattern: &str) -> bool {
    step.package.is_some_and(|package| is_below(&build.catalog.packages.get(package).path, pattern))
}

/// Whether an import path is one that a pattern of Go's stands for.
fn is_below(path: &str, pattern: &str) -> bool {
    let Some(folder) = pattern.strip_suffix("/...") else { return path == pattern };
    path.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn is_tool(build: &Build, run: usize, tool: &str) -> bool {
    build.catalog.tools.get(build.actions[run].tool).name == tool
}

fn share_of_tool(build: &Build, step: &Step, tool: &str) -> Percent {
    let of_tool = step.runs.iter().filter(|run| is_tool(build, **run, tool));
    of_tool.map(|run| build.actions[*run].wall()).sum::<Nanos>().min(step.busy).percent_of(step.busy)
}

/// What nobody would ask for if these were not there, themselves included.
fn gone_without(steps: &Steps, removed: &[usize]) -> Vec<usize> {
    let count = steps.steps.len();
    let (mut is_removed, mut is_asked_for) = (vec![false; count], vec![true; count]);
    removed.iter().for_each(|step| is_removed[*step] = true);
    steps.steps.iter().flat_map(|step| &step.needs).for_each(|need| is_asked_for[*need] = false);
    let remains = remaining(is_asked_for.into_iter(), |step| &steps.steps[step].needs, |step| is_removed[step]);
    (0..count).filter(|step| !remains[*step]).collect()
}

fn less(time: Nanos, by: Percent) -> Nanos {
    let rest = 100_000_u64.saturating_sub(by.thousandths());
    Nanos(u64::try_from(u128::from(time.0) * u128::from(rest) / 100_000).unwrap_or(u64::MAX))
}

fn split(task: &mut Task, parts: u64) {
    let parts = parts.max(1);
    let (alone, rss) = (Nanos(task.alone.0 / parts), Bytes(task.rss.0 / parts));
    *task = Task { alone, rss, parts: task.parts.saturating_mul(parts), ..*task };
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two compiles that keep one processor busy each, then their program.
    const BUILD: &str = "
        $ go build -p 1
        probe compile 0-0
        compile m:a 0-100 cpu=100 rss=50 dir=b002
        compile m:b 100-300 cpu=200 rss=30 dir=b003
        compile m:deep 300-320 cpu=20 rss=5 dir=b004
        compile m:c 320-340 cpu=20 rss=5 dir=b005 needs=b004
        asm m:c 340-360 cpu=20 dir=b005
        compile m:main 360-370 cpu=10 rss=9 dir=b001 needs=b002,b003,b005
        link m:main 370-400 cpu=30 rss=90 dir=b001 needs=b001";

    fn ask(question: &Question) -> Result<Answer, NoAnswer> {
        let (build, steps) = Steps::of_picture(BUILD);
        let steps = Steps { cpus: Some(4), ..steps };
        what_if(&build, &AsItWas::of(&steps, &Concurrency::of(&steps)), question)
    }

    #[track_caller]
    fn check(question: &Question, millis: u64, changed: usize) {
        let answer = ask(question).expect("an answer");
        assert_eq!((answer.predicted, answer.changed), (Nanos::from_millis(millis), changed));
        assert_eq!(answer.error(), Percent::default(), "the replay of what was is what was");
    }

    fn change(change: Change) -> Question {
        Question { changes: vec![change], ..Question::default() }
    }

    #[test]
    fn nothing_asked_is_what_was_recorded() {
        check(&Question::default(), 400, 0);
    }

    #[test]
    fn more_workers_take_what_is_ready() {
        check(&Question { workers: Some(2), ..Question::default() }, 240, 0);
        check(&Question { workers: Some(2), cpus: Some(1), ..Question::default() }, 400, 0);
    }

    #[test]
    fn a_package_can_be_gone_with_what_only_it_imports_or_faster_or_several() {
        check(&change(Change::Without(String::from("b"))), 200, 1);
        check(&change(Change::Without(String::from("c"))), 340, 2);
        check(&change(Change::Faster(String::from("b"), Percent::of(1, 4))), 350, 1);
        check(&change(Change::Split(String::from("b"), 2)), 400, 1);
        let both = Question { workers: Some(2), ..change(Change::Split(String::from("b"), 2)) };
        check(&both, 240, 1);
        check(&change(Change::Free(String::from("link"))), 370, 1);
        check(&change(Change::Free(String::from("asm"))), 380, 1);
        check(&change(Change::Lighter(String::from("compile"), Percent::of(1, 5))), 330, 5);
        check(&change(Change::Cached(String::from("m"))), 30, 5);
    }

    #[test]
    fn memory_decides_how_many_workers_fit() {
        let answer =
            |mib| ask(&Question { workers: Some(3), memory: Some(Bytes::from_mib(mib)), ..Question::default() });
        let of = |mib| answer(mib).map(|answer| (answer.machine.workers, answer.fits));
        assert_eq!(of(200), Ok((3, Some(Fit::Fits))));
        assert_eq!(of(100), Ok((3, Some(Fit::Fits))), "only the link has 90, and nothing runs beside it");
        assert_eq!(of(60), Ok((1, Some(Fit::TooSmall))));
    }

    #[test]
    fn a_question_about_nothing_has_no_answer() {
        let package = String::from("no/such");
        assert_eq!(ask(&change(Change::Without(package.clone()))), Err(NoAnswer::NoSuchPackage(package)));
        let tool = String::from("gcc");
        assert_eq!(ask(&change(Change::Free(tool.clone()))), Err(NoAnswer::NoSuchTool(tool)));
    }
}
