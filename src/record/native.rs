//! The files beside Go sources that become part of a package: C, C++, Fortran, headers, assembler, object files.
//!
//! Knows which names cmd/go takes for what; does not read them. C compilers are cmd/go's own business, so no other tool run
//! shows these files. cgo and the assembler run in the package's directory, once each, and are when it is looked into.

use std::ffi::OsStr;
use std::os::unix::ffi::{OsStrExt, OsStringExt};

use super::tool::Tool;

/// What cmd/go takes for a part of a package by its ending, beside Go.
const ENDINGS: [&[u8]; 18] = [
    b"c", b"cc", b"cpp", b"cxx", b"h", b"hh", b"hpp", b"hxx", b"m", b"f", b"F", b"for", b"f90", b"s", b"S", b"sx",
    b"syso", b"swig",
];

/// The names in a directory, in order.
pub(crate) fn files(tool: &Tool, directory: &[u8]) -> Vec<Vec<u8>> {
    match tool.name {
        b"cgo" => look(directory, Looker::Cgo),
        b"asm" if tool.has_any(&[b"gensymabis"]) => look(directory, Looker::Assembler),
        _ => Vec::new(),
    }
}

/// Whose run it is. The assembler's sources are known by themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Looker {
    Cgo,
    Assembler,
}

/// Few tool runs come to it, so its code lies out of the way.
#[cold]
fn look(directory: &[u8], looker: Looker) -> Vec<Vec<u8>> {
    let Ok(entries) = std::fs::read_dir(OsStr::from_bytes(directory)) else { return Vec::new() };
    let platform = Platform::of_environment();
    let found = entries
        .filter_map(|entry| Some(entry.ok()?.file_name().into_vec()))
        .filter(|name| is_native(name, looker) && platform.takes(name));
    // In order as they come: there are few, and code that sorts many would lie in the way of all other tool runs.
    let mut names: Vec<Vec<u8>> = Vec::new();
    for name in found {
        let at = names.partition_point(|other| *other < name);
        names.insert(at, name);
    }
    names
}

fn is_native(name: &[u8], looker: Looker) -> bool {
    let Some(dot) = name.iter().rposition(|byte| *byte == b'.') else { return false };
    let ending = name.get(dot.saturating_add(1)..).unwrap_or_default();
    !matches!(name.first(), Some(b'.' | b'_')) && ENDINGS.contains(&ending) && (looker == Looker::Cgo || ending != b"s")
}

/// What is built for.
struct Platform {
    os: Vec<u8>,
    arch: Vec<u8>,
}

impl Platform {
    fn of_environment() -> Self {
        let value = |name: &str| std::env::var_os(name).unwrap_or_default().into_vec();
        Self { os: value("GOOS"), arch: value("GOARCH") }
    }

    /// `x_windows.c` and `x_linux_arm64.s` are for others.
    fn takes(&self, name: &[u8]) -> bool {
        let stem = name.split(|byte| *byte == b'.').next().unwrap_or_default();
        let mut words = stem.rsplit(|byte| *byte == b'_');
        let (Some(last), Some(before)) = (words.next(), words.next()) else { return true };
        if ARCHS.contains(&last) {
            let is_first = words.next().is_none();
            return last == self.arch && (is_first || !SYSTEMS.contains(&before) || self.is_os(before));
        }
        !SYSTEMS.contains(&last) || self.is_os(last)
    }

    fn is_os(&self, os: &[u8]) -> bool {
        os == self.os || os == b"linux" && self.os == b"android"
    }
}

const SYSTEMS: [&[u8]; 16] = [
    b"aix",
    b"android",
    b"darwin",
    b"dragonfly",
    b"freebsd",
    b"illumos",
    b"ios",
    b"js",
    b"linux",
    b"netbsd",
    b"openbsd",
    b"plan9",
    b"solaris",
    b"wasip1",
    b"windows",
    b"zos",
];

const ARCHS: [&[u8]; 16] = [
    b"386",
    b"amd64",
    b"arm",
    b"arm64",
    b"loong64",
    b"mips",
    b"mips64",
    b"mips64le",
    b"mipsle",
    b"ppc64",
    b"ppc64le",
    b"riscv64",
    b"s390x",
    b"wasm",
    b"sparc64",
    b"ppc",
];

#[cfg(test)]
mod tests {
    use super::{Looker, Platform, is_native};

    #[test]
    fn a_file_for_another_platform_is_no_part_of_the_package() {
        let platform = Platform { os: b"linux".to_vec(), arch: b"amd64".to_vec() };
        for (name, expected) in [
            ("a.c", true),
            ("linux.c", true),
            ("windows.c", true),
            ("a_linux.c", true),
            ("a_windows.c", false),
            ("a_arm64.S", false),
            ("a_linux_amd64.S", true),
            ("a_darwin_amd64.S", false),
            ("a_linux_arm64.S", false),
            ("a_b_amd64.h", true),
            ("linux_amd64.h", true),
            ("darwin_amd64.h", true),
        ] {
            assert_eq!(platform.takes(name.as_bytes()), expected, "{name}");
        }
    }

    #[test]
    fn only_what_a_c_compiler_takes_is_native() {
        for (name, of_cgo, of_asm) in [
            ("a.c", true, true),
            ("a.h", true, true),
            ("a.s", true, false),
            ("a.syso", true, true),
            ("a.go", false, false),
            ("_a.c", false, false),
            (".c", false, false),
            ("c", false, false),
            ("README.md", false, false),
        ] {
            let found = [Looker::Cgo, Looker::Assembler].map(|looker| is_native(name.as_bytes(), looker));
            assert_eq!(found, [of_cgo, of_asm], "{name}");
        }
    }
}
