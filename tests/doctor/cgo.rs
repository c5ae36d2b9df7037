//! Whether C in Go packages is built, by the right compiler, with the flags that were meant.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use crate::house::{House, skipped};

/// A house whose module has a package with C in it, and a command that imports it; `lines` stand before the C.
fn with_c(lines: &str) -> House {
    let house = House::new();
    let source = format!(
        "package c\n\n// {lines}\n// static int one(void) {{ return 1; }}\nimport \"C\"\n\nfunc One() int {{ return int(C.one()) }}\n"
    );
    house.file("module/c/c.go", source);
    house
}

/// Takes the C compilers away.
fn without_compiler(house: House) -> House {
    for name in ["gcc", "g++"] {
        fs::remove_file(house.path("bin").join(name)).expect("a compiler");
    }
    house
}

#[track_caller]
fn found(house: &House, id: &str) -> (String, String) {
    let findings = house.ask(id);
    let (verdict, said) = findings.of(id);
    (verdict.to_owned(), said)
}

#[test]
#[ignore = "needs real Go: scripts/test fetches it and runs this ring"]
fn with_c_and_a_compiler_all_is_well() {
    let findings = with_c("#cgo CFLAGS: -O2 -DX=1\n// #cgo LDFLAGS: -lm").ask("cgo");
    let bad = findings.with(&["error", "warn", "note", "unknown", "not_applicable"]);
    assert!(bad.is_empty(), "{bad:?}: {:#?}", findings.0);
}

#[test]
#[ignore = "needs real Go: scripts/test fetches it and runs this ring"]
fn without_a_compiler_a_package_that_is_left_out_is_an_error() {
    let (verdict, said) = found(&without_compiler(with_c("C")), "cgo-compiler");
    assert_eq!(verdict, "error");
    assert!(said.contains("switched cgo off, because there is no gcc"), "{said}");
    assert!(said.contains("example.com/app/c imports C, and is left out"), "{said}");
}

#[test]
#[ignore = "needs real Go: scripts/test fetches it and runs this ring"]
fn without_a_compiler_what_imports_such_a_package_does_not_build() {
    let house = without_compiler(with_c("C"));
    house.file("module/main.go", "package main\n\nimport \"example.com/app/c\"\n\nfunc main() { println(c.One()) }\n");
    for house in [house.with("CGO_ENABLED", "0"), without_compiler(with_c("C"))] {
        let main = "package main\n\nimport \"example.com/app/c\"\n\nfunc main() { println(c.One()) }\n";
        house.file("module/main.go", main);
        let (verdict, said) = found(&house, "cgo-compiler");
        assert_eq!(verdict, "error");
        assert!(said.contains("example.com/app/c has no file left"), "{said}");
    }
}

#[test]
#[ignore = "needs real Go: scripts/test fetches it and runs this ring"]
fn a_package_with_other_files_is_built_from_these() {
    let house = without_compiler(with_c("C"));
    house.file("module/c/other.go", "//go:build !cgo\n\npackage c\n\nfunc One() int { return 1 }\n");
    let (verdict, said) = found(&house, "cgo-compiler");
    assert_eq!(verdict, "warn");
    assert!(said.contains("without its files that import C"), "{said}");
    let (verdict, said) = found(&house.with("CGO_ENABLED", "0"), "cgo-compiler");
    assert_eq!(verdict, "note", "it may be meant");
    assert!(said.contains("in the environment") && said.contains("unset CGO_ENABLED"), "{said}");
}

#[test]
#[ignore = "needs real Go: scripts/test fetches it and runs this ring"]
fn without_a_compiler_and_without_c_all_is_well() {
    let house = without_compiler(House::new());
    assert_eq!(found(&house, "cgo-compiler").0, "ok");
    let (verdict, said) = found(&house.with("CGO_ENABLED", "1"), "cgo-compiler");
    assert_eq!(verdict, "note", "no package of this build needs it");
    assert!(said.contains("gcc is not here"), "{said}");
    let house = without_compiler(with_c("C")).with("CGO_ENABLED", "1");
    assert_eq!(found(&house, "cgo-compiler").0, "error");
}

#[test]
#[ignore = "needs real Go: scripts/test fetches it and runs this ring"]
fn cross_compiling_switches_cgo_off_which_is_told_where_something_has_c() {
    assert_eq!(found(&House::new().with("GOARCH", "arm64"), "cgo-compiler").0, "ok");
    let (verdict, said) = found(&with_c("C").with("GOARCH", "arm64"), "cgo-compiler");
    assert_eq!(verdict, "error");
    assert!(said.contains("builds are for linux/arm64 and this is linux/"), "{said}");
}

