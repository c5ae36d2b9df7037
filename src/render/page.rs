//! The page: one HTML file that needs nothing else, and says most of what it knows without its script.
//!
//! Knows the report and the order of its parts; `words` draws sections, `data` writes what the script draws the timeline
//! from, `overview` is the timeline for those who run no scripts. The browser is told to load nothing from anywhere, and
//! names from a trace arrive as text only.

mod data;
mod overview;
mod words;

use std::io::{self, Write};

use super::palette::{self, Group};
use super::{table, text};
use crate::analyze::account::Load;
use crate::analyze::page::Page;
use crate::analyze::summary::CommandRow;
use crate::tool_kind::ToolKind;
use crate::units::{Count, Nanos};

use super::escape::xml;

/// No request, whatever a name in the trace may hold: all that the page needs is in it.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:; \
                      base-uri 'none'; form-action 'none'";

/// Writes it.
///
/// # Errors
/// Those of `out`.
pub fn write(page: &Page, out: &mut dyn Write) -> io::Result<()> {
    let title = xml(&page.title);
    write!(
        out,
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{POLICY}\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"generator\" content=\"gotrace {}\">\n<title>{title} · gotrace</title>\n<style>\n{}{}</style>\n</head>\n<body>\n",
        env!("CARGO_PKG_VERSION"),
        include_str!("page/page.css"),
        colours(),
    )?;
    head(page, out)?;
    writeln!(out, "<main>")?;
    timeline(page, out)?;
    for section in &page.sections {
        words::section(section, out)?;
    }
    closing_words(page, out)?;
    writeln!(
        out,
        "</main>\n<footer>gotrace {} · this file is all there is: it loads nothing</footer>",
        env!("CARGO_PKG_VERSION")
    )?;
    write!(out, "<script type=\"application/json\" id=\"data\">")?;
    data::write(&page.runs, out)?;
    write!(out, "</script>\n<script>\n{}</script>\n</body>\n</html>\n", include_str!("page/page.js"))
}

/// The palette as classes of CSS.
fn colours() -> String {
    let tools = ToolKind::ALL.map(|kind| {
        format!(".{} {{ background: {}; fill: {} }}\n", class(kind), palette::tool(kind), palette::tool(kind))
    });
    tools.concat()
}

/// The class of a kind of tool.
fn class(kind: ToolKind) -> String {
    format!("k-{}", kind.name().to_lowercase().replace(' ', "-"))
}

const fn group_class(group: Group) -> &'static str {
    match group {
        Group::MainModule => "g-main",
        Group::Dependency => "g-dependency",
        Group::Std => "g-std",
        Group::Neutral => "g-neutral",
    }
}

fn head(page: &Page, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "<header>\n<h1>{}</h1>", xml(&page.title))?;
    if let Some(first) = page.summary.commands.first() {
        writeln!(out, "<p class=\"about\">{}</p>", xml(&about(first)))?;
    }
    writeln!(out, "<dl class=\"facts\">")?;
    for fact in facts(page) {
        fact.write(out)?;
    }
    writeln!(out, "</dl>\n<nav aria-label=\"Sections\"><ul>")?;
    let sections = page.sections.iter().map(|section| (section.id, section.title.as_str()));
    let timeline = (!page.runs.runs.is_empty()).then_some(("timeline", "What ran when"));
    for (id, title) in timeline.into_iter().chain(sections).chain([("limits", "What is not seen")]) {
        writeln!(out, "<li><a href=\"#{id}\">{}</a></li>", xml(title))?;
    }
    writeln!(out, "</ul></nav>\n</header>")
}

fn about(command: &CommandRow) -> String {
    let started = command.started.and_then(text::date).map(|date| format!("{date} UTC"));
    let cpus = command.cpus.map(|cpus| if cpus == 1 { String::from("1 CPU") } else { format!("{cpus} CPUs") });
    let dir = (!command.dir.is_empty()).then(|| format!("in {}", command.dir));
    let parts = [command.go_version.clone(), command.target.clone(), cpus, started, dir];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" · ")
}

