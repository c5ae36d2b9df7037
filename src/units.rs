//! Nanoseconds, bytes and shares as types, and how they are printed.
//!
//! Integers inside; rounding happens only where something is printed. Knows nothing of what is measured.

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Sub};

/// A length of time, or a point of time on some clock, in nanoseconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Nanos(pub u64);

/// A size in bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Bytes(pub u64);

impl Nanos {
    /// The difference, or nothing where `other` is larger.
    #[must_use]
    pub const fn saturating_sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl Add for Nanos {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl AddAssign for Nanos {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Sub for Nanos {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        self.saturating_sub(other)
    }
}

impl Sum for Nanos {
    fn sum<I: Iterator<Item = Self>>(parts: I) -> Self {
        parts.fold(Self(0), Add::add)
    }
}

/// A share in tenths of a percent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Percent(u64);

impl Percent {
    /// `part` of `whole`; nothing of nothing is 0 %.
    #[must_use]
    pub fn of(part: u64, whole: u64) -> Self {
        let tenths = (u128::from(part) * 1000 + u128::from(whole) / 2) / u128::from(whole.max(1));
        Self(u64::try_from(tenths).unwrap_or(u64::MAX))
    }
}

impl fmt::Display for Percent {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.pad(&format!("{}.{} %", self.0 / 10, self.0 % 10))
    }
}

impl fmt::Display for Nanos {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.pad(&scaled(self.0, &[(1, "ns"), (1000, "µs"), (1_000_000, "ms"), (1_000_000_000, "s")]))
    }
}

impl fmt::Display for Bytes {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.pad(&scaled(self.0, &[(1, "B"), (1 << 10, "KiB"), (1 << 20, "MiB"), (1 << 30, "GiB")]))
    }
}

/// Three digits in the largest unit that leaves something before the point.
fn scaled(value: u64, units: &[(u64, &str)]) -> String {
    let (size, name) = units.iter().rev().find(|(size, _)| value >= *size).unwrap_or(&units[0]);
    let whole = value / size;
    let tenths = value % size * 10 / size;
    if *size == 1 || whole >= 100 { format!("{whole} {name}") } else { format!("{whole}.{tenths} {name}") }
}
