//! All checks together: on a healthy machine, without Go, and beside what the documents say of them.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Stdio;

use crate::house::{Findings, GOTRACE, House, printed};

#[test]
#[ignore = "needs real Go: scripts/test fetches it and runs this ring"]
fn where_all_is_well_nothing_is_found() {
    let house = House::new();
    house.run_go(&["list", "./..."]);
    let findings = house.ask_with(&[]);
    let found: Vec<_> = findings.with(&["error", "warn"]).into_iter().map(|id| (id, findings.of(id))).collect();
    assert!(found.is_empty(), "{found:#?}");
}

/// Each by itself is looked at in its family; here nothing may hide behind another, and nothing else may be found.
#[test]
#[ignore = "needs real Go: scripts/test fetches it and runs this ring"]
fn ten_planted_traps_are_found_and_nothing_else() {
    let house = House::new();
    let other = House::another_go().expect("two versions of Go");
    let path = format!("{}:{}", house.path("bin").display(), other.parent().expect("bin").display());
    house.file("go.work", "go 1.21\n\nuse ./other\n");
    house.file("other/go.mod", "module example.com/other\n\ngo 1.21\n");
    house.file("module/c.go", "package main\n\n// int one(void) { return 1; }\nimport \"C\"\n\nvar _ = C.one()\n");
    let house = house.with("PATH", &path).with("GOFLAGS", "-a -p=1").with("GODEBUG", "gocacheverify=1");
    let house = house.with("GOSUMDB", "off").with("GOPROXY", "direct").with("GOGC", "off");
    let house = house.with("CGO_CFLAGS", "-O2 -march=native");
    let script = format!("ulimit -n 256; ulimit -v 16000000; exec {GOTRACE} doctor --format json");
    let output = house.program("/bin/sh").args(["-c", &script]).output().expect("a shell");
    let findings = Findings(serde_json::from_str(&printed(output)).expect("JSON"));
    let found: BTreeSet<&str> = findings.with(&["error", "warn"]).into_iter().collect();
    let planted = [
        "address-space",
        "cache-debug",
        "cgo-portable",
        "gc-settings",
        "go-in-path",
        "go-work",
        "goflags",
        "open-files",
        "processors",
        "sumdb",
    ];
    assert_eq!(found, BTreeSet::from(planted), "{:#}", findings.0);
}

/// What a doctor prints is pasted into public issues.
#[test]
#[ignore = "needs real Go: scripts/test fetches it and runs this ring"]
fn no_secret_of_a_setting_is_printed_by_any_check() {
    let house = House::new()
        .with("GOPROXY", "https://me:hunter2@modules.example.com,direct")
        .with("GOSUMDB", "sums.example.com https://me:hunter2@sums.example.com")
        .with("GOFLAGS", "-ldflags=-X=main.token=hunter2")
        .with("GOCACHEPROG", "/nowhere/cacher --token=hunter2")
        .with("GOPRIVATE", "");
    let told = house.program(GOTRACE).args(["doctor", "--verbose"]).output().expect("gotrace starts");
    let told = String::from_utf8(told.stdout).expect("UTF-8");
    assert!(told.contains("main.token=") && !told.contains("hunter2"), "{told}");
}

/// Go takes some of them for addresses, and tells of others what is wrong with them.
#[test]
#[ignore = "needs real Go: scripts/test fetches it and runs this ring"]
fn no_password_of_an_address_is_printed_however_it_is_written_and_on_whatever_page() {
    for address in
        ["me:s3cret@git.corp/x", "//me:s3cret@git.corp/x", "https://me:s3cret@git.corp/x", "me:s3/cret@git.corp"]
    {
        for sums in ["off", &format!("sums.example.com {address}")] {
            let addresses = ["GOPROXY", "GOPRIVATE", "GONOPROXY", "GONOSUMDB", "GOINSECURE", "HTTPS_PROXY"];
            let house = addresses.iter().fold(House::new(), |house, name| house.with(name, address));
            let house = house.with("GOSUMDB", sums);
            for format in ["text", "markdown", "json", "github"] {
                let words = ["doctor", "--verbose", "--format", format];
                let told = house.program(GOTRACE).args(words).output().expect("gotrace starts");
                let told = [told.stdout, told.stderr].map(|said| String::from_utf8_lossy(&said).into_owned()).concat();
                let is_told = told.contains("git.corp") || format == "github";
                assert!(is_told, "only findings are annotations; {address}, {format}: {told}");
                assert!(!told.contains("s3") && !told.contains("cret@"), "{address}, {format}: {told}");
            }
        }
    }
}

