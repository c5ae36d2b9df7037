//! The traces in samples/traces, recorded by real builds: every gotrace reads every one of them, for ever.

use std::fs;
use std::path::{Path, PathBuf};

use gotrace::build::Stage;

use crate::desk::Desk;

#[test]
fn every_recorded_trace_is_read_without_a_problem() {
    let traces = recorded();
    assert!(traces.len() >= 3, "the oldest Go, the newest, and one between: {traces:?}");
    for trace in traces {
        let desk = Desk::new();
        let answer = desk.gotrace_with(["summary", "--format", "json", trace.to_str().unwrap()]).run();
        assert_eq!((answer.code, answer.err.as_str()), (Some(0), ""), "{}", trace.display());
        let summary: serde_json::Value = serde_json::from_str(&answer.out).unwrap();
        assert_eq!(summary["problems"], serde_json::json!([]));
        assert_eq!(summary["failures"], serde_json::json!([]));
        let name = trace.file_stem().unwrap().display().to_string();
        let version = format!("{}.", name.strip_prefix("record-").unwrap_or(&name));
        let commands = summary["commands"].as_array().unwrap();
        assert!(commands.iter().all(|command| command["go_version"].as_str().unwrap().starts_with(&version)));
        let tools: Vec<&str> =
            summary["tools"].as_array().unwrap().iter().map(|row| row["name"].as_str().unwrap()).collect();
        for tool in ["compile", "link", "asm", "cgo", "vet", "(probes)"] {
            assert!(tools.contains(&tool), "{} has no {tool}: {tools:?}", trace.display());
        }
    }
}

/// Those that were recorded before compile and link were asked have no phases, and no table of them.
#[test]
fn recorded_phases_are_all_known_and_add_up() {
    let told: Vec<bool> = recorded().iter().map(|trace| phases_of(trace)).collect();
    assert!(told.contains(&true) && told.contains(&false), "some of each kind: {told:?}");
}

fn phases_of(trace: &Path) -> bool {
    let text = fs::read_to_string(trace).unwrap();
    let answer = Desk::new().gotrace_with(["summary", "--format", "json", trace.to_str().unwrap()]).run().plain();
    let summary: serde_json::Value = serde_json::from_str(&answer).unwrap();
    for tool in summary["phases"].as_array().into_iter().flatten() {
        let stages = tool["stages"].as_array().unwrap();
        let names: Vec<&str> = stages.iter().map(|stage| stage["name"].as_str().unwrap()).collect();
        let is_stage = |name: &&str| Stage::ALL.iter().any(|stage| stage.name() == *name);
        assert!(names.len() > 4 && names.iter().all(is_stage), "{}: {names:?}", trace.display());
        let sum: u64 = stages.iter().map(|stage| stage["wall_ns"].as_u64().unwrap()).sum();
        assert_eq!(Some(sum), tool["wall_ns"].as_u64(), "{}", trace.display());
    }
    assert_eq!(summary["phases"].is_array(), text.contains("\"phases\":{"), "{}", trace.display());
    summary["phases"].is_array()
}

/// Under `gotrace record`, and nearly all of its time is accounted for.
#[test]
fn a_recorded_job_is_told_with_its_tests_and_compilers() {
    let jobs: Vec<PathBuf> = recorded().into_iter().filter(|trace| is_of_a_job(trace)).collect();
    assert!(!jobs.is_empty(), "one at least");
    for trace in jobs {
        let answer = Desk::new().gotrace_with(["summary", "--format", "json", trace.to_str().unwrap()]).run().plain();
        let summary: serde_json::Value = serde_json::from_str(&answer).unwrap();
        let [job] = &summary["jobs"].as_array().unwrap()[..] else { panic!("{}: one job", trace.display()) };
        let account = |name: &str| job["account"][format!("{name}_ns")].as_u64().unwrap();
        let wall: u64 = job["account"].as_object().unwrap().values().map(|share| share.as_u64().unwrap()).sum();
        assert_eq!(Some(wall), job["wall_ns"].as_u64(), "{}: the shares add up", trace.display());
        for share in ["tools", "c_compilers", "tests", "loading", "cache", "recording"] {
            assert!(account(share) > 0, "{}: {share}", trace.display());
        }
        assert!(account("outside") + account("unexplained") < wall / 10, "{}", trace.display());
        let tests = job["tests"].as_array().unwrap().iter().map(|test| test["package"].as_str().unwrap());
        let tests: Vec<&str> = tests.map(|package| package.rsplit('/').next().unwrap()).collect();
        assert!(tests.contains(&"checksum") && tests.contains(&"words"), "{}: {tests:?}", trace.display());
        assert_eq!((&job["exit_code"], &job["not_seen"]), (&serde_json::json!(0), &serde_json::json!([])));
        assert!(job["memory"]["peak_bytes"].as_u64() > Some(1 << 20), "{}", trace.display());
    }
}

fn is_of_a_job(trace: &Path) -> bool {
    trace.file_name().is_some_and(|name| name.to_string_lossy().starts_with("record-"))
}

#[test]
fn no_recorded_trace_tells_where_it_was_recorded() {
    for trace in recorded() {
        let text = fs::read_to_string(&trace).unwrap();
        for line in text.lines() {
            let event: serde_json::Value = serde_json::from_str(line).unwrap();
            for key in ["go_dir", "dir", "source_dir", "tool_path", "gocache", "gomodcache", "goroot", "goproxy"] {
                let Some(place) = event[key].as_str() else { continue };
                let is_neutral = ["/usr/local/go", "/home/gopher", "/tmp", "gcc", "off"]
                    .iter()
                    .any(|start| place.starts_with(start));
                assert!(is_neutral, "{}: {key} {place}", trace.display());
            }
        }
    }
}

fn recorded() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples/traces");
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut traces: Vec<PathBuf> = entries.filter(|path| path.extension().is_some_and(|end| end == "jsonl")).collect();
    traces.sort();
    traces
}
