//! Why packages were built again, by what cmd/go hashed (`gotrace record --why`): the right input is named, the reasons that
//! are found without it are the same, and neither keys nor words nor tests are others for being asked.

use std::fs;
use std::process::Command;

use serde_json::Value;

use crate::go::{GOTRACE, Go, World, each_go};

/// A module that changes.
struct Series<'g> {
    go: &'g Go,
    world: World,
}

impl Series<'_> {
    fn run(&self, arguments: &[&str], env: &[(&str, &str)]) -> Value {
        let mut command = self.world.command(arguments).recorded_with(&["--why"]);
        for (name, value) in env {
            command = command.with_env(name, value);
        }
        let outcome = command.run().expect_success();
        assert!(!outcome.stderr.contains("HASH"), "{}: {}", self.go.version, outcome.stderr);
        self.why()
    }

    fn why(&self) -> Value {
        let trace = self.world.sample().join("trace.jsonl").display().to_string();
        let mut command = Command::new(GOTRACE);
        let output = command.args(["why", &trace, "--command", "last", "--format", "json"]).output().expect("it runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).expect("JSON")
    }

    fn append(&self, file: &str, text: &str) {
        let path = self.world.sample().join(file);
        let before = fs::read_to_string(&path).unwrap_or_default();
        fs::write(path, before + text).expect("the file is written");
    }

    /// What was hashed otherwise for each package that was built, by its last name; both ways say the same.
    #[track_caller]
    fn check(&self, what: &str, why: &Value, expected: &[(&str, &[&str])]) {
        let version = &self.go.version;
        let mut told: Vec<(String, Vec<String>)> = Vec::new();
        for package in why["packages"].as_array().expect("packages") {
            let exact = &package["exact"];
            assert_eq!(exact["agrees"], true, "{version} {what}: {package:#}");
            let inputs = exact["inputs"].as_array().expect("inputs").iter();
            let name = |input: &Value| last(input["name"].as_str().expect("a name"));
            told.push((last(package["package"].as_str().expect("a name")), inputs.map(name).collect()));
        }
        told.sort();
        let expected: Vec<(String, Vec<String>)> = expected
            .iter()
            .map(|(name, inputs)| ((*name).to_owned(), inputs.iter().map(|input| (*input).to_owned()).collect()))
            .collect();
        assert_eq!(told, expected, "{version} {what}: {why:#}");
        assert_eq!(why["exact"]["packages"], why["built"]["packages"], "{version} {what}: {why:#}");
    }
}

/// Without the folders of a path.
fn last(name: &str) -> String {
    let (kind, object) = name.split_once(' ').map_or(("", name), |(kind, object)| (kind, object));
    let object = object.rsplit('/').next().unwrap_or(object);
    if kind.is_empty() { object.to_owned() } else { format!("{kind} {object}") }
}

const BUILD: [&str; 5] = ["build", "-pgo=off", "-o", "../out", "./cmd/hello"];

