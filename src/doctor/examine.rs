//! All the checks, a few at a time, none of them for long.
//!
//! Knows which checks there are and how long each may take; does not know what they look at. A check that hangs, as on a
//! file system whose server is gone, is left behind: its thread ends with the program. Programs that it has started are ended
//! before.

use std::collections::{BTreeMap, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{self, Sender};
use std::thread;
use std::time::{Duration, Instant};

use parking_lot::Mutex;

use super::answer::{Answer, Unknown, Verdict};
use super::ask;
use super::check::Check;
use super::secrets::masked;
use super::world::World;
use super::{cache, cgo, ci, limits, modules, network, paths, sources, toolchain};

/// The families, in the order in which they are told.
pub const FAMILIES: [Family; 9] = [
    Family { name: "toolchain", checks: toolchain::CHECKS },
    Family { name: "paths", checks: paths::CHECKS },
    Family { name: "cache", checks: cache::CHECKS },
    Family { name: "modules", checks: modules::CHECKS },
    Family { name: "cgo", checks: cgo::CHECKS },
    Family { name: "sources", checks: sources::CHECKS },
    Family { name: "limits", checks: limits::CHECKS },
    Family { name: "network", checks: network::CHECKS },
    Family { name: "ci", checks: ci::CHECKS },
];

/// Checks that look at the like.
#[derive(Debug, Clone, Copy)]
pub struct Family {
    /// What it is called on the command line and in documents.
    pub name: &'static str,
    /// Its checks.
    pub checks: &'static [Check],
}

/// A check and what it found.
#[derive(Debug)]
pub struct Finding {
    /// Which family it is of.
    pub family: &'static str,
    /// Which check.
    pub check: &'static Check,
    /// What it found.
    pub answer: Answer,
    /// How long it took.
    pub took: Duration,
}

/// What all of them found.
#[derive(Debug)]
pub struct Report {
    /// What was found, the worst first, and of those alike the dearest; else in the order of the families.
    pub findings: Vec<Finding>,
    /// What could not be left as it was.
    pub problem: Option<String>,
}

impl Report {
    /// How many have this verdict.
    #[must_use]
    pub fn count(&self, verdict: Verdict) -> u64 {
        self.findings.iter().filter(|finding| finding.answer.verdict == verdict).count() as u64
    }

    /// The worst of the verdicts.
    #[must_use]
    pub fn worst(&self) -> Verdict {
        self.findings.iter().map(|finding| finding.answer.verdict).max().unwrap_or(Verdict::Ok)
    }
}

/// As long as a check may take. The programs that it asks itself have less, so that it can tell of one that hangs.
const PATIENCE: Duration = Duration::from_secs(15);

/// The check that tells what no other has found.
const LAST_RESORT: &str = "build-plan";

/// A check with the name of its family.
type Named = (&'static str, &'static Check);

/// Looks at everything that `wanted` wants, given a family and a check.
#[must_use]
pub fn examine(world: World, wanted: impl Fn(&str, &str) -> bool) -> Report {
    let checks = FAMILIES.iter().flat_map(|family| family.checks.iter().map(|check| (family.name, check)));
    let checks: Vec<Named> = checks.filter(|(family, check)| wanted(family, check.id)).collect();
    let world = Arc::new(world);
    let mut findings = watched(&world, &checks, PATIENCE);
    // Those who were given up may still wait for programs.
    ask::end_all();
    let problem = world.put_back().err();
    last_resort(&mut findings);
    findings.sort_by_key(|finding| {
        let cost = finding.answer.cost.as_ref().map(|cost| cost.time);
        std::cmp::Reverse((finding.answer.verdict, cost))
    });
    Report { findings, problem }
}

/// What go says of builds as a whole is told where no other check has found why.
fn last_resort(findings: &mut [Finding]) {
    let is_explained = |finding: &Finding| finding.check.id != LAST_RESORT && finding.answer.verdict == Verdict::Error;
    if let Some(explained) = findings.iter().find(|finding| is_explained(finding)).map(|finding| finding.check.id)
        && let Some(last) = findings.iter_mut().find(|finding| finding.check.id == LAST_RESORT)
        && last.answer.verdict != Verdict::Ok
    {
        last.answer = Answer::not_applicable(format!("{explained} comes first"));
    }
}

/// What a thread tells about the check of a number.
enum News {
    Began(usize, Instant),
    Ended(usize, Answer, Duration),
}

/// The checks that nobody has begun yet.
type Queue = Arc<Mutex<VecDeque<(usize, Named)>>>;

/// As many threads as processors take check after check. In the place of one that hangs comes another thread.
fn watched(world: &Arc<World>, checks: &[Named], patience: Duration) -> Vec<Finding> {
    let queue: Queue = Arc::new(Mutex::new(checks.iter().copied().enumerate().collect()));
    let (sender, news) = mpsc::channel();
    let threads = thread::available_parallelism().map_or(2, usize::from).clamp(2, 8);
    let mut threads = (0..threads).filter(|_| began(world, &queue, &sender)).count();
    if threads == 0 {
        // Then nobody watches, but programs have an end of their own.
        work(world, &queue, &sender);
    }
    let mut running: BTreeMap<usize, Instant> = BTreeMap::new();
    let mut answers: BTreeMap<usize, (Answer, Duration)> = BTreeMap::new();
    while answers.len() < checks.len() {
        let next =
            running.values().min().map_or(patience, |oldest| (*oldest + patience).duration_since(Instant::now()));
        match news.recv_timeout(next) {
            Ok(News::Began(check, at)) => {
                running.insert(check, at);
            }
            // One that was given up comes too late.
            Ok(News::Ended(check, answer, took)) if running.remove(&check).is_some() => {
                answers.insert(check, (answer, took));
            }
            Ok(News::Ended(..)) => {}
            Err(_) => {
                let late = running.extract_if(.., |_, began| began.elapsed() >= patience);
                for (check, since) in late {
                    answers.insert(check, (unknown(Unknown(hanging(patience))), since.elapsed()));
                    threads = threads.saturating_sub(usize::from(!began(world, &queue, &sender)));
                }
            }
        }
        if threads == 0 && running.is_empty() {
            answers.extend(queue.lock().drain(..).map(|(check, _)| (check, (unknown(no_thread()), Duration::ZERO))));
        }
    }
    let found = checks.iter().zip(answers.into_values());
    found.map(|(&(family, check), (answer, took))| Finding { family, check, answer, took }).collect()
}

fn hanging(patience: Duration) -> String {
    format!("it had not ended after {} s, and was left behind", patience.as_secs())
}

/// Whether there is one more thread for what is in the queue: a machine may have none to give (`ulimit -u`, `pids.max`).
fn began(world: &Arc<World>, queue: &Queue, sender: &Sender<News>) -> bool {
    let (world, queue, sender) = (Arc::clone(world), Arc::clone(queue), sender.clone());
    thread::Builder::new().spawn(move || work(&world, &queue, &sender)).is_ok()
}

fn no_thread() -> Unknown {
    Unknown(String::from("the system gives no thread to look with"))
}

/// Check after check, until there is none.
fn work(world: &World, queue: &Queue, sender: &Sender<News>) {
    // In the head of the loop itself the lock would be held until the check has ended, or for ever.
    let next = || queue.lock().pop_front();
    while let Some((number, (_, check))) = next() {
        let began = Instant::now();
        ask::nothing_beyond(Some(began + ask::PATIENCE_WITH_ALL));
        // Whoever does not listen any more has all the answers.
        let _ = sender.send(News::Began(number, began));
        // The message of a panic is printed by std's hook.
        let answer = catch_unwind(AssertUnwindSafe(|| (check.look)(world).unwrap_or_else(unknown)));
        let bug = |_| unknown(Unknown(String::from("this is a bug in gotrace; standard error says where")));
        let answer = without_secrets(answer.unwrap_or_else(bug));
        let _ = sender.send(News::Ended(number, answer, began.elapsed()));
    }
}

fn without_secrets(answer: Answer) -> Answer {
    let without = |lines: &[String]| lines.iter().map(|line| masked(line)).collect();
    Answer { seen: without(&answer.seen), mend: without(&answer.mend), ..answer }
}

fn unknown(Unknown(why): Unknown) -> Answer {
    Answer { verdict: Verdict::Unknown, seen: vec![why], mend: Vec::new(), cost: None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::check::Matters;

    const fn check(id: &'static str, look: fn(&World) -> Result<Answer, Unknown>) -> Check {
        Check { id, title: "", why: "", matters: Matters::Time, look }
    }

    static HANGS: Check = check("hangs", |_| {
        loop {
            thread::park();
        }
    });
    static FINE: Check = check("fine", |_| Ok(Answer::ok("as it should be")));
    static LOST: Check = check("lost", |_| Err(Unknown(String::from("nobody knows"))));

    #[test]
    fn what_hangs_is_left_behind_and_the_others_are_answered() {
        let world = Arc::new(World::new(std::path::PathBuf::from("/"), None));
        let many: Vec<Named> = [&HANGS; 9].into_iter().chain([&FINE, &LOST]).map(|check| ("family", check)).collect();
        let found = watched(&world, &many, Duration::from_millis(20));
        let verdicts: Vec<Verdict> = found.iter().map(|finding| finding.answer.verdict).collect();
        assert_eq!(verdicts[..9], [Verdict::Unknown; 9]);
        assert_eq!(verdicts[9..], [Verdict::Ok, Verdict::Unknown]);
        assert!(found[0].answer.seen[0].contains("left behind") && found[10].answer.seen == ["nobody knows"]);
    }
}
