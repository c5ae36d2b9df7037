//! The summary as GitHub-flavoured Markdown, for the page of a CI job.
//!
//! Knows the report and what such a page may hold; the tables and sentences are those of the text. Names come from a trace
//! that anybody may have made, so each is written as code: nobody is mentioned, nothing is linked.

use std::io::{self, Write};

use super::table::{Align, Table, end_of};
use super::text::{Nothing, facts, what_happened};
use super::{course, escape, job, phases, text};
use crate::analyze::course::Course;
use crate::analyze::course::path::LIMIT;
use crate::analyze::job::Job;
use crate::analyze::summary::{CommandRow, Rows, Summary};

/// GitHub takes a mebibyte for all of a job; the rest is for what others say there.
const MOST_BYTES: usize = 512 << 10;

/// Rows of what has no limit of its own.
const ROWS: usize = 50;

/// Advice beyond this is left to the text.
const ADVICE: usize = 6;

/// A command line that is longer is cut.
const LINE_COLUMNS: usize = 110;

/// Writes the whole summary, and what was odd in the trace.
///
/// # Errors
/// Those of `out`.
pub fn write(summary: &Summary, problems: &[String], out: &mut dyn Write) -> io::Result<()> {
    let mut written = 0;
    for section in sections(summary, problems)? {
        written += section.len();
        if written > MOST_BYTES {
            return writeln!(out, "\nThe rest is too long for this page: `gotrace summary` has it.");
        }
        out.write_all(&section)?;
    }
    Ok(())
}

/// Each as text, the most important first.
fn sections(summary: &Summary, problems: &[String]) -> io::Result<Vec<Vec<u8>>> {
    let mut sections = vec![of(|out| faults(summary, out))?];
    for job in &summary.jobs {
        sections.push(of(|out| job_section(job, out))?);
    }
    sections.push(of(|out| commands(summary, out))?);
    if let Some(course) = &summary.course {
        sections.push(of(|out| workers(course, summary, out))?);
        sections.push(of(|out| path(course, summary, out))?);
        sections.push(of(|out| cache(course, out))?);
        sections.push(of(|out| advice(course, out))?);
    }
    if summary.total.work.runs > 0 {
        sections.push(of(|out| packages(summary, out))?);
        sections.push(of(|out| tools(summary, out))?);
        sections.push(of(|out| modules(summary, out))?);
        sections.push(of(|out| by_phase(summary, out))?);
        sections.push(of(|out| memory(summary, out))?);
    }
    sections.push(of(|out| remarks(summary, problems, out))?);
    Ok(sections)
}

fn of(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<Vec<u8>> {
    let mut section = Vec::new();
    write(&mut section)?;
    Ok(section)
}

fn faults(summary: &Summary, out: &mut dyn Write) -> io::Result<()> {
    if summary.faults.is_empty() {
        return Ok(());
    }
    head("What did not end well", out)?;
    let mut table = Table::new(&[
        ("tool", Align::Name),
        ("package", Align::Name),
        ("command", Align::Right),
        ("what happened", Align::Left),
    ]);
    for fault in summary.faults.iter().take(ROWS) {
        let what = format!("{}{}", what_happened(fault, summary.evidence()), text::how_long(fault));
        table.row([fault.tool.clone(), fault.package.clone(), fault.command.to_string(), what]);
    }
    table.markdown(out)?;
    more(summary.faults.len().saturating_sub(ROWS), out)
}

fn job_section(job: &Job, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "\n### Job: {}", name(&job.line))?;
    let cpu = job.cpu.map(|cpu| format!(", {cpu} CPU")).unwrap_or_default();
    writeln!(out, "\n{} wall{cpu}, {}", job.wall, job::ending(job.death))?;
    job::account_table(job).markdown(out)?;
    let Some(answer) = &job.out_of_memory else { return Ok(()) };
    let words = of(|out| job::out_of_memory(answer, out))?;
    // Columns that stand as they are; what it says is text, not Markdown.
    writeln!(out, "\n<pre>{}</pre>", lines(&String::from_utf8_lossy(&words)))
}

/// Each line made harmless, without what colours a terminal.
fn lines(text: &str) -> String {
    let plain = text.replace("\u{1b}[1m", "").replace("\u{1b}[0m", "");
    plain.trim_matches('\n').lines().map(|line| format!("{}&#10;", escape::xml(line))).collect()
}

fn commands(summary: &Summary, out: &mut dyn Write) -> io::Result<()> {
    head("Go commands", out)?;
    if summary.total.work.runs == 0 {
        let Nothing { why, hint } = text::why_nothing(summary);
        writeln!(out, "\n{why} {}", escape::markdown(hint))?;
    }
    if summary.commands.is_empty() {
        return Ok(());
    }
    let mut table = Table::new(&[
        ("", Align::Right),
        ("command", Align::Name),
        ("wall", Align::Right),
        ("CPU", Align::Right),
        ("tool runs", Align::Right),
        ("packages compiled", Align::Right),
        ("", Align::Name),
    ]);
    let hidden = summary.commands.len().saturating_sub(ROWS);
    for command in summary.commands.iter().skip(hidden) {
        table.row(command_row(command));
    }
    table.markdown(out)?;
    more(hidden, out)
}

fn command_row(command: &CommandRow) -> [String; 7] {
    let sum = &command.sum;
    let line: String = command.line.chars().take(LINE_COLUMNS).collect();
    let cut = if line.len() < command.line.len() { "…" } else { "" };
    [
        command.number.to_string(),
        format!("{line}{cut}"),
        command.wall.to_string(),
        (sum.work.cpu() + sum.probes.cpu()).to_string(),
        sum.work.runs.to_string(),
        sum.compiles.to_string(),
        end_of(LINE_COLUMNS, &facts(command).join(", ")),
    ]
}

