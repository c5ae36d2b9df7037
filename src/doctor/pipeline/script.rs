//! Go commands in the scripts of jobs, with the variables that they have.
//!
//! Knows what of a script sets variables, that subshells set them for themselves, and that blocks may not be run: what is set
//! in a branch, a loop or a function is not known from there on. Does not know flags of go, or what a command does; takes each
//! command of a list or a pipe for one that is run in this shell, and what it does not understand for no go command.

use std::sync::Arc;

use super::command::{GoCommand, Variables, unknown};
use super::shell::{Command, Part, parts};

/// What is set where a script begins, and then where it has ended.
#[derive(Debug, Clone, Default)]
pub(super) struct Settings {
    /// The environment.
    pub(super) environment: Variables,
    /// What `go env -w` has written, which stays.
    pub(super) written: Variables,
    /// What GitHub puts into the environment of the steps that follow.
    pub(super) announced: Variables,
}

impl Settings {
    /// All of it, as go sees it.
    pub(super) fn all(&self) -> Variables {
        self.written.clone().into_iter().chain(self.environment.clone()).collect()
    }

    /// What of it is go's own: commands are many, and all variables of all of them would be very many.
    fn of_go(&self) -> Variables {
        let all = self.written.iter().chain(&self.environment).filter(|(name, _)| is_of_go(name));
        all.map(|(name, value)| (name.clone(), value.clone())).collect()
    }

    fn expanded(&self, value: &str) -> String {
        if value.contains('$') && bytes(&self.environment) + bytes(&self.written) > MOST_SETTINGS {
            return value.to_owned();
        }
        expanded(value, |name| self.environment.get(name).or_else(|| self.written.get(name)))
    }
}

/// The go commands of a script, each with what is set by then.
pub(super) fn go_commands(script: &str, settings: &mut Settings) -> Vec<GoCommand> {
    let mut reading = Reading { settings, hidden: Variables::new(), blocks: 0, around: Vec::new(), found: Vec::new() };
    let mut room = MOST_SETTINGS;
    for part in parts(script).into_iter().take(MOST_PARTS) {
        match part {
            Part::Open => reading.around.push(reading.shell()),
            Part::Close => reading.leave(),
            Part::Command(_) if reading.around.len() > DEEPEST => {}
            Part::Command(command) => reading.read(&command, &mut room),
        }
    }
    reading.found
}

/// A script that is read up to somewhere.
struct Reading<'a> {
    settings: &'a mut Settings,
    /// Variables of the shell that programs do not see.
    hidden: Variables,
    /// Branches, loops and functions that have not ended.
    blocks: usize,
    /// The shells around this one, as they go on when it has ended.
    around: Vec<Option<Shell>>,
    found: Vec<GoCommand>,
}

/// What ends with a shell.
struct Shell {
    environment: Variables,
    hidden: Variables,
    blocks: usize,
}

impl Reading<'_> {
    /// None where it is too deep for anything to be read in it.
    fn shell(&self) -> Option<Shell> {
        let (environment, hidden, blocks) = (&self.settings.environment, &self.hidden, self.blocks);
        let shell = || Shell { environment: environment.clone(), hidden: hidden.clone(), blocks };
        (self.around.len() < DEEPEST).then(shell)
    }

    fn leave(&mut self) {
        if let Some(Shell { environment, hidden, blocks }) = self.around.pop().flatten() {
            self.settings.environment = environment;
            (self.hidden, self.blocks) = (hidden, blocks);
        }
    }

    fn read(&mut self, command: &Command, room: &mut usize) {
        self.blocks = blocks_after(&command.words, self.blocks);
        let (own, words) = led(&command.words);
        let names: Vec<String> = own.iter().map(|(name, _)| name.clone()).collect();
        match words {
            [] => {
                assign(own, self.settings, &mut self.hidden);
                self.doubt(&names);
            }
            [go, rest @ ..] if go == "go" || go.ends_with("/bin/go") => match without_directory(rest) {
                [verb, words @ ..] if verb == "env" => {
                    write(words, &mut self.settings.written);
                    self.doubt(words);
                }
                [verb, words @ ..] => self.add(own, verb, words, room),
                [] => {}
            },
            _ => {
                set(words, command, self.settings, &self.hidden);
                if ["export", "unset", "echo"].contains(&words[0].as_str()) {
                    self.doubt(words);
                }
            }
        }
    }

    /// Whether what was set in a block is set is not known, and what is not known is its own name.
    fn doubt(&mut self, words: &[String]) {
        if self.blocks == 0 {
            return;
        }
        let Settings { environment, written, announced } = &mut *self.settings;
        for name in words.iter().filter_map(|word| word.split('=').next()) {
            for known in [&mut *environment, &mut *written, &mut *announced, &mut self.hidden] {
                known.entry(name.to_owned()).and_modify(|value| *value = unknown(name));
            }
        }
    }

    /// A command of go, with settings that it shares with the one before where they are the same.
    fn add(&mut self, own: Vec<(String, String)>, verb: &str, words: &[String], room: &mut usize) {
        let own = own.into_iter().filter(|(name, _)| is_of_go(name));
        let own = own.map(|(name, value)| (name, self.settings.expanded(&value)));
        let settings: Variables = self.settings.of_go().into_iter().chain(own).collect();
        let last = self.found.last().map(|go| &go.settings).filter(|last| ***last == settings);
        let settings = if let Some(last) = last {
            Arc::clone(last)
        } else {
            *room = room.saturating_sub(bytes(&settings));
            Arc::new(settings)
        };
        if *room > 0 {
            self.found.push(GoCommand { verb: verb.to_owned(), words: words.to_vec(), settings });
        }
    }
}

