//! Go commands in the scripts of jobs.
//!
//! Knows as much of the shell as lines of scripts have; does not know what a command does. What it does not understand it
//! takes for no go command.

use std::collections::{BTreeMap, BTreeSet};

/// A go command of a script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct GoCommand {
    /// `build`, `test` …
    pub(super) verb: String,
    /// All words behind the verb, without quotes.
    pub(super) words: Vec<String>,
    /// Variables that are set for it, by whoever.
    pub(super) settings: BTreeMap<String, String>,
}

/// The go commands of a script that begins with these variables.
pub(super) fn go_commands(script: &str, outer: &BTreeMap<String, String>) -> Vec<GoCommand> {
    let mut settings = outer.clone();
    let mut found = Vec::new();
    for command in commands(script) {
        let words: Vec<&str> = command.split_whitespace().map(|word| word.trim_matches(['"', '\''])).collect();
        if words.first() == Some(&"export") {
            settings.extend(words.iter().filter_map(|word| assignment(word)));
            continue;
        }
        let Some(at) = words.iter().position(|word| *word == "go") else { continue };
        let (before, after) = words.split_at(at);
        if !before.iter().all(|word| leads(word)) {
            continue;
        }
        let after = without_directory(&after[1..]);
        if let Some((verb, words)) = after.split_first() {
            let own = before.iter().filter_map(|word| assignment(word));
            let settings = settings.clone().into_iter().chain(own).collect();
            let words = words.iter().map(|word| (*word).to_owned()).collect();
            found.push(GoCommand { verb: (*verb).to_owned(), words, settings });
        }
    }
    found
}

/// `go -C DIR build`.
fn without_directory<'a>(words: &'a [&'a str]) -> &'a [&'a str] {
    match words {
        ["-C", _, rest @ ..] => rest,
        [first, rest @ ..] if first.starts_with("-C=") => rest,
        _ => words,
    }
}

/// Pieces of a script that are commands each, without comments.
fn commands(script: &str) -> Vec<String> {
    let joined = script.replace("\\\n", " ");
    let lines = joined.lines().map(str::trim).filter(|line| !line.starts_with('#'));
    let lines = lines.map(|line| line.split(" #").next().unwrap_or_default());
    lines.flat_map(|line| line.split(['|', ';', '&'])).map(|part| part.trim().to_owned()).collect()
}

/// What may stand before `go` so that it is still the command.
fn leads(word: &str) -> bool {
    let known = ["env", "time", "exec", "nice", "sudo", "if", "!", "then", "do", "gotrace", "record", "--", "xvfb-run"];
    known.contains(&word) || assignment(word).is_some()
}

fn assignment(word: &str) -> Option<(String, String)> {
    let (name, value) = word.split_once('=')?;
    let is_name = !name.is_empty() && name.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_');
    is_name.then(|| (name.to_owned(), value.trim_matches(['"', '\'']).to_owned()))
}

impl GoCommand {
    /// Whether it compiles.
    pub(super) fn builds(&self) -> bool {
        ["build", "test", "install", "run", "vet"].contains(&self.verb.as_str())
    }

    /// Its flags and those of GOFLAGS, each with one dash.
    pub(super) fn flags(&self) -> Vec<String> {
        let goflags = self.settings.get("GOFLAGS").map(String::as_str).unwrap_or_default();
        // Behind the program of go run, and behind -args, nothing is go's.
        let is_program = |word: &str| self.verb == "run" && !word.starts_with('-');
        let own =
            self.words.iter().map(String::as_str).take_while(|word| !is_program(word) && !word.ends_with("-args"));
        let words = goflags.split_whitespace().chain(own);
        words.filter(|word| word.starts_with('-')).map(|word| word.replacen("--", "-", 1)).collect()
    }

    /// What has packages of the standard library or of modules compiled otherwise than without it.
    pub(super) fn variant(&self) -> BTreeSet<String> {
        const FLAGS: [&str; 4] = ["-race", "-msan", "-asan", "-trimpath"];
        const VARIABLES: [&str; 9] =
            ["GOOS", "GOARCH", "GOAMD64", "GOARM", "GOARM64", "GO386", "GOWASM", "CGO_ENABLED", "GOEXPERIMENT"];
        let flags = self.flags().into_iter().filter(|flag| FLAGS.contains(&flag.trim_end_matches("=true")));
        let set = VARIABLES.iter().filter_map(|name| Some(format!("{name}={}", self.settings.get(*name)?)));
        flags.chain(set).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::go_commands;
    use std::collections::BTreeMap;

    #[test]
    fn go_commands_are_found_with_what_is_set_for_them() {
        let script = "set -eu\nexport CGO_ENABLED=0\n# go build -a\nGOOS=windows go build \\\n  -trimpath ./... && go test --race ./...\n\
                      gotrace record -- go vet ./... | tee log\necho go build\ncargo go\ngo -C sub build\n";
        let found = go_commands(script, &BTreeMap::new());
        let lines: Vec<String> = found.iter().map(|go| format!("{} {}", go.verb, go.words.join(" "))).collect();
        assert_eq!(lines, ["build -trimpath ./...", "test --race ./...", "vet ./...", "build "]);
        let variants: Vec<Vec<String>> = found.iter().map(|go| go.variant().into_iter().collect()).collect();
        assert_eq!(variants[0], ["-trimpath", "CGO_ENABLED=0", "GOOS=windows"]);
        assert_eq!(variants[1], ["-race", "CGO_ENABLED=0"]);
    }

    #[test]
    fn flags_of_programs_and_tests_are_not_gos() {
        let flags = |script| go_commands(script, &BTreeMap::new())[0].flags();
        assert_eq!(flags("go run -race ./gen -a"), ["-race"]);
        assert_eq!(flags("go test -v ./... -args -a"), ["-v"]);
    }

    #[test]
    fn goflags_count() {
        let outer = [("GOFLAGS".to_owned(), "-race -mod=mod".to_owned())].into_iter().collect();
        assert!(go_commands("go build ./...", &outer)[0].variant().contains("-race"));
    }
}
