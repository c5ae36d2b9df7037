//! Where go keeps things, and whether that is a good place.
//!
//! Network file systems, drives of Windows and folders of a host cannot be made here; how their mounts are read is tested
//! beside the code, on lines from such machines.

use std::fs;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::Path;

use crate::house::{Findings, House, printed, skipped};

/// The verdict of a check, and that what it says has these words.
#[track_caller]
fn expect(findings: &Findings, id: &str, verdict: &str, words: &[&str]) {
    let (found, said) = findings.of(id);
    assert_eq!(found, verdict, "{said}");
    for word in words {
        assert!(said.contains(word), "no {word:?} in: {said}");
    }
}

/// A house in which caches and the temporary folder are on a file system of their own, at `disk`.
fn with_a_disk() -> House {
    let house = House::new();
    fs::create_dir(house.path("disk")).expect("a folder");
    let on_disk = |name: &str| house.path("disk").join(name).display().to_string();
    let (cache, modules) = (on_disk("cache"), on_disk("modules"));
    house.with("GOCACHE", &cache).with("GOMODCACHE", &modules)
}

/// Mounts `disk` with these options, and makes the folders there.
fn disk(house: &House, options: &str) -> String {
    let disk = house.path("disk").display().to_string();
    let folders = format!("{disk}/cache {disk}/modules {disk}/tmp");
    format!("/bin/mount -t tmpfs -o {options} none {disk} && /bin/mkdir {folders}")
}

#[test]
#[ignore = "needs real Go: scripts/test fetches it and runs this ring"]
fn where_all_is_well_nothing_is_found() {
    let house = House::new();
    house.run_go(&["list", "./..."]);
    let findings = house.ask("paths");
    let found = findings.with(&["error", "warn", "note", "unknown"]);
    let on_memory =
        found.iter().all(|id| *id == "folders-file-system") && findings.of("folders-file-system").0 == "note";
    assert!(found.is_empty() || on_memory, "{findings:?}");
}

#[test]
#[ignore = "needs real Go: scripts/test fetches it and runs this ring"]
fn asking_where_things_are_makes_no_cache() {
    let house = House::new();
    house.ask("toolchain,paths");
    assert!(!house.path("home/.cache").exists() && !house.path("home/go").exists());
}

#[test]
#[ignore = "needs real Go: scripts/test fetches it and runs this ring"]
fn without_home_there_is_no_cache() {
    let house = House::new().without("HOME");
    let findings = house.ask("paths");
    expect(&findings, "home", "error", &["HOME is not set", "GOCACHE"]);
    assert_eq!(findings.with(&["error", "warn"]), ["home"], "one trap is told once");
    let (cache, path) = (house.path("home/cache"), house.path("home/go"));
    let house = house.with("GOCACHE", &cache.display().to_string()).with("GOPATH", &path.display().to_string());
    expect(&house.ask("home"), "home", "ok", &["all that go needs is"]);
}

#[test]
#[ignore = "needs real Go: scripts/test fetches it and runs this ring"]
fn a_cache_that_is_off_or_relative_is_an_error() {
    let house = House::new().with("GOCACHE", "off");
    let findings = house.ask("paths");
    expect(&findings, "gocache", "error", &["off in the environment", "unset GOCACHE"]);
    assert_eq!(findings.with(&["error", "warn"]), ["gocache"], "one trap is told once");
    expect(&house.with("GOCACHE", "cache").ask("gocache"), "gocache", "error", &["not an absolute path"]);
    let house = House::new();
    house.file("home/.config/go/env", "GOCACHE=off\n");
    expect(&house.ask("gocache"), "gocache", "error", &[".config/go/env", "go env -u GOCACHE"]);
}

#[test]
#[ignore = "needs real Go: scripts/test fetches it and runs this ring"]
fn leftovers_of_go111module_are_found_in_the_environment_and_in_the_file() {
    for (value, verdict) in [("on", "ok"), ("auto", "note"), ("off", "error")] {
        let house = House::new().with("GO111MODULE", value);
        expect(&house.ask("go111module"), "go111module", verdict, &[value, "in the environment"]);
    }
    let house = House::new();
    expect(&house.ask("go111module"), "go111module", "ok", &["not set"]);
    house.file("home/.config/go/env", "GO111MODULE=off\n");
    expect(&house.ask("go111module"), "go111module", "error", &[".config/go/env", "go env -u GO111MODULE"]);
    let house = House::new().with("GO111MODULE", "nonsense");
    expect(&house.ask("go111module"), "go111module", "error", &["no value that go knows"]);
}

