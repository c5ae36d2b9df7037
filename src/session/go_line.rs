//! What the command line of `go` says: the subcommand, where flags can be put in, and the user's own `-toolexec`.
//!
//! Knows cmd/go's flags as far as that needs; runs nothing. What it does not understand stays as it is.

use std::ffi::{OsStr, OsString};
use std::path::Path;

use super::quoting;

/// The arguments of a go command, the program's name first.
#[derive(Debug)]
pub(super) struct GoLine {
    words: Vec<OsString>,
    /// Where the subcommand stands: first, unless a directory comes before it.
    verb: usize,
    /// Where the first flag of a subcommand that takes build flags can be put in.
    flags_at: Option<usize>,
}

/// Subcommands that build, and so take `-toolexec` and cmd/go's debug flags. `fix` takes the latter since 1.26 only.
const BUILDING: [&str; 7] = ["build", "install", "run", "test", "vet", "list", "get"];

/// Build flags whose value may be the next word. Behind anything else that is no flag, `go run` has the arguments of the
/// program.
const WITH_VALUE: [&str; 41] = [
    "C",
    "asmflags",
    "bench",
    "benchtime",
    "blockprofile",
    "buildmode",
    "compiler",
    "count",
    "covermode",
    "coverpkg",
    "coverprofile",
    "cpu",
    "cpuprofile",
    "debug-actiongraph",
    "debug-runtime-trace",
    "debug-trace",
    "exec",
    "fuzz",
    "fuzztime",
    "gccgoflags",
    "gcflags",
    "installsuffix",
    "ldflags",
    "list",
    "memprofile",
    "mod",
    "modfile",
    "mutexprofile",
    "o",
    "outputdir",
    "overlay",
    "p",
    "parallel",
    "pgo",
    "pkgdir",
    "run",
    "skip",
    "tags",
    "timeout",
    "toolexec",
    "vettool",
];

/// Flags that decide what is built and how, so that `go list` hashes the same when it has them, too.
const DECIDING: [&str; 22] = [
    "asan",
    "asmflags",
    "buildmode",
    "buildvcs",
    "compiler",
    "cover",
    "covermode",
    "coverpkg",
    "gccgoflags",
    "gcflags",
    "installsuffix",
    "ldflags",
    "linkshared",
    "mod",
    "modfile",
    "msan",
    "overlay",
    "pgo",
    "pkgdir",
    "race",
    "tags",
    "trimpath",
];

impl GoLine {
    pub(super) fn of(words: Vec<OsString>) -> Self {
        // -C has to come first, before the subcommand or behind it.
        let behind_directory = |at: usize| match words.get(at).and_then(|word| word.to_str()).and_then(flag_name) {
            Some(("C", None)) => at + 2,
            Some(("C", Some(_))) => at + 1,
            _ => at,
        };
        let verb = behind_directory(1);
        let builds = words.get(verb).and_then(|word| word.to_str()).is_some_and(|word| BUILDING.contains(&word));
        let flags_at = behind_directory(verb + 1).min(words.len());
        Self { verb, flags_at: builds.then_some(flags_at), words }
    }

    /// The arguments as they were given.
    pub(super) fn words(&self) -> &[OsString] {
        &self.words
    }

    /// Whether the subcommand takes build flags.
    pub(super) fn builds(&self) -> bool {
        self.flags_at.is_some()
    }

    /// Whether it takes a flag of this name, and has none yet.
    pub(super) fn takes(&self, flag: &str) -> bool {
        self.builds() && self.find(flag).is_none()
    }

    /// With these flags put in front of all others.
    pub(super) fn with_flags(mut self, flags: impl IntoIterator<Item = OsString>) -> Self {
        if let Some(at) = self.flags_at {
            self.words.splice(at..at, flags);
        }
        self
    }

    /// With the user's own `-toolexec`, where there is one on the line, replaced by what `chain` makes of its words.
    pub(super) fn with_toolexec(mut self, chain: impl FnOnce(&[String]) -> Option<String>) -> Self {
        let Some((at, value)) = self.find("toolexec") else { return self };
        let Some(chained) = quoting::split(&value).and_then(|words| chain(&words)) else { return self };
        let length = if self.words.get(at).and_then(|word| word.to_str()).is_some_and(|word| word.contains('=')) {
            1
        } else {
            2
        };
        self.words.splice(at..at.saturating_add(length), [OsString::from(format!("-toolexec={chained}"))]);
        self
    }