/// A figure of the head.
struct Fact {
    name: &'static str,
    value: String,
    note: String,
    class: &'static str,
}

impl Fact {
    const fn new(name: &'static str, value: String, note: String) -> Self {
        Self { name, value, note, class: "" }
    }

    fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        let Self { name, value, note, class } = self;
        let note = if note.is_empty() { String::new() } else { format!("<span class=\"note\">{}</span>", xml(note)) };
        writeln!(out, "<div class=\"{class}\"><dt>{name}</dt><dd>{value}{note}</dd></div>")
    }
}

fn facts(page: &Page) -> Vec<Fact> {
    let total = &page.summary.total;
    let cpu = total.work.cpu() + total.probes.cpu();
    let commands =
        if total.commands == 1 { String::new() } else { table::counted(count(total.commands), "go command") };
    let of_cpus = page.runs.cpus.map(|cpus| format!("of {}; CPU ÷ wall", table::counted(cpus, "CPU")));
    let probes = if total.probes.runs == 0 {
        String::new()
    } else {
        format!("and {}", table::counted(total.probes.runs, "probe"))
    };
    let mut facts = vec![
        Fact::new("Wall time", page.wall.to_string(), commands),
        Fact::new("CPU time of tools", cpu.to_string(), String::new()),
        Fact::new("Parallelism", text::ratio(cpu, page.wall), of_cpus.unwrap_or_else(|| String::from("CPU ÷ wall"))),
        Fact::new("Tool runs", Count(total.work.runs).to_string(), probes),
        Fact::new("Packages compiled", Count(total.compiles).to_string(), String::new()),
    ];
    if let Some(most) = page.summary.memory.rows.first().filter(|row| row.sum.max_rss.0 > 0) {
        facts.push(Fact::new("Largest peak RSS", most.sum.max_rss.to_string(), most.name.clone()));
    }
    if let Some(peak) = page.summary.jobs.first().and_then(|job| job.memory.peak) {
        facts.push(Fact::new("Memory of the job", peak.to_string(), String::from("all processes, at most")));
    }
    facts.push(failures(page));
    facts
}

fn failures(page: &Page) -> Fact {
    match page.summary.faults.as_slice() {
        [] => Fact::new("Failures", String::from("none"), String::new()),
        faults => {
            let first = faults.first().map(|fault| format!("{} {}", fault.tool, fault.package)).unwrap_or_default();
            Fact { class: "bad", ..Fact::new("Failures", Count(count(faults.len())).to_string(), first) }
        }
    }
}

fn count(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}

fn timeline(page: &Page, out: &mut dyn Write) -> io::Result<()> {
    if page.runs.runs.is_empty() {
        let nothing = text::Nothing::ran(page.summary.total.commands);
        return writeln!(out, "<section><p>{}</p><p>{}</p></section>", xml(&nothing.why), xml(nothing.hint));
    }
    let runs = page.runs.runs.len();
    writeln!(
        out,
        "<section id=\"timeline\" aria-labelledby=\"timeline-title\">\n<h2 id=\"timeline-title\">What ran when</h2>\n\
         <p class=\"lead\">Each bar is a tool run; lanes have no meaning but that bars in one do not overlap.{}</p>\n{}",
        if page.runs.breaks.is_empty() { "" } else { " Long times in which no go command ran are cut out." },
        include_str!("page/controls.html"),
    )?;
    writeln!(out, "<figure class=\"plot\">")?;
    overview::write(&page.runs, out)?;
    writeln!(
        out,
        "<canvas class=\"live-only\" id=\"plot\" tabindex=\"0\" role=\"application\" aria-roledescription=\"timeline\" \
         aria-label=\"Timeline of {} tool runs in {} lanes over {}\" aria-describedby=\"keys\"></canvas>\n\
         <div class=\"tip\" id=\"tip\" aria-hidden=\"true\" hidden></div>\n</figure>",
        Count(count(runs)),
        page.runs.lanes,
        page.runs.length,
    )?;
    legend(page, out)?;
    writeln!(out, "{}</section>", include_str!("page/details.html"))
}

