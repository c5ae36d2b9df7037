//! What can be wrong around a tool run: no such tool, no disk for the trace, no process, no pipe. In each story the
//! tool's result stands, nobody hears of the trace, and what went wrong is in a note for the readers of traces.
//!
//! "The clock was set back" is not told: a test must not set the clock of the machine it runs on. That durations
//! cannot depend on it is told in `shim_events`: they are readings of `CLOCK_MONOTONIC`.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;

use crate::world::{
    Call, Event, Notes, Outcome, Trace, World, complain, eventually, limit_to, make_fifo, pid_in, refuse, release,
};

/// A tool with something to say on both streams and an exit code of its own.
const TALKATIVE: &str = "stdout result\nstderr warning\nexit 3";

/// Runs the talkative tool and expects its result, untouched; returns the notes about the trouble.
#[track_caller]
fn check_result_stands(world: &World, prepare: impl Fn(Call) -> Call) -> Notes {
    world.tool("compile", TALKATIVE);
    let outcome = prepare(world.shim("compile")).run().exits_with(3).says("result");
    assert_eq!(outcome.err(), "warning\n", "stderr is the tool's alone");
    world.notes()
}

#[track_caller]
fn check_noted_in_temp(world: &World, prepare: impl Fn(Call) -> Call, reason: &str) {
    let notes = check_result_stands(world, prepare);
    assert!(notes.beside.is_empty(), "a note beside: {notes:?}");
    check_note(&notes.in_temp, reason);
}

#[track_caller]
fn check_noted_beside(world: &World, prepare: impl Fn(Call) -> Call, reason: &str) {
    let notes = check_result_stands(world, prepare);
    assert!(notes.in_temp.is_empty(), "a note in the temporary folder: {notes:?}");
    check_note(&notes.beside, reason);
}

#[track_caller]
fn check_note(notes: &[Event], reason: &str) {
    let first = notes.first().expect("a note");
    assert!(first.text("reason").contains(reason), "the reason {:?} has {reason:?}", first.text("reason"));
    assert!(!first.text("what").is_empty() && first.number("time_ns") > 0, "a note says what and when");
    assert!(first.has("trace"), "and of which trace");
}

/// Expects that the shim says in one line why there is no tool, with the exit code of a shell, and records it.
#[track_caller]
fn check_no_tool(world: &World, call: Call, code: i32, reason: &str) {
    let outcome = call.run().exits_with(code);
    check_told(world, &outcome, code, reason);
    assert_eq!(outcome.err().lines().count(), 1, "one line: {}", outcome.err());
}

/// Under a go command that goes on to tell its own part of it.
#[track_caller]
fn check_no_tool_for_go(world: &World, go: Call, code: i32, reason: &str) {
    let outcome = go.run().exits_with(1);
    check_told(world, &outcome, code, reason);
    assert!(outcome.err().contains("tool of a go command"), "{}", outcome.err());
}

#[track_caller]
fn check_told(world: &World, outcome: &Outcome, code: i32, reason: &str) {
    let said = outcome.err();
    assert!(said.starts_with("gotrace: cannot run ") && said.contains(reason), "{said}");
    assert!(outcome.stdout.is_empty(), "stdout is a tool's");
    let end = world.end();
    assert!(end.text("error").contains(reason), "{end:?}");
    assert_eq!(end.number("exit_code"), u64::try_from(code).expect("an exit code"));
    assert_eq!(world.trace().events.len(), 2, "it has a start event too");
}

#[test]
fn a_missing_tool_is_named_in_one_line() {
    let world = World::new();
    check_no_tool_for_go(&world, world.go("run gotrace compile"), 127, "No such file or directory");
}

#[test]
fn a_bare_name_that_is_nowhere_in_path_is_named_in_one_line() {
    let world = World::new();
    check_no_tool_for_go(&world, world.go("run gotrace gcc -###"), 127, "No such file or directory");
}

#[test]
fn a_bare_name_is_nowhere_where_there_is_no_path() {
    let world = World::new();
    world.program("bin/gcc", "");
    check_no_tool_for_go(&world, world.go("run gotrace gcc").without_env("PATH"), 127, "No such file or directory");
}

