//! Where a setting of go comes from, and how it is taken back.
//!
//! Knows the environment, the file of `go env -w`, and the one of the installation; does not know what a value means. It reads
//! them itself: with some values go refuses to tell anything.

use std::fmt::{self, Display, Formatter};
use std::path::{Path, PathBuf};

use super::quoting::quoted;
use super::text::text_of;
use super::world::{NAMES_SET, World};

/// Where a setting comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Origin {
    /// A variable of the environment.
    Environment,
    /// The user's file of `go env -w`.
    File(PathBuf),
    /// The file of the installation.
    Installation(PathBuf),
    /// None of them: it is what go assumes.
    Go,
}

/// What was set, as opposed to what go assumes.
#[derive(Debug)]
pub(super) struct Chosen {
    /// To what.
    pub(super) value: String,
    /// Where.
    pub(super) origin: Origin,
}

impl Chosen {
    /// What is set for this name; the environment wins, then the user's file.
    pub(super) fn of(name: &str, world: &World) -> Option<Self> {
        if let Some(value) = world.variable_text(name) {
            return Some(Self { value, origin: Origin::Environment });
        }
        let shipped = world.go_env("GOROOT").ok().map(|root| Path::new(root).join("go.env"));
        let files = [user_file(world).map(Origin::File), shipped.map(Origin::Installation)];
        let mut set =
            files.into_iter().flatten().filter_map(|origin| Some((setting_in(origin.file()?, name)?, origin)));
        // An empty value in the user's file still wins over the installation's.
        set.next().filter(|(value, _)| !value.is_empty()).map(|(value, origin)| Self { value, origin })
    }
}

/// All that somebody here set, and not whoever made the installation.
pub(super) fn all(world: &World) -> Vec<(&'static str, Chosen)> {
    // Go's own runtime reads no file.
    let is_read = |name: &str, origin: &Origin| match origin {
        Origin::Environment => true,
        Origin::File(_) => !["TMPDIR", "GOMAXPROCS", "GOGC", "GOMEMLIMIT"].contains(&name),
        Origin::Installation(_) | Origin::Go => false,
    };
    let set = NAMES_SET.into_iter().filter_map(|name| Some((name, Chosen::of(name, world)?)));
    set.filter(|(name, chosen)| is_read(name, &chosen.origin)).collect()
}

impl Origin {
    /// Where go has the setting of this name from.
    pub(super) fn of(name: &str, world: &World) -> Self {
        Chosen::of(name, world).map_or(Self::Go, |chosen| chosen.origin)
    }

    /// Whether somebody here set it, and not whoever made the installation.
    pub(super) const fn is_users(&self) -> bool {
        matches!(self, Self::Environment | Self::File(_))
    }

    /// The command that takes the setting back.
    pub(super) fn mend(&self, name: &str) -> String {
        match self {
            Self::Environment => format!("unset {name}"),
            // With these go refuses to do even that.
            Self::File(file) if ["GOPATH", "GOTOOLCHAIN", "GOWORK"].contains(&name) => without(name, file),
            Self::File(_) => format!("go env -u {name}"),
            Self::Installation(file) => instead(name).unwrap_or_else(|| without(name, file)),
            Self::Go => instead(name).unwrap_or_else(|| format!("go env -w {name}=VALUE")),
        }
    }

    /// The command that sets it to something else.
    pub(super) fn set(&self, name: &str, value: &str) -> String {
        match self {
            Self::Environment => format!("export {name}={}", quoted(value)),
            Self::File(_) | Self::Installation(_) | Self::Go => format!("go env -w {name}={}", quoted(value)),
        }
    }

    fn file(&self) -> Option<&Path> {
        match self {
            Self::File(file) | Self::Installation(file) => {
                Some(file).filter(|file| file.is_absolute()).map(PathBuf::as_path)
            }
            Self::Environment | Self::Go => None,
        }
    }
}

/// Takes it out of a file.
fn without(name: &str, file: &Path) -> String {
    format!("sed -i '/^{name}=/d' {}", quoted(file.display()))
}

/// What cannot be taken back can be set to something else.
fn instead(name: &str) -> Option<String> {
    let value = match name {
        "GOTOOLCHAIN" => "auto",
        "GOPROXY" => "direct",
        "GOPATH" => "\"$HOME/gopath\"",
        "GOBIN" => "\"$HOME/bin\"",
        "CGO_ENABLED" => "1",
        _ => return None,
    };
    Some(format!("go env -w {name}={value}"))
}

/// The command that sets something where it is set already.
pub(super) fn set(name: &str, value: &str, world: &World) -> String {
    Origin::of(name, world).set(name, value)
}

impl Display for Origin {
    fn fmt(&self, out: &mut Formatter) -> fmt::Result {
        match self {
            Self::Environment => write!(out, "in the environment"),
            Self::File(file) | Self::Installation(file) => write!(out, "in {}", file.display()),
            Self::Go => write!(out, "as Go comes"),
        }
    }
}

/// Where `go env -w` writes to: `GOENV` cannot be set there itself. `off` is no file.
fn user_file(world: &World) -> Option<PathBuf> {
    let folder = || {
        let own = world.variable("XDG_CONFIG_HOME").map(PathBuf::from);
        Some(own.or_else(|| Some(Path::new(world.variable("HOME")?).join(".config")))?.join("go/env"))
    };
    world.variable("GOENV").map(PathBuf::from).or_else(folder)
}

/// What a file says of a name: lines of `NAME=VALUE`.
fn setting_in(file: &Path, name: &str) -> Option<String> {
    const MOST_BYTES: u64 = 1 << 20;
    // The last line wins.
    text_of(file, MOST_BYTES)
        .ok()?
        .lines()
        .rev()
        .find_map(|line| Some(line.strip_prefix(name)?.strip_prefix('=')?.trim().to_owned()))
}
