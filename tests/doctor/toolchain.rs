//! Which go, and whether its parts belong together.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use crate::house::House;

/// The house with a PATH of these folders.
fn with_path(house: House, folders: &[&Path]) -> House {
    let path: Vec<String> = folders.iter().map(|folder| folder.display().to_string()).collect();
    house.with("PATH", &path.join(":"))
}

pub(crate) fn root_of(go: &Path) -> &Path {
    go.ancestors().nth(2).expect("GOROOT")
}

/// An installation in the house: links to a real one, but for the `go` that finds its root by where it is, and with the
/// named tools of another.
pub(crate) fn installation(house: &House, name: &str, from: &Path, foreign: &[(&str, &Path)]) -> PathBuf {
    let root = house.path(name);
    let link_all = |from: &Path, to: &Path, but: &[&str]| {
        fs::create_dir_all(to).expect("a folder");
        for entry in fs::read_dir(from).expect("an installation").flatten() {
            if !but.iter().any(|but| entry.file_name() == *but) {
                symlink(entry.path(), to.join(entry.file_name())).expect("a link");
            }
        }
    };
    let tools = |root: &Path| {
        let folders = fs::read_dir(root.join("pkg/tool")).expect("tools").flatten();
        folders.map(|entry| entry.path()).find(|path| path.join("compile").exists()).expect("tools of this machine")
    };
    let machine = tools(from);
    link_all(from, &root, &["bin", "pkg"]);
    link_all(&from.join("pkg"), &root.join("pkg"), &["tool"]);
    let own_tools = root.join("pkg/tool").join(machine.file_name().expect("a name"));
    link_all(&machine, &own_tools, &foreign.iter().map(|(tool, _)| *tool).collect::<Vec<_>>());
    for (tool, other) in foreign {
        symlink(tools(other).join(tool), own_tools.join(tool)).expect("a tool of another");
    }
    fs::create_dir(root.join("bin")).expect("bin");
    fs::copy(from.join("bin/go"), root.join("bin/go")).expect("go");
    root
}

#[test]
#[ignore = "needs real Go: scripts/test fetches it and runs this ring"]
fn a_second_go_in_path_is_named_with_its_version() {
    let other = House::another_go().expect("two versions of Go");
    let house = House::new();
    let bin = house.path("bin");
    let house = with_path(house, &[&bin, other.parent().expect("bin")]);
    let findings = house.ask("go-in-path");
    let (verdict, said) = findings.of("go-in-path");
    assert_eq!(verdict, "warn");
    assert!(said.contains("comes first") && said.contains(&format!("{} is go1.", other.display())), "{said}");
}

#[test]
#[ignore = "needs real Go: scripts/test fetches it and runs this ring"]
fn two_names_of_one_go_are_one() {
    let house = House::new();
    symlink(house.path("bin"), house.path("also")).expect("a link");
    let (bin, also) = (house.path("bin"), house.path("also"));
    assert_eq!(with_path(house, &[&bin, &also]).ask("go-in-path").of("go-in-path").0, "ok");
}

#[test]
#[ignore = "needs real Go: scripts/test fetches it and runs this ring"]
fn a_shim_and_the_go_that_it_starts_are_one() {
    let house = House::new();
    let shim = format!("#!/bin/sh\nexec {} \"$@\"\n", House::go().display());
    let shim = house.script("home/.asdf/shims/go", &shim);
    let house = with_path(house, &[shim.parent().expect("shims"), House::go().parent().expect("bin")]);
    let findings = house.ask("go-in-path");
    let (verdict, said) = findings.of("go-in-path");
    assert_eq!(verdict, "ok", "{said}");
    assert!(said.contains("(from asdf) is go1."), "{said}");
}

#[test]
#[ignore = "needs real Go: scripts/test fetches it and runs this ring"]
fn who_put_the_other_there_is_said_where_its_place_tells() {
    let house = House::new();
    let conda = installation(&house, "home/env", root_of(&House::another_go().expect("two versions of Go")), &[]);
    fs::create_dir(conda.join("conda-meta")).expect("the mark of a conda environment");
    let bin = house.path("bin");
    let house = with_path(house, &[&conda.join("bin"), &bin]);
    let findings = house.ask("go-in-path");
    let (verdict, said) = findings.of("go-in-path");
    assert_eq!(verdict, "warn");
    assert!(said.starts_with(&format!("{} (from conda) is go1.", conda.join("bin/go").display())), "{said}");
}

