//! Runs as text of Go's benchmarks, for `benchstat`.
//!
//! Knows runs and the format (golang.org/design/14313-benchmark-format): configuration lines, then a line for each run and name.
//! A file has the runs of one side; benchstat compares files.

use std::io::{self, Write};

use crate::analyze::diff::number::{Figure, Unit};
use crate::analyze::diff::run::Run;

/// Tools that every build has; others are few runs of many names.
const TOOLS: [&str; 2] = ["compile", "link"];

/// Writes the runs of both sides, told apart by the key `side`: `benchstat -col side`.
///
/// # Errors
/// Those of `out`.
pub fn write(old: &[Run], new: &[Run], out: &mut dyn Write) -> io::Result<()> {
    for unit in ["user+sys-sec", "wall-sec", "critical-sec", "rss-bytes", "peak-bytes", "linked-bytes", "packages"] {
        writeln!(out, "Unit {unit} better=lower")?;
    }
    for (side, runs) in [("old", old), ("new", new)] {
        writeln!(out, "\nside: {side}")?;
        for run in runs {
            one(run, out)?;
        }
    }
    Ok(())
}

fn one(run: &Run, out: &mut dyn Write) -> io::Result<()> {
    let setting = &run.setting;
    let words = |words: &mut dyn Iterator<Item = &String>| {
        words.map(|word| word.replace(|c: char| c.is_control(), " ")).collect::<Vec<_>>().join(" ")
    };
    let (go, target) = (words(&mut setting.go.iter()), words(&mut setting.targets.iter()));
    if let Some((goos, goarch)) = target.split_once('/') {
        writeln!(out, "goos: {goos}\ngoarch: {goarch}")?;
    }
    if !go.is_empty() {
        writeln!(out, "go: {go}")?;
    }
    let of = |figure: Figure| figure.of(&run.totals);
    let seconds = |figure: u64| decimal(figure, Unit::Time);
    writeln!(
        out,
        "BenchmarkBuild 1 {} wall-sec {} user+sys-sec {} critical-sec {} rss-bytes {} peak-bytes {} linked-bytes {} packages",
        seconds(of(Figure::Wall)),
        seconds(of(Figure::Cpu)),
        seconds(of(Figure::Critical)),
        of(Figure::Rss),
        of(Figure::Peak),
        of(Figure::Linked),
        of(Figure::Built),
    )?;
    for tool in TOOLS {
        if let Some(work) = run.tools.get(tool) {
            writeln!(
                out,
                "BenchmarkTool/tool={tool} {} {} user+sys-sec {} rss-bytes",
                work.runs,
                seconds(work.cpu.0),
                work.rss.0
            )?;
        }
    }
    Ok(())
}

/// Nanoseconds as seconds, without a float in between.
fn decimal(figure: u64, unit: Unit) -> String {
    match unit {
        Unit::Time => format!("{}.{:09}", figure / 1_000_000_000, figure % 1_000_000_000),
        Unit::Size | Unit::Number => figure.to_string(),
    }
}
