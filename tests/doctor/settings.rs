//! Settings that go refuses: found by trying go without them, told once, and taken back by a command that can be typed.

use std::fs;

use crate::house::{Findings, House};
use crate::toolchain::{installation, root_of};

/// What is wrong, and nothing else is.
#[track_caller]
fn expect(findings: &Findings, id: &str, words: &[&str]) {
    let (verdict, said) = findings.of(id);
    assert_eq!(verdict, "error", "{id}: {said}");
    let missing: Vec<_> = words.iter().filter(|words| !said.contains(**words)).collect();
    assert!(missing.is_empty(), "{missing:?} in {said}");
    assert_eq!(findings.with(&["error"]), [id], "{:#}", findings.0);
}

fn with(house: House, settings: &[(&str, &str)]) -> House {
    settings.iter().fold(house, |house, (name, value)| house.with(name, value))
}

#[test]
#[ignore = "needs real Go: scripts/test fetches it and runs this ring"]
fn settings_that_go_takes_are_no_finding() {
    let fine: [&[(&str, &str)]; 13] = [
        &[],
        &[("GOFLAGS", "'-ldflags=-s -w' -trimpath -mod=mod"), ("GOPROXY", "off")],
        &[("GOOS", "js"), ("GOARCH", "wasm")],
        &[("GOOS", "windows"), ("GOARM64", "v8.0"), ("CGO_ENABLED", "0")],
        &[("GODEBUG", "nonsense=1"), ("GOGC", "x"), ("GOPROXY", "https://a.example.com|https://b.example.com,direct")],
        &[("GOWORK", "off"), ("GOMEMLIMIT", "1GiB"), ("GOPROXY", "")],
        &[("GOENV", "off"), ("GOPROXY", "file:///nowhere,off,nonsense")],
        &[("GOPROXY", "modules.example.com/go,modules:81|direct")],
        &[("GOFLAGS", "-buildmode=c-shared")],
        &[("GOFLAGS", "-buildmode=c-archive")],
        &[("GOFLAGS", "-buildmode=plugin -trimpath")],
        &[("GOFLAGS", "-o=bin/")],
        &[("GOENV_VERSION", "1.2"), ("GOOGLE_APPLICATION_CREDENTIALS", "x"), ("GOPRIVATE", "[")],
    ];
    for settings in fine {
        for house in House::of_all_ages() {
            let findings = with(house, settings).ask("go-settings");
            assert_eq!(findings.of("go-settings"), ("ok", String::from("go takes them")), "{settings:?}");
        }
    }
}

#[test]
#[ignore = "needs real Go: scripts/test fetches it and runs this ring"]
fn a_setting_that_go_refuses_is_named_with_gos_words_and_what_takes_it_back() {
    let refused = [
        ("GOOS", "bogus", "unsupported GOOS/GOARCH pair bogus/", "unset GOOS"),
        ("GOARCH", "foo", "unsupported GOOS/GOARCH pair linux/foo", "unset GOARCH"),
        ("GOEXPERIMENT", "nonsense", "unknown GOEXPERIMENT", "unset GOEXPERIMENT"),
        ("GOWORK", "nope", "invalid GOWORK: not an absolute path", "unset GOWORK"),
        ("GOWORK", "/nowhere/go.work", "/nowhere/go.work: no such file", "unset GOWORK"),
        ("GOMODCACHE", "rel", "not an absolute path", "unset GOMODCACHE"),
        ("GOPROXY", "modules", "modules is no address that go knows", "unset GOPROXY"),
        ("GOPROXY", "//modules.example.com", "//modules.example.com is no address that go knows", "unset GOPROXY"),
        ("GOPROXY", "https://a.example.com,ftp://b.example.com", "ftp://b.example.com is no address", "unset GOPROXY"),
        ("GOPROXY", ",", "there is no entry in it", "unset GOPROXY"),
        ("CGO_CFLAGS", "'-O2", "could not parse environment variable CGO_CFLAGS", "unset CGO_CFLAGS"),
        ("GOFLAGS", "-u", "cannot use -json with -u", "unset GOFLAGS"),
        ("GOFLAGS", "-bogus", "unknown flag -bogus", "unset GOFLAGS"),
        ("GOFLAGS", "-mod=strange", "-mod=strange not supported", "unset GOFLAGS"),
        ("GOFLAGS", "'-tags=open", "unterminated ' string", "export GOFLAGS=-tags=open"),
        ("GOFLAGS", "-modfile=nope.mod", "open nope.mod: no such file", "unset GOFLAGS"),
        ("GOFLAGS", "-trimpath -bogus", "unknown flag -bogus", "export GOFLAGS=-trimpath"),
        ("GOFLAGS", "-ldflags=-s -w", "cannot use -json with -w", "export GOFLAGS=\"'-ldflags=-s -w'\""),
        ("GOFLAGS", "-tags=a b -v", "non-flag \"b\"", "export GOFLAGS='-tags=a,b -v'"),
    ];
    for (name, value, words, mend) in refused {
        for house in House::of_all_ages() {
            let findings = house.with(name, value).ask("toolchain,paths,modules,limits");
            expect(&findings, "go-settings", &[&format!("{name} is {value}, in the environment"), words, mend]);
            assert_eq!(findings.of("go-runs").0, "ok", "{name}={value}");
        }
    }
}

