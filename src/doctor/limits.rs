//! Processors, memory, files: whether the limits of this process suit a build.
//!
//! Knows limits, and the peaks of a trace; does not know what else runs on the machine.

use std::thread::available_parallelism;

use super::answer::{Answer, Unknown};
use super::check::{Check, Matters};
use super::flags;
use super::version::Version;
use super::world::World;
use crate::analyze::job::forensics::fits;
use crate::session::machine::{Cgroup, Limits, Memory};
use crate::units::Bytes;

/// The checks.
pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "processors",
        title: "Go uses the processors that it may use",
        why: "before Go 1.25, go does not know of a container's CPU limit: with 64 processors and a limit of 2 it starts 64 \
              tools at a time, which are throttled and need the memory of 64; a -p or GOMAXPROCS below the processors \
              leaves them idle",
        matters: Matters::Time,
        look: processors,
    },
    Check {
        id: "memory",
        title: "As many tools as run at a time fit into memory",
        why: "the kernel kills a compile where they do not: `signal: killed`, and nothing else is said",
        matters: Matters::Correctness,
        look: memory,
    },
    Check {
        id: "address-space",
        title: "Processes may map the memory that Go reserves",
        why: "Go's runtime reserves far more address space than it uses: under `ulimit -v` tools fail as if memory were out",
        matters: Matters::Correctness,
        look: |_| Ok(address_space(Limits::read().address_space_bytes.map(Bytes))),
    },
    Check {
        id: "gc-settings",
        title: "GOGC and GOMEMLIMIT are not set for all tools",
        why: "every compile and link heeds them by itself: GOGC=off lets each of them grow without end, and a GOMEMLIMIT \
              below what a compile needs makes it collect garbage all the time",
        matters: Matters::Time,
        look: |world| Ok(gc_settings(world)),
    },
    Check {
        id: "open-files",
        title: "Enough files may be open",
        why: "go holds files open for each tool and test that runs, and a link for each package: `too many open files`",
        matters: Matters::Correctness,
        look: |_| Ok(open_files()),
    },
];

fn processors(world: &World) -> Result<Answer, Unknown> {
    let machine = allowed();
    // This one knows the CPU limits of cgroups of both versions.
    let usable = available_parallelism().map_err(|error| Unknown(format!("how many there are: {error}")))?.get();
    let set = world.variable_text("GOMAXPROCS").and_then(|text| text.parse::<usize>().ok()).filter(|set| *set > 0);
    let workers = flags::value(world.go_env("GOFLAGS").unwrap_or_default(), "p").and_then(|p| p.parse().ok());
    let go_knows = Version::read(world.go_env("GOVERSION")?).is_none_or(|version| version.has(1, 25));
    let by_default = set.unwrap_or(if go_knows { usable } else { machine });
    let at_a_time = workers.unwrap_or(by_default);
    let seen = format!(
        "go runs at most {at_a_time} at a time; {usable} of {machine} processors may be used{}",
        match (workers, set) {
            (Some(_), _) => ", and GOFLAGS has -p",
            (None, Some(_)) => ", and GOMAXPROCS is set",
            (None, None) => "",
        }
    );
    Ok(match at_a_time {
        _ if at_a_time > usable && usable < machine => Answer::warn(seen)
            .seen(format!("a CPU limit of the cgroup allows {usable} at a time"))
            .mend(format!("export GOMAXPROCS={usable}, or Go 1.25 or later, which asks for the limit itself")),
        _ if at_a_time > 2 * usable => Answer::note(seen).mend("take -p and GOMAXPROCS away"),
        _ if at_a_time < usable => Answer::warn(seen).mend("take -p and GOMAXPROCS away, or raise them"),
        _ => Answer::ok(seen),
    })
}

/// The processors that this process may be put on.
fn allowed() -> usize {
    let set = rustix::thread::sched_getaffinity(None);
    set.map_or(1, |set| set.count().try_into().unwrap_or(1))
}

