//! Durations, sizes, shares and counts as types, and how each is printed for people.
//!
//! Inside they are integers, so sums are exact and two runs print the same bytes; rounding happens only in `Display`.
//! Knows nothing of traces or builds. Machine output (JSON, CSV) prints the field, never the `Display`.

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign};

/// A duration, or a moment counted from a start that both sides of a comparison share. Prints three significant digits:
/// `950 ns`, `12.0 µs`, `980 ms`, `1.30 s`; from a minute on `1 min 23 s`, from an hour on `2 h 05 min`.
///
/// Sums stop at the largest value (584 years) instead of wrapping: a trace is a file that anybody may have written.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Nanos(pub u64);

/// A size. Prints three significant digits in powers of 1024, named so (`512 MiB`, not the ambiguous `512 MB`): that is
/// what container limits, GOMEMLIMIT and the kernel count in.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Bytes(pub u64);

/// How many. Prints with thousands separated: `12,345`.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Count(pub u64);

/// A share of a whole, kept to a thousandth of a percent. Prints one decimal: `12.3 %`. A share that is there but would
/// round to nothing prints `<0.1 %`: zero is left to what is really zero.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Percent {
    thousandths: u64,
}

/// By how much something is more or less than it was, kept to a thousandth of a percent. Prints its sign and one decimal:
/// `+5.2 %`, `-3.1 %`. A change that would round to nothing prints `+<0.1 %`: zero is left to what is the same.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Change {
    thousandths: i64,
}

impl Change {
    /// None at all.
    pub const NONE: Self = Self { thousandths: 0 };

    /// From `old` to `new`; nothing can be said of what had been nothing, unless it still is.
    #[must_use]
    pub fn between(old: u64, new: u64) -> Option<Self> {
        if old == 0 {
            return (new == 0).then_some(Self::NONE);
        }
        let size = rounded(u128::from(old.abs_diff(new)) * 100_000, old.into());
        let size = i64::try_from(size).unwrap_or(i64::MAX);
        Some(Self { thousandths: if new < old { -size } else { size } })
    }

    /// This many thousandths of a percent.
    #[must_use]
    pub const fn from_thousandths(thousandths: i64) -> Self {
        Self { thousandths }
    }

    /// In thousandths of a percent.
    #[must_use]
    pub const fn thousandths(self) -> i64 {
        self.thousandths
    }

    /// What `old` is after this change.
    #[must_use]
    pub fn of(self, old: u64) -> u64 {
        let more = i128::from(old) * i128::from(self.thousandths) / 100_000;
        u64::try_from((i128::from(old) + more).max(0)).unwrap_or(u64::MAX)
    }
}

impl Nanos {
    /// No time at all.
    pub const ZERO: Self = Self(0);

    /// Whole milliseconds.
    #[must_use]
    pub const fn from_millis(millis: u64) -> Self {
        Self(millis.saturating_mul(1_000_000))
    }

    /// A duration as people type it: `90s`, `1.5 s`, `250ms`, `10min`, `2h`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let end = text.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(text.len());
        let (number, unit) = text.split_at(end);
        let units = [
            ("ns", 1),
            ("us", 1_000),
            ("ms", 1_000_000),
            ("s", 1_000_000_000),
            ("min", 60_000_000_000),
            ("h", 3_600_000_000_000),
        ];
        let (_, unit) = units.into_iter().find(|(name, _)| *name == unit)?;
        let (whole, fraction) = number.trim_end().split_once('.').unwrap_or((number.trim_end(), "0"));
        let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        if !is_digits(whole) || !is_digits(fraction) || fraction.len() > 9 {
            return None;
        }
        let parts = fraction.parse::<u64>().ok()?.checked_mul(unit)? / 10_u64.pow(u32::try_from(fraction.len()).ok()?);
        Some(Self(whole.parse::<u64>().ok()?.checked_mul(unit)?.checked_add(parts)?))
    }

    /// The time from `earlier` to here; zero where `earlier` is the later one.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Self {
        Self(self.0.saturating_sub(earlier.0))
    }

    /// This as a share of `whole`.
    #[must_use]
    pub fn percent_of(self, whole: Self) -> Percent {
        Percent::of(self.0, whole.0)
    }
}

