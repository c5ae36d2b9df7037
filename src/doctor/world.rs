//! The environment as checks see it: the directory, variables, `go`, the module. Asked once, whoever wants to know.
//!
//! Knows how to ask; does not know what is right. Nothing here uses the network, unless a check is told to: go gets no proxy
//! from us but `off`, for private modules too, so a toolchain or a module that is not here is not fetched.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::time::Duration;

use serde_json::Value;

use super::answer::Unknown;
use super::ask::{PATIENCE, Said, ask};
use super::flags;
use super::pipeline::Pipelines;
use super::tree::{Sign, Tree};
use crate::analyze::evidence::Evidence;

/// What there is to be looked at.
#[derive(Debug)]
pub struct World {
    directory: PathBuf,
    variables: BTreeMap<OsString, OsString>,
    evidence: Option<Evidence>,
    pace: Pace,
    network: Network,
    setting: OnceLock<Result<Setting, Unknown>>,
    dear_setting: OnceLock<Result<Setting, Unknown>>,
    module: OnceLock<Result<Value, Unknown>>,
    workspace: OnceLock<Result<Value, Unknown>>,
    packages: OnceLock<Result<Vec<Value>, Unknown>>,
    packages_with_cgo: OnceLock<Result<String, Unknown>>,
    tree: OnceLock<Result<Tree, Unknown>>,
    embedding: OnceLock<Result<Vec<Value>, Unknown>>,
    pipelines: OnceLock<Pipelines>,
}

/// What keeps go from fetching: no proxy, and nothing that is asked for without one, as go does with GOPRIVATE in spite of
/// `GOPROXY=off`.
const ALONE: [(&str, &str); 2] = [("GOPROXY", "off"), ("GONOPROXY", "none")];

/// How much time there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pace {
    /// Everything is looked at.
    Quick,
    /// A few things are, by name.
    Thorough,
}

/// Whether checks may use the network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Network {
    /// Nobody is asked.
    Silent,
    /// The servers that go would ask are asked.
    Allowed,
}

/// What `go env` tells without a build cache, a temporary folder and a C compiler. Asked for anything else, or for all, it
/// needs them: it runs the compiler, and makes the cache.
const NAMES: [&str; 44] = [
    "AR",
    "CC",
    "CGO_ENABLED",
    "CXX",
    "GCCGO",
    "GO111MODULE",
    "GO386",
    "GOAMD64",
    "GOARCH",
    "GOARM",
    "GOARM64",
    "GOAUTH",
    "GOBIN",
    "GOCACHE",
    "GOCACHEPROG",
    "GODEBUG",
    "GOENV",
    "GOEXE",
    "GOEXPERIMENT",
    "GOFIPS140",
    "GOFLAGS",
    "GOHOSTARCH",
    "GOHOSTOS",
    "GOINSECURE",
    "GOMOD",
    "GOMODCACHE",
    "GONOPROXY",
    "GONOSUMDB",
    "GOOS",
    "GOPATH",
    "GOPRIVATE",
    "GOPROXY",
    "GORISCV64",
    "GOROOT",
    "GOSUMDB",
    "GOTELEMETRY",
    "GOTELEMETRYDIR",
    "GOTMPDIR",
    "GOTOOLCHAIN",
    "GOTOOLDIR",
    "GOVCS",
    "GOVERSION",
    "GOWASM",
    "GOWORK",
];

/// What `go env` tells.
#[derive(Debug)]
struct Setting {
    values: BTreeMap<String, String>,
    /// Why the toolchain that the module asks for could not be asked, so that the one in PATH was.
    not_switched: Option<String>,
}

impl World {
    /// The environment of this process, as it is for builds in `directory`.
    #[must_use]
    pub fn new(directory: PathBuf, evidence: Option<Evidence>) -> Self {
        Self {
            directory,
            variables: std::env::vars_os().collect(),
            evidence,
            pace: Pace::Quick,
            network: Network::Silent,
            setting: OnceLock::new(),
            dear_setting: OnceLock::new(),
            module: OnceLock::new(),
            workspace: OnceLock::new(),
            packages: OnceLock::new(),
            packages_with_cgo: OnceLock::new(),
            tree: OnceLock::new(),
            embedding: OnceLock::new(),
            pipelines: OnceLock::new(),
        }
    }

    /// The same, asked for a few things by name: these have the time to be looked at in full.
    #[must_use]
    pub fn thoroughly(self) -> Self {
        Self { pace: Pace::Thorough, ..self }
    }

    /// As long as something may take that reads so many bytes; none where there is no time for as many.
    pub(super) fn patience_for(&self, bytes: u64) -> Option<Duration> {
        // A processor hashes a hundred times as much in a second, and unpacks a tenth of that.
        const MUCH: u64 = 16 << 20;
        match self.pace {
            Pace::Quick if bytes > MUCH => None,
            Pace::Quick | Pace::Thorough => Some(PATIENCE),
        }
    }

    /// The same, where checks may ask servers or may not.
    #[must_use]
    pub fn with_network(self, network: Network) -> Self {
        Self { network, ..self }
    }

    /// Whether servers may be asked.
    pub(super) fn network(&self) -> Network {
        self.network
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
        command.envs(ALONE).env_remove("GODEBUG");
        Ok(command)
    }

    /// One that loads packages: with `-mod=mod` in GOFLAGS it would write go.mod and go.sum.
    ///
    /// # Errors
    /// There is no go.
    pub(super) fn go_loading(&self, words: &[&str]) -> Result<Command, Unknown> {
        let mut command = self.go_command(words)?;
        let list = self.go_env("GOFLAGS").unwrap_or_default();
        if flags::value(list, "mod").as_deref() == Some("mod") {
            command.env("GOFLAGS", format!("{list} -mod=readonly"));
        }
        Ok(command)
    }

