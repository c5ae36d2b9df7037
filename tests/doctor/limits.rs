//! Processors, memory and files, under real limits: of cgroups, of `ulimit`, and as a trace has them.

use std::path::PathBuf;
use std::process::Command;

use crate::cgroup::Cgroup;
use crate::house::{Findings, GOTRACE, House, printed, skipped};

/// The doctor in a shell that `prefix` has limited.
fn limited(house: &House, prefix: &str, only: &str) -> Findings {
    let script = format!("{prefix} exec {GOTRACE} doctor --format json --only {only}");
    let output = house.program("/bin/sh").args(["-c", &script]).output().expect("a shell");
    Findings(serde_json::from_str(&printed(output)).expect("JSON"))
}

#[test]
#[ignore = "needs real Go: scripts/test fetches it and runs this ring"]
fn a_cpu_limit_that_an_older_go_does_not_know_is_told() {
    let period = ("cpu.cfs_period_us", String::from("100000"));
    let first = [period, ("cpu.cfs_quota_us", String::from("100000"))];
    let Some(group) = Cgroup::with("cpu", &first, &[("cpu.max", String::from("100000 100000"))]) else { return };
    let Some(()) = several_processors() else { return };
    let list = std::env::var("GOTRACE_TEST_GO").unwrap_or_default();
    let old = list.split(':').find(|go| go.contains("1.21")).map(PathBuf::from);
    let Some(old) = old.or_else(|| skipped("no Go that is older than 1.25 is in GOTRACE_TEST_GO")) else { return };
    let house = House::new();
    let house_of_old = House::new().with("PATH", &format!("{}", old.parent().expect("bin").display()));
    let findings = limited(&house_of_old, &group.join_in_shell(), "processors");
    let (verdict, said) = findings.of("processors");
    assert_eq!(verdict, "warn", "{said}");
    assert!(said.contains("GOMAXPROCS=1") && said.contains("1 of "), "{said}");
    if house.go_has(1, 25) {
        assert_eq!(
            limited(&house, &group.join_in_shell(), "processors").of("processors").0,
            "ok",
            "it asks for the limit itself"
        );
    }
    assert_eq!(house.ask("processors").of("processors").0, "ok", "no limit");
}

fn several_processors() -> Option<()> {
    let several = std::thread::available_parallelism().is_ok_and(|count| count.get() > 1);
    several.then_some(()).or_else(|| skipped("there is one processor, which fewer cannot be than"))
}

#[test]
#[ignore = "needs real Go: scripts/test fetches it and runs this ring"]
fn fewer_workers_than_processors_are_told() {
    let Some(()) = several_processors() else { return };
    let findings = House::new().with("GOFLAGS", "-p=1 -trimpath").ask("processors");
    let (verdict, said) = findings.of("processors");
    assert!(verdict == "warn" && said.contains("GOFLAGS has -p"), "{verdict}: {said}");
    let findings = House::new().with("GOMAXPROCS", "1").ask("processors");
    assert_eq!(findings.of("processors").0, "warn");
}

/// Two compiles of 600 and 500 MiB at a time.
fn trace(house: &House) -> PathBuf {
    let run = |package: &str, pid: u32, peak: u64| {
        format!(
            "{{\"type\":\"end\",\"v\":1,\"tool\":\"compile\",\"package\":\"{package}\",\"pid\":{pid},\"go_pid\":7,\
             \"go_start_ticks\":9,\"time_ns\":1795256377435378477,\"start_ns\":1000000000,\"end_ns\":2000000000,\
             \"user_ns\":900000000,\"sys_ns\":0,\"max_rss_bytes\":{peak},\"exit_code\":0,\"cpus\":2}}\n"
        )
    };
    house.file("trace.jsonl", run("a", 10, 600 << 20) + &run("b", 11, 500 << 20))
}

#[test]
#[ignore = "needs a cgroup that may be made: scripts/test runs this ring"]
fn tools_that_do_not_fit_into_a_cgroup_are_told_with_the_number_that_does() {
    let Some(group) = Cgroup::with_memory(900 << 20) else { return };
    let house = House::without_go();
    let only = format!("memory --trace {}", trace(&house).display());
    let findings = limited(&house, &group.join_in_shell(), &only);
    let (verdict, said) = findings.of("memory");
    assert_eq!(verdict, "warn", "{said}");
    for words in ["the cgroup's limit is 900 MiB", "1.07 GiB together", "-p 1", "600 MiB"] {
        assert!(said.contains(words), "{words} in {said}");
    }
    assert_eq!(limited(&house, &group.join_in_shell(), "memory").of("memory").0, "warn", "little, whatever is built");
    assert_eq!(limited(&house, "", &only).of("memory").0, "ok", "without the limit");
}

#[test]
fn an_address_space_limit_is_told() {
    let house = House::without_go();
    assert_eq!(limited(&house, "ulimit -v 4000000 &&", "address-space").of("address-space").0, "warn");
    assert_eq!(limited(&house, "", "address-space").of("address-space").0, "ok");
}

#[test]
fn few_open_files_are_told() {
    let house = House::without_go();
    let findings = limited(&house, "ulimit -n 256 &&", "open-files");
    assert!(findings.of("open-files").1.contains("256") && findings.of("open-files").0 == "warn");
    assert_eq!(limited(&house, "ulimit -S -n 256;", "open-files").of("open-files").0, "ok", "go raises the soft one");
}

#[test]
fn settings_of_the_collector_are_told() {
    let verdict = |variables: &[(&str, &str)]| {
        let house = variables.iter().fold(House::without_go(), |house, (name, value)| house.with(name, value));
        house.ask("gc-settings").of("gc-settings").0.to_owned()
    };
    assert_eq!(verdict(&[]), "ok");
    assert_eq!(verdict(&[("GOGC", "100")]), "ok");
    assert_eq!(verdict(&[("GOGC", "off")]), "warn");
    assert_eq!(verdict(&[("GOGC", "off"), ("GOMEMLIMIT", "4GiB")]), "note");
    assert_eq!(verdict(&[("GOGC", "10")]), "warn");
    assert_eq!(verdict(&[("GOMEMLIMIT", "64MiB")]), "warn");
    assert_eq!(verdict(&[("GOMEMLIMIT", "lots")]), "error");
}

#[test]
#[ignore = "needs real Go: scripts/test fetches it and runs this ring"]
fn go_itself_does_not_understand_such_a_limit() {
    let house = House::new().with("GOMEMLIMIT", "lots");
    let output = Command::new(House::go()).arg("version").env("GOMEMLIMIT", "lots").output().expect("go starts");
    assert!(!output.status.success(), "the error is one");
    assert_eq!(house.ask("gc-settings").of("gc-settings").0, "error");
}
