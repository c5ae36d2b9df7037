//! What tools and other machines make of the module's files; what go says of each is asked of go itself.

use std::fs::{self, File};
use std::path::Path;
use std::time::{Duration, SystemTime};

use crate::house::{Findings, GOTRACE, House, printed, skipped};

const MARK: &str = "\u{feff}";

#[track_caller]
fn expect(house: &House, id: &str, verdict: &str, words: &[&str]) {
    let findings = house.ask(id);
    let (found, said) = findings.of(id);
    assert_eq!(found, verdict, "{said}");
    for word in words {
        assert!(said.contains(word), "{word} in {said}");
    }
}

/// What go prints on standard error, and whether it was content.
fn go_says(house: &House, words: &[&str]) -> (bool, String) {
    let output = house.program(house.path("bin/go")).args(words).output().expect("go starts");
    (output.status.success(), String::from_utf8_lossy(&output.stderr).into_owned())
}

#[test]
fn a_module_of_plain_files_is_well() {
    let house = House::without_go();
    for id in ["byte-order-mark", "line-endings", "large-sources", "case-collisions", "future-files"] {
        expect(&house, id, "ok", &[]);
    }
    expect(&house, "embedded-trees", "not_applicable", &[]);
    fs::remove_file(house.path("module/go.mod")).expect("removed");
    let findings = house.ask("sources");
    let ids = ["byte-order-mark", "line-endings", "large-sources", "case-collisions", "future-files", "embedded-trees"];
    for id in ids {
        assert_eq!(findings.of(id), ("not_applicable", String::from("there is no module here")));
    }
}

#[test]
#[ignore = "needs real Go: scripts/test fetches it and runs this ring"]
fn in_the_root_of_a_workspace_all_its_modules_are_looked_at() {
    let house = House::new();
    fs::remove_file(house.path("module/go.mod")).expect("go.mod");
    house.file("module/go.work", "go 1.21\n\nuse (\n\t./a\n\t\"./b b\"\n\t../elsewhere\n)\n");
    for (folder, name) in [("module/a", "a"), ("module/b b", "b"), ("elsewhere", "c")] {
        house.file(&format!("{folder}/go.mod"), format!("module example.com/{name}\n\ngo 1.21\n"));
        house.file(&format!("{folder}/x.go"), format!("{MARK}package {name}\n"));
    }
    let embeds = "package b\n\nimport _ \"embed\"\n\n//go:embed big\nvar big string\n";
    house.file("module/b b/embeds.go", embeds);
    house.file("module/b b/big", vec![b'x'; 17 << 20]);
    house.file("module/other/x.go", format!("{MARK}package other\n"));
    let findings = house.ask("sources");
    let (verdict, said) = findings.of("byte-order-mark");
    assert_eq!(verdict, "note");
    for file in ["module/a/x.go", "module/b b/x.go", "elsewhere/x.go"] {
        assert!(said.contains(&house.path(file).display().to_string()), "{file}: {said}");
    }
    assert!(!said.contains("other/"), "it is of no module: {said}");
    let (verdict, said) = findings.of("embedded-trees");
    assert_eq!((verdict, said.contains("//go:embed big in example.com/b: 1 files")), ("note", true), "{said}");
    assert_eq!(findings.of("large-sources").0, "ok");
}

#[test]
#[ignore = "needs real Go: scripts/test fetches it and runs this ring"]
fn a_mark_that_compilers_skip_is_noted_and_two_are_an_error() {
    let house = House::new();
    house.file("module/a.go", format!("{MARK}package main\n"));
    assert!(go_says(&house, &["vet", "."]).0);
    expect(&house, "byte-order-mark", "note", &["a.go has one: compilers skip it", "sed -i"]);
    house.file("module/a.go", format!("{MARK}{MARK}package main\n"));
    assert!(go_says(&house, &["vet", "."]).1.contains("byte order mark"));
    expect(&house, "byte-order-mark", "error", &["a second one"]);
}

