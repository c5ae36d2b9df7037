//! Bytes that no shim wrote: real lines with flipped bits, cut, spliced, with keys and numbers that do not belong there, and
//! plain noise. The reader accounts for every line, and nothing behind it panics.
//!
//! Every batch follows from its number, so what a batch found is found again: `batch(NUMBER)`.

use std::collections::BTreeMap;
use std::panic::catch_unwind;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use gotrace::analyze::costs::imports::{Chains, Imports};
use gotrace::analyze::costs::{dependencies, duplicates, links, sources};
use gotrace::analyze::course::{Config as Detailed, course};
use gotrace::analyze::diff::limit::{Limit, judge};
use gotrace::analyze::diff::{diff, run};
use gotrace::analyze::fold::{self, Dimension, Order, Weight};
use gotrace::analyze::history::keys::Keys;
use gotrace::analyze::history::{Past, history};
use gotrace::analyze::steps::Steps;
use gotrace::analyze::steps::concurrency::Concurrency;
use gotrace::analyze::summary::{self, Summary, summarize};
use gotrace::analyze::tally::{Commands, Tally};
use gotrace::analyze::whatif::{AsItWas, Change, Question, what_if};
use gotrace::analyze::{chart, page, timeline::Timeline, why};
use gotrace::build::{Action, Aside, Build, Catalog, Detail, Kept, Pairing, Phase, Reading};
use gotrace::render::chart::ChartStyle;
use gotrace::render::flame::{Style, Unit};
use gotrace::render::whatif::{Asked, Page};
use gotrace::render::{self, folded, json, markdown, text};
use gotrace::trace::{Event, Glance, Listener, Told, decode, read};
use gotrace::units::{Bytes, Nanos, Percent};

use serde_json::Value;

use crate::draft;
use crate::flame::{PHASES, SHOP};
use crate::jobs::JOB;

/// A job under `gotrace record`.
const RECORDED: &str = include_str!("../../samples/traces/record-go1.27.jsonl");

/// More than a screen has.
const ROWS: Detailed = Detailed { windows: 10, slack: 10, collecting: Some(Percent::from_thousandths(20_000)) };

/// Inputs that share a catalog, as the blocks of one trace do.
const BATCH: u64 = 1000;

#[test]
fn twenty_thousand_hostile_inputs_make_nothing_panic() {
    throw(20_000);
}

#[test]
#[ignore = "long: scripts/test runs it"]
#[expect(clippy::print_stdout, reason = "how many is the answer")]
fn ten_million_hostile_inputs_make_nothing_panic() {
    let began = Instant::now();
    let count = std::env::var("GOTRACE_HOSTILE_INPUTS").map_or(10_000_000, |count| count.parse().expect("a number"));
    let tally = throw(count);
    println!("{tally} in {:.0} s", began.elapsed().as_secs_f64());
}

/// What was met, so that a generator that only makes noise is seen.
#[derive(Default)]
struct Met {
    inputs: AtomicU64,
    events: AtomicU64,
    problems: AtomicU64,
    actions: AtomicU64,
}

/// Throws at least so many inputs, on all processors.
fn throw(count: u64) -> String {
    let (met, next) = (Met::default(), AtomicU64::new(0));
    let workers = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number * BATCH >= count {
                        break;
                    }
                    assert!(catch_unwind(|| batch(number, &met)).is_ok(), "batch({number}) panics");
                }
            });
        }
    });
    let [inputs, events, problems, actions] =
        [met.inputs, met.events, met.problems, met.actions].map(AtomicU64::into_inner);
    assert!(events > inputs / 4 && problems > inputs / 4 && actions > inputs / 8, "all kinds of inputs are thrown");
    format!("{inputs} inputs: {events} events, {problems} problems, {actions} actions")
}

