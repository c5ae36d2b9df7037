//! The summary as JSON for scripts.
//!
//! Knows the report and the names of its keys, which are those of the trace: nanoseconds, bytes, counts. `schema` changes
//! when a key changes its meaning or goes away.

use std::io::{self, Write};

use serde_json::{Value, json};

use super::text::what_happened;
use crate::analyze::phases::Spent;
use crate::analyze::summary::{CommandRow, Fault, Outcome, Row, Summary};
use crate::analyze::tally::Sum;
use crate::units::Nanos;

/// The version of the summary's JSON.
const SCHEMA: u64 = 1;

/// Writes the whole summary as one object.
///
/// # Errors
/// Those of `out`.
pub fn write(summary: &Summary, problems: &[String], out: &mut dyn Write) -> io::Result<()> {
    let total = &summary.total;
    let mut value = json!({
        "schema": SCHEMA,
        "commands": summary.commands.iter().map(command).collect::<Vec<_>>(),
        "total": {
            "commands": total.commands,
            "wall_ns": total.wall.0,
            "actions": sums(&total.work),
            "probes": sums(&total.probes),
            "packages_compiled": total.compiles,
            "shim_cpu_ns": total.shim_cpu.0,
        },
        "tools": groups(&summary.tools),
        "modules": groups(&summary.modules.rows),
        "packages": rows(&summary.packages.rows),
        "memory": rows(&summary.memory.rows),
        "failures": summary.faults.iter().map(fault).collect::<Vec<_>>(),
        "problems": problems,
    });
    if !summary.phases.tools.is_empty() {
        value["phases"] = summary.phases.tools.iter().map(spent).collect();
        value["packages_by_phase"] = summary.phases.packages.iter().map(spent).collect();
    }
    serde_json::to_writer_pretty(&mut *out, &value)?;
    writeln!(out)
}

fn command(command: &CommandRow) -> Value {
    json!({
        "number": command.number,
        "line": command.line,
        "dir": (!command.dir.is_empty()).then_some(&command.dir),
        "started_ns": command.started.map(|started| started.0),
        "go_version": command.go_version,
        "target": command.target,
        "cpus": command.cpus,
        "wall_ns": command.wall.0,
        "before_first_tool_ns": command.before.map(|before| before.0),
        "packages_compiled": command.sum.compiles,
        "failures": command.sum.faults,
        "actions": sums(&command.sum.work),
        "probes": sums(&command.sum.probes),
        "shim_cpu_ns": command.sum.shim_cpu.0,
    })
}

/// Rows that stand for several packages each.
fn groups(rows: &[Row]) -> Vec<Value> {
    let row = |row: &Row| json!({ "name": row.name, "packages": row.packages, "sum": sums(&row.sum) });
    rows.iter().map(row).collect()
}

fn spent(spent: &Spent) -> Value {
    let stage = |(name, wall): &(String, Nanos)| json!({ "name": name, "wall_ns": wall.0 });
    json!({ "name": spent.name, "wall_ns": spent.wall.0, "stages": spent.stages.iter().map(stage).collect::<Vec<_>>() })
}

fn rows(rows: &[Row]) -> Vec<Value> {
    rows.iter().map(|row| json!({ "name": row.name, "sum": sums(&row.sum) })).collect()
}

fn sums(sum: &Sum) -> Value {
    json!({
        "runs": sum.runs,
        "wall_ns": sum.wall.0,
        "user_ns": sum.user.0,
        "sys_ns": sum.sys.0,
        "max_rss_bytes": sum.max_rss.0,
    })
}

fn fault(fault: &Fault) -> Value {
    let (exit_code, signal) = match fault.outcome {
        Outcome::Failed(code) | Outcome::NotStarted(code) => (Some(code), None),
        Outcome::Killed(signal) => (None, Some(signal)),
        Outcome::Done | Outcome::Unfinished => (None, None),
    };
    json!({
        "tool": fault.tool,
        "package": fault.package,
        "command": fault.command,
        "what": what_happened(fault),
        "exit_code": exit_code,
        "signal": signal,
        "wall_ns": fault.wall.0,
        "max_rss_bytes": fault.max_rss.0,
    })
}
