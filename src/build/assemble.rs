//! Events to actions: the only place that knows both.
//!
//! Two steps, so that several threads can share the work. `Reading::part` takes the events of one block, on any thread:
//! names become handles of the one catalog that all threads share. `Pairing` takes the parts in order, on one thread, and
//! finds the start of each end. Actions are handed on as they end, so memory grows with the number of packages, not with
//! the length of the trace. Does no IO.

mod lookup;
mod told;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use parking_lot::{Mutex, RwLock};

use super::action::{Action, Figures, Outcome, Purpose, Ways};
use super::call::{self, CallId};
use super::catalog::{Anchor, Catalog, CommandId, CommandKey, Facts, ModuleId, PackageId};
use super::inputs::{Inputs, objdir};
use super::keys::ActionId;
use super::secret::Secret;
use super::stage::{Phase, Stage};
use crate::tool_kind::ToolKind;
use crate::trace::{Event, Glance, Kind, Listener, Raw, Text, Told, decode, each_number, number, read, strings, text};
use crate::units::{Bytes, Nanos};
use lookup::Names;

/// How much of each event is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Detail {
    /// What ran, for how long.
    Actions,
    /// And what it spent its time on.
    Phases,
    /// And what it was given to import.
    Edges,
    /// And what it counted, and what it imports that came from the build cache.
    Figures,
    /// And its command line.
    Calls,
    /// And what it was made from.
    Inputs,
}

/// What an action was given to import, as far as this go command built it: numbers of directories in `$WORK`.
pub type Edges = Vec<u32>;

/// What an action told besides, as far as it was asked for. Each list is empty where the action told nothing of the kind.
#[derive(Debug, Clone, Copy, Default)]
pub struct Aside<'a> {
    /// What it was given to import.
    pub edges: &'a [u32],
    /// The packages that it imports and that came from the build cache.
    pub cached: &'a [PackageId],
    /// What it spent its time on: together all of its wall time, so that sums of phases are sums of actions.
    pub phases: &'a [(Phase, Nanos)],
    /// What it counted.
    pub figures: Figures,
    /// Its command line.
    pub call: Option<CallId>,
    /// What it was made from.
    pub inputs: Option<&'a Arc<Inputs>>,
}

/// What pairs an end with its start: the source, the shim's pid, and when it started.
type Key = (usize, u64, u64);

/// The names of a trace that is being read by several threads.
#[derive(Debug)]
pub struct Reading {
    catalog: RwLock<Catalog>,
    detail: Detail,
    /// Parts that were taken: the next ones stand in their memory. To get as much anew for every block costs a tenth of
    /// reading it.
    taken: Mutex<Vec<Part>>,
}

/// The actions of one block.
#[derive(Debug, Default)]
pub struct Part {
    running: Vec<(Key, Action)>,
    ended: Vec<Ended>,
    /// What the ended ones told besides, one behind the other: a list for each would be most of what reading allocates.
    edges: Edges,
    cached: Vec<PackageId>,
    phases: Vec<(Phase, Nanos)>,
    /// What they counted, one for each; none where it was not asked for.
    figures: Vec<Figures>,
    /// What they were made from, one for each; none where it was not asked for.
    inputs: Vec<Arc<Inputs>>,
    /// Lines that are no events, counted from the beginning of the block, and why.
    pub problems: Vec<(u64, String)>,
    /// How many lines the block has, so that the lines of the next one can be counted on.
    pub lines: u64,
}

/// An action whose end was seen.
#[derive(Debug)]
struct Ended {
    /// Where the start still has to be found: it is in another block.
    started_elsewhere: Option<Key>,
    action: Action,
    /// How much of its part's lists is its own.
    edges: usize,
    cached: usize,
    phases: usize,
    call: Option<CallId>,
}

impl Reading {
    /// Nothing read yet.
    #[must_use]
    pub fn new(detail: Detail) -> Self {
        Self { catalog: RwLock::default(), detail, taken: Mutex::default() }
    }

    /// Reads the lines of one block of the trace with this number.
    #[must_use]
    pub fn part(&self, source: usize, text: &[u8]) -> Part {
        let text = decode(text);
        let names = Names::of(&self.catalog);
        let part = self.taken.lock().pop().unwrap_or_default();
        let mut block = BlockReader { reading: self, source, names, started: Vec::new(), part };
        let lines = read(&text, &mut block);
        Part { lines, ..block.into_part() }
    }

