//! What a trace says of a job and of its go commands: tools behind the user's own flags, C compilers, nested commands, and
//! what could not be seen.

use std::path::Path;

use crate::world::{Call, Event, Outcome, World};

/// A go command that runs compile behind whatever `-toolexec` says.
const BUILDS: &str = "export TOOLEXEC_IMPORTPATH=example.com/m; tool compile -p example.com/m";

/// A world in which `go build` does what these lines say.
fn where_go(lines: &str) -> World {
    let world = World::where_compile("stdout compiled");
    world.shell_go_in_path(lines);
    world
}

#[track_caller]
fn ends_of(world: &World, tool: &str) -> Vec<Event> {
    world.trace().of_type("end").into_iter().filter(|end| end.text("tool") == tool).collect()
}

/// Runs `go build` recorded, without a word of gotrace's own.
#[track_caller]
fn build(world: &World, prepare: impl Fn(Call) -> Call) -> Outcome {
    prepare(world.recorded_quietly(&["go", "build"])).run().exits_with(0)
}

#[test]
fn a_go_command_its_tools_and_the_job_are_told() {
    let world = where_go(BUILDS);
    build(&world, |call| call).says("compiled");
    let trace = world.trace();
    let all = |kind: &str| trace.events.iter().filter(|event| event.text("type") == kind).collect::<Vec<_>>();
    let [session, command, end] = ["session", "command", "command_end"].map(|kind| all(kind)[0]);
    assert_eq!((session.list("line"), command.list("go_args")), (vec!["go", "build"], vec!["go", "build"]), "as typed");
    assert_eq!(Path::new(command.text("go_dir")), world.path("module"));
    assert_eq!((end.number("go_pid"), end.number("exit_code")), (command.number("go_pid"), 0));
    assert!(!command.has("under_go_pid"), "nothing is above it");
    let tool = &ends_of(&world, "compile")[0];
    assert_eq!((tool.number("go_pid"), tool.text("package")), (command.number("go_pid"), "example.com/m"));
    assert!(session.number("start_ns") <= command.number("start_ns"));
    assert!(end.number("end_ns") <= all("session_end")[0].number("end_ns"));
}

/// What a go command answers that is asked what it hashes, among other words.
const HASHED: &str = r#"
case "$*" in *" -export "*)
    printf 'GODEBUG=%s' "$GODEBUG" >"$ASKED"
    printf 'noise\nHASH[build m]\nHASH[build m]: "go1.27.3"\nHASH[build m]: "file a.go AAAAAAAAAA\\n"\n' >&2
    printf 'HASH[build m]: %064d\nHASH[build torn]\nHASH[build m' 0 >&2
    printf 'm [m.test]\tAAAAAAAAAAAAAAAAAAAA/C\nn\tBBBBBBBBBBBBBBBBBBBB/C\n'
    tool compile -p example.com/m; tool compile -V=full
    exit 1
    ;;
esac
"#;

/// Runs `go test` recorded, and asked what it hashed.
fn test_and_ask(world: &World, options: &[&str]) -> Outcome {
    let words = [&["record", "--quiet"], options, &["--", "go", "test", "./..."]].concat();
    let asked = world.path("asked");
    world.gotrace().args(&words).env("ASKED", asked.to_str().expect("UTF-8")).env("GODEBUG", "x=1").run()
}

#[test]
fn a_go_command_is_asked_what_it_hashed_when_it_has_ended_and_sees_nothing_of_it() {
    let world = where_go(&format!("{HASHED} printf '%s said\\0\\nno line end' \"$GODEBUG\" >&2; {BUILDS}; exit 7"));
    let plain = test_and_ask(&world, &[]).exits_with(7);
    assert!(!world.path("asked").exists(), "nobody asked");
    std::fs::remove_file(world.path("trace.jsonl")).expect("a trace");
    let outcome = test_and_ask(&world, &["--why"]).exits_with(7);
    assert!(plain.stdout == outcome.stdout && plain.stderr == outcome.stderr, "{}", outcome.err());
    assert!(outcome.err().starts_with("x=1 said"), "{}", outcome.err());
    let asked = std::fs::read_to_string(world.path("asked")).expect("it was asked");
    assert_eq!(asked, "GODEBUG=x=1,gocachehash=1");
    assert_eq!(ends_of(&world, "compile").len(), 1, "the one that built; nothing is compiled for an answer");
    let keys = world.trace().of_type("key");
    let [key] = &keys[..] else { panic!("of `n` and `torn` there is nothing whole to tell: {keys:?}") };
    assert_eq!(
        (key.text("package"), key.text("variant"), key.text("action_id")),
        ("m", "m.test", "AAAAAAAAAAAAAAAAAAAA")
    );
    assert_eq!(key.list("inputs"), ["version\tgo1.27.3", "file a.go\tAAAAAAAA"]);
    assert_eq!(key.number("go_pid"), world.trace().of_type("command_end")[0].number("go_pid"));
}

