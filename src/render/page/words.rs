//! Sections as HTML: tables, bars, sentences, flame graphs.
//!
//! Knows markup; does not know what a section is about. Figures are printed as everywhere else, and a cell that can be sorted
//! carries its figure.

use std::io::{self, Write};

use super::super::palette::Group;
use super::super::{escape::xml, text};
use super::{class, group_class};
use crate::analyze::course::account::Load;
use crate::analyze::fold::FrameKind;
use crate::analyze::page::{Bars, Block, Cell, Flame, FrameBox, Section, Table, Tone};
use crate::tool_kind::ToolKind;
use crate::units::{Count, Nanos, Percent};

/// A section with its blocks.
pub(super) fn section(section: &Section, out: &mut dyn Write) -> io::Result<()> {
    let (id, title) = (section.id, xml(&section.title));
    writeln!(out, "<section id=\"{id}\" aria-labelledby=\"{id}-title\">\n<h2 id=\"{id}-title\">{title}</h2>")?;
    if !section.lead.is_empty() {
        writeln!(out, "<p class=\"lead\">{}</p>", xml(&section.lead.join(" ")))?;
    }
    for block in &section.blocks {
        match block {
            Block::Table(it) => table(it, out)?,
            Block::Bars(it) => bars(it, out)?,
            Block::Text(words) => writeln!(out, "<p>{}</p>", xml(words))?,
            Block::Notes(sentences) => notes(sentences.iter().map(String::as_str), out)?,
            Block::Flame(it) => flame(it, out)?,
        }
    }
    writeln!(out, "</section>")
}

/// What a reader must know, a sentence each.
pub(super) fn notes<'a>(sentences: impl Iterator<Item = &'a str>, out: &mut dyn Write) -> io::Result<()> {
    let items: String = sentences.map(|sentence| format!("<li>{}</li>\n", xml(sentence))).collect();
    if items.is_empty() { Ok(()) } else { writeln!(out, "<ul class=\"notes\">\n{items}</ul>") }
}

/// The class of a window.
pub(super) const fn window_class(kind: Load) -> &'static str {
    match kind {
        Load::Saturated => "t-saturated",
        Load::Starved => "t-starved",
        Load::Serial => "t-serial",
        Load::Outside => "t-outside",
    }
}

fn tone_class(tone: Tone) -> String {
    match tone {
        Tone::Tool(kind) => class(kind),
        Tone::Window(kind) => window_class(kind).to_owned(),
        Tone::Quiet => String::from("t-quiet"),
    }
}

/// The caption stands twice: for the eye above the scrolling box, and for screen readers in the table.
fn table(table: &Table, out: &mut dyn Write) -> io::Result<()> {
    let caption = xml(&table.caption);
    write!(
        out,
        "<div class=\"above\"><p class=\"title\" aria-hidden=\"true\">{caption}</p>\
         <button type=\"button\" class=\"copy live-only\" aria-label=\"Copy the table: {caption}\">Copy</button></div>\n\
         <div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"{caption}\">\n<table><caption>{caption}</caption>\n<thead><tr>"
    )?;
    let is_number = |column: usize| table.rows.iter().any(|row| row.get(column).is_some_and(is_figure));
    for (index, column) in table.columns.iter().enumerate() {
        let class = if is_number(index) { " class=\"n\"" } else { "" };
        let what = if column.what.is_empty() { String::new() } else { format!(" title=\"{}\"", xml(column.what)) };
        write!(out, "<th scope=\"col\"{class}{what}>{}</th>", xml(&column.head))?;
    }
    writeln!(out, "</tr></thead>\n<tbody>")?;
    for row in &table.rows {
        write!(out, "<tr>")?;
        for (index, it) in row.iter().enumerate() {
            cell(it, index == 0, out)?;
        }
        writeln!(out, "</tr>")?;
    }
    writeln!(out, "</tbody></table></div>")?;
    if table.more > 0 {
        writeln!(
            out,
            "<p class=\"more\">and {} more, which are in the trace</p>",
            Count(u64::try_from(table.more).unwrap_or(0))
        )?;
    }
    Ok(())
}

const fn is_figure(cell: &Cell) -> bool {
    !matches!(cell, Cell::Text(_) | Cell::Outcome(_) | Cell::Name(_) | Cell::Tool(..) | Cell::Nothing)
}

/// A text of more letters than this is a sentence, and wants a wide column.
const LONG: usize = 40;

