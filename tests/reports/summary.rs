//! The summary: its layout in full, and its figures against those that are computed here from the same lines.

use std::collections::{BTreeMap, BTreeSet};

use expect_test::expect;
use serde_json::{Value, json};

use crate::desk::Desk;
use crate::draft;
use crate::flame::{PHASES, SHOP};

/// A build on a small machine that ran out of memory.
const FAILING: &str = "
    $ 0 go build -trimpath ./...
    probe compile 40-45 user=3 sys=1 rss=10
    probe link 45-48 user=2 sys=1 rss=12
    compile std:errors 50-60 user=8 sys=2 rss=40
    asm std:runtime 50-52 user=1 rss=12
    compile std:runtime 52-152 user=150 sys=20 rss=240
    compile std:net/http 110-190 user=110 sys=6 rss=138
    compile golang.org/x/text@v0.31.0:golang.org/x/text/unicode/norm 112-152 user=38 sys=1 rss=86
    compile example.com/shop:example.com/shop/cart 190-200 user=9 rss=44 !2
    compile example.com/shop:example.com/shop/big 190-1190 user=1800 sys=150 rss=3900 signal=9
    gcc example.com/shop:example.com/shop/sqlite 190-191 error=missing
    link example.com/shop:example.com/shop 1150-";

#[test]
fn what_decided_on_one_screen() {
    let text = Desk::with(draft::trace(FAILING)).gotrace("summary --rows 4").run().plain();
    let course = text.find("Workers").zip(text.find("\nBy tool")).map(|(from, to)| &text[from..to]);
    expect![[r#"
        Workers
                                       wall   share
          all 4 busy                   0 ns   0.0 %
          some idle, nothing ready   102 ms   8.6 %  █
          one tool alone             1.04 s  87.2 %  █████████████████
          no tool                   50.0 ms   4.2 %

          Where workers were idle, and what it would gain to do later work there:
            after   until     gain  what ran
          59.5 ms  107 ms  35.6 ms  compile runtime 47.6 ms, 1 more
           107 ms  155 ms  15.2 ms  compile runtime 44.9 ms, compile net/http 44.7 ms, 1 more
           202 ms  1.15 s   710 ms  compile example.com/shop/big 946 ms

        Critical path
          1.00 s of tools, one after the other (87.7 % of 1.14 s from the first tool to the last):
          no number of workers makes the command faster than that, unless these get faster.
          compile 100.0 %
           after    took  waited    gain  tool     package
          190 ms  1.00 s          900 ms  compile  example.com/shop/big
          Its steps waited 0 ns for a free worker, and 0 ns for go itself.

        Memory of tools at its peak
          up to 3.85 GiB after 190 ms: a sum of peaks, which need not have met
            3.81 GiB  compile example.com/shop/big
            44.0 MiB  compile example.com/shop/cart
            0 B  gcc example.com/shop/sqlite

        What could be changed
          Split example.com/shop/big into packages that do not import each other (499 ms less, 41.9 %)
            Compiling it took 1.00 s, on the critical path; without it the path would be 900 ms shorter.
            The figure is for two halves that need the same imports.
    "#]]
    .assert_eq(course.expect("a course, before the tools"));
}

#[test]
fn a_failing_build_on_one_screen() {
    let text = Desk::with(draft::trace(FAILING)).gotrace("summary --rows 4").run().plain();
    let (head, rest) = text.split_once("\nWorkers").expect("a course");
    let text = format!("{head}{}", rest.find("\nBy tool").map_or("", |at| &rest[at..]));
    expect![[r#"
        1  go build -trimpath ./...
           go1.25.5, linux/amd64, 4 CPUs, in /src/shop, 2026-09-21 14:13:20 UTC
           1.19 s wall (40.0 ms of it before the first tool), 2.30 s CPU, 1.1 tools at work on average
           9 actions, 4 packages compiled, 2 probes; recording took 2.50 ms of CPU (0.1 %)

        By tool
          tool      runs     wall   share      CPU  peak RSS
          compile      6   1.24 s  96.1 %   2.29 s  3.81 GiB  ███████████████████
          link         1  40.0 ms   3.1 %     0 ns       0 B
          (probes)     2  8.00 ms   0.6 %  7.00 ms  12.0 MiB
          asm          1  2.00 ms   0.2 %  1.00 ms  12.0 MiB
          gcc          1  1.00 ms   0.1 %     0 ns       0 B

        By module
          module                     packages     wall   share      CPU
          example.com/shop                  4   1.05 s  81.9 %   1.96 s  ████████████████
          std                               3   192 ms  15.0 %   297 ms  ██
          golang.org/x/text@v0.31.0         1  40.0 ms   3.1 %  39.0 ms

        Slowest packages
          package               runs     wall   share     CPU  peak RSS
          example.com/shop/big     1   1.00 s  77.9 %  1.95 s  3.81 GiB
          runtime                  2   102 ms   8.0 %  171 ms   240 MiB
          net/http                 1  80.0 ms   6.2 %  116 ms   138 MiB
          example.com/shop         1  40.0 ms   3.1 %    0 ns       0 B
          … and 4 more (--rows N shows more)

        Largest peak memory of one tool run
          tool and package                        peak RSS
          compile example.com/shop/big            3.81 GiB
          compile runtime                          240 MiB
          compile net/http                         138 MiB
          compile golang.org/x/text/unicode/norm  86.0 MiB
          … and 5 more (--rows N shows more)

        What did not end well
          gcc example.com/shop/sqlite
            could not be started: there is no such program
          compile example.com/shop/cart
            exit code 2; after 10.0 ms, peak RSS 44.0 MiB
          compile example.com/shop/big
            killed by signal 9 (SIGKILL): out of memory, unless somebody killed it; after 1.00 s, peak RSS 3.81 GiB
          link example.com/shop
            no end in the trace: still running, or killed with its shim; after 40.0 ms, peak RSS not known

        Not seen: packages that came from the build cache; what go does itself (loading, downloads, cache look-ups, running
        tests); the C compilers that cgo and the linker start, which are in the figures of the tool that waited for them
        or, where go starts them, nowhere (`gotrace record` sees all these); phases finer than those that compile and
        link tell.
    "#]].assert_eq(&text);
    for line in text.lines() {
        assert!(line.chars().count() <= 120, "{} columns: {line}", line.chars().count());
        assert_eq!(line, line.trim_end(), "no blanks at line ends");
    }
}

#[test]
fn what_compile_and_link_spent_their_time_on_has_two_tables() {
    let text = Desk::with(draft::trace(PHASES)).gotrace("summary --rows 3").run().plain();
    let tables = text.split("\nBy phase").nth(1).and_then(|rest| rest.split("\nLargest").next()).unwrap();
    expect![[r#"

          tool     phase                     wall   share
          compile  start                  1.00 ms   0.8 %
          compile  parse+types            25.0 ms  19.2 %  ███
          compile  inline                 13.0 ms  10.0 %  ██
          compile  escape                 4.00 ms   3.1 %
          compile  backend                66.0 ms  50.8 %  ██████████
          compile  write object           6.00 ms   4.6 %
          compile  fe:invented            1.00 ms   0.8 %
          compile  other                  4.00 ms   3.1 %
          compile  (phases not recorded)  10.0 ms   7.7 %  █
          link     load                   10.0 ms  25.0 %  █████
          link     dwarf                  4.00 ms  10.0 %  ██
          link     layout                 3.00 ms   7.5 %  █
          link     write program          11.0 ms  27.5 %  █████
          link     host link              8.00 ms  20.0 %  ████
          link     Invented               1.00 ms   2.5 %
          link     other                  3.00 ms   7.5 %  █
          parse+types is one timer of the compiler: syntax, type check, and its own representation written and read.
          backend is from there to machine code, SSA included. other: process start and end, and what has no timer.

        Slowest compiles by phase
          package           compile  parse+types  inline  escape  backend  write object   other
          runtime            100 ms       20.0 %  12.0 %   3.0 %   58.0 %         5.0 %   2.0 %
          errors            10.0 ms       30.0 %  10.0 %  10.0 %   20.0 %        10.0 %  10.0 %
          example.com/shop  10.0 ms       20.0 %                   60.0 %                10.0 %
          … and 1 more (--rows N shows more)
    "#]]
    .assert_eq(tables);
}

#[test]
fn a_trace_without_phases_has_no_tables_of_them() {
    let text = Desk::with(draft::trace(SHOP)).gotrace("summary").run().plain();
    assert!(!text.contains("By phase") && !text.contains("by phase"), "{text}");
}

#[test]
fn several_commands_are_listed_and_summed() {
    let text = Desk::with(draft::trace(SHOP)).gotrace("summary --rows 0").run().plain();
    let head = text.split("\nWorkers").next().unwrap();
    expect![[r#"
        1  go build ./...
           go1.25.5, linux/amd64, 4 CPUs, in /src/shop, 2026-09-21 14:13:20 UTC
           260 ms wall (40.0 ms of it before the first tool), 509 ms CPU, 1.4 tools at work on average
           12 actions, 8 packages compiled, 3 probes; recording took 3.75 ms of CPU (0.7 %)
        2  go test ./...
           go1.25.5, linux/amd64, 4 CPUs, in /src/shop, 2026-09-21 14:13:20 UTC
           102 ms wall (30.0 ms of it before the first tool), 99.0 ms CPU, 0.9 tools at work on average
           7 actions, 3 packages compiled, 1 probe; recording took 2.00 ms of CPU (2.0 %)
        All 2 commands: 362 ms wall, 608 ms CPU, 19 actions, 11 packages compiled
    "#]]
    .assert_eq(head);
}

#[test]
fn many_commands_are_counted() {
    let commands = (0..20).map(|number| format!("$ {0} go vet\nvet p {0}-{1}\n", number * 10 + 1, number * 10 + 9));
    let draft = commands.collect::<Vec<_>>().concat();
    let text = Desk::with(draft::trace(&draft)).gotrace("summary").run().plain();
    assert!(text.starts_with("12 earlier go commands are in the sums but not listed here"), "{text}");
    assert!(text.contains("\nAll 20 commands: 160 ms wall,"), "{text}");
}

/// The widest things that are normal: long import paths, long command lines, large figures.
#[test]
fn lines_fit_into_120_columns() {
    let long = "
        $ 0 /usr/local/go/bin/go build -trimpath -buildvcs=false -ldflags=-s -tags=netgo,osusergo ./cmd/server ./cmd/client
        probe compile 4000-4500 user=300 sys=100 rss=10
        compile github.com/aws/aws-sdk-go-v2@v1.41.7:github.com/aws/aws-sdk-go-v2/service/internal/presigned-url 5000-9965000 user=29965000 rss=15000
        compile k8s.io/client-go@v0.34.1:k8s.io/client-go/applyconfigurations/admissionregistration/v1alpha1 5000-9965001 user=29965000 signal=9 rss=15000
        link example.com/warehouse:example.com/warehouse/cmd/server 9970000-99699999 user=99699999 !2 rss=15000";
    let text = Desk::with(draft::trace(long)).gotrace("summary").run().plain();
    let longest = text.lines().max_by_key(|line| line.chars().count()).unwrap();
    assert!(longest.chars().count() <= 120, "{} columns: {longest}", longest.chars().count());
}

#[test]
fn tools_that_ran_for_no_package_have_a_table_and_no_empty_ones() {
    let mut events = draft::events("compile p 1-3");
    for event in &mut events {
        event.as_object_mut().expect("an object").remove("package");
        event["tool"] = json!("covdata");
    }
    let trace = events.iter().map(draft::line).collect::<Vec<_>>().concat();
    let text = Desk::with(trace).gotrace("summary").run().plain();
    assert!(text.contains("  covdata     1"), "{text}");
    assert!(!text.contains("By module") && !text.contains("Slowest packages"), "{text}");
}

// JSON.

fn summary_of(trace: &str) -> Value {
    let text = Desk::with(trace).gotrace("summary --format json").run().plain();
    assert!(text.ends_with("}\n"), "one object and a line end");
    serde_json::from_str(&text).expect("JSON")
}

/// Every key there is. One that goes away or changes its meaning takes a new `schema`.
#[test]
fn the_keys_are_these() {
    let mut keys = BTreeMap::new();
    collect_keys("the summary", &summary_of(&draft::trace(FAILING)), &mut keys);
    let lines = keys.into_iter().map(|(path, keys)| {
        let keys: Vec<_> = keys.into_iter().collect();
        format!("{path}: {}\n", keys.join(" "))
    });
    expect![[r#"
        the summary: commands course failures jobs memory modules packages parts problems schema tools total
        the summary › commands: actions before_first_tool_ns cpus dir failures go_version line number packages_compiled probes shim_cpu_ns started_ns target wall_ns
        the summary › commands › actions: max_rss_bytes runs sys_ns user_ns wall_ns
        the summary › commands › probes: max_rss_bytes runs sys_ns user_ns wall_ns
        the summary › course: account advice cache command critical_path granted impossible_edges memory slack
        the summary › course › account: loads tools_ns wall_ns windows workers workers_known
        the summary › course › account › loads: name wall_ns
        the summary › course › account › windows: end_ns gain_ns load ran start_ns
        the summary › course › account › windows › ran: name wall_ns
        the summary › course › advice: caveat evidence gain_ns id what
        the summary › course › critical_path: by_module by_tool length_ns steps tools_wall_ns waited_for_go_ns waited_for_worker_ns
        the summary › course › critical_path › by_module: name wall_ns
        the summary › course › critical_path › by_tool: name wall_ns
        the summary › course › critical_path › steps: cpu_ns improvement_ns max_rss_bytes module package start_ns tool waited_for_go_ns waited_for_worker_ns wall_ns
        the summary › course › memory: alive at_ns peak_rss_bytes
        the summary › course › memory › alive: max_rss_bytes package tool
        the summary › course › slack: package slack_ns tool wall_ns
        the summary › failures: command exit_code max_rss_bytes package signal tool wall_ns what
        the summary › memory: name sum
        the summary › memory › sum: max_rss_bytes runs sys_ns user_ns wall_ns
        the summary › modules: name packages sum
        the summary › modules › sum: max_rss_bytes runs sys_ns user_ns wall_ns
        the summary › packages: name sum
        the summary › packages › sum: max_rss_bytes runs sys_ns user_ns wall_ns
        the summary › tools: name packages sum
        the summary › tools › sum: max_rss_bytes runs sys_ns user_ns wall_ns
        the summary › total: actions commands packages_compiled probes shim_cpu_ns wall_ns
        the summary › total › actions: max_rss_bytes runs sys_ns user_ns wall_ns
        the summary › total › probes: max_rss_bytes runs sys_ns user_ns wall_ns
    "#]].assert_eq(&lines.collect::<Vec<_>>().concat());
}

#[test]
fn the_phases_of_a_trace_that_has_some_are_keys_too() {
    let summary = summary_of(&draft::trace(PHASES));
    let link = &summary["phases"][1];
    assert_eq!((link["name"].as_str(), link["wall_ns"].as_u64()), (Some("link"), Some(40_000_000)));
    let stages: Vec<&str> =
        link["stages"].as_array().unwrap().iter().map(|stage| stage["name"].as_str().unwrap()).collect();
    assert_eq!(stages, ["load", "dwarf", "layout", "write program", "host link", "Invented", "other"]);
    let sum: u64 = link["stages"].as_array().unwrap().iter().map(|stage| stage["wall_ns"].as_u64().unwrap()).sum();
    assert_eq!(sum, 40_000_000, "the stages are all of the time");
    let slowest = &summary["packages_by_phase"][0];
    assert_eq!(slowest["name"], "runtime");
    assert_eq!(slowest["stages"][0], json!({ "name": "parse+types", "wall_ns": 20_000_000 }));
    assert_eq!(summary["packages_by_phase"].as_array().unwrap().len(), 4, "one for each package that was compiled");
}

/// The keys of every object, by where it stands.
fn collect_keys(path: &str, value: &Value, keys: &mut BTreeMap<String, BTreeSet<String>>) {
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                keys.entry(path.to_owned()).or_default().insert(key.clone());
                collect_keys(&format!("{path} › {key}"), value, keys);
            }
        }
        Value::Array(values) => {
            for value in values {
                collect_keys(path, value, keys);
            }
        }
        _ => {}
    }
}

#[test]
fn the_schema_has_a_number() {
    assert_eq!(summary_of("")["schema"], 1);
}

/// Everything that adds up, added up here: by tool, by module, by package, by command.
#[test]
fn the_figures_are_those_of_the_events() {
    for draft in [SHOP, FAILING] {
        let (summary, events) = (summary_of(&draft::trace(draft)), draft::events(draft));
        let ends: Vec<&Value> = events.iter().filter(|event| event["type"] == "end").collect();
        // What never ended lasted until the last that was seen of its command.
        let open: Vec<Value> =
            events.iter().filter(|event| !has_end(event, &ends)).map(|event| ended(event, &ends)).collect();
        let all: Vec<&Value> = ends.into_iter().chain(&open).collect();
        let (probes, work): (Vec<&Value>, Vec<&Value>) = all.into_iter().partition(|end| end["probe"] == true);
        assert_eq!(summary["total"]["actions"], sums(&work), "all actions");
        assert_eq!(summary["total"]["probes"], sums(&probes), "all probes");
        let by_tool = grouped(&work, |end| text(end, "tool"));
        let mut tools = named(&summary["tools"]);
        assert_eq!(tools.remove("(probes)"), Some(sums(&probes)));
        assert_eq!(tools, by_tool);
        assert_eq!(named(&summary["packages"]), grouped(&work, package), "packages");
        assert_eq!(named(&summary["modules"]), grouped(&work, module), "modules");
        assert_eq!(named(&summary["memory"]), grouped(&work, |end| format!("{} {}", text(end, "tool"), package(end))));
        let compiles = work.iter().filter(|end| end["tool"] == "compile" && end["exit_code"] == 0).count();
        assert_eq!(summary["total"]["packages_compiled"], compiles);
        for (command, go_pid) in summary["commands"].as_array().unwrap().iter().zip(101..) {
            let mine: Vec<&Value> = work.iter().copied().filter(|end| end["go_pid"] == go_pid).collect();
            assert_eq!(command["actions"], sums(&mine), "of command {go_pid}");
        }
    }
}

#[test]
fn commands_tell_what_was_typed_where_and_when() {
    let summary = summary_of(&draft::trace(SHOP));
    let build = &summary["commands"][0];
    assert_eq!(build["line"], "go build ./...");
    assert_eq!(build["dir"], "/src/shop");
    assert_eq!(build["started_ns"], 1_790_000_000_000_000_000_u64);
    assert_eq!(
        (&build["go_version"], &build["target"], &build["cpus"]),
        (&json!("go1.25.5"), &json!("linux/amd64"), &json!(4))
    );
    assert_eq!(build["wall_ns"], 260_000_000, "from the start of go to the end of its last tool");
    assert_eq!(build["before_first_tool_ns"], 40_000_000);
    assert_eq!(summary["total"]["wall_ns"], 260_000_000 + 102_000_000);
    let unknown = &summary_of(&draft::trace("compile p 5-9"))["commands"][0];
    for key in ["dir", "go_version", "target", "cpus", "before_first_tool_ns"] {
        assert_eq!(unknown[key], Value::Null, "{key}");
    }
}

#[test]
fn failures_tell_the_cause() {
    let summary = summary_of(&draft::trace(FAILING));
    let failures: Vec<(&Value, &Value, &Value, &Value)> = summary["failures"]
        .as_array()
        .unwrap()
        .iter()
        .map(|failure| (&failure["tool"], &failure["package"], &failure["exit_code"], &failure["signal"]))
        .collect();
    let (none, shop) = (&Value::Null, |name: &str| json!(format!("example.com/shop{name}")));
    assert_eq!(
        failures,
        [
            (&json!("gcc"), &shop("/sqlite"), &json!(127), none),
            (&json!("compile"), &shop("/cart"), &json!(2), none),
            (&json!("compile"), &shop("/big"), none, &json!(9)),
            (&json!("link"), &shop(""), none, none),
        ]
    );
}

fn text(event: &Value, key: &str) -> String {
    event[key].as_str().unwrap_or_default().to_owned()
}

fn package(end: &Value) -> String {
    end["variant"]
        .as_str()
        .map_or_else(|| text(end, "package"), |variant| format!("{} [{variant}]", text(end, "package")))
}

/// A test's program is of the module that its package is of.
fn module(end: &Value) -> String {
    match (end["module"].as_str(), end["module_version"].as_str()) {
        (Some(module), Some(version)) => format!("{module}@{version}"),
        (Some(module), None) => module.to_owned(),
        (None, _) => String::from("example.com/shop"),
    }
}

fn has_end(event: &Value, ends: &[&Value]) -> bool {
    ends.iter().any(|end| (&end["pid"], &end["start_ns"]) == (&event["pid"], &event["start_ns"]))
}

fn ended(event: &Value, ends: &[&Value]) -> Value {
    let mut event = event.clone();
    let last = ends.iter().filter(|end| end["go_pid"] == event["go_pid"]).map(|end| end["end_ns"].as_u64()).max();
    event["end_ns"] = last.flatten().max(event["start_ns"].as_u64()).expect("a time").into();
    event
}

fn grouped(ends: &[&Value], name: impl Fn(&Value) -> String) -> BTreeMap<String, Value> {
    let names: BTreeSet<String> = ends.iter().map(|end| name(end)).collect();
    let of = |wanted: &str| ends.iter().copied().filter(|end| name(end) == wanted).collect::<Vec<_>>();
    names.into_iter().map(|wanted| (wanted.clone(), sums(&of(&wanted)))).collect()
}

fn sums(ends: &[&Value]) -> Value {
    let figures = |key: &'static str| ends.iter().map(move |end| end[key].as_u64().unwrap_or(0));
    let sum = |key: &'static str| figures(key).sum::<u64>();
    json!({
        "runs": ends.len(),
        "wall_ns": sum("end_ns") - sum("start_ns"),
        "user_ns": sum("user_ns"),
        "sys_ns": sum("sys_ns"),
        "max_rss_bytes": figures("max_rss_bytes").max().unwrap_or(0),
    })
}

fn named(rows: &Value) -> BTreeMap<String, Value> {
    let rows = rows.as_array().expect("rows").iter();
    rows.map(|row| (row["name"].as_str().expect("a name").to_owned(), row["sum"].clone())).collect()
}
