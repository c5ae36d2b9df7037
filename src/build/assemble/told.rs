//! What jobs and go commands tell of themselves, into the catalog.
//!
//! Knows the events of `gotrace record`; there are few of them, and their order does not matter.

use crate::build::catalog::{Anchor, Catalog, CommandKey, package_name};
use crate::build::keys::{ActionId, Keyed};
use crate::build::session::{Death, Doing, Ending, Limits, Sample, Session, Span};
use crate::trace::{EndLine, SampleLine, SessionLine, Told};
use crate::units::{Bytes, Nanos};

/// Notes what one event of the trace with this number tells.
pub(super) fn note(catalog: &mut Catalog, source: usize, told: Told) {
    let key = |go_pid, go_start_ticks| CommandKey { source, go_pid, go_start_ticks };
    match told {
        Told::Session(line) => begin_session(catalog.session(source, line.session.clone()), line),
        Told::SessionEnd(line) => {
            let session = catalog.session(source, line.session.clone().unwrap_or_default());
            session.ending = Some(ending(&line));
            session.oom_kills = line.oom_kills;
            session.record_cpu = Nanos(line.record_cpu_ns.unwrap_or(0));
        }
        Told::Sample(line) => catalog.session(source, line.session.clone()).samples.push(sample(&line)),
        Told::Command(line) => {
            let anchor = Anchor { monotonic: Nanos(line.start_ns), epoch: Nanos(line.time_ns) };
            let key = key(line.go_pid, line.go_start_ticks);
            catalog.command(key.clone(), anchor, None);
            let run = catalog.run(key);
            run.start = Some(Nanos(line.start_ns));
            run.around[0] = Nanos(line.before_ns);
            (run.line, run.dir, run.under) = (line.go_args, line.go_dir, line.under_go_pid);
        }
        Told::CommandEnd(line) => {
            let run = catalog.run(key(line.go_pid, line.go_start_ticks));
            run.ending = Some(ending(&line));
            run.around[1] = Nanos(line.after_ns);
        }
        Told::Span(line) => {
            let spans = &mut catalog.run(key(line.go_pid, line.go_start_ticks)).spans;
            spans.extend(Doing::of(&line.what, line.cached).map(|what| Span {
                start: Nanos(line.start_ns),
                end: Nanos(line.end_ns),
                what,
                object: if line.package.is_empty() { line.name } else { line.package },
            }));
        }
        Told::Key(line) => {
            let action = ActionId::of(&line.action_id);
            catalog.keys.add(action, &line.inputs);
            let package = package_name(&line.package, line.variant.as_deref()).into_owned();
            let keys = &mut catalog.run(key(line.go_pid, line.go_start_ticks)).keys;
            keys.push(Keyed { package, key: action });
        }
        Told::NotSeen(line) => catalog.run(key(line.go_pid, line.go_start_ticks)).not_seen.push(line.what),
        Told::Unknown => {}
    }
}

fn begin_session(session: &mut Session, line: SessionLine) {
    (session.start, session.epoch) = (Nanos(line.start_ns), Nanos(line.time_ns));
    session.limits = Limits {
        cpus: line.cpus,
        memory: line.memory_bytes.map(Bytes),
        cgroup: line.cgroup_limit_bytes.map(Bytes),
        address_space: line.address_space_bytes.map(Bytes),
    };
    (session.line, session.dir) = (line.line, line.dir);
    (session.gogc, session.gomemlimit) = (line.gogc, line.gomemlimit);
}

fn ending(line: &EndLine) -> Ending {
    let death = line.signal.map_or_else(|| Death::Exited(line.exit_code.unwrap_or(0)), Death::Killed);
    let (user, sys) = (Nanos(line.user_ns), Nanos(line.sys_ns));
    Ending { end: Nanos(line.end_ns), death, user, sys, max_rss: Bytes(line.max_rss_bytes) }
}

fn sample(line: &SampleLine) -> Sample {
    Sample {
        at: Nanos(line.at_ns),
        processes: line.processes,
        rss: Bytes(line.rss_bytes),
        host_busy: line.host_busy_ns.map(Nanos),
        available: line.available_bytes.map(Bytes),
        cgroup: line.cgroup_bytes.map(Bytes),
        cpu_stall: line.cpu_stall_ns.map(Nanos),
        memory_stall: line.memory_stall_ns.map(Nanos),
        io_stall: line.io_stall_ns.map(Nanos),
        oom_kills: line.oom_kills,
    }
}
