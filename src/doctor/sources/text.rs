//! What editors and checkouts do to text: byte order marks, line endings.
//!
//! Knows the first bytes of files and what git says of them; does not know what is written in them.

use std::path::{Path, PathBuf};

use crate::doctor::answer::{Answer, Unknown, few};
use crate::doctor::quoting::quoted;
use crate::doctor::tree::{File, Sign, Tree, head, signs};
use crate::doctor::world::World;

/// How bad a mark is, and why.
type Matter = (fn(String) -> Answer, &'static str);

const UNREADABLE: Matter = (Answer::error, "go cannot read it with one");
const SECOND: Matter = (Answer::error, "a second one follows it, which is no Go");
const HIDDEN: Matter = (Answer::warn, "go generate passes over the directive behind it");
const SCRIPT: Matter = (Answer::warn, "the kernel does not see the #! behind it");
const JSON: Matter = (Answer::warn, "it is embedded, and encoding/json fails at it: invalid character 'ï'");
const DATA: Matter = (Answer::note, "it is embedded with the file");
const SKIPPED: Matter = (Answer::note, "compilers skip it");

pub(super) fn marks(world: &World, tree: &Tree) -> Answer {
    let work = world.go_work().ok().flatten().map(Path::to_path_buf);
    let has_mark = |path: &PathBuf| signs(&head(path)).contains(&Sign::Mark);
    let of_modules = tree.modules.iter().map(|folder| folder.join("go.mod"));
    let of_go: Vec<PathBuf> = of_modules.chain(work).filter(has_mark).collect();
    let embedded = embedded(world);
    let (json, data): (Vec<PathBuf>, Vec<PathBuf>) = embedded
        .files
        .iter()
        .filter(|path| has_mark(path))
        .cloned()
        .partition(|path| path.extension().is_some_and(|extension| extension == "json"));
    let sources = |matter: Matter| -> Vec<PathBuf> {
        let same = tree.showing(Sign::Mark).filter(|file| matter_of(file).1 == matter.1);
        same.map(|file| tree.root.join(&file.path)).collect()
    };
    let found = [(UNREADABLE, of_go), (JSON, json), (DATA, data)]
        .into_iter()
        .chain([SECOND, HIDDEN, SCRIPT, SKIPPED].map(|matter| (matter, sources(matter))));
    let answers = found.filter(|(_, paths)| !paths.is_empty()).map(|((verdict, what), paths)| {
        let names = || paths.iter().map(|path| path.display().to_string());
        let commanded = names().take(5).map(quoted).collect::<Vec<_>>().join(" ");
        verdict(format!("{} has one: {what}", few(names())))
            .mend(format!("sed -i '1s/^\\(\\xEF\\xBB\\xBF\\)*//' {commanded}"))
    });
    embedded.told(Answer::worst(answers, "none was found"))
}

fn matter_of(file: &File) -> Matter {
    if file.shows(Sign::SecondMark) && file.is("go") {
        SECOND
    } else if file.shows(Sign::HiddenDirective) {
        HIDDEN
    } else if file.is("sh") {
        SCRIPT
    } else {
        SKIPPED
    }
}

/// Files that go embeds.
#[derive(Debug, Default)]
struct Embedded {
    files: Vec<PathBuf>,
    /// As many are looked at by nobody.
    beyond: usize,
}

impl Embedded {
    /// Where not everything was seen, that is said.
    fn told(&self, answer: Answer) -> Answer {
        match self.beyond {
            0 => answer,
            beyond => answer.seen(format!("{beyond} more files are embedded and were not looked at")),
        }
    }
}

/// Go is asked only where a source imports embed. Without go nobody knows them, and the sources are looked at all the same.
fn embedded(world: &World) -> Embedded {
    const MOST: usize = 2_000;
    let mut files = Vec::new();
    for package in world.embedding().unwrap_or_default() {
        let folder = Path::new(package["Dir"].as_str().unwrap_or_default());
        let names = package["EmbedFiles"].as_array().into_iter().flatten().filter_map(|name| name.as_str());
        files.extend(names.map(|name| folder.join(name)));
    }
    let beyond = files.len().saturating_sub(MOST);
    files.truncate(MOST);
    Embedded { files, beyond }
}

pub(super) fn line_endings(world: &World, tree: &Tree) -> Answer {
    let mut files: Vec<PathBuf> = tree.showing(Sign::Crlf).map(|file| tree.root.join(&file.path)).collect();
    let embedded = embedded(world);
    files.extend(embedded.files.iter().filter(|path| signs(&head(path)).contains(&Sign::Crlf)).cloned());
    files.sort();
    files.dedup();
    if files.is_empty() {
        return embedded.told(Answer::ok("no source, script or embedded file has CR LF"));
    }
    let is_broken = |file: &&File| file.is("sh") && head(&tree.root.join(&file.path)).starts_with(b"#!");
    let scripts: Vec<&File> = tree.showing(Sign::Crlf).filter(is_broken).collect();
    let mut answers = Vec::new();
    if !scripts.is_empty() {
        let names = few(scripts.iter().map(|file| file.path.display().to_string()));
        answers.push(Answer::warn(format!("scripts with CR LF, which do not run: {names}")));
    }
    let inside = |path: &PathBuf| path.strip_prefix(&tree.root).unwrap_or(path).display().to_string();
    let names = few(files.iter().map(inside));
    answers.push(match converted(world, tree, &files) {
        Ok(0) => Answer::note(format!("CR LF in {} files, as they were committed: {names}", files.len())),
        Ok(count) => Answer::warn(format!("CR LF in {} files: {names}", files.len())).seen(format!(
            "git converted {count} of them, because of core.autocrlf or .gitattributes: elsewhere they have other bytes"
        )),
        Err(Unknown(why)) => Answer::note(format!("CR LF in {} files: {names}", files.len()))
            .seen(format!("whether other checkouts have it could not be told: {why}")),
    });
    let answers = answers.into_iter().map(|answer| {
        answer
            .mend("write `* text=auto eol=lf` into .gitattributes, then git add --renormalize . and check out anew")
            .mend("git config --global core.autocrlf input")
    });
    embedded.told(Answer::worst(answers, "no CR LF"))
}

/// How many of the files have line ends here that they do not have in the repository.
fn converted(world: &World, tree: &Tree, files: &[PathBuf]) -> Result<usize, Unknown> {
    // A command line has an end.
    const AT_A_TIME: usize = 500;
    let git = world.in_path("git").into_iter().next();
    let git = git.ok_or_else(|| Unknown(String::from("there is no git in PATH")))?;
    let root = tree.root.display().to_string();
    let files: Vec<String> = files.iter().map(|path| path.display().to_string()).collect();
    let differs = |line: &&str| line.starts_with("i/lf") && !line.contains("w/lf");
    let (mut tracked, mut count) = (0, 0);
    for files in files.chunks(AT_A_TIME) {
        let mut words = vec!["-C", root.as_str(), "ls-files", "--eol", "--"];
        words.extend(files.iter().map(String::as_str));
        let said = world.ask(&git, &words)?.fine("git ls-files --eol")?;
        tracked += said.trim().lines().count();
        count += said.lines().filter(differs).count();
    }
    if tracked == 0 {
        return Err(Unknown(String::from("git does not track them")));
    }
    Ok(count)
}
