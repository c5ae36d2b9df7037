//! Builds for tests, drawn as text: a line for each tool run, in milliseconds and mebibytes.
//!
//! ```text
//! $ go build ./...                      a go command; what follows is its own. `GOOS=js go build` builds for js, and
//!                                       `GOAMD64=v3 go1.25 build` with a setting and another version
//! compile std:net/http 0-30 cpu=20 rss=5 fe:parse=7 be:compilefuncs=20 args=-o,$WORK/b002/_pkg_.a
//! compile example.com/m:example.com/m/a[m.test] 30-40 !1
//! probe compile 0-1
//! link example.com/m:example.com/m 40-  which never ended
//! ran 0-50                              the go command, seen by gotrace record; its end may be missing
//! job 0-60 gogc=50 memory=512            all of it under gotrace record; a variable, and a limit in mebibytes, where they matter
//! ```
//!
//! More words of a run: `sys=3`, `dir=b002 needs=b003,b004 cached=fmt,os`, `id=…` for its action ID, `args=-race,-N`, `inside=cgo`,
//! `files=3 source=70` (bytes) `lines=5 funcs=2 c=4`, `out=100` (bytes), `built=3 from-cache=9` of a link, `!2` and
//! `signal=9` for its end. What it was made from: `at=/src/p` and `src=a.go@1,b.go@2 native=x.c@1 embed=a.txt@1`, each file
//! with what it held, `hold=1,2` for what `needs` and then `cached` held, `pgo=1`, and of a link `info=1 commit=abc`.
//!
//! A picture goes through the writer and the reader, so a test sees what a real trace would show.

use proptest::prelude::*;

use super::{Action, Build, Catalog, Detail, Kept, Pairing, Reading};
use crate::trace::Line;

/// The actions of a picture.
pub(crate) fn actions(picture: &str) -> (Catalog, Vec<(Action, Kept)>) {
    read(&trace(picture))
}

/// The whole build of a picture.
pub(crate) fn build(picture: &str) -> Build {
    let (catalog, actions) = actions(picture);
    Build::new(catalog, actions)
}

/// Any build, as runs that can be drawn: of few packages, so that some ran more than once. Shrinks to few runs.
pub(crate) fn any() -> impl Strategy<Value = Vec<AnyRun>> {
    let tool = prop::sample::select(vec!["compile", "compile", "asm", "link", "vet", "gcc"]);
    let package = prop::sample::select(vec![
        "std:net",
        "std:net/http",
        "m@v1:m",
        "m@v2:m/a",
        "m@v2:m/a[a.test]",
        "example.com/shop:example.com/shop/cart",
        "unknown",
    ]);
    let ending = prop::sample::select(vec!["", "", "", " !2", " signal=9"]);
    let phases = prop::sample::select(vec!["", " fe:parse=3 be:compilefuncs=30", " Loadlib=1 fe:invented=2"]);
    let ending = (ending, phases).prop_map(|(ending, phases)| format!("{ending}{phases}"));
    let run = (tool, package, 0..3_u64, prop::option::weighted(0.9, 0..40_u64), ending, 0..60_u64, 0..500_u64, 0..8_u8);
    let run = run.prop_map(|(tool, package, wait, length, ending, cpu, rss, kind)| AnyRun {
        what: if kind == 0 { format!("probe {tool}") } else { format!("{tool} {package}") },
        begins_command: kind == 1,
        wait,
        length,
        figures: format!("cpu={cpu} rss={rss}{ending}"),
    });
    prop::collection::vec(run, 1..14)
}

/// One run of a build that nobody drew.
#[derive(Debug, Clone)]
pub(crate) struct AnyRun {
    what: String,
    /// Whether it is the first one of another go command.
    begins_command: bool,
    /// How long after the run before, beside the millisecond that keeps all starts apart.
    wait: u64,
    /// None where it never ended.
    length: Option<u64>,
    figures: String,
}

/// Draws runs that begin at `origin`.
pub(crate) fn draw(runs: &[AnyRun], origin: u64) -> String {
    let mut start = origin;
    let mut picture = String::new();
    for AnyRun { what, begins_command, wait, length, figures } in runs {
        start += wait + 1;
        if *begins_command {
            picture.push_str("$ go build ./...\n");
        }
        let times =
            length.map_or_else(|| format!("{start}-"), |length| format!("{start}-{} {figures}", start + length));
        picture.extend([what, " ", &times, "\n"]);
    }
    picture
}

