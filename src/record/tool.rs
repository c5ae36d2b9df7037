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
    /// Asked for several times a run, and found by going over all arguments.
    work_dir: Option<WorkDir>,
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
            _ if is_compiler(name) && leaves_nothing(argv) => Purpose::CompilerProbe,
            _ => Purpose::Work,
        };
        let arguments = Arguments { argv, first, sources: first_source(argv, first) };
        let tool = Self { path, name, purpose, arguments, work_dir: None };
        Self { work_dir: tool.find_work_dir(), ..tool }
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

    /// Whether one of these options is there, written `-name`, `--name` or `-name=value`. A value that looks like one counts.
    pub(crate) fn has_any(&self, names: &[&[u8]]) -> bool {
        self.options().any(|option| {
            let Some(word) = option.strip_prefix(b"-") else { return false };
            let word = word.strip_prefix(b"-").unwrap_or(word);
            names
                .iter()
                .any(|name| word.strip_prefix(*name).is_some_and(|rest| matches!(rest.first(), None | Some(b'='))))
        })
    }

    /// The action ID: the first part of `-buildid`, the key under which the build cache knows the result.
    pub(crate) fn action_id(&self) -> Option<&'static [u8]> {
        self.option(b"-buildid")?.split(|byte| *byte == b'/').next().filter(|id| !id.is_empty())
    }

    /// The `-c` that cmd/go granted this compile: how many workers its back end may use.
    pub(crate) fn granted_c(&self) -> Option<u64> {
        // What other tools, such as `gcc -c`, call so is something else.
        bytes::number(self.option(b"-c").filter(|_| self.name == b"compile")?)
    }

    /// The file that the run writes, where it is one file.
    pub(crate) fn output(&self) -> Option<&'static [u8]> {
        self.option(b"-o").or_else(|| self.option(b"-dynout"))
    }

    /// The action's own directory, `…/go-build123/b004/`, from whichever option names a file in it.
    pub(crate) const fn work_dir(&self) -> Option<WorkDir> {
        self.work_dir
    }

    fn find_work_dir(&self) -> Option<WorkDir> {
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
    /// Finds `…/go-buildNNN/bNNN` in a path. Both numbers have to be there: `~/.cache/go-build/b1/` is the build cache.
    fn of(option: &'static [u8]) -> Option<Self> {
        // cgo writes -o and the path in one word.
        let path = option.get(option.iter().position(|byte| *byte == b'/')?..)?;
        let mut end = 0;
        let mut segments = path.split(|byte| *byte == b'/').peekable();
        while let Some(name) = segments.next() {
            end += name.len();
            if let Some(action) = segments.peek()
                && is_numbered(name, b"go-build")
                && is_numbered(action, b"b")
            {
                return Some(Self { root: path.get(..end)?, name, action });
            }
            end += 1;
        }
        None
    }
}

fn is_numbered(name: &[u8], prefix: &[u8]) -> bool {
    name.strip_prefix(prefix).is_some_and(|number| !number.is_empty() && number.iter().all(u8::is_ascii_digit))
}

/// Whether a program of this name compiles C: `gcc`, `clang-15`, `x86_64-linux-gnu-g++`.
pub(crate) fn is_compiler(name: &[u8]) -> bool {
    const FAMILIES: [&[u8]; 6] = [b"gcc", b"g++", b"cc", b"c++", b"clang", b"clang++"];
    let is_version = |part: &[u8]| !part.is_empty() && part.iter().all(|byte| byte.is_ascii_digit() || *byte == b'.');
    let mut parts = name.rsplit(|byte| *byte == b'-');
    let last = parts.next().unwrap_or_default();
    let family = if is_version(last) { parts.next().unwrap_or_default() } else { last };
    FAMILIES.contains(&family)
}

/// The last part of a path.
pub(crate) fn base_name(path: &[u8]) -> &[u8] {
    path.rsplit(|byte| *byte == b'/').next().unwrap_or(path)
}

/// `… -o /dev/null` asks whether the compiler takes a flag, and is often answered with an error.
fn leaves_nothing(argv: Argv) -> bool {
    let mut before: &[u8] = b"";
    let mut last: &[u8] = b"";
    for argument in argv.from(1) {
        (before, last) = (last, argument);
    }
    (before, last) == (b"-o", b"/dev/null")
}

/// Where the sources begin: behind the last argument that is an option, or not named like a source, or what `-dynout`
/// names. No other option in front of the sources has a value with such a name (they name object files, headers and
/// directories), so the border is exact.
fn first_source(argv: Argv, first: usize) -> usize {
    let mut border = first;
    let mut before: &[u8] = b"";
    for (offset, argument) in argv.from(first).enumerate() {
        if argument.starts_with(b"-") || !is_source(argument) || before == b"-dynout" {
            border = first.saturating_add(offset).saturating_add(1);
        }
        before = argument;
    }
    border
}

