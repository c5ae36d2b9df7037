//! A job under `gotrace record`: what its wall time went to, its tests, its downloads, its memory, and how it ended.
//!
//! Knows what go commands told of themselves and where tools ran; does not know how it is laid out. Where something was not
//! recorded the answer lacks it, and says so.

pub mod forensics;

use std::ops::Range;

use rustc_hash::FxHashMap;

use super::intervals::Intervals;
use super::tally::Tally;
use crate::build::{Catalog, CommandId, CommandKey, Doing, Sample, Session, SessionKey, Span};
use crate::units::{Bytes, Nanos};
use forensics::OutOfMemory;

pub use crate::build::{Death, Limits};

/// The answer for one job.
#[derive(Debug)]
pub struct Job {
    /// What was typed behind `gotrace record --`.
    pub line: String,
    /// Where.
    pub dir: String,
    /// How long it took.
    pub wall: Nanos,
    /// How it ended; none where the trace stops before it did.
    pub death: Option<Death>,
    /// CPU time of everything in it.
    pub cpu: Option<Nanos>,
    /// What the wall time went to; adds up to it.
    pub account: Vec<(Share, Nanos)>,
    /// Its go commands, in the order in which they began.
    pub commands: Vec<GoCommand>,
    /// Its tests, the slowest first.
    pub tests: Vec<Test>,
    /// Modules that were downloaded, the slowest first.
    pub downloads: Vec<Download>,
    /// How long go waited for them, whatever else went on.
    pub waits: Waits,
    /// Its memory.
    pub memory: Memory,
    /// Whether that was too little.
    pub out_of_memory: Option<OutOfMemory>,
    /// What could not be understood.
    pub not_seen: Vec<String>,
    /// CPU time that watching it took, without that of the shims.
    pub record_cpu: Nanos,
}

/// What a moment of a job is counted as. Where several hold at once, the first one counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Share {
    /// One of Go's tools ran.
    Tools,
    /// A C compiler ran.
    CCompilers,
    /// A test ran.
    Tests,
    /// The program of `go run` ran.
    Program,
    /// A module was downloaded, unpacked, or asked for.
    Downloads,
    /// Packages were loaded.
    Loading,
    /// Go looked into the build cache, or was busy around its tools: hashing, copying, cleaning up.
    Cache,
    /// gotrace stood between a go command and whoever waited for it.
    Recording,
    /// A go command ran, and nothing of the above was known to go on.
    Unexplained,
    /// No go command ran: the job did something else.
    Outside,
}

/// A go command of a job.
#[derive(Debug)]
pub struct GoCommand {
    /// Its number in the trace, counted from 1 by time.
    pub number: usize,
    /// What was typed.
    pub line: String,
    /// How many go commands it is below.
    pub depth: usize,
    /// How long it took, where it was seen from outside.
    pub wall: Option<Nanos>,
    /// How it ended.
    pub death: Option<Death>,
}

/// A run of a test binary.
#[derive(Debug)]
pub struct Test {
    /// The package.
    pub package: String,
    /// How long it ran.
    pub wall: Nanos,
    /// Whether its result came from the build cache.
    pub cached: bool,
}

/// A module that was not there.
#[derive(Debug, Default)]
pub struct Download {
    /// Its path and version.
    pub module: String,
    /// Downloading its zip file, with the check of its hash.
    pub download: Nanos,
    /// Asking for its versions and its `go.mod`.
    pub fetch: Nanos,
    /// Unpacking it.
    pub unzip: Nanos,
}

/// How long go waited for module servers. Waits that overlap count once.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Waits {
    /// For the proxy, or a module's own server: zip files, `go.mod` files, versions.
    pub proxy: Nanos,
    /// For the checksum database.
    pub checksums: Nanos,
}

/// Memory over the job, from samples.
#[derive(Debug, Default)]
pub struct Memory {
    /// The largest sum of resident memory of all processes that was seen at a time.
    pub peak: Option<Bytes>,
    /// When, since the start of the job.
    pub peak_at: Nanos,
    /// How many processes it had then.
    pub peak_processes: u64,
    /// What it had to run on.
    pub limits: Limits,
    /// The most that its cgroup had in use when a sample was taken.
    pub cgroup_peak: Option<Bytes>,
    /// The least that could still be had.
    pub least_available: Option<Bytes>,
    /// How many processes the kernel killed for want of memory.
    pub oom_kills: u64,
    /// How long some process waited for memory.
    pub stalled: Option<Nanos>,
}

