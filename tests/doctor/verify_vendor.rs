//! `scripts/verify-vendor`: a gate of CI, which must not open where nothing was compared.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use crate::house::{GOTRACE, House};
use crate::modules::vendored;
use crate::proxy;

/// The same with what the script itself needs.
fn house() -> House {
    let house = vendored();
    let path = format!("{}:/usr/bin:/bin", house.path("bin").display());
    house.with("PATH", &path)
}

fn script(house: &House) -> Command {
    house.program(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("scripts/verify-vendor"))
}

#[track_caller]
fn expect(house: &House, words: &[&str], code: i32, says: &str) {
    expect_of(script(house).args(["--gotrace", GOTRACE]).args(words), code, says);
}

#[track_caller]
fn expect_of(command: &mut Command, code: i32, says: &str) {
    let output = command.output().expect("the script starts");
    let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    assert_eq!(output.status.code(), Some(code), "{said}");
    assert!(said.contains(says), "{says} in {said}");
}

#[test]
#[ignore = "needs real Go: scripts/test fetches it and runs this ring"]
fn it_ends_with_1_where_vendor_was_changed_and_2_where_it_could_not_tell() {
    let house = house();
    expect(&house, &[], 0, "");
    house.file("module/vendor/example.com/Dep/dep.go", "package dep\n\nconst N = 2\n");
    expect(&house, &[], 1, "changed: vendor/example.com/Dep/dep.go");
    house.run_go(&["mod", "vendor"]);
    house.run_go(&["clean", "-modcache"]);
    expect(&house, &[], 2, "--download");
    let proxy = proxy::address(&house);
    let house = house.with("GOPROXY", &proxy).with("GOSUMDB", "off");
    expect(&house, &["--download"], 0, "");
    expect_of(script(&house).arg("--help"), 0, "usage: scripts/verify-vendor");
}

#[test]
#[ignore = "needs real Go: scripts/test fetches it and runs this ring"]
fn where_there_is_nothing_to_compare_it_does_not_say_that_all_is_well() {
    let house = house();
    fs::rename(house.path("module/vendor"), house.path("module/_vendor")).expect("renamed");
    expect(&house, &[], 2, "there is no vendor folder for .");
    expect(&house, &["--allow-none"], 0, "there is no vendor folder");
    expect(&house, &["--allow-none", "_vendor"], 0, "there is no vendor folder");
    fs::create_dir(house.path("module/vendor")).expect("a folder");
    expect(&house, &["--allow-none"], 1, "inconsistent");
    house.file("module/vendor/modules.txt", "");
    expect(&house, &["--allow-none"], 1, "inconsistent");
    let elsewhere = house.path("home").display().to_string();
    expect(&house, &["--allow-none", &elsewhere], 2, "there is no go.mod");
    expect(&house, &["--allow-none", "gone"], 2, "no such folder");
    expect(&house, &[".", "gone"], 2, "one folder at a time");
    expect(&house, &[""], 2, "one folder at a time");
    expect(&house, &["--allow-none", "--format", "nonesuch"], 2, "nonesuch");
    fs::remove_file(house.path("bin/go")).expect("go of the house");
    expect(&house, &["--allow-none"], 2, "go does not say");
}

/// Whatever a gotrace does that fails, is too old, or says nothing.
#[test]
#[ignore = "needs real Go: scripts/test fetches it and runs this ring"]
fn a_gotrace_that_does_not_answer_is_no_good_news() {
    let house = house();
    for (does, code) in [
        ("exit 0", 2),
        ("exit 3", 2),
        ("kill -9 $$", 2),
        ("exit 1", 2),
        ("exec GOTRACE doctor --only gc-settings --json \"$7\"", 2),
        ("[ ! -e asked ] || exit 0; >asked; exec GOTRACE \"$@\"", 0),
        ("GOTRACE \"$@\"; exit 1", 1),
    ] {
        let gotrace = house.script("home/gotrace", &format!("#!/bin/sh\n{}\n", does.replace("GOTRACE", GOTRACE)));
        expect_of(script(&house).arg("--gotrace").arg(&gotrace), code, "");
    }
    expect_of(script(&house).args(["--gotrace", ""]), 2, "no such gotrace");
}

/// Builds from vendor do not look at it, so nobody would miss the line.
#[test]
#[ignore = "needs real Go: scripts/test fetches it and runs this ring"]
fn a_module_that_go_sum_does_not_know_proves_nothing_and_go_sum_stays_as_it_is() {
    let house = house();
    let proxy = proxy::address(&house);
    let house = house.with("GOPROXY", &proxy).with("GOSUMDB", "off");
    let sums = fs::read_to_string(house.path("module/go.sum")).expect("go.sum");
    for left in
        [String::new(), sums.lines().filter(|line| line.contains("/go.mod ")).map(|line| format!("{line}\n")).collect()]
    {
        house.file("module/go.sum", &left);
        house.run_go(&["clean", "-modcache"]);
        expect(&house, &["--download"], 1, "missing go.sum entry");
        assert_eq!(fs::read_to_string(house.path("module/go.sum")).expect("go.sum"), left);
    }
    fs::remove_file(house.path("module/go.sum")).expect("go.sum");
    expect(&house, &["--download"], 1, "missing go.sum entry");
    assert!(!house.path("module/go.sum").exists());
    // One that somebody else has served.
    house.file("module/go.sum", sums.replace("v1.0.0 h1:", "v1.0.0 h1:AAAA"));
    house.run_go(&["clean", "-modcache"]);
    expect(&house, &["--download"], 2, "could not be fetched");
}

/// Go then writes another go.sum than that beside go.mod.
#[test]
#[ignore = "needs real Go: scripts/test fetches it and runs this ring"]
fn the_sums_of_another_go_mod_stay_as_they_are_and_where_they_cannot_it_is_said() {
    let house = house();
    let proxy = proxy::address(&house);
    let house = house.with("GOPROXY", &proxy).with("GOSUMDB", "off");
    let sums = fs::read_to_string(house.path("module/go.sum")).expect("go.sum");
    fs::copy(house.path("module/go.mod"), house.path("module/alt.mod")).expect("another go.mod");
    let house = house.with("GOFLAGS", "-modfile=alt.mod");
    house.run_go(&["clean", "-modcache"]);
    expect(&house, &["--download"], 1, "missing go.sum entry");
    assert!(!house.path("module/alt.sum").exists());
    assert_eq!(fs::read_to_string(house.path("module/go.sum")).expect("go.sum"), sums);
    house.file("module/alt.sum", "");
    house.script("bin/cp", "#!/bin/sh\nfor last; do :; done\n[ \"$last\" = alt.sum ] || exec /bin/cp \"$@\"\nexit 1\n");
    expect(&house, &["--download"], 2, "not to be put back: alt.sum");
}

/// Who changed both would find them alike.
#[test]
#[ignore = "needs real Go: scripts/test fetches it and runs this ring"]
fn a_file_that_was_changed_in_vendor_and_in_the_cache_is_found() {
    use std::os::unix::fs::PermissionsExt;
    let house = house();
    let changed = "package dep\n\nconst N = 2\n";
    house.file("module/vendor/example.com/Dep/dep.go", changed);
    let file = house.path("home/go/pkg/mod/example.com/!dep@v1.0.0/dep.go");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).expect("a file of the cache");
    fs::write(&file, changed).expect("a file of the cache");
    expect(&house, &[], 1, "dir has been modified");
}
