//! Which modules go into builds, and whether they are what they are taken for.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::Command;

use crate::house::House;
use crate::proxy;

/// A house whose module requires example.com/Dep, which is in the module cache and in go.sum.
fn with_dependency() -> House {
    let house = House::new();
    proxy::serve(
        &house,
        "example.com/Dep",
        "v1.0.0",
        &[
            ("go.mod", "module example.com/Dep\n\ngo 1.21\n"),
            ("dep.go", "package dep\n\nconst N = 1\n"),
            ("amd64.s", ""),
            ("dep_test.go", "package dep\n"),
            ("gen.go", "//go:build ignore\n\npackage main\n"),
            ("README.md", "words\n"),
            ("LICENSE", "free\n"),
            ("unused/unused.go", "package unused\n"),
        ],
    );
    house.file("module/go.mod", "module example.com/app\n\ngo 1.21\n\nrequire example.com/Dep v1.0.0\n");
    let main = "package main\n\nimport dep \"example.com/Dep\"\n\nfunc main() { println(dep.N) }\n";
    house.file("module/main.go", main);
    proxy::fetch(&house, &["mod", "tidy"]);
    house
}

fn vendored() -> House {
    let house = with_dependency();
    house.run_go(&["mod", "vendor"]);
    house
}

/// A folder is a repository where git's own folder is in it.
fn make_repository(folder: &Path) {
    fs::create_dir_all(folder.join(".git/refs/tags")).expect("a repository");
}

#[test]
#[ignore = "needs real Go: scripts/test fetches it and runs this ring"]
fn with_a_dependency_all_is_well_with_and_without_a_vendor_folder() {
    for house in [with_dependency(), vendored()] {
        let findings = house.ask("modules");
        let bad = findings.with(&["error", "warn", "note", "unknown"]);
        assert!(bad.is_empty(), "{bad:?}: {:#?}", findings.0);
    }
}

#[test]
#[ignore = "needs real Go: scripts/test fetches it and runs this ring"]
fn where_there_is_no_module_nothing_is_wrong_with_any() {
    let house = House::new();
    fs::remove_file(house.path("module/go.mod")).expect("go.mod");
    let findings = house.ask("modules,cgo");
    let bad = findings.with(&["error", "warn", "note", "unknown"]);
    assert!(bad.is_empty(), "{bad:?}: {:#?}", findings.0);
}

#[test]
#[ignore = "needs real Go: scripts/test fetches it and runs this ring"]
fn goflags_that_surprise_are_named_with_where_they_are_set() {
    let house = House::new();
    assert_eq!(house.ask("goflags").of("goflags").0, "ok");
    for (value, verdict, words) in [
        ("-trimpath -buildvcs=false", "ok", "-trimpath"),
        ("-race=false", "ok", "-race=false"),
        ("-a", "warn", "compiles everything anew"),
        ("-mod=mod", "warn", "change go.mod"),
        ("'-tags=a b' -race", "warn", "race detector"),
        ("-modcacherw", "note", "writable"),
        ("-n", "error", "builds nothing"),
    ] {
        let asked = House::new().with("GOFLAGS", value).ask("goflags");
        let (found, said) = asked.of("goflags");
        assert_eq!(found, verdict, "{value}: {said}");
        assert!(said.contains(words) && said.contains("in the environment"), "{value}: {said}");
        // What nobody complains of stays.
        let mend = if value.contains("a b") { "take -race out of GOFLAGS" } else { "unset GOFLAGS" };
        assert_eq!(said.contains(mend), verdict != "ok", "{said}");
    }
}

#[test]
#[ignore = "needs real Go: scripts/test fetches it and runs this ring"]
fn goflags_of_the_file_are_told_with_the_file() {
    let house = House::new();
    house.run_go(&["env", "-w", "GOFLAGS=-a"]);
    let findings = house.ask("goflags");
    let (verdict, said) = findings.of("goflags");
    assert_eq!(verdict, "warn");
    assert!(said.contains("home/.config/go/env") && said.contains("go env -u GOFLAGS"), "{said}");
    house.run_go(&["env", "-u", "GOFLAGS"]);
    assert_eq!(house.ask("goflags").of("goflags").0, "ok");
}

