//! What ran when: the actions of a build on the wall clock, as the timeline takes them.
//!
//! Knows how to put actions of several commands on one clock and what to say of each; what a job tells besides is in
//! chores.rs, and `timeline` does the arranging.

pub mod chores;

use super::timeline::{Command, Events, Outcome as Ending, Run, Timeline, arrange};
use crate::build::{Action, Build, CommandId, Outcome, PackageId, Purpose};
use crate::tool_kind::ToolKind;
use crate::units::{Nanos, Percent};

use regex::Regex;

/// What to draw.
#[derive(Debug)]
pub struct Config {
    /// Only this command.
    pub command: Option<CommandId>,
    /// Only packages whose name it matches.
    pub package: Option<Regex>,
    /// Runs shorter than this share of all commands' wall time are counted but not drawn.
    pub shortest: Percent,
}

/// Arranges the build.
#[must_use]
pub fn chart(build: &Build, config: &Config) -> Timeline {
    let runs: Vec<Run> = build
        .actions
        .iter()
        .filter(|action| is_wanted(build, action, config))
        .map(|action| run(build, action))
        .collect();
    let commands: Vec<Command> = commands(build, config.command);
    let whole: Nanos = commands.iter().map(|command| command.end.since(command.start)).sum();
    let shortest = Nanos(whole.0 / 100_000 * config.shortest.thousandths());
    let chores = chores::of(build, config.command, config.package.as_ref());
    let events = Events { runs, commands, chores, watched: chores::watched(build) };
    Timeline { cpus: cpus(build), ..arrange(events, shortest) }
}

/// A job knows it, and each command that probed a tool.
pub(super) fn cpus(build: &Build) -> Option<u64> {
    let commands = build.catalog.commands.iter().filter_map(|(_, command)| command.facts.as_ref()?.cpus);
    let jobs = build.catalog.sessions.iter().filter_map(|(_, session)| session.limits.cpus);
    commands.chain(jobs).max()
}

fn is_wanted(build: &Build, action: &Action, config: &Config) -> bool {
    let named = |pattern: &Regex| {
        action.package.is_some_and(|package| pattern.is_match(&build.catalog.packages.get(package).name()))
    };
    config.command.is_none_or(|command| command == action.command) && config.package.as_ref().is_none_or(named)
}

fn run(build: &Build, action: &Action) -> Run {
    let (tool, command) = (build.catalog.tools.get(action.tool), build.catalog.commands.get(action.command));
    let label = match action.purpose {
        Purpose::Work => action.package.map_or_else(|| tool.name.clone(), |package| short_name(build, package)),
        Purpose::Probe => format!("{} -V", tool.name),
    };
    Run {
        start: command.on_calendar(action.start),
        end: command.on_calendar(action.end),
        tool: if action.purpose == Purpose::Probe { ToolKind::Probe } else { action.kind },
        label,
        details: details(build, action),
        outcome: match action.outcome {
            Outcome::Done => Ending::Ok,
            Outcome::Failed(_) | Outcome::NotStarted(_) => Ending::Failed,
            Outcome::Killed(_) => Ending::Killed,
            Outcome::Unfinished => Ending::Unfinished,
        },
        rss: action.max_rss,
    }
}

/// A bar has room for the end of a name, and in `p [p.test]` the end is not what matters.
fn short_name(build: &Build, package: PackageId) -> String {
    let package = build.catalog.packages.get(package);
    if package.variant.is_some() { format!("{} […]", package.path) } else { package.path.clone() }
}

fn details(build: &Build, action: &Action) -> Vec<String> {
    let variant = action.package.and_then(|package| build.catalog.packages.get(package).variant.as_ref());
    let module = action.package.and_then(|package| build.catalog.module_of(package));
    let ending = match action.outcome {
        Outcome::Done | Outcome::Unfinished => None,
        Outcome::Failed(code) | Outcome::NotStarted(code) => Some(format!("exit code {code}")),
        Outcome::Killed(signal) => Some(format!("signal {signal}")),
    };
    let figures = (action.outcome != Outcome::Unfinished).then(|| {
        format!("{} CPU ({} user, {} system), peak RSS {}", action.cpu(), action.user, action.sys, action.max_rss)
    });
    let variant = variant.map(|variant| format!("once more, for {variant}"));
    [variant, module.map(|module| format!("module {}", module.name())), figures, ending].into_iter().flatten().collect()
}

/// The go commands on the calendar's clock, numbered where there are several.
pub(super) fn commands(build: &Build, only: Option<CommandId>) -> Vec<Command> {
    let order = build.catalog.commands_by_time();
    let spans = spans(build);
    let wanted = order.iter().enumerate().filter(|(_, id)| only.is_none_or(|only| only == **id));
    let numbered =
        wanted.filter_map(|(index, id)| Some((number_of(index, order.len()), *id, spans.get(id.index()).copied()??)));
    numbered.map(|(number, id, span)| command(build, number, id, span)).collect()
}

/// What stands before a command line where there are several: the number that `--command` takes.
fn number_of(index: usize, count: usize) -> String {
    if count == 1 { String::new() } else { format!("{}  ", index + 1) }
}

/// When each command began and ended, as far as it was seen: its tools, and what `gotrace record` saw of it from outside.
fn spans(build: &Build) -> Vec<Option<(Nanos, Nanos)>> {
    let mut spans = vec![None; build.catalog.commands.len()];
    for action in &build.actions {
        widen(&mut spans[action.command.index()], action.start, action.end);
    }
    for (id, command) in build.catalog.commands.iter() {
        let run = &command.run;
        run.start.into_iter().for_each(|start| widen(&mut spans[id.index()], start, start));
        run.ending.into_iter().for_each(|ending| widen(&mut spans[id.index()], ending.end, ending.end));
        run.spans.iter().for_each(|span| widen(&mut spans[id.index()], span.start, span.end));
    }
    spans
}

fn widen(span: &mut Option<(Nanos, Nanos)>, start: Nanos, end: Nanos) {
    let (first, last) = span.unwrap_or((start, end));
    *span = Some((first.min(start), last.max(end)));
}

/// From the start of `go`, where it is known, to the last that is known of it. Without a job that is the end of its last tool.
fn command(build: &Build, number: String, id: CommandId, (first, last): (Nanos, Nanos)) -> Command {
    let command = build.catalog.commands.get(id);
    let began = command.go_started().map_or(first, |started| started.min(first));
    let facts = command.facts.iter();
    let details = facts.flat_map(|facts| {
        let version = facts.go_version.clone();
        [version, facts.target.clone(), Some(format!("in {}", facts.dir))].into_iter().flatten()
    });
    Command {
        start: command.on_calendar(began),
        end: command.on_calendar(last),
        label: number + &command.line(),
        details: details.collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::commands;
    use crate::build::picture;

    /// Were it quadratic it would take minutes: nobody measures here, but the time limit of the tests ends it.
    #[test]
    fn many_commands_are_no_more_than_their_runs() {
        let picture: String = (0..30_000).map(|at| format!("$ go build\ncompile p {at}-{}\n", at + 1)).collect();
        let build = picture::build(&picture);
        let commands = commands(&build, None);
        assert!(commands.iter().all(|command| command.end.since(command.start).0 == 1_000_000));
        assert_eq!(commands.len(), 30_000);
    }
}
