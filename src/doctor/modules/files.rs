//! What go.mod and go.work say, and what `go list` complains about.
//!
//! Knows their shape in JSON; does not know what is right.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::doctor::answer::{Answer, Unknown};
use crate::doctor::world::World;

/// A module, or a folder where there is no version.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Module {
    pub(super) path: String,
    pub(super) version: Option<String>,
}

/// One module in the place of another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Replace {
    pub(super) old: Module,
    pub(super) new: Module,
    /// The file that says so.
    pub(super) file: PathBuf,
}

impl Replace {
    /// The folder that takes the module's place, where it is one.
    pub(super) fn folder(&self) -> Option<PathBuf> {
        let base = self.file.parent()?;
        self.new.version.is_none().then(|| base.join(&self.new.path))
    }

    /// Whether it stands in a go.mod, and not in a go.work.
    pub(super) fn is_of_go_mod(&self) -> bool {
        self.file.file_name().is_none_or(|name| name != "go.work")
    }
}

/// What go.mod requires; nothing where there is none.
pub(super) fn required(world: &World) -> Vec<Module> {
    let module = world.module().ok();
    module.map(|module| items(module, "Require").filter_map(read).collect()).unwrap_or_default()
}

/// What go.mod and go.work replace.
pub(super) fn replaced(world: &World) -> Vec<Replace> {
    let of = |said: Result<&Value, Unknown>, file: Result<Option<&Path>, Unknown>| -> Vec<Replace> {
        let (Ok(said), Ok(Some(file))) = (said, file) else { return Vec::new() };
        let one = |item: &Value| {
            Some(Replace { old: read(&item["Old"])?, new: read(&item["New"])?, file: file.to_path_buf() })
        };
        items(said, "Replace").filter_map(one).collect()
    };
    let mut all = of(world.module(), world.go_mod());
    all.extend(of(world.workspace(), world.go_work()));
    all
}

/// The folders that go.work uses, as it calls them.
///
/// # Errors
/// There is none, or it cannot be read.
pub(super) fn used(world: &World) -> Result<Vec<String>, Unknown> {
    let said = world.workspace()?;
    Ok(items(said, "Use").filter_map(|item| item["DiskPath"].as_str().map(str::to_owned)).collect())
}

pub(super) fn readable(world: &World) -> Result<Answer, Unknown> {
    if !world.has_module()? {
        return Ok(Answer::not_applicable("there is no module here"));
    }
    let files = [(world.go_mod()?, world.module()), (world.go_work()?, world.workspace())];
    let there = files.into_iter().filter_map(|(file, said)| Some((file?, said)));
    let broken = there.filter_map(|(file, said)| {
        let Unknown(why) = said.err()?;
        Some(Answer::error(why).mend(format!("mend {}, or go back to how the repository has it", file.display())))
    });
    Ok(Answer::worst(broken, "go reads them"))
}

/// Where vendor would be, and whether it is.
///
/// # Errors
/// There is no module.
pub(super) fn vendor(world: &World) -> Result<Option<PathBuf>, Unknown> {
    let file = world.go_work()?.or(world.go_mod()?);
    let folder = file.and_then(Path::parent).map(|root| root.join("vendor"));
    Ok(folder.filter(|folder| folder.is_dir()))
}

fn items<'a>(said: &'a Value, key: &str) -> impl Iterator<Item = &'a Value> + use<'a> {
    said[key].as_array().into_iter().flatten()
}

fn read(said: &Value) -> Option<Module> {
    let version = said["Version"].as_str().filter(|version| !version.is_empty());
    Some(Module { path: said["Path"].as_str()?.to_owned(), version: version.map(str::to_owned) })
}
