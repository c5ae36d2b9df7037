//! What changed between two builds, and the gate: what it prints, in each format, and when it ends with exit code 1.

use std::process::Command;

use expect_test::{Expect, expect};
use serde_json::Value;

use crate::desk::Desk;
use crate::draft;
use crate::svg::{Flame, parsed};

/// A build of a dozen packages of others that did the same work each time, and of one's own.
fn build(speed: u64, own: &str) -> String {
    let others = (0..12).map(|at| {
        let (start, cpu) = (100 + at * 2000, (10 + at * 3 % 7) * speed);
        format!("compile std:p{at} {start}-{} user={cpu} rss=50 id=k{at} dir=b{} cached=os\n", start + cpu, at + 10)
    });
    draft::trace(&format!("$ 0 go build ./...\nprobe compile 40-45\n{}{own}", others.collect::<String>()))
}

fn shop(cpu: u64, key: &str) -> String {
    format!(
        "compile example.com/shop:example.com/shop 30000-{} user={cpu} rss=80 id={key} dir=b001 out=40",
        30000 + cpu
    )
}

/// With an old build, and a new one on a machine that is a tenth slower, whose shop takes twice as long.
fn desk() -> Desk {
    let desk = Desk::new();
    desk.file("old.jsonl", build(100, &shop(1000, "a")));
    desk.file("new.jsonl", build(110, &format!("{}\ncompile std:os 40000-40020 user=20 id=os", shop(2200, "b"))));
    desk
}

