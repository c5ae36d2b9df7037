//! How the cost of a project went: as text, as Markdown for the page of a CI job, as JSON, and as a picture of all trends.
//!
//! Knows trends and runs; does not know how they were found.

mod splits;

use std::fmt::Write as _;
use std::io::{self, Write};

use serde_json::{Value, json as object};

use super::diff::json::percent;
use super::escape;
use super::palette::INK;
use super::table::{Align, HEAD, Table, counted, end_of};
use super::text::date;
use crate::analyze::history::splits::{Cause, Consequence, Split};
use crate::analyze::history::{Entry, History, Repeated, Shift, Trend};
use crate::units::{Change, Count, Nanos};

/// The version of the JSON.
const SCHEMA: u64 = 1;

/// A name that is longer is cut.
const NAME_COLUMNS: usize = 56;

/// A trend has no more columns than this.
const SPARK_COLUMNS: usize = 40;

/// A history to be shown.
#[derive(Debug)]
pub struct Page<'a> {
    /// What was found.
    pub history: &'a History,
    /// Rows of each table.
    pub rows: usize,
}

/// Writes it for a terminal.
///
/// # Errors
/// Those of `out`.
pub fn text(page: &Page, out: &mut dyn Write) -> io::Result<()> {
    for sentence in lead(page.history) {
        writeln!(out, "{sentence}")?;
    }
    for (title, table, more) in sections(page) {
        writeln!(out, "\n{HEAD}{title}{HEAD:#}")?;
        table.iter().try_for_each(|table| table.write(out))?;
        if more > 0 {
            writeln!(out, "  and {} more", Count(more as u64))?;
        }
    }
    Ok(())
}

/// Writes it for the page of a CI job.
///
/// # Errors
/// Those of `out`.
pub fn markdown(page: &Page, out: &mut dyn Write) -> io::Result<()> {
    for (at, sentence) in lead(page.history).iter().enumerate() {
        writeln!(out, "{}{}", if at == 0 { "## " } else { "\n" }, escape::markdown(sentence))?;
    }
    for (title, table, more) in sections(page) {
        writeln!(out, "\n### {title}")?;
        table.iter().try_for_each(|table| table.markdown(out))?;
        if more > 0 {
            writeln!(out, "and {} more", Count(more as u64))?;
        }
    }
    Ok(())
}

/// What it comes to.
fn lead(history: &History) -> Vec<String> {
    let (first, last) = history.total.ends();
    let change = Change::between(first.0, last.0).map(|change| format!(" ({change})")).unwrap_or_default();
    let known = history.runs.iter().skip(1).filter(|run| run.slower.is_some()).count();
    let runs = history.runs.len();
    let mut lead = vec![
        format!("{}, {}", counted(runs as u64, "trace"), period(history)),
        format!(
            "To build everything took {first} of CPU at first and takes {last} now{change}: {}",
            spark(&history.total)
        ),
    ];
    lead.push(match runs.saturating_sub(1) - known {
        0 => String::from("Figures are at the speed that the machine had in the first trace."),
        _ if known == 0 => String::from(
            "Figures are as they were measured: too few packages did the same work twice to tell how fast the machines were.",
        ),
        unknown => format!(
            "Figures are at the speed that the machine had in the first trace, but for {} in which too few packages did the same \
             work as before.",
            counted(unknown as u64, "trace")
        ),
    });
    let (again, cpu) =
        history.repeated.iter().fold((0, Nanos::ZERO), |(again, cpu), it| (again + it.again, cpu + it.cpu));
    if again > 0 {
        let built: u64 = history.runs.iter().map(|run| run.built).sum();
        let all: Nanos = history.runs.iter().map(|run| run.cpu).sum();
        lead.push(format!(
            "Of {} packages that were compiled {} had been built from the same in an earlier trace: {cpu} of {all} of CPU that a kept \
             build cache would have spared.",
            Count(built),
            Count(again as u64)
        ));
    }
    lead.extend(splits::lead(&history.splits));
    lead
}