#[test]
fn a_go_command_that_was_called_off_is_not_asked() {
    let world = where_go(&format!("{HASHED} trap 'exit 1' TERM; kill -TERM $PPID; while :; do :; done"));
    test_and_ask(&world, &["--why"]).exits_with(1);
    assert!(!world.path("asked").exists(), "whoever wants it to end does not wait");
}

#[test]
fn a_go_command_that_does_not_answer_or_was_killed_costs_the_answer_only() {
    for (ending, not_seen) in [("exit 0", 1), ("kill -9 $$", 0)] {
        let answers = "case \"$*\" in *\" -export \"*) kill -9 $$ ;; esac";
        let world = where_go(&format!("{answers}; {BUILDS}; {ending}"));
        let outcome = test_and_ask(&world, &["--why"]);
        assert_eq!(outcome.code, (not_seen == 1).then_some(0), "{}", outcome.err());
        let what = world.trace().of_type("not_seen");
        assert_eq!(what.len(), not_seen, "{what:?}");
        assert!(what.iter().all(|event| event.text("what").starts_with("what cmd/go hashed: ")), "{what:?}");
    }
}

#[test]
fn secrets_of_the_command_line_are_masked() {
    let world = where_go("");
    world.recorded_quietly(&["go", "build", "-ldflags=-X main.password=hunter2"]).run().exits_with(0);
    let said = std::fs::read_to_string(world.path("trace.jsonl")).expect("a trace");
    assert!(said.contains("main.password") && !said.contains("hunter2"), "{said}");
}

#[test]
fn the_users_goflags_and_own_toolexec_stay_and_the_tool_behind_it_is_recorded() {
    let world = where_go(&format!("printf '%s\\n' \"$GOFLAGS\" \"$toolexec\"; {BUILDS}"));
    world.executable("bin/theirs", "#!/bin/sh\necho \"theirs: $1\"; shift; exec \"$@\"\n");
    let theirs = world.path("bin/theirs");
    let flags = format!("-v '-toolexec={} a' -tags=x", theirs.display());
    let outcome = build(&world, |call| call.env("GOFLAGS", &flags));
    let gotrace = env!("CARGO_BIN_EXE_gotrace");
    let chained = format!("{gotrace} --around=2 {} a", theirs.display());
    let expected = format!("-v -tags=x '-toolexec={chained}'\n{chained}\ntheirs: a\ncompiled\n");
    assert_eq!(String::from_utf8_lossy(&outcome.stdout), expected);
    assert_eq!(ends_of(&world, "compile").len(), 1);
    assert_eq!(world.trace().of_type("end").len(), 1, "theirs is no tool of its own");
}

#[test]
fn a_toolexec_on_the_line_is_chained_too() {
    let world = where_go(BUILDS);
    world.executable("bin/theirs", "#!/bin/sh\necho \"theirs: $1\"; shift; exec \"$@\"\n");
    let flag = format!("-toolexec={} b", world.path("bin/theirs").display());
    let outcome = world.recorded_quietly(&["go", "build", &flag, "./..."]).run().exits_with(0);
    assert_eq!(String::from_utf8_lossy(&outcome.stdout), "theirs: b\ncompiled\n");
    assert_eq!(ends_of(&world, "compile").len(), 1);
    let command = world.trace().of_type("command").remove(0);
    assert_eq!(command.list("go_args"), ["go", "build", &flag, "./..."], "as typed");
}

