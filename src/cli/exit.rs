//! How the program ends: exit codes and errors.
//!
//! Knows the codes that docs/guide.md lists; does not know what went wrong.

use std::fmt;
use std::io;

/// The exit codes of every subcommand; `record` has that of its command. The shim has none of its own: it ends as its tool ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Fine; also when the trace holds nothing, and when nobody reads the output to its end.
    Fine,
    /// A limit is exceeded.
    GateFailed,
    /// Usage, or an input that cannot be read.
    Unusable,
    /// That of the command that was recorded.
    OfJob(i32),
}

impl Exit {
    #[must_use]
    pub(crate) fn code(self) -> i32 {
        match self {
            Self::Fine => 0,
            Self::GateFailed => 1,
            Self::Unusable => 2,
            Self::OfJob(code) => code,
        }
    }
}

/// What a user is told: what failed, on which object, why, and what to do next.
#[derive(Debug)]
pub(crate) struct Failure {
    message: String,
    hint: Option<String>,
}

impl Failure {
    /// An error in one sentence without a full stop.
    #[must_use]
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), hint: None }
    }

    /// Adds what the user can do.
    #[must_use]
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        write!(formatter, "{}", self.message)?;
        self.hint.as_ref().map_or(Ok(()), |hint| write!(formatter, "\n  {hint}"))
    }
}

/// Why a subcommand stopped.
#[derive(Debug)]
pub(crate) enum Stop {
    /// It failed.
    Failure(Failure),
    /// Nobody reads its output any more: `gotrace summary | head`.
    BrokenPipe,
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Self {
        Self::Failure(failure)
    }
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            Self::BrokenPipe
        } else {
            Self::Failure(Failure::new(format!("cannot write to standard output: {}", reason(&error.to_string()))))
        }
    }
}

/// The kernel's words without its number, which std puts behind them.
#[must_use]
pub(crate) fn reason(error: &str) -> &str {
    error.split_once(" (os error ").map_or(error, |(words, _)| words)
}
