//! compile and link of every Go tell what they spend their time on, and whoever asks them himself gets what he asked for.
//!
//! That the question changes neither outputs nor the cache nor a word of what is printed is told by every other chapter:
//! they all build with it.

use std::fs;
use std::path::Path;

use gotrace::build::Stage;
use gotrace::tool_kind::ToolKind;

use crate::files;
use crate::go::{Outcome, World, each_go};
use crate::trace::{Event, Trace};
use crate::twice::same_with_and_without;

#[test]
#[ignore = "needs real Go toolchains: scripts/test fetches them and runs this ring"]
fn every_compile_and_every_link_tells_its_phases_by_names_that_are_known() {
    each_go(|go| {
        let world = World::warm(go);
        let trace = same_with_and_without(&world, &["build", "-o", "../out/", "./..."]);
        assert_eq!(check(&go.version, &trace), 100, "{}: of 100 compiles", go.version);
        for link in trace.of_tool("link") {
            assert!(link.phases.contains_key("Loadlib") && link.phases.contains_key("Asmb2"), "{link:?}");
        }
        let compile = trace.of_tool("compile").find(|compile| compile.package.ends_with("/words")).expect("a package");
        assert!(compile.lines > 0 && compile.funcs > 0 && compile.phases.contains_key("fe:parse"), "{compile:?}");
        let told: Vec<_> = trace.actions.iter().filter(|action| !action.phases.is_empty()).collect();
        assert!(told.iter().all(|action| ["compile", "link"].contains(&action.tool.as_str())), "no other tool does");
    });
}

/// Of 100 compiles so many told their phases; what was told holds. Links all did.
#[track_caller]
pub(crate) fn check(context: &str, trace: &Trace) -> usize {
    let runs = |tool| trace.of_tool(tool).filter(|run| run.exit_code == Some(0)).collect::<Vec<_>>();
    let (compiles, links) = (runs("compile"), runs("link"));
    for run in compiles.iter().chain(&links) {
        check_run(context, run);
    }
    assert!(links.iter().all(|link| !link.phases.is_empty()), "{context}: a link told nothing");
    let told = compiles.iter().filter(|run| !run.phases.is_empty()).count();
    told * 100 / compiles.len()
}

/// What is not told is the start and the end of the process, which is little of a long run: of all of them together, and of
/// each by itself. Of one compile the start may be long where others have the processors, so only half of them must tell nearly
/// all; three in four did beside two other builds on two processors.
#[track_caller]
#[expect(clippy::print_stdout, reason = "figures to quote; a test runner shows them on request")]
pub(crate) fn check_nearly_all_is_told(context: &str, trace: &Trace) {
    let runs: Vec<_> = trace.of_tool("compile").filter(|run| !run.phases.is_empty()).collect();
    let long: Vec<_> = runs.iter().filter(|run| wall(run) > 100_000_000).collect();
    let (told, all) = (long.iter().map(|run| sum(run)).sum::<u64>(), long.iter().map(|run| wall(run)).sum::<u64>());
    assert!(long.len() > 50 && told >= all / 10 * 9, "{context}: {told} ns of {all} ns in {} compiles", long.len());

    let mut untold: Vec<_> = runs.iter().map(|run| wall(run) - sum(run)).collect();
    untold.sort_unstable();
    let start_and_end = untold[untold.len() / 2];
    let telling = |rest: u64| long.iter().filter(|run| sum(run) >= wall(run).saturating_sub(rest) / 10 * 9).count();
    let (of_all, of_work) = (telling(0), telling(start_and_end));
    println!(
        "{context}: {} compiles over 100 ms tell {} % of their wall together; {of_all} tell 90 % of their own, {of_work} without \
         the {} ms that a compile takes to start and end (the median of what all {} do not tell)",
        long.len(),
        told * 100 / all,
        start_and_end / 1_000_000,
        runs.len()
    );
    assert!(of_work * 2 >= long.len(), "{context}: only {of_work} of {} compiles tell nearly all", long.len());
}

#[track_caller]
fn check_run(context: &str, run: &Event) {
    assert!(sum(run) <= wall(run), "{context}: phases are parts of the run: {run:?}");
    let kind = ToolKind::of(&run.tool);
    let unknown: Vec<_> = run.phases.keys().filter(|name| Stage::of(kind, name).is_none()).collect();
    assert!(unknown.is_empty(), "{context}: {} has phases that nobody knows: {unknown:?}", run.tool);
}

fn sum(run: &Event) -> u64 {
    run.phases.values().sum()
}

fn wall(run: &Event) -> u64 {
    run.end_ns - run.start_ns
}

#[test]
#[ignore = "needs real Go toolchains: scripts/test fetches them and runs this ring"]
fn who_asks_a_compile_himself_gets_the_answer_where_he_wants_it() {
    each_go(|go| {
        let world = World::warm(go);
        let file = world.path("bench");
        let option = format!("-gcflags=-bench={}", file.display());
        let arguments = ["build", &option, "./internal/words"];
        let answers = twice(&world, &arguments, |_| fs::read_to_string(&file).expect("the answer"), &file);
        assert_eq!(answers[0], answers[1], "{}: the answer, but for its figures", go.version);
        assert!(answers[0].contains("/hello/internal/words:fe:parse"), "{}", answers[0]);
        let trace = Trace::read(&world.sample().join("trace.jsonl"));
        let asked = trace.of_tool("compile").find(|compile| compile.package.ends_with("/words")).expect("a compile");
        assert!(asked.phases.is_empty(), "{}: gotrace was not told besides", go.version);
    });
}

#[test]
#[ignore = "needs real Go toolchains: scripts/test fetches them and runs this ring"]
fn who_asks_a_link_himself_reads_the_answer() {
    each_go(|go| {
        for (option, word) in [("-benchmark=cpu", "BenchmarkTotalTime"), ("-v", "HEADER = ")] {
            let world = World::warm(go);
            let arguments = ["build", &format!("-ldflags={option}"), "-o", "../out/", "./cmd/sum"];
            let said = twice(&world, &arguments, |outcome| outcome.stderr.clone(), Path::new(""));
            assert_eq!(said[0], said[1], "{}: what {option} prints, but for its figures", go.version);
            assert!(said[0].contains(word), "{}: {option}: {}", go.version, said[0]);
            let trace = Trace::read(&world.sample().join("trace.jsonl"));
            assert!(trace.of_tool("link").all(|link| link.phases.is_empty()), "{}: {option}", go.version);
        }
    });
}

/// What a command shows without gotrace and with it, `figures` masked; each time from the same cache, and without `file`.
fn twice(world: &World, arguments: &[&str], shown: impl Fn(&Outcome) -> String, file: &Path) -> [String; 2] {
    let command = world.command(arguments);
    [("plain-cache", command.clone()), ("traced-cache", command.traced())].map(|(cache, command)| {
        let cache = world.path(cache);
        files::copy_cache(world.cache(), &cache);
        files::remove(&world.path("out"));
        drop(fs::remove_file(file));
        without_figures(&shown(&command.with_cache(&cache).run().expect_success()))
    })
}

/// Numbers, and the blanks that bring them under each other, differ from run to run. A dot may be part of one.
fn without_figures(text: &str) -> String {
    let mut masked = String::new();
    for letter in text.chars() {
        let letter = match letter {
            '0'..='9' | '.' => '#',
            other => other,
        };
        let repeats = (letter == '#' || letter == ' ') && masked.ends_with(letter);
        if !repeats {
            masked.push(letter);
        }
    }
    masked
}