#[test]
#[ignore = "needs real Go toolchains: scripts/test fetches them and runs this ring"]
fn the_input_that_differs_is_named_and_the_reasons_without_it_are_the_same() {
    each_go(|go| {
        let series = Series { go, world: World::warm(go) };
        series.run(&BUILD, &[]);
        series.append("internal/terminal/terminal.go", "\n// Wide is exported.\nfunc Wide() int { return 200 }\n");
        let why = series.run(&BUILD, &[]);
        series.check("a source", &why, &[("hello", &["import terminal"]), ("terminal", &["file terminal.go"])]);

        series.append("internal/story/gopher.txt", "And so on.\n");
        let why = series.run(&BUILD, &[]);
        series.check("an embedded file", &why, &[("hello", &["import story"]), ("story", &["file gopher.txt"])]);

        series.append("internal/terminal/columns.c", "\nint more(void) { return 1; }\n");
        let why = series.run(&BUILD, &[]);
        series.check("a C file", &why, &[("hello", &["import terminal"]), ("terminal", &["file columns.c"])]);

        series.append("internal/chart/extra.go", "package chart\n\n// Extra is new.\nconst Extra = 1\n");
        let why = series.run(&BUILD, &[]);
        series.check("a new file", &why, &[("chart", &["file extra.go"]), ("hello", &["import chart"])]);

        let with = |flag: &'static str| [&["build", flag], &BUILD[1..]].concat();
        let why = series.run(&with("-gcflags=-N"), &[]);
        series.check("-gcflags", &why, &[("hello", &["gcflags", "modinfo build -gcflags"])]);

        let why = series.run(&["build", "-pgo=off", "./internal/checksum"], &[("GOCLOBBERDEADHASH", "1")]);
        let built = why["packages"].as_array().expect("packages");
        assert!(built.iter().any(|package| package["package"].as_str().is_some_and(|name| name.ends_with("checksum"))));
        for package in built {
            let inputs = package["exact"]["inputs"].as_array().expect("inputs");
            assert!(inputs.iter().any(|input| input["name"] == "GOCLOBBERDEADHASH"), "{}: {package:#}", go.version);
        }
        // Found in the cache under the key of before, and another one than the last time.
        let why = series.run(&["build", "-pgo=off", "./internal/checksum"], &[]);
        assert_eq!(why["built"]["packages"], 0, "{}: {why:#}", go.version);
        let found = why["found"].as_array().expect("what was found");
        assert!(
            found.iter().any(|found| found["reasons"][0]["name"] == "GOCLOBBERDEADHASH"
                && found["reasons"][0]["new"] == ""
                && found["packages"].as_array().is_some_and(|names| names.len() >= built.len())),
            "{}: {found:#?}",
            go.version
        );
    });
}

#[test]
#[ignore = "needs real Go toolchains: scripts/test fetches them and runs this ring"]
fn a_build_that_is_asked_leaves_the_cache_as_it_would_and_tests_come_from_it() {
    each_go(|go| {
        let series = Series { go, world: World::warm(go) };
        let compiled = |stderr: &str| stderr.lines().filter(|line| line.contains("/compile -o")).count();
        let shown = |arguments: &[&str]| {
            let outcome = series.world.command(arguments).run().expect_success();
            (compiled(&outcome.stderr), outcome.stdout)
        };
        series.append("internal/words/words.go", "\n// Edited is new.\nconst Edited = 1\n");
        series.run(&["build", "-o", "../out", "./cmd/hello"], &[]);
        assert_eq!(
            shown(&["build", "-x", "-o", "../out", "./cmd/hello"]).0,
            0,
            "{}: a plain build behind it",
            go.version
        );

        series.append("internal/words/words.go", "\n// Again is new.\nconst Again = 1\n");
        assert!(shown(&["build", "-x", "-o", "../out", "./cmd/hello"]).0 > 0, "{}", go.version);
        let why = series.run(&["build", "-o", "../out", "./cmd/hello"], &[]);
        assert_eq!(why["built"]["packages"], 0, "{}: {why:#}", go.version);

        let why = series.run(&["test", "./internal/checksum"], &[]);
        assert!(why["built"]["packages"].as_u64().is_some_and(|count| count > 0), "{}: {why:#}", go.version);
        // Go 1.24 and later hash GODEBUG into results of tests.
        let tested = shown(&["test", "./internal/checksum"]).1;
        assert!(tested.contains("(cached)"), "{}: {tested}", go.version);
        series.append("internal/checksum/checksum_test.go", "\n// More.\n");
        let why = series.run(&["test", "./internal/checksum"], &[]);
        let edited: Vec<&Value> = why["packages"].as_array().expect("packages").iter().collect();
        for package in edited {
            assert_eq!(package["exact"]["agrees"], true, "{}: {package:#}", go.version);
            assert_eq!(package["exact"]["inputs"][0]["name"], "file checksum_test.go", "{}: {package:#}", go.version);
        }
    });
}