impl Bytes {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// Whole mebibytes.
    #[must_use]
    pub const fn from_mib(mib: u64) -> Self {
        Self(mib.saturating_mul(1 << 20))
    }

    /// A size as people type it: `512MiB`, `8 GiB`, `8G`; all in powers of 1024.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        let (number, unit) = text.split_at(digits);
        let unit = unit.trim_start().to_ascii_lowercase();
        let power = ["b", "k", "m", "g", "t"].iter().position(|prefix| {
            let rest = unit.strip_prefix(prefix);
            rest.is_some_and(|rest| rest.is_empty() || *prefix != "b" && (rest == "b" || rest == "ib"))
        })?;
        let bytes = number.parse::<u64>().ok()?.checked_mul(1_u64 << (10 * power))?;
        Some(Self(bytes))
    }

    /// This as a share of `whole`.
    #[must_use]
    pub fn percent_of(self, whole: Self) -> Percent {
        Percent::of(self.0, whole.0)
    }
}

impl Percent {
    /// `part` of `whole`; of nothing, everything is 0 %.
    #[must_use]
    pub fn of(part: u64, whole: u64) -> Self {
        Self { thousandths: rounded(u128::from(part) * 100_000, u128::from(whole)) }
    }

    /// This many thousandths of a percent.
    #[must_use]
    pub const fn from_thousandths(thousandths: u64) -> Self {
        Self { thousandths }
    }

    /// Reads a number from 0 to 100 with up to three decimals that count.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
        let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        if !is_digits(whole) || !is_digits(fraction) {
            return None;
        }
        let padded = format!("{fraction:0<3}");
        let thousandths = whole.parse::<u64>().ok()?.checked_mul(1000)?.checked_add(padded.get(..3)?.parse().ok()?)?;
        (thousandths <= 100_000).then_some(Self { thousandths })
    }

    /// In thousandths of a percent.
    #[must_use]
    pub const fn thousandths(self) -> u64 {
        self.thousandths
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

impl Sum for Nanos {
    fn sum<I: Iterator<Item = Self>>(items: I) -> Self {
        items.fold(Self::ZERO, Add::add)
    }
}

impl Add for Bytes {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl AddAssign for Bytes {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Sum for Bytes {
    fn sum<I: Iterator<Item = Self>>(items: I) -> Self {
        items.fold(Self::ZERO, Add::add)
    }
}

impl fmt::Display for Nanos {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const SECOND: u64 = 1_000_000_000;
        // What would print as "60.0 s" is a minute.
        if self.0 >= 60 * SECOND - SECOND / 20 {
            return f.pad(&minutes(rounded(self.0.into(), SECOND.into())));
        }
        f.pad(&scaled(self.0, 1000, &["ns", "µs", "ms", "s"]))
    }
}

impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&scaled(self.0, 1024, &["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"]))
    }
}

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = self.0.to_string();
        let mut text = String::with_capacity(digits.len() * 4 / 3);
        for (index, digit) in digits.chars().enumerate() {
            if index > 0 && (digits.len() - index).is_multiple_of(3) {
                text.push(',');
            }
            text.push(digit);
        }
        f.pad(&text)
    }
}

impl fmt::Display for Percent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tenths = rounded(self.thousandths.into(), 100);
        if tenths == 0 && self.thousandths > 0 {
            return f.pad("<0.1 %");
        }
        f.pad(&format!("{}.{} %", tenths / 10, tenths % 10))
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = match self.thousandths {
            0 => "",
            ..0 => "-",
            _ => "+",
        };
        f.pad(&format!("{sign}{}", Percent { thousandths: self.thousandths.unsigned_abs() }))
    }
}

fn minutes(seconds: u64) -> String {
    if seconds < 3600 {
        return format!("{} min {:02} s", seconds / 60, seconds % 60);
    }
    let minutes = rounded(seconds.into(), 60);
    format!("{} h {:02} min", minutes / 60, minutes % 60)
}