#[test]
fn goflags_that_cannot_be_read_stay_and_are_named() {
    let world = World::new();
    world.shell_go_in_path("");
    world.program("bin/job", "show-env GOFLAGS");
    let outcome = world.recorded(&["job"]).env("GOFLAGS", "-v '-toolexec=open").run().exits_with(0);
    assert_eq!(outcome.stdout, b"-v '-toolexec=open\n");
    let named = "not seen: tools: gotrace cannot be added to GOFLAGS, which is \"-v '-toolexec=open\"";
    assert!(outcome.err().contains(named), "{}", outcome.err());
}

/// The folder of gotrace stands in front of PATH for go, and is not there for a compiler, which is called as it is.
#[test]
fn a_compiler_is_started_under_its_own_path_and_finds_itself_only_once() {
    let world = where_go("echo \"$PATH\"; gcc -c x.c");
    world.program("bin/gcc", "stdout $0 $*\nshow-env PATH");
    let outcome = build(&world, |call| call);
    let said = String::from_utf8_lossy(&outcome.stdout).into_owned();
    let lines: Vec<&str> = said.lines().collect();
    let bin = world.path("bin").display().to_string();
    assert!(lines[0].starts_with(&world.path("tmp/gotrace-").display().to_string()), "{said}");
    assert!(lines[0].ends_with(&format!("/bin:{bin}")), "{said}");
    assert_eq!(lines[1..], [&format!("{bin}/gcc -c x.c"), &bin]);
    let gcc = &ends_of(&world, "gcc")[0];
    assert_eq!(gcc.number("go_pid"), world.trace().of_type("command")[0].number("go_pid"));
    assert!(!gcc.has("inside"), "go started it itself");
}

/// As ccache does: it stands in PATH as gcc, and runs the next gcc there that is not itself.
#[test]
fn another_that_masquerades_is_run_and_there_is_no_loop() {
    let world = where_go("gcc -c x.c");
    world.program("bin/gcc", "stdout the real one");
    let cache = world.path("cache");
    std::fs::create_dir(&cache).expect("a folder");
    // It leaves out its own folder, and only that.
    let next =
        format!("PATH=${{PATH#{cache}:}}; PATH=${{PATH%:{cache}:*}}:${{PATH##*:{cache}:}}", cache = cache.display());
    let asks =
        format!("#!/bin/sh\necho cache\ncase :$PATH: in *:{}:*) {next} ;; esac\nexec gcc \"$@\"\n", cache.display());
    world.executable("cache/gcc", &asks);
    let path = format!("{}:{}", cache.display(), world.path("bin").display());
    let outcome = build(&world, |call| call.env("PATH", &path));
    assert_eq!(String::from_utf8_lossy(&outcome.stdout), "cache\nthe real one\n");
    assert_eq!(ends_of(&world, "gcc").len(), 1, "what it starts is its own affair");
}

/// A job that puts the other one in front of gotrace's folder has it run twice at most.
#[test]
fn another_in_front_that_comes_back_to_gotrace_makes_no_loop() {
    let cache_in_front =
        "case $PATH in */cache:*) ;; *) PATH=${0%/bin/go}/cache:$PATH ;; esac; export PATH; gcc -c x.c";
    let world = where_go(cache_in_front);
    world.program("bin/gcc", "stdout the real one");
    std::fs::create_dir(world.path("cache")).expect("a folder");
    let asks = format!("#!/bin/sh\nPATH=${{PATH#{}:}}; exec gcc \"$@\"\n", world.path("cache").display());
    world.executable("cache/gcc", &asks);
    build(&world, |call| call).says("the real one");
    assert_eq!(ends_of(&world, "gcc").len(), 1);
}

#[test]
fn a_compiler_beside_any_go_command_just_runs() {
    let world = World::new();
    world.program("bin/gcc", "stdout $0 $*\nexit 3");
    let outcome = world.recorded_quietly(&["gcc", "-c", "x.c"]).run().exits_with(3);
    outcome.says(&format!("{} -c x.c", world.path("bin/gcc").display()));
    assert!(ends_of(&world, "gcc").is_empty(), "it is no part of a build by go");
}

