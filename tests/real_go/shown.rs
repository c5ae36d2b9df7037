//! Reads what `go build -x` prints, and finds the tool runs in it.
//!
//! Knows how cmd/go quotes. A tool run is here what its command line says; the trace's account of it is brought into the
//! same shape, so that the two can be compared word for word.

use crate::trace::{Event, Trace};

/// A tool run: its command line without the source files at the end.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ToolRun {
    pub(crate) tool: String,
    pub(crate) options: Vec<String>,
    pub(crate) sources: usize,
}

/// Fails unless each tool run that `-x` shows is one action of the trace, and each action is shown.
#[track_caller]
pub(crate) fn check_each_line_is_one_action(context: &str, shown: &[ToolRun], trace: &Trace) {
    let mut shown = shown.to_vec();
    let mut traced: Vec<_> = trace.actions.iter().map(of_action).collect();
    shown.sort();
    traced.sort();
    let only = |these: &[ToolRun], those: &[ToolRun]| -> Vec<_> {
        these.iter().filter(|run| !those.contains(run)).cloned().collect()
    };
    let (untraced, unshown) = (only(&shown, &traced), only(&traced, &shown));
    assert!(
        untraced.is_empty() && unshown.is_empty(),
        "{context}: not in the trace: {untraced:#?}, not shown: {unshown:#?}"
    );
    assert_eq!(shown, traced, "{context}: as often");
    for pair in shown.windows(2) {
        assert_ne!(pair.first(), pair.last(), "{context}: two tool runs cannot be told apart");
    }
}

/// The tool runs in the output of a command with `-x` and a shim.
#[track_caller]
pub(crate) fn with_shim(x: &str, shim: &str) -> Vec<ToolRun> {
    let shim = format!("{shim} ");
    let (with, without): (Vec<_>, Vec<_>) = commands(x).partition(|command| command.line.contains(&shim));
    let past: Vec<_> = without.iter().map(|command| command.line).filter(|line| line.contains("/pkg/tool/")).collect();
    assert!(past.is_empty(), "these tools went past the shim: {past:#?}");
    with.iter().filter_map(|command| Some(command.tool_run(command.line.split_once(&shim)?.1))).collect()
}

/// The tool runs in the output of a command with `-x` and no shim: the lines that run something in GOROOT.
pub(crate) fn without_shim(x: &str, goroot: &str) -> Vec<ToolRun> {
    let tools = format!("{goroot}/pkg/tool/");
    commands(x).filter_map(|command| Some(command.tool_run(command.line.get(command.line.find(&tools)?..)?))).collect()
}

/// A line of the output that is a command, and the folder to which the output had changed before it.
#[derive(Debug, Clone, Copy)]
struct Command<'x> {
    folder: &'x str,
    line: &'x str,
}

/// What cmd/go does without a command is marked as internal.
fn commands(x: &str) -> impl Iterator<Item = Command<'_>> {
    let mut folder = "";
    x.lines().filter(|line| !line.ends_with("# internal")).map(move |line| {
        folder = line.strip_prefix("cd ").unwrap_or(folder);
        Command { folder, line }
    })
}

impl Command<'_> {
    fn tool_run(&self, line: &str) -> ToolRun {
        let mut words = words(line).into_iter();
        let mut tool = base_name(&words.next().unwrap_or_default()).to_owned();
        let mut options: Vec<String> = words.collect();
        if tool == "go" && options.first().is_some_and(|word| word == "tool") {
            tool = options.drain(..2).nth(1).unwrap_or_default();
        }
        let mut sources = 0;
        while options.last().is_some_and(|word| is_source(word)) && !follows_dynout(&options) {
            options.pop();
            sources += 1;
        }
        let mut after_x = false;
        for option in &mut options {
            *option = if after_x { mask(option) } else { self.in_full(option) };
            after_x = option == "-X";
        }
        ToolRun { tool, options, sources }
    }

    /// Paths are shown from the folder that was changed to, and the trace does not tell what a variable is set to.
    fn in_full(&self, option: &str) -> String {
        if let Some(path) = option.strip_prefix("./") {
            return format!("{}/{path}", self.folder.trim_end_matches('/'));
        }
        option.strip_prefix("-X=").map_or_else(|| option.to_owned(), |variable| format!("-X={}", mask(variable)))
    }
}

fn mask(variable: &str) -> String {
    format!("{}=***", variable.split('=').next().unwrap_or_default())
}

fn of_action(action: &Event) -> ToolRun {
    ToolRun { tool: action.tool.clone(), options: action.args.clone(), sources: action.source_files }
}

/// cgo writes a Go file and says so at the end of its command line.
fn follows_dynout(options: &[String]) -> bool {
    options.iter().rev().nth(1).is_some_and(|option| option == "-dynout")
}

fn is_source(word: &str) -> bool {
    [".go", ".s", ".S"].iter().any(|ending| word.ends_with(ending))
}

/// Words are separated by blanks, and one with blanks or quotes in it is written as a Go string.
fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut letters = line.chars().peekable();
    while let Some(first) = letters.next() {
        let mut word = String::new();
        if first == '"' {
            while let Some(letter) = letters.next().filter(|letter| *letter != '"') {
                word.push(if letter == '\\' { letters.next().unwrap_or(letter) } else { letter });
            }
        } else if first != ' ' {
            word.push(first);
            while let Some(letter) = letters.next_if(|letter| *letter != ' ') {
                word.push(letter);
            }
        } else {
            continue;
        }
        words.push(word);
    }
    words
}

fn base_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

#[test]
fn a_line_is_read_as_cmd_go_wrote_it() {
    let x = "WORK=/tmp/go-build1\ncd $WORK/b003\n\
             TERM='dumb' /shim /goroot/pkg/tool/linux_amd64/cgo -o ./out \"-ldflags=\\\"-O2\\\" \\\"-g\\\"\" -- ./c.go\n\
             /shim /goroot/pkg/tool/linux_amd64/link -X main.a=b -X=main.c=d\n\
             mv a b # internal\n";
    let run = |tool: &str, options: &[&str], sources| ToolRun {
        tool: tool.into(),
        options: options.iter().map(ToString::to_string).collect(),
        sources,
    };
    let expected = [
        run("cgo", &["-o", "$WORK/b003/out", r#"-ldflags="-O2" "-g""#, "--"], 1),
        run("link", &["-X", "main.a=***", "-X=main.c=***"], 0),
    ];
    assert_eq!(with_shim(x, "/shim"), expected);
    assert_eq!(without_shim(x, "/goroot"), expected);
}
