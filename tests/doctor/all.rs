//! All checks together: on a healthy machine, without Go, and beside what the documents say of them.

use std::collections::BTreeSet;
use std::path::Path;

use crate::house::{GOTRACE, House};

#[test]
#[ignore = "needs real Go: scripts/test fetches it and runs this ring"]
fn where_all_is_well_nothing_is_found() {
    let house = House::new();
    house.run_go(&["list", "./..."]);
    let findings = house.ask_with(&[]);
    let found: Vec<_> = findings.with(&["error", "warn"]).into_iter().map(|id| (id, findings.of(id))).collect();
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn without_go_everything_is_answered_and_nothing_panics() {
    let house = House::without_go();
    let findings = house.ask_with(&[]);
    assert!(findings.with(&["error"]).contains(&"go-in-path"));
    let listed = house.program(GOTRACE).args(["doctor", "--list"]).output().expect("gotrace starts");
    let listed = String::from_utf8(listed.stdout).expect("UTF-8").lines().count();
    assert_eq!(findings.0["findings"].as_array().map(Vec::len), Some(listed));
}

#[test]
fn each_check_is_documented_in_its_family_under_its_title_and_no_other_is() {
    let house = House::without_go();
    let listed = house.program(GOTRACE).args(["doctor", "--list"]).output().expect("gotrace starts");
    let listed = String::from_utf8(listed.stdout).expect("UTF-8");
    let listed: BTreeSet<String> = listed.lines().map(str::to_owned).collect();
    let text =
        std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/doctor.md")).expect("docs/doctor.md");
    let (mut family, mut documented) = ("", BTreeSet::new());
    let mut lines = text.lines().filter(|line| !line.is_empty()).peekable();
    while let Some(line) = lines.next() {
        if let Some(name) = line.strip_prefix("## ") {
            family = name;
        }
        if let Some(id) = line.strip_prefix("### ") {
            let title = lines.peek().and_then(|line| line.strip_prefix("**")?.split("**").next()).unwrap_or_default();
            documented.insert(format!("{family}\t{id}\t{}", title.trim_end_matches('.')));
        }
    }
    assert_eq!(listed, documented);
}
