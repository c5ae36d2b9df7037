//! The summary as Markdown: what stands in it, and that no name in a trace means anything to GitHub.

use serde_json::json;

use crate::desk::Desk;
use crate::draft;
use crate::flame::{PHASES, SHOP};
use crate::jobs::JOB;

fn markdown(trace: impl AsRef<[u8]>) -> String {
    Desk::with(trace).gotrace("summary --format markdown").run().plain()
}

/// The heads of its sections, in order.
fn heads(markdown: &str) -> Vec<&str> {
    markdown.lines().filter_map(|line| line.strip_prefix("### ")).collect()
}

const FAILING: &str = "
    $ 0 go build ./...
    probe compile 5-10
    compile shop:shop/a 10-90 user=80 rss=50 dir=b002
    compile shop:shop 90-95 user=5 rss=20 !2 dir=b001 needs=b002";

#[test]
fn what_matters_comes_first() {
    assert_eq!(
        heads(&markdown(draft::trace(FAILING))),
        [
            "What did not end well",
            "Go commands",
            "Workers",
            "Critical path",
            "What could be changed",
            "Slowest packages",
            "By tool",
            "By module",
            "Memory"
        ]
    );
    assert!(heads(&markdown(draft::trace(PHASES))).contains(&"By phase"));
    let job = markdown(draft::trace(JOB));
    assert!(heads(&job)[0].starts_with("Job: <code>") || heads(&job)[1].starts_with("Job: <code>"), "{job}");
    assert!(job.contains("| Go&#39;s tools at work |"), "{job}");
}

#[test]
fn a_row_is_a_row() {
    let text = markdown(draft::trace(FAILING));
    assert!(text.contains("| <code>shop/a</code> | 1 | 80.0 ms |"), "{text}");
    assert!(
        text.contains(
            "| <code>compile</code> | <code>shop</code> | 1 | exit code 2&#59; after 5.00 ms, peak RSS 20.0 MiB |"
        ),
        "{text}"
    );
    assert!(text.contains("\n<sub>Not seen. Packages that came from the build cache"), "{text}");
}

/// Each table has as many cells in every row as in its head.
#[test]
fn every_table_is_one() {
    for draft in [FAILING, SHOP, PHASES, JOB] {
        let text = markdown(draft::trace(draft));
        let mut columns = None;
        for line in text.lines() {
            let cells = line.starts_with("| ").then(|| line.matches(" | ").count());
            assert!(cells.is_none() || columns.is_none_or(|columns| Some(columns) == cells), "{line}");
            columns = cells;
        }
        assert_eq!(text.matches("<details>").count(), text.matches("</details>").count());
    }
}

#[test]
fn no_name_means_anything_to_github() {
    let names = ["a|b", "`x`", "<img src=x>", "@somebody", "owner/repo#12", "https://example.com", "[a](b)", "</code>"];
    let trace = draft::compiles_of(&names);
    let text = markdown(&trace);
    // The last one is what this page itself writes, too.
    for name in &names[..names.len() - 1] {
        assert!(!text.contains(name), "{name} is as it was in {text}");
    }
    for name in
        ["a&#124;b", "&#96;x&#96;", "&#60;img src=x&#62;", "&#64;somebody", "owner/repo&#35;12", "&#60;/code&#62;"]
    {
        assert!(text.contains(name), "{name}: {text}");
    }
    // What an entity stands for is looked at once more by GitHub, but not in code.
    let bare = text.split("<code>").map(|part| part.split_once("</code>").map_or(part, |(_, rest)| rest));
    let bare: String = bare.collect();
    assert!(!bare.contains("&#64;") && !bare.contains("&#35;"), "{bare}");
}

#[test]
fn however_much_there_is_the_page_takes_it() {
    let long = "x/".repeat(2000);
    let names: Vec<String> = (0..3000).map(|number| format!("{long}{number}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let desk = Desk::with(draft::compiles_of(&names));
    let text = desk.gotrace("summary --format markdown --rows 3000").run().plain();
    assert!(text.len() < 1 << 20, "{} bytes", text.len());
    assert!(text.contains("The rest is too long for this page"), "and says so");
}

#[test]
fn an_empty_trace_says_so() {
    let text = markdown("");
    assert!(text.contains("The trace holds no tool run"), "{text}");
}

#[test]
fn what_is_odd_stands_there_too() {
    let mut event = draft::events("compile p 1-3").remove(0);
    event["tool"] = json!(7);
    let (text, _) = Desk::with(draft::line(&event)).gotrace("summary --format markdown").run().with_remarks();
    assert!(text.contains("### Odd in the trace") && text.contains("- <code>trace.jsonl&#58; line 1"), "{text}");
}