fn batch(number: u64, met: &Met) {
    let mut dice = Dice(draft::mixed(number ^ 0x5eed));
    let lines = real_lines();
    let reading = Reading::new(Detail::Inputs);
    let (mut pairing, mut actions) = (Pairing::default(), Vec::new());
    for _ in 0..BATCH {
        let input = input(&mut dice, &lines);
        let heard = heard(&input);
        let part = reading.part(usize::from(dice.one_in(8)), &input);
        assert_eq!(part.lines, heard.lines);
        reading.take(&mut pairing, part, |action, aside| actions.push(Run::of(action, aside)));
        met.inputs.fetch_add(1, Ordering::Relaxed);
        met.events.fetch_add(heard.events, Ordering::Relaxed);
        met.problems.fetch_add(heard.problems, Ordering::Relaxed);
    }
    reading.finish(pairing, |action, aside| actions.push(Run::of(action, aside)));
    met.actions.fetch_add(actions.len() as u64, Ordering::Relaxed);
    ask_everything(reading.into_catalog(), actions, number);
}

/// Of drafts, and some of every kind that a real job left.
fn real_lines() -> Vec<Vec<u8>> {
    let drafted = [SHOP, PHASES, JOB].iter().flat_map(|draft| draft::lines(draft)).map(String::into_bytes);
    let mut seen: BTreeMap<String, u32> = BTreeMap::new();
    let is_new = |line: &&str| {
        let event: Value = serde_json::from_str(line).expect("JSON");
        let kind = ["type", "tool", "probe", "what"].map(|key| event[key].to_string()).concat();
        let count = seen.entry(kind).or_default();
        *count += 1;
        *count <= 2
    };
    drafted.chain(RECORDED.lines().filter(is_new).map(|line| format!("{line}\n").into_bytes())).collect()
}

/// An action and what it told besides.
struct Run {
    action: Action,
    phases: Vec<(Phase, Nanos)>,
    kept: Kept,
}

impl Run {
    fn of(action: Action, aside: Aside) -> Self {
        Self { action, phases: aside.phases.to_vec(), kept: Kept::whole(aside) }
    }
}

/// What the reader said of an input.
#[derive(Default)]
struct Heard {
    lines: u64,
    events: u64,
    problems: u64,
}

impl<'a> Listener<'a> for Heard {
    fn start(&mut self, _: Glance, number: u64, line: &'a str) {
        match Event::parse(line) {
            Ok(event) => self.event(&event),
            Err(what) => self.problem(number, what),
        }
    }

    fn event(&mut self, _: &Event<'a>) {
        self.events += 1;
    }

    fn told(&mut self, _: Told) {
        self.events += 1;
    }

    fn problem(&mut self, line: u64, what: String) {
        assert!(line > 0 && !what.is_empty());
        self.problems += 1;
    }
}

/// Reads an input; each of its lines is an event or a problem.
fn heard(input: &[u8]) -> Heard {
    let mut heard = Heard::default();
    heard.lines = read(&decode(input), &mut heard);
    let written = input.split(|byte| *byte == b'\n').filter(|line| !line.trim_ascii().is_empty()).count() as u64;
    assert!(heard.events + heard.problems >= written, "{}", String::from_utf8_lossy(input));
    heard
}

