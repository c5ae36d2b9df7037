//! The command line as clap sees it: names, help, and what may be typed. No logic, no defaults that matter elsewhere.

use std::ffi::OsString;
use std::num::{NonZeroU64, NonZeroUsize};
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use regex::Regex;

use crate::analyze::diff::limit::Limit;
use crate::units::{Bytes, Percent};

/// Names of subcommands. `record` asks for them before clap exists: any other bare name is a tool. A test compares them.
pub const SUBCOMMANDS: [&str; 13] = [
    "record",
    "flame",
    "summary",
    "report",
    "diff",
    "history",
    "why",
    "whatif",
    "doctor",
    "redact",
    "completions",
    "man",
    "help",
];

/// The profiler of Go builds
#[derive(Debug, Parser)]
#[command(name = "gotrace", version, about, long_about = LONG_ABOUT, after_long_help = EXAMPLES, max_term_width = 100)]
pub(crate) struct Cli {
    /// What to do
    #[command(subcommand)]
    pub(crate) action: Subcommands,
}

const LONG_ABOUT: &str = "The profiler of Go builds: records every compile, link, asm and cgo of a go command, and draws where \
the time, the CPU and the memory went.

Put `-toolexec gotrace` behind go build, test, run, vet, install, fix or list -export; or set GOFLAGS=-toolexec=/path/to/gotrace \
for a whole job. Every tool run is appended to trace.jsonl in the directory where go was started. GOTRACE_FILE=FILE, or \
-toolexec \"gotrace -o FILE\", puts the trace elsewhere. compile and link are asked what they spend their time on, unless \
GOTRACE_PHASES=0.";

const EXAMPLES: &str = "\
Examples:
  go build -a -toolexec gotrace ./...        record a full build (-a: not from the build cache)
  gotrace record -- go test ./...            record all that can be seen: tests, loading, C compilers, memory
  gotrace summary                            what ran, what it cost
  gotrace flame > build.svg                  where the time went
  gotrace flame --by tool,phase > tools.svg  what compile and link spent it on
  gotrace flame --chart > chart.svg          what ran when, and what ran beside it
  gotrace diff old.jsonl new.jsonl           what changed, and how far that can be trusted
  gotrace why                                why packages were built again
  gotrace report -o build.html               all of it as one page, to look around in and to share

Exit codes: 0 fine, 1 a gate or a check failed, 2 usage or unreadable input.";

/// What gotrace can be told to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Subcommands {
    /// Run a command, and record every go command in it with all that can be seen
    Record(RecordArgs),
    /// Draw a trace as a flame graph (SVG on standard output)
    Flame(FlameArgs),
    /// Print what ran and what it cost, by tool, module and package
    Summary(SummaryArgs),
    /// Make one HTML page of it: what ran when, what each tool run was, and all tables
    Report(ReportArgs),
    /// Compare builds: what changed, beyond the noise, and whether limits hold
    Diff(DiffArgs),
    /// Tell how the cost of a project went over many traces, and when it changed
    History(HistoryArgs),
    /// Tell why packages were built again, and what each cause cost
    Why(WhyArgs),
    /// Tell what a go command would have taken with other workers, processors or packages
    Whatif(WhatifArgs),
    /// Find what in this environment slows down or breaks Go builds
    Doctor(DoctorArgs),
    /// Print a trace without the names in it, to show to strangers
    Redact(RedactArgs),
    /// Print a completion script for a shell
    Completions(CompletionsArgs),
    /// Print the manual page (troff)
    Man,
}