#[test]
#[ignore = "needs real Go: scripts/test fetches it and runs this ring"]
fn a_directive_behind_a_mark_is_passed_over_and_the_command_mends_it() {
    let house = House::new();
    let source = house.file("module/a.go", format!("{MARK}//go:generate touch made\npackage main\n"));
    house.run_go(&["generate"]);
    assert!(!house.path("module/made").exists(), "go says nothing, and does nothing");
    expect(&house, "byte-order-mark", "warn", &["go generate passes over"]);
    let findings = house.ask("byte-order-mark");
    let mend = findings.0["findings"][0]["mend"][0].as_str().expect("a command").to_owned();
    printed(house.program("/bin/sh").args(["-c", &mend]).env("PATH", "/usr/bin:/bin").output().expect("a shell"));
    assert!(fs::read_to_string(source).expect("the source").starts_with("//go:generate"));
    expect(&house, "byte-order-mark", "ok", &[]);
    let path = format!("{}:/usr/bin:/bin", house.path("bin").display());
    let house = house.with("PATH", &path);
    house.run_go(&["generate"]);
    assert!(house.path("module/made").exists());
}

#[test]
#[ignore = "needs real Go: scripts/test fetches it and runs this ring"]
fn go_mod_and_go_work_with_a_mark_cannot_be_read() {
    let house = House::new();
    house.file("module/go.mod", format!("{MARK}module example.com/app\n\ngo 1.21\n"));
    assert!(go_says(&house, &["list"]).1.contains("unexpected input character"));
    expect(&house, "byte-order-mark", "error", &["go.mod has one: go cannot read it"]);
    house.file("module/go.mod", "module example.com/app\n\ngo 1.21\n");
    house.file("go.work", format!("{MARK}go 1.21\n\nuse ./module\n"));
    assert!(go_says(&house, &["list"]).1.contains("unexpected input character"));
    expect(&house, "byte-order-mark", "error", &["go.work has one: go cannot read it"]);
}

#[test]
#[ignore = "needs real Go: scripts/test fetches it and runs this ring"]
fn embedded_json_with_a_mark_cannot_be_parsed() {
    let house = House::new();
    house.file("module/data.json", format!("{MARK}{{}}"));
    house.file("module/a.go", "package main\n\nimport _ \"embed\"\n\n//go:embed data.json\nvar data []byte\n");
    expect(&house, "byte-order-mark", "warn", &["data.json", "encoding/json"]);
    house.file("module/data.json", "{}");
    expect(&house, "byte-order-mark", "ok", &[]);
}

/// Git, as if nobody had configured it, in the module.
#[track_caller]
fn git(house: &House, words: &[&str]) {
    let who = ["-c", "user.name=a", "-c", "user.email=a@example.com"];
    let output = house.program(house.path("bin/git")).args(who).args(words).output().expect("git starts");
    printed(output);
}

#[test]
fn line_ends_that_git_converted_are_told_from_those_that_were_committed() {
    let house = House::without_go();
    if !house.path("bin/git").exists() {
        return skipped("there is no git").unwrap_or_default();
    }
    git(&house, &["init", "-q"]);
    house.file("module/a.s", "// one\n");
    git(&house, &["add", "."]);
    git(&house, &["commit", "-q", "-m", "first"]);
    expect(&house, "line-endings", "ok", &[]);
    git(&house, &["config", "core.autocrlf", "true"]);
    fs::remove_file(house.path("module/a.s")).expect("removed");
    git(&house, &["checkout", "-q", "--", "a.s"]);
    expect(&house, "line-endings", "warn", &["a.s", "git converted 1 of them", "eol=lf"]);
    git(&house, &["config", "core.autocrlf", "false"]);
    git(&house, &["add", "."]);
    expect(&house, "line-endings", "note", &["as they were committed: a.s"]);
}

#[test]
#[ignore = "needs git: scripts/test runs this ring"]
fn git_is_asked_for_every_file_with_cr_lf() {
    let house = House::without_go();
    git(&house, &["init", "-q"]);
    (0..501).for_each(|number| drop(house.file(&format!("module/{number}.s"), "// one\n")));
    git(&house, &["add", "."]);
    git(&house, &["config", "core.autocrlf", "true"]);
    (0..501).for_each(|number| drop(house.file(&format!("module/{number}.s"), "// one\r\n")));
    expect(&house, "line-endings", "warn", &["CR LF in 501 files", "git converted 501 of them"]);
}

