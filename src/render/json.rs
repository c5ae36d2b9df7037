//! The summary as JSON for scripts.
//!
//! Knows the report and the names of its keys, which are those of the trace: nanoseconds, bytes, counts. `schema` changes
//! when a key changes its meaning or goes away.

use std::io::{self, Write};

use serde_json::{Value, json};

use super::text::what_happened;
use crate::analyze::course::Course;
use crate::analyze::course::account::Account;
use crate::analyze::course::path::CriticalPath;
use crate::analyze::job::forensics::{Evidence, OutOfMemory};
use crate::analyze::job::{Death, Job, Memory, Share};
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
        "parts": groups(&summary.parts),
        "failures": summary.faults.iter().map(|row| fault(row, summary.evidence())).collect::<Vec<_>>(),
        "jobs": summary.jobs.iter().map(job).collect::<Vec<_>>(),
        "problems": problems,
    });
    if !summary.phases.tools.is_empty() {
        value["phases"] = summary.phases.tools.iter().map(spent).collect();
        value["packages_by_phase"] = summary.phases.packages.iter().map(spent).collect();
    }
    if let Some(told) = &summary.course {
        value["course"] = course(told);
    }
    serde_json::to_writer_pretty(&mut *out, &value)?;
    writeln!(out)
}

/// Moments count from the begin of the command.
fn course(course: &Course) -> Value {
    let memory = &course.memory;
    json!({
        "command": course.number,
        "account": account(&course.account),
        "critical_path": critical_path(&course.path),
        "slack": course.slack.iter().map(|step| json!({
            "package": step.package, "tool": step.tool.name(), "wall_ns": step.busy.0, "slack_ns": step.slack.0,
        })).collect::<Vec<_>>(),
        "memory": {
            "peak_rss_bytes": memory.peak.0,
            "at_ns": memory.at.0,
            "alive": memory.alive.iter().map(|alive| json!({
                "tool": alive.tool, "package": alive.package, "max_rss_bytes": alive.max_rss.0,
            })).collect::<Vec<_>>(),
        },
        "granted": course.granted.as_ref().map(|granted| json!({
            "compiles": granted.compiles,
            "granted_thousandths": granted.granted,
            "used_thousandths": granted.used,
            "throttled": granted.throttled.iter().map(|compile| json!({
                "package": compile.package, "wall_ns": compile.wall.0, "idle_ns": compile.idle.0,
            })).collect::<Vec<_>>(),
        })),
        "cache": course.caches.iter().map(|cache| json!({
            "command": cache.command,
            "packages": cache.packages,
            "packages_seen_compiled": cache.seen,
            "cpu_when_last_seen_ns": cache.cpu.0,
            "most_in_a_program": cache.linked,
        })).collect::<Vec<_>>(),
        "impossible_edges": course.impossible,
        "advice": course.advice.iter().map(|advice| json!({
            "id": advice.id,
            "what": advice.what,
            "gain_ns": advice.gain.map(|gain| gain.0),
            "evidence": advice.evidence,
            "caveat": advice.caveat,
        })).collect::<Vec<_>>(),
    })
}

fn by(name: &str, wall: Nanos) -> Value {
    json!({ "name": name, "wall_ns": wall.0 })
}

fn account(account: &Account) -> Value {
    json!({
        "wall_ns": account.wall.0,
        "workers": account.workers,
        "workers_known": account.workers_are_known,
        "tools_ns": account.busy.0,
        "loads": account.shares.iter().map(|(load, wall)| by(load.name(), *wall)).collect::<Vec<_>>(),
        "windows": account.windows.iter().map(|window| json!({
            "load": window.load.name(),
            "start_ns": window.start.0,
            "end_ns": window.end.0,
            "gain_ns": window.gain.0,
            "ran": window.ran.iter().map(|(name, wall)| by(name, *wall)).collect::<Vec<_>>(),
        })).collect::<Vec<_>>(),
    })
}

fn critical_path(path: &CriticalPath) -> Value {
    json!({
        "length_ns": path.length.0,
        "tools_wall_ns": path.wall.0,
        "waited_for_worker_ns": path.waits.for_worker.0,
        "waited_for_go_ns": path.waits.for_go.0,
        "by_tool": path.by_tool.iter().map(|(tool, wall)| by(tool.name(), *wall)).collect::<Vec<_>>(),
        "by_module": path.by_module.iter().map(|(name, wall)| by(name, *wall)).collect::<Vec<_>>(),
        "steps": path.steps.iter().map(|step| json!({
            "tool": step.tool.name(),
            "package": step.package,
            "module": step.module,
            "start_ns": step.start.0,
            "wall_ns": step.busy.0,
            "cpu_ns": step.cpu.0,
            "max_rss_bytes": step.max_rss.0,
            "waited_for_worker_ns": step.wait.for_worker.0,
            "waited_for_go_ns": step.wait.for_go.0,
            "improvement_ns": step.improvement.0,
        })).collect::<Vec<_>>(),
    })
}

