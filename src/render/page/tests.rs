//! What holds of every page.

use super::write;
use crate::analyze::page::{self, Config, Marks};
use crate::analyze::page::{Bars, Block, Cell, Part, Section, Table, Tone, Window, WindowKind};
use crate::analyze::tally::{Commands, Tally};
use crate::build::picture::{self, AnyRun};
use crate::tool_kind::ToolKind;
use crate::units::{Bytes, Nanos, Percent};
use proptest::prelude::*;

fn page_of(picture: &str, marks: &Marks) -> page::Page {
    let (_, tally) = Tally::of_picture(picture, Commands::Merged);
    page::page(&picture::build(picture), &tally, &Config::default(), marks)
}

fn html(page: &page::Page) -> String {
    let mut html = Vec::new();
    write(page, &mut html).expect("memory takes it");
    String::from_utf8(html).expect("HTML is text")
}

/// What the script reads.
fn data(html: &str) -> serde_json::Value {
    let (_, rest) = html.split_once("id=\"data\">").expect("the data begin");
    let (data, _) = rest.split_once("</script>").expect("the data end");
    serde_json::from_str(data).expect("JSON")
}

const PICTURE: &str = "
    $ go build ./...
    probe compile 0-1
    compile std:a 1-11 dir=b002 cpu=9 rss=5 fe:parse=3 args=-o,$WORK/b002/_pkg_.a
    compile m@v1:b 11-31 dir=b003 needs=b002 cpu=19 rss=9
    link m:c 31-40 dir=b001 needs=b003 !2";

#[test]
fn a_page_is_one_file_that_may_load_nothing() {
    let html = html(&page_of(PICTURE, &Marks::default()));
    assert!(html.contains(
        "content=\"default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:;"
    ));
    for loading in [" src=", "@import", "url(", "<link", "http://", "https://", "fetch(", "XMLHttpRequest", "innerHTML"]
    {
        assert!(!html.contains(loading), "{loading}");
    }
}

#[test]
fn names_cannot_leave_their_place() {
    let evil = "</script><script>alert(1)</script><!--<img/onerror=x>";
    let picture =
        format!("$ go build {evil}\nprobe compile 0-1\ncompile m:{evil} 0-9 args=-X={evil}\nlink m:{evil} 9-20 !1");
    let html = html(&page_of(&picture, &Marks::default()));
    for (mark, times) in [("<script", 2), ("</script", 2), ("<!--", 0), ("<img", 0)] {
        assert_eq!(html.matches(mark).count(), times, "{mark}");
    }
    let data = data(&html);
    assert!(data["packages"].to_string().contains("alert(1)"));
    assert!(data["words"].to_string().contains("alert(1)"));
}

#[test]
fn the_data_have_a_figure_for_each_run() {
    let data = data(&html(&page_of(PICTURE, &Marks::default())));
    assert_eq!((&data["runs"], &data["steps"]), (&4.into(), &3.into()));
    assert_eq!(data["packages"], serde_json::json!(["a", "b", "c"]));
    assert_eq!(data["modules"], serde_json::json!(["std", "m@v1", "m"]));
    assert_eq!(data["words"], serde_json::json!(["$WORK/\u{1}/_pkg_.a", "-o"]));
    assert_eq!(data["odd"], serde_json::json!([[3, 0, "exit code 2"]]));
    // Of three steps: none; one, which is one below; the same.
    assert_eq!(data["needs"], "AAEBAQE=");
}

#[test]
fn the_figures_are_there_without_the_script() {
    let html = html(&page_of(PICTURE, &Marks::default()));
    for words in
        ["<h1>go build ./...</h1>", "link c</span>", "exit code 2", "<svg class=\"overview", "What is not seen"]
    {
        assert!(html.contains(words), "{words}");
    }
    let (_, packages) = html.split_once("<section id=\"packages\"").expect("the section");
    assert!(
        packages.contains(
            "<th scope=row><span class=name>b</span></th><td data-v=1>1</td><td data-v=20000000>20.0 ms</td>"
        )
    );
}