/// `gotrace record`.
#[derive(Debug, Args)]
#[command(after_help = RECORD_EXAMPLES)]
pub(crate) struct RecordArgs {
    /// The trace to append to, before what `GOTRACE_FILE` says [default: trace.jsonl]
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Have every compile and link profile itself, and write one CPU profile of them all
    #[arg(long, value_name = "FILE", num_args = 0..=1, require_equals = true, default_missing_value = "compiler.pb.gz")]
    pub(crate) compiler_profile: Option<PathBuf>,
    /// Ask each go command, when it has ended, what it hashed: `gotrace why` is exact then
    #[arg(long)]
    pub(crate) why: bool,
    /// Print nothing of its own: no progress, no summary
    #[arg(short, long)]
    pub(crate) quiet: bool,
    /// The command: go with its arguments, or anything that calls go
    #[arg(value_name = "COMMAND", required = true, trailing_var_arg = true, allow_hyphen_values = true)]
    pub(crate) command: Vec<OsString>,
}

const RECORD_EXAMPLES: &str = "\
Examples:
  gotrace record -- go build ./...
  gotrace record -o ci.jsonl -- go test -race ./...
  gotrace record -- make
  gotrace record --compiler-profile -- go build -a ./...    then: gotrace flame compiler.pb.gz > compiler.svg

The command has the terminal, and its exit code is that of gotrace. Go commands below it are recorded as well.";

/// Which trace.
#[derive(Debug, Args)]
pub(crate) struct TraceArgs {
    /// Traces to read: files, also gzipped, or - for standard input; or a profile of compilers, FILE.pb.gz
    #[arg(value_name = "TRACE", default_value = "trace.jsonl")]
    pub(crate) traces: Vec<PathBuf>,
    /// Only one go command of the trace: its number in `gotrace summary`, or `last`
    #[arg(long, value_name = "N", value_parser = choice, allow_negative_numbers = true)]
    pub(crate) command: Option<Choice>,
}

/// Which go command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Choice {
    /// The one with this number, counted from 1 by time.
    Number(NonZeroUsize),
    /// The one that began last.
    Last,
}

fn choice(text: &str) -> Result<Choice, String> {
    if text == "last" {
        return Ok(Choice::Last);
    }
    text.parse()
        .map(Choice::Number)
        .map_err(|_| String::from("it is a number from 1 on, as in `gotrace summary`, or last"))
}

/// `gotrace history`.
#[derive(Debug, Args)]
#[command(after_help = HISTORY_EXAMPLES)]
pub(crate) struct HistoryArgs {
    /// Traces of one project, a run each: files, also gzipped, and directories of such files (*.jsonl, *.jsonl.gz)
    #[arg(value_name = "TRACE", required = true)]
    pub(crate) traces: Vec<PathBuf>,
    /// How to print it
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "text")]
    pub(crate) format: HistoryFormat,
    /// How many rows of each table [default: 20, in JSON all]
    #[arg(long, value_name = "N", value_parser = rows, allow_negative_numbers = true)]
    pub(crate) rows: Option<usize>,
    /// Write to a file, which appears whole or not at all, instead of standard output
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
}

const HISTORY_EXAMPLES: &str = "\
Examples:
  gotrace history traces/
  gotrace history monday.jsonl.gz tuesday.jsonl.gz wednesday.jsonl.gz
  gotrace history traces/ --format svg -o history.svg

Runs need not build everything: what a package costs is taken from the last run that compiled it.";

/// How a history is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum HistoryFormat {
    /// For people
    Text,
    /// For the page of a CI job
    Markdown,
    /// For scripts
    Json,
    /// A picture: a line for each package
    Svg,
}

