//! With the shim and without it, a tool sees the same and does the same; and what counts as a tool in the first place.
//!
//! The one difference that is left, knowingly: where core files are on, cmd/go writes `signal: aborted (core dumped)` of a
//! bare tool and `signal: aborted` of a tool behind the shim, because the shim dies of the same signal without dumping.

use std::ffi::OsString;
use std::fs;
use std::io::{self, Read, pipe};
use std::os::fd::AsRawFd;
use std::os::unix::ffi::OsStringExt;
use std::path::Path;

use crate::world::{Call, Outcome, World, complain};

/// Runs compile bare, then behind the shim, and expects the same result of both.
#[track_caller]
fn check_same(world: &World, prepare: impl Fn(Call) -> Call) -> Outcome {
    let bare = prepare(world.bare("compile")).run();
    let shimmed = prepare(world.shim("compile")).run();
    assert_eq!((shimmed.code, shimmed.signal), (bare.code, bare.signal), "how it ended");
    assert!(shimmed.stdout == bare.stdout, "stdout: {} bytes, {} without", shimmed.stdout.len(), bare.stdout.len());
    assert!(shimmed.stderr == bare.stderr, "stderr: {} bytes, {} without", shimmed.stderr.len(), bare.stderr.len());
    world.end();
    assert!(!world.path("trace.jsonl.problems").exists(), "no troubles");
    shimmed
}

#[test]
fn a_path_is_a_tool_even_where_its_name_is_a_subcommand() {
    let world = World::new();
    world.tool("flame", "stdout I am a tool");
    world.shim("flame").run().succeeds().says("I am a tool");
    assert_eq!(world.end().text("tool"), "flame");
}

#[test]
fn a_bare_name_that_is_no_subcommand_is_a_tool_from_path() {
    let world = World::new();
    fs::create_dir_all(world.path("first/gcc")).expect("a folder is no program");
    world.file("second/gcc", "a file that may not be executed");
    fs::create_dir(world.path("module/relative")).expect("a folder");
    world.program("module/relative/gcc", "stderr found through a relative entry");
    world.program("bin/gcc", "stderr gcc version 12.2.0 (Fake)");
    let path = format!("relative::{}:{}:", world.path("first").display(), world.path("second").display());
    let path = path + world.path("bin").to_str().expect("UTF-8");
    let outcome = world.gotrace().args(["gcc", "-###", "-x", "c", "-c", "-"]).env("PATH", path).run().exits_with(0);
    assert_eq!(outcome.err(), "gcc version 12.2.0 (Fake)\n");
    let end = world.end();
    assert_eq!((end.text("tool"), end.has("probe")), ("gcc", true));
}

#[test]
fn a_program_in_path_does_not_hide_a_subcommand() {
    let world = World::new();
    world.program("bin/flame", "create ran");
    world.gotrace().arg("flame").run();
    assert!(!world.path("module/ran").exists(), "the program was run in place of the subcommand");
    assert!(!world.path("trace.jsonl").exists(), "a subcommand is no tool run");
}

#[test]
fn help_version_and_nothing_at_all_are_no_tool_runs() {
    let world = World::new();
    for arguments in [&[][..], &["--help"], &["-h"], &["--version"], &["-o"], &["-o", "FILE"], &[""]] {
        world.gotrace().args(arguments).run();
        assert!(!world.path("trace.jsonl").exists(), "{arguments:?} left a trace");
    }
}

#[test]
fn ten_megabytes_with_nuls_on_both_streams_arrive_byte_for_byte() {
    let world = World::where_compile("noise 10485760");
    let outcome = check_same(&world, |call| call);
    assert_eq!((outcome.stdout.len(), outcome.stderr.len()), (10 << 20, 10 << 20));
    assert!(outcome.stdout.contains(&0), "the noise has NULs");
}