fn workers(course: &Course, summary: &Summary, out: &mut dyn Write) -> io::Result<()> {
    head(&format!("Workers{}", of_command(course, summary)), out)?;
    let account = &course.account;
    course::loads(account).markdown(out)?;
    if !account.workers_are_known {
        writeln!(out, "{}", course::not_known(account))?;
    }
    if let Some(granted) = &course.granted {
        writeln!(out, "\n{}", escape::markdown(&course::granted(granted).join(" ")))?;
    }
    let idle = course::idle(account);
    if idle.is_empty() {
        return Ok(());
    }
    folded(course::IDLE, &course::windows(&idle), out)
}

fn path(course: &Course, summary: &Summary, out: &mut dyn Write) -> io::Result<()> {
    let path = &course.path;
    head(&format!("Critical path{}", of_command(course, summary)), out)?;
    writeln!(out, "\n{}: {} {}", course::length(path), LIMIT, course::tools(path))?;
    let (table, hidden) = course::steps(path);
    table.markdown(out)?;
    let hidden = hidden.map(|hidden| format!("{hidden}. ")).unwrap_or_default();
    writeln!(out, "{hidden}{}", course::waits(path))
}

/// Of the last command that took something from it: a job summary is about what was just built.
fn cache(course: &Course, out: &mut dyn Write) -> io::Result<()> {
    let Some(cache) = course.caches.last() else { return Ok(()) };
    head("From the build cache", out)?;
    let of = if course.caches.len() > 1 { format!("Command {}: ", cache.command) } else { String::new() };
    writeln!(out, "\n{of}{}", cache.words().join(" "))
}

fn advice(course: &Course, out: &mut dyn Write) -> io::Result<()> {
    if course.advice.is_empty() {
        return Ok(());
    }
    head("What could be changed", out)?;
    let mut table =
        Table::new(&[("what", Align::Name), ("less", Align::Right), ("seen", Align::Name), ("but", Align::Left)]);
    for advice in course.advice.iter().take(ADVICE) {
        let gain = advice.gain.map(|gain| gain.to_string()).unwrap_or_default();
        table.row([advice.what.clone(), gain, advice.evidence.join(" "), advice.caveat.to_owned()]);
    }
    table.markdown(out)
}

fn of_command(course: &Course, summary: &Summary) -> String {
    if summary.commands.len() > 1 { format!(" of command {}", course.number) } else { String::new() }
}

fn packages(summary: &Summary, out: &mut dyn Write) -> io::Result<()> {
    head("Slowest packages", out)?;
    text::package_table(summary).markdown(out)?;
    more_rows(&summary.packages, out)
}

fn tools(summary: &Summary, out: &mut dyn Write) -> io::Result<()> {
    head("By tool", out)?;
    text::tool_table(summary).markdown(out)?;
    if summary.parts.is_empty() {
        return Ok(());
    }
    folded("Inside other tools, and in their figures", &text::part_table(summary), out)
}

fn modules(summary: &Summary, out: &mut dyn Write) -> io::Result<()> {
    head("By module", out)?;
    text::module_table(summary).markdown(out)?;
    more_rows(&summary.modules, out)
}

fn by_phase(summary: &Summary, out: &mut dyn Write) -> io::Result<()> {
    if summary.phases.tools.is_empty() {
        return Ok(());
    }
    head("By phase", out)?;
    folded("Compile and link by phase", &phases::tools(&summary.phases.tools), out)?;
    folded("Slowest compiles by phase", &phases::packages(&summary.phases), out)
}

fn memory(summary: &Summary, out: &mut dyn Write) -> io::Result<()> {
    head("Memory", out)?;
    if let Some(course) = &summary.course {
        writeln!(out, "\nTools at their peak: {}", course::peak(&course.memory))?;
        let mut table = Table::new(&[("tool", Align::Name), ("package", Align::Name), ("peak RSS", Align::Right)]);
        for alive in course.memory.alive.iter().take(course::ALIVE) {
            table.row([alive.tool.clone(), alive.package.clone(), alive.max_rss.to_string()]);
        }
        table.markdown(out)?;
    }
    folded("Largest peak memory of one tool run", &text::memory_table(summary), out)
}

fn remarks(summary: &Summary, problems: &[String], out: &mut dyn Write) -> io::Result<()> {
    if !problems.is_empty() {
        head("Odd in the trace", out)?;
        writeln!(out)?;
        for problem in problems {
            writeln!(out, "- {}", name(problem))?;
        }
    }
    let not_seen = summary.jobs.iter().flat_map(|job| &job.not_seen).take(ROWS);
    writeln!(out, "\n<sub>Not seen. {}</sub>", escape::markdown(&text::not_seen_words(summary)))?;
    not_seen.into_iter().try_for_each(|what| writeln!(out, "\n<sub>Not seen: {}</sub>", name(what)))
}

fn head(title: &str, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "\n### {title}")
}

/// A table that a click opens.
fn folded(title: &str, table: &Table, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "\n<details><summary>{title}</summary>")?;
    table.markdown(out)?;
    writeln!(out, "</details>")
}

fn more(count: usize, out: &mut dyn Write) -> io::Result<()> {
    if count > 0 { writeln!(out, "… and {count} more") } else { Ok(()) }
}

fn more_rows(rows: &Rows, out: &mut dyn Write) -> io::Result<()> {
    more(rows.more, out)
}

fn name(text: &str) -> String {
    escape::markdown_name(text)
}
