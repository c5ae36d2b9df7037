//! The course of a go command: what decided how long it took.
//!
//! Puts the answers about order side by side; does not know how they are found.

pub mod account;
pub mod advice;
pub mod cache;
pub mod granted;
pub mod longest;
pub mod memory;
pub mod path;

use std::borrow::Cow;

use super::costs::imports::Imports;
use super::steps::Steps;
use super::steps::concurrency::Concurrency;
use super::whatif::AsItWas;
use crate::build::{Build, CommandId};
use crate::units::{Bytes, Nanos, Percent};
use account::Account;
use advice::{Advice, Ground, advice};
use cache::Cache;
use granted::Granted;
use memory::Memory;
use path::{CriticalPath, Slack};

/// How much of it to tell, and what is known from elsewhere.
#[derive(Debug, Clone, Copy, Default)]
pub struct Config {
    /// Times in which workers were idle, and compiles that might have been faster.
    pub windows: usize,
    /// Steps by their slack.
    pub slack: usize,
    /// How much of the compilers' CPU time was collecting garbage, where a profile tells.
    pub collecting: Option<Percent>,
}

/// The answer.
#[derive(Debug)]
pub struct Course {
    /// Which command.
    pub command: CommandId,
    /// The same, counted from 1, by time.
    pub number: usize,
    /// When it began, on the monotonic clock: all other moments count from here.
    pub begin: Nanos,
    /// What was typed.
    pub line: String,
    /// How busy its workers were.
    pub account: Account,
    /// The chain that decided.
    pub path: CriticalPath,
    /// The steps with the least slack, those of the path among them.
    pub slack: Vec<Slack>,
    /// When its tools had the most memory.
    pub memory: Memory,
    /// How many workers its compiles were granted; none where they do not tell.
    pub granted: Option<Granted>,
    /// What came from the build cache; where no command was asked about, of all commands.
    pub caches: Vec<Cache>,
    /// Edges of the trace that cannot be, and are left out.
    pub impossible: usize,
    /// What could be changed, the largest gain first.
    pub advice: Vec<Advice>,
}

/// Tells the course of a command; without one, of the command whose tools took longest. None where no tool ran. The imports
/// are those of all commands.
#[must_use]
pub fn course(build: &Build, imports: &Imports, command: Option<CommandId>, config: &Config) -> Option<Course> {
    let caches = cache::cache(build, imports, command);
    let (command, steps) = Steps::chosen(build, command)?;
    let number = build.catalog.commands_by_time().iter().position(|id| *id == command)? + 1;
    let concurrency = Concurrency::of(&steps);
    let account = account::account(build, &steps, &concurrency, config.windows);
    let path = path::critical_path(&build.catalog, &steps, &concurrency)?;
    let slack = path.tightest(&build.catalog, &steps, config.slack);
    let memory = memory::memory(build, &steps, steps.begin);
    let granted = granted::granted(build, &steps, &concurrency, config.windows);
    let limit = limit(build);
    let own_imports = match build.catalog.commands.len() {
        1 => Cow::Borrowed(imports),
        _ => Cow::Owned(Imports::of(build, Some(command))),
    };
    let advice = advice(&Ground {
        build,
        command,
        imports,
        own_imports: &own_imports,
        steps: &steps,
        was: &AsItWas::of(&steps, &concurrency),
        account: &account,
        path: &path,
        memory: &memory,
        limit,
        collecting: config.collecting,
    });
    let line = build.catalog.commands.get(command).line();
    let (begin, impossible) = (steps.begin, steps.impossible);
    Some(Course { command, number, begin, line, account, path, slack, memory, granted, caches, impossible, advice })
}

/// The least memory that a job of the trace had.
fn limit(build: &Build) -> Option<Bytes> {
    let limits = build.catalog.sessions.iter().map(|(_, session)| session.limits);
    limits.filter_map(|limits| limits.cgroup.into_iter().chain(limits.memory).min()).min()
}
