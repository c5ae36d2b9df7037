//! Patterns of GOPRIVATE and its like, as go matches them.
//!
//! Knows the rule: a list separated by commas, each a pattern for the first elements of a module's path, as many as it has
//! itself.

use crate::doctor::glob::fits;

/// Whether a list of patterns names a module.
pub(super) fn names(list: &str, module: &str) -> bool {
    list.split(',').map(|one| one.trim_end_matches('/')).filter(|one| !one.is_empty()).any(|one| {
        let elements = one.matches('/').count() + 1;
        let prefix: Vec<&str> = module.split('/').take(elements).collect();
        prefix.len() == elements && fits(one.as_bytes(), prefix.join("/").as_bytes())
    })
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