#[test]
fn a_mistyped_subcommand_is_named_and_leaves_no_trace() {
    let world = World::new();
    let outcome = world.gotrace().args(["sumary", "--rows", "5"]).run().exits_with(127);
    let said = outcome.err();
    assert!(said.starts_with("gotrace: cannot run sumary: ") && said.contains("gotrace --help"), "{said}");
    assert!(!world.path("trace.jsonl").exists(), "no tool was called");
}

/// Whoever names a trace and forgets the subcommand has not asked for a tool run, least of all for one in that trace.
#[test]
fn a_trace_that_is_typed_in_the_place_of_a_tool_is_named_and_not_touched() {
    let world = World::new();
    let trace = world.file("trace.jsonl", "what was recorded\n");
    for (typed, code) in [("../trace.jsonl", 126), ("./missing.jsonl", 127), ("../", 126)] {
        let outcome = world.gotrace().arg(typed).run().exits_with(code);
        let said = outcome.err();
        assert!(said.starts_with(&format!("gotrace: cannot run {typed}: ")), "{said}");
        assert!(said.contains("gotrace --help"), "{said}");
    }
    assert_eq!(fs::read_to_string(trace).expect("the trace"), "what was recorded\n");
    assert!(!world.path("module/trace.jsonl").exists(), "no tool was called");
}

#[test]
fn a_tool_that_may_not_be_executed_is_named_in_one_line() {
    let world = World::new();
    world.file("go/pkg/tool/linux_amd64/compile", "not for execution");
    check_no_tool_for_go(&world, world.go("run gotrace compile"), 126, "Permission denied");
}

#[test]
fn a_folder_in_the_place_of_a_tool_is_named_in_one_line() {
    let world = World::new();
    fs::create_dir(world.path("go/pkg/tool/linux_amd64/compile")).expect("a folder");
    check_no_tool_for_go(&world, world.go("run gotrace compile"), 126, "Permission denied");
}

#[test]
fn a_text_file_is_not_given_to_a_shell() {
    let world = World::new();
    world.executable("bin/gcc", "echo a shell ran this\n");
    check_no_tool(&world, world.gotrace().arg("gcc"), 126, "Exec format error");
}

#[test]
fn a_script_whose_interpreter_is_missing_is_named_in_one_line() {
    let world = World::new();
    world.executable("go/pkg/tool/linux_amd64/compile", "#!/no/such/interpreter\n");
    check_no_tool(&world, world.shim("compile"), 127, "No such file or directory");
}

#[test]
fn the_folder_of_the_trace_is_missing() {
    let world = World::new();
    let trace = world.path("missing/trace.jsonl");
    check_noted_in_temp(&world, |call| call.env("GOTRACE_FILE", &trace), "No such file or directory");
}

#[test]
fn the_folder_of_the_trace_is_a_file() {
    let world = World::new();
    let trace = world.file("file", "").join("trace.jsonl");
    check_noted_in_temp(&world, |call| call.env("GOTRACE_FILE", &trace), "Not a directory");
}

#[test]
fn the_trace_is_a_folder() {
    let world = World::new();
    fs::create_dir(world.path("trace.jsonl")).expect("a folder");
    check_noted_beside(&world, |call| call, "Is a directory");
}

#[test]
fn the_trace_may_only_be_read() {
    let world = World::new();
    let trace = world.file("trace.jsonl", "");
    fs::set_permissions(&trace, Permissions::from_mode(0o444)).expect("a read-only file");
    if may_write(&world, &trace) {
        return complain("not told: the_trace_may_only_be_read (permissions bind nobody here)");
    }
    check_noted_beside(&world, Call::without_power, "Permission denied");
}

#[test]
fn nothing_may_be_written_in_the_folder_of_the_trace() {
    let world = World::new();
    let folder = world.path("read-only");
    fs::create_dir(&folder).expect("a folder");
    fs::set_permissions(&folder, Permissions::from_mode(0o555)).expect("a read-only folder");
    let trace = folder.join("trace.jsonl");
    if may_write(&world, &trace) {
        return complain("not told: nothing_may_be_written_in_the_folder_of_the_trace (permissions bind nobody here)");
    }
    check_noted_in_temp(&world, |call| call.without_power().env("GOTRACE_FILE", &trace), "Permission denied");
}

/// Whether a process that gave up the power of root could write this file all the same.
fn may_write(world: &World, path: &Path) -> bool {
    world.tool("vet", &format!("write 0 \"{}\"", path.display()));
    world.bare("vet").without_power().run().code == Some(0)
}