/// `gotrace doctor`.
#[derive(Debug, Args)]
#[command(after_help = DOCTOR_EXAMPLES)]
pub(crate) struct DoctorArgs {
    /// Where builds are started
    #[arg(value_name = "DIR", default_value = ".")]
    pub(crate) directory: PathBuf,
    /// A trace of builds here, once for each: what is found is told by what it cost in them
    #[arg(long = "trace", value_name = "TRACE")]
    pub(crate) traces: Vec<PathBuf>,
    /// How to print it
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "text")]
    pub(crate) format: DoctorFormat,
    /// Write it into a file as JSON, too: for scripts that show it to people and judge it themselves
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<PathBuf>,
    /// Only these checks, by their names or those of their families
    #[arg(long, value_name = "ID", value_delimiter = ',')]
    pub(crate) only: Vec<String>,
    /// Exit with 1 where something is as bad as that
    #[arg(long, value_enum, value_name = "VERDICT")]
    pub(crate) fail_on: Option<FailOn>,
    /// Ask the servers of GOPROXY and GOSUMDB how fast they answer; without this no server is asked anything
    #[arg(long)]
    pub(crate) network: bool,
    /// Say of every check how it stands, and how long it took
    #[arg(short, long)]
    pub(crate) verbose: bool,
    /// Print the family, the name and the title of every check, and look at nothing
    #[arg(long)]
    pub(crate) list: bool,
    /// Print what the manual says of a check or a family, by its name, and look at nothing
    #[arg(long, value_name = "ID")]
    pub(crate) explain: Option<String>,
}

const DOCTOR_EXAMPLES: &str = "\
Examples:
  gotrace doctor
  gotrace doctor --trace trace.jsonl         the dearest first
  gotrace doctor --only cgo,goroot --verbose
  gotrace doctor --format github --fail-on error
  gotrace doctor --explain goroot

It changes nothing itself: what mends something is printed. docs/doctor.md explains every check.";

/// How findings are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum DoctorFormat {
    /// For people
    Text,
    /// For the page of a CI job
    Markdown,
    /// For scripts
    Json,
    /// Annotations of a GitHub workflow
    Github,
}

/// What is bad enough to fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum FailOn {
    /// What costs time or surprises, and what breaks builds
    Warn,
    /// What breaks builds
    Error,
}