/// Puts every question to a trace, and draws every answer.
fn ask_everything(catalog: Catalog, actions: Vec<Run>, number: u64) {
    let mut tally = Tally::new(Commands::Apart);
    for Run { action, phases, .. } in &actions {
        tally.add(action, phases);
    }
    let build = Build::new(catalog, actions.into_iter().map(|run| (run.action, run.kept)).collect());
    let catalog = &build.catalog;
    let config = summary::Config { rows: 10, command: None };
    let answer = Summary {
        course: course(&build, &Imports::of(&build, None), None, &ROWS),
        ..summarize(catalog, &tally, &config)
    };
    let mut sink = std::io::sink();
    text::write(&answer, &mut sink).expect("a sink takes it");
    markdown::write(&answer, &[], &mut sink).expect("a sink takes it");
    ask_what_if(&build);
    ask_why(&build);
    // Six runs of which every figure is compared take as long as most of the rest.
    if number.is_multiple_of(4) {
        ask_to_compare(&build, &tally);
    }
    json::write(&answer, &[], &mut sink).expect("a sink takes it");
    for job in &answer.jobs {
        let sum: u128 = job.account.iter().map(|(_, wall)| u128::from(wall.0)).sum();
        assert_eq!(sum, u128::from(job.wall.0), "what the wall time went to adds up to it");
    }
    let weights = [Weight::Wall, Weight::Cpu, Weight::User, Weight::Sys, Weight::Rss, Weight::Count];
    let weight = weights[usize::try_from(number % 6).expect("below 6")];
    let by = vec![
        Dimension::Command,
        Dimension::Target,
        Dimension::Module,
        Dimension::Package,
        Dimension::Import,
        Dimension::Tool,
        Dimension::Phase,
    ];
    let imports = Chains::of(&build, None);
    let config = fold::Config { by, weight, order: Order::Forward, package: None, command: None, imports };
    let stacks = fold::fold(catalog, &tally, &config);
    folded::write(&stacks, &mut sink).expect("a sink takes it");
    ask_whole(&build);
    // Drawing takes as long as all the rest.
    if number.is_multiple_of(16) {
        let style = Style { title: String::from("hostile"), width: None, min: Percent::default(), unit: Unit::Time };
        render::flame::write(&stacks, &style, &mut sink).expect("a sink takes it");
        let page = page::page(&build, &tally, &page::Config::default());
        render::page::write(&page, &mut sink).expect("a sink takes it");
        let timeline = timeline(&build);
        let style = ChartStyle { title: String::from("hostile"), width: None, nothing: String::from("nothing") };
        render::chart::write(&timeline, &style, &mut sink).expect("a sink takes it");
    }
}

/// The questions that need the whole build.
fn ask_whole(build: &Build) {
    let (rows, imports) = (5, Imports::of(build, None));
    let dependencies = dependencies::dependencies(&build.catalog, &imports, rows);
    let rows_of_both = dependencies.packages.iter().chain(&dependencies.modules);
    assert!(
        rows_of_both.into_iter().all(|row| row.gone.cpu <= dependencies.total.cpu && row.gone.cpu <= row.total.cpu)
    );
    let links = links::links(build, &imports, &links::Config { rows, inputs: 3 });
    assert!(links.programs.rows.len() <= rows && links.repeated.iter().all(|repeat| repeat.links > 1));
    let duplicates = duplicates::duplicates(build, &imports, rows);
    assert!(duplicates.packages.iter().all(|package| package.beyond.cpu <= duplicates.beyond.cpu));
    assert!(sources::sources(build, &sources::Config::with_rows(rows)).largest.len() <= rows);
}

fn timeline(build: &Build) -> Timeline {
    let config = chart::Config { command: None, package: None, shortest: Percent::default() };
    chart::chart(build, &config)
}

/// Asks each kind of question about each go command, and prints the answers.
fn ask_what_if(build: &Build) {
    let some = || String::from("example.com/...");
    let questions = [
        Question::default(),
        Question { workers: Some(u64::MAX), cpus: Some(u64::MAX), others: Some(u64::MAX), ..Question::default() },
        Question { memory: Some(Bytes(1)), ..Question::default() },
        Question { changes: vec![Change::Without(some()), Change::Split(some(), 3)], ..Question::default() },
        Question { changes: vec![Change::Faster(some(), Percent::of(1, 2))], ..Question::default() },
        Question { changes: vec![Change::Free(String::from("compile"))], ..Question::default() },
    ];
    for command in build.catalog.commands_by_time() {
        let steps = Steps::of(build, command);
        let was = AsItWas::of(&steps, &Concurrency::of(&steps));
        let asked: Vec<Asked> = questions
            .iter()
            .filter_map(|question| {
                let answer = what_if(build, &was, question).ok()?;
                Some(Asked { question: question.clone(), answer })
            })
            .collect();
        let page = Page { line: String::new(), workers_are_known: true, asked };
        let mut sink = std::io::sink();
        render::whatif::text(&page, &mut sink).expect("a sink takes it");
        render::whatif::json(&page, &mut sink).expect("a sink takes it");
    }
}