#[test]
fn the_tables_tell_what_changed() {
    expect![[r#"
        Compared
          12 packages (15.7 s CPU) did the same work in all runs. It took 10.0 % more CPU time now: the machine was slower.
          "At the same speed" is without that. The CPU time of one run varies by some 0.5 %; bounds hold in 99 % of cases.
               runs  trace      go command      waits for a processor
          old     1  old.jsonl  go build ./...                    2/s
          new     1  new.jsonl  go build ./...                    2/s

        Figures
                                          old       new  measured  at the same speed  between           verdict
          CPU time of tools            16.7 s    19.5 s   +16.7 %             +6.1 %  +3.6 % to +8.6 %  changed
          wall time                    31.0 s    40.0 s   +29.1 %                                       cannot tell: one noisy number on a side
          critical path                1.60 s    2.20 s   +37.5 %                                       cannot tell: one noisy number on a side
          largest tool's memory      80.0 MiB  80.0 MiB     0.0 %                                       the same
          memory of tools at a time  80.0 MiB  80.0 MiB     0.0 %                                       the same
          packages compiled                13        14    +7.7 %                                       changed
          packages from the cache           1         0  -100.0 %                                       changed
          tool runs                        13        14    +7.7 %                                       changed

        Packages
          13 built on both sides, 12 of them from the same inputs; beyond the noise:
          package           old CPU  new CPU  at the same speed  between
          example.com/shop   1.00 s   2.20 s           +100.0 %  +93.7 % to +106.5 %  slower

        Built on one side only
          1 built now, from the cache before: 20.0 ms CPU
          package      CPU  what became of it
          os       20.0 ms  built now, from the cache before

        Tools
          tool     old runs  new runs  old CPU  new CPU  measured
          compile        13        14   16.7 s   19.5 s   +16.7 %

        Critical path
          0 steps stayed, 1 came, 1 left
                  took  tool     package
          came  2.20 s  compile  example.com/shop
          left  1.60 s  compile  p2
    "#]]
    .assert_eq(&desk().gotrace("diff old.jsonl new.jsonl").run().plain());
}

/// The exit code and the section on limits.
fn gate(desk: &Desk, words: &str) -> (Option<i32>, String) {
    let answer = desk.gotrace(words).run();
    assert_eq!(answer.err, "");
    (answer.code, answer.out.split("\n\n").next().unwrap_or_default().to_owned())
}

#[track_caller]
fn check_gate(words: &str, code: i32, expected: &Expect) {
    let (found, limits) = gate(&desk(), words);
    assert_eq!(found, Some(code), "{limits}");
    expected.assert_eq(&limits);
}

#[test]
fn a_limit_that_is_exceeded_beyond_the_noise_ends_with_1() {
    check_gate(
        "diff old.jsonl new.jsonl --fail-over cpu>2% package:cpu>50% rss>1GB",
        1,
        &expect![[r#"
            Limits
              2 limits are exceeded beyond the noise
                        limit            of                     what was found
              EXCEEDED  cpu>2%           CPU time of tools      16.7 s to 19.5 s, likely +6.1 % (from +3.6 % to +8.6 %)
              EXCEEDED  package:cpu>50%  example.com/shop       1.00 s to 2.20 s, likely +100.0 % (from +93.7 % to +106.5 %)
              holds     rss>1GB          largest tool's memory  80.0 MiB to 80.0 MiB, 0.0 %"#]],
    );
    check_gate(
        "diff old.jsonl new.jsonl --fail-over cpu>20% package:cpu>150% rss>50%",
        0,
        &expect![[r#"
            Limits
                     limit             of                     what was found
              holds  cpu>20%           CPU time of tools      16.7 s to 19.5 s, likely +6.1 % (from +3.6 % to +8.6 %)
              holds  package:cpu>150%  every package
              holds  rss>50%           largest tool's memory  80.0 MiB to 80.0 MiB, 0.0 %"#]],
    );
}

#[test]
fn one_noisy_number_is_said_and_is_no_failure() {
    check_gate(
        "diff old.jsonl new.jsonl --fail-over wall>1%",
        0,
        &expect![[r#"
        Limits
                            limit    of         what was found
          one noisy number  wall>1%  wall time  31.0 s to 40.0 s, +29.1 %; one run on each side is no evidence for that: record several"#]],
    );
}

#[test]
fn several_runs_are_evidence_for_wall_time_too() {
    let desk = Desk::new();
    let mut words = String::from("diff --fail-over wall>10%");
    for (side, factor) in [("old", 100), ("new", 130)] {
        words += &format!(" --{side}");
        for run in 0..5 {
            let length = factor * 10 + run * 3;
            let trace = format!("$ 0 go build\nprobe compile 0-1\ncompile p 1-{length} user={length} id={side}");
            desk.file(&format!("{side}{run}.jsonl"), draft::trace(&trace));
            words += &format!(" {side}{run}.jsonl");
        }
    }
    let (code, limits) = gate(&desk, &words);
    expect![[r#"
        Limits
          One limit is exceeded beyond the noise
                    limit     of         what was found
          EXCEEDED  wall>10%  wall time  1.01 s to 1.31 s, likely +29.8 % (from +28.5 % to +31.2 %)"#]]
    .assert_eq(&limits);
    assert_eq!(code, Some(1));
}

#[test]
fn github_is_told_in_its_own_way() {
    let desk = desk();
    let words = "diff old.jsonl new.jsonl --github --fail-over package:cpu>50% wall>1% rss>1GB";
    let answer = desk.gotrace(words).run();
    expect![[r#"
        ::error title=gotrace%3A package%3Acpu>50%25 EXCEEDED::example.com/shop: 1.00 s to 2.20 s, likely +100.0 %25 (from +93.7 %25 to +106.5 %25)
        ::warning title=gotrace%3A wall>1%25 one noisy number::wall time: 31.0 s to 40.0 s, +29.1 %25; one run on each side is no evidence for that: record several
    "#]].assert_eq(&answer.err);
    let into_file = desk.gotrace(&format!("{words} -o report.txt")).run();
    assert_eq!((into_file.code, into_file.out.as_str()), (Some(1), answer.err.as_str()));
    assert_eq!(desk.read("report.txt"), answer.out);
}

#[test]
fn the_page_of_a_ci_job_begins_with_the_outcome() {
    let desk = desk();
    let page = |words: &str| desk.gotrace(&format!("diff old.jsonl new.jsonl --format markdown {words}")).run().out;
    let first = |page: String| page.lines().next().unwrap_or_default().to_owned();
    assert_eq!(first(page("--fail-over cpu>1%")), "## One limit is exceeded beyond the noise");
    assert!(first(page("--fail-over cpu>99%")).starts_with("## No limit exceeded"), "{}", page("--fail-over cpu>99%"));
    assert!(page("").contains("| <code>example.com/shop</code> |"), "{}", page(""));
    assert!(!page("").contains('@'), "nobody is mentioned");
}

#[test]
fn scripts_get_the_same_figures() {
    let words = "diff old.jsonl new.jsonl --format json --fail-over package:cpu>50%";
    let answer = desk().gotrace(words).run();
    assert_eq!(answer.code, Some(1), "the gate holds in every format");
    let value: Value = serde_json::from_str(&answer.out).unwrap();
    assert_eq!(value["schema"], 1);
    assert_eq!(value["machine"]["slower_percent"].to_string(), "10.0");
    let cpu = value["figures"].as_array().unwrap().iter().find(|figure| figure["figure"] == "cpu").unwrap();
    assert_eq!((cpu["old"].as_u64(), cpu["unit"].as_str()), (Some(16_700_000_000), Some("ns")));
    let fates: Vec<(&str, &str)> = value["packages"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|package| package["fate"] != "same_work")
        .map(|package| (package["package"].as_str().unwrap(), package["fate"].as_str().unwrap()))
        .collect();
    assert_eq!(fates, [("example.com/shop", "changed"), ("os", "built_now")]);
    assert_eq!(value["limits"][0]["state"], "exceeded");
    assert_eq!(value["packages_left_out"], 0);
}

/// golang.org/design/14313-benchmark-format, which benchstat reads: keys begin with a lower-case letter; a result is a name that
/// begins with `Benchmark` and a capital, a count of iterations, and pairs of a number and a unit.
#[test]
fn benchstat_gets_a_line_for_each_run() {
    let desk = desk();
    let words = "diff --old old.jsonl old.jsonl --new new.jsonl --format benchstat";
    let text = desk.gotrace(words).run().plain();
    let (mut sides, mut builds) = (Vec::new(), 0);
    for line in text.lines().filter(|line| !line.is_empty()) {
        if let Some(side) = line.strip_prefix("side: ") {
            sides.push(side);
        }
        builds += usize::from(line.starts_with("BenchmarkBuild "));
        assert!(is_of_the_format(line), "{line}");
    }
    assert_eq!((sides, builds), (vec!["old", "new"], 3));
    assert!(text.contains(" 16.700000000 user+sys-sec "), "{text}");
}

fn is_of_the_format(line: &str) -> bool {
    if let Some(unit) = line.strip_prefix("Unit ") {
        return unit.split(' ').count() == 2 && unit.ends_with(" better=lower");
    }
    let Some(result) = line.strip_prefix("Benchmark") else {
        let (key, value) = line.split_once(": ").unwrap_or_default();
        return key.starts_with(|c: char| c.is_ascii_lowercase())
            && !key.contains(char::is_whitespace)
            && !value.is_empty();
    };
    let fields: Vec<&str> = result.split(' ').collect();
    let [name, iterations, measures @ ..] = fields.as_slice() else { return false };
    let is_measure = |pair: &[&str]| pair[0].parse::<f64>().is_ok() && pair.len() == 2 && !pair[1].is_empty();
    name.starts_with(|c: char| c.is_ascii_uppercase())
        && iterations.parse::<u64>().is_ok_and(|count| count > 0)
        && measures.chunks(2).all(is_measure)
        && !measures.is_empty()
}

#[test]
#[ignore = "needs benchstat, of which GOTRACE_BENCHSTAT is the path: scripts/test fetches it and runs this"]
fn benchstat_itself_reads_it() {
    let benchstat = std::env::var_os("GOTRACE_BENCHSTAT").expect("GOTRACE_BENCHSTAT");
    let desk = desk();
    let words = "diff --old old.jsonl old.jsonl --new new.jsonl new.jsonl --format benchstat -o runs.txt";
    desk.gotrace(words).run().plain();
    let output =
        Command::new(benchstat).args(["-col", "side", "runs.txt"]).current_dir(desk.path("")).output().unwrap();
    let table = String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success() && table.contains("user+sys-sec"), "{table}");
    assert!(!table.contains("syntax error"), "{table}");
}

#[test]
fn one_command_of_each_trace_can_be_compared() {
    let desk = Desk::new();
    let two = format!(
        "{}$ 50000 go vet\nprobe compile 50001-50002\ncompile q 50010-50020 user=10",
        "$ 0 go build\nprobe compile 1-2\ncompile p 10-20 user=10\n"
    );
    desk.file("two.jsonl", draft::trace(&two));
    let text = desk.gotrace("diff two.jsonl two.jsonl --command last").run().plain();
    assert!(text.contains("go vet") && !text.contains("go build"), "{text}");
    assert!(text.contains("\n  q ") && !text.contains("\n  p "), "{text}");
}

#[test]
fn who_forgot_a_side_is_told_how_it_is_typed() {
    let check = |words: &str, expected: &Expect| expected.assert_eq(&desk().gotrace(words).run().refusal());
    check(
        "diff old.jsonl",
        &expect![[r#"
        gotrace: a comparison needs an old and a new trace
          `gotrace diff old.jsonl new.jsonl`, or several runs of each: `gotrace diff --old a.jsonl b.jsonl --new c.jsonl d.jsonl`
    "#]],
    );
    check(
        "diff",
        &expect![[r#"
        gotrace: a comparison needs an old and a new trace
          `gotrace diff old.jsonl new.jsonl`, or several runs of each: `gotrace diff --old a.jsonl b.jsonl --new c.jsonl d.jsonl`
    "#]],
    );
    check(
        "diff old.jsonl nowhere.jsonl",
        &expect![[r#"
        gotrace: cannot read the trace nowhere.jsonl: there is no such file in /home/you/project
          record one with `go build -toolexec gotrace ./...`, which writes trace.jsonl where go is started, or name another
    "#]],
    );
    check(
        "diff old.jsonl new.jsonl --fail-over cpu>5s%",
        &expect![[r#"
        error: invalid value 'cpu>5s%' for '--fail-over <LIMIT>...': 5s is no number of percent, such as 5 or 2.5

        For more information, try '--help'.
    "#]],
    );
    check(
        "diff old.jsonl profile.pb.gz",
        &expect![[r#"
        gotrace: profile.pb.gz is a profile: traces are compared
          `go tool pprof -diff_base old.pb.gz new.pb.gz` compares profiles
    "#]],
    );
    let desk = desk();
    desk.file("cached.jsonl", draft::trace("$ 0 go build\nprobe compile 1-2"));
    expect![[r#"
        gotrace: no tool ran in cached.jsonl: there is nothing to compare
          everything came from the build cache; `go build -a`, or an empty GOCACHE, builds all of it
    "#]]
    .assert_eq(&desk.gotrace("diff old.jsonl cached.jsonl").run().refusal());
}

/// Each frame of the differential flame graph: its title, its colour, and whether it has an outline.
fn frames(svg: &str) -> Vec<(String, String, Option<String>)> {
    let document = parsed(svg);
    let titles = document.descendants().filter(|node| node.has_tag_name("title"));
    let frame = |title: roxmltree::Node| {
        let rect = title.next_sibling_element()?;
        let outline =
            rect.attribute("stroke").map(|_| rect.attribute("stroke-dasharray").unwrap_or("solid").to_owned());
        Some((title.text()?.to_owned(), rect.attribute("fill")?.to_owned(), outline))
    };
    titles.filter_map(frame).collect()
}

const OLD: &str = "
    $ 0 go build ./...
    probe compile 1-2
    compile m@v1:m/a 10-110
    compile m@v1:m/gone 110-150
    compile std:same 150-250
    compile std:same/less 250-350";

const NEW: &str = "
    $ 0 go build ./...
    probe compile 1-2
    compile m@v2:m/a 10-210
    compile m@v2:m/came 210-260
    compile std:same 260-360
    compile std:same/less 360-410";

#[test]
fn a_differential_flame_graph_tells_the_change_of_every_frame() {
    let desk = Desk::new();
    desk.file("old.jsonl", draft::trace(OLD));
    desk.file("new.jsonl", draft::trace(NEW));
    let svg = desk.gotrace("flame --diff old.jsonl new.jsonl --by module,package --min 0").run().plain();
    let told: String = frames(&svg)
        .into_iter()
        .map(|(title, fill, outline)| format!("{title} {fill} {}\n", outline.unwrap_or_default()))
        .collect();
    expect![[r#"
        (go command) (1.00 ms, was 1.00 ms: +0 ns, 0.0 %; width 0.2%) #f1f0ec 
        m/a (200 ms, was 100 ms: +100 ms, +100.0 %; width 45.4%) #e06c3b 
        m/came (50.0 ms, is new; width 11.3%) #e06c3b solid
        m (250 ms, was 140 ms: +110 ms, +78.6 %; width 65.8%) #e06c3b 
        m/gone (gone, was 40.0 ms; width 9.1%) #5b97d6 4 2
        (self) (100 ms, was 100 ms: +0 ns, 0.0 %; width 22.7%) #f1f0ec 
        all (401 ms, was 341 ms: +60.0 ms, +17.6 %; width 100.0%) #f5ad7c 
        std (150 ms, was 200 ms: -50.0 ms, -25.0 %; width 34.0%) #97c0e8 
        same (150 ms, was 200 ms: -50.0 ms, -25.0 %; width 34.0%) #97c0e8 
        same/less (50.0 ms, was 100 ms: -50.0 ms, -50.0 %; width 11.3%) #5b97d6 
    "#]]
    .assert_eq(&told);
    let folded = desk.gotrace("flame --diff old.jsonl new.jsonl --by module,package --folded").run().plain();
    expect![[r#"
        (go command) 1000000 1000000
        m;m/a 100000000 200000000
        m;m/came 0 50000000
        m;m/gone 40000000 0
        std;same;(self) 100000000 100000000
        std;same;same/less 100000000 50000000
    "#]]
    .assert_eq(&folded);
}

#[test]
fn against_itself_nothing_has_a_colour() {
    let desk = Desk::with(draft::trace(NEW));
    let svg = desk.gotrace("flame --diff trace.jsonl").run().plain();
    let all = frames(&svg);
    let same = &all[0].1;
    assert!(all.len() > 8 && all.iter().all(|(_, fill, outline)| fill == same && outline.is_none()), "{all:?}");
    assert!(all.iter().all(|(title, ..)| title.contains("+0 ns, 0.0 %")), "{all:?}");
    let plain = Flame::read(&desk.gotrace("flame").run().plain());
    assert_eq!(plain.frames.len(), all.len(), "the same frames as without");
}

/// The tenth that the machine was slower is no change of anything, and is said.
#[test]
fn what_the_machine_did_is_taken_out_of_the_colours() {
    let svg = desk().gotrace("flame --diff old.jsonl new.jsonl --weight cpu --by package --min 0").run().plain();
    assert!(svg.contains("the machine was slower (+10.0 % for the same work)"), "said");
    let all = frames(&svg);
    let fill = |name: &str| &all.iter().find(|(title, ..)| title.starts_with(name)).expect("a frame").1;
    assert_eq!(fill("p3 ("), fill("p7 ("));
    assert_ne!(fill("example.com/shop ("), fill("p3 ("));
    let title = &all.iter().find(|(title, ..)| title.starts_with("example.com/shop (")).expect("a frame").0;
    assert_eq!(title, "example.com/shop (2.20 s, was 1.00 s: +1.10 s, +100.0 % at the same speed; width 11.3%)");
}
