//! The legend: what each sign and colour on the sheet means, in as many rows as it takes.
//!
//! Knows how wide an entry is; does not know where on the sheet the rows stand.

use std::io::{self, Write};

use super::{class, class_of_chore};
use crate::analyze::timeline::{ChoreTotal, Outcome, Timeline, ToolTotal};
use crate::units::Count;

/// A chart that fits its window is at least this wide (`chart.js` knows it, too), so its legend never has more room.
const FLUID_FROM: u32 = 880;

/// What one sign of the chart means.
pub(super) enum Entry {
    Tool(ToolTotal),
    Outcome(Outcome, String),
    /// What the entries behind it are.
    Heading(&'static str),
    Chore(ChoreTotal),
}

impl Entry {
    fn text(&self) -> String {
        match self {
            Self::Tool(ToolTotal { tool, runs, time }) => format!("{} {} · {time}", Count(*runs), tool.name()),
            Self::Chore(ChoreTotal { chore, count, time }) => format!("{} {} · {time}", Count(*count), chore.name()),
            Self::Outcome(_, text) => text.clone(),
            Self::Heading(text) => (*text).to_owned(),
        }
    }

    fn width(&self) -> u32 {
        let text = 13 * u32::try_from(self.text().chars().count()).unwrap_or(0) / 2;
        // Swatch, gaps, and what a sans serif of 12 pixels takes at most on average.
        if matches!(self, Self::Heading(_)) { 8 + text } else { 46 + text }
    }

    pub(super) fn write(&self, x: u32, y: u32, out: &mut dyn Write) -> io::Result<()> {
        let (top, text_x) = (y - 12, x + 28);
        match self {
            Self::Tool(ToolTotal { tool, .. }) => {
                Signed { class: class(*tool), sign: tool.sign(), name: tool.name() }.write(x, y, out)?;
            }
            Self::Chore(ChoreTotal { chore, .. }) => {
                Signed { class: class_of_chore(*chore), sign: chore.sign(), name: chore.name() }.write(x, y, out)?;
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
            Self::Heading(text) => return writeln!(out, "<text class=\"heading\" x=\"{x}\" y=\"{y}\">{text}</text>"),
        }
        writeln!(out, "<text x=\"{text_x}\" y=\"{y}\">{}</text></g>", self.text())
    }
}

/// What has a colour and a sign; the script reads both in the legend.
struct Signed {
    class: &'static str,
    sign: &'static str,
    name: &'static str,
}

impl Signed {
    /// Opens the entry.
    fn write(&self, x: u32, y: u32, out: &mut dyn Write) -> io::Result<()> {
        let (Self { class, sign, name }, top, middle) = (self, y - 12, x + 11);
        write!(out, "<g class=\"legend\" data-tool=\"{class}\" data-sign=\"{sign}\" data-name=\"{name}\">")?;
        write!(out, "<rect class=\"{class}\" x=\"{x}\" y=\"{top}\" width=\"22\" height=\"16\" rx=\"2\"/>")?;
        write!(out, "<text class=\"sign\" x=\"{middle}\" y=\"{y}\">{sign}</text>")
    }
}

/// The legend says only what is there. What go did itself begins a row of its own.
pub(super) fn rows(timeline: &Timeline, width: u32) -> Vec<Vec<(u32, Entry)>> {
    let tools = timeline.tools.iter().copied().map(Entry::Tool);
    let ends = bad_ends(timeline).map(|(outcome, text)| Entry::Outcome(outcome, text));
    let mut rows = in_rows(tools.chain(ends), width);
    if !timeline.chores.totals.is_empty() {
        let chores = timeline.chores.totals.iter().copied().map(Entry::Chore);
        rows.extend(in_rows(std::iter::once(Entry::Heading("go itself:")).chain(chores), width));
    }
    rows
}

fn in_rows(entries: impl Iterator<Item = Entry>, width: u32) -> Vec<Vec<(u32, Entry)>> {
    let width = width.min(FLUID_FROM);
    let mut rows: Vec<Vec<(u32, Entry)>> = Vec::new();
    let mut x = u32::MAX;
    for entry in entries {
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

/// How many runs did not end well, for each way that occurs.
pub(super) fn bad_ends(timeline: &Timeline) -> impl Iterator<Item = (Outcome, String)> {
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
