//! Which go, and whether its parts belong together.

use std::os::unix::fs::symlink;

use crate::house::House;

#[test]
#[ignore = "needs real Go: scripts/test fetches it and runs this ring"]
fn a_second_go_in_path_is_named_with_its_version() {
    let other = House::another_go().expect("two versions of Go");
    let house = House::new();
    let path = format!("{}:{}", house.path("bin").display(), other.parent().expect("bin").display());
    let house = house.with("PATH", &path);
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
    let path = format!("{}:{}", house.path("bin").display(), house.path("also").display());
    assert_eq!(house.with("PATH", &path).ask("go-in-path").of("go-in-path").0, "ok");
}

#[test]
fn without_go_that_is_the_error_and_the_others_say_they_could_not_tell() {
    let findings = House::without_go().ask("toolchain");
    assert_eq!(findings.of("go-in-path").0, "error");
    assert_eq!(findings.of("goroot"), ("unknown", String::from("there is no go in PATH")));
}

#[test]
#[ignore = "needs real Go: scripts/test fetches it and runs this ring"]
fn a_goroot_of_another_installation_is_an_error() {
    let house = House::new();
    assert_eq!(house.ask("goroot").of("goroot").0, "ok");
    let own = House::go().ancestors().nth(2).expect("GOROOT").display().to_string();
    let house = house.with("GOROOT", &own);
    assert_eq!(house.ask("goroot").of("goroot").0, "ok", "its own is fine");
    let elsewhere = house.path("home").display().to_string();
    let findings = house.with("GOROOT", &elsewhere).ask("goroot");
    let (verdict, said) = findings.of("goroot");
    assert_eq!(verdict, "error");
    assert!(said.contains(&elsewhere) && said.contains("unset GOROOT"), "{said}");
}