/// The tools that occur, with what they took, and the windows where there are some.
fn legend(page: &Page, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "<ul class=\"legend\" aria-label=\"Colours\">")?;
    for kind in ToolKind::ALL {
        let runs = page.runs.runs.iter().filter(|run| run.kind == kind);
        let (mut number, mut time) = (0, Nanos::ZERO);
        runs.for_each(|run| (number, time) = (number + 1, time + run.end.since(run.start)));
        if number > 0 {
            let (class, name, sign) = (class(kind), kind.name(), kind.sign());
            writeln!(
                out,
                "<li><i class=\"swatch {class}\"></i>{name} ({sign}) <span>{} · {time}</span></li>",
                Count(number)
            )?;
        }
    }
    if !page.runs.chores.is_empty() {
        writeln!(
            out,
            "<li><i class=\"swatch t-go\"></i>go itself <span>loading, downloads, cache look-ups, tests</span></li>"
        )?;
    }
    if page.runs.runs.iter().any(|run| run.is_critical) {
        writeln!(out, "<li><i class=\"swatch t-critical\"></i>on the critical path</li>")?;
    }
    for kind in Load::ALL {
        if page.runs.windows.iter().any(|(_, _, of)| *of == kind) {
            let (class, name, what) = (words::window_class(kind), kind.name(), kind.what());
            writeln!(out, "<li><i class=\"swatch {class}\"></i>{name} <span>{what}</span></li>")?;
        }
    }
    writeln!(out, "</ul>")
}

fn closing_words(page: &Page, out: &mut dyn Write) -> io::Result<()> {
    let summary = &page.summary;
    writeln!(
        out,
        "<section id=\"limits\" aria-labelledby=\"limits-title\">\n<h2 id=\"limits-title\">What is not seen</h2>"
    )?;
    writeln!(out, "<p>{}</p>", with_code(&xml(&text::not_seen_words(summary))))?;
    let unseen = summary.jobs.iter().flat_map(|job| &job.not_seen).chain(&page.problems);
    words::notes(unseen.map(String::as_str), out)?;
    writeln!(out, "</section>")?;
    overhead(page, out)?;
    write!(out, "{}", include_str!("page/elsewhere.html"))
}

/// What stands between backticks, set as what one types.
fn with_code(words: &str) -> String {
    let parts = words.split('`').enumerate();
    parts.map(|(index, part)| if index % 2 == 1 { format!("<code>{part}</code>") } else { part.to_owned() }).collect()
}

