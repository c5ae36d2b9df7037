//! Why packages were built again: a series of edits and settings, each with the one cause that it was, and the files that
//! `GODEBUG=gocachehash=1` says went into the keys.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::files;
use crate::go::{GOTRACE, Go, World, each_go};

/// A module that changes, and what went into the keys of its packages the last time.
struct Series<'g> {
    go: &'g Go,
    world: World,
    /// By arguments and settings, and then by package: what cmd/go hashed.
    hashed: BTreeMap<String, BTreeMap<String, BTreeSet<String>>>,
}

/// What `gotrace why` said of the last build.
struct Said {
    version: String,
    json: Value,
}

const BUILD: [&str; 2] = ["-pgo=off", "./cmd/hello"];

impl<'g> Series<'g> {
    fn begin(go: &'g Go) -> Self {
        let mut series = Self { go, world: World::warm(go), hashed: BTreeMap::new() };
        let first = series.build();
        first.check_causes("", &["first"]);
        series
    }

    /// Builds as always.
    fn build(&mut self) -> Said {
        self.build_with(&BUILD, &[])
    }

    /// Builds, asks why, and compares that with what cmd/go hashed.
    fn build_with(&mut self, arguments: &[&str], env: &[(&str, &str)]) -> Said {
        let out = self.world.path("out").display().to_string();
        let arguments = [&["build", "-o", &out], arguments].concat();
        let mut command = self.world.command(&arguments).traced().with_env("GODEBUG", "gocachehash=1");
        for (name, value) in env {
            command = command.with_env(name, value);
        }
        let outcome = command.run().expect_success();
        let said = Said { version: self.go.version.clone(), json: why(&self.trace()) };
        let hashed = hashed(&outcome.stderr);
        let before = self.hashed.insert(format!("{arguments:?} {env:?}"), hashed.clone());
        if let Some(before) = before {
            said.check_agrees(&before, &hashed);
        }
        said
    }

    fn trace(&self) -> String {
        self.world.sample().join("trace.jsonl").display().to_string()
    }

    /// Adds text to the end of a file of the module.
    fn append(&self, file: &str, text: &str) {
        self.edit(file, |before| format!("{before}{text}"));
    }

    fn replace(&self, file: &str, old: &str, new: &str) {
        self.edit(file, |before| {
            assert!(before.contains(old), "{file} has {old}");
            before.replace(old, new)
        });
    }

    fn edit(&self, file: &str, edit: impl Fn(&str) -> String) {
        let path = self.world.sample().join(file);
        let before = fs::read_to_string(&path).unwrap_or_default();
        fs::write(path, edit(&before)).expect("the file is written");
    }