#[test]
#[ignore = "needs real Go: scripts/test fetches it and runs this ring"]
fn a_gopath_that_go_does_not_like_is_found() {
    let house = House::new();
    expect(&house.ask("gopath"), "gopath", "ok", &[]);
    let root = House::go().ancestors().nth(2).expect("GOROOT").display().to_string();
    let house = house.with("GOPATH", "relative/path");
    expect(&house.ask("gopath"), "gopath", "error", &["not an absolute path", "unset GOPATH"]);
    house.file("home/.config/go/env", "GOPATH=~/go\n");
    let house = house.without("GOPATH");
    expect(&house.ask("gopath"), "gopath", "error", &["~/go is not an absolute path", "sed -i '/^GOPATH=/d' "]);
    let house = house.with("GOPATH", &root);
    expect(&house.ask("gopath"), "gopath", "warn", &["that is GOROOT"]);
    let (one, two) = (house.path("home/one").display().to_string(), house.path("home/two").display().to_string());
    let house = house.with("GOPATH", &format!("{one}:{two}"));
    expect(&house.ask("gopath"), "gopath", "note", &["only the first of 2"]);
    house.file("home/one/go.mod", "module stray\n");
    expect(&house.with("GOPATH", &one).ask("gopath"), "gopath", "error", &["/one/go.mod"]);
}

#[test]
#[ignore = "needs real Go: scripts/test fetches it and runs this ring"]
fn a_module_in_gopath_is_noted_and_sources_without_one_are_a_warning() {
    let house = House::new();
    expect(&house.ask("module-in-gopath"), "module-in-gopath", "ok", &[]);
    let path = house.path("home/go");
    house.file("home/go/src/app/go.mod", "module example.com/app\n\ngo 1.21\n");
    let inside = path.join("src/app").display().to_string();
    expect(&house.ask_with(&["--only", "module-in-gopath", &inside]), "module-in-gopath", "note", &["home/go/src"]);
    fs::remove_file(path.join("src/app/go.mod")).expect("a file of ours");
    let findings = house.ask_with(&["--only", "module-in-gopath", &inside]);
    expect(&findings, "module-in-gopath", "warn", &["has no go.mod", "go mod init"]);
}

#[test]
#[ignore = "needs real Go: scripts/test fetches it and runs this ring"]
fn a_gobin_that_is_not_in_path_is_noted_and_a_relative_one_is_an_error() {
    let house = House::new();
    expect(&house.ask("gobin"), "gobin", "ok", &[]);
    house.script("home/go/bin/tool", "#!/bin/sh\n");
    expect(&house.ask("gobin"), "gobin", "note", &["home/go/bin, which is not in PATH", "export PATH="]);
    let bin = house.path("bin").display().to_string();
    let house = house.with("GOBIN", &bin);
    expect(&house.ask("gobin"), "gobin", "ok", &["in the environment"]);
    expect(&house.with("GOBIN", "bin").ask("gobin"), "gobin", "error", &["not an absolute path"]);
}

#[test]
#[ignore = "needs real Go: scripts/test fetches it and runs this ring"]
fn a_gobin_that_cannot_be_written_is_a_warning() {
    let house = with_a_disk().without("GOCACHE").without("GOMODCACHE");
    let bin = house.path("disk").display().to_string();
    let house = house.with("GOBIN", &bin);
    let Some(findings) = house.ask_where(&format!("/bin/mount -t tmpfs -o ro none {bin}"), "paths") else { return };
    expect(&findings, "gobin", "warn", &["cannot be written"]);
    assert_eq!(findings.with(&["error", "warn"]), ["gobin"], "one trap is told once");
}

#[test]
#[ignore = "needs real Go: scripts/test fetches it and runs this ring"]
fn a_temporary_folder_that_is_not_there_is_an_error() {
    for name in ["GOTMPDIR", "TMPDIR"] {
        let house = House::new();
        let gone = house.path("gone").display().to_string();
        let house = house.with(name, &gone);
        let findings = house.ask("paths");
        expect(&findings, "folders-writable", "error", &[name, "is not there", &format!("mkdir -p {gone}")]);
        assert_eq!(findings.with(&["error", "warn"]), ["folders-writable"], "one trap is told once");
        assert!(!Path::new(&gone).exists());
    }
}