    /// Hands the actions of the next part on, as far as they have ended.
    pub fn take(&self, pairing: &mut Pairing, mut part: Part, deliver: impl FnMut(Action, Aside<'_>)) {
        pairing.take(&mut part, deliver);
        part.problems.clear();
        self.taken.lock().push(part);
    }

    /// After the last part: hands on what has no end. It ran until its go command ended, or else its job, or else until the
    /// last that was seen of either.
    pub fn finish(&self, pairing: Pairing, mut deliver: impl FnMut(Action, Aside<'_>)) {
        let ends = Ends::of(&self.catalog.read());
        pairing.finish(|action, aside| {
            let known = ends.of_command(&action).or_else(|| Some(ends.of_job(&action)?.max(action.end)));
            let end = known.unwrap_or(action.end).max(action.start);
            deliver(Action { end, ..action }, aside);
        });
    }

    /// Everybody who took part.
    #[must_use]
    pub fn into_catalog(self) -> Catalog {
        self.catalog.into_inner()
    }
}

/// Until when an action can have run that has no end.
struct Ends {
    /// Of each command: its trace, and its end where it was seen.
    commands: HashMap<usize, (usize, Option<Nanos>)>,
    /// Of each trace: from when until when its jobs ran, or were seen.
    jobs: HashMap<usize, Vec<(Nanos, Nanos)>>,
}

impl Ends {
    fn of(catalog: &Catalog) -> Self {
        let mut jobs: HashMap<usize, Vec<(Nanos, Nanos)>> = HashMap::new();
        for ((source, _), id) in catalog.sessions.keys() {
            let session = catalog.sessions.get(id);
            jobs.entry(*source).or_default().push((session.start, session.start + session.wall()));
        }
        let end = |id| catalog.commands.get(id).run.ending.map(|ending| ending.end);
        let commands = catalog.commands.keys().map(|(key, id)| (id.index(), (key.source, end(id))));
        Self { commands: commands.collect(), jobs }
    }

    fn of_command(&self, action: &Action) -> Option<Nanos> {
        self.commands.get(&action.command.index())?.1
    }

    /// Of the job during which it began.
    fn of_job(&self, action: &Action) -> Option<Nanos> {
        let (source, _) = self.commands.get(&action.command.index())?;
        let holding = self.jobs.get(source)?.iter().filter(|(start, end)| (*start..=*end).contains(&action.start));
        holding.map(|(_, end)| *end).max()
    }
}

/// Hears the events of one block.
struct BlockReader<'a> {
    reading: &'a Reading,
    source: usize,
    names: Names<'a>,
    /// What started in this block and has not ended in it. There are as many as tools run at once, so that the one that is
    /// looked for is soon found.
    started: Vec<Started<'a>>,
    part: Part,
}

struct Started<'a> {
    glance: Glance,
    number: u64,
    line: &'a str,
}

impl<'a> Listener<'a> for BlockReader<'a> {
    fn start(&mut self, glance: Glance, number: u64, line: &'a str) {
        self.started.push(Started { glance, number, line });
    }

    fn event(&mut self, event: &Event<'a>) {
        let key = (self.source, event.pid, event.start_ns);
        match event.kind {
            Kind::Start => {
                let action = Action { outcome: Outcome::Unfinished, ..self.action(event) };
                self.part.running.push((key, action));
            }
            Kind::End => {
                let started_elsewhere = (!self.started_here(event)).then_some(key);
                let action = self.action(event);
                let phases = if self.reading.detail >= Detail::Phases { self.phases(event, &action) } else { 0 };
                let edges = if self.reading.detail >= Detail::Edges { self.edges(event) } else { 0 };
                let is_counted = self.reading.detail >= Detail::Figures;
                self.part.figures.extend(is_counted.then(|| figures(event)));
                let cached = if is_counted { self.cached(event) } else { 0 };
                let call = if self.reading.detail >= Detail::Calls { self.call(event) } else { None };
                if self.reading.detail >= Detail::Inputs {
                    let inputs = self.inputs(event);
                    self.part.inputs.push(Arc::new(inputs));
                }
                self.part.ended.push(Ended { started_elsewhere, action, edges, cached, phases, call });
            }
            Kind::Unknown => {}
        }
    }

    fn told(&mut self, told: Told) {
        // Only asked for with what things were made from, and there are as many as packages.
        if matches!(told, Told::Key(_)) && self.reading.detail < Detail::Inputs {
            return;
        }
        self.names.write(|catalog| told::note(catalog, self.source, told));
    }

    fn problem(&mut self, line: u64, what: String) {
        self.part.problems.push((line, what));
    }
}

