//! The C compiler: whether there is one, whether it works, and what it makes code for.
//!
//! Knows how compilers tell their target; whether cgo is on, go says.

use std::collections::BTreeSet;
use std::path::Path;

use super::packages::{self, Owner, Package};
use crate::doctor::answer::{Answer, Unknown, Verdict};
use crate::doctor::origin::{Chosen, Origin};
use crate::doctor::world::World;
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
struct Compiler {
    words: Vec<String>,
}

impl Compiler {
    /// The one of `CC` or `CXX`.
    fn of(world: &World, name: &str) -> Result<Self, Unknown> {
        let value = world.go_env(name)?;
        let words = quoting::split(value).filter(|words| !words.is_empty());
        Ok(Self { words: words.ok_or_else(|| Unknown(format!("{name} is {value:?}, which names no program")))? })
    }

    fn program(&self) -> &str {
        self.words.first().map_or("", String::as_str)
    }

    fn is_here(&self, world: &World) -> bool {
        match self.program() {
            path if path.contains('/') => Path::new(path).is_file(),
            name => !world.in_path(name).is_empty(),
        }
    }

    /// What it says to some words more, where it is content, and why not where it is not.
    fn ask(&self, world: &World, more: &[&str]) -> Result<Result<String, String>, Unknown> {
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
        (false, origin) if !origin.is_users() => switched_off(world, &cc),
        (false, origin) => {
            let why = format!("CGO_ENABLED is 0, {origin}");
            left_out(world, Off::BySomebody, why, &origin.mend("CGO_ENABLED"))
        }
    }
}

fn works(world: &World, cc: &Compiler, origin: &Origin) -> Result<Answer, Unknown> {
    const INSTALL: &str = "install a C compiler: gcc and libc6-dev on Debian and its like, build-base on Alpine";
    if !cc.is_here(world) {
        let says = format!("cgo is on, {origin}, and its C compiler {} is not here", cc.program());
        let answer = Answer { verdict: harm(world), ..Answer::note(says) };
        let answer = match Chosen::of("CC", world) {
            Some(chosen) => answer.seen(format!("CC is set {}", chosen.origin)).mend(chosen.origin.mend("CC")),
            None => answer.mend(INSTALL),
        };
        return Ok(answer.mend("CGO_ENABLED=0, where nothing needs C"));
    }
    // Preprocessing says whether there is a C library to compile for, and leaves nothing behind.
    let probe = ["-E", "-include", "stdlib.h", "-x", "c", "/dev/null", "-o", "/dev/null"];
    if let Err(words) = cc.ask(world, &probe)? {
        let says = format!("cgo is on, and {} does not find what belongs to C", cc.words.join(" "));
        return Ok(Answer::error(says).seen(format!("it says: {words}")).mend(INSTALL));
    }
    let cxx = Compiler::of(world, "CXX")?;
    // Where packages cannot be listed, there are none to compile.
    let cpp = packages::with_cpp(world).unwrap_or_default();
    if let Some(first) = cpp.first().filter(|_| !cxx.is_here(world)) {
        let says = format!("{first} has C++ in it, and the compiler {} is not here", cxx.program());
        return Ok(Answer::error(says).mend("install g++, or set CXX"));
    }
    Ok(Answer::ok(format!("cgo is on, and {} is here", cc.words.join(" "))))
}

/// Nobody asked for it: there is no compiler, or the target is another.
fn switched_off(world: &World, cc: &Compiler) -> Result<Answer, Unknown> {
    let target = [world.go_env("GOOS")?, world.go_env("GOARCH")?];
    let host = [world.go_env("GOHOSTOS")?, world.go_env("GOHOSTARCH")?];
    let (why, mend) = if target == host {
        (
            format!("go has switched cgo off, because there is no {}", cc.program()),
            String::from("install a C compiler, or set CC"),
        )
    } else {
        let why = format!(
            "go has switched cgo off, because builds are for {} and this is {}",
            target.join("/"),
            host.join("/")
        );
        (why, String::from("CGO_ENABLED=1, and CC set to a compiler for that"))
    };
    left_out(world, Off::ByGo, why, &mend)
}

/// Who switched cgo off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Off {
    ByGo,
    BySomebody,
}

/// What builds lack without cgo.
fn left_out(world: &World, off: Off, why: String, mend: &str) -> Result<Answer, Unknown> {
    let importing = packages::importing_c(world)?;
    let complaints = world.complaints()?;
    let mut found = Vec::new();
    for package in importing.iter().filter(|package| package.owner != Owner::Go) {
        found.push(judged(world, off, package, &complaints)?);
    }
    if found.is_empty() {
        return Ok(Answer::ok(format!("{why}; no package here imports C")));
    }
    let worst = Answer::worst(found, "");
    Ok(Answer { seen: [vec![why], worst.seen].concat(), ..worst }.mend(mend))
}

/// Go, of a package of which no file is left.
const EXCLUDED: &str = "build constraints exclude all Go files in ";

fn judged(world: &World, off: Off, package: &Package, complaints: &BTreeSet<&str>) -> Result<Answer, Unknown> {
    let Package { path, folder, owner } = package;
    if complaints.iter().any(|said| said.contains(EXCLUDED) && said.ends_with(folder.as_str())) {
        return Ok(Answer::error(format!("{path} has no file left, and what imports it does not build")));
    }
    let partly = format!("{path} is built without its files that import C");
    if *owner != Owner::Own {
        return Ok(Answer::note(partly));
    }
    let gone = format!("{path} imports C, and is left out of ./...");
    Ok(match (packages::is_built(world, path)?, off) {
        (true, Off::ByGo) => Answer::warn(partly),
        (true, Off::BySomebody) => Answer::note(partly),
        (false, Off::ByGo) => Answer::error(gone),
        (false, Off::BySomebody) => Answer::note(gone),
    })
}

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

/// How bad a compiler is that cannot be used: where no package of a build has C in it, nobody misses it.
fn harm(world: &World) -> Verdict {
    match world.packages_with_cgo() {
        Ok(lines) if lines.trim().is_empty() => Verdict::Note,
        _ => Verdict::Error,
    }
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
    said.ok_or_else(|| Unknown(format!("{} does not say what it compiles for", cc.words.join(" "))))
}
