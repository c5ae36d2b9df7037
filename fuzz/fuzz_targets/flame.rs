//! Any names and weights as a flame graph: the SVG is XML, and every title ends in a percentage.
//!
//! A line of the input is a stack: its first byte the weight, then frames with NULs between them.
#![no_main]

use std::collections::BTreeMap;

use gotrace::analyze::fold::{Folded, Frame, FrameKind, LEAF, with_leaves};
use gotrace::render::flame::{Style, Unit, write};
use gotrace::tool_kind::ToolKind;
use gotrace::units::Percent;
use libfuzzer_sys::fuzz_target;
use roxmltree::{Document, ParsingOptions};

fuzz_target!(|bytes: &[u8]| {
    let mut stacks: BTreeMap<Vec<Frame>, u64> = BTreeMap::new();
    for line in bytes.split(|byte| *byte == b'\n') {
        let Some((weight, names)) = line.split_first() else { continue };
        let frames = names.split(|byte| *byte == 0).map(frame).collect();
        *stacks.entry(frames).or_default() += u64::from(*weight) + 1;
    }
    if stacks.is_empty() {
        return;
    }
    let leaf = Frame { label: LEAF.to_owned(), kind: FrameKind::Itself };
    let folded = Folded { stacks: with_leaves(stacks.into_iter().collect(), &leaf), runs: 1 };
    let title = String::from_utf8_lossy(bytes.get(..20).unwrap_or_default()).into_owned();
    let unit = [Unit::Time, Unit::Memory, Unit::Runs][bytes.len() % 3];
    let style = Style { title, width: None, min: Percent::default(), unit };
    let mut svg = Vec::new();
    write(&folded, &style, &mut svg).expect("memory takes it");
    let svg = String::from_utf8(svg).expect("SVG is text");
    let options = ParsingOptions { allow_dtd: true, ..ParsingOptions::default() };
    let document = Document::parse_with_options(&svg, options).expect("well-formed");
    let titles = document.descendants().filter(|node| node.has_tag_name("title")).filter_map(|node| node.text());
    assert!(titles.into_iter().all(|title| title.ends_with("%)")), "a title without a percentage");
    let total = document.descendants().find_map(|node| node.attribute("total_samples"));
    assert_eq!(total, Some(folded.total().to_string().as_str()), "nothing was lost");
});

/// The kind follows from the name, so that all of them occur.
fn frame(name: &[u8]) -> Frame {
    let label = String::from_utf8_lossy(name).into_owned();
    let kind = match name.len() % 4 {
        0 => FrameKind::Std,
        1 => FrameKind::Local,
        2 => FrameKind::Itself,
        _ => FrameKind::Tool(ToolKind::of(&label)),
    };
    Frame { label, kind }
}
