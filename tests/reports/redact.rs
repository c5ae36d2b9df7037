//! What `gotrace redact` leaves of a trace: all figures and who needs whom, and no name.

use crate::desk::Desk;

const TRACES: [&str; 3] = [
    include_str!("../../samples/traces/go1.21.jsonl"),
    include_str!("../../samples/traces/go1.27.jsonl"),
    include_str!("../../samples/traces/record-go1.27.jsonl"),
];

/// The numbers of an answer, in their order.
fn numbers(text: &str) -> Vec<String> {
    let value: serde_json::Value = serde_json::from_str(text).expect("JSON");
    let mut found = Vec::new();
    collect(&value, &mut found);
    found.sort();
    found
}

fn collect(value: &serde_json::Value, found: &mut Vec<String>) {
    match value {
        serde_json::Value::Number(number) => found.push(number.to_string()),
        serde_json::Value::Array(values) => values.iter().for_each(|value| collect(value, found)),
        serde_json::Value::Object(values) => values.values().for_each(|value| collect(value, found)),
        _ => {}
    }
}

#[test]
fn every_figure_of_the_summary_is_the_same_without_names() {
    for trace in TRACES {
        let desk = Desk::with(trace);
        desk.gotrace("redact -o public.jsonl").run().plain();
        let before = desk.gotrace("summary --rows 1000 --format json").run().plain();
        let after = desk.gotrace("summary public.jsonl --rows 1000 --format json").run().plain();
        assert_eq!(numbers(&after), numbers(&before));
    }
}

#[test]
fn names_of_modules_directories_and_people_are_gone_and_those_of_go_are_not() {
    for trace in TRACES {
        let desk = Desk::with(trace);
        let public = desk.gotrace("redact").run().plain();
        for name in ["hello", "gopher", "greet", "words.go"] {
            assert!(!public.contains(name), "{name}");
        }
        assert!(public.contains("\"tool\":\"compile\"") && public.contains("go1.2"));
        let folded = desk.gotrace("flame --folded").run().plain();
        assert!(folded.contains("hello"), "the names were there");
    }
}

#[test]
fn with_the_same_salt_two_traces_can_be_compared_and_without_one_they_cannot() {
    let desk = Desk::with(TRACES[1]);
    let redact = |salt: &str| desk.gotrace(&format!("redact {salt}")).run().plain();
    assert_eq!(redact("--salt a"), redact("--salt a"));
    assert_ne!(redact("--salt a"), redact("--salt b"));
    assert_ne!(redact(""), redact(""));
}

#[test]
fn lines_that_are_no_events_are_left_out_and_counted() {
    let desk = Desk::with(format!("make: Entering directory '/secret'\n{}", TRACES[1]));
    let answer = desk.gotrace("redact").run();
    assert_eq!(answer.err, "gotrace: 1 line of trace.jsonl is no event and was left out\n");
    assert!(!answer.out.contains("secret"));
    assert_eq!(answer.out.lines().count(), TRACES[1].lines().count());
}

#[test]
fn a_trace_that_is_not_there_is_told() {
    assert!(Desk::new().gotrace("redact").run().refusal().contains("cannot read the trace trace.jsonl"));
}
