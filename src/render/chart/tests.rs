//! The chart as a reader of SVG sees it: parsed, and compared with the report.

use std::collections::BTreeMap;
use std::path::PathBuf;

use roxmltree::{Document, Node};

use super::{ChartStyle, sample, write};
use crate::analyze::timeline::{Chore, ChoreRun, Command, Events, Outcome, Run, Timeline, arrange};
use crate::tool_kind::ToolKind;
use crate::units::{Bytes, Nanos};

#[test]
fn every_bar_stands_where_the_report_says() {
    let timeline = sample::timeline(300, 8);
    let svg = drawn(&timeline);
    let document = parsed(&svg);
    let mut bars: Vec<_> = timeline.bars.iter().collect();
    bars.sort_by_key(|bar| bar.lane);
    let rectangles = rectangles(&document, "bars");
    assert_eq!(rectangles.len(), bars.len());
    let grain = grain(&document);
    for (rectangle, bar) in rectangles.iter().zip(bars) {
        assert_eq!(rectangle.lane, bar.lane, "{}", bar.label);
        assert_eq!((rectangle.from, rectangle.to), (bar.start.0 / grain, bar.end.0 / grain), "{}", bar.label);
        assert_eq!(rectangle.title.lines().next(), Some(bar.label.as_str()));
        assert!(rectangle.title.contains(bar.tool.name()), "{}", rectangle.title);
    }
}

#[test]
fn every_chore_stands_where_the_report_says_in_a_layer_of_its_own() {
    let timeline = sample::job(300, 8);
    let svg = drawn(&timeline);
    let document = parsed(&svg);
    let mut chores: Vec<_> = timeline.chores.bars.iter().collect();
    chores.sort_by_key(|bar| bar.lane);
    let rectangles = rectangles(&document, "chores");
    assert_eq!((rectangles.len(), chores.len()), (6, 6));
    let grain = grain(&document);
    for (rectangle, bar) in rectangles.iter().zip(chores) {
        assert_eq!((rectangle.lane, &rectangle.class), (bar.lane, &super::class_of_chore(bar.chore).to_owned()));
        assert_eq!((rectangle.from, rectangle.to), (bar.start.0 / grain, bar.end.0 / grain), "{}", bar.label);
        let lines: Vec<&str> = rectangle.title.lines().collect();
        assert_eq!((lines[0], lines[2]), (bar.label.as_str(), "of the second command"));
        assert!(lines[1].starts_with(bar.chore.name()), "{lines:?}");
    }
    let labels = with_class(&document, "label").map(all_text).collect::<Vec<_>>();
    assert!(labels.iter().any(|label| label.starts_with("T …/")), "a bar with room has a label: {labels:?}");
}

#[test]
fn a_job_has_the_same_bars_and_curves_as_its_tools_alone() {
    let (alone, job) = (drawn(&sample::timeline(300, 8)), drawn(&sample::job(300, 8)));
    let (alone, job) = (parsed(&alone), parsed(&job));
    let titles = |document| rectangles(document, "bars").into_iter().map(|bar| bar.title).collect::<Vec<_>>();
    assert_eq!(titles(&alone), titles(&job));
    for layer in ["chores", "measured", "key", "heading"] {
        assert_eq!(with_class(&alone, layer).count(), 0, "{layer}");
        assert!(with_class(&job, layer).count() > 0, "{layer}");
    }
}

