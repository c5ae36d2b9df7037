//! What cmd/go hashed into the keys under which the build cache knows packages, where a trace tells it.
//!
//! Knows names and values of inputs; does not know what it means that two of them differ. Two keys that are the same have the
//! same inputs, so each is kept once.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::num::NonZeroU64;

/// The identity of an action ID: the same for the same one, and no text, of which a large trace would hold a million.
/// Whoever forges a trace can make two the same, and mislead nobody but the reader of that trace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ActionId(NonZeroU64);

impl ActionId {
    pub(crate) fn of(text: &str) -> Self {
        // The keys of this hasher are fixed: the same trace has the same identities each time.
        let mut hasher = DefaultHasher::new();
        text.hash(&mut hasher);
        Self(NonZeroU64::new(hasher.finish()).unwrap_or(NonZeroU64::MIN))
    }
}

/// The inputs of keys.
#[derive(Debug, Default)]
pub struct Keys {
    inputs: HashMap<ActionId, Vec<Input>>,
}

/// One of the things that are hashed into a key.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Input {
    /// What it is called: `file a.go`, `import fmt`, `GOAMD64`.
    pub name: Box<str>,
    /// What it was, or a hash of it.
    pub value: Box<str>,
}

/// A key, and whose it is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Keyed {
    /// As cmd/go names the package: `p`, or `p [p.test]`.
    pub package: String,
    /// Under which the build cache knows it.
    pub key: ActionId,
}

impl Keys {
    /// Adds what a line told. A trace is a foreign file: where two lines tell different things of one key, the greater counts,
    /// whichever comes first.
    pub(super) fn add(&mut self, key: ActionId, inputs: &[String]) {
        if inputs.is_empty() {
            return;
        }
        let mut inputs: Vec<Input> = inputs.iter().map(|text| Input::of(text)).collect();
        inputs.sort();
        let known = self.inputs.entry(key).or_default();
        if inputs > *known {
            *known = inputs;
        }
    }

    /// The inputs that these texts tell.
    #[cfg(test)]
    pub(crate) fn of_test(texts: &[String]) -> Vec<Input> {
        texts.iter().map(|text| Input::of(text)).collect()
    }

    /// The inputs of a key, by name; none where no line told them.
    #[must_use]
    pub fn inputs(&self, key: ActionId) -> Option<&[Input]> {
        self.inputs.get(&key).map(Vec::as_slice)
    }
}

impl Input {
    fn of(text: &str) -> Self {
        let (name, value) = text.split_once('\t').unwrap_or((text, ""));
        Self { name: name.into(), value: value.into() }
    }
}