/// Reads the lines of a trace as one block.
pub(crate) fn read(trace: &[String]) -> (Catalog, Vec<(Action, Kept)>) {
    let reading = Reading::new(Detail::Inputs);
    let part = reading.part(0, trace.concat().as_bytes());
    assert_eq!(part.problems, [], "a picture has no problems");
    let mut pairing = Pairing::default();
    let mut actions = Vec::new();
    reading.take(&mut pairing, part, |action, aside| actions.push((action, Kept::whole(aside))));
    reading.finish(pairing, |action, aside| actions.push((action, Kept::whole(aside))));
    (reading.into_catalog(), actions)
}

/// The lines of a picture's trace.
pub(crate) fn trace(picture: &str) -> Vec<String> {
    let mut command = (1, String::from("go build"));
    let mut lines = Vec::new();
    for (number, line) in (1000..).zip(picture.lines().map(str::trim).filter(|line| !line.is_empty())) {
        match line.strip_prefix("$ ") {
            Some(words) => command = (command.0 + 1, words.to_owned()),
            None => lines.extend(told(line, &command).unwrap_or_else(|| events(line, number, &command))),
        }
    }
    lines
}

/// The events of `gotrace record` that a line stands for.
fn told(line: &str, command: &(u64, String)) -> Option<Vec<String>> {
    let (what, times) = line.split_once(' ')?;
    let kind = ["ran", "job"].iter().position(|known| *known == what)?;
    let (times, more) = times.split_once(' ').unwrap_or((times, ""));
    let (start, end) = times.split_once('-').expect("times are start-end");
    let event = |kind: &str, end: Option<u64>| {
        let mut event = Line::new(kind);
        event.number("v", 1);
        event.text("session", b"s");
        event.number("go_pid", command.0);
        event.number(if end.is_some() { "end_ns" } else { "time_ns" }, 1_000_000_000 + end.unwrap_or(0));
        event.number("start_ns", 1_000_000_000 + millis(start));
        for (key, value) in more.split(' ').filter_map(|word| word.split_once('=')) {
            match key {
                "memory" => event.number("cgroup_limit_bytes", number(value) << 20),
                _ => event.text(key, value.as_bytes()),
            }
        }
        String::from_utf8(event.finish()).expect("UTF-8")
    };
    let [begins, ends] = [["command", "command_end"], ["session", "session_end"]][kind];
    let end = (!end.is_empty()).then(|| event(ends, Some(millis(end))));
    Some([event(begins, None)].into_iter().chain(end).collect())
}

fn events(line: &str, pid: u64, command: &(u64, String)) -> Vec<String> {
    let words: Vec<&str> = line.split(' ').collect();
    let (tool, package, times) = match words.as_slice() {
        ["probe", tool, times, ..] => (*tool, None, *times),
        [tool, package, times, ..] => (*tool, Some(*package), *times),
        _ => panic!("a line is a tool, a package and times: {line}"),
    };
    let (start, end) = times.split_once('-').expect("times are start-end");
    let head = |kind: &str| {
        let mut event = Line::new(kind);
        event.number("v", 1);
        event.text("tool", tool.as_bytes());
        identify(&mut event, package);
        event.number("pid", pid);
        event.number("go_pid", command.0);
        let start = millis(start);
        event.number("time_ns", 1_000_000_000 + start);
        event.number("start_ns", 1_000_000_000 + start);
        event
    };
    let mut lines = vec![head("start").finish()];
    if !end.is_empty() {
        let mut event = head("end");
        event.number("end_ns", 1_000_000_000 + millis(end));
        if package.is_none() {
            let is_setting = |word: &&str| word.split_once('=').is_some_and(|(name, _)| is_name(name));
            let (settings, typed): (Vec<&str>, Vec<&str>) = command.1.split(' ').partition(is_setting);
            let version = typed.first().filter(|go| **go != "go");
            event.list("go_args", std::iter::once("go").chain(typed.iter().copied().skip(1)).map(str::as_bytes));
            event.text_if("go_version", version.map(|go| go.as_bytes()));
            let others = settings.iter().filter(|setting| !setting.starts_with("GOOS="));
            event.list("env", others.map(|setting| setting.as_bytes()));
            event.text("go_dir", b"/src");
            let goos = command.1.split(' ').find_map(|word| word.strip_prefix("GOOS=")).unwrap_or("linux");
            event.text("goos", goos.as_bytes());
            event.text("goarch", b"amd64");
        }
        let (phases, figures): (Vec<&str>, Vec<&str>) = words.iter().skip(3).partition(|word| is_phase(word));
        figures.iter().for_each(|word| figure(&mut event, word));
        event.numbers("phases", phases.iter().filter_map(|word| phase(word)));
        lines.push(event.finish());
    }
    lines.into_iter().map(|line| String::from_utf8(line).expect("UTF-8")).collect()
}

