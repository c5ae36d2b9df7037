//! Patterns of GOPRIVATE and its like, as go matches them.
//!
//! Knows the rule: a list separated by commas, each a pattern for the first elements of a module's path, as many as it has
//! itself; `*` and `?` stop at slashes.

/// Whether a list of patterns names a module.
pub(super) fn names(list: &str, module: &str) -> bool {
    list.split(',').map(|one| one.trim_end_matches('/')).filter(|one| !one.is_empty()).any(|one| {
        let elements = one.matches('/').count() + 1;
        let prefix: Vec<&str> = module.split('/').take(elements).collect();
        prefix.len() == elements && fits(one.as_bytes(), prefix.join("/").as_bytes())
    })
}

/// Whether a shell pattern fits all of a text.
fn fits(pattern: &[u8], text: &[u8]) -> bool {
    match (pattern, text) {
        ([], []) => true,
        ([b'*', rest @ ..], _) => {
            let reach = text.iter().position(|byte| *byte == b'/').unwrap_or(text.len());
            (0..=reach).any(|taken| fits(rest, &text[taken..]))
        }
        ([b'?', rest @ ..], [first, text @ ..]) => *first != b'/' && fits(rest, text),
        ([b'[', rest @ ..], [first, text @ ..]) => rest
            .iter()
            .position(|byte| *byte == b']')
            .is_some_and(|end| *first != b'/' && is_of(&rest[..end], *first) && fits(&rest[end + 1..], text)),
        ([b'\\', literal, rest @ ..] | [literal, rest @ ..], [first, text @ ..]) => {
            literal == first && fits(rest, text)
        }
        _ => false,
    }
}

/// Whether a letter is one of a class: `a-z_`, or with `^` before them none of these.
fn is_of(class: &[u8], letter: u8) -> bool {
    let (wanted, mut class) = class.strip_prefix(b"^").map_or((true, class), |rest| (false, rest));
    let mut found = false;
    while let [low, rest @ ..] = class {
        let (high, behind) = match rest {
            [b'-', high, behind @ ..] => (high, behind),
            _ => (low, rest),
        };
        found |= (low..=high).contains(&&letter);
        class = behind;
    }
    found == wanted
}

#[cfg(test)]
mod tests {
    use super::names;

    #[test]
    fn patterns_are_matched_as_go_does() {
        for (list, module) in [
            ("*", "example.com/a/b"),
            ("*.corp", "git.corp/team/lib"),
            ("github.com/us/*", "github.com/us/lib/v2"),
            ("a.com,,github.com/us/", "github.com/us/lib"),
            ("git[0-9].corp", "git7.corp/x"),
            ("gi?.corp", "git.corp"),
        ] {
            assert!(names(list, module), "{list} names {module}");
        }
        for (list, module) in [
            ("", "example.com/a"),
            ("github.com/us/*", "github.com/us"),
            ("github.com/us", "github.com/usual"),
            ("*.corp", "git.corp.example/x"),
            ("git[^0-9].corp", "git7.corp/x"),
            ("a.com, b.com", "b.com/x"),
            ("https://b.com", "b.com/x"),
        ] {
            assert!(!names(list, module), "{list} does not name {module}");
        }
    }
}
