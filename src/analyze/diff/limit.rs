//! Limits on what may change, and whether they hold: the gate.
//!
//! Knows the grammar of a limit and the figures of a comparison; does not know exit codes. A limit counts as exceeded only where
//! even the low end of what the figure can be is beyond it. What is beyond it by the best guess alone, or by one noisy number, is
//! said, and is no failure: a gate that cries wolf is switched off.

use super::Diff;
use super::noise::Interval;
use super::number::{Figure, Number, Unit, Verdict};
use super::packages::{Fate, Row, SHORTEST};
use crate::units::{Bytes, Change, Nanos, Percent};

/// A limit: `cpu>5%`, `rss>500MB`, `wall>+30s`, `package:cpu>20%`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limit {
    /// As it was typed.
    pub text: String,
    about: About,
    most: Most,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum About {
    Build(Figure),
    EachPackage(OfPackage),
}

/// What is limited of a package.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum OfPackage {
    Cpu,
    Rss,
    Archive,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Most {
    /// It may grow by so much of what it was.
    Growth(Percent),
    /// It may grow by so much.
    More(u64),
    /// It may be so much.
    Is(u64),
}

/// What became of a limit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ruling {
    /// Which limit, as it was typed.
    pub limit: String,
    /// What it was about: a figure in words, or a package.
    pub about: String,
    /// What it was and what it is.
    pub figures: (String, String),
    /// How much it grew, and between which bounds, where that is known.
    pub interval: Option<Interval>,
    /// How much it grew, as it was measured.
    pub measured: Option<Change>,
    /// What follows.
    pub state: State,
}

/// What follows from a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// It is exceeded beyond the noise.
    Exceeded,
    /// The best guess is beyond it, but it may as well not be.
    MayBe,
    /// One run on each side is beyond it, which for this figure is no evidence.
    OneNoisyNumber,
    /// It cannot be told.
    CannotTell,
    /// It holds.
    Holds,
}

impl Limit {
    /// Reads one.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub fn parse(text: &str) -> Result<Self, String> {
        let compact: String = text.chars().filter(|c| !c.is_whitespace()).collect();
        let (what, most) = compact.split_once('>').ok_or_else(|| {
            String::from("it is a figure, > and what it may be at most, such as cpu>5%, rss>500MB or package:cpu>20%")
        })?;
        let about = about(what)?;
        let most = most_of(most, about.unit(), what)?;
        Ok(Self { text: compact.clone(), about, most })
    }
}

fn about(what: &str) -> Result<About, String> {
    if let Some(of_package) = what.strip_prefix("package:") {
        let found = [("cpu", OfPackage::Cpu), ("rss", OfPackage::Rss), ("archive", OfPackage::Archive)];
        let found = found.into_iter().find(|(name, _)| *name == of_package);
        return found
            .map(|(_, of)| About::EachPackage(of))
            .ok_or_else(|| format!("there is no figure {what}: package: goes with cpu, rss or archive"));
    }
    let found = Figure::ALL.into_iter().find(|figure| figure.name() == what);
    found.map(About::Build).ok_or_else(|| {
        let names: Vec<&str> = Figure::ALL.iter().map(|figure| figure.name()).collect();
        format!(
            "there is no figure {what}: there are {}, and package:cpu, package:rss, package:archive",
            names.join(", ")
        )
    })
}

impl About {
    const fn unit(self) -> Unit {
        match self {
            Self::Build(figure) => figure.unit(),
            Self::EachPackage(OfPackage::Cpu) => Unit::Time,
            Self::EachPackage(OfPackage::Rss | OfPackage::Archive) => Unit::Size,
        }
    }
}

fn most_of(text: &str, unit: Unit, what: &str) -> Result<Most, String> {
    if let Some(number) = text.strip_suffix('%') {
        let number = number.trim_start_matches('+');
        let whole = growth(number);
        return whole.map(Most::Growth).ok_or_else(|| format!("{number} is no number of percent, such as 5 or 2.5"));
    }
    let (text, more) = text.strip_prefix('+').map_or((text, false), |text| (text, true));
    let number = match unit {
        Unit::Time => Nanos::parse(text).map(|time| time.0),
        Unit::Size => Bytes::parse(text).map(|size| size.0),
        Unit::Number => text.parse().ok(),
    };
    let number = number.ok_or_else(|| match unit {
        Unit::Time => format!("{text} is no time: {what} takes 5%, 90s or +1.5s (ms, s, min, h)"),
        Unit::Size => format!("{text} is no size: {what} takes 5%, 500MB or +20MB (kB, MB, GB, in powers of 1024)"),
        Unit::Number => format!("{text} is no number: {what} takes 5%, 200 or +3"),
    })?;
    Ok(if more { Most::More(number) } else { Most::Is(number) })
}

/// Growth may be more than the whole.
fn growth(text: &str) -> Option<Percent> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let hundreds: u64 = whole.parse().ok().filter(|whole| *whole <= 1_000_000)?;
    let rest = Percent::parse(&format!("0.{fraction}"))?;
    Some(Percent::from_thousandths(hundreds * 1000 + rest.thousandths()))
}

