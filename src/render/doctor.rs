//! What `gotrace doctor` found: as text, JSON, Markdown, and annotations of a GitHub workflow.
//!
//! Knows findings and how they are said; does not know how they were found.

use std::io::{self, Write};

use anstyle::{AnsiColor, Style};
use serde_json::{Value, json as object};

use super::annotation::{self, Level};
use super::escape;
use super::table::{HEAD, counted};
use crate::doctor::answer::{Cost, Verdict};
use crate::doctor::examine::{Finding, Report};

/// What is shown.
#[derive(Debug)]
pub struct Page<'a> {
    /// What was found.
    pub report: &'a Report,
    /// Where.
    pub directory: &'a str,
    /// How the trace is called that costs are from, where there is one.
    pub trace: Option<&'a str>,
    /// How much of it is said.
    pub detail: Detail,
}

/// How much is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Detail {
    /// What is not well.
    Findings,
    /// Every check, and how long it took.
    Everything,
}

/// Where every check is explained.
const MANUAL: &str = "docs/doctor.md";

/// All verdicts, as they are counted.
const VERDICTS: [(Verdict, &str); 6] = [
    (Verdict::Error, "error"),
    (Verdict::Warn, "warning"),
    (Verdict::Note, "note"),
    (Verdict::Unknown, "could not tell"),
    (Verdict::Ok, "fine"),
    (Verdict::NotApplicable, "not applicable"),
];

/// Writes it for people.
///
/// # Errors
/// Those of `out`.
pub fn text(page: &Page, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{HEAD}Go builds in {}{HEAD:#}", escape::terminal(page.directory))?;
    for finding in shown(page) {
        in_text(finding, page, out)?;
    }
    writeln!(out, "\n{}", sums(page.report))
}

fn shown<'a>(page: &Page<'a>) -> impl Iterator<Item = &'a Finding> + use<'a> {
    let least = match page.detail {
        Detail::Findings => Verdict::Unknown,
        Detail::Everything => Verdict::NotApplicable,
    };
    page.report.findings.iter().filter(move |finding| finding.answer.verdict >= least)
}

fn in_text(finding: &Finding, page: &Page, out: &mut dyn Write) -> io::Result<()> {
    let (answer, check) = (&finding.answer, finding.check);
    let style = style(answer.verdict);
    let took = match page.detail {
        Detail::Findings => String::new(),
        Detail::Everything => format!("  ({} ms)", finding.took.as_millis()),
    };
    let (mark, word) = (mark(answer.verdict), answer.verdict.word());
    writeln!(out, "\n{style}{mark} {word}{style:#}  {}  [{}]{took}", check.title, check.id)?;
    for line in &answer.seen {
        writeln!(out, "  {}", escape::terminal(line))?;
    }
    if answer.verdict < Verdict::Note {
        return Ok(());
    }
    writeln!(out, "  why: {} ({})", check.why, check.matters.word())?;
    if let Some(cost) = &answer.cost {
        writeln!(out, "  cost: {}", escape::terminal(&cost_in(cost, page)))?;
    }
    for how in &answer.mend {
        writeln!(out, "  mend: {}", escape::terminal(how))?;
    }
    Ok(())
}

/// The title says what holds where all is well, so a mark says whether it does.
const fn mark(verdict: Verdict) -> char {
    match verdict {
        Verdict::Error | Verdict::Warn => '✗',
        Verdict::Note => '!',
        Verdict::Unknown => '?',
        Verdict::Ok => '✓',
        Verdict::NotApplicable => '-',
    }
}

const fn style(verdict: Verdict) -> Style {
    match verdict {
        Verdict::Error => AnsiColor::Red.on_default().bold(),
        Verdict::Warn => AnsiColor::Yellow.on_default().bold(),
        Verdict::Note => AnsiColor::Cyan.on_default().bold(),
        Verdict::Ok => AnsiColor::Green.on_default(),
        Verdict::Unknown | Verdict::NotApplicable => Style::new().bold(),
    }
}

fn cost_in(cost: &Cost, page: &Page) -> String {
    format!("{} in {}: {}", cost.time, page.trace.unwrap_or("the trace"), cost.what)
}