    /// The value of a flag of go's own.
    pub(super) fn value(&self, flag: &str) -> Option<String> {
        self.find(flag).map(|(_, value)| value)
    }

    /// The line of a `go list` of the same packages, built in the same way: `list` are its first words. None where nothing is
    /// built.
    pub(super) fn listing(&self, list: impl IntoIterator<Item = OsString>) -> Option<Vec<OsString>> {
        let verb = self.words.get(self.verb)?.to_str()?;
        let flags_at = self.flags_at.filter(|_| matches!(verb, "build" | "install" | "run" | "test" | "vet"))?;
        // The program's name, and a directory before the subcommand or behind it.
        let mut words = self.words.get(..self.verb)?.to_vec();
        let mut list = list.into_iter();
        words.extend(list.next());
        words.extend_from_slice(self.words.get(self.verb + 1..flags_at)?);
        words.extend(list);
        words.extend(matches!(verb, "test" | "vet").then(|| OsString::from("-test")));
        let (flags, objects) = self.deciding(verb, flags_at);
        words.extend(flags);
        words.push(OsString::from("--"));
        words.extend(objects);
        Some(words)
    }

    /// Flags that decide what is built, and the packages or files.
    fn deciding(&self, verb: &str, flags_at: usize) -> (Vec<OsString>, Vec<OsString>) {
        let (mut flags, mut objects) = (Vec::new(), Vec::<OsString>::new());
        let mut words = self.words.iter().skip(flags_at).peekable();
        let is_flag = |word: &OsString| word != "-" && word.to_str().and_then(flag_name).is_some();
        while let Some(word) = words.next() {
            match word.to_str().filter(|_| is_flag(word)).and_then(flag_name) {
                Some(("args", _)) => break,
                Some(("", _)) => objects.extend(words.by_ref().cloned()),
                Some((name, value)) => {
                    let takes_next = value.is_none() && WITH_VALUE.contains(&name);
                    let next = if takes_next { words.next().and_then(|next| next.to_str()) } else { None };
                    flags.extend(deciding_flag(name, value.or(next)));
                }
                None => {
                    objects.push(word.clone());
                    let is_file = |word: &OsString| Path::new(word).extension() == Some(OsStr::new("go"));
                    let is_next =
                        |next: &OsString| if verb == "run" { is_file(word) && is_file(next) } else { !is_flag(next) };
                    objects.extend(std::iter::from_fn(|| words.next_if(|next| is_next(next)).cloned()));
                    // Only of test are there flags behind the packages.
                    if verb != "test" {
                        break;
                    }
                }
            }
        }
        (flags, objects)
    }

    /// Where a flag of go's own stands, and its value.
    fn find(&self, wanted: &str) -> Option<(usize, String)> {
        let is_run = self.words.get(self.verb).is_some_and(|verb| verb == "run");
        let mut words = self.words.iter().enumerate().skip(self.flags_at?);
        while let Some((at, word)) = words.next() {
            match word.to_str().and_then(flag_name) {
                Some(("args" | "", _)) => return None,
                Some((name, Some(value))) if name == wanted => return Some((at, value.to_owned())),
                Some((name, None)) if name == wanted => {
                    let (_, value) = words.next()?;
                    return Some((at, value.to_str()?.to_owned()));
                }
                Some((name, None)) if WITH_VALUE.contains(&name) => drop(words.next()),
                None if is_run => return None,
                _ => {}
            }
        }
        None
    }
}

/// The flag as `go list` is given it; none where it is a matter of what is done with what was built.
fn deciding_flag(name: &str, value: Option<&str>) -> Option<OsString> {
    let flag = match (name, value) {
        // A profile of what is covered asks for coverage, and would be written.
        ("coverprofile", _) => String::from("-cover"),
        (_, None) if DECIDING.contains(&name) => format!("-{name}"),
        (_, Some(value)) if DECIDING.contains(&name) => format!("-{name}={value}"),
        _ => return None,
    };
    Some(OsString::from(flag))
}

/// `-name`, `--name`, `-name=value`; `--` has an empty name.
fn flag_name(word: &str) -> Option<(&str, Option<&str>)> {
    let name = word.strip_prefix('-')?;
    let name = name.strip_prefix('-').unwrap_or(name);
    Some(name.split_once('=').map_or((name, None), |(name, value)| (name, Some(value))))
}

