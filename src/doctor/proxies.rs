//! The entries of GOPROXY, as go reads them.
//!
//! Knows what separates them and what each is an address of; does not know whether there is anybody.

/// An entry of GOPROXY, and whether go goes on behind it after any error, or only where there is no such module.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Entry<'a> {
    pub(super) address: &'a str,
    pub(super) fallback: Fallback,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fallback {
    /// It is the last.
    Never,
    /// A comma: on 404 and 410.
    NotFound,
    /// A `|`.
    AnyError,
}

/// As go reads them: `direct` and `off` are the last.
pub(super) fn entries(setting: &str) -> Vec<Entry<'_>> {
    let mut entries = Vec::new();
    let mut rest = setting;
    while !rest.is_empty() {
        let end = rest.find([',', '|']).unwrap_or(rest.len());
        let (address, behind) = rest.split_at(end);
        let mut letters = behind.chars();
        let fallback = match letters.next() {
            Some(',') => Fallback::NotFound,
            Some(_) => Fallback::AnyError,
            None => Fallback::Never,
        };
        rest = letters.as_str();
        let address = address.trim();
        if address.is_empty() {
            continue;
        }
        let is_last = ["direct", "off"].contains(&address);
        let fallback = if is_last { Fallback::Never } else { fallback };
        entries.push(Entry { address, fallback });
        if is_last {
            break;
        }
    }
    entries
}

/// A name alone is asked by https; a single word, and what has a scheme, is what it is.
pub(super) fn with_scheme(address: &str) -> String {
    let is_name = address.contains(['.', ':', '/']) && !address.contains(":/") && !address.starts_with('/');
    if is_name { format!("https://{address}") } else { address.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_read_as_go_reads_them() {
        let read = |setting| -> Vec<(&str, Fallback)> {
            entries(setting).iter().map(|entry| (entry.address, entry.fallback)).collect()
        };
        let expected = [("https://a", Fallback::NotFound), ("b", Fallback::AnyError), ("direct", Fallback::Never)];
        assert_eq!(read("https://a, b|direct,https://never"), expected);
        assert_eq!(read(",,off"), [("off", Fallback::Never)]);
    }

    #[test]
    fn a_name_alone_is_asked_by_https() {
        assert_eq!(with_scheme("modules.example"), "https://modules.example");
        assert_eq!(with_scheme("me:x@modules:81/go"), "https://me:x@modules:81/go");
        for other in ["modules", "//modules.example", "/modules", "ftp://modules.example", "https:/modules"] {
            assert_eq!(with_scheme(other), other);
        }
    }
}
