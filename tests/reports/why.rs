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

/// The same, where each go command was asked what it hashed. With cmd/go, `shop/b` has an `odd` input that is another and
/// imports what it did, and `shop/z` came from the build cache.
fn exact_trace() -> String {
    let mut exact = String::new();
    for line in trace().lines() {
        let mut event: Value = serde_json::from_str(line).expect("an event");
        let nth = event["go_pid"].as_u64().expect("a command") - 101;
        if event["type"] == "end" && event["package"].is_string() && event["tool"] == "compile" {
            event["action_id"] = json!(key(event["package"].as_str().expect("a package"), nth));
        }
        exact += &draft::line(&event);
    }
    for (nth, package) in
        [0_u64, 1].into_iter().flat_map(|nth| ["shop/a", "shop/b", "shop/y", "shop/z"].map(|name| (nth, name)))
    {
        let value = if nth == 0 { "AAAAAAAA" } else { "BBBBBBBB" };
        let inputs = match package {
            "shop/a" => vec![String::from("go\t1.27"), format!("file a.go\t{value}")],
            "shop/b" => {
                vec![String::from("file b.go\tCCCCCCCC"), String::from("import shop/a\tSAME"), format!("odd\t{value}")]
            }
            _ => vec![format!("GOAMD64\t{value}")],
        };
        let event = json!({ "type": "key", "v": 1, "go_pid": 101 + nth, "go_start_ticks": (101 + nth) * 10,
            "package": package, "action_id": key(package, nth), "inputs": inputs });
        exact += &draft::line(&event);
    }
    exact
}

fn key(package: &str, nth: u64) -> String {
    format!("{:A<20}", format!("{}{nth}", package.replace('/', "-")))
}

fn exactly(words: &str) -> String {
    Desk::with(exact_trace()).gotrace(&format!("why {words}")).run().plain()
}

#[test]
fn what_cmd_go_hashed_completes_the_reasons_and_tells_what_was_found_in_the_cache() {
    expect![[r#"
        go build ./...
          compared with 1 earlier go command
          1 later go command in the trace not looked at; --command N asks about another one
          built 2 packages: 150 ms of CPU, 200 ms of tool time

        What caused it
          packages      CPU  tool time   alone  cause
                 2   150 ms     200 ms  100 ms  shop/a: a.go changed
                 1  50.0 ms     100 ms    0 ns  odd: AAAAAAAA → BBBBBBBB
          1 package had more than one cause: 50.0 ms of CPU, 100 ms of tool time. `alone` is what a cause cost without these.

        Packages
          package      CPU  built because
          shop/a    100 ms  a.go changed
          shop/b   50.0 ms  odd: AAAAAAAA → BBBBBBBB

        Not as before, and found in the build cache
          packages  the first  what cmd/go hashed otherwise
                 2  shop/y     GOAMD64: AAAAAAAA → BBBBBBBB

          Of 2 of 2 packages exactly, from cmd/go's own hash inputs; without these the reasons would be others for 1: `gotrace why PACKAGE` tells.
    "#]].assert_eq(&exactly(""));
}

#[test]
fn where_the_hash_inputs_say_something_else_that_is_said() {
    expect![[r#"
        go build ./...
          compared with 1 earlier go command
          1 later go command in the trace not looked at; --command N asks about another one
          built 2 packages: 150 ms of CPU, 200 ms of tool time

        shop/b
          cost 50.0 ms of CPU, 100 ms of tool time
          odd: AAAAAAAA → BBBBBBBB
          shop/a, which it imports, was another
          exactly, from cmd/go's own hash inputs:
            odd: AAAAAAAA → BBBBBBBB
          odd was not found without them
          they do not bear out: shop/a, which it imports, was another
          2 causes in all

          Of 2 of 2 packages exactly, from cmd/go's own hash inputs; without these the reasons would be others for 1: `gotrace why PACKAGE` tells.
    "#]].assert_eq(&exactly("shop/b"));
    let why: Value = serde_json::from_str(&exactly("--format json")).expect("JSON");
    assert_eq!(why["exact"], json!({ "packages": 2, "others_without": 1 }));
    let exact = |package: &str| {
        let packages = why["packages"].as_array().expect("packages");
        packages.iter().find(|row| row["package"] == package).map_or(Value::Null, |row| row["exact"].clone())
    };
    let input = json!([{ "name": "file a.go", "old": "AAAAAAAA", "new": "BBBBBBBB" }]);
    assert_eq!(
        exact("shop/a"),
        json!({ "keys": "told", "inputs": input, "agrees": true, "missed": [], "unfounded": [] })
    );
    let other = exact("shop/b");
    assert_eq!((&other["agrees"], &other["missed"]), (&json!(false), &json!(["odd"])));
    assert_eq!(
        (&other["unfounded"][0]["kind"], &other["unfounded"][0]["package"]),
        (&json!("import"), &json!("shop/a"))
    );
    assert_eq!(why["found"][0]["packages"], json!(["shop/y", "shop/z"]));
    assert_eq!(exact_of_plain(), Value::Null, "a trace that was not asked");
}

fn exact_of_plain() -> Value {
    let why: Value = serde_json::from_str(&asked("--format json")).expect("JSON");
    why["packages"][0]["exact"].clone()
}

#[test]
fn a_trace_without_names_says_the_same_of_what_was_hashed() {
    let desk = Desk::with(exact_trace());
    let redacted = desk.gotrace("redact --salt x").run().plain();
    let why: Value =
        serde_json::from_str(&Desk::with(redacted).gotrace("why --format json").run().plain()).expect("JSON");
    assert_eq!(why["exact"], json!({ "packages": 2, "others_without": 1 }), "{why:#}");
    assert_eq!(why["causes"][0]["kind"], "source", "{why:#}");
}

#[test]
fn the_order_of_lines_does_not_matter_to_what_was_hashed() {
    let lines: Vec<String> = exact_trace().lines().map(|line| format!("{line}\n")).collect();
    let expected = exactly("--format json");
    for seed in 0..3 {
        let shuffled = Desk::with(draft::shuffled(&lines, seed)).gotrace("why --format json").run().plain();
        assert_eq!(shuffled, expected);
    }
}