#[test]
fn stdout_and_stderr_in_one_pipe_keep_their_order() {
    let world = World::where_compile("stdout one\nstderr two\nstdout three\nstderr four");
    let (mut reader, writer) = pipe().expect("a pipe");
    let call = world.shim("compile").stdio(writer.try_clone().expect("a second end"), writer);
    call.run().exits_with(0);
    let mut said = String::new();
    reader.read_to_string(&mut said).expect("what the tool said");
    assert_eq!(said, "one\ntwo\nthree\nfour\n");
}

#[test]
fn every_exit_code_is_the_tools() {
    let world = World::where_compile("exit $1");
    for code in 0..=255 {
        world.shim("compile").arg(code.to_string()).run().exits_with(code).silently();
    }
    let recorded: Vec<_> = world.trace().of_type("end").iter().map(|end| end.number("exit_code")).collect();
    assert_eq!(recorded, (0..=255).collect::<Vec<_>>());
}

#[test]
fn a_tool_killed_by_a_signal_takes_the_shim_with_it_by_the_same_signal() {
    let world = World::where_compile("stdout last words\ndie-of $1");
    let signals =
        [libc::SIGKILL, libc::SIGSEGV, libc::SIGTERM, libc::SIGABRT, libc::SIGINT, libc::SIGHUP, libc::SIGPIPE];
    for signal in signals {
        world.shim("compile").arg(signal.to_string()).run().dies_of(signal).says("last words");
    }
    let ends = world.trace().of_type("end");
    let recorded: Vec<_> = ends.iter().map(|end| end.number("signal")).collect();
    assert_eq!(recorded, signals.map(|signal| u64::try_from(signal).expect("a signal")));
    assert!(ends.iter().all(|end| !end.has("exit_code")), "a death has no exit code");
}

#[test]
fn only_the_tool_leaves_a_core_file() {
    let with_core_files = |call: Call| {
        call.before_exec(|| {
            let no_limit = libc::rlimit { rlim_cur: libc::RLIM_INFINITY, rlim_max: libc::RLIM_INFINITY };
            #[expect(unsafe_code, reason = "setrlimit")]
            // SAFETY: `no_limit` lives through the call.
            unsafe {
                libc::setrlimit(libc::RLIMIT_CORE, &raw const no_limit)
            };
            Ok(())
        })
    };
    let world = World::where_compile("die-of 6");
    if !with_core_files(world.bare("compile")).run().dies_of(libc::SIGABRT).core_dumped {
        return complain("not told: only_the_tool_leaves_a_core_file (this machine dumps none)");
    }
    let shimmed = with_core_files(world.shim("compile")).run().dies_of(libc::SIGABRT);
    assert!(!shimmed.core_dumped, "the shim dumped core");
}

#[test]
fn stdin_passes_through() {
    let world = World::where_compile("echo-stdin");
    let bytes: Vec<u8> = (0..=u8::MAX).cycle().take(1 << 20).collect();
    let outcome = check_same(&world, |call| call.stdin(bytes.clone()));
    assert!(outcome.stdout == bytes, "all of it came back");
}

#[test]
fn an_inherited_descriptor_passes_through_and_none_is_added() {
    for arguments in [&[][..], &["-V=full"]] {
        let world = World::where_compile("show-fds\necho-fd 70");
        let file = fs::File::open(world.file("seventy", "from descriptor 70")).expect("a file");
        let fd = file.as_raw_fd();
        // The file for its phases is in shim_phases.
        let outcome = check_same(&world, |call| {
            call.args(arguments).env("GOTRACE_PHASES", "0").before_exec(move || make_it_seventy(fd))
        });
        let said = String::from_utf8(outcome.stdout).expect("UTF-8");
        assert!(said.ends_with("\nfrom descriptor 70"), "descriptor 70 was handed on: {said}");
    }
}