#[test]
#[ignore = "needs real Go: scripts/test fetches it and runs this ring"]
fn a_compiler_that_does_not_find_the_headers_of_c_is_an_error() {
    let (verdict, said) = found(&with_c("C").with("CC", "gcc -nostdinc"), "cgo-compiler");
    assert_eq!(verdict, "error");
    assert!(said.contains("it says:") && said.contains("stdlib.h"), "{said}");
    let house = House::new().with("CC", "gcc -nostdinc");
    house.run_go(&["build", "-o", "/dev/null", "./..."]);
    assert_eq!(found(&house, "cgo-compiler").0, "note", "no package of this build needs it");
}

/// What go builds there is no error, and what it does not is one. Asked with `go build` in each, which takes minutes, 1.21.13
/// and 1.27.3 said the same.
#[test]
#[ignore = "needs real Go: scripts/test fetches it and runs this ring"]
fn a_compiler_is_missed_where_go_misses_it_and_nowhere_else() {
    const NET: &str = "package main\n\nimport (\n\t_ \"net\"\n\t_ \"os/user\"\n)\n\nfunc main() {}\n";
    const FALLBACK: &str = "//go:build !cgo\n\npackage c\n\nfunc One() int { return 1 }\n";
    const USES: &str = "package main\n\nimport \"example.com/app/c\"\n\nfunc main() { println(c.One()) }\n";
    let plain = || without_compiler(House::new());
    let net = || {
        let house = plain();
        house.file("module/main.go", NET);
        house
    };
    let fallback = || {
        let house = without_compiler(with_c("C"));
        house.file("module/c/other.go", FALLBACK);
        house.file("module/main.go", USES);
        house
    };
    for (what, house, builds) in [
        ("CC is empty", plain().with("CC", ""), true),
        ("CC is gone", plain().with("CC", "/nowhere/gcc"), true),
        ("cgo by hand", plain().with("CGO_ENABLED", "1"), true),
        ("net", net(), true),
        ("net, CC is gone", net().with("CC", "/nowhere/gcc"), false),
        ("net, cgo by hand", net().with("CGO_ENABLED", "1"), false),
        ("net, another processor", net().with("GOARCH", "arm64"), true),
        ("net, another processor, by hand", net().with("GOARCH", "arm64").with("CGO_ENABLED", "1"), false),
        ("net, another system, by hand", net().with("GOOS", "windows").with("CGO_ENABLED", "1"), true),
        ("race, by hand", plain().with("GOFLAGS", "-race").with("CGO_ENABLED", "1"), false),
        ("C with a way round", fallback(), true),
        ("C with a way round, by hand", fallback().with("CGO_ENABLED", "1"), false),
    ] {
        let (verdict, said) = found(&house, "cgo-compiler");
        assert_eq!(verdict != "error", builds, "{what}: {said}");
    }
}

/// As where a C compiler was copied into an image, or PATH was set to one folder.
#[test]
#[ignore = "needs real Go: scripts/test fetches it and runs this ring"]
fn a_compiler_without_its_assembler_or_linker_is_an_error() {
    for program in ["as", "ld"] {
        let house = with_c("C");
        fs::remove_file(house.path("bin").join(program)).expect("a program of binutils");
        let built = house.program(house.path("bin/go")).args(["build", "./..."]).output().expect("go starts");
        let (verdict, said) = found(&house, "cgo-compiler");
        // Distributions differ in whether a compiler looks for them elsewhere.
        assert_eq!(verdict == "ok", built.status.success(), "{said}");
        assert!(verdict == "ok" || said.contains(&format!("does not find {program}")), "{said}");
    }
}

#[test]
#[ignore = "needs real Go: scripts/test fetches it and runs this ring"]
fn a_sanitizer_that_the_compiler_does_not_know_is_told_in_its_words() {
    // The like of gcc, which knows none for memory.
    let refuse = "#!/bin/sh\ncase \"$*\" in *sanitize=memory*) echo 'error: unrecognized memory' >&2; exit 1;; esac\n";
    let house = House::new();
    let cc = house.script("bin/cc-without", refuse).display().to_string();
    let house = house.with("CC", &cc);
    assert_eq!(found(&house, "cgo-compiler").0, "ok");
    let house = house.with("GOFLAGS", "-msan");
    let (verdict, said) = found(&house, "cgo-compiler");
    assert_eq!(verdict, "error");
    assert!(
        said.contains("it says: error: unrecognized memory") && said.contains("take -msan out of GOFLAGS"),
        "{said}"
    );
    assert_eq!(found(&house.with("GOFLAGS", "-msan=false"), "cgo-compiler").0, "ok");
}

