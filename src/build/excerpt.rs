//! Some actions of many builds as one build, to be asked about after the builds are gone.
//!
//! Knows how to name again in a catalog of its own what a build names by handles. Holds what runs were made from and how they were
//! called, not what they took in phases nor who waited for whom: an archive that the same go command made is an import like any
//! other here, because its maker need not be in the excerpt.

use std::sync::Arc;

use super::action::Action;
use super::catalog::{Catalog, Command, CommandId, CommandKey, ModuleId, PackageId};
use super::inputs::{Import, Inputs, Origin};
use super::whole::{Build, Kept};

/// Actions of many builds.
#[derive(Debug, Default)]
pub struct Excerpt {
    catalog: Catalog,
    kept: Vec<(Action, Kept)>,
}

impl Excerpt {
    /// Takes these actions of one package and one go command. `source` tells apart what is taken of the same command several times;
    /// `maker` tells which package the command made in a directory in `$WORK`.
    pub fn add(
        &mut self,
        build: &Build,
        actions: &[usize],
        source: usize,
        maker: impl Fn(u32) -> Option<PackageId>,
    ) -> Option<(CommandId, PackageId)> {
        let first = &build.actions[*actions.first()?];
        let command = self.command(build, first.command, source);
        let package = self.package(build, first.package?);
        for index in actions {
            let action = &build.actions[*index];
            let tool = self.catalog.tool(&build.catalog.tools.get(action.tool).name);
            let words = build.call(*index).map(|call| build.catalog.calls.get(call).words.join("\0"));
            let call = words.map(|words| self.catalog.call(&words));
            let inputs = build.inputs(*index).map(|inputs| Arc::new(self.inputs(build, inputs, &maker)));
            let kept = Kept { call, inputs, figures: build.figures(*index), ..Kept::default() };
            self.kept.push((Action { command, package: Some(package), tool, inside: None, ..*action }, kept));
        }
        Some((command, package))
    }

    /// All of it as a build.
    #[must_use]
    pub fn into_build(self) -> Build {
        Build::new(self.catalog, self.kept)
    }

    fn command(&mut self, build: &Build, command: CommandId, source: usize) -> CommandId {
        let key = CommandKey { source, go_pid: command.index() as u64, go_start_ticks: None };
        let Command { facts, anchor, .. } = build.catalog.commands.get(command);
        let copy = |_: &CommandKey| Command { facts: facts.clone(), anchor: *anchor, ..Command::default() };
        self.catalog.commands.number(key, copy)
    }

    fn package(&mut self, build: &Build, package: PackageId) -> PackageId {
        let package = build.catalog.packages.get(package);
        let module = package.module.map(|module| self.module(build, module));
        self.catalog.package(&package.path, package.variant.as_deref(), module)
    }

    fn module(&mut self, build: &Build, module: ModuleId) -> ModuleId {
        let module = build.catalog.modules.get(module);
        self.catalog.module(&module.path, module.version.as_deref())
    }

    fn inputs(&mut self, build: &Build, inputs: &Inputs, maker: impl Fn(u32) -> Option<PackageId>) -> Inputs {
        let mut imports = Vec::with_capacity(inputs.imports.len());
        for import in &inputs.imports {
            let package = match import.from {
                Origin::Cached(package) => Some(package),
                Origin::Built(dir) => maker(dir),
            };
            let from = package.map(|package| Origin::Cached(self.package(build, package)));
            imports.extend(from.map(|from| Import { from, ..*import }));
        }
        let module = inputs.module.map(|module| self.module(build, module));
        Inputs { module, imports, ..inputs.clone() }
    }
}