/// `gotrace redact`.
#[derive(Debug, Args)]
#[command(after_help = REDACT_EXAMPLES)]
pub(crate) struct RedactArgs {
    /// The trace to read: a file, also a gzipped one, or - for standard input
    #[arg(value_name = "TRACE", default_value = "trace.jsonl")]
    pub(crate) trace: PathBuf,
    /// The file to write [default: standard output]
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Give the same names the same hashes in every trace redacted with this text, which only you should know [default: one
    /// that nobody knows]
    #[arg(long, value_name = "TEXT")]
    pub(crate) salt: Option<String>,
}

const REDACT_EXAMPLES: &str = "\
Examples:
  gotrace redact > public.jsonl
  gotrace redact old.jsonl --salt \"$SALT\" -o old-public.jsonl      and new.jsonl with the same: they can be compared

Words of Go, of its tools and its standard library stay, and all numbers. Every other word of every text, such as those of import
paths, directories, flags and settings, is replaced by a hash of it.";

/// `gotrace flame`.
#[derive(Debug, Args)]
#[command(after_help = FLAME_EXAMPLES)]
pub(crate) struct FlameArgs {
    /// Which trace
    #[command(flatten)]
    pub(crate) trace: TraceArgs,
    /// The levels of the graph, from the bottom
    #[arg(long, value_name = "LEVELS", value_delimiter = ',', default_value = "module,package,tool")]
    pub(crate) by: Vec<Level>,
    /// What widths mean
    #[arg(long, value_enum, value_name = "WEIGHT", default_value = "wall")]
    pub(crate) weight: WeightArg,
    /// Draw time from left to right, each tool run as a bar in a lane
    #[arg(long, conflicts_with_all = ["by", "weight", "reverse", "folded"])]
    pub(crate) chart: bool,
    /// Compare with an older trace: as wide as it is now, coloured by what it was
    #[arg(long, value_name = "OLD", conflicts_with_all = ["chart", "command"])]
    pub(crate) diff: Option<PathBuf>,
    /// Print folded stacks, `frame;frame weight` a line, instead of drawing them
    #[arg(long)]
    pub(crate) folded: bool,
    /// Put the last level at the bottom
    #[arg(long)]
    pub(crate) reverse: bool,
    /// Only packages whose import path matches
    #[arg(long, value_name = "REGEX", value_parser = pattern)]
    pub(crate) package: Option<Regex>,
    /// Leave out what is narrower than this share of the whole [default: 0.05, in a chart 0.01]
    #[arg(long, value_name = "PERCENT", value_parser = percent, allow_negative_numbers = true)]
    pub(crate) min: Option<Percent>,
    /// Width of the picture in pixels; without it the picture is as wide as the window
    #[arg(long, value_name = "PIXELS", value_parser = pixels, allow_negative_numbers = true)]
    pub(crate) width: Option<u32>,
    /// The title; without it the go command
    #[arg(long, value_name = "TEXT")]
    pub(crate) title: Option<String>,
    /// Write to a file, which appears whole or not at all, instead of standard output
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
}

fn percent(text: &str) -> Result<Percent, String> {
    let number = text.trim_end_matches('%').trim_end();
    Percent::parse(number).ok_or_else(|| String::from("a share is a number from 0 to 100, such as 0.05"))
}

fn pixels(text: &str) -> Result<u32, String> {
    let number = text.parse().ok().filter(|pixels| (200..=20_000).contains(pixels));
    number.ok_or_else(|| String::from("a width is a number of pixels from 200 to 20000"))
}

fn pattern(text: &str) -> Result<Regex, String> {
    Regex::new(text).map_err(|error| {
        // The last line says what is wrong; those above it draw where, which one sees in the value as well.
        let text = error.to_string();
        let what = text.lines().last().unwrap_or_default().trim_start_matches("error: ").trim_end_matches('.');
        format!("{what}; it is a regular expression, such as '^net/'")
    })
}

const FLAME_EXAMPLES: &str = "\
Examples:
  gotrace flame trace.jsonl > build.svg
  gotrace flame --by tool,module,package --weight cpu > tools.svg
  gotrace flame --by module,package,tool,phase > phases.svg
  gotrace flame --by import --weight cpu > dependencies.svg
  gotrace flame --package '^example.com/' --weight rss > memory.svg
  gotrace flame --diff old.jsonl new.jsonl --weight cpu > difference.svg
  gotrace flame --chart --command last > chart.svg
  gotrace flame --folded monday.jsonl.gz tuesday.jsonl | grep 'net/http' | less";

/// A level of the graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Level {
    /// The go command
    Command,
    /// The module and its version
    Module,
    /// The import path, a frame for each part of it
    Package,
    /// Who alone imports it: a width is what would go away with a package
    Import,
    /// The tool
    Tool,
    /// What compile or link spent its time on; wall time only
    Phase,
    /// GOOS/GOARCH
    Target,
    /// The Go version
    Go,
}

/// What widths mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum WeightArg {
    /// Wall time of tool runs, added up
    Wall,
    /// CPU time, user and system
    Cpu,
    /// CPU time in user mode
    User,
    /// CPU time in the kernel
    Sys,
    /// Peak memory of each package and tool: peaks, which do not add up
    Rss,
    /// How many tool runs
    Count,
}

/// `gotrace summary`.
#[derive(Debug, Args)]
pub(crate) struct SummaryArgs {
    /// Which trace
    #[command(flatten)]
    pub(crate) trace: TraceArgs,
    /// How to print it
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "text")]
    pub(crate) format: SummaryFormat,
    /// How many rows of each long table [default: 10, in JSON all]
    #[arg(long, value_name = "N", value_parser = rows, allow_negative_numbers = true)]
    pub(crate) rows: Option<usize>,
}

fn rows(text: &str) -> Result<usize, String> {
    text.parse().map_err(|_| String::from("it is a number from 0 on"))
}