#[test]
#[ignore = "needs real Go: scripts/test fetches it and runs this ring"]
fn cpp_without_a_compiler_for_it_is_an_error() {
    let house = with_c("C");
    house.file("module/c/more.cpp", "int more() { return 1; }\n");
    assert_eq!(found(&house, "cgo-compiler").0, "ok");
    fs::remove_file(house.path("bin/g++")).expect("a compiler");
    let (verdict, said) = found(&house, "cgo-compiler");
    assert_eq!(verdict, "error");
    assert!(said.contains("example.com/app/c has C++ in it"), "{said}");
}

#[test]
#[ignore = "needs real Go: scripts/test fetches it and runs this ring"]
fn the_machines_own_compiler_is_none_for_another_processor_or_system() {
    assert_eq!(found(&House::new(), "cgo-target").0, "ok");
    assert_eq!(found(&House::new().with("GOARCH", "s390x"), "cgo-target").0, "not_applicable");
    for (name, value) in [("GOARCH", "s390x"), ("GOOS", "windows")] {
        let set = |house: House| house.with("CGO_ENABLED", "1").with(name, value);
        assert_eq!(found(&set(House::new()), "cgo-target").0, "note", "nothing here has C in it");
        let (verdict, said) = found(&set(with_c("C")), "cgo-target");
        assert_eq!(verdict, "error", "{value}: {said}");
        assert!(said.contains(value) && said.contains("gcc compiles for"), "{said}");
    }
}

#[test]
#[ignore = "needs real Go: scripts/test fetches it and runs this ring"]
fn a_cc_left_over_for_another_processor_is_an_error() {
    // No such compiler is at hand: this one says what a real one would.
    let house = with_c("C");
    let other = house.file("bin/s390x-linux-gnu-gcc", "#!/bin/sh\necho s390x-linux-gnu\n");
    fs::set_permissions(&other, fs::Permissions::from_mode(0o755)).expect("a program");
    let house = house.with("CC", "s390x-linux-gnu-gcc");
    let (verdict, said) = found(&house, "cgo-target");
    assert_eq!(verdict, "error");
    assert!(said.contains("s390x-linux-gnu-gcc compiles for s390x-linux-gnu"), "{said}");
    let house = house.with("GOARCH", "s390x").with("CGO_ENABLED", "1");
    assert_eq!(found(&house, "cgo-target").0, "ok");
}

#[test]
#[ignore = "needs real Go: scripts/test fetches it and runs this ring"]
fn cflags_do_not_reach_cgo_which_matters_where_there_is_c() {
    assert_eq!(found(&House::new().with("CFLAGS", "-O3"), "cgo-flags-ignored").0, "ok");
    let house = with_c("C").with("CFLAGS", "-DFAST").with("LDFLAGS", "-L/opt/lib");
    let (verdict, said) = found(&house, "cgo-flags-ignored");
    assert_eq!(verdict, "warn");
    assert!(said.contains("export CGO_CFLAGS='-O2 -g -DFAST'") && said.contains("LDFLAGS is -L/opt/lib"), "{said}");
    let house = house.with("CGO_CFLAGS", "-O2").with("CGO_LDFLAGS", "-L/opt/lib");
    assert_eq!(found(&house, "cgo-flags-ignored").0, "ok");
}

#[test]
#[ignore = "needs real Go: scripts/test fetches it and runs this ring"]
fn flags_that_go_refuses_are_told_in_its_words_until_they_are_allowed() {
    let house = with_c("#cgo CFLAGS: -fplugin=x.so");
    let (verdict, said) = found(&house, "cgo-flags-refused");
    assert_eq!(verdict, "error");
    assert!(said.contains("example.com/app/c: invalid flag in #cgo CFLAGS: -fplugin=x.so"), "{said}");
    let allow =
        said.split_once("export CGO_CFLAGS_ALLOW='").and_then(|(_, rest)| rest.split_once('\'')).map(|(it, _)| it);
    let house = house.with("CGO_CFLAGS_ALLOW", allow.expect("a command"));
    assert_eq!(found(&house, "cgo-flags-refused").0, "ok");
    assert_eq!(found(&with_c("#cgo LDFLAGS: -Wl,-rpath,/opt/lib"), "cgo-flags-refused").0, "ok");
    let (verdict, said) = found(&with_c("#cgo NONSENSE: -lm"), "cgo-flags-refused");
    assert_eq!(verdict, "error", "{said}");
}

