//! Why packages were built again: the answer in words and as JSON, which go command it is about, and what is turned away.

use expect_test::expect;
use serde_json::{Value, json};

use crate::desk::Desk;
use crate::draft;

/// A library, its importer and the program; then the library is edited; then nothing happens.
const BUILD: &str = "
    $ 0 go build ./...
    probe compile 90-100
    compile shop:shop/a 100-200 user=100 dir=b002
    compile shop:shop/b 200-300 user=50 dir=b003 needs=b002
    link shop:shop 300-400 user=80 dir=b001 needs=b003
    $ 1000 go build ./...
    probe compile 1010-1020
    compile shop:shop/a 1100-1200 user=100 dir=b002
    compile shop:shop/b 1200-1300 user=50 dir=b003 needs=b002
    $ 2000 go build ./...
    probe compile 2010-2020";

/// With what the packages were made from, by package and go command.
fn trace() -> String {
    let made_from = |package: &str, first: bool| {
        let held = if first { "AAAAAAAA" } else { "BBBBBBBB" };
        match package {
            "shop/a" => json!({ "files": ["a.go"], "file_hashes": held, "source_dir": "/shop/a" }),
            "shop/b" => json!({ "files": ["b.go"], "file_hashes": "CCCCCCCC", "import_hashes": held }),
            _ => json!({}),
        }
    };
    let mut trace = String::new();
    for line in draft::lines(BUILD) {
        let mut event: Value = serde_json::from_str(&line).expect("an event");
        if event["type"] == "end" {
            let is_first = trace.matches("go_args").count() < 2;
            let more = made_from(event["package"].as_str().unwrap_or_default(), is_first);
            event.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        }
        trace += &draft::line(&event);
    }
    trace
}

fn asked(words: &str) -> String {
    Desk::with(trace()).gotrace(&format!("why {words}")).run().plain()
}

#[test]
fn without_words_it_is_about_the_last_go_command_that_built_something() {
    expect![[r#"
        go build ./...
          compared with 1 earlier go command
          1 later go command in the trace not looked at; --command N asks about another one
          built 2 packages: 150 ms of CPU, 200 ms of tool time

        What caused it
          packages     CPU  tool time   alone  cause
                 2  150 ms     200 ms  150 ms  shop/a: a.go changed

        Packages
          package      CPU  built because
          shop/a    100 ms  a.go changed
          shop/b   50.0 ms  it imports shop/a: a.go changed
    "#]]
    .assert_eq(&asked(""));
}

#[test]
fn a_package_that_is_named_is_told_all_about() {
    expect![[r#"
        go build ./...
          compared with 1 earlier go command
          1 later go command in the trace not looked at; --command N asks about another one
          built 2 packages: 150 ms of CPU, 200 ms of tool time

        shop/b
          cost 50.0 ms of CPU, 100 ms of tool time
          shop/a, which it imports, was another
          shop/a was built because a.go changed

        shop/gone was not built.
    "#]]
    .assert_eq(&asked("trace.jsonl shop/b shop/gone"));
}

#[test]
fn a_go_command_that_is_named_is_asked_about() {
    expect![[r#"
        go build ./...
          compared with 2 earlier go commands
          nothing was built again
    "#]]
    .assert_eq(&asked("--command last"));
    let refused = Desk::with(trace()).gotrace("why --command 9").run().refusal();
    assert!(refused.contains("there is no go command 9"), "{refused}");
}

#[test]
fn another_trace_is_compared_with_and_every_go_command_of_this_one_is_asked_about() {
    let desk = Desk::with(trace());
    desk.file("new.jsonl", trace().replace("CCCCCCCC", "DDDDDDDD"));
    let text = desk.gotrace("why --since trace.jsonl new.jsonl --format json").run().plain();
    let why: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!((&why["earlier_commands"], why["commands"].as_array().map(Vec::len)), (&json!(3), Some(3)));
    let kinds: Vec<&str> =
        why["causes"].as_array().expect("causes").iter().filter_map(|cause| cause["kind"].as_str()).collect();
    assert!(kinds.contains(&"source"), "{why:#}");
}

#[test]
fn the_json_has_kinds_and_evidence() {
    let why: Value = serde_json::from_str(&asked("--format json")).expect("JSON");
    let cause = &why["causes"][0];
    assert_eq!((&why["schema"], &cause["kind"], &cause["of"]), (&json!(1), &json!("source"), &json!("shop/a")));
    assert_eq!(cause["files"], json!([{ "name": "a.go", "became": "changed" }]));
    assert_eq!((&cause["reach"]["packages"], &cause["alone"]["cpu_ns"]), (&json!(2), &json!(150_000_000)));
}
