//! The servers that go asks for modules and checksums: which they are, and how fast they answer. Asked only with `--network`.
//!
//! Knows GOPROXY and GOSUMDB as go reads them; does not know which modules are needed, and names none to any server.

mod address;
mod checksums;
mod probe;
mod route;

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use self::address::{Address, Bad, masked};
use self::probe::{Outcome, probe};
use self::route::variable;
use super::answer::{Answer, Cost, Unknown, Verdict};
use super::ask;
use super::check::{Check, Matters};
use super::origin;
use super::proxies::{Entry, Fallback, entries, with_scheme};
use super::world::{Network, World};

/// The checks.
pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "module-proxies",
        title: "Each module proxy answers, and soon",
        why: "go asks the entries of GOPROXY one after the other for each module: behind a comma the next one only where the \
              one before says 404 or 410, behind a | after any error; a slow one delays each module, a dead one ends the build",
        matters: Matters::Time,
        look: |world| asked(world, proxies),
    },
    Check {
        id: "checksum-database",
        title: "The checksum database answers, and soon",
        why: "go asks it for each module that go.sum does not name, and fails where it cannot",
        matters: Matters::Security,
        look: |world| asked(world, checksums::database),
    },
    Check {
        id: "proxy-variables",
        title: "No HTTP proxy is in between that is not meant",
        why: "go and git send what they fetch through the proxy of HTTPS_PROXY, but for the hosts of NO_PROXY",
        matters: Matters::Time,
        look: |world| asked(world, |world| Ok(variables(world))),
    },
];

fn asked(world: &World, look: fn(&World) -> Result<Answer, Unknown>) -> Result<Answer, Unknown> {
    match world.network() {
        Network::Silent => Ok(Answer::not_applicable("ask with --network")),
        Network::Allowed => look(world),
    }
}

/// More are not asked: nobody has as many, and each is a thread and a program.
const MOST: usize = 8;

fn proxies(world: &World) -> Result<Answer, Unknown> {
    let setting = world.go_env("GOPROXY")?;
    let entries = entries(setting);
    if entries.is_empty() {
        return Ok(
            Answer::error(format!("GOPROXY is {setting:?}, which has no entry: go refuses it")).mend(elsewhere(world))
        );
    }
    let answers = all_at_a_time(world, &entries[..entries.len().min(MOST)]);
    let seen = answers.iter().flat_map(|answer| answer.seen.clone()).collect::<Vec<_>>();
    let verdict = Answer::worst(answers, "");
    let waited = world.evidence().and_then(|evidence| evidence.waited);
    let cost = waited.map(|time| Cost { time, what: String::from("waiting for module servers") });
    let shown = entries.iter().map(|entry| masked(entry.address)).collect::<Vec<_>>().join(" then ");
    let private = ["GOPRIVATE", "GONOPROXY"].map(|name| world.go_env(name).unwrap_or_default());
    let private = private.into_iter().find(|patterns| !patterns.is_empty());
    let beside = private.map(|patterns| format!("{patterns} is fetched directly"));
    let more =
        entries.len().checked_sub(MOST).filter(|more| *more > 0).map(|more| format!("{more} more were not asked"));
    let lines = [format!("GOPROXY: {shown}")].into_iter().chain(seen).chain(more).chain(beside).collect();
    let costs = verdict.verdict > Verdict::Ok;
    Ok(Answer { seen: lines, ..verdict }.costing(cost.filter(|_| costs)))
}

/// Each may take as long as a check may. Where the system gives no thread, one after the other.
fn all_at_a_time(world: &World, entries: &[Entry]) -> Vec<Answer> {
    let end = ask::end_of_time();
    let look = |entry| {
        ask::nothing_beyond(end);
        look_at(world, entry).unwrap_or_else(|Unknown(why)| Answer {
            verdict: Verdict::Unknown,
            seen: vec![format!("{}: {why}", masked(entry.address))],
            mend: Vec::new(),
            cost: None,
        })
    };
    thread::scope(|scope| {
        let asked = |entry| thread::Builder::new().spawn_scoped(scope, move || look(entry)).map_err(|_| entry);
        let asked: Vec<_> = entries.iter().map(asked).collect();
        let heard = asked.into_iter().map(|asked| match asked {
            // The hook has said where; whoever waits here says that it is a bug.
            Ok(thread) => thread.join().unwrap_or_else(|bug| std::panic::resume_unwind(bug)),
            Err(entry) => look(entry),
        });
        heard.collect()
    })
}

fn look_at(world: &World, entry: &Entry) -> Result<Answer, Unknown> {
    let shown = masked(entry.address);
    if entry.address == "direct" {
        return Ok(Answer::ok("direct: go asks the hosts of the modules, with git and the like"));
    }
    if entry.address == "off" {
        return Ok(Answer::note("off: what is not in the module cache by then is not fetched"));
    }
    if let Some(folder) = entry.address.strip_prefix("file://") {
        return Ok(folder_of_modules(world, &shown, folder));
    }
    let address = match Address::parse(&with_scheme(entry.address)) {
        Ok(address) if ["http", "https"].contains(&address.scheme.as_str()) => address,
        Ok(_) => return Ok(refused(world, &shown, "it begins with neither https:// nor http:// nor file://")),
        Err(Bad::Refused(why)) => return Ok(refused(world, &shown, why)),
        Err(Bad::Doubtful(why)) => return Err(Unknown(format!("not asked, because {why}"))),
    };
    let answer = of_outcome(world, &shown, entry.fallback, &probe(world, &address)?);
    Ok(if address.user.is_some() && address.scheme == "http" { in_the_clear(answer, entry.fallback) } else { answer })
}