#[test]
fn there_is_no_place_for_a_note_either() {
    let world = World::new();
    let nowhere = world.path("missing");
    let trace = nowhere.join("trace.jsonl");
    let notes = check_result_stands(&world, |call| call.env("GOTRACE_FILE", &trace).env("TMPDIR", &nowhere));
    assert!(notes.beside.is_empty() && notes.in_temp.is_empty() && !nowhere.exists(), "nothing was made up");
}

#[test]
fn the_disk_is_full() {
    let world = World::new();
    check_noted_in_temp(&world, |call| call.env("GOTRACE_FILE", "/dev/full"), "No space left on device");
    let what: Vec<_> = world.notes().in_temp.iter().map(|note| note.text("what").to_string()).collect();
    assert_eq!(what, ["cannot write to the trace", "cannot write to the trace"], "the start and the end were lost");
}

#[test]
fn the_trace_reaches_the_largest_size_that_a_file_may_have() {
    let world = World::new();
    let filler = "{\"type\":\"filler\"}\n".repeat(1024);
    let size = u64::try_from(filler.len()).expect("a size");
    let trace = world.file("trace.jsonl", filler);
    for (limit, reason) in [(size, "File too large"), (size + 10, "no storage space")] {
        let call = |call: Call| call.before_exec(move || limit_to(libc::RLIMIT_FSIZE, limit));
        check_noted_beside(&world, call, reason);
        fs::remove_file(world.path("trace.jsonl.problems")).expect("the note");
    }
    let bytes = fs::read(trace).expect("the trace");
    assert!(bytes.ends_with(b"}\n{\"type\":\"s"), "the event that met the limit is cut, and no other");
}

#[test]
fn the_folder_of_the_trace_is_deleted_while_a_tool_runs() {
    let world = World::new();
    fs::create_dir(world.path("soon gone")).expect("a folder");
    let trace = world.path("soon gone/trace.jsonl");
    world.tool("compile", &format!("remove \"{}\"\nstdout result\nexit 3", world.path("soon gone").display()));
    for _ in 0..2 {
        // The second run finds no folder, and its tool has nothing to remove.
        world.shim("compile").env("GOTRACE_FILE", &trace).run().exits_with(3).says("result").quietly();
        world.tool("compile", "stdout result\nexit 3");
    }
    let notes = world.notes();
    let what: Vec<_> = notes.in_temp.iter().map(|note| note.text("what")).collect();
    assert_eq!(what, ["the trace was deleted while a tool ran", "cannot open the trace"]);
}

#[test]
fn the_trace_is_a_fifo_without_a_reader() {
    let world = World::new();
    make_fifo(&world.path("trace.jsonl"));
    check_noted_beside(&world, |call| call, "No such device or address");
}

#[test]
fn the_trace_is_a_fifo_with_a_reader() {
    let world = World::new();
    let mut reader = open_fifo(&world.path("trace.jsonl"));
    let notes = check_result_stands(&world, |call| call);
    let mut bytes = vec![0; 64 * 1024];
    let count = reader.read(&mut bytes).expect("the events");
    let trace = Trace::parse(&bytes[..count]);
    let kinds: Vec<_> = trace.events.iter().map(|event| event.text("type")).collect();
    assert_eq!(kinds, ["start", "end"]);
    assert!(notes.beside.is_empty() && notes.in_temp.is_empty(), "no trouble, no note");
}

#[test]
fn the_reader_of_the_fifo_leaves_while_a_tool_runs() {
    let world = World::where_compile("create started\nwait-for go-on\nstdout result\nexit 3");
    let reader = open_fifo(&world.path("trace.jsonl"));
    let shim = world.shim("compile").start();
    pid_in(&world.path("module/started"));
    drop(reader);
    // Another story may be starting a process, which has the reading end too until it becomes another program.
    eventually("nobody reads", || write_end(&world.path("trace.jsonl")).is_err());
    release(&world.path("module/go-on"));
    shim.finish().exits_with(3).says("result").quietly();
    check_note(&world.notes().beside, "Broken pipe");
}