#[test]
#[ignore = "needs real Go: scripts/test fetches it and runs this ring"]
fn the_same_version_twice_is_only_noted() {
    let house = House::new();
    let (copy, bin) = (installation(&house, "copy", root_of(&House::go()), &[]), house.path("bin"));
    let findings = with_path(house, &[&bin, &copy.join("bin")]).ask("go-in-path");
    let (verdict, said) = findings.of("go-in-path");
    assert_eq!(verdict, "note", "{said}");
    assert!(said.contains("as well"), "{said}");
}

#[test]
fn without_go_that_is_the_error_and_the_others_say_they_could_not_tell() {
    let findings = House::without_go().ask("toolchain");
    assert_eq!(findings.of("go-in-path").0, "error");
    for check in ["go-runs", "go-settings", "goroot", "tool-versions", "toolchain-switch", "installed-tools"] {
        assert_eq!(findings.of(check), ("unknown", String::from("there is no go in PATH")), "{check}");
    }
}

#[test]
fn a_go_that_fails_or_cannot_be_started_is_an_error() {
    let house = House::without_go();
    house.script("bin/go", "#!/bin/sh\necho 'go: something is broken' >&2\nexit 2\n");
    let findings = house.ask("go-runs");
    assert_eq!(findings.of("go-runs").0, "error");
    assert!(findings.of("go-runs").1.contains("something is broken"), "{findings:?}");
    house.script("bin/go", "#!/a/loader/that/is/not/here\n");
    let findings = house.ask("go-runs");
    assert_eq!(findings.of("go-runs").0, "error");
    assert!(findings.of("go-runs").1.contains("cannot be run"), "{findings:?}");
}

#[test]
fn what_is_no_go_is_an_error_though_it_succeeds() {
    let house = House::without_go();
    for (script, says) in [
        ("", "bin/go"),
        ("#!/bin/sh\n", "says nothing"),
        ("#!/bin/sh\necho 'Go Board Game 1.0'\necho more\n", "says what no Go says: Go Board Game 1.0"),
        ("#!/bin/sh\nprintf '\\000\\377\\033'\n", "says what no Go says"),
    ] {
        house.script("bin/go", script);
        let findings = house.ask("go-runs");
        let (verdict, said) = findings.of("go-runs");
        assert_eq!(verdict, "error", "{script:?}: {said}");
        assert!(said.contains(says) && said.contains("install Go") && !said.contains("more"), "{said}");
    }
}

#[test]
#[ignore = "needs to be root to be somebody else: scripts/test runs this ring"]
fn a_directory_that_cannot_be_entered_is_told_instead_of_a_go_that_does_not_run() {
    let house = House::without_go();
    house.script("bin/go", "#!/bin/sh\necho 'go version go1.27.3 linux/amd64'\n");
    let Some(output) = house.as_nobody(&["doctor", &house.path("home/closed").display().to_string()], |house| {
        let closed = house.path("home/closed");
        fs::create_dir(&closed).expect("a folder");
        fs::set_permissions(&closed, fs::Permissions::from_mode(0o000)).expect("closed to all but root");
    }) else {
        return;
    };
    let said = String::from_utf8(output.stderr).expect("UTF-8");
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("home/closed cannot be entered: Permission denied"), "{said}");
}

#[test]
fn a_go_that_hangs_is_ended_and_nothing_is_claimed() {
    let house = House::without_go();
    house.script("bin/go", "#!/bin/sh\nwhile :; do read line < /dev/zero; done\n");
    let findings = house.ask("go-runs");
    let (verdict, said) = findings.of("go-runs");
    assert_eq!(verdict, "unknown");
    assert!(said.contains("did not end within"), "{said}");
}

#[test]
#[ignore = "needs real Go: scripts/test fetches it and runs this ring"]
fn a_goroot_of_another_installation_is_an_error() {
    let house = House::new();
    assert_eq!(house.ask("goroot").of("goroot").0, "ok");
    let own = root_of(&House::go()).display().to_string();
    let house = house.with("GOROOT", &own);
    assert_eq!(house.ask("goroot").of("goroot").0, "ok", "its own is fine");
    let elsewhere = house.path("home").display().to_string();
    let findings = house.with("GOROOT", &elsewhere).ask("goroot");
    let (verdict, said) = findings.of("goroot");
    assert_eq!(verdict, "error");
    assert!(said.contains(&elsewhere) && said.contains("unset GOROOT"), "{said}");
}

