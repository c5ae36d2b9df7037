//! Where everything stands on the sheet: rows from top to bottom, and time from left to right.
//!
//! All of it is integers, so that the same timeline gives the same bytes everywhere. Knows the measures of a timeline and
//! of its legend and notes, not their contents.

use std::fmt;
use std::io::{self, Write};

use super::{legend, notes};
use crate::analyze::timeline::{CommandSpan, Stretch, Timeline};
use crate::units::Nanos;

/// From one line of text to the next.
pub(super) const LINE: u32 = 18;
/// The base line of the first row of the legend.
const LEGEND: u32 = 74;

/// Pixels from the left edge to the plot: room for the numbers of the y axes.
const LEFT: u32 = 72;
/// Pixels from the plot to the right edge.
const RIGHT: u32 = 20;
/// The width where nobody asks for another.
const WIDTH: u32 = 1200;
/// From here on both sentences over a panel fit into one line.
const FROM_HERE_ONE_CAPTION: u32 = 860;
/// Less than this, and no bar would have room.
const LEAST_WIDTH: u32 = 480;

/// The measures of one chart, in pixels.
#[derive(Debug)]
pub(super) struct Sheet {
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) left: u32,
    pub(super) right: u32,
    /// The width of the plot.
    pub(super) plot: u32,
    /// The base line of the first row of the legend.
    pub(super) legend: u32,
    /// The base line of the details of what is pointed at.
    pub(super) details: u32,
    /// The base line of the tick labels.
    pub(super) axis: u32,
    pub(super) commands: Rows,
    /// What go did itself.
    pub(super) chores: Rows,
    pub(super) lanes: Rows,
    pub(super) running: Panel,
    pub(super) memory: Panel,
    /// The base line of the first line below.
    pub(super) foot: u32,
    /// The unit of time in the file.
    grain: Nanos,
    /// The length of the axis in grains.
    length: u64,
}

/// Rows of equal height.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Rows {
    pub(super) top: u32,
    pub(super) count: usize,
    /// From one row to the next.
    pub(super) pitch: u32,
    /// The height of a bar.
    pub(super) bar: u32,
    /// The size of the text in a bar; 0 where bars are too low for text.
    pub(super) font: u32,
}

/// A curve with its caption.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Panel {
    /// The base line of the caption.
    pub(super) caption: u32,
    /// The base line of what is said of the second curve; that of the caption where there is room behind it.
    pub(super) second: u32,
    pub(super) top: u32,
    /// Where the highest value of the scale stands: a little below the top, so that a line there is seen.
    pub(super) most: u32,
    pub(super) bottom: u32,
}

/// A place on the sheet, in hundredths of a pixel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Px(pub(super) u64);

impl Sheet {
    pub(super) fn of(timeline: &Timeline, width: Option<u32>) -> Self {
        let width = width.unwrap_or(WIDTH).max(LEAST_WIDTH);
        let is_empty = timeline.bars.is_empty() && timeline.commands.is_empty() && timeline.chores.bars.is_empty();
        let head = if is_empty { 60 } else { head_height(timeline, width) };
        let mut cursor = Cursor(head);
        let axis = if is_empty { cursor.0 } else { cursor.take(20).saturating_add(13) };
        let (mut commands, mut lanes) = (command_rows(&timeline.commands), lane_rows(timeline.lanes));
        let mut chores = chore_rows(timeline.chores.lanes);
        commands.top = cursor.take(commands.height());
        // What go does itself is set apart from the tools by a gap.
        chores.top = cursor.take(chores.height() + if chores.count > 0 { 6 } else { 0 });
        lanes.top = cursor.take(lanes.height().saturating_add(4));
        let (running, memory) = if is_empty {
            cursor.take(60);
            (Panel::default(), Panel::default())
        } else {
            let (busy, rss) = (&timeline.measured.busy, &timeline.measured.rss);
            (cursor.panel(captions(width, busy)), cursor.panel(captions(width, rss)))
        };
        let foot = cursor.take(LINE * lines(notes::lines(timeline).len())).saturating_add(18);
        let height = cursor.0.saturating_add(12);
        let plot = width.saturating_sub(LEFT).saturating_sub(RIGHT);
        let grain = grain(timeline.length);
        let length = (timeline.length.0 / grain.0).max(1);
        Self {
            width,
            height,
            left: LEFT,
            right: RIGHT,
            plot,
            legend: LEGEND,
            details: head.saturating_sub(14),
            axis,
            commands,
            chores,
            lanes,
            running,
            memory,
            foot,
            grain,
            length,
        }
    }

