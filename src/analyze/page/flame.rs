//! Folded stacks as boxes: where each frame stands and how wide it is, in shares of the whole.
//!
//! Knows the layout of a flame graph; does not know how a box is drawn. The widest stand first, so that the eye finds them at
//! the left.

use crate::analyze::fold::{Folded, Frame, FrameKind};
use crate::units::Percent;

/// Boxes in rows, the root in row 0.
#[derive(Debug, Default)]
pub struct Flame {
    /// All of them, row by row and from left to right in each.
    pub boxes: Vec<FrameBox>,
    /// How many rows there are.
    pub rows: usize,
    /// The weight of everything.
    pub total: u64,
    /// How many frames are narrower than is drawn.
    pub narrow: usize,
}

/// One frame.
#[derive(Debug, Clone)]
pub struct FrameBox {
    /// What it says.
    pub label: String,
    /// What it stands for.
    pub kind: FrameKind,
    /// In which row.
    pub row: usize,
    /// Where it begins.
    pub from: Percent,
    /// How wide it is.
    pub width: Percent,
    /// What it weighs.
    pub weight: u64,
}

/// Narrower than a pixel on most screens.
const NARROWEST: u64 = 100;

/// A trace is a foreign file, and an import path of its may have a thousand segments.
const MOST_ROWS: usize = 40;

/// Lays stacks out.
pub(super) fn laid_out(folded: &Folded) -> Flame {
    let stacks: Vec<Stack> = folded.stacks.iter().map(|(frames, weight)| (frames.as_slice(), *weight)).collect();
    let mut flame = Flame { total: folded.total(), ..Flame::default() };
    flame.add(&stacks, 0, 0);
    flame.boxes.sort_by_key(|frame| (frame.row, frame.from));
    flame.rows = flame.boxes.last().map_or(0, |frame| frame.row + 1);
    flame
}

type Stack<'a> = (&'a [Frame], u64);

impl Flame {
    /// Adds the frames of a row and all that stand on them; `begin` is the weight to the left of them.
    fn add(&mut self, stacks: &[Stack], row: usize, begin: u64) {
        let same_frame = |left: &Stack, right: &Stack| left.0.get(row) == right.0.get(row);
        let mut groups: Vec<(u64, &[Stack])> =
            stacks.chunk_by(same_frame).map(|group| (group.iter().map(|(_, weight)| weight).sum(), group)).collect();
        // Stable, so that equal ones stay in the order of their names.
        groups.sort_by_key(|(weight, _)| std::cmp::Reverse(*weight));
        let mut from = begin;
        for (weight, group) in groups {
            if let Some(frame) = group.first().and_then(|(frames, _)| frames.get(row)) {
                self.add_frame(frame, row, from, weight);
                if Percent::of(weight, self.total).thousandths() >= NARROWEST && row < MOST_ROWS {
                    self.add(group, row + 1, from);
                }
            }
            from += weight;
        }
    }

    fn add_frame(&mut self, frame: &Frame, row: usize, from: u64, weight: u64) {
        let width = Percent::of(weight, self.total);
        if width.thousandths() < NARROWEST || row >= MOST_ROWS {
            self.narrow += 1;
        } else if frame.kind != FrameKind::Itself {
            let (label, from) = (frame.label.clone(), Percent::of(from, self.total));
            self.boxes.push(FrameBox { label, kind: frame.kind, row, from, width, weight });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analyze::fold::with_leaves;

    fn frame(label: &str) -> Frame {
        Frame { label: label.to_owned(), kind: FrameKind::Local }
    }

    fn folded(stacks: &[(&[&str], u64)]) -> Folded {
        let stacks = stacks.iter().map(|(frames, weight)| (frames.iter().map(|name| frame(name)).collect(), *weight));
        let leaf = Frame { label: String::from("(self)"), kind: FrameKind::Itself };
        Folded { stacks: with_leaves(stacks.collect(), &leaf), runs: 1 }
    }

    #[test]
    fn the_heaviest_frames_stand_at_the_left_and_each_above_the_one_that_it_is_part_of() {
        let flame = laid_out(&folded(&[(&["a", "x"], 10), (&["b", "y"], 30), (&["b", "z"], 60)]));
        let boxes: Vec<(&str, usize, u64, u64)> = flame
            .boxes
            .iter()
            .map(|it| (it.label.as_str(), it.row, it.from.thousandths() / 1000, it.width.thousandths() / 1000))
            .collect();
        assert_eq!(boxes, [("b", 0, 0, 90), ("a", 0, 90, 10), ("z", 1, 0, 60), ("y", 1, 60, 30), ("x", 1, 90, 10)]);
        assert_eq!((flame.rows, flame.narrow, flame.total), (2, 0, 100));
    }

    #[test]
    fn what_is_too_narrow_to_see_is_counted() {
        let flame = laid_out(&folded(&[(&["a"], 1_000_000), (&["b"], 1)]));
        assert_eq!((flame.boxes.len(), flame.narrow), (1, 1));
    }

    #[test]
    fn nothing_weighs_nothing() {
        assert!(laid_out(&Folded::default()).boxes.is_empty());
    }
}