#[test]
#[ignore = "needs real Go: scripts/test fetches it and runs this ring"]
fn a_goroot_of_another_version_is_an_error_and_one_of_the_same_is_noted() {
    let other = House::another_go().expect("two versions of Go");
    let house = House::new().with("GOROOT", &root_of(&other).display().to_string());
    let findings = house.ask("toolchain");
    assert_eq!(findings.of("goroot").0, "error", "{}", findings.of("goroot").1);
    assert_eq!(findings.with(&["error", "warn"]), ["goroot"], "one trap is told once");
    let copy = installation(&house, "copy", root_of(&House::go()), &[]);
    let findings = house.with("GOROOT", &copy.display().to_string()).ask("goroot");
    assert_eq!(findings.of("goroot").0, "note", "{}", findings.of("goroot").1);
}

#[test]
#[ignore = "needs real Go: scripts/test fetches it and runs this ring"]
fn a_compiler_or_a_linker_of_another_version_is_an_error() {
    let house = House::new();
    assert_eq!(house.ask("tool-versions").of("tool-versions").0, "ok");
    let other = House::another_go().expect("two versions of Go");
    for tool in ["compile", "link"] {
        let mixed = installation(&house, tool, root_of(&House::go()), &[(tool, root_of(&other))]);
        let house = with_path(House::new(), &[&mixed.join("bin")]);
        let findings = house.ask("toolchain");
        let (verdict, said) = findings.of("tool-versions");
        assert_eq!(verdict, "error", "{said}");
        assert!(said.contains(&format!("/{tool} says: {tool} version go1.")), "{said}");
        assert!(said.contains(&format!("delete {}", mixed.display())), "{said}");
        assert_eq!(findings.with(&["error", "warn"]), ["tool-versions"], "one trap is told once");
    }
}

#[test]
#[ignore = "needs real Go: scripts/test fetches it and runs this ring"]
fn a_missing_linker_is_an_error() {
    let house = House::new();
    let mixed = installation(&house, "goroot", root_of(&House::go()), &[]);
    let tools = fs::read_dir(mixed.join("pkg/tool")).expect("tools").flatten().next().expect("a folder").path();
    fs::remove_file(tools.join("link")).expect("a link of ours");
    let findings = with_path(house, &[&mixed.join("bin")]).ask("tool-versions");
    let (verdict, said) = findings.of("tool-versions");
    assert_eq!(verdict, "error");
    assert!(said.contains("there is no ") && said.contains("/link"), "{said}");
}

#[test]
#[ignore = "needs real Go: scripts/test fetches it and runs this ring"]
fn a_toolchain_that_would_be_downloaded_is_a_warning_and_is_not_downloaded() {
    let house = House::new();
    assert_eq!(house.ask("toolchain-switch").of("toolchain-switch").0, "ok");
    house.file("module/go.mod", "module example.com/app\n\ngo 1.98.1\n");
    let findings = house.ask("toolchain");
    let (verdict, said) = findings.of("toolchain-switch");
    assert_eq!(verdict, "warn", "{said}");
    assert!(said.contains("downloads go1.98.1") && said.contains("go.mod says: go 1.98.1"), "{said}");
    assert_eq!(findings.with(&["error", "warn"]), ["toolchain-switch"], "one trap is told once");
    house.file("module/go.mod", "module example.com/app\n\ngo 1.21\n\ntoolchain go1.98.2\n");
    let findings = house.ask("toolchain-switch");
    assert_eq!(findings.of("toolchain-switch").0, "warn");
    assert!(findings.of("toolchain-switch").1.contains("go.mod says: toolchain go1.98.2"), "{findings:?}");
}

#[test]
#[ignore = "needs real Go: scripts/test fetches it and runs this ring"]
fn the_lines_of_a_workspace_are_asked_in_the_place_of_those_of_the_module() {
    let house = House::new();
    house.file("module/go.work", "go 1.98.1\n\nuse .\n");
    let findings = house.ask("toolchain-switch");
    let (verdict, said) = findings.of("toolchain-switch");
    assert_eq!(verdict, "warn", "{said}");
    assert!(said.contains("go.work says: go 1.98.1") && !said.contains("go.mod says"), "{said}");
}

