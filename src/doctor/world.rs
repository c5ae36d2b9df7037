//! The environment as checks see it: the directory, variables, `go`, the module. Asked once, whoever wants to know.
//!
//! Knows how to ask; does not know what is right. Nothing here uses the network, unless a check is told to: go gets no proxy
//! from us but `off`, so a toolchain or a module that is not here is not fetched.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use serde_json::Value;

use super::answer::Unknown;
use super::ask::{PATIENCE, Said, ask};
use crate::analyze::evidence::Evidence;

/// What there is to be looked at.
#[derive(Debug)]
pub struct World {
    directory: PathBuf,
    variables: BTreeMap<OsString, OsString>,
    evidence: Option<Evidence>,
    setting: OnceLock<Result<Setting, Unknown>>,
    module: OnceLock<Result<Value, Unknown>>,
    workspace: OnceLock<Result<Value, Unknown>>,
    packages: OnceLock<Result<Vec<Value>, Unknown>>,
}

/// What `go env` tells.
#[derive(Debug)]
struct Setting {
    values: BTreeMap<String, String>,
    /// Why the toolchain that the module asks for could not be asked, so that the one in PATH was.
    not_switched: Option<String>,
}

/// What somebody chose for a name.
#[derive(Debug)]
pub(super) struct Chosen {
    pub(super) value: String,
    /// Where: `in the environment`, `in FILE`.
    pub(super) place: String,
    /// The command that takes it back.
    pub(super) undo: String,
}

impl World {
    /// The environment of this process, as it is for builds in `directory`.
    #[must_use]
    pub fn new(directory: PathBuf, evidence: Option<Evidence>) -> Self {
        Self {
            directory,
            variables: std::env::vars_os().collect(),
            evidence,
            setting: OnceLock::new(),
            module: OnceLock::new(),
            workspace: OnceLock::new(),
            packages: OnceLock::new(),
        }
    }

    /// Where builds are to be started.
    #[must_use]
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// What a trace tells, where one was given.
    pub(super) fn evidence(&self) -> Option<&Evidence> {
        self.evidence.as_ref()
    }

    /// A variable of the environment; none where it is not set, or empty, which is the same to go.
    pub(super) fn variable(&self, name: &str) -> Option<&OsStr> {
        self.variables.get(OsStr::new(name)).map(OsString::as_os_str).filter(|value| !value.is_empty())
    }

    /// The same as text.
    pub(super) fn variable_text(&self, name: &str) -> Option<String> {
        self.variable(name).map(|value| value.to_string_lossy().into_owned())
    }

    /// Where PATH has programs of this name that can be run, in its order; each folder once.
    pub(super) fn in_path(&self, name: &str) -> Vec<PathBuf> {
        let path = self.variable("PATH").unwrap_or_default();
        let mut found: Vec<PathBuf> = Vec::new();
        // Go runs nothing that it finds through a relative entry.
        for folder in std::env::split_paths(path).filter(|folder| folder.is_absolute()) {
            let program = folder.join(name);
            if is_program(&program) && !found.contains(&program) {
                found.push(program);
            }
        }
        found
    }

    /// The go that builds here would run.
    ///
    /// # Errors
    /// There is none.
    pub(super) fn go(&self) -> Result<PathBuf, Unknown> {
        self.in_path("go").into_iter().next().ok_or_else(|| Unknown(String::from("there is no go in PATH")))
    }

    /// A command of that go, in the directory, that fetches nothing.
    ///
    /// # Errors
    /// There is no go.
    pub(super) fn go_command(&self, words: &[&str]) -> Result<Command, Unknown> {
        let mut command = Command::new(self.go()?);
        command.args(words).current_dir(&self.directory).env("PWD", &self.directory);
        command.env("GOPROXY", "off").env("GOTELEMETRY", "off").env_remove("GODEBUG");
        Ok(command)
    }

    /// What that go says, where it is content.
    ///
    /// # Errors
    /// There is no go, it hangs, or it is not content.
    pub(super) fn ask_go(&self, words: &[&str]) -> Result<String, Unknown> {
        ask(&mut self.go_command(words)?, PATIENCE)?.fine(&format!("go {}", words.join(" ")))
    }