fn job(job: &Job) -> Value {
    let Memory { peak, peak_at, peak_processes, limits, cgroup_peak, least_available, oom_kills, stalled } =
        &job.memory;
    let account: serde_json::Map<String, Value> =
        job.account.iter().map(|(share, wall)| (format!("{}_ns", share_key(*share)), json!(wall.0))).collect();
    json!({
        "line": job.line,
        "dir": job.dir,
        "wall_ns": job.wall.0,
        "exit_code": exit_code(job.death),
        "signal": signal(job.death),
        "cpu_ns": job.cpu.map(|cpu| cpu.0),
        "account": account,
        "commands": job.commands.iter().map(|command| json!({
            "number": command.number,
            "line": command.line,
            "depth": command.depth,
            "wall_ns": command.wall.map(|wall| wall.0),
            "exit_code": exit_code(command.death),
            "signal": signal(command.death),
        })).collect::<Vec<_>>(),
        "tests": job.tests.iter().map(|test| json!({
            "package": test.package, "wall_ns": test.wall.0, "cached": test.cached,
        })).collect::<Vec<_>>(),
        "downloads": job.downloads.iter().map(|module| json!({
            "module": module.module, "download_ns": module.download.0, "fetch_ns": module.fetch.0, "unzip_ns": module.unzip.0,
        })).collect::<Vec<_>>(),
        "waits": { "proxy_ns": job.waits.proxy.0, "checksums_ns": job.waits.checksums.0 },
        "memory": {
            "peak_bytes": peak.map(|bytes| bytes.0),
            "peak_after_ns": peak.map(|_| peak_at.0),
            "peak_processes": peak.map(|_| peak_processes),
            "machine_bytes": limits.memory.map(|bytes| bytes.0),
            "cgroup_limit_bytes": limits.cgroup.map(|bytes| bytes.0),
            "cgroup_peak_bytes": cgroup_peak.map(|bytes| bytes.0),
            "least_available_bytes": least_available.map(|bytes| bytes.0),
            "oom_kills": oom_kills,
            "stalled_ns": stalled.map(|stalled| stalled.0),
        },
        "out_of_memory": job.out_of_memory.as_ref().map(out_of_memory),
        "not_seen": job.not_seen,
        "record_cpu_ns": job.record_cpu.0,
    })
}

fn out_of_memory(answer: &OutOfMemory) -> Value {
    json!({
        "counted_kills": match answer.evidence {
            Evidence::Counted(kills) => Some(kills),
            Evidence::Signal => None,
        },
        "victims": answer.victims.iter().map(|victim| json!({
            "tool": victim.tool, "package": victim.package, "peak_bytes": victim.peak.0,
        })).collect::<Vec<_>>(),
        "limit_bytes": answer.limit.map(|limit| limit.bytes.0),
        "rss_bytes": answer.rss.map(|rss| rss.0),
        "fitting_p": answer.fits.map(|fits| fits.at_a_time),
        "fitting_peaks_bytes": answer.fits.map(|fits| fits.peaks.0),
    })
}

const fn share_key(share: Share) -> &'static str {
    match share {
        Share::Tools => "tools",
        Share::CCompilers => "c_compilers",
        Share::Tests => "tests",
        Share::Program => "program",
        Share::Downloads => "downloads",
        Share::Loading => "loading",
        Share::Cache => "cache",
        Share::Recording => "recording",
        Share::Unexplained => "unexplained",
        Share::Outside => "outside",
    }
}

const fn exit_code(death: Option<Death>) -> Option<u64> {
    match death {
        Some(Death::Exited(code)) => Some(code),
        _ => None,
    }
}

const fn signal(death: Option<Death>) -> Option<u64> {
    match death {
        Some(Death::Killed(signal)) => Some(signal),
        _ => None,
    }
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

fn fault(fault: &Fault, evidence: Option<Evidence>) -> Value {
    let (exit_code, signal) = match fault.outcome {
        Outcome::Failed(code) | Outcome::NotStarted(code) => (Some(code), None),
        Outcome::Killed(signal) => (None, Some(signal)),
        Outcome::Done | Outcome::Unfinished => (None, None),
    };
    json!({
        "tool": fault.tool,
        "package": fault.package,
        "command": fault.command,
        "what": what_happened(fault, evidence),
        "exit_code": exit_code,
        "signal": signal,
        "wall_ns": fault.wall.0,
        "max_rss_bytes": fault.max_rss.0,
    })
}
