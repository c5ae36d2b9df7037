//! Which module a source directory belongs to.
//!
//! Knows where cmd/go keeps modules: GOROOT, the module cache, `vendor`, and folders with a `go.mod`. Reads at most a few
//! small files, while the tool runs; where nothing tells, the module is not known and nothing is guessed.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::os::unix::ffi::OsStrExt;

use super::bytes::{find, find_last, joined};
use super::files::Reader;

/// A module, as far as the place of a package tells.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Module {
    /// The module path; `std` and `cmd` for Go's own two.
    pub(crate) path: Vec<u8>,
    /// The version; a module that is worked on has none.
    pub(crate) version: Option<Vec<u8>>,
    /// What becomes of its sources.
    pub(crate) sources: Sources,
}

/// Whether sources say more than the version of what they are in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sources {
    /// They are the same wherever the version is: of a released Go, and of what go keeps read-only in its module cache.
    OfVersion,
    /// Anybody may edit them.
    Editable,
}

impl Module {
    /// The module of the package whose sources are in `directory`.
    pub(crate) fn of(directory: &[u8], goroot: &[u8], reader: &mut Reader) -> Option<Self> {
        Self::of_go_itself(directory, goroot)
            .or_else(|| Self::in_module_cache(directory))
            .or_else(|| Self::in_vendor(directory))
            .or_else(|| Self::from_go_mod(directory, reader))
    }

    /// Whether it is the standard library or the toolchain of a Go that has a version.
    pub(crate) fn is_released_go(&self) -> bool {
        self.version.is_none() && self.sources == Sources::OfVersion
    }

    fn of_go_itself(directory: &[u8], goroot: &[u8]) -> Option<Self> {
        if goroot.is_empty() {
            return None;
        }
        let inside = directory.strip_prefix(goroot)?.strip_prefix(b"/src/")?;
        let is_cmd = inside == b"cmd" || inside.starts_with(b"cmd/");
        let path = if is_cmd { b"cmd".to_vec() } else { b"std".to_vec() };
        // Who works on Go itself has a Go without a released version.
        let is_released = std::env::var_os("GOVERSION").is_some_and(|version| {
            version.as_bytes().starts_with(b"go") && find(version.as_bytes(), b"devel").is_none()
        });
        Some(Self { path, version: None, sources: if is_released { Sources::OfVersion } else { Sources::Editable } })
    }

    /// `…/pkg/mod/github.com/!burnt!sushi/toml@v1.2.3/internal`: the path and version stand in the directory's name.
    fn in_module_cache(directory: &[u8]) -> Option<Self> {
        // Where it is not known, it is where it usually is.
        let start = module_cache(directory)
            .or_else(|| find(directory, b"/pkg/mod/").map(|at| at.saturating_add(b"/pkg/mod/".len())))?;
        let inside = directory.get(start..)?;
        let at = inside.iter().position(|byte| *byte == b'@')?;
        let version = inside.get(at.checked_add(1)?..)?.split(|byte| *byte == b'/').next()?;
        let (path, version) = (unescape(inside.get(..at)?), Some(unescape(version)));
        Some(Self { path, version, sources: Sources::OfVersion })
    }

    /// `…/vendor/example.com/a/b`: `vendor/modules.txt` says which module brought it.
    fn in_vendor(directory: &[u8]) -> Option<Self> {
        let at = find_last(directory, b"/vendor/")?;
        let package = directory.get(at + b"/vendor/".len()..)?;
        let list = [directory.get(..at)?, b"/vendor/modules.txt"].concat();
        let mut lines = BufReader::new(File::open(OsStr::from_bytes(&list)).ok()?);
        let mut line = Vec::new();
        let mut module = None;
        while lines.read_until(b'\n', &mut line).ok()? > 0 {
            let text = line.trim_ascii();
            if let Some(header) = text.strip_prefix(b"# ") {
                module = Self::from_vendor_header(header);
            } else if text == package {
                return module;
            }
            line.clear();
        }
        None
    }

    /// `# example.com/a v1.2.3`, or with a replacement, which is what is compiled, `# example.com/a v1.2.3 => example.com/b
    /// v1.9.0`. A replacement on the disk, `# example.com/a => ../a`, has no module path of its own and no version.
    fn from_vendor_header(header: &[u8]) -> Option<Self> {
        let mut words = header.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
        let path = words.next()?;
        let version = words.by_ref().take_while(|word| *word != b"=>").last();
        let (path, version) = match (words.next(), words.next()) {
            (Some(other), Some(version)) => (other, Some(version)),
            (Some(_folder), None) => (path, None),
            (None, _) => (path, version),
        };
        Some(Self { path: path.to_vec(), version: version.map(<[u8]>::to_vec), sources: Sources::Editable })
    }

    /// The nearest `go.mod` upwards: the main module, one of a workspace, or a replacement on this disk.
    fn from_go_mod(directory: &[u8], reader: &mut Reader) -> Option<Self> {
        let go_mod = folders_above(directory).find_map(|folder| reader.whole(&joined(folder, b"/go.mod")))?;
        go_mod.split(|byte| *byte == b'\n').find_map(|line| {
            let mut words = line.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
            (words.next() == Some(b"module")).then(|| words.next().and_then(Self::named_in_go_mod))
        })?
    }

    /// `example.com/m`, as it stands or in quotes. A block, which go takes and nobody writes, is not looked into.
    fn named_in_go_mod(word: &[u8]) -> Option<Self> {
        let path = if let [b'"', path @ .., b'"'] | [b'`', path @ .., b'`'] = word { path } else { word };
        let is_path = !path.is_empty() && path != b"(" && !path.starts_with(b"//");
        is_path.then(|| Self { path: path.to_vec(), version: None, sources: Sources::Editable })
    }
}