/// The jobs of a trace in the order in which they began.
#[must_use]
pub fn jobs(catalog: &Catalog, tally: &Tally) -> Vec<Job> {
    let mut sessions: Vec<(&SessionKey, &Session)> = catalog
        .sessions
        .keys()
        .map(|(key, id)| (key, catalog.sessions.get(id)))
        // Where the line of its beginning is lost there is nothing to measure from.
        .filter(|(_, session)| session.start > Nanos(0))
        .collect();
    sessions.sort_by_key(|(key, session)| (session.epoch, *key));
    sessions.into_iter().map(|(key, session)| job(catalog, tally, key, session)).collect()
}

fn job(catalog: &Catalog, tally: &Tally, key: &SessionKey, session: &Session) -> Job {
    let window = session.start..session.start + session.wall();
    let members = members(catalog, key.0, &window);
    let memory = memory(session);
    let spans: Vec<&Span> = members.iter().flat_map(|member| &catalog.commands.get(member.id).run.spans).collect();
    Job {
        line: session.line.join(" "),
        dir: session.dir.clone(),
        wall: session.wall(),
        death: session.ending.map(|ending| ending.death),
        cpu: session.ending.map(|ending| ending.user + ending.sys),
        account: account(catalog, tally, &members, session.start..session.start + session.wall()),
        tests: tests(&spans),
        downloads: downloads(&spans),
        waits: waits(&spans),
        out_of_memory: forensics::out_of_memory(catalog, tally, session, memory.oom_kills),
        memory,
        not_seen: members.iter().flat_map(|member| catalog.commands.get(member.id).run.not_seen.clone()).collect(),
        commands: members.iter().map(|member| go_command(catalog, member)).collect(),
        record_cpu: session.record_cpu,
    }
}

/// A go command that ran during a job.
struct Member {
    number: usize,
    id: CommandId,
    depth: usize,
}

/// The go commands that began during a job, with how deep each is below others.
fn members(catalog: &Catalog, source: usize, window: &Range<Nanos>) -> Vec<Member> {
    let keys: FxHashMap<usize, &CommandKey> = catalog.commands.keys().map(|(key, id)| (id.index(), key)).collect();
    let order = catalog.commands_by_time();
    let is_inside = |id: CommandId| {
        window.contains(&catalog.commands.get(id).anchor.map(|anchor| anchor.monotonic).unwrap_or_default())
    };
    let mut depths: FxHashMap<u64, usize> = FxHashMap::default();
    let mut members = Vec::new();
    for (index, id) in order.into_iter().enumerate() {
        let Some(key) = keys.get(&id.index()).copied().filter(|key| key.source == source && is_inside(id)) else {
            continue;
        };
        let command = catalog.commands.get(id);
        let above = command.run.under.or_else(|| command.facts.as_ref().and_then(|facts| facts.under));
        let depth = above.and_then(|pid| depths.get(&pid)).map_or(0, |depth| depth + 1);
        depths.insert(key.go_pid, depth);
        members.push(Member { number: index + 1, id, depth });
    }
    members
}

fn go_command(catalog: &Catalog, member: &Member) -> GoCommand {
    let command = catalog.commands.get(member.id);
    let ending = command.run.ending;
    GoCommand {
        number: member.number,
        line: command.line(),
        depth: member.depth,
        wall: ending.zip(command.run.start).map(|(ending, start)| ending.end.since(start)),
        death: ending.map(|ending| ending.death),
    }
}