#[test]
fn a_measured_curve_has_the_area_of_what_was_measured() {
    let timeline = sample::job(100, 4);
    let svg = drawn(&timeline);
    let document = parsed(&svg);
    for (class, curve, unit) in [("resident", &timeline.measured.rss, 1024), ("busy", &timeline.measured.busy, 1)] {
        let path = with_class(&document, class).next().unwrap().attribute("d").unwrap();
        let (mut area, mut at, mut value): (u64, u64, u64) = (0, 0, 0);
        let spaced = path.replace('M', " M ").replace('H', " H ").replace('V', " V ");
        let words: Vec<&str> = spaced.split_whitespace().collect();
        let mut next = words.iter().copied();
        while let Some(command) = next.next() {
            let mut number = || next.next().unwrap().parse::<u64>().unwrap();
            match command {
                "M" => (at, value) = (number(), number()),
                "V" => value = number(),
                _ => {
                    let to = number();
                    area += (to - at) * value;
                    at = to;
                }
            }
        }
        let grain = grain(&document);
        let expected: u64 =
            curve.iter().map(|it| (it.end.0 / grain - it.start.0 / grain) * it.value.div_ceil(unit)).sum();
        assert_eq!(area, expected, "{class}");
        assert!(area > 0);
    }
}

#[test]
fn a_measured_curve_stays_in_its_panel() {
    let timeline = sample::job(100, 4);
    let svg = drawn(&timeline);
    let document = parsed(&svg);
    let panels: Vec<(f64, f64)> = with_class(&document, "panel")
        .filter(|it| has_class(*it, "stretch"))
        .map(|it| (number(it, "y"), number(it, "height")))
        .collect();
    for ((top, height), (class, most)) in panels.into_iter().zip([
        ("busy", timeline.measured.most_busy().unwrap()),
        ("resident", timeline.measured.most_rss().unwrap() / 1024),
    ]) {
        let matrix = matrix(with_class(&document, class).next().unwrap());
        let highest = matrix[5] + matrix[3] * f64::from(u32::try_from(most).unwrap());
        assert!(highest >= top && highest < top + height, "{class} reaches {highest} in {top}+{height}");
    }
}

#[test]
fn a_long_axis_still_has_coordinates_that_browsers_can_hold() {
    let hour = arranged(
        vec![run("a", 0, 5), run("b", 3_600_000, 3_600_005)],
        vec![command("go build", 0, 3_600_005)],
        Nanos::ZERO,
    );
    let svg = drawn(&hour);
    let document = parsed(&svg);
    let last = rectangles(&document, "bars").pop().unwrap();
    assert!(last.to <= 1 << 24, "{}", last.to);
    let start = last.from * grain(&document);
    assert!(start.abs_diff(3_600_000_000_000) < grain(&document), "it starts at {start} ns");
}

#[test]
fn the_widths_add_up_to_the_time_of_the_tools() {
    let timeline = sample::timeline(300, 8);
    let svg = drawn(&timeline);
    let document = parsed(&svg);
    let grain = grain(&document);
    let drawn: u64 = rectangles(&document, "bars").iter().map(|bar| bar.to - bar.from).sum();
    let off = drawn.abs_diff(timeline.tool_time().0 / grain);
    assert!(off <= u64::try_from(timeline.bars.len()).unwrap(), "{off} grains off: more than one per bar");
}

#[test]
fn bars_of_a_lane_never_overlap_and_stay_on_the_axis() {
    let timeline = sample::timeline(600, 2);
    let svg = drawn(&timeline);
    let document = parsed(&svg);
    let grain = grain(&document);
    let mut ends = BTreeMap::new();
    for bar in rectangles(&document, "bars") {
        let end = ends.entry(bar.lane).or_insert(0);
        assert!(*end <= bar.from, "{} begins before {end}", bar.title);
        *end = bar.to;
        assert!(bar.to <= timeline.length.0 / grain);
    }
    assert_eq!(ends.len(), timeline.lanes);
}

#[test]
fn the_axis_ends_where_the_plot_ends() {
    let timeline = sample::timeline(40, 4);
    let svg = drawn(&timeline);
    let document = parsed(&svg);
    let plot = number(one(&document, "clipPath").first_element_child().unwrap(), "width");
    let matrix = matrix(with_class(&document, "bars").next().unwrap());
    let end = matrix[0] * f64::from(u32::try_from(timeline.length.0 / grain(&document)).unwrap());
    assert!((end - plot).abs() < 0.01, "the axis is {end} long in a plot of {plot}");
}

