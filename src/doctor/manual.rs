//! What docs/doctor.md says of each check, which the program has with it.
//!
//! Knows how the sections are divided; does not know what stands in them.

const TEXT: &str = include_str!("../../docs/doctor.md");

/// The section of a check, or of a family with all its checks; none where neither is called so.
#[must_use]
pub fn section(name: &str) -> Option<&'static str> {
    let (at, mark) = ["\n### ", "\n## "].into_iter().find_map(|mark| {
        let head = format!("{mark}{name}\n");
        Some((TEXT.find(&head)? + 1, mark))
    })?;
    let text = &TEXT[at..];
    // A section ends where one of its own rank or a higher one begins.
    let ends = ["\n### ", "\n## "].into_iter().filter(|end| end.len() <= mark.len()).filter_map(|end| text.find(end));
    Some(text[..ends.min().unwrap_or(text.len())].trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::examine::FAMILIES;

    #[test]
    fn each_check_and_each_family_has_a_section_of_its_own() {
        for family in FAMILIES {
            let whole = section(family.name).expect(family.name);
            for check in family.checks {
                let text = section(check.id).expect(check.id);
                assert!(whole.contains(text) && text.contains(check.title), "{text}");
                assert_eq!(text.matches("###").count(), 1, "{text}");
            }
            assert_eq!(whole.matches("\n### ").count(), family.checks.len(), "{whole}");
        }
        assert_eq!(section("no-such-check"), None);
    }
}
