//! The bars: go commands in rows, what go did itself and tool runs in lanes, and the text that fits into them.
//!
//! Bars stand in grains of time under one matrix; what must not be stretched with them (text, hatches, seams) stands in
//! pixels above. `chart.js` lays the latter out again after a zoom, by the same rules.

use std::io::{self, Write};

use super::sheet::{Px, Rows, Sheet};
use super::{class, class_of_chore};
use crate::analyze::timeline::{CommandSpan, Outcome, Timeline};
use crate::render::escape::xml;
use crate::units::Nanos;

/// Bars from this many pixels on are set apart from their neighbour by a seam; on narrower ones it would be all there is.
const SEAM_FROM: u64 = 3;
/// A mark is at least this wide, in hundredths of a pixel: a failure of a millisecond is seen in a build of an hour.
const LEAST_MARK: Px = Px(400);

/// A row per go command, where there are several.
pub(super) fn commands(sheet: &Sheet, timeline: &Timeline, out: &mut dyn Write) -> io::Result<()> {
    if sheet.commands.count == 0 {
        return Ok(());
    }
    writeln!(out, "<g clip-path=\"url(#gotrace-plot)\"><g class=\"time commands\" transform=\"{}\">", sheet.matrix())?;
    for row in 0..sheet.commands.count {
        open_row(&sheet.commands, row, out)?;
        for command in timeline.commands.iter().filter(|command| command.row == row) {
            rectangle("command", ends(sheet, command.start, command.end), sheet.commands.bar, out)?;
            write!(out, "<title>{}", xml(&command.label))?;
            let (length, start) = (command.end.since(command.start), timeline.elapsed(command.start));
            write!(out, "\ngo command {length}, started at {start}")?;
            details(&command.details, out)?;
        }
        writeln!(out, "</g>")?;
    }
    writeln!(out, "</g><g class=\"labels names\" data-font=\"{}\">", sheet.commands.font)?;
    for command in &timeline.commands {
        let CommandSpan { row, start, end, label, .. } = command;
        text(&Label { rows: &sheet.commands, row: *row, sign: "$", name: label }, sheet.x(*start), sheet.x(*end), out)?;
    }
    writeln!(out, "</g></g>")
}

/// What go did itself, in lanes above those of the tools.
pub(super) fn chores(sheet: &Sheet, timeline: &Timeline, out: &mut dyn Write) -> io::Result<()> {
    if sheet.chores.count == 0 {
        return Ok(());
    }
    let bars = timeline.chores.bars.iter().map(|bar| Drawn {
        lane: bar.lane,
        start: bar.start,
        end: bar.end,
        real_start: timeline.elapsed(bar.start),
        class: class_of_chore(bar.chore),
        name: bar.chore.name(),
        sign: bar.chore.sign(),
        label: &bar.label,
        details: &bar.details,
        outcome: Outcome::Ok,
    });
    layer("chores", &sheet.chores, bars.collect(), sheet, out)
}

/// The lanes with a bar per tool run.
pub(super) fn lanes(sheet: &Sheet, timeline: &Timeline, out: &mut dyn Write) -> io::Result<()> {
    let bars = timeline.bars.iter().map(|bar| Drawn {
        lane: bar.lane,
        start: bar.start,
        end: bar.end,
        real_start: timeline.elapsed(bar.start),
        class: class(bar.tool),
        name: bar.tool.name(),
        sign: bar.tool.sign(),
        label: &bar.label,
        details: &bar.details,
        outcome: bar.outcome,
    });
    layer("bars", &sheet.lanes, bars.collect(), sheet, out)
}

/// A bar of any lane.
struct Drawn<'a> {
    lane: usize,
    start: Nanos,
    end: Nanos,
    /// Since the first event, idle times counted.
    real_start: Nanos,
    class: &'static str,
    /// What it is, in its title.
    name: &'static str,
    sign: &'static str,
    label: &'a str,
    details: &'a [String],
    outcome: Outcome,
}