/// Asks about all go commands why they built, and prints the answer.
fn ask_why(build: &Build) {
    let commands = build.catalog.commands_by_time();
    let asked = commands.clone();
    let answer = why::why(build, &why::Config { commands, asked, later: 0, rows: 5, packages: Vec::new() });
    assert!(answer.packages.iter().all(|package| !package.reasons.is_empty()), "each has a reason");
    let alone = answer.causes.iter().fold(answer.several.cpu, |sum, cause| sum + cause.alone.cpu);
    assert!(alone <= answer.built.cpu, "causes cost no more than all of it");
    let mut sink = std::io::sink();
    for scope in [render::why::Scope::All, render::why::Scope::Some] {
        render::why::text(&answer, scope, &mut sink).expect("a sink takes it");
    }
    render::why::json(&answer, &mut sink).expect("a sink takes it");
}

/// Takes commands for runs, the first ones for old ones.
fn ask_to_compare(build: &Build, tally: &Tally) {
    let commands = build.catalog.commands_by_time();
    let runs: Vec<run::Run> = commands.iter().take(6).map(|id| run::run("a", build, tally, Some(*id))).collect();
    let (old, new) = runs.split_at(runs.len() / 2);
    let diff = diff(old, new);
    let limits = ["cpu>5%", "wall>+1s", "package:cpu>20%", "rss>1KB", "linked>1%"]
        .map(|limit| Limit::parse(limit).expect("a limit"));
    let rulings = judge(&limits, &diff);
    let shown = render::diff::Page { diff: &diff, rulings: &rulings, rows: 5, problems: &[] };
    let mut sink = std::io::sink();
    render::diff::text(&shown, &mut sink).expect("a sink takes it");
    render::diff::markdown(&shown, &mut sink).expect("a sink takes it");
    render::diff::json::write(&shown, &mut sink).expect("a sink takes it");
    render::diff::benchmark::write(old, new, &mut sink).expect("a sink takes it");
    render::diff::github::write(&rulings, &mut sink).expect("a sink takes it");
    let mut keys = Keys::default();
    runs.iter().for_each(|_| keys.add(build));
    let past =
        runs.into_iter().enumerate().map(|(at, run)| Past { began: (at % 2 == 0).then_some(Nanos(at as u64)), run });
    let history = history(past.collect(), keys);
    let shown = render::history::Page { history: &history, rows: 5 };
    render::history::text(&shown, &mut sink).expect("a sink takes it");
    render::history::markdown(&shown, &mut sink).expect("a sink takes it");
    render::history::json(&shown, &mut sink).expect("a sink takes it");
    render::history::svg(&shown, &mut sink).expect("a sink takes it");
}

