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
                doctor if doctor.starts_with("doctor") => "Go builds in",
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
        let text =
            text.replace("scripts/verify-vendor --download", "").replace("scripts/verify-vendor --allow-none", "");
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

fn container_files() -> [(&'static str, String); 3] {
    ["Dockerfile", "devcontainer.json", "README.md"]
        .map(|name| (name, document_text(&format!("samples/container/{name}"))))
}

/// The words behind each `gotrace` of a text, up to where another command begins.
fn commands(text: &str) -> Vec<Vec<&str>> {
    let ends = |word: &&str| ![">", "|", "||", "&&", "--", "#"].contains(word) && !word.starts_with('>');
    let after = text.lines().flat_map(|line| line.split("gotrace ").skip(1));
    after
        .map(|rest| rest.split_whitespace().map(|word| word.trim_matches(['"', '`', ';'])).take_while(ends).collect())
        .collect()
}

#[test]
fn the_container_samples_name_options_that_exist() {
    let desk = Desk::new();
    let known = ["record", "doctor", "flame", "report", "summary"];
    let mut checked: Vec<String> = Vec::new();
    for (file, text) in container_files() {
        for words in commands(&text).iter().filter(|words| words.first().is_some_and(|word| known.contains(word))) {
            let help = desk.gotrace(&format!("{} --help", words[0])).run().plain();
            let options: Vec<&str> =
                help.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '-').collect();
            for option in words.iter().filter(|word| word.starts_with('-')) {
                assert!(options.contains(option), "{file}: gotrace {} takes no {option}", words[0]);
            }
            checked.push(words[0].to_owned());
        }
    }
    assert!(known.iter().all(|name| checked.iter().any(|seen| seen == name)), "{checked:?}");
}

#[test]
fn the_container_samples_speak_of_the_same_stages_caches_and_arguments() {
    let [(_, docker), (_, devcontainer), (_, readme)] = container_files();
    let devcontainer: serde_json::Value = serde_json::from_str(&devcontainer).expect("JSON");
    let has = |text: &str| assert!(docker.contains(text), "the Dockerfile has no {text}");
    has(&format!(" AS {}\n", devcontainer["build"]["target"].as_str().expect("a target")));
    has(&format!(" {}\n", devcontainer["remoteUser"].as_str().expect("a user")));
    for (name, value) in devcontainer["build"]["args"].as_object().expect("arguments") {
        has(&format!("ARG {name}={}\n", value.as_str().expect("text")));
    }
    for mount in devcontainer["mounts"].as_array().expect("mounts") {
        let mount = mount.as_str().expect("text");
        let target = mount.split("target=").nth(1).and_then(|rest| rest.split(',').next()).expect("a target");
        has(&format!("target={target},uid=$USER_ID"));
        has(&format!("CACHE={target}"));
    }
    let behind = |option: &str| -> Vec<String> {
        let found = readme.split(option).skip(1).filter_map(|rest| rest.split([' ', '=', '`']).next());
        found.map(str::to_owned).collect()
    };
    behind("--target ").iter().for_each(|stage| has(&format!(" AS {stage}\n")));
    behind("--build-arg ").iter().for_each(|name| has(&format!("ARG {name}=")));
}
