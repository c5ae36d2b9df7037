//! Odd traces and odd surroundings: what is odd is told on standard error, and the answer still comes.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::os::fd::{FromRawFd, OwnedFd};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::process::Stdio;

use expect_test::{Expect, expect};
use flate2::Compression;
use flate2::write::GzEncoder;

use crate::desk::{Desk, HOME, read_all};
use crate::draft;

const BUILD: &str = "
    $ 0 go build ./...
    probe compile 40-45
    compile std:errors 50-60
    compile std:fmt 60-80
    compile example.com/shop:example.com/shop 80-90
    link example.com/shop:example.com/shop 90-120";

/// Every way of asking.
const QUESTIONS: [&str; 5] = ["summary", "summary --format json", "flame", "flame --folded", "flame --chart"];

/// What a trace is answered with by each question, and what is remarked by all of them.
struct Answers {
    reports: Vec<String>,
    remark: String,
}

#[track_caller]
fn ask(trace: impl AsRef<[u8]>) -> Answers {
    let desk = Desk::with(trace);
    let answers: Vec<_> = QUESTIONS.iter().map(|words| desk.gotrace(words).run()).collect();
    let remark = answers[0].err.clone();
    for (words, answer) in QUESTIONS.iter().zip(&answers) {
        assert_eq!((answer.code, &answer.err), (Some(0), &remark), "{words}");
        assert_ne!(answer.out, "", "{words}");
    }
    Answers { reports: answers.into_iter().map(|answer| answer.out).collect(), remark }
}

/// Expects that a trace is answered as `BUILD` is, with a remark on standard error.
#[track_caller]
fn check_answered_as_build(trace: impl AsRef<[u8]>, remark: &Expect) {
    let (odd, plain) = (ask(trace), ask(draft::trace(BUILD)));
    assert_eq!(plain.remark, "");
    remark.assert_eq(&odd.remark);
    for (index, question) in [(0, "text"), (2, "flame graph"), (3, "folded")] {
        assert_eq!(odd.reports[index], plain.reports[index], "the {question} is that of the whole trace");
    }
    // These two tell the problems themselves, for those who see only the artefact.
    let complaint = odd.remark.lines().next().and_then(|line| line.strip_prefix("gotrace: ")).expect("a remark");
    let json: serde_json::Value = serde_json::from_str(&odd.reports[1]).expect("JSON");
    assert_eq!(json["problems"][0].as_str().map(|problem| problem.contains(complaint)), Some(true), "{json}");
    assert!(odd.reports[4].contains("⚠ "), "the chart tells it too");
}