#[test]
#[ignore = "needs real Go: scripts/test fetches it and runs this ring"]
fn flags_for_one_processor_are_told_with_where_they_stand() {
    for (name, value, verdict) in [
        ("CGO_CFLAGS", "-O2 -march=native", "warn"),
        ("CC", "gcc -march=native", "warn"),
        ("CGO_CXXFLAGS", "-mavx2", "note"),
        ("CGO_CFLAGS", "-mtune=native", "note"),
        ("CGO_CFLAGS", "-march=x86-64 -O3", "ok"),
    ] {
        let (found, said) = found(&House::new().with(name, value), "cgo-portable");
        assert_eq!(found, verdict, "{value}: {said}");
        assert!(verdict == "ok" || said.contains(name) && said.contains("in the environment"), "{said}");
    }
    let (verdict, said) = found(&with_c("#cgo CFLAGS: -march=native"), "cgo-portable");
    assert_eq!(verdict, "warn");
    assert!(said.contains("example.com/app/c has -march=native in its #cgo CFLAGS"), "{said}");
    let house = House::new();
    house.run_go(&["env", "-w", "CGO_CFLAGS=-march=native"]);
    assert!(found(&house, "cgo-portable").1.contains("go/env"));
}

#[test]
#[ignore = "needs real Go: scripts/test fetches it and runs this ring"]
fn a_static_program_that_asks_glibc_for_names_is_told_until_the_tags_are_set() {
    let house = House::new();
    let main = "package main\n\nimport (\n\t_ \"net\"\n\t_ \"os/user\"\n)\n\nfunc main() {}\n";
    house.file("module/main.go", main);
    assert_eq!(found(&house, "cgo-static").0, "ok");
    let house = house.with("CGO_LDFLAGS", "-static");
    let (verdict, said) = found(&house, "cgo-static");
    if said.contains("has no glibc") {
        return skipped("this machine's C compiler has no glibc").unwrap_or_default();
    }
    assert_eq!(verdict, "warn");
    assert!(said.contains("net and os/user") && said.contains("-tags netgo,osusergo"), "{said}");
    let house = house.with("GOFLAGS", "-tags=netgo,osusergo");
    assert_eq!(found(&house, "cgo-static").0, "ok");
    let house = house.without("CGO_LDFLAGS").with("GOFLAGS", "'-ldflags=-linkmode external -extldflags \"-static\"'");
    let (verdict, said) = found(&house, "cgo-static");
    assert_eq!(verdict, "warn");
    assert!(said.contains("GOFLAGS has -ldflags"), "{said}");
    house.file("module/main.go", "package main\n\nfunc main() {}\n");
    assert_eq!(found(&house, "cgo-static").0, "ok");
}

#[test]
#[ignore = "needs real Go: scripts/test fetches it and runs this ring"]
fn a_library_that_pkg_config_does_not_know_is_an_error_and_so_is_none_to_ask() {
    let with = |library: &str| {
        let house = House::new();
        house.file("module/p/p.go", format!("package p\n\n// #cgo pkg-config: {library}\nimport \"C\"\n"));
        house
    };
    assert_eq!(found(&House::new(), "cgo-pkg-config").0, "ok");
    let (verdict, said) = found(&with("nothing-of-that-name"), "cgo-pkg-config");
    assert!(verdict == "error" && said.contains("no pkg-config in PATH"), "{said}");
    let house = with("nothing-of-that-name");
    let path = format!("{}:/usr/bin:/bin", house.path("bin").display());
    let house = house.with("PATH", &path);
    if !Path::new("/usr/bin/pkg-config").exists() {
        return skipped("there is no pkg-config here").unwrap_or_default();
    }
    let built = house.program(house.path("bin/go")).args(["build", "./p"]).output().expect("go starts");
    assert!(!built.status.success());
    let (verdict, said) = found(&house, "cgo-pkg-config");
    assert!(verdict == "error" && said.contains("example.com/app/p: pkg-config nothing-of-that-name: "), "{said}");
    let known = house.file("known/known.pc", "Name: known\nDescription: x\nVersion: 1\nCflags: -DX\n");
    let folder = known.parent().expect("a folder").display().to_string();
    house.file("module/p/p.go", "package p\n\n// #cgo pkg-config: known\nimport \"C\"\n");
    let house = house.with("PKG_CONFIG_PATH", &folder);
    assert_eq!(found(&house, "cgo-pkg-config").0, "ok");
}
