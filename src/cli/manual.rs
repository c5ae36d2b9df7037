//! `gotrace man`: the manual page, one for all subcommands.
//!
//! Knows troff and in which order a manual tells things; what it tells of options comes from the command line itself, so
//! the two cannot disagree.

use std::io;

use clap::Command;
use clap_mangen::Man;

/// The page for `command` and its subcommands.
///
/// # Errors
/// None, as it is written into memory.
pub(crate) fn page(command: &Command) -> io::Result<String> {
    let mut page = Page::default();
    let version = command.get_version().unwrap_or_default();
    page.line(&format!(".TH GOTRACE 1 \"\" \"gotrace {version}\" \"User Commands\""));
    page.section("NAME");
    page.text(&format!("gotrace - {}", about(command)));
    page.section("SYNOPSIS");
    page.as_is("go build -toolexec gotrace ./...");
    for subcommand in subcommands(command) {
        page.line(".br");
        page.as_is(&usage(subcommand));
    }
    page.section("DESCRIPTION");
    page.paragraphs(&command.get_long_about().map(ToString::to_string).unwrap_or_default());
    page.section("COMMANDS");
    for subcommand in subcommands(command) {
        page.line(&format!(".SS \"{}\"", escaped(&usage(subcommand))));
        page.paragraphs(&format!("{}.", about(subcommand)));
        page.options(subcommand)?;
        page.examples(&subcommand.get_after_help().map(ToString::to_string).unwrap_or_default());
    }
    page.section("EXAMPLES");
    page.examples(&command.get_after_long_help().map(ToString::to_string).unwrap_or_default());
    for (title, entries) in [("FILES", FILES), ("ENVIRONMENT", ENVIRONMENT), ("EXIT STATUS", EXIT_STATUS)] {
        page.section(title);
        for (name, text) in entries {
            page.entry(name, text);
        }
    }
    Ok(page.0)
}

const FILES: &[(&str, &str)] = &[
    ("trace.jsonl", "the trace, in the directory where go was started; builds append to it"),
    ("trace.jsonl.problems", "what went wrong while it was recorded; every report tells it"),
    ("$TMPDIR/gotrace-UID.problems", "the same where there is no place beside the trace"),
];

const ENVIRONMENT: &[(&str, &str)] = &[
    ("GOTRACE_FILE", "where a go command's trace is written, unless -toolexec \"gotrace -o FILE\" says so"),
    ("GOTRACE_PHASES", "0 or off: compile and link are not asked what they spend their time on"),
    ("GOFLAGS", "-toolexec=/path/to/gotrace in it records every go command of a job"),
    ("NO_COLOR, CLICOLOR_FORCE", "no colour on a terminal; colour where there is none"),
];

const EXIT_STATUS: &[(&str, &str)] = &[
    ("0", "fine; also when there is nothing to show, and when the reader of a pipe leaves early"),
    ("1", "a gate or a check failed"),
    ("2", "usage, or an input or output that cannot be read or written"),
    ("any other", "called through -toolexec, gotrace ends as the tool ended"),
];

fn subcommands(command: &Command) -> impl Iterator<Item = &Command> {
    command.get_subcommands().filter(|subcommand| subcommand.get_name() != "help")
}

fn about(command: &Command) -> String {
    command.get_about().map(ToString::to_string).unwrap_or_default()
}

/// `gotrace flame [OPTIONS] [TRACE]...`.
fn usage(subcommand: &Command) -> String {
    let name = format!("gotrace {}", subcommand.get_name());
    let usage = subcommand.clone().bin_name(name).render_usage().to_string();
    usage.trim_start_matches("Usage: ").to_owned()
}

/// A page that is being written.
#[derive(Default)]
struct Page(String);

impl Page {
    /// A line of troff.
    fn line(&mut self, line: &str) {
        self.0.push_str(line);
        self.0.push('\n');
    }

    fn section(&mut self, title: &str) {
        self.line(&format!(".SH {title}"));
    }

    /// A line of text.
    fn text(&mut self, text: &str) {
        self.line(&escaped(text));
    }

    /// A line of text that is not broken.
    fn as_is(&mut self, text: &str) {
        self.line(".nf");
        self.text(text);
        self.line(".fi");
    }

    fn paragraphs(&mut self, text: &str) {
        for paragraph in text.split("\n\n").filter(|paragraph| !paragraph.is_empty()) {
            self.line(".PP");
            self.text(&paragraph.replace('\n', " "));
        }
    }

    fn entry(&mut self, name: &str, text: &str) {
        self.line(".TP");
        self.line(&format!(".B {}", escaped(name)));
        self.text(text);
    }

    /// The options as `clap_mangen` sets them, without the head that it puts before them.
    fn options(&mut self, subcommand: &Command) -> io::Result<()> {
        let mut set = Vec::new();
        let without_help = subcommand.clone().disable_help_flag(true);
        Man::new(without_help).render_options_section(&mut set)?;
        let set = String::from_utf8_lossy(&set);
        let body = set.lines().skip_while(|line| *line != ".SH OPTIONS").skip(1);
        for line in body.filter(|line| !line.is_empty()) {
            self.line(line);
        }
        Ok(())
    }

    /// The indented lines of a help text, as they stand.
    fn examples(&mut self, help: &str) {
        let lines: Vec<&str> = help.lines().filter_map(|line| line.strip_prefix("  ")).collect();
        if lines.is_empty() {
            return;
        }
        self.line(".PP");
        self.line(".nf");
        for line in lines {
            self.text(line);
        }
        self.line(".fi");
    }
}

/// Text as troff prints it: hyphens that can be copied, and nothing taken for a request.
fn escaped(text: &str) -> String {
    let text = text.replace('\\', "\\e").replace('-', "\\-").replace('"', "\\(dq");
    if text.starts_with(['.', '\'']) { format!("\\&{text}") } else { text }
}