/// A folder and those that it is in, up to the root, which is the empty text.
fn folders_above<'a>(folder: &'a [u8]) -> impl Iterator<Item = &'a [u8]> {
    let up = |folder: &'a [u8]| folder.get(..folder.iter().rposition(|byte| *byte == b'/')?);
    std::iter::successors(Some(folder.strip_suffix(b"/").unwrap_or(folder)), move |folder| up(folder))
}

/// GOMODCACHE may be anywhere; cmd/go shows it to every tool. Where in `directory` the path of a module in it begins.
fn module_cache(directory: &[u8]) -> Option<usize> {
    let cache = std::env::var_os("GOMODCACHE")?;
    let cache = cache.as_bytes();
    let inside = directory.strip_prefix(cache)?;
    (!cache.is_empty() && inside.starts_with(b"/")).then(|| cache.len().saturating_add(1))
}

/// In the module cache an upper-case letter is written as `!` and its lower case.
fn unescape(escaped: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(escaped.len());
    let mut upper = false;
    for &byte in escaped {
        if byte == b'!' {
            upper = true;
        } else {
            plain.push(if upper { byte.to_ascii_uppercase() } else { byte });
            upper = false;
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::super::files::Reader;
    use super::{Module, Sources};

    fn module_of(directory: &str) -> Option<Module> {
        Module::of(directory.as_bytes(), b"/usr/local/go", &mut Reader::new())
    }

    #[track_caller]
    fn check(directory: &str, module: &str, version: Option<&str>) {
        let found = module_of(directory).expect("a module");
        assert_eq!(String::from_utf8_lossy(&found.path), module);
        assert_eq!(found.version.as_deref().map(String::from_utf8_lossy).as_deref(), version);
    }

    #[test]
    fn go_itself_is_two_modules() {
        check("/usr/local/go/src/net/http", "std", None);
        check("/usr/local/go/src/vendor/golang.org/x/net/idna", "std", None);
        check("/usr/local/go/src/cmd/compile/internal/ssa", "cmd", None);
    }

    #[test]
    fn the_module_cache_shows_path_and_version() {
        let sushi = "/home/u/go/pkg/mod/github.com/!burnt!sushi/toml@v1.2.3/internal";
        check(sushi, "github.com/BurntSushi/toml", Some("v1.2.3"));
        check("/home/u/go/pkg/mod/gopkg.in/yaml.v3@v3.0.1", "gopkg.in/yaml.v3", Some("v3.0.1"));
    }

    #[test]
    fn what_go_keeps_read_only_goes_with_its_version_and_anything_else_can_be_edited() {
        let sources = |directory: &str| module_of(directory).map(|module| module.sources);
        assert_eq!(sources("/home/u/go/pkg/mod/gopkg.in/yaml.v3@v3.0.1"), Some(Sources::OfVersion));
        let world = tempfile::tempdir().expect("a folder");
        std::fs::write(world.path().join("go.mod"), "module m\n").expect("go.mod");
        assert_eq!(sources(world.path().to_str().expect("utf-8")), Some(Sources::Editable));
    }

    #[test]
    fn vendor_and_go_mod_tell_the_rest() {
        let world = tempfile::tempdir().expect("a folder");
        let root = world.path();
        std::fs::create_dir_all(root.join("vendor/example.com/a/b")).expect("vendor");
        std::fs::create_dir_all(root.join("cmd/x")).expect("cmd");
        let list = "# example.com/a v1.2.3\n## explicit; go 1.21\nexample.com/a\nexample.com/a/b\n";
        std::fs::write(root.join("vendor/modules.txt"), list).expect("modules.txt");
        std::fs::write(root.join("go.mod"), "// comment\nmodule \"example.com/main\" // x\n").expect("go.mod");
        check(root.join("vendor/example.com/a/b").to_str().expect("utf-8"), "example.com/a", Some("v1.2.3"));
        check(root.join("cmd/x").to_str().expect("utf-8"), "example.com/main", None);
    }

    /// What was compiled is what stands behind the arrow.
    #[test]
    fn a_replaced_module_goes_by_what_is_in_its_place() {
        for (header, path, version) in [
            ("example.com/a v1.2.3", "example.com/a", Some("v1.2.3")),
            ("example.com/a v1.2.3 => example.com/fork v1.9.0", "example.com/fork", Some("v1.9.0")),
            ("example.com/a => example.com/fork v1.9.0", "example.com/fork", Some("v1.9.0")),
            ("example.com/a v1.2.3 => ../a", "example.com/a", None),
            ("example.com/a => ./third_party/a", "example.com/a", None),
            ("example.com/a", "example.com/a", None),
        ] {
            let module = Module::from_vendor_header(header.as_bytes()).expect("a module");
            assert_eq!(
                (module.path.as_slice(), module.version.as_deref()),
                (path.as_bytes(), version.map(str::as_bytes)),
                "{header}"
            );
        }
    }

    #[test]
    fn the_module_line_is_read_as_go_reads_it() {
        let world = tempfile::tempdir().expect("a folder");
        for (line, path) in [
            ("module example.com/m", Some("example.com/m")),
            ("module\texample.com/m\t// tabs", Some("example.com/m")),
            (" \tmodule  `example.com/m`\r", Some("example.com/m")),
            ("module \"example.com/m\"", Some("example.com/m")),
            ("moduleexample.com/m", None),
            ("module (", None),
            ("module // of mine", None),
            ("module", None),
        ] {
            std::fs::write(world.path().join("go.mod"), format!("go 1.21\n{line}\ngo 1.21\n")).expect("go.mod");
            let module = module_of(world.path().to_str().expect("utf-8"));
            assert_eq!(module.map(|module| module.path).as_deref(), path.map(str::as_bytes), "{line}");
        }
    }
}