/// `54 checks: 1 error, 2 warnings, 51 fine`.
fn sums(report: &Report) -> String {
    let parts = VERDICTS.iter().filter_map(|(verdict, noun)| match (report.count(*verdict), verdict) {
        (0, _) => None,
        (count, Verdict::Error | Verdict::Warn | Verdict::Note) => Some(counted(count, noun)),
        (count, _) => Some(format!("{count} {noun}")),
    });
    let checks = counted(report.findings.len() as u64, "check");
    let told = parts.collect::<Vec<_>>().join(", ");
    if report.worst() < Verdict::Unknown {
        return format!("{checks}: {told}");
    }
    format!("{checks}: {told}\n{MANUAL} says more about each, by the name in brackets.")
}

/// Writes it for the page of a CI job.
///
/// # Errors
/// Those of `out`.
pub fn markdown(page: &Page, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "### Go builds in {}\n", escape::markdown_name(page.directory))?;
    for finding in shown(page) {
        let (answer, check) = (&finding.answer, finding.check);
        writeln!(out, "- **{}**: {} (`{}`)", answer.verdict.word(), escape::markdown(check.title), check.id)?;
        for line in &answer.seen {
            writeln!(out, "  - {}", escape::markdown_name(line))?;
        }
        if answer.verdict >= Verdict::Note {
            writeln!(out, "  - why: {} ({})", escape::markdown(check.why), check.matters.word())?;
        }
        if let Some(cost) = &answer.cost {
            writeln!(out, "  - cost: {}", escape::markdown(&cost_in(cost, page)))?;
        }
        for how in &answer.mend {
            writeln!(out, "  - mend: {}", escape::markdown_name(how))?;
        }
    }
    writeln!(out, "\n{}", sums(page.report))
}

/// Writes it as annotations of a GitHub workflow.
///
/// # Errors
/// Those of `out`.
pub fn github(page: &Page, out: &mut dyn Write) -> io::Result<()> {
    for (verdict, level) in
        [(Verdict::Error, Level::Error), (Verdict::Warn, Level::Warning), (Verdict::Note, Level::Notice)]
    {
        let findings = page.report.findings.iter().filter(|finding| finding.answer.verdict == verdict);
        let lines: Vec<(String, String)> = findings.map(annotated).collect();
        annotation::write(level, &lines, out)?;
    }
    Ok(())
}

fn annotated(finding: &Finding) -> (String, String) {
    let mend = finding.answer.mend.iter().map(|how| format!("mend: {how}"));
    let lines: Vec<String> = finding.answer.seen.iter().cloned().chain(mend).collect();
    (format!("gotrace doctor: {}", finding.check.id), lines.join("\n"))
}

/// Writes it for scripts.
///
/// # Errors
/// Those of `out`.
pub fn json(page: &Page, out: &mut dyn Write) -> io::Result<()> {
    let findings: Vec<Value> = page.report.findings.iter().map(in_json).collect();
    let counts: serde_json::Map<String, Value> =
        VERDICTS.iter().map(|(verdict, _)| (key(*verdict).to_owned(), page.report.count(*verdict).into())).collect();
    let report = object!({
        "schema": 1,
        "directory": page.directory,
        "trace": page.trace,
        "verdicts": counts,
        "findings": findings,
    });
    serde_json::to_writer_pretty(&mut *out, &report)?;
    writeln!(out)
}

fn in_json(finding: &Finding) -> Value {
    let (answer, check) = (&finding.answer, finding.check);
    object!({
        "id": check.id,
        "family": finding.family,
        "title": check.title,
        "verdict": key(answer.verdict),
        "seen": answer.seen,
        "why": check.why,
        "matters": check.matters.word(),
        "mend": answer.mend,
        "cost_ns": answer.cost.as_ref().map(|cost| cost.time.0),
        "cost_of": answer.cost.as_ref().map(|cost| &cost.what),
        "documentation": format!("{MANUAL}#{}", check.id),
        "took_ns": u64::try_from(finding.took.as_nanos()).unwrap_or(u64::MAX),
    })
}

/// As it is called in JSON.
const fn key(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Error => "error",
        Verdict::Warn => "warn",
        Verdict::Note => "note",
        Verdict::Unknown => "unknown",
        Verdict::Ok => "ok",
        Verdict::NotApplicable => "not_applicable",
    }
}
