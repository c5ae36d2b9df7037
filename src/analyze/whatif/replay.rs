//! A go command run once more on paper: the same steps, other workers, other processors.
//!
//! Knows a scheduler like cmd/go's (so many workers, each takes the ready step that comes first in a walk through the
//! imports) and processors that running steps share with each other and with others; does not know why anybody asks. What it
//! leaves out is the disk, and memory that is short, so its answer is good only in proportion to a replay of the command as
//! it was.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::units::{Bytes, Nanos};

/// A step as the replay takes it.
#[derive(Debug, Clone, PartialEq)]
pub struct Task {
    /// How long it takes when nobody else wants the processors.
    pub alone: Nanos,
    /// How many processors it keeps busy then, in thousandths.
    pub parallelism: u64,
    /// Its peak of memory.
    pub rss: Bytes,
    /// Indexes of the tasks that it waits for, in the order in which cmd/go goes through them.
    pub needs: Vec<usize>,
    /// Where it comes among those that nobody waits for.
    pub order: u64,
}

/// What there is to run tasks on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Machine {
    /// How many tasks at a time.
    pub workers: u64,
    /// How many processors they share.
    pub cpus: u64,
    /// How many processors others want meanwhile, in thousandths.
    pub others: u64,
}

/// What a replay comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Replay {
    /// From the first task to the end of the last one.
    pub wall: Nanos,
    /// How long tasks took, added up.
    pub busy: Nanos,
    /// The largest sum of the peaks of tasks that ran at the same time.
    pub peak: Bytes,
}

/// Runs all tasks. Each task needs only tasks that are there; a circle of them would never begin and is left out.
#[must_use]
pub fn replay(tasks: &[Task], machine: Machine) -> Replay {
    let priorities = priorities(tasks);
    let mut waiting_for: Vec<usize> = tasks.iter().map(|task| task.needs.len()).collect();
    let unblocks = unblocks(tasks);
    let mut ready: BinaryHeap<Reverse<(usize, usize)>> = BinaryHeap::new();
    let mut room = Room::empty(machine);
    let mut free: Vec<usize> = (0..tasks.len()).filter(|task| waiting_for[*task] == 0).collect();
    loop {
        // What takes no time needs no worker.
        while let Some(task) = free.pop() {
            if tasks[task].alone > Nanos::ZERO {
                ready.push(Reverse((priorities[task], task)));
            } else {
                free.extend(unblocked(&unblocks[task], &mut waiting_for));
            }
        }
        while room.has_worker()
            && let Some(Reverse((_, task))) = ready.pop()
        {
            room.start(task, &tasks[task]);
        }
        let Some(ended) = room.next_end(tasks) else { break };
        free.extend(unblocked(&unblocks[ended], &mut waiting_for));
    }
    Replay { wall: room.now, busy: room.busy, peak: room.peak }
}

/// Those of `behind` that wait for nothing more.
fn unblocked(behind: &[usize], waiting_for: &mut [usize]) -> Vec<usize> {
    behind.iter().for_each(|task| waiting_for[*task] -= 1);
    behind.iter().filter(|task| waiting_for[**task] == 0).copied().collect()
}

/// The tasks that run, and two clocks. What runs is slowed down alike, so who ends next stays the same however often the
/// others change, and the order of ends is kept by a clock of its own: the time that has passed for a task.
struct Room {
    machine: Machine,
    /// When each of them ends, by the clock of the tasks.
    running: BinaryHeap<Reverse<(Nanos, usize)>>,
    passed: Nanos,
    now: Nanos,
    busy: Nanos,
    /// How many processors they would keep busy together, in thousandths.
    wanted: u128,
    rss: u128,
    peak: Bytes,
}

impl Room {
    fn empty(machine: Machine) -> Self {
        let (running, zero) = (BinaryHeap::new(), Nanos::ZERO);
        Self { machine, running, passed: zero, now: zero, busy: zero, wanted: 0, rss: 0, peak: Bytes::ZERO }
    }

    fn has_worker(&self) -> bool {
        (self.running.len() as u64) < self.machine.workers.max(1)
    }