#[test]
fn the_reader_of_the_fifo_does_not_read() {
    let world = World::new();
    let path = world.path("trace.jsonl");
    let mut reader = open_fifo(&path);
    let mut writer = write_end(&path).expect("the writing end");
    while writer.write(&[b'\n'; 4096]).is_ok() {}
    check_noted_beside(&world, |call| call, "Resource temporarily unavailable");
    let mut chunk = [0; 4096];
    while let Ok(count) = reader.read(&mut chunk) {
        assert!(chunk[..count].iter().all(|byte| *byte == b'\n'), "no part of an event was written");
    }
}

fn write_end(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).custom_flags(libc::O_NONBLOCK).open(path)
}

fn open_fifo(path: &Path) -> File {
    make_fifo(path);
    OpenOptions::new().read(true).custom_flags(libc::O_NONBLOCK).open(path).expect("the reading end")
}

#[test]
fn nobody_can_tell_where_go_was_started() {
    let world = World::where_compile(TALKATIVE);
    let go = world.go("hide\nrun gotrace compile");
    let outcome = go.without_env("GOTRACE_FILE").without_power().run().exits_with(1).says("result");
    assert!(outcome.err().starts_with("warning\n"), "{}", outcome.err());
    assert!(!world.path("module/trace.jsonl").exists(), "no trace in a folder that was only guessed");
    let notes = world.notes().in_temp;
    assert_eq!(notes.first().expect("a note").text("what"), "cannot tell in which directory go was started");
}

#[test]
fn a_note_is_not_written_through_a_link_that_somebody_laid() {
    let world = World::new();
    let victim = world.file("victim", "precious");
    std::os::unix::fs::symlink(&victim, world.note_in_temp()).expect("a link");
    world.tool("compile", TALKATIVE);
    world.shim("compile").env("GOTRACE_FILE", "/dev/full").run().exits_with(3).says("result");
    assert_eq!(fs::read_to_string(victim).expect("the victim"), "precious");
}

#[test]
fn a_note_does_not_grow_for_ever() {
    let world = World::new();
    world.file(world.note_in_temp(), "{\"type\":\"filler\"}\n".repeat(8000));
    let before = fs::metadata(world.note_in_temp()).expect("the note").len();
    check_result_stands(&world, |call| call.env("GOTRACE_FILE", "/dev/full"));
    assert_eq!(fs::metadata(world.note_in_temp()).expect("the note").len(), before);
}

/// `pids.max` of a container counts the shim too, so a build that just fitted could fail because of it.
#[test]
fn no_process_is_left_for_the_tool() {
    let world = World::new();
    let notes = check_result_stands(&world, |call| call.before_exec(refuse_new_processes));
    check_note(&notes.beside, "Resource temporarily unavailable");
    let trace = world.trace();
    assert_eq!(trace.events.len(), 1, "the tool ran in the shim's place: a start without an end");
    assert_eq!(trace.events[0].text("type"), "start");
}

#[test]
fn the_tool_gets_its_signals_even_in_the_shims_place() {
    let world = World::where_compile("show-signals");
    // Both by fork, because a process made by posix_spawn has other signals ignored to begin with.
    let bare = world.bare("compile").before_exec(|| Ok(())).run().succeeds();
    let shimmed = world.shim("compile").before_exec(refuse_new_processes).run().succeeds();
    assert_eq!(shimmed.stdout.escape_ascii().to_string(), bare.stdout.escape_ascii().to_string());
}

#[test]
fn what_writing_raised_does_not_kill_the_tool_in_the_shims_place() {
    let world = World::new();
    // The trace is at the limit; a note beside it is far below.
    world.file("trace.jsonl", "\n".repeat(16 * 1024));
    let call =
        |call: Call| call.before_exec(refuse_new_processes).before_exec(|| limit_to(libc::RLIMIT_FSIZE, 16 * 1024));
    check_note(&check_result_stands(&world, call).beside, "File too large");
}

/// Has the kernel answer every fork with EAGAIN, as it does at a limit on processes.
fn refuse_new_processes() -> io::Result<()> {
    refuse([libc::SYS_clone, libc::SYS_clone3], libc::EAGAIN)
}

#[test]
fn no_pipe_is_left_for_a_version_probe() {
    let world = World::new();
    let notes =
        check_result_stands(&world, |call| call.arg("-V=full").before_exec(|| limit_to(libc::RLIMIT_NOFILE, 5)));
    assert!(notes.beside.is_empty() && notes.in_temp.is_empty(), "{notes:?}");
    assert_eq!(world.end().text("tool_version"), "", "the answer went by unread");
}
