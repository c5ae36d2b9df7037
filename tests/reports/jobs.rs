//! What the summary says of a job under `gotrace record`: its account, tests, downloads and memory; and of one that was cut
//! off, or makes no sense.

use expect_test::expect;
use serde_json::{Value, json};

use crate::desk::Desk;
use crate::draft;

/// A make that runs go three times, one of them below another.
pub(crate) const JOB: &str = "
    + session 0 session=s cpus=4 memory_bytes=8192 cgroup_limit_bytes=1024 -- make check
    $ 100 go generate ./...
    + command 100 -- go generate ./...
    + command_end 100-400 exit_code=0 user_ns=10
    $ 150 go run gen.go
    + command 150 under_go_pid=101 -- go run gen.go
    + span 160-180 what=load
    compile command-line-arguments 180-250 user=60 rss=50
    link command-line-arguments 250-300 user=40 rss=90
    + span 300-380 what=program package=command-line-arguments
    + command_end 150-390 exit_code=0
    $ 400 go test ./...
    + command 400 -- go test ./...
    + span 410-600 what=load
    + span 420-520 what=download name=/c/cache/download/example.com/!big/@v/v1.2.0.zip
    + span 520-540 what=unzip name=/c/cache/download/example.com/!big/@v/v1.2.0.zip
    + span 540-580 what=fetch name=example.com/small/@v/v1.0.0.mod
    + span 580-590 what=checksum name=sumdb/checksums/lookup/example.com/small@v1.0.0
    compile example.com/shop:example.com/shop/cart 600-800 user=180 rss=120
    gcc example.com/shop:example.com/shop/db 780-850 user=60 rss=40
    + span 850-900 what=cache package=example.com/shop/list
    + span 900-1900 what=test package=example.com/shop/cart
    + span 1000-1700 what=test package=example.com/shop/db
    + span 1900-1910 what=test package=example.com/shop/list cached
    + not_seen - what=something_new
    + command_end 400-1950 exit_code=1
    + sample 250 session=s processes=3 rss_bytes=200 available_bytes=6000 memory_stall_ns=5
    + sample 500 session=s processes=5 rss_bytes=300 available_bytes=5000 memory_stall_ns=5
    + sample 2000 session=s processes=0 rss_bytes=0 available_bytes=6000 memory_stall_ns=25
    + session_end 0-2000 session=s exit_code=2 user_ns=1500 sys_ns=100 oom_kills=0 record_cpu_ns=12";

fn text_of(draft: &str) -> String {
    Desk::with(draft::trace(draft)).gotrace("summary").run().plain()
}

fn json_of(draft: &str) -> Value {
    let answer = Desk::with(draft::trace(draft)).gotrace("summary --format json").run();
    assert_eq!(answer.code, Some(0), "{}", answer.err);
    serde_json::from_str(&answer.out).expect("JSON")
}

/// The jobs of a trace; what each wall time went to adds up to it.
#[track_caller]
fn jobs_of(draft: &str) -> Vec<Value> {
    let jobs = json_of(draft)["jobs"].as_array().expect("a list").clone();
    jobs.iter().for_each(check_account);
    jobs
}

#[track_caller]
fn check_account(job: &Value) {
    let account = job["account"].as_object().expect("an account");
    let sum: u64 = account.values().map(|share| share.as_u64().expect("nanoseconds")).sum();
    assert_eq!(Some(sum), job["wall_ns"].as_u64(), "the shares add up: {account:?}");
}

/// The part of the summary that begins with a job and ends before the tables of the tools.
fn job_in_text(text: &str) -> &str {
    let start = text.find("Job: ").expect("a job");
    let end = text[start..].find("\nWorkers").map_or(text.len(), |end| start + end);
    &text[start..end]
}

