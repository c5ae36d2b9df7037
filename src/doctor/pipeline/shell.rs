//! Scripts of a shell as commands of words.
//!
//! Knows subshells, quotes, comments, continued lines, redirections, here-documents and substitutions; does not know what a command
//! does, and expands nothing. Scripts that are not finished, or are none of a shell, have commands, too: what is not closed
//! goes on to the end.

/// A command without pipes and lists.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Command {
    /// As the program would get them, but for what the shell would expand.
    pub(super) words: Vec<String>,
    /// The file that its output is added to.
    pub(super) added_to: Option<String>,
}

/// What a script is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Part {
    Command(Command),
    /// A shell of its own begins: brackets, or a substitution.
    Open,
    Close,
}

/// Substitutions in substitutions that are followed.
const DEEPEST: usize = 8;

/// All commands, in the order in which they end; those of a substitution before the one that it stands in.
pub(super) fn parts(script: &str) -> Vec<Part> {
    parts_at(script, 0)
}

fn parts_at(script: &str, depth: usize) -> Vec<Part> {
    let mut reading = Reading { rest: script, depth, ..Reading::default() };
    while let Some(letter) = reading.take() {
        reading.read(letter);
    }
    reading.end_command();
    reading.found.extend((0..reading.open).map(|_| Part::Close));
    reading.found
}

/// A script that is read up to somewhere.
#[derive(Default)]
struct Reading<'a> {
    rest: &'a str,
    depth: usize,
    found: Vec<Part>,
    /// Subshells that are not closed.
    open: usize,
    /// A pattern of `case` comes next, whose bracket closes no subshell.
    in_patterns: bool,
    command: Command,
    /// The word that has begun.
    word: Option<String>,
    /// What the next word is, where it is none of the command.
    target: Option<Target>,
    /// The last lines of here-documents that begin in the next line.
    documents: Vec<String>,
}

/// What stands behind a redirection.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Target {
    File,
    Added,
    Document,
}

impl<'a> Reading<'a> {
    fn read(&mut self, letter: char) {
        match letter {
            '\n' => {
                self.end_command();
                self.skip_documents();
            }
            ' ' | '\t' | '\r' => self.end_word(),
            '#' if self.word.is_none() => self.rest = &self.rest[self.rest.find('\n').unwrap_or(self.rest.len())..],
            '&' if self.rest.starts_with('>') => self.end_word(),
            '(' if self.word.as_ref().is_some_and(|word| word.ends_with('=')) => self.keep_group("("),
            ';' if self.rest.starts_with([';', '&']) => {
                self.end_command();
                self.in_patterns = true;
            }
            ';' | '&' | '|' => self.end_command(),
            '(' => self.open(),
            ')' => self.close(),
            '<' | '>' => self.redirect(letter),
            '"' => self.double_quoted(),
            '\'' => {
                let quoted = self.until("'");
                self.push(quoted);
            }
            _ => self.read_inside(letter),
        }
    }

    fn open(&mut self) {
        self.end_command();
        if !self.in_patterns {
            self.open += 1;
            self.found.push(Part::Open);
        }
    }

    fn close(&mut self) {
        let is_first = self.cases().is_some_and(|words| words.len() >= 3);
        self.end_command();
        if is_first || self.in_patterns {
            self.in_patterns = false;
        } else if let Some(open) = self.open.checked_sub(1) {
            self.open = open;
            self.found.push(Part::Close);
        }
    }

    /// From `case` on, where the command has that.
    fn cases(&self) -> Option<&[String]> {
        let words = &self.command.words;
        let start = words.iter().position(|word| word == "case")?;
        (words.get(start + 2).is_some_and(|word| word == "in")).then(|| &words[start..])
    }

    /// What means the same in double quotes and without.
    fn read_inside(&mut self, letter: char) {
        match letter {
            '\\' => match self.take() {
                None => self.push("\\"),
                Some('\n') => {}
                Some('\r') if self.rest.starts_with('\n') => self.rest = &self.rest[1..],
                Some(next) => self.push(next.encode_utf8(&mut [0; 4])),
            },
            '`' => {
                let inner = self.until("`");
                self.push("`");
                self.push(inner);
                self.push("`");
                self.found_in(inner);
            }
            '$' => self.dollar(),
            _ => self.push(letter.encode_utf8(&mut [0; 4])),
        }
    }

    fn double_quoted(&mut self) {
        self.push("");
        while let Some(letter) = self.take().filter(|letter| *letter != '"') {
            let is_plain = letter == '\\' && !self.rest.starts_with(['"', '\\', '$', '`', '\n']);
            if is_plain { self.push("\\") } else { self.read_inside(letter) }
        }
    }