#[test]
#[ignore = "needs real Go: scripts/test fetches it and runs this ring"]
fn mod_vendor_without_a_vendor_folder_is_an_error() {
    let house = with_dependency().with("GOFLAGS", "-mod=vendor");
    let findings = house.ask("goflags");
    let (verdict, said) = findings.of("goflags");
    assert_eq!(verdict, "error", "{said}");
    assert!(said.contains("go mod vendor"), "{said}");
    assert_eq!(vendored().with("GOFLAGS", "-mod=vendor").ask("goflags").of("goflags").0, "ok");
}

#[test]
#[ignore = "needs real Go: scripts/test fetches it and runs this ring"]
fn a_vendor_folder_that_contradicts_go_mod_is_told_in_all_of_gos_lines() {
    let house = vendored();
    assert_eq!(house.ask("vendor-consistent").of("vendor-consistent").0, "ok");
    let list = house.path("module/vendor/modules.txt");
    let text = fs::read_to_string(&list).expect("modules.txt");
    fs::write(&list, format!("{text}# example.com/old v1.0.0\n## explicit\nexample.com/old\n")).expect("modules.txt");
    let go_mod = "module example.com/app\n\ngo 1.21\n\nrequire example.com/Dep v1.1.0\n";
    house.file("module/go.mod", go_mod);
    let findings = house.ask("vendor-consistent");
    let (verdict, said) = findings.of("vendor-consistent");
    assert_eq!(verdict, "error");
    for words in [
        "example.com/Dep@v1.1.0: is explicitly required",
        "example.com/old@v1.0.0: is marked as explicit",
        "go mod vendor",
    ] {
        assert!(said.contains(words), "{words}: {said}");
    }
}

#[test]
#[ignore = "needs real Go: scripts/test fetches it and runs this ring"]
fn a_package_that_vendor_lacks_is_an_error() {
    let house = vendored();
    let main = "package main\n\nimport _ \"example.com/Dep/unused\"\n\nfunc main() {}\n";
    house.file("module/main.go", main);
    let findings = house.ask("vendor-consistent");
    let (verdict, said) = findings.of("vendor-consistent");
    assert_eq!(verdict, "error", "{said}");
    assert!(said.contains("example.com/Dep/unused"), "{said}");
}

#[test]
#[ignore = "needs real Go: scripts/test fetches it and runs this ring"]
fn each_file_of_vendor_that_is_not_as_its_module_has_it_is_told() {
    let house = vendored();
    let findings = house.ask("vendor-unchanged");
    let (verdict, said) = findings.of("vendor-unchanged");
    assert_eq!((verdict, said.as_str()), ("ok", "4 files are as their modules have them"));
    house.file("module/vendor/example.com/Dep/dep.go", "package dep\n\nconst N = 2\n");
    house.file("module/vendor/example.com/Dep/README.md", "words\r\n");
    house.file("module/vendor/example.com/Dep/own.go", "package dep\n");
    house.file("module/vendor/example.com/stray/stray.go", "package stray\n");
    fs::remove_file(house.path("module/vendor/example.com/Dep/amd64.s")).expect("a vendored file");
    fs::remove_file(house.path("module/vendor/example.com/Dep/LICENSE")).expect("a vendored file");
    let findings = house.ask("vendor-unchanged");
    let (verdict, said) = findings.of("vendor-unchanged");
    assert_eq!(verdict, "error");
    let told: Vec<&str> = said.lines().take(6).collect();
    assert_eq!(
        told,
        [
            "missing: vendor/example.com/Dep/LICENSE of example.com/Dep@v1.0.0",
            "changed: vendor/example.com/Dep/README.md has other line ends than example.com/Dep@v1.0.0 has",
            "missing: vendor/example.com/Dep/amd64.s of example.com/Dep@v1.0.0",
            "changed: vendor/example.com/Dep/dep.go is not as example.com/Dep@v1.0.0 has it",
            "added: vendor/example.com/Dep/own.go is of example.com/Dep@v1.0.0",
            "added: vendor/example.com/stray/stray.go is of no module of vendor/modules.txt",
        ]
    );
}

