//! What a go command would have taken otherwise: the answers in words and as JSON, and what is turned away.

use std::collections::BTreeSet;

use expect_test::expect;
use serde_json::{Value, json};

use crate::desk::Desk;
use crate::draft;

/// Two packages of which one imports the other, one beside them, and their program; then a smaller command.
const BUILD: &str = "
    $ 0 go build -p 2 ./...
    probe compile 90-100
    compile shop:shop/a 100-200 user=100 rss=50 dir=b002
    compile shop:shop/c 100-250 user=150 rss=30 dir=b004
    compile shop:shop/b 200-300 user=100 rss=40 dir=b003 needs=b002
    compile shop:shop 300-320 user=20 rss=20 dir=b001 needs=b003,b004
    link shop:shop 320-400 user=80 rss=90 dir=b001 needs=b001
    $ 1000 go vet ./...
    probe compile 1010-1020
    vet shop:shop/a 1020-1060 user=40 rss=10 dir=b002";

fn desk() -> Desk {
    Desk::with(draft::trace(BUILD))
}

fn asked(words: &str) -> String {
    desk().gotrace(&format!("whatif {words}")).run().plain()
}

fn asked_json(words: &str) -> Value {
    let text = asked(&format!("--format json {words}"));
    assert!(text.ends_with("}\n"), "one object and a line end");
    serde_json::from_str(&text).expect("JSON")
}

/// The first answer, in milliseconds.
fn millis(words: &str) -> u64 {
    asked_json(words)["answers"][0]["wall_ns"].as_u64().expect("nanoseconds") / 1_000_000
}

