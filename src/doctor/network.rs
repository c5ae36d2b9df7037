//! The servers that go asks for modules and checksums: which they are, and how fast they answer. Asked only with `--network`.
//!
//! Knows GOPROXY and GOSUMDB as go reads them; does not know which modules are needed, and names none to any server.

mod address;
mod checksums;
mod probe;

use std::path::Path;
use std::thread;
use std::time::Duration;

use self::address::masked;
use self::probe::{Outcome, probe};
use super::answer::{Answer, Cost, Unknown};
use super::check::{Check, Matters};
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

/// An entry of GOPROXY, and whether go goes on behind it after any error, or only where there is no such module.
#[derive(Debug, PartialEq, Eq)]
struct Entry<'a> {
    address: &'a str,
    fallback: Fallback,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fallback {
    /// It is the last.
    Never,
    /// A comma: on 404 and 410.
    NotFound,
    /// A `|`.
    AnyError,
}

/// As go reads them: `direct` and `off` are the last.
fn entries(setting: &str) -> Vec<Entry<'_>> {
    let mut entries = Vec::new();
    let mut rest = setting;
    while !rest.is_empty() {
        let end = rest.find([',', '|']).unwrap_or(rest.len());
        let (address, behind) = rest.split_at(end);
        let mut letters = behind.chars();
        let fallback = match letters.next() {
            Some(',') => Fallback::NotFound,
            Some(_) => Fallback::AnyError,
            None => Fallback::Never,
        };
        rest = letters.as_str();
        let address = address.trim();
        if address.is_empty() {
            continue;
        }
        let is_last = ["direct", "off"].contains(&address);
        let fallback = if is_last { Fallback::Never } else { fallback };
        entries.push(Entry { address, fallback });
        if is_last {
            break;
        }
    }
    entries
}

fn proxies(world: &World) -> Result<Answer, Unknown> {
    let setting = world.go_env("GOPROXY")?;
    let entries = entries(setting);
    // All at a time: each may take as long as a check may.
    let answers: Vec<Result<Answer, Unknown>> = thread::scope(|scope| {
        let asked: Vec<_> = entries.iter().map(|entry| scope.spawn(|| look_at(world, entry))).collect();
        let lost = |_| Err(Unknown(String::from("this is a bug in gotrace; standard error says where")));
        asked.into_iter().map(|thread| thread.join().unwrap_or_else(lost)).collect()
    });
    let answers = answers.into_iter().collect::<Result<Vec<_>, _>>()?;
    let seen = answers.iter().flat_map(|answer| answer.seen.clone()).collect::<Vec<_>>();
    let verdict = Answer::worst(answers, "");
    let waited = world.evidence().and_then(|evidence| evidence.waited);
    let cost = waited.map(|time| Cost { time, what: String::from("waiting for module servers") });
    let shown = entries.iter().map(|entry| masked(entry.address)).collect::<Vec<_>>().join(" then ");
    let private = ["GOPRIVATE", "GONOPROXY"].map(|name| world.go_env(name).unwrap_or_default());
    let private = private.into_iter().find(|patterns| !patterns.is_empty());
    let beside = private.map(|patterns| format!("{patterns} is fetched directly"));
    let lines = [format!("GOPROXY: {shown}")].into_iter().chain(seen).chain(beside).collect();
    let costs = verdict.verdict > super::answer::Verdict::Ok;
    Ok(Answer { seen: lines, ..verdict }.costing(cost.filter(|_| costs)))
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
        return Ok(if Path::new(folder).is_dir() {
            Answer::ok(format!("{shown}: the folder is there"))
        } else {
            Answer::warn(format!("{shown}: there is no such folder, so it has no module"))
                .mend("take it out of GOPROXY: go env -w GOPROXY=…")
        });
    }
    Ok(of_outcome(&shown, entry.fallback, &probe(world, &with_scheme(entry.address))?))
}

/// A name alone is asked by https.
fn with_scheme(address: &str) -> String {
    if address.contains("://") { address.to_owned() } else { format!("https://{address}") }
}

/// What takes longer delays each request of go, of which there are two or three for each module.
const SLOW: Duration = Duration::from_secs(1);

fn of_outcome(shown: &str, fallback: Fallback, outcome: &Outcome) -> Answer {
    let mend = "take it out of GOPROXY, or put one that answers before it: go env -w GOPROXY=…";
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
        .mend(mend),
        Outcome::Answered(answered) if answered.status >= 500 || answered.status == 407 => {
            Answer::warn(line).seen("a status that ends the build, unless a | follows").mend(mend)
        }
        Outcome::Answered(answered) if answered.first_byte >= SLOW => {
            Answer::warn(line).seen("so long for each request, of which each module needs two or three").mend(mend)
        }
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
        Outcome::Failed { after, why } => format!("{shown}: no answer after {} ms: {why}", after.as_millis()),
    }
}

/// The proxies that go heeds, in capitals first.
fn variables(world: &World) -> Answer {
    let set = |name: &str| {
        let value = world.variable_text(name).or_else(|| world.variable_text(&name.to_lowercase()))?;
        let shown = if name == "NO_PROXY" { value } else { masked(&value) };
        Some(format!("{name}={shown}"))
    };
    let lines: Vec<String> = ["HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY"].into_iter().filter_map(set).collect();
    let is_used = lines.iter().any(|line| !line.starts_with("NO_PROXY"));
    match lines.join("; ") {
        none if none.is_empty() => Answer::ok("none is set"),
        lines if is_used => Answer::note(lines),
        lines => Answer::ok(lines),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_read_as_go_reads_them() {
        let read = |setting| -> Vec<(&str, Fallback)> {
            entries(setting).iter().map(|entry| (entry.address, entry.fallback)).collect()
        };
        let expected = [("https://a", Fallback::NotFound), ("b", Fallback::AnyError), ("direct", Fallback::Never)];
        assert_eq!(read("https://a, b|direct,https://never"), expected);
        assert_eq!(read(",,off"), [("off", Fallback::Never)]);
    }
}
