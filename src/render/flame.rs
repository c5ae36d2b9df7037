//! Folded stacks as an interactive SVG flame graph. The only file that knows inferno.
//!
//! inferno lays out and draws; what it cannot do is done to its output: figures in units that people read, and a legend.
//! The same stacks give the same bytes.

mod difference;
mod retouch;

use std::borrow::Cow;
use std::collections::{BTreeSet, HashSet};
use std::fmt::Write as _;
use std::io::{self, Write};

use inferno::flamegraph::color::{BackgroundColor, Color, PaletteMap};
use inferno::flamegraph::{Options, TextTruncateDirection, from_lines};

use self::retouch::{MARK_OF_COUNT, with_ends_of_names, with_readable_weights};
use super::palette::{self, Colour, Group, INK};
use super::text::Nothing;
use super::{escape, folded};
use crate::analyze::area::Area;
use crate::analyze::fold::{Folded, Frame, FrameKind};
use crate::tool_kind::ToolKind;
use crate::units::{Bytes, Nanos, Percent};

pub use self::difference::{Yardstick, write as write_difference};

/// How it is drawn.
#[derive(Debug)]
pub struct Style {
    /// What stands on top.
    pub title: String,
    /// Pixels; the window's width where there is none.
    pub width: Option<usize>,
    /// Frames narrower than this share of the whole are left out.
    pub min: Percent,
    /// What the weights are.
    pub unit: Unit,
}

/// What a weight counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Nanoseconds.
    Time,
    /// Bytes of peak memory.
    Memory,
    /// Tool runs.
    Runs,
}

/// Stands where the legend will; no text of a trace can hold it, because `escape` removes its characters.
const LEGEND_MARK: &str = "\u{2}legend\u{3}";

/// Draws it.
///
/// # Errors
/// Those of `out`.
pub fn write(stacks: &Folded, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let stacks_as_text = folded::stacks(stacks);
    let lines: Vec<String> = stacks_as_text.iter().map(line).collect();
    let svg = drawn(&lines, colours(stacks), style)?;
    let svg = with_readable_weights(&svg, |weight| weight_text(weight, style.unit));
    let svg = with_ends_of_names(&svg).replace(LEGEND_MARK, &legend(stacks, style));
    out.write_all(svg.as_bytes())
}

/// What inferno makes of these lines.
fn drawn(lines: &[String], mut colours: PaletteMap, style: &Style) -> io::Result<String> {
    let mut options = Options::default();
    options.title = escape::terminal(&style.title).into_owned();
    options.subtitle = Some(String::from(LEGEND_MARK));
    options.image_width = style.width;
    options.min_width = f64::from(u32::try_from(style.min.thousandths()).unwrap_or(0)) / 1000.0;
    options.count_name = String::from(MARK_OF_COUNT);
    options.name_type = String::from("Frame:");
    options.deterministic = true;
    options.palette_map = Some(&mut colours);
    options.bgcolors = Some(BackgroundColor::Flat(Color::new(255, 255, 255)));
    options.text_truncate_direction = TextTruncateDirection::Left;
    options.font_type = String::from("sans-serif");
    let mut svg = Vec::new();
    from_lines(&mut options, lines.iter().map(String::as_str), &mut svg)?;
    Ok(String::from_utf8_lossy(&svg).into_owned())
}

/// A picture that says in words why it shows nothing. Plain text, which every viewer of SVG draws.
///
/// # Errors
/// Those of `out`.
pub fn write_empty(nothing: &Nothing, out: &mut dyn Write) -> io::Result<()> {
    let (why, hint) = (escape::xml(&nothing.why), escape::xml(nothing.hint));
    writeln!(
        out,
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <svg xmlns=\"http://www.w3.org/2000/svg\" width=\"1200\" height=\"90\" viewBox=\"0 0 1200 90\" role=\"img\">\n\
         <title>{why}</title>\n<desc>{hint}</desc>\n<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n\
         <g font-family=\"system-ui,sans-serif\" font-size=\"16\" fill=\"{INK}\">\n\
         <text x=\"20\" y=\"38\">{why}</text>\n<text x=\"20\" y=\"64\">{hint}</text>\n</g>\n</svg>"
    )
}

fn line((frames, weight): &(Vec<String>, u64)) -> String {
    let frames: Vec<_> = frames.iter().map(|frame| unannotated(frame)).collect();
    format!("{} {weight}", frames.join(";"))
}

/// inferno takes a `_[k]` at the end of a name for a note of perf's and does not print it.
fn unannotated(frame: &str) -> Cow<'_, str> {
    let is_note = ["_[k]", "_[w]", "_[i]", "_[j]"].iter().any(|note| frame.ends_with(note));
    if is_note { Cow::Owned(frame.replace("_[", "_\u{a0}[")) } else { Cow::Borrowed(frame) }
}

