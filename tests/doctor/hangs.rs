//! Programs that do not end, and a system that has no room for more: the doctor answers, ends, and leaves nobody behind.

use std::fs::{self, File};
use std::os::fd::AsFd;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{CWD, FileType, Mode, mknodat};
use rustix::process::{Pid, PidfdFlags, Signal, kill_process, pidfd_open};

use crate::house::{Findings, GOTRACE, House, printed, skipped};

/// A go that writes its number down, and what `then` does.
fn script(house: &House, name: &str, then: &str) {
    let pids = house.path("pids");
    house.script(
        name,
        &format!("#!/bin/sh\necho $$ >>{0}\n{then}\n", pids.display()).replace("PIDS", &pids.display().to_string()),
    );
}

/// Those who wrote their numbers down and still run. One that has ended and that nobody has waited for yet does not.
fn running(house: &House) -> Vec<String> {
    let pids = fs::read_to_string(house.path("pids")).unwrap_or_default();
    let runs = |pid: &&str| {
        let state = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        let state = state.rsplit_once(") ").map_or("", |(_, rest)| rest);
        !state.is_empty() && !state.starts_with(['Z', 'X'])
    };
    pids.split_whitespace().filter(runs).map(str::to_owned).collect()
}

/// Whether nobody runs any more, or soon: a signal takes a moment.
fn all_end(house: &House) -> bool {
    let patience = Instant::now() + Duration::from_secs(5);
    for pid in running(house) {
        let pid = pid.parse().ok().and_then(Pid::from_raw).expect("a number of a process");
        // Who cannot be opened any more is gone.
        if let Ok(process) = pidfd_open(pid, PidfdFlags::empty()) {
            arrives(&process, patience);
        }
    }
    running(house).is_empty()
}

/// Whether there is something to read, or somebody has ended, before patience has.
fn arrives(at: impl AsFd, patience: Instant) -> bool {
    let left = patience.saturating_duration_since(Instant::now());
    let left = Timespec::try_from(left).expect("a few seconds");
    poll(&mut [PollFd::new(&at, PollFlags::IN)], Some(&left)).expect("one can wait") > 0
}

/// The doctor, who has asked a go that does `then`, which says that it runs in writing into STARTED; none where it ends before.
fn doctor_asking(house: &House, mut doctor: Command, then: &str) -> Child {
    let started = house.path("started");
    mknodat(CWD, &started, FileType::Fifo, Mode::RWXU, 0).expect("a pipe with a name");
    script(house, "bin/go", &then.replace("STARTED", &started.display().to_string()));
    let started = File::options().read(true).write(true).open(started).expect("Linux opens both ends at once");
    let doctor = doctor.stdout(Stdio::null()).process_group(0).spawn().expect("it starts");
    assert!(arrives(started, Instant::now() + Duration::from_secs(30)), "go was not asked");
    doctor
}

/// The script has ended; who it started has the other end of the pipe, which the doctor reads.
#[test]
fn a_go_whose_child_keeps_the_pipe_is_given_up_and_the_child_ended() {
    let house = House::without_go();
    script(&house, "bin/go", "/bin/sleep 600 & echo $! >>PIDS; exit 0");
    let findings = house.ask("go-runs");
    assert!(all_end(&house), "{:?}", running(&house));
    let (verdict, said) = findings.of("go-runs");
    assert!(verdict == "unknown" && said.contains("did not end within 10 s"), "{verdict}: {said}");
    assert!(fs::read_to_string(house.path("pids")).is_ok_and(|pids| pids.lines().count() >= 2), "both have run");
}