/// With this setting `go list` writes go.mod.
#[test]
#[ignore = "needs real Go: scripts/test fetches it and runs this ring"]
fn no_file_of_the_module_is_changed() {
    let house = House::new().with("GOFLAGS", "-mod=mod");
    let before = "module example.com/app\n";
    house.file("module/go.mod", before);
    let names = || {
        let entries = std::fs::read_dir(house.path("module")).expect("the module").flatten();
        entries.map(|entry| entry.file_name()).collect::<BTreeSet<_>>()
    };
    let files = names();
    house.ask_with(&[]);
    let after = std::fs::read_to_string(house.path("module/go.mod")).expect("go.mod");
    assert_eq!((after.as_str(), names()), (before, files));
}

/// A gate that says nothing of it would let pass what no go command can build.
#[test]
#[ignore = "needs real Go: scripts/test fetches it and runs this ring"]
fn a_go_mod_that_cannot_be_read_is_an_error_in_gos_own_words() {
    let house = House::new();
    house.file("module/go.mod", "module example.com/app\n\ngo 1.21\n\nrequire ((\n");
    let findings = house.ask_with(&[]);
    let (verdict, said) = findings.of("go-mod");
    assert!(verdict == "error" && said.contains("go.mod:5"), "{said}");
    house.file("module/go.mod", "module example.com/app\n\ngo 1.21\n");
    house.file("go.work", "go 1.21\n\nuse ((\n");
    let findings = house.ask("modules");
    assert_eq!((findings.of("go-mod").0, findings.of("go-work").0), ("error", "unknown"));
}

/// A repository can hold a link to anything.
#[test]
fn a_workflow_that_has_no_end_is_not_read() {
    let house = House::without_go();
    let workflows = house.path("module/.github/workflows");
    std::fs::create_dir_all(&workflows).expect("a folder");
    std::os::unix::fs::symlink("/dev/zero", workflows.join("ci.yml")).expect("a link");
    let findings = house.ask("ci");
    assert_eq!(findings.with(&["error", "warn", "note", "unknown", "ok"]), ["ci-readable"]);
    assert!(findings.of("ci-readable").1.contains("no plain file"), "{:#}", findings.0);
}

#[test]
fn without_go_everything_is_answered_and_nothing_panics() {
    let house = House::without_go();
    let findings = house.ask_with(&[]);
    assert_eq!(findings.with(&["error"]), ["go-in-path"], "once");
    let others = findings.with(&["unknown"]);
    let differently: Vec<_> =
        others.iter().map(|id| findings.of(id).1).filter(|why| why != "there is no go in PATH").collect();
    assert!(others.len() > 20 && differently.is_empty(), "{differently:?}");
    let listed = house.program(GOTRACE).args(["doctor", "--list"]).output().expect("gotrace starts");
    let listed = String::from_utf8(listed.stdout).expect("UTF-8").lines().count();
    assert_eq!(findings.0["findings"].as_array().map(Vec::len), Some(listed));
}

/// Forty times the same words hide whatever else stands there.
#[test]
fn one_reason_for_many_checks_is_told_once_with_their_names() {
    let house = House::without_go();
    let told = |words: &[&str]| {
        let output = house.program(GOTRACE).arg("doctor").args(words).output().expect("gotrace starts");
        String::from_utf8(output.stdout).expect("UTF-8")
    };
    let text = told(&[]);
    let reasons = text.split("\n\n").filter(|block| block.starts_with("? could not tell")).collect::<Vec<_>>();
    let [reason, ..] = reasons[..] else { panic!("{text}") };
    let lost = house.ask_with(&[]);
    let lost: Vec<&str> =
        lost.with(&["unknown"]).into_iter().filter(|id| lost.of(id).1 == "there is no go in PATH").collect();
    assert!(lost.len() > 10 && lost.iter().all(|id| reason.contains(&format!("[{id}]"))), "{reason}");
    assert!(reason.contains(&format!("{} checks, for one reason\n  there is no go in PATH", lost.len())), "{reason}");
    let markdown = told(&["--format", "markdown"]);
    assert_eq!(markdown.matches("<code>there is no go in PATH</code>").count(), 2, "with go-in-path's own: {markdown}");
}

