//! Packages with C in them.
//!
//! Knows what `go list` says of them; does not know what that means.

use serde_json::Value;

use crate::doctor::answer::Unknown;
use crate::doctor::world::World;

/// Whose a package is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Owner {
    /// Of the module.
    Own,
    /// Of a module that it requires.
    Dependency,
    /// Of the standard library.
    Go,
}

/// A package that imports C, where cgo is on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Package {
    pub(super) path: String,
    pub(super) folder: String,
    pub(super) owner: Owner,
}

/// Flags in the sources of a package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Lines {
    pub(super) path: String,
    /// `CFLAGS` and its like.
    pub(super) name: &'static str,
    pub(super) words: Vec<String>,
}

/// Keys of `go list`, and how sources call them.
const KEYS: [(&str, &str); 5] = [
    ("CgoCFLAGS", "CFLAGS"),
    ("CgoCPPFLAGS", "CPPFLAGS"),
    ("CgoCXXFLAGS", "CXXFLAGS"),
    ("CgoFFLAGS", "FFLAGS"),
    ("CgoLDFLAGS", "LDFLAGS"),
];

/// All packages that builds here need and that import C where cgo is on, whether it is or not.
///
/// # Errors
/// They cannot be listed.
pub(super) fn importing_c(world: &World) -> Result<Vec<Package>, Unknown> {
    let lines = world.packages_with_cgo()?.lines().filter(|line| !line.is_empty());
    Ok(lines.filter_map(package).collect())
}

fn package(line: &str) -> Option<Package> {
    let mut words = line.splitn(4, ' ');
    let (standard, needed_only, path) = (words.next()?, words.next()?, words.next()?);
    let owner = match (standard, needed_only) {
        ("true", _) => Owner::Go,
        (_, "true") => Owner::Dependency,
        _ => Owner::Own,
    };
    Some(Package { path: path.to_owned(), folder: words.next()?.to_owned(), owner })
}

/// The `#cgo` lines of the module's packages.
///
/// # Errors
/// They cannot be listed.
pub(super) fn lines(world: &World) -> Result<Vec<Lines>, Unknown> {
    lines_of(world, &KEYS)
}

/// What the module's packages have pkg-config asked for.
///
/// # Errors
/// They cannot be listed.
pub(super) fn wanted_of_pkg_config(world: &World) -> Result<Vec<Lines>, Unknown> {
    lines_of(world, &[("CgoPkgConfig", "pkg-config")])
}

fn lines_of(world: &World, keys: &[(&str, &'static str)]) -> Result<Vec<Lines>, Unknown> {
    let lines = world.packages()?.iter().flat_map(|package| {
        keys.iter().filter_map(|&(key, name)| {
            let words: Vec<String> = texts(&package[key]).collect();
            let path = package["ImportPath"].as_str()?.to_owned();
            (!words.is_empty()).then_some(Lines { path, name, words })
        })
    });
    Ok(lines.collect())
}

/// Packages of the module that have C++ in them.
///
/// # Errors
/// They cannot be listed.
pub(super) fn with_cpp(world: &World) -> Result<Vec<String>, Unknown> {
    let has = |package: &&Value| texts(&package["CXXFiles"]).next().is_some();
    Ok(world
        .packages()?
        .iter()
        .filter(has)
        .filter_map(|package| Some(package["ImportPath"].as_str()?.to_owned()))
        .collect())
}

/// Whether builds here have a package of the module.
///
/// # Errors
/// They cannot be listed.
pub(super) fn is_built(world: &World, path: &str) -> Result<bool, Unknown> {
    Ok(world.packages()?.iter().any(|package| package["ImportPath"] == path && package["Error"].is_null()))
}

fn texts(list: &Value) -> impl Iterator<Item = String> + use<'_> {
    list.as_array().into_iter().flatten().filter_map(|word| Some(word.as_str()?.to_owned()))
}
