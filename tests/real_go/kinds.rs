//! Every kind of build that changes what tools are run or how: instrumented, profiled, for other machines, from other
//! places than a module's own folder.

use crate::go::{Go, World, each_go};
use crate::trace::Trace;
use crate::twice::same_with_and_without;

/// What building the small program takes, whatever else is asked for.
const SUM: &str = "example.com/hello/cmd/sum: compile link
                   example.com/hello/internal/checksum: asm compile asm";

#[test]
#[ignore = "needs real Go toolchains: scripts/test fetches them and runs this ring"]
fn with_the_race_detector() {
    each_go(|go| {
        let commands: [&[&str]; 2] = [&["build", "-race", "./cmd/sum"], &["test", "-race", "./internal/checksum"]];
        let world = World::cold(go).warmed_by(&commands);
        let trace = same_with_and_without(&world, &["build", "-race", "-o", "../out/", "./cmd/sum"]);
        trace.check_picture(&go.version, SUM);
        check_options(&trace, "compile", "-race");
        let trace = same_with_and_without(&world, &["test", "-race", "./internal/checksum"]);
        trace.check_picture(
            &go.version,
            "example.com/hello/internal/checksum [example.com/hello/internal/checksum.test]: asm compile asm vet
             example.com/hello/internal/checksum.test: compile link",
        );
    });
}

#[test]
#[ignore = "needs real Go toolchains: scripts/test fetches them and runs this ring"]
fn with_coverage() {
    each_go(|go| {
        let world = World::cold(go).warmed_by(&[&["build", "-cover", "./cmd/sum"]]);
        let trace = same_with_and_without(&world, &["build", "-cover", "-o", "../out/", "./cmd/sum"]);
        trace.check_picture(
            &go.version,
            "example.com/hello/cmd/sum: cover compile link
             example.com/hello/internal/checksum: cover asm compile asm",
        );
    });
}

/// covdata says how much of a package without tests is covered; Go 1.21 does not ask.
#[test]
#[ignore = "needs real Go toolchains: scripts/test fetches them and runs this ring"]
fn with_coverage_of_tests() {
    each_go(|go| {
        let packages = ["./internal/checksum", "./internal/terminal", "./internal/story"];
        let command = [&["test", "-cover"][..], &packages].concat();
        let trace = same_with_and_without(&World::cold(go).warmed_by(&[&command]), &command);
        let old = "example.com/hello/internal/story: compile vet
                   example.com/hello/internal/terminal: cgo cgo compile vet";
        let new = "example.com/hello/internal/story: cover compile vet
                   example.com/hello/internal/terminal: cover cgo cgo compile vet covdata";
        let with_tests = "
             example.com/hello/internal/checksum [example.com/hello/internal/checksum.test]: cover asm compile asm vet
             example.com/hello/internal/checksum.test: cover compile link";
        trace.check_picture(&go.version, &format!("{}{with_tests}", if go.minor == 21 { old } else { new }));
    });
}

/// From Go 1.23 on a profile is digested once, by an action that belongs to no package.
#[test]
#[ignore = "needs real Go toolchains: scripts/test fetches them and runs this ring"]
fn with_a_profile_that_is_new() {
    each_go(|go| {
        let world = World::cold(go);
        let profile = std::fs::read(world.sample().join("cmd/hello/default.pgo")).expect("the profile");
        world.write(
            "cmd/idle/main.go",
            "// Idle is a program that needs no more than the runtime.\npackage main\n\nfunc main() {}\n",
        );
        std::fs::write(world.sample().join("cmd/idle/default.pgo"), profile).expect("its profile");
        let trace = same_with_and_without(&world, &["build", "-o", "../out/", "./cmd/idle"]);
        let digested = if go.minor < 23 { "" } else { "-: preprofile\n" };
        trace.check_picture(&go.version, &format!("{digested}example.com/hello/cmd/idle: compile link"));
    });
}

#[test]
#[ignore = "needs real Go toolchains: scripts/test fetches them and runs this ring"]
fn for_windows() {
    each_go(|go| check_sum_for(go, "windows", "amd64"));
}

/// Where there is no assembly for the machine, Go takes its place.
#[test]
#[ignore = "needs real Go toolchains: scripts/test fetches them and runs this ring"]
fn for_arm64() {
    each_go(|go| check_sum_for(go, "linux", "arm64"));
}

