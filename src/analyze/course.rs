//! The course of a go command: what decided how long it took.
//!
//! Puts the answers about order side by side; does not know how they are found.

use super::account::{self, Account};
use super::memory::{self, Memory};
use super::path::{self, CriticalPath};
use super::steps::Steps;
use crate::build::{Build, CommandId};

/// The answer.
#[derive(Debug)]
pub struct Course {
    /// Which command, counted from 1, by time.
    pub number: usize,
    /// What was typed.
    pub line: String,
    /// How busy its workers were.
    pub account: Account,
    /// The chain that decided.
    pub path: CriticalPath,
    /// When its tools had the most memory.
    pub memory: Memory,
    /// Edges of the trace that cannot be, and are left out.
    pub impossible: usize,
}

/// Tells the course of a command; without one, of the command whose tools took longest. None where no tool ran.
#[must_use]
pub fn course(build: &Build, command: Option<CommandId>, windows: usize) -> Option<Course> {
    let (command, steps) = Steps::chosen(build, command)?;
    let number = build.catalog.commands_by_time().iter().position(|id| *id == command)? + 1;
    Some(Course {
        number,
        line: build.catalog.commands.get(command).line(),
        account: account::account(build, &steps, windows),
        path: path::critical_path(&build.catalog, &steps)?,
        memory: memory::memory(build, &steps, steps.begin),
        impossible: steps.impossible,
    })
}
