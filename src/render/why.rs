//! Why something was built again: the answer of `gotrace why` as text and as JSON.
//!
//! Knows reasons and how they are said; does not know how they were found.

use std::io::{self, Write};

use serde_json::{Value, json as object};

use super::escape;
use super::table::{Align, Table, counted, section};
use crate::analyze::costs::cost::Cost;
use crate::analyze::why::cascade::Cause;
use crate::analyze::why::exact::{Compared, Exact};
use crate::analyze::why::reason::{Change, Edit, FileKind, Lack, Reason, Sureness, What};
use crate::analyze::why::{Built, Found, Why};

/// How much of it is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// All packages, in a line each.
    All,
    /// Some packages, with all that is known of each.
    Some,
}

/// As many files or flags are named before they are counted.
const NAMED: usize = 3;

/// Writes it for people.
///
/// # Errors
/// Those of `out`.
pub fn text(why: &Why, scope: Scope, out: &mut dyn Write) -> io::Result<()> {
    head(why, out)?;
    match scope {
        Scope::All => {
            causes(why, out)?;
            stopped(why, out)?;
            packages(why, out)?;
            found(why, out)?;
        }
        Scope::Some => {
            for built in &why.packages {
                in_detail(built, out)?;
            }
            for package in &why.not_built {
                writeln!(out, "\n{} was not built.", escape::terminal(package))?;
            }
        }
    }
    notes(why, out)
}

fn head(why: &Why, out: &mut dyn Write) -> io::Result<()> {
    for line in why.commands.iter().take(NAMED) {
        writeln!(out, "{}", escape::terminal(line))?;
    }
    if why.commands.len() > NAMED {
        writeln!(out, "and {}", counted((why.commands.len() - NAMED) as u64, "more go command"))?;
    }
    writeln!(out, "  compared with {}", counted(why.earlier as u64, "earlier go command"))?;
    if why.later > 0 {
        let later = counted(why.later as u64, "later go command");
        writeln!(out, "  {later} in the trace not looked at; --command N asks about another one")?;
    }
    if why.built.packages == 0 {
        return writeln!(out, "  nothing was built again");
    }
    writeln!(out, "  built {}: {}", counted(why.built.packages, "package"), cost(&why.built))
}

fn cost(cost: &Cost) -> String {
    format!("{} of CPU, {} of tool time", cost.cpu, cost.wall)
}

fn causes(why: &Why, out: &mut dyn Write) -> io::Result<()> {
    if why.causes.is_empty() {
        return Ok(());
    }
    section("What caused it", out)?;
    let mut table = Table::new(&[
        ("packages", Align::Right),
        ("CPU", Align::Right),
        ("tool time", Align::Right),
        ("alone", Align::Right),
        ("cause", Align::Left),
    ]);
    for row in &why.causes {
        table.row([
            row.reach.packages.to_string(),
            row.reach.cpu.to_string(),
            row.reach.wall.to_string(),
            row.alone.cpu.to_string(),
            escape::terminal(&cause(&row.cause)).into_owned(),
        ]);
    }
    table.write(out)?;
    if why.more_causes > 0 {
        writeln!(out, "  and {}", counted(why.more_causes as u64, "more cause"))?;
    }
    if why.several.packages > 0 {
        writeln!(
            out,
            "  {} had more than one cause: {}. `alone` is what a cause cost without these.",
            counted(why.several.packages, "package"),
            cost(&why.several)
        )?;
    }
    Ok(())
}

fn stopped(why: &Why, out: &mut dyn Write) -> io::Result<()> {
    if why.stopped.is_empty() {
        return Ok(());
    }
    section("Came out as before, so that nothing else was built for their sake", out)?;
    let mut table = Table::new(&[
        ("package", Align::Name),
        ("importers", Align::Right),
        ("CPU", Align::Right),
        ("built because", Align::Left),
    ]);
    for stopped in why.stopped.iter().take(why.packages.len().max(NAMED)) {
        table.row([
            escape::terminal(&stopped.package).into_owned(),
            stopped.importers.to_string(),
            stopped.cost.cpu.to_string(),
            escape::terminal(&all(&stopped.reasons)).into_owned(),
        ]);
    }
    table.write(out)
}