/// How many blocks are open behind what leads a command.
fn blocks_after(words: &[String], mut open: usize) -> usize {
    let words = if words.first().is_some_and(|word| word == "function") { words.get(2..) } else { Some(words) };
    for word in words.unwrap_or_default() {
        match word.as_str() {
            "if" | "while" | "until" | "for" | "select" | "case" | "{" => open += 1,
            "fi" | "done" | "esac" | "}" => open = open.saturating_sub(1),
            "then" | "else" | "elif" | "do" | "!" | "time" => {}
            _ => break,
        }
    }
    open
}

/// What is set for a command, and the command itself: what only leads to it is left out.
fn led(words: &[String]) -> (Vec<(String, String)>, &[String]) {
    const LEADING: [&str; 19] = [
        "env", "time", "exec", "command", "nice", "sudo", "timeout", "if", "elif", "while", "until", "!", "then",
        "else", "do", "{", "gotrace", "record", "xvfb-run",
    ];
    let is_leading = |number: usize, word: &str| {
        // Its options, and numbers that they have.
        let of_leader = number > 0 && word.starts_with(|first: char| first == '-' || first.is_ascii_digit());
        of_leader || LEADING.contains(&word) || assignment(word).is_some()
    };
    let end = words.iter().enumerate().position(|(number, word)| !is_leading(number, word)).unwrap_or(words.len());
    (words[..end].iter().filter_map(|word| assignment(word)).collect(), &words[end..])
}

fn is_of_go(name: &str) -> bool {
    name.starts_with("GO") || name.starts_with("CGO_")
}

fn assignment(word: &str) -> Option<(String, String)> {
    let (name, value) = word.split_once('=')?;
    let is_name = !name.is_empty() && name.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_');
    is_name.then(|| (name.to_owned(), value.to_owned()))
}

/// Programs see what they have seen before, with another value.
fn assign(own: Vec<(String, String)>, settings: &mut Settings, hidden: &mut Variables) {
    for (name, value) in own {
        let value = settings.expanded(&value);
        match settings.environment.get_mut(&name) {
            Some(old) => *old = value,
            None => drop(hidden.insert(name, value)),
        }
    }
}

/// `export`, `unset`, and `echo NAME=value >> "$GITHUB_ENV"`.
fn set(words: &[String], command: &Command, settings: &mut Settings, hidden: &Variables) {
    let given = |word: &String| assignment(word).map(|(name, value)| (name, settings.expanded(&value)));
    match words {
        [export, names @ ..] if export == "export" => {
            let known = |name: &String| Some((name.clone(), hidden.get(name)?.clone()));
            let set: Vec<_> = names.iter().filter_map(|word| given(word).or_else(|| known(word))).collect();
            settings.environment.extend(set);
        }
        [unset, names @ ..] if unset == "unset" => {
            names.iter().for_each(|name| drop(settings.environment.remove(name)));
        }
        [echo, word] if echo == "echo" && command.added_to.as_ref().is_some_and(|file| file.contains("GITHUB_ENV")) => {
            let set = given(word);
            settings.announced.extend(set);
        }
        _ => {}
    }
}

