//! The words of the chart: title, numbers, legend and caption above; what is not drawn, notes and problems below.

use std::io::{self, Write};

use super::sheet::Sheet;
use super::{ChartStyle, class};
use crate::analyze::timeline::{Outcome, Timeline, ToolTotal, peak};
use crate::render::escape::xml;
use crate::units::{Count, Nanos};

/// The base line of the first row of the legend.
const LEGEND: u32 = 74;
/// A chart that fits its window is at least this wide (`chart.js` knows it, too), so its legend never has more room.
const FLUID_FROM: u32 = 880;
/// From one line of text to the next.
const LINE: u32 = 18;
/// More problems than this are counted instead of told: the reader of a trace prints them all.
const PROBLEMS_TOLD: usize = 5;

const CAPTION: &str = "Each bar is one tool run. Point at one for its details.";

/// How much of the sheet the head takes.
pub(super) fn head_height(timeline: &Timeline, width: u32) -> u32 {
    if timeline.bars.is_empty() && timeline.commands.is_empty() {
        return 60;
    }
    let rows = u32::try_from(legend_rows(timeline, width).len()).unwrap_or(1).max(1);
    (LEGEND + LINE * rows).saturating_add(18)
}

/// How much of the sheet the foot takes.
pub(super) fn foot_height(timeline: &Timeline) -> u32 {
    LINE * u32::try_from(foot_lines(timeline).len()).unwrap_or(1)
}

/// Title, numbers, legend, caption.
pub(super) fn head(sheet: &Sheet, timeline: &Timeline, style: &ChartStyle, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "<text class=\"title\" x=\"20\" y=\"31\">{}</text>", xml(&style.title))?;
    if sheet.is_empty() {
        return Ok(());
    }
    writeln!(out, "<text class=\"numbers\" x=\"20\" y=\"52\">{}</text>", numbers(timeline))?;
    let rows = legend_rows(timeline, sheet.width);
    for (row, entries) in (0_u32..).zip(&rows) {
        for (x, entry) in entries {
            entry.write(*x, LEGEND + LINE * row, out)?;
        }
    }
    let y = head_height(timeline, sheet.width).saturating_sub(14);
    writeln!(out, "<text class=\"details\" x=\"20\" y=\"{y}\">{CAPTION}</text>")
}

/// The sentence in place of the bars.
pub(super) fn nothing(sheet: &Sheet, sentence: &str, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "<text class=\"nothing\" x=\"20\" y=\"{}\">{}</text>", sheet.axis.saturating_add(10), xml(sentence))
}

/// What is not drawn, notes, problems.
pub(super) fn foot(sheet: &Sheet, timeline: &Timeline, out: &mut dyn Write) -> io::Result<()> {
    for (line, text) in (0_u32..).zip(foot_lines(timeline)) {
        let y = sheet.foot.saturating_add(LINE.saturating_mul(line));
        writeln!(out, "<text class=\"foot\" x=\"20\" y=\"{y}\">{}</text>", xml(&text))?;
    }
    Ok(())
}

/// The chart in a sentence, for those who do not see it.
pub(super) fn description(timeline: &Timeline, nothing: &str) -> String {
    let longest = timeline.bars.iter().max_by_key(|bar| bar.end.since(bar.start));
    match longest {
        None if timeline.commands.is_empty() => nothing.to_owned(),
        None => numbers(timeline),
        Some(bar) => {
            let mut text = numbers(timeline);
            for (_, ended) in bad_ends(timeline) {
                text = format!("{text} · {ended}");
            }
            let length = bar.end.since(bar.start);
            format!("{text}. The longest was {} of {} with {length}.", bar.tool.name(), bar.label)
        }
    }
}

/// `288 tool runs of 2 go commands in 23.6 s · 25.9 s in tools: 1.1 running on average, at most 2`.
fn numbers(timeline: &Timeline) -> String {
    let (runs, covered, in_tools) = (plural(timeline.runs(), "tool run"), timeline.covered(), timeline.tool_time());
    let commands = match u64::try_from(timeline.commands.len()).unwrap_or(u64::MAX) {
        0 | 1 => String::new(),
        several => format!(" of {}", plural(several, "go command")),
    };
    let idle = match timeline.breaks.iter().map(|cut| cut.idle).sum() {
        Nanos::ZERO => String::new(),
        idle => format!(" (and {idle} idle between them)"),
    };
    let (average, most) = (tenths(in_tools.0, covered.0), Count(peak(&timeline.running)));
    format!("{runs}{commands} in {covered}{idle} · {in_tools} in tools: {average} running on average, at most {most}")
}