    /// The same of what needs no toolchain in particular: where the one that the module asks for is not here, the one in
    /// PATH can tell as well.
    fn ask_any_go(&self, words: &[&str]) -> Result<String, Unknown> {
        let mut command = self.go_command(words)?;
        if self.not_switched()?.is_some() {
            command.env("GOTOOLCHAIN", "local");
        }
        ask(&mut command, PATIENCE)?.fine(&format!("go {}", words.join(" ")))
    }

    /// What any program says.
    ///
    /// # Errors
    /// It cannot be run, or hangs.
    pub(super) fn ask(&self, program: &Path, words: &[&str]) -> Result<Said, Unknown> {
        Ok(ask(Command::new(program).args(words).current_dir(&self.directory), PATIENCE)?)
    }

    /// A command of any go, in the directory, as the toolchain that it is itself: no module, no GOTOOLCHAIN and no GOROOT
    /// sends it to another, and it fetches nothing.
    pub(super) fn as_itself(&self, go: &Path, words: &[&str]) -> Command {
        let mut command = Command::new(go);
        command.args(words).current_dir(&self.directory).env("PWD", &self.directory).env_remove("GOROOT");
        command.env("GOTOOLCHAIN", "local").env("GOPROXY", "off").env("GOTELEMETRY", "off").env_remove("GODEBUG");
        command
    }

    /// What was chosen for a name, as opposed to what go assumes: in the environment, in the user's file of `go env -w`, or
    /// in the file of the installation, of which the first wins.
    ///
    /// # Errors
    /// Go does not say where these files are.
    pub(super) fn chosen(&self, name: &str) -> Result<Option<Chosen>, Unknown> {
        if let Some(value) = self.variable_text(name) {
            return Ok(Some(Chosen {
                value,
                place: String::from("in the environment"),
                undo: format!("unset {name}"),
            }));
        }
        let user = Path::new(self.go_env("GOENV")?);
        let shipped = Path::new(self.go_env("GOROOT")?).join("go.env");
        let undone = [format!("go env -u {name}"), format!("go env -w {name}=VALUE")];
        let found = [user, &shipped].into_iter().zip(undone).find_map(|(file, undo)| {
            let value = setting_in(file, name).filter(|value| !value.is_empty())?;
            Some(Chosen { value, place: format!("in {}", file.display()), undo })
        });
        Ok(found)
    }

    /// What `go env` says of a name: the value that builds here have, wherever it comes from.
    ///
    /// # Errors
    /// There is no go, or it does not say.
    pub(super) fn go_env(&self, name: &str) -> Result<&str, Unknown> {
        let setting = self.setting()?;
        let missing = || Unknown(format!("go env does not know {name}"));
        setting.values.get(name).map(String::as_str).ok_or_else(missing)
    }

    /// Why the toolchain that the module asks for could not be asked; none where it could.
    ///
    /// # Errors
    /// There is no go, or it does not answer at all.
    pub(super) fn not_switched(&self) -> Result<Option<&str>, Unknown> {
        Ok(self.setting()?.not_switched.as_deref())
    }

    fn setting(&self) -> Result<&Setting, Unknown> {
        self.setting.get_or_init(|| self.find_setting()).as_ref().map_err(Clone::clone)
    }

    /// A toolchain that would have to be fetched is not; then the one in PATH answers. What we set ourselves is asked of a
    /// go that has it from the user.
    fn find_setting(&self) -> Result<Setting, Unknown> {
        let own = |command: &mut Command| -> Result<BTreeMap<String, String>, Unknown> {
            let text = ask(command, PATIENCE)?.fine("go env -json")?;
            serde_json::from_str(&text).map_err(|error| Unknown(format!("go env -json: {error}")))
        };
        let words = ["env", "-json"];
        let mut local = self.go_command(&words)?;
        local.env("GOTOOLCHAIN", "local");
        match self.variables.get(OsStr::new("GOPROXY")) {
            Some(proxy) => local.env("GOPROXY", proxy),
            None => local.env_remove("GOPROXY"),
        };
        let mut local = own(&mut local)?;
        match own(&mut self.go_command(&words)?) {
            Ok(mut values) => {
                if let Some(proxy) = local.remove("GOPROXY") {
                    values.insert(String::from("GOPROXY"), proxy);
                }
                Ok(Setting { values, not_switched: None })
            }
            Err(Unknown(why)) => Ok(Setting { values: local, not_switched: Some(why) }),
        }
    }