impl BlockReader<'_> {
    /// What has not ended here is parsed after all.
    fn into_part(mut self) -> Part {
        for Started { number, line, .. } in std::mem::take(&mut self.started) {
            match Event::parse(line) {
                Ok(event) => self.event(&event),
                Err(what) => self.problem(number, what),
            }
        }
        self.part.problems.sort_unstable();
        self.part
    }

    fn started_here(&mut self, event: &Event) -> bool {
        let is_it = |started: &Started| (started.glance.pid, started.glance.start_ns) == (event.pid, event.start_ns);
        let found = self.started.iter().rposition(is_it);
        found.map(|at| self.started.swap_remove(at)).is_some()
    }

    fn action(&mut self, event: &Event) -> Action {
        let name = event.tool.as_str();
        Action {
            command: self.command(event),
            package: event.package.as_ref().map(|path| self.package(path, event)),
            tool: self.names.tool(name),
            kind: ToolKind::of(name),
            inside: event.inside.as_ref().map(|tool| self.names.tool(tool.as_str())),
            purpose: if event.probe { Purpose::Probe } else { Purpose::Work },
            objdir: event.objdir.as_ref().and_then(|text| objdir(text.as_str())),
            start: Nanos(event.start_ns),
            end: Nanos(event.end_ns),
            user: Nanos(event.user_ns),
            sys: Nanos(event.sys_ns),
            max_rss: Bytes(event.max_rss_bytes),
            outcome: outcome(event),
            shim_cpu: Nanos(event.shim_cpu_ns),
        }
    }

    fn edges(&mut self, event: &Event) -> usize {
        let before = self.part.edges.len();
        self.part.edges.extend(strings(event.needs).iter().filter_map(|text| objdir(text.as_str())));
        self.part.edges.len() - before
    }

    fn cached(&mut self, event: &Event) -> usize {
        let imports = strings(event.cached);
        self.part.cached.extend(imports.iter().map(|path| self.names.package(path.as_str(), None, None)));
        imports.len()
    }

    /// A trace is a foreign file: phases that are longer than the run are cut where it ends.
    fn phases(&mut self, event: &Event, action: &Action) -> usize {
        let (names, all) = (&mut self.names, &mut self.part.phases);
        let before = all.len();
        let mut rest = action.wall();
        each_number(event.phases, |name, time| {
            let known = Stage::of(action.kind, name).map(Phase::Known);
            let time = Nanos(time).min(rest);
            rest = rest.since(time);
            add(all, before, known.unwrap_or_else(|| Phase::Unknown(names.phase(name))), time);
        });
        if all.len() > before {
            add(all, before, Phase::Known(Stage::Other), rest);
        }
        all.len() - before
    }

    fn call(&mut self, event: &Event) -> Option<CallId> {
        let words = strings(Some(event.args?));
        let own = |text: &Option<Text>| text.as_ref().map(|text| text.as_str().to_owned()).unwrap_or_default();
        Some(self.names.call(&call::shared(&words, &own(&event.objdir), &own(&event.package))))
    }

    fn inputs(&mut self, event: &Event) -> Inputs {
        let module = self.module(event);
        Inputs::of(&event.origins(), event.needs, module, |path| self.names.package(path, None, None))
    }

    fn module(&mut self, event: &Event) -> Option<ModuleId> {
        let version = event.module_version.as_ref().map(Text::as_str);
        event.module.as_ref().map(|module| self.names.module(module.as_str(), version))
    }

    fn package(&mut self, path: &Text, event: &Event) -> PackageId {
        let module = self.module(event);
        self.names.package(path.as_str(), event.variant.as_ref().map(Text::as_str), module)
    }

    fn command(&mut self, event: &Event) -> CommandId {
        let key = CommandKey { source: self.source, go_pid: event.go_pid, go_start_ticks: event.go_start_ticks };
        let anchor = Anchor { monotonic: Nanos(event.start_ns), epoch: Nanos(event.time_ns) };
        self.names.command(key, anchor, facts(event))
    }
}

/// Adds to the phases of one action, which begin here.
fn add(phases: &mut Vec<(Phase, Nanos)>, begin: usize, phase: Phase, time: Nanos) {
    match phases[begin..].iter_mut().find(|(known, _)| *known == phase) {
        Some((_, sum)) => *sum += time,
        None => phases.push((phase, time)),
    }
}