#[test]
fn each_row_of_bars_stands_on_its_stripe() {
    let timeline = sample::timeline(100, 6);
    let svg = drawn(&timeline);
    let document = parsed(&svg);
    let stripes: Vec<f64> = with_class(&document, "stripe").map(|stripe| number(stripe, "y")).collect();
    let rows: Vec<f64> =
        with_class(&document, "bars").next().unwrap().children().filter(Node::is_element).map(lane_y).collect();
    assert_eq!(rows, stripes);
    assert_eq!(rows.len(), timeline.lanes);
}

#[test]
fn the_curves_enclose_the_time_of_the_tools() {
    let timeline = sample::timeline(200, 4);
    let svg = drawn(&timeline);
    let document = parsed(&svg);
    let path = with_class(&document, "running").next().unwrap().attribute("d").unwrap();
    let mut area: u64 = 0;
    let mut last = (0, 0);
    for step in path.trim_start_matches("M0 0").trim_end_matches('z').split('H').filter(|step| !step.is_empty()) {
        let (at, value) = step.split_once('V').unwrap();
        let (at, value): (u64, u64) = (at.parse().unwrap(), value.parse().unwrap());
        area += (at - last.0) * last.1;
        last = (at, value);
    }
    let grain = grain(&document);
    assert_eq!(last, (timeline.length.0 / grain, 0), "the curve comes down at the end");
    let off = area.abs_diff(timeline.tool_time().0 / grain);
    assert!(off <= u64::try_from(2 * timeline.bars.len()).unwrap(), "{off} grains off");
}

#[test]
fn the_legend_names_each_tool_with_its_colour_its_sign_and_its_time() {
    let timeline = sample::timeline(200, 4);
    let svg = drawn(&timeline);
    let document = parsed(&svg);
    let legend: Vec<String> = with_class(&document, "legend").map(|entry| all_text(entry)).collect();
    for total in &timeline.tools {
        let entry = format!("{}{} {} · {}", total.tool.sign(), total.runs, total.tool.name(), total.time);
        assert!(legend.contains(&entry), "{entry} is not in {legend:?}");
        assert!(svg.contains(&format!(
            ".{} {{ fill: {} }}",
            super::class(total.tool),
            super::palette::tool(total.tool)
        )));
    }
    assert!(legend.contains(&"1 failed".to_owned()), "{legend:?}");
}

#[test]
fn what_did_not_end_well_is_marked_by_more_than_colour() {
    let svg = drawn(&sample::timeline(300, 8));
    let document = parsed(&svg);
    for (outcome, words) in [("failed", "failed after"), ("killed", "killed after"), ("unfinished", "unfinished after")]
    {
        let bar = rectangles(&document, "bars").into_iter().find(|bar| bar.class.ends_with(outcome)).unwrap();
        assert!(bar.title.contains(words), "{}", bar.title);
        let marks = with_class(&document, "marks").next().unwrap();
        assert!(marks.children().any(|mark| has_class(mark, outcome)), "a hatch or an outline");
    }
}

#[test]
fn a_failure_of_a_millisecond_is_seen_in_a_build_of_an_hour() {
    let failure = Run { outcome: Outcome::Failed, ..run("b", 60_000, 60_001) };
    let timeline = arranged(vec![run("a", 0, 3_600_000), failure], Vec::new(), Nanos::from_millis(500));
    let svg = drawn(&timeline);
    let document = parsed(&svg);
    let marks = with_class(&document, "marks").next().unwrap();
    let mark = marks.first_element_child().unwrap();
    assert!(number(mark, "width") >= 4.0, "{mark:?}");
    assert_eq!(rectangles(&document, "bars").len(), 2, "too short to be drawn, were it not a failure");
}