#[test]
#[ignore = "needs real Go: scripts/test fetches it and runs this ring"]
fn a_link_in_vendor_is_not_followed_and_told() {
    let house = vendored();
    let file = house.path("module/vendor/example.com/Dep/dep.go");
    fs::remove_file(&file).expect("a vendored file");
    symlink(house.path("home/go/pkg/mod/example.com/!dep@v1.0.0/dep.go"), &file).expect("a link");
    let findings = house.ask("vendor-unchanged");
    let (verdict, said) = findings.of("vendor-unchanged");
    assert_eq!(verdict, "error");
    assert!(said.contains("vendor/example.com/Dep/dep.go is no plain file"), "{said}");
}

#[test]
#[ignore = "needs real Go: scripts/test fetches it and runs this ring"]
fn replaced_modules_are_compared_with_what_replaces_them() {
    let house = with_dependency();
    let fork = [("go.mod", "module example.com/Fork\n\ngo 1.21\n"), ("dep.go", "package dep\n\nconst N = 4\n")];
    proxy::serve(&house, "example.com/Fork", "v1.0.0", &fork);
    house.file("module/lib/go.mod", "module example.com/lib\n\ngo 1.21\n");
    house.file("module/lib/lib.go", "package lib\n");
    house.file(
        "module/go.mod",
        "module example.com/app\n\ngo 1.21\n\nrequire (\n\texample.com/Dep v1.0.0\n\texample.com/lib v0.0.0\n)\n\n\
         replace (\n\texample.com/Dep => example.com/Fork v1.0.0\n\texample.com/lib => ./lib\n)\n",
    );
    let main = "package main\n\nimport (\n\t_ \"example.com/Dep\"\n\t_ \"example.com/lib\"\n)\n\nfunc main() {}\n";
    house.file("module/main.go", main);
    proxy::fetch(&house, &["mod", "tidy"]);
    house.run_go(&["mod", "vendor"]);
    assert_eq!(house.ask("vendor-unchanged").of("vendor-unchanged").0, "ok");
    house.file("module/vendor/example.com/Dep/dep.go", "package dep\n\nconst N = 1\n");
    house.file("module/lib/lib.go", "package lib\n\nconst New = 1\n");
    let findings = house.ask("vendor-unchanged");
    let (verdict, said) = findings.of("vendor-unchanged");
    assert_eq!(verdict, "error");
    assert!(said.contains("Dep/dep.go is not as example.com/Dep@v1.0.0 => example.com/Fork@v1.0.0 has it"), "{said}");
    assert!(said.contains("lib/lib.go is not as example.com/lib@v0.0.0 => ./lib has it"), "{said}");
}

#[test]
#[ignore = "needs real Go: scripts/test fetches it and runs this ring"]
fn a_module_that_is_not_in_the_cache_cannot_be_compared_and_is_named() {
    let house = vendored();
    house.run_go(&["clean", "-modcache"]);
    let findings = house.ask("vendor-unchanged");
    let (verdict, said) = findings.of("vendor-unchanged");
    assert_eq!(verdict, "unknown");
    assert!(said.contains("example.com/Dep@v1.0.0") && said.contains("go mod download"), "{said}");
    // And builds do not need it.
    assert_eq!(house.ask("modules-verified").of("modules-verified").0, "not_applicable");
}

#[test]
#[ignore = "needs real Go: scripts/test fetches it and runs this ring"]
fn a_changed_file_of_the_module_cache_is_an_error() {
    let house = with_dependency();
    assert_eq!(house.ask("modules-verified").of("modules-verified").0, "ok");
    let file = house.path("home/go/pkg/mod/example.com/!dep@v1.0.0/dep.go");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).expect("a file of the cache");
    fs::write(&file, "package dep\n\nconst N = 3\n").expect("a file of the cache");
    let findings = house.ask("modules-verified");
    let (verdict, said) = findings.of("modules-verified");
    assert_eq!(verdict, "error");
    assert!(said.contains("example.com/Dep v1.0.0: dir has been modified"), "{said}");
}