    /// An expression of GitHub's, a substitution, or a variable.
    fn dollar(&mut self) {
        self.push("$");
        if self.rest.starts_with("{{") {
            let expression = self.until("}}");
            self.push(expression);
            self.push("}}");
        } else if self.rest.starts_with('{') {
            let name = self.until("}");
            self.push(name);
            self.push("}");
        } else if self.rest.starts_with('(') {
            self.rest = &self.rest[1..];
            self.keep_group("(");
        }
    }

    /// What stands between brackets stays together, and is read for itself.
    fn keep_group(&mut self, opening: &str) {
        let end = end_of_group(self.rest);
        let inner = &self.rest[..end];
        self.rest = self.rest.get(end + 1..).unwrap_or_default();
        self.push(opening);
        self.push(inner);
        self.push(")");
        // Two brackets are for arithmetic.
        if !inner.starts_with('(') {
            self.found_in(inner);
        }
    }

    fn found_in(&mut self, inner: &str) {
        if self.depth < DEEPEST {
            self.found.push(Part::Open);
            self.found.extend(parts_at(inner, self.depth + 1));
            self.found.push(Part::Close);
        }
    }

    /// `>`, `>>`, `2>&1`, `<`, `<<END`, `<<<` and what the like is called.
    fn redirect(&mut self, letter: char) {
        if self.rest.starts_with('(') {
            self.rest = &self.rest[1..];
            return self.keep_group("<(");
        }
        // A number right before it is that of a stream.
        self.word = self.word.take().filter(|word| !word.chars().all(|digit| digit.is_ascii_digit()));
        self.end_word();
        let signs = self.rest.len() - self.rest.trim_start_matches(['<', '>', '&', '|', '-']).len();
        self.target = Some(match (letter, &self.rest[..signs]) {
            ('<', "<" | "<-") => Target::Document,
            ('>', ">") => Target::Added,
            _ => Target::File,
        });
        self.rest = &self.rest[signs..];
    }

    /// The lines of here-documents are no commands.
    fn skip_documents(&mut self) {
        for last in std::mem::take(&mut self.documents) {
            while !self.rest.is_empty() {
                let (line, behind) = self.rest.split_once('\n').unwrap_or((self.rest, ""));
                self.rest = behind;
                if line.trim_start_matches('\t').trim_end() == last {
                    break;
                }
            }
        }
    }

    fn end_word(&mut self) {
        let Some(word) = self.word.take() else { return };
        match self.target.take() {
            None => self.command.words.push(word),
            Some(Target::File) => {}
            Some(Target::Added) => self.command.added_to = Some(word),
            Some(Target::Document) => self.documents.push(word),
        }
    }

    fn end_command(&mut self) {
        self.end_word();
        self.target = None;
        let ends = self.command.words.first().is_some_and(|word| word == "esac");
        self.in_patterns = !ends && (self.in_patterns || self.cases().is_some_and(|words| words.len() == 3));
        let command = std::mem::take(&mut self.command);
        if !command.words.is_empty() {
            self.found.push(Part::Command(command));
        }
    }

    fn take(&mut self) -> Option<char> {
        let letter = self.rest.chars().next()?;
        self.rest = &self.rest[letter.len_utf8()..];
        Some(letter)
    }

    /// All up to these letters, and past them.
    fn until(&mut self, end: &str) -> &'a str {
        let (inner, behind) = self.rest.split_once(end).unwrap_or((self.rest, ""));
        self.rest = behind;
        inner
    }

    fn push(&mut self, text: &str) {
        self.word.get_or_insert_default().push_str(text);
    }
}

