//! compile and link are asked where their time goes, and the trace has the answer. Whatever they answer, or cannot, what they
//! do and what they print is what it was without the question.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Read, pipe};
use std::path::Path;

use crate::world::{Call, Outcome, World, kill, limit_to, pid_in, refuse};

/// What Go 1.27's compile writes, with fewer lines.
const BENCH: &str = "commit: go1.27.3\ngoos: linux\ngoarch: amd64\n\
    BenchmarkCompile:net/http:fe:init                       1          995371 ns/op      0.01 %\n\
    BenchmarkCompile:net/http:fe:parse                      1      5745052453 ns/op     32.02 %    80299 lines    13977 lines/s\n\
    BenchmarkCompile:net/http:fe:devirtualize-and-inline    1      5125545683 ns/op     28.56 %\n\
    BenchmarkCompile:net/http:fe:subtotal                   1     11868685896 ns/op     66.14 %\n\
    BenchmarkCompile:net/http:be:compilefuncs               1      5712634542 ns/op     31.83 %     4322 funcs      757 funcs/s\n\
    BenchmarkCompile:net/http:be:dumpobj                    1       363248257 ns/op      2.02 %\n\
    BenchmarkCompile:net/http:be:subtotal                   1      6075882799 ns/op     33.86 %\n\
    BenchmarkCompile:net/http:unaccounted                   1              17 ns/op      0.00 %\n\
    BenchmarkCompile:net/http:total                         1     17944568695 ns/op    100.00 %\n";

/// A compile that does what `script` says, with `$BENCH` for a file with this report.
fn world_with(report: &str, script: &str) -> World {
    let world = World::new();
    let file = world.file("report", report);
    world.tool("compile", &script.replace("$BENCH", &format!("bench {}", file.display())));
    world
}

/// The command line that the tool saw, in a script with `copy /proc/self/cmdline arguments`.
fn seen(world: &World) -> Vec<String> {
    let bytes = fs::read(world.path("module/arguments")).expect("the arguments of the tool");
    let words = bytes.split(|byte| *byte == 0).map(|word| String::from_utf8_lossy(word).into_owned());
    words.skip(1).filter(|word| !word.is_empty()).collect()
}

#[test]
fn a_compile_tells_its_phases_by_its_own_names() {
    let world = world_with(BENCH, "copy /proc/self/cmdline arguments\n$BENCH");
    world.shim("compile").args(["-o", "x.a", "-p", "net/http", "a.go"]).run().succeeds().silently();
    let end = world.end();
    let expected = [
        ("be:compilefuncs", 5_712_634_542),
        ("be:dumpobj", 363_248_257),
        ("fe:devirtualize-and-inline", 5_125_545_683),
        ("fe:init", 995_371),
        ("fe:parse", 5_745_052_453),
        ("unaccounted", 17),
    ];
    assert_eq!(end.numbers("phases"), BTreeMap::from(expected));
    assert_eq!((end.number("lines"), end.number("funcs")), (80_299, 4322));
    assert_eq!(end.list("args"), ["-o", "x.a", "-p", "net/http"], "the trace has the arguments of the go command");
    let seen = seen(&world);
    assert!(seen[0].starts_with("-bench=/proc/self/fd/"), "right behind the tool: {seen:?}");
    assert_eq!(seen[1..], ["-o", "x.a", "-p", "net/http", "a.go"]);
}

#[test]
fn the_file_for_the_answer_is_the_only_descriptor_that_a_compile_has_besides() {
    let descriptors = |call: Call| String::from_utf8(call.run().succeeds().stdout).expect("text");
    let world = World::where_compile("copy /proc/self/cmdline arguments\nshow-fds");
    let (bare, shimmed) = (descriptors(world.bare("compile")), descriptors(world.shim("compile")));
    let option = seen(&world).remove(0);
    let number = option.strip_prefix("-bench=/proc/self/fd/").expect("the option");
    assert!(shimmed.split_whitespace().any(|fd| fd == number), "{number} in {shimmed}");
    assert_eq!(shimmed.split_whitespace().count(), bare.split_whitespace().count() + 1, "{shimmed} against {bare}");
}

