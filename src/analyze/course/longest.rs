//! Longest chains through a graph with weights: the arithmetic below critical path and what-if.
//!
//! Knows weights and edges; does not know what they stand for. Nodes come in an order in which each needs only nodes before
//! it, so everything is one pass and nothing recurses.

use crate::units::Nanos;

/// The longest chains through every node.
#[derive(Debug)]
pub struct Longest {
    /// The longest chain of all.
    pub length: Nanos,
    /// Of each node, the longest chain that ends with it, itself included.
    before: Vec<Nanos>,
    /// Of each node, the longest chain that begins with it, itself included.
    after: Vec<Nanos>,
}

impl Longest {
    /// Measures all chains. `needs` are parallel to `weights`, and lead to lower indexes.
    #[must_use]
    pub fn of(weights: &[Nanos], needs: &[&[usize]]) -> Self {
        let mut before: Vec<Nanos> = Vec::with_capacity(weights.len());
        for (weight, needs) in weights.iter().zip(needs) {
            let longest = needs.iter().map(|need| before[*need]).max().unwrap_or_default();
            before.push(longest + *weight);
        }
        let mut behind = vec![Nanos::ZERO; weights.len()];
        let mut after = vec![Nanos::ZERO; weights.len()];
        for index in (0..weights.len()).rev() {
            after[index] = behind[index] + weights[index];
            for need in needs[index] {
                behind[*need] = behind[*need].max(after[index]);
            }
        }
        Self { length: before.iter().copied().max().unwrap_or_default(), before, after }
    }

    /// The longest chain, from its first node to its last one. Of equal ones, the one whose nodes come first.
    #[must_use]
    pub fn chain(&self, needs: &[&[usize]]) -> Vec<usize> {
        let mut chain = Vec::new();
        let mut at = first_longest(&self.before, 0..self.before.len());
        while let Some(node) = at {
            chain.push(node);
            at = first_longest(&self.before, needs[node].iter().copied());
        }
        chain.reverse();
        chain
    }

    /// The longest chain through a node.
    #[must_use]
    pub fn through(&self, node: usize, weight: Nanos) -> Nanos {
        (self.before[node] + self.after[node]).since(weight)
    }

    /// By how much the longest chain would be shorter if a node weighed nothing, for every node.
    #[must_use]
    pub fn improvements(&self, weights: &[Nanos], needs: &[&[usize]]) -> Vec<Nanos> {
        let around = self.around(needs);
        let improvement = |node: usize| {
            let without = self.through(node, weights[node]).since(weights[node]);
            self.length.since(without.max(around[node]))
        };
        (0..weights.len()).map(improvement).collect()
    }

    /// Of each node, the longest chain that goes around it: one that ends before it, begins behind it, or has an edge from
    /// before it to behind it. Nodes stand in order, so there is no other way.
    fn around(&self, needs: &[&[usize]]) -> Vec<Nanos> {
        let count = self.before.len();
        let mut around = vec![Nanos::ZERO; count];
        let mut ended = Nanos::ZERO;
        for (node, around) in around.iter_mut().enumerate() {
            *around = ended;
            ended = ended.max(self.before[node]);
        }
        let mut begun = Nanos::ZERO;
        for node in (0..count).rev() {
            around[node] = around[node].max(begun);
            begun = begun.max(self.after[node]);
        }
        let mut over = Highest::of_nothing(count);
        for (node, needs) in needs.iter().enumerate() {
            needs.iter().for_each(|need| over.raise(need + 1, node, self.before[*need] + self.after[node]));
        }
        around.into_iter().zip(over.each()).map(|(around, over)| around.max(over)).collect()
    }
}

/// The highest of what lies over each place, where what lies over a stretch of places is put there in a few steps, however long
/// it is: a tree, whose upper parts lie over all places below them.
struct Highest {
    tree: Vec<Nanos>,
    places: usize,
}

impl Highest {
    fn of_nothing(places: usize) -> Self {
        Self { tree: vec![Nanos::ZERO; places * 2], places }
    }

    /// From one place up to before another one.
    fn raise(&mut self, from: usize, until: usize, to: Nanos) {
        let (mut left, mut right) = (from + self.places, until + self.places);
        while left < right {
            if left % 2 == 1 {
                self.tree[left] = self.tree[left].max(to);
                left += 1;
            }
            if right % 2 == 1 {
                right -= 1;
                self.tree[right] = self.tree[right].max(to);
            }
            (left, right) = (left / 2, right / 2);
        }
    }

    fn each(mut self) -> impl Iterator<Item = Nanos> {
        for part in 2..self.tree.len() {
            self.tree[part] = self.tree[part].max(self.tree[part / 2]);
        }
        self.tree.into_iter().skip(self.places)
    }
}

fn first_longest(lengths: &[Nanos], nodes: impl Iterator<Item = usize>) -> Option<usize> {
    nodes.min_by_key(|node| (std::cmp::Reverse(lengths[*node]), *node))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Any graph of up to eight nodes: weights, and for each node some before it.
    fn graph() -> impl Strategy<Value = (Vec<u64>, Vec<Vec<usize>>)> {
        prop::collection::vec((0_u64..6, any::<u8>()), 0..=8).prop_map(|nodes| {
            let weights = nodes.iter().map(|(weight, _)| *weight).collect();
            let needs =
                |(node, (_, mask)): (usize, &(u64, u8))| (0..node).filter(|need| mask >> need & 1 == 1).collect();
            (weights, nodes.iter().enumerate().map(needs).collect())
        })
    }

    /// Every chain that there is, however long.
    fn chains(needs: &[Vec<usize>]) -> Vec<Vec<usize>> {
        let mut all: Vec<Vec<usize>> = Vec::new();
        for (node, needs) in needs.iter().enumerate() {
            let longer = all.iter().filter(|chain| chain.last().is_some_and(|last| needs.contains(last)));
            let mut longer: Vec<Vec<usize>> = longer.map(|chain| [chain.as_slice(), &[node]].concat()).collect();
            longer.push(vec![node]);
            all.append(&mut longer);
        }
        all
    }

    fn length(chain: &[usize], weights: &[u64]) -> u64 {
        chain.iter().map(|node| weights[*node]).sum()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]
        #[test]
        fn it_is_what_trying_all_chains_gives((weights, needs) in graph()) {
            let all = chains(&needs);
            let longest = |weights: &[u64], wanted: &dyn Fn(&[usize]) -> bool| {
                all.iter().filter(|chain| wanted(chain)).map(|chain| length(chain, weights)).max().unwrap_or(0)
            };
            let edges: Vec<&[usize]> = needs.iter().map(Vec::as_slice).collect();
            let nanos: Vec<Nanos> = weights.iter().map(|weight| Nanos(*weight)).collect();
            let measured = Longest::of(&nanos, &edges);
            prop_assert_eq!(measured.length.0, longest(&weights, &|_| true));
            let chain = measured.chain(&edges);
            prop_assert!(weights.is_empty() || all.contains(&chain));
            prop_assert_eq!(length(&chain, &weights), measured.length.0);
            let improvements = measured.improvements(&nanos, &edges);
            for node in 0..weights.len() {
                prop_assert_eq!(measured.through(node, nanos[node]).0, longest(&weights, &|chain| chain.contains(&node)));
                let mut lighter = weights.clone();
                lighter[node] = 0;
                prop_assert_eq!(improvements[node].0, measured.length.0 - longest(&lighter, &|_| true), "node {}", node);
            }
        }
    }
}
