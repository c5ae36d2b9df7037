//! Builds that fail, fail alike: the same words, the same exit code, and the trace says which tool it was.

use crate::go::{Go, Outcome, World, each_go};
use crate::trace::Trace;
use crate::twice::same_outcome;

#[test]
#[ignore = "needs real Go toolchains: scripts/test fetches them and runs this ring"]
fn a_compile_error() {
    each_go(|go| {
        let broken = "package story\n\nvar Length int = Text\n";
        let (outcome, trace) = fails(go, "internal/story/length.go", broken, &["build", "./internal/..."]);
        assert!(outcome.stderr.contains("length.go:3"), "{}: it says where: {}", go.version, outcome.stderr);
        check_failed(go, &trace, "compile", "example.com/hello/internal/story");
    });
}

#[test]
#[ignore = "needs real Go toolchains: scripts/test fetches them and runs this ring"]
fn an_error_in_assembly() {
    each_go(|go| {
        let broken = "TEXT ·sum(SB), 4, $0-40\n\tJUMP over\n\tRET\n";
        let (outcome, trace) = fails(go, "internal/checksum/sum_amd64.s", broken, &["build", "./cmd/sum"]);
        assert!(outcome.stderr.contains("JUMP"), "{}: it says what: {}", go.version, outcome.stderr);
        check_failed(go, &trace, "asm", "example.com/hello/internal/checksum");
    });
}

#[test]
#[ignore = "needs real Go toolchains: scripts/test fetches them and runs this ring"]
fn an_error_that_cgo_finds() {
    each_go(|go| {
        let broken = "package terminal\n\n// #include \"columns.h\"\nimport \"C\"\n\nfunc rows() int { return int(C.rows(1)) }\n";
        let (outcome, trace) = fails(go, "internal/terminal/rows.go", broken, &["build", "./internal/terminal"]);
        assert!(outcome.stderr.contains("C.rows"), "{}: it says what: {}", go.version, outcome.stderr);
        check_failed(go, &trace, "cgo", "example.com/hello/internal/terminal");
    });
}

#[test]
#[ignore = "needs real Go toolchains: scripts/test fetches them and runs this ring"]
fn an_error_of_the_linker() {
    each_go(|go| {
        let broken = "package checksum\n\nfunc missing()\n\nfunc init() { missing() }\n";
        let (outcome, trace) = fails(go, "internal/checksum/missing.go", broken, &["build", "./cmd/sum"]);
        assert!(outcome.stderr.contains("missing"), "{}: it says what: {}", go.version, outcome.stderr);
        check_failed(go, &trace, "link", "example.com/hello/cmd/sum");
    });
}

/// From Go 1.26 on `go vet` asks for findings as JSON. Having printed them vet succeeds, and it is cmd/go that fails.
#[test]
#[ignore = "needs real Go toolchains: scripts/test fetches them and runs this ring"]
fn a_finding_of_vet() {
    each_go(|go| {
        let careless = "package story\n\nimport \"fmt\"\n\nfunc Tell() { fmt.Printf(\"%d\\n\", Text) }\n";
        for command in [&["vet", "./internal/story"][..], &["test", "./internal/story", "./internal/checksum"]] {
            let (outcome, trace) = fails(go, "internal/story/tell_test.go", careless, command);
            assert!(outcome.stderr.contains("%d"), "{}: it says what: {}", go.version, outcome.stderr);
            if go.minor >= 26 && command[0] == "vet" {
                let codes: Vec<_> = trace.of_tool("vet").map(|action| action.exit_code).collect();
                assert!(!codes.is_empty() && codes.iter().all(|code| *code == Some(0)), "{}: {codes:?}", go.version);
            } else {
                check_failed(go, &trace, "vet", "example.com/hello/internal/story");
            }
        }
    });
}

/// The test binary is no tool: the trace knows only that it was built.
#[test]
#[ignore = "needs real Go toolchains: scripts/test fetches them and runs this ring"]
fn a_failing_test() {
    each_go(|go| {
        let failing =
            "package story\n\nimport \"testing\"\n\nfunc TestEnd(t *testing.T) { t.Error(\"there is none\") }\n";
        let (outcome, trace) = fails(go, "internal/story/end_test.go", failing, &["test", "./internal/story"]);
        assert!(outcome.stdout.contains("there is none"), "{}: it says what: {}", go.version, outcome.stdout);
        trace.check_picture(
            &go.version,
            "example.com/hello/internal/story [example.com/hello/internal/story.test]: compile vet
             example.com/hello/internal/story.test: compile link",
        );
    });
}

#[test]
#[ignore = "needs real Go toolchains: scripts/test fetches them and runs this ring"]
fn a_package_that_is_not_there() {
    each_go(|go| {
        let world = World::warm(go);
        let plain = world.command(&["build", "./nowhere"]).run();
        let traced = world.command(&["build", "./nowhere"]).traced().run();
        assert_eq!((plain.seen(), plain.code), (traced.seen(), Some(1)), "{}", go.version);
        assert!(!world.sample().join("trace.jsonl").exists(), "{}: no tool, no trace", go.version);
    });
}

/// Runs a command that fails because of a file.
#[track_caller]
fn fails(go: &Go, file: &str, text: &str, command: &[&str]) -> (Outcome, Trace) {
    let world = World::warm(go);
    world.write(file, text);
    let (outcome, trace) = same_outcome(&world, &world.command(command));
    assert_eq!(outcome.code, Some(1), "{}: go {} fails", go.version, command.join(" "));
    (outcome, trace)
}

/// One action failed, and it is this one.
#[track_caller]
fn check_failed(go: &Go, trace: &Trace, tool: &str, package: &str) {
    let failed: Vec<_> = trace.actions.iter().filter(|action| action.exit_code != Some(0)).collect();
    let [failed] = failed[..] else { panic!("{}: one action failed: {failed:#?}", go.version) };
    assert_eq!((failed.tool.as_str(), failed.package.as_str()), (tool, package), "{}: which failed", go.version);
    assert!(matches!(failed.exit_code, Some(1 | 2)), "{}: with {:?}", go.version, failed.exit_code);
}