#[test]
#[ignore = "needs real Go: scripts/test fetches it and runs this ring"]
fn modules_that_were_not_fetched_yet_are_nobodys_fault() {
    let house = with_dependency();
    house.run_go(&["clean", "-modcache"]);
    let findings = house.ask("modules");
    assert_eq!(findings.with(&["error", "warn", "note"]), Vec::<&str>::new());
    for id in ["modules-verified", "go-sum"] {
        let (verdict, said) = findings.of(id);
        assert_eq!(verdict, "unknown");
        assert!(said.contains("go mod download"), "{said}");
    }
}

#[test]
#[ignore = "needs real Go: scripts/test fetches it and runs this ring"]
fn a_missing_line_and_a_wrong_one_of_go_sum_are_errors() {
    let house = with_dependency();
    assert_eq!(house.ask("go-sum").of("go-sum").0, "ok");
    let sums = fs::read_to_string(house.path("module/go.sum")).expect("go.sum");
    let kept: String = sums.lines().filter(|line| line.contains("/go.mod ")).map(|line| format!("{line}\n")).collect();
    house.file("module/go.sum", kept);
    let findings = house.ask("go-sum");
    let (verdict, said) = findings.of("go-sum");
    assert_eq!(verdict, "error");
    assert!(said.contains("missing go.sum entry for module providing package example.com/Dep"), "{said}");
    house.file("module/go.sum", sums.replace("v1.0.0 h1:", "v1.0.0 h1:AAAA"));
    let findings = house.ask("go-sum");
    let (verdict, said) = findings.of("go-sum");
    assert_eq!(verdict, "error", "{said}");
    assert!(said.contains("checksum mismatch"), "{said}");
}

#[test]
#[ignore = "needs real Go: scripts/test fetches it and runs this ring"]
fn downloads_that_nothing_checks_are_told() {
    assert_eq!(House::new().ask("sumdb").of("sumdb").0, "ok");
    let database = House::new().run_go(&["env", "GOSUMDB"]);
    for (variables, verdict, words) in [
        (&[("GOSUMDB", "off")][..], "note", "GOSUMDB is off"),
        (&[("GOSUMDB", "off"), ("GOPROXY", "direct")], "warn", "compared with nothing"),
        (&[("GOPRIVATE", "github.com")], "warn", "github.com is compared with no database"),
        (&[("GONOSUMDB", "*")], "warn", "golang.org"),
        (&[("GOINSECURE", "*")], "warn", "without TLS"),
        (&[("GOPRIVATE", "github.com/us/*,*.corp")], "ok", database.trim()),
    ] {
        let house = variables.iter().fold(House::new(), |house, (name, value)| house.with(name, value));
        let findings = house.ask("sumdb");
        let (found, said) = findings.of("sumdb");
        assert_eq!(found, verdict, "{variables:?}: {said}");
        assert!(said.contains(words), "{variables:?}: {said}");
    }
}