/// Judges all limits. One that is about packages has a ruling for each that is, or may be, beyond it, and one ruling where none is.
#[must_use]
pub fn judge(limits: &[Limit], diff: &Diff) -> Vec<Ruling> {
    limits.iter().flat_map(|limit| limit.judge(diff)).collect()
}

impl Limit {
    fn judge(&self, diff: &Diff) -> Vec<Ruling> {
        match self.about {
            About::Build(figure) => diff.number(figure).map(|number| self.of_build(number)).into_iter().collect(),
            About::EachPackage(of) => self.of_packages(of, diff),
        }
    }

    fn of_build(&self, number: &Number) -> Ruling {
        let unit = number.figure.unit();
        let measured = Measured {
            old: number.old,
            new: number.new,
            least: if number.interval.is_none() && unit == Unit::Time { None } else { Some(number.new_range.0) },
            growth: number.interval,
        };
        let state = match (self.most.beyond(&measured), number.verdict) {
            (Beyond::ByFarOrUnknown, Verdict::CannotTell(_)) if unit == Unit::Time || number.old == 0 => {
                State::OneNoisyNumber
            }
            (Beyond::ByFarOrUnknown, Verdict::CannotTell(_)) => State::CannotTell,
            (Beyond::ByFarOrUnknown, _) => State::Exceeded,
            (Beyond::ByGuess, _) => State::MayBe,
            (Beyond::Not, _) => State::Holds,
        };
        Ruling {
            limit: self.text.clone(),
            about: number.figure.words().to_owned(),
            figures: (unit.show(number.old), unit.show(number.new)),
            interval: number.interval,
            measured: number.measured,
            state,
        }
    }

    fn of_packages(&self, of: OfPackage, diff: &Diff) -> Vec<Ruling> {
        // What did the same work is not slower by the project's doing, and what was not built before has nothing to be compared with.
        let rows = diff.packages.iter().filter(|row| row.fate == Fate::Changed);
        let mut rulings: Vec<Ruling> =
            rows.map(|row| self.of_package(of, row)).filter(|ruling| ruling.state != State::Holds).collect();
        rulings.sort_by_key(|ruling| ruling.state);
        if rulings.is_empty() {
            let (none, about) = (String::new(), String::from("every package"));
            let limit = self.text.clone();
            rulings.push(Ruling {
                limit,
                about,
                figures: (none.clone(), none),
                interval: None,
                measured: None,
                state: State::Holds,
            });
        }
        rulings
    }

    fn of_package(&self, of: OfPackage, row: &Row) -> Ruling {
        let unit = About::EachPackage(of).unit();
        let (old, new) = match of {
            OfPackage::Cpu => (row.old.cpu.0, row.new.cpu.0),
            OfPackage::Rss => (row.old.rss.0, row.new.rss.0),
            OfPackage::Archive => (row.archive.0.0, row.archive.1.0),
        };
        let growth = if of == OfPackage::Cpu { row.interval } else { None };
        let measured = Measured { old, new, least: Some(new), growth };
        let is_small = row.old.cpu.max(row.new.cpu) < SHORTEST;
        let state = match (self.most.beyond(&measured), of, row.verdict) {
            (Beyond::Not, ..) => State::Holds,
            _ if is_small && of != OfPackage::Archive => State::Holds,
            (_, OfPackage::Cpu, Verdict::CannotTell(_)) => State::OneNoisyNumber,
            (Beyond::ByGuess, ..) => State::MayBe,
            (Beyond::ByFarOrUnknown, ..) => State::Exceeded,
        };
        Ruling {
            limit: self.text.clone(),
            about: row.name.clone(),
            figures: (unit.show(old), unit.show(new)),
            interval: growth,
            measured: Change::between(old, new),
            state,
        }
    }
}

/// A figure as a limit sees it.
struct Measured {
    old: u64,
    new: u64,
    /// The least that it is.
    least: Option<u64>,
    /// How much it grew; none where it is exact, or where that cannot be told.
    growth: Option<Interval>,
}

/// How far a figure is beyond a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Beyond {
    Not,
    /// By the best guess.
    ByGuess,
    /// Also at its low end, or there is no low end that is known.
    ByFarOrUnknown,
}

impl Most {
    fn beyond(self, it: &Measured) -> Beyond {
        let is_beyond = |change: Option<Change>| match (self, change.or_else(|| Change::between(it.old, it.new))) {
            (Self::Is(most), _) => it.new > most,
            // What is not known by its change alone is counted.
            (Self::More(most), _) if change.is_none() => it.new.saturating_sub(it.old) > most,
            (Self::More(most), Some(change)) => change.of(it.old).saturating_sub(it.old) > most,
            (Self::Growth(most), Some(change)) => {
                u64::try_from(change.thousandths()).is_ok_and(|it| it > most.thousandths())
            }
            // From nothing it grew by more than any share.
            (Self::More(_) | Self::Growth(_), None) => it.new > it.old,
        };
        let (guess, low) = (it.growth.map(|found| found.change), it.growth.map(|found| found.low));
        let is_far = match self {
            Self::Is(most) => it.least.is_none_or(|least| least > most),
            _ => is_beyond(low),
        };
        match (is_beyond(guess), is_far) {
            (false, _) => Beyond::Not,
            (true, false) => Beyond::ByGuess,
            (true, true) => Beyond::ByFarOrUnknown,
        }
    }
}
