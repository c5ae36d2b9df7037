//! Traces drawn as text, in milliseconds and mebibytes, written with `serde_json` alone: gotrace's reader meets lines that its
//! own writer had no hand in.
//!
//! ```text
//! $ 0 go build ./...                                       a go command and when it was started; what follows is its own
//! probe compile 40-45
//! compile std:net/http 50-90 user=60 sys=5 rss=80 dir=b002 needs=b003,b004 fe:parse=12 be:compilefuncs=20
//! compile example.com/m@v1.2.0:example.com/m/a[a.test] 90-95 !2
//! link example.com/m:example.com/m 95- which never ended
//! ```
//!
//! More words of a run: `id=key` for its action ID, `out=100` (kibibytes), `cached=fmt,os`.
//!
//! Lines that begin with `+` are events of `gotrace record`, each with its type, its times, and keys as in docs/format.md
//! (`…_ns` in milliseconds, `…_bytes` in mebibytes); behind `--` stands a command line:
//!
//! ```text
//! + session 0 session=s cgroup_limit_bytes=512 -- make
//! + command 5 -- go build ./...                            of the go command that is the last `$` above
//! + span 10-20 what=load
//! + sample 250 session=s rss_bytes=100
//! ```

use serde_json::{Map, Value, json};

/// 2026-09-21 14:13:20 UTC.
const EPOCH_NS: u64 = 1_790_000_000_000_000_000;
/// Some time after boot.
const BOOT_NS: u64 = 5_000_000_000_000;

/// The lines of a trace, each with its line end.
pub(crate) fn lines(draft: &str) -> Vec<String> {
    events(draft).iter().map(line).collect()
}

/// One event as a line that begins with its type and version, as all lines of the format do.
pub(crate) fn line(event: &Value) -> String {
    let mut rest = event.as_object().expect("an object").clone();
    let (kind, version) = (rest.remove("type").expect("a type"), rest.remove("v").expect("a version"));
    format!("{{\"type\":{kind},\"v\":{version},{}\n", &Value::Object(rest).to_string()[1..])
}

/// The trace as text.
pub(crate) fn trace(draft: &str) -> String {
    lines(draft).concat()
}

/// A trace of one compile of a second for each name.
pub(crate) fn compiles_of(names: &[&str]) -> String {
    let mut text = String::new();
    for (number, name) in (0..).zip(names) {
        for mut event in events(&format!("compile p {}-{}", number * 1000, (number + 1) * 1000)) {
            event["package"] = json!(name);
            text += &line(&event);
        }
    }
    text
}

/// The same lines in another order, by a rule of its own for each seed.
pub(crate) fn shuffled(lines: &[String], seed: u64) -> String {
    let mut keyed: Vec<(u64, &String)> = (0_u64..)
        .zip(lines)
        .map(|(number, line)| (mixed(number.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ mixed(seed)), line))
        .collect();
    keyed.sort_unstable();
    keyed.into_iter().map(|(_, line)| line.as_str()).collect()
}

/// Splitmix64: scatters the bits of a number.
pub(crate) const fn mixed(number: u64) -> u64 {
    let number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}

/// The events of a trace.
pub(crate) fn events(draft: &str) -> Vec<Value> {
    let mut command = Command { pid: 100, began: 0, args: Vec::new() };
    let mut events = Vec::new();
    for (pid, line) in (2000..).zip(draft.lines().map(str::trim).filter(|line| !line.is_empty())) {
        match (line.strip_prefix("$ "), line.strip_prefix("+ ")) {
            (Some(words), _) => command = command.next(words),
            (_, Some(told)) => events.push(told_of(told, &command)),
            _ => events.extend(run(line, pid, &command)),
        }
    }
    events
}

struct Command {
    pid: u64,
    began: u64,
    args: Vec<String>,
}

impl Command {
    fn next(&self, words: &str) -> Self {
        let (began, line) = words.split_once(' ').expect("a time and a command line");
        let args = line.split(' ').map(str::to_owned).collect();
        Self { pid: self.pid + 1, began: began.parse().expect("milliseconds"), args }
    }
}

/// An event of `gotrace record`.
fn told_of(line: &str, command: &Command) -> Value {
    let (words, typed) = line.split_once(" -- ").map_or((line, None), |(words, typed)| (words, Some(typed)));
    let mut words = words.split(' ');
    let (kind, times) = (words.next().expect("a type"), words.next().expect("times"));
    let mut event = Map::new();
    event.extend(object(json!({ "type": kind, "v": 1 })));
    if ["command", "command_end", "span", "not_seen"].contains(&kind) {
        event.extend(object(json!({ "go_pid": command.pid, "go_start_ticks": command.pid * 10 })));
    }
    let (start, end) = times.split_once('-').map_or((times, None), |(start, end)| (start, Some(end)));
    match (kind, end) {
        ("not_seen", _) => {}
        ("sample", _) => event.extend(object(json!({ "at_ns": BOOT_NS + millis(start) }))),
        (_, Some(end)) => {
            event.extend(object(json!({ "start_ns": BOOT_NS + millis(start), "end_ns": BOOT_NS + millis(end) })));
        }
        (_, None) => {
            event.extend(object(json!({ "start_ns": BOOT_NS + millis(start), "time_ns": EPOCH_NS + millis(start) })));
        }
    }
    if let Some(typed) = typed {
        let (args, dir) = if kind == "session" { ("line", "dir") } else { ("go_args", "go_dir") };
        let typed: Vec<&str> = typed.split(' ').collect();
        event.extend(object(json!({ args: typed, dir: "/src/shop" })));
    }
    event.extend(words.map(told_key));
    Value::Object(event)
}

