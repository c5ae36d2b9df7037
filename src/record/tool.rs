//! What the arguments say of a tool run: which tool, for which package, out of which sources, into which file.
//!
//! Knows the argument shapes of Go's tools from 1.21 to 1.27 (they are cmd/go's own, so a fixed handful); does no IO.
//! Anything unknown is a tool with a name and arguments, and nothing else is claimed of it.

use super::argv::Argv;
use super::bytes;

/// One tool run as its command line describes it.
#[derive(Debug)]
pub(crate) struct Tool {
    /// The path or bare name that is executed.
    pub(crate) path: &'static [u8],
    /// `compile`, `link`, `asm`, `cgo`, `vet`, `gcc` …
    pub(crate) name: &'static [u8],
    pub(crate) purpose: Purpose,
    arguments: Arguments,
}

/// What cmd/go wants of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// A part of the build.
    Work,
    /// `TOOL -V=full`: its answer on stdout is the tool's version.
    VersionProbe,
    /// `gcc -###`: cmd/go looks for the compiler's version in what it prints.
    CompilerProbe,
}

/// The arguments behind the tool's name: options first, then the sources, for every tool that has sources.
#[derive(Debug, Clone, Copy)]
struct Arguments {
    argv: Argv,
    first: usize,
    sources: usize,
}

impl Tool {
    /// `index` is where the tool stands in `argv`.
    pub(crate) fn of(argv: Argv, index: usize) -> Self {
        let path = argv.get(index).unwrap_or_default();
        let mut first = index.saturating_add(1);
        let mut name = base_name(path);
        if name == b"go" && argv.get(first) == Some(b"tool") {
            // From Go 1.25 on covdata (and fix, in 1.25) is called as `go tool covdata …`.
            name = argv.get(first.saturating_add(1)).map_or(name, base_name);
            first = first.saturating_add(2);
        }
        let purpose = match (argv.get(first), argv.get(first.saturating_add(1))) {
            (Some(b"-V=full"), None) => Purpose::VersionProbe,
            (Some(b"-###"), _) => Purpose::CompilerProbe,
            _ => Purpose::Work,
        };
        Self { path, name, purpose, arguments: Arguments { argv, first, sources: first_source(argv, first) } }
    }

    /// All arguments but the sources.
    pub(crate) fn options(&self) -> impl Iterator<Item = &'static [u8]> {
        let Arguments { argv, first, sources } = self.arguments;
        argv.from(first).take(sources.saturating_sub(first))
    }

    /// The source files: the arguments at the end that are named like sources.
    pub(crate) fn sources(&self) -> impl Iterator<Item = &'static [u8]> {
        self.arguments.argv.from(self.arguments.sources)
    }

    /// The value of an option, written `-name value` or `-name=value`.
    pub(crate) fn option(&self, name: &[u8]) -> Option<&'static [u8]> {
        let mut options = self.options();
        while let Some(option) = options.next() {
            let Some(rest) = option.strip_prefix(name) else { continue };
            match rest.first() {
                None => return options.next(),
                Some(b'=') => return rest.get(1..),
                Some(_) => {}
            }
        }
        None
    }

    /// The action ID: the first part of `-buildid`, the key under which the build cache knows the result.
    pub(crate) fn action_id(&self) -> Option<&'static [u8]> {
        self.option(b"-buildid")?.split(|byte| *byte == b'/').next().filter(|id| !id.is_empty())
    }

    /// The `-c` that cmd/go granted this compile: how many workers its back end may use.
    pub(crate) fn granted_c(&self) -> Option<u64> {
        bytes::number(self.option(b"-c")?)
    }

    /// The file that the run writes, where it is one file.
    pub(crate) fn output(&self) -> Option<&'static [u8]> {
        self.option(b"-o").or_else(|| self.option(b"-dynout"))
    }

    /// The action's own directory, `…/go-build123/b004/`, from whichever option names a file in it.
    pub(crate) fn work_dir(&self) -> Option<WorkDir> {
        const NAMES_IT: [&[u8]; 6] = [b"-importcfg", b"-o", b"-objdir", b"-dynout", b"-pkgcfg", b"-outfilelist"];
        NAMES_IT.iter().find_map(|name| WorkDir::of(self.option(name)?)).or_else(|| {
            // vet is given one argument behind its flags, `…/b004/vet.cfg`; covdata its directory, behind -i.
            self.options().find_map(WorkDir::of)
        })
    }
}

/// `$WORK` and the directory of one action in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct WorkDir {
    /// `/tmp/go-build123`: what cmd/go prints as `$WORK`.
    pub(crate) root: &'static [u8],
    /// `go-build123`: one per go command.
    pub(crate) name: &'static [u8],
    /// `b004`: one per action of the go command.
    pub(crate) action: &'static [u8],
}

impl WorkDir {
    /// Finds `…/go-buildNNN/bNNN` in a path.
    fn of(path: &'static [u8]) -> Option<Self> {
        let mut end = 0;
        let mut segments = path.split(|byte| *byte == b'/').peekable();
        while let Some(name) = segments.next() {
            end += name.len();
            if let (true, Some(action)) = (name.starts_with(b"go-build"), segments.peek()) {
                let is_action = action.starts_with(b"b") && action.get(1..).is_some_and(is_number);
                return is_action.then_some(Self { root: path.get(..end)?, name, action });
            }
            end += 1;
        }
        None
    }
}

fn is_number(text: &[u8]) -> bool {
    !text.is_empty() && text.iter().all(u8::is_ascii_digit)
}

/// The last part of a path.
pub(crate) fn base_name(path: &[u8]) -> &[u8] {
    path.rsplit(|byte| *byte == b'/').next().unwrap_or(path)
}

/// Where the sources begin: behind the last argument that is an option or not named like a source. The value of the
/// option before them never is (it names an object file, a header or a directory), so the border is exact.
fn first_source(argv: Argv, first: usize) -> usize {
    let mut border = first;
    for (offset, argument) in argv.from(first).enumerate() {
        if argument.starts_with(b"-") || !is_source(argument) {
            border = first.saturating_add(offset).saturating_add(1);
        }
    }
    border
}

fn is_source(argument: &[u8]) -> bool {
    [&b".go"[..], b".s", b".S"].iter().any(|ending| argument.ends_with(ending))
}

/// A package as cmd/go names it in `TOOLEXEC_IMPORTPATH`: `p`, or `p [p.test]` where it is compiled once more for a test
/// or for a program with a profile of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Description<'a> {
    /// The import path.
    pub(crate) package: &'a [u8],
    /// What stands in the brackets.
    pub(crate) variant: Option<&'a [u8]>,
}

impl<'a> Description<'a> {
    pub(crate) fn parse(text: &'a [u8]) -> Self {
        let variant = text.strip_suffix(b"]").and_then(|inner| {
            let at = inner.windows(2).position(|pair| pair == b" [")?;
            Some((text.get(..at)?, inner.get(at.checked_add(2)?..)?))
        });
        variant.map_or(Self { package: text, variant: None }, |(package, variant)| Self {
            package,
            variant: Some(variant),
        })
    }
}