fn outcome(event: &Event) -> Outcome {
    match (event.signal, event.exit_code, &event.error) {
        (_, code, Some(_)) => Outcome::NotStarted(code.unwrap_or(127)),
        (Some(signal), ..) => Outcome::Killed(signal),
        (None, Some(0) | None, _) => Outcome::Done,
        (None, Some(code), _) => Outcome::Failed(code),
    }
}

fn figures(event: &Event) -> Figures {
    let small = |count: Option<Raw>| u32::try_from(number(count)).unwrap_or(u32::MAX);
    Figures {
        action_id: text(event.action_id).map(|id| ActionId::of(id.as_str())),
        source_bytes: Bytes(number(event.source_bytes)),
        output_bytes: Bytes(number(event.output_bytes)),
        source_files: small(event.source_files),
        lines: small(event.lines),
        funcs: small(event.funcs),
        granted_c: small(event.granted_c),
        packages_built: small(event.packages_built),
        packages_cached: small(event.packages_cached),
        involuntary_switches: small(event.involuntary_switches),
        ways: if ToolKind::of(event.tool.as_str()) == ToolKind::Compile {
            Ways::of(strings(event.args).iter().map(Text::as_str))
        } else {
            Ways::default()
        },
    }
}

fn facts(event: &Event) -> Option<Facts> {
    let args = strings(Some(event.go_args?));
    let owned = |text: &Option<Text>| text.as_ref().map(|text| text.as_str().to_owned());
    let target = event.goos.as_ref().zip(event.goarch.as_ref());
    Some(Facts {
        args: args.iter().map(|text| text.as_str().to_owned()).collect(),
        dir: owned(&event.go_dir).unwrap_or_default(),
        go_version: owned(&event.go_version),
        target: target.map(|(os, arch)| format!("{}/{}", os.as_str(), arch.as_str())),
        flags: owned(&event.goflags).unwrap_or_default(),
        cgo: owned(&event.cgo_enabled),
        env: strings(event.env).iter().map(|text| text.as_str().to_owned()).collect(),
        cpus: event.cpus,
        seen: Nanos(event.start_ns),
        age: event.go_age_ns.map(Nanos),
        under: event.go_parent_pid,
    })
}

/// Takes parts in the order of their blocks and hands on actions.
#[derive(Debug, Default)]
pub struct Pairing {
    running: HashMap<Key, Action, Secret>,
    /// Ends whose start has not been seen: in a trace whose lines were reordered it is still to come.
    ended: HashSet<Key, Secret>,
    /// The last that was seen of each command, on its monotonic clock.
    last_seen: HashMap<usize, Nanos, Secret>,
}