/// What somebody could forge to keep a reader busy, of so many actions.
fn forged(shape: &str, actions: usize) -> String {
    let line = |at: usize| {
        let before = at.saturating_sub(1);
        let (start, end, dir, needs) = match shape {
            "chain" => (at * 10, at * 10 + 10, at, format!("\"b{before}\"")),
            "all at once" => (1, u32::MAX as usize, at, String::new()),
            "all need the first ones" => {
                let dirs: Vec<String> = (0..4).map(|dir| format!("\"b{dir}\"")).collect();
                (at * 10, at * 10 + 1000, at, dirs.join(","))
            }
            "each needs the hundreds before it" => {
                let dirs: Vec<String> = (at.saturating_sub(400)..at).map(|dir| format!("\"b{dir}\"")).collect();
                (at * 10, at * 10 + 100, at, dirs.join(","))
            }
            "one folder, with gaps" => (at * 10, at * 10 + 5, 0, String::from("\"b0\"")),
            "two by two, with gaps" => (at / 2 * 10, at / 2 * 10 + 5, at / 2, format!("\"b{}\"", before / 2)),
            _ => (at * 10, at * 10 + 100, at, format!("\"b{}\",\"b99999999\"", at + 1)),
        };
        format!(
            "{{\"type\":\"end\",\"v\":1,\"tool\":\"compile\",\"package\":\"example.com/p{at}\",\
             \"module\":\"example.com/m{}\",\"pid\":{at},\
             \"go_pid\":1,\"go_start_ticks\":1,\"start_ns\":{start},\"end_ns\":{end},\"user_ns\":7,\"sys_ns\":1,\
             \"max_rss_bytes\":4096,\"objdir\":\"b{dir}\",\"needs\":[{needs}]}}\n",
            at % 400
        )
    };
    (1..=actions).map(line).collect()
}

/// How long it takes to say of a build what decided, what would have been, and why.
fn time_to_answer(trace: &str) -> Duration {
    let build = figured(trace);
    let began = Instant::now();
    course(&build, &Imports::of(&build, None), None, &ROWS).expect("tools ran");
    ask_what_if(&build);
    ask_why(&build);
    began.elapsed()
}

fn figured(trace: &str) -> Build {
    let reading = Reading::new(Detail::Inputs);
    let (mut pairing, mut actions) = (Pairing::default(), Vec::new());
    let part = reading.part(0, trace.as_bytes());
    reading.take(&mut pairing, part, |action, told| actions.push((action, Kept::of(&action, told))));
    reading.finish(pairing, |action, told| actions.push((action, Kept::of(&action, told))));
    Build::new(reading.into_catalog(), actions)
}

/// Ten times as much takes ten times as long, and a bit; where each is put beside each other it takes a hundred times.
#[test]
#[ignore = "long: scripts/test runs it"]
#[expect(clippy::print_stdout, reason = "how long is the answer")]
fn a_hundred_thousand_forged_actions_take_no_more_than_their_number() {
    for (shape, actions) in [
        ("chain", 100_000),
        ("all at once", 100_000),
        ("all need the first ones", 100_000),
        ("one folder, with gaps", 100_000),
        ("two by two, with gaps", 100_000),
        ("what comes later", 100_000),
        // Four million imports.
        ("each needs the hundreds before it", 10_000),
    ] {
        let few = (0..3).map(|_| time_to_answer(&forged(shape, actions / 10))).max().expect("three of them");
        let many = time_to_answer(&forged(shape, actions));
        println!("{shape}: {few:?}, {many:?}");
        assert!(many < few * 40 + Duration::from_millis(200), "{shape}: {few:?} for a tenth, {many:?} for all");
    }
}

/// Numbers that follow from the first one.
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        draft::mixed(self.0)
    }

    /// A number below `end`, which is not 0.
    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.roll() % end as u64).expect("below a usize")
    }

    fn one_in(&mut self, chances: usize) -> bool {
        self.below(chances) == 0
    }

    fn one_of<'a, T: ?Sized>(&mut self, choices: &[&'a T]) -> &'a T {
        choices[self.below(choices.len())]
    }

    fn byte(&mut self) -> u8 {
        self.roll().to_le_bytes()[0]
    }
}

/// A few lines, most of them not as they should be.
fn input(dice: &mut Dice, lines: &[Vec<u8>]) -> Vec<u8> {
    let mut input = Vec::new();
    for _ in 0..=dice.below(3) {
        let mut line = lines[dice.below(lines.len())].clone();
        for _ in 0..dice.below(3) {
            spoil(dice, &mut line, lines);
        }
        input.append(&mut line);
    }
    input
}