#[test]
fn notes_and_problems_are_told_and_many_problems_are_counted() {
    let problems = (1..=7).map(|line| format!("Line {line} is torn.")).collect();
    let timeline = Timeline { notes: vec!["Not seen: the cache.".to_owned()], problems, ..sample::timeline(5, 2) };
    let svg = drawn(&timeline);
    let document = parsed(&svg);
    let told: Vec<String> = with_class(&document, "foot").map(all_text).collect();
    assert_eq!(told[0], "Not seen: the cache.");
    assert_eq!(told[1], "⚠ Line 1 is torn.");
    assert_eq!(told.last().unwrap(), "⚠ and 2 more");
    let bottom = with_class(&document, "foot").map(|line| number(line, "y")).fold(0.0, f64::max);
    assert!(bottom < number(document.root_element(), "height"), "all of it is on the sheet");
}

#[test]
fn a_cut_tells_how_much_is_missing_and_ticks_go_on_in_real_time() {
    let svg = drawn(&sample::timeline(60, 4));
    let document = parsed(&svg);
    let cut = with_class(&document, "break").next().unwrap();
    assert!(all_text(cut).contains("1 min 01 s idle"), "{}", all_text(cut));
    let last_tick =
        with_class(&document, "tick").filter(|tick| !has_class(tick.parent().unwrap(), "break")).last().unwrap();
    assert!(all_text(last_tick).starts_with("1 min "), "{}", all_text(last_tick));
}

#[test]
fn several_commands_have_rows_and_one_alone_has_none() {
    let svg = drawn(&sample::timeline(60, 4));
    let titles: Vec<String> = rectangles(&parsed(&svg), "commands").into_iter().map(|command| command.title).collect();
    assert!(
        titles[0].starts_with("go build ./...\ngo command ") && titles[1].starts_with("go test -race ./..."),
        "{titles:?}"
    );
    let alone = arranged(vec![run("a", 0, 5)], vec![command("go build", 0, 5)], Nanos::ZERO);
    assert_eq!(with_class(&parsed(&drawn(&alone)), "commands").count(), 0);
}

#[test]
fn runs_that_are_too_short_are_told_below_the_chart() {
    let timeline = arranged(vec![run("a", 0, 500), run("b", 0, 1), run("c", 3, 5)], Vec::new(), Nanos::from_millis(3));
    let svg = drawn(&timeline);
    assert_eq!(rectangles(&parsed(&svg), "bars").len(), 1);
    assert!(svg.contains("Not drawn: 2 runs shorter than 3.00 ms (3.00 ms in all)."), "{svg}");
    assert!(svg.contains("3 tool runs in 500 ms"), "the numbers count them");
}

#[test]
fn the_same_timeline_gives_the_same_bytes() {
    assert_eq!(drawn(&sample::timeline(300, 8)), drawn(&sample::timeline(300, 8)));
}

#[test]
fn any_name_is_text_and_nothing_else() {
    for name in [
        "<img src=x onerror=alert(1)>",
        "]]>",
        "</title></rect><script>alert(1)</script>",
        "a&b\"'",
        "\u{1b}[2J\0\n",
        "\u{fffe}",
        "\u{202e}cod.exe",
        "",
        "日本語/größe",
        &"x/".repeat(2048),
    ] {
        let of = |label: &str, detail: &str| Events {
            runs: vec![Run { details: vec![detail.to_owned()], ..run(label, 0, 900) }],
            commands: vec![command(label, 0, 900), command(label, 950, 960)],
            chores: vec![ChoreRun {
                start: Nanos::ZERO,
                end: Nanos::from_millis(900),
                chore: Chore::Test,
                label: label.to_owned(),
                details: vec![detail.to_owned()],
            }],
            ..Events::default()
        };
        let timeline = Timeline {
            notes: vec![name.to_owned()],
            problems: vec![name.to_owned()],
            ..arrange(of(name, name), Nanos::ZERO)
        };
        let style = ChartStyle { title: name.to_owned(), width: None, nothing: String::new() };
        let mut svg = Vec::new();
        write(&timeline, &style, &mut svg).unwrap();
        let svg = String::from_utf8(svg).unwrap();
        let document = parsed(&svg);
        let harmless = drawn(&Timeline {
            notes: vec!["n".to_owned()],
            problems: vec!["p".to_owned()],
            ..arrange(of("a", "d"), Nanos::ZERO)
        });
        assert_eq!(elements(&document), elements(&parsed(&harmless)), "{name:?} changes the structure");
    }
}

