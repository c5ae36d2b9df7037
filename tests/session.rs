//! With `gotrace record` and without it a job sees the same, does the same and ends the same; and what is said where there
//! can be no record.

use std::fs;
use std::io::{Read, Write};
use std::os::fd::AsRawFd;
use std::process::Stdio;
use std::thread;

use crate::shim_signals::ignore;
use crate::terminal::{open_terminal, take_terminal};
use crate::world::{Call, Outcome, World, eventually, kill, pid_in, release};

/// A world in which `job` does what a script says.
fn where_job(script: &str) -> World {
    let world = World::new();
    world.program("bin/job", script);
    world
}

/// Runs a job without gotrace and with it, and expects the same result.
#[track_caller]
fn check_same(world: &World, words: &[&str], prepare: impl Fn(Call) -> Call) -> Outcome {
    let plain = prepare(world.plain(words)).run();
    let recorded = prepare(world.recorded_quietly(words)).run();
    assert_eq!((recorded.code, recorded.signal), (plain.code, plain.signal), "how it ended: {}", recorded.err());
    assert!(recorded.stdout == plain.stdout, "stdout: {:?}", String::from_utf8_lossy(&recorded.stdout));
    assert!(recorded.stderr == plain.stderr, "stderr: {:?}", recorded.err());
    check_nothing_left(world);
    recorded
}

/// The session's folder was in TMPDIR.
#[track_caller]
fn check_nothing_left(world: &World) {
    let left: Vec<_> =
        fs::read_dir(world.path("tmp")).expect("a folder").map(|entry| entry.expect("one").path()).collect();
    assert!(left.is_empty(), "left behind: {left:?}");
}

#[test]
fn every_exit_code_is_the_jobs() {
    let world = where_job("exit $1");
    for code in 0..=255 {
        world.recorded_quietly(&["job", &code.to_string()]).run().exits_with(code).silently();
    }
    let recorded: Vec<_> = world.trace().of_type("session_end").iter().map(|end| end.number("exit_code")).collect();
    assert_eq!(recorded, (0..=255).collect::<Vec<_>>());
    check_nothing_left(&world);
}

#[test]
fn a_job_killed_by_a_signal_takes_gotrace_with_it_by_the_same_signal() {
    let world = where_job("stdout last words\ndie-of $1");
    let signals = [libc::SIGKILL, libc::SIGSEGV, libc::SIGTERM, libc::SIGINT, libc::SIGHUP, libc::SIGPIPE];
    for signal in signals {
        world.recorded_quietly(&["job", &signal.to_string()]).run().dies_of(signal).says("last words");
        check_nothing_left(&world);
    }
    let ends = world.trace().of_type("session_end");
    let recorded: Vec<_> = ends.iter().map(|end| end.number("signal")).collect();
    assert_eq!(recorded, signals.map(|signal| u64::try_from(signal).expect("a signal")));
    assert!(ends.iter().all(|end| !end.has("exit_code")), "a death has no exit code");
}

#[test]
fn a_go_command_ends_as_it_would() {
    for how in ["exit 0", "exit 1", "exit 77", "die-of 9", "die-of 15", "die-of 2"] {
        let world = World::new();
        world.go_in_path(&format!("stdout some words\n{how}"));
        check_same(&world, &["go", "build"], |call| call);
    }
}

#[test]
fn all_streams_arrive_byte_for_byte() {
    let world = where_job("noise 3145728");
    let outcome = check_same(&world, &["job"], |call| call);
    assert_eq!((outcome.stdout.len(), outcome.stderr.len()), (3 << 20, 3 << 20));
    let world = where_job("echo-stdin");
    let bytes: Vec<u8> = (0..=u8::MAX).cycle().take(1 << 20).collect();
    let outcome = check_same(&world, &["job"], |call| call.stdin(bytes.clone()));
    assert!(outcome.stdout == bytes, "stdin is the job's");
}