/// Whatever it has answered us, go does not ask it.
fn in_the_clear(answer: Answer, fallback: Fallback) -> Answer {
    let verdict = if fallback == Fallback::AnyError { Verdict::Warn } else { Verdict::Error };
    let answer = Answer { verdict: answer.verdict.max(verdict), ..answer };
    answer
        .seen("go refuses to send the name and the password that stand in its address without TLS")
        .mend("write https:// in its address, or leave the name and the password out")
}

fn elsewhere(world: &World) -> String {
    let command = origin::set("GOPROXY", "LIST", world);
    format!("take it out of GOPROXY, or put one that answers before it: {command}")
}

fn refused(world: &World, shown: &str, why: &str) -> Answer {
    Answer::error(format!("{shown}: go does not take it for an address, and refuses all of GOPROXY: {why}"))
        .mend(elsewhere(world))
}

/// A folder that is a module proxy.
fn folder_of_modules(world: &World, shown: &str, folder: &str) -> Answer {
    if !folder.starts_with('/') || folder.contains(['?', '#']) {
        return refused(
            world,
            shown,
            "behind file:// stands the path of a folder, which begins with a slash, and nothing else",
        );
    }
    if decoded(folder).is_dir() {
        Answer::ok(format!("{shown}: the folder is there"))
    } else {
        Answer::warn(format!("{shown}: there is no such folder, so it has no module")).mend(elsewhere(world))
    }
}

/// `%20` is a blank.
fn decoded(path: &str) -> PathBuf {
    let mut parts = path.split('%');
    let mut bytes = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        match part.get(..2).and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                bytes.extend_from_slice(&part.as_bytes()[2..]);
            }
            None => bytes.extend_from_slice(format!("%{part}").as_bytes()),
        }
    }
    PathBuf::from(OsString::from_vec(bytes))
}

/// What takes longer delays each request of go, of which there are two or three for each module.
const SLOW: Duration = Duration::from_secs(1);

fn of_outcome(world: &World, shown: &str, fallback: Fallback, outcome: &Outcome) -> Answer {
    let line = described(shown, outcome);
    match outcome {
        Outcome::Failed { .. } => match fallback {
            Fallback::AnyError => {
                Answer::warn(format!("{line}; a | follows, so each request waits that long, then goes to the next"))
            }
            Fallback::NotFound => Answer::error(format!(
                "{line}; a comma follows, which is for 404 and 410 only: go stops here, and asks no other"
            ))
            .mend("a | in the place of the comma makes go ask the next one"),
            Fallback::Never => Answer::error(line),
        }
        .mend(elsewhere(world)),
        Outcome::Answered(answered) if answered.status >= 500 || answered.status == 407 => {
            Answer::warn(line).seen("a status that ends the build, unless a | follows").mend(elsewhere(world))
        }
        Outcome::Answered(answered) if answered.first_byte >= SLOW => Answer::warn(line)
            .seen("so long for each request, of which each module needs two or three")
            .mend(elsewhere(world)),
        Outcome::Answered(_) | Outcome::Connected { .. } => Answer::ok(line),
    }
}

/// Each step by itself, in milliseconds.
fn described(shown: &str, outcome: &Outcome) -> String {
    let since = |later: Duration, earlier: Duration| later.saturating_sub(earlier).as_millis();
    match outcome {
        Outcome::Answered(answered) => {
            let secured = answered.tls.unwrap_or(answered.connect);
            let tls = answered.tls.map(|tls| format!(", TLS {} ms", since(tls, answered.connect))).unwrap_or_default();
            format!(
                "{shown}: status {}; name {} ms, connection {} ms{tls}, first byte {} ms, together {} ms",
                answered.status,
                answered.name.as_millis(),
                since(answered.connect, answered.name),
                since(answered.first_byte, secured),
                answered.first_byte.as_millis(),
            )
        }
        Outcome::Connected { name, connect } => format!(
            "{shown}: name {} ms, connection {} ms; TLS was not tried, because there is no curl in PATH",
            name.as_millis(),
            since(*connect, *name)
        ),
        // Curl mostly says it itself.
        Outcome::Failed { why, .. } if why.contains(" after ") => format!("{shown}: no answer: {why}"),
        Outcome::Failed { after, why } => format!("{shown}: no answer after {} ms: {why}", after.as_millis()),
    }
}

/// The proxies that go heeds, and the one that it does not.
fn variables(world: &World) -> Answer {
    let set = |name: &str| {
        let value = variable(world, name)?;
        let shown = if name == "NO_PROXY" { value } else { masked(&value) };
        Some(format!("{name}={shown}"))
    };
    let lines: Vec<String> = ["HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY"].into_iter().filter_map(set).collect();
    let is_used = lines.iter().any(|line| !line.starts_with("NO_PROXY"));
    let passed_over =
        set("ALL_PROXY").map(|line| Answer::note(format!("{line}, which git and curl heed, and go does not")));
    let answer = match lines.join("; ") {
        none if none.is_empty() => Answer::ok("none is set"),
        lines if is_used => Answer::note(lines),
        lines => Answer::ok(lines),
    };
    match passed_over {
        Some(passed_over) => Answer::worst([answer, passed_over], ""),
        None => answer,
    }
}