/// One has ten seconds, and a check has fifteen: the second one has what is left.
#[test]
fn a_check_that_asks_several_that_hang_ends_them_all_in_its_time() {
    let house = House::without_go();
    for bin in ["bin", "second", "third"] {
        script(&house, &format!("{bin}/go"), "exec /bin/sleep 600");
    }
    let first = "case $1 in env) printf 'go1.27\\n/nowhere\\n' ;; *) exit 1 ;; esac";
    script(&house, "bin/go", first);
    let path = ["bin", "second", "third"].map(|bin| house.path(bin).display().to_string()).join(":");
    let house = house.with("PATH", &path);
    let began = Instant::now();
    let findings = house.ask("go-in-path");
    assert!(began.elapsed() < Duration::from_secs(16), "{:?}", began.elapsed());
    assert!(all_end(&house), "{:?}", running(&house));
    let (verdict, said) = findings.of("go-in-path");
    assert!(verdict == "warn" && said.contains("second/go did not end within 10 s"), "{verdict}: {said}");
    assert!(said.contains("third/go did not end within"), "{said}");
}

/// What is asked for all checks takes no less because the first of them has little time left: that one is given up.
#[test]
fn who_is_left_behind_with_a_question_of_all_leaves_no_program_behind() {
    let house = House::without_go();
    let then = "case \"$*\" in
                  env*) echo '{\"GOMOD\": \"/nowhere/go.mod\", \"GOWORK\": \"\", \"GOFLAGS\": \"\"}' ;;
                  *-deps*) /bin/sleep 600 & echo $! >>PIDS; wait ;;
                  list*) /bin/sleep 8; echo '{\"ImportPath\": \"a\", \"Error\": {\"Err\": \"lost\"}}' ;;
                esac";
    script(&house, "bin/go", then);
    let findings = house.ask("packages-load");
    assert!(all_end(&house), "{:?}", running(&house));
    let (verdict, said) = findings.of("packages-load");
    assert!(verdict == "unknown" && said.contains("was left behind"), "{verdict}: {said}");
}

/// A go with much to do starts compilers and git. Somebody presses Ctrl-C, closes the terminal, or a job is cancelled.
#[test]
fn who_ends_the_doctor_ends_all_that_it_has_started_and_what_these_have() {
    for (signal, name) in [(Signal::INT, "INT"), (Signal::TERM, "TERM"), (Signal::HUP, "HUP"), (Signal::QUIT, "QUIT")] {
        let house = House::without_go();
        // Whoever runs the tests may ignore it, as shells do for jobs in the background.
        let mut doctor = house.program("/usr/bin/env");
        let heeded = format!("--default-signal={name}");
        if !doctor.arg(&heeded).arg("/bin/true").output().is_ok_and(|output| output.status.success()) {
            return skipped("this env does not take back what is ignored").unwrap_or_default();
        }
        let mut doctor = house.program("/usr/bin/env");
        doctor.args([&heeded, GOTRACE, "doctor"]);
        let then = "/bin/sleep 600 & echo $! >>PIDS; echo >STARTED; wait";
        let mut doctor = doctor_asking(&house, doctor, then);
        kill_process(Pid::from_child(&doctor), signal).expect("it runs");
        let ended = doctor.wait().expect("it has ended");
        assert!(all_end(&house), "{name}: {:?}", running(&house));
        assert_eq!(ended.signal(), Some(signal.as_raw()), "whoever waits for it sees what ended it");
    }
}

/// Nobody can do anything any more: the kernel ends those that it has started itself.
#[test]
fn who_kills_the_doctor_ends_what_it_has_started_itself() {
    let house = House::without_go();
    let mut doctor = house.program(GOTRACE);
    doctor.arg("doctor");
    let mut doctor = doctor_asking(&house, doctor, "echo >STARTED; exec /bin/sleep 600");
    doctor.kill().expect("it runs");
    doctor.wait().expect("it has ended");
    assert!(all_end(&house), "{:?}", running(&house));
}

/// It has answered, and its pipes are closed.
#[test]
fn what_a_go_leaves_behind_that_ends_well_is_ended() {
    let house = House::without_go();
    let then = "/bin/sleep 600 >/dev/null 2>&1 & echo $! >>PIDS; echo go version go1.27 linux/amd64";
    script(&house, "bin/go", then);
    let findings = house.ask("go-runs");
    assert_eq!(findings.of("go-runs").0, "ok");
    assert!(all_end(&house), "{:?}", running(&house));
}

