//! Files that are embedded into programs: how many, how large, and by which pattern.
//!
//! Knows what `go list` tells of packages; does not know what the files are for.

use std::collections::BTreeMap;
use std::path::Path;

use super::no_module;
use crate::doctor::answer::{Answer, Unknown};
use crate::doctor::glob::fits;
use crate::doctor::tree::Sign;
use crate::doctor::world::World;
use crate::units::Bytes;

pub(super) fn trees(world: &World) -> Result<Answer, Unknown> {
    let Some(tree) = world.tree() else { return Ok(no_module()) };
    if tree.showing(Sign::Embeds).next().is_none() {
        return Ok(Answer::not_applicable("nothing imports embed"));
    }
    let mut answers = Vec::new();
    let mut total = Sum::default();
    for package in world.embedding()? {
        let list = |key: &str| -> Vec<&str> {
            package[key].as_array().into_iter().flatten().filter_map(|name| name.as_str()).collect()
        };
        let folder = Path::new(package["Dir"].as_str().unwrap_or_default());
        let patterns = list("EmbedPatterns");
        let mut by_pattern: BTreeMap<&str, Sum> = BTreeMap::new();
        for name in list("EmbedFiles") {
            let bytes = folder.join(name).metadata().map_or(0, |meta| meta.len());
            total.add(bytes);
            by_pattern.entry(pattern_of(name, &patterns)).or_default().add(bytes);
        }
        let path = package["ImportPath"].as_str().unwrap_or_default();
        answers.extend(by_pattern.iter().filter_map(|(pattern, sum)| sum.told(path, pattern)));
    }
    Ok(Answer::worst(answers, format!("{} files, {}", total.files, Bytes(total.bytes))))
}

/// Files and what they hold.
#[derive(Debug, Default)]
struct Sum {
    files: u64,
    bytes: u64,
}

impl Sum {
    const fn add(&mut self, bytes: u64) {
        self.files += 1;
        self.bytes += bytes;
    }

    fn told(&self, package: &str, pattern: &str) -> Option<Answer> {
        const LARGE: u64 = 16 << 20;
        const MANY: u64 = 1_000;
        if self.bytes < LARGE && self.files < MANY {
            return None;
        }
        let seen = format!("//go:embed {pattern} in {package}: {} files, {}", self.files, Bytes(self.bytes));
        let answer =
            if self.bytes >= 10 * LARGE || self.files >= 10 * MANY { Answer::warn(seen) } else { Answer::note(seen) };
        Some(answer.mend("embed one archive of them, or only what is needed; read the rest at run time"))
    }
}

/// The first pattern that takes in the file, or a folder above it.
fn pattern_of<'a>(file: &str, patterns: &[&'a str]) -> &'a str {
    let takes = |pattern: &&&str| {
        let plain = pattern.strip_prefix("all:").unwrap_or(pattern);
        let above = || file.match_indices('/').map(|(end, _)| &file[..end]).chain([file]);
        plain == "." || above().any(|name| fits(plain.as_bytes(), name.as_bytes()))
    };
    patterns.iter().find(takes).copied().unwrap_or("(several)")
}

#[cfg(test)]
mod tests {
    use super::pattern_of;

    #[test]
    fn a_file_is_of_the_pattern_that_takes_it_in() {
        let patterns = ["*.txt", "static", "all:site", "a/*/c?"];
        assert_eq!(pattern_of("static/a.css", &patterns), "static");
        assert_eq!(pattern_of("site/.x", &patterns), "all:site");
        assert_eq!(pattern_of("staticky.txt", &patterns), "*.txt");
        assert_eq!(pattern_of("a/b/cd/e.css", &patterns), "a/*/c?");
        assert_eq!(pattern_of("a/b/c", &patterns), "(several)");
        assert_eq!(pattern_of("a", &["."]), ".");
    }
}
