//! How the cost of a project went over many traces: what is printed, in each format.

use expect_test::expect;
use serde_json::{Value, json};

use crate::desk::Desk;
use crate::draft;
use crate::svg::parsed;

/// A build of the shop on some day, which takes so long; on an odd day the machine is slower.
fn build(day: u64, cpu: u64) -> String {
    let speed = if day % 2 == 1 { 150 } else { 100 };
    let others = (0..12).map(|at| {
        let cost = (10 + at * 3 % 7) * speed;
        let start = 100 + at * 2000;
        format!("compile std:p{at} {start}-{} user={cost} id=k{at} dir=b{}\n", start + cost, at + 10)
    });
    let shop =
        format!("compile m:example.com/shop 30000-{} user={} id=shop{day} dir=b001", 30000 + cpu, cpu * speed / 100);
    let events =
        draft::events(&format!("$ 0 go build ./...\nprobe compile 40-45\n{}{shop}", others.collect::<String>()));
    let later = |mut event: Value| {
        if let Some(time) = event["time_ns"].as_u64() {
            event["time_ns"] = (time + day * 86_400_000_000_000).into();
        }
        draft::line(&event)
    };
    events.into_iter().map(later).collect()
}

/// Twelve days in two folders; from the seventh on the shop takes twice as long.
fn desk() -> Desk {
    let desk = Desk::new();
    for day in 0..12 {
        let folder = if day < 5 { "old" } else { "new" };
        desk.file(&format!("{folder}/{day:02}.jsonl"), build(day, if day < 6 { 1000 } else { 2000 }));
    }
    desk
}

#[test]
fn it_tells_since_when_a_package_costs_more_whatever_the_machine_did() {
    let text = desk().gotrace("history old new --rows 3").run().plain();
    assert!(text.starts_with("12 traces, "), "{text}");
    let change: Vec<&str> =
        text.lines().filter(|line| line.contains("example.com/shop") && line.contains("new/06")).collect();
    assert_eq!(change.len(), 1, "{text}");
    assert!(change[0].ends_with("1.00 s  2.00 s  +100.0 %"), "{text}");
    assert!(text.contains("+50.0 %"), "the machine of every other day: {text}");
    assert!(
        text.contains("Of 156 packages that were compiled 132 had been built from the same"),
        "all but the shop: {text}"
    );
    let packages = text.split("Packages").nth(1).expect("a table");
    assert!(packages.lines().nth(2).expect("a row").contains("example.com/shop"), "{text}");
    assert!(packages.contains("▁") && packages.contains("█"), "{text}");
}

#[test]
fn scripts_get_every_point_and_pictures_every_trend() {
    let desk = desk();
    let json: Value = serde_json::from_str(&desk.gotrace("history . --format json").run().plain()).expect("JSON");
    assert_eq!((json["schema"].as_u64(), json["runs"].as_array().map(Vec::len)), (Some(1), Some(12)));
    let shop = &json["packages"][0];
    assert_eq!((&shop["name"], &shop["shifts"][0]["run"]), (&Value::from("example.com/shop"), &Value::from(6)));
    assert_eq!(shop["cpu_ns"].as_array().map(Vec::len), Some(12));
    let again = &json["repeated"][0];
    assert_eq!([&again["action_ids"], &again["built"], &again["built_again"]], [1, 12, 11]);
    let svg = desk.gotrace("history . --format svg").run().plain();
    let titles = parsed(&svg).descendants().filter(|node| node.has_tag_name("polyline")).count();
    assert_eq!(titles, 14, "everything, and thirteen packages");
    let markdown = desk.gotrace("history . --format markdown").run().plain();
    assert!(markdown.starts_with("## 12 traces") && markdown.contains("<code>example.com/shop</code>"), "{markdown}");
}

#[test]
fn what_is_no_history_is_told() {
    let desk = Desk::new();
    desk.file("empty/readme.md", "no trace");
    let refusal = desk.gotrace("history empty").run().refusal();
    assert!(refusal.contains("there is no trace in empty") && refusal.contains(".jsonl.gz"), "{refusal}");
    desk.file("empty/a.jsonl", draft::trace("$ 0 go build ./..."));
    assert!(desk.gotrace("history empty").run().refusal().contains("no tool ran in any of the traces"));
}