/// What each moment went to: the first of the shares that claims it has it.
fn account(catalog: &Catalog, tally: &Tally, members: &[Member], window: Range<Nanos>) -> Vec<(Share, Nanos)> {
    let end = window.end;
    let window = &Intervals::of(window.start, window.end);
    let mut rest = window.clone();
    let mut account = Vec::new();
    let mut claim = |share, intervals: &Intervals| {
        account.push((share, rest.common(intervals).length()));
        rest = rest.without(intervals);
    };
    let mut at_work = [Intervals::default(), Intervals::default()];
    let (mut running, mut recording) = (Intervals::default(), Intervals::default());
    for member in members {
        let busy = tally.busy(member.id);
        at_work[0].add_all(&busy.tools);
        at_work[1].add_all(&busy.compilers);
        let run = &catalog.commands.get(member.id).run;
        let [before, after] = run.around;
        run.start.into_iter().for_each(|start| recording.add(start.since(before), start));
        run.ending.into_iter().for_each(|ending| recording.add(ending.end, ending.end + after));
        if let Some((start, ending)) = run.start.zip(run.ending) {
            running.add(start, ending.end);
        } else if let Some(start) = run.start {
            // It outlived the job, or the trace ends with both still running.
            running.add(start, end);
        } else if let Some((first, last)) = tally.command(member.id).span {
            running.add(catalog.commands.get(member.id).go_started().map_or(first, |started| started.min(first)), last);
        }
    }
    claim(Share::Tools, &at_work[0]);
    claim(Share::CCompilers, &at_work[1]);
    let told = |what: &[Doing]| {
        let mut intervals = Intervals::default();
        for member in members {
            let spans = catalog.commands.get(member.id).run.spans.iter();
            spans.filter(|span| what.contains(&span.what)).for_each(|span| intervals.add(span.start, span.end));
        }
        intervals
    };
    claim(Share::Tests, &told(&[Doing::Test, Doing::CachedTest]));
    claim(Share::Program, &told(&[Doing::Program]));
    claim(Share::Downloads, &told(&[Doing::Download, Doing::Fetch, Doing::Checksum, Doing::Unzip, Doing::Query]));
    claim(Share::Loading, &told(&[Doing::Load]));
    let mut cache = told(&[Doing::Cache, Doing::Action, Doing::Build]);
    members.iter().filter_map(|member| cleaning_up(&catalog.commands.get(member.id).run.spans)).for_each(|span| {
        cache.add(span.start, span.end);
    });
    claim(Share::Cache, &cache);
    claim(Share::Recording, &recording);
    claim(Share::Unexplained, &running);
    claim(Share::Outside, window);
    account
}

/// Behind its last action a go command removes its work directory, with the binaries of tests in it, and says nothing of that.
fn cleaning_up(spans: &[Span]) -> Option<Range<Nanos>> {
    let last = |what| spans.iter().filter(|span| span.what == what).map(|span| span.end).max();
    Some(last(Doing::Build)?..last(Doing::Command)?)
}

fn tests(spans: &[&Span]) -> Vec<Test> {
    let is_test = |span: &&&Span| matches!(span.what, Doing::Test | Doing::CachedTest);
    let test =
        |span: &&Span| Test { package: span.object.clone(), wall: span.wall(), cached: span.what == Doing::CachedTest };
    let mut tests: Vec<Test> = spans.iter().filter(is_test).map(test).collect();
    tests.sort_by(|left, right| right.wall.cmp(&left.wall).then_with(|| left.package.cmp(&right.package)));
    tests
}

fn waits(spans: &[&Span]) -> Waits {
    let length = |kinds: &[Doing]| {
        let mut intervals = Intervals::default();
        spans.iter().filter(|span| kinds.contains(&span.what)).for_each(|span| intervals.add(span.start, span.end));
        intervals.length()
    };
    Waits { proxy: length(&[Doing::Download, Doing::Fetch, Doing::Query]), checksums: length(&[Doing::Checksum]) }
}

fn downloads(spans: &[&Span]) -> Vec<Download> {
    let mut modules: FxHashMap<String, Download> = FxHashMap::default();
    for span in spans {
        let name = match span.what {
            Doing::Download | Doing::Unzip | Doing::Fetch => module_of_file(&span.object),
            Doing::Query => span.object.replacen(' ', "@", 1),
            _ => continue,
        };
        let module = modules.entry(name.clone()).or_insert_with(|| Download { module: name, ..Download::default() });
        let part = match span.what {
            Doing::Download => &mut module.download,
            Doing::Unzip => &mut module.unzip,
            _ => &mut module.fetch,
        };
        *part += span.wall();
    }
    let mut downloads: Vec<Download> = modules.into_values().collect();
    let weight = |module: &Download| module.download + module.fetch + module.unzip;
    downloads.sort_by(|left, right| (weight(right), &left.module).cmp(&(weight(left), &right.module)));
    downloads
}