#[test]
fn a_torn_line_costs_itself() {
    let lines = draft::lines(BUILD);
    let torn = &lines[3][..40];
    check_answered_as_build(
        format!("{torn}\n{}", lines.concat()),
        &expect![[r"
            gotrace: trace.jsonl: line 1: it is cut off
        "]],
    );
    check_answered_as_build(
        format!("{torn}{}", lines.concat()),
        &expect![[r"
            gotrace: trace.jsonl: line 1: it is not JSON (expected `,` or `]`, column 43)
        "]],
    );
}

#[test]
fn a_foreign_line_costs_itself() {
    let build = draft::trace(BUILD);
    check_answered_as_build(
        format!(
            "# shop build, 14:13\n{build}[\"an array\"]\n{{\"type\":\"end\",\"v\":1,\"pid\":\"seven\"}}\n{{\"level\":\"info\"}}\n"
        ),
        &expect![[r#"
            gotrace: trace.jsonl: line 1: it is not a JSON object
            gotrace: trace.jsonl: line 12: it is not a JSON object
            gotrace: trace.jsonl: line 13: it is not an event of gotrace (invalid type: string "seven", expected u64, column 33)
            gotrace: trace.jsonl: line 14: it is not an event of gotrace (missing field `type`, column 16)
        "#]],
    );
}

#[test]
fn bytes_that_are_no_text_and_names_that_are_none_cost_their_line() {
    let mut build = draft::trace(BUILD).into_bytes();
    build.extend_from_slice(b"\xff\xfe\x00binary\n");
    build.extend_from_slice(br#"{"type":"start","v":1,"tool":"compile","package":"\ud800","pid":1,"start_ns":1}"#);
    check_answered_as_build(
        build,
        &expect![[r"
            gotrace: trace.jsonl: line 11: it is not a JSON object
            gotrace: trace.jsonl: line 12: it is not JSON (unexpected end of hex escape, column 57)
        "]],
    );
}

#[test]
fn a_line_of_a_newer_format_is_not_guessed_at() {
    let newer = draft::lines(BUILD)[3].replace("\"v\":1", "\"v\":2");
    check_answered_as_build(
        draft::trace(BUILD) + &newer,
        &expect![[r"
            gotrace: trace.jsonl: line 11: it is of format version 2, this gotrace reads up to 1: a newer gotrace is needed
        "]],
    );
}

#[test]
fn many_problems_are_counted() {
    check_answered_as_build(
        draft::trace(BUILD) + &"noise\n".repeat(1000),
        &expect![[r"
            gotrace: trace.jsonl: line 11: it is not a JSON object
            gotrace: trace.jsonl: line 12: it is not a JSON object
            gotrace: trace.jsonl: line 13: it is not a JSON object
            gotrace: trace.jsonl: line 14: it is not a JSON object
            gotrace: trace.jsonl: line 15: it is not a JSON object
            gotrace: and 995 more problems
        "]],
    );
}

#[test]
fn what_the_shim_noted_is_told() {
    let desk = Desk::with(draft::trace(BUILD));
    let note = |what: &str, reason: &str| {
        let trace = desk.path("trace.jsonl");
        format!("{}\n", serde_json::json!({ "type": "problem", "trace": trace, "what": what, "reason": reason }))
    };
    let full = note("cannot write to the trace", "No space left on device (os error 28)");
    desk.file("trace.jsonl.problems", full.repeat(3) + "this line of it is torn");
    desk.notes_in_temp(note("cannot open the trace", "Permission denied (os error 13)"));
    for question in QUESTIONS {
        let (_, remark) = desk.gotrace(question).run().with_remarks();
        expect![[r"
            gotrace: trace.jsonl: the shim noted 3 times while recording: cannot write to the trace: No space left on device (in trace.jsonl.problems)
            gotrace: trace.jsonl: the shim noted once while recording: cannot open the trace: Permission denied (in /home/you/project/tmp/gotrace-1000.problems)
        "]]
        .assert_eq(&remark);
    }
}

// Where a trace comes from.

#[test]
fn standard_input_and_gzip_are_read_like_a_file() {
    let build = draft::trace(BUILD);
    let desk = Desk::with(&build);
    desk.file("trace.jsonl.gz", zipped(&build));
    desk.file("no-ending", zipped(&build));
    for question in QUESTIONS {
        let expected = desk.gotrace(question).run().plain();
        assert_eq!(desk.gotrace(&format!("{question} -")).reads(build.as_str()).run().plain(), expected);
        assert_eq!(desk.gotrace(&format!("{question} -")).reads(zipped(&build)).run().plain(), expected);
        assert_eq!(desk.gotrace(&format!("{question} trace.jsonl.gz")).run().plain(), expected);
        assert_eq!(desk.gotrace(&format!("{question} no-ending")).run().plain(), expected);
    }
}

#[test]
fn a_gzip_that_was_cut_short_is_read_as_far_as_it_goes() {
    // Varied enough that half of the bytes hold half of the lines.
    let runs = (0..400).map(|number| format!("compile example.com/p{number} {number}-{}\n", number + 7));
    let draft = runs.collect::<Vec<_>>().concat();
    let (desk, zip) = (Desk::new(), zipped(&draft::trace(&draft)));
    desk.file("cut.gz", &zip[..zip.len() / 2]);
    let (text, remark) = desk.gotrace("flame --folded --weight count cut.gz").run().with_remarks();
    let packages = text.lines().count();
    assert!((100..300).contains(&packages), "{packages} of 400 packages");
    let line = remark.trim_end().strip_prefix("gotrace: cut.gz: cannot be read beyond line ").expect("the place");
    let line = line.strip_suffix(": incomplete deflate stream").expect("the reason");
    assert_eq!(line.parse::<usize>().unwrap() / 2, packages, "as many lines as were read");
}

#[test]
fn several_traces_are_one_answer() {
    let (monday, tuesday) =
        ("$ 0 go build\ncompile m:a 1-11\nlink m:a 11-13", "$ 0 go vet\ncompile m:a 1-6\ncompile m:b 1-4");
    let desk = Desk::new();
    desk.file("monday.jsonl.gz", zipped(&draft::trace(monday)));
    let call = desk.gotrace("flame --folded monday.jsonl.gz -").reads(draft::trace(tuesday));
    expect![[r"
        m;a;compile 15000000
        m;a;link 2000000
        m;b;compile 3000000
    "]]
    .assert_eq(&call.run().plain());
    // The same pids on two machines are not the same processes.
    let call =
        desk.gotrace("flame --folded --by command --weight count monday.jsonl.gz -").reads(draft::trace(tuesday));
    expect![[r"
        1: (go command not recorded) 2
        2: (go command not recorded) 2
    "]]
    .assert_eq(&call.run().plain());
}

#[test]
fn a_pipe_is_read_as_it_is_filled() {
    let desk = Desk::new();
    let build = draft::trace(BUILD);
    let made = std::process::Command::new("mkfifo").arg(desk.path("pipe")).status().expect("mkfifo runs");
    assert!(made.success());
    let writer = std::thread::spawn({
        let (path, build) = (desk.path("pipe"), build.clone());
        move || fs::write(path, build).expect("the pipe takes it")
    });
    let answer = desk.gotrace("summary pipe").run().plain();
    writer.join().unwrap();
    assert_eq!(answer, Desk::with(build).gotrace("summary").run().plain());
}

// Where an answer goes.

#[test]
fn a_reader_that_leaves_early_is_no_error() {
    let desk = Desk::with(draft::trace(BUILD));
    for words in QUESTIONS.iter().chain(&["man", "completions bash", "--help", "flame --help", "--version"]) {
        assert_eq!(desk.gotrace(words).run_without_reader(), (Some(0), None, String::new()), "{words}");
    }
}

#[test]
fn a_standard_stream_that_is_closed_does_not_become_the_report() {
    let desk = Desk::with(draft::trace(BUILD) + "noise\n");
    let expected = desk.gotrace("flame").run().with_remarks().0;
    for closed in ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"] {
        let script = format!("exec {} flame -o build.svg {closed}", env!("CARGO_BIN_EXE_gotrace"));
        assert_eq!(desk.program("/bin/sh", ["-c", &script]).run().code, Some(0), "{closed}");
        assert_eq!(desk.read("build.svg"), expected, "{closed}");
        assert!(desk.read("trace.jsonl").ends_with("noise\n"), "nothing was written into the trace");
    }
}

#[test]
fn colour_is_for_terminals_that_want_it() {
    const BOLD: &str = "\u{1b}[1m";
    let desk = Desk::with(draft::trace(BUILD));
    let summary = || desk.gotrace("summary");
    let plain = summary().run().plain();
    assert!(!plain.contains('\u{1b}'), "a pipe wants none");
    assert!(summary().env("CLICOLOR_FORCE", "1").run().plain().contains(BOLD), "a pipe that says so wants it");
    assert_eq!(
        summary().env("CLICOLOR_FORCE", "1").env("NO_COLOR", "1").run().plain(),
        plain,
        "NO_COLOR is the last word"
    );
    let on_terminal = |term: &str| on_a_terminal(summary().env("TERM", term));
    assert!(on_terminal("xterm").contains(BOLD), "a terminal wants it");
    assert!(!on_terminal("dumb").contains('\u{1b}'), "a dumb one does not");
    assert!(!on_a_terminal(summary().env("TERM", "xterm").env("NO_COLOR", "1")).contains('\u{1b}'));
    for question in &QUESTIONS[1..] {
        let forced = desk.gotrace(question).env("CLICOLOR_FORCE", "1").run().plain();
        assert!(!forced.contains('\u{1b}'), "{question} is for programs");
    }
}

/// Runs it with a terminal as standard output, and returns what the terminal was sent.
#[expect(unsafe_code, reason = "std opens no terminals")]
fn on_a_terminal(mut call: crate::desk::Call) -> String {
    let (mut ours, mut theirs) = (-1, -1);
    let null = std::ptr::null_mut();
    // SAFETY: both numbers are written, and nothing else is asked for.
    let opened = unsafe { libc::openpty(&raw mut ours, &raw mut theirs, null, null.cast(), null.cast()) };
    assert_eq!(opened, 0, "a terminal");
    // SAFETY: nobody else owns these two.
    let (ours, theirs) = unsafe { (OwnedFd::from_raw_fd(ours), OwnedFd::from_raw_fd(theirs)) };
    let mut child = call.command.stdin(Stdio::null()).stdout(theirs).spawn().expect("gotrace runs");
    // The command holds a copy of the terminal's other end, without which it is never at its end.
    drop(call);
    let mut sent = Vec::new();
    let mut ours = File::from(ours);
    let mut buffer = [0; 4096];
    // A terminal whose other end is closed answers with an error, not with an end.
    while let Ok(count @ 1..) = ours.read(&mut buffer) {
        sent.extend_from_slice(&buffer[..count]);
    }
    assert!(child.wait().expect("its end").success());
    String::from_utf8(sent).expect("UTF-8")
}

#[test]
fn a_file_appears_whole_or_not_at_all() {
    let desk = Desk::with(draft::trace(BUILD));
    for question in ["flame", "flame --chart", "flame --folded"] {
        let expected = desk.gotrace(question).run().plain();
        assert_eq!(desk.gotrace(&format!("{question} -o report")).run().plain(), "");
        assert_eq!(desk.read("report"), expected);
        // A file that may grow to 512 bytes; SIGXFSZ is ignored, so that the write fails instead.
        let script = format!("trap '' XFSZ; ulimit -f 1; exec {} {question} -o report", env!("CARGO_BIN_EXE_gotrace"));
        desk.file("report", "of yesterday");
        let code = if expected.len() > 1024 {
            let refused = desk.program("/bin/sh", ["-c", &script]).run().refusal();
            assert_eq!(refused, "gotrace: cannot write report: File too large\n");
            assert_eq!(desk.read("report"), "of yesterday", "the old one is untouched");
            2
        } else {
            0
        };
        assert_eq!(desk.names(), ["report", "tmp", "trace.jsonl"], "nothing half-made lies about, exit code {code}");
    }
}

#[test]
fn a_file_that_is_replaced_keeps_its_mode_and_a_link_stays_a_link() {
    let desk = Desk::with(draft::trace(BUILD));
    let real = desk.file("real.svg", "of yesterday");
    fs::set_permissions(&real, fs::Permissions::from_mode(0o600)).unwrap();
    std::os::unix::fs::symlink("real.svg", desk.path("link.svg")).unwrap();
    desk.gotrace("flame -o link.svg").run().plain();
    assert_eq!(desk.read("real.svg"), desk.gotrace("flame").run().plain());
    assert!(fs::symlink_metadata(desk.path("link.svg")).unwrap().is_symlink());
    assert_eq!(fs::metadata(&real).unwrap().mode() & 0o777, 0o600);
}

#[test]
fn a_device_is_written_to_and_not_replaced() {
    let desk = Desk::with(draft::trace(BUILD));
    let expected = desk.gotrace("flame").run().plain();
    assert_eq!(desk.gotrace("flame -o /dev/stdout").run().plain(), expected);
    assert_eq!(desk.gotrace("flame -o -").run().plain(), expected, "- is standard output");
    let made = std::process::Command::new("mkfifo").arg(desk.path("pipe")).status().expect("mkfifo runs");
    assert!(made.success());
    let reader = std::thread::spawn({
        let path = desk.path("pipe");
        move || read_all(File::open(path).expect("the pipe"))
    });
    desk.gotrace("flame -o pipe").run().plain();
    assert_eq!(String::from_utf8(reader.join().unwrap()).unwrap(), expected);
    let kind = fs::metadata(desk.path("pipe")).unwrap();
    assert!(!kind.is_file(), "it is a pipe still");
    assert!(Path::new(HOME).is_absolute());
}

fn zipped(text: &str) -> Vec<u8> {
    let mut zip = GzEncoder::new(Vec::new(), Compression::default());
    zip.write_all(text.as_bytes()).expect("memory takes it");
    zip.finish().expect("memory takes it")
}