/// Words for a test.
#[cfg(test)]
fn line(text: &str) -> GoLine {
    GoLine::of(text.split(' ').map(OsString::from).collect())
}

/// The words as one text.
#[cfg(test)]
fn text(line: &GoLine) -> String {
    line.words.iter().map(|word| word.to_str().expect("UTF-8")).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::{line, text};
    use std::ffi::OsString;

    #[track_caller]
    fn check_flags(before: &str, after: &str) {
        assert_eq!(text(&line(before).with_flags([OsString::from("-X")])), after);
    }

    #[test]
    fn flags_are_put_behind_the_subcommand_and_its_directory() {
        check_flags("go build ./...", "go build -X ./...");
        check_flags("go test -C sub -v ./...", "go test -C sub -X -v ./...");
        check_flags("go test -C=sub", "go test -C=sub -X");
        check_flags("go build -C", "go build -C -X");
        check_flags("go -C sub build ./...", "go -C sub build -X ./...");
        check_flags("go -C=sub list", "go -C=sub list -X");
        check_flags("go -C", "go -C");
        check_flags("go run main.go -C x", "go run -X main.go -C x");
        for other in ["go", "go mod download", "go generate ./...", "go env", "go tool -toolexec=x"] {
            check_flags(other, other);
        }
    }

    #[track_caller]
    fn check_chain(before: &str, after: &str) {
        let chained = line(before).with_toolexec(|words| Some(format!("us {}", words.join("+"))));
        assert_eq!(text(&chained), after);
    }

    #[test]
    fn the_users_own_toolexec_is_chained() {
        check_chain("go build -toolexec theirs ./...", "go build -toolexec=us theirs ./...");
        check_chain("go vet --toolexec='/a/b' ./...", "go vet -toolexec=us /a/b ./...");
        check_chain("go build -o x -toolexec=w .", "go build -o x -toolexec=us w .");
        check_chain("go test ./... -toolexec=w", "go test ./... -toolexec=us w");
    }

    #[test]
    fn what_belongs_to_a_program_or_a_test_is_left_alone() {
        for other in [
            "go run main.go -toolexec=w",
            "go -C sub run main.go -toolexec=w",
            "go run -tags x ./cmd -toolexec w",
            "go test ./... -args -toolexec=w",
            "go build -ldflags -toolexec=w",
            "go build ./...",
            "go env -toolexec=w",
            "go build -toolexec",
        ] {
            check_chain(other, other);
        }
    }

    #[track_caller]
    fn check_listing(before: &str, after: &str) {
        let words = line(before).listing(["list", "-e"].map(OsString::from)).unwrap_or_default();
        let words: Vec<&str> = words.iter().map(|word| word.to_str().expect("UTF-8")).collect();
        assert_eq!(words.join(" "), after, "{before}");
    }

    #[test]
    fn what_was_built_is_listed_with_the_flags_that_decide_what_that_is() {
        check_listing("go build", "go list -e --");
        check_listing("go build -a -v -o x -tags a,b -race ./... m/p", "go list -e -tags=a,b -race -- ./... m/p");
        check_listing("go -C sub build -C=x --trimpath ./...", "go -C sub list -C=x -e -trimpath -- ./...");
        check_listing("go install -ldflags -s -p 4 m@v1", "go list -e -ldflags=-s -- m@v1");
        check_listing("go vet -debug-trace=x ./...", "go list -e -test -- ./...");
        check_listing("go run -race a.go b.go -tags=x c.go", "go list -e -race -- a.go b.go");
        check_listing("go run ./cmd b.go", "go list -e -- ./cmd");
        check_listing(
            "go test -run X ./a ./b -count=1 -coverprofile c.out -args ./c",
            "go list -e -test -cover -- ./a ./b",
        );
        check_listing("go build -tags x -- -odd.go", "go list -e -tags=x -- -odd.go");
        for other in ["go", "go list -export ./...", "go get m", "go env", "go generate ./...", "go build -C"] {
            let builds = other == "go build -C";
            check_listing(other, if builds { "go list -C -e --" } else { "" });
        }
    }

    #[test]
    fn a_flag_that_the_user_has_set_is_not_set_again() {
        assert!(line("go build ./...").takes("debug-trace"));
        assert!(!line("go build -debug-trace=x ./...").takes("debug-trace"));
        assert!(!line("go run -toolexec w -debug-trace=x .").takes("debug-trace"));
        assert!(!line("go env").takes("debug-trace"));
    }
}