#[test]
fn a_compiler_that_a_tool_starts_is_inside_it() {
    for toolexec in ["", "'-toolexec=theirs -v'"] {
        let world = where_go("tool cgo x.go");
        world.executable("bin/theirs", "#!/bin/sh\nshift; \"$@\"\n");
        world.tool("cgo", "run gcc -c x.c");
        world.program("bin/gcc", "stdout -");
        build(&world, |call| call.env("GOFLAGS", toolexec)).says("-");
        let (cgo, gcc) = (&ends_of(&world, "cgo")[0], &ends_of(&world, "gcc")[0]);
        assert_eq!((gcc.text("inside"), gcc.number("inside_pid")), ("cgo", cgo.number("pid")), "{toolexec:?}");
        assert_eq!(gcc.number("go_pid"), cgo.number("go_pid"), "{toolexec:?}");
    }
}

#[test]
fn a_compiler_that_cc_names_is_seen() {
    let world = where_go("x86_64-linux-gnu-gcc-12 -c x.c");
    world.program("bin/x86_64-linux-gnu-gcc-12", "stdout cross");
    build(&world, |call| call.env("CC", "x86_64-linux-gnu-gcc-12 -m64")).says("cross");
    assert_eq!(ends_of(&world, "x86_64-linux-gnu-gcc-12").len(), 1);
}

