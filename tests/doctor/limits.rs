//! Processors, memory and files, under real limits: of cgroups, of `ulimit`, and as a trace has them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::house::{Findings, GOTRACE, House, printed};

/// The doctor in a shell that `prefix` has limited.
fn limited(house: &House, prefix: &str, only: &str) -> Findings {
    let script = format!("{prefix} exec {GOTRACE} doctor --format json --only {only}");
    let output = house.program("/bin/sh").args(["-c", &script]).output().expect("a shell");
    Findings(serde_json::from_str(&printed(output)).expect("JSON"))
}

/// A group of a controller of cgroups, version 1 or 2; gone with this. None, with a word why, where it cannot be made.
struct Group(PathBuf);

impl Group {
    #[expect(clippy::print_stdout, reason = "a word to whoever runs the tests")]
    fn with(controller: &str, settings: &[&[(&str, &str)]]) -> Option<Self> {
        let name = format!("gotrace-doctor-{}-{controller}", std::process::id());
        for (mount, settings) in
            [format!("/sys/fs/cgroup/{controller}"), "/sys/fs/cgroup".to_owned()].iter().zip(settings)
        {
            let group = Self(Path::new(mount).join(&name));
            let set = |(file, value): &(&str, &str)| {
                let mut file = fs::File::options().write(true).open(group.0.join(file))?;
                std::io::Write::write_all(&mut file, value.as_bytes())
            };
            if fs::create_dir(&group.0).and_then(|()| settings.iter().try_for_each(set)).is_ok() {
                return Some(group);
            }
        }
        println!("skipped: no cgroup with a limit for {controller} can be made here");
        None
    }

    fn join(&self) -> String {
        format!("echo $$ > {}/cgroup.procs &&", self.0.display())
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        // Whoever was in it has ended and been waited for; where one was not made, nothing is there to be removed.
        let _ = fs::remove_dir(&self.0);
    }
}

#[test]
#[ignore = "needs real Go: scripts/test fetches it and runs this ring"]
fn a_cpu_limit_that_an_older_go_does_not_know_is_told() {
    let quota =
        [&[("cpu.cfs_period_us", "100000"), ("cpu.cfs_quota_us", "100000")][..], &[("cpu.max", "100000 100000")]];
    let Some(group) = Group::with("cpu", &quota) else { return };
    let old = std::env::var("GOTRACE_TEST_GO").unwrap_or_default();
    let old = old.split(':').find(|go| go.contains("1.21")).map(PathBuf::from);
    let Some(old) = old.filter(|_| several_processors()) else { return };
    let house = House::new();
    let house_of_old = House::new().with("PATH", &format!("{}", old.parent().expect("bin").display()));
    let findings = limited(&house_of_old, &group.join(), "processors");
    let (verdict, said) = findings.of("processors");
    assert_eq!(verdict, "warn", "{said}");
    assert!(said.contains("GOMAXPROCS=1") && said.contains("1 of "), "{said}");
    if house.go_has(1, 25) {
        assert_eq!(
            limited(&house, &group.join(), "processors").of("processors").0,
            "ok",
            "it asks for the limit itself"
        );
    }
    assert_eq!(house.ask("processors").of("processors").0, "ok", "no limit");
}

fn several_processors() -> bool {
    std::thread::available_parallelism().is_ok_and(|count| count.get() > 1)
}

#[test]
#[ignore = "needs real Go: scripts/test fetches it and runs this ring"]
fn fewer_workers_than_processors_are_told() {
    if !several_processors() {
        return;
    }
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
fn tools_that_do_not_fit_into_a_cgroup_are_told_with_the_number_that_does() {
    let Some(group) =
        Group::with("memory", &[&[("memory.limit_in_bytes", "943718400")][..], &[("memory.max", "943718400")]])
    else {
        return;
    };
    let house = House::without_go();
    let only = format!("memory --trace {}", trace(&house).display());
    let findings = limited(&house, &group.join(), &only);
    let (verdict, said) = findings.of("memory");
    assert_eq!(verdict, "warn", "{said}");
    for words in ["the cgroup's limit is 900 MiB", "1.07 GiB together", "-p 1", "600 MiB"] {
        assert!(said.contains(words), "{words} in {said}");
    }
    assert_eq!(limited(&house, &group.join(), "memory").of("memory").0, "warn", "little, whatever is built");
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
