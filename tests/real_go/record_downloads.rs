//! Module downloads under `gotrace record`: how long go waited, by its own account and by that of the proxy.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use crate::go::{World, each_go};
use crate::recorded::job;

/// How many modules there are; the loading of them asks for one after the other.
const MODULES: usize = 5;

#[test]
#[ignore = "needs real Go toolchains: scripts/test fetches them and runs this ring"]
fn the_wait_for_modules_is_what_the_proxy_measured() {
    each_go(|go| {
        let world = World::warm(go);
        let log = world.path("proxy.log");
        let Some(proxy) = Proxy::start(&log) else { return };
        world.write("go.mod", "module example.com/main\n\ngo 1.21\n\nrequire example.com/dep0 v1.0.0\n");
        world.write(
            "cmd/far/main.go",
            "package main\n\nimport \"example.com/dep0\"\n\nfunc main() { println(dep0.F()) }\n",
        );
        let build = world.command(&["build", "-mod=mod", "-o", "far", "./cmd/far"]).with_env("GOSUMDB", "off");
        build.with_env("GOPROXY", &proxy.address()).recorded().run().expect_success();
        let asked: Vec<(String, f64, f64)> = fs::read_to_string(&log)
            .expect("the proxy's log")
            .lines()
            .map(|line| serde_json::from_str(line).expect("a request"))
            .collect();
        assert!(asked.len() >= 2 * MODULES, "{}: each module's go.mod and zip: {asked:?}", go.version);
        let measured = union(asked.into_iter().map(|(_, begin, end)| (begin, end)).collect());
        let job = job(&world.sample().join("trace.jsonl"));
        let told = job["waits"]["proxy_ns"].as_u64().expect("nanoseconds");
        #[expect(clippy::cast_precision_loss, reason = "a ratio")]
        let ratio = told as f64 / 1e9 / measured;
        assert!((0.95..=1.05).contains(&ratio), "{}: {told} ns are told, the proxy took {measured} s", go.version);
        let modules = job["downloads"].as_array().expect("modules");
        let mut names: Vec<_> = modules.iter().map(|module| module["module"].as_str().expect("a name")).collect();
        names.sort_unstable();
        let expected: Vec<String> = (0..MODULES).map(|number| format!("example.com/dep{number}@v1.0.0")).collect();
        assert_eq!(names, expected, "{}", go.version);
        assert_eq!(job["waits"]["checksums_ns"], 0, "{}: the checksum database is off", go.version);
    });
}

/// How long it was with all stretches together, where those that overlap count once.
fn union(mut stretches: Vec<(f64, f64)>) -> f64 {
    stretches.sort_by(|left, right| left.0.total_cmp(&right.0));
    let (mut sum, mut until) = (0.0, f64::MIN);
    for (begin, end) in stretches {
        sum += (end - f64::max(begin, until)).max(0.0);
        until = until.max(end);
    }
    sum
}

/// A proxy that takes 300 ms for each answer.
struct Proxy {
    process: Child,
    port: u16,
}

impl Proxy {
    /// None, with a word why, where there is no Python.
    #[expect(clippy::print_stdout, reason = "a word to whoever runs the tests")]
    fn start(log: &Path) -> Option<Self> {
        let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/real_go/slow_proxy.py");
        let mut command = Command::new("python3");
        command.arg(program).args(["0.3", &MODULES.to_string()]).arg(log);
        let mut process = match command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn() {
            Ok(process) => process,
            Err(error) => {
                println!("skipped: no slow proxy without python3 ({error})");
                return None;
            }
        };
        let mut port = String::new();
        let stdout = process.stdout.take().expect("a pipe");
        BufReader::new(stdout).read_line(&mut port).expect("a line");
        Some(Self { process, port: port.trim().parse().expect("the proxy's port") })
    }

    fn address(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        // Its end is not waited for in vain: it has nothing to do but to see that its input is closed.
        let _ = self.process.wait();
    }
}
