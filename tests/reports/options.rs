//! Each option does what its help says.

use std::collections::BTreeMap;

use expect_test::{Expect, expect};

use crate::desk::Desk;
use crate::draft;
use crate::flame::{PHASES, SHOP};
use crate::svg::{Flame, parsed, texts, total_of_folded};

fn desk() -> Desk {
    Desk::with(draft::trace(SHOP))
}

fn flame(options: &str) -> Flame {
    Flame::read(&desk().gotrace(&format!("flame {options}")).run().plain())
}

/// Folded stacks of a build, with weights in milliseconds, mebibytes or runs.
#[track_caller]
fn check(build: &str, options: &str, expected: &Expect) {
    let folded = Desk::with(draft::trace(build)).gotrace(&format!("flame --folded {options}")).run().plain();
    let scale = match options {
        _ if options.contains("count") => 1,
        _ if options.contains("rss") => 1 << 20,
        _ => 1_000_000,
    };
    let lines = folded.lines().map(|line| {
        let (stack, weight) = line.rsplit_once(' ').expect("a weight");
        format!("{stack} {}\n", weight.parse::<u64>().expect("a number") / scale)
    });
    expected.assert_eq(&lines.collect::<Vec<_>>().concat());
}

/// Small enough to see what becomes of it.
const PAIR: &str = "
    $ 0 go build ./...
    compile std:net 10-30 user=15 sys=2 rss=100
    compile std:net/http 30-60 user=40 sys=3 rss=140
    $ 100 go test ./...
    probe compile 105-106 user=1 rss=10
    compile std:net 110-125 user=12 sys=1 rss=90
    vet m@v2:m/a 130-131 user=1 rss=20";