fn packages(why: &Why, out: &mut dyn Write) -> io::Result<()> {
    if why.packages.is_empty() {
        return Ok(());
    }
    section("Packages", out)?;
    let mut table = Table::new(&[("package", Align::Name), ("CPU", Align::Right), ("built because", Align::Left)]);
    for built in &why.packages {
        table.row([
            escape::terminal(&built.package).into_owned(),
            built.cost.cpu.to_string(),
            escape::terminal(&because(built)).into_owned(),
        ]);
    }
    table.write(out)?;
    if why.more > 0 {
        writeln!(out, "  and {}; --rows N shows them", counted(why.more as u64, "more package"))?;
    }
    Ok(())
}

fn found(why: &Why, out: &mut dyn Write) -> io::Result<()> {
    if why.found.is_empty() {
        return Ok(());
    }
    section("Not as before, and found in the build cache", out)?;
    let heads = [("packages", Align::Right), ("the first", Align::Name), ("what cmd/go hashed otherwise", Align::Left)];
    let mut table = Table::new(&heads);
    for Found { packages, reasons } in &why.found {
        let first = packages.first().map(String::as_str).unwrap_or_default();
        table.row([
            packages.len().to_string(),
            escape::terminal(first).into_owned(),
            escape::terminal(&all(reasons)).into_owned(),
        ]);
    }
    table.write(out)?;
    if why.more_found > 0 {
        writeln!(out, "  and {}; --rows N shows them", counted(why.more_found as u64, "more row"))?;
    }
    Ok(())
}

/// The reasons, and where the first one comes from.
fn because(built: &Built) -> String {
    let imports = built.reasons.iter().filter(|reason| matches!(reason, Reason::Import(..))).count();
    let own: Vec<String> = built.reasons.iter().take(built.reasons.len() - imports).map(words).collect();
    let mut imported = built.reasons.iter().filter_map(|reason| match reason {
        Reason::Import(path, _) => Some(path.as_str()),
        _ => None,
    });
    if own.is_empty() {
        let more = if imports > 1 { format!(" and {} more", imports - 1) } else { String::new() };
        let path = imported.next().unwrap_or_default();
        let from = match built.cause.as_ref().filter(|_| !built.chain.is_empty()) {
            Some(Cause { reason, of: Some(of) }) if of == path && imports == 1 => format!(": {}", words(reason)),
            Some(root) => format!(", from {}", cause(root)),
            None => String::new(),
        };
        return format!("it imports {path}{more}{from}");
    }
    own.join("; ")
}

fn in_detail(built: &Built, out: &mut dyn Write) -> io::Result<()> {
    section(&escape::terminal(&built.package), out)?;
    writeln!(out, "  cost {}", cost(&built.cost))?;
    for reason in &built.reasons {
        writeln!(out, "  {}", escape::terminal(&words(reason)))?;
        for line in evidence(reason) {
            writeln!(out, "    {}", escape::terminal(&line))?;
        }
    }
    if let Some(exact) = &built.exact {
        exactly(exact, out)?;
    }
    for (package, reasons) in &built.chain {
        writeln!(out, "  {} was built because {}", escape::terminal(package), escape::terminal(&all(reasons)))?;
    }
    if built.causes > 1 {
        writeln!(out, "  {} in all", counted(built.causes as u64, "cause"))?;
    }
    Ok(())
}

fn exactly(exact: &Exact, out: &mut dyn Write) -> io::Result<()> {
    let what = match exact.keys {
        Compared::Same => " the same as before",
        Compared::Told => "",
        Compared::Hidden => " only a value that the trace hides",
    };
    writeln!(out, "  exactly, from cmd/go's own hash inputs:{what}")?;
    for (name, change) in &exact.inputs {
        writeln!(out, "    {}", escape::terminal(&format!("{name}: {}", arrow(change))))?;
    }
    for name in &exact.missed {
        writeln!(out, "  {} was not found without them", escape::terminal(name))?;
    }
    for reason in &exact.unfounded {
        writeln!(out, "  they do not bear out: {}", escape::terminal(&words(reason)))?;
    }
    Ok(())
}