#[test]
fn without_a_question_it_is_asked_about_other_processors() {
    expect![[r#"
        go build -p 2 ./...
          took 400 ms with -p 2 on 4 processors
          100 ms of it before the first tool, the same in every answer
          a replay of it as it was is 0.0 % off: expect errors of that size

          processors, -p    wall                        memory of tools
                       1  550 ms  150 ms more (37.5 %)         90.0 MiB
                       2  400 ms  the same                     90.0 MiB
                       4  400 ms  the same                     90.0 MiB
                       8  400 ms  the same                     90.0 MiB
                      16  400 ms  the same                     90.0 MiB
                      32  400 ms  the same                     90.0 MiB

          With any number of processors it would take 400 ms: its critical path, where no tool waits for a processor.
    "#]]
    .assert_eq(&asked(""));
}

#[test]
fn a_question_is_answered_with_what_is_known_of_the_answer() {
    expect![[r#"
        go build -p 2 ./...
          took 400 ms with -p 2 on 4 processors
          100 ms of it before the first tool, the same in every answer
          a replay of it as it was is 0.0 % off: expect errors of that size

        With -p 8 on 4 processors, without shop/c, shop/b 50.0 % faster (2 steps)
          wall     350 ms (350 ms to 350 ms), 50.0 ms less (12.5 %)
          limit    350 ms with any number of workers and processors
          memory   up to 90.0 MiB in tools at a time (was 90.0 MiB), a sum of peaks
                   -p 8 is the most that fits into 1.00 GiB, with a tenth left for others
    "#]]
    .assert_eq(&asked("-p 8 --without shop/c --faster shop/b=50% --mem 1GiB"));
}

#[test]
fn each_option_asks_what_its_help_says() {
    assert_eq!(millis("--without shop/c"), 400, "it is not on the critical path");
    assert_eq!(millis("--without shop/b"), 350, "a is gone too: only b imports it");
    assert_eq!(millis("--without shop/..."), 100, "what is left is what came before the first tool");
    assert_eq!(millis("--faster shop/a=50%"), 350);
    assert_eq!(millis("--free link"), 320);
    assert_eq!(millis("--free link --free compile"), 100);
    assert_eq!(millis("--split shop/b=2"), 400, "the other worker has c until then");
    assert_eq!(millis("--split shop/b=2 -p 3"), 350);
    assert_eq!(millis("-p 1"), 550);
    assert_eq!(millis("--cpus 1"), 550, "one worker for one processor");
    assert_eq!(millis("-p 2 --cpus 4 --others 4"), 512, "six want four processors, then five");
    assert_eq!(millis("--command 2 --free vet"), 20, "another command");
    assert_eq!(millis("--command last"), 60);
}

#[test]
fn memory_is_a_limit_of_workers() {
    let fits = |words: &str| {
        let answers = asked_json(words);
        (answers["answers"][0]["fits"].clone(), answers["answers"][0]["workers"].clone())
    };
    assert_eq!(fits("-p 2 --mem 1GiB"), (json!(true), json!(2)));
    assert_eq!(fits("-p 2 --mem 60MiB"), (json!(false), json!(1)));
    assert!(asked("-p 2 --mem 60MiB").contains("60.0 MiB is too little even for one tool at a time"));
}

/// Every key there is. One that goes away or changes its meaning takes a new `schema`.
#[test]
fn the_keys_are_these() {
    let answers = asked_json("--mem 1GiB");
    let keys = |value: &Value| value.as_object().expect("an object").keys().cloned().collect::<BTreeSet<_>>();
    let words = |value: &Value| keys(value).into_iter().collect::<Vec<_>>().join(" ");
    assert_eq!(words(&answers), "answers command schema");
    let answer = &answers["answers"][0];
    assert_eq!(
        words(answer),
        "before_tools_ns changes cpus fits others_millicpus peak_rss_bytes steps_changed unlimited_wall_ns wall_high_ns \
         wall_low_ns wall_ns was workers"
    );
    assert_eq!(words(&answer["was"]), "cpus others_millicpus peak_rss_bytes replay_ns wall_ns workers");
    assert_eq!(answer["was"]["wall_ns"], 400_000_000);
    assert_eq!(asked_json("")["answers"].as_array().map(Vec::len), Some(6), "an answer for each number of processors");
}

#[test]
fn a_trace_without_edges_lets_everything_run_at_once() {
    let without: String = BUILD.lines().map(|line| line.split(" dir=").next().unwrap().to_owned() + "\n").collect();
    let answer = Desk::with(draft::trace(&without)).gotrace("whatif -p 100 --cpus 100").run().plain();
    assert!(answer.contains("With -p 100 on 100 processors"), "{answer}");
}

#[test]
fn where_no_tool_ran_it_is_said() {
    let (answer, remark) = Desk::with("").gotrace("whatif").run().with_remarks();
    assert_eq!(answer, "");
    assert!(remark.starts_with("gotrace: The trace holds no tool run"), "{remark}");
    let cached = draft::trace("$ 0 go build ./...\nprobe compile 40-45");
    let (_, remark) = Desk::with(cached).gotrace("whatif --cpus 4").run().with_remarks();
    assert!(remark.starts_with("gotrace: No tool ran"), "{remark}");
}

#[test]
fn a_question_about_nothing_is_turned_away() {
    let refusal = |words: &str| desk().gotrace(&format!("whatif {words}")).run().refusal();
    expect![[r#"
        gotrace: the go command built no package no/such
          import paths stand in gotrace summary --rows 100; PKG/... is all below PKG; --command N asks another go command
        gotrace: the go command ran no tool gcc
          tools stand in gotrace summary; --command N asks another go command
        gotrace: there is no go command 3: there are 2 in trace.jsonl
          `gotrace summary` lists them, and `--command last` takes the last one
        error: invalid value 'shop/a' for '--faster <PKG=PERCENT>': it is a package and a share, such as net/http=40%

        For more information, try '--help'.
        error: invalid value 'shop/a=0' for '--split <PKG=N>': it is a package and a number of parts up to 1000, such as net/http=2

        For more information, try '--help'.
        error: invalid value '8' for '--mem <SIZE>': a size is a number with a unit, such as 512MiB or 8GiB

        For more information, try '--help'.
        error: invalid value 'many' for '--others <N>': it is a number of processors, such as 0 or 1.5

        For more information, try '--help'.
        error: invalid value '0' for '-p <N>': number would be zero for non-zero type

        For more information, try '--help'.
    "#]]
    .assert_eq(&[
        refusal("--without no/such"),
        refusal("--free gcc"),
        refusal("--command 3"),
        refusal("--faster shop/a"),
        refusal("--split shop/a=0"),
        refusal("--mem 8"),
        refusal("--others many"),
        refusal("-p 0"),
    ]
    .concat());
}

#[test]
fn a_name_from_a_trace_arrives_harmless() {
    let mut events = draft::events("$ 0 go build\nprobe compile 0-1\ncompile p 1-3");
    for event in events.iter_mut().filter(|event| event["go_args"].is_array()) {
        event["go_args"] = json!(["go", "build", "\u{1b}[31m"]);
    }
    let trace = events.iter().map(draft::line).collect::<Vec<_>>().concat();
    let answer = Desk::with(trace).gotrace("whatif").run().plain();
    assert!(answer.starts_with("go build ␛[31m\n"), "{answer}");
}
