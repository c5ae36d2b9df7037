//! One file per output format. Each takes a report and writes bytes; none sees the model, a path, a clock or the
//! environment, so the same report always gives the same bytes.
//!
//! - [`chart`]: the runs of a build along the wall clock, as SVG;
//! - [`palette`]: the colours that all pictures share;
//! - [`escape`]: text from a trace made safe for SVG, terminals and folded stacks.

pub mod chart;
pub mod escape;
pub mod palette;