/// What Go 1.21 reads for all processors, Go 1.23 and later read for the one that is built for; GOFIPS140 came with Go 1.24.
#[test]
#[ignore = "needs real Go: scripts/test fetches it and runs this ring"]
fn what_only_one_go_refuses_is_found_with_that_one() {
    let mut found = Vec::new();
    for (name, value) in [("GOARM", "9"), ("GOFIPS140", "nonsense")] {
        for house in House::of_all_ages() {
            let house = house.with(name, value);
            let refuses =
                !house.program(house.path("bin/go")).args(["env", "GOVERSION"]).output().expect("go").status.success();
            let findings = house.ask("go-settings");
            assert_eq!(findings.of("go-settings").0 == "error", refuses, "{name}: {}", findings.of("go-settings").1);
            found.push(refuses);
        }
    }
    assert!(found.contains(&true), "one of them is refused by some Go");
}

#[test]
#[ignore = "needs real Go: scripts/test fetches it and runs this ring"]
fn a_setting_of_which_another_check_tells_is_told_there_alone() {
    let told = [
        ("GOPATH", "gp", "gopath"),
        ("GO111MODULE", "nonsense", "go111module"),
        ("GOCACHE", "off", "gocache"),
        ("GOROOT", "/nowhere", "goroot"),
        ("GOMEMLIMIT", "x", "gc-settings"),
        ("GOTOOLCHAIN", "garbage", "toolchain-switch"),
        ("GOTMPDIR", "/nowhere", "folders-writable"),
    ];
    for (name, value, id) in told {
        for house in House::of_all_ages() {
            let findings = house.with(name, value).ask("toolchain,paths,modules,limits");
            expect(&findings, id, &[value]);
            assert_eq!(findings.of("go-runs").0, "ok", "{name}={value}");
        }
    }
    let house = House::new();
    house.file("module/go.mod", "module example.com/app\n\ngo 1.21\n\nrequire example.com/dep v1.0.0\n");
    let findings = house.with("GOFLAGS", "-mod=vendor").ask("toolchain,modules");
    expect(&findings, "goflags", &["-mod=vendor takes packages from a vendor folder"]);
}

#[test]
#[ignore = "needs real Go: scripts/test fetches it and runs this ring"]
fn what_stands_in_the_file_of_go_env_is_taken_back_there() {
    for house in House::of_all_ages() {
        let file = house.file("home/.config/go/env", "GOFLAGS=-ldflags=-s -w\nGOPROXY=off\n");
        let findings = house.ask("toolchain,modules");
        let origin = format!("GOFLAGS is -ldflags=-s -w, in {}", file.display());
        expect(&findings, "go-settings", &[&origin, "go env -w GOFLAGS=\"'-ldflags=-s -w'\""]);
        house.file("home/.config/go/env", "GOEXPERIMENT=nonsense\n");
        expect(&house.ask("toolchain,modules"), "go-settings", &["go env -u GOEXPERIMENT"]);
    }
}

#[test]
#[ignore = "needs real Go: scripts/test fetches it and runs this ring"]
fn what_the_installation_sets_is_taken_out_of_its_file() {
    for house in House::of_all_ages() {
        let go = fs::canonicalize(house.path("bin/go")).expect("a go binary");
        let root = installation(&house, "goroot", root_of(&go), &[]);
        let file = root.join("go.env");
        fs::remove_file(&file).expect("a link");
        fs::write(&file, "GOFLAGS=-bogus\nGOPROXY=modules\n").expect("go.env");
        let house = house.with("PATH", &root.join("bin").display().to_string());
        let findings = house.ask("go-settings,go-runs,goflags");
        let mend = format!("sed -i '/^GOFLAGS=/d' {}", file.display());
        expect(&findings, "go-settings", &["unknown flag -bogus", &mend]);
        assert_eq!(findings.of("go-runs").0, "ok");
        fs::write(&file, "GOPROXY=modules\n").expect("go.env");
        expect(&house.ask("go-settings"), "go-settings", &["is no address", "go env -w GOPROXY=direct"]);
    }
}