fn is_source(argument: &[u8]) -> bool {
    [&b".go"[..], b".s", b".S", b".c", b".cc", b".cpp", b".cxx", b".m", b".mm", b".f", b".f90"]
        .iter()
        .any(|ending| argument.ends_with(ending))
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

#[cfg(test)]
mod tests {
    use super::{Argv, Description, Purpose, Tool};

    /// What a command line says, in one line: the tool, its purpose where it is a probe, and what is known besides.
    fn told(tool: &Tool) -> String {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let mut told = vec![text(tool.name)];
        if tool.purpose != Purpose::Work {
            told.push(format!("{:?}", tool.purpose));
        }
        told.extend(tool.work_dir().map(|work| format!("in {} {}", text(work.name), text(work.action))));
        told.extend(tool.action_id().map(|id| format!("action {}", text(id))));
        told.extend(tool.granted_c().map(|workers| format!("c {workers}")));
        told.extend(tool.output().map(|output| format!("writes {}", text(output))));
        let sources: Vec<_> = tool.sources().map(text).collect();
        if !sources.is_empty() {
            told.push(format!("reads {}", sources.join(" ")));
        }
        told.join(", ")
    }

    /// Each line is a tool and its arguments as cmd/go gives them; T is the tool directory, W the work directory.
    #[track_caller]
    fn check(table: &[(&str, &str)]) {
        for (arguments, expected) in table {
            let line = arguments.replace("T/", "/go/pkg/tool/linux_amd64/").replace("W/", "/tmp/go-build42/");
            let words: Vec<_> = line.split(' ').collect();
            assert_eq!(
                told(&Tool::of(Argv::of_test(&words), 1)).replace("/tmp/go-build42/", "W/"),
                *expected,
                "{line}"
            );
        }
    }

    #[test]
    fn the_compilers_of_all_versions_are_understood() {
        check(&[
            // 1.21: std without -lang; runtime/internal/sys with -+.
            (
                "T/compile -o W/b004/_pkg_.a -trimpath W/b004=> -p unicode -std -complete -buildid A1/A1 -goversion \
                 go1.21.13 -c=2 -nolocalimports -importcfg W/b004/importcfg -pack /go/src/unicode/casetables.go \
                 /go/src/unicode/tables.go",
                "compile, in go-build42 b004, action A1, c 2, writes W/b004/_pkg_.a, reads \
                 /go/src/unicode/casetables.go /go/src/unicode/tables.go",
            ),
            // A package whose import path ends like a source file; -dwarf, race, PGO, assembly.
            (
                "T/compile -o W/b002/_pkg_.a -trimpath W/b002=> -p github.com/nats-io/nats.go -lang=go1.21 \
                 -installsuffix race -buildid A/A -dwarf=false -goversion go1.26.6 -coveragecfg=W/b103/coveragecfg \
                 -pgoprofile=/m/default.pgo -symabis W/b002/symabis -c=16 -race -shared -D _/m -importcfg \
                 W/b002/importcfg -embedcfg W/b002/embedcfg -pack -asmhdr W/b002/go_asm.h /m/nats.go W/b002/_cgo_gotypes.go",
                "compile, in go-build42 b002, action A, c 16, writes W/b002/_pkg_.a, reads /m/nats.go W/b002/_cgo_gotypes.go",
            ),
            // -c left out, as with GO19CONCURRENTCOMPILATION=0.
            (
                "T/compile -o W/b001/_pkg_.a -p main -complete -buildid A/A -pack /m/main.go",
                "compile, in go-build42 b001, action A, writes W/b001/_pkg_.a, reads /m/main.go",
            ),
        ]);
    }

    #[test]
    fn assemblers_read_symabis_and_objects() {
        check(&[
            (
                "T/asm -p runtime -trimpath W/b009=> -I W/b009/ -I /go/pkg/include -D GOOS_linux -D GOARCH_amd64 -std \
                 -D GOAMD64_v1 -gensymabis -o W/b009/symabis /go/src/runtime/asm.s /go/src/runtime/memmove_amd64.s",
                "asm, in go-build42 b009, writes W/b009/symabis, reads /go/src/runtime/asm.s \
                 /go/src/runtime/memmove_amd64.s",
            ),
            (
                "T/asm -p p -I W/b009/ -D GOOS_linux -o W/b009/a_amd64.o /m/a_amd64.s",
                "asm, in go-build42 b009, writes W/b009/a_amd64.o, reads /m/a_amd64.s",
            ),
        ]);
    }

    #[test]
    fn cgo_runs_twice_and_what_it_writes_last_is_no_source() {
        check(&[
            (
                "T/cgo -objdir W/b003/ -importpath net -import_runtime_cgo=false -exportheader=W/b003/_cgo_install.h \
                 -ldflags=\"-O2\" -- -I W/b003/ -O2 -g /go/src/net/cgo_linux.go /go/src/net/cgo_unix.go",
                "cgo, in go-build42 b003, reads /go/src/net/cgo_linux.go /go/src/net/cgo_unix.go",
            ),
            (
                "T/cgo -dynpackage net -dynimport W/b003/_cgo_.o -dynout W/b003/_cgo_import.go",
                "cgo, in go-build42 b003, writes W/b003/_cgo_import.go",
            ),
            (
                "T/cgo -dynpackage cgo -dynimport W/b003/_cgo_.o -dynout W/b003/_cgo_import.go -dynlinker",
                "cgo, in go-build42 b003, writes W/b003/_cgo_import.go",
            ),
        ]);
    }

    #[test]
    fn links_name_the_program_and_its_work_directory() {
        check(&[
            (
                "T/link -o W/b001/exe/a.out -importcfg W/b001/importcfg.link -s -w -X=runtime.godebugDefault=x=1 \
                 -buildmode=exe -buildid=L/A/C/L -extld=gcc W/b001/_pkg_.a",
                "link, in go-build42 b001, action L, writes W/b001/exe/a.out",
            ),
            // c-shared and plugin are linked in the work directory, so the output has no directory.
            (
                "T/link -o a.out -importcfg W/b001/importcfg.link -buildmode=c-shared -buildid=L/A/C/L W/b001/_pkg_.a",
                "link, in go-build42 b001, action L, writes a.out",
            ),
        ]);
    }

    #[test]
    fn the_other_tools_say_where_they_belong() {
        check(&[
            (
                "T/cover -pkgcfg W/b103/pkgcfg.txt -mode set -var goCover_0_ -outfilelist W/b103/coveroutfiles.txt /m/lib.go",
                "cover, in go-build42 b103, reads /m/lib.go",
            ),
            ("T/vet -atomic -bool W/b125/vet.cfg", "vet, in go-build42 b125"),
            ("T/fix -go=go1.21 main.go other.go", "fix, reads main.go other.go"),
            ("T/fix -fix W/b125/vet.cfg", "fix, in go-build42 b125"),
            ("T/vet -c=3 W/b125/vet.cfg", "vet, in go-build42 b125"),
            ("gcc -c 4", "gcc"),
            (
                "T/preprofile -o W/b007/pgo.preprofile -i /m/default.pgo",
                "preprofile, in go-build42 b007, writes W/b007/pgo.preprofile",
            ),
            ("T/covdata percent -i W/b004/", "covdata, in go-build42 b004"),
            ("/go/bin/go tool covdata percent -i W/b004/", "covdata, in go-build42 b004"),
            ("/go/bin/go tool fix -go=go1.21 main.go", "fix, reads main.go"),
            ("/go/bin/go version", "go"),
            ("/go/bin/go tool", "go"),
        ]);
    }

    #[test]
    fn probes_are_told_from_work() {
        check(&[
            ("T/compile -V=full", "compile, VersionProbe"),
            ("/go/bin/go tool covdata -V=full", "covdata, VersionProbe"),
            ("gcc -### -x c -c -", "gcc, CompilerProbe"),
            ("/usr/bin/gcc-12 -### -x c -c -", "gcc-12, CompilerProbe"),
            ("gcc -fno-lto -O2 -g -c -x c - -o /dev/null", "gcc, CompilerProbe, writes /dev/null"),
            ("T/asm -o /dev/null", "asm, writes /dev/null"),
            ("T/compile -V=full /m/a.go", "compile, reads /m/a.go"),
            ("T/compile", "compile"),
        ]);
    }

    #[test]
    fn a_work_directory_has_two_numbers() {
        check(&[
            (
                "T/compile -o /tmp/go-build-tmp/go-build7/b001/_pkg_.a",
                "compile, in go-build7 b001, writes /tmp/go-build-tmp/go-build7/b001/_pkg_.a",
            ),
            ("T/compile -o /home/u/.cache/go-build/b1/b1c2-d", "compile, writes /home/u/.cache/go-build/b1/b1c2-d"),
            ("T/compile -o /tmp/go-build7/x", "compile, writes /tmp/go-build7/x"),
            ("T/compile -o /tmp/go-build7", "compile, writes /tmp/go-build7"),
            ("gcc -w -oW/b003/_cgo_1.o -c /tmp/x.c", "gcc, in go-build42 b003, reads /tmp/x.c"),
        ]);
    }

    #[test]
    fn odd_arguments_claim_nothing() {
        check(&[("T/compile -o", "compile"), ("T/compile -buildid /A -c=many", "compile"), ("T/", "")]);
    }

    #[test]
    fn a_description_is_a_package_and_what_it_is_compiled_for() {
        for (text, package, variant) in [
            ("net/http", "net/http", None),
            ("p [p.test]", "p", Some("p.test")),
            ("p_test [p.test]", "p_test", Some("p.test")),
            ("runtime [cmd/compile]", "runtime", Some("cmd/compile")),
            ("p.test", "p.test", None),
            ("command-line-arguments", "command-line-arguments", None),
            ("odd]", "odd]", None),
            ("", "", None),
        ] {
            let described = Description::parse(text.as_bytes());
            assert_eq!(
                (described.package, described.variant),
                (package.as_bytes(), variant.map(str::as_bytes)),
                "{text}"
            );
        }
    }
}
