//! Flags that compile C for one processor.
//!
//! Knows the flags; does not know processors.

use super::compiler;
use super::packages;
use crate::doctor::answer::{Answer, Unknown};
use crate::doctor::origin::Origin;
use crate::doctor::world::World;
use crate::session::quoting;

/// Settings with flags for C, and compilers, which may have some too.
const SETTINGS: [&str; 7] = ["CC", "CXX", "CGO_CFLAGS", "CGO_CPPFLAGS", "CGO_CXXFLAGS", "CGO_FFLAGS", "CGO_LDFLAGS"];

pub(super) fn portable(world: &World) -> Result<Answer, Unknown> {
    if !compiler::is_on(world)? {
        return Ok(Answer::not_applicable("cgo is off"));
    }
    let mut found = Vec::new();
    for name in SETTINGS {
        let words = quoting::split(world.go_env(name)?).unwrap_or_default();
        for (word, reach) in words.iter().filter_map(|word| Some((word, Reach::of(word)?))) {
            let origin = Origin::of(name, world);
            let says = format!("{name} has {word}, {origin}: {}", reach.words());
            found.push(reach.answer(says).mend(format!("take {word} out of {name}")));
        }
    }
    for lines in packages::lines(world)? {
        for (word, reach) in lines.words.iter().filter_map(|word| Some((word, Reach::of(word)?))) {
            let says = format!("{} has {word} in its #cgo {}: {}", lines.path, lines.name, reach.words());
            let meant = "take the flag out, or choose between several functions while the program runs";
            found.push(reach.answer(says).mend(meant));
        }
    }
    Ok(Answer::worst(found, "no flag for C names a processor"))
}

/// Where code runs that a flag makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reach {
    /// On the like of the machine that compiled it, whichever that was.
    ThisMachine,
    /// Everywhere, as fast as it can there; but it is other code on each machine.
    Tuned,
    /// Where the processor has something.
    Some,
}

impl Reach {
    fn of(word: &str) -> Option<Self> {
        const EXTENSIONS: [&str; 8] = ["-mavx", "-mfma", "-mbmi", "-msse3", "-mssse3", "-msse4", "-mamx", "-mf16c"];
        const PLAIN: [&str; 6] = ["x86-64", "armv8-a", "generic", "i686", "rv64gc", "core2"];
        match word.split_once('=') {
            Some(("-march" | "-mcpu", "native")) => Some(Self::ThisMachine),
            Some(("-mtune", "native")) => Some(Self::Tuned),
            Some(("-march" | "-mcpu", processor)) if !PLAIN.contains(&processor) => Some(Self::Some),
            _ => EXTENSIONS.iter().any(|flag| word.starts_with(flag)).then_some(Self::Some),
        }
    }

    const fn words(self) -> &'static str {
        match self {
            Self::ThisMachine => {
                "what comes out runs on processors like that of the build alone, and differs between machines"
            }
            Self::Tuned => "what comes out differs between machines",
            Self::Some => "what comes out runs where the processor has that",
        }
    }

    fn answer(self, says: String) -> Answer {
        match self {
            Self::ThisMachine => Answer::warn(says),
            Self::Tuned | Self::Some => Answer::note(says),
        }
    }
}
