//! A go command of a script: its flags, its packages, and what of its variables changes what is compiled.
//!
//! Knows which flags of go have values; does not know scripts, or what a command does.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::session::quoting;

/// A go command of a script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::doctor) struct GoCommand {
    /// `build`, `test` …
    pub(in crate::doctor) verb: String,
    /// All words behind the verb, without quotes.
    pub(in crate::doctor) words: Vec<String>,
    /// Variables of go that are set for it, by whoever.
    pub(in crate::doctor) settings: Arc<Variables>,
}

/// Names and values.
pub(in crate::doctor) type Variables = BTreeMap<String, String>;

/// The value of a variable that may have several.
pub(super) fn unknown(name: &str) -> String {
    format!("${{{name}}}")
}

impl GoCommand {
    /// Whether all that is set for it is known.
    pub(in crate::doctor) fn is_sure(&self) -> bool {
        self.settings.iter().all(|(name, value)| *value != unknown(name))
    }

    /// Whether it compiles.
    pub(in crate::doctor) fn builds(&self) -> bool {
        ["build", "test", "install", "run", "vet"].contains(&self.verb.as_str())
    }

    /// As somebody would type it.
    pub(in crate::doctor) fn line(&self) -> String {
        format!("go {} {}", self.verb, self.words.join(" ")).trim_end().to_owned()
    }

    /// Whether it has a flag, written with one dash and as `-name=value` where it has a value.
    pub(in crate::doctor) fn has(&self, flag: &str) -> bool {
        self.flags().iter().any(|given| given == flag)
    }

    /// Its flags and those of GOFLAGS, each with one dash, and as one word where it has a value.
    pub(in crate::doctor) fn flags(&self) -> Vec<String> {
        let list = self.settings.get("GOFLAGS").map(String::as_str).unwrap_or_default();
        let list = quoting::split(list).unwrap_or_default();
        let listed = list.iter().filter_map(|word| Some(format!("-{}", name_and_value(word)?)));
        listed.chain(self.own_words().0).collect()
    }

    /// Whether it names packages, or what may stand for some.
    pub(in crate::doctor) fn names_packages(&self) -> bool {
        !self.own_words().1.is_empty()
    }

    /// Its flags, and its packages as far as they stand before what is not go's.
    fn own_words(&self) -> (Vec<String>, Vec<&str>) {
        let (mut flags, mut packages) = (Vec::new(), Vec::new());
        let mut words = self.words.iter();
        while let Some(word) = words.next() {
            match name_and_value(word) {
                Some("args" | "") => break,
                Some(flag) if VALUED.contains(&flag) => {
                    flags.push(format!("-{flag}={}", words.next().map(String::as_str).unwrap_or_default()));
                }
                Some(flag) => flags.push(format!("-{}", flag.trim_end_matches("=true"))),
                // Behind a package are words of the program, or packages, but go test takes flags there as well. What a
                // variable stands for may be flags.
                None => {
                    packages.push(word.as_str());
                    if self.verb != "test" && (self.verb == "run" || !word.starts_with('$')) {
                        break;
                    }
                }
            }
        }
        (flags, packages)
    }

    /// What has packages of the standard library or of modules compiled otherwise than without it.
    pub(in crate::doctor) fn variant(&self) -> BTreeSet<String> {
        const FLAGS: [&str; 5] = ["-race", "-msan", "-asan", "-trimpath", "-linkshared"];
        const VALUED: [&str; 2] = ["-gcflags=all=", "-asmflags=all="];
        const PLAIN_MODES: [&str; 3] = ["default", "exe", "archive"];
        const VARIABLES: [&str; 14] = [
            "GOOS",
            "GOARCH",
            "GOAMD64",
            "GOARM",
            "GOARM64",
            "GO386",
            "GOMIPS",
            "GOMIPS64",
            "GOPPC64",
            "GORISCV64",
            "GOWASM",
            "CGO_ENABLED",
            "GOEXPERIMENT",
            "GOFIPS140",
        ];
        let mode = |flag: &String| flag.strip_prefix("-buildmode=").is_some_and(|mode| !PLAIN_MODES.contains(&mode));
        let differs = |flag: &String| {
            FLAGS.contains(&flag.as_str()) || VALUED.iter().any(|name| flag.starts_with(name)) || mode(flag)
        };
        let set = VARIABLES.iter().filter_map(|name| Some(format!("{name}={}", self.settings.get(*name)?)));
        self.flags().into_iter().filter(differs).chain(set).collect()
    }
}

/// Flags whose value may be the next word.
const VALUED: [&str; 41] = [
    "C",
    "asmflags",
    "bench",
    "benchtime",
    "blockprofile",
    "buildmode",
    "buildvcs",
    "compiler",
    "count",
    "covermode",
    "coverpkg",
    "coverprofile",
    "cpu",
    "cpuprofile",
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
    "shuffle",
    "skip",
    "tags",
    "timeout",
    "toolexec",
    "trace",
    "vet",
];

/// What stands behind the dashes of a flag.
fn name_and_value(word: &str) -> Option<&str> {
    word.strip_prefix("--").or_else(|| word.strip_prefix('-'))
}

#[cfg(test)]
mod tests {
    use super::GoCommand;
    use crate::doctor::pipeline::script::{Settings, go_commands};

    fn first(script: &str) -> GoCommand {
        go_commands(script, &mut Settings::default()).remove(0)
    }

    #[track_caller]
    fn check_flags(script: &str, expected: &[&str]) {
        assert_eq!(first(script).flags(), expected, "{script}");
    }

    #[test]
    fn flags_of_programs_and_tests_are_not_gos() {
        check_flags("go run -race ./gen -a", &["-race"]);
        check_flags("go run x -a", &[]);
        check_flags("go run $MAIN -a", &[]);
        check_flags("go test -v ./... -count=1 -args -a", &["-v", "-count=1"]);
        check_flags("go build $FLAGS -race ./... -a", &["-race"]);
    }

    #[test]
    fn packages_are_no_values_of_flags() {
        let names = |script: &str| first(script).names_packages();
        assert!(names("go test -run x ./...") && names("go test $PACKAGES -v"));
        assert!(!names("go test -v -run x") && !names("go test -args x"));
    }

    #[test]
    fn values_of_flags_are_no_flags() {
        check_flags("go build -ldflags \"-X main.v=1 -a\" .", &["-ldflags=-X main.v=1 -a"]);
        check_flags("go build -ldflags -a -o out -race=true .", &["-ldflags=-a", "-o=out", "-race"]);
        check_flags("go test -count 1 -run 'a|-a' .", &["-count=1", "-run=a|-a"]);
        check_flags("GOFLAGS=\"'-ldflags=-s -a' --race\" go build", &["-ldflags=-s -a", "-race"]);
    }
}