#[test]
#[ignore = "needs real Go: scripts/test fetches it and runs this ring"]
fn caches_and_temporary_folders_on_a_mount_that_is_read_only_are_found() {
    let house = with_a_disk();
    let remounted = |house: &House| {
        format!("{} && /bin/mount -o remount,ro {}", disk(house, "size=1g"), house.path("disk").display())
    };
    let Some(findings) = house.ask_where(&remounted(&house), "paths") else { return };
    // An empty cache has no folders for go to write to, and go does not begin.
    expect(&findings, "folders-writable", "error", &["(GOCACHE)", "(GOMODCACHE)", "read-only"]);
    assert_eq!(findings.with(&["error", "warn"]), ["folders-writable"], "one trap is told once");
    let temporary = house.path("disk/tmp").display().to_string();
    let house = house.with("GOTMPDIR", &temporary);
    let findings = house.ask_where(&remounted(&house), "paths").expect("it could be mounted before");
    expect(&findings, "folders-writable", "error", &["(GOTMPDIR)"]);
    let nowhere = house.path("disk/not/there").display().to_string();
    let house = house.without("GOTMPDIR").with("GOCACHE", &nowhere);
    let findings = house.ask_where(&remounted(&house), "paths").expect("it could be mounted before");
    expect(&findings, "folders-writable", "error", &[&nowhere]);
}

#[test]
#[ignore = "needs real Go: scripts/test fetches it and runs this ring"]
fn caches_in_memory_are_noted_and_a_temporary_folder_there_is_not() {
    let house = with_a_disk();
    let Some(findings) = house.ask_where(&disk(&house, "size=1g"), "paths") else { return };
    expect(&findings, "folders-file-system", "note", &["(GOCACHE) is on the tmpfs", "(GOMODCACHE)"]);
    assert_eq!(findings.with(&["error", "warn"]), Vec::<&str>::new());
    let temporary = house.path("disk/tmp").display().to_string();
    let house = house.without("GOCACHE").without("GOMODCACHE").with("GOTMPDIR", &temporary);
    let findings =
        house.ask_where(&disk(&house, "size=1g"), "folders-file-system").expect("it could be mounted before");
    assert!(!findings.of("folders-file-system").1.contains("GOTMPDIR"), "{findings:?}");
}

#[test]
#[ignore = "needs real Go: scripts/test fetches it and runs this ring"]
fn little_room_is_a_warning_and_none_an_error() {
    let house = with_a_disk();
    let Some(findings) = house.ask_where(&disk(&house, "size=100m"), "folders-space") else { return };
    expect(&findings, "folders-space", "warn", &["(GOCACHE) has 100", "MiB left", "go clean -cache"]);
    let findings = house.ask_where(&disk(&house, "size=1g,nr_inodes=5000"), "folders-space").expect("mounted before");
    expect(&findings, "folders-space", "warn", &["(GOCACHE) has room for 4,99", "more files"]);
    let findings = house.ask_where(&disk(&house, "size=1g,nr_inodes=100"), "folders-space").expect("mounted before");
    expect(&findings, "folders-space", "error", &["(GOCACHE) has room for 9", "more files"]);
    let temporary = house.path("disk/tmp").display().to_string();
    let house = house.without("GOCACHE").without("GOMODCACHE").with("GOTMPDIR", &temporary);
    let findings = house.ask_where(&disk(&house, "size=10m"), "paths").expect("mounted before");
    expect(&findings, "folders-space", "error", &["(GOTMPDIR) has 10"]);
    assert_eq!(findings.with(&["error", "warn"]), ["folders-space"], "one trap is told once");
    let findings = house.ask_where(&disk(&house, "size=1g"), "folders-space").expect("mounted before");
    expect(&findings, "folders-space", "ok", &["free for"]);
}

#[test]
#[ignore = "needs real Go: scripts/test fetches it and runs this ring"]
fn a_mount_on_which_nothing_can_be_run_is_an_error_where_go_runs_something_there() {
    let house = with_a_disk();
    let temporary = house.path("disk/tmp").display().to_string();
    let house = house.without("GOCACHE").with("GOTMPDIR", &temporary);
    let Some(findings) = house.ask_where(&disk(&house, "size=1g,noexec"), "paths") else { return };
    expect(&findings, "folders-exec", "error", &["(GOTMPDIR)", "noexec", "go test"]);
    assert_eq!(findings.with(&["error", "warn"]), ["folders-exec"], "one trap is told once");
    let house = with_a_disk();
    let findings = house.ask_where(&disk(&house, "size=1g,noexec"), "folders-exec").expect("mounted before");
    // go run keeps programs in the cache since Go 1.24.
    let version = house.run_go(&["env", "GOVERSION"]);
    let minor: u32 = version
        .trim()
        .trim_start_matches("go1.")
        .split('.')
        .next()
        .and_then(|minor| minor.parse().ok())
        .expect("a version");
    expect(&findings, "folders-exec", if minor >= 24 { "error" } else { "ok" }, &[]);
    expect(&house.ask("folders-exec"), "folders-exec", "ok", &[]);
}