#[test]
fn imports_are_a_level_where_the_trace_tells_of_them() {
    check(
        PAIR,
        "--by import",
        &expect![[r#"
        m/a 1
        net 35
        net/http 30
    "#]],
    );
    let sample = std::fs::read_to_string("samples/traces/go1.27.jsonl").expect("a sample");
    let folded = Desk::with(sample).gotrace("flame --folded --by import").run().plain();
    assert!(folded.contains("example.com/hello/cmd/sum;example.com/hello/internal/checksum "), "{folded}");
}

#[test]
fn by_takes_the_levels_in_any_order() {
    check(
        PAIR,
        "--by module,package,tool",
        &expect![[r"
        (go command);compile -V 1
        m@v2;m/a;vet 1
        std;net;(self);compile 35
        std;net;net/http;compile 30
    "]],
    );
    check(
        PAIR,
        "--by tool,package",
        &expect![[r"
        compile;net;(self) 35
        compile;net;net/http 30
        compile -V 1
        vet;m;m/a 1
    "]],
    );
    check(
        PAIR,
        "--by tool",
        &expect![[r"
        compile 65
        compile -V 1
        vet 1
    "]],
    );
    check(
        PAIR,
        "--by command,tool",
        &expect![[r"
        1: (go command not recorded);compile 50
        2: go test ./...;compile 15
        2: go test ./...;compile -V 1
        2: go test ./...;vet 1
    "]],
    );
    check(
        PAIR,
        "--by go,target",
        &expect![[r"
        (not recorded);(not recorded) 50
        go1.25.5;linux/amd64 17
    "]],
    );
    check(
        PAIR,
        "--by package --by tool",
        &expect![[r"
        compile -V 1
        m;m/a;vet 1
        net;(self);compile 35
        net;net/http;compile 30
    "]],
    );
}

#[test]
fn phase_is_a_level_like_any_other_where_a_tool_has_phases() {
    check(
        PHASES,
        "--by tool,phase",
        &expect![[r"
            asm 2
            compile;(phases not recorded) 10
            compile;backend 66
            compile;escape 4
            compile;fe:invented 1
            compile;inline 13
            compile;other 4
            compile;parse+types 25
            compile;start 1
            compile;write object 6
            compile -V 5
            link;Invented 1
            link;dwarf 4
            link;host link 8
            link;layout 3
            link;load 10
            link;other 3
            link;write program 11
        "]],
    );
    check(
        PHASES,
        "--by phase,package --package ^(errors|runtime)$",
        &expect![[r"
            backend;errors 2
            backend;runtime 58
            escape;errors 1
            escape;runtime 3
            inline;errors 1
            inline;runtime 12
            other;errors 1
            other;runtime 2
            parse+types;errors 3
            parse+types;runtime 20
            runtime 2
            start;errors 1
            write object;errors 1
            write object;runtime 5
        "]],
    );
    check(
        PAIR,
        "--by tool,phase",
        &expect![[r"
            compile;(phases not recorded) 65
            compile -V 1
            vet 1
        "]],
    );
    let folded =
        |options: &str| Desk::with(draft::trace(PHASES)).gotrace(&format!("flame --folded {options}")).run().plain();
    assert_eq!(total_of_folded(&folded("--by package,tool,phase")), total_of_folded(&folded("--by package,tool")));
    assert_eq!(folded("--by phase,tool --reverse"), folded("--by tool,phase"));
    let svg = Desk::with(draft::trace(PHASES)).gotrace("flame --by module,package,tool,phase").run().plain();
    assert!(Flame::read(&svg).frames.iter().any(|frame| frame.path.last().is_some_and(|name| name == "parse+types")));
}

/// Every order of every choice of levels: time is never lost, but for runs that have none of the levels.
#[test]
fn no_order_of_levels_loses_time() {
    let desk = desk();
    let everything = total_of_folded(&desk.gotrace("flame --folded").run().plain());
    let probes = 5 + 3 + 2 + 3;
    for levels in orders(&["command", "module", "package", "tool"]) {
        let total = total_of_folded(&desk.gotrace(&format!("flame --folded --by {levels}")).run().plain());
        let unnamed = if levels == "package" { probes * 1_000_000 } else { 0 };
        assert_eq!(total + unnamed, everything, "--by {levels}");
    }
}

fn orders(levels: &[&str]) -> Vec<String> {
    let mut orders: Vec<String> = Vec::new();
    for (index, level) in levels.iter().enumerate() {
        let others: Vec<&str> =
            levels.iter().enumerate().filter(|(at, _)| *at != index).map(|(_, level)| *level).collect();
        orders.push((*level).to_owned());
        orders.extend(self::orders(&others).iter().map(|rest| format!("{level},{rest}")));
    }
    orders
}

#[test]
fn weight_is_what_widths_mean() {
    let total =
        |weight: &str| total_of_folded(&desk().gotrace(&format!("flame --folded --weight {weight}")).run().plain());
    let sum = |key: &str| ends().iter().map(|end| end[key].as_u64().unwrap()).sum::<u64>();
    assert_eq!(total("wall"), sum("end_ns") - sum("start_ns"));
    assert_eq!(total("user"), sum("user_ns"));
    assert_eq!(total("sys"), sum("sys_ns"));
    assert_eq!(total("cpu"), sum("user_ns") + sum("sys_ns"));
    assert_eq!(total("count"), u64::try_from(ends().len()).unwrap());
}

fn ends() -> Vec<serde_json::Value> {
    draft::events(SHOP).into_iter().filter(|event| event["type"] == "end").collect()
}

#[test]
fn memory_is_the_peak_of_each_package_and_tool_also_over_several_commands() {
    check(
        PAIR,
        "--weight rss",
        &expect![[r"
        (go command);compile -V 10
        m@v2;m/a;vet 20
        std;net;(self);compile 100
        std;net;net/http;compile 140
    "]],
    );
    check(
        PAIR,
        "--weight rss --by tool,package",
        &expect![[r"
        compile;net;(self) 100
        compile;net;net/http 140
        compile -V 10
        vet;m;m/a 20
    "]],
    );
    // Also where the commands are kept apart for another level: one build of net needs no more than the larger one.
    let same_target = PAIR.replace("compile std:net 10-30", "probe compile 8-9\ncompile std:net 10-30");
    check(
        &same_target,
        "--weight rss --by target,package --package ^net$",
        &expect![[r"
        linux/amd64;net 100
    "]],
    );
    check(
        PAIR,
        "--weight rss --by command,package --package ^net$",
        &expect![[r"
        1: (go command not recorded);net 100
        2: go test ./...;net 90
    "]],
    );
}

#[test]
fn reverse_puts_the_last_level_at_the_bottom() {
    let folded = |options: &str| desk().gotrace(&format!("flame --folded {options}")).run().plain();
    assert_eq!(folded("--by module,package,tool --reverse"), folded("--by tool,package,module"));
    assert_eq!(folded("--by command,tool --reverse"), folded("--by tool,command"));
    assert_ne!(folded("--reverse"), folded(""));
}

#[test]
fn package_keeps_what_matches_and_nothing_else() {
    check(PAIR, "--package http$", &expect!["std;net;net/http;compile 30\n"]);
    check(
        PAIR,
        "--package ^(net|m/a)$ --by package",
        &expect![[r"
        m;m/a 1
        net 35
    "]],
    );
    let variants = "compile p 0-1\ncompile p[p.test] 1-3\ncompile q 3-7";
    check(variants, r"--package \[p\.test\] --by package", &expect!["p;p [p.test] 2\n"]);
    check(variants, "--package (?i)^P --by tool", &expect!["compile 3\n"]);
    let chart = desk().gotrace("flame --chart --min 0 --package ^net/http$").run().plain();
    assert_eq!(bars(&chart), BTreeMap::from([(String::from("net/http"), 1)]));
}

#[test]
fn command_takes_one_go_command_out_of_the_trace() {
    check(PAIR, "--command 1 --by tool", &expect!["compile 50\n"]);
    check(
        PAIR,
        "--command 2 --by tool",
        &expect![[r"
        compile 15
        compile -V 1
        vet 1
    "]],
    );
    let folded = |options: &str| desk().gotrace(&format!("flame --folded {options}")).run().plain();
    assert_eq!(folded("--command last"), folded("--command 2"));
    let both = total_of_folded(&folded("--command 1")) + total_of_folded(&folded("--command 2"));
    assert_eq!(both, total_of_folded(&folded("")), "the two are all there is");
    let chart = desk().gotrace("flame --chart --min 0 --command 2").run().plain();
    assert_eq!(bars(&chart).values().sum::<u64>(), 8, "the runs of go test");
    let summary = desk().gotrace("summary --command 2").run().plain();
    assert!(summary.starts_with("2  go test ./...\n"), "its number stays: {summary}");
    assert!(!summary.contains("net/http"), "{summary}");
}

/// How many bars of a chart have each label.
fn bars(chart: &str) -> BTreeMap<String, u64> {
    let document = parsed(chart);
    let bars = document.descendants().find(|node| node.attribute("class").is_some_and(|class| class.contains("bars")));
    let mut labels = BTreeMap::new();
    for title in bars.expect("bars").descendants().filter(|node| node.has_tag_name("title")) {
        let label = title.text().unwrap_or_default().lines().next().unwrap_or_default();
        *labels.entry(label.to_owned()).or_insert(0) += 1;
    }
    labels
}

#[test]
fn min_leaves_out_what_is_narrower_and_says_so() {
    let all = flame("--min 0").weights();
    let total = flame("--min 0").total;
    for (min, thousandths) in [("5", 5000), ("0.5%", 500), ("0.125", 125), ("100", 100_000)] {
        let drawn = flame(&format!("--min {min}"));
        for (path, weight) in &all {
            let is_wide = u128::from(*weight) * 100_000 >= u128::from(total) * thousandths;
            assert_eq!(drawn.weights().contains_key(path), is_wide, "{path:?} with --min {min}");
        }
        let said = format!("frames under {} % are not drawn", min.trim_end_matches('%'));
        assert!(drawn.words.contains(&said), "{}", drawn.words);
        assert_eq!(drawn.total, total, "the whole stays the whole");
    }
    assert!(!flame("--min 0").words.contains("not drawn"));
    assert!(flame("").words.contains("frames under 0.05 % are not drawn"));
    let count =
        |min: &str| bars(&desk().gotrace(&format!("flame --chart --min {min}")).run().plain()).values().sum::<u64>();
    assert_eq!((count("0"), count("10")), (23, 4), "of 362 ms, four runs took 37 or more");
}

#[test]
fn width_is_that_of_the_picture() {
    assert_eq!(flame("--width 800").width, Some(800));
    assert_eq!(flame("").width, None, "as wide as the window");
    let chart = |options: &str| {
        let svg = desk().gotrace(&format!("flame --chart {options}")).run().plain();
        let root = parsed(&svg).root_element().id();
        let document = parsed(&svg);
        let root = document.get_node(root).unwrap();
        (root.attribute("width").unwrap().to_owned(), root.attribute("data-fluid").is_some())
    };
    assert_eq!(chart("--width 800"), (String::from("800"), false));
    assert_eq!(chart(""), (String::from("1200"), true));
}

#[test]
fn title_replaces_ours() {
    let desk = desk();
    let title = "nightly <build> & \"co\"\u{1b}[31m";
    let shown = "nightly <build> & \"co\"␛[31m";
    let svg = desk.gotrace_with(["flame", "--title", title]).run().plain();
    assert_eq!(Flame::read(&svg).title, shown);
    let chart = desk.gotrace_with(["flame", "--chart", "--title", title]).run().plain();
    assert!(texts(&parsed(&chart), "text").contains(&shown), "drawn");
    assert!(texts(&parsed(&chart), "title").contains(&shown), "and told to those who do not see");
}

#[test]
fn rows_are_those_of_the_long_tables() {
    let desk = desk();
    let rows = |options: &str| {
        let text = desk.gotrace(&format!("summary {options}")).run().plain();
        let section = text.split("\n\n").find(|section| section.starts_with("Slowest packages")).unwrap().to_owned();
        section.lines().count() - 2
    };
    assert_eq!((rows("--rows 3"), rows("--rows 99"), rows("--rows 0")), (4, 10, 1), "with a line for the rest");
    let count = |options: &str| {
        let json = desk.gotrace(&format!("summary --format json {options}")).run().plain();
        serde_json::from_str::<serde_json::Value>(&json).unwrap()["packages"].as_array().unwrap().len()
    };
    assert_eq!((count(""), count("--rows 2")), (10, 2), "a program is not told the half of it unless it asks for that");
}
