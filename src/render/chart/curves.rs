//! The curves under the bars, on the same time axis: how many tools ran, and how much memory they held at most.
//!
//! A curve is one path in grains of time and its own unit, under a matrix; a zoom changes the matrix.

use std::io::{self, Write};

use super::sheet::{Panel, Sheet};
use crate::analyze::timeline::{Step, Timeline, peak};
use crate::units::{Bytes, Count};

/// Memory is drawn in KiB: numbers that are exact in the floating point of every browser.
const KIB: u64 = 1024;

/// Running tools, then memory.
pub(super) fn both(sheet: &Sheet, timeline: &Timeline, out: &mut dyn Write) -> io::Result<()> {
    let highest = peak(&timeline.running);
    // Twice as many processors as ever ran a tool would press the curve to the ground.
    let line = timeline.cpus.filter(|cpus| *cpus <= highest.saturating_mul(2));
    let running = Curve {
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
        most: highest.max(line.unwrap_or(1)),
        line,
    };
    running.write(sheet, timeline, |value| Count(value).to_string(), out)?;
    let highest = Bytes(peak(&timeline.rss));
    let memory = Curve {
        name: "memory",
        caption: format!("sum of peak RSS of running tools: upper bound, at most {highest}"),
        panel: sheet.memory,
        steps: &timeline.rss,
        unit: KIB,
        most: round_up(highest.0.div_ceil(KIB)),
        line: None,
    };
    memory.write(sheet, timeline, |value| short(Bytes(value.saturating_mul(KIB))), out)
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
}

impl Curve<'_> {
    fn write(
        &self,
        sheet: &Sheet,
        timeline: &Timeline,
        print: impl Fn(u64) -> String,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        let Panel { caption, top, most, bottom } = self.panel;
        let scale_x = sheet.left.saturating_sub(8);
        writeln!(out, "<text class=\"caption\" x=\"{}\" y=\"{caption}\">{}</text>", sheet.left, self.caption)?;
        writeln!(out, "<text class=\"scale\" x=\"{scale_x}\" y=\"{}\">{}</text>", most + 4, print(self.most))?;
        writeln!(out, "<text class=\"scale\" x=\"{scale_x}\" y=\"{bottom}\">0</text>")?;
        writeln!(
            out,
            "<rect class=\"panel stretch\" x=\"{}\" y=\"{top}\" width=\"{}\" height=\"{}\"/>",
            sheet.left,
            sheet.plot,
            bottom - top
        )?;
        let matrix = sheet.curve_matrix(self.panel, self.most);
        write!(out, "<g clip-path=\"url(#gotrace-plot)\"><path class=\"time curve {}\" ", self.name)?;
        write!(out, "transform=\"{matrix}\" d=\"M0 0")?;
        for Step { at, value } in self.steps {
            write!(out, "H{}V{}", sheet.grains(*at), value.div_ceil(self.unit))?;
        }
        writeln!(out, "H{}V0z\"/></g>", sheet.grains(timeline.length))?;
        if let Some(value) = self.line {
            let height = u64::from(bottom - most) * value.min(self.most) / self.most;
            let (y, right) = (u64::from(bottom).saturating_sub(height), sheet.left.saturating_add(sheet.plot));
            writeln!(out, "<line class=\"limit\" x1=\"{}\" x2=\"{right}\" y1=\"{y}\" y2=\"{y}\"/>", sheet.left)?;
        }
        Ok(())
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
    use super::{round_up, short};
    use crate::units::Bytes;

    #[test]
    fn the_end_of_a_scale_has_no_needless_zeros() {
        let sizes =
            [Bytes(0), Bytes::from_mib(1), Bytes::from_mib(384), Bytes::from_mib(1_536), Bytes::from_mib(20_480)];
        assert_eq!(sizes.map(short), ["0 B", "1 MiB", "384 MiB", "1.5 GiB", "20 GiB"]);
    }

    #[test]
    fn the_scale_ends_at_a_round_number_not_far_above_the_curve() {
        let rounded = [0, 1, 3, 4, 5, 7, 812, 1_100, 1_537].map(round_up);
        assert_eq!(rounded, [1, 1, 3, 4, 6, 8, 1_024, 1_536, 2_048]);
    }
}