#[test]
#[ignore = "needs real Go: scripts/test fetches it and runs this ring"]
fn where_not_every_embedded_file_is_looked_at_that_is_said() {
    let house = House::new();
    house.file("module/a.go", "package main\n\nimport \"embed\"\n\n//go:embed site\nvar files embed.FS\n");
    (0..2_001).for_each(|number| drop(house.file(&format!("module/site/{number}"), "")));
    for id in ["byte-order-mark", "line-endings"] {
        expect(&house, id, "ok", &["1 more files are embedded and were not looked at"]);
    }
}

#[test]
#[ignore = "needs real Go: scripts/test fetches it and runs this ring"]
fn packages_that_embed_are_all_looked_at() {
    let house = House::new();
    for number in 0..501 {
        let source = "package p\n\nimport _ \"embed\"\n\n//go:embed a.txt\nvar text string\n";
        house.file(&format!("module/p{number}/a.go"), source);
        house.file(&format!("module/p{number}/a.txt"), "a");
    }
    expect(&house, "embedded-trees", "ok", &["501 files, 501 B"]);
}

#[test]
#[ignore = "needs real Go: scripts/test fetches it and runs this ring"]
fn a_script_with_cr_lf_does_not_run() {
    use std::os::unix::fs::PermissionsExt;
    let house = House::new();
    let script = house.file("module/x.sh", "#!/bin/sh\r\ntrue\r\n");
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).expect("executable");
    house.file("module/a.go", "package main\n\n//go:generate ./x.sh\n");
    assert!(go_says(&house, &["generate"]).1.contains("no such file"));
    expect(&house, "line-endings", "warn", &["do not run: x.sh"]);
    house.file("module/x.sh", "#!/bin/sh\ntrue\n");
    assert!(go_says(&house, &["generate"]).0);
    expect(&house, "line-endings", "ok", &[]);
}

#[test]
fn large_sources_are_told_with_what_their_compile_cost() {
    let house = House::without_go();
    let comment =
        |bytes: usize| format!("// Code generated by x. DO NOT EDIT.\n// {}\npackage big\n", "x".repeat(bytes));
    house.file("module/big/a.go", comment(1 << 20));
    expect(&house, "large-sources", "note", &["big/a.go: 1.00 MiB, generated"]);
    house.file("module/big/a.go", comment(10 << 20));
    expect(&house, "large-sources", "warn", &["10.0 MiB"]);
}

#[test]
#[ignore = "needs real Go: scripts/test fetches it and runs this ring"]
fn the_compile_of_a_large_source_is_priced_from_a_trace() {
    let house = House::new();
    house.file("module/big/a.go", format!("// {}\npackage big\n", "x".repeat(1 << 20)));
    let trace = house.file(
        "trace.jsonl",
        "{\"type\":\"end\",\"v\":1,\"tool\":\"compile\",\"package\":\"example.com/app/big\",\"pid\":7,\"go_pid\":7,\
         \"go_start_ticks\":9,\"time_ns\":1795256377435378477,\"start_ns\":1000000000,\"end_ns\":2000000000,\
         \"user_ns\":900000000,\"sys_ns\":0,\"max_rss_bytes\":9000000,\"exit_code\":0,\"cpus\":2}\n",
    );
    let findings = house.ask_with(&["--only", "large-sources", "--trace", &trace.display().to_string()]);
    assert_eq!(findings.0["findings"][0]["cost_ns"], 900_000_000, "{}", findings.0);
}

#[test]
#[ignore = "needs real Go: scripts/test fetches it and runs this ring"]
fn names_that_differ_in_case_alone_are_refused_by_go_and_by_other_systems() {
    let house = House::new();
    house.file("module/Notes", "");
    house.file("module/notes", "");
    expect(&house, "case-collisions", "note", &["Notes, notes"]);
    house.file("module/dir/a.go", "package dir\n");
    house.file("module/Dir/a.go", "package dir\n");
    assert!(go_says(&house, &["build", "./dir", "./Dir"]).1.contains("case-insensitive import collision"));
    expect(&house, "case-collisions", "warn", &["Dir, dir: folders"]);
    house.file("module/dir/A.go", "package dir\n");
    assert!(go_says(&house, &["build", "./dir"]).1.contains("case-insensitive file name collision"));
    expect(&house, "case-collisions", "error", &["dir/A.go, dir/a.go: go refuses"]);
}

fn set_time(file: &Path, time: SystemTime) {
    File::options().write(true).open(file).and_then(|file| file.set_modified(time)).expect("a time");
}