#[test]
fn an_empty_timeline_says_so_in_the_words_of_the_caller() {
    let svg = drawn(&Timeline::default());
    let document = parsed(&svg);
    let sentence = with_class(&document, "nothing").next().unwrap();
    assert_eq!(all_text(sentence), NOTHING);
    assert!(document.root_element().attribute("aria-label").unwrap().ends_with(NOTHING));
    assert!(!svg.contains("<script"), "there is nothing to zoom into");
}

#[test]
fn nothing_is_asked_of_the_network() {
    let svg = drawn(&sample::timeline(50, 4));
    let addresses: Vec<&str> = svg
        .match_indices("//")
        .map(|(at, _)| svg[..at].rsplit([' ', '"', '\'', '\n']).next().unwrap())
        .filter(|scheme| scheme.ends_with(':'))
        .collect();
    assert_eq!(
        addresses,
        ["http:", "http:", "http:"],
        "only the names of the two name spaces, once in the root and twice in the script"
    );
    for word in ["href", "@import", "url(http", "fetch(", "XMLHttpRequest", "src="] {
        assert!(!svg.contains(word), "{word}");
    }
}

#[test]
fn style_and_script_can_stand_in_a_cdata_section() {
    assert!(!super::STYLE.contains("]]>") && !super::SCRIPT.contains("]]>"));
    assert!(!super::SCRIPT.to_lowercase().contains("</script"), "so that it can stand in HTML, too");
}

#[test]
fn the_width_is_what_was_asked_for() {
    let timeline = sample::timeline(50, 4);
    for (width, expected) in [(None, "1200"), (Some(800), "800"), (Some(1), "480")] {
        let mut svg = Vec::new();
        write(&timeline, &ChartStyle { width, ..style() }, &mut svg).unwrap();
        let svg = String::from_utf8(svg).unwrap();
        assert_eq!(parsed(&svg).root_element().attribute("width"), Some(expected));
        assert_eq!(parsed(&svg).root_element().attribute("data-fluid").is_some(), width.is_none());
    }
}

#[test]
fn a_failing_writer_is_reported() {
    let timeline = sample::timeline(5, 2);
    let length = drawn(&timeline).len();
    for room in [0, 100, length / 2, length - 1] {
        let mut paper = vec![0; room];
        assert!(write(&timeline, &style(), &mut paper.as_mut_slice()).is_err(), "{room} of {length} bytes");
    }
}

/// `GOTRACE_CHARTS=/tmp/charts cargo test --lib draws_charts -- --ignored` writes charts of several sizes to look at.
#[test]
#[ignore = "writes files to look at"]
fn draws_charts_to_look_at() {
    let folder = PathBuf::from(std::env::var("GOTRACE_CHARTS").expect("GOTRACE_CHARTS names a folder"));
    for (packages, processors) in [(270, 2), (270, 8), (2_700, 8), (2_700, 16), (36_000, 16), (2_000, 64), (2_000, 128)]
    {
        let svg = drawn(&sample::timeline(packages, processors));
        std::fs::write(folder.join(format!("chart-{packages}-{processors}.svg")), svg).unwrap();
    }
    std::fs::write(folder.join("chart-job.svg"), drawn(&sample::job(270, 2))).unwrap();
    std::fs::write(folder.join("chart-empty.svg"), drawn(&Timeline::default())).unwrap();
}

