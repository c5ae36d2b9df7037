//! The files and packages of the module.
//!
//! Knows how go is asked for them; does not know what is right.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;

use super::modules::several;
use super::{World, kept};
use crate::doctor::answer::Unknown;
use crate::doctor::ask::{PATIENCE, ask};
use crate::doctor::tree::{Sign, Tree};

/// What go says of a package that it cannot load.
#[derive(Debug)]
pub(in crate::doctor) struct Complaint<'a> {
    /// The file and the line, or who imports whom; nothing where go does not say.
    pub(in crate::doctor) place: String,
    /// Go's words.
    pub(in crate::doctor) said: &'a str,
}

impl World {
    /// The files of the module, and of those that a go.work uses together with it; none where there is no module.
    pub(in crate::doctor) fn tree(&self) -> Option<&Tree> {
        let walk = || {
            let own = self.directory.ancestors().find(|folder| folder.join("go.mod").is_file());
            // Without a go nobody says which go.work is in effect, and the files are looked at all the same.
            let work = self.go_work().ok().flatten().and_then(Path::parent);
            let mut modules = self.used_folders().unwrap_or_default();
            modules.extend(own.map(Path::to_path_buf));
            Some(Tree::of(work.or(own)?, modules))
        };
        self.tree.get_or_init(walk).as_ref()
    }

    /// What names the packages of builds here: those of the directory, or of all modules in the root of a workspace that is
    /// none itself, where `./...` is nothing.
    fn patterns(&self) -> Result<Vec<String>, Unknown> {
        if self.go_mod()?.is_some() {
            return Ok(vec![String::from("./...")]);
        }
        Ok(self.used_folders()?.iter().map(|folder| folder.join("...").display().to_string()).collect())
    }

    /// What `go list -e` says of them with some words more; nothing where there are none.
    fn list(&self, words: &[&str], set: &[(&str, &str)]) -> Result<String, Unknown> {
        let patterns = self.patterns()?;
        if patterns.is_empty() {
            return Ok(String::new());
        }
        let words: Vec<&str> =
            ["list", "-e"].iter().chain(words).copied().chain(patterns.iter().map(String::as_str)).collect();
        let mut command = self.go_loading(&words)?;
        ask(command.envs(set.iter().copied()), PATIENCE)?.fine("go list ./...")
    }

    /// `go list -e -json ./...`: the packages of the module, with their files; nothing outside of modules.
    ///
    /// # Errors
    /// There is no go, or it cannot list them.
    pub(in crate::doctor) fn packages(&self) -> Result<&[Value], Unknown> {
        // Unless EmbedFiles are asked for, go does not look whether there are any.
        const FIELDS: &str = "-json=Dir,ImportPath,Name,CXXFiles,EmbedFiles,Error,DepsErrors,\
                              CgoCFLAGS,CgoCPPFLAGS,CgoCXXFLAGS,CgoFFLAGS,CgoLDFLAGS,CgoPkgConfig";
        let listed = || several(&self.list(&[FIELDS], &[])?);
        Ok(kept(&self.packages, listed)?)
    }

    /// What go says is wrong with the module's packages and what they import, each package's own before that of its imports.
    ///
    /// # Errors
    /// They cannot be listed at all.
    pub(in crate::doctor) fn errors(&self) -> Result<impl Iterator<Item = Complaint<'_>>, Unknown> {
        let errors = self.packages()?.iter().flat_map(|package| {
            let deeper = package["DepsErrors"].as_array().into_iter().flatten();
            [&package["Error"]].into_iter().chain(deeper)
        });
        Ok(errors.filter_map(|error| Some(Complaint { place: place(error), said: error["Err"].as_str()? })))
    }

    /// The same without their places, once each.
    ///
    /// # Errors
    /// They cannot be listed at all.
    pub(in crate::doctor) fn complaints(&self) -> Result<BTreeSet<&str>, Unknown> {
        Ok(self.errors()?.map(|complaint| complaint.said).collect())
    }

    /// The packages that builds here need and that import C where cgo is on, which it is for this: each a line that says whether
    /// it is of the standard library, whether it is only imported, its path, and its folder.
    ///
    /// # Errors
    /// There is no go, or it cannot list them.
    pub(in crate::doctor) fn packages_with_cgo(&self) -> Result<&str, Unknown> {
        const LINE: &str = "-f={{if .CgoFiles}}{{.Standard}} {{.DepOnly}} {{.ImportPath}} {{.Dir}}{{end}}";
        let listed = || self.list(&["-deps", LINE], &[("CGO_ENABLED", "1")]);
        Ok(kept(&self.packages_with_cgo, listed)?)
    }

    /// The packages of the module that embed files, with the files and the patterns: far quicker than all packages, because
    /// few do, and nothing that they import is looked for.
    ///
    /// # Errors
    /// There is no go, or it cannot list them.
    pub(in crate::doctor) fn embedding(&self) -> Result<&[Value], Unknown> {
        // A command line has an end.
        const AT_A_TIME: usize = 500;
        let list = || {
            let Some(tree) = self.tree() else { return Ok(Vec::new()) };
            let folder = |path: &Path| tree.root.join(path.parent().unwrap_or(path)).display().to_string();
            let mut folders: Vec<String> = tree.showing(Sign::Embeds).map(|file| folder(&file.path)).collect();
            folders.sort();
            folders.dedup();
            let mut listed = Vec::new();
            for folders in folders.chunks(AT_A_TIME) {
                let mut words = vec!["list", "-e", "-find", "-json=Dir,ImportPath,EmbedFiles,EmbedPatterns"];
                words.extend(folders.iter().map(String::as_str));
                listed.extend(several(&ask(&mut self.go_loading(&words)?, PATIENCE)?.fine("go list")?)?);
            }
            Ok(listed)
        };
        Ok(kept(&self.embedding, list)?)
    }
}

fn place(error: &Value) -> String {
    let stack: Vec<&str> = error["ImportStack"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    match error["Pos"].as_str().unwrap_or_default() {
        "" if stack.len() > 1 => stack.join(" imports "),
        place => place.to_owned(),
    }
}