/// Lanes of bars, and above them seams, marks and labels.
fn layer(name: &str, rows: &Rows, mut bars: Vec<Drawn>, sheet: &Sheet, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "<g clip-path=\"url(#gotrace-plot)\"><g class=\"time {name}\" transform=\"{}\">", sheet.matrix())?;
    bars.sort_by_key(|bar| bar.lane);
    for lane in bars.chunk_by(|one, next| one.lane == next.lane) {
        open_row(rows, lane.first().map_or(0, |bar| bar.lane), out)?;
        for bar in lane {
            bar_with_title(bar, rows, sheet, out)?;
        }
        writeln!(out, "</g>")?;
    }
    writeln!(out, "</g>")?;
    seams(sheet, rows, &bars, out)?;
    marks(sheet, rows, &bars, out)?;
    writeln!(out, "<g class=\"labels\" data-font=\"{}\">", rows.font)?;
    for Drawn { lane, start, end, sign, label, .. } in bars {
        text(&Label { rows, row: lane, sign, name: label }, sheet.x(start), sheet.x(end), out)?;
    }
    writeln!(out, "</g></g>")
}

fn open_row(rows: &Rows, row: usize, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "<g class=\"row\" transform=\"translate(0 {})\">", rows.y(row))
}

/// Both ends of a span in grains. They are rounded alike: what touches in the report touches here and never overlaps.
fn ends(sheet: &Sheet, start: Nanos, end: Nanos) -> (u64, u64) {
    (sheet.grains(start), sheet.grains(end))
}

/// Opens with the rectangle; what follows is its title, closed by [`details`].
fn rectangle(class: &str, (x, end): (u64, u64), height: u32, out: &mut dyn Write) -> io::Result<()> {
    write!(out, "<rect class=\"{class}\" x=\"{x}\" width=\"{}\" height=\"{height}\">", end.saturating_sub(x))
}

fn bar_with_title(bar: &Drawn, rows: &Rows, sheet: &Sheet, out: &mut dyn Write) -> io::Result<()> {
    let class = match outcome_class(bar.outcome) {
        "" => bar.class.to_owned(),
        outcome => format!("{} {outcome}", bar.class),
    };
    rectangle(&class, ends(sheet, bar.start, bar.end), rows.bar, out)?;
    let ended = match bar.outcome {
        Outcome::Ok => "",
        Outcome::Failed => "failed after ",
        Outcome::Killed => "killed after ",
        Outcome::Unfinished => "unfinished after ",
    };
    let (length, start) = (bar.end.since(bar.start), bar.real_start);
    writeln!(out, "<title>{}", xml(bar.label))?;
    write!(out, "{} {ended}{length}, started at {start}", bar.name)?;
    details(bar.details, out)
}

fn details(details: &[String], out: &mut dyn Write) -> io::Result<()> {
    for line in details {
        write!(out, "\n{}", xml(line))?;
    }
    writeln!(out, "</title></rect>")
}

const fn outcome_class(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Ok => "",
        Outcome::Failed => "failed",
        Outcome::Killed => "killed",
        Outcome::Unfinished => "unfinished",
    }
}

/// Lines in the colour of the page where a bar begins, as one path.
fn seams(sheet: &Sheet, rows: &Rows, bars: &[Drawn], out: &mut dyn Write) -> io::Result<()> {
    write!(out, "<path class=\"seams\" d=\"")?;
    for bar in bars {
        let x = sheet.x(bar.start);
        if x.to(sheet.x(bar.end)).whole() >= SEAM_FROM {
            write!(out, "M{x} {}v{}", rows.y(bar.lane), rows.bar)?;
        }
    }
    writeln!(out, "\"/>")
}

/// A hatch and an outline on every bar that did not end well. The script finds them by their order.
fn marks(sheet: &Sheet, rows: &Rows, bars: &[Drawn], out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "<g class=\"marks\">")?;
    for bar in bars.iter().filter(|bar| bar.outcome != Outcome::Ok) {
        let x = sheet.x(bar.start);
        let (y, width, height) = (rows.y(bar.lane), x.to(sheet.x(bar.end)).max(LEAST_MARK), rows.bar);
        let outcome = outcome_class(bar.outcome);
        writeln!(out, "<rect class=\"mark {outcome}\" x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\"/>")?;
    }
    writeln!(out, "</g>")
}

