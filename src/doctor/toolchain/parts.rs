//! Whether the parts of a Go installation belong together.
//!
//! Knows GOROOT, and what the tools say of themselves; does not know where a go came from.

use std::path::{Path, PathBuf};

use crate::doctor::answer::{Answer, Unknown, Verdict};
use crate::doctor::ask::{PATIENCE, ask};
use crate::doctor::text::text_of;
use crate::doctor::version::Version;
use crate::doctor::world::World;

pub(super) fn goroot(world: &World) -> Result<Answer, Unknown> {
    let go = world.go()?;
    let Some(set) = world.variable("GOROOT") else {
        return Ok(Answer::ok("GOROOT is not set, so go finds its own"));
    };
    let own = ask(&mut world.as_itself(&go, &["env", "GOROOT"]), PATIENCE)?.fine("go env GOROOT")?;
    let (set, own) = (Path::new(set), PathBuf::from(own.trim()));
    if set.canonicalize().is_ok_and(|set| own.canonicalize().is_ok_and(|own| set == own)) {
        return Ok(Answer::ok(format!("GOROOT is {}, that of go itself", set.display())));
    }
    let first_line = |root: &Path| {
        let text = text_of(&root.join("VERSION"), 1 << 20).unwrap_or_default();
        text.lines().next().unwrap_or("of no version").to_owned()
    };
    let told = |root: &Path| format!("{} ({})", root.display(), first_line(root));
    let seen = if set.is_dir() {
        format!("GOROOT is {}, and go's own is {}", told(set), told(&own))
    } else {
        format!("GOROOT is {}, which is not there; go's own is {}", set.display(), told(&own))
    };
    // The same version in two places builds the same.
    let alike = set.join("pkg/tool").is_dir() && first_line(set) == first_line(&own);
    let answer = if alike { Answer::note(seen) } else { Answer::error(seen) };
    Ok(answer.mend("unset GOROOT"))
}

pub(super) fn tool_versions(world: &World) -> Result<Answer, Unknown> {
    // Tools of another GOROOT are of another version, of course.
    let go = world.go()?;
    let said = match world.variable("GOROOT") {
        None => [world.go_env("GOVERSION")?, world.go_env("GOTOOLDIR")?].join("\n"),
        Some(_) => ask(&mut world.as_itself(&go, &["env", "GOVERSION", "GOTOOLDIR"]), PATIENCE)?.fine("go env")?,
    };
    let (version, folder) = said.trim().split_once('\n').ok_or_else(|| Unknown(format!("go env says {said}")))?;
    let folder = Path::new(folder);
    let answers = ["compile", "asm", "link"].map(|tool| {
        let path = folder.join(tool);
        if !path.exists() {
            return Ok(Answer::error(format!("there is no {}", path.display())));
        }
        let said = ask(&mut world.as_itself(&path, &["-V=full"]), PATIENCE)?.fine(&path.display().to_string())?;
        let fits = release(&said) == release(version);
        Ok(if fits { Answer::ok("") } else { Answer::error(format!("{} says: {}", path.display(), said.trim())) })
    });
    let answers = answers.into_iter().collect::<Result<Vec<_>, Unknown>>()?;
    let mut answer = Answer::worst(answers, format!("go, compile, asm and link are {version}"));
    if answer.verdict > Verdict::Ok {
        answer.seen.insert(0, format!("go is {version}"));
        let root = folder.ancestors().nth(3).unwrap_or(folder);
        answer =
            answer.mend(format!("delete {} and install Go anew: never unpack one Go over another", root.display()));
    }
    Ok(answer)
}

/// What is to be the same: `go1.27.3` of `compile version go1.27.3 X:synctest`, or all of what has no version in it.
fn release(text: &str) -> Result<Version, &str> {
    let text = text.trim().split_once(" version ").map_or(text.trim(), |(_, version)| version);
    Version::read(text).ok_or(text)
}
