//! The README and the guide: each line that a reader may copy works, options in the text exist, and the exit codes are those
//! that are listed.

use std::fs;
use std::path::Path;

use gotrace::pprof::{Function, Line, Location, Profile, Sample, ValueType};

use crate::desk::Desk;

const TRACE: &str = include_str!("../../samples/traces/go1.27.jsonl");

/// Lines of a document that begin with `$ gotrace`, without what is said about them.
fn copied(document: &str) -> Vec<String> {
    let text = document_text(document);
    let lines = text.lines().filter_map(|line| line.strip_prefix("$ gotrace "));
    // What is recorded needs a go; the tests with real Go do that.
    let lines = lines.filter(|line| !line.starts_with("record "));
    lines.map(|line| line.split(" #").next().unwrap_or(line).trim().to_owned()).collect()
}

fn document_text(document: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(document);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{document}: {error}"))
}

#[test]
fn what_the_documents_say_to_type_works() {
    for document in ["README.md", "docs/guide.md"] {
        let lines = copied(document);
        assert!(lines.len() >= 3, "{document} has examples: {lines:?}");
        for line in lines {
            let desk = Desk::with(TRACE);
            desk.file("compiler.pb.gz", profile());
            ["old.jsonl", "new.jsonl", "a.jsonl", "b.jsonl", "c.jsonl", "d.jsonl", "traces/one.jsonl"].iter().for_each(
                |name| {
                    desk.file(name, TRACE);
                },
            );
            let command = format!("{} {line}", env!("CARGO_BIN_EXE_gotrace"));
            let printed = desk.program("/bin/sh", ["-c", &command]).run().plain();
            let into = line.split_once(" > ").or_else(|| line.split_once(" -o "));
            let picture = into.map(|(_, file)| desk.read(file.trim()));
            let answer = picture.unwrap_or(printed);
            let expected = if line.contains(".pb.gz") { "ssa.Compile" } else { "example.com/hello" };
            let expected = if line.starts_with("whatif") { "processors" } else { expected };
            let expected = match line.as_str() {
                diff if diff.contains("benchstat") => "BenchmarkBuild",
                diff if diff.starts_with("diff") => "CPU time of tools",
                redact if redact.starts_with("redact") => "\"package\":",
                why if why.starts_with("why") => "compared with",
                _ => expected,
            };
            assert!(answer.contains(expected), "{document}: {line}: {answer:.300}");
        }
    }
}

/// A profile of one function.
fn profile() -> Vec<u8> {
    let strings = ["", "cpu", "nanoseconds", "cmd/compile/internal/ssa.Compile"].map(String::from).to_vec();
    let profile = Profile {
        value_types: vec![ValueType { kind: 1, unit: 2 }],
        samples: vec![Sample { locations: vec![1], values: vec![10_000_000], labels: vec![] }],
        locations: vec![Location { id: 1, lines: vec![Line { function: 1, line: 7 }] }],
        functions: vec![Function { id: 1, name: 3, ..Function::default() }],
        strings,
        ..Profile::default()
    };
    let mut bytes = Vec::new();
    profile.write(&mut bytes).expect("memory takes it");
    bytes
}

/// Words like `--by` in the text of the guide.
fn options(text: &str) -> Vec<String> {
    let words = text.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '-');
    let option = |word: &&str| word.strip_prefix("--").is_some_and(|name| name.starts_with(char::is_alphabetic));
    words.filter(option).map(str::to_owned).collect()
}

#[test]
fn each_option_in_the_documents_exists() {
    let desk = Desk::new();
    let helps = [
        "--help",
        "record --help",
        "flame --help",
        "summary --help",
        "report --help",
        "diff --help",
        "history --help",
        "why --help",
        "whatif --help",
        "doctor --help",
        "redact --help",
    ]
    .map(|words| desk.gotrace(words).run().plain());
    let known = options(&helps.join("\n"));
    for document in ["README.md", "docs/guide.md"] {
        // What belongs to other programs.
        let text = document_text(document).replace("cargo install --locked --path", "");
        for option in options(&text) {
            assert!(known.contains(&option), "{document} speaks of {option}, which no subcommand takes");
        }
    }
}

#[test]
fn the_exit_codes_are_the_listed_ones() {
    let guide = document_text("docs/guide.md");
    let listed: Vec<i32> = guide
        .lines()
        .skip_while(|line| *line != "## Exit codes")
        .filter_map(|line| line.strip_prefix("| ")?.split(' ').next()?.parse().ok())
        .collect();
    assert_eq!(listed, [0, 1, 2]);
    let code = |words: &str| Desk::with(TRACE).gotrace(words).run().code;
    assert_eq!(code("summary"), Some(0));
    assert_eq!(code("flame --package nothing-is-called-so"), Some(0), "nothing to draw is fine");
    assert_eq!(code("summary nowhere.jsonl"), Some(2), "an input that cannot be read");
    assert_eq!(code("flame --by colour"), Some(2), "usage");
    assert_eq!(code("flame --nonsense"), Some(2), "usage");
    let desk = Desk::with(TRACE);
    let gate = |limit: &str| desk.gotrace(&format!("diff trace.jsonl trace.jsonl --fail-over {limit}")).run().code;
    assert_eq!(
        (gate("actions>1000"), gate("actions>1")),
        (Some(0), Some(1)),
        "a limit that holds, and one that does not"
    );
    let (code, signal, complaint) = Desk::with(TRACE).gotrace("summary").run_without_reader();
    assert_eq!((code, signal, complaint.as_str()), (Some(0), None, ""), "a reader that left is fine");
}