fn memory(world: &World) -> Result<Answer, Unknown> {
    let group = Cgroup::of_this_process().and_then(|group| group.limit()).map(Bytes);
    let machine = Memory::read().total.map(Bytes);
    let (limit, whose) = match (group, machine) {
        (Some(group), Some(machine)) if group < machine => (group, "the cgroup's limit"),
        (_, Some(machine)) => (machine, "the machine's memory"),
        (Some(group), None) => (group, "the cgroup's limit"),
        (None, None) => return Err(Unknown(String::from("neither the machine nor a cgroup tells how much there is"))),
    };
    let Some(evidence) = world.evidence() else {
        return Ok(little(limit, whose));
    };
    let workers = evidence.workers.unwrap_or(1);
    let Some(fits) = fits(&evidence.peaks, limit) else {
        return Ok(Answer::not_applicable("the trace tells no peaks of memory"));
    };
    let seen = format!("{whose} is {limit}; the {workers} largest tools of the trace have peaks of {} together", {
        let largest = usize::try_from(workers).unwrap_or(usize::MAX);
        evidence.peaks.iter().take(largest).copied().sum::<Bytes>()
    });
    Ok(match fits.at_a_time {
        0 => Answer::error(seen)
            .seen(format!("the largest one alone has {}", fits.peaks))
            .mend("more memory, or packages that are smaller: `gotrace summary` names them"),
        at_a_time if at_a_time < workers && at_a_time < evidence.peaks.len() as u64 => Answer::warn(seen)
            .mend(format!("go build -p {at_a_time}: that many fit whichever they are ({})", fits.peaks)),
        _ => Answer::ok(seen),
    })
}

/// Without a trace: what a compile of a large package of the standard library takes is known.
fn little(limit: Bytes, whose: &str) -> Answer {
    let seen = format!("{whose} is {limit}");
    if limit >= Bytes::from_mib(1024) {
        return Answer::ok(format!("{seen}; --trace says whether a build of yours fits"));
    }
    Answer::warn(seen)
        .seen("compiling runtime alone takes about 300 MiB")
        .mend("more memory, or go build -p 1; `gotrace record -- go build` measures what it takes")
}

fn address_space(limit: Option<Bytes>) -> Answer {
    match limit {
        None => Answer::ok("ulimit -v is unlimited"),
        Some(bytes) => Answer::warn(format!("ulimit -v is {bytes} ({} kB)", bytes.0 / 1024))
            .mend("ulimit -v unlimited; to limit what a build uses, use a cgroup: systemd-run --scope -p MemoryMax=8G go build"),
    }
}

fn gc_settings(world: &World) -> Answer {
    let (gogc, limit) = (world.variable_text("GOGC"), world.variable_text("GOMEMLIMIT"));
    let mut answers = Vec::new();
    match gogc.as_deref().map(|text| (text, text.parse::<u64>())) {
        Some(("off", _)) if limit.is_none() => answers.push(
            Answer::warn("GOGC is off, and GOMEMLIMIT is not set: tools never collect garbage").mend("unset GOGC"),
        ),
        Some((text, Ok(percent))) if percent < 50 => answers.push(
            Answer::warn(format!("GOGC is {text}: tools collect garbage far more often than by default (100)"))
                .mend("unset GOGC"),
        ),
        Some((text, Err(_))) if text != "off" => answers.push(
            Answer::note(format!("GOGC is {text}, which is no number: Go's runtime takes it for 100"))
                .mend("unset GOGC"),
        ),
        Some((text, _)) if text != "100" => answers.push(Answer::note(format!("GOGC is {text}, for all tools"))),
        _ => {}
    }
    if let Some(text) = limit.filter(|text| text != "off") {
        let bytes = Bytes::parse(&text.replace("iB", "IB").to_uppercase());
        let largest = world.evidence().and_then(|evidence| evidence.peaks.first()).copied();
        let need = largest.unwrap_or(Bytes::from_mib(256));
        answers.push(match bytes {
            Some(bytes) if bytes < need => Answer::warn(format!(
                "GOMEMLIMIT is {text}, for each tool; {}",
                largest.map_or_else(
                    || String::from("compiling runtime takes about 300 MiB"),
                    |peak| format!("the largest one of the trace had {peak}")
                )
            ))
            .mend("unset GOMEMLIMIT"),
            Some(_) => Answer::note(format!("GOMEMLIMIT is {text}: for each tool, not for all of them together")),
            None => Answer::error(format!("GOMEMLIMIT is {text}, which Go's runtime does not understand"))
                .mend("GOMEMLIMIT=2GiB, or unset GOMEMLIMIT"),
        });
    }
    Answer::worst(answers, "neither is set to anything")
}

/// Go raises its own limit to the hard one, so that is the one that counts.
fn open_files() -> Answer {
    const ENOUGH: u64 = 1024;
    let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile).maximum;
    match limit {
        Some(files) if files < ENOUGH => Answer::warn(format!("ulimit -H -n is {files}")).mend(
            "raise it: in /etc/security/limits.conf, LimitNOFILE of the service, or --ulimit nofile of the container",
        ),
        Some(files) => Answer::ok(format!("ulimit -H -n is {files}")),
        None => Answer::ok("ulimit -H -n is unlimited"),
    }
}
