//! Which modules go into builds, and whether they are what they are taken for.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use crate::house::{Findings, GOTRACE, House, printed, skipped};
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

pub(crate) fn vendored() -> House {
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
    let told = findings.with(&["error", "warn", "note", "unknown"]);
    assert_eq!(told, ["go-module"], "that there is none: {:#?}", findings.0);
}

#[test]
#[ignore = "needs real Go: scripts/test fetches it and runs this ring"]
fn goflags_that_surprise_are_named_with_where_they_are_set() {
    let house = House::new();
    assert_eq!(house.ask("goflags").of("goflags").0, "ok");
    for (value, verdict, words) in [
        ("-trimpath -buildvcs=false", "ok", "-trimpath"),
        ("-race=false", "ok", "-race=false"),
        ("-race -p=1 --race=F -p=4", "ok", "-p=4"),
        ("-mod=readonly -p=4 -v", "ok", "-mod=readonly"),
        ("'-toolexec=/opt/my tools/gotrace shim'", "ok", "-toolexec"),
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
fn what_go_cannot_load_is_told_once_with_the_place_and_the_command_that_go_names() {
    let house = House::new();
    assert_eq!(house.ask("packages-load").of("packages-load").0, "ok");
    for (name, text) in [
        ("lost/a.go", "package lost\n\nimport (\n\t_ \"example.com/nowhere/x\"\n\t_ \"example.com/app/gone\"\n)\n"),
        ("over/a.go", "package over\n\nimport _ \"example.com/app/lost\"\nimport _ \"example.com/nowhere/x\"\n"),
        ("std/a.go", "package std\n\nimport _ \"strange/thing\"\n"),
        ("embed/a.go", "package embed\n\nimport _ \"embed\"\n\n//go:embed gone/*.txt\nvar text string\n"),
        ("two/a.go", "package a\n"),
        ("two/b.go", "package b\n"),
        ("round/a.go", "package round\n\nimport _ \"example.com/app/about\"\n"),
        ("about/a.go", "package about\n\nimport _ \"example.com/app/round\"\n"),
        ("broken/a.go", "package broken\n\nimport (\n\nfunc {\n"),
        ("broken/too/a.go", "package too\n\nimport (\n\nfunc {\n"),
        ("tests/a.go", "package tests\n"),
        ("tests/a_test.go", "package tests\n"),
        ("elsewhere/a_plan9.go", "package elsewhere\n"),
        ("testdata/a.go", "package {{.}}\n"),
    ] {
        house.file(&format!("module/{name}"), text);
    }
    let findings = house.ask("modules,cgo");
    assert_eq!(findings.with(&["error", "warn", "unknown"]), ["packages-load"], "{:#}", findings.0);
    let said = findings.of("packages-load").1;
    for words in [
        "lost/a.go:4:2: no required module provides package example.com/nowhere/x\n",
        "lost/a.go:5:2: no required module provides package example.com/app/gone\nit would be a package of this module",
        "std/a.go:3:8: package strange/thing is not in std",
        "embed/a.go:5:12: pattern gone/*.txt: no matching files found",
        "found packages a (a.go) and b (b.go)",
        "imports example.com/app/about",
        "broken/a.go:5:1: missing import path",
        "broken/too/a.go:5:1: missing import path",
        "go get example.com/nowhere/x",
    ] {
        assert_eq!(said.matches(words).count(), 1, "{words}: {said}");
    }
    assert!(!said.contains("go get example.com/app"), "{said}");
}

#[test]
#[ignore = "needs real Go: scripts/test fetches it and runs this ring"]
fn what_no_other_check_tells_is_told_whatever_it_is_called() {
    let house = House::new();
    house.file("module/a/a.go", "package a\n\nimport _ \"example.com/BOM/x\"\n");
    assert!(house.ask("packages-load").of("packages-load").1.contains("provides package example.com/BOM/x"));
    house.file("module/a/a.go", "package a\n\n// #cgo nonsense\nimport \"C\"\n");
    let house = house.with("CGO_ENABLED", "0");
    let findings = house.ask("modules,cgo");
    assert!(findings.of("packages-load").1.contains("invalid #cgo line"), "{:#}", findings.0);
}

#[test]
#[ignore = "needs real Go: scripts/test fetches it and runs this ring"]
fn a_go_mod_that_needs_updates_is_an_error_and_go_mod_tidy_mends_it() {
    let house = House::new();
    house.file("module/lib/go.mod", "module example.com/lib\n\ngo 1.21.5\n");
    house.file("module/lib/lib.go", "package lib\n");
    house.file("module/main.go", "package main\n\nimport _ \"example.com/lib\"\n\nfunc main() {}\n");
    let go_mod =
        "module example.com/app\n\ngo 1.21\n\nrequire example.com/lib v0.0.0\n\nreplace example.com/lib => ./lib\n";
    house.file("module/go.mod", go_mod);
    let findings = house.ask("modules");
    assert_eq!(findings.with(&["error"]), ["packages-load"], "{:#}", findings.0);
    assert!(findings.of("packages-load").1.contains("updates to go.mod needed\ngo mod tidy"), "{:#}", findings.0);
    house.run_go(&["mod", "tidy"]);
    assert_eq!(house.ask("packages-load").of("packages-load").0, "ok");
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
    // What is of no module at all is known without any.
    house.file("module/vendor/example.com/stray/stray.go", "package stray\n");
    let findings = house.ask("vendor-unchanged");
    let (verdict, said) = findings.of("vendor-unchanged");
    assert_eq!(verdict, "error");
    assert!(said.contains("added: vendor/example.com/stray/stray.go is of no module"), "{said}");
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
    for id in ["modules-verified", "go-sum", "packages-load"] {
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
    let house = house.with("GOFLAGS", "-mod=mod");
    assert_eq!(house.ask("go-sum").of("go-sum").0, "note", "builds add it themselves");
    let house = house.without("GOFLAGS");
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
    for (proxies, verdict) in [
        ("https://goproxy.corp,direct", "ok"),
        ("https://goproxy.lan:8080/go", "ok"),
        ("direct,https://any.golang.org", "ok"),
        ("https://proxy.company.internal|off,https://goproxy.example", "ok"),
        ("https://goproxy.corp,goproxy.example,direct", "warn"),
    ] {
        let house = House::new().with("GOPROXY", proxies);
        house.file("module/go.mod", go_mod);
        assert_eq!(house.ask("goprivate").of("goprivate").0, verdict, "{proxies}");
    }
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

/// A version that was made up beside a replacement is nowhere to be had, and go asks for no other as long as it is required.
#[test]
#[ignore = "needs real Go: scripts/test fetches it and runs this ring"]
fn the_command_that_takes_a_replacement_back_leads_to_a_module_that_builds() {
    for made_up in ["v0.0.0", "v0.0.0-00010101000000-000000000000"] {
        let house = House::new();
        proxy::serve(
            &house,
            "example.com/lib",
            "v1.0.0",
            &[("go.mod", "module example.com/lib\n\ngo 1.21\n"), ("lib.go", "package lib\n")],
        );
        let go_mod = "module example.com/app\n\ngo 1.21\n\nrequire example.com/lib VERSION\n\nreplace example.com/lib => ../gone away\n";
        house.file("module/go.mod", go_mod.replace("VERSION", made_up).replace("../gone away", "\"../gone away\""));
        house.file("module/main.go", "package main\n\nimport _ \"example.com/lib\"\n\nfunc main() {}\n");
        let findings = house.ask("modules");
        assert_eq!(findings.with(&["error"]), ["replace-local"], "{:#}", findings.0);
        let replaced = &findings.0["findings"][0];
        let mend = replaced["mend"][0].as_str().expect("a command").to_owned();
        assert!(mend.contains("-droprequire=example.com/lib"), "{mend}");
        let proxy = proxy::address(&house);
        let house = house.with("GOPROXY", &proxy).with("GOSUMDB", "off").with("GOFLAGS", "-modcacherw");
        printed(house.program("/bin/sh").args(["-ec", &mend]).output().expect("a shell"));
        house.run_go(&["build", "-o", "/dev/null", "./..."]);
    }
}

/// What stands in the way of a shell that takes the words apart.
#[test]
#[ignore = "needs real Go: scripts/test fetches it and runs this ring"]
fn commands_for_folders_with_blanks_in_their_names_do_what_they_say() {
    let house = House::new();
    house.file("my work/app/go.mod", "module example.com/app\n\ngo 1.21\n");
    house.file("my work/app/app.go", "package app\n");
    let told = |only: &str, number: usize| {
        let app = house.path("my work/app").display().to_string();
        let findings = house.ask_with(&["--only", only, &app]);
        findings.0["findings"][0]["mend"][number].as_str().unwrap_or_default().to_owned()
    };
    let obey = |command: &str| {
        let mut shell = house.program("/bin/sh");
        let output = shell.args(["-ec", command]).current_dir(house.path("my work/app")).output();
        printed(output.expect("a shell"));
        true
    };
    house.file("my work/go.work", "go 1.21\n\nuse \"./my tools\"\n");
    house.file("my work/my tools/go.mod", "module example.com/tools\n\ngo 1.21\n");
    assert!(obey(&told("go-work", 1)) && told("go-work", 1).is_empty(), "cd and go work use");
    fs::remove_file(house.path("my work/my tools/go.mod")).expect("go.mod");
    assert!(obey(&told("go-work-use", 0)) && told("go-work-use", 0).is_empty(), "go work edit -dropuse");
    house.file("my work/my tools/go.mod", "module example.com/tools\n\ngo 1.21\n");
    let command = told("go-work-use", 0).split(", or").next().unwrap_or_default().to_owned();
    assert!(obey(&command) && told("go-work-use", 0).is_empty(), "go work use");
    house.file("my work/go.work", "go 1.21\n\nuse ./app\n\nreplace example.com/x => \"./not here\"\n");
    assert!(obey(&told("replace-local", 0)) && told("replace-local", 0).is_empty(), "go work edit -dropreplace");
    house.file("my work/app/go.mod", "module example.com/app\n\ngo 1.21\n\nreplace example.com/x => \"../not here\"\n");
    assert!(obey(&told("replace-local", 0)) && told("replace-local", 0).is_empty(), "go mod edit -dropreplace");
}

#[test]
#[ignore = "needs real Go: scripts/test fetches it and runs this ring"]
fn modules_that_do_not_go_together_are_told_in_gos_own_words() {
    let house = House::new();
    fs::remove_file(house.path("module/go.mod")).expect("go.mod");
    house.file("module/go.work", "go 1.21\n\nuse (\n\t./a\n\t./b\n)\n");
    house.file("module/a/go.mod", "module example.com/a\n\ngo 1.21\n");
    let ask = |go_mod: &str| {
        house.file("module/b/go.mod", go_mod);
        let findings = house.ask("modules");
        assert!(findings.with(&["error"]).iter().all(|id| *id == "go-work-use"), "{:#}", findings.0);
        let (verdict, said) = findings.of("go-work-use");
        (verdict.to_owned(), said)
    };
    assert_eq!(ask("module example.com/b\n\ngo 1.21\n").0, "ok");
    let (verdict, said) = ask("module example.com/a\n\ngo 1.21\n");
    assert_eq!(verdict, "error");
    assert!(said.contains("module example.com/a appears multiple times in workspace"), "{said}");
    let (verdict, said) = ask("module example.com/b\n\ngo 1.21.1\n");
    assert_eq!(verdict, "error");
    assert!(said.contains("but go.work lists go 1.21") && said.contains("go work use"), "{said}");
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

/// Every one of them has been seen to fail without a word of the others.
#[test]
#[ignore = "needs real Go: scripts/test fetches it and runs this ring"]
fn builds_that_do_not_begin_are_told_in_gos_words() {
    let fails = |house: &House, words: &[&str]| {
        let built =
            house.program(house.path("bin/go")).args(["build", "-o", "/dev/null", "."]).output().expect("go starts");
        let findings = house.ask_with(&[]);
        let (verdict, said) = findings.of("build-plan");
        assert_eq!(verdict == "error", !built.status.success(), "{said} {}", String::from_utf8_lossy(&built.stderr));
        assert_eq!(findings.with(&["error"]), if verdict == "error" { vec!["build-plan"] } else { Vec::new() });
        if verdict == "error" {
            words.iter().for_each(|word| assert!(said.contains(word), "{said}"));
        }
        verdict == "error"
    };
    assert!(!fails(&House::new(), &[]));
    assert!(fails(&House::new().with("GOFLAGS", "-toolexec=/gone/gotrace"), &["/gone/gotrace", "no such file"]));
    let house = House::new();
    let git = |words: &[&str]| printed(house.program("/usr/bin/git").args(words).output().expect("git starts"));
    git(&["init", "-q"]);
    git(&["add", "-A"]);
    git(&["-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "-qm", "a"]);
    assert!(!fails(&house, &[]));
    let _ = fs::remove_file(house.path("bin/git"));
    let house = house.with("GOFLAGS", "-buildvcs=true");
    assert!(fails(&house, &["no git in PATH", "-buildvcs=false"]));
}

/// As in a container where root builds what somebody else checked out.
#[test]
#[ignore = "needs real Go: scripts/test fetches it and runs this ring"]
fn a_repository_of_somebody_else_is_named_with_what_git_wants() {
    let house = House::new();
    printed(house.program("/usr/bin/git").args(["init", "-q"]).output().expect("git starts"));
    if let Err(error) = std::os::unix::fs::chown(house.path("module"), Some(1234), Some(1234)) {
        return skipped(&format!("only root can give files away: {error}")).unwrap_or_default();
    }
    let (_, said) = house.ask("build-plan").of("build-plan");
    let line = said.lines().find(|line| line.starts_with("git config")).expect("a mend").to_owned();
    assert!(said.contains("dubious ownership"), "{said}");
    printed(house.program("/bin/sh").args(["-c", &line]).output().expect("a shell"));
    assert_eq!(house.ask("build-plan").of("build-plan").0, "ok");
}

/// With no sums go computes them in a workspace, and writes them down, whatever it is asked.
#[test]
#[ignore = "needs real Go: scripts/test fetches it and runs this ring"]
fn no_sums_are_left_in_a_workspace_and_nobody_is_asked_for_them() {
    let house = with_dependency();
    fs::remove_file(house.path("module/go.sum")).expect("sums");
    house.file("go.work", "go 1.21\n\nuse ./module\n");
    house.ask_with(&[]);
    assert!(!house.path("go.work.sum").exists());
    // Go itself, asked the same.
    let house = house.with("GOSUMDB", "off");
    house.run_go(&["list", "-e", "-deps", "./..."]);
    assert!(house.path("go.work.sum").exists(), "else this story shows nothing");
    let sums = house.file("go.work.sum", "");
    house.ask_with(&[]);
    assert_eq!(fs::read_to_string(sums).expect("it is there"), "");
}

#[test]
#[ignore = "needs real Go: scripts/test fetches it and runs this ring"]
fn a_go_sum_that_a_merge_left_unfinished_is_an_error() {
    let house = with_dependency();
    let sums = fs::read_to_string(house.path("module/go.sum")).expect("sums");
    house.file("module/go.sum", format!("<<<<<<< HEAD\n{sums}"));
    let findings = house.ask_with(&[]);
    let (verdict, said) = findings.of("go-sum");
    assert!(
        verdict == "error" && said.contains("go.sum:1: wrong number of fields") && said.contains("merge"),
        "{said}"
    );
    assert_eq!(findings.with(&["error"]), ["go-sum"]);
}

/// Nothing is downloaded then.
#[test]
#[ignore = "needs real Go: scripts/test fetches it and runs this ring"]
fn without_a_proxy_nobody_misses_the_checksum_database() {
    let house = House::new().with("GOPROXY", "off").with("GOSUMDB", "off");
    assert_eq!(house.ask("sumdb").of("sumdb").0, "ok");
}

#[test]
#[ignore = "needs real Go: scripts/test fetches it and runs this ring"]
fn whoever_starts_in_a_wrong_folder_is_told_where_modules_are() {
    let house = House::new();
    assert_eq!(house.ask("go-module").of("go-module").0, "ok");
    fs::rename(house.path("module/go.mod"), house.path("kept")).expect("no module");
    let findings = house.ask("go-module");
    let (verdict, said) = findings.of("go-module");
    assert!(verdict == "note" && said.contains("has Go sources") && said.contains("go mod init"), "{said}");
    fs::create_dir(house.path("module/a")).expect("a folder");
    fs::rename(house.path("kept"), house.path("module/a/go.mod")).expect("a module below");
    fs::rename(house.path("module/main.go"), house.path("module/a/main.go")).expect("its source");
    let findings = house.ask("go-module");
    let (verdict, said) = findings.of("go-module");
    let mend = format!("gotrace doctor {}", house.path("module/a").display());
    assert!(verdict == "note" && said.contains(&mend), "{said}");
    fs::remove_dir_all(house.path("module/a")).expect("nothing");
    assert_eq!(house.ask("go-module").of("go-module").0, "not_applicable");
}

#[test]
#[ignore = "needs real Go: scripts/test fetches it and runs this ring"]
fn a_go_mod_that_makes_a_folder_another_module_is_named() {
    let house = House::new();
    house.file("module/lib/lib.go", "package lib\n");
    house.file("module/lib/go.mod", "module example.com/app/lib\n\ngo 1.21\n");
    house.file("module/use.go", "package main\n\nimport _ \"example.com/app/lib\"\n");
    let findings = house.ask("packages-load");
    let (verdict, said) = findings.of("packages-load");
    let file = house.path("module/lib/go.mod").display().to_string();
    assert!(verdict == "error" && said.contains(&format!("{file} makes its folder another module")), "{said}");
    house.run_go(&["work", "init", "."]);
    house.run_go(&["work", "use", "lib"]);
    assert_eq!(house.ask("packages-load").of("packages-load").0, "ok", "the mend");
}

/// Without modules go heeds no workspace.
#[test]
#[ignore = "needs real Go: scripts/test fetches it and runs this ring"]
fn modules_that_are_switched_off_are_told_once() {
    let house = House::new();
    house.file("go.work", "go 1.21\n\nuse ./module\n");
    let house = house.with("GO111MODULE", "off");
    let root = house.path("");
    let mut doctor = house.program(GOTRACE);
    let output = doctor.args(["doctor", "--format", "json"]).arg(root).output().expect("gotrace starts");
    assert_eq!(Findings::read(output).with(&["error"]), ["go111module"]);
}