/// inferno keeps colours by name. Two kinds of frame with one name are rare; the first in the order of kinds wins.
fn colours(stacks: &Folded) -> PaletteMap {
    let frames: HashSet<&Frame> = stacks.stacks.iter().flat_map(|(frames, _)| frames).collect();
    let mut frames: Vec<&Frame> = frames.into_iter().collect();
    frames.sort_by_key(|frame| std::cmp::Reverse(frame.kind));
    let mut colours = PaletteMap::default();
    for frame in frames {
        colours.insert(unannotated(&escape::frame(&frame.label)), as_inferno(colour(frame.kind)));
    }
    // The root frame, which inferno looks up by the name that it has in the folded text: none.
    colours.insert("", as_inferno(palette::group(Group::Neutral)));
    colours
}

const fn colour(kind: FrameKind) -> Colour {
    match kind {
        FrameKind::Tool(kind) => palette::tool(kind),
        FrameKind::Probe => palette::tool(ToolKind::Probe),
        FrameKind::Std | FrameKind::Runtime => palette::group(Group::Std),
        FrameKind::Dependency => palette::group(Group::Dependency),
        FrameKind::Local => palette::group(Group::MainModule),
        FrameKind::Group | FrameKind::Itself => palette::group(Group::Neutral),
        FrameKind::Area(area) => palette::area(area),
    }
}

const fn as_inferno(Colour { red, green, blue }: Colour) -> Color {
    Color::new(red, green, blue)
}

/// A weight in the unit that people read.
#[must_use]
pub fn weight_text(weight: u64, unit: Unit) -> String {
    match unit {
        Unit::Time => Nanos(weight).to_string(),
        Unit::Memory => Bytes(weight).to_string(),
        Unit::Runs => format!("{weight} runs"),
    }
}

/// The tools and areas of their work that occur, each with a square of its colour, and what is left out.
fn legend(stacks: &Folded, style: &Style) -> String {
    let kinds: BTreeSet<FrameKind> =
        stacks.stacks.iter().flat_map(|(frames, _)| frames.iter().map(|frame| frame.kind)).collect();
    let named = |kind: FrameKind, name: &'static str| kinds.contains(&kind).then_some((kind, name));
    let tools = ToolKind::ALL.into_iter().filter_map(|kind| named(FrameKind::Tool(kind), kind.name()));
    let areas = Area::ALL.into_iter().filter_map(|area| named(FrameKind::Area(area), area_name(area)));
    let entries: Vec<_> = tools.chain(areas).chain(named(FrameKind::Runtime, "runtime")).collect();
    let (first, second) = entries.split_at(if entries.len() > ONE_LINE { entries.len() / 2 } else { entries.len() });
    let rest = left_out(style);
    if second.is_empty() {
        return squares(first) + &rest;
    }
    // Above and below the line that inferno left.
    let (first, second) = (squares(first), squares(second) + &rest);
    format!("<tspan x=\"50%\" dy=\"-7\">{first}</tspan><tspan x=\"50%\" dy=\"14\">{second}</tspan>")
}

fn left_out(style: &Style) -> String {
    match style.min.thousandths() {
        0 => String::new(),
        _ => format!("· frames under {} % are not drawn", decimal(style.min)),
    }
}

/// More entries than this would be wider than many a window.
const ONE_LINE: usize = 9;

fn squares(entries: &[(FrameKind, &str)]) -> String {
    let mut text = String::new();
    for (kind, name) in entries {
        // Writing into a String cannot fail.
        let _ = write!(text, "<tspan fill=\"{}\">■</tspan> {name}  ", colour(*kind));
    }
    text
}

/// A legend has little room: these are shorter than the words of the table.
const fn area_name(area: Area) -> &'static str {
    match area {
        Area::Parse => "parse",
        Area::TypeCheck => "types",
        Area::UnifiedIr => "unified IR",
        Area::Inline => "inline",
        Area::Escape => "escape",
        Area::Walk => "walk",
        Area::SsaBuild => "SSA build",
        Area::SsaPasses => "SSA passes",
        Area::Codegen => "machine code",
        Area::Objects => "objects",
        Area::Link => "linker",
        Area::Gc => "GC",
        Area::Other => "other",
    }
}

