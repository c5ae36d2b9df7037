//! Nothing to show: it is said, in the picture and beside it, and it is no failure.

use expect_test::{Expect, expect};

use crate::desk::Desk;
use crate::draft;
use crate::svg::{parsed, texts};

/// A build of which everything came from the cache: cmd/go asked its tools for their versions, and that was all.
const CACHED: &str = "
    $ 0 go build ./...
    probe compile 40-45 user=3 sys=1 rss=10
    probe asm 45-48 user=2 rss=10
    probe link 48-52 user=2 rss=12";

const BUILD: &str = "
    $ 0 go build ./...
    probe compile 40-45
    compile std:errors 50-60 rss=20";

/// Expects a picture of one sentence and a hint, which are also told on standard error.
#[track_caller]
fn check_picture(desk: &Desk, words: &str, expected: &Expect) {
    let (svg, remark) = desk.gotrace(words).run().with_remarks();
    expected.assert_eq(&remark);
    let sentences: Vec<&str> = remark.lines().map(|line| line.trim_start_matches("gotrace: ").trim_start()).collect();
    let document = parsed(&svg);
    let drawn = texts(&document, "text").join(" ");
    for sentence in sentences {
        assert!(drawn.contains(sentence), "{words} draws {sentence:?}: {drawn}");
    }
    assert!(!svg.contains("total_samples"), "and no frame");
    assert!(!svg.contains("class=\"bars\""), "and no bar");
}

/// Expects it of both pictures, of the folded stacks, and of each of them as a file.
#[track_caller]
fn check_pictures(desk: &Desk, options: &str, expected: &Expect) {
    check_picture(desk, &format!("flame {options}"), expected);
    check_picture(desk, &format!("flame --chart {options}"), expected);
    let (folded, remark) = desk.gotrace(&format!("flame --folded {options}")).run().with_remarks();
    expected.assert_eq(&remark);
    assert_eq!(folded, "", "no stack");
    for question in ["flame", "flame --chart", "flame --folded"] {
        let (direct, _) = desk.gotrace(&format!("{question} {options}")).run().with_remarks();
        desk.gotrace(&format!("{question} -o report {options}")).run().with_remarks();
        assert_eq!(desk.read("report"), direct, "a job that uploads the file finds one");
    }
}

#[test]
fn an_empty_trace() {
    let text = expect![[r"
        gotrace: The trace holds no tool run: no go command was recorded in it.
          To record a build: go build -a -toolexec gotrace ./...
    "]];
    for trace in ["", "\n\n", "{\"type\":\"prophecy\",\"v\":1}\n"] {
        let desk = Desk::with(trace);
        check_pictures(&desk, "", &text);
        check_pictures(&desk, "--command last", &text);
        check_pictures(&desk, "--package ^net/", &text);
        expect![[r"
            The trace holds no tool run: no go command was recorded in it.
            To record a build: go build -a -toolexec gotrace ./...
        "]]
        .assert_eq(&desk.gotrace("summary").run().plain());
        let json: serde_json::Value =
            serde_json::from_str(&desk.gotrace("summary --format json").run().plain()).unwrap();
        assert_eq!(json["commands"], serde_json::json!([]));
        assert_eq!(json["total"]["actions"]["runs"], 0);
    }
}

#[test]
fn a_build_that_came_from_the_cache() {
    let desk = Desk::with(draft::trace(CACHED));
    let text = expect![[r"
        gotrace: No tool ran: everything was up to date or came from the build cache.
          To record a full build, add -a: go build -a -toolexec gotrace ./...
    "]];
    check_pictures(&desk, "", &text);
    check_pictures(&desk, "--command 1", &text);
    check_pictures(&desk, "--package ^net/", &text);
    expect![[r"
        1  go build ./...
           go1.25.5, linux/amd64, 4 CPUs, in /src/shop, 2026-09-21 14:13:20 UTC
           52.0 ms wall (40.0 ms of it before the first tool), 8.00 ms CPU, 0.0 tools at work on average
           0 actions, 0 packages compiled, 3 probes; recording took 750 µs of CPU (9.4 %)

        No tool ran: everything was up to date or came from the build cache.
        To record a full build, add -a: go build -a -toolexec gotrace ./...
    "]]
    .assert_eq(&desk.gotrace("summary").run().plain());
}

#[test]
fn a_cached_build_behind_a_full_one() {
    let desk = Desk::with(draft::trace(&format!("{BUILD}\n{}", CACHED.replace("$ 0 go", "$ 1 go"))));
    check_pictures(
        &desk,
        "--command last",
        &expect![[r"
            gotrace: No tool ran: everything was up to date or came from the build cache.
              To record a full build, add -a: go build -a -toolexec gotrace ./...
        "]],
    );
    assert!(desk.gotrace("summary --command last").run().plain().contains("\nNo tool ran: "));
    assert!(desk.gotrace("flame --command 1").run().plain().contains(">errors<"), "the full one is there");
}

#[test]
fn a_pattern_that_matches_nothing() {
    check_pictures(
        &Desk::with(draft::trace(BUILD)),
        "--package ^github.com/<nobody>",
        &expect![[r"
            gotrace: No package in the trace matches ^github.com/<nobody>.
              Packages are named by their import paths; gotrace summary --rows 100 lists them.
        "]],
    );
}

#[test]
fn a_weight_that_nothing_has() {
    let desk = Desk::with(draft::trace(BUILD));
    check_picture(
        &desk,
        "flame --weight sys",
        &expect![[r"
            gotrace: There is nothing to draw: the tool runs add up to no system CPU time.
              Another --weight has more to show: wall, cpu, count.
        "]],
    );
}