fn overhead(page: &Page, out: &mut dyn Write) -> io::Result<()> {
    let total = &page.summary.total;
    let calls = total.work.runs.saturating_add(total.probes.runs);
    if calls == 0 {
        return Ok(());
    }
    let cpu = total.work.cpu() + total.probes.cpu();
    let each = Nanos(total.shim_cpu.0 / calls);
    let watching: Nanos = page.summary.jobs.iter().map(|job| job.record_cpu).sum();
    let watching =
        if watching == Nanos::ZERO { String::new() } else { format!(" Sampling the job took {watching} more.") };
    writeln!(
        out,
        "<section id=\"overhead\" aria-labelledby=\"overhead-title\">\n<h2 id=\"overhead-title\">What recording cost</h2>\n\
         <p>{} of CPU for {}, {each} each by the shims’ own account: {} of the CPU time of the tools.{watching}</p>\n</section>",
        total.shim_cpu,
        table::counted(calls, "call"),
        total.shim_cpu.percent_of(cpu),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analyze::page::{self, Config};
    use crate::analyze::page::{Bars, Block, Cell, Part, Section, Table, Tone};
    use crate::analyze::tally::{Commands, Tally};
    use crate::build::picture::{self, AnyRun};
    use crate::tool_kind::ToolKind;
    use crate::units::{Bytes, Nanos, Percent};
    use proptest::prelude::*;

    fn page_of(picture: &str) -> Page {
        let (_, tally) = Tally::of_picture(picture, Commands::Merged);
        page::page(&picture::build(picture), &tally, &Config::default())
    }

    fn html(page: &Page) -> String {
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
        let html = html(&page_of(PICTURE));
        assert!(html.contains(
            "content=\"default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:;"
        ));
        for loading in
            [" src=", "@import", "url(", "<link", "http://", "https://", "fetch(", "XMLHttpRequest", "innerHTML"]
        {
            assert!(!html.contains(loading), "{loading}");
        }
    }

    #[test]
    fn names_cannot_leave_their_place() {
        let evil = "</script><script>alert(1)</script><!--<img/onerror=x>";
        let picture =
            format!("$ go build {evil}\nprobe compile 0-1\ncompile m:{evil} 0-9 args=-X={evil}\nlink m:{evil} 9-20 !1");
        let html = html(&page_of(&picture));
        for (mark, times) in [("<script", 2), ("</script", 2), ("<!--", 0), ("<img", 0)] {
            assert_eq!(html.matches(mark).count(), times, "{mark}");
        }
        let data = data(&html);
        assert!(data["packages"].to_string().contains("alert(1)"));
        assert!(data["words"].to_string().contains("alert(1)"));
    }

    #[test]
    fn the_data_have_a_figure_for_each_run() {
        let data = data(&html(&page_of(PICTURE)));
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
        let html = html(&page_of(PICTURE));
        for words in
            ["<h1>go build ./...</h1>", "link c</span>", "exit code 2", "<svg class=\"overview", "What is not seen"]
        {
            assert!(html.contains(words), "{words}");
        }
        let (_, packages) = html.split_once("<section id=\"packages\"").expect("the section");
        assert!(packages.contains(
            "<th scope=row><span class=name>b</span></th><td data-v=1>1</td><td data-v=20000000>20.0 ms</td>"
        ));
    }

    #[test]
    fn a_section_of_any_blocks_is_drawn_in_order() {
        let mut page = page_of(PICTURE);
        let row = vec![
            Cell::Text("<b>".into()),
            Cell::Time(Nanos(1_500_000)),
            Cell::Size(Bytes(2048)),
            Cell::Share(Percent::of(1, 3)),
            Cell::Date(Nanos(1_000_000_000)),
            Cell::Nothing,
        ];
        let part =
            Part { name: "serial".into(), what: "one ran".into(), time: Nanos(10), tone: Tone::Window(Load::Serial) };
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
            "<td class=share data-v=33333 style=--w:0.333>33.3 %</td><td data-v=1000000000>1970-01-01 00:00:01</td>",
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
        let html = html(&page_of(PICTURE));
        let data = data(&html);
        assert_eq!(data["windows"][0], serde_json::json!([1000, 40000, 0]), "from its first tool on");
        assert_eq!(data["critical"], "AQEB", "the second, and two more");
        for words in ["<i class=\"swatch t-saturated\"></i>saturated", "on the critical path"] {
            assert!(html.contains(words), "{words}");
        }
    }

    #[test]
    fn a_trace_without_tools_says_so() {
        let html = html(&page_of(""));
        assert!(html.contains("The trace holds no tool run"));
        assert!(!html.contains("<canvas"));
    }

    #[test]
    fn every_kind_of_tool_has_a_colour() {
        let html = html(&page_of(PICTURE));
        for kind in ToolKind::ALL {
            assert!(html.contains(&format!(".{} {{ background: #", class(kind))), "{}", kind.name());
        }
    }

    #[test]
    fn whatever_the_script_asks_the_page_for_is_there() {
        let html = html(&page_of(PICTURE));
        let script = include_str!("page/page.js");
        for asked in script.split("$('").skip(1).filter_map(|rest| rest.split('\'').next()) {
            assert!(html.contains(&format!("id=\"{asked}\"")), "{asked}");
        }
    }

    proptest! {
        #[test]
        fn any_build_gives_a_page_and_the_same_each_time(runs in picture::any(), origin in 0_u64..100_000) {
            let runs: Vec<AnyRun> = runs;
            let drawn = picture::draw(&runs, origin);
            let page = html(&page_of(&drawn));
            prop_assert_eq!(&page, &html(&page_of(&drawn)));
            let data = data(&page);
            prop_assert_eq!(data["runs"].as_u64(), u64::try_from(runs.len()).ok());
        }
    }
}