#[test]
fn a_section_of_any_blocks_is_drawn_in_order() {
    let mut page = page_of(PICTURE, &Marks::default());
    let row = vec![
        Cell::Text("<b>".into()),
        Cell::Time(Nanos(1_500_000)),
        Cell::Size(Bytes(2048)),
        Cell::Share(Percent::of(1, 3)),
        Cell::Date(Nanos(1_000_000_000)),
        Cell::Nothing,
    ];
    let part =
        Part { name: "serial".into(), what: "one ran".into(), time: Nanos(10), tone: Tone::Window(WindowKind::Serial) };
    let quiet = Part { name: "rest".into(), what: String::new(), time: Nanos(30), tone: Tone::Quiet };
    page.sections = vec![Section {
        id: "answer",
        title: "An answer".into(),
        lead: vec!["One.".into(), "Two.".into()],
        blocks: vec![
            Block::Text("first".into()),
            Block::Table(
                Table::new("A table", &["what", "t", "s", "share", "when", "no"], vec![row]).explain("t", "a time"),
            ),
            Block::Bars(Bars { caption: "A bar".into(), parts: vec![part, quiet] }),
            Block::Notes(vec!["last".into()]),
        ],
    }];
    let html = html(&page);
    let expected = [
        "<p class=\"lead\">One. Two.</p>",
        "<p>first</p>",
        "<th scope=\"col\" class=\"n\" title=\"a time\">t</th>",
        "<th scope=row>&lt;b&gt;</th><td data-v=1500000>1.50 ms</td><td data-v=2048>2.00 KiB</td>",
        "<td class=share data-v=33333 style=--w:33.3%>33.3 %</td><td data-v=1000000000>1970-01-01 00:00:01</td>",
        "<td data-v=-1>–</td>",
        "<div class=\"t-serial\" style=\"width:25.000%\" title=\"serial: 10 ns, 25.0 %\">",
        "<li>last</li>",
    ];
    let mut from = 0;
    for words in expected {
        from += html[from..].find(words).unwrap_or_else(|| panic!("{words} behind what stands before it"));
    }
}

#[test]
fn marks_are_in_the_data_and_in_the_legend() {
    let build = picture::build(PICTURE);
    let command = build.catalog.commands_by_time()[0];
    let (start, end) = (Nanos::from_millis(1001), Nanos::from_millis(1011));
    let windows = vec![Window { command, start, end, kind: WindowKind::Starved }];
    let html = html(&page_of(PICTURE, &Marks { critical: [1, 3].into(), windows }));
    let data = data(&html);
    assert_eq!(data["windows"], serde_json::json!([[1000, 11000, 1]]));
    assert_eq!(data["critical"], "AQI=", "the second, and two further");
    assert!(html.contains("<i class=\"swatch t-starved\"></i>starved"));
}

#[test]
fn a_trace_without_tools_says_so() {
    let html = html(&page_of("", &Marks::default()));
    assert!(html.contains("The trace holds no tool run"));
    assert!(!html.contains("<canvas"));
}

#[test]
fn every_kind_of_tool_has_a_colour() {
    let html = html(&page_of(PICTURE, &Marks::default()));
    for kind in ToolKind::ALL {
        assert!(html.contains(&format!(".{} {{ background: #", super::class(kind))), "{}", kind.name());
    }
}

#[test]
fn whatever_the_script_asks_the_page_for_is_there() {
    let html = html(&page_of(PICTURE, &Marks::default()));
    let script = include_str!("page.js");
    for asked in script.split("$('").skip(1).filter_map(|rest| rest.split('\'').next()) {
        assert!(html.contains(&format!("id=\"{asked}\"")), "{asked}");
    }
}

proptest! {
    #[test]
    fn any_build_gives_a_page_and_the_same_each_time(runs in picture::any(), origin in 0_u64..100_000) {
        let runs: Vec<AnyRun> = runs;
        let drawn = picture::draw(&runs, origin);
        let page = html(&page_of(&drawn, &Marks::default()));
        prop_assert_eq!(&page, &html(&page_of(&drawn, &Marks::default())));
        let data = data(&page);
        prop_assert_eq!(data["runs"].as_u64(), u64::try_from(runs.len()).ok());
    }
}