/// A limit as it was typed: `0.05`, where `Percent` prints shares to one decimal.
fn decimal(share: Percent) -> String {
    let text = format!("{}.{:03}", share.thousandths() / 1000, share.thousandths() % 1000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analyze::fold::{LEAF, with_leaves};
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    fn style(min: Percent, unit: Unit) -> Style {
        Style { title: String::from("a build"), width: Some(1000), min, unit }
    }

    fn drawn(stacks: &Folded, style: &Style) -> String {
        let mut svg = Vec::new();
        write(stacks, style, &mut svg).expect("memory takes it");
        String::from_utf8(svg).expect("SVG is text")
    }

    fn frame(label: &str) -> Frame {
        Frame { label: label.to_owned(), kind: FrameKind::Local }
    }

    fn report(stacks: impl IntoIterator<Item = (Vec<Frame>, u64)>) -> Folded {
        let mut merged: BTreeMap<Vec<Frame>, u64> = BTreeMap::new();
        for (frames, weight) in stacks {
            *merged.entry(frames).or_default() += weight;
        }
        Folded { stacks: with_leaves(merged.into_iter().collect(), &frame(LEAF)), runs: 1 }
    }

    /// The titles of all frames, sorted.
    fn titles(svg: &str) -> Vec<String> {
        let options = roxmltree::ParsingOptions { allow_dtd: true, ..roxmltree::ParsingOptions::default() };
        let document = roxmltree::Document::parse_with_options(svg, options).expect("well-formed");
        let titles = document.descendants().filter(|node| node.has_tag_name("title")).filter_map(|node| node.text());
        let mut titles: Vec<String> = titles.map(str::to_owned).collect();
        titles.sort();
        titles
    }

    #[test]
    fn weights_are_printed_in_their_unit() {
        let stacks = report([(vec![frame("p")], 3 << 20)]);
        let title = |unit| titles(&drawn(&stacks, &style(Percent::default(), unit)))[1].clone();
        assert_eq!(title(Unit::Time), "p (3.15 ms, 100.00%)");
        assert_eq!(title(Unit::Memory), "p (3.00 MiB, 100.00%)");
        assert_eq!(title(Unit::Runs), "p (3145728 runs, 100.00%)");
    }

    #[test]
    fn limits_print_as_they_were_typed() {
        for text in ["0.05", "1", "0.125", "100", "12.5"] {
            assert_eq!(Percent::parse(text).map(decimal).as_deref(), Some(text));
        }
    }

    #[test]
    fn a_note_of_perf_stays_in_the_name() {
        let stacks = report([(vec![frame("a_[k]"), frame("a_[x]")], 1), (vec![frame("a")], 1)]);
        let titles = titles(&drawn(&stacks, &style(Percent::default(), Unit::Runs)));
        let names: Vec<&str> = titles.iter().filter_map(|title| title.split(" (").next()).collect();
        assert_eq!(names, ["a", "a_[x]", "a_\u{a0}[k]", "all"]);
    }

    /// Names that are awkward more often than not.
    fn any_name() -> impl Strategy<Value = String> {
        const AWKWARD: [&str; 16] =
            ["a", "a;b", "a:b", "a 12", "#", "# a", "<a>", "a_[k]", "(self)", "-", "--", "\0", "a/b", "]]>", " ", ""];
        prop_oneof![prop::sample::select(AWKWARD.as_slice()).prop_map(str::to_owned), any::<String>()]
    }

    fn any_stacks() -> impl Strategy<Value = Folded> {
        const KINDS: [FrameKind; 4] =
            [FrameKind::Local, FrameKind::Std, FrameKind::Tool(ToolKind::Link), FrameKind::Itself];
        let frame = (any_name(), prop::sample::select(KINDS.as_slice()));
        let frames = prop::collection::vec(frame.prop_map(|(label, kind)| Frame { label, kind }), 1..5);
        prop::collection::vec((frames, 1_u64..1_000_000_000), 1..12).prop_map(report)
    }

    proptest! {
        #[test]
        fn any_stacks_give_well_formed_svg_and_the_same_each_time(stacks in any_stacks(), min in 0_u64..5000) {
            let style = style(Percent::from_thousandths(min), Unit::Time);
            let svg = drawn(&stacks, &style);
            prop_assert_eq!(&svg, &drawn(&stacks, &style));
            let titles = titles(&svg);
            prop_assert!(titles.iter().all(|title| title.ends_with("%)")), "{:?}", titles);
            let all = format!("all ({}, 100%)", Nanos(stacks.total()));
            prop_assert!(titles.contains(&all), "{} in {:?}", all, titles);
        }

        #[test]
        fn every_frame_of_the_folded_text_is_drawn_once(stacks in any_stacks()) {
            let mut expected = BTreeSet::new();
            for (frames, _) in folded::stacks(&stacks) {
                expected.extend((1..=frames.len()).map(|depth| frames[..depth].to_vec()));
            }
            let titles = titles(&drawn(&stacks, &style(Percent::default(), Unit::Time)));
            prop_assert_eq!(titles.len(), expected.len() + 1, "{:?}", titles);
        }
    }
}