/// `…/cache/download/example.com/a/@v/v1.2.3.zip` is `example.com/a@v1.2.3`. An upper-case letter is a `!` and the lower-case one
/// there, because some file systems do not tell them apart.
pub(super) fn module_of_file(path: &str) -> String {
    let inside = path.rsplit_once("/cache/download/").map_or(path, |(_, inside)| inside);
    let ending = [".zip", ".mod", ".info"].iter().find_map(|ending| inside.strip_suffix(ending));
    let name = ending.unwrap_or(inside).replacen("/@v/", "@", 1);
    let mut letters = name.chars();
    let mut module = String::new();
    while let Some(letter) = letters.next() {
        match letter {
            '!' => module.extend(letters.next().map(|letter| letter.to_ascii_uppercase())),
            _ => module.push(letter),
        }
    }
    module
}

fn memory(session: &Session) -> Memory {
    let samples = &session.samples;
    let peak = samples.iter().max_by_key(|sample| (sample.rss, std::cmp::Reverse(sample.at)));
    Memory {
        peak: peak.map(|sample| sample.rss),
        peak_at: peak.map_or(Nanos(0), |sample| sample.at.since(session.start)),
        peak_processes: peak.map_or(0, |sample| sample.processes),
        limits: session.limits,
        cgroup_peak: samples.iter().filter_map(|sample| sample.cgroup).max(),
        least_available: samples.iter().filter_map(|sample| sample.available).min(),
        oom_kills: session.oom_kills.unwrap_or_else(|| moved(samples, |sample| sample.oom_kills)),
        stalled: samples
            .iter()
            .any(|sample| sample.memory_stall.is_some())
            .then(|| Nanos(moved(samples, |sample| sample.memory_stall.map(|stall| stall.0)))),
    }
}