fn spoil(dice: &mut Dice, line: &mut Vec<u8>, lines: &[Vec<u8>]) {
    let at = dice.below(line.len() + 1);
    match dice.below(9) {
        0 => line.truncate(at),
        1 => drop(line.drain(..at)),
        2 => {
            let other = &lines[dice.below(lines.len())];
            line.truncate(at);
            line.extend_from_slice(&other[dice.below(other.len())..]);
        }
        3 if at < line.len() => line[at] ^= 1 << dice.below(8),
        4 => line.insert(at, dice.byte()),
        5 => *line = noise(dice),
        6 => *line = (json_value(dice, 0) + "\n").into_bytes(),
        7 => replace_value(dice, line),
        _ => add_key(dice, line),
    }
}

fn noise(dice: &mut Dice) -> Vec<u8> {
    (0..dice.below(80)).map(|_| dice.byte()).collect()
}

/// Puts another value behind a colon.
fn replace_value(dice: &mut Dice, line: &mut Vec<u8>) {
    let colons: Vec<usize> =
        line.windows(2).enumerate().filter(|(_, pair)| pair == b"\":").map(|(at, _)| at + 2).collect();
    if colons.is_empty() {
        return;
    }
    let start = colons[dice.below(colons.len())];
    let length = line[start..].iter().position(|byte| b",}\n".contains(byte)).unwrap_or(line.len() - start);
    let value = json_value(dice, 0);
    line.splice(start..start + length, value.into_bytes());
}

/// Adds a key that may be there already.
fn add_key(dice: &mut Dice, line: &mut Vec<u8>) {
    const KEYS: [&str; 25] = [
        "type",
        "v",
        "tool",
        "package",
        "variant",
        "probe",
        "pid",
        "start_ns",
        "end_ns",
        "time_ns",
        "objdir",
        "needs",
        "go_args",
        "signal",
        "error",
        "phases",
        "new",
        "session",
        "what",
        "at_ns",
        "go_pid",
        "under_go_pid",
        "rss_bytes",
        "oom_kills",
        "cached",
    ];
    if line.first() == Some(&b'{') {
        let pair = format!("\"{}\":{},", dice.one_of(&KEYS), json_value(dice, 0));
        line.splice(1..1, pair.into_bytes());
    }
}

/// Any JSON value, or nearly.
fn json_value(dice: &mut Dice, depth: usize) -> String {
    const NUMBERS: [&str; 12] = [
        "0",
        "1",
        "-1",
        "1.5",
        "1e400",
        "-0",
        "01",
        "9007199254740993",
        "9223372036854775808",
        "18446744073709551615",
        "18446744073709551616",
        "5000000000000",
    ];
    const TEXTS: [&str; 19] = [
        r#""""#,
        r#""start""#,
        r#""end""#,
        r#""session""#,
        r#""session_end""#,
        r#""command""#,
        r#""command_end""#,
        r#""span""#,
        r#""sample""#,
        r#""s""#,
        r#""\ud800""#,
        r#""\ud83e\udd80""#,
        r#""\u0000""#,
        r#""b004""#,
        r#""b99999999999""#,
        r#""a;b/c 12""#,
        r#""//""#,
        r#""/""#,
        r#""p [p.test]""#,
    ];
    match dice.below(if depth < 4 { 8 } else { 4 }) {
        0 => dice.one_of(&["null", "true", "false", "nul"]).to_owned(),
        1 | 2 => dice.one_of(&NUMBERS).to_owned(),
        3 | 4 => dice.one_of(&TEXTS).to_owned(),
        5 => "[".repeat(dice.below(200)),
        6 => {
            let values: Vec<String> = (0..dice.below(4)).map(|_| json_value(dice, depth + 1)).collect();
            format!("[{}]", values.join(","))
        }
        _ => {
            let pairs = (0..dice.below(4)).map(|_| format!("\"k\":{}", json_value(dice, depth + 1)));
            format!("{{{}}}", pairs.collect::<Vec<_>>().join(","))
        }
    }
}
