//! Names to handles: the catalog in the hands of one of the threads that read.
//!
//! Knows that the catalog is shared, and that nearly every name is known already; does not know what events say.

use parking_lot::{RwLock, RwLockReadGuard};

use crate::build::call::CallId;
use crate::build::catalog::{Anchor, Catalog, CommandId, CommandKey, Facts, ModuleId, PackageId, ToolId};
use crate::build::names::Id;
use crate::build::stage::PhaseName;
use crate::units::Nanos;

/// The catalog in the hands of one thread, which looks names up without being alone with it for as long as it can.
#[derive(Debug)]
pub(super) struct Names<'a> {
    catalog: &'a RwLock<Catalog>,
    /// Held from name to name: to take and to leave the lock for each one costs more than to find it.
    seen: Option<RwLockReadGuard<'a, Catalog>>,
    /// Whose event the last one was, since when, and its handle: most events are of the same command as the one before.
    last_command: Option<(CommandKey, Nanos, CommandId)>,
}

impl<'a> Names<'a> {
    pub(super) fn of(catalog: &'a RwLock<Catalog>) -> Self {
        Self { catalog, seen: None, last_command: None }
    }

    /// What `find` finds; where it does not, what `make` puts there.
    fn find_or<T>(&mut self, find: impl FnOnce(&Catalog) -> Option<T>, make: impl FnOnce(&mut Catalog) -> T) -> T {
        if let Some(found) = find(self.seen.get_or_insert_with(|| self.catalog.read())) {
            return found;
        }
        self.write(make)
    }

    /// Does something to the catalog, alone with it.
    pub(super) fn write<T>(&mut self, work: impl FnOnce(&mut Catalog) -> T) -> T {
        self.seen = None;
        work(&mut self.catalog.write())
    }

    pub(super) fn tool(&mut self, name: &str) -> ToolId {
        self.find_or(|catalog| catalog.tools.find(name), |catalog| catalog.tool(name))
    }

    pub(super) fn call(&mut self, shared: &str) -> CallId {
        self.find_or(|catalog| catalog.calls.find(shared), |catalog| catalog.call(shared))
    }

    pub(super) fn phase(&mut self, name: &str) -> Id<PhaseName> {
        self.find_or(|catalog| catalog.phases.find(name), |catalog| catalog.phase(name))
    }

    pub(super) fn package(&mut self, path: &str, variant: Option<&str>, module: Option<ModuleId>) -> PackageId {
        self.find_or(
            |catalog| catalog.known_package(path, variant, module),
            |catalog| catalog.package(path, variant, module),
        )
    }

    pub(super) fn module(&mut self, path: &str, version: Option<&str>) -> ModuleId {
        self.find_or(|catalog| catalog.known_module(path, version), |catalog| catalog.module(path, version))
    }

    pub(super) fn command(&mut self, key: CommandKey, anchor: Anchor, facts: Option<Facts>) -> CommandId {
        if facts.is_none()
            && let Some((last, since, id)) = &self.last_command
            && (*last == key && *since <= anchor.monotonic)
        {
            return *id;
        }
        let id = if facts.is_some() {
            self.write(|catalog| catalog.command(key.clone(), anchor, facts))
        } else {
            let find = |catalog: &Catalog| catalog.known_command(&key, anchor);
            self.find_or(find, |catalog| catalog.command(key.clone(), anchor, None))
        };
        self.last_command = Some((key, anchor.monotonic, id));
        id
    }
}