    fn git(&self, arguments: &[&str]) {
        let mut git = Command::new("git");
        git.current_dir(self.world.sample()).env("HOME", self.world.path("home"));
        git.args(["-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "init.defaultBranch=main"]);
        let output = git.args(arguments).output().expect("git runs");
        assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    }
}

fn why(trace: &str) -> Value {
    let mut command = Command::new(GOTRACE);
    let output = command.args(["why", trace, "--command", "last", "--format", "json"]).output().expect("gotrace runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("JSON")
}

/// `HASH[build P]: "file a.go …"`: the lines of each package that name a file or an import.
fn hashed(stderr: &str) -> BTreeMap<String, BTreeSet<String>> {
    let mut hashed: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for line in stderr.lines().filter_map(|line| line.strip_prefix("HASH[build ")) {
        let Some((package, what)) = line.split_once("]: \"") else { continue };
        if what.starts_with("file ") || what.starts_with("import ") {
            hashed.entry(package.to_owned()).or_default().insert(what.to_owned());
        }
    }
    assert!(!hashed.is_empty(), "cmd/go says what it hashes");
    hashed
}

fn words(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn all<'v>(value: &'v Value, key: &str) -> &'v [Value] {
    value[key].as_array().map_or(&[], Vec::as_slice)
}

impl Said {
    /// Each cause as its kind, whose it was, and its files or values.
    fn causes(&self) -> Vec<String> {
        let mut causes: Vec<String> = all(&self.json, "causes").iter().map(cause).collect();
        causes.sort();
        causes
    }

    #[track_caller]
    fn check_causes(&self, what: &str, expected: &[&str]) {
        assert_eq!(self.causes(), expected, "{} {what}: {:#}", self.version, self.json);
    }

    /// Packages that were built, by their last names.
    #[track_caller]
    fn check_built(&self, what: &str, expected: &[&str]) {
        let mut built = names(all(&self.json, "packages"));
        built.sort_unstable();
        assert_eq!(built, expected, "{} {what}: {:#}", self.version, self.json);
    }

    #[track_caller]
    fn check(&self, what: &str, cause: &str, built: &[&str]) {
        self.check_causes(what, &[cause]);
        self.check_built(what, built);
    }

    #[track_caller]
    fn check_stopped(&self, what: &str, expected: &[&str]) {
        assert_eq!(names(all(&self.json, "stopped")), expected, "{} {what}: {:#}", self.version, self.json);
    }

    /// The files and imports that it names for each package are those whose hashes are others.
    #[track_caller]
    fn check_agrees(&self, before: &BTreeMap<String, BTreeSet<String>>, after: &BTreeMap<String, BTreeSet<String>>) {
        for package in all(&self.json, "packages") {
            let name = words(&package["package"]);
            let kinds: Vec<&str> = all(package, "reasons").iter().map(|reason| words(&reason["kind"])).collect();
            let (Some(before), Some(after)) = (before.get(name), after.get(name)) else { continue };
            // From its compile; a program that was only linked has no other inputs.
            if kinds.iter().any(|kind| ["first", "lost", "relinked", "build-info", "moved"].contains(kind)) {
                continue;
            }
            let changed: BTreeSet<String> = before
                .symmetric_difference(after)
                .map(|line| line.split(' ').take(2).collect::<Vec<_>>().join(" "))
                .collect();
            let mut told = BTreeSet::new();
            for reason in all(package, "reasons") {
                told.extend(all(reason, "files").iter().map(|file| format!("file {}", words(&file["name"]))));
                told.extend(reason["package"].as_str().map(|import| format!("import {import}")));
            }
            assert_eq!(told, changed, "{} {name}: {package:#}", self.version);
        }
    }
}

fn cause(cause: &Value) -> String {
    let of = words(&cause["of"]).rsplit('/').next().unwrap_or_default();
    let files: Vec<&str> = all(cause, "files").iter().map(|file| words(&file["name"])).collect();
    let parts = [words(&cause["kind"]), words(&cause["name"]), of, &files.join(",")];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
}

fn names(rows: &[Value]) -> Vec<&str> {
    rows.iter().map(|row| words(&row["package"]).rsplit('/').next().unwrap_or_default()).collect()
}

#[test]
#[ignore = "needs real Go toolchains: scripts/test fetches them and runs this ring"]
fn every_edit_of_a_file_is_named_and_so_is_whom_it_reached() {
    each_go(|go| {
        let mut series = Series::begin(go);
        series.edit("internal/words/words.go", str::to_owned);
        series.build().check_built("a touch", &[]);

        series.append("internal/words/words.go", "\n// A comment at the end.\n");
        let said = series.build();
        said.check("a comment at the end", "source words words.go", &["words"]);
        said.check_stopped("a comment at the end", &["words"]);

        series.edit("internal/words/words.go", |text| format!("// A comment at the top.\n\n{text}"));
        let said = series.build();
        said.check_causes("a comment at the top", &["source words words.go"]);
        said.check_stopped("a comment at the top", &[]);

        series.replace("internal/terminal/terminal.go", "\treturn Narrow\n", "\treturn Narrow - 1\n");
        series.build().check("a body", "source terminal terminal.go", &["hello", "terminal"]);

        series.append("internal/terminal/terminal.go", "\n// Wide is exported.\nfunc Wide() int { return 200 }\n");
        series.build().check("an exported function", "source terminal terminal.go", &["hello", "terminal"]);

        series.replace("internal/checksum/checksum.go", "0xcbf29ce484222325", "0xcbf29ce484222327");
        series.build().check("a constant", "source checksum checksum.go", &["checksum", "hello"]);

        series.append("internal/story/gopher.txt", "And so on.\n");
        series.build().check("an embedded file", "embedded story gopher.txt", &["hello", "story"]);

        series.append("internal/terminal/columns.c", "\nint more(void) { return 1; }\n");
        series.build().check("a C file", "native terminal columns.c", &["hello", "terminal"]);

        series.append("internal/terminal/columns.h", "\n// More.\n");
        let said = series.build();
        said.check_causes("a header", &["native terminal columns.h"]);

        series.append("internal/checksum/sum_amd64.s", "\n// More.\n");
        series.build().check_causes("an assembly file", &["source checksum sum_amd64.s"]);

        series.append("internal/chart/extra.go", "package chart\n\n// Extra is new.\nconst Extra = 1\n");
        series.build().check("a new file", "source chart extra.go", &["chart", "hello"]);

        fs::remove_file(series.world.sample().join("internal/chart/extra.go")).expect("the file goes");
        // What it was before is in the cache; only the program is not.
        series.build().check_causes("a file that is gone", &["relinked"]);

        series.append("internal/chart/chart.go", "\n// Last is new.\nconst Last = 2\n");
        series.append("internal/words/words.go", "\n// Last is new.\nconst Last = 2\n");
        let said = series.build();
        said.check_causes("two edits", &["source chart chart.go", "source words words.go"]);
        said.check_built("two edits", &["chart", "hello", "words"]);
        assert_eq!(said.json["several_causes"]["packages"], 2, "{}: chart imports words", go.version);
    });
}

#[test]
#[ignore = "needs real Go toolchains: scripts/test fetches them and runs this ring"]
fn every_setting_is_named_and_so_is_whom_it_reached() {
    each_go(|go| {
        let mut series = Series::begin(go);
        let with = |more: &[&'static str]| [more, &BUILD].concat();
        series.build_with(&with(&["-gcflags=-N"]), &[]).check("-gcflags", "flags", &["hello"]);
        series.build_with(&with(&["-ldflags=-s"]), &[]).check("-ldflags", "flags", &["hello"]);

        series.append("internal/chart/special.go", "//go:build special\n\npackage chart\n\nconst special = 1\n");
        series.build().check_causes("a file that no build takes", &["relinked"]);
        let said = series.build_with(&with(&["-tags=special"]), &[]);
        said.check_causes("-tags", &["tags"]);
        assert!(said.json["causes"][0]["new"] == "special", "{}: {:#}", go.version, said.json);

        let said = series.build_with(&BUILD, &[("CGO_CFLAGS", "-O1 -g")]);
        // The cgo packages of std were in the cache, so that nobody had seen them built.
        said.check_causes("CGO_CFLAGS", &["first", "setting CGO_CFLAGS"]);

        let said = series.build_with(&["./cmd/hello"], &[]);
        assert!(said.causes().contains(&String::from("profile")), "{}: {:#}", go.version, said.json);

        series.replace("third_party/ansi/go.mod", "go 1.21\n", "go 1.20\n");
        let said = series.build();
        assert!(said.causes().contains(&String::from("language ansi")), "{}: {:#}", go.version, said.json);

        series.git(&["init", "-q"]);
        series.git(&["add", "."]);
        series.git(&["commit", "-q", "-m", "one"]);
        series.build().check_causes("the first commit", &["build-info hello"]);
        series.git(&["commit", "-q", "-m", "two", "--allow-empty"]);
        let said = series.build();
        said.check_causes("another commit", &["build-info hello"]);
        let commit = |key: &str| words(&said.json["causes"][0][key]).len();
        assert_eq!((commit("old"), commit("new")), (40, 40), "{}: {:#}", go.version, said.json);
    });
}

#[test]
#[ignore = "needs real Go toolchains: scripts/test fetches them and runs this ring"]
fn what_the_cache_lost_is_told_from_what_changed() {
    each_go(|go| {
        let mut series = Series::begin(go);
        let trace = fs::read_to_string(series.trace()).expect("the trace");
        let key =
            trace.lines().filter(|line| line.contains("\"tool\":\"compile\"") && line.contains("internal/words\""));
        let mut keys = key.filter_map(|line| line.split_once("\"action_id\":\""));
        let key = keys.next_back().expect("a compile of words");
        let key = hex(key.1.split('"').next().expect("a key"));
        let entry = files::names(series.world.cache())
            .into_iter()
            .find(|name| name.file_name().is_some_and(|file| file.to_string_lossy().starts_with(&key)))
            .expect("the entry of the cache");
        fs::remove_file(series.world.cache().join(entry)).expect("the entry goes");
        series.build().check("a lost entry", "lost", &["words"]);
    });
}

/// The bytes of base64url as hexadecimal digits.
fn hex(base64url: &str) -> String {
    const DIGITS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let bits: String = base64url.chars().map(|c| format!("{:06b}", DIGITS.find(c).expect("a digit"))).collect();
    let nibbles = bits.as_bytes().chunks_exact(4).map(|nibble| {
        let text = std::str::from_utf8(nibble).expect("ASCII");
        u8::from_str_radix(text, 2).expect("four bits")
    });
    nibbles.map(|nibble| format!("{nibble:x}")).collect()
}

#[test]
#[ignore = "needs real Go toolchains: scripts/test fetches them and runs this ring"]
fn a_module_that_moved_and_a_dependency_from_elsewhere_are_named() {
    each_go(|go| {
        let mut series = Series::begin(go);
        let (here, there) = (series.world.sample().join("third_party/ansi"), series.world.sample().join("ansi2"));
        files::copy(&here, &there);
        series.replace("go.mod", "require example.com/ansi v0.3.0", "require example.com/ansi v0.4.0");
        series.replace("go.mod", "v0.3.0 => ./third_party/ansi", "v0.4.0 => ./ansi2");
        let said = series.build();
        assert!(said.causes().contains(&String::from("moved ansi")), "{}: {:#}", go.version, said.json);

        let elsewhere = series.world.path("elsewhere");
        files::copy(series.world.sample(), &elsewhere);
        let trace = series.trace();
        let build = |folder: &Path, arguments: &[&str]| {
            let command = series.world.command(&[&["build"], arguments].concat()).in_folder(folder).traced();
            command.with_env("GOTRACE_FILE", &trace).run().expect_success();
            Said { version: go.version.clone(), json: why(&trace) }
        };
        build(&elsewhere, &["./internal/checksum"]).check("a move", "moved hello", &["checksum"]);
        build(series.world.sample(), &["-trimpath", "./internal/checksum"]);
        build(&elsewhere, &["-trimpath", "./internal/checksum"]).check_built("a move with -trimpath", &[]);
    });
}

#[test]
#[ignore = "needs real Go toolchains: scripts/test fetches them and runs this ring"]
fn another_architecture_level_and_another_go_are_one_cause_each() {
    let (old, new) = (Go::all().into_iter().min_by_key(|go| go.minor).expect("a go"), Go::newest());
    let world = World::cold(&old);
    let trace = world.sample().join("trace.jsonl").display().to_string();
    let build = |program: &Path, env: &[(&str, &str)]| {
        let program = program.join("bin/go").display().to_string();
        let mut command = world.program(&program, &["build", "./internal/checksum"]).traced();
        for (name, value) in env {
            command = command.with_env(name, value);
        }
        command.run().expect_success();
        Said { version: new.version.clone(), json: why(&trace) }
    };
    build(old.root(), &[]).check_causes("the first build", &["first"]);
    let said = build(old.root(), &[("GOAMD64", "v3")]);
    said.check_causes("GOAMD64", &["setting GOAMD64"]);
    assert_eq!(said.json["several_causes"]["packages"], 0, "{:#}", said.json);
    if old.version != new.version {
        let said = build(new.root(), &[]);
        let toolchain =
            all(&said.json, "causes").iter().find(|cause| cause["kind"] == "toolchain").expect("a toolchain");
        assert_eq!((words(&toolchain["old"]), words(&toolchain["new"])), (&*old.version, &*new.version));
        // Packages of std that the old version did not have.
        let kinds: BTreeSet<&str> = all(&said.json, "causes").iter().map(|cause| words(&cause["kind"])).collect();
        assert!(kinds.is_subset(&["first", "toolchain"].into()), "{kinds:?}");
    }
}

#[test]
#[ignore = "needs real Go toolchains: scripts/test fetches them and runs this ring"]
fn a_setting_that_alternates_is_told_from_an_edit_in_a_history() {
    each_go(|go| {
        let mut series = Series::begin(go);
        let traces = series.world.path("traces");
        fs::create_dir(&traces).expect("a folder");
        let keep = |series: &Series, name: &str| {
            fs::rename(series.trace(), traces.join(name)).expect("the trace is kept");
        };
        let unoptimized = [&["-gcflags=example.com/hello/internal/words=-N"], &BUILD[..]].concat();
        keep(&series, "1.jsonl");
        series.build_with(&unoptimized, &[]);
        keep(&series, "2.jsonl");
        series.replace("internal/terminal/terminal.go", "\treturn Narrow\n", "\treturn Narrow - 1\n");
        series.build();
        keep(&series, "3.jsonl");
        series.build_with(&unoptimized, &[]);
        keep(&series, "4.jsonl");

        let command = ["history", "--format", "json", &traces.display().to_string()].map(str::to_owned);
        let out = Command::new(GOTRACE).args(command).output().expect("gotrace runs");
        let told: Value = serde_json::from_slice(&out.stdout).expect("JSON");
        let compiles = all(&told, "split_by").iter().filter(|row| row["tool"] == "compile");
        let rows: Vec<String> = compiles
            .map(|row| format!("{} {} {}", words(&row["course"]), words(&row["words"]), row["action_ids"]))
            .collect();
        assert_eq!(
            rows,
            ["side-by-side -N 4", "edited sources 1", "edited imports 1"],
            "{}: {:#}",
            go.version,
            told["splits"]
        );
    });
}