/// Go's telemetry works in a session of its own when go has ended.
#[test]
fn what_leaves_its_group_is_let_go() {
    let house = House::without_go();
    if !Path::new("/usr/bin/setsid").exists() {
        return skipped("there is no setsid").unwrap_or_default();
    }
    let then =
        "/usr/bin/setsid -f /bin/sh -c 'echo $$ >>PIDS; echo; exec /bin/sleep 600 >/dev/null' 2>/dev/null | read it
                echo go version go1.27 linux/amd64";
    script(&house, "bin/go", then);
    assert_eq!(house.ask("go-runs").of("go-runs").0, "ok");
    let left = running(&house);
    let numbers = left.iter().filter_map(|pid| Pid::from_raw(pid.parse().ok()?));
    numbers.for_each(|pid| kill_process(pid, Signal::KILL).expect("it runs"));
    assert_eq!(left.len(), 1, "it sleeps");
}

/// As some servers do that start jobs: the kernel forgets then at once how a program ended.
#[test]
#[ignore = "needs an env that ignores signals for others: scripts/test runs this ring"]
fn who_ignores_the_deaths_of_children_does_not_keep_the_doctor_from_hearing_of_them() {
    let house = House::without_go();
    script(&house, "bin/go", "echo go version go1.27 linux/amd64");
    let mut doctor = house.program("/usr/bin/env");
    doctor.args(["--ignore-signal=CHLD", GOTRACE, "doctor", "--format", "json", "--only", "go-runs"]);
    let output = doctor.output().expect("env starts");
    if String::from_utf8_lossy(&output.stderr).contains("--ignore-signal") {
        return skipped("this env ignores no signals for others").unwrap_or_default();
    }
    assert_eq!(Findings::read(output).of("go-runs").0, "ok");
}

/// Limits of processes are not for root: somebody else runs into them.
#[test]
#[ignore = "needs real Go: scripts/test fetches it and runs this ring"]
fn without_a_thread_or_a_process_to_be_had_it_is_said_what_could_not_be_told() {
    let nobody = "http://127.0.0.1:1";
    let house = House::new().with("GOPROXY", nobody).with("GOSUMDB", &format!("sums.example.com {nobody}"));
    let Some(_) = house.ask_as_nobody("gc-settings") else { return };
    if !Path::new("/usr/bin/prlimit").exists() {
        return skipped("there is no prlimit").unwrap_or_default();
    }
    for most in 1..=6 {
        let mut doctor = house.program("/usr/bin/setpriv");
        doctor.args([
            "--reuid=65534",
            "--regid=65534",
            "--clear-groups",
            "/usr/bin/prlimit",
            &format!("--nproc={most}"),
        ]);
        doctor.arg(house.path("bin/gotrace")).args(["doctor", "--network", "--format", "json"]);
        let output = doctor.output().expect("setpriv starts");
        assert!(output.stderr.is_empty(), "{most}: {}", String::from_utf8_lossy(&output.stderr));
        let findings = Findings::read(output);
        assert_eq!(findings.of("gc-settings").0, "ok", "{most}: needs no other program");
        let (verdict, said) = findings.of("go-runs");
        // Where go is started and gets no thread of its own it says so itself.
        let is_told = match verdict {
            "unknown" => said.contains("Resource temporarily unavailable"),
            "error" => {
                said.contains("failed to create new OS thread")
                    && said.contains("ulimit -u")
                    && !said.contains("install")
            }
            verdict => verdict == "ok" && most > 1,
        };
        assert!(is_told, "{most}: it is not go's fault: {verdict}: {said}");
    }
}

/// What is there may be more than anybody reads.
#[test]
fn a_go_that_says_too_much_is_not_read_to_its_end() {
    let house = House::without_go();
    script(&house, "bin/go", "exec /bin/cat /dev/zero");
    let findings = house.ask("go-runs");
    assert!(all_end(&house), "{:?}", running(&house));
    assert!(["error", "unknown"].contains(&findings.of("go-runs").0), "{:#}", findings.0);
    let listed = house.program(GOTRACE).args(["doctor", "--list"]).output();
    assert!(printed(listed.expect("gotrace starts")).contains("go-runs"));
}
