//! What the C compiler makes code for.
//!
//! Knows how compilers tell it, and what Go calls the same.

use super::compiler::{Compiler, harm, is_on};
use crate::doctor::answer::{Answer, Unknown};
use crate::doctor::world::World;

/// Processors by GOARCH, and how compilers begin their names.
const PROCESSORS: [(&[&str], &[&str], &str); 9] = [
    (&["amd64", "386"], &["x86_64", "amd64", "i386", "i486", "i586", "i686"], "x86_64-linux-gnu-gcc"),
    (&["arm64"], &["aarch64", "arm64"], "aarch64-linux-gnu-gcc"),
    (&["arm"], &["arm"], "arm-linux-gnueabihf-gcc"),
    (&["ppc64", "ppc64le"], &["powerpc64", "ppc64"], "powerpc64le-linux-gnu-gcc"),
    (&["riscv64"], &["riscv64"], "riscv64-linux-gnu-gcc"),
    (&["s390x"], &["s390x"], "s390x-linux-gnu-gcc"),
    (&["loong64"], &["loongarch64"], "loongarch64-linux-gnu-gcc"),
    (&["mips", "mipsle", "mips64", "mips64le"], &["mips"], "mips-linux-gnu-gcc"),
    (&["wasm"], &["wasm"], "clang"),
];

/// Systems by GOOS, and what compilers for them have in the names of their targets.
const SYSTEMS: [(&str, &[&str]); 5] = [
    ("linux", &["linux"]),
    ("windows", &["mingw", "windows", "cygwin"]),
    ("darwin", &["darwin", "macos"]),
    ("freebsd", &["freebsd"]),
    ("android", &["android"]),
];

pub(super) fn target(world: &World) -> Result<Answer, Unknown> {
    if !is_on(world)? {
        return Ok(Answer::not_applicable("cgo is off"));
    }
    let machine = machine(world)?;
    let (system, processor) = (world.go_env("GOOS")?, world.go_env("GOARCH")?);
    let cc = world.go_env("CC")?;
    let says = format!("builds are for {system}/{processor}, and {cc} compiles for {machine}");
    let family = PROCESSORS.iter().find(|(names, ..)| names.contains(&processor));
    let is_other = |names: &[&str]| !names.iter().any(|name| machine.starts_with(name));
    // `arm64` begins as `arm` does.
    let is_arm64 = processor == "arm" && machine.starts_with("arm64");
    let other_processor = family.is_some_and(|(_, names, _)| is_other(names)) || is_arm64;
    let known = SYSTEMS.iter().find(|(name, _)| *name == system);
    let other_system = known.is_some_and(|(_, parts)| !parts.iter().any(|part| machine.contains(part)));
    if !other_processor && !other_system {
        return Ok(Answer::ok(says));
    }
    let example = family.map_or("a compiler for it", |(.., example)| example);
    let example = if system == "windows" { "x86_64-w64-mingw32-gcc" } else { example };
    let answer = Answer { verdict: harm(world), ..Answer::note(says) };
    Ok(answer.mend(format!("CC={example}, say")).mend("CGO_ENABLED=0, where nothing needs C"))
}

/// The target of the C compiler, as it calls it: `x86_64-linux-gnu`.
///
/// # Errors
/// There is no compiler, or it does not say.
pub(super) fn machine(world: &World) -> Result<String, Unknown> {
    let cc = Compiler::of(world, "CC")?;
    if !cc.is_here(world) {
        return Err(Unknown(format!("the C compiler {} is not here", cc.program())));
    }
    let said = cc.ask(world, &["-dumpmachine"])?;
    let said = said.ok().filter(|machine| !machine.is_empty() && !machine.contains(char::is_whitespace));
    said.ok_or_else(|| Unknown(format!("{} does not say what it compiles for", cc.typed())))
}
