//! Who gets a signal, who dies of it, and which records arrive all the same.
//!
//! go here is a fake one without signal handlers, which is what `go build` is: it dies at once, and what it started
//! goes on.

use std::fs;
use std::io::{self, Write};
use std::os::fd::AsRawFd;

use crate::terminal::{open_terminal, take_terminal};
use crate::world::{Started, World, eventually, kill, pid_in, release};

/// A compile that says when it is running and goes on when it is told to.
const PATIENT: &str = "create running\nwait-for go-on\nstdout done";

/// A world in which go runs the patient compile behind the shim; returns when the compile is running.
#[track_caller]
fn in_the_middle_of_a_build(compile: &str) -> (World, Started) {
    let world = World::where_compile(compile);
    let go = world.go("run gotrace compile -p example.com/m").in_own_group().start();
    pid_in(&world.path("module/running"));
    (world, go)
}

fn signed(pid: u32) -> i32 {
    i32::try_from(pid).expect("a pid")
}

/// Waits for the end event of the one tool run of this world.
#[track_caller]
fn wait_for_the_record(world: &World) {
    eventually("the end event arrives", || {
        fs::read_to_string(world.path("trace.jsonl")).is_ok_and(|trace| trace.contains("\"type\":\"end\""))
    });
}

#[test]
fn go_dies_alone_and_the_orphans_finish_and_are_recorded() {
    for signal in [libc::SIGINT, libc::SIGTERM, libc::SIGHUP, libc::SIGKILL] {
        let (world, go) = in_the_middle_of_a_build(PATIENT);
        kill(signed(go.pid()), signal);
        eventually("go is dead", || has_ended(go.pid()));
        release(&world.path("module/go-on"));
        wait_for_the_record(&world);
        let end = world.end();
        assert_eq!((end.number("exit_code"), end.number("go_pid")), (0, u64::from(go.pid())));
        go.finish().dies_of(signal).says("done");
    }
}

#[test]
fn a_signal_to_the_whole_group_kills_the_tool_and_leaves_a_record_of_it() {
    for signal in [libc::SIGINT, libc::SIGTERM, libc::SIGHUP, libc::SIGQUIT, libc::SIGUSR1, libc::SIGUSR2] {
        let (world, go) = in_the_middle_of_a_build(PATIENT);
        kill(-signed(go.pid()), signal);
        wait_for_the_record(&world);
        assert_eq!(world.end().number("signal"), u64::try_from(signal).expect("a signal"));
        go.finish().dies_of(signal).silently();
    }
}

#[test]
fn a_signal_to_the_shim_alone_is_passed_on() {
    for signal in [libc::SIGINT, libc::SIGTERM, libc::SIGHUP, libc::SIGQUIT, libc::SIGUSR1, libc::SIGUSR2] {
        let world = World::where_compile(PATIENT);
        let shim = world.shim("compile").start();
        let tool = pid_in(&world.path("module/running"));
        kill(signed(shim.pid()), signal);
        shim.finish().dies_of(signal).silently();
        assert!(has_ended(tool), "no orphan");
        assert_eq!(world.end().number("signal"), u64::try_from(signal).expect("a signal"));
    }
}

#[test]
fn a_tool_that_hangs_in_its_answer_to_a_probe_can_be_ended() {
    let world = World::where_compile("stdout compile version\ncreate running\nwait-for go-on");
    let shim = world.shim("compile").arg("-V=full").start();
    pid_in(&world.path("module/running"));
    kill(signed(shim.pid()), libc::SIGTERM);
    shim.finish().dies_of(libc::SIGTERM).says("compile version");
    assert_eq!(world.end().text("tool_version"), "compile version");
}

#[test]
fn a_tool_that_handles_a_signal_decides_itself_how_to_end() {
    let world = World::where_compile("count 15\ncreate running\nwait-for-signal 15\nstdout tidied up\nexit 7");
    let shim = world.shim("compile").start();
    pid_in(&world.path("module/running"));
    kill(signed(shim.pid()), libc::SIGTERM);
    shim.finish().exits_with(7).says("tidied up").quietly();
    assert_eq!(world.end().number("exit_code"), 7);
}

#[test]
fn what_nohup_ignores_stays_ignored() {
    let world = World::where_compile(PATIENT);
    let shim = world.shim("compile").before_exec(|| ignore(libc::SIGHUP)).start();
    pid_in(&world.path("module/running"));
    kill(signed(shim.pid()), libc::SIGHUP);
    release(&world.path("module/go-on"));
    shim.finish().succeeds().says("done");
    assert_eq!(world.end().number("exit_code"), 0);
}

#[expect(unsafe_code, reason = "signal")]
pub(crate) fn ignore(signal: i32) -> io::Result<()> {
    // SAFETY: no handler is installed.
    if unsafe { libc::signal(signal, libc::SIG_IGN) } == libc::SIG_ERR {
        Err(io::Error::last_os_error())
    } else {
        Ok(())
    }
}

#[test]
fn ctrl_c_reaches_the_tool_once() {
    let (mut keyboard, terminal) = open_terminal().expect("a pseudo terminal");
    let script =
        "count 2\ncount 10\ncreate running\nwait-for-signal 2\ncreate caught\nwait-for-signal 10\nshow-count 2";
    let world = World::where_compile(script);
    let fd = terminal.as_raw_fd();
    let shim = world.shim("compile").before_exec(move || take_terminal(fd)).start();
    pid_in(&world.path("module/running"));
    // Were the shim quick to pass on a second Ctrl-C, the kernel would make one of the two. So it is held up until the
    // tool has had the first.
    stop(shim.pid());
    keyboard.write_all(b"\x03").expect("Ctrl-C");
    pid_in(&world.path("module/caught"));
    kill(signed(shim.pid()), libc::SIGCONT);
    // The shim handles signals one by one: when this one has come through, it has done what it does about Ctrl-C.
    kill(signed(shim.pid()), libc::SIGUSR1);
    shim.finish().succeeds().says("1");
}

#[test]
fn a_killed_shim_leaves_no_tool_behind_and_a_start_without_an_end() {
    let world = World::where_compile(PATIENT);
    let shim = world.shim("compile").start();
    let tool = pid_in(&world.path("module/running"));
    kill(signed(shim.pid()), libc::SIGKILL);
    shim.finish().dies_of(libc::SIGKILL).silently();
    eventually("the tool is killed", || has_ended(tool));
    let trace = world.trace();
    let kinds: Vec<_> = trace.events.iter().map(|event| event.text("type")).collect();
    assert_eq!(kinds, ["start"], "the trace says what was in flight");
}

/// Whether a process is gone, or is a zombie that nobody has buried yet.
fn has_ended(pid: u32) -> bool {
    let state = fs::read_to_string(format!("/proc/{pid}/stat"));
    state.map_or(true, |stat| stat.rsplit(')').next().is_some_and(|rest| rest.trim_start().starts_with('Z')))
}

#[test]
fn a_tool_that_is_stopped_and_continued_ends_as_usual() {
    let world = World::where_compile(PATIENT);
    let shim = world.shim("compile").start();
    let tool = pid_in(&world.path("module/running"));
    stop(tool);
    kill(signed(tool), libc::SIGCONT);
    release(&world.path("module/go-on"));
    shim.finish().succeeds().says("done");
}

#[track_caller]
fn stop(pid: u32) {
    kill(signed(pid), libc::SIGSTOP);
    eventually("a process is stopped", || {
        fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| stat.contains(") T "))
    });
}
