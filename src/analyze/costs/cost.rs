//! What building something cost, as far as it adds up.
//!
//! Knows sums of figures; does not know of what. Memory is a maximum: peaks do not add up.

use crate::build::{Action, Figures};
use crate::tool_kind::ToolKind;
use crate::units::{Bytes, Nanos};

/// The cost of some packages.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Cost {
    /// How many packages.
    pub packages: u64,
    /// How many tool runs.
    pub runs: u64,
    /// CPU time of the tools.
    pub cpu: Nanos,
    /// Wall times of the tools, added up: side by side they took less.
    pub wall: Nanos,
    /// The largest peak of resident memory among the tools.
    pub max_rss: Bytes,
    /// Bytes that were written to be used: archives of packages, and programs.
    pub output: Bytes,
}

impl Cost {
    /// Of one tool run. The output of an assembler or of cgo is on its way into an archive, and not counted beside it.
    #[must_use]
    pub fn of_run(action: &Action, figures: &Figures) -> Self {
        let is_result = matches!(action.kind, ToolKind::Compile | ToolKind::Link);
        Self {
            packages: 0,
            runs: 1,
            cpu: action.cpu(),
            wall: action.wall(),
            max_rss: action.max_rss,
            output: if is_result { figures.output_bytes } else { Bytes::ZERO },
        }
    }

    /// Adds another cost.
    pub fn add(&mut self, other: &Self) {
        self.packages += other.packages;
        self.runs += other.runs;
        self.cpu += other.cpu;
        self.wall += other.wall;
        self.max_rss = self.max_rss.max(other.max_rss);
        self.output += other.output;
    }

    /// Of all of them together.
    #[must_use]
    pub fn sum<'a>(costs: impl IntoIterator<Item = &'a Self>) -> Self {
        costs.into_iter().fold(Self::default(), |mut sum, cost| {
            sum.add(cost);
            sum
        })
    }
}
