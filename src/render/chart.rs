//! The chart: every tool run as a bar along the wall clock, as one SVG that needs nothing else.
//!
//! The picture is complete without scripts. Where they run, `chart/chart.js` adds zoom, search and details, and lays
//! the same elements out anew: bars and curves stand in units of time under one matrix, so a zoom changes the matrix
//! and not 40,000 rectangles. What is on the sheet, from the back to the front:
//!
//! ```text
//! title, numbers, legend, caption       words.rs, legend.rs
//! axis: ticks, grid, breaks             axis.rs
//! a row per go command, lanes of bars   bars.rs
//! running tools, resident memory        curves.rs
//! what is not drawn, notes, problems    words.rs, notes.rs
//! ```
//!
//! Where each of them stands is decided in sheet.rs, in integers. Knows nothing of the build but the report.

mod axis;
mod bars;
mod curves;
mod legend;
mod notes;
#[cfg(test)]
mod sample;
mod sheet;
#[cfg(test)]
mod tests;
mod words;

use std::io::{self, Write};

use super::escape::xml;
use super::palette::{self, INK};
use crate::analyze::timeline::{Chore, Timeline};
use crate::tool_kind::ToolKind;
use sheet::Sheet;

/// How a chart is to look.
#[derive(Debug, Clone)]
pub struct ChartStyle {
    /// Stands on top.
    pub title: String,
    /// In pixels. `None` is 1200 in a document or a README, and the width of the window where scripts run.
    pub width: Option<u32>,
    /// The sentence that stands in place of the bars where there are none: only the caller knows why.
    pub nothing: String,
}

const STYLE: &str = include_str!("chart/chart.css");
const SCRIPT: &str = include_str!("chart/chart.js");

/// Writes a timeline as SVG. The same timeline gives the same bytes.
///
/// # Errors
///
/// Those of `out`.
pub fn write(timeline: &Timeline, style: &ChartStyle, out: &mut dyn Write) -> io::Result<()> {
    let sheet = Sheet::of(timeline, style.width);
    open(&sheet, timeline, style, out)?;
    words::head(&sheet, timeline, style, out)?;
    if sheet.is_empty() {
        words::nothing(&sheet, &style.nothing, out)?;
    } else {
        axis::stripes(&sheet, out)?;
        axis::ticks(&sheet, timeline, out)?;
        curves::both(&sheet, timeline, out)?;
        bars::commands(&sheet, timeline, out)?;
        bars::chores(&sheet, timeline, out)?;
        bars::lanes(&sheet, timeline, out)?;
        axis::breaks(&sheet, timeline, out)?;
    }
    words::foot(&sheet, timeline, out)?;
    if !sheet.is_empty() {
        writeln!(out, "<script><![CDATA[\n{SCRIPT}]]></script>")?;
    }
    writeln!(out, "</svg>")
}

/// The root with what the script must know, the style sheet, and the patterns.
fn open(sheet: &Sheet, timeline: &Timeline, style: &ChartStyle, out: &mut dyn Write) -> io::Result<()> {
    let (width, height) = (sheet.width, sheet.height);
    writeln!(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>")?;
    write!(out, "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"gotrace-chart\" role=\"img\" ")?;
    write!(out, "width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" ")?;
    sheet.write_data(timeline, out)?;
    if style.width.is_none() {
        write!(out, " data-fluid=\"\"")?;
    }
    let (title, description) = (xml(&style.title), words::description(timeline, &style.nothing));
    writeln!(out, " aria-label=\"{title}: {0}\">\n<title>{title}</title>\n<desc>{0}</desc>", xml(&description))?;
    writeln!(out, "<style><![CDATA[\n{STYLE}")?;
    for kind in ToolKind::ALL {
        writeln!(out, ".gotrace-chart .{} {{ fill: {} }}", class(kind), palette::tool(kind))?;
    }
    for chore in Chore::ALL.into_iter().filter(|_| sheet.chores.count > 0) {
        writeln!(out, ".gotrace-chart .{} {{ fill: {} }}", class_of_chore(chore), palette::chore(chore))?;
    }
    writeln!(out, ".gotrace-chart .label, .gotrace-chart .sign {{ fill: {INK} }}\n]]></style>\n{DEFINITIONS}")?;
    let (left, plot, height) = (sheet.left, sheet.plot, sheet.height);
    writeln!(
        out,
        "<clipPath id=\"gotrace-plot\"><rect class=\"stretch\" x=\"{left}\" width=\"{plot}\" height=\"{height}\"/></clipPath>"
    )?;
    writeln!(out, "<rect class=\"page\" width=\"100%\" height=\"100%\"/>")
}

/// Hatches for what did not end well.
const DEFINITIONS: &str = r#"<defs>
<pattern id="gotrace-failed" width="6" height="6" patternUnits="userSpaceOnUse"><path class="hatch" d="M-1 1l2-2M0 6l6-6M5 7l2-2"/></pattern>
<pattern id="gotrace-killed" width="6" height="6" patternUnits="userSpaceOnUse"><path class="hatch" d="M0 0l6 6M0 6l6-6"/></pattern>
</defs>"#;

/// The class of a kind of tool in the style sheet.
const fn class(kind: ToolKind) -> &'static str {
    match kind {
        ToolKind::CCompiler => "cc",
        other => other.name(),
    }
}

/// The class of a chore. Its colour is in the style sheet only where there is one.
const fn class_of_chore(chore: Chore) -> &'static str {
    match chore {
        Chore::Load => "go-load",
        Chore::Download => "go-download",
        Chore::Cache => "go-cache",
        Chore::Test => "go-test",
        Chore::Program => "go-program",
    }
}