#[expect(unsafe_code, reason = "dup2 and lseek")]
fn make_it_seventy(fd: i32) -> io::Result<()> {
    // SAFETY: no memory is involved.
    let at = unsafe {
        libc::dup2(fd, 70);
        libc::fcntl(70, libc::F_SETFD, 0); // inherited, even where it was the file's own number
        libc::lseek(70, 0, libc::SEEK_SET) // where the run before has left it at the end
    };
    if at == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

#[test]
fn the_environment_stays_byte_for_byte() {
    let world = World::where_compile("copy /proc/self/environ environment\nshow-cwd");
    let run = |call: Call| {
        call.env("INVALID_UTF_8", OsString::from_vec(vec![0xff, 0xfe, b'=']))
            .env("EMPTY", "")
            .env("LINES", "a\nb")
            .run();
        fs::read(world.path("module/environment")).expect("the environment of the tool")
    };
    let bare = run(world.bare("compile"));
    let shimmed = run(world.shim("compile"));
    assert_eq!(shimmed.escape_ascii().to_string(), bare.escape_ascii().to_string());
    assert!(bare.windows(7).any(|part| part == b"LINES=a"), "the environment is the one of this story");
}

#[test]
fn arguments_of_any_bytes_reach_the_tool_as_they_are() {
    let world = World::where_compile("copy /proc/self/cmdline arguments");
    let odd: [&[u8]; 6] = [b"two\nlines", b"\"quoted\" 'and' \\", b"", b"\xff\xfe not UTF-8", b"\x01\x7f\t", b" "];
    let arguments = odd.map(|argument| OsString::from_vec(argument.to_vec()));
    let seen = |call: Call| {
        call.args(&arguments).run().succeeds();
        fs::read(world.path("module/arguments")).expect("the arguments of the tool")
    };
    let bare = seen(world.bare("compile"));
    let shimmed = seen(world.shim("compile").env("GOTRACE_PHASES", "0"));
    assert_eq!(shimmed.escape_ascii().to_string(), bare.escape_ascii().to_string());
    let recorded = world.end().list("args").join("|");
    assert_eq!(recorded, "two\nlines|\"quoted\" 'and' \\||\u{fffd}\u{fffd} not UTF-8|\u{1}\u{7f}\t| ");
}

/// The kernel allows 128 KiB for one argument and, where the stack may grow to 8 MiB, 2 MiB for all of them and the
/// environment. Beyond that go itself fails to start the shim: `fork/exec …/gotrace: argument list too long`. cmd/go would
/// use a response file, but only for a program that is named `compile`, `link`, `asm`, `cgo` or `cover`.
#[test]
fn the_largest_command_line_of_the_kernel_reaches_the_tool_and_leaves_a_short_line() {
    let world = World::where_compile("copy /proc/self/cmdline arguments");
    let longest = "x".repeat(128 * 1024 - 1);
    let many = (0..14).map(|_| longest.clone()).chain((0..2000).map(|n| format!("/src/file{n:04}.go")));
    let arguments: Vec<String> = many.collect();
    world.shim("compile").args(&arguments).run().succeeds();
    let seen = fs::read(world.path("module/arguments")).expect("the arguments of the tool");
    let words: Vec<&[u8]> = seen.split(|byte| *byte == 0).skip(1).collect();
    let asked = words.iter().take_while(|word| word.starts_with(b"-bench=")).count();
    assert!(
        words[asked..].iter().zip(&arguments).all(|(seen, given)| *seen == given.as_bytes()),
        "each argument arrived"
    );
    assert_eq!(words.len(), asked + arguments.len() + 1, "all arguments arrived, each ended by a NUL");
    let end = world.end();
    assert_eq!(end.number("source_files"), 2000, "what is not listed is counted");
    assert!(end.line_length < 64 * 1024, "a line of {} bytes", end.line_length);
    assert!(end.list("args").len() > 1, "what there is room for is listed");
}

#[test]
fn signals_are_ignored_and_blocked_for_the_tool_as_they_were_for_the_shim() {
    let ignored: [&[i32]; 4] = [&[], &[libc::SIGPIPE, libc::SIGHUP], &[libc::SIGCHLD], &[libc::SIGINT, libc::SIGXFSZ]];
    // 33 is a signal that C libraries keep for themselves, and hide.
    let blocked: [&[i32]; 4] = [&[], &[libc::SIGTERM, libc::SIGUSR1], &[libc::SIGCHLD, libc::SIGPIPE], &[33, 34, 64]];
    for ignored in ignored {
        for blocked in blocked {
            let world = World::where_compile("show-signals");
            let outcome = check_same(&world, |call| call.before_exec(move || change_signals(ignored, blocked)));
            assert!(outcome.stdout.starts_with(b"SigBlk:\t"), "{}", outcome.stdout.escape_ascii());
        }
    }
}

#[expect(unsafe_code, reason = "signal masks and dispositions")]
fn change_signals(ignored: &[i32], blocked: &[i32]) -> io::Result<()> {
    for signal in ignored {
        // SAFETY: no handler is installed.
        unsafe { libc::signal(*signal, libc::SIG_IGN) };
    }
    let mask = blocked.iter().fold(0u64, |mask, signal| mask | 1 << (signal - 1));
    let no_answer = std::ptr::null::<u64>();
    // SAFETY: `mask` lives through the call and has the size that it is told.
    let result = unsafe {
        libc::syscall(libc::SYS_rt_sigprocmask, libc::SIG_SETMASK, &raw const mask, no_answer, size_of::<u64>())
    };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

#[test]
fn the_answer_to_a_version_probe_passes_byte_for_byte() {
    let world = World::where_compile("stdout compile version go1.27.3 X:fake\nstderr a warning");
    check_same(&world, |call| call.arg("-V=full"));
    let end = world.end();
    assert_eq!((end.text("tool_version"), end.has("probe")), ("compile version go1.27.3 X:fake", true));
}

#[test]
fn even_an_answer_that_no_pipe_holds_passes_byte_for_byte() {
    let world = World::where_compile("noise 1048576\nexit 3");
    let outcome = check_same(&world, |call| call.arg("-V=full"));
    assert_eq!(outcome.stdout.len(), 1 << 20);
    assert!(world.end().text("tool_version").chars().count() <= 4096, "an answer of a megabyte is cut like any text");
}

#[test]
fn where_a_standard_stream_is_missing_the_trace_does_not_take_its_place() {
    for missing in [&[0][..], &[1], &[2], &[0, 1, 2]] {
        for tool in ["compile", "without-interpreter"] {
            let world = World::where_compile("stdout compile version go1.27.3\nstderr words");
            world.executable("go/pkg/tool/linux_amd64/without-interpreter", "#!/no/such/interpreter\n");
            world.shim(tool).arg("-V=full").before_exec(|| close_all(missing)).run();
            assert_eq!(world.trace().events.len(), 2, "a start and an end, and nothing between");
        }
    }
}

#[expect(unsafe_code, reason = "close")]
fn close_all(fds: &[i32]) -> io::Result<()> {
    for fd in fds {
        // SAFETY: nobody uses the standard streams between here and the exec.
        if unsafe { libc::close(*fd) } < 0 {
            return Err(io::Error::last_os_error());
        }
    }
    Ok(())
}

#[test]
fn the_tool_runs_where_the_shim_was_started() {
    let world = World::where_compile("show-cwd");
    let directory = world.path("module/a folder with blanks");
    fs::create_dir(&directory).expect("a folder");
    let outcome = check_same(&world, |call| call.in_dir(&directory));
    assert_eq!(Path::new(String::from_utf8(outcome.stdout).expect("UTF-8").trim_end()), directory);
}

#[test]
fn a_shim_in_a_folder_with_blanks_runs_a_tool_in_another() {
    let world = World::new();
    let folder = world.path("Go installation");
    fs::create_dir(&folder).expect("a folder");
    let compile = world.program("Go installation/compile", "stdout found");
    let gotrace = world.path("Go installation/gotrace");
    fs::hard_link(env!("CARGO_BIN_EXE_gotrace"), &gotrace).expect("gotrace in that folder");
    let trace = world.path("a trace.jsonl");
    let script = format!("run \"{}\" -o \"{}\" \"{}\"", gotrace.display(), trace.display(), compile.display());
    world.go(&script).run().succeeds().says("found");
    assert_eq!(crate::world::Trace::read(&trace).events.len(), 2);
}