#[test]
fn arguments_arrive_as_they_were_typed() {
    let world = where_job("stdout $*");
    let words = ["job", "--", "-o", "x", "", "a b", "--quiet", "record", "\n", "$HOME", "'"];
    let outcome = check_same(&world, &words, |call| call);
    assert_eq!(outcome.stdout, b"-- -o x  a b --quiet record \n $HOME '\n");
}

/// What a process is given besides its arguments: what it may do with signals and descriptors shows in what it does.
#[test]
fn a_job_and_a_go_command_find_their_signals_files_and_folder_as_without() {
    let world = World::new();
    for name in ["job", "go"] {
        world.program(&format!("bin/{name}"), "show-signals\nshow-fds\nshow-cwd");
        check_same(&world, &[name], |call| call);
        check_same(&world, &[name], |call| call.before_exec(|| ignore(libc::SIGPIPE).and(ignore(libc::SIGCHLD))));
    }
}

#[test]
fn a_job_that_closes_a_pipe_early_is_told_so_by_the_signal() {
    let world = where_job("noise 1048576\nstderr the pipe is still open");
    let outcome = check_same(&world, &["job"], |call| {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        call.stdio(writer, Stdio::null())
    });
    assert_eq!(outcome.signal, Some(libc::SIGPIPE));
}

#[test]
fn the_summary_is_on_standard_error_and_below_what_the_job_said() {
    let world = where_job("stdout to whom it concerns\nstderr a warning\nexit 3");
    let outcome = world.recorded(&["job", "now"]).env("TERM", "xterm").run().exits_with(3);
    assert_eq!(outcome.stdout, b"to whom it concerns\n");
    let summary = outcome.err().strip_prefix("a warning\n").expect("the job's words come first").to_owned();
    assert!(summary.contains("Job: job now\n") && summary.contains("exit code 3"), "{summary}");
    assert!(
        summary.ends_with(&format!("gotrace: the trace is {}\n", world.path("trace.jsonl").display())),
        "{summary}"
    );
    assert!(!outcome.err().contains('\x1b'), "no colours and no live line where no terminal is: {summary:?}");
}

#[test]
fn in_a_terminal_a_line_says_how_far_the_job_is_and_goes_away() {
    let (mut screen, terminal) = open_terminal().expect("a pseudo terminal");
    let world = where_job("create running\nwait-for go-on\nstderr the job's own words");
    let fd = terminal.as_raw_fd();
    let call = world.recorded(&["job"]).env("TERM", "xterm").before_exec(move || take_terminal(fd));
    let gotrace = call.stdio(Stdio::piped(), terminal.try_clone().expect("a second end")).start();
    pid_in(&world.path("module/running"));
    drop(terminal);
    // Read while it runs: a terminal whose screen is full holds up who writes.
    let shown = thread::spawn(move || {
        let (mut shown, mut chunk) = (Vec::new(), [0; 4096]);
        // The end of a pseudo terminal is an error.
        while let Ok(count @ 1..) = screen.read(&mut chunk) {
            shown.extend_from_slice(&chunk[..count]);
        }
        String::from_utf8(shown).expect("text")
    });
    release(&world.path("module/go-on"));
    gotrace.finish().exits_with(0);
    let shown = shown.join().expect("what was shown");
    let lines: Vec<&str> =
        shown.split("\x1b[2K").filter(|line| line.starts_with("gotrace: ") && line.contains(" done, ")).collect();
    assert!(!lines.is_empty() && lines.iter().all(|line| line.contains("\x1b[A\r")), "a line, and back up: {shown:?}");
    let (_, after) = shown.rsplit_once(lines[lines.len() - 1]).expect("the last of them");
    assert!(after.starts_with("\x1b[2K\r\n\x1b[2K\x1b[A\r"), "it is wiped before the summary comes: {after:?}");
    assert!(shown.contains("the job's own words") && after.contains("Job: "), "{shown:?}");
}

