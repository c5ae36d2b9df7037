//! GOPRIVATE, and modules of hosts that no public proxy can reach.
//!
//! Knows endings of names that are no public ones, and how proxies for everybody are called.
//! Whether another host is private, nobody can tell.

use super::files::{self, Module};
use super::pattern;
use crate::doctor::answer::{Answer, Unknown};
use crate::doctor::origin::{self, Origin};
use crate::doctor::proxies::{entries, with_scheme};
use crate::doctor::world::World;

/// Endings of hosts that the public name service does not know.
const HOME: [&str; 10] = [
    ".internal",
    ".corp",
    ".lan",
    ".local",
    ".intranet",
    ".private",
    ".home",
    ".home.arpa",
    ".localdomain",
    ".localhost",
];

/// Companies that have a proxy for everybody among their mirrors.
const VENDORS: [&str; 2] = ["aliyun", "huaweicloud"];

/// Lists of patterns.
const LISTS: [&str; 4] = ["GOPRIVATE", "GONOPROXY", "GONOSUMDB", "GOINSECURE"];

pub(super) fn goprivate(world: &World) -> Result<Answer, Unknown> {
    let mut found = Vec::new();
    // Two of them are what GOPRIVATE is, where nobody sets them.
    for name in LISTS.into_iter().filter(|name| Origin::of(name, world).is_users()) {
        found.extend(in_vain(name, world.go_env(name)?, world));
    }
    found.extend(told_outside(world)?);
    let private = world.go_env("GOPRIVATE")?;
    Ok(Answer::worst(
        found,
        match private {
            "" => String::from("GOPRIVATE is not set, and no module is of a host that is not public"),
            list => format!("GOPRIVATE is {list}"),
        },
    ))
}

/// Patterns that are written in a way that fits nothing.
fn in_vain(name: &str, list: &str, world: &World) -> Option<Answer> {
    let is_vain = |one: &&str| one.contains("://") || one.trim() != *one || one.starts_with("git@");
    let vain: Vec<&str> = list.split(',').filter(is_vain).collect();
    let (first, better) = (vain.first()?, list.split(',').map(bare).collect::<Vec<_>>().join(","));
    let wrong =
        format!("{name} has {first:?}, which fits no module: patterns are paths of modules, with commas alone between");
    Some(Answer::warn(wrong).mend(origin::set(name, &better, world)))
}

/// The same without what can be in no path of a module.
fn bare(one: &str) -> String {
    let one = one.trim();
    if let Some((_, place)) = one.split_once("://") {
        return place.rsplit_once('@').map_or(place, |(_, place)| place).to_owned();
    }
    one.strip_prefix("git@")
        .map_or_else(|| one.to_owned(), |rest| rest.replace(':', "/").trim_end_matches(".git").to_owned())
}

/// Modules of private hosts that public services are asked for.
fn told_outside(world: &World) -> Result<Option<Answer>, Unknown> {
    let proxies = world.go_env("GOPROXY")?;
    let Some(public) = entries(proxies).into_iter().map(|entry| entry.address).find(|entry| is_for_everybody(entry))
    else {
        return Ok(None);
    };
    let exempt = world.go_env("GONOPROXY")?;
    let replaced = files::replaced(world);
    // What is replaced is not asked for.
    let stays = |module: &Module| !replaced.iter().any(|replace| replace.old.path == module.path);
    let new = replaced.iter().map(|replace| replace.new.clone()).filter(|module| module.version.is_some());
    let asked = files::required(world).into_iter().filter(stays).chain(new);
    let told: Vec<String> =
        asked.map(|module| module.path).filter(|path| is_private(path) && !pattern::names(exempt, path)).collect();
    let Some(first) = told.first() else { return Ok(None) };
    let mut hosts: Vec<&str> = told.iter().filter_map(|path| path.split('/').next()).collect();
    hosts.sort_unstable();
    hosts.dedup();
    let answer = Answer::warn(format!("{public} is asked for {}", told.join(", ")));
    let sums = world.go_env("GOSUMDB")?;
    let sums_too = sums != "off" && !pattern::names(world.go_env("GONOSUMDB")?, first);
    let answer = if sums_too { answer.seen(format!("the checksum database {sums} is, too")) } else { answer };
    // Where GONOPROXY is set, GOPRIVATE has no say in who is asked.
    let name = if Origin::of("GONOPROXY", world).is_users() { "GONOPROXY" } else { "GOPRIVATE" };
    let before = world.go_env(name)?;
    let list = [before].into_iter().filter(|list| !list.is_empty()).chain(hosts).collect::<Vec<_>>().join(",");
    Ok(Some(answer.mend(origin::set(name, &list, world))))
}

/// Whether a proxy is known to be for everybody: Go's own, one that is called by what it does and nothing else, a vendor's.
fn is_for_everybody(entry: &str) -> bool {
    let address = with_scheme(entry);
    let host = address.split_once("://").and_then(|(_, place)| place.split('/').next()).unwrap_or_default();
    match host.split('.').collect::<Vec<_>>()[..] {
        [_, "golang", "org"] => true,
        ["goproxy", _] => !is_private(host),
        ["mirrors" | "repo", vendor, "com"] => VENDORS.contains(&vendor),
        _ => false,
    }
}

fn is_private(path: &str) -> bool {
    let host = path.split('/').next().unwrap_or_default();
    let host = host.split(':').next().unwrap_or_default();
    HOME.iter().any(|ending| host.ends_with(ending))
}
