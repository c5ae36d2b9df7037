//! The environment as checks see it: the directory, variables, `go`, the module. Asked once, whoever wants to know.
//!
//! Knows how to ask; does not know what is right. Nothing here uses the network, unless a check is told to: go gets no proxy
//! from us but `off`, for private modules too, so a toolchain or a module that is not here is not fetched.
//!
//! ```text
//!  settings  commands of go, and what `go env` tells
//!  modules   where go.mod and go.work are, and what they say
//!  packages  the files and packages of the module
//!  sums      go.work.sum as it was
//! ```

mod modules;
mod packages;
mod settings;
mod sums;

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::time::Duration;

use serde_json::Value;

use super::answer::Unknown;
use super::ask::{PATIENCE, Said, ask, for_all};
use super::entries::Entries;
use super::pipeline::Pipelines;
use super::tree::Tree;
use crate::analyze::evidence::Evidence;
pub(super) use packages::Complaint;
pub(super) use settings::NAMES_SET;
use settings::Setting;
use sums::Sums;

/// What there is to be looked at.
#[derive(Debug)]
pub struct World {
    directory: PathBuf,
    variables: BTreeMap<OsString, OsString>,
    evidence: Option<Evidence>,
    pace: Pace,
    network: Network,
    setting: OnceLock<Result<Setting, Unknown>>,
    dear_setting: OnceLock<Result<Setting, Unknown>>,
    module: OnceLock<Result<Value, Unknown>>,
    workspace: OnceLock<Result<Value, Unknown>>,
    packages: OnceLock<Result<Vec<Value>, Unknown>>,
    packages_with_cgo: OnceLock<Result<String, Unknown>>,
    tree: OnceLock<Option<Tree>>,
    entries: OnceLock<Result<Option<Entries>, Unknown>>,
    sums: OnceLock<Option<Sums>>,
    embedding: OnceLock<Result<Vec<Value>, Unknown>>,
    pipelines: OnceLock<Pipelines>,
}

/// How much time there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pace {
    /// Everything is looked at.
    Quick,
    /// A few things are, by name.
    Thorough,
}

/// Whether checks may use the network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Network {
    /// Nobody is asked.
    Silent,
    /// The servers that go would ask are asked.
    Allowed,
}

impl World {
    /// The environment of this process, as it is for builds in `directory`.
    #[must_use]
    pub fn new(directory: PathBuf, evidence: Option<Evidence>) -> Self {
        Self {
            directory,
            variables: std::env::vars_os().collect(),
            evidence,
            pace: Pace::Quick,
            network: Network::Silent,
            setting: OnceLock::new(),
            dear_setting: OnceLock::new(),
            module: OnceLock::new(),
            workspace: OnceLock::new(),
            packages: OnceLock::new(),
            packages_with_cgo: OnceLock::new(),
            tree: OnceLock::new(),
            entries: OnceLock::new(),
            sums: OnceLock::new(),
            embedding: OnceLock::new(),
            pipelines: OnceLock::new(),
        }
    }

    /// The same, asked for a few things by name: these have the time to be looked at in full.
    #[must_use]
    pub fn thoroughly(self) -> Self {
        Self { pace: Pace::Thorough, ..self }
    }

    /// As long as something may take that reads so many bytes; none where there is no time for as many.
    pub(super) fn patience_for(&self, bytes: u64) -> Option<Duration> {
        // A processor hashes a hundred times as much in a second, and unpacks a tenth of that.
        const MUCH: u64 = 16 << 20;
        match self.pace {
            Pace::Quick if bytes > MUCH => None,
            Pace::Quick | Pace::Thorough => Some(PATIENCE),
        }
    }

    /// As long as a check itself may read; and the name that it is to be asked for by, where it would have longer then.
    pub(super) fn patience_to_read(&self, id: &str) -> (Duration, Option<String>) {
        match self.pace {
            Pace::Quick => (Duration::from_secs(8), Some(format!("`gotrace doctor --only {id}` takes longer"))),
            // Before it is left behind with all that it has found.
            Pace::Thorough => (Duration::from_secs(13), None),
        }
    }

    /// The same, where checks may ask servers or may not.
    #[must_use]
    pub fn with_network(self, network: Network) -> Self {
        Self { network, ..self }
    }

    /// Whether servers may be asked.
    pub(super) fn network(&self) -> Network {
        self.network
    }

    /// Where builds are to be started.
    #[must_use]
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// What a trace tells, where one was given.
    pub(super) fn evidence(&self) -> Option<&Evidence> {
        self.evidence.as_ref()
    }

    /// A variable of the environment; none where it is not set, or empty, which is the same to go.
    pub(super) fn variable(&self, name: &str) -> Option<&OsStr> {
        self.variables.get(OsStr::new(name)).map(OsString::as_os_str).filter(|value| !value.is_empty())
    }

    /// The same as text.
    pub(super) fn variable_text(&self, name: &str) -> Option<String> {
        self.variable(name).map(|value| value.to_string_lossy().into_owned())
    }

    /// Where PATH has programs of this name that can be run, in its order; each folder once.
    pub(super) fn in_path(&self, name: &str) -> Vec<PathBuf> {
        let path = self.variable("PATH").unwrap_or_default();
        let mut found: Vec<PathBuf> = Vec::new();
        // Go runs nothing that it finds through a relative entry.
        for folder in std::env::split_paths(path).filter(|folder| folder.is_absolute()) {
            let program = folder.join(name);
            if is_program(&program) && !found.contains(&program) {
                found.push(program);
            }
        }
        found
    }

    /// What any program says.
    ///
    /// # Errors
    /// It cannot be run, or hangs.
    pub(super) fn ask(&self, program: &Path, words: &[&str]) -> Result<Said, Unknown> {
        Ok(ask(Command::new(program).args(words).current_dir(&self.directory), PATIENCE)?)
    }

    /// The jobs of CI.
    pub(super) fn pipelines(&self) -> &Pipelines {
        self.pipelines.get_or_init(|| Pipelines::around(&self.directory))
    }
}

/// What is asked once: whoever wants to know it first asks it for the others, too.
fn kept<T, E: Clone>(place: &OnceLock<Result<T, E>>, ask: impl FnOnce() -> Result<T, E>) -> Result<&T, E> {
    place.get_or_init(|| for_all(ask)).as_ref().map_err(Clone::clone)
}

/// A file that somebody may execute.
pub(super) fn is_program(path: &Path) -> bool {
    let executable = rustix::fs::access(path, rustix::fs::Access::EXEC_OK).is_ok();
    executable && path.metadata().is_ok_and(|meta| meta.is_file())
}