/// What a cell says, what it is sorted by, and how it looks.
fn cell(cell: &Cell, is_head: bool, out: &mut dyn Write) -> io::Result<()> {
    let figure = |figure: u64, text: &str| format!("<td data-v={figure}>{text}</td>");
    let words = match cell {
        Cell::Time(time) => figure(time.0, &time.to_string()),
        Cell::Size(size) => figure(size.0, &size.to_string()),
        Cell::Count(count) => figure(*count, &Count(*count).to_string()),
        Cell::Rate(rate) => figure(rate.thousandths(), &rate.to_string()),
        Cell::Date(epoch) => figure(epoch.0, &text::date(*epoch).unwrap_or_default()),
        Cell::Share(share) => {
            // A part of one.
            let thousandths = ((share.thousandths() + 50) / 100).min(1000);
            let meter = if thousandths == 0 {
                String::new()
            } else {
                format!(" style=--w:{}.{:03}", thousandths / 1000, thousandths % 1000)
            };
            format!("<td class=share data-v={}{meter}>{share}</td>", share.thousandths())
        }
        Cell::Nothing => String::from("<td data-v=-1>–</td>"),
        Cell::Text(_) | Cell::Outcome(_) | Cell::Name(_) | Cell::Tool(..) => {
            let words = match cell {
                Cell::Tool(name, kind) => format!("<i class=\"swatch {}\"></i>{}", class(*kind), xml(name)),
                Cell::Name(name) => format!("<span class=name>{}</span>", xml(name)),
                Cell::Text(words) => xml(words).into_owned(),
                Cell::Outcome(outcome) => text::ending(*outcome, None),
                _ => String::new(),
            };
            let is_long = matches!(cell, Cell::Text(text) if text.len() > LONG);
            match (is_head, is_long) {
                (true, true) => format!("<th scope=row class=w>{words}</th>"),
                (true, false) => format!("<th scope=row>{words}</th>"),
                (false, true) => format!("<td class=\"t w\">{words}</td>"),
                (false, false) => format!("<td class=t>{words}</td>"),
            }
        }
    };
    write!(out, "{words}")
}

/// Per cent, with a dot.
fn decimal(share: Percent) -> String {
    let thousandths = share.thousandths().min(100_000);
    format!("{}.{:03}", thousandths / 1000, thousandths % 1000)
}

fn bars(bars: &Bars, out: &mut dyn Write) -> io::Result<()> {
    let total = bars.total();
    let caption = xml(&bars.caption);
    writeln!(out, "<div class=\"bar\" role=\"img\" aria-label=\"{caption}: {total}\">")?;
    for part in &bars.parts {
        let (class, width) = (tone_class(part.tone), decimal(part.time.percent_of(total)));
        let title = format!("{}: {}, {}", part.name, part.time, part.time.percent_of(total));
        writeln!(out, "<div class=\"{class}\" style=\"width:{width}%\" title=\"{}\"></div>", xml(&title))?;
    }
    let heads = "<th scope=col>part</th><th scope=col class=n>time</th><th scope=col class=n>share</th><th scope=col>what it is</th>";
    writeln!(
        out,
        "</div>\n<table class=\"parts\"><caption>{caption}</caption>\n<thead><tr>{heads}</tr></thead>\n<tbody>"
    )?;
    for part in &bars.parts {
        let (class, name, what) = (tone_class(part.tone), xml(&part.name), xml(&part.what));
        writeln!(out, "<tr><th scope=row><i class=\"swatch {class}\"></i>{name}</th>")?;
        cell(&Cell::Time(part.time), false, out)?;
        let share = part.time.percent_of(total);
        writeln!(out, "<td data-v={}>{share}</td><td class=t>{what}</td></tr>", share.thousandths())?;
    }
    writeln!(out, "</tbody></table>")
}

/// Pixels from row to row.
const ROW: usize = 20;

/// Narrower frames have no room for text.
const NARROW: u64 = 1_500;

fn flame(flame: &Flame, out: &mut dyn Write) -> io::Result<()> {
    let total = Nanos(flame.total);
    writeln!(
        out,
        "<p class=\"hint live-only\">Click a frame to zoom in, and once more to zoom out; point at one for its figures.</p>\n\
         <div class=\"flame\" role=\"img\" aria-label=\"Flame graph of {total} of tool time; the tables below have its figures\" \
         style=\"height:{}px\">",
        (flame.rows + 1) * ROW
    )?;
    let root = FrameBox {
        label: format!("all tool runs, {total}"),
        kind: FrameKind::Group,
        row: 0,
        from: Percent::default(),
        width: Percent::of(1, 1),
        weight: flame.total,
    };
    frame(&root, 0, flame.total, out)?;
    for it in &flame.boxes {
        frame(it, it.row + 1, flame.total, out)?;
    }
    writeln!(out, "</div>")?;
    if flame.narrow > 0 {
        let narrow = Count(u64::try_from(flame.narrow).unwrap_or(u64::MAX));
        writeln!(
            out,
            "<p class=\"more\">{narrow} frames of under 0.1 % are not drawn; <code>gotrace flame</code> has them.</p>"
        )?;
    }
    Ok(())
}

fn frame(frame: &FrameBox, row: usize, total: u64, out: &mut dyn Write) -> io::Result<()> {
    let FrameBox { label, from, width, weight, .. } = frame;
    let (weight, share) = (Nanos(*weight), Percent::of(*weight, total));
    let tiny = if width.thousandths() < NARROW { " tiny" } else { "" };
    writeln!(
        out,
        "<div class=\"{}{tiny}\" style=\"top:{}px;left:{}%;width:{}%\" title=\"{label}: {weight}, {share}\">{inside}</div>",
        class_of(frame.kind),
        row * ROW,
        decimal(*from),
        decimal(*width),
        label = xml(label),
        // The script puts it there when there is room.
        inside = if tiny.is_empty() { xml(label) } else { "".into() },
    )
}

fn class_of(kind: FrameKind) -> String {
    match kind {
        FrameKind::Tool(kind) => class(kind),
        FrameKind::Probe => class(ToolKind::Probe),
        FrameKind::Std | FrameKind::Runtime => group_class(Group::Std).to_owned(),
        FrameKind::Dependency => group_class(Group::Dependency).to_owned(),
        FrameKind::Local => group_class(Group::MainModule).to_owned(),
        FrameKind::Group | FrameKind::Itself | FrameKind::Area(_) => group_class(Group::Neutral).to_owned(),
    }
}