/// Expects that the tool is called as it would be without gotrace, and tells no phases.
#[track_caller]
fn check_not_asked(world: &World, tool: &str, arguments: &[&str], prepare: impl Fn(Call) -> Call) {
    world.tool(tool, "copy /proc/self/cmdline arguments\nshow-fds");
    let bare = world.bare(tool).args(arguments).run().succeeds();
    let shimmed = prepare(world.shim(tool).args(arguments)).run().succeeds();
    assert_eq!(seen(world), arguments, "{tool} {arguments:?}");
    assert_eq!(shimmed.stdout.escape_ascii().to_string(), bare.stdout.escape_ascii().to_string(), "its descriptors");
    assert!(!world.end().has("phases"), "{tool} {arguments:?}");
}

#[test]
fn who_does_not_want_it_or_asks_himself_sees_an_unchanged_command_line() {
    for value in ["0", "off"] {
        check_not_asked(&World::new(), "compile", &["-p", "p"], |call| call.env("GOTRACE_PHASES", value));
    }
    for arguments in [["-p", "-bench=/dev/null"], ["-bench", "/dev/null"], ["-p", "--bench=x"]] {
        check_not_asked(&World::new(), "compile", &arguments, |call| call);
    }
    for tool in ["asm", "cgo", "vet", "cover"] {
        check_not_asked(&World::new(), tool, &["-p", "p"], |call| call);
    }
    check_not_asked(&World::new(), "compile", &["-V=full"], |call| call);
}

/// Where no process is left for it, the tool takes the shim's own, as it was called.
#[test]
fn in_the_shims_place_nothing_is_asked_and_no_descriptor_is_left() {
    let world = World::where_compile("copy /proc/self/cmdline arguments\nshow-fds");
    let bare = world.bare("compile").args(["-p", "p"]).run().succeeds();
    let forkless = |call: Call| call.before_exec(|| refuse([libc::SYS_clone, libc::SYS_clone3], libc::EAGAIN));
    let shimmed = forkless(world.shim("compile").args(["-p", "p"])).run().succeeds();
    assert_eq!(seen(&world), ["-p", "p"]);
    assert_eq!(shimmed.stdout.escape_ascii().to_string(), bare.stdout.escape_ascii().to_string(), "its descriptors");
}

#[test]
fn what_the_users_own_option_asks_for_goes_where_it_says() {
    let world = world_with(BENCH, "$BENCH");
    let own = world.path("own");
    world.shim("compile").arg(format!("-bench={}", own.display())).run().succeeds();
    assert_eq!(fs::read_to_string(own).expect("the user's file"), BENCH);
    assert!(!world.end().has("phases"));
}

#[test]
fn a_word_that_switches_nothing_off_leaves_it_on() {
    for value in ["", "1", "on"] {
        let world = world_with(BENCH, "$BENCH");
        world.shim("compile").env("GOTRACE_PHASES", value).run().succeeds();
        assert!(world.end().has("phases"), "GOTRACE_PHASES={value}");
    }
}

/// `open` would fail, or there is no such file to open: a compile that was asked then would fail after all its work.
#[test]
fn where_a_file_in_memory_cannot_be_had_or_written_nothing_is_asked() {
    check_not_asked(&World::new(), "compile", &["-p", "p"], |call| {
        call.before_exec(|| refuse([libc::SYS_memfd_create; 2], libc::ENOSYS))
    });
    // Room for the trace alone; for the file, but not to open it.
    for descriptors in [4, 5] {
        check_not_asked(&World::new(), "compile", &["-p", "p"], |call| {
            call.before_exec(move || limit_to(libc::RLIMIT_NOFILE, descriptors))
        });
    }
    let world = world_with(BENCH, "$BENCH");
    world.shim("compile").before_exec(|| limit_to(libc::RLIMIT_NOFILE, 6)).run().succeeds();
    assert!(world.end().has("phases"), "six are enough");
}