/// `gotrace why`.
#[derive(Debug, Args)]
#[command(after_help = WHY_EXAMPLES)]
pub(crate) struct WhyArgs {
    /// Traces to read, as files or - [default: trace.jsonl], and packages to tell all about, by import path
    #[arg(value_name = "TRACE|PACKAGE")]
    pub(crate) words: Vec<PathBuf>,
    /// Traces to compare with, beside what is earlier in the same one
    #[arg(long, value_name = "OLD")]
    pub(crate) since: Vec<PathBuf>,
    /// Only one go command: its number in `gotrace summary`, or `last` [default: the last one that built anything, with --since all]
    #[arg(long, value_name = "N", value_parser = choice, allow_negative_numbers = true)]
    pub(crate) command: Option<Choice>,
    /// How to print it
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "text")]
    pub(crate) format: Format,
    /// How many rows of each long table [default: 10, in JSON all]
    #[arg(long, value_name = "N", value_parser = rows, allow_negative_numbers = true)]
    pub(crate) rows: Option<usize>,
}

const WHY_EXAMPLES: &str = "\
Examples:
  gotrace why                                 the last go command of trace.jsonl, compared with those before it
  gotrace why example.com/m/lib               one package, and whom it was built for
  gotrace why --since main.jsonl branch.jsonl
  gotrace why --command 3 --format json ci.jsonl.gz

A package is compared with the last time that it was built in the same way. What came from the build cache was not built.";

/// `gotrace whatif`.
#[derive(Debug, Args)]
#[command(after_help = WHATIF_EXAMPLES)]
pub(crate) struct WhatifArgs {
    /// Which trace; of several go commands the one that took longest
    #[command(flatten)]
    pub(crate) trace: TraceArgs,
    /// So many tools at a time
    #[arg(short = 'p', value_name = "N", allow_negative_numbers = true)]
    pub(crate) workers: Option<NonZeroU64>,
    /// So many processors, and without -p as many tools at a time
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub(crate) cpus: Option<NonZeroU64>,
    /// Others on the machine want so many processors meanwhile: 0 is a machine of its own [default: as it was]
    #[arg(long, value_name = "N", value_parser = millicpus, allow_negative_numbers = true)]
    pub(crate) others: Option<u64>,
    /// As many tools at a time as fit into this memory, a tenth of it left for others
    #[arg(long, value_name = "SIZE", value_parser = size)]
    pub(crate) mem: Option<Bytes>,
    /// A package is gone, and what only it imports; PKG/... is all below it
    #[arg(long, value_name = "PKG")]
    pub(crate) without: Vec<String>,
    /// A package takes so much less time
    #[arg(long, value_name = "PKG=PERCENT", value_parser = faster)]
    pub(crate) faster: Vec<(String, Percent)>,
    /// A package is so many packages that do not import each other
    #[arg(long, value_name = "PKG=N", value_parser = split)]
    pub(crate) split: Vec<(String, NonZeroU64)>,
    /// The packages of a module come from the build cache: std, example.com/mod …
    #[arg(long, value_name = "MODULE")]
    pub(crate) cached: Vec<String>,
    /// A tool takes no time: link, vet, cgo …
    #[arg(long, value_name = "TOOL")]
    pub(crate) free: Vec<String>,
    /// How to print it
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "text")]
    pub(crate) format: Format,
}

fn size(text: &str) -> Result<Bytes, String> {
    Bytes::parse(text).ok_or_else(|| String::from("a size is a number with a unit, such as 512MiB or 8GiB"))
}

/// In thousandths.
fn millicpus(text: &str) -> Result<u64, String> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let thousandths = |digits: &str| format!("{digits:0<3}").get(..3)?.parse::<u64>().ok();
    let number = whole.parse::<u64>().ok().filter(|whole| *whole <= 10_000).zip(thousandths(fraction));
    number
        .map(|(whole, rest)| whole * 1000 + rest)
        .ok_or_else(|| String::from("it is a number of processors, such as 0 or 1.5"))
}

fn faster(text: &str) -> Result<(String, Percent), String> {
    let parsed = text.rsplit_once('=').and_then(|(package, share)| Some((package.to_owned(), percent(share).ok()?)));
    parsed.ok_or_else(|| String::from("it is a package and a share, such as net/http=40%"))
}

