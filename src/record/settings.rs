//! The settings that cmd/go puts into its cache keys, and that not every argument list shows.
//!
//! Knows their names. Walks over the environment once: to ask for each name by itself would go over all of it some twenty
//! times.

use std::ffi::{CStr, c_char};

#[expect(unsafe_code, reason = "std has no way to it that does not copy")]
unsafe extern "C" {
    static environ: *const *const c_char;
}

/// What `buildActionID` of cmd/go hashes, in Go 1.21 to 1.27, and what decides about it; without those that have keys of
/// their own.
const NAMES: [&[u8]; 24] = [
    b"CC",
    b"CGO_CFLAGS",
    b"CGO_CPPFLAGS",
    b"CGO_CXXFLAGS",
    b"CGO_FFLAGS",
    b"CGO_LDFLAGS",
    b"CXX",
    b"FC",
    b"GO386",
    b"GOAMD64",
    b"GOARM",
    b"GOARM64",
    b"GOCLOBBERDEADHASH",
    b"GOCOMPILEDEBUG",
    b"GOEXPERIMENT",
    b"GOFIPS140",
    b"GOMIPS",
    b"GOMIPS64",
    b"GOPPC64",
    b"GORISCV64",
    b"GOSSADIR",
    b"GOSSAFUNC",
    b"GOWASM",
    b"PKG_CONFIG",
];

/// Those that are set, as `NAME=value`, in the order of their names.
pub(crate) fn set() -> Vec<&'static [u8]> {
    let mut found: Vec<&[u8]> = Vec::new();
    for entry in all().filter(|entry| is_hashed(entry)) {
        let at = found.partition_point(|other| *other < entry);
        found.insert(at, entry);
    }
    found
}

fn is_hashed(entry: &[u8]) -> bool {
    // The first letter spares most names the search for their end.
    if !matches!(entry.first(), Some(b'C' | b'F' | b'G' | b'P')) {
        return false;
    }
    let Some(end) = entry.iter().position(|byte| *byte == b'=') else { return false };
    let (name, value) = entry.split_at(end);
    value.len() > 1 && NAMES.contains(&name)
}

#[expect(unsafe_code, reason = "std copies each entry, which costs more than all that is done here")]
fn all() -> impl Iterator<Item = &'static [u8]> {
    // SAFETY: the shim has one thread, and changes its environment, if at all, before it looks around; an array of C strings
    // that ends with a null pointer is what `environ` is.
    let mut next = unsafe { environ };
    std::iter::from_fn(move || {
        // SAFETY: as above; a null pointer stops the walk for good.
        unsafe {
            let entry = if next.is_null() { next.cast() } else { *next };
            if entry.is_null() {
                return None;
            }
            next = next.add(1);
            Some(CStr::from_ptr(entry).to_bytes())
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_enters_a_cache_key_and_is_set_counts() {
        for (entry, expected) in [
            ("GOAMD64=v3", true),
            ("CC=gcc", true),
            ("CC=", false),
            ("CC", false),
            ("CCX=gcc", false),
            ("GOPROXY=off", false),
            ("PATH=/bin", false),
            ("", false),
        ] {
            assert_eq!(is_hashed(entry.as_bytes()), expected, "{entry}");
        }
        assert!(NAMES.is_sorted());
    }

    #[test]
    fn the_whole_environment_is_walked() {
        assert_eq!(all().count(), std::env::vars_os().count());
    }
}