fn notes(why: &Why, out: &mut dyn Write) -> io::Result<()> {
    let (exact, others) = why.exact;
    if exact > 0 {
        let of = counted(why.built.packages, "package");
        let but = match others {
            0 => String::from("without these the reasons would be the same."),
            _ => format!("without these the reasons would be others for {others}: `gotrace why PACKAGE` tells."),
        };
        writeln!(out, "\n  Of {exact} of {of} exactly, from cmd/go's own hash inputs; {but}")?;
    }
    if why.earlier == 0 && why.built.packages > 0 {
        writeln!(out, "\n  There is no earlier go command in the trace; --since OLD names a trace to compare with.")?;
    }
    if why.without_hashes > 0 {
        writeln!(
            out,
            "\n  Of {} it is not known what they were made from: an older gotrace recorded it.",
            counted(why.without_hashes as u64, "package")
        )?;
    }
    Ok(())
}

/// A cause as part of a sentence.
fn cause(cause: &Cause) -> String {
    let of = cause.of.as_deref();
    match (&cause.reason, of) {
        (Reason::Import(path, _), _) => format!("{path} was another, and no recorded command had built it"),
        (Reason::Files(FileKind::Generated, edits), Some(of)) if edits.is_empty() => format!("{of}: generated sources"),
        (reason, Some(of)) => format!("{of}: {}", words(reason)),
        (reason, None) => words(reason),
    }
}

fn all(reasons: &[Reason]) -> String {
    reasons.iter().map(words).collect::<Vec<_>>().join("; ")
}

fn words(reason: &Reason) -> String {
    match reason {
        Reason::First => String::from("it was not seen to be built before"),
        Reason::Forced => String::from("-a asked for it"),
        Reason::Lost => String::from("the build cache did not have it any more: it was built from the same before"),
        Reason::Retried => String::from("it had failed, and nothing has changed since"),
        Reason::Relinked => String::from("linked from the same as before: a go command keeps no programs"),
        Reason::Toolchain(change) => format!("another Go: {}", arrow(change)),
        Reason::Platform(change) => format!("another platform: {}", arrow(change)),
        Reason::Setting(name, change) => format!("{name}: {}", arrow(change)),
        Reason::Flags { tool, gone, new } => format!("flags of {tool}: {}", flags(gone, new)),
        Reason::Tags(change, _) => format!("build tags: {}", arrow(change)),
        Reason::Language(change) => format!("go line of its go.mod: {}", arrow(change)),
        Reason::Profile(what) => format!("the profile it is optimised by {}", became(*what)),
        Reason::Version(change) => format!("another version of its module: {}", arrow(change)),
        Reason::Moved(change) => format!("moved: {}", arrow(change)),
        Reason::Files(kind, edits) => files(*kind, edits),
        Reason::Sources => String::from("its sources changed; the trace does not tell which"),
        Reason::BuildInfo(Some(change)) => format!("commit: {}", arrow(change)),
        Reason::BuildInfo(None) => String::from("build info: flags, versions or an uncommitted change"),
        Reason::Import(path, Sureness::Known) => format!("{path}, which it imports, was another"),
        Reason::Import(path, Sureness::Likely) => format!("{path}, which it imports, was built again"),
        Reason::Input(name, change) => format!("{name}: {}", arrow(&apart(change))),
        Reason::Hidden => String::from("probably a value that the trace hides, such as one of -ldflags -X"),
        Reason::Unknown(Lack::Hashes) => String::from("not known: recorded by an older gotrace"),
        Reason::Unknown(Lack::Nothing) => String::from("not known: nothing that the trace tells differs"),
    }
}

fn arrow(change: &Change) -> String {
    let shown = |text: &str| if text.is_empty() { String::from("none") } else { text.to_owned() };
    format!("{} → {}", shown(&change.old), shown(&change.new))
}

