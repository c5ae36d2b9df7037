//! Where a repository begins, and whether others take versions of it.
//!
//! Knows git's files by name; does not ask git.

use std::fs;
use std::path::{Path, PathBuf};

use super::text::text_of;

/// The folder of the repository that a folder is in.
pub(super) fn root(folder: &Path) -> Option<PathBuf> {
    folder.ancestors().find(|above| above.join(".git").exists()).map(Path::to_path_buf)
}

/// A tag that is a version of the module in a folder of the repository, which others may ask for: those of sub are `sub/v…`.
pub(super) fn version_tag(root: &Path, module: &Path) -> Option<String> {
    let git = shared(&root.join(".git"))?;
    let (prefix, major) = named(module.strip_prefix(root).ok()?);
    let loose = fs::read_dir(git.join("refs/tags").join(&prefix)).into_iter().flatten().flatten();
    let loose = loose.map(|entry| format!("{prefix}{}", entry.file_name().to_string_lossy()));
    let packed = text_of(&git.join("packed-refs"), 64 << 20).unwrap_or_default();
    let packed = packed.lines().filter_map(|line| line.split_once(" refs/tags/").map(|(_, tag)| tag.to_owned()));
    let is_of_module = |tag: &String| tag.strip_prefix(&prefix).is_some_and(|version| is_version(version, &major));
    loose.chain(packed).filter(is_of_module).max()
}

/// Where git has the tags. In another work tree, and in a submodule, `.git` is a file that says where.
fn shared(git: &Path) -> Option<PathBuf> {
    const SHORT: u64 = 1 << 16;
    if git.is_dir() {
        return Some(git.to_path_buf());
    }
    let says = text_of(git, SHORT).ok()?;
    let own = git.parent()?.join(says.strip_prefix("gitdir:")?.trim());
    let common = text_of(&own.join("commondir"), SHORT);
    Some(common.map_or_else(|_| own.clone(), |common| own.join(common.trim())))
}

/// What stands before the versions of the module in a folder, and how they begin: that of a major version is not named twice.
fn named(folder: &Path) -> (String, String) {
    let names: Vec<String> = folder.iter().map(|name| name.to_string_lossy().into_owned()).collect();
    let is_major = |name: &str| {
        name.strip_prefix('v').and_then(|number| number.parse::<u32>().ok()).is_some_and(|number| number > 1)
    };
    let (names, major) = match names.split_last() {
        Some((last, above)) if is_major(last) => (above, format!("{last}.")),
        _ => (&names[..], String::from("v")),
    };
    (names.iter().map(|name| format!("{name}/")).collect(), major)
}

fn is_version(tag: &str, major: &str) -> bool {
    tag.strip_prefix(major).is_some_and(|rest| rest.starts_with(|first: char| first.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::version_tag;

    #[test]
    fn a_module_has_the_tags_that_name_its_folder() {
        let folder = tempfile::tempdir().expect("a folder");
        let tag = |name: &str| {
            let path = folder.path().join(".git/refs/tags").join(name);
            fs::create_dir_all(path.parent().expect("it is in a folder")).expect("a folder");
            fs::write(path, "0000\n").expect("a tag");
        };
        let told = |module: &str| version_tag(folder.path(), &folder.path().join(module));
        tag("v1.0.0");
        tag("vague");
        assert_eq!(told("").as_deref(), Some("v1.0.0"));
        assert_eq!((told("sub"), told("sub/v2")), (None, None));
        tag("sub/v1.2.0");
        assert_eq!((told("sub").as_deref(), told("sub/v2")), (Some("sub/v1.2.0"), None));
        fs::write(folder.path().join(".git/packed-refs"), "# pack-refs\n0000 refs/tags/sub/v2.0.0\n").expect("a file");
        assert_eq!(told("sub/v2").as_deref(), Some("sub/v2.0.0"));
    }

    #[test]
    fn other_work_trees_have_the_tags_of_the_first() {
        let folder = tempfile::tempdir().expect("a folder");
        let (git, other) = (folder.path().join("first/.git"), folder.path().join("other"));
        for path in [&git.join("refs/tags"), &git.join("worktrees/other"), &other] {
            fs::create_dir_all(path).expect("a folder");
        }
        fs::write(git.join("refs/tags/v1.0.0"), "0000\n").expect("a tag");
        fs::write(git.join("worktrees/other/commondir"), "../..\n").expect("a file");
        fs::write(other.join(".git"), format!("gitdir: {}/worktrees/other\n", git.display())).expect("a file");
        assert_eq!(version_tag(&other, &other).as_deref(), Some("v1.0.0"));
        // As in a submodule, which has all for itself.
        fs::write(other.join(".git"), "gitdir: ../first/.git\n").expect("a file");
        assert_eq!(version_tag(&other, &other).as_deref(), Some("v1.0.0"));
    }
}
