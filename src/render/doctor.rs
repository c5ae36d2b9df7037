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
    for told in told(page) {
        match told {
            Told::One(finding) => in_text(finding, page, out)?,
            Told::Alike(lost) => lost_in_text(&lost, out)?,
        }
    }
    writeln!(out, "\n{}", sums(page.report))
}

/// What is told in one piece.
enum Told<'a> {
    One(&'a Finding),
    /// Several that could not be told, all for one reason: whoever mends that wants to read it once.
    Alike(Vec<&'a Finding>),
}

fn told<'a>(page: &Page<'a>) -> Vec<Told<'a>> {
    let findings = &page.report.findings;
    if page.detail == Detail::Everything {
        return findings.iter().map(Told::One).collect();
    }
    let mut told: Vec<Told> =
        findings.iter().filter(|finding| finding.answer.verdict > Verdict::Unknown).map(Told::One).collect();
    let mut reasons: Vec<(&[String], Vec<&Finding>)> = Vec::new();
    for finding in findings.iter().filter(|finding| finding.answer.verdict == Verdict::Unknown) {
        match reasons.iter_mut().find(|(why, _)| *why == finding.answer.seen) {
            Some((_, lost)) => lost.push(finding),
            None => reasons.push((&finding.answer.seen, vec![finding])),
        }
    }
    told.extend(reasons.into_iter().map(|(_, lost)| match lost[..] {
        [finding] => Told::One(finding),
        _ => Told::Alike(lost),
    }));
    told
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

fn lost_in_text(lost: &[&Finding], out: &mut dyn Write) -> io::Result<()> {
    let (mark, word, style) = (mark(Verdict::Unknown), Verdict::Unknown.word(), style(Verdict::Unknown));
    writeln!(out, "\n{style}{mark} {word}{style:#}  {}, for one reason", counted(lost.len() as u64, "check"))?;
    for line in reason(lost) {
        writeln!(out, "  {}", escape::terminal(line))?;
    }
    writeln!(out, "  {}", names(lost, |name| format!("[{name}]")))
}

fn reason<'a>(lost: &[&'a Finding]) -> &'a [String] {
    lost.first().map(|finding| finding.answer.seen.as_slice()).unwrap_or_default()
}

fn names(lost: &[&Finding], name: impl Fn(&str) -> String) -> String {
    lost.iter().map(|finding| name(finding.check.id)).collect::<Vec<_>>().join(" ")
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
    // What could not be told stands behind what was found.
    match report.findings.first().filter(|worst| worst.answer.verdict >= Verdict::Unknown) {
        None => format!("{checks}: {told}"),
        Some(worst) => {
            format!(
                "{checks}: {told}\n`gotrace doctor --explain {}` says more, as for each by its name.",
                worst.check.id
            )
        }
    }
}

/// Writes it for the page of a CI job.
///
/// # Errors
/// Those of `out`.
pub fn markdown(page: &Page, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "### Go builds in {}\n", escape::markdown_name(page.directory))?;
    for told in told(page) {
        match told {
            Told::One(finding) => in_markdown(finding, page, out)?,
            Told::Alike(lost) => lost_in_markdown(&lost, out)?,
        }
    }
    writeln!(out, "\n{}", sums(page.report))
}

fn in_markdown(finding: &Finding, page: &Page, out: &mut dyn Write) -> io::Result<()> {
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
    Ok(())
}

fn lost_in_markdown(lost: &[&Finding], out: &mut dyn Write) -> io::Result<()> {
    let (word, count) = (Verdict::Unknown.word(), counted(lost.len() as u64, "check"));
    writeln!(out, "- **{word}**: {count}, for one reason: {}", names(lost, |name| format!("`{name}`")))?;
    for line in reason(lost) {
        writeln!(out, "  - {}", escape::markdown_name(line))?;
    }
    Ok(())
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