/// Where the bracket is that closes one before the text, or the end.
fn end_of_group(text: &str) -> usize {
    let (mut open, mut quote) = (0_usize, None);
    let mut letters = text.char_indices();
    while let Some((at, letter)) = letters.next() {
        match (letter, quote) {
            ('\\', None | Some('"')) => {
                letters.next();
            }
            (_, Some(end)) if letter == end => quote = None,
            ('\'' | '"', None) => quote = Some(letter),
            ('(', None) => open += 1,
            (')', None) if open == 0 => return at,
            (')', None) => open -= 1,
            _ => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::{Command, Part, parts};
    use crate::doctor::quoting::quoted;
    use proptest::prelude::*;

    fn commands(script: &str) -> Vec<Command> {
        let command = |part| if let Part::Command(command) = part { Some(command) } else { None };
        parts(script).into_iter().filter_map(command).collect()
    }

    /// Words between bars, commands in lines.
    #[track_caller]
    fn check(script: &str, expected: &[&str]) {
        let found: Vec<String> = commands(script).iter().map(|command| command.words.join("|")).collect();
        assert_eq!(found, expected, "{script}");
    }

    #[test]
    fn words_are_kept_together_by_quotes() {
        check("go build -ldflags \"-X main.v=1 -a\" .", &["go|build|-ldflags|-X main.v=1 -a|."]);
        check("go test -run 'a|b;c' ./...", &["go|test|-run|a|b;c|./..."]);
        check(r#"echo "a \"b\" \n $X" it\'s '' a"b"'c'"#, &[r#"echo|a "b" \n $X|it's||abc"#]);
        check("A='b c' go vet", &["A=b c|go|vet"]);
        check("go test \\\n  -race \\\r\n ./...", &["go|test|-race|./..."]);
        check("FLAGS=(-a -race) go build", &["-a|-race", "FLAGS=(-a -race)|go|build"]);
    }

    #[test]
    fn commands_end_where_the_shell_ends_them() {
        check("a && b || c | d; e & f\n(g); { h; }", &["a", "b", "c", "d", "e", "f", "g", "{|h", "}"]);
        check("case $x in\n a) go build;;\nesac", &["case|$x|in", "a", "go|build", "esac"]);
        check("# go build\ngo vet # -a\necho a#b", &["go|vet", "echo|a#b"]);
        check("  \n;;\n", &[]);
    }

    #[test]
    fn redirections_are_no_words() {
        check("go test 2>&1 >out.txt <in.txt ./... &>> log", &["go|test|./..."]);
        check("cat <<< 'go build' x", &["cat|x"]);
        let added = Command { words: vec!["echo".into(), "A=b c".into()], added_to: Some("$GITHUB_ENV".into()) };
        assert_eq!(commands("echo \"A=b c\" >> \"$GITHUB_ENV\""), [added]);
    }

    #[test]
    fn documents_are_no_commands() {
        check("cat <<EOF >x && go vet\ngo build -a\nEOF\ngo test", &["cat", "go|vet", "go|test"]);
        check("cat <<-'END'\n\tgo build -a\n\tEND\ngo test", &["cat", "go|test"]);
        check("cat <<A <<B\ngo 1\nA\ngo 2\nB\ngo test", &["cat", "go|test"]);
        check("cat <<EOF\ngo build -a", &["cat"]);
    }

    #[test]
    fn substitutions_are_part_of_a_word_and_commands() {
        check(
            "go test $(go list ./... | grep -v x)",
            &["go|list|./...", "grep|-v|x", "go|test|$(go list ./... | grep -v x)"],
        );
        check("A=\"$(go env \"GOCACHE\")/b\" `pwd`", &["go|env|GOCACHE", "pwd", "A=$(go env \"GOCACHE\")/b|`pwd`"]);
        check(
            "echo ${A:-b c} $((1 << 2)) ${{ a == 'x' && '-race' || '' }}",
            &["echo|${A:-b c}|$((1 << 2))|${{ a == 'x' && '-race' || '' }}"],
        );
        check("diff <(go list a) b", &["go|list|a", "diff|<(go list a)|b"]);
        check("echo $(", &["echo|$()"]);
    }

    #[test]
    fn what_has_no_end_is_read_soon() {
        for piece in ["$(", "\"$(", "`", "${", "((", "<<", "'", "\"", "$((", "<("] {
            commands(&piece.repeat(100_000));
        }
    }

    proptest! {
        #[test]
        fn anything_is_read(script in ".{0,60}", special in "[a'\"\\\\$(){}`<>&|;#\n =é-]{0,60}") {
            commands(&script);
            commands(&special);
        }

        #[test]
        fn words_that_are_quoted_are_read_again(words in prop::collection::vec("[a-z '\"$`\\\\*;|&<>(){}#\n]{0,8}", 1..5)) {
            let script = words.iter().map(quoted).collect::<Vec<_>>().join(" ");
            prop_assert_eq!(commands(&script), [Command { words, added_to: None }]);
        }

        /// But for what a shell expands.
        #[test]
        fn words_are_those_that_a_shell_reads(text in "[ab '\"\\\\#\n]{0,16}") {
            let script = format!("printf '%s|' x {text}");
            let one_command = commands(&script).len() == 1;
            let output = std::process::Command::new("/bin/sh").args(["-c", &script]).output().expect("a shell");
            if one_command && output.status.success() {
                let words = &commands(&script)[0].words[2..];
                let expected: String = words.iter().map(|word| format!("{word}|")).collect();
                prop_assert_eq!(String::from_utf8_lossy(&output.stdout), expected);
            }
        }
    }
}
