//! Where a setting of go comes from, and how it is taken back.
//!
//! Knows the environment, the file of `go env -w`, and the one of the installation; does not know what a value means.

use std::fmt::{self, Display, Formatter};
use std::path::{Path, PathBuf};

use super::world::World;

/// Where a setting comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Origin {
    /// A variable of the environment.
    Environment,
    /// A file of `go env -w`.
    File(PathBuf),
    /// Neither: it is go's own, or the installation's.
    Go,
}

impl Origin {
    /// Where go has the setting of this name from.
    pub(super) fn of(name: &str, world: &World) -> Self {
        if world.variable(name).is_some() {
            return Self::Environment;
        }
        let file = world.go_env("GOENV").ok().filter(|file| *file != "off").map(PathBuf::from);
        file.filter(|file| sets(file, name)).map_or(Self::Go, Self::File)
    }

    /// The command that takes the setting back.
    pub(super) fn mend(&self, name: &str) -> String {
        match self {
            Self::Environment => format!("unset {name}"),
            Self::File(_) => format!("go env -u {name}"),
            Self::Go => format!("go env -w {name}=VALUE"),
        }
    }
}

/// The command that sets something where it is set already.
pub(super) fn set(name: &str, value: &str, world: &World) -> String {
    match Origin::of(name, world) {
        Origin::Environment => format!("export {name}='{value}'"),
        Origin::File(_) | Origin::Go => format!("go env -w {name}='{value}'"),
    }
}

impl Display for Origin {
    fn fmt(&self, out: &mut Formatter) -> fmt::Result {
        match self {
            Self::Environment => write!(out, "from the environment"),
            Self::File(file) => write!(out, "from {}, where `go env -w` writes", file.display()),
            Self::Go => write!(out, "as Go comes"),
        }
    }
}

/// Whether a file of `go env -w` has a value for the name.
fn sets(file: &Path, name: &str) -> bool {
    let text = std::fs::read_to_string(file).unwrap_or_default();
    let value = text.lines().rev().find_map(|line| line.trim_start().strip_prefix(name)?.strip_prefix('='));
    value.is_some_and(|value| !value.is_empty())
}
