//! The profiler of Go builds.

pub mod record;
pub mod trace;
pub mod units;
