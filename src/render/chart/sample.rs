//! Timelines to draw in tests: a build of packages that need one another, on a number of processors.
//!
//! The shape is that of real builds: a narrow beginning, many short runs and a few long ones, a link at the end. The
//! numbers come from a small generator, so the same request gives the same timeline everywhere.

use crate::analyze::timeline::{Chore, ChoreRun, Command, Events, Outcome, Run, Timeline, Watched, arrange};
use crate::tool_kind::ToolKind;
use crate::units::{Bytes, Nanos};

/// A timeline of two go commands: one builds `packages` packages, the other fails a minute later.
pub(super) fn timeline(packages: usize, processors: usize) -> Timeline {
    told(events(packages, processors), processors)
}

/// The same, recorded as a job: the second command downloads modules and runs tests, and somebody looks twice a second.
pub(super) fn job(packages: usize, processors: usize) -> Timeline {
    let mut events = events(packages, processors);
    let second = &mut events.commands[1];
    let (start, tests) = (second.start.0, second.end.0);
    second.end += Nanos::from_millis(5_000);
    let end = second.end.0;
    for (chore, from, millis, label) in [
        (Chore::Load, 0, 700, "loading packages"),
        (Chore::Download, start, 400, "example.com/big@v1.2.0"),
        (Chore::Download, start + 100_000_000, 150, "example.com/small@v0.1.0"),
        (Chore::Cache, start + 400_000_000, 90, "unicode/utf8"),
        (Chore::Test, tests, 4_000, "example.com/shop/internal/cart"),
        (Chore::Test, tests + 300_000_000, 1_200, "example.com/shop/internal/mail"),
    ] {
        let (start, end) = (Nanos(from), Nanos(from) + Nanos::from_millis(millis));
        let details = vec!["of the second command".to_owned()];
        events.chores.push(ChoreRun { start, end, chore, label: label.to_owned(), details });
    }
    let look = Nanos::from_millis(500);
    let mut dice = Dice(7);
    events.watched = (0..end / look.0)
        .map(|number| Watched {
            start: Nanos(number * look.0),
            end: Nanos((number + 1) * look.0),
            rss: Bytes::from_mib(20 + dice.throw(200) as u64),
            busy: Some(Nanos(look.0 / 100 * dice.throw(100 * processors) as u64)),
        })
        .collect();
    told(events, processors)
}

fn told(events: Events, processors: usize) -> Timeline {
    Timeline {
        cpus: u64::try_from(processors).ok(),
        notes: vec!["Not seen: packages that came from the build cache, package loading, running tests.".to_owned()],
        problems: vec!["3 lines of the trace could not be read (the first is line 812).".to_owned()],
        ..arrange(events, Nanos::ZERO)
    }
}

fn events(packages: usize, processors: usize) -> Events {
    let mut world = World { dice: Dice(42), free: vec![0; processors], ends: Vec::new(), runs: Vec::new() };
    for package in 0..packages {
        world.build(package);
    }
    let built = world.ends.iter().copied().max().unwrap_or(0);
    world.run(built, ToolKind::Link, "example.com/shop/cmd/shop".to_owned(), 700);
    let first_end = world.runs.iter().map(|run| run.end.0).max().unwrap_or(0);
    let second = first_end + 61_000_000_000;
    for (index, outcome) in [Outcome::Ok, Outcome::Failed, Outcome::Killed, Outcome::Unfinished].into_iter().enumerate()
    {
        let package = format!("example.com/shop/internal/{}", ["cart", "mail", "search", "pay"][index % 4]);
        world.run(second, ToolKind::Vet, package.clone(), 200);
        world.run(second, ToolKind::Compile, package, 400);
        if let Some(run) = world.runs.last_mut() {
            run.outcome = outcome;
        }
    }
    let last_end = world.runs.iter().map(|run| run.end.0).max().unwrap_or(0);
    let command = |start: u64, end, label: &str| Command {
        start: Nanos(start),
        end: Nanos(end),
        label: label.to_owned(),
        details: vec!["go1.27.3 linux/amd64".to_owned()],
    };
    let commands = vec![command(0, first_end, "go build ./..."), command(second, last_end, "go test -race ./...")];
    Events { runs: world.runs, commands, ..Events::default() }
}

struct World {
    dice: Dice,
    /// When each processor is free again.
    free: Vec<u64>,
    /// When each package is built.
    ends: Vec<u64>,
    runs: Vec<Run>,
}

impl World {
    fn build(&mut self, package: usize) {
        let needs: Vec<usize> =
            (0..3).filter(|_| package > 0).map(|_| package.saturating_sub(1 + self.dice.throw(40))).collect();
        let mut ready = needs.into_iter().filter_map(|need| self.ends.get(need).copied()).max().unwrap_or(0);
        let name = name(package);
        match self.dice.throw(14) {
            0 => ready = self.run(ready, ToolKind::Asm, name.clone(), 8),
            1 if package.is_multiple_of(3) => {
                ready = self.run(ready, ToolKind::Cgo, name.clone(), 200);
                ready = self.run(ready, ToolKind::CCompiler, name.clone(), 350);
            }
            2 => ready = self.run(ready, ToolKind::Cover, name.clone(), 15),
            _ => {}
        }
        let end = self.run(ready, ToolKind::Compile, name, 60);
        self.ends.push(end);
    }

    /// Runs a tool on the first free processor; most runs take less than `millis`, some ten times as long.
    fn run(&mut self, ready: u64, tool: ToolKind, label: String, millis: usize) -> u64 {
        let long = if self.dice.throw(12) == 0 { 10 } else { 1 };
        let micros = u64::try_from((millis * 200 + self.dice.throw(millis * 1000)) * long).unwrap_or(0);
        let processor = (0..self.free.len()).min_by_key(|processor| self.free[*processor].max(ready)).unwrap_or(0);
        let start = self.free[processor].max(ready);
        let end = start + micros * 1000 + 317;
        self.free[processor] = end + 400_000;
        let rss = Bytes::from_mib(12 + micros / 4_000);
        let module = label.splitn(4, '/').take(3).collect::<Vec<_>>().join("/");
        let details = vec![
            format!("user {}, system 4.00 ms", Nanos(micros * 950)),
            format!("peak RSS {rss}"),
            format!("module {module}"),
        ];
        self.runs.push(Run { start: Nanos(start), end: Nanos(end), tool, label, details, outcome: Outcome::Ok, rss });
        end
    }
}

fn name(package: usize) -> String {
    const STD: [&str; 12] = [
        "internal/abi",
        "runtime",
        "sync/atomic",
        "unicode/utf8",
        "reflect",
        "internal/poll",
        "os",
        "fmt",
        "crypto/internal/fips140/edwards25519/field",
        "crypto/tls",
        "net/http",
        "encoding/json",
    ];
    const MODULES: [&str; 5] = [
        "github.com/aws/aws-sdk-go-v2/service",
        "golang.org/x/net",
        "google.golang.org/grpc",
        "k8s.io/client-go/informers",
        "example.com/shop/internal",
    ];
    const LAST: [&str; 7] =
        ["s3", "types", "internal/endpoints", "codec", "v1beta1", "balancer/weightedroundrobin", "http2"];
    match STD.get(package) {
        Some(name) => (*name).to_owned(),
        None => format!("{}/{}{}", MODULES[package % 5], LAST[package % 7], package),
    }
}

/// A linear congruential generator (Knuth's MMIX).
struct Dice(u64);

impl Dice {
    fn throw(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap_or(0) % sides.max(1)
    }
}