/// How often `go list` opens a file, the second time; none where strace is not there or may not trace.
fn opened_by_go(house: &House, name: &str) -> Option<usize> {
    let log = house.path("opened");
    house.run_go(&["list", "./..."]);
    let mut strace = house.program("/usr/bin/strace");
    strace.args(["-f", "-e", "trace=openat", "-o", &log.display().to_string()]).arg(house.path("bin/go"));
    if !strace.args(["list", "./..."]).output().is_ok_and(|output| output.status.success()) {
        return skipped("strace is not there, or may not trace here");
    }
    let log = fs::read_to_string(log).expect("what strace wrote");
    Some(log.lines().filter(|line| line.contains(name)).count())
}

#[test]
#[ignore = "needs real Go: scripts/test fetches it and runs this ring"]
fn a_file_from_the_future_keeps_go_from_using_its_index() {
    let house = House::new();
    // Alone in its folder: go.mod has just been written, which is as bad.
    let source = house.file("module/future/a.go", "package future\n");
    let hour = Duration::from_hours(1);
    set_time(&source, SystemTime::now() - hour);
    expect(&house, "future-files", "ok", &[]);
    let from_index = opened_by_go(&house, "future/a.go");
    set_time(&source, SystemTime::now() + 24 * hour);
    expect(&house, "future-files", "warn", &["1 of 3 files, by up to 23 hours: ", "future/a.go", "touch {} +"]);
    let read_anew = opened_by_go(&house, "future/a.go");
    assert!(from_index < read_anew || read_anew.is_none(), "{from_index:?} {read_anew:?}");
}

#[test]
#[ignore = "needs real Go: scripts/test fetches it and runs this ring"]
fn large_embedded_trees_are_told_by_pattern() {
    let house = House::new();
    let source = "package main\n\nimport \"embed\"\n\n//go:embed site *.txt\nvar files embed.FS\n";
    house.file("module/a.go", source);
    house.file("module/a.txt", "a");
    let large = house.file("module/site/large.bin", "");
    expect(&house, "embedded-trees", "ok", &["2 files, 1 B"]);
    // A file of holes: large to go, and nothing on the disk.
    File::options().write(true).open(&large).and_then(|file| file.set_len(17 << 20)).expect("a length");
    expect(&house, "embedded-trees", "note", &["//go:embed site in example.com/app: 1 files, 17.0 MiB"]);
    (0..1_000).for_each(|number| drop(house.file(&format!("module/site/{number}"), "")));
    expect(&house, "embedded-trees", "note", &["1001 files"]);
    File::options().write(true).open(&large).and_then(|file| file.set_len(170 << 20)).expect("a length");
    expect(&house, "embedded-trees", "warn", &["170 MiB"]);
}

/// The doctor, with a delay before each file that is opened, which is real; none where strace is not there or may not trace.
fn delayed(house: &House, microseconds: u32) -> Option<Findings> {
    let inject = format!("inject=openat,?open:delay_enter={microseconds}");
    let mut strace = house.program("/usr/bin/strace");
    strace.args(["-f", "-o", "/dev/null", "-e", "trace=openat,?open", "-e", &inject, GOTRACE]);
    let output = strace.args(["doctor", "--format", "json", "--only", "file-latency"]).output().ok();
    let findings = output.and_then(|output| serde_json::from_slice(&output.stdout).ok()).map(Findings);
    findings.or_else(|| skipped("strace is not there, or may not trace here"))
}

#[test]
#[ignore = "needs real Go: scripts/test fetches it and runs this ring"]
fn files_that_open_slowly_are_told() {
    let house = House::new();
    let cache = house.path("home/.cache/go-build");
    (0..20).for_each(|number| drop(house.file(&format!("home/.cache/go-build/{number:02x}/a-d"), "")));
    (0..20).for_each(|number| drop(house.file(&format!("tmp/{number}"), "")));
    expect(&house, "file-latency", "ok", &[&cache.display().to_string()]);
    let Some(findings) = delayed(&house, 2_000) else { return };
    let (verdict, said) = findings.of("file-latency");
    assert_eq!(verdict, "warn", "{said}");
    assert!(said.contains("GOCACHE (") && said.contains("the temp folder ("), "{said}");
}
