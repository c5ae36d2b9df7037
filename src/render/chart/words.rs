//! The words of the chart: title, numbers, legend and caption above; notes below; and the chart as a sentence.

use std::io::{self, Write};

use super::legend::{self, bad_ends};
use super::sheet::{LINE, Sheet};
use super::{ChartStyle, notes};
use crate::analyze::timeline::{ChoreTotal, Timeline, peak};
use crate::render::escape::xml;
use crate::render::table::plural;
use crate::units::{Count, Nanos};

const CAPTION: &str = "Each bar is one tool run. Point at one for its details.";
const CAPTION_OF_JOB: &str = "Bars are tool runs, and above them what go did itself. Point at one for its details.";

/// Title, numbers, legend, caption.
pub(super) fn head(sheet: &Sheet, timeline: &Timeline, style: &ChartStyle, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "<text class=\"title\" x=\"20\" y=\"31\">{}</text>", xml(&style.title))?;
    if sheet.is_empty() {
        return Ok(());
    }
    writeln!(out, "<text class=\"numbers\" x=\"20\" y=\"52\">{}</text>", numbers(timeline))?;
    for (row, entries) in (0_u32..).zip(&legend::rows(timeline, sheet.width)) {
        for (x, entry) in entries {
            entry.write(*x, sheet.legend + LINE * row, out)?;
        }
    }
    let caption = if timeline.chores.bars.is_empty() { CAPTION } else { CAPTION_OF_JOB };
    writeln!(out, "<text class=\"details\" x=\"20\" y=\"{}\">{caption}</text>", sheet.details)
}

/// The sentence in place of the bars.
pub(super) fn nothing(sheet: &Sheet, sentence: &str, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "<text class=\"nothing\" x=\"20\" y=\"{}\">{}</text>", sheet.axis.saturating_add(10), xml(sentence))
}

/// What is not drawn, notes, problems.
pub(super) fn foot(sheet: &Sheet, timeline: &Timeline, out: &mut dyn Write) -> io::Result<()> {
    for (line, text) in (0_u32..).zip(notes::lines(timeline)) {
        let y = sheet.foot.saturating_add(LINE.saturating_mul(line));
        writeln!(out, "<text class=\"foot\" x=\"20\" y=\"{y}\">{}</text>", xml(&text))?;
    }
    Ok(())
}

/// The chart in a sentence, for those who do not see it.
pub(super) fn description(timeline: &Timeline, nothing: &str) -> String {
    let longest = timeline.bars.iter().max_by_key(|bar| bar.end.since(bar.start));
    match longest {
        None if timeline.commands.is_empty() && timeline.chores.bars.is_empty() => nothing.to_owned(),
        None => numbers(timeline) + &of_chores(timeline),
        Some(bar) => {
            let mut text = numbers(timeline);
            for (_, ended) in bad_ends(timeline) {
                text = format!("{text} · {ended}");
            }
            let length = bar.end.since(bar.start);
            format!("{text}. The longest was {} of {} with {length}.", bar.tool.name(), bar.label)
                + &of_chores(timeline)
        }
    }
}

fn of_chores(timeline: &Timeline) -> String {
    let total = |ChoreTotal { chore, count, time }: &ChoreTotal| format!("{} {} · {time}", Count(*count), chore.name());
    let totals: Vec<String> = timeline.chores.totals.iter().map(total).collect();
    if totals.is_empty() { String::new() } else { format!(" Go itself: {}.", totals.join(", ")) }
}

/// `288 tool runs of 2 go commands in 23.6 s · 25.9 s in tools: 1.1 running on average, at most 2`.
fn numbers(timeline: &Timeline) -> String {
    let (runs, covered, in_tools) =
        (plural(timeline.runs(), "tool run", "tool runs"), timeline.covered(), timeline.tool_time());
    let commands = match u64::try_from(timeline.commands.len()).unwrap_or(u64::MAX) {
        0 | 1 => String::new(),
        several => format!(" of {}", plural(several, "go command", "go commands")),
    };
    let idle = match timeline.breaks.iter().map(|cut| cut.idle).sum() {
        Nanos::ZERO => String::new(),
        idle => format!(" (and {idle} idle between them)"),
    };
    let (average, most) = (tenths(in_tools.0, covered.0), Count(peak(&timeline.running)));
    format!("{runs}{commands} in {covered}{idle} · {in_tools} in tools: {average} running on average, at most {most}")
}

fn tenths(part: u64, whole: u64) -> String {
    let tenths = (u128::from(part) * 10 + u128::from(whole / 2)) / u128::from(whole.max(1));
    format!("{}.{}", tenths / 10, tenths % 10)
}