/// Text for one bar.
#[derive(Clone, Copy)]
struct Label<'a> {
    rows: &'a Rows,
    row: usize,
    sign: &'a str,
    name: &'a str,
}

fn text(label: &Label, left: Px, right: Px, out: &mut dyn Write) -> io::Result<()> {
    let font = label.rows.font;
    // The font is monospaced: three fifths of its size, 4 pixels free on either side.
    let room = left.to(right).0.saturating_sub(800) / (u64::from(font) * 60).max(1);
    let Some(fitted) = fit(label.sign, label.name, usize::try_from(room).unwrap_or(0)) else { return Ok(()) };
    if font > 0 {
        let (x, y) = (Px(left.0 + 400), label.rows.y(label.row) + (label.rows.bar * 3).div_ceil(4));
        writeln!(out, "<text class=\"label\" x=\"{x}\" y=\"{y}\">{}</text>", xml(&fitted))?;
    }
    Ok(())
}

/// As much as fits into `room` characters. The end of an import path tells more than its beginning, so whole segments
/// go from the front; where not even the last one fits, the sign of the tool stands alone.
fn fit(sign: &str, label: &str, room: usize) -> Option<String> {
    let sign_width = width(sign);
    if room < sign_width {
        return None;
    }
    if label.is_empty() {
        return Some(sign.to_owned());
    }
    let room = room.saturating_sub(sign_width).saturating_sub(1);
    let mut rest = label;
    let mut dots = "";
    while width(rest) + width(dots) > room {
        dots = "…/";
        match rest.split_once('/') {
            Some((_, shorter)) => rest = shorter,
            None => return Some(cut(sign, rest, room)),
        }
    }
    Some(format!("{sign} {dots}{rest}"))
}

/// The beginning of a name, where it can still be told by at least three characters.
fn cut(sign: &str, name: &str, room: usize) -> String {
    if room < 4 {
        return sign.to_owned();
    }
    let mut kept = String::new();
    let mut left = room - 1;
    for c in name.chars() {
        left = match left.checked_sub(char_width(c)) {
            Some(left) => left,
            None => break,
        };
        kept.push(c);
    }
    format!("{sign} {kept}…")
}

fn width(text: &str) -> usize {
    text.chars().map(char_width).sum()
}

/// East Asian characters take two columns; from there on up nearly everything does.
const fn char_width(c: char) -> usize {
    if (c as u32) < 0x1100 || matches!(c, '\u{2000}'..='\u{2bff}') { 1 } else { 2 }
}

#[cfg(test)]
mod tests {
    use super::{fit, width};
    use proptest::prelude::*;

    #[track_caller]
    fn fits(label: &str, room: usize, expected: Option<&str>) {
        assert_eq!(fit("C", label, room).as_deref(), expected);
    }

    #[test]
    fn a_label_loses_its_first_segments_first() {
        let label = "github.com/aws/sdk/service/s3";
        fits(label, 31, Some("C github.com/aws/sdk/service/s3"));
        fits(label, 30, Some("C …/aws/sdk/service/s3"));
        fits(label, 16, Some("C …/service/s3"));
        fits(label, 6, Some("C …/s3"));
        fits(label, 5, Some("C"));
        fits(label, 1, Some("C"));
        fits(label, 0, None);
        fits("", 20, Some("C"));
    }

    #[test]
    fn the_last_segment_is_cut_where_it_is_long() {
        fits("internal/customizations", 14, Some("C customizati…"));
        fits("日本語日本語", 9, Some("C 日本語…"));
    }

    proptest! {
        #[test]
        fn what_fits_is_no_longer_than_the_room(label: String, room in 0_usize..60) {
            if let Some(fitted) = fit("cc", &label, room) {
                prop_assert!(width(&fitted) <= room, "{fitted:?} in {room}");
            }
        }
    }
}