fn split(text: &str) -> Result<(String, NonZeroU64), String> {
    let parsed = text
        .rsplit_once('=')
        .and_then(|(package, parts)| Some((package.to_owned(), parts.parse::<NonZeroU64>().ok()?)));
    // More parts than this are no packages any more, and each is a task of the replay.
    let few = parsed.filter(|(_, parts)| parts.get() <= 1000);
    few.ok_or_else(|| String::from("it is a package and a number of parts up to 1000, such as net/http=2"))
}

const WHATIF_EXAMPLES: &str = "\
Examples:
  gotrace whatif                              the same build with 1, 2, 4 … processors
  gotrace whatif --cpus 16
  gotrace whatif --mem 4GiB --cpus 8
  gotrace whatif --without example.com/big/... --faster net/http=30%
  gotrace whatif --cached std --free link --command last

The answer is what was recorded, changed as a replay of the recorded steps changes. How far a replay of the build as it was is
from what was recorded stands beside it.";

/// How a report is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people
    Text,
    /// For scripts
    Json,
}

/// `gotrace report`.
#[derive(Debug, Args)]
#[command(after_help = REPORT_EXAMPLES)]
pub(crate) struct ReportArgs {
    /// Which trace
    #[command(flatten)]
    pub(crate) trace: TraceArgs,
    /// The title; without it the go command
    #[arg(long, value_name = "TEXT")]
    pub(crate) title: Option<String>,
    /// Write to a file, which appears whole or not at all, instead of standard output
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
}

const REPORT_EXAMPLES: &str = "\
Examples:
  gotrace report -o build.html
  gotrace report --command last --title 'nightly build' ci.jsonl.gz > build.html

The page is one file that loads nothing: it can be mailed, archived by CI, and read offline.";

/// `gotrace diff`.
#[derive(Debug, Args)]
#[command(after_help = DIFF_EXAMPLES)]
pub(crate) struct DiffArgs {
    /// The old trace and the new one, of a run each: files, also gzipped
    #[arg(value_name = "OLD NEW", num_args = 0..=2, conflicts_with_all = ["old", "new"])]
    pub(crate) traces: Vec<PathBuf>,
    /// Several old runs, a trace each
    #[arg(long, value_name = "TRACE", num_args = 1.., requires = "new")]
    pub(crate) old: Vec<PathBuf>,
    /// Several new runs, a trace each
    #[arg(long, value_name = "TRACE", num_args = 1.., requires = "old")]
    pub(crate) new: Vec<PathBuf>,
    /// Only one go command of each trace: its number in `gotrace summary`, or `last`
    #[arg(long, value_name = "N", value_parser = choice, allow_negative_numbers = true)]
    pub(crate) command: Option<Choice>,
    /// End with exit code 1 where a figure is over a limit beyond the noise: cpu>5%, rss>500MB, wall>+30s, package:cpu>20% …
    #[arg(long, value_name = "LIMIT", num_args = 1.., value_parser = Limit::parse)]
    pub(crate) fail_over: Vec<Limit>,
    /// Also write annotations for GitHub: errors for what is exceeded, warnings for what may be
    #[arg(long)]
    pub(crate) github: bool,
    /// How to print it
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "text")]
    pub(crate) format: DiffFormat,
    /// How many rows of each long table [default: 10, in JSON all]
    #[arg(long, value_name = "N", value_parser = rows, allow_negative_numbers = true)]
    pub(crate) rows: Option<usize>,
    /// Write to a file, which appears whole or not at all, instead of standard output
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
}

const DIFF_EXAMPLES: &str = "\
Examples:
  gotrace diff old.jsonl new.jsonl
  gotrace diff --old a.jsonl b.jsonl c.jsonl --new d.jsonl e.jsonl f.jsonl
  gotrace diff main.jsonl.gz pr.jsonl.gz --fail-over 'cpu>5%' 'rss>2GB' 'package:cpu>20%' --github
  gotrace diff old.jsonl new.jsonl --format markdown >> \"$GITHUB_STEP_SUMMARY\"
  gotrace diff --old a.jsonl b.jsonl --new c.jsonl d.jsonl --format benchstat -o runs.txt