    /// Whether there is nothing to draw.
    pub(super) const fn is_empty(&self) -> bool {
        self.running.top == 0
    }

    /// The top of what stands under the time axis.
    pub(super) const fn top(&self) -> u32 {
        match (self.commands.count, self.chores.count) {
            (0, 0) => self.lanes.top,
            (0, _) => self.chores.top,
            _ => self.commands.top,
        }
    }

    /// Where a moment stands.
    pub(super) fn x(&self, at: Nanos) -> Px {
        let plot = u128::from(self.plot) * 100;
        let offset = (u128::from(self.grains(at)) * plot + u128::from(self.length) / 2) / u128::from(self.length);
        Px(u64::from(self.left) * 100 + u64::try_from(offset).unwrap_or(u64::MAX / 2))
    }

    /// A time as it is written in layers of their own matrix.
    pub(super) const fn grains(&self, time: Nanos) -> u64 {
        time.0 / self.grain.0
    }

    /// The time that a number of pixels takes.
    pub(super) fn time_of(&self, pixels: u32) -> Nanos {
        Nanos(self.length.saturating_mul(self.grain.0).saturating_mul(pixels.into()) / u64::from(self.plot.max(1)))
    }

    /// The matrix under which things stand in grains, for rows from y = 0 on.
    pub(super) fn matrix(&self) -> String {
        format!("matrix({} 0 0 1 {} 0)", Ratio::of(self.plot, self.length), self.left)
    }

    /// The matrix of a curve: grains to the right, and `most` of its unit from the bottom of a panel upwards.
    pub(super) fn curve_matrix(&self, panel: Panel, most: u64) -> String {
        let (right, up) = (Ratio::of(self.plot, self.length), Ratio::of(panel.bottom - panel.most, most));
        format!("matrix({right} 0 0 -{up} {} {})", self.left, panel.bottom)
    }

    /// What the script needs to lay the sheet out anew.
    pub(super) fn write_data(&self, timeline: &Timeline, out: &mut dyn Write) -> io::Result<()> {
        write!(out, "data-left=\"{}\" data-right=\"{}\" data-axis=\"{}\" ", self.left, self.right, self.axis)?;
        write!(out, "data-top=\"{}\" data-bottom=\"{}\" ", self.top(), self.memory.bottom)?;
        let tool_time = self.grains(timeline.tool_time());
        write!(out, "data-grain=\"{}\" data-length=\"{}\" data-tool-time=\"{tool_time}\"", self.grain.0, self.length)
    }
}

/// How much of the sheet title, numbers, legend and details take.
fn head_height(timeline: &Timeline, width: u32) -> u32 {
    let rows = lines(legend::rows(timeline, width).len()).max(1);
    (LEGEND + LINE * rows).saturating_add(18)
}

fn lines(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(1)
}

/// How many lines the caption of a panel takes, which has to speak of a second curve where something was measured.
const fn captions(width: u32, measured: &[Stretch]) -> u32 {
    if measured.is_empty() || width >= FROM_HERE_ONE_CAPTION { 1 } else { 2 }
}

/// One command alone needs no row: all the bars are its own.
fn command_rows(commands: &[CommandSpan]) -> Rows {
    let count = match commands {
        [] | [_] => 0,
        several => several.iter().map(|command| command.row.saturating_add(1)).max().unwrap_or(0),
    };
    Rows { top: 0, count, pitch: 20, bar: 17, font: 11 }
}

/// Lanes get lower where there are many: a build on 128 processors still fits a screen, and one on two fills it.
const fn lane_rows(count: usize) -> Rows {
    match count {
        0..=4 => Rows { top: 0, count, pitch: 30, bar: 28, font: 12 },
        5..=12 => Rows { top: 0, count, pitch: 25, bar: 23, font: 12 },
        13..=32 => Rows { top: 0, count, pitch: 20, bar: 18, font: 11 },
        33..=80 => Rows { top: 0, count, pitch: 13, bar: 12, font: 9 },
        _ => Rows { top: 0, count, pitch: 7, bar: 6, font: 0 },
    }
}

