//! Which causes a build had, and whom each of them reached.
//!
//! Knows for each package its own reasons and whose content changed that it imports. Causes are followed through imports, also
//! through what earlier commands made. Takes no more time than there are causes times imports, 64 causes at a time.

use std::collections::HashMap;

use super::history::History;
use super::reason::{Change, Edit, Reason};
use crate::analyze::costs::cost::Cost;
use crate::build::{Build, FileKind};

/// What somebody did, as far as it shows. Reasons of several packages may be one cause.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cause {
    /// What.
    pub reason: Reason,
    /// The package or the module that it was about; none where it was about all.
    pub of: Option<String>,
}

/// Causes and whom they reached.
#[derive(Debug, Default)]
pub(super) struct Cascades {
    pub(super) causes: Vec<Cause>,
    /// Of each cause all that it reached.
    pub(super) reach: Vec<Cost>,
    /// Of each cause what it alone reached: without it, that would not have been built.
    pub(super) alone: Vec<Cost>,
    /// What several causes reached.
    pub(super) several: Cost,
    /// Of each package that was made, how many causes it had, and the first of them.
    pub(super) of_made: Vec<(usize, Option<usize>)>,
}

/// What is known of one package that was made.
pub(super) struct Reached<'a> {
    /// Why.
    pub(super) reasons: &'a [Reason],
    /// Whether it is asked for.
    pub(super) is_counted: bool,
}

impl Cascades {
    /// `reached` are parallel to what the history made.
    pub(super) fn of(build: &Build, history: &History, reached: &[Reached]) -> Self {
        let mut cascades = Self { of_made: vec![(0, None); reached.len()], ..Self::default() };
        let (mut own, mut from) = (Vec::with_capacity(reached.len()), Vec::with_capacity(reached.len()));
        let mut numbers: HashMap<Cause, usize> = HashMap::new();
        for (at, Reached { reasons, .. }) in reached.iter().enumerate() {
            let (mut causes, mut makers) = (Vec::new(), Vec::new());
            for reason in *reasons {
                if let Reason::Import(path, _) = reason
                    && let Some(maker) = maker(history, at, path)
                {
                    makers.push(maker);
                } else {
                    let cause = cause(build, history, at, reason);
                    let new = numbers.len();
                    causes.push(*numbers.entry(cause.clone()).or_insert_with(|| {
                        cascades.causes.push(cause);
                        new
                    }));
                }
            }
            own.push(causes);
            from.push(makers);
        }
        cascades.reach = vec![Cost::default(); cascades.causes.len()];
        cascades.alone.clone_from(&cascades.reach);
        cascades.spread(history, reached, &own, &from);
        cascades
    }

    fn spread(&mut self, history: &History, reached: &[Reached], own: &[Vec<usize>], from: &[Vec<usize>]) {
        let mut masks = vec![0_u64; reached.len()];
        for first in (0..self.causes.len()).step_by(64) {
            let bit = |cause: &usize| cause.checked_sub(first).filter(|bit| *bit < 64).map_or(0, |bit| 1_u64 << bit);
            for at in 0..reached.len() {
                let of_imports = from[at].iter().fold(0, |mask, maker| mask | masks[*maker]);
                let mut mask = own[at].iter().fold(of_imports, |mask, cause| mask | bit(cause));
                masks[at] = mask;
                let (count, cause) = &mut self.of_made[at];
                *count += mask.count_ones() as usize;
                *cause = cause.or_else(|| (mask != 0).then(|| first + mask.trailing_zeros() as usize));
                while mask != 0 && reached[at].is_counted {
                    self.reach[first + mask.trailing_zeros() as usize].add(&history.made[at].cost);
                    mask &= mask - 1;
                }
            }
        }
        for (at, (count, cause)) in self.of_made.iter().enumerate().filter(|(at, _)| reached[*at].is_counted) {
            match (count, cause) {
                (1, Some(cause)) => self.alone[*cause].add(&history.made[at].cost),
                _ => self.several.add(&history.made[at].cost),
            }
        }
    }
}

/// Who made an import that was another: the same command, or a command since the package was made before.
pub(super) fn maker(history: &History, at: usize, path: &str) -> Option<usize> {
    let made = &history.made[at];
    let import = made.import(path)?;
    import.made.filter(|maker| *maker < at).or_else(|| {
        let before = history.before(at).next()?;
        history.latest(path, at).filter(|maker| history.made[*maker].order > history.made[before].order)
    })
}

/// What somebody did that this is a reason of.
fn cause(build: &Build, history: &History, at: usize, reason: &Reason) -> Cause {
    let made = &history.made[at];
    // An edit of a package is one of its variants, too.
    let package = || Some(build.catalog.packages.get(made.package).path.clone());
    let module = || build.catalog.module_of(made.package).map(|module| module.path.clone());
    let (reason, of) = match reason {
        Reason::Tags(change, _) => (Reason::Tags(change.clone(), Vec::new()), None),
        Reason::Language(_) | Reason::Moved(_) => (reason.clone(), module()),
        Reason::Version(change) => (Reason::Version(short(change)), module()),
        Reason::Files(FileKind::Generated, _) => (Reason::Files(FileKind::Generated, Vec::<Edit>::new()), package()),
        Reason::Files(..) | Reason::Sources | Reason::BuildInfo(_) => (reason.clone(), package()),
        // Of something that nobody was seen to make.
        Reason::Import(path, _) => (reason.clone(), Some(path.clone())),
        _ => (reason.clone(), None),
    };
    Cause { reason, of }
}

/// `m@v1` to `m@v2` is told of `m`.
fn short(change: &Change) -> Change {
    let version = |name: &str| name.rsplit_once('@').map_or(name, |(_, version)| version).to_owned();
    Change { old: version(&change.old), new: version(&change.new) }
}
