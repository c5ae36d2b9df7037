//! The curves under the bars, on the same time axis: how many tools ran, and how much memory they held at most; over them
//! what was measured of the same, where somebody looked.
//!
//! A curve is one path in grains of time and its own unit, under a matrix; a zoom changes the matrix.

use std::io::{self, Write};

use super::sheet::{Panel, Sheet};
use crate::analyze::timeline::{Step, Stretch, Timeline, peak};
use crate::units::{Bytes, Count};

/// Memory is drawn in KiB: numbers that are exact in the floating point of every browser.
const KIB: u64 = 1024;

/// Running tools, then memory.
pub(super) fn both(sheet: &Sheet, timeline: &Timeline, out: &mut dyn Write) -> io::Result<()> {
    processors(sheet, timeline, out)?;
    memory(sheet, timeline, out)
}

fn processors(sheet: &Sheet, timeline: &Timeline, out: &mut dyn Write) -> io::Result<()> {
    let highest = peak(&timeline.running);
    let busy = timeline.measured.most_busy();
    // A machine may have many more processors than the job may use; all of them at work would press the curve to the ground.
    let room = highest.saturating_mul(2).max(timeline.cpus.unwrap_or(0));
    let drawn_busy = busy.map(processors_of).filter(|busy| *busy <= room);
    // So would twice as many processors as were ever used.
    let line = timeline.cpus.filter(|cpus| *cpus <= highest.max(drawn_busy.unwrap_or(0)).saturating_mul(2));
    let curve = Curve {
        name: "running",
        caption: match (timeline.cpus, line) {
            (Some(_), Some(cpus)) => {
                format!("running tools: at most {} (dashed: {} CPUs)", Count(highest), Count(cpus))
            }
            (Some(cpus), None) => format!("running tools: at most {} of {} CPUs", Count(highest), Count(cpus)),
            (None, _) => format!("running tools: at most {}", Count(highest)),
        },
        panel: sheet.running,
        steps: &timeline.running,
        unit: 1,
        most: highest.max(line.unwrap_or(1)).max(drawn_busy.unwrap_or(0)),
        line,
        measured: busy.map(|busy| Seen {
            name: "busy",
            caption: format!(
                "measured: CPUs of the machine at work, for whomever: at most {}{}",
                tenths(busy),
                if drawn_busy.is_none() { ", far above this scale" } else { "" }
            ),
            stretches: drawn_busy.map_or(&[], |_| timeline.measured.busy.as_slice()),
            per_unit: 1000,
            unit: 1,
        }),
    };
    curve.write(sheet, timeline, |value| Count(value).to_string(), out)
}

fn memory(sheet: &Sheet, timeline: &Timeline, out: &mut dyn Write) -> io::Result<()> {
    let highest = Bytes(peak(&timeline.rss));
    let most_seen = timeline.measured.most_rss().map(Bytes);
    let curve = Curve {
        name: "memory",
        caption: format!("sum of peak RSS of running tools: upper bound, at most {highest}"),
        panel: sheet.memory,
        steps: &timeline.rss,
        unit: KIB,
        most: round_up(highest.max(most_seen.unwrap_or_default()).0.div_ceil(KIB)),
        line: None,
        measured: most_seen.map(|most| Seen {
            name: "resident",
            caption: format!("measured: RSS of all processes of the job, at most {most}"),
            stretches: &timeline.measured.rss,
            per_unit: 1,
            unit: KIB,
        }),
    };
    curve.write(sheet, timeline, |value| short(Bytes(value.saturating_mul(KIB))), out)
}

/// Whole processors, rounded up; what is a little above a number is a measure of ticks.
const fn processors_of(thousandths: u64) -> u64 {
    thousandths.saturating_add(899) / 1000
}

fn tenths(thousandths: u64) -> String {
    let tenths = thousandths.saturating_add(50) / 100;
    format!("{}.{}", Count(tenths / 10), tenths % 10)
}

struct Curve<'a> {
    name: &'static str,
    caption: String,
    panel: Panel,
    steps: &'a [Step],
    /// The values of the steps are divided by this.
    unit: u64,
    /// The value at the top of the panel.
    most: u64,
    /// Where a dashed line goes across.
    line: Option<u64>,
    /// What was measured of the same.
    measured: Option<Seen<'a>>,
}

/// A curve that was measured: a line over the other one, on the same scale.
struct Seen<'a> {
    name: &'static str,
    caption: String,
    stretches: &'a [Stretch],
    /// The scale counts in this many of its units.
    per_unit: u64,
    /// The values of the stretches are divided by this.
    unit: u64,
}

