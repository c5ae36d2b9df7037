//! The C compiler: whether there is one, and whether it works.
//!
//! Knows what go needs of one; whether cgo is on, go says.

use std::path::Path;

use super::left_out::{Off, left_out, switched_off};
use super::packages;
use crate::doctor::answer::{Answer, Unknown, Verdict};
use crate::doctor::flags;
use crate::doctor::origin::{Chosen, Origin};
use crate::doctor::world::{World, is_program};
use crate::session::quoting;

/// Whether builds here compile C.
///
/// # Errors
/// There is no go.
pub(super) fn is_on(world: &World) -> Result<bool, Unknown> {
    Ok(world.go_env("CGO_ENABLED")? == "1")
}

/// A compiler as go calls it: the program and words that come first.
#[derive(Debug)]
pub(super) struct Compiler {
    words: Vec<String>,
}

impl Compiler {
    /// The one of `CC` or `CXX`.
    pub(super) fn of(world: &World, name: &str) -> Result<Self, Unknown> {
        let value = world.go_env(name)?;
        let words = quoting::split(value).filter(|words| !words.is_empty());
        Ok(Self { words: words.ok_or_else(|| Unknown(format!("{name} is {value:?}, which names no program")))? })
    }

    pub(super) fn program(&self) -> &str {
        self.words.first().map_or("", String::as_str)
    }

    /// As one would type it.
    pub(super) fn typed(&self) -> String {
        self.words.join(" ")
    }

    pub(super) fn is_here(&self, world: &World) -> bool {
        match self.program() {
            path if path.contains('/') => is_program(&world.directory().join(path)),
            name => !world.in_path(name).is_empty(),
        }
    }

    /// What it says to some words more, where it is content, and why not where it is not.
    pub(super) fn ask(&self, world: &World, more: &[&str]) -> Result<Result<String, String>, Unknown> {
        let words: Vec<&str> = self.words.iter().skip(1).map(String::as_str).chain(more.iter().copied()).collect();
        let said = world.ask(Path::new(self.program()), &words)?;
        if said.status.success() {
            return Ok(Ok(said.stdout.trim().to_owned()));
        }
        let words = said.stderr.lines().find(|line| line.contains("error")).or(said.stderr.lines().next());
        Ok(Err(words.unwrap_or("it said nothing").to_owned()))
    }
}

pub(super) fn compiler(world: &World) -> Result<Answer, Unknown> {
    let cc = Compiler::of(world, "CC")?;
    let origin = Origin::of("CGO_ENABLED", world);
    match (is_on(world)?, origin) {
        (true, origin) => works(world, &cc, &origin),
        (false, origin) if !origin.is_users() => switched_off(world, cc.program()),
        (false, origin) => {
            let why = format!("CGO_ENABLED is 0, {origin}");
            left_out(world, Off::BySomebody, why, &origin.mend("CGO_ENABLED"))
        }
    }
}

const INSTALL: &str = "install a C compiler: gcc and libc6-dev on Debian and its like, build-base on Alpine";
const WITHOUT: &str = "CGO_ENABLED=0, where nothing needs C";

fn works(world: &World, cc: &Compiler, origin: &Origin) -> Result<Answer, Unknown> {
    // Preprocessing says whether there is a C library to compile for, and leaves nothing behind.
    const PROBE: [&str; 7] = ["-E", "-include", "stdlib.h", "-x", "c", "/dev/null", "-o/dev/null"];
    if !cc.is_here(world) {
        return Ok(absent(world, cc, origin));
    }
    if let Err(words) = cc.ask(world, &PROBE)? {
        let says = format!("cgo is on, and {} does not find what belongs to C", cc.typed());
        let answer = Answer { verdict: harm(world), ..Answer::note(says) };
        return Ok(answer.seen(format!("it says: {words}")).mend(INSTALL).mend(WITHOUT));
    }
    if let Some(program) = missing_part(world, cc)? {
        let says = format!("cgo is on, and {} does not find {program}, which it starts", cc.typed());
        let answer = Answer { verdict: harm(world), ..Answer::note(says) };
        return Ok(answer.mend("install binutils, or put its folder into PATH").mend(WITHOUT));
    }
    if let Some(answer) = unsanitized(world, cc)? {
        return Ok(answer);
    }
    let cxx = Compiler::of(world, "CXX")?;
    // Where packages cannot be listed, there are none to compile.
    let cpp = packages::with_cpp(world).unwrap_or_default();
    if let Some(first) = cpp.first().filter(|_| !cxx.is_here(world)) {
        let says = format!("{first} has C++ in it, and the compiler {} is not here", cxx.program());
        return Ok(Answer::error(says).mend("install g++, or set CXX"));
    }
    Ok(Answer::ok(format!("cgo is on, and {} is here", cc.typed())))
}

/// The assembler or the linker, where the compiler looks for it in vain. Clang has an assembler in itself.
fn missing_part(world: &World, cc: &Compiler) -> Result<Option<&'static str>, Unknown> {
    let is_clang = cc.ask(world, &["--version"])?.is_ok_and(|version| version.contains("clang"));
    for program in ["as", "ld"].into_iter().filter(|program| !is_clang || *program != "as") {
        // Of what it does not find in its own folders it gives the bare name, and starts what PATH has.
        let found = cc.ask(world, &[&format!("-print-prog-name={program}")])?.unwrap_or_default();
        let is_here = match found.as_str() {
            // It does not know the question.
            "" => true,
            path if path.contains('/') => is_program(Path::new(path)),
            name => !world.in_path(name).is_empty(),
        };
        if !is_here {
            return Ok(Some(program));
        }
    }
    Ok(None)
}

fn absent(world: &World, cc: &Compiler, origin: &Origin) -> Answer {
    let says = format!("cgo is on, {origin}, and its C compiler {} is not here", cc.program());
    let answer = Answer { verdict: harm(world), ..Answer::note(says) };
    let answer = match Chosen::of("CC", world) {
        Some(chosen) => answer.seen(format!("CC is set {}", chosen.origin)).mend(chosen.origin.mend("CC")),
        None => answer.mend(INSTALL),
    };
    answer.mend(WITHOUT)
}

/// A sanitizer that go takes from GOFLAGS, and the compiler does not know.
fn unsanitized(world: &World, cc: &Compiler) -> Result<Option<Answer>, Unknown> {
    const SANITIZERS: [(&str, &str); 2] = [("msan", "-fsanitize=memory"), ("asan", "-fsanitize=address")];
    let list = world.go_env("GOFLAGS")?;
    for (flag, passed) in SANITIZERS {
        if flags::value(list, flag).is_none_or(|value| value != "true") {
            continue;
        }
        if let Err(words) = cc.ask(world, &[passed, "-E", "-x", "c", "/dev/null", "-o/dev/null"])? {
            let origin = Origin::of("GOFLAGS", world);
            let says = format!("GOFLAGS has -{flag}, {origin}, and {} does not know {passed}", cc.typed());
            let answer = Answer { verdict: harm(world), ..Answer::note(says) }.seen(format!("it says: {words}"));
            return Ok(Some(answer.mend("CC=clang").mend(format!("take -{flag} out of GOFLAGS"))));
        }
    }
    Ok(None)
}

/// How bad a compiler is that cannot be used: where no package of a build has C in it, nobody misses it.
pub(super) fn harm(world: &World) -> Verdict {
    match world.packages_with_cgo() {
        Ok(lines) if lines.trim().is_empty() => Verdict::Note,
        _ => Verdict::Error,
    }
}
