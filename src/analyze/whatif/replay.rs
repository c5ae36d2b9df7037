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
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Task {
    /// How long it takes when nobody else wants the processors; each of its parts.
    pub alone: Nanos,
    /// How many processors it keeps busy then, in thousandths.
    pub parallelism: u64,
    /// Its peak of memory; of each of its parts.
    pub rss: Bytes,
    /// Of how many parts it consists, which do not wait for each other, and begin and count as done together.
    pub parts: u64,
}

/// Which task waits for which, and which comes first among those that are ready: the same in all replays of the same steps,
/// whatever these take.
#[derive(Debug)]
pub struct Order {
    /// Of each task, when cmd/go's walk comes to it; and the tasks in that order.
    priorities: Vec<usize>,
    walk: Vec<usize>,
    /// For how many others each waits.
    waits: Vec<usize>,
    /// Those that wait for each task, one list behind the other, and where each list begins.
    behind: Vec<usize>,
    begins: Vec<usize>,
}

impl Order {
    /// Of tasks by the indexes of those that they wait for, in the order in which cmd/go goes through them; and where those
    /// come that nobody waits for.
    #[must_use]
    pub fn of(needs: &[&[usize]], ranks: &[u64]) -> Self {
        let mut begins = vec![0; needs.len() + 1];
        needs.iter().flat_map(|needs| *needs).for_each(|need| begins[need + 1] += 1);
        let priorities = priorities(needs, ranks, |task| begins[task + 1] > 0);
        (0..needs.len()).for_each(|task| begins[task + 1] += begins[task]);
        let mut ends = begins.clone();
        let mut behind = vec![0; begins[needs.len()]];
        for (task, needs) in needs.iter().enumerate() {
            for need in *needs {
                behind[ends[*need]] = task;
                ends[*need] += 1;
            }
        }
        let mut walk = vec![0; needs.len()];
        for (task, priority) in priorities.iter().enumerate() {
            // Tasks in a circle are not met, and never ready.
            if let Some(at) = walk.get_mut(*priority) {
                *at = task;
            }
        }
        Self { priorities, walk, waits: needs.iter().map(|needs| needs.len()).collect(), behind, begins }
    }