#[test]
fn the_manual_is_at_hand_for_each_check() {
    let house = House::without_go();
    let asked = |name: &str| house.program(GOTRACE).args(["doctor", "--explain", name]).output().expect("it starts");
    let section = String::from_utf8(asked("goroot").stdout).expect("UTF-8");
    assert!(section.starts_with("### goroot") && section.contains("does not match go tool version"), "{section}");
    let refused = asked("gorooot");
    let complaint = String::from_utf8_lossy(&refused.stderr);
    assert!(refused.status.code() == Some(2) && complaint.contains("--list"), "{complaint}");
}

#[test]
fn each_check_is_documented_in_its_family_under_its_title_and_no_other_is() {
    let house = House::without_go();
    let listed = house.program(GOTRACE).args(["doctor", "--list"]).output().expect("gotrace starts");
    let listed = String::from_utf8(listed.stdout).expect("UTF-8");
    let listed: BTreeSet<String> = listed.lines().map(str::to_owned).collect();
    let text =
        std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/doctor.md")).expect("docs/doctor.md");
    let (mut family, mut documented) = ("", BTreeSet::new());
    let mut lines = text.lines().filter(|line| !line.is_empty()).peekable();
    while let Some(line) = lines.next() {
        if let Some(name) = line.strip_prefix("## ") {
            family = name;
        }
        if let Some(id) = line.strip_prefix("### ") {
            let title = lines.peek().and_then(|line| line.strip_prefix("**")?.split("**").next()).unwrap_or_default();
            documented.insert(format!("{family}\t{id}\t{}", title.trim_end_matches('.')));
        }
    }
    assert_eq!(listed, documented);
}

/// What it says where it does not look, and how it ends.
fn turned_away(house: &House, words: &[&str]) -> (Option<i32>, String) {
    let output = house.program(GOTRACE).arg("doctor").args(words).output().expect("gotrace starts");
    assert!(output.stdout.is_empty(), "{output:?}");
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}

#[test]
fn names_of_checks_that_are_none_are_turned_away_and_blanks_around_them_are_not() {
    let house = House::without_go();
    for (only, words) in [
        ("", "the name of a check is empty"),
        (" ", "the name of a check is empty"),
        ("goroot,,gocache", "the name of a check is empty"),
        ("goroot,nonesuch", "there is no check nonesuch"),
        ("GOROOT", "there is no check GOROOT"),
    ] {
        let (code, said) = turned_away(&house, &["--only", only]);
        assert!(code == Some(2) && said.contains(words) && said.contains("--list"), "{only:?}: {said}");
    }
    let findings = house.ask("gc-settings, open-files");
    assert_eq!((findings.of("gc-settings").0, findings.of("open-files").0), ("ok", "ok"));
}

/// An answer without costs would look like one that found none.
#[test]
fn a_trace_that_tells_nothing_is_turned_away() {
    let house = House::without_go();
    house.file("module/empty", "");
    house.file("module/words", "hello\n");
    house.file("module/bytes", [0xff, 0, b'\n', 0x80, b'{']);
    for (trace, words) in [
        ("empty", "empty tells of no go command"),
        ("words", "words tells of no go command"),
        ("bytes", "bytes tells of no go command"),
        (".", "it is a directory"),
        ("gone", "there is no such file"),
        ("", "a value is required"),
    ] {
        let (code, said) = turned_away(&house, &[&format!("--trace={trace}")]);
        assert!(code == Some(2) && said.contains(words), "{trace}: {said}");
    }
}

/// `gotrace doctor | head -1`.
#[test]
fn a_reader_that_leaves_early_is_no_error_and_opens_no_gate() {
    let house = House::without_go();
    for (fail_on, expected) in [("", Some(0)), ("--fail-on=error", Some(1))] {
        for format in ["text", "json", "markdown", "github"] {
            let mut doctor = house.program(GOTRACE);
            doctor
                .args(["doctor", "--verbose", "--format", format, "--only", "go-in-path,go-runs"])
                .args(words(fail_on));
            let mut doctor = doctor.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("gotrace starts");
            drop(doctor.stdout.take());
            let output = doctor.wait_with_output().expect("it ends");
            let said = String::from_utf8_lossy(&output.stderr);
            assert_eq!((output.status.code(), said.as_ref()), (expected, ""), "{format} {fail_on}");
        }
    }
}

fn words(line: &str) -> impl Iterator<Item = &str> {
    line.split_whitespace()
}