#[test]
#[ignore = "needs real Go toolchains: scripts/test fetches them and runs this ring"]
fn without_cgo() {
    each_go(|go| {
        let packages = ["build", "./internal/terminal"];
        let world = World::cold(go).with_env("CGO_ENABLED", "0").warmed_by(&[&packages]);
        let trace = same_with_and_without(&world, &packages);
        trace.check_picture(&go.version, "example.com/hello/internal/terminal: compile");
    });
}

/// The linker runs in its own folder and is given a relative path.
#[test]
#[ignore = "needs real Go toolchains: scripts/test fetches them and runs this ring"]
fn as_a_library_for_c() {
    each_go(|go| {
        let build = ["build", "-buildmode=c-shared", "-o", "../out/", "./cmd/sum"];
        let world = World::cold(go).warmed_by(&[&["build", "-buildmode=c-shared", "-o", "/dev/null", "./cmd/sum"]]);
        let trace = same_with_and_without(&world, &build);
        trace.check_picture(&go.version, SUM);
        let link = trace.of_tool("link").next().expect("a link");
        assert!(link.output_bytes.is_some(), "{}: the library's size is known", go.version);
        assert!(!link.objdir.is_empty(), "{}: the link belongs to an action", go.version);
    });
}

#[test]
#[ignore = "needs real Go toolchains: scripts/test fetches them and runs this ring"]
fn without_paths_in_the_program() {
    each_go(|go| {
        let world = World::cold(go).warmed_by(&[&["build", "-trimpath", "runtime/cgo", "fmt", "os"]]);
        let trace = same_with_and_without(&world, &["build", "-trimpath", "-o", "../out/", "./cmd/sum"]);
        trace.check_picture(&go.version, SUM);
    });
}

#[test]
#[ignore = "needs real Go toolchains: scripts/test fetches them and runs this ring"]
fn in_a_workspace() {
    each_go(|go| {
        let world = World::warm(go);
        world.write("go.work", "go 1.21\n\nuse (\n\t.\n\t./third_party/ansi\n)\n");
        let trace = same_with_and_without(&world, &["build", "./internal/chart", "example.com/ansi"]);
        trace.check_picture(
            &go.version,
            "example.com/ansi: compile
             example.com/ansi/bar: compile
             example.com/hello/internal/chart: compile
             example.com/hello/internal/words: compile",
        );
    });
}

#[test]
#[ignore = "needs real Go toolchains: scripts/test fetches them and runs this ring"]
fn with_vendored_modules() {
    each_go(|go| {
        let world = World::warm(go);
        world.command(&["mod", "vendor"]).run().expect_success();
        let trace = same_with_and_without(&world, &["build", "./internal/chart"]);
        trace.check_picture(
            &go.version,
            "example.com/ansi: compile
             example.com/ansi/bar: compile
             example.com/hello/internal/chart: compile
             example.com/hello/internal/words: compile",
        );
        let versions: Vec<_> =
            trace.actions.iter().map(|action| (&*action.module, action.module_version.as_deref())).collect();
        assert!(versions.contains(&("example.com/ansi", None)), "{}: {versions:?}", go.version);
        assert!(versions.contains(&("example.com/hello", None)), "{}: {versions:?}", go.version);
    });
}

#[track_caller]
fn check_sum_for(go: &Go, os: &str, arch: &str) {
    let world = World::cold(go).with_env("GOOS", os).with_env("GOARCH", arch).with_env("CGO_ENABLED", "0");
    let world = world.warmed_by(&[&["build", "./cmd/sum"]]);
    let trace = same_with_and_without(&world, &["build", "-o", "../out/", "./cmd/sum"]);
    let go_only = "example.com/hello/cmd/sum: compile link
                   example.com/hello/internal/checksum: compile";
    trace.check_picture(&go.version, if arch == "amd64" { SUM } else { go_only });
    for probe in trace.probes {
        assert_eq!((probe.goos.as_str(), probe.goarch.as_str()), (os, arch), "{}: the target", go.version);
    }
}

#[track_caller]
fn check_options(trace: &Trace, tool: &str, option: &str) {
    for action in trace.of_tool(tool) {
        assert!(action.args.iter().any(|argument| argument == option), "{option} in {action:?}");
    }
}