    fn behind(&self, task: usize) -> &[usize] {
        &self.behind[self.begins[task]..self.begins[task + 1]]
    }
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

/// Runs all tasks, which are parallel to those of `order`. A circle of them would never begin and is left out.
#[must_use]
pub fn replay(order: &Order, tasks: &[Task], machine: Machine) -> Replay {
    let mut waiting_for = order.waits.clone();
    let mut to_begin: Vec<u64> = tasks.iter().map(|task| task.parts.max(1)).collect();
    let mut to_end = to_begin.clone();
    let mut ready: BinaryHeap<Reverse<usize>> = BinaryHeap::new();
    let mut room = Room::empty(machine);
    let mut free: Vec<usize> = (0..tasks.len()).filter(|task| waiting_for[*task] == 0).collect();
    loop {
        // What takes no time needs no worker.
        while let Some(task) = free.pop() {
            if tasks[task].alone > Nanos::ZERO {
                ready.push(Reverse(order.priorities[task]));
            } else {
                unblock(order.behind(task), &mut waiting_for, &mut free);
            }
        }
        while room.has_worker()
            && let Some(Reverse(first)) = ready.peek().copied()
        {
            let task = order.walk[first];
            room.start(task, &tasks[task]);
            to_begin[task] -= 1;
            if to_begin[task] == 0 {
                ready.pop();
            }
        }
        let Some(ended) = room.next_end(tasks) else { break };
        to_end[ended] -= 1;
        if to_end[ended] == 0 {
            unblock(order.behind(ended), &mut waiting_for, &mut free);
        }
    }
    Replay { wall: room.now, busy: room.busy, peak: room.peak }
}

/// Those of `behind` that wait for nothing more are free.
fn unblock(behind: &[usize], waiting_for: &mut [usize], free: &mut Vec<usize>) {
    for task in behind {
        waiting_for[*task] -= 1;
        if waiting_for[*task] == 0 {
            free.push(*task);
        }
    }
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

/// Of each task, when a walk from those that nobody waits for, children before parents, comes to it: cmd/go's order.
fn priorities(needs: &[&[usize]], ranks: &[u64], is_needed: impl Fn(usize) -> bool) -> Vec<usize> {
    let mut roots: Vec<usize> = (0..needs.len()).filter(|task| !is_needed(*task)).collect();
    roots.sort_by_key(|root| (ranks[*root], *root));
    let mut priorities = vec![usize::MAX; needs.len()];
    let mut is_met = vec![false; needs.len()];
    let mut next = 0;
    // What is open: a task, and how many of its needs have been gone through. A forged trace can be deep, so no recursion.
    let mut open: Vec<(usize, usize)> = Vec::new();
    for root in roots {
        open.push((root, 0));
        is_met[root] = true;
        while let Some((task, through)) = open.last_mut() {
            if let Some(need) = needs[*task].get(*through).copied() {
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

    /// A task, and what it waits for.
    type Drawn = (Task, Vec<usize>);

    fn task(alone: u64, parallelism: u64, needs: &[usize]) -> Drawn {
        (Task { alone: Nanos(alone), parallelism, rss: Bytes(1), parts: 1 }, needs.to_vec())
    }

    fn replayed(drawn: &[Drawn], machine: Machine) -> Replay {
        let needs: Vec<&[usize]> = drawn.iter().map(|(_, needs)| needs.as_slice()).collect();
        let tasks: Vec<Task> = drawn.iter().map(|(task, _)| *task).collect();
        replay(&Order::of(&needs, &vec![0; drawn.len()]), &tasks, machine)
    }

    fn run(drawn: &[Drawn], workers: u64, cpus: u64) -> (u64, u64) {
        let replay = replayed(drawn, Machine { workers, cpus, others: 0 });
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
        let needs: Vec<&[usize]> = walk.iter().map(|(_, needs)| needs.as_slice()).collect();
        assert_eq!(Order::of(&needs, &[0; 4]).priorities, [2, 0, 1, 3]);
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
            let replay = replayed(&[task(10, 1000, &[]), task(10, 1000, &[])], Machine { workers: 2, cpus, others });
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
    fn parts_run_side_by_side_and_are_waited_for_together() {
        let mut tasks = [task(5, 1000, &[]), task(10, 1000, &[0]), task(5, 1000, &[1])];
        tasks[1].0.parts = 3;
        assert_eq!(run(&tasks, 1, 9), (40, 1));
        assert_eq!(run(&tasks, 2, 9), (30, 2));
        assert_eq!(run(&tasks, 9, 9), (20, 3));
    }

    #[test]
    fn a_hundred_thousand_tasks_that_wait_for_nothing_are_replayed_at_once() {
        let tasks: Vec<Drawn> = (1..=100_000).map(|alone| task(alone, 1000, &[])).collect();
        assert_eq!(run(&tasks, 100_000, 100_000), (100_000, 100_000));
    }

    #[test]
    fn nothing_takes_no_time_and_a_circle_is_left_out() {
        assert_eq!(run(&[], 2, 2), (0, 0));
        assert_eq!(run(&[task(5, 1000, &[1]), task(5, 1000, &[0]), task(7, 1000, &[])], 2, 2), (7, 1));
    }

    /// Any tasks whose needs are before them.
    fn tasks() -> impl Strategy<Value = Vec<Drawn>> {
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
            for (task, needs) in &tasks {
                chains.push(task.alone.0 + needs.iter().map(|need| chains[*need]).max().unwrap_or(0));
            }
            let work: u64 = tasks.iter().map(|(task, _)| task.alone.0 * task.parallelism).sum();
            prop_assert!(wall >= chains.iter().copied().max().unwrap_or(0));
            // A task alone may be given fewer processors than it wants, never more than there are.
            prop_assert!((wall + tasks.len() as u64) * cpus * 1000 >= work, "{wall} for {work}");
            let one_at_a_time: u64 = tasks.iter().map(|(task, _)| task.alone.0).sum();
            prop_assert_eq!(run(&tasks, 1, 64).0, one_at_a_time);
            prop_assert_eq!(run(&tasks, 64, 64).0, chains.iter().copied().max().unwrap_or(0));
        }

        /// What parts stand for: tasks of their own that wait for the same, and one without any time behind them. With few
        /// workers, who comes first of two that end at once may differ.
        #[test]
        fn a_task_of_parts_is_as_many_tasks(drawn in tasks(), which in any::<prop::sample::Index>(), parts in 1_u64..4) {
            prop_assume!(!drawn.is_empty());
            let at = which.index(drawn.len());
            let mut in_parts = drawn.clone();
            in_parts[at].0.parts = parts;
            let mut apart = drawn.clone();
            let first = apart.len();
            (0..parts).for_each(|_| apart.push(drawn[at].clone()));
            apart[at] = (Task { alone: Nanos::ZERO, ..drawn[at].0 }, (first..apart.len()).collect());
            for workers in [1, 64] {
                prop_assert_eq!(run(&in_parts, workers, 64).0, run(&apart, workers, 64).0);
            }
        }
    }
}