/// A build of a library and its importer in some place, with some flag.
fn made_in(day: u64, place: &str, flag: &str, held: &str, key: &str) -> String {
    let drawn = format!(
        "$ 0 go build {flag} ./...
         probe compile 40-45
         compile shop:shop/a 100-200 user=100 id=a{key} dir=b002
         compile shop:shop/b 200-300 user=50 id=b{key} dir=b003 needs=b002"
    );
    let mut trace = String::new();
    for mut event in draft::events(&drawn) {
        if let Some(time) = event["time_ns"].as_u64() {
            event["time_ns"] = (time + day * 86_400_000_000_000).into();
        }
        if let Some(package) = event["package"].as_str().map(str::to_owned).filter(|_| event["type"] == "end") {
            event["source_dir"] = format!("/{place}/{package}").into();
            let typed = [flag].into_iter().filter(|flag| !flag.is_empty());
            event["args"] = ["-o", "x"].into_iter().chain(typed).collect();
            event["files"] = vec!["a.go"].into();
            event["file_hashes"] = if package == "shop/a" { held } else { "BBBBBBBB" }.into();
            event["import_hashes"] = if package == "shop/b" { format!("{key:A<8}") } else { String::new() }.into();
        }
        trace += &draft::line(&event);
    }
    trace
}

/// A race detector that comes and goes, an edit, and another place once.
fn alternating() -> Desk {
    let desk = Desk::new();
    let builds = [
        ("home", "", "AAAAAAAA"),
        ("home", "-race", "AAAAAAAA"),
        ("home", "", "CCCCCCCC"),
        ("home", "-race", "CCCCCCCC"),
        ("away", "-race", "CCCCCCCC"),
    ];
    for (day, (place, flag, held)) in (0..).zip(builds) {
        desk.file(&format!("{day}.jsonl"), made_in(day, place, flag, held, &day.to_string()));
    }
    desk
}

#[test]
fn what_splits_the_keys_of_packages_is_told_with_what_it_costs_and_what_merges_them() {
    let text = alternating().gotrace("history .").run().plain();
    let sections = text.split("What split the build cache").nth(1).and_then(|rest| rest.split("\nTraces").next());
    expect![[r#"
        : keys of packages that had others before
          packages  tool     keys      CPU  they differ in        what became of it                    what makes them one key
                 2  compile     4   300 ms  -race                 both went on to be built             builds with the same flags
                 2  compile     2   150 ms  place of the sources  changed, and stayed so
                 1  compile     1   100 ms  sources               other work, which no setting spares
                 1  compile     1  50.0 ms  imports               other work, which no setting spares

        Packages with several keys, each variant and platform for itself
          package  for          keys  by settings  CPU of these  keys differ in
          shop/a   linux/amd64     5            3        300 ms  place of the sources, -race, sources
          shop/b   linux/amd64     5            3        150 ms  place of the sources, -race, imports
    "#]].assert_eq(sections.expect("a section"));
    expect!["Settings that alternate gave packages 4 keys of their own: 300 ms of CPU to compile what another key had in the cache."].assert_eq(text.lines().find(|line| line.starts_with("Settings")).expect("a sentence"));
}

#[test]
fn scripts_get_what_splits_keys_with_its_kind_and_course() {
    let desk = alternating();
    let json: Value = serde_json::from_str(&desk.gotrace("history . --format json").run().plain()).expect("JSON");
    let row = &json["split_by"][0];
    assert_eq!(row["causes"][0], json!({ "kind": "flag", "name": "-race" }), "{row:#}");
    assert_eq!((&row["course"], &row["tool"]), (&json!("side-by-side"), &json!("compile")));
    assert_eq!((&row["packages"], &row["action_ids"], &row["cpu_ns"]), (&json!(2), &json!(4), &json!(300_000_000)));
    let split = &json["splits"][0];
    assert_eq!(
        (&split["package"], &split["action_ids"], &split["by_settings"]),
        (&json!("shop/a"), &json!(5), &json!(3))
    );
    let markdown = desk.gotrace("history . --format markdown").run().plain();
    assert!(markdown.contains("### What split the build cache") && markdown.contains("<code>-race"), "{markdown}");
}

#[test]
fn keys_that_nothing_split_are_not_told_of() {
    let text = desk().gotrace("history old/00.jsonl").run().plain();
    assert!(!text.contains("split"), "{text}");
}
