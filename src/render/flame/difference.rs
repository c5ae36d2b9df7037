//! Two sets of stacks as one flame graph: as wide as they are now, coloured by what they were.
//!
//! inferno colours the last frames of stacks only, and does not draw what is gone. So it is given one weight for each stack, and
//! its frames are found again by where they stand: how deep, and how far from the left. Every frame then gets the colour and the
//! words of its own two weights.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, Write};

use inferno::flamegraph::color::PaletteMap;

use super::retouch::with_ends_of_names;
use super::{LEGEND_MARK, Style, Unit, drawn, left_out, unannotated, weight_text};
use crate::analyze::fold::{Difference, Sides};
use crate::render::palette::{Pace, pace};
use crate::render::{escape, folded};
use crate::units::{Change, Percent};

/// What a change is measured with.
#[derive(Debug, Default)]
pub struct Yardstick {
    /// What the same work took more by itself: taken out of colours and changes.
    pub machine: Change,
    /// By how much weights differ by chance, up to which weight; the last one goes for all others.
    pub noise: Vec<(u64, Change)>,
}

impl Yardstick {
    fn pace(&self, Sides { old, new }: Sides) -> Pace {
        let before = self.machine.of(old);
        let size = before.max(new);
        let noise = self.noise.iter().find(|(most, _)| size <= *most).or(self.noise.last());
        let less = before.min(new);
        let is_noise = noise.is_some_and(|(_, noise)| less > 0 && noise.of(less) >= size);
        if is_noise { Pace::Same } else { Pace::of(before, new) }
    }
}

/// Draws it.
///
/// # Errors
/// Those of `out`.
pub fn write(difference: &Difference, by: &Yardstick, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let stacks = folded::sides(difference);
    let mut lines: Vec<(String, &[String], Sides)> = stacks.iter().map(|(frames, it)| line(frames, *it)).collect();
    // As inferno sorts them.
    lines.sort_unstable_by(|(one, ..), (other, ..)| one.cmp(other));
    let places = Places::of(&lines);
    let texts: Vec<String> = lines.iter().map(|(line, ..)| line.clone()).collect();
    let svg = drawn(&texts, PaletteMap::default(), style)?;
    let svg = retouched(&svg, &places, by, style.unit);
    let svg = with_ends_of_names(&svg).replace(LEGEND_MARK, &legend(by, style));
    out.write_all(svg.as_bytes())
}

fn line(frames: &[String], weights: Sides) -> (String, &[String], Sides) {
    let names: Vec<_> = frames.iter().map(|frame| unannotated(frame)).collect();
    (format!("{} {}", names.join(";"), weights.width()), frames, weights)
}

/// All frames by where they stand: how deep, with the root at 0, and how much weight is left of them.
struct Places<'a> {
    frames: BTreeMap<(usize, u64), (&'a str, Sides)>,
    width: u64,
}

