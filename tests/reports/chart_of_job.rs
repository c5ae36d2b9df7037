//! What the chart shows of a job under `gotrace record` besides its tools: what go did itself, and what was measured. Traces
//! in, facts of the SVG out.

use std::collections::BTreeSet;

use roxmltree::{Document, Node};

use crate::desk::Desk;
use crate::draft;
use crate::jobs::JOB;
use crate::svg::{parsed, texts};

fn chart_of(draft: &str, options: &str) -> String {
    Desk::with(draft::trace(draft)).gotrace(&format!("flame --chart {options}")).run().plain()
}

/// A bar of a layer: its lines, and from when to when it stands in milliseconds on the axis.
#[derive(Debug)]
struct Bar {
    lines: Vec<String>,
    row: usize,
    from: u64,
    to: u64,
}

fn bars(document: &Document, layer: &str) -> Vec<Bar> {
    let Some(layer) = with_class(document, layer) else { return Vec::new() };
    let grain: u64 = number(document.root_element(), "data-grain");
    let rows = layer.children().filter(Node::is_element).enumerate();
    let bars = rows.flat_map(|(row, group)| group.children().filter(Node::is_element).map(move |bar| (row, bar)));
    let bar = |(row, bar): (usize, Node)| {
        let title = bar.first_element_child().unwrap().text().unwrap();
        let (from, width) = (number(bar, "x"), number(bar, "width"));
        let millis = |grains: u64| grains * grain / 1_000_000;
        Bar {
            lines: title.trim_end().lines().map(str::to_owned).collect(),
            row,
            from: millis(from),
            to: millis(from + width),
        }
    };
    bars.map(bar).collect()
}

#[track_caller]
fn bar<'a>(bars: &'a [Bar], label: &str, what: &str) -> &'a Bar {
    let is_it = |bar: &&Bar| bar.lines[0] == label && bar.lines[1].starts_with(what);
    bars.iter().find(is_it).unwrap_or_else(|| panic!("no {what} of {label} in {bars:?}"))
}

fn with_class<'a>(document: &'a Document, class: &str) -> Option<Node<'a, 'a>> {
    let has_it =
        |node: &Node| node.attribute("class").is_some_and(|classes| classes.split(' ').any(|one| one == class));
    document.descendants().find(has_it)
}

fn number(node: Node, name: &str) -> u64 {
    node.attribute(name).unwrap().parse().unwrap()
}

/// What stands in a caption, with all in it.
fn captions(document: &Document) -> Vec<String> {
    let captions = document.descendants().filter(|node| node.attribute("class") == Some("caption"));
    captions.map(|node| node.descendants().filter(Node::is_text).filter_map(|text| text.text()).collect()).collect()
}

#[test]
fn what_go_did_itself_stands_where_it_was_and_says_what_it_was() {
    let svg = chart_of(JOB, "");
    let document = parsed(&svg);
    let chores = bars(&document, "chores");
    // The axis begins with the first go command, at 100 ms.
    for (label, what, from, to, says) in [
        ("loading packages", "load", 310, 500, "which packages there are, and what they import"),
        ("example.com/Big@v1.2.0", "download", 320, 420, "its zip file"),
        ("example.com/small@v1.0.0.mod", "download", 440, 480, ""),
        ("example.com/shop/list", "cache look-up", 750, 800, ""),
        ("example.com/shop/cart", "test", 800, 1800, ""),
        ("example.com/shop/list", "test", 1800, 1810, "its result came from the build cache"),
        ("command-line-arguments", "program", 200, 280, ""),
    ] {
        let label = label.trim_end_matches(".mod");
        let chore =
            chores.iter().find(|bar| bar.lines[0] == label && bar.lines[1].starts_with(what) && bar.from == from);
        let chore = chore.unwrap_or_else(|| panic!("no {what} of {label} at {from} in {chores:#?}"));
        assert_eq!((chore.from, chore.to), (from, to), "{label}");
        assert!(chore.lines[1].contains(", started at "), "{chore:?}");
        assert!(says.is_empty() || chore.lines.iter().any(|line| line == says), "{chore:?}");
    }
    assert_eq!(chores.len(), 11, "{chores:#?}");
    let (cart, db) = (bar(&chores, "example.com/shop/cart", "test"), bar(&chores, "example.com/shop/db", "test"));
    assert_ne!(cart.row, db.row, "they ran at the same time");
}