impl Pairing {
    /// Takes all from the next part and hands on each action that ends in it.
    fn take(&mut self, part: &mut Part, mut deliver: impl FnMut(Action, Aside<'_>)) {
        for (key, action) in part.running.drain(..) {
            self.see(action.command, action.start);
            if !self.ended.remove(&key) {
                self.running.insert(key, action);
            }
        }
        let (mut edges, mut cached, mut phases) =
            (part.edges.as_slice(), part.cached.as_slice(), part.phases.as_slice());
        let mut figures = part.figures.drain(..);
        let mut inputs = part.inputs.drain(..);
        for ended in part.ended.drain(..) {
            let Ended { started_elsewhere, action, call, .. } = ended;
            let inputs = inputs.next();
            let mut aside = Aside {
                figures: figures.next().unwrap_or_default(),
                call,
                inputs: inputs.as_ref(),
                ..Aside::default()
            };
            (aside.edges, edges) = edges.split_at(ended.edges);
            (aside.cached, cached) = cached.split_at(ended.cached);
            (aside.phases, phases) = phases.split_at(ended.phases);
            self.see(action.command, action.end);
            if let Some(key) = started_elsewhere
                && self.running.remove(&key).is_none()
            {
                self.ended.insert(key);
            }
            deliver(action, aside);
        }
        drop(figures);
        part.edges.clear();
        part.cached.clear();
        part.phases.clear();
    }

    fn see(&mut self, command: CommandId, at: Nanos) {
        let last = self.last_seen.entry(command.index()).or_default();
        *last = at.max(*last);
    }

    /// After the last part: hands on what was still running when the trace ended, as far as its command tells until when.
    fn finish(self, mut deliver: impl FnMut(Action, Aside<'_>)) {
        let mut unfinished: Vec<_> = self.running.into_iter().collect();
        unfinished.sort_unstable_by_key(|(key, action)| (action.start, *key));
        for (_, mut action) in unfinished {
            let last_seen = self.last_seen.get(&action.command.index()).copied().unwrap_or_default();
            action.end = last_seen.max(action.start);
            deliver(action, Aside::default());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::build::{Build, Kept, picture};
    use proptest::prelude::*;

    const PICTURE: &str = "
        $ go build ./...
        probe compile 0-1
        compile std:a 1-11 dir=b002
        compile m@v1:b 11-31 dir=b003 needs=b002
        compile m@v2:b 11-31 dir=b004 needs=b002,b009
        link m:c 31-
        $ go vet
        vet std:a 2-3";

    /// A build in words, all of them: two builds with the same words are the same.
    fn words(build: &Build) -> Vec<String> {
        let catalog = &build.catalog;
        let action = |(index, action): (usize, &Action)| {
            let package = action.package.map(|package| {
                let module = catalog.module_of(package).map(|module| module.name().into_owned());
                (catalog.packages.get(package).name().into_owned(), module)
            });
            let command = catalog.commands.get(action.command);
            let needs = build.edges(index);
            let times = (action.start, action.end, action.outcome, command.anchor);
            let phases = if action.kind == ToolKind::Link { build.phases(index) } else { &[] };
            let phases: Vec<_> = phases.iter().map(|(phase, time)| (catalog.phase_name(*phase), time)).collect();
            format!(
                "{} {package:?} {times:?} of {} needs {needs:?} {:?} {phases:?}",
                catalog.tools.get(action.tool).name,
                command.line(),
                build.figures(index),
            )
        };
        build.actions.iter().enumerate().map(action).collect()
    }

    fn assembled(lines: &[String]) -> Build {
        let (catalog, actions) = picture::read(lines);
        Build::new(catalog, actions)
    }

    #[test]
    fn an_action_without_an_end_is_unfinished_and_lasts_as_long_as_its_command_was_seen() {
        let build = assembled(&picture::trace(PICTURE));
        let link = build.actions.iter().find(|action| action.kind == ToolKind::Link).expect("the link");
        assert_eq!((link.outcome, link.wall()), (Outcome::Unfinished, Nanos(0)));
        let alone = assembled(&picture::trace("compile a 0-\ncompile b 0-9"));
        let wall = alone.actions.iter().find(|action| action.outcome == Outcome::Unfinished).map(Action::wall);
        assert_eq!(wall, Some(Nanos::from_millis(9)));
    }

    #[track_caller]
    fn check_ends(picture: &str, expected: &str) {
        let (catalog, actions) = picture::actions(picture);
        let unfinished = actions.iter().map(|(action, _)| action);
        let unfinished = unfinished.filter(|action| action.outcome == Outcome::Unfinished);
        let drawn = unfinished.map(|action| {
            let package = action.package.map(|package| catalog.packages.get(package).name().into_owned());
            let [start, end] = [action.start, action.end].map(|at| (at.0 - 1_000_000_000) / 1_000_000);
            format!("{} {}-{}", package.unwrap_or_default(), start, end)
        });
        assert_eq!(drawn.collect::<Vec<_>>().join(", "), expected, "{picture}");
    }

    #[test]
    fn an_action_without_an_end_lasts_until_its_command_or_else_its_job_has_ended() {
        check_ends("compile a 10-\ncompile b 0-40\nran 0-90", "a 10-90");
        check_ends("job 0-500\ncompile a 10-\ncompile b 0-40\nran 0-90", "a 10-90");
        check_ends("job 0-500\ncompile a 10-\ncompile b 0-40", "a 10-500");
        check_ends("job 0-500\ncompile a 10-\ncompile b 0-40\nran 0-", "a 10-500");
        check_ends("job 0-500\nran 0-\n$ go vet\nran 100-200\ncompile a 110-", "a 110-200");
    }

    #[test]
    fn an_end_that_cannot_be_its_own_is_not() {
        check_ends("job 0-500\ncompile a 600-\ncompile b 600-640", "a 600-640");
        check_ends("ran 0-90\ncompile a 95-\ncompile b 0-96", "a 95-95");
        check_ends("job 0-500\ncompile a 10-\ncompile b 0-540", "a 10-540");
    }

    #[test]
    fn what_an_action_counted_is_kept_beside_it() {
        let build = picture::build(
            "compile a 0-1 id=x/1 files=3 source=70 lines=5 funcs=2 c=4 out=100 cached=fmt,os args=-race,-pgoprofile=/m/p,-p
             compile b 1-2 id=x/1
             compile c 2-3 id=y/1
             link m 3-4 built=3 from-cache=9 Loadlib=1
             compile d 4-",
        );
        let figures: Vec<Figures> = (0..5).map(|index| build.figures(index)).collect();
        let expected = Figures {
            action_id: figures[1].action_id,
            source_bytes: Bytes(70),
            output_bytes: Bytes(100),
            source_files: 3,
            lines: 5,
            funcs: 2,
            granted_c: 4,
            ways: Ways::of(["-pgoprofile", "-race=1"].into_iter()),
            ..Figures::default()
        };
        let cached = build.cached(0).iter().map(|package| build.catalog.packages.get(*package).path.as_str());
        assert_eq!(cached.collect::<Vec<_>>(), ["fmt", "os"]);
        assert_eq!(figures[0].ways.names().collect::<Vec<_>>(), ["race", "pgo"]);
        assert_eq!(figures[0], expected);
        assert!(figures[0].action_id.is_some() && figures[2].action_id != figures[0].action_id);
        assert_eq!((figures[3].packages_built, figures[3].packages_cached, figures[4]), (3, 9, Figures::default()));
        assert_eq!(build.phases(3).len(), 2);
    }

    /// Numbers that the hash of rustc takes for one and the same. With it this takes many minutes.
    #[test]
    fn a_trace_cannot_choose_numbers_that_make_reading_slow() {
        const MULTIPLIER: u64 = 0xf135_7aea_2e62_a9c5;
        let lines = (1..60_000_u64).map(|pid| {
            let start = 0x7fff_ffff_0000_0001_u64.wrapping_sub(pid.wrapping_mul(MULTIPLIER)).max(1);
            format!(r#"{{"type":"start","v":1,"tool":"compile","pid":{pid},"go_pid":1,"start_ns":{start}}}"#) + "\n"
        });
        let text: String = lines.collect();
        let reading = Reading::new(Detail::Actions);
        let mut pairing = Pairing::default();
        reading.take(&mut pairing, reading.part(0, text.as_bytes()), |_, _| panic!("nothing ended"));
        let mut unfinished = 0;
        pairing.finish(|_, _| unfinished += 1);
        assert_eq!(unfinished, 59_999);
    }

    proptest! {
        #[test]
        fn the_order_of_the_lines_does_not_matter(lines in Just(picture::trace(PICTURE)).prop_shuffle()) {
            prop_assert_eq!(words(&assembled(&lines)), words(&picture::build(PICTURE)));
        }

        #[test]
        fn nor_does_it_in_any_build(
            (sorted, shuffled) in picture::any()
                .prop_map(|runs| picture::trace(&picture::draw(&runs, 0)))
                .prop_flat_map(|lines| (Just(lines.clone()), Just(lines).prop_shuffle()))
        ) {
            prop_assert_eq!(words(&assembled(&shuffled)), words(&assembled(&sorted)));
        }

        #[test]
        fn neither_does_the_cut_into_blocks(cut in 0usize..13) {
            let lines = picture::trace(PICTURE);
            let (first, second) = lines.split_at(cut.min(lines.len()));
            let reading = Reading::new(Detail::Figures);
            let (mut pairing, mut actions) = (Pairing::default(), Vec::new());
            for block in [first, second] {
                let part = reading.part(0, block.concat().as_bytes());
                reading.take(&mut pairing, part, |action, aside| actions.push((action, Kept::of(&action, aside))));
            }
            reading.finish(pairing, |action, aside| actions.push((action, Kept::of(&action, aside))));
            prop_assert_eq!(words(&Build::new(reading.into_catalog(), actions)), words(&picture::build(PICTURE)));
        }

        #[test]
        fn a_trace_that_was_cut_off_keeps_what_came_before(keep in 0usize..13) {
            let lines = picture::trace(PICTURE);
            let keep = keep.min(lines.len());
            let starts = |lines: &[String]| lines.iter().filter(|line| line.contains("\"start\"")).count();
            prop_assert_eq!(assembled(&lines[..keep]).actions.len(), starts(&lines[..keep]));
        }
    }
}