/// How many runs did not end well, for each way that occurs.
fn bad_ends(timeline: &Timeline) -> impl Iterator<Item = (Outcome, String)> {
    let names = [
        (Outcome::Failed, "failed"),
        (Outcome::Killed, "killed by a signal"),
        (Outcome::Unfinished, "unfinished: no end in the trace"),
    ];
    names.into_iter().filter_map(|(outcome, name)| match timeline.ended(outcome) {
        0 => None,
        count => Some((outcome, format!("{} {name}", Count(count)))),
    })
}

fn tenths(part: u64, whole: u64) -> String {
    let tenths = (u128::from(part) * 10 + u128::from(whole / 2)) / u128::from(whole.max(1));
    format!("{}.{}", tenths / 10, tenths % 10)
}

fn plural(count: u64, name: &str) -> String {
    format!("{} {name}{}", Count(count), if count == 1 { "" } else { "s" })
}

/// What one sign of the chart means.
enum Entry {
    Tool(ToolTotal),
    Outcome(Outcome, String),
}

impl Entry {
    fn text(&self) -> String {
        match self {
            Self::Tool(ToolTotal { tool, runs, time }) => format!("{} {} · {time}", Count(*runs), tool.name()),
            Self::Outcome(_, text) => text.clone(),
        }
    }

    fn width(&self) -> u32 {
        // Swatch, gaps, and what a sans serif of 12 pixels takes at most on average.
        46 + 13 * u32::try_from(self.text().chars().count()).unwrap_or(0) / 2
    }

    fn write(&self, x: u32, y: u32, out: &mut dyn Write) -> io::Result<()> {
        let (top, middle, text_x) = (y - 12, x + 11, x + 28);
        match self {
            Self::Tool(total) => {
                let (class, sign) = (class(total.tool), total.tool.sign());
                write!(
                    out,
                    "<g class=\"legend\" data-tool=\"{class}\" data-sign=\"{sign}\" data-name=\"{}\">",
                    total.tool.name()
                )?;
                write!(out, "<rect class=\"{class}\" x=\"{x}\" y=\"{top}\" width=\"22\" height=\"16\" rx=\"2\"/>")?;
                write!(out, "<text class=\"sign\" x=\"{middle}\" y=\"{y}\">{sign}</text>")?;
            }
            Self::Outcome(outcome, _) => {
                let class = match outcome {
                    Outcome::Failed => "failed",
                    Outcome::Killed => "killed",
                    Outcome::Ok | Outcome::Unfinished => "unfinished",
                };
                write!(
                    out,
                    "<g class=\"legend\"><rect class=\"panel\" x=\"{x}\" y=\"{top}\" width=\"22\" height=\"16\"/>"
                )?;
                write!(out, "<rect class=\"mark {class}\" x=\"{x}\" y=\"{top}\" width=\"22\" height=\"16\"/>")?;
            }
        }
        writeln!(out, "<text x=\"{text_x}\" y=\"{y}\">{}</text></g>", self.text())
    }
}

/// The legend says only what is there, in as many rows as it takes.
fn legend_rows(timeline: &Timeline, width: u32) -> Vec<Vec<(u32, Entry)>> {
    let width = width.min(FLUID_FROM);
    let tools = timeline.tools.iter().copied().map(Entry::Tool);
    let ends = bad_ends(timeline).map(|(outcome, text)| Entry::Outcome(outcome, text));
    let mut rows: Vec<Vec<(u32, Entry)>> = Vec::new();
    let mut x = u32::MAX;
    for entry in tools.chain(ends) {
        let entry_width = entry.width();
        if x.saturating_add(entry_width) > width {
            x = 20;
            rows.push(Vec::new());
        }
        if let Some(row) = rows.last_mut() {
            row.push((x, entry));
        }
        x = x.saturating_add(entry_width);
    }
    rows
}

fn foot_lines(timeline: &Timeline) -> Vec<String> {
    let mut lines = Vec::new();
    let small = &timeline.not_drawn;
    if small.runs > 0 {
        lines.push(format!(
            "Not drawn: {} shorter than {} ({} in all). The curves and the numbers count them.",
            plural(small.runs, "run"),
            small.shorter_than,
            small.time
        ));
    }
    lines.extend(timeline.notes.iter().cloned());
    lines.extend(timeline.problems.iter().take(PROBLEMS_TOLD).map(|problem| format!("⚠ {problem}")));
    match timeline.problems.len().saturating_sub(PROBLEMS_TOLD) {
        0 => {}
        more => lines.push(format!("⚠ and {more} more")),
    }
    lines
}
