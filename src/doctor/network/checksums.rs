//! The checksum database: where it is asked, and whether it answers.
//!
//! Knows GOSUMDB as go reads it, and that a proxy may answer for it; does not know what is in it.

use super::address::{Address, Bad, masked};
use super::probe::{Outcome, probe};
use super::{SLOW, described};
use crate::doctor::answer::{Answer, Unknown};
use crate::doctor::origin;
use crate::doctor::proxies::{Entry, Fallback, entries, with_scheme};
use crate::doctor::world::World;

/// A database: how it is called, and the address that is asked where no proxy answers for it.
#[derive(Debug, PartialEq, Eq)]
struct Database {
    name: String,
    address: String,
    way: Way,
}

/// How go gets to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// By the address that the setting names, and no other.
    Named,
    /// Through the first proxy that answers for it, or else directly.
    Proxies,
}

/// `off`; a name; a name with its key behind a `+`; either with an address.
fn parse(setting: &str) -> Option<Database> {
    // Where Go's own hosts cannot be reached these can; go asks them for what is called after the others.
    const MIRROR: &str = ".golang.google.cn";
    if setting == "off" || setting.is_empty() {
        return None;
    }
    let mut words = setting.split_whitespace();
    let key = words.next()?;
    let name = key.split('+').next().unwrap_or(key);
    let address = words.next();
    Some(match (name, address) {
        (mirror, None) if mirror.ends_with(MIRROR) => Database {
            name: mirror.replace(MIRROR, ".golang.org"),
            address: format!("https://{mirror}"),
            way: Way::Named,
        },
        (name, None) => Database { name: name.to_owned(), address: format!("https://{name}"), way: Way::Proxies },
        (name, Some(address)) => Database { name: name.to_owned(), address: with_scheme(address), way: Way::Named },
    })
}

pub(super) fn database(world: &World) -> Result<Answer, Unknown> {
    let Some(database) = parse(world.go_env("GOSUMDB")?) else {
        return Ok(Answer::ok("GOSUMDB is off: nobody is asked, and a module that go.sum does not name is believed"));
    };
    let patterns = world.go_env("GONOSUMDB").unwrap_or_default();
    let beside = (!patterns.is_empty()).then(|| format!("GONOSUMDB: {patterns} is believed without it"));
    let answer = asked(world, &database)?;
    Ok(match beside {
        Some(line) => answer.seen(line),
        None => answer,
    })
}

/// As go does: the proxies first, each asked whether it answers for the database. More than two have no time to be asked.
fn asked(world: &World, database: &Database) -> Result<Answer, Unknown> {
    let is_server =
        |entry: &&Entry| !["direct", "off"].contains(&entry.address) && !entry.address.starts_with("file://");
    let entries = match database.way {
        Way::Named => Vec::new(),
        Way::Proxies => entries(world.go_env("GOPROXY")?),
    };
    // After an error, go turns to the database itself only where it comes to `direct`.
    let mut goes_on = entries.iter().any(|entry| entry.address == "direct");
    let mut failure = None;
    for proxy in entries.iter().filter(is_server).take(2) {
        let outcome = probe(world, &at(proxy.address, &format!("sumdb/{}/supported", database.name))?)?;
        let shown = format!("{} through {}", database.name, masked(proxy.address));
        match &outcome {
            Outcome::Answered(answered) if answered.status == 200 => return Ok(of_outcome(world, &shown, &outcome)),
            Outcome::Answered(answered) if [404, 410].contains(&answered.status) => {}
            // The port is open, and more could not be tried.
            Outcome::Connected { .. } => {}
            _ => {
                failure = Some(described(&shown, &outcome));
                if proxy.fallback != Fallback::AnyError {
                    goes_on = false;
                    break;
                }
            }
        }
    }
    if let Some(line) = failure.filter(|_| !goes_on) {
        return Ok(Answer::error(line)
            .seen("go asks the database itself after 404 or 410; after such an answer only where a | and direct follow")
            .mend(format!("take that proxy out of GOPROXY: {}", origin::set("GOPROXY", "LIST", world))));
    }
    let outcome = probe(world, &at(&database.address, "latest")?)?;
    Ok(of_outcome(world, &format!("{} at {}", database.name, masked(&database.address)), &outcome))
}

/// What is asked there.
fn at(address: &str, path: &str) -> Result<Address, Unknown> {
    let why = |(Bad::Refused(why) | Bad::Doubtful(why))| Unknown(format!("{} is not asked: {why}", masked(address)));
    Ok(Address::parse(&with_scheme(address)).map_err(why)?.below(path))
}

fn of_outcome(world: &World, shown: &str, outcome: &Outcome) -> Answer {
    let line = described(shown, outcome);
    match outcome {
        Outcome::Failed { .. } => Answer::error(line).mend(format!(
            "a module proxy that answers for it; for modules of your own: {}",
            origin::set("GOPRIVATE", "PATTERNS", world)
        )),
        Outcome::Answered(answered) if answered.status >= 400 => Answer::warn(line)
            .seen("that is no checksum database, or it is not for everybody")
            .mend(format!("{}, as whoever runs it says", origin::set("GOSUMDB", "NAME+KEY https://ADDRESS", world))),
        Outcome::Answered(answered) if answered.first_byte >= SLOW => Answer::warn(line),
        Outcome::Answered(_) | Outcome::Connected { .. } => Answer::ok(line),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_read_as_go_reads_them() {
        let of = |setting| parse(setting).map(|database| (database.name, database.address, database.way));
        let expect = |name: &str, address: &str, way| Some((name.to_owned(), address.to_owned(), way));
        assert_eq!(of("off"), None);
        assert_eq!(of("a.example"), expect("a.example", "https://a.example", Way::Proxies));
        assert_eq!(of("a.example+1+KEY"), expect("a.example", "https://a.example", Way::Proxies));
        assert_eq!(of("a.example+1+KEY http://b.example/x"), expect("a.example", "http://b.example/x", Way::Named));
        assert_eq!(of("a.golang.google.cn"), expect("a.golang.org", "https://a.golang.google.cn", Way::Named));
    }
}
