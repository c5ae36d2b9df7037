//! Go commands in the scripts of jobs, with the variables that they have.
//!
//! Knows what of a script sets variables; does not know flags of go, or what a command does. What it does not understand it
//! takes for no go command.

use super::command::{GoCommand, Variables};
use super::shell::{Command, commands};

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
        expanded(value, |name| self.environment.get(name).or_else(|| self.written.get(name)))
    }
}

/// The go commands of a script, each with what is set by then.
pub(super) fn go_commands(script: &str, settings: &mut Settings) -> Vec<GoCommand> {
    // Variables of the shell that programs do not see.
    let mut hidden = Variables::new();
    let mut found = Vec::new();
    for command in commands(script).into_iter().take(MOST_COMMANDS) {
        let (own, words) = led(&command.words);
        match words {
            [] => assign(own, settings, &mut hidden),
            [go, rest @ ..] if go == "go" || go.ends_with("/bin/go") => match without_directory(rest) {
                [verb, words @ ..] if verb == "env" => write(words, &mut settings.written),
                [verb, words @ ..] => {
                    let own = own.into_iter().filter(|(name, _)| is_of_go(name));
                    let own = own.map(|(name, value)| (name, settings.expanded(&value)));
                    let (verb, words) = (verb.clone(), words.to_vec());
                    let own = settings.of_go().into_iter().chain(own).collect();
                    found.push(GoCommand { verb, words, settings: own });
                }
                [] => {}
            },
            _ => set(words, &command, settings, &hidden),
        }
    }
    found
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

/// More commands than any script has.
const MOST_COMMANDS: usize = 2_000;

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