fn told_key(word: &str) -> (String, Value) {
    let (key, value) = word.split_once('=').unwrap_or((word, "true"));
    let scale = if key.ends_with("_ns") { 1_000_000 } else { 1 };
    let scale = if key.ends_with("_bytes") { 1 << 20 } else { scale };
    let value = match value.parse::<u64>() {
        Ok(number) if key != "session" => json!(number * scale),
        _ if value == "true" => json!(true),
        _ => json!(value.replace('_', " ")),
    };
    (key.to_owned(), value)
}

fn run(line: &str, pid: u64, command: &Command) -> Vec<Value> {
    let words: Vec<&str> = line.split(' ').collect();
    let (tool, package, times, figures) = match words.as_slice() {
        ["probe", tool, times, figures @ ..] => (*tool, None, *times, figures),
        [tool, package, times, figures @ ..] => (*tool, Some(*package), *times, figures),
        _ => panic!("a line is a tool, a package and times: {line}"),
    };
    let (start, end) = times.split_once('-').expect("times are start-end");
    let start = millis(start);
    let mut head = Map::new();
    head.extend(object(json!({
        "type": "start", "v": 1, "tool": tool, "pid": pid, "go_pid": command.pid, "go_start_ticks": command.pid * 10,
        "time_ns": EPOCH_NS + start, "start_ns": BOOT_NS + start,
    })));
    match package {
        Some(package) => head.extend(identity(package)),
        None => head.extend(object(json!({ "probe": true }))),
    }
    let mut events = vec![Value::Object(head.clone())];
    if !end.is_empty() {
        head.insert(String::from("type"), json!("end"));
        head.extend(ending(BOOT_NS + millis(end), package.is_some()));
        if package.is_none() && !command.args.is_empty() {
            head.extend(facts(command, start));
        }
        let (phases, figures): (Vec<&str>, Vec<&str>) = figures.iter().partition(|word| is_phase(word));
        for word in figures {
            head.extend(figure(word));
        }
        if !phases.is_empty() {
            let phases = phases.iter().filter_map(|word| word.split_once('='));
            let phases: Map<String, Value> =
                phases.map(|(name, time)| (name.to_owned(), json!(millis(time)))).collect();
            head.insert(String::from("phases"), Value::Object(phases));
        }
        if !head.contains_key("signal") {
            head.entry("exit_code").or_insert(json!(0));
        }
        events.push(Value::Object(head));
    }
    events
}

/// `module@version:path[variant]`.
fn identity(package: &str) -> Map<String, Value> {
    let (module, path) = package.split_once(':').map_or((None, package), |(module, path)| (Some(module), path));
    let (path, variant) = path.split_once('[').map_or((path, None), |(path, rest)| (path, rest.strip_suffix(']')));
    let (module, version) = match module.and_then(|module| module.split_once('@')) {
        Some((module, version)) => (Some(module), Some(version)),
        None => (module, None),
    };
    let keys = [("package", Some(path)), ("variant", variant), ("module", module), ("module_version", version)];
    keys.into_iter().filter_map(|(key, value)| Some((key.to_owned(), json!(value?)))).collect()
}

/// What a real end has besides, so that a reader meets keys that it skips.
fn ending(end: u64, is_work: bool) -> Map<String, Value> {
    let args =
        if is_work { json!(["-o", "$WORK/b001/_pkg_.a", "-trimpath", "$WORK/b001=>"]) } else { json!(["-V=full"]) };
    object(json!({
        "end_ns": end, "args": args, "user_ns": 0, "sys_ns": 0, "max_rss_bytes": 0, "minor_faults": 900,
        "major_faults": 0, "voluntary_switches": 12, "involuntary_switches": 3, "shim_cpu_ns": 250_000,
    }))
}

fn facts(command: &Command, start: u64) -> Map<String, Value> {
    object(json!({
        "go_args": command.args, "go_dir": "/src/shop", "go_version": "go1.25.5", "goos": "linux", "goarch": "amd64",
        "cpus": 4, "go_age_ns": start - command.began * 1_000_000,
    }))
}

/// The tools' own names hold a colon or begin with a capital.
fn is_phase(word: &str) -> bool {
    word.contains(':') || word.starts_with(|letter: char| letter.is_ascii_uppercase())
}

fn figure(word: &str) -> Map<String, Value> {
    let number = |text: &str| text.parse::<u64>().unwrap_or_else(|_| panic!("a number in {word}"));
    match word.split_once('=') {
        Some(("user", cpu)) => object(json!({ "user_ns": millis(cpu) })),
        Some(("sys", cpu)) => object(json!({ "sys_ns": millis(cpu) })),
        Some(("rss", rss)) => object(json!({ "max_rss_bytes": number(rss) << 20 })),
        Some(("dir", dir)) => object(json!({ "objdir": dir })),
        Some(("id", id)) => object(json!({ "action_id": id })),
        Some(("out", bytes)) => object(json!({ "output_bytes": number(bytes) << 10 })),
        Some(("cached", paths)) => object(json!({ "cached": paths.split(',').collect::<Vec<_>>() })),
        Some(("needs", dirs)) => object(json!({ "needs": dirs.split(',').collect::<Vec<_>>() })),
        Some(("signal", signal)) => object(json!({ "signal": number(signal) })),
        Some(("error", error)) => object(json!({ "error": error, "exit_code": 127 })),
        _ => object(json!({ "exit_code": number(word.strip_prefix('!').expect("!code")) })),
    }
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        other => panic!("an object: {other}"),
    }
}

fn millis(text: &str) -> u64 {
    text.parse::<u64>().unwrap_or_else(|_| panic!("milliseconds: {text}")) * 1_000_000
}
