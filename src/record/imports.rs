//! What a compile or link was given to import, read from its `-importcfg` while the tool runs: cmd/go deletes the file
//! when the action ends.
//!
//! Knows the file's lines, and where an archive says what it holds; does not know who built what. A path in `$WORK` names an
//! action of the same go command, any other path is an entry of the build cache.

use super::bytes;
use super::files::Reader;
use super::tool::{Tool, WorkDir};

/// The dependency edges of one tool run.
#[derive(Debug, Default)]
pub(crate) struct Imports {
    text: Vec<u8>,
}

/// One `packagefile` line.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Import<'a> {
    pub(crate) origin: Origin<'a>,
    /// The archive.
    pub(crate) file: &'a [u8],
}

/// Where an archive is from.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Origin<'a> {
    /// Built by the action with this directory (`b004`) of the same go command.
    Built(&'a [u8]),
    /// Found in the build cache; the import path.
    Cached(&'a [u8]),
}

impl Imports {
    /// Of a tool that has no importcfg, or one that cannot be read, nothing is known.
    pub(crate) fn of(tool: &Tool, reader: &mut Reader) -> Self {
        let text = tool.option(b"-importcfg").and_then(|path| reader.whole(path));
        Self { text: text.unwrap_or_default() }
    }

    /// What a link is told to write into the program about the build, in Go's quotes.
    pub(crate) fn build_info(&self) -> Option<&[u8]> {
        self.text.split(|byte| *byte == b'\n').find_map(|line| line.strip_prefix(b"modinfo "))
    }

    /// The imports in the order of the file, which is the order of the action's dependencies.
    pub(crate) fn iter<'a>(&'a self, work: &'a WorkDir) -> impl Iterator<Item = Import<'a>> {
        self.text.split(|byte| *byte == b'\n').filter_map(|line| {
            let line = line.strip_prefix(b"packagefile ")?;
            let equals = line.iter().position(|byte| *byte == b'=')?;
            let (package, file) = (line.get(..equals)?, line.get(equals.checked_add(1)?..)?);
            let inside = file.strip_prefix(work.root).and_then(|file| file.strip_prefix(b"/"));
            let origin = match inside.and_then(|inside| inside.split(|byte| *byte == b'/').next()) {
                Some(action) => Origin::Built(action),
                None => Origin::Cached(package),
            };
            Some(Import { origin, file })
        })
    }
}

impl<'a> Import<'a> {
    /// The package's directory in `$WORK`, where this go command built it.
    pub(crate) fn built(&self) -> Option<&'a [u8]> {
        if let Origin::Built(action) = self.origin { Some(action) } else { None }
    }

    /// The import path, where the build cache had it.
    pub(crate) fn cached(&self) -> Option<&'a [u8]> {
        if let Origin::Cached(package) = self.origin { Some(package) } else { None }
    }

    /// Asks the archive what it holds, and hands on the identity of that: what cmd/go hashes of an import.
    pub(crate) fn content_id<'b>(&self, reader: &'b mut Reader) -> Option<&'b [u8]> {
        content_id(reader.beginning(self.file, HEAD)?)
    }
}

/// The line with the build ID is the second one of an archive's first member; the first one may list experiments.
const HEAD: usize = 512;

/// Of what `build_info` gives, which commit was built.
pub(crate) fn revision(build_info: &[u8]) -> Option<&[u8]> {
    const BEFORE: &[u8] = b"vcs.revision=";
    let value = build_info.get(bytes::find(build_info, BEFORE)?.checked_add(BEFORE.len())?..)?;
    value.get(..value.iter().position(|byte| !byte.is_ascii_alphanumeric())?)
}

/// `build id "ACTION/CONTENT"`, below the line of `go object …`.
fn content_id(head: &[u8]) -> Option<&[u8]> {
    const FIRST_MEMBER: usize = b"!<arch>\n".len() + 60;
    let member = head.get(FIRST_MEMBER..)?;
    let second = member.get(member.iter().position(|byte| *byte == b'\n')?.checked_add(1)?..)?;
    let id = second.strip_prefix(b"build id \"")?;
    let id = id.get(..id.iter().position(|byte| *byte == b'"')?)?;
    id.get(id.iter().position(|byte| *byte == b'/')?.checked_add(1)?..)
}

#[cfg(test)]
mod tests {
    use super::super::argv::Argv;
    use super::{Imports, Origin, Tool, content_id, revision};

    #[test]
    fn a_path_in_the_work_directory_is_an_action_and_any_other_is_the_cache() {
        let text = b"# import config\nimportmap golang.org/x/net/idna=vendor/golang.org/x/net/idna\n\
            packagefile example.com/m/lib=/tmp/go-build1/b125/_pkg_.a\npackagefile os=/cache/42/42c2-d\n\
            packagefile odd=/tmp/go-build12/b003/_pkg_.a\n\
            packagefile torn\nmodinfo \"packagefile x=/tmp/go-build1/b009/_pkg_.a\"\n";
        let tool = Tool::of(Argv::of_test(&["/t/compile", "-o", "/tmp/go-build1/b002/_pkg_.a"]), 1);
        let work = tool.work_dir().expect("a work directory");
        let imports = Imports { text: text.to_vec() };
        let found: Vec<_> = imports
            .iter(&work)
            .map(|import| match import.origin {
                Origin::Built(action) => format!("built {}", String::from_utf8_lossy(action)),
                Origin::Cached(package) => format!("cached {}", String::from_utf8_lossy(package)),
            })
            .collect();
        // go-build12 is another go command's, so to this one it is no action of its own.
        assert_eq!(found, ["built b125", "cached os", "cached odd"]);
    }

    #[test]
    fn a_link_is_told_the_commit() {
        let text = b"packagefile a=/b\nmodinfo \"0w\\xafpath\\tm\\nbuild\\tvcs.revision=e9a7\\nbuild\\tvcs.modified=true\\n\"\n";
        let imports = Imports { text: text.to_vec() };
        assert_eq!(imports.build_info().and_then(revision), Some(&b"e9a7"[..]));
        assert_eq!(revision(b"build\\tGOOS=linux"), None);
        assert_eq!(Imports::default().build_info(), None);
    }

    #[test]
    fn an_archive_says_what_it_holds() {
        let head = b"!<arch>\n__.PKGDEF       0           0     0     644     5508      `\n\
            go object linux amd64 go1.27.3 GOAMD64=v1 X:regabiwrappers\nbuild id \"KwhX/9yAq0hj\"\n\n\n$$B\nu";
        assert_eq!(content_id(head), Some(&b"9yAq0hj"[..]));
        for torn in [&head[..20], &head[..100], &head[..145], b"", b"\nbuild id \"a\""] {
            assert_eq!(content_id(torn), None);
        }
    }
}