#[test]
#[ignore = "needs real Go: scripts/test fetches it and runs this ring"]
fn a_module_that_is_too_new_for_a_go_that_may_not_switch_is_an_error() {
    let house = House::new();
    house.file("module/go.mod", "module example.com/app\n\ngo 1.98.1\n");
    let house = house.with("GOTOOLCHAIN", "local");
    let findings = house.ask("toolchain-switch");
    let (verdict, said) = findings.of("toolchain-switch");
    assert_eq!(verdict, "error", "{said}");
    assert!(said.contains("GOTOOLCHAIN is local in the environment") && said.contains("unset GOTOOLCHAIN"), "{said}");
    let house = house.with("GOTOOLCHAIN", "path");
    assert_eq!(house.ask("toolchain-switch").of("toolchain-switch").0, "error", "no go1.98.1 in PATH");
    let house = house.without("GOTOOLCHAIN").with("GOPROXY", "off");
    let findings = house.ask("toolchain");
    let (verdict, said) = findings.of("toolchain-switch");
    assert_eq!(verdict, "error", "nowhere to download it from");
    assert!(said.contains("go1.98.1 is not here, and GOPROXY is off") && !said.contains("downloading"), "{said}");
    assert!(said.contains("install go1.98.1\nunset GOPROXY"), "{said}");
    assert_eq!(findings.with(&["error", "warn"]), ["toolchain-switch"], "one trap is told once");
}

#[test]
#[ignore = "needs real Go: scripts/test fetches it and runs this ring"]
fn a_toolchain_that_is_here_already_is_noted() {
    let other = House::another_go().expect("two versions of Go");
    let house = House::new();
    let version = version_of(&house, &other);
    // Go looks for a toolchain in PATH under the name of its version before it downloads one.
    symlink(&other, house.path("bin").join(&version)).expect("another go in PATH");
    house.file("home/.config/go/env", format!("GOTOOLCHAIN={version}\n"));
    let findings = house.ask("toolchain-switch");
    let (verdict, said) = findings.of("toolchain-switch");
    assert_eq!(verdict, "note", "{said}");
    assert!(said.contains(&format!("but {version} builds here")), "{said}");
    assert!(said.contains(&format!("GOTOOLCHAIN is {version} in ")) && said.contains(".config/go/env"), "{said}");
}

#[test]
#[ignore = "needs real Go: scripts/test fetches it and runs this ring"]
fn a_toolchain_that_is_chosen_and_too_old_for_the_module_is_an_error() {
    let other = House::another_go().expect("two versions of Go");
    let house = House::new();
    let version = version_of(&house, &other);
    symlink(&other, house.path("bin").join(&version)).expect("another go in PATH");
    house.file("module/go.mod", "module example.com/app\n\ngo 1.98.1\n");
    house.file("home/.config/go/env", format!("GOTOOLCHAIN={version}\n"));
    let findings = house.ask("toolchain-switch");
    let (verdict, said) = findings.of("toolchain-switch");
    assert_eq!(verdict, "error", "{said}");
    assert!(said.contains(&format!("{version} builds here, and may not switch")), "{said}");
    assert!(said.contains("install go1.98.1 or newer") && said.contains("sed -i '/^GOTOOLCHAIN=/d' "), "{said}");
}

#[test]
#[ignore = "needs real Go: scripts/test fetches it and runs this ring"]
fn a_toolchain_in_the_module_cache_is_refused_where_there_is_no_checksum_database() {
    let other = House::another_go().expect("two versions of Go");
    let house = House::new();
    let version = version_of(&house, &other);
    let machine = house.run_go(&["env", "GOOS", "GOARCH"]).trim().replace('\n', "-");
    let module = format!("v0.0.1-{version}.{machine}");
    let modules = "home/go/pkg/mod";
    installation(&house, &format!("{modules}/golang.org/toolchain@{module}"), root_of(&other), &[]);
    // What go leaves there when it has unpacked a module. With a checksum database it would be used, which cannot be told here:
    // its answers would have to be in the module cache too.
    house.file(
        &format!("{modules}/cache/download/golang.org/toolchain/@v/{module}.ziphash"),
        "h1:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
    );
    let house = house.with("GOTOOLCHAIN", &version).with("GOSUMDB", "off");
    let findings = house.ask("toolchain-switch");
    let (verdict, said) = findings.of("toolchain-switch");
    assert_eq!(verdict, "error", "{said}");
    assert!(said.contains("checksum database disabled by GOSUMDB=off"), "{said}");
    assert!(said.contains(&format!("install {version}\n")) || said.ends_with(&format!("install {version}")), "{said}");
}

