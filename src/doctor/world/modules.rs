//! Where go.mod and go.work are, and what they say.
//!
//! Knows how go is asked for them; does not know what is right.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::{World, kept};
use crate::doctor::answer::Unknown;
use crate::doctor::filesystem::plain;

impl World {
    /// The go.mod of builds here; none outside of modules, and in the root of a workspace that has none.
    ///
    /// # Errors
    /// There is no go, or it does not answer.
    pub(in crate::doctor) fn go_mod(&self) -> Result<Option<&Path>, Unknown> {
        Ok(file(self.go_env("GOMOD")?))
    }

    /// The go.work of builds here; none where none is in effect.
    ///
    /// # Errors
    /// There is no go, or it does not answer.
    pub(in crate::doctor) fn go_work(&self) -> Result<Option<&Path>, Unknown> {
        // Go tells of one in any case, and heeds none without modules.
        Ok(file(self.go_env("GOWORK")?).filter(|_| self.go_env("GO111MODULE") != Ok("off")))
    }

    /// Whether builds here are of modules.
    ///
    /// # Errors
    /// There is no go, or it does not answer.
    pub(in crate::doctor) fn has_module(&self) -> Result<bool, Unknown> {
        Ok(self.go_mod()?.is_some() || self.go_work()?.is_some())
    }

    /// `go mod edit -json`: what go.mod says.
    ///
    /// # Errors
    /// There is no module, or it cannot be read.
    pub(in crate::doctor) fn module(&self) -> Result<&Value, Unknown> {
        let ask = || {
            let file = self.go_mod()?.ok_or_else(|| Unknown(String::from("there is no go.mod here")))?;
            json(&self.ask_any_go(&["mod", "edit", "-json", &file.to_string_lossy()])?)
        };
        kept(&self.module, ask)
    }

    /// `go work edit -json`: what go.work says.
    ///
    /// # Errors
    /// There is no workspace, or it cannot be read.
    pub(in crate::doctor) fn workspace(&self) -> Result<&Value, Unknown> {
        let ask = || {
            let file = self.go_work()?.ok_or_else(|| Unknown(String::from("no go.work is in effect")))?;
            json(&self.ask_any_go(&["work", "edit", "-json", &file.to_string_lossy()])?)
        };
        kept(&self.workspace, ask)
    }

    /// The folders that go.work uses; none where none is in effect.
    ///
    /// # Errors
    /// It cannot be read, or there is no go.
    pub(in crate::doctor) fn used_folders(&self) -> Result<Vec<PathBuf>, Unknown> {
        let Some(base) = self.go_work()?.and_then(Path::parent) else { return Ok(Vec::new()) };
        let used = self.workspace()?["Use"].as_array().into_iter().flatten();
        Ok(used.filter_map(|used| Some(plain(&base.join(used["DiskPath"].as_str()?)))).collect())
    }
}

/// Go says none in three ways.
fn file(value: &str) -> Option<&Path> {
    (!["", "off", "/dev/null"].contains(&value)).then(|| Path::new(value))
}

/// One value behind the other.
pub(super) fn several(text: &str) -> Result<Vec<Value>, Unknown> {
    let values: Result<Vec<Value>, _> = serde_json::Deserializer::from_str(text).into_iter().collect();
    values.map_err(|error| Unknown(format!("what go printed is not JSON: {error}")))
}

fn json(text: &str) -> Result<Value, Unknown> {
    serde_json::from_str(text).map_err(|error| Unknown(format!("what go printed is not JSON: {error}")))
}