#[test]
fn quiet_is_quiet_in_a_terminal_too() {
    let (mut screen, terminal) = open_terminal().expect("a pseudo terminal");
    let world = where_job("stderr words");
    let fd = terminal.as_raw_fd();
    let call = world.recorded_quietly(&["job"]).env("TERM", "xterm").before_exec(move || take_terminal(fd));
    call.stdio(Stdio::piped(), terminal).run().exits_with(0);
    let mut chunk = [0; 4096];
    let count = screen.read(&mut chunk).expect("what was shown");
    assert_eq!(String::from_utf8_lossy(&chunk[..count]), "words\r\n");
}

#[test]
fn without_standard_error_the_job_runs_and_its_trace_is_whole() {
    let world = where_job("stdout done\nexit 4");
    let call = world.recorded(&["job"]).before_exec(|| {
        #[expect(unsafe_code, reason = "close")]
        // SAFETY: nobody else in this process uses it.
        unsafe {
            libc::close(libc::STDERR_FILENO)
        };
        Ok(())
    });
    call.run().exits_with(4).says("done");
    let trace = world.trace();
    assert_eq!(trace.of_type("session_end").len(), 1, "nothing but events is in it");
}

#[test]
fn nobody_who_reads_the_summary_is_no_failure() {
    let world = where_job("exit 5");
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    world.recorded(&["job"]).stdio(Stdio::piped(), writer).run().exits_with(5);
}

#[test]
fn a_trace_that_cannot_be_written_is_an_error_before_anything_has_run() {
    let world = where_job("create ran");
    for trace in [world.path("nowhere/t.jsonl"), world.path("module")] {
        let call = world.gotrace().args(["record", "-o"]).arg(&trace).args(["--", "job"]);
        let outcome = call.run().exits_with(2);
        let expected = format!("gotrace: cannot record job in {}: ", trace.display());
        assert!(outcome.err().starts_with(&expected) && outcome.err().contains("nothing was run"), "{}", outcome.err());
        assert!(!world.path("module/ran").exists(), "{}", trace.display());
        check_nothing_left(&world);
    }
}

#[test]
fn a_command_that_does_not_exist_is_an_error_and_leaves_no_trace() {
    let world = World::new();
    for command in ["nowhere", "./nowhere", "/nowhere"] {
        let outcome = world.recorded(&[command, "x"]).run().exits_with(2);
        assert!(outcome.err().starts_with(&format!("gotrace: cannot record {command} in ")), "{}", outcome.err());
        assert!(outcome.err().contains("No such file or directory"), "{}", outcome.err());
        check_nothing_left(&world);
        assert!(!world.path("trace.jsonl").exists(), "an empty trace answers nothing");
    }
    world.file("trace.jsonl", "{\"type\":\"prophecy\"}\n");
    world.recorded(&["nowhere"]).run().exits_with(2);
    assert!(world.path("trace.jsonl").exists(), "a trace of others stays");
}

#[test]
fn a_job_that_removes_its_own_trace_still_ends_as_it_ended() {
    let world = where_job("remove-file ../trace.jsonl\nexit 6");
    let outcome = world.recorded(&["job"]).run().exits_with(6);
    assert!(outcome.err().contains("cannot read the trace") || outcome.err().contains("deleted"), "{}", outcome.err());
}

#[test]
fn without_any_go_a_plain_command_runs_and_is_sampled() {
    let world = where_job("show-env GOFLAGS");
    let outcome = world.recorded(&["job"]).env("GOFLAGS", "-v -tags=theirs").run().exits_with(0);
    let flags = String::from_utf8_lossy(&outcome.stdout).into_owned();
    assert!(flags.starts_with("-v -tags=theirs -toolexec="), "a go that is called by its path gets them: {flags}");
    let trace = world.trace();
    let sessions: Vec<_> = trace.events.iter().map(|event| event.text("session")).collect();
    assert!(sessions.windows(2).all(|pair| pair[0] == pair[1]), "one session: {sessions:?}");
    let kinds: Vec<_> = trace.events.iter().map(|event| event.text("type")).collect();
    assert_eq!((kinds.first(), kinds.last()), (Some(&"session"), Some(&"session_end")));
    assert!(kinds.contains(&"sample"), "{kinds:?}");
    assert_eq!(trace.events[0].list("line"), ["job"]);
}