#[test]
fn a_compile_that_fails_tells_nothing() {
    let world = world_with(BENCH, "stderr syntax error\nexit 2\n$BENCH");
    world.shim("compile").run().exits_with(2);
    let end = world.end();
    assert!(!end.has("phases") && !end.has("lines") && !end.has("funcs"), "{end:?}");
}

/// A line of the table is a report and the phases in it.
#[test]
fn an_answer_that_cannot_be_understood_costs_only_itself() {
    let total = "BenchmarkCompile:p:total 1 9 ns/op 100.00 %\n";
    let many: String = (0..500).map(|n| format!("BenchmarkCompile:p:phase{n} 1 {n} ns/op 0 %\n")).collect();
    let long = "x".repeat(20_000);
    let some: String = many.lines().take(200).flat_map(|line| [line, "\n"]).collect();
    let table: [(String, usize); 13] = [
        (String::from("nothing of the kind"), 0),
        (String::from("\0\u{1}\n\n\0"), 0),
        (String::from("BenchmarkCompile:p:fe:parse 1 7 ns/op 1 %\n"), 0),
        (format!("Benchmark:p:fe:parse 1 7 ns/op\n{total}"), 0),
        (format!("BenchmarkCompile:p:fe:parse 1 7 ns/op 1 %\n{total}"), 1),
        (format!("BenchmarkCompile:p:fe:parse 1 7 ns/op\nBenchmarkCompile:p:fe:parse 1 7 ns/op\n{total}"), 1),
        (format!("BenchmarkCompile:p:fe:parse 2 7 ns/op 1 %\n{total}"), 0),
        (format!("BenchmarkCompile:p:fe:parse 1 -7 ns/op 1 %\n{total}"), 0),
        (format!("BenchmarkCompile:p:fe:parse 1 18446744073709551615 ns/op 1 %\n{total}"), 0),
        (format!("BenchmarkCompile:p:fe:p\u{e4}rse 1 7 ns/op 1 %\n{total}"), 0),
        (format!("{some}{total}"), 64), // more than a compile has
        (format!("{many}{total}"), 0),  // longer than is read: the total is not there
        (format!("BenchmarkCompile:p:{long} 1 7 ns/op 1 %\n{total}"), 0),
    ];
    for (report, expected) in table {
        let world = world_with(&report, "$BENCH\nstdout done");
        world.shim("compile").run().succeeds().says("done");
        let end = world.end();
        let told = if end.has("phases") { end.numbers("phases").len() } else { 0 };
        assert_eq!(told, expected, "of {report:.60?}");
    }
}

#[test]
fn a_package_called_like_a_phase_is_no_phase() {
    for package in ["fe", "be", "total", "a:b", "fe:parse", "x y"] {
        let report = BENCH.replace("net/http", package);
        let world = world_with(&report, "$BENCH");
        world.shim("compile").run().succeeds();
        let names: Vec<String> = world.end().numbers("phases").into_keys().map(str::to_owned).collect();
        let expected =
            ["be:compilefuncs", "be:dumpobj", "fe:devirtualize-and-inline", "fe:init", "fe:parse", "unaccounted"];
        assert_eq!(names, expected, "{package}");
    }
}