#[test]
#[ignore = "needs real Go: scripts/test fetches it and runs this ring"]
fn parts_of_a_cache_that_belong_to_root_are_a_warning() {
    let house = House::new();
    let nobody = Some(65534);
    for folder in ["home", "tmp", "home/cache", "home/cache/00", "home/cache/01"] {
        fs::create_dir_all(house.path(folder)).expect("a folder");
        // Only root can; without it there is nobody to ask as either.
        let _ = chown(house.path(folder), nobody, nobody);
    }
    let cache = house.path("home/cache").display().to_string();
    let house = house.with("GOCACHE", &cache);
    let Some(findings) = house.ask_as_nobody("paths") else { return };
    assert_eq!(findings.with(&["error", "warn"]), Vec::<&str>::new(), "{findings:?}");
    chown(house.path("home/cache/01"), Some(0), Some(0)).expect("root may");
    let findings = house.ask_as_nobody("paths").expect("it could be asked before");
    expect(&findings, "folders-owner", "warn", &["1 of the 2 entries", "cache/01 belongs to root", "sudo chown -R"]);
    assert_eq!(findings.with(&["error", "warn"]), ["folders-owner"], "one trap is told once");
    // The same, with rights for all, as in the image golang.
    fs::set_permissions(house.path("home/cache/01"), fs::Permissions::from_mode(0o777)).expect("root may");
    expect(&house.ask_as_nobody("folders-owner").expect("before"), "folders-owner", "ok", &[]);
    // What sudo go mod download leaves behind in a module cache that was there.
    house.file("home/go/pkg/mod/cache/lock", "");
    for folder in ["home/go", "home/go/pkg", "home/go/pkg/mod", "home/go/pkg/mod/cache"] {
        chown(house.path(folder), nobody, nobody).expect("root may");
    }
    let findings = house.ask_as_nobody("folders-owner").expect("before");
    expect(&findings, "folders-owner", "warn", &["(GOMODCACHE)", "cache/lock belongs to root"]);
    chown(house.path("home/go/pkg/mod/cache/lock"), nobody, nobody).expect("root may");
    chown(house.path("home/cache"), Some(0), Some(0)).expect("root may");
    let findings = house.ask_as_nobody("paths").expect("it could be asked before");
    expect(&findings, "folders-writable", "warn", &["(GOCACHE) cannot be written", "belongs to root"]);
    assert_eq!(findings.with(&["error", "warn"]), ["folders-writable"], "one trap is told once");
}

#[test]
#[ignore = "needs real Go: scripts/test fetches it and runs this ring"]
fn that_root_builds_with_the_cache_of_another_is_noted() {
    let house = House::new();
    fs::create_dir_all(house.path("home/.cache/go-build")).expect("a folder");
    if chown(house.path("home/.cache/go-build"), Some(65534), Some(65534)).is_err() {
        return skipped("who is not root gives nothing away").unwrap_or_default();
    }
    expect(&house.ask("folders-owner"), "folders-owner", "note", &["belongs to uid 65534", "root builds here"]);
}

/// With some values go refuses to take them out itself.
#[test]
#[ignore = "needs real Go: scripts/test fetches it and runs this ring"]
fn what_mends_a_setting_of_the_file_can_be_typed() {
    for (name, value, id) in
        [("GOPATH", "relative", "gopath"), ("GOCACHE", "off", "gocache"), ("GO111MODULE", "off", "go111module")]
    {
        let house = House::new();
        house.file("home/.config/go/env", format!("{name}={value}\n"));
        let findings = house.ask_with(&[]);
        let (verdict, said) = findings.of(id);
        let mend = said.lines().last().expect("a mend").to_owned();
        assert_eq!((verdict, findings.with(&["error"])), ("error", vec![id]), "{said}");
        let path = format!("{}:/usr/bin:/bin", house.path("bin").display());
        let house = house.with("PATH", &path);
        printed(house.program("/bin/sh").args(["-c", &mend]).output().expect("a shell"));
        assert_eq!(house.ask(id).with(&["error"]), Vec::<&str>::new(), "{mend}");
    }
}

/// As where an image makes the folder, and another user builds.
#[test]
#[ignore = "needs real Go: scripts/test fetches it and runs this ring"]
fn a_cache_that_is_empty_and_cannot_be_written_ends_every_build() {
    let house = House::new();
    fs::create_dir_all(house.path("read-only")).expect("a folder");
    let cache = house.path("read-only").display().to_string();
    let mounted = format!("/bin/mount -t tmpfs -o ro none {cache}");
    let Some(findings) = house.with("GOCACHE", &cache).ask_where(&mounted, "folders-writable") else {
        return;
    };
    assert_eq!(findings.of("folders-writable").0, "error");
}