/// As typed: it reaches all that stand in the foreground, and go is one that outlives it.
#[test]
fn ctrl_c_in_a_terminal_ends_the_job_and_gotrace_tells_what_was_in_flight() {
    let (mut keyboard, terminal) = open_terminal().expect("a pseudo terminal");
    let world = World::where_compile("create running\nwait-for go-on");
    world.go_in_path("count 2\nrun gotrace compile -p example.com/m");
    let fd = terminal.as_raw_fd();
    let gotrace = world.recorded(&["go", "build"]).before_exec(move || take_terminal(fd)).start();
    pid_in(&world.path("module/running"));
    keyboard.write_all(b"\x03").expect("Ctrl-C");
    let outcome = gotrace.finish().exits_with(1);
    assert!(outcome.err().contains("go: ") && outcome.err().contains("signal 2"), "go outlives it: {}", outcome.err());
    check_nothing_left(&world);
    let end = world.trace().of_type("end").remove(0);
    assert_eq!((end.text("tool"), end.number("signal")), ("compile", 2));
}

/// As of `go build &`: cmd/go fails where it cannot write down what it was asked for.
#[test]
fn a_go_command_that_outlives_the_job_can_still_write_about_itself_and_leaves_nothing() {
    let world = World::where_compile("create running\nwait-for go-on");
    world.shell_go_in_path("tool compile -p m; { echo '[]' >\"$graph\"; } 2>../trouble && echo well >../done");
    world.executable("bin/job", "#!/bin/sh\ngo build &\nwhile ! [ -e running ]; do :; done\n");
    world.recorded_quietly(&["job"]).stdio(Stdio::null(), Stdio::null()).run().exits_with(0);
    assert!(
        fs::read_dir(world.path("tmp")).expect("a folder").count() == 1,
        "the folder of the session is still there"
    );
    release(&world.path("module/go-on"));
    eventually("go has ended", || world.trace().of_type("command_end").len() == 1);
    assert!(world.path("done").exists(), "{:?}", fs::read_to_string(world.path("trouble")));
    check_nothing_left(&world);
}

/// A signal in the middle: the trace has what was in flight, and gotrace ends as the job does.
#[test]
fn a_signal_in_the_middle_leaves_a_partial_trace() {
    for (signal, to_all) in [(libc::SIGINT, -1), (libc::SIGTERM, 1), (libc::SIGINT, 1), (libc::SIGHUP, -1)] {
        let world = World::where_compile("create running\nwait-for go-on");
        world.go_in_path("run gotrace compile -p example.com/m");
        let gotrace = world.recorded(&["go", "build"]).in_own_group().start();
        pid_in(&world.path("module/running"));
        kill(i32::try_from(gotrace.pid()).expect("a pid") * to_all, signal);
        if to_all > 0 {
            // A signal to gotrace alone is passed on to go alone, and go's tools finish: as without gotrace.
            eventually("go is dead", || world.trace().of_type("command_end").len() == 1);
            release(&world.path("module/go-on"));
        }
        let outcome = gotrace.finish().dies_of(signal);
        assert!(outcome.err().contains(&format!("killed by signal {signal}")), "{}", outcome.err());
        check_nothing_left(&world);
        let trace = world.trace();
        let number = |kind: &str| {
            trace.events.iter().find(|event| event.text("type") == kind).map(|event| event.number("signal"))
        };
        let expected = u64::try_from(signal).expect("a signal");
        assert_eq!((number("session_end"), number("command_end")), (Some(expected), Some(expected)));
        assert!(trace.events.iter().any(|event| event.text("type") == "start"), "what was in flight");
    }
}
