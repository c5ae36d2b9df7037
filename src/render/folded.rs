//! Folded stacks as text, `frame;frame;frame weight` a line: what flame graph tools everywhere read.
//!
//! Knows the syntax and its traps; the stacks are already such that none is the beginning of another.

use std::io::{self, Write};

use super::escape;
use crate::analyze::fold::Folded;

/// Writes a line for each stack.
///
/// # Errors
/// Those of `out`.
pub fn write(folded: &Folded, out: &mut dyn Write) -> io::Result<()> {
    lines(folded).iter().try_for_each(|line| writeln!(out, "{line}"))
}

/// The lines, without line ends.
#[must_use]
pub fn lines(folded: &Folded) -> Vec<String> {
    let line = |(frames, weight): &(Vec<_>, u64)| {
        let labels: Vec<_> =
            frames.iter().map(|frame: &crate::analyze::fold::Frame| escape::frame(&frame.label)).collect();
        format!("{} {weight}", labels.join(";"))
    };
    folded.stacks.iter().map(line).collect()
}