    fn start(&mut self, index: usize, task: &Task) {
        self.running.push(Reverse((self.passed + task.alone, index)));
        self.wanted += u128::from(task.parallelism);
        self.rss += u128::from(task.rss.0);
        self.peak = self.peak.max(Bytes(u64::try_from(self.rss).unwrap_or(u64::MAX)));
    }

    /// Lets time pass until a task ends.
    fn next_end(&mut self, tasks: &[Task]) -> Option<usize> {
        let together = self.running.len() as u64;
        let Reverse((end, index)) = self.running.pop()?;
        let time = self.stretched(end.since(self.passed));
        self.now += time;
        self.busy += Nanos(time.0.saturating_mul(together));
        self.passed = end;
        self.wanted -= u128::from(tasks[index].parallelism);
        self.rss -= u128::from(tasks[index].rss.0);
        Some(index)
    }

    /// How long it takes until everybody has done as much as he does alone in this time: all together cannot have more than
    /// there is, and who wants more gets more.
    fn stretched(&self, alone: Nanos) -> Nanos {
        let there = u128::from(self.machine.cpus.max(1)) * 1000;
        let wanted = self.wanted + u128::from(self.machine.others);
        let stretched = u128::from(alone.0).saturating_mul(wanted.max(there)) / there;
        Nanos(u64::try_from(stretched).unwrap_or(u64::MAX))
    }
}

fn unblocks(tasks: &[Task]) -> Vec<Vec<usize>> {
    let mut unblocks = vec![Vec::new(); tasks.len()];
    for (index, task) in tasks.iter().enumerate() {
        task.needs.iter().for_each(|need| unblocks[*need].push(index));
    }
    unblocks
}

