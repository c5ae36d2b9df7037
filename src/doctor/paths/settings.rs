//! What variables say of where things are.
//!
//! Knows their rules; does not know what the folders are like.

use std::path::{Path, PathBuf};

use crate::doctor::answer::{Answer, Unknown};
use crate::doctor::filesystem::{may_write, real};
use crate::doctor::origin::{Chosen, Origin};
use crate::doctor::quoting::quoted;
use crate::doctor::world::World;

pub(super) fn home(world: &World) -> Result<Answer, Unknown> {
    let missing: Vec<&str> = ["GOCACHE", "GOMODCACHE"]
        .into_iter()
        .filter_map(|name| match world.go_env(name) {
            Ok(value) if value.is_empty() || (value == "off" && Chosen::of(name, world).is_none()) => Some(Ok(name)),
            Ok(_) => None,
            Err(why) => Some(Err(why)),
        })
        .collect::<Result<_, _>>()?;
    let home = world.variable_text("HOME");
    match (home, missing.is_empty()) {
        (Some(home), true) => Ok(Answer::ok(format!("HOME is {home}"))),
        (None, true) => Ok(Answer::ok("HOME is not set, but all that go needs is")),
        (home, false) => {
            let home = home.map_or_else(|| String::from("HOME is not set"), |home| format!("HOME is {home}"));
            let answer = Answer::error(format!("{home}, and go knows no {}", missing.join(", and no ")));
            Ok(answer.mend("set HOME to a folder that is kept between builds; or GOCACHE and GOPATH"))
        }
    }
}

pub(super) fn gocache(world: &World) -> Result<Answer, Unknown> {
    let value = world.go_env("GOCACHE")?;
    let chosen = Chosen::of("GOCACHE", world);
    if Path::new(value).is_absolute() {
        return Ok(Answer::ok(format!("GOCACHE is {value}")));
    }
    match chosen {
        None => Ok(Answer::not_applicable("GOCACHE is not set, and go has no place of its own for it")),
        Some(Chosen { value, origin }) => {
            let what = if value == "off" { "which go refuses since 1.12" } else { "which is not an absolute path" };
            Ok(Answer::error(format!("GOCACHE is {value} {origin}, {what}")).mend(origin.mend("GOCACHE")))
        }
    }
}

pub(super) fn go111module(world: &World) -> Result<Answer, Unknown> {
    world.go()?;
    let Some(Chosen { value, origin }) = Chosen::of("GO111MODULE", world) else {
        return Ok(Answer::ok("GO111MODULE is not set"));
    };
    let seen = format!("GO111MODULE is {value} {origin}");
    let answer = match value.as_str() {
        "on" => return Ok(Answer::ok(format!("{seen}, as without it"))),
        "auto" => Answer::note(format!("{seen}: where there is no go.mod, sources are looked for in GOPATH")),
        "off" => Answer::error(format!("{seen}: go.mod is ignored")),
        _ => Answer::error(format!("{seen}, which is no value that go knows")),
    };
    Ok(answer.mend(origin.mend("GO111MODULE")))
}

pub(super) fn gopath(world: &World) -> Result<Answer, Unknown> {
    let chosen = Chosen::of("GOPATH", world);
    let value = match (world.go_env("GOPATH"), &chosen) {
        (Ok(value), _) => value.to_owned(),
        // Of a path that it does not like go does not even say which it is.
        (Err(_), Some(chosen)) => chosen.value.clone(),
        (Err(why), None) => return Err(why),
    };
    if value.is_empty() {
        return Ok(Answer::not_applicable("there is no GOPATH"));
    }
    let origin = chosen.map_or(Origin::Go, |chosen| chosen.origin);
    let undo = origin.mend("GOPATH");
    let entries: Vec<PathBuf> = std::env::split_paths(&value).filter(|entry| !entry.as_os_str().is_empty()).collect();
    let root = world.go_env("GOROOT").ok().map(|root| real(Path::new(root)));
    let seen = format!("GOPATH is {value}, {origin}");
    if let Some(entry) = entries.iter().find(|entry| !entry.is_absolute()) {
        return Ok(Answer::error(format!("{seen}: {} is not an absolute path", entry.display())).mend(undo));
    }
    if entries.iter().any(|entry| Some(real(entry)) == root) {
        return Ok(Answer::warn(format!("{seen}: that is GOROOT, where Go itself is")).mend(undo));
    }
    if let Some(entry) = entries.iter().find(|entry| entry.join("go.mod").is_file()) {
        let file = entry.join("go.mod");
        let answer = Answer::error(format!("{seen}: there is a {}, which go ignores or refuses", file.display()));
        return Ok(answer.mend(format!("rm {}, or move the module out of there", quoted(file.display()))));
    }
    if entries.len() > 1 {
        let answer =
            Answer::note(format!("{seen}: only the first of {} has the module cache and programs", entries.len()));
        return Ok(answer.mend(undo));
    }
    Ok(Answer::ok(seen))
}

pub(super) fn module_in_gopath(world: &World) -> Result<Answer, Unknown> {
    let file = world.go_mod()?.map_or_else(|| world.directory().join("go.mod"), Path::to_path_buf);
    let module = real(file.parent().unwrap_or(world.directory()));
    let entries = std::env::split_paths(world.go_env("GOPATH")?).filter(|entry| entry.is_absolute());
    let inside = entries.map(|entry| real(&entry).join("src")).find(|sources| module.starts_with(sources));
    let Some(sources) = inside else {
        return Ok(Answer::ok(format!("{} is in no folder of GOPATH", module.display())));
    };
    let seen = format!("{} is in {}", module.display(), sources.display());
    let answer = if file.is_file() {
        Answer::note(seen)
    } else {
        Answer::warn(format!("{seen}, and has no go.mod: it builds with GO111MODULE=off only")).mend("go mod init")
    };
    Ok(answer.mend("move it out of GOPATH"))
}

pub(super) fn gobin(world: &World) -> Result<Answer, Unknown> {
    let Some(folder) = world.bin_folder()? else {
        return Ok(Answer::not_applicable("there is neither GOBIN nor GOPATH"));
    };
    let chosen = Chosen::of("GOBIN", world);
    let undo = chosen.as_ref().map_or(&Origin::Go, |chosen| &chosen.origin).mend("GOBIN");
    let seen = match &chosen {
        Some(chosen) => format!("GOBIN is {} {}", chosen.value, chosen.origin),
        None => format!("go install puts programs into {}", folder.display()),
    };
    if !folder.is_absolute() {
        return Ok(Answer::error(format!("{seen}, which is not an absolute path")).mend(undo));
    }
    let there = folder.ancestors().find(|folder| folder.exists()).unwrap_or(&folder);
    if let Err(error) = may_write(there) {
        return Ok(Answer::warn(format!("{seen}, which cannot be written: {error}")).mend(undo));
    }
    let is_empty = std::fs::read_dir(&folder).map_or(true, |mut entries| entries.next().is_none());
    let path = world.variable("PATH").unwrap_or_default();
    let is_in_path = std::env::split_paths(path).any(|entry| entry == folder || real(&entry) == real(&folder));
    // A folder that nobody has put anything into is missed by nobody.
    if is_in_path || (is_empty && chosen.is_none()) {
        return Ok(Answer::ok(seen));
    }
    let answer = Answer::note(format!("{seen}, which is not in PATH"));
    Ok(answer.mend(format!("export PATH=\"$PATH\":{}", quoted(folder.display()))))
}