impl Curve<'_> {
    fn write(
        &self,
        sheet: &Sheet,
        timeline: &Timeline,
        print: impl Fn(u64) -> String,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        let Panel { caption, top, most, bottom, .. } = self.panel;
        let scale_x = sheet.left.saturating_sub(8);
        write!(out, "<text class=\"caption\" x=\"{}\" y=\"{caption}\">{}", sheet.left, self.caption)?;
        if let Some(seen) = &self.measured {
            seen.key(sheet, self.panel, out)?;
        }
        writeln!(out, "</text>")?;
        writeln!(out, "<text class=\"scale\" x=\"{scale_x}\" y=\"{}\">{}</text>", most + 4, print(self.most))?;
        writeln!(out, "<text class=\"scale\" x=\"{scale_x}\" y=\"{bottom}\">0</text>")?;
        writeln!(
            out,
            "<rect class=\"panel stretch\" x=\"{}\" y=\"{top}\" width=\"{}\" height=\"{}\"/>",
            sheet.left,
            sheet.plot,
            bottom - top
        )?;
        self.area(sheet, timeline, out)?;
        if let Some(seen) = &self.measured {
            seen.line(sheet, self.panel, self.most, out)?;
        }
        if let Some(value) = self.line {
            let height = u64::from(bottom - most) * value.min(self.most) / self.most;
            let (y, right) = (u64::from(bottom).saturating_sub(height), sheet.left.saturating_add(sheet.plot));
            writeln!(out, "<line class=\"limit\" x1=\"{}\" x2=\"{right}\" y1=\"{y}\" y2=\"{y}\"/>", sheet.left)?;
        }
        Ok(())
    }

    fn area(&self, sheet: &Sheet, timeline: &Timeline, out: &mut dyn Write) -> io::Result<()> {
        let matrix = sheet.curve_matrix(self.panel, self.most);
        write!(out, "<g clip-path=\"url(#gotrace-plot)\"><path class=\"time curve {}\" ", self.name)?;
        write!(out, "transform=\"{matrix}\" d=\"M0 0")?;
        for Step { at, value } in self.steps {
            write!(out, "H{}V{}", sheet.grains(*at), value.div_ceil(self.unit))?;
        }
        writeln!(out, "H{}V0z\"/></g>", sheet.grains(timeline.length))
    }
}

impl Seen<'_> {
    /// Behind the caption, or below it where the sheet is narrow.
    fn key(&self, sheet: &Sheet, panel: Panel, out: &mut dyn Write) -> io::Result<()> {
        let place = if panel.second == panel.caption {
            String::from(" dx=\"14\"")
        } else {
            format!(" x=\"{}\" y=\"{}\"", sheet.left, panel.second)
        };
        let sign = if self.stretches.is_empty() { "·" } else { "━" };
        write!(out, "<tspan class=\"key\"{place}>{sign}</tspan> {}", self.caption)
    }

    /// `M` begins anew where nobody looked for a while.
    fn line(&self, sheet: &Sheet, panel: Panel, most: u64, out: &mut dyn Write) -> io::Result<()> {
        if self.stretches.is_empty() {
            return Ok(());
        }
        let matrix = sheet.curve_matrix(panel, most.saturating_mul(self.per_unit));
        write!(out, "<g clip-path=\"url(#gotrace-plot)\"><path class=\"time measured {}\" ", self.name)?;
        write!(out, "transform=\"{matrix}\" d=\"")?;
        let mut last = None;
        for Stretch { start, end, value } in self.stretches {
            let (from, to, value) = (sheet.grains(*start), sheet.grains(*end), value.div_ceil(self.unit));
            if last == Some(*start) {
                write!(out, "V{value}H{to}")?;
            } else {
                write!(out, "M{from} {value}H{to}")?;
            }
            last = Some(*end);
        }
        writeln!(out, "\"/></g>")
    }
}

/// A size as the end of a scale: `1 GiB`, not `1.00 GiB`, for it is not measured.
fn short(bytes: Bytes) -> String {
    let text = bytes.to_string();
    match text.split_once(' ') {
        Some((number, unit)) if number.contains('.') => {
            format!("{} {unit}", number.trim_end_matches('0').trim_end_matches('.'))
        }
        _ => text,
    }
}

/// The next power of two, or one and a half of the power before.
fn round_up(value: u64) -> u64 {
    let power = value.max(1).checked_next_power_of_two().unwrap_or(u64::MAX);
    let between = power / 4 * 3;
    if between >= value && between > 0 { between } else { power }
}

#[cfg(test)]
mod tests {
    use super::{processors_of, round_up, short, tenths};
    use crate::units::Bytes;

    #[test]
    fn the_end_of_a_scale_has_no_needless_zeros() {
        let sizes =
            [Bytes(0), Bytes::from_mib(1), Bytes::from_mib(384), Bytes::from_mib(1_536), Bytes::from_mib(20_480)];
        assert_eq!(sizes.map(short), ["0 B", "1 MiB", "384 MiB", "1.5 GiB", "20 GiB"]);
    }

    #[test]
    fn ticks_of_the_kernel_make_no_processor_more() {
        assert_eq!([0, 100, 101, 1_000, 2_030, 2_101].map(processors_of), [0, 0, 1, 1, 2, 3]);
        assert_eq!([0, 49, 1_950, 2_030].map(tenths), ["0.0", "0.0", "2.0", "2.0"]);
    }

    #[test]
    fn the_scale_ends_at_a_round_number_not_far_above_the_curve() {
        let rounded = [0, 1, 3, 4, 5, 7, 812, 1_100, 1_537].map(round_up);
        assert_eq!(rounded, [1, 1, 3, 4, 6, 8, 1_024, 1_536, 2_048]);
    }
}