impl<'a> Places<'a> {
    fn of(lines: &[(String, &'a [String], Sides)]) -> Self {
        let mut frames: BTreeMap<(usize, u64), (&str, Sides)> = BTreeMap::new();
        // Of the line before: its frames, and where each of them begins.
        let (mut before, mut begins): (&[String], Vec<u64>) = (&[], Vec::new());
        let mut x = 0_u64;
        for (_, stack, weights) in lines {
            let common = before.iter().zip(*stack).take_while(|(one, other)| one == other).count();
            begins.truncate(common);
            begins.resize(stack.len(), x);
            for (depth, (name, begin)) in stack.iter().zip(&begins).enumerate() {
                frames.entry((depth + 1, *begin)).or_insert((name, Sides::default())).1.add(weights);
            }
            frames.entry((0, 0)).or_insert(("all", Sides::default())).1.add(weights);
            x = x.saturating_add(weights.width());
            before = stack;
        }
        Self { frames, width: x }
    }
}

/// A frame as inferno writes it.
struct Drawn<'a> {
    between: &'a str,
    y: usize,
    x: u64,
    width: u64,
    after: &'a str,
}

/// Each frame with its words and colours.
fn retouched(svg: &str, places: &Places, by: &Yardstick, unit: Unit) -> String {
    const HEIGHT: usize = 16;
    let frames = || svg.split("<g><title>").skip(1).filter_map(Drawn::read);
    let bottom = frames().map(|frame| frame.y).max().unwrap_or(0);
    let mut parts = svg.split("<g><title>");
    let mut result = String::from(parts.next().unwrap_or_default());
    for part in parts {
        let found = Drawn::read(part).and_then(|frame| {
            let place = ((bottom - frame.y.min(bottom)) / HEIGHT, frame.x);
            Some((places.frames.get(&place)?, frame))
        });
        let Some(((name, weights), frame)) = found else {
            result.extend(["<g><title>", part]);
            continue;
        };
        let share = Percent::of(frame.width, places.width);
        let share = share.to_string().replace(' ', "");
        let title = format!("{name} ({}; width {share})", words(*weights, by.machine, unit));
        let _ = write!(result, "<g><title>{}</title>{}", escape::xml(&title), frame.between);
        result.extend([painted(*weights, by).as_str(), frame.after]);
    }
    result
}

impl<'a> Drawn<'a> {
    /// `name (…)</title><rect x="…" y="157" … fill="rgb(…)" fg:x="0" fg:w="7"/>…`.
    fn read(part: &'a str) -> Option<Self> {
        let (_, rest) = part.split_once("</title>")?;
        let fill = rest.find("fill=\"")?;
        let (between, from_fill) = rest.split_at(fill);
        let (_, after) = from_fill.strip_prefix("fill=\"")?.split_once('"')?;
        let number = |text: &'a str, key: &str| text.split_once(key)?.1.split_once('"')?.0.parse::<u64>().ok();
        Some(Self {
            between,
            y: usize::try_from(number(between, " y=\"")?).ok()?,
            x: number(after, "fg:x=\"")?,
            width: number(after, "fg:w=\"")?,
            after,
        })
    }
}

/// The attributes of a frame's rectangle. What is gone or new has an outline as well, so that colour does not stand alone.
fn painted(weights: Sides, by: &Yardstick) -> String {
    let fill = pace(by.pace(weights));
    let outline = match weights {
        Sides { new: 0, .. } => " stroke=\"#101418\" stroke-dasharray=\"4 2\"",
        Sides { old: 0, .. } => " stroke=\"#101418\"",
        _ => "",
    };
    format!("fill=\"{fill}\"{outline}")
}

/// What a frame was, is, and by how much that differs.
fn words(Sides { old, new }: Sides, machine: Change, unit: Unit) -> String {
    let weight = |weight| weight_text(weight, unit);
    if new == 0 {
        return format!("gone, was {}", weight(old));
    }
    if old == 0 {
        return format!("{}, is new", weight(new));
    }
    let before = machine.of(old);
    let sign = if new < before { "-" } else { "+" };
    let more = weight(new.abs_diff(before));
    let change = Change::between(before, new).unwrap_or_default();
    let speed = if machine == Change::NONE { "" } else { " at the same speed" };
    format!("{}, was {}: {sign}{more}, {change}{speed}", weight(new), weight(old))
}

fn legend(by: &Yardstick, style: &Style) -> String {
    const SAME: &str = "as it was";
    const NAMES: [&str; 7] = ["much less", "", "", SAME, "", "", "much more"];
    let mut text = String::new();
    for (it, name) in Pace::ALL.into_iter().zip(NAMES) {
        let gap = if name.is_empty() { "" } else { "  " };
        let words = if it < Pace::Same && !name.is_empty() { format!("{name} ") } else { String::new() };
        // Writing into a String cannot fail.
        let _ = write!(text, "{words}<tspan fill=\"{}\" stroke=\"#888\" stroke-width=\"0.5\">■</tspan>", pace(it));
        if it >= Pace::Same && !name.is_empty() {
            let noise = if it == Pace::Same && !by.noise.is_empty() { ", or within the noise" } else { "" };
            let _ = write!(text, " {name}{noise}{gap}");
        }
    }
    let _ = write!(text, "· outlined: new · dashed: gone, as wide as it was {}", left_out(style));
    let machine = by.machine;
    let machine = match machine.thousandths() {
        0 => return text,
        ..0 => {
            format!("the machine was faster ({machine} for the same work), which is taken out of colours and changes")
        }
        _ => format!("the machine was slower ({machine} for the same work), which is taken out of colours and changes"),
    };
    // Above and below the line that inferno left.
    format!("<tspan x=\"50%\" dy=\"-7\">{text}</tspan><tspan x=\"50%\" dy=\"14\">{machine}</tspan>")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analyze::fold::{Frame, FrameKind, LEAF, with_leaves_by};
    use proptest::prelude::*;

    fn frame(label: &str) -> Frame {
        Frame { label: label.to_owned(), kind: FrameKind::Local }
    }

    fn any_difference() -> impl Strategy<Value = Difference> {
        const AWKWARD: [&str; 13] =
            ["a", "a;b", "a-b", "a/b", "a 12", "# a", "<a>", "a_[k]", "(self)", "-", "]]>", " ", "a (b)"];
        let name = prop::sample::select(AWKWARD.as_slice()).prop_map(frame);
        let weights = (0_u64..1000, 1_u64..1000, any::<bool>());
        let weights =
            weights.prop_map(
                |(one, other, swap)| {
                    if swap { Sides { old: other, new: one } } else { Sides { old: one, new: other } }
                },
            );
        prop::collection::vec((prop::collection::vec(name, 1..5), weights), 1..14)
            .prop_map(|stacks| Difference { stacks: with_leaves_by(stacks, &frame(LEAF), Sides::add) })
    }

    /// Of each frame its title and the share of the width that it takes.
    fn drawn_frames(svg: &str) -> Vec<(String, String)> {
        let options = roxmltree::ParsingOptions { allow_dtd: true, ..roxmltree::ParsingOptions::default() };
        let document = roxmltree::Document::parse_with_options(svg, options).expect("well-formed");
        let titles = document.descendants().filter(|node| node.has_tag_name("title"));
        let width = |node: &roxmltree::Node| {
            node.next_sibling_element().and_then(|rect| rect.attribute("width").map(str::to_owned)).unwrap_or_default()
        };
        titles.map(|node| (node.text().unwrap_or_default().to_owned(), width(&node))).collect()
    }

    proptest! {
        /// The frames are found by where inferno should have put them: that it did is seen from their widths.
        #[test]
        fn every_frame_that_is_drawn_is_told_what_it_was(difference in any_difference()) {
            let style = Style { title: String::from("two"), width: None, min: Percent::default(), unit: Unit::Runs };
            let mut svg = Vec::new();
            write(&difference, &Yardstick::default(), &style, &mut svg).expect("memory takes it");
            let frames = drawn_frames(&String::from_utf8(svg).expect("UTF-8"));
            let total: u64 = difference.stacks.iter().map(|(_, it)| it.width()).sum();
            let widths: u64 = frames.iter().filter(|(title, _)| title.starts_with("all (")).count() as u64;
            prop_assert_eq!(widths, 1);
            for (title, width) in frames {
                let told = title.strip_suffix("%)").and_then(|title| title.rsplit_once("; width "));
                prop_assert!(told.is_some(), "{title}");
                let told: f64 = told.and_then(|(_, share)| share.trim_start_matches('<').parse().ok()).expect("a share");
                let drawn: f64 = width.trim_end_matches('%').parse().expect("a width");
                prop_assert!((told - drawn).abs() < 0.11, "{title} is {drawn} wide of {total}");
            }
            let mut stacks: Vec<Vec<String>> = Vec::new();
            for (names, _) in folded::sides(&difference) {
                stacks.extend((1..=names.len()).map(|depth| names[..depth].to_vec()));
            }
            stacks.sort();
            stacks.dedup();
            let mut again = Vec::new();
            write(&difference, &Yardstick::default(), &style, &mut again).expect("memory takes it");
            prop_assert_eq!(drawn_frames(&String::from_utf8(again).expect("UTF-8")).len(), stacks.len() + 1);
        }
    }
}