/// `module:path[variant]`.
fn identify(event: &mut Line, package: Option<&str>) {
    let Some(package) = package else { return event.flag("probe") };
    let (module, path) = package.split_once(':').map_or((None, package), |(module, path)| (Some(module), path));
    let (path, variant) = path.split_once('[').map_or((path, None), |(path, rest)| (path, rest.strip_suffix(']')));
    event.text("package", path.as_bytes());
    event.text_if("variant", variant.map(str::as_bytes));
    if let Some(module) = module {
        let (module, version) = module.split_once('@').map_or((module, None), |(path, version)| (path, Some(version)));
        event.text("module", module.as_bytes());
        event.text_if("module_version", version.map(str::as_bytes));
    }
}

/// The tools' own names hold a colon or begin with a capital.
fn is_phase(word: &str) -> bool {
    word.contains(':') || word.starts_with(|letter: char| letter.is_ascii_uppercase())
}

fn phase(word: &str) -> Option<(&[u8], u64)> {
    word.split_once('=').map(|(name, time)| (name.as_bytes(), millis(time)))
}

fn figure(event: &mut Line, word: &str) {
    match word.split_once('=') {
        Some(("cpu", cpu)) => event.number("user_ns", millis(cpu)),
        Some(("rss", rss)) => event.number("max_rss_bytes", number(rss) << 20),
        Some(("dir", dir)) => event.text("objdir", dir.as_bytes()),
        Some(("sys", sys)) => event.number("sys_ns", millis(sys)),
        Some(("needs", needs)) => event.list("needs", needs.split(',').map(str::as_bytes)),
        Some(("cached", cached)) => event.list("cached", cached.split(',').map(str::as_bytes)),
        Some(("args", args)) => event.list("args", args.split(',').map(str::as_bytes)),
        Some(("inside", tool)) => event.text("inside", tool.as_bytes()),
        Some(("id", id)) => event.text("action_id", id.as_bytes()),
        Some(("files", count)) => event.number("source_files", number(count)),
        Some(("source", bytes)) => event.number("source_bytes", number(bytes)),
        Some(("out", bytes)) => event.number("output_bytes", number(bytes)),
        Some(("lines", count)) => event.number("lines", number(count)),
        Some(("funcs", count)) => event.number("funcs", number(count)),
        Some(("c", count)) => event.number("granted_c", number(count)),
        Some(("built", count)) => event.number("packages_built", number(count)),
        Some(("from-cache", count)) => event.number("packages_cached", number(count)),
        Some(("at", dir)) => event.text("source_dir", dir.as_bytes()),
        Some(("src", files)) => held(event, ["files", "file_hashes"], files),
        Some(("native", files)) => held(event, ["native_files", "native_hashes"], files),
        Some(("embed", files)) => held(event, ["embed_files", "embed_hashes"], files),
        Some(("hold", contents)) => event.text("import_hashes", hashes(contents.split(',')).as_bytes()),
        Some(("pgo", content)) => event.text("pgo_hash", hashes([content]).as_bytes()),
        Some(("info", content)) => event.text("build_info_hash", hashes([content]).as_bytes()),
        Some(("commit", commit)) => event.text("vcs_revision", commit.as_bytes()),
        Some(("signal", signal)) => event.number("signal", signal.parse().expect("a signal")),
        _ => event.number("exit_code", word.strip_prefix('!').expect("!code").parse().expect("an exit code")),
    }
}

/// `GOAMD64`, not `-tags`.
fn is_name(word: &str) -> bool {
    word.starts_with(|letter: char| letter.is_ascii_uppercase())
}

/// `a.go@1,b.go@2`: names, and what each held.
fn held(event: &mut Line, keys: [&str; 2], files: &str) {
    let files = files.split(',').map(|file| file.split_once('@').expect("name@content"));
    let (names, contents): (Vec<&str>, Vec<&str>) = files.unzip();
    event.list(keys[0], names.into_iter().map(str::as_bytes));
    event.text(keys[1], hashes(contents).as_bytes());
}

/// `?` is what could not be read.
fn hashes<'a>(contents: impl IntoIterator<Item = &'a str>) -> String {
    let hash = |content| if content == "?" { String::from("........") } else { format!("{content:A<8}") };
    contents.into_iter().map(hash).collect()
}

fn millis(text: &str) -> u64 {
    number(text) * 1_000_000
}

fn number(text: &str) -> u64 {
    text.parse().expect("a number")
}