    /// What that go says, where it is content, of what needs no toolchain in particular: where the one that the module asks
    /// for is not here, the one in PATH can tell as well.
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
        command.env("GOTOOLCHAIN", "local").env("GOPROXY", "off").env_remove("GODEBUG");
        command
    }

    /// What `go env` says of a name: the value that builds here have, wherever it comes from.
    ///
    /// # Errors
    /// There is no go, or it does not say.
    pub(super) fn go_env(&self, name: &str) -> Result<&str, Unknown> {
        let setting = if NAMES.contains(&name) {
            self.setting()?
        } else {
            let found = self.dear_setting.get_or_init(|| self.find_setting(&[]));
            found.as_ref().map_err(Clone::clone)?
        };
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
        self.setting.get_or_init(|| self.find_setting(&NAMES)).as_ref().map_err(Clone::clone)
    }

    /// A toolchain that would have to be fetched is not; then the one in PATH answers. What we set ourselves is asked of a
    /// go that has it from the user.
    fn find_setting(&self, names: &[&str]) -> Result<Setting, Unknown> {
        let own = |command: &mut Command| -> Result<BTreeMap<String, String>, Unknown> {
            let text = ask(command, PATIENCE)?.fine("go env -json")?;
            serde_json::from_str(&text).map_err(|error| Unknown(format!("go env -json: {error}")))
        };
        let words = [&["env", "-json"], names].concat();
        let mut local = self.go_command(&words)?;
        local.env("GOTOOLCHAIN", "local");
        for (name, _) in ALONE {
            match self.variables.get(OsStr::new(name)) {
                Some(value) => local.env(name, value),
                None => local.env_remove(name),
            };
        }
        let mut local = own(&mut local)?;
        match own(&mut self.go_command(&words)?) {
            Ok(mut values) => {
                values.extend(ALONE.iter().filter_map(|(name, _)| local.remove_entry(*name)));
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
                              EmbedPatterns,TestGoFiles,XTestGoFiles,TestEmbedFiles,XTestEmbedFiles,Imports,\
                              Error,DepsErrors,CgoCFLAGS,CgoCPPFLAGS,CgoCXXFLAGS,CgoFFLAGS,CgoLDFLAGS";
        let listed = || {
            let text = ask(&mut self.go_loading(&["list", "-e", FIELDS, "./..."])?, PATIENCE)?.fine("go list ./...")?;
            several(&text)
        };
        self.packages.get_or_init(listed).as_deref().map_err(Clone::clone)
    }

    /// The packages that builds here need and that import C where cgo is on, which it is for this: each a line that says whether
    /// it is of the standard library, whether it is only imported, its path, and its folder.
    ///
    /// # Errors
    /// There is no go, or it cannot list them.
    pub(super) fn packages_with_cgo(&self) -> Result<&str, Unknown> {
        const LINE: &str = "-f={{if .CgoFiles}}{{.Standard}} {{.DepOnly}} {{.ImportPath}} {{.Dir}}{{end}}";
        let listed = || {
            let mut command = self.go_loading(&["list", "-e", "-deps", LINE, "./..."])?;
            ask(command.env("CGO_ENABLED", "1"), PATIENCE)?.fine("go list -deps")
        };
        self.packages_with_cgo.get_or_init(listed).as_deref().map_err(Clone::clone)
    }

    /// The files of the module.
    ///
    /// # Errors
    /// There is no module.
    pub(super) fn tree(&self) -> Result<&Tree, Unknown> {
        self.tree.get_or_init(|| Tree::around(&self.directory)).as_ref().map_err(Clone::clone)
    }

    /// The jobs of CI.
    pub(super) fn pipelines(&self) -> &Pipelines {
        self.pipelines.get_or_init(|| Pipelines::around(&self.directory))
    }

    /// The packages of the module that embed files, with the files and the patterns: far quicker than all packages, because
    /// few do, and nothing that they import is looked for.
    ///
    /// # Errors
    /// There is no module or no go, or it cannot list them.
    pub(super) fn embedding(&self) -> Result<&[Value], Unknown> {
        const MOST: usize = 500;
        let list = || {
            let tree = self.tree()?;
            let folder = |path: &Path| tree.root.join(path.parent().unwrap_or(path)).display().to_string();
            let mut folders: Vec<String> = tree.showing(Sign::Embeds).map(|file| folder(&file.path)).collect();
            folders.sort();
            folders.dedup();
            folders.truncate(MOST);
            if folders.is_empty() {
                return Ok(Vec::new());
            }
            let mut words = vec!["list", "-e", "-find", "-json=Dir,ImportPath,EmbedFiles,EmbedPatterns"];
            words.extend(folders.iter().map(String::as_str));
            several(&ask(&mut self.go_loading(&words)?, PATIENCE)?.fine("go list")?)
        };
        self.embedding.get_or_init(list).as_deref().map_err(Clone::clone)
    }
}

/// One value behind the other.
fn several(text: &str) -> Result<Vec<Value>, Unknown> {
    let values: Result<Vec<Value>, _> = serde_json::Deserializer::from_str(text).into_iter().collect();
    values.map_err(|error| Unknown(format!("what go printed is not JSON: {error}")))
}

fn json(text: &str) -> Result<Value, Unknown> {
    serde_json::from_str(text).map_err(|error| Unknown(format!("what go printed is not JSON: {error}")))
}

/// A file that somebody may execute.
fn is_program(path: &Path) -> bool {
    let executable = rustix::fs::access(path, rustix::fs::Access::EXEC_OK).is_ok();
    executable && path.metadata().is_ok_and(|meta| meta.is_file())
}
