//! The profiler of Go builds, in the order in which data flows through it.
//!
//! ```text
//! argv ─▶ record ─▶ trace file ─▶ trace::read ─▶ build::assemble ─▶ analyze ─▶ render ─▶ bytes
//!                                                         cli holds both ends
//! ```

pub mod record;
pub mod trace;
pub mod units;

pub mod build;

pub mod analyze;

pub mod render;

pub mod cli;