/// Half a command is worse than none.
#[test]
#[ignore = "needs real Go: scripts/test fetches it and runs this ring"]
fn a_list_with_a_secret_in_it_is_not_printed_as_a_command() {
    let house = House::new().with("GOFLAGS", "-ldflags=-s -w -X main.token=hunter2 -trimpath");
    let findings = house.ask("go-settings");
    expect(&findings, "go-settings", &["put each flag with blanks in it into quotes of its own"]);
    assert!(!findings.0.to_string().contains("hunter2"), "{:#}", findings.0);
}

#[test]
#[ignore = "needs real Go: scripts/test fetches it and runs this ring"]
fn of_two_that_do_not_go_together_either_can_be_taken_back() {
    for house in House::of_all_ages() {
        let findings = house.with("GOFLAGS", "-race").with("CGO_ENABLED", "0").ask("go-settings");
        let words = ["-race requires cgo", "CGO_ENABLED is 0", "GOFLAGS is -race", "without either", "unset GOFLAGS"];
        expect(&findings, "go-settings", &words);
        assert!(findings.of("go-settings").1.contains("unset CGO_ENABLED"), "{:#}", findings.0);
    }
}

#[test]
#[ignore = "needs real Go: scripts/test fetches it and runs this ring"]
fn of_several_that_go_refuses_each_is_named_and_none_that_it_takes() {
    for house in House::of_all_ages() {
        let house = house.with("GOOS", "js").with("GOARCH", "wasm").with("GOPRIVATE", "example.com");
        let house = house.with("GOFLAGS", "-ldflags=-s -w").with("GOEXPERIMENT", "nonsense").with("GOPATH", "gp");
        let findings = house.ask("go-settings,go-runs,gopath");
        let (verdict, said) = findings.of("go-settings");
        assert_eq!(verdict, "error", "{said}");
        assert!(said.contains("unset GOEXPERIMENT") && said.contains("export GOFLAGS=\"'-ldflags=-s -w'\""), "{said}");
        let others = ["GOOS", "GOARCH", "GOPRIVATE", "GOPATH"];
        assert!(others.iter().all(|name| !said.contains(&format!("{name} is"))), "{said}");
        assert_eq!(findings.with(&["error"]), ["go-settings", "gopath"], "{:#}", findings.0);
    }
}

#[test]
#[ignore = "needs real Go: scripts/test fetches it and runs this ring"]
fn mod_mod_is_refused_in_a_workspace_and_writes_nothing() {
    let before = "module example.com/app\n";
    for house in House::of_all_ages() {
        let house = house.with("GOFLAGS", "-mod=mod");
        house.file("module/go.mod", before);
        assert_eq!(house.ask("go-settings").of("go-settings").0, "ok");
        house.file("go.work", "go 1.21\n\nuse ./module\n");
        let findings = house.ask("go-settings");
        expect(&findings, "go-settings", &["-mod may only be set to readonly", "unset GOFLAGS"]);
        assert_eq!(fs::read_to_string(house.path("module/go.mod")).expect("go.mod"), before);
    }
}

#[test]
#[ignore = "needs real Go: scripts/test fetches it and runs this ring"]
fn what_is_wrong_with_the_module_is_no_fault_of_a_setting() {
    for house in House::of_all_ages() {
        let house = house.with("GOFLAGS", "-trimpath").with("GOPROXY", "off");
        house.file("module/go.mod", "module example.com/app\n\ngo 1.21\n\nrequire ((\n");
        let findings = house.ask("go-settings");
        let (verdict, said) = findings.of("go-settings");
        assert_eq!(verdict, "ok", "{said}");
        assert!(said.starts_with("it is not for its settings that go says"), "{said}");
        // And one that is refused beside it is found all the same.
        let findings = house.with("GOFLAGS", "-bogus").ask("go-settings");
        expect(&findings, "go-settings", &["unknown flag -bogus", "unset GOFLAGS"]);
    }
}

#[test]
#[ignore = "needs real Go: scripts/test fetches it and runs this ring"]
fn a_setting_that_the_toolchain_of_the_module_takes_is_fine() {
    let [old, new] = [House::another_go().expect("two versions of Go"), House::go()];
    let house = House::new();
    fs::remove_file(house.path("bin/go")).expect("a link");
    std::os::unix::fs::symlink(old, house.path("bin/go")).expect("the older go in PATH");
    let version = house.program(&new).args(["env", "GOVERSION"]).output().expect("go starts").stdout;
    let version = String::from_utf8(version).expect("UTF-8").trim().to_owned();
    std::os::unix::fs::symlink(new, house.path("bin").join(&version)).expect("the newer one under its name");
    let house = house.with("GOTOOLCHAIN", &version).with("GOEXPERIMENT", "jsonv2");
    let findings = house.ask("toolchain");
    assert_eq!(findings.of("go-settings"), ("ok", String::from("go takes them")));
    assert!(findings.with(&["error", "unknown"]).is_empty(), "{:#}", findings.0);
}
