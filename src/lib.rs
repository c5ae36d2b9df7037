//! The profiler of Go builds.

pub mod analyze;
pub mod record;
pub mod render;
pub mod tool_kind;
pub mod trace;
pub mod units;
