//! Libraries that `#cgo pkg-config:` lines name.
//!
//! Knows that go asks pkg-config for them before it compiles; does not know where libraries are.

use std::path::Path;

use super::compiler;
use super::packages;
use crate::doctor::answer::{Answer, Unknown};
use crate::doctor::world::World;

pub(super) fn found(world: &World) -> Result<Answer, Unknown> {
    if !compiler::is_on(world)? {
        return Ok(Answer::not_applicable("cgo is off"));
    }
    let wanted = packages::wanted_of_pkg_config(world)?;
    if wanted.is_empty() {
        return Ok(Answer::ok("no package here asks pkg-config"));
    }
    let program = world.variable_text("PKG_CONFIG").unwrap_or_else(|| String::from("pkg-config"));
    if !program.contains('/') && world.in_path(&program).is_empty() {
        let says = format!("{} asks for libraries, and there is no {program} in PATH", wanted[0].path);
        return Ok(Answer::error(says).mend(format!("install {program}, or set PKG_CONFIG")));
    }
    let mut found = Vec::new();
    for lines in &wanted {
        // The question that go asks, flags in the line included.
        let words: Vec<&str> = ["--cflags"].into_iter().chain(lines.words.iter().map(String::as_str)).collect();
        let said = world.ask(Path::new(&program), &words)?;
        let why = said.stderr.lines().find(|line| !line.trim().is_empty()).unwrap_or("it does not say why");
        let says = format!("{}: pkg-config {}: {why}", lines.path, lines.words.join(" "));
        let mend = "install the library with its headers (-dev, -devel), or point PKG_CONFIG_PATH to its .pc file";
        found.extend((!said.status.success()).then(|| Answer::error(says).mend(mend)));
    }
    Ok(Answer::worst(found, format!("it knows all that {} packages ask for", wanted.len())))
}