#[test]
#[ignore = "needs real Go: scripts/test fetches it and runs this ring"]
fn private_modules_that_a_public_proxy_is_asked_for_are_named() {
    let house = House::new();
    assert_eq!(house.ask("goprivate").of("goprivate").0, "ok");
    let go_mod = "module example.com/app\n\ngo 1.21\n\nrequire (\n\tgit.company.internal/team/lib v1.0.0\n\tgithub.com/a/b v1.0.0\n)\n";
    house.file("module/go.mod", go_mod);
    let findings = house.ask("goprivate");
    let (verdict, said) = findings.of("goprivate");
    assert_eq!(verdict, "warn");
    let proxies = house.run_go(&["env", "GOPROXY"]);
    let proxy = proxies.split(',').next().expect("Go comes with one");
    let words = format!("{proxy} is asked for git.company.internal/team/lib\nthe checksum database");
    assert!(said.starts_with(&words) && said.contains("go env -w GOPRIVATE=git.company.internal"), "{said}");
    let house = house.with("GOPRIVATE", "*.internal");
    assert_eq!(house.ask("goprivate").of("goprivate").0, "ok");
    let house = house.with("GOPRIVATE", "example.org, https://git.company.internal");
    let findings = house.ask("goprivate");
    let (verdict, said) = findings.of("goprivate");
    assert_eq!(verdict, "warn");
    assert!(
        said.contains("export GOPRIVATE=example.org,git.company.internal") && said.contains("fits no module"),
        "{said}"
    );
    let house = house.without("GOPRIVATE").with("GOPROXY", "https://proxy.company.internal,direct");
    assert_eq!(house.ask("goprivate").of("goprivate").0, "ok", "its own proxy may know");
}

#[test]
#[ignore = "needs real Go: scripts/test fetches it and runs this ring"]
fn nobody_is_asked_for_a_private_module_that_is_not_here() {
    let house = House::new().with("GOPRIVATE", "git.company.internal");
    house.file(
        "module/go.mod",
        "module example.com/app\n\ngo 1.21\n\nrequire git.company.internal/team/lib.git v1.0.0\n",
    );
    fs::remove_file(house.path("bin/git")).expect("git of the house");
    let log = house.path("log");
    let git = house.file("bin/git", format!("#!/bin/sh\necho \"$*\" >>{}\nexit 1\n", log.display()));
    fs::set_permissions(&git, fs::Permissions::from_mode(0o755)).expect("a program");
    assert!(!house.program(house.path("bin/go")).args(["mod", "download"]).status().expect("go starts").success());
    assert!(fs::read_to_string(&log).is_ok_and(|asked| asked.contains("ls-remote")), "go itself does ask");
    fs::remove_file(&log).expect("a log");
    let findings = house.ask_with(&[]);
    assert!(!log.exists(), "{:?}", fs::read_to_string(&log));
    assert_eq!(findings.of("goprivate"), ("ok", String::from("GOPRIVATE is git.company.internal")));
}

#[test]
#[ignore = "needs real Go: scripts/test fetches it and runs this ring"]
fn replacements_by_folders_are_told_by_where_they_lead() {
    let house = House::new();
    let replace = |target: &str| {
        let go_mod = format!("module example.com/app\n\ngo 1.21\n\nreplace example.com/lib => {target}\n");
        house.file("module/go.mod", go_mod);
        let findings = house.ask("replace-local");
        let (verdict, said) = findings.of("replace-local");
        (verdict.to_owned(), said)
    };
    house.file("module/lib/go.mod", "module example.com/lib\n");
    house.file("elsewhere/go.mod", "module example.com/lib\n");
    make_repository(&house.path("module"));
    assert_eq!(replace("./lib").0, "ok");
    assert_eq!(replace("example.org/fork v1.0.0").0, "ok");
    let (verdict, said) = replace("../gone");
    assert_eq!(verdict, "error");
    assert!(said.contains("is not there") && said.contains("-dropreplace=example.com/lib"), "{said}");
    let (verdict, said) = replace("../elsewhere");
    assert_eq!(verdict, "warn");
    assert!(said.contains("outside the repository"), "{said}");
    house.file("module/.git/refs/tags/v1.2.0", "0000\n");
    let (verdict, said) = replace("./lib");
    assert_eq!(verdict, "note");
    assert!(said.contains("v1.2.0"), "{said}");
}