    /// Where `go install` puts programs; none where it can put them nowhere.
    ///
    /// # Errors
    /// There is no go, or it does not answer.
    pub(super) fn bin_folder(&self) -> Result<Option<PathBuf>, Unknown> {
        let set = self.go_env("GOBIN")?;
        if !set.is_empty() {
            return Ok(Some(PathBuf::from(set)));
        }
        let first = std::env::split_paths(self.go_env("GOPATH")?).next().filter(|path| !path.as_os_str().is_empty());
        Ok(first.map(|path| path.join("bin")))
    }

    /// `go mod edit -json`: what go.mod says.
    ///
    /// # Errors
    /// There is no module, or it cannot be read.
    pub(super) fn module(&self) -> Result<&Value, Unknown> {
        let ask = || {
            let file = self.go_env("GOMOD")?;
            if file.is_empty() || file == "/dev/null" {
                return Err(Unknown(String::from("there is no go.mod here")));
            }
            json(&self.ask_any_go(&["mod", "edit", "-json", file])?)
        };
        self.module.get_or_init(ask).as_ref().map_err(Clone::clone)
    }

    /// `go work edit -json`: what go.work says.
    ///
    /// # Errors
    /// There is no workspace, or it cannot be read.
    pub(super) fn workspace(&self) -> Result<&Value, Unknown> {
        let ask = || {
            let file = self.go_env("GOWORK")?;
            if file.is_empty() || file == "off" {
                return Err(Unknown(String::from("no go.work is in effect")));
            }
            json(&self.ask_any_go(&["work", "edit", "-json", file])?)
        };
        self.workspace.get_or_init(ask).as_ref().map_err(Clone::clone)
    }

    /// `go list -e -json ./...`: the packages of the module, with their files.
    ///
    /// # Errors
    /// There is no go, or it cannot list them.
    pub(super) fn packages(&self) -> Result<&[Value], Unknown> {
        const FIELDS: &str = "-json=Dir,ImportPath,Name,GoFiles,CgoFiles,CFiles,CXXFiles,HFiles,SFiles,SysoFiles,EmbedFiles,\
                              EmbedPatterns,TestGoFiles,XTestGoFiles,TestEmbedFiles,XTestEmbedFiles,Imports";
        let ask = || {
            let text = self.ask_go(&["list", "-e", FIELDS, "./..."])?;
            let packages: Result<Vec<Value>, _> = serde_json::Deserializer::from_str(&text).into_iter().collect();
            packages.map_err(|error| Unknown(format!("go list -json: {error}")))
        };
        self.packages.get_or_init(ask).as_deref().map_err(Clone::clone)
    }
}

fn json(text: &str) -> Result<Value, Unknown> {
    serde_json::from_str(text).map_err(|error| Unknown(format!("what go printed is not JSON: {error}")))
}

/// What a file of `go env -w` says of a name: lines of `NAME=VALUE`.
fn setting_in(file: &Path, name: &str) -> Option<String> {
    const MOST_BYTES: u64 = 1 << 20;
    let mut text = String::new();
    std::fs::File::open(file).ok()?.take(MOST_BYTES).read_to_string(&mut text).ok()?;
    text.lines().find_map(|line| Some(line.strip_prefix(name)?.strip_prefix('=')?.trim().to_owned()))
}

/// A file that somebody may execute.
fn is_program(path: &Path) -> bool {
    let executable = rustix::fs::access(path, rustix::fs::Access::EXEC_OK).is_ok();
    executable && path.metadata().is_ok_and(|meta| meta.is_file())
}