/// What cmd/go tells of itself is of its own making, and may look different one day.
#[test]
fn notes_of_go_that_are_not_understood_cost_only_their_part() {
    let graph = r#"[{"Mode":"test run","Package":"m","Objdir":"/b001/","TimeStart":"2100-01-01T00:00:00Z","TimeDone":"2100-01-01T00:00:01Z"},
        {"Mode":"link","Objdir":"/b001/","Cmd":["link"]}]"#;
    let spans = r#"[{"name":"load.PackagesAndErrors","ph":"B","ts":4102444800000000,"tid":0},
        {"name":"load.PackagesAndErrors","ph":"E","ts":4102444801000000,"tid":0}]"#;
    let told = |graph: &str, spans: &str| {
        let write = |text: &str, to: &str| format!("printf %s '{text}' >\"${to}\"");
        let world = where_go(&format!("{}\n{}\n{BUILDS}\nexit 3", write(graph, "graph"), write(spans, "spans")));
        world.recorded_quietly(&["go", "test"]).run().exits_with(3).says("compiled");
        let trace = world.trace();
        let of = |kind: &str, key: &str| {
            let events = trace.events.iter().filter(|event| event.text("type") == kind);
            events.map(|event| event.text(key).to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(of("end", "tool"), ["compile"], "tools are seen all the same");
        (of("span", "what"), of("not_seen", "what"))
    };
    let none: Vec<String> = Vec::new();
    assert_eq!(told(graph, spans), (vec![String::from("test"), String::from("load")], none.clone()));
    for broken in ["", "{}", "[1]", "[{\"Mode\":7}]", "[{\"Mode\":\"build\"", "nonsense", "[{\"mode\":\"build\"}]"] {
        let (seen, not_seen) = told(broken, spans);
        assert_eq!(seen, ["load"], "{broken}");
        assert!(
            not_seen.len() == 1 && not_seen[0].starts_with("tests and the build cache: "),
            "{broken}: {not_seen:?}"
        );
    }
    for broken in ["", "{}", "[1]", "[{\"name\":7}]", "nonsense"] {
        let (seen, not_seen) = told(graph, broken);
        assert_eq!(seen, ["test"], "{broken}");
        assert!(not_seen.len() == 1 && not_seen[0].starts_with("loading and downloads: "), "{broken}: {not_seen:?}");
    }
    let killed = "[{\"name\":\"load.PackagesAndErrors\",\"ph\":\"B\",\"ts\":1,\"tid\":0},\n{\"name\":\"lo";
    assert_eq!(
        told("[]", killed),
        (none.clone(), none),
        "a trace of a killed go has no end, and is read as far as it goes"
    );
}

#[test]
fn what_is_not_seen_is_told_at_the_end() {
    let world = where_go("printf '{}' >\"$graph\"");
    let outcome = world.recorded(&["go", "build"]).run().exits_with(0);
    assert!(outcome.err().contains("Not seen: tests and the build cache: "), "{}", outcome.err());
}

#[test]
fn the_users_own_debug_flags_are_left_alone() {
    let world = where_go("printf '%s\\n' \"$graph\" \"${spans##*/}\"");
    let in_flags = |call: Call| call.env("GOFLAGS", "-debug-actiongraph=mine.json");
    for outcome in [
        world.recorded_quietly(&["go", "build", "-debug-actiongraph=mine.json"]).run(),
        in_flags(world.recorded_quietly(&["go", "build"])).run(),
    ] {
        let said = String::from_utf8_lossy(&outcome.stdout).into_owned();
        assert!(said.starts_with("mine.json\nspans-"), "{said}");
    }
}

#[test]
fn without_a_folder_for_the_session_tools_are_seen_and_the_rest_is_named() {
    let world = where_go(BUILDS);
    let outcome = world.recorded(&["go", "build"]).env("TMPDIR", world.path("nowhere")).run().exits_with(0);
    assert!(outcome.err().contains("gotrace: not seen: C compilers and what go does itself: "), "{}", outcome.err());
    let trace = world.trace();
    assert!(!trace.events.iter().any(|event| event.text("type") == "command"));
    assert_eq!(ends_of(&world, "compile").len(), 1);
}

#[test]
fn a_relative_temporary_folder_counts_from_where_gotrace_was_started() {
    let world = where_go("gcc -c x.c");
    world.program("bin/gcc", "stdout -");
    std::fs::create_dir(world.path("module/t")).expect("a folder");
    build(&world, |call| call.env("TMPDIR", "t"));
    assert_eq!((ends_of(&world, "gcc").len(), world.trace().of_type("command").len()), (1, 1));
    assert_eq!(std::fs::read_dir(world.path("module/t")).expect("a folder").count(), 0, "the session's folder is gone");
}

#[test]
fn only_commands_that_build_get_more_flags() {
    let world = where_go("printf '%s\\n' \"$*\"");
    for words in [&["go", "mod", "download"][..], &["go", "generate", "./..."], &["go", "version"], &["go"]] {
        world.recorded_quietly(words).run().exits_with(0).says(&words[1..].join(" "));
    }
}

#[test]
fn nested_go_commands_know_who_is_above_them_and_are_shown_so() {
    let world = where_go("case $1 in generate) go run gen.go; go vet ;; run) go list ;; esac");
    let outcome = world.recorded(&["go", "generate"]).run().exits_with(0);
    let commands = world.trace().of_type("command");
    let named = |verb: &str| commands.iter().find(|command| command.list("go_args")[1] == verb).expect("a command");
    let under = |verb: &str| named(verb).number("under_go_pid");
    assert!(!named("generate").has("under_go_pid"));
    assert_eq!([under("run"), under("vet")], [named("generate").number("go_pid"); 2]);
    assert_eq!(under("list"), named("run").number("go_pid"));
    let lines: Vec<String> = outcome
        .err()
        .lines()
        .filter_map(|line| line.split_once("  go "))
        .map(|(before, after)| format!("{}{after}", " ".repeat(before.len())))
        .collect();
    let depth = |verb: &str| {
        lines.iter().find(|line| line.trim_start().starts_with(verb)).map(|line| line.len() - line.trim_start().len())
    };
    let [top, first, second, deep] = ["generate", "run", "vet", "list"]
        .map(|verb| depth(verb).unwrap_or_else(|| panic!("{verb} in {}", outcome.err())));
    assert_eq!([first, second, deep], [top + 2, top + 2, top + 4], "{}", outcome.err());
}

#[test]
fn a_job_that_is_recorded_twice_over_is_two_sessions() {
    let world = where_go(BUILDS);
    for _ in 0..2 {
        build(&world, |call| call);
    }
    let sessions = world.trace().of_type("session");
    assert!(sessions.len() == 2 && sessions[0].text("session") != sessions[1].text("session"));
    let outcome = world.recorded(&["go", "build"]).run().exits_with(0);
    assert_eq!(outcome.err().matches("Job: ").count(), 1, "only its own job: {}", outcome.err());
}

#[test]
fn without_go_in_path_the_name_is_not_found_as_ever() {
    let world = World::new();
    let outcome = world.recorded_quietly(&["go", "build"]).run().exits_with(127);
    assert!(outcome.err().contains("cannot run go: No such file or directory"), "{}", outcome.err());
}
