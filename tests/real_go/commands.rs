//! Every go command that takes `-toolexec`, over a cache that knows std: what ran for the sample's packages, and that
//! nobody could tell the difference.

use crate::go::{World, each_go};
use crate::twice::{same_outcome, same_with_and_without};

#[test]
#[ignore = "needs real Go toolchains: scripts/test fetches them and runs this ring"]
fn go_build_compiles_for_the_program_with_a_profile_alone_whatever_it_imports() {
    each_go(|go| {
        let world = World::warm(go);
        let trace = same_with_and_without(&world, &["build", "-o", "../out/", "./..."]);
        trace.check_picture(
            &go.version,
            "example.com/ansi [example.com/hello/cmd/hello]: compile
             example.com/ansi/bar [example.com/hello/cmd/hello]: compile
             example.com/hello/cmd/hello: compile link
             example.com/hello/cmd/sum: compile link
             example.com/hello/internal/chart [example.com/hello/cmd/hello]: compile
             example.com/hello/internal/checksum: asm compile asm
             example.com/hello/internal/checksum [example.com/hello/cmd/hello]: asm compile asm
             example.com/hello/internal/story [example.com/hello/cmd/hello]: compile
             example.com/hello/internal/terminal [example.com/hello/cmd/hello]: cgo cgo compile
             example.com/hello/internal/words [example.com/hello/cmd/hello]: compile",
        );
    });
}

#[test]
#[ignore = "needs real Go toolchains: scripts/test fetches them and runs this ring"]
fn go_install_builds_and_links() {
    each_go(|go| {
        let world = World::warm(go);
        let bin = world.path("out").display().to_string();
        let trace = same_with_and_without(&world.with_env("GOBIN", &bin), &["install", "./cmd/sum"]);
        trace.check_picture(
            &go.version,
            "example.com/hello/cmd/sum: compile link
             example.com/hello/internal/checksum: asm compile asm",
        );
    });
}

#[test]
#[ignore = "needs real Go toolchains: scripts/test fetches them and runs this ring"]
fn go_run_builds_the_program_and_runs_it_outside_of_the_trace() {
    each_go(|go| {
        let world = World::warm(go);
        let trace = same_with_and_without(&world, &["run", "./cmd/sum", "go.mod"]);
        trace.check_picture(
            &go.version,
            "example.com/hello/cmd/sum: compile link
             example.com/hello/internal/checksum: asm compile asm",
        );
        let words = world.sample().join("internal/words");
        let (_, trace) = same_outcome(&world, &world.command(&["run", "gen.go"]).in_folder(&words));
        trace.check_picture(&go.version, "command-line-arguments: compile link");
    });
}

#[test]
#[ignore = "needs real Go toolchains: scripts/test fetches them and runs this ring"]
fn go_test_keeps_apart_what_is_compiled_once_more_for_a_test() {
    each_go(|go| {
        let world = World::warm(go);
        let trace = same_with_and_without(&world, &["test", "./internal/words", "./internal/checksum"]);
        trace.check_picture(
            &go.version,
            "example.com/ansi: compile vet
             example.com/ansi/bar: compile vet
             example.com/hello/internal/chart [example.com/hello/internal/words.test]: compile vet
             example.com/hello/internal/checksum [example.com/hello/internal/checksum.test]: asm compile asm vet
             example.com/hello/internal/checksum.test: compile link
             example.com/hello/internal/story: compile vet
             example.com/hello/internal/words [example.com/hello/internal/words.test]: compile vet
             example.com/hello/internal/words.test: compile link
             example.com/hello/internal/words_test [example.com/hello/internal/words.test]: compile vet",
        );
    });
}

#[test]
#[ignore = "needs real Go toolchains: scripts/test fetches them and runs this ring"]
fn go_vet_looks_at_each_package_with_its_tests() {
    each_go(|go| {
        let world = World::warm(go);
        let trace = same_with_and_without(&world, &["vet", "./internal/..."]);
        trace.check_picture(
            &go.version,
            "example.com/ansi: compile vet
             example.com/ansi/bar: compile vet
             example.com/hello/internal/chart: vet
             example.com/hello/internal/chart [example.com/hello/internal/words.test]: compile vet
             example.com/hello/internal/checksum [example.com/hello/internal/checksum.test]: vet
             example.com/hello/internal/story: compile vet
             example.com/hello/internal/terminal: cgo cgo vet
             example.com/hello/internal/words: compile vet
             example.com/hello/internal/words [example.com/hello/internal/words.test]: compile vet
             example.com/hello/internal/words_test [example.com/hello/internal/words.test]: vet",
        );
    });
}

/// Before 1.26 it is a rewriter of files, which is not told the package; from then on it is a kind of vet.
#[test]
#[ignore = "needs real Go toolchains: scripts/test fetches them and runs this ring"]
fn go_fix_is_seen_in_its_old_shape_and_in_its_new_one() {
    each_go(|go| {
        let world = World::warm(go).warmed_by(&[&["fix", "./..."]]);
        world.write("internal/story/old.go", "//go:build unix\n// +build unix\n\npackage story\n");
        let trace = same_with_and_without(&world, &["fix", "./internal/story", "./internal/checksum"]);
        let old = "-: fix fix";
        let new = "example.com/hello/internal/checksum [example.com/hello/internal/checksum.test]: fix
                   example.com/hello/internal/story: fix";
        trace.check_picture(&go.version, if go.minor < 26 { old } else { new });
        let fixed = std::fs::read_to_string(world.sample().join("internal/story/old.go")).expect("the old file");
        assert_eq!(fixed, "//go:build unix\n\npackage story\n", "{}: it does its work", go.version);
    });
}

#[test]
#[ignore = "needs real Go toolchains: scripts/test fetches them and runs this ring"]
fn go_list_export_compiles() {
    each_go(|go| {
        let world = World::warm(go);
        let format = "{{.ImportPath}} {{.BuildID}}";
        let trace = same_with_and_without(&world, &["list", "-export", "-f", format, "./internal/..."]);
        trace.check_picture(
            &go.version,
            "example.com/ansi: compile
             example.com/ansi/bar: compile
             example.com/hello/internal/chart: compile
             example.com/hello/internal/checksum: asm compile asm
             example.com/hello/internal/story: compile
             example.com/hello/internal/terminal: cgo cgo compile
             example.com/hello/internal/words: compile",
        );
    });
}
