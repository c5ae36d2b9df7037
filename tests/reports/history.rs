//! How the cost of a project went over many traces: what is printed, in each format.

use serde_json::Value;

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