fn period(history: &History) -> String {
    let day = |run: Option<&Entry>| run.and_then(|run| date(run.began?)).unwrap_or_else(|| String::from("not dated"));
    format!("{} to {}", day(history.runs.first()), day(history.runs.last()))
}

/// A title, a table where there are rows, and how many rows were left out.
type Section = (&'static str, Option<Table>, usize);

/// What there is to tell.
fn sections(page: &Page) -> Vec<Section> {
    let split = &page.history.splits;
    let (causes, packages_split) = (splits::causes(split, page.rows), splits::packages(split, page.rows));
    let all = [Some(shifts(page)), Some(packages(page)), repeated(page), causes, packages_split, Some(runs(page))];
    all.into_iter().flatten().collect()
}

/// Every change of level, the last one first.
fn shifts(page: &Page) -> Section {
    let history = page.history;
    let mut all: Vec<(&Trend, &Shift)> = Vec::new();
    for trend in [&history.total].into_iter().chain(&history.packages) {
        all.extend(trend.shifts.iter().map(|shift| (trend, shift)));
    }
    // Of one run the whole comes first, then what changed most.
    all.sort_by_key(|(trend, shift)| {
        let size = shift.after.0.abs_diff(shift.before.0);
        (std::cmp::Reverse((shift.run, size)), trend.name.clone())
    });
    let mut table = Table::new(&[
        ("since", Align::Left),
        ("trace", Align::Name),
        ("what", Align::Name),
        ("before", Align::Right),
        ("after", Align::Right),
        ("change", Align::Right),
    ]);
    for (trend, shift) in all.iter().take(page.rows) {
        let run = &history.runs[shift.run];
        table.row([
            run.began.and_then(date).unwrap_or_default(),
            name(&run.name),
            name(&trend.name),
            shift.before.to_string(),
            shift.after.to_string(),
            shift.change().map(|change| change.to_string()).unwrap_or_default(),
        ]);
    }
    if all.is_empty() {
        return ("No cost changed by 5 % or more and stayed", None, 0);
    }
    ("When it changed, by 5 % or more, and stayed", Some(table), all.len().saturating_sub(page.rows))
}

fn packages(page: &Page) -> Section {
    let mut table = Table::new(&[
        ("package", Align::Name),
        ("runs", Align::Right),
        ("first", Align::Right),
        ("last", Align::Right),
        ("change", Align::Right),
        ("CPU from run to run", Align::Left),
    ]);
    for trend in page.history.packages.iter().take(page.rows) {
        let (first, last) = trend.ends();
        table.row([
            name(&trend.name),
            trend.points.len().to_string(),
            first.to_string(),
            last.to_string(),
            Change::between(first.0, last.0).map(|change| change.to_string()).unwrap_or_default(),
            spark(trend),
        ]);
    }
    ("Packages, what changed most first", Some(table), page.history.packages.len().saturating_sub(page.rows))
}

/// What a build cache that is kept from run to run would have spared.
fn repeated(page: &Page) -> Option<Section> {
    let all = &page.history.repeated;
    let mut table = Table::new(&[
        ("package", Align::Name),
        ("keys", Align::Right),
        ("built", Align::Right),
        ("with a key known before", Align::Right),
        ("CPU of these", Align::Right),
    ]);
    for it in all.iter().take(page.rows) {
        let [keys, built, again] = [it.keys, it.built, it.again].map(|count| Count(count as u64).to_string());
        table.row([name(&it.name), keys, built, again, it.cpu.to_string()]);
    }
    let title = "Built from the same as in an earlier trace: a build cache that is kept has it";
    (!all.is_empty()).then_some((title, Some(table), all.len().saturating_sub(page.rows)))
}

/// The last runs, for they are asked about.
fn runs(page: &Page) -> Section {
    let mut table = Table::new(&[
        ("began", Align::Left),
        ("trace", Align::Name),
        ("Go", Align::Left),
        ("wall", Align::Right),
        ("CPU", Align::Right),
        ("machine", Align::Right),
        ("built", Align::Right),
        ("cached", Align::Right),
        ("peak RSS", Align::Right),
        ("linked", Align::Right),
    ]);
    for run in page.history.runs.iter().rev().take(page.rows) {
        table.row([
            run.began.and_then(date).unwrap_or_default(),
            name(&run.name),
            escape::terminal(&run.go).into_owned(),
            run.wall.to_string(),
            run.cpu.to_string(),
            run.slower.map(|slower| slower.to_string()).unwrap_or_default(),
            Count(run.built).to_string(),
            Count(run.cached).to_string(),
            run.rss.to_string(),
            run.linked.to_string(),
        ]);
    }
    ("Traces, the last one first", Some(table), page.history.runs.len().saturating_sub(page.rows))
}

fn name(name: &str) -> String {
    end_of(NAME_COLUMNS, &escape::terminal(name))
}

/// The least and the greatest height of a trend: of one that hardly changes it is not made to look as if it did.
fn scale(points: &[(usize, Nanos)]) -> (u64, u64) {
    let most = points.iter().map(|(_, cost)| cost.0).max().unwrap_or(0);
    let least = points.iter().map(|(_, cost)| cost.0).min().unwrap_or(0);
    (least.min(most - most / 4), most.max(1))
}

/// A trend in a line of text.
fn spark(trend: &Trend) -> String {
    const HEIGHTS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let (least, most) = scale(&trend.points);
    let every = trend.points.len().div_ceil(SPARK_COLUMNS).max(1);
    let height = |group: &[(usize, Nanos)]| {
        let cost = group.iter().map(|(_, cost)| cost.0).max().unwrap_or(0);
        let share = u128::from(cost - least) * 7 / u128::from((most - least).max(1));
        HEIGHTS[usize::try_from(share).unwrap_or(0).min(7)]
    };
    trend.points.chunks(every).map(height).collect()
}

/// Writes it for scripts: nanoseconds, bytes, percent; runs by their number from 0.
///
/// # Errors
/// Those of `out`.
pub fn json(page: &Page, out: &mut dyn Write) -> io::Result<()> {
    let run = |run: &Entry| {
        object!({
            "trace": run.name, "began_ns": run.began.map(|began| began.0), "go_version": run.go, "wall_ns": run.wall.0, "cpu_ns": run.cpu.0,
            "machine_slower_percent": run.slower.map(percent), "packages_built": run.built, "packages_cached": run.cached,
            "max_rss_bytes": run.rss.0, "linked_bytes": run.linked.0,
        })
    };
    let shift = |shift: &Shift| {
        object!({
            "run": shift.run, "before_ns": shift.before.0, "after_ns": shift.after.0, "change_percent": shift.change().map(percent),
        })
    };
    let trend = |trend: &Trend| -> Value {
        object!({
            "name": trend.name,
            "runs": trend.points.iter().map(|(run, _)| run).collect::<Vec<_>>(),
            "cpu_ns": trend.points.iter().map(|(_, cost)| cost.0).collect::<Vec<_>>(),
            "shifts": trend.shifts.iter().map(shift).collect::<Vec<_>>(),
        })
    };
    let repeated = |it: &Repeated| {
        object!({
            "package": it.name, "action_ids": it.keys, "built": it.built, "built_again": it.again, "built_again_cpu_ns": it.cpu.0,
        })
    };
    let cause = |cause: &Cause| {
        let (kind, name) = splits::kind(cause);
        object!({ "kind": kind, "name": name })
    };
    let split_by = |row: &Consequence| {
        object!({
            "causes": row.causes.iter().map(cause).collect::<Vec<_>>(), "words": row.words(), "tool": row.tool.name(),
            "course": splits::course(row.course), "packages": row.packages, "action_ids": row.keys, "cpu_ns": row.cpu.0,
            "advice": splits::advice(row),
        })
    };
    let split = |split: &Split| {
        object!({
            "package": split.whose.package, "target": split.whose.target, "tool": split.whose.tool.name(), "action_ids": split.keys,
            "by_settings": split.spare, "by_settings_cpu_ns": split.cpu.0, "not_looked_into": split.unseen,
            "causes": split.causes.iter().map(cause).collect::<Vec<_>>(),
        })
    };
    let history = page.history;
    let value = object!({
        "schema": SCHEMA,
        "runs": history.runs.iter().map(run).collect::<Vec<_>>(),
        "total": trend(&history.total),
        "packages": history.packages.iter().take(page.rows).map(trend).collect::<Vec<_>>(),
        "repeated": history.repeated.iter().map(repeated).collect::<Vec<_>>(),
        "split_by": history.splits.causes.iter().map(split_by).collect::<Vec<_>>(),
        "splits": history.splits.packages.iter().take(page.rows).map(split).collect::<Vec<_>>(),
        "packages_left_out": history.packages.len().saturating_sub(page.rows),
    });
    serde_json::to_writer_pretty(&mut *out, &value)?;
    writeln!(out)
}

/// Pixels of the picture.
const WIDTH: usize = 960;
const ROW: usize = 30;
const TOP: usize = 64;
const LINE: (usize, usize) = (430, 320);

/// Draws a line for each trend: a table that shows where it bends.
///
/// # Errors
/// Those of `out`.
pub fn svg(page: &Page, out: &mut dyn Write) -> io::Result<()> {
    let history = page.history;
    let trends: Vec<&Trend> = [&history.total].into_iter().chain(history.packages.iter().take(page.rows)).collect();
    let height = TOP + trends.len() * ROW + 16;
    let title = format!("CPU time by package, {}", period(history));
    writeln!(
        out,
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{height}\" viewBox=\"0 0 {WIDTH} {height}\" role=\"img\">\n\
         <title>{title}</title>\n<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n\
         <g font-family=\"system-ui,sans-serif\" font-size=\"13\" fill=\"{INK}\">\n\
         <text x=\"16\" y=\"28\" font-size=\"17\">{title}</text>\n\
         <text x=\"16\" y=\"50\" fill=\"#555\">a dot is where a level changed and stayed; each line has its own scale</text>",
        title = escape::xml(&title)
    )?;
    for (row, trend) in trends.into_iter().enumerate() {
        svg_row(trend, history, TOP + row * ROW, out)?;
    }
    writeln!(out, "</g>\n</svg>")
}

fn svg_row(trend: &Trend, history: &History, top: usize, out: &mut dyn Write) -> io::Result<()> {
    let (least, most) = scale(&trend.points);
    let runs = history.runs.len().saturating_sub(1).max(1);
    let x = |run: usize| LINE.0 + run * LINE.1 / runs;
    let y = |cost: Nanos| {
        let up = u128::from(cost.0.clamp(least, most) - least) * (ROW as u128 - 10) / u128::from((most - least).max(1));
        top + ROW - 5 - usize::try_from(up).unwrap_or(0)
    };
    let (first, last) = trend.ends();
    let change = Change::between(first.0, last.0).map(|change| change.to_string()).unwrap_or_default();
    let (name, label) = (escape::xml(&trend.name).into_owned(), end_of(NAME_COLUMNS, &trend.name));
    let mut line = String::new();
    for (run, cost) in &trend.points {
        // Writing into a String cannot fail.
        let _ = write!(line, "{},{} ", x(*run), y(*cost));
    }
    writeln!(
        out,
        "<g><title>{name}: {first} to {last}</title>\n<text x=\"16\" y=\"{base}\">{label}</text>\n\
         <polyline points=\"{line}\" fill=\"none\" stroke=\"#2f6fb3\" stroke-width=\"1.5\"/>",
        base = top + 20,
        label = escape::xml(&label),
        line = line.trim_end()
    )?;
    for shift in &trend.shifts {
        let grew = if shift.after > shift.before { "#c2410c" } else { "#0f766e" };
        writeln!(out, "<circle cx=\"{}\" cy=\"{}\" r=\"4\" fill=\"{grew}\"/>", x(shift.run), y(shift.after))?;
    }
    let side = LINE.0 + LINE.1 + 14;
    writeln!(out, "<text x=\"{side}\" y=\"{}\">{last} <tspan fill=\"#555\">{change}</tspan></text></g>", top + 20)
}
