//! What a vet run is about. vet is given no sources but one file of settings, `vet.cfg`.
//!
//! Knows the few lines of that file that are wanted; cmd/go writes it indented, a key a line, in all versions. It is JSON, but
//! a path that needs an escape is rare enough to go without.

use super::bytes;
use super::files::Reader;
use super::tool::{Tool, WorkDir};

/// The settings of one vet run.
#[derive(Debug)]
pub(crate) struct Settings {
    text: Vec<u8>,
}

impl Settings {
    /// A tool with sources is no vet run; one whose settings cannot be read tells nothing.
    pub(crate) fn of(tool: &Tool, reader: &mut Reader) -> Option<Self> {
        if tool.sources().next().is_some() {
            return None;
        }
        let path = tool.options().last().filter(|path| path.ends_with(b"vet.cfg"))?;
        reader.whole(path).map(|text| Self { text })
    }

    /// The package's directory, where the settings name it.
    pub(crate) fn directory(&self) -> Option<&[u8]> {
        let value = self.lines().find_map(|line| line.strip_prefix(b"\"Dir\": \""))?;
        let path = value.strip_suffix(b"\",")?;
        (!path.contains(&b'\\')).then_some(path)
    }

    /// The directories in `$WORK` of what the package imports, sorted, each once: those with an archive that was built, and
    /// those with what vet found out. Either may have come from the cache without the other.
    pub(crate) fn needs(&self, work: &WorkDir) -> Vec<&[u8]> {
        let mut needs: Vec<&[u8]> = self.lines().filter_map(|line| need(line, work)).collect();
        needs.sort_unstable();
        needs.dedup();
        needs
    }

    fn lines(&self) -> impl Iterator<Item = &[u8]> {
        self.text.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii)
    }
}

/// `"fmt": "$WORK/b007/_pkg_.a",` or `"fmt": "$WORK/b007/vet.out"`; what the run itself writes is called so, too.
fn need<'a>(line: &'a [u8], work: &WorkDir) -> Option<&'a [u8]> {
    const BETWEEN: &[u8] = b"\": \"";
    let line = line.strip_suffix(b",").unwrap_or(line).strip_suffix(b"\"")?;
    let path = line.strip_suffix(b"/_pkg_.a").or_else(|| line.strip_suffix(b"/vet.out"))?;
    let value = path.get(bytes::find(path, BETWEEN)?.checked_add(BETWEEN.len())?..)?;
    let action = value.strip_prefix(work.root)?.strip_prefix(b"/")?;
    (action != work.action && !action.contains(&b'/')).then_some(action)
}

#[cfg(test)]
mod tests {
    use super::super::argv::Argv;
    use super::{Settings, Tool};

    fn of(text: &[u8]) -> Settings {
        Settings { text: text.to_vec() }
    }

    #[track_caller]
    fn check_needs(text: &[u8], expected: &[&str]) {
        let tool = Tool::of(Argv::of_test(&["/t/vet", "/tmp/go-build1/b002/vet.cfg"]), 1);
        let (settings, work) = (of(text), tool.work_dir().expect("a work directory"));
        let needs = settings.needs(&work);
        assert_eq!(needs.iter().map(|need| String::from_utf8_lossy(need)).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn the_directory_is_the_value_of_the_first_dir() {
        let settings = b"{\n\t\"ID\": \"fmt\",\n\t\"Compiler\": \"gc\",\n\t\"Dir\": \"/usr/local/go/src/fmt\",\n\
            \t\"Module\": {\n\t\t\"Dir\": \"/m\",\n\t},\n\t\"x\": 1\n}";
        assert_eq!(of(settings).directory(), Some(&b"/usr/local/go/src/fmt"[..]));
    }

    #[test]
    fn it_waits_for_archives_and_for_what_vet_found_out_in_the_work_directory() {
        let settings =
            b"{\n\t\"GoFiles\": [\n\t\t\"/tmp/go-build1/b002/_cgo_gotypes.go\"\n\t],\n\t\"PackageFile\": {\n\
            \t\t\"fmt\": \"/cache/42/42-d\",\n\t\t\"m/b\": \"/tmp/go-build1/b010/_pkg_.a\",\n\
            \t\t\"m/a\": \"/tmp/go-build1/b003/_pkg_.a\"\n\t},\n\t\"PackageVetx\": {\n\
            \t\t\"m/a\": \"/tmp/go-build1/b003/vet.out\",\n\t\t\"os\": \"/tmp/go-build1/b004/vet.out\",\n\
            \t\t\"x\": \"/tmp/go-build12/b005/vet.out\"\n\t},\n\t\"VetxOutput\": \"/tmp/go-build1/b002/vet.out\",\n}";
        check_needs(settings, &["b003", "b004", "b010"]);
    }

    #[test]
    fn what_is_not_understood_is_not_claimed() {
        for settings in [&b""[..], b"{\"Dir\": \"/a\"}", b"\t\"Dir\": \"/a\\u0026b\",", b"\t\"Dir\": 1,"] {
            assert_eq!(of(settings).directory(), None);
        }
        for line in
            ["", "\"a\": \"/vet.out\"", "\"/tmp/go-build1/b003/vet.out\"", "\"a\": \"/tmp/go-build1/x/b003/vet.out\""]
        {
            check_needs(line.as_bytes(), &[]);
        }
    }
}