const NOTHING: &str = "Nothing was built: all packages were in the build cache.";

fn style() -> ChartStyle {
    ChartStyle { title: "go build ./...".to_owned(), width: None, nothing: NOTHING.to_owned() }
}

fn drawn(timeline: &Timeline) -> String {
    let mut svg = Vec::new();
    write(timeline, &style(), &mut svg).unwrap();
    String::from_utf8(svg).unwrap()
}

fn arranged(runs: Vec<Run>, commands: Vec<Command>, shortest: Nanos) -> Timeline {
    arrange(Events { runs, commands, ..Events::default() }, shortest)
}

fn run(label: &str, start: u64, end: u64) -> Run {
    Run {
        start: Nanos::from_millis(start),
        end: Nanos::from_millis(end),
        tool: ToolKind::Compile,
        label: label.to_owned(),
        details: Vec::new(),
        outcome: Outcome::Ok,
        rss: Bytes::from_mib(20),
    }
}

fn command(label: &str, start: u64, end: u64) -> Command {
    Command {
        start: Nanos::from_millis(start),
        end: Nanos::from_millis(end),
        label: label.to_owned(),
        details: Vec::new(),
    }
}

/// A rectangle of a layer whose unit is the grain.
struct Rectangle {
    lane: usize,
    from: u64,
    to: u64,
    class: String,
    title: String,
}

fn rectangles(document: &Document, layer: &str) -> Vec<Rectangle> {
    let Some(layer) = with_class(document, layer).next() else { return Vec::new() };
    let rows = layer.children().filter(Node::is_element).enumerate();
    let whole = |node: Node, name| node.attribute(name).unwrap().parse::<u64>().unwrap();
    rows.flat_map(|(lane, row)| {
        row.children().filter(Node::is_element).map(move |rectangle| Rectangle {
            lane,
            from: whole(rectangle, "x"),
            to: whole(rectangle, "x") + whole(rectangle, "width"),
            class: rectangle.attribute("class").unwrap().to_owned(),
            title: rectangle.first_element_child().unwrap().text().unwrap().trim_end().to_owned(),
        })
    })
    .collect()
}

#[track_caller]
fn parsed(svg: &str) -> Document<'_> {
    Document::parse(svg).expect("well-formed XML")
}

/// Nanoseconds per unit of time in the file.
fn grain(document: &Document) -> u64 {
    document.root_element().attribute("data-grain").unwrap().parse().unwrap()
}

#[track_caller]
fn one<'a>(document: &'a Document, tag: &str) -> Node<'a, 'a> {
    document.descendants().find(|node| node.has_tag_name(tag)).expect(tag)
}

fn with_class<'a>(document: &'a Document, class: &'a str) -> impl Iterator<Item = Node<'a, 'a>> {
    document.descendants().filter(move |node| has_class(*node, class))
}

fn has_class(node: Node, class: &str) -> bool {
    node.attribute("class").is_some_and(|classes| classes.split(' ').any(|one| one == class))
}

fn number(node: Node, name: &str) -> f64 {
    node.attribute(name).unwrap().parse().unwrap()
}

fn matrix(node: Node) -> Vec<f64> {
    let numbers = node.attribute("transform").unwrap().trim_start_matches("matrix(").trim_end_matches(')');
    numbers.split(' ').map(|number| number.parse().unwrap()).collect()
}

fn lane_y(row: Node) -> f64 {
    row.attribute("transform").unwrap().trim_start_matches("translate(0 ").trim_end_matches(')').parse().unwrap()
}

fn all_text(node: Node) -> String {
    node.descendants().filter(Node::is_text).filter_map(|text| text.text()).collect()
}

/// The names of all elements but labels, which are there only where there is room.
fn elements(document: &Document) -> Vec<String> {
    let names = document.descendants().filter(|node| node.is_element() && !has_class(*node, "label"));
    names.map(|node| node.tag_name().name().to_owned()).collect()
}
