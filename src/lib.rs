//! The profiler of Go builds, in the order in which data flows through it.
//!
//! ```text
//! argv ─▶ record ─▶ trace file ─▶ trace::read ─▶ build::assemble ─▶ analyze ─▶ render ─▶ bytes
//!                                                         cli holds both ends
//! ```
//!
//! ARCHITECTURE.md says what each floor knows and what it never does.

pub mod pprof;
pub mod tool_kind;
pub mod units;

pub mod trace;

pub mod record;

pub mod session;

pub mod build;

pub mod analyze;

pub mod doctor;

pub mod render;

pub mod cli;