/// Without the words at both ends that are the same: command lines are long.
fn apart(change: &Change) -> Change {
    let [mut old, mut new]: [Vec<&str>; 2] = [&change.old, &change.new].map(|text| text.split(' ').collect());
    let same = old.iter().zip(&new).take_while(|(old, new)| old == new).count().saturating_sub(1);
    if old.len().max(new.len()) <= NAMED || same >= old.len().min(new.len()) {
        return change.clone();
    }
    let is_cut = old.iter().rev().zip(new.iter().rev()).take_while(|(old, new)| old == new).count();
    let cut = is_cut.min(old.len().min(new.len()) - same).saturating_sub(1);
    for words in [&mut old, &mut new] {
        words.truncate(words.len() - cut);
        words.drain(..same);
        words.extend((cut > 0).then_some("…"));
        words.splice(0..0, (same > 0).then_some("…"));
    }
    Change { old: old.join(" "), new: new.join(" ") }
}

const fn became(what: What) -> &'static str {
    match what {
        What::Changed => "changed",
        What::Added => "is new",
        What::Removed => "is gone",
    }
}

fn files(kind: FileKind, edits: &[Edit]) -> String {
    let what = match kind {
        FileKind::Source | FileKind::Native => "",
        FileKind::Embedded => "embedded ",
        FileKind::Generated => "generated ",
    };
    let mut parts = Vec::new();
    for became_so in [What::Changed, What::Added, What::Removed] {
        let names: Vec<&str> =
            edits.iter().filter(|edit| edit.what == became_so).map(|edit| edit.file.as_str()).collect();
        let verb = match (became_so, names.len()) {
            (_, 0) => continue,
            (What::Changed, _) => "changed",
            (What::Added, 1) => "is new",
            (What::Added, _) => "are new",
            (What::Removed, 1) => "is gone",
            (What::Removed, _) => "are gone",
        };
        parts.push(format!("{what}{} {verb}", named(&names)));
    }
    parts.join(", ")
}

fn flags(gone: &[String], new: &[String]) -> String {
    let with =
        |sign: &str, flags: &[String]| -> Vec<String> { flags.iter().map(|flag| format!("{sign}{flag}")).collect() };
    let both = [with("without ", gone), with("with ", new)].concat();
    named(&both.iter().map(String::as_str).collect::<Vec<_>>())
}

fn named(names: &[&str]) -> String {
    let shown = names.iter().take(NAMED).copied().collect::<Vec<_>>().join(", ");
    if names.len() > NAMED { format!("{shown} and {} more", names.len() - NAMED) } else { shown }
}

/// What a sentence had no room for.
fn evidence(reason: &Reason) -> Vec<String> {
    let edited = |edits: &[Edit]| edits.iter().map(|edit| format!("{} {}", edit.file, became(edit.what))).collect();
    match reason {
        Reason::Files(_, edits) if edits.len() > NAMED => edited(edits),
        Reason::Tags(_, edits) => edited(edits),
        Reason::Flags { gone, new, .. } if gone.len() + new.len() > NAMED => gone
            .iter()
            .map(|flag| format!("without {flag}"))
            .chain(new.iter().map(|flag| format!("with {flag}")))
            .collect(),
        _ => Vec::new(),
    }
}

/// The version of the JSON.
const SCHEMA: u64 = 1;

/// Writes it for scripts.
///
/// # Errors
/// Those of `out`.
pub fn json(why: &Why, out: &mut dyn Write) -> io::Result<()> {
    let causes = why.causes.iter().map(|row| {
        let mut value = reason(&row.cause.reason);
        if let Some(of) = &row.cause.of {
            value["of"] = object!(of);
        }
        value["reach"] = figures(&row.reach);
        value["alone"] = figures(&row.alone);
        value
    });
    let stopped = why.stopped.iter().map(|stopped| {
        object!({ "package": stopped.package, "importers": stopped.importers, "cost": figures(&stopped.cost),
            "reasons": reasons(&stopped.reasons) })
    });
    let packages = why.packages.iter().map(|built| {
        let chain = built.chain.iter().map(|(package, why)| object!({ "package": package, "reasons": reasons(why) }));
        object!({ "package": built.package, "cost": figures(&built.cost), "reasons": reasons(&built.reasons),
            "exact": built.exact.as_ref().map(exact), "causes": built.causes, "chain": chain.collect::<Vec<_>>() })
    });
    let found =
        why.found.iter().map(|found| object!({ "packages": found.packages, "reasons": reasons(&found.reasons) }));
    let value = object!({
        "schema": SCHEMA,
        "commands": why.commands,
        "earlier_commands": why.earlier,
        "later_commands": why.later,
        "built": figures(&why.built),
        "causes": causes.collect::<Vec<_>>(),
        "several_causes": figures(&why.several),
        "stopped": stopped.collect::<Vec<_>>(),
        "packages": packages.collect::<Vec<_>>(),
        "without_hashes": why.without_hashes,
        "exact": { "packages": why.exact.0, "others_without": why.exact.1 },
        "found": found.collect::<Vec<_>>(),
        "not_built": why.not_built,
    });
    serde_json::to_writer_pretty(&mut *out, &value)?;
    writeln!(out)
}

