//! Troubleshooting: what gotrace says when it cannot do what it was asked for, word for word.
//!
//! Each text says what could not be done, with which file or option, why, and where there is something to do about it, what.
//! The exit code is 2 and standard output stays empty, so that a script never takes an error for an answer.

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::net::UnixListener;
use std::os::unix::process::CommandExt;

use expect_test::{Expect, expect};

use crate::desk::Desk;
use crate::draft;

/// A build of two packages.
const BUILD: &str = "
    $ 0 go build ./...
    probe compile 40-45
    compile std:errors 50-60
    compile example.com/shop:example.com/shop 60-90";

/// A desk with a trace.
fn desk() -> Desk {
    Desk::with(draft::trace(BUILD))
}

#[track_caller]
fn check(desk: &Desk, words: &str, expected: &Expect) {
    expected.assert_eq(&desk.gotrace(words).run().refusal());
}

// The trace.

#[test]
fn there_is_no_trace_where_one_looks() {
    let desk = Desk::new();
    let text = expect![[r"
        gotrace: cannot read the trace trace.jsonl: there is no such file in /home/you/project
          record one with `go build -toolexec gotrace ./...`, which writes trace.jsonl where go is started, or name another
    "]];
    check(&desk, "summary", &text);
    check(&desk, "flame", &text);
    check(&desk, "flame --chart", &text);
    check(
        &desk,
        "summary build/trace.jsonl",
        &expect![[r"
            gotrace: cannot read the trace build/trace.jsonl: there is no directory /home/you/project/build
              record one with `go build -toolexec gotrace ./...`, which writes trace.jsonl where go is started, or name another
        "]],
    );
}

#[test]
fn one_of_several_traces_is_missing() {
    check(
        &desk(),
        "summary trace.jsonl yesterday.jsonl",
        &expect![[r"
            gotrace: cannot read the trace yesterday.jsonl: there is no such file in /home/you/project
              record one with `go build -toolexec gotrace ./...`, which writes trace.jsonl where go is started, or name another
        "]],
    );
}

/// The shim must not disturb a build, so it puts its troubles into a note; who looks for the trace is told.
#[test]
fn the_trace_could_not_be_written_when_the_build_ran() {
    let desk = Desk::new();
    let note = |trace: &std::path::Path| {
        let reason = "Permission denied (os error 13)";
        let note = serde_json::json!({
            "type": "problem", "v": 1, "time_ns": 1, "trace": trace, "what": "cannot open the trace", "reason": reason
        });
        format!("{note}\n")
    };
    let of_this = note(&desk.path("trace.jsonl"));
    desk.notes_in_temp(note(&desk.path("other.jsonl")) + &of_this + &of_this);
    check(
        &desk,
        "summary",
        &expect![[r"
            gotrace: cannot read the trace trace.jsonl: there is no such file in /home/you/project
              the shim noted 2 times while recording: cannot open the trace: Permission denied (in /home/you/project/tmp/gotrace-1000.problems)
        "]],
    );
    // A note that lies beside the trace is about it, also where both were moved since.
    desk.file("trace.jsonl.problems", note("/somewhere/else/trace.jsonl".as_ref()));
    check(
        &desk,
        "summary",
        &expect![[r"
            gotrace: cannot read the trace trace.jsonl: there is no such file in /home/you/project
              the shim noted once while recording: cannot open the trace: Permission denied (in trace.jsonl.problems)
        "]],
    );
}

#[test]
fn the_trace_is_a_directory() {
    let desk = Desk::new();
    fs::create_dir(desk.path("build")).unwrap();
    check(
        &desk,
        "summary build",
        &expect![[r"
            gotrace: cannot read the trace build: it is a directory
              name the trace in it
        "]],
    );
    desk.file("build/trace.jsonl", "");
    check(
        &desk,
        "summary build",
        &expect![[r"
            gotrace: cannot read the trace build: it is a directory
              did you mean build/trace.jsonl?
        "]],
    );
}

#[test]
fn the_trace_belongs_to_somebody_else() {
    let desk = desk();
    fs::set_permissions(desk.path("trace.jsonl"), Permissions::from_mode(0o000)).unwrap();
    let mut call = desk.gotrace("summary");
    if fs::metadata(desk.path("")).unwrap().uid() == 0 {
        // Root may read everything, so nobody is asked. The program and the folder must be within the reach of nobody.
        let program = desk.path("gotrace");
        fs::copy(env!("CARGO_BIN_EXE_gotrace"), &program).unwrap();
        fs::set_permissions(desk.path(""), Permissions::from_mode(0o755)).unwrap();
        call = desk.program(&program, ["summary"]);
        call.command.uid(65534).gid(65534);
    }
    let text = call.run().refusal();
    expect![[r"
        gotrace: cannot read the trace trace.jsonl: Permission denied
          another user may have recorded it: `ls -l trace.jsonl` shows who
    "]]
    .assert_eq(&text);
}

#[test]
fn the_trace_is_nothing_that_can_be_read() {
    let desk = Desk::new();
    let _listener = UnixListener::bind(desk.path("socket")).unwrap();
    std::os::unix::fs::symlink("loop", desk.path("loop")).unwrap();
    check(
        &desk,
        "summary socket",
        &expect![[r"
        gotrace: cannot read the trace socket: No such device or address
    "]],
    );
    check(
        &desk,
        "summary loop",
        &expect![[r"
        gotrace: cannot read the trace loop: Too many levels of symbolic links
    "]],
    );
}

#[test]
fn the_trace_has_no_such_command() {
    let desk = desk();
    let text = expect![[r"
        gotrace: there is no go command 9: there is only one in trace.jsonl
          `gotrace summary` lists them, and `--command last` takes the last one
    "]];
    check(&desk, "summary --command 9", &text);
    check(&desk, "flame --command 9", &text);
    check(&desk, "flame --chart --command 9", &text);
    desk.file("empty.jsonl", "");
    desk.file("two.jsonl", draft::trace("$ 0 go build\ncompile a 1-2\n$ 5 go vet\nvet a 6-7"));
    check(
        &desk,
        "summary --command 1 empty.jsonl",
        &expect![[r"
            gotrace: there is no go command 1: there is none in empty.jsonl
              `gotrace summary` lists them, and `--command last` takes the last one
        "]],
    );
    check(
        &desk,
        "summary --command 4 two.jsonl trace.jsonl",
        &expect![[r"
            gotrace: there is no go command 4: there are 3 in two.jsonl and trace.jsonl
              `gotrace summary` lists them, and `--command last` takes the last one
        "]],
    );
}

// The report.

#[test]
fn the_report_cannot_be_written() {
    let desk = desk();
    fs::create_dir(desk.path("public")).unwrap();
    check(
        &desk,
        "flame -o graphs/build.svg",
        &expect![[r"
        gotrace: cannot write graphs/build.svg: there is no directory graphs
    "]],
    );
    check(
        &desk,
        "flame --chart -o public",
        &expect![[r"
            gotrace: cannot write public: it is a directory
              name a file in it: -o public/build.svg
        "]],
    );
    check(
        &desk,
        "flame -o /dev/full",
        &expect![[r"
        gotrace: cannot write /dev/full: No space left on device
    "]],
    );
    check(
        &desk,
        "flame -o trace.jsonl/build.svg",
        &expect![[r"
        gotrace: cannot write trace.jsonl/build.svg: Not a directory
    "]],
    );
}

#[test]
fn standard_output_is_full() {
    let desk = desk();
    for words in
        ["summary", "summary --format json", "flame", "flame --chart", "flame --folded", "man", "completions bash"]
    {
        let mut call = desk.gotrace(words);
        let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let output = call.command.stdout(full).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{words}");
        expect![[r"
            gotrace: cannot write to standard output: No space left on device
        "]]
        .assert_eq(&String::from_utf8(output.stderr).unwrap());
    }
}

// What was typed.

#[test]
fn a_subcommand_is_misspelt() {
    // A bare name is what cmd/go calls gotrace with for gcc and the like, so it is taken for a tool.
    let answer = Desk::new().gotrace("sumary").run();
    assert_eq!((answer.code, answer.out.as_str()), (Some(127), ""));
    expect![[r"
        gotrace: cannot run sumary: No such file or directory (os error 2) (it is neither a subcommand of gotrace nor a program; see gotrace --help)
    "]]
    .assert_eq(&answer.err);
}

#[test]
fn nothing_is_asked_for() {
    let text = Desk::new().gotrace("").run().refusal();
    assert_eq!(text, Desk::new().gotrace("-h").run().plain(), "the short help");
}

#[test]
fn an_option_is_misspelt() {
    check(
        &desk(),
        "flame --wieght cpu",
        &expect![[r"
            error: unexpected argument '--wieght' found

              tip: a similar argument exists: '--weight'

            Usage: gotrace flame --weight <WEIGHT> [TRACE]...

            For more information, try '--help'.
        "]],
    );
    check(
        &desk(),
        "summary --by tool",
        &expect![[r"
            error: unexpected argument '--by' found

              tip: to pass '--by' as a value, use '-- --by'

            Usage: gotrace summary [OPTIONS] [TRACE]...

            For more information, try '--help'.
        "]],
    );
}

#[test]
fn the_options_contradict_each_other() {
    check(
        &desk(),
        "flame --chart --folded",
        &expect![[r"
            error: the argument '--chart' cannot be used with '--folded'

            Usage: gotrace flame --chart [TRACE]...

            For more information, try '--help'.
        "]],
    );
    for option in ["--by tool", "--weight cpu", "--reverse"] {
        let text = desk().gotrace(&format!("flame --chart {option}")).run().refusal();
        assert!(text.starts_with("error: the argument '--chart' cannot be used with"), "{text}");
    }
}

#[test]
fn phases_have_wall_times_and_nothing_else() {
    check(
        &desk(),
        "flame --by package,phase --weight cpu",
        &expect![[r"
            gotrace: CPU time is not known by phase: compile and link tell how long their phases took, and nothing else
              leave out --weight, or take phase out of --by
        "]],
    );
    for weight in ["user", "sys", "rss", "count"] {
        let text = desk().gotrace(&format!("flame --folded --by phase --weight {weight}")).run().refusal();
        assert!(text.contains(" is not known by phase: "), "{text}");
    }
    desk().gotrace("flame --by phase --weight wall").run().plain();
}

/// The values of options; each text names the option, the value, and what would do.
#[test]
fn a_value_is_not_what_its_option_takes() {
    const WRONG: [(&str, &str); 16] = [
        (
            "flame --by folder",
            "'folder' for '--by <LEVELS>'\n  [possible values: command, module, package, import, tool, phase, target, go]",
        ),
        (
            "flame --weight time",
            "'time' for '--weight <WEIGHT>'\n  [possible values: wall, cpu, user, sys, rss, count]",
        ),
        ("flame --min some", "'some' for '--min <PERCENT>': a share is a number from 0 to 100, such as 0.05"),
        ("flame --min 101", "'101' for '--min <PERCENT>': a share is a number from 0 to 100, such as 0.05"),
        ("flame --min -1", "'-1' for '--min <PERCENT>': a share is a number from 0 to 100, such as 0.05"),
        ("flame --width 10", "'10' for '--width <PIXELS>': a width is a number of pixels from 200 to 20000"),
        ("flame --width -200", "'-200' for '--width <PIXELS>': a width is a number of pixels from 200 to 20000"),
        (
            "flame --package (",
            "'(' for '--package <REGEX>': unclosed group; it is a regular expression, such as '^net/'",
        ),
        (
            "flame --package a{99}{99}{99}",
            "'a{99}{99}{99}' for '--package <REGEX>': Compiled regex exceeds size limit of 10485760 bytes; it is a regular expression, such as '^net/'",
        ),
        (
            "flame --chart --package [",
            "'[' for '--package <REGEX>': unclosed character class; it is a regular expression, such as '^net/'",
        ),
        ("flame --command x", "'x' for '--command <N>': it is a number from 1 on, as in `gotrace summary`, or last"),
        ("summary --command 0", "'0' for '--command <N>': it is a number from 1 on, as in `gotrace summary`, or last"),
        (
            "summary --command -1",
            "'-1' for '--command <N>': it is a number from 1 on, as in `gotrace summary`, or last",
        ),
        ("summary --rows -1", "'-1' for '--rows <N>': it is a number from 0 on"),
        ("summary --format xml", "'xml' for '--format <FORMAT>'\n  [possible values: text, markdown, json]"),
        (
            "completions tcsh",
            "'tcsh' for '<SHELL>'\n  [possible values: bash, elvish, fish, powershell, zsh]\n\n  tip: a similar value exists: 'zsh'",
        ),
    ];
    for (words, complaint) in WRONG {
        let text = desk().gotrace(words).run().refusal();
        assert_eq!(
            text,
            format!("error: invalid value {complaint}\n\nFor more information, try '--help'.\n"),
            "{words}"
        );
    }
}