#[test]
fn chores_stand_above_the_tools_and_are_told_apart_by_words_and_colours() {
    let svg = chart_of(JOB, "");
    let document = parsed(&svg);
    let y = |layer: &str| {
        let rows = with_class(&document, layer).unwrap().children().filter(Node::is_element);
        let place =
            |row: Node| row.attribute("transform").unwrap().split([' ', ')']).nth(1).unwrap().parse::<u32>().unwrap();
        rows.map(place).collect::<BTreeSet<_>>()
    };
    assert!(y("commands").last() < y("chores").first() && y("chores").last() < y("bars").first(), "from above");
    let words = texts(&document, "text");
    for word in ["go itself", "go itself:", "2 load · 210 ms", "3 test · 1.71 s", "4 download · 170 ms"] {
        assert!(words.contains(&word), "{word} in {words:?}");
    }
    for class in ["go-load", "go-download", "go-cache", "go-test", "go-program"] {
        assert!(svg.contains(&format!(".gotrace-chart .{class} {{ fill: #")), "{class} has a colour");
    }
}

#[test]
fn a_command_lasts_until_it_ended_and_not_only_its_tools() {
    let svg = chart_of(JOB, "");
    let commands = bars(&parsed(&svg), "commands");
    let lasted: Vec<_> = commands.iter().map(|bar| (bar.lines[0].as_str(), bar.from, bar.to)).collect();
    assert_eq!(
        lasted,
        [("1  go generate ./...", 0, 300), ("3  go test ./...", 300, 1850), ("2  go run gen.go", 50, 290)],
        "generate ran no tool, and the tests ran after the last one"
    );
}

#[test]
fn what_was_measured_is_drawn_on_the_scale_of_the_modelled_curves_and_named() {
    let draft = "
        + session 0 session=s cpus=4 -- make
        $ 0 go build ./...
        + command 0 -- go build ./...
        compile p 100-900 rss=100
        compile q 100-900 rss=100
        + sample 250 session=s rss_bytes=50 host_busy_ns=1000
        + sample 500 session=s rss_bytes=180 host_busy_ns=1500
        + sample 1000 session=s rss_bytes=20 host_busy_ns=3000
        + command_end 0-1000
        + session_end 0-1000 session=s exit_code=0";
    let svg = chart_of(draft, "");
    let document = parsed(&svg);
    let grain = number(document.root_element(), "data-grain");
    let at = |millis: u64| millis * 1_000_000 / grain;
    let path = |class: &str| with_class(&document, class).unwrap().attribute("d").unwrap().to_owned();
    let kib = |mib: u64| mib * 1024;
    assert_eq!(
        path("resident"),
        format!("M{} {}H{}V{}H{}", at(250), kib(50), at(500), kib(180), at(1000)),
        "memory holds until the next look"
    );
    assert_eq!(path("busy"), format!("M{} 2000H{}V3000H{}", at(250), at(500), at(1000)), "in thousandths of a CPU");
    let height = |class: &str| -> f64 {
        let matrix = with_class(&document, class).unwrap().attribute("transform").unwrap();
        matrix.split(' ').nth(3).unwrap().parse().unwrap()
    };
    assert!((height("running") / height("busy") - 1000.0).abs() < 0.1, "one CPU is as high as one tool");
    assert!((height("memory") / height("resident") - 1.0).abs() < 0.001);
    assert_eq!(
        captions(&document),
        [
            "running tools: at most 2 (dashed: 4 CPUs)━ measured: CPUs of the machine at work, for whomever: at most 3.0",
            "sum of peak RSS of running tools: upper bound, at most 200 MiB━ measured: RSS of all processes of the job, at \
             most 180 MiB",
        ]
    );
}

#[test]
fn a_machine_with_many_more_processors_than_the_job_may_use_is_told_in_words() {
    let draft = "
        + session 0 session=s cpus=2 -- make
        $ 0 go build ./...
        + command 0 -- go build ./...
        compile p 0-1000 rss=100
        + sample 0 session=s rss_bytes=50 host_busy_ns=0
        + sample 1000 session=s rss_bytes=50 host_busy_ns=64000
        + command_end 0-1000
        + session_end 0-1000 session=s exit_code=0";
    let svg = chart_of(draft, "");
    let document = parsed(&svg);
    assert!(with_class(&document, "busy").is_none(), "it would press the other curve to the ground");
    assert!(with_class(&document, "resident").is_some());
    let told = "· measured: CPUs of the machine at work, for whomever: at most 64.0, far above this scale";
    assert!(captions(&document)[0].ends_with(told), "{:?}", captions(&document));
}

