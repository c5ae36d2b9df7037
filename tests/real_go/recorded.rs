//! What `gotrace record` leaves behind: the events of its trace, and what the summary makes of them.
//!
//! Knows how to ask for them; does not know what was recorded.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::go::GOTRACE;

/// The events of a trace, with nothing wrong in it.
#[track_caller]
pub(crate) fn events(trace: &Path) -> Vec<Value> {
    let text =
        std::fs::read_to_string(trace).unwrap_or_else(|error| panic!("no trace at {}: {error}", trace.display()));
    text.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))).collect()
}

/// The ends of tool runs by this tool.
pub(crate) fn ends_of<'a>(events: &'a [Value], tools: &'a [&str]) -> Vec<&'a Value> {
    let is_it =
        |event: &&Value| event["type"] == "end" && event["tool"].as_str().is_some_and(|tool| tools.contains(&tool));
    events.iter().filter(is_it).collect()
}

/// The text of the summary.
#[track_caller]
pub(crate) fn summary(trace: &Path) -> String {
    asked(trace, &["summary"])
}

/// The chart.
#[track_caller]
pub(crate) fn chart(trace: &Path) -> String {
    asked(trace, &["flame", "--chart"])
}

/// The summary of a trace as JSON; nothing in it is odd.
#[track_caller]
pub(crate) fn summary_json(trace: &Path) -> Value {
    let answer: Value = serde_json::from_str(&asked(trace, &["summary", "--format", "json"])).expect("JSON");
    assert_eq!(answer["problems"], Value::Array(Vec::new()));
    answer
}

/// The jobs of a trace as JSON.
#[track_caller]
pub(crate) fn jobs(trace: &Path) -> Vec<Value> {
    summary_json(trace)["jobs"].as_array().expect("a list").clone()
}

/// The only job of a trace, whose account adds up to its wall time.
#[track_caller]
pub(crate) fn job(trace: &Path) -> Value {
    let jobs = jobs(trace);
    assert_eq!(jobs.len(), 1, "one job");
    let job = jobs.into_iter().next_back().expect("one");
    let account = job["account"].as_object().expect("an account");
    let sum: u64 = account.values().map(|share| share.as_u64().expect("nanoseconds")).sum();
    assert_eq!(Some(sum), job["wall_ns"].as_u64(), "the shares add up: {account:?}");
    job
}

/// A share of the wall time, in hundredths.
#[track_caller]
pub(crate) fn share(job: &Value, name: &str) -> u64 {
    let number = |value: &Value| value.as_u64().unwrap_or_else(|| panic!("{name} in {job}"));
    number(&job["account"][format!("{name}_ns")]) * 100 / number(&job["wall_ns"])
}

#[track_caller]
fn asked(trace: &Path, question: &[&str]) -> String {
    let answer = Command::new(GOTRACE).args(question).arg(trace).env_clear().output().expect("gotrace");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
    assert_eq!((answer.status.code(), text(answer.stderr).as_str()), (Some(0), ""), "{question:?}");
    text(answer.stdout)
}
