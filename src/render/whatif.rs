//! What would have been: the answers of `gotrace whatif` as text and as JSON.
//!
//! Knows questions and answers; does not know how they were found.

use std::io::{self, Write};

use serde_json::{Value, json as object};

use super::escape;
use super::table::{Align, HEAD, Table};
use crate::analyze::whatif::{Answer, Change, Fit, Question};
use crate::units::Nanos;

/// What is shown.
#[derive(Debug)]
pub struct Page {
    /// The go command.
    pub line: String,
    /// Whether the trace tells how many tools could run at a time.
    pub workers_are_known: bool,
    /// Questions with their answers, at least one.
    pub asked: Vec<Asked>,
}

/// A question with its answer.
#[derive(Debug)]
pub struct Asked {
    /// What was asked.
    pub question: Question,
    /// The answer.
    pub answer: Answer,
}

/// Fewer thousandths of a processor are as likely an error of the replay.
const WORTH_A_WORD: u64 = 500;

/// Writes it for people.
///
/// # Errors
/// Those of `out`.
pub fn text(page: &Page, out: &mut dyn Write) -> io::Result<()> {
    let Some(Asked { answer: first, .. }) = page.asked.first() else { return Ok(()) };
    writeln!(out, "{HEAD}{}{HEAD:#}", escape::terminal(&page.line))?;
    let known = if page.workers_are_known { "" } else { ", as far as the trace tells" };
    let (was, before) = (first.was, first.before);
    writeln!(out, "  took {} with -p {} on {} processors{known}", first.recorded, was.workers, was.cpus)?;
    writeln!(out, "  {before} of it before the first tool, the same in every answer")?;
    if was.others >= WORTH_A_WORD {
        let (others, tenths) = (was.others / 1000, was.others % 1000 / 100);
        writeln!(
            out,
            "  others seem to have wanted {others}.{tenths} processors meanwhile (--others 0 asks without them)"
        )?;
    }
    writeln!(out, "  a replay of it as it was is {} off: expect errors of that size\n", first.error())?;
    match page.asked.as_slice() {
        [Asked { question, answer }] => one(question, answer, out),
        several => sizes(several, out),
    }
}

fn one(question: &Question, answer: &Answer, out: &mut dyn Write) -> io::Result<()> {
    let what: Vec<String> = question.changes.iter().map(words).collect();
    let steps = if answer.changed == 1 { "step" } else { "steps" };
    let about =
        if what.is_empty() { String::new() } else { format!(", {} ({} {steps})", what.join(", "), answer.changed) };
    writeln!(
        out,
        "{HEAD}With -p {} on {} processors{}{HEAD:#}",
        answer.machine.workers,
        answer.machine.cpus,
        escape::terminal(&about)
    )?;
    let (low, high) = bounds(answer);
    writeln!(out, "  wall     {} ({low} to {high}), {}", answer.predicted, difference(answer))?;
    writeln!(out, "  limit    {} with any number of workers and processors", answer.unlimited)?;
    let (was, asked) = answer.peak;
    writeln!(out, "  memory   up to {asked} in tools at a time (was {was}), a sum of peaks")?;
    match (answer.fits, question.memory) {
        (Some(Fit::Fits), Some(memory)) => {
            writeln!(
                out,
                "           -p {} is the most that fits into {memory}, with a tenth left for others",
                answer.machine.workers
            )
        }
        (Some(Fit::TooSmall), Some(memory)) => {
            writeln!(out, "           {memory} is too little even for one tool at a time")
        }
        _ => Ok(()),
    }
}

fn sizes(asked: &[Asked], out: &mut dyn Write) -> io::Result<()> {
    let mut table = Table::new(&[
        ("processors, -p", Align::Right),
        ("wall", Align::Right),
        ("", Align::Left),
        ("memory of tools", Align::Right),
    ]);
    for Asked { answer, .. } in asked {
        let is_same = answer.machine == answer.was;
        let note = if is_same { String::from("as recorded") } else { difference(answer) };
        table.row([answer.machine.cpus.to_string(), answer.predicted.to_string(), note, answer.peak.1.to_string()]);
    }
    table.write(out)?;
    let limit = asked.first().map_or(Nanos::ZERO, |first| first.answer.unlimited);
    writeln!(
        out,
        "\n  With any number of processors it would take {limit}: its critical path, where no tool waits for a processor."
    )
}

fn words(change: &Change) -> String {
    match change {
        Change::Without(package) => format!("without {package}"),
        Change::Faster(package, by) => format!("{package} {by} faster"),
        Change::Split(package, parts) => format!("{package} in {parts} packages"),
        Change::Free(tool) => format!("{tool} for nothing"),
        Change::Lighter(tool, by) => format!("{tool} {by} faster"),
        Change::Cached(module) => format!("{module} from the build cache"),
    }
}

fn difference(answer: &Answer) -> String {
    let share = |by: Nanos| by.percent_of(answer.recorded);
    if answer.predicted == answer.recorded {
        String::from("the same")
    } else if answer.predicted <= answer.recorded {
        let by = answer.recorded.since(answer.predicted);
        format!("{by} less ({})", share(by))
    } else {
        let by = answer.predicted.since(answer.recorded);
        format!("{by} more ({})", share(by))
    }
}

/// The prediction less and plus the error of the replay.
fn bounds(answer: &Answer) -> (Nanos, Nanos) {
    let by = u128::from(answer.predicted.0) * u128::from(answer.error().thousandths()) / 100_000;
    let by = Nanos(u64::try_from(by).unwrap_or(u64::MAX));
    (answer.predicted.since(by), answer.predicted + by)
}

/// The version of the JSON.
const SCHEMA: u64 = 1;

/// Writes it for scripts.
///
/// # Errors
/// Those of `out`.
pub fn json(page: &Page, out: &mut dyn Write) -> io::Result<()> {
    let answers: Vec<Value> = page.asked.iter().map(answer).collect();
    let value = object!({ "schema": SCHEMA, "command": page.line, "answers": answers });
    serde_json::to_writer_pretty(&mut *out, &value)?;
    writeln!(out)
}

fn answer(Asked { question, answer }: &Asked) -> Value {
    let (low, high) = bounds(answer);
    let mut value = object!({
        "changes": question.changes.iter().map(words).collect::<Vec<_>>(),
        "steps_changed": answer.changed,
        "was": { "workers": answer.was.workers, "cpus": answer.was.cpus, "wall_ns": answer.recorded.0, "peak_rss_bytes": answer.peak.0.0,
            "replay_ns": answer.replayed.0, "others_millicpus": answer.was.others },
        "workers": answer.machine.workers,
        "cpus": answer.machine.cpus,
        "others_millicpus": answer.machine.others,
        "wall_ns": answer.predicted.0,
        "wall_low_ns": low.0,
        "wall_high_ns": high.0,
        "before_tools_ns": answer.before.0,
        "unlimited_wall_ns": answer.unlimited.0,
        "peak_rss_bytes": answer.peak.1.0,
    });
    if let Some(fits) = answer.fits {
        value["fits"] = object!(fits == Fit::Fits);
    }
    value
}