/// `go env -w NAME=value` and `go env -u NAME`.
fn write(words: &[String], written: &mut Variables) {
    match words.split_first() {
        Some((flag, words)) if flag == "-w" => written.extend(words.iter().filter_map(|word| assignment(word))),
        Some((flag, names)) if flag == "-u" => names.iter().for_each(|name| drop(written.remove(name))),
        _ => {}
    }
}

/// `go -C DIR build`.
fn without_directory(words: &[String]) -> &[String] {
    match words {
        [first, _, rest @ ..] if first == "-C" => rest,
        [first, rest @ ..] if first.starts_with("-C=") => rest,
        _ => words,
    }
}

/// Longer than any value that somebody wrote.
const LONGEST: usize = 1 << 14;

/// More commands, and shells of them, than any script has.
const MOST_PARTS: usize = 2_000;

/// Subshells in subshells in which commands are read.
const DEEPEST: usize = 8;

/// More bytes than all settings have that the commands of a script do not share.
const MOST_SETTINGS: usize = 1 << 17;

fn bytes(variables: &Variables) -> usize {
    variables.iter().map(|(name, value)| name.len() + value.len()).sum()
}

/// A value with those variables in it that are known.
pub(in crate::doctor) fn expanded<'a>(value: &str, known: impl Fn(&str) -> Option<&'a String>) -> String {
    let mut pieces = value.split('$');
    let mut text = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let replaced = variable(piece).and_then(|(name, behind)| Some((known(name)?, behind)));
        match replaced {
            // What is doubled often enough has no end.
            _ if text.len() > LONGEST => return value.to_owned(),
            Some((value, behind)) => text.extend([value.as_str(), behind]),
            None => text.extend(["$", piece]),
        }
    }
    text
}