/// Three significant digits in the largest unit that leaves a number of one or more. The smallest unit has no decimals.
fn scaled(value: u64, step: u64, units: &[&str]) -> String {
    let mut size: u128 = 1;
    let mut units = units.iter().peekable();
    while let Some(unit) = units.next() {
        let whole = rounded(value.into(), size);
        if whole < step || units.peek().is_none() {
            let decimals = if size == 1 { 0 } else { decimals(value, size) };
            return format!("{} {unit}", fixed(value, size, decimals));
        }
        size *= u128::from(step);
    }
    String::new()
}

fn decimals(value: u64, size: u128) -> u32 {
    (1..=2).rev().find(|decimals| rounded(u128::from(value) * 10_u128.pow(*decimals), size) < 1000).unwrap_or(0)
}

fn fixed(value: u64, size: u128, decimals: u32) -> String {
    let shift = 10_u64.pow(decimals);
    let digits = rounded(u128::from(value) * u128::from(shift), size);
    match decimals {
        0 => digits.to_string(),
        _ => format!("{}.{:0width$}", digits / shift, digits % shift, width = usize::try_from(decimals).unwrap_or(0)),
    }
}

/// Division to the nearest, halves up; by zero gives zero, and what does not fit gives the largest value.
fn rounded(value: u128, by: u128) -> u64 {
    value.saturating_add(by / 2).checked_div(by).map_or(0, |quotient| u64::try_from(quotient).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::{Bytes, Change, Count, Nanos, Percent};
    use proptest::prelude::*;
    use std::fmt::Display;

    #[test]
    fn sizes_are_typed_with_a_unit() {
        let sizes =
            [("8GiB", 8 << 30), ("512MiB", 512 << 20), ("8 G", 8 << 30), ("4gb", 4 << 30), ("7B", 7), ("1k", 1024)];
        for (text, bytes) in sizes {
            assert_eq!(Bytes::parse(text), Some(Bytes(bytes)), "{text}");
        }
        for text in ["", "8", "GiB", "-8GiB", "1.5GiB", "8GiBs", "8bb", "18446744073709551615KiB"] {
            assert_eq!(Bytes::parse(text), None, "{text}");
        }
    }

    #[test]
    fn durations_are_typed_with_a_unit() {
        let times =
            [("90s", 90_000), ("1.5 s", 1_500), ("250ms", 250), ("10min", 600_000), ("2h", 7_200_000), ("0s", 0)];
        for (text, millis) in times {
            assert_eq!(Nanos::parse(text), Some(Nanos::from_millis(millis)), "{text}");
        }
        for text in ["", "5", "s", "-5s", "1.s", ".5s", "1.5.5s", "5 days", "99999999999999999999h", "6000000h"] {
            assert_eq!(Nanos::parse(text), None, "{text}");
        }
    }

    #[track_caller]
    fn prints(value: impl Display, expected: &str) {
        assert_eq!(value.to_string(), expected);
    }

    #[test]
    fn a_duration_prints_three_digits_in_the_unit_that_suits_it() {
        prints(Nanos(0), "0 ns");
        prints(Nanos(999), "999 ns");
        prints(Nanos(1_000), "1.00 µs");
        prints(Nanos(12_000), "12.0 µs");
        prints(Nanos(980_400_000), "980 ms");
        prints(Nanos(1_304_000_000), "1.30 s");
        prints(Nanos(23_588_000_000), "23.6 s");
        prints(Nanos(83_400_000_000), "1 min 23 s");
        prints(Nanos(605_000_000_000), "10 min 05 s");
        prints(Nanos(7_500_000_000_000), "2 h 05 min");
        prints(Nanos(u64::MAX), "5124095 h 35 min");
    }

    #[test]
    fn rounding_up_never_prints_a_number_that_belongs_to_the_next_unit() {
        prints(Nanos(999_499), "999 µs");
        prints(Nanos(999_500), "1.00 ms");
        prints(Nanos(999_999_999), "1.00 s");
        prints(Nanos(9_994_999), "9.99 ms");
        prints(Nanos(9_996_000), "10.0 ms");
        prints(Nanos(99_960_000), "100 ms");
        prints(Nanos(59_949_999_999), "59.9 s");
        prints(Nanos(59_950_000_000), "1 min 00 s");
        prints(Nanos(3_599_700_000_000), "1 h 00 min");
        prints(Bytes((1 << 20) - 1), "1.00 MiB");
    }

    #[test]
    fn a_size_prints_in_powers_of_1024() {
        prints(Bytes(0), "0 B");
        prints(Bytes(1_023), "1023 B");
        prints(Bytes(1_024), "1.00 KiB");
        prints(Bytes(13_225_984), "12.6 MiB");
        prints(Bytes::from_mib(512), "512 MiB");
        prints(Bytes::from_mib(1_023), "1023 MiB");
        prints(Bytes::from_mib(1_536), "1.50 GiB");
        prints(Bytes(u64::MAX), "16.0 EiB");
    }

    #[test]
    fn thousands_are_separated() {
        prints(Count(0), "0");
        prints(Count(999), "999");
        prints(Count(1_000), "1,000");
        prints(Count(1_234_567), "1,234,567");
    }

    #[test]
    fn only_nothing_prints_as_no_percent() {
        prints(Percent::of(0, 10), "0.0 %");
        prints(Percent::of(1, 10_000), "<0.1 %");
        prints(Percent::of(1, 2_000), "0.1 %");
        prints(Percent::of(1, 3), "33.3 %");
        prints(Percent::of(3, 3), "100.0 %");
        prints(Percent::of(5, 2), "250.0 %");
        prints(Percent::of(5, 0), "0.0 %");
    }

    #[test]
    fn a_change_prints_its_sign() {
        let prints_between =
            |old, new, expected: &str| prints(Change::between(old, new).expect("of something"), expected);
        prints_between(100, 105, "+5.0 %");
        prints_between(100, 0, "-100.0 %");
        prints_between(10_000, 10_001, "+<0.1 %");
        prints_between(7, 7, "0.0 %");
        prints_between(1, 12, "+1100.0 %");
        prints_between(0, 0, "0.0 %");
        assert_eq!(Change::between(0, 1), None);
        assert_eq!(Change::from_thousandths(-3_000).of(200), 194);
    }

    #[test]
    fn a_column_of_a_table_can_be_aligned() {
        assert_eq!(format!("{:>10}|{:<9}|", Nanos(1_304_000_000), Percent::of(1, 3)), "    1.30 s|33.3 %   |");
    }

    proptest! {
        #[test]
        fn a_longer_duration_never_prints_as_a_shorter_one(short: u64, more: u64) {
            prop_assert!(printed(Nanos(short)) <= printed(Nanos(short.saturating_add(more))));
        }

        #[test]
        fn what_is_printed_is_within_half_a_percent(nanos in 1_u64..59_000_000_000) {
            let printed = printed(Nanos(nanos));
            prop_assert!(printed.abs_diff(nanos.into()) * 200 <= u128::from(nanos), "{nanos} prints as {printed} ns");
        }

        #[test]
        fn sums_do_not_wrap(a: u64, b: u64) {
            prop_assert_eq!([Nanos(a), Nanos(b)].into_iter().sum::<Nanos>(), Nanos(a.saturating_add(b)));
            prop_assert_eq!(Nanos(a).since(Nanos(b)), Nanos(a.saturating_sub(b)));
        }
    }

    /// Reads a printed duration back, in nanoseconds.
    fn printed(nanos: Nanos) -> u128 {
        let text = nanos.to_string();
        let words: Vec<&str> = text.split(' ').collect();
        words.chunks(2).map(|pair| number(pair[0], unit(pair[1]))).sum()
    }

    fn number(text: &str, unit: u128) -> u128 {
        let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
        let digits: u128 = format!("{whole}{decimals}").parse().unwrap();
        digits * unit / 10_u128.pow(u32::try_from(decimals.len()).unwrap())
    }

    fn unit(name: &str) -> u128 {
        match name {
            "ns" => 1,
            "µs" => 1_000,
            "ms" => 1_000_000,
            "s" => 1_000_000_000,
            "min" => 60_000_000_000,
            "h" => 3_600_000_000_000,
            other => panic!("unit {other}"),
        }
    }
}