#[test]
#[ignore = "needs real Go: scripts/test fetches it and runs this ring"]
fn a_go_work_from_above_is_told_and_where_it_does_not_use_the_module_is_an_error() {
    let house = House::new();
    assert_eq!(house.ask("go-work").of("go-work").0, "not_applicable");
    house.file("other/go.mod", "module example.com/other\n\ngo 1.21\n");
    house.file("other/other.go", "package other\n");
    house.file("go.work", "go 1.21\n\nuse ./other\n");
    let findings = house.ask("go-work");
    let (verdict, said) = findings.of("go-work");
    assert_eq!(verdict, "error");
    assert!(said.contains("does not use") && said.contains("GOWORK=off"), "{said}");
    house.file("go.work", "go 1.21\n\nuse (\n\t./module\n\t./other\n)\n");
    assert_eq!(house.ask("go-work").of("go-work").0, "ok", "without a repository nothing is outside");
    make_repository(&house.path("module"));
    assert_eq!(house.ask("go-work").of("go-work").0, "note");
    make_repository(&house.path(""));
    fs::remove_dir_all(house.path("module/.git")).expect("no repository of its own");
    assert_eq!(house.ask("go-work").of("go-work").0, "ok");
    assert_eq!(house.with("GOWORK", "off").ask("go-work").of("go-work").0, "ok");
}

#[test]
#[ignore = "needs real Go: scripts/test fetches it and runs this ring"]
fn folders_of_go_work_that_have_no_module_are_errors_and_others_are_noted() {
    let house = House::new();
    assert_eq!(house.ask("go-work-use").of("go-work-use").0, "not_applicable");
    house.file("module/tools/go.mod", "module example.com/tools\n\ngo 1.21\n");
    house.file("module/vendor/v/go.mod", "module example.com/v\n\ngo 1.21\n");
    let work = |uses: &str| {
        house.file("module/go.work", format!("go 1.21\n\nuse (\n{uses})\n"));
        let findings = house.ask("go-work-use");
        let (verdict, said) = findings.of("go-work-use");
        (verdict.to_owned(), said)
    };
    assert_eq!(work("\t.\n\t./tools\n").0, "ok");
    let (verdict, said) = work("\t.\n");
    assert_eq!(verdict, "note");
    assert!(said.contains("module/tools") && !said.contains("vendor"), "{said}");
    let (verdict, said) = work("\t.\n\t./gone\n");
    assert_eq!(verdict, "error");
    assert!(said.contains("uses ./gone, which is not there") && said.contains("-dropuse=./gone"), "{said}");
    let (verdict, said) = work("\t.\n\t.\\tools\n");
    assert_eq!(verdict, "error");
    assert!(said.contains("backslashes") && said.contains("-use=./tools"), "{said}");
}

#[test]
#[ignore = "needs real Go: scripts/test fetches it and runs this ring"]
fn verify_vendor_ends_with_1_where_vendor_was_changed_and_2_where_it_could_not_tell() {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/verify-vendor");
    let house = vendored();
    let path = format!("{}:/usr/bin:/bin", house.path("bin").display());
    let house = house.with("PATH", &path);
    let run = |words: &[&str]| {
        let mut command: Command = house.program(&script);
        let output =
            command.args(["--gotrace", crate::house::GOTRACE]).args(words).output().expect("the script starts");
        (output.status.code(), String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned())
    };
    let (code, said) = run(&[]);
    assert_eq!(code, Some(0), "{said}");
    house.file("module/vendor/example.com/Dep/dep.go", "package dep\n\nconst N = 2\n");
    let (code, said) = run(&[]);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("changed: vendor/example.com/Dep/dep.go"), "{said}");
    house.run_go(&["mod", "vendor"]);
    house.run_go(&["clean", "-modcache"]);
    let (code, said) = run(&[]);
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("--download"), "{said}");
    let proxy = proxy::address(&house);
    let house = house.with("GOPROXY", &proxy).with("GOSUMDB", "off");
    let output = house.program(&script).args(["--gotrace", crate::house::GOTRACE, "--download"]).output();
    assert_eq!(output.expect("the script starts").status.code(), Some(0));
    let output = house.program(&script).arg("--help").output().expect("the script starts");
    assert!(
        output.status.success() && String::from_utf8_lossy(&output.stdout).starts_with("usage: scripts/verify-vendor")
    );
}