#[test]
fn a_job_on_one_screen() {
    let text = text_of(JOB);
    expect![[r#"
        Job: make check
           2.00 s wall, 1.60 s CPU, exit code 2; in /src/shop

        Go commands of the job
               wall  ended        command
          1  300 ms               go generate ./...
          2  240 ms                 go run gen.go
          3  1.55 s  exit code 1  go test ./...

        Where the wall time went
                                                 wall   share
          Go's tools at work                   320 ms  16.0 %
          only C compilers                    50.0 ms   2.5 %
          only tests                           1.01 s  50.5 %
          only the program of go run          80.0 ms   4.0 %
          only module downloads                170 ms   8.5 %
          only loading of packages            40.0 ms   2.0 %
          only the build cache and go itself  50.0 ms   2.5 %
          go, not known at what                130 ms   6.5 %
          no go command                        150 ms   7.5 %

        Tests
          2 test binaries ran in 1.70 s, 1 came from the build cache
          package                  wall
          example.com/shop/cart  1.00 s
          example.com/shop/db    700 ms

        Module downloads
          go waited 140 ms for module servers, 10.0 ms for the checksum database
          module                    zip file  go.mod, versions  unpacking
          example.com/Big@v1.2.0      100 ms              0 ns    20.0 ms
          example.com/small@v1.0.0      0 ns           40.0 ms       0 ns

        Memory of the job
          at most 300 MiB resident in 5 processes at a time, 500 ms after the start
          the cgroup's limit is 1.00 GiB; the machine has 8.00 GiB; 4.88 GiB could still be had at the least
          some process waited for memory for 20.0 ms

        Not seen: something new

        1  go generate ./...
           in /src/shop, 2026-09-21 14:13:20 UTC
           300 ms wall, 0 ns CPU, 0.0 tools at work on average
           0 actions, 0 packages compiled, 0 probes; recording took 0 ns of CPU (0.0 %)
        2  go run gen.go
           in /src/shop, 2026-09-21 14:13:20 UTC
           240 ms wall (30.0 ms of it before the first tool), 100 ms CPU, 0.5 tools at work on average
           2 actions, 1 package compiled, 0 probes; recording took 500 µs of CPU (0.5 %)
        3  go test ./...
           in /src/shop, 2026-09-21 14:13:20 UTC
           1.55 s wall (200 ms of it before the first tool), 240 ms CPU, 0.2 tools at work on average
           2 actions, 1 package compiled, 0 probes; recording took 500 µs of CPU (0.2 %)
        All 3 commands: 2.09 s wall, 340 ms CPU, 4 actions, 2 packages compiled
    "#]]
    .assert_eq(job_in_text(&text));
    for line in text.lines() {
        assert!(line.chars().count() <= 120, "{} columns: {line}", line.chars().count());
        assert_eq!(line, line.trim_end(), "no blanks at line ends");
    }
}

#[test]
fn a_moment_counts_once_and_the_account_adds_up_to_the_wall_time() {
    let [job] = &jobs_of(JOB)[..] else { panic!("one job") };
    let ms = |name: &str| job["account"][format!("{name}_ns")].as_u64().expect(name) / 1_000_000;
    let shares =
        ["tools", "c_compilers", "tests", "program", "downloads", "loading", "cache", "unexplained", "outside"];
    // Tools 180-300 and 600-800; gcc until 850; tests 900-1910; downloads 420-590; loading 160-180, 410-420 and 590-600; of
    // the go commands from 100 to 1950 the rest; outside is what is before and behind them.
    assert_eq!(shares.map(ms), [320, 50, 1010, 80, 170, 40, 50, 130, 150]);
    assert_eq!(job["wall_ns"], json!(2_000_000_000_u64));
}

/// What gotrace does in the place of a go command is neither the job's nor that of a go command around it.
#[test]
fn what_gotrace_takes_itself_has_a_share_of_its_own() {
    let draft = "
        + session 0 session=s -- make
        $ 100 go generate
        + command 100 before_ns=10 -- go generate
        $ 200 go build ./...
        + command 200 before_ns=20 under_go_pid=101 -- go build ./...
        compile p 210-290
        + command_end 200-300 after_ns=30 exit_code=0
        $ 500 go test ./...
        + command 500 before_ns=40 -- go test ./...
        compile q 510-660
        + command_end 500-600 after_ns=50 exit_code=0
        + session_end 0-1000 session=s exit_code=0";
    let job = jobs_of(draft).remove(0);
    let ms = |name: &str| job["account"][format!("{name}_ns")].as_u64().expect(name) / 1_000_000;
    // 90-100, 180-200, 300-330, 460-500; from 600 on a tool of the go test that has ended still runs.
    assert_eq!((ms("tools"), ms("recording")), (80 + 150, 10 + 20 + 30 + 40));
    assert!(text_of(draft).contains("\n  gotrace itself"), "and words");
}

#[test]
fn tests_downloads_and_commands_are_listed() {
    let job = jobs_of(JOB).remove(0);
    let tests = |key: &str| job["tests"].as_array().unwrap().iter().map(|test| test[key].clone()).collect::<Vec<_>>();
    assert_eq!(tests("package"), ["example.com/shop/cart", "example.com/shop/db", "example.com/shop/list"]);
    assert_eq!(tests("cached"), [false, false, true]);
    assert_eq!(job["waits"], json!({ "proxy_ns": 140_000_000, "checksums_ns": 10_000_000 }));
    let modules: Vec<_> = job["downloads"].as_array().unwrap().iter().map(|module| &module["module"]).collect();
    assert_eq!(modules, ["example.com/Big@v1.2.0", "example.com/small@v1.0.0"], "an upper-case letter is one again");
    let commands = job["commands"].as_array().unwrap();
    let told: Vec<_> = commands
        .iter()
        .map(|command| (command["line"].as_str().unwrap(), command["depth"].as_u64().unwrap()))
        .collect();
    assert_eq!(told, [("go generate ./...", 0), ("go run gen.go", 1), ("go test ./...", 0)]);
    assert_eq!(job["not_seen"], json!(["something new"]));
    assert_eq!(job["memory"]["stalled_ns"], json!(20_000_000));
}

const KILLED: &str = "
    $ 0 go build ./...
    + command 0 -- go build ./...
    compile example.com/m:example.com/m/a 10-900 rss=100
    compile example.com/m:example.com/m/b 10-900 rss=500 signal=9
    link example.com/m:example.com/m/c 20-500 rss=300
    + sample 800 session=s processes=3 rss_bytes=880
    + command_end 0-990 exit_code=1";

fn out_of_memory(limits: &str, end: &str) -> (Value, String) {
    let draft = format!(
        "+ session 0 session=s {limits} -- go build ./...\n{KILLED}\n+ session_end 0-1000 session=s exit_code=1{end}"
    );
    let text = text_of(&draft);
    let start = text.find("Out of memory\n").expect("a section");
    let section = text[start..].split("\n\n").next().unwrap().to_owned() + "\n";
    (jobs_of(&draft).remove(0)["out_of_memory"].clone(), section)
}

#[test]
fn a_kill_that_the_kernel_counted_is_out_of_memory() {
    let (told, section) = out_of_memory("cgroup_limit_bytes=1000 memory_bytes=8192", " oom_kills=1");
    expect![[r#"
        Out of memory
          killed by the OOM killer: 1 process, by the kernel's count
          compile example.com/m/b, which had 500 MiB
          the cgroup's limit is 1000 MiB; the whole job had 880 MiB in the second before
          -p 3 would have fitted: the 3 largest tool runs of the trace have 900 MiB at their peaks, and a tenth is left for go
    "#]].assert_eq(&section);
    assert_eq!((&told["counted_kills"], &told["fitting_p"]), (&json!(1), &json!(3)));
    assert_eq!(told["limit_bytes"], json!(1000_u64 << 20));
}

#[test]
fn a_sigkill_that_nobody_counted_may_be_somebodys() {
    let (told, section) = out_of_memory("memory_bytes=900", "");
    expect![[r#"
        Out of memory
          killed by SIGKILL: by the OOM killer, unless somebody sent it (no cgroup counted a kill)
          compile example.com/m/b, which had 500 MiB
          the machine has 900 MiB; the whole job had 880 MiB in the second before
          -p 2 would have fitted: the 2 largest tool runs of the trace have 800 MiB at their peaks, and a tenth is left for go
    "#]].assert_eq(&section);
    assert_eq!((&told["counted_kills"], &told["fitting_p"]), (&Value::Null, &json!(2)));
}

#[test]
fn where_not_even_one_fits_no_p_helps() {
    let (told, section) = out_of_memory("cgroup_limit_bytes=400", " oom_kills=2");
    expect![[r#"
        Out of memory
          killed by the OOM killer: 2 processes, by the kernel's count
          compile example.com/m/b, which had 500 MiB
          the cgroup's limit is 400 MiB; the whole job had 880 MiB in the second before
          no -p is small enough: the largest tool run alone has 500 MiB; it takes more memory, or GOGC=50
    "#]]
    .assert_eq(&section);
    assert_eq!((&told["fitting_p"], &told["fitting_peaks_bytes"]), (&json!(0), &json!(500_u64 << 20)));
}

#[test]
fn without_any_limit_what_fits_is_not_known() {
    let (told, _) = out_of_memory("cpus=1", " oom_kills=1");
    assert_eq!((&told["limit_bytes"], &told["fitting_p"]), (&Value::Null, &Value::Null));
}

#[test]
fn a_trace_that_stops_in_the_middle_says_what_was_in_flight_and_for_how_long() {
    let draft = "
        + session 0 session=s memory_bytes=8192 -- make
        $ 10 go build ./...
        + command 10 -- go build ./...
        + span 20-50 what=load
        compile std:errors 100-200 user=90 rss=30
        compile std:runtime 100-
        + sample 750 session=s processes=2 rss_bytes=200
        + sample 1000 session=s processes=2 rss_bytes=400";
    let text = text_of(draft);
    expect![[r#"
        Job: make
           1.00 s wall, still running when the trace ends; in /src/shop

        Where the wall time went
                                       wall   share
          Go's tools at work         900 ms  90.0 %
          only loading of packages  30.0 ms   3.0 %
          go, not known at what     60.0 ms   6.0 %
          no go command             10.0 ms   1.0 %

        Memory of the job
          at most 400 MiB resident in 2 processes at a time, 1.00 s after the start
          the machine has 8.00 GiB

        1  go build ./...
           in /src/shop, 2026-09-21 14:13:20 UTC
           990 ms wall (90.0 ms of it before the first tool), 90.0 ms CPU, 1.0 tools at work on average
           2 actions, 1 package compiled, 0 probes; recording took 250 µs of CPU (0.3 %)
    "#]]
    .assert_eq(job_in_text(&text));
    let job = jobs_of(draft).remove(0);
    assert_eq!(
        (&job["wall_ns"], &job["exit_code"], &job["signal"]),
        (&json!(1_000_000_000), &Value::Null, &Value::Null)
    );
    assert!(
        text.contains("compile runtime\n    no end in the trace: still running, or killed with its shim; after 900 ms"),
        "{text}"
    );
}

/// Builds append, and a name of a session is its own only within a trace.
#[test]
fn several_jobs_of_a_trace_are_told_one_by_one() {
    let one = |name: &str, at: u64, line: &str| {
        format!(
            "+ session {at} session={name} -- {line}\n$ {at} {line}\n+ command {at} -- {line}\ncompile p {}-{} rss=5\n\
             + command_end {at}-{} exit_code=0\n+ session_end {at}-{} session={name} exit_code=0\n",
            at + 10,
            at + 20,
            at + 30,
            at + 40
        )
    };
    let draft = [one("b", 1000, "go vet"), one("a", 0, "go build")].concat();
    let jobs = jobs_of(&draft);
    let lines: Vec<_> = jobs.iter().map(|job| job["line"].as_str().unwrap()).collect();
    assert_eq!(lines, ["go build", "go vet"], "in their order");
    for job in &jobs {
        assert_eq!(job["account"]["tools_ns"], json!(10_000_000), "{}", job["line"]);
        assert_eq!(job["commands"].as_array().unwrap().len(), 1, "{}", job["line"]);
    }
    assert_eq!(text_of(&draft).matches("Job: ").count(), 2);
    let desk = Desk::with(draft::trace(&one("a", 0, "go build")));
    desk.file("other.jsonl", draft::trace(&one("a", 5000, "go test")));
    let both = desk.gotrace("summary --format json trace.jsonl other.jsonl").run().plain();
    let both: Value = serde_json::from_str(&both).expect("JSON");
    assert_eq!(both["jobs"].as_array().unwrap().len(), 2, "the same name in two traces is two jobs");
}

#[test]
fn events_in_any_order_tell_the_same() {
    let (lines, expected) = (draft::lines(JOB), jobs_of(JOB));
    for seed in 0..20 {
        let answer = Desk::with(draft::shuffled(&lines, seed)).gotrace("summary --format json").run().plain();
        let answer: Value = serde_json::from_str(&answer).expect("JSON");
        assert_eq!(answer["jobs"].as_array(), Some(&expected), "seed {seed}");
    }
}

/// Whatever stands there, there is an answer, whose figures are figures; and what is no event is told.
#[test]
fn odd_values_are_told_or_do_no_harm() {
    let far = u64::MAX >> 1;
    let odd = [
        ("+ session_end 2000-1000 session=s exit_code=0".to_owned(), "it ends before it starts"),
        ("+ span 500-100 what=load".to_owned(), "it ends before it starts"),
        ("+ command_end 300-200 exit_code=0".to_owned(), "it ends before it starts"),
        ("+ sample 1 session=true rss_bytes=1".to_owned(), "it is not an event of gotrace"),
        ("+ span 1-2 what=7".to_owned(), "it is not an event of gotrace"),
        ("+ prophecy 1-2 what=true".to_owned(), ""),
        ("+ span 1-2 what=unheard_of".to_owned(), ""),
        ("+ session 0 session=other -- make".to_owned(), ""),
        ("+ session_end 0-10 session=nobody exit_code=0".to_owned(), ""),
        ("+ sample 10 session=nobody rss_bytes=1".to_owned(), ""),
        (format!("+ sample 2000 session=s rss_bytes={}", far >> 21), ""),
        ("+ span 0-9000000000000 what=test package=p".to_owned(), ""),
        ("+ session_end 0-9000000000000 session=s exit_code=0".to_owned(), ""),
        ("+ command 0 under_go_pid=101 -- go above itself".to_owned(), ""),
    ];
    for (line, complaint) in odd {
        let draft = format!("{JOB}\n{line}");
        let answer = json_of(&draft);
        answer["jobs"].as_array().unwrap().iter().for_each(check_account);
        let problems = answer["problems"].as_array().unwrap();
        assert_eq!(problems.len(), usize::from(!complaint.is_empty()), "{line}: {problems:?}");
        assert!(problems.iter().all(|problem| problem.as_str().unwrap().contains(complaint)), "{line}: {problems:?}");
        let text = Desk::with(draft::trace(&draft)).gotrace("summary").run();
        assert!(text.code == Some(0) && text.out.contains("Job: make check"), "{line}: {}", text.err);
    }
}

#[test]
fn a_job_without_samples_or_go_commands_is_told() {
    let job = jobs_of("+ session 0 session=s -- true\n+ session_end 0-3 session=s exit_code=0").remove(0);
    assert_eq!((&job["memory"]["peak_bytes"], &job["account"]["outside_ns"]), (&Value::Null, &json!(3_000_000)));
    let alone = jobs_of("+ session 7 session=s -- true").remove(0);
    assert_eq!(alone["wall_ns"], 0, "killed before its first sample");
}

#[test]
fn a_go_command_that_failed_before_its_first_tool_is_not_said_to_have_been_up_to_date() {
    let ended = |code: u8| {
        text_of(&format!(
            "
            + session 0 session=s -- go build ./...
            $ 100 go build ./...
            + command 100 -- go build ./...
            + command_end 100-150 exit_code={code}
            + session_end 0-160 session=s exit_code={code}"
        ))
    };
    let (failed, fine) = (ended(1), ended(0));
    assert!(
        failed.contains("No tool ran: go failed before it came to that.") && !failed.contains("up to date"),
        "{failed}"
    );
    assert!(fine.contains("No tool ran: everything was up to date"), "{fine}");
}
