//! What the Go compiler and linker did across a build: the merged CPU profile as stacks, and by area.
//!
//! Knows stacks; which function belongs to which area is area.rs's, and files are nobody's here.

use std::collections::{BTreeMap, HashMap};

use regex::Regex;

use super::area::Area;
use super::fold::{Folded, Frame, FrameKind, LEAF, Order, with_leaves};
use crate::pprof::{Function, Location, Profile, Sample};
use crate::tool_kind::ToolKind;
use crate::units::{Nanos, Percent};

/// What stands below the functions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Root {
    /// The tool.
    Tool,
    /// The package that was compiled or linked.
    Package,
}

/// CPU time of each area, in the order of the work.
#[must_use]
pub fn areas(profile: &Profile) -> Vec<(Area, Nanos)> {
    let names = Names::of(profile);
    let mut areas: BTreeMap<Area, u64> = BTreeMap::new();
    for sample in &profile.samples {
        let weight = areas.entry(names.area(sample)).or_default();
        *weight = weight.saturating_add(names.weight(sample));
    }
    areas.into_iter().map(|(area, weight)| (area, Nanos(weight))).collect()
}

/// How much of the compilers' CPU time is collecting garbage; none where the profile has nothing of compilers.
#[must_use]
pub fn collecting(profile: &Profile) -> Option<Percent> {
    let names = Names::of(profile);
    let (mut garbage, mut all) = (0_u64, 0_u64);
    for sample in profile.samples.iter().filter(|sample| profile.label(sample, "tool") == Some("compile")) {
        let weight = names.weight(sample);
        all = all.saturating_add(weight);
        garbage = garbage.saturating_add(if names.area(sample) == Area::Gc { weight } else { 0 });
    }
    (all > 0).then(|| Percent::of(garbage, all))
}

/// The profile as stacks, with these frames below the functions; of these packages only.
#[must_use]
pub fn fold(profile: &Profile, roots: &[Root], package: Option<&Regex>, order: Order) -> Folded {
    let names = Names::of(profile);
    let mut stacks: BTreeMap<Vec<Frame>, u64> = BTreeMap::new();
    let is_wanted =
        |sample: &&Sample| package.is_none_or(|it| it.is_match(profile.label(sample, "package").unwrap_or("")));
    for sample in profile.samples.iter().filter(is_wanted) {
        let below = roots.iter().map(|root| names.root(sample, *root));
        let mut frames: Vec<Frame> = below.chain(names.functions(sample).map(function_frame)).collect();
        if order == Order::Reversed {
            frames.reverse();
        }
        let weight = stacks.entry(frames).or_default();
        *weight = weight.saturating_add(names.weight(sample));
    }
    stacks.retain(|frames, weight| *weight > 0 && !frames.is_empty());
    let leaf = Frame { label: LEAF.to_owned(), kind: FrameKind::Itself };
    Folded { stacks: with_leaves(stacks.into_iter().collect(), &leaf), runs: profile.samples.len() as u64 }
}

fn function_frame(name: &str) -> Frame {
    let kind = match Area::of(name) {
        Some(area) => FrameKind::Area(area),
        None if name.starts_with("runtime.") => FrameKind::Runtime,
        None => FrameKind::Area(Area::Other),
    };
    Frame { label: name.to_owned(), kind }
}

/// The functions of a profile by the numbers that its samples use.
struct Names<'a> {
    profile: &'a Profile,
    locations: HashMap<u64, &'a Location>,
    functions: HashMap<u64, &'a Function>,
    cpu: usize,
}

impl<'a> Names<'a> {
    fn of(profile: &'a Profile) -> Self {
        Self {
            profile,
            locations: profile.locations.iter().map(|location| (location.id, location)).collect(),
            functions: profile.functions.iter().map(|function| (function.id, function)).collect(),
            cpu: profile.cpu_index(),
        }
    }

    fn weight(&self, sample: &Sample) -> u64 {
        sample.values.get(self.cpu).and_then(|value| u64::try_from(*value).ok()).unwrap_or(0)
    }

    /// The names of a stack, the root first.
    fn functions(&self, sample: &'a Sample) -> impl DoubleEndedIterator<Item = &'a str> {
        let lines = sample.locations.iter().rev().filter_map(|id| self.locations.get(id).copied());
        let functions = lines
            .flat_map(|location| location.lines.iter().rev())
            .filter_map(|line| self.functions.get(&line.function).copied());
        functions.map(|function| self.profile.text(function.name))
    }

    /// The innermost function that belongs to an area decides; what the runtime does for it counts for it, but for the
    /// garbage collector.
    fn area(&self, sample: &'a Sample) -> Area {
        let mut area = None;
        for name in self.functions(sample).rev() {
            match Area::of(name) {
                Some(Area::Gc) => return Area::Gc,
                found => area = area.or(found),
            }
        }
        area.unwrap_or(Area::Other)
    }

    fn root(&self, sample: &Sample, root: Root) -> Frame {
        let label = |key| self.profile.label(sample, key).unwrap_or("(not known)").to_owned();
        match root {
            Root::Tool => {
                let tool = label("tool");
                Frame { kind: FrameKind::Tool(ToolKind::of(&tool)), label: tool }
            }
            Root::Package => Frame { label: label("package"), kind: FrameKind::Group },
        }
    }
}