Figures: cpu wall critical rss peak linked built cached actions; package:cpu package:rss package:archive.
>5% is a growth, >+30s a growth by so much, >500MB the most that it may be.";

/// How a comparison is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum DiffFormat {
    /// For people
    Text,
    /// For the page of a CI job: GitHub-flavoured
    Markdown,
    /// For scripts
    Json,
    /// Each run as a Go benchmark: benchstat -col side
    Benchstat,
}

/// How a summary is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum SummaryFormat {
    /// For people
    Text,
    /// For the page of a CI job: GitHub-flavoured
    Markdown,
    /// For scripts
    Json,
}

/// `gotrace completions`.
#[derive(Debug, Args)]
pub(crate) struct CompletionsArgs {
    /// The shell
    pub(crate) shell: clap_complete::Shell,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::builder::PossibleValue;
    use clap::{Arg, Command, CommandFactory};

    /// The program and its subcommands, but for clap's own `help`.
    fn commands() -> Vec<Command> {
        let mut program = Cli::command();
        program.build();
        let subcommands = program.get_subcommands().filter(|command| command.get_name() != "help").cloned();
        let mut all: Vec<Command> = subcommands.collect();
        all.push(program);
        all
    }

    /// The names of shells and `true` need no words.
    fn values_of_ours(argument: &Arg) -> Vec<PossibleValue> {
        let is_flag = !argument.get_num_args().is_some_and(|count| count.takes_values());
        if is_flag || argument.get_id() == "shell" { Vec::new() } else { argument.get_possible_values() }
    }

    #[track_caller]
    fn check_sentence(what: &str, help: Option<String>) {
        let help = help.unwrap_or_else(|| panic!("{what} has no help"));
        assert!(help.starts_with(char::is_uppercase), "{what}: {help}");
        assert!(!help.ends_with('.') && !help.contains('\n'), "{what}: {help}");
    }

    #[test]
    fn clap_finds_nothing_wrong_with_it() {
        Cli::command().debug_assert();
    }

    #[test]
    fn the_shim_is_told_of_every_subcommand() {
        let mut names: Vec<String> =
            Cli::command().get_subcommands().map(|command| command.get_name().into()).collect();
        names.push(String::from("help"));
        assert_eq!(names, SUBCOMMANDS, "a name that the table lacks would be run as a tool");
    }

    #[test]
    fn everything_that_can_be_typed_has_a_sentence_of_help() {
        for command in commands() {
            let name = command.get_name();
            check_sentence(name, command.get_about().map(ToString::to_string));
            for argument in command.get_arguments() {
                let what = format!("{name} {}", argument.get_id());
                check_sentence(&what, argument.get_help().map(ToString::to_string));
                for value in values_of_ours(argument) {
                    check_sentence(&format!("{what} {}", value.get_name()), value.get_help().map(ToString::to_string));
                }
            }
        }
    }

    #[test]
    fn the_examples_can_be_typed() {
        let lines: Vec<&str> = [
            EXAMPLES,
            FLAME_EXAMPLES,
            RECORD_EXAMPLES,
            REPORT_EXAMPLES,
            DIFF_EXAMPLES,
            WHATIF_EXAMPLES,
            WHY_EXAMPLES,
            HISTORY_EXAMPLES,
        ]
        .iter()
        .flat_map(|text| text.lines())
        .collect();
        let calls: Vec<&str> =
            lines.iter().map(|line| line.trim_start()).filter(|line| line.starts_with("gotrace ")).collect();
        assert!(calls.len() >= 8, "there are examples: {calls:?}");
        for call in calls {
            // What the shell takes for itself and the remark behind an example are not gotrace's.
            let end = ["  ", " > ", " | "].iter().filter_map(|mark| call.find(mark)).min().unwrap_or(call.len());
            let words = call[..end].split(' ').map(|word| word.trim_matches('\''));
            assert!(Cli::try_parse_from(words).is_ok(), "{call}");
        }
    }
}