/// The largest command line that the kernel takes, by trying: one byte more, and the tool cannot be started.
#[test]
fn where_the_option_makes_the_command_line_too_long_the_tool_runs_without() {
    let world = World::where_compile("copy /proc/self/cmdline arguments");
    // The shim's own name must not be longer than what it adds, or the kernel would refuse the shim.
    fs::hard_link(env!("CARGO_BIN_EXE_gotrace"), world.path("module/g")).expect("gotrace by a short name");
    let long = |call: Call, length: usize| {
        call.args(["x".repeat(100_000), "x".repeat(length)]).before_exec(with_a_small_stack)
    };
    let fits = |length: usize| long(world.bare("compile"), length).try_start().map(|started| started.finish()).is_ok();
    let (mut most, mut too_many) = (1, 60_000);
    while too_many - most > 1 {
        let middle = usize::midpoint(most, too_many);
        if fits(middle) { most = middle } else { too_many = middle }
    }
    let compile = world.path("go/pkg/tool/linux_amd64/compile");
    long(world.program_called("./g").arg(compile), most).run().succeeds().silently();
    assert_eq!(seen(&world)[1].len(), most, "every byte arrived, and no option with it");
    assert!(!world.end().has("phases"));
}

/// With a stack this small the kernel takes 128 KiB of arguments, the least that it ever takes.
#[expect(unsafe_code, reason = "setrlimit")]
fn with_a_small_stack() -> io::Result<()> {
    let limit = libc::rlimit { rlim_cur: 512 * 1024, rlim_max: libc::RLIM_INFINITY };
    // SAFETY: `limit` lives through the call.
    let result = unsafe { libc::setrlimit(libc::RLIMIT_STACK, &raw const limit) };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// The end of link's report, and a line of it.
const LAST: &str = "when -benchmark=cpu stdout \"BenchmarkTotalTime 1 212464600 ns/op\"\n";

fn report_line(name: &str) -> String {
    format!(
        "when -benchmark=cpu stdout \"Benchmark{name} 1 32723610 ns/op\t10057784 B/op\t1515 allocs/op\t10249912 heap-B\"\n"
    )
}

/// Runs link as cmd/go does, with one pipe for both streams: how it ended, and all that came out.
#[track_caller]
fn run_as_go_does(call: Call) -> (Outcome, Vec<u8>) {
    let (mut reader, writer) = pipe().expect("a pipe");
    let started = call.stdio(writer.try_clone().expect("a second end"), writer).start();
    let mut said = Vec::new();
    reader.read_to_end(&mut said).expect("what the tool said");
    (started.finish(), said)
}

/// Expects of a link behind the shim what a bare one does and says; returns what it said.
#[track_caller]
fn check_same_link(world: &World, arguments: &[&str]) -> Vec<u8> {
    let (bare, said_bare) = run_as_go_does(world.bare("link").args(arguments));
    let (shimmed, said) = run_as_go_does(world.shim("link").args(arguments));
    assert_eq!((shimmed.code, shimmed.signal), (bare.code, bare.signal), "how it ended");
    assert!(said == said_bare, "{:.2000?}\nwithout: {:.2000?}", text(&said), text(&said_bare));
    said
}

fn text(bytes: &[u8]) -> String {
    bytes.escape_ascii().to_string()
}

#[test]
fn what_a_link_reports_is_recorded_and_not_shown() {
    let world = World::new();
    let script = ["stdout a warning\n", &report_line("Loadlib"), &report_line("Hostlink"), LAST].concat();
    world.tool("link", &format!("copy /proc/self/cmdline arguments\n{script}"));
    assert_eq!(text(&check_same_link(&world, &["-o", "x", "-s"])), "a warning\\n");
    assert_eq!(seen(&world), ["-benchmark=cpu", "-o", "x", "-s"]);
    let phases = BTreeMap::from([("Hostlink", 32_723_610), ("Loadlib", 32_723_610)]);
    assert_eq!(world.end().numbers("phases"), phases, "the total is none of them");
}

#[test]
fn all_else_that_a_link_prints_keeps_its_bytes_and_its_order() {
    let world = World::new();
    let between = "stdout one\nstderr two\nnoise 5242880\nstdout three\nstderr four\npart five\nstderr six\n";
    // What only looks like a line of the report.
    let similar = "stdout Benchmark\nstdout \"BenchmarkX 1 5 ns/op\"\nstdout \"BenchmarkX 1 x ns/op\t1 B/op\"\n\
         stdout \" BenchmarkLoadlib 1 3 ns/op\t1 B/op\t1 allocs/op\t1 heap-B\"\npart Bench\nstdout mark\n";
    let (first, second) = (report_line("Loadlib"), report_line("Asmb"));
    let script = [between, &first, similar, between, &second, between, LAST, "part Bench"].concat();
    world.tool("link", &script);
    let said = check_same_link(&world, &[]);
    assert!(said.len() > 6 * 5_242_880 && said.contains(&0), "{} bytes", said.len());
    assert!(said.ends_with(b"Bench"), "also the last of them");
    assert!(said.windows(15).any(|part| part == b"one\ntwo\n\x07\x08\t\n\x0b\x0c\r"), "in the order of the tool");
}

#[test]
fn a_report_that_comes_in_pieces_is_put_together() {
    let world = World::new();
    let pieces = ["Bench", "markLoadlib 1", " 7 ns/op", "\t1 B/op", "\t2 allocs/op", "\t3 heap-B"];
    let steps: String = pieces.iter().map(|piece| format!("when -benchmark=cpu part \"{piece}\"\n")).collect();
    world.tool("link", &format!("{steps}when -benchmark=cpu stdout \"\"\n{LAST}stderr behind it"));
    assert_eq!(text(&check_same_link(&world, &[])), "behind it\\n");
    assert_eq!(world.end().numbers("phases"), BTreeMap::from([("Loadlib", 7)]));
}

#[test]
fn a_link_that_fails_or_dies_shows_the_same() {
    for ending in ["exit 2", "die-of 9", "die-of 11"] {
        let world = World::new();
        world.tool("link", &format!("stderr undefined: x\npart \"BenchmarkLoad\"\n{ending}"));
        assert_eq!(text(&check_same_link(&world, &[])), "undefined: x\\nBenchmarkLoad");
        assert!(!world.end().has("phases"));
    }
}

#[test]
fn what_a_link_says_is_heard_while_it_runs() {
    let world = World::new();
    world.tool("link", "stdout a word\nstderr another\npart half\ncreate running\nwait-for go-on");
    let (mut reader, writer) = pipe().expect("a pipe");
    let shim = world.shim("link").stdio(writer.try_clone().expect("a second end"), writer).start();
    let tool = pid_in(&world.path("module/running"));
    let mut said = [0; 19];
    reader.read_exact(&mut said).expect("words");
    assert_eq!(text(&said), "a word\\nanother\\nhalf");
    // The shim passes it on, though it sleeps on the pipe.
    kill(i32::try_from(shim.pid()).expect("a pid"), libc::SIGTERM);
    shim.finish().dies_of(libc::SIGTERM);
    assert!(!Path::new(&format!("/proc/{tool}")).exists(), "no orphan");
}

#[test]
fn a_link_that_prints_for_people_or_into_two_places_is_left_alone() {
    for option in ["-v", "-v=2", "--v", "-dumpdep", "-c", "-debugnosplit", "-benchmark=mem", "-benchmarkprofile=x"] {
        let world = World::new();
        world.tool("link", "copy /proc/self/cmdline arguments\nstdout \"BenchmarkTotalTime 1 212464600 ns/op\"");
        assert_eq!(text(&check_same_link(&world, &["-o", "x", option])), "BenchmarkTotalTime 1 212464600 ns/op\\n");
        assert_eq!(seen(&world), ["-o", "x", option]);
    }
    check_not_asked(&World::new(), "link", &["-o", "x"], |call| call);
    let world = World::new();
    world.tool("link", "copy /proc/self/cmdline arguments");
    let (_, writer) = pipe().expect("a pipe");
    world.shim("link").stdio(writer, fs::File::create(world.path("stderr")).expect("a file")).run().succeeds();
    assert!(seen(&world).is_empty(), "{:?}", seen(&world));
}
