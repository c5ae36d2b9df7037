//! What a trace tells of what things cost in a build.
//!
//! Knows figures, each of which some check can point at; does not know how they were found.

use crate::units::Nanos;

/// What was recorded of a build.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Evidence {
    /// How the trace is called.
    pub trace: String,
    /// CPU time of all tools.
    pub cpu: Nanos,
    /// Packages of the standard library that were compiled.
    pub std_packages: u64,
    /// … and the CPU time that took.
    pub std_cpu: Nanos,
}