/// Of each task, when a walk from those that nobody waits for, children before parents, comes to it: cmd/go's order.
fn priorities(tasks: &[Task]) -> Vec<usize> {
    let mut is_needed = vec![false; tasks.len()];
    tasks.iter().flat_map(|task| &task.needs).for_each(|need| is_needed[*need] = true);
    let mut roots: Vec<usize> = (0..tasks.len()).filter(|task| !is_needed[*task]).collect();
    roots.sort_by_key(|root| (tasks[*root].order, *root));
    let mut priorities = vec![usize::MAX; tasks.len()];
    let mut is_met = vec![false; tasks.len()];
    let mut next = 0;
    // What is open: a task, and how many of its needs have been gone through. A forged trace can be deep, so no recursion.
    let mut open: Vec<(usize, usize)> = Vec::new();
    for root in roots {
        open.push((root, 0));
        is_met[root] = true;
        while let Some((task, through)) = open.last_mut() {
            if let Some(need) = tasks[*task].needs.get(*through).copied() {
                *through += 1;
                if !std::mem::replace(&mut is_met[need], true) {
                    open.push((need, 0));
                }
            } else {
                priorities[*task] = next;
                next += 1;
                open.pop();
            }
        }
    }
    priorities
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn task(alone: u64, parallelism: u64, needs: &[usize]) -> Task {
        Task { alone: Nanos(alone), parallelism, rss: Bytes(1), needs: needs.to_vec(), order: 0 }
    }

    fn run(tasks: &[Task], workers: u64, cpus: u64) -> (u64, u64) {
        let replay = replay(tasks, Machine { workers, cpus, others: 0 });
        (replay.wall.0, replay.peak.0)
    }

    #[test]
    fn workers_take_what_is_ready_in_the_order_of_a_walk_through_the_needs() {
        let independent = [task(10, 1000, &[]), task(10, 1000, &[]), task(10, 1000, &[])];
        assert_eq!(run(&independent, 1, 8), (30, 1));
        assert_eq!(run(&independent, 2, 8), (20, 2));
        assert_eq!(run(&independent, 3, 8), (10, 3));
        let chain = [task(10, 1000, &[]), task(10, 1000, &[0]), task(10, 1000, &[1])];
        assert_eq!(run(&chain, 3, 8), (30, 1));
        // Of two that are ready, the one that the walk meets first is taken: 1, which opens the way to the long 2.
        let walk = [task(10, 1000, &[]), task(10, 1000, &[]), task(30, 1000, &[1]), task(1, 1000, &[2, 0])];
        assert_eq!(run(&walk, 1, 1).0, 51);
        assert_eq!(priorities(&walk), [2, 0, 1, 3]);
    }

    #[test]
    fn processors_are_shared_by_those_that_run() {
        let wide = [task(10, 2000, &[]), task(10, 2000, &[])];
        assert_eq!(run(&wide, 2, 4), (10, 2));
        assert_eq!(run(&wide, 2, 2), (20, 2));
        assert_eq!(run(&wide, 2, 1), (40, 2));
        let unequal = [task(10, 1000, &[]), task(30, 1000, &[])];
        assert_eq!(run(&unequal, 2, 1), (40, 2), "both are slowed until the first one ends");
    }

    #[test]
    fn others_take_their_share_where_there_is_not_enough_for_all() {
        let beside = |others, cpus| {
            let replay = replay(&[task(10, 1000, &[]), task(10, 1000, &[])], Machine { workers: 2, cpus, others });
            (replay.wall.0, replay.busy.0)
        };
        assert_eq!(beside(0, 2), (10, 20));
        assert_eq!(beside(2000, 2), (20, 40));
        assert_eq!(beside(2000, 4), (10, 20));
    }

    #[test]
    fn what_takes_no_time_needs_no_worker() {
        let tasks = [task(10, 1000, &[]), task(0, 1000, &[]), task(20, 1000, &[1]), task(0, 1000, &[0, 2])];
        assert_eq!(run(&tasks, 2, 2), (20, 2));
        assert_eq!(run(&tasks, 1, 2), (30, 1));
    }

    #[test]
    fn a_hundred_thousand_tasks_that_wait_for_nothing_are_replayed_at_once() {
        let tasks: Vec<Task> = (1..=100_000).map(|alone| task(alone, 1000, &[])).collect();
        assert_eq!(run(&tasks, 100_000, 100_000), (100_000, 100_000));
    }

    #[test]
    fn nothing_takes_no_time_and_a_circle_is_left_out() {
        assert_eq!(run(&[], 2, 2), (0, 0));
        assert_eq!(run(&[task(5, 1000, &[1]), task(5, 1000, &[0]), task(7, 1000, &[])], 2, 2), (7, 1));
    }

    /// Any tasks whose needs are before them.
    fn tasks() -> impl Strategy<Value = Vec<Task>> {
        prop::collection::vec((0_u64..50, 500_u64..3000, any::<u16>()), 0..12).prop_map(|tasks| {
            let needs = |task: usize, mask: u16| (0..task).filter(|need| mask >> need & 1 == 1).collect::<Vec<_>>();
            let task =
                |(at, (alone, parallelism, mask)): (usize, (u64, u64, u16))| task(alone, parallelism, &needs(at, mask));
            tasks.into_iter().enumerate().map(task).collect()
        })
    }

    proptest! {
        #[test]
        fn no_machine_beats_the_longest_chain_or_its_own_processors(tasks in tasks(), workers in 1_u64..5, cpus in 1_u64..5) {
            let (wall, _) = run(&tasks, workers, cpus);
            let mut chains: Vec<u64> = Vec::new();
            for task in &tasks {
                chains.push(task.alone.0 + task.needs.iter().map(|need| chains[*need]).max().unwrap_or(0));
            }
            let work: u64 = tasks.iter().map(|task| task.alone.0 * task.parallelism).sum();
            prop_assert!(wall >= chains.iter().copied().max().unwrap_or(0));
            // A task alone may be given fewer processors than it wants, never more than there are.
            prop_assert!((wall + tasks.len() as u64) * cpus * 1000 >= work, "{wall} for {work}");
            let one_at_a_time: u64 = tasks.iter().map(|task| task.alone.0).sum();
            prop_assert_eq!(run(&tasks, 1, 64).0, one_at_a_time);
            prop_assert_eq!(run(&tasks, 64, 64).0, chains.iter().copied().max().unwrap_or(0));
        }
    }
}