/// By how much a counter of the kernel moved between the first and the last sample.
fn moved(samples: &[Sample], counter: impl Fn(&Sample) -> Option<u64>) -> u64 {
    let values = || samples.iter().filter_map(&counter);
    values().max().zip(values().min()).map_or(0, |(last, first)| last - first)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analyze::tally::Commands;
    use crate::build::picture;
    use proptest::prelude::*;

    /// A stretch of time in milliseconds, and what went on in it.
    #[derive(Debug, Clone)]
    struct Stretch {
        what: &'static str,
        start: u64,
        end: u64,
    }

    /// Tools, compilers, spans of all kinds, and go commands, wherever they happen to be; two commands at most.
    fn any_stretch() -> impl Strategy<Value = Stretch> {
        let what = prop::sample::select(vec![
            "compile",
            "link",
            "gcc",
            "load",
            "download",
            "fetch",
            "checksum",
            "unzip",
            "query",
            "test",
            "program",
            "cache",
            "action",
            "build",
            "command",
            "unheard of",
        ]);
        (what, 0..80_u64, 0..40_u64).prop_map(|(what, start, length)| Stretch { what, start, end: start + length })
    }

    /// A job whose go command may have begun before it and ended after it.
    #[derive(Debug, Clone)]
    struct Drawn {
        stretches: Vec<Stretch>,
        job: (u64, u64),
        go: Option<(u64, u64)>,
        /// Whether their ends are in the trace.
        is_ended: bool,
    }

    fn any_job() -> impl Strategy<Value = Drawn> {
        let times = (0..40_u64, 0..80_u64).prop_map(|(start, length)| (start, start + length));
        let parts =
            (prop::collection::vec(any_stretch(), 0..12), times.clone(), prop::option::of(times), any::<bool>());
        parts.prop_map(|(stretches, job, go, is_ended)| Drawn { stretches, job, go, is_ended })
    }

    const MS: u64 = 1_000_000;
    /// As pictures have it.
    const ORIGIN: u64 = 1_000_000_000;

    fn told(kind: &str, start: u64, end: Option<u64>, keys: &str) -> String {
        let time = end.map_or_else(|| String::from("\"time_ns\":1"), |end| format!("\"end_ns\":{}", ORIGIN + end * MS));
        format!("{{\"type\":\"{kind}\",\"v\":1,\"start_ns\":{},{time}{keys}}}\n", ORIGIN + start * MS)
    }

    /// What is told of it.
    fn job_of(Drawn { stretches, job: window, go, is_ended }: &Drawn) -> Job {
        let is_tool = |what: &str| ["compile", "link", "gcc"].contains(&what);
        let tools = stretches.iter().filter(|stretch| is_tool(stretch.what));
        let picture: String = tools.map(|Stretch { what, start, end }| format!("{what} p {start}-{end}\n")).collect();
        let mut lines = picture::trace(&picture);
        lines.push(told("session", window.0, None, ",\"session\":\"s\""));
        let sample =
            format!("{{\"type\":\"sample\",\"v\":1,\"session\":\"s\",\"at_ns\":{}}}\n", ORIGIN + window.1 * MS);
        lines.push(if *is_ended {
            told("session_end", window.0, Some(window.1), ",\"session\":\"s\"")
        } else {
            sample
        });
        if let Some((start, end)) = *go {
            lines.push(told("command", start, None, ",\"go_pid\":1"));
            lines.extend(is_ended.then(|| told("command_end", start, Some(end), ",\"go_pid\":1")));
        }
        for Stretch { what, start, end } in stretches.iter().filter(|stretch| !is_tool(stretch.what)) {
            lines.push(told("span", *start, Some(*end), &format!(",\"go_pid\":1,\"what\":\"{what}\"")));
        }
        let (catalog, actions) = picture::read(&lines);
        let mut tally = Tally::new(Commands::Merged);
        actions.iter().for_each(|(action, aside)| tally.add(action, &aside.phases));
        jobs(&catalog, &tally).remove(0)
    }

    /// What claims a millisecond first, asked one by one; none where only a command may have it, or nobody.
    fn share_at(stretches: &[Stretch], at: u64) -> Option<Share> {
        let goes_on = |kinds: &[&str]| {
            stretches.iter().any(|stretch| kinds.contains(&stretch.what) && (stretch.start..stretch.end).contains(&at))
        };
        let order: [(Share, &[&str]); 7] = [
            (Share::Tools, &["compile", "link"]),
            (Share::CCompilers, &["gcc"]),
            (Share::Tests, &["test"]),
            (Share::Program, &["program"]),
            (Share::Downloads, &["download", "fetch", "checksum", "unzip", "query"]),
            (Share::Loading, &["load"]),
            (Share::Cache, &["cache", "action", "build"]),
        ];
        let last =
            |what: &str| stretches.iter().filter(|stretch| stretch.what == what).map(|stretch| stretch.end).max();
        let cleans_up = last("build").zip(last("command")).is_some_and(|(start, end)| (start..end).contains(&at));
        let goes_on = order.into_iter().find(|(_, kinds)| goes_on(kinds)).map(|(share, _)| share);
        goes_on.or(cleans_up.then_some(Share::Cache))
    }

    proptest! {
        #[test]
        fn the_shares_add_up_to_the_wall_time(drawn in any_job()) {
            let job = job_of(&drawn);
            let sum: Nanos = job.account.iter().map(|(_, wall)| *wall).sum();
            prop_assert_eq!(sum, job.wall);
            prop_assert_eq!(job.wall, Nanos((drawn.job.1 - drawn.job.0) * MS));
        }

        #[test]
        fn each_moment_is_its_first_claimants(drawn in any_job()) {
            // All that goes on is the go command's, which began with the job.
            let (start, end) = drawn.job;
            let later = |Stretch { what, start: at, end }| Stretch { what, start: at + start, end: end + start };
            let stretches: Vec<Stretch> = drawn.stretches.into_iter().map(later).collect();
            prop_assume!(end > start);
            let job = job_of(&Drawn { stretches: stretches.clone(), go: Some(drawn.job), ..drawn });
            for (share, wall) in job.account.into_iter().filter(|(share, _)| *share < Share::Unexplained) {
                let moments = (start..end).filter(|at| share_at(&stretches, *at) == Some(share)).count();
                prop_assert_eq!(wall, Nanos(moments as u64 * MS), "{:?}", share);
            }
        }
    }
}