/// The name of a variable behind its sign, as the shell and as GitHub write it, and what follows.
fn variable(text: &str) -> Option<(&str, &str)> {
    if let Some((expression, behind)) = text.strip_prefix("{{").and_then(|rest| rest.split_once("}}")) {
        return Some((expression.trim().strip_prefix("env.")?, behind));
    }
    if let Some(rest) = text.strip_prefix('{') {
        return rest.split_once('}');
    }
    let end = text.find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_').unwrap_or(text.len());
    (end > 0).then(|| text.split_at(end))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::{GoCommand, Settings, expanded, go_commands};
    use proptest::prelude::*;

    fn found(script: &str) -> Vec<GoCommand> {
        go_commands(script, &mut Settings::default())
    }

    #[test]
    fn go_commands_are_found_with_what_is_set_for_them() {
        let script = "set -eu\nexport CGO_ENABLED=0\n# go build -a\nGOOS=windows go build \\\n  -trimpath ./... && go test --race ./...\n\
                      gotrace record -- go vet ./... | tee log\necho go build\ncargo go\ngo -C sub build\n\
                      timeout 10m /usr/local/go/bin/go list\nif ! env X=1 go vet; then go fix; fi\nnice -n 5 go mod tidy";
        let found = found(script);
        let lines: Vec<String> = found.iter().map(GoCommand::line).collect();
        let expected = [
            "go build -trimpath ./...",
            "go test --race ./...",
            "go vet ./...",
            "go build",
            "go list",
            "go vet",
            "go fix",
            "go mod tidy",
        ];
        assert_eq!(lines, expected);
        let variants: Vec<Vec<String>> = found.iter().map(|go| go.variant().into_iter().collect()).collect();
        assert_eq!(variants[0], ["-trimpath", "CGO_ENABLED=0", "GOOS=windows"]);
        assert_eq!(variants[1], ["-race", "CGO_ENABLED=0"]);
    }

    #[test]
    fn what_is_set_counts_from_there_on() {
        let of = |script: &str, name: &str| found(script).last().and_then(|go| go.settings.get(name).cloned());
        assert_eq!(of("go env -w GOFLAGS=-race GOCACHE=/c\ngo build", "GOCACHE").as_deref(), Some("/c"));
        assert_eq!(of("export GOCACHE=/a; go env -w GOCACHE=/b; go build", "GOCACHE").as_deref(), Some("/a"));
        assert_eq!(of("go env -w GOCACHE=/b; go env -u GOCACHE; go build", "GOCACHE"), None);
        assert_eq!(of("GOA=1; export GOA; GOA=2; go build", "GOA").as_deref(), Some("2"));
        assert_eq!(of("GOA=1\ngo build", "GOA"), None);
        assert_eq!(of("export GOA=1; unset GOA; go build", "GOA"), None);
        assert_eq!(of("export A=x; export GOB=\"$A-${A}${C}\" && go build", "GOB").as_deref(), Some("x-x${C}"));
        assert!(found("go env -w GOFLAGS=-race; go build")[0].has("-race"));
        let mut settings = Settings::default();
        go_commands("echo \"A=b\" >> $GITHUB_ENV\necho C=d >> other", &mut settings);
        assert_eq!(settings.announced, [("A".to_owned(), "b".to_owned())].into());
    }

    #[test]
    fn what_subshells_set_ends_with_them() {
        let of = |script: &str| found(script).last().and_then(|go| go.settings.get("GOA").cloned());
        assert_eq!(of("(export GOA=1; go vet)\ngo build"), None);
        assert_eq!(of("export GOA=1; (unset GOA; go vet); go build").as_deref(), Some("1"));
        assert_eq!(of("(export GOA=1; (go vet); go build"), Some("1".to_owned()));
        assert_eq!(of("X=$(export GOA=1; go list) && go build"), None);
        assert_eq!(of("export GOA=1\ncase $x in a|b) (go vet);;\n (c) ;; esac; go build").as_deref(), Some("1"));
        assert_eq!(of("(export GOA=1; case $x in a) ;; esac; go build)").as_deref(), Some("1"));
        assert_eq!(of("(go env -w GOA=1); go build").as_deref(), Some("1"));
    }

    #[test]
    fn what_blocks_set_is_not_known() {
        let sure = |script: &str| found(script).last().map(GoCommand::is_sure);
        for block in [
            "if x; then export GOFLAGS=-a; fi",
            "x() { export GOFLAGS=-a; }",
            "function x {\nexport GOFLAGS=-a\n}",
            "for x in y; do export GOFLAGS=-a; done",
            "case $x in y) export GOFLAGS=-a;; esac",
            "export GOFLAGS=-a; if x; then unset GOFLAGS; go env -w GOFLAGS=-a; fi",
            "if x\nthen GOFLAGS=-a\nfi\nexport GOFLAGS",
        ] {
            assert_eq!(sure(&format!("{block}\ngo build")), Some(false), "{block}");
            assert!(!found(&format!("{block}\ngo build"))[0].has("-a"), "{block}");
            assert_eq!(
                sure(&format!("{block}\nexport GOFLAGS=-v\ngo env -u GOFLAGS; go build")),
                Some(true),
                "{block}"
            );
        }
        assert_eq!(sure("if x; then y; fi; export GOFLAGS=-a; go build"), Some(true));
    }

    #[test]
    fn settings_without_end_take_no_room_without_end() {
        let doubled: String = (0..900).map(|n| format!("export GOA=x$GOA$GOA GOX{n}=$GOA$GOA\n")).collect();
        let lines = "export GOY=$GOA\ngo vet\n".repeat(500);
        let mut settings = Settings::default();
        let found = go_commands(&format!("{doubled}{lines}"), &mut settings);
        assert!(found.iter().map(|go| super::bytes(&go.settings)).sum::<usize>() < 1 << 20);
        assert!(super::bytes(&settings.environment) < 1 << 20);
        let same = go_commands(
            &format!("export GOA={}\n{}", "x".repeat(10_000), "go vet\n".repeat(1_000)),
            &mut Settings::default(),
        );
        assert_eq!(same.len(), 1_000);
        assert!(same.iter().all(|go| Arc::ptr_eq(&go.settings, &same[0].settings)));
    }

    #[test]
    fn variables_are_known_by_their_three_ways_of_writing() {
        let x = String::from("x");
        let known = |name: &str| (name == "A").then_some(&x);
        assert_eq!(expanded("$A/${A}/${{ env.A }}/$B$", known), "x/x/x/$B$");
        assert_eq!(expanded("${{ matrix.A }} ${A", known), "${{ matrix.A }} ${A");
        let doubled = "export GOA=x$GOA$GOA\n".repeat(100);
        assert!(found(&format!("{doubled}go build"))[0].settings["GOA"].len() < 1 << 16);
    }

    proptest! {
        #[test]
        fn anything_is_read(script in "(go|go env|-w|export|A=|\\$A|-run|-args|[a'\"$(){};\n ]){0,20}") {
            found(&script).iter().for_each(|go| drop(go.variant()));
        }
    }
}
