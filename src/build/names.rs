//! A table of names: each is stored once, and everything else carries its number.
//!
//! Knows nothing of what a name means. Only a table can mint its numbers, so a number always finds its name.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hash};
use std::marker::PhantomData;

use rustc_hash::FxBuildHasher;

/// The number of a name in the table of `T`s.
pub struct Id<T> {
    index: u32,
    kind: PhantomData<fn() -> T>,
}

impl<T> Id<T> {
    /// As an index into something that has one place per name.
    #[must_use]
    pub const fn index(self) -> usize {
        self.index as usize
    }
}

/// Names by number and numbers by name. `K` is what tells two entries apart, `T` the entry, and `S` how a key is hashed.
pub struct Table<K, T, S = FxBuildHasher> {
    numbers: HashMap<K, Id<T>, S>,
    entries: Vec<T>,
}

impl<K: Eq + Hash, T, S: BuildHasher> Table<K, T, S> {
    /// The number of the entry with this key; `make` makes the entry when it is new.
    pub fn number(&mut self, key: K, make: impl FnOnce(&K) -> T) -> Id<T> {
        *self.numbers.entry(key).or_insert_with_key(|key| {
            let index = u32::try_from(self.entries.len()).unwrap_or(u32::MAX);
            self.entries.push(make(key));
            Id { index, kind: PhantomData }
        })
    }

    /// The entry that an id of this table stands for.
    pub fn get(&self, id: Id<T>) -> &T {
        &self.entries[id.index()]
    }

    /// The same, to add what is learned later.
    pub fn get_mut(&mut self, id: Id<T>) -> &mut T {
        &mut self.entries[id.index()]
    }

    /// All entries with their numbers, in the order in which they came.
    pub fn iter(&self) -> impl Iterator<Item = (Id<T>, &T)> {
        let id = |index: usize| Id { index: u32::try_from(index).unwrap_or(u32::MAX), kind: PhantomData };
        self.entries.iter().enumerate().map(move |(index, entry)| (id(index), entry))
    }

    /// The keys with the numbers of their entries, in no particular order.
    pub fn keys(&self) -> impl Iterator<Item = (&K, Id<T>)> {
        self.numbers.iter().map(|(key, id)| (key, *id))
    }

    /// The number of the entry with this key, if there is one.
    pub fn find_key(&self, key: &K) -> Option<Id<T>> {
        self.numbers.get(key).copied()
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

impl<T> Table<String, T> {
    /// The number of the entry with this name; only a new name is copied.
    pub fn named(&mut self, name: &str, make: impl FnOnce() -> T) -> Id<T> {
        match self.find(name) {
            Some(id) => id,
            None => self.number(name.to_owned(), |_| make()),
        }
    }

    /// The number of the entry with this name, if there is one.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<Id<T>> {
        self.numbers.get(name).copied()
    }
}

impl<K, T, S: Default> Default for Table<K, T, S> {
    fn default() -> Self {
        Self { numbers: HashMap::default(), entries: Vec::new() }
    }
}

impl<K, T: std::fmt::Debug, S> std::fmt::Debug for Table<K, T, S> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter) -> std::fmt::Result {
        formatter.debug_list().entries(&self.entries).finish()
    }
}

// Derived, these would ask the same of `T`, of which an id holds nothing.
impl<T> Clone for Id<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Id<T> {}

impl<T> PartialEq for Id<T> {
    fn eq(&self, other: &Self) -> bool {
        self.index == other.index
    }
}

impl<T> Eq for Id<T> {}

impl<T> Hash for Id<T> {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.index.hash(state);
    }
}

impl<T> std::fmt::Debug for Id<T> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter) -> std::fmt::Result {
        write!(formatter, "#{}", self.index)
    }
}
