//! vendor/modules.txt: which modules are in vendor, and where their files come from.
//!
//! Knows its shape, and how the module cache names folders and archives; reads no file of a module.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::files::Module;
use crate::doctor::answer::Unknown;
use crate::doctor::text::text_of;

/// A module of vendor/modules.txt.
#[derive(Debug)]
pub(super) struct Vendored {
    /// With its version, as go calls it.
    pub(super) name: String,
    /// Where its files come from.
    pub(super) source: PathBuf,
    pub(super) packages: Vec<String>,
}

/// No list of modules is as long.
const MOST_LIST: u64 = 64 << 20;

/// The modules of a vendor folder by their paths.
///
/// # Errors
/// It has no list of them that can be read.
pub(super) fn listed(vendor: &Path, cache: &Path) -> Result<BTreeMap<String, Vendored>, Unknown> {
    let list = vendor.join("modules.txt");
    let text = text_of(&list, MOST_LIST).map_err(|error| Unknown(format!("{}: {error}", list.display())))?;
    Ok(modules_of(&text, vendor.parent().unwrap_or(Path::new("/")), cache))
}

/// Of each `# path version [=> replacement]`, and the packages below.
fn modules_of(text: &str, root: &Path, cache: &Path) -> BTreeMap<String, Vendored> {
    let mut modules: BTreeMap<String, Vendored> = BTreeMap::new();
    let mut last: Option<String> = None;
    for line in text.lines().filter(|line| !line.starts_with("## ")) {
        let Some(head) = line.strip_prefix("# ") else {
            if let Some(module) = last.as_ref().and_then(|path| modules.get_mut(path)) {
                module.packages.push(line.trim().to_owned());
            }
            continue;
        };
        let (old, new) = head.split_once(" => ").map_or((head, None), |(old, new)| (old, Some(new)));
        let path = old.split(' ').next().unwrap_or_default().to_owned();
        let module = Vendored {
            name: head.replace(' ', "@").replace("@=>@", " => "),
            source: source(new.unwrap_or(old), root, cache),
            packages: Vec::new(),
        };
        // At the end stand replacements once more, without packages.
        modules.entry(path.clone()).or_insert(module);
        last = Some(path);
    }
    modules
}

/// Where the files of `path version` are, or of a folder.
fn source(words: &str, root: &Path, cache: &Path) -> PathBuf {
    match words.split_once(' ') {
        Some((path, version)) => cache.join(format!("{}@{}", escaped(path), escaped(version))),
        None => root.join(words),
    }
}

/// As many bytes as the archives of modules have, as far as they were fetched.
pub(super) fn downloaded(modules: &[Module], cache: &Path) -> u64 {
    let archive = |module: &Module| {
        let folder = cache.join("cache/download").join(escaped(&module.path)).join("@v");
        let version = module.version.as_deref().unwrap_or_default();
        folder.join(format!("{}.zip", escaped(version))).metadata().map_or(0, |meta| meta.len())
    };
    modules.iter().map(archive).sum()
}

/// As the cache spells it, where a file system may not tell capitals from small letters.
fn escaped(name: &str) -> String {
    name.chars()
        .flat_map(|c| c.is_ascii_uppercase().then_some('!').into_iter().chain([c.to_ascii_lowercase()]))
        .collect()
}

/// The module with the longest path that a file is below.
pub(super) fn owner<'a>(name: &str, modules: &'a BTreeMap<String, Vendored>) -> Option<(&'a String, &'a Vendored)> {
    Path::new(name).ancestors().skip(1).find_map(|above| modules.get_key_value(above.to_str()?))
}