fn figures(cost: &Cost) -> Value {
    object!({ "packages": cost.packages, "runs": cost.runs, "cpu_ns": cost.cpu.0, "wall_ns": cost.wall.0 })
}

fn exact(exact: &Exact) -> Value {
    let input = |(name, change): &(String, Change)| object!({ "name": name, "old": change.old, "new": change.new });
    let keys = match exact.keys {
        Compared::Same => "same",
        Compared::Told => "told",
        Compared::Hidden => "hidden",
    };
    object!({ "keys": keys, "inputs": exact.inputs.iter().map(input).collect::<Vec<_>>(), "agrees": exact.agrees(),
        "missed": exact.missed, "unfounded": reasons(&exact.unfounded) })
}

fn reasons(all: &[Reason]) -> Vec<Value> {
    all.iter().map(reason).collect()
}

/// A reason with its kind, its evidence, and the words.
fn reason(reason: &Reason) -> Value {
    let mut value = object!({ "kind": kind(reason), "words": words(reason) });
    if let Some(Change { old, new }) = change(reason) {
        value["old"] = object!(old);
        value["new"] = object!(new);
    }
    match reason {
        Reason::Setting(name, _) | Reason::Input(name, _) => value["name"] = object!(name),
        Reason::Flags { tool, gone, new } => {
            value["tool"] = object!(tool);
            value["gone"] = object!(gone);
            value["added"] = object!(new);
        }
        Reason::Files(_, edits) | Reason::Tags(_, edits) => {
            let file = |edit: &Edit| object!({ "name": edit.file, "became": became(edit.what) });
            value["files"] = edits.iter().map(file).collect();
        }
        Reason::Import(path, sureness) => {
            value["package"] = object!(path);
            value["known"] = object!(*sureness == Sureness::Known);
        }
        _ => {}
    }
    value
}

const fn kind(reason: &Reason) -> &'static str {
    match reason {
        Reason::First => "first",
        Reason::Forced => "forced",
        Reason::Lost => "lost",
        Reason::Retried => "retried",
        Reason::Relinked => "relinked",
        Reason::Toolchain(_) => "toolchain",
        Reason::Platform(_) => "platform",
        Reason::Setting(..) => "setting",
        Reason::Flags { .. } => "flags",
        Reason::Tags(..) => "tags",
        Reason::Language(_) => "language",
        Reason::Profile(_) => "profile",
        Reason::Version(_) => "version",
        Reason::Moved(_) => "moved",
        Reason::Files(FileKind::Source, _) => "source",
        Reason::Files(FileKind::Native, _) => "native",
        Reason::Files(FileKind::Embedded, _) => "embedded",
        Reason::Files(FileKind::Generated, _) => "generated",
        Reason::Sources => "sources",
        Reason::BuildInfo(_) => "build-info",
        Reason::Import(..) => "import",
        Reason::Input(..) => "input",
        Reason::Hidden => "hidden",
        Reason::Unknown(_) => "unknown",
    }
}

const fn change(reason: &Reason) -> Option<&Change> {
    match reason {
        Reason::Toolchain(change)
        | Reason::Platform(change)
        | Reason::Setting(_, change)
        | Reason::Tags(change, _)
        | Reason::Language(change)
        | Reason::Version(change)
        | Reason::Moved(change)
        | Reason::Input(_, change)
        | Reason::BuildInfo(Some(change)) => Some(change),
        _ => None,
    }
}
