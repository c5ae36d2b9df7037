//! Folded stacks as text, `frame;frame;frame weight` a line: what flame graph tools everywhere read.
//!
//! Knows the syntax and its traps: as in the report, no stack is the beginning of another one, also where two names became
//! one because the syntax has no room for what told them apart.

use std::io::{self, Write};

use super::escape;
use crate::analyze::fold::{Difference, Folded, Frame, LEAF, Sides, with_leaves, with_leaves_by};

/// Writes a line for each stack.
///
/// # Errors
/// Those of `out`.
pub fn write(folded: &Folded, out: &mut dyn Write) -> io::Result<()> {
    stacks(folded).iter().try_for_each(|(frames, weight)| writeln!(out, "{} {weight}", frames.join(";")))
}

/// The stacks with their names as the syntax allows them, sorted, each once.
#[must_use]
pub fn stacks(folded: &Folded) -> Vec<(Vec<String>, u64)> {
    let named = folded.stacks.iter().map(|(frames, weight)| {
        let names = frames.iter().map(|Frame { label, .. }| escape::frame(label).into_owned());
        (names.collect(), *weight)
    });
    with_leaves(named.collect(), &LEAF.to_owned())
}

/// Writes a line for each stack of a difference: `frame;frame old new`, as tools read it that compare two.
///
/// # Errors
/// Those of `out`.
pub fn write_sides(difference: &Difference, out: &mut dyn Write) -> io::Result<()> {
    let mut stacks = sides(difference).into_iter();
    stacks.try_for_each(|(frames, it)| writeln!(out, "{} {} {}", frames.join(";"), it.old, it.new))
}

/// The same of both sides.
#[must_use]
pub fn sides(difference: &Difference) -> Vec<(Vec<String>, Sides)> {
    let named = difference.stacks.iter().map(|(frames, weights)| {
        let names = frames.iter().map(|Frame { label, .. }| escape::frame(label).into_owned());
        (names.collect(), *weights)
    });
    with_leaves_by(named.collect(), &LEAF.to_owned(), Sides::add)
}
