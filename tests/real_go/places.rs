//! Where things are: names with spaces, and the ways to say where gotrace is and where its trace goes.

use std::os::unix::fs::symlink;
use std::path::Path;

use crate::files;
use crate::go::{GOTRACE, World, each_go};
use crate::trace::Trace;
use crate::twice::{same_outcome, same_with_and_without};

const SUM: &str = "example.com/hello/cmd/sum: compile link
                   example.com/hello/internal/checksum: asm compile asm";

#[test]
#[ignore = "needs real Go toolchains: scripts/test fetches them and runs this ring"]
fn the_module_the_cache_and_the_temporary_folder_have_spaces_in_their_names() {
    each_go(|go| {
        let world = World::warm(go).with_spaces();
        let trace = same_with_and_without(&world, &["test", "./internal/terminal", "./internal/checksum"]);
        trace.check_picture(
            &go.version,
            "example.com/hello/internal/checksum [example.com/hello/internal/checksum.test]: asm compile asm vet
             example.com/hello/internal/checksum.test: compile link
             example.com/hello/internal/terminal: cgo cgo compile vet",
        );
        for action in trace.actions {
            assert!(!action.objdir.is_empty(), "{}: its folder is found in {:?}", go.version, action.args);
        }
    });
}

#[test]
#[ignore = "needs real Go toolchains: scripts/test fetches them and runs this ring"]
fn gotrace_and_its_trace_have_spaces_in_their_names() {
    each_go(|go| {
        let world = World::warm(go);
        let program = world.path("go trace");
        symlink(GOTRACE, &program).expect("a link to gotrace");
        let trace = world.path("the trace.jsonl");
        let toolexec = format!("'{}' -o '{}'", program.display(), trace.display());
        world.command(&["build", "./cmd/sum"]).with_toolexec(&toolexec).run().expect_success();
        Trace::read(&trace).check_picture(&go.version, SUM);
        assert!(!world.sample().join("trace.jsonl").exists(), "{}: one trace", go.version);
    });
}

#[test]
#[ignore = "needs real Go toolchains: scripts/test fetches them and runs this ring"]
fn gotrace_is_found_in_path() {
    each_go(|go| {
        let world = World::warm(go);
        let folder = Path::new(GOTRACE).parent().expect("a folder");
        let path = format!("{}:/usr/bin:/bin", folder.display());
        let build = world.command(&["build", "./cmd/sum"]).with_toolexec("gotrace").with_env("PATH", &path);
        build.run().expect_success();
        Trace::read(&world.sample().join("trace.jsonl")).check_picture(&go.version, SUM);
    });
}

/// Assemblers run in their package's folder; the trace is where go was started all the same.
#[test]
#[ignore = "needs real Go toolchains: scripts/test fetches them and runs this ring"]
fn a_relative_trace_counts_from_where_go_was_started() {
    each_go(|go| {
        let world = World::warm(go);
        let command = world.command(&["build", "../../cmd/sum"]).in_folder(&world.sample().join("internal/words"));
        command.clone().with_env("GOTRACE_FILE", "../../by-variable.jsonl").traced().run().expect_success();
        Trace::read(&world.sample().join("by-variable.jsonl")).check_picture(&go.version, SUM);
        let toolexec = format!("{GOTRACE} -o ../../by-option.jsonl");
        command.with_toolexec(&toolexec).with_env("GOTRACE_FILE", "ignored.jsonl").run().expect_success();
        let again = Trace::read(&world.sample().join("by-option.jsonl"));
        assert!(!again.probes.is_empty(), "{}: -o goes before the variable", go.version);
    });
}

/// `go -C FOLDER` is the same as starting go there.
#[test]
#[ignore = "needs real Go toolchains: scripts/test fetches them and runs this ring"]
fn go_is_told_to_change_its_folder() {
    each_go(|go| {
        let world = World::warm(go);
        let toolexec = format!("-toolexec={GOTRACE}");
        world.command(&["-C", "cmd/sum", "build", &toolexec]).run().expect_success();
        let trace = Trace::read(&world.sample().join("cmd/sum/trace.jsonl"));
        trace.check_picture(&go.version, SUM);
    });
}

/// Such a package has no import path of its own.
#[test]
#[ignore = "needs real Go toolchains: scripts/test fetches them and runs this ring"]
fn sources_are_given_by_name() {
    each_go(|go| {
        let world = World::warm(go);
        let folder = world.sample().join("cmd/sum");
        let (outcome, trace) =
            same_outcome(&world, &world.command(&["build", "-o", "sum", "main.go"]).in_folder(&folder));
        outcome.expect_success();
        trace.check_picture(
            &go.version,
            "command-line-arguments: compile link
             example.com/hello/internal/checksum: asm compile asm",
        );
    });
}

/// cmd/go stamps programs with whether their sources were modified, and a file that git was not told of counts as that. A
/// trace among the sources is such a file from the second build on.
#[test]
#[ignore = "needs real Go toolchains: scripts/test fetches them and runs this ring"]
fn a_trace_that_git_ignores_or_that_is_elsewhere_leaves_the_stamp_of_a_program_alone() {
    each_go(|go| {
        let world = World::warm(go);
        world.write(".gitignore", "/ignored.jsonl\n");
        for arguments in [&["init", "-q"][..], &["add", "-A"], &["commit", "-q", "-m", "A gopher"]] {
            let mut git = std::process::Command::new("git");
            git.args(["-c", "user.name=gopher", "-c", "user.email=gopher@example.com"]).args(arguments);
            let status = git.current_dir(world.sample()).env("HOME", world.path("home")).status();
            assert!(status.expect("git is installed").success(), "git {arguments:?}");
        }
        let program = |trace: Option<&Path>| {
            files::remove(&world.path("out"));
            let build = world.command(&["build", "-o", "../out/", "./cmd/sum"]);
            let build = match trace {
                Some(trace) => build.traced().with_env("GOTRACE_FILE", &trace.display().to_string()),
                None => build,
            };
            build.run().expect_success();
            files::contents(&world.path("out"))
        };
        let plain = program(None);
        for trace in [world.path("elsewhere.jsonl"), world.sample().join("ignored.jsonl")] {
            program(Some(&trace));
            files::check_same(&format!("{}: with {}", go.version, trace.display()), &plain, &program(Some(&trace)));
        }
        let among_sources = world.sample().join("trace.jsonl");
        files::check_same(&format!("{}: the first build", go.version), &plain, &program(Some(&among_sources)));
        assert!(plain != program(Some(&among_sources)), "{}: the second is stamped as modified", go.version);
    });
}