/// What go does itself is lower than its tools: it is there to explain their gaps.
const fn chore_rows(count: usize) -> Rows {
    match count {
        0..=16 => Rows { top: 0, count, pitch: 20, bar: 18, font: 11 },
        17..=64 => Rows { top: 0, count, pitch: 11, bar: 10, font: 9 },
        _ => Rows { top: 0, count, pitch: 5, bar: 4, font: 0 },
    }
}

impl Rows {
    /// The top of a row.
    pub(super) fn y(&self, row: usize) -> u32 {
        let row = u32::try_from(row).unwrap_or(u32::MAX);
        self.top.saturating_add(row.saturating_mul(self.pitch))
    }

    fn height(&self) -> u32 {
        self.pitch.saturating_mul(u32::try_from(self.count).unwrap_or(u32::MAX))
    }
}

/// The next free pixel, going down.
struct Cursor(u32);

impl Cursor {
    fn take(&mut self, height: u32) -> u32 {
        let top = self.0;
        self.0 = top.saturating_add(height);
        top
    }

    fn panel(&mut self, captions: u32) -> Panel {
        let caption = self.take(22).saturating_add(16);
        let second = if captions > 1 { self.take(15).saturating_add(9) } else { caption };
        let top = self.take(60);
        Panel { caption, second, top, most: top.saturating_add(5), bottom: self.0 }
    }
}

/// A microsecond, or the next round time that makes no more than 2^24 of the axis: browsers compute in single precision,
/// and Chromium lets no coordinate of a rectangle exceed 2^25.
fn grain(length: Nanos) -> Nanos {
    let round = (3..19).flat_map(|power| [1, 2, 5].map(|digit| 10_u64.pow(power).saturating_mul(digit)));
    Nanos(round.into_iter().find(|grain| length.0 / grain <= 1 << 24).unwrap_or(u64::MAX))
}

impl Px {
    /// From here to `right`.
    pub(super) const fn to(self, right: Self) -> Self {
        Self(right.0.saturating_sub(self.0))
    }

    /// Whole pixels, rounded down.
    pub(super) const fn whole(self) -> u64 {
        self.0 / 100
    }
}

impl fmt::Display for Px {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.0 / 100, self.0 % 100) {
            (whole, 0) => write!(f, "{whole}"),
            (whole, tenths) if tenths % 10 == 0 => write!(f, "{whole}.{}", tenths / 10),
            (whole, hundredths) => write!(f, "{whole}.{hundredths:02}"),
        }
    }
}

/// A quotient that prints as a decimal fraction of 18 places: enough for a pixel in a year.
struct Ratio {
    quintillionths: u128,
}

impl Ratio {
    fn of(part: u32, whole: u64) -> Self {
        Self { quintillionths: u128::from(part) * 10_u128.pow(18) / u128::from(whole.max(1)) }
    }
}

impl fmt::Display for Ratio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let one = 10_u128.pow(18);
        let decimals = format!("{:018}", self.quintillionths % one);
        match decimals.trim_end_matches('0') {
            "" => write!(f, "{}", self.quintillionths / one),
            decimals => write!(f, "{}.{decimals}", self.quintillionths / one),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Nanos, Px, Ratio, grain};

    #[test]
    fn a_coordinate_is_exact_in_single_precision_however_long_the_axis_is() {
        assert_eq!(grain(Nanos::ZERO), Nanos(1_000));
        assert_eq!(grain(Nanos::from_millis(16_000)), Nanos(1_000));
        assert_eq!(grain(Nanos::from_millis(60_000)), Nanos(5_000));
        for length in [1, 1_000_000, 86_400_000_000_000, u64::MAX] {
            assert!(length / grain(Nanos(length)).0 <= 1 << 24, "{length}");
        }
    }

    #[test]
    fn places_print_without_needless_zeros() {
        let printed: Vec<String> = [0, 100, 150, 1_205, 99].map(|hundredths| Px(hundredths).to_string()).into();
        assert_eq!(printed, ["0", "1", "1.5", "12.05", "0.99"]);
    }

    #[test]
    fn ratios_print_as_decimal_fractions() {
        assert_eq!(Ratio::of(1, 8).to_string(), "0.125");
        assert_eq!(Ratio::of(1108, 1).to_string(), "1108");
        assert_eq!(Ratio::of(1, 3).to_string(), "0.333333333333333333");
        assert_eq!(Ratio::of(1, 0).to_string(), "1");
    }
}
