//! More than one go command: a job with all its nested commands, and two commands at once.

use std::path::Path;

use crate::files;
use crate::go::{GOTRACE, Outcome, World, each_go};
use crate::trace::Trace;

const SUM: &str = "example.com/hello/cmd/sum: compile link
                   example.com/hello/internal/checksum: asm compile asm";

/// As a job in CI has it: one variable for all that the job runs.
#[test]
#[ignore = "needs real Go toolchains: scripts/test fetches them and runs this ring"]
fn goflags_traces_the_go_commands_that_go_generate_runs() {
    each_go(|go| {
        let world = World::warm(go).with_env("GOFLAGS", &format!("-toolexec={GOTRACE}"));
        let file = world.path("job.jsonl").display().to_string();
        let world = world.with_env("GOTRACE_FILE", &file);
        let out = world.path("out").join("sum");
        let generate = format!("package story\n\n//go:generate go build -o {} ../../cmd/sum\n", out.display());
        world.write("internal/story/generate.go", &generate);
        let before = files::contents(world.sample());

        let job = world.command(&["generate", "./..."]).run().expect_success();
        assert!(out.exists(), "{}: the program is built", go.version);
        assert!(files::contents(world.sample()) == before, "{}: gen.go writes what was there", go.version);

        let trace = Trace::read(Path::new(&file));
        assert_eq!(trace.go_pids().len(), 2, "{}: two go commands", go.version);
        let build = nested(&trace, &job, "build", &world.sample().join("internal/story"));
        build.check_picture(&go.version, SUM);
        let run = nested(&trace, &job, "run", &world.sample().join("internal/words"));
        run.check_picture(&go.version, "command-line-arguments: compile link");
    });
}

#[test]
#[ignore = "needs real Go toolchains: scripts/test fetches them and runs this ring"]
fn without_a_name_for_the_trace_each_folder_gets_its_own() {
    each_go(|go| {
        let world = World::warm(go);
        let generate = world.command(&["generate", "./internal/words"]);
        generate.with_env("GOFLAGS", &format!("-toolexec={GOTRACE}")).run().expect_success();
        let trace = Trace::read(&world.sample().join("internal/words/trace.jsonl"));
        trace.check_picture(&go.version, "command-line-arguments: compile link");
    });
}

/// The quotes that a value with blanks takes in `GOFLAGS`.
#[test]
#[ignore = "needs real Go toolchains: scripts/test fetches them and runs this ring"]
fn goflags_can_say_where_the_trace_goes() {
    each_go(|go| {
        let world = World::warm(go);
        let trace = world.path("job.jsonl");
        let flags = format!("'-toolexec={GOTRACE} -o {}'", trace.display());
        world.command(&["build", "./cmd/sum"]).with_env("GOFLAGS", &flags).run().expect_success();
        Trace::read(&trace).check_picture(&go.version, SUM);
    });
}

/// A test that runs go itself inherits the variable, and `go test` is not what started that go.
#[test]
#[ignore = "needs real Go toolchains: scripts/test fetches them and runs this ring"]
fn goflags_traces_the_go_commands_that_a_test_runs() {
    each_go(|go| {
        let world = World::warm(go);
        world.write("internal/story/build_test.go", TEST_THAT_BUILDS);
        let file = world.path("job.jsonl");
        let test = world.command(&["test", "./internal/story"]).with_env("GOTRACE_FILE", &file.display().to_string());
        let test = test.with_env("GOFLAGS", &format!("-toolexec={GOTRACE}")).run().expect_success();
        let trace = Trace::read(&file);
        trace.of_go(test.pid).check_picture(
            &go.version,
            "example.com/hello/internal/story [example.com/hello/internal/story.test]: compile vet
             example.com/hello/internal/story.test: compile link",
        );
        let others: Vec<_> = trace.go_pids().into_iter().filter(|pid| *pid != test.pid).collect();
        let [other] = others[..] else { panic!("{}: one more go command: {others:?}", go.version) };
        trace.of_go(other).check_picture(&go.version, SUM);
    });
}

const TEST_THAT_BUILDS: &str = r#"package story

import (
	"os/exec"
	"testing"
)

func TestBuilds(t *testing.T) {
	if out, err := exec.Command("go", "build", "-o", t.TempDir(), "../../cmd/sum").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
}
"#;

#[test]
#[ignore = "needs real Go toolchains: scripts/test fetches them and runs this ring"]
fn two_go_commands_at_once_share_a_trace_and_are_told_apart() {
    each_go(|go| {
        let world = World::warm(go);
        let other_cache = world.path("other-cache");
        files::copy_cache(world.cache(), &other_cache);
        let list = world.command(&["list", "-export", "./internal/..."]).with_cache(&other_cache).traced().start();
        let build = world.command(&["build", "./cmd/sum"]).traced().run().expect_success();
        let list = list.wait().expect_success();

        let trace = Trace::read(&world.sample().join("trace.jsonl"));
        assert_eq!(trace.go_pids().len(), 2, "{}: two go commands", go.version);
        trace.of_go(build.pid).check_picture(&go.version, SUM);
        trace.of_go(list.pid).check_picture(
            &go.version,
            "example.com/ansi: compile
             example.com/ansi/bar: compile
             example.com/hello/internal/chart: compile
             example.com/hello/internal/checksum: asm compile asm
             example.com/hello/internal/story: compile
             example.com/hello/internal/terminal: cgo cgo compile
             example.com/hello/internal/words: compile",
        );
        for (outcome, command) in [(&build, "build"), (&list, "list")] {
            let of_command = trace.of_go(outcome.pid);
            let works: std::collections::BTreeSet<_> = of_command.actions.iter().map(|action| &action.work).collect();
            assert_eq!(works.len(), 1, "{}: go {command} has one work folder: {works:?}", go.version);
            assert!(of_command.probes.iter().all(|probe| probe.go_args == outcome.words), "{}: {command}", go.version);
        }
    });
}

/// The part of the go command that the job started with this verb, in this folder.
#[track_caller]
fn nested(trace: &Trace, job: &Outcome, verb: &str, folder: &Path) -> Trace {
    let is_it = |args: &[String]| args.get(1).is_some_and(|word| word == verb);
    let probe = trace.probes.iter().find(|probe| is_it(&probe.go_args)).unwrap_or_else(|| panic!("a go {verb}"));
    assert_eq!(probe.go_parent_pid, job.pid, "go {verb} was started by the job");
    assert_eq!(Path::new(&probe.go_dir), std::fs::canonicalize(folder).expect("the folder"), "where go {verb} ran");
    trace.of_go(probe.go_pid)
}