#[test]
fn the_lanes_of_go_itself_have_their_name_however_many_there_are() {
    for (tests, height) in [(3, 18), (40, 10), (90, 4)] {
        let span = |number: u32| format!("+ span {number}-2000 what=test package=p{number}\n");
        let spans: String = (1..=tests).map(span).collect();
        let draft = format!(
            "+ session 0 session=s -- go test\n$ 0 go test\n+ command 0 -- go test\n{spans}+ command_end 0-2000"
        );
        let svg = chart_of(&draft, "");
        let document = parsed(&svg);
        let bars = with_class(&document, "chores").unwrap();
        let bar = bars.descendants().find(|node| node.has_tag_name("rect")).unwrap();
        assert_eq!(number(bar, "height"), height, "{tests} tests at once");
        assert_eq!(texts(&document, "text").iter().filter(|text| **text == "go itself").count(), 1);
    }
}

#[test]
fn a_narrow_chart_has_the_captions_in_two_lines() {
    let lines = |width: &str| {
        let svg = chart_of(JOB, width);
        let document = parsed(&svg);
        let key = document.descendants().find(|node| node.attribute("class") == Some("key")).unwrap();
        let y: u64 = number(key.parent_element().unwrap(), "y");
        key.attribute("y").map(|below| below.parse::<u64>().unwrap() - y)
    };
    assert_eq!((lines(""), lines("--width 700")), (None, Some(15)));
}

#[test]
fn what_came_at_one_moment_is_one_chore_that_names_them_all() {
    let draft = "
        + session 0 session=s -- go build
        $ 0 go build
        + command 0 -- go build
        + span 10-30 what=checksum name=sumdb/db/lookup/example.com/a@v1.0.0
        + span 10-30 what=checksum name=sumdb/db/tile/8/1/000
        + span 10-30 what=checksum name=sumdb/db/tile/8/2/000
        + span 10-30 what=fetch name=example.com/a/@v/v1.0.0.mod
        compile p 40-90
        + command_end 0-100
        + session_end 0-100 session=s exit_code=0";
    let svg = chart_of(draft, "");
    let chores = bars(&parsed(&svg), "chores");
    assert_eq!(chores.len(), 2, "{chores:#?}");
    let answers = bar(&chores, "checksums and 1 more", "download");
    assert_eq!(answers.lines[3..], ["checksums", "example.com/a@v1.0.0"]);
    assert!(bar(&chores, "example.com/a@v1.0.0", "download").lines[2].starts_with("go.mod files"));
}

#[test]
fn a_job_whose_tools_all_rested_is_drawn_all_the_same() {
    let draft = "
        + session 0 session=s -- go test ./...
        $ 0 go test ./...
        + command 0 -- go test ./...
        + span 5-100 what=load
        + span 100-105 what=cache package=p
        + span 105-2000 what=test package=p
        + command_end 0-2010 exit_code=0
        + session_end 0-2010 session=s exit_code=0";
    let svg = chart_of(draft, "");
    let document = parsed(&svg);
    let chores = bars(&document, "chores");
    assert_eq!((bar(&chores, "p", "test").from, chores.len()), (105, 3));
    assert_eq!(bars(&document, "bars").len(), 0);
    assert!(with_class(&document, "nothing").is_none());
}

#[test]
fn package_and_command_choose_among_chores_too() {
    let labels = |options: &str| -> Vec<String> {
        let svg = chart_of(JOB, options);
        bars(&parsed(&svg), "chores").into_iter().map(|bar| bar.lines[0].clone()).collect()
    };
    assert_eq!(labels("--package shop/db$"), ["example.com/shop/db"]);
    assert!(!labels("--package .").contains(&"loading packages".to_owned()), "that is the name of no package");
    assert_eq!(labels("--command 2"), ["loading packages", "command-line-arguments"]);
}

#[test]
fn short_chores_are_counted_and_not_drawn() {
    let svg = chart_of(JOB, "--min 5");
    assert!(svg.contains("Not drawn: 8 stretches of go itself shorter than 105 ms (330 ms in all)."), "{svg}");
    assert!(svg.contains("4 download · 170 ms"), "the legend counts them");
}

#[test]
fn without_a_job_there_is_nothing_of_all_this() {
    let svg = chart_of("$ 0 go build\nprobe compile 0-1\ncompile p 10-50 rss=3", "");
    let picture = svg.split("<script>").next().unwrap();
    let picture = picture.split("</style>").nth(1).unwrap();
    for word in ["go itself", "chores", "measured", "go-test"] {
        assert!(!picture.contains(word), "{word}");
    }
    assert!(picture.contains("Each bar is one tool run. Point at one for its details."));
}
