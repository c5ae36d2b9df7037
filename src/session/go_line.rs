//! What the command line of `go` says: the subcommand, where flags can be put in, and the user's own `-toolexec`.
//!
//! Knows cmd/go's flags as far as that needs; runs nothing. What it does not understand stays as it is.

use std::ffi::OsString;

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

    #[test]
    fn a_flag_that_the_user_has_set_is_not_set_again() {
        assert!(line("go build ./...").takes("debug-trace"));
        assert!(!line("go build -debug-trace=x ./...").takes("debug-trace"));
        assert!(!line("go run -toolexec w -debug-trace=x .").takes("debug-trace"));
        assert!(!line("go env").takes("debug-trace"));
    }
}