#[test]
#[ignore = "needs real Go: scripts/test fetches it and runs this ring"]
fn a_toolchain_for_which_the_module_cache_cannot_be_written_is_an_error() {
    let house = House::new();
    house.file("module/go.mod", "module example.com/app\n\ngo 1.98.1\n");
    let folder = "home/go/pkg/mod/cache/download/golang.org/toolchain/@v";
    fs::create_dir_all(house.path(folder)).expect("a folder");
    let Some(findings) = house.ask_as_nobody("toolchain-switch") else { return };
    let (verdict, said) = findings.of("toolchain-switch");
    assert_eq!(verdict, "error", "{said}");
    assert!(said.contains(".lock: permission denied") && !said.contains("the first go command downloads"), "{said}");
    assert!(said.contains(&format!("make {} writable", house.path("home/go/pkg/mod").display())), "{said}");
}

#[test]
#[ignore = "needs real Go: scripts/test fetches it and runs this ring"]
fn a_go_whose_version_nobody_can_read_is_not_too_old() {
    let house = House::new();
    house.file("module/go.mod", "module example.com/app\n\ngo 1.21\n");
    // A fork of Go that calls itself something.
    let fork = format!(
        "#!/bin/sh\n{} \"$@\" | sed 's/\"GOVERSION\": \"[^\"]*\"/\"GOVERSION\": \"forked\"/; s/^go1[0-9.]*$/forked/'\n",
        House::go().display()
    );
    fs::remove_file(house.path("bin/go")).expect("a link");
    symlink("/usr/bin/sed", house.path("bin/sed")).expect("sed");
    house.script("bin/go", &fork);
    let findings = house.ask("toolchain-switch");
    assert_eq!(findings.of("toolchain-switch").0, "ok", "{}", findings.of("toolchain-switch").1);
    assert!(findings.of("toolchain-switch").1.contains("forked"), "{findings:?}");
}

fn version_of(house: &House, go: &Path) -> String {
    let version = house.program(go).args(["env", "GOVERSION"]).env("GOTOOLCHAIN", "local").output();
    String::from_utf8(version.expect("go starts").stdout).expect("UTF-8").trim().to_owned()
}

#[test]
#[ignore = "needs real Go: scripts/test fetches it and runs this ring"]
fn an_analyser_that_is_older_than_the_language_is_a_warning_and_other_programs_are_noted() {
    let other = House::another_go().expect("two versions of Go");
    let house = House::new();
    assert_eq!(house.ask("installed-tools").of("installed-tools").0, "not_applicable");
    fs::create_dir_all(house.path("home/go/bin")).expect("a folder");
    // What is not built with Go is not looked at.
    house.script("home/go/bin/gosec", "#!/bin/sh\n");
    fs::copy(House::go().with_file_name("gofmt"), house.path("home/go/bin/dlv")).expect("a program of this Go");
    assert_eq!(house.ask("installed-tools").of("installed-tools").0, "ok");
    // Any program will do: its name says what it is, and its content which Go has built it.
    fs::copy(other.with_file_name("gofmt"), house.path("home/go/bin/gopls")).expect("a program of another Go");
    let findings = house.ask("installed-tools");
    assert_eq!(findings.of("installed-tools").0, "note", "{}", findings.of("installed-tools").1);
    house.file("module/go.mod", "module example.com/app\n\ngo 1.98.1\n");
    let house = house.with("GOTOOLCHAIN", "local");
    let findings = house.ask("installed-tools");
    let (verdict, said) = findings.of("installed-tools");
    assert_eq!(verdict, "warn", "{said}");
    assert!(said.contains("/gopls was built with go1.") && !said.contains("gosec"), "{said}");
}
