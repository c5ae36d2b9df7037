//! Commands of go, and what `go env` tells.
//!
//! Knows how go is kept from fetching and switching; does not know which settings are good.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::{World, kept};
use crate::doctor::answer::Unknown;
use crate::doctor::ask::{PATIENCE, ask};
use crate::doctor::entries::Entries;
use crate::doctor::flags;

/// What keeps go from fetching: no proxy, nothing that is asked for without one, as go does with GOPRIVATE in spite of
/// `GOPROXY=off`, and no checksum database, which go asks without a proxy for sums that a workspace lacks.
const ALONE: [(&str, &str); 3] = [("GOPROXY", "off"), ("GONOPROXY", "none"), ("GOSUMDB", "off")];

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

/// What changes go where it is set: in the environment, or in the file of `go env -w`. Go's own runtime reads the last ones,
/// and from the environment alone.
pub(in crate::doctor) const NAMES_SET: [&str; 52] = [
    "AR",
    "CC",
    "CGO_CFLAGS",
    "CGO_CFLAGS_ALLOW",
    "CGO_CPPFLAGS",
    "CGO_CXXFLAGS",
    "CGO_ENABLED",
    "CGO_FFLAGS",
    "CGO_LDFLAGS",
    "CGO_LDFLAGS_ALLOW",
    "CXX",
    "FC",
    "GCCGO",
    "GCCGOTOOLDIR",
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
    "GOEXPERIMENT",
    "GOFIPS140",
    "GOFLAGS",
    "GOINSECURE",
    "GOMIPS",
    "GOMIPS64",
    "GOMODCACHE",
    "GONOPROXY",
    "GONOSUMDB",
    "GOOS",
    "GOPATH",
    "GOPPC64",
    "GOPRIVATE",
    "GOPROXY",
    "GORISCV64",
    "GOROOT",
    "GOSUMDB",
    "GOTMPDIR",
    "GOTOOLCHAIN",
    "GOVCS",
    "GOWASM",
    "GOWORK",
    "GO_EXTLINK_ENABLED",
    "PKG_CONFIG",
    "TMPDIR",
    "GOMAXPROCS",
    "GOGC",
    "GOMEMLIMIT",
];

/// What `go env` tells.
#[derive(Debug)]
pub(super) struct Setting {
    values: BTreeMap<String, String>,
    /// Why the toolchain that the module asks for could not be asked, so that the one in PATH was.
    not_switched: Option<String>,
}

impl World {
    /// The go that builds here would run.
    ///
    /// # Errors
    /// There is none.
    pub(in crate::doctor) fn go(&self) -> Result<PathBuf, Unknown> {
        self.in_path("go").into_iter().next().ok_or_else(|| Unknown(String::from("there is no go in PATH")))
    }

    /// A command of that go, in the directory, that fetches nothing.
    ///
    /// # Errors
    /// There is no go.
    pub(in crate::doctor) fn go_command(&self, words: &[&str]) -> Result<Command, Unknown> {
        let mut command = Command::new(self.go()?);
        command.args(words).current_dir(&self.directory).env("PWD", &self.directory);
        command.envs(ALONE).env_remove("GODEBUG");
        Ok(command)
    }

    /// One that loads packages: with `-mod=mod` in GOFLAGS it would write go.mod and go.sum. What it writes into a workspace in
    /// spite of that is put back in the end.
    ///
    /// # Errors
    /// There is no go.
    pub(in crate::doctor) fn go_loading(&self, words: &[&str]) -> Result<Command, Unknown> {
        let mut command = self.go_command(words)?;
        self.remember_sums();
        let list = self.go_env("GOFLAGS").unwrap_or_default();
        if flags::value(list, "mod").as_deref() == Some("mod") {
            command.env("GOFLAGS", format!("{list} -mod=readonly"));
        }
        Ok(command)
    }

    /// What that go says, where it is content, of what needs no toolchain in particular: where the one that the module asks
    /// for is not here, the one in PATH can tell as well.
    pub(super) fn ask_any_go(&self, words: &[&str]) -> Result<String, Unknown> {
        let mut command = self.go_command(words)?;
        if self.not_switched()?.is_some() {
            command.env("GOTOOLCHAIN", "local");
        }
        // A flag that go does not know is no fault of what it is asked for; one that every command takes wins over all files.
        command.env("GOFLAGS", "-mod=readonly");
        ask(&mut command, PATIENCE)?.fine(&format!("go {}", words.join(" ")))
    }

    /// A command of any go, or of a tool of its, in the directory, as the one that it is itself: no module and no setting sends
    /// it to another or makes it refuse to answer, and it fetches nothing.
    pub(in crate::doctor) fn as_itself(&self, program: &Path, words: &[&str]) -> Command {
        let mut command = Command::new(program);
        command.args(words).current_dir(&self.directory).env("PWD", &self.directory).env_remove("GODEBUG");
        NAMES_SET.iter().filter(|name| **name != "TMPDIR").for_each(|name| {
            command.env_remove(name);
        });
        command.env("GOENV", "off").env("GOWORK", "off").env("GOTOOLCHAIN", "local").env("GOPROXY", "off");
        // An empty list would not win over that of the installation.
        command.env("GOFLAGS", "-mod=readonly");
        command
    }

    /// A command of the go that builds here, in the directory, with these settings and no others, that fetches nothing.
    ///
    /// # Errors
    /// There is no go.
    pub(in crate::doctor) fn go_with<'a>(
        &self,
        settings: impl IntoIterator<Item = (&'a str, &'a str)>,
        words: &[&str],
    ) -> Result<Command, Unknown> {
        let mut command = self.go_command(words)?;
        NAMES_SET.iter().for_each(|name| {
            command.env_remove(name);
        });
        command.env("GOENV", "off").envs(settings).envs(ALONE);
        Ok(command)
    }

    /// What `go env` says of a name: the value that builds here have, wherever it comes from.
    ///
    /// # Errors
    /// There is no go, or it does not say.
    pub(in crate::doctor) fn go_env(&self, name: &str) -> Result<&str, Unknown> {
        let setting =
            if NAMES.contains(&name) { self.setting()? } else { kept(&self.dear_setting, || self.find_setting(&[]))? };
        let missing = || Unknown(format!("go env does not know {name}"));
        setting.values.get(name).map(String::as_str).ok_or_else(missing)
    }

    /// Why the toolchain that the module asks for could not be asked; none where it could.
    ///
    /// # Errors
    /// There is no go, or it does not answer at all.
    pub(in crate::doctor) fn not_switched(&self) -> Result<Option<&str>, Unknown> {
        Ok(self.setting()?.not_switched.as_deref())
    }

    fn setting(&self) -> Result<&Setting, Unknown> {
        kept(&self.setting, || self.find_setting(&NAMES))
    }

    /// A toolchain that would have to be fetched is not; then the one in PATH answers. What we set ourselves is asked of a
    /// go that has it from the user: one that is here is switched to without fetching it.
    fn find_setting(&self, names: &[&str]) -> Result<Setting, Unknown> {
        let own = |command: &mut Command| -> Result<BTreeMap<String, String>, Unknown> {
            let text = ask(command, PATIENCE)?.fine("go env -json")?;
            serde_json::from_str(&text).map_err(|error| Unknown(format!("go env -json: {error}")))
        };
        let as_user = |names: &[&str]| -> Result<Command, Unknown> {
            let mut command = self.go_command(&[&["env", "-json"], names].concat())?;
            for (name, _) in ALONE {
                match self.variables.get(OsStr::new(name)) {
                    Some(value) => command.env(name, value),
                    None => command.env_remove(name),
                };
            }
            Ok(command)
        };
        match own(&mut self.go_command(&[&["env", "-json"], names].concat())?) {
            Ok(mut values) => {
                values.extend(own(&mut as_user(&ALONE.map(|(name, _)| name))?)?);
                Ok(Setting { values, not_switched: None })
            }
            // Where this one fails as well, it is not for the toolchain.
            Err(Unknown(why)) => {
                let values = own(as_user(names)?.env("GOTOOLCHAIN", "local"))?;
                Ok(Setting { values, not_switched: Some(why) })
            }
        }
    }

    /// The folder of what go compiles right now, and what sets it. A relative one is below the directory.
    ///
    /// # Errors
    /// There is no go, or it does not answer.
    pub(in crate::doctor) fn temporary(&self) -> Result<(&'static str, PathBuf), Unknown> {
        let (name, folder) = match (self.go_env("GOTMPDIR")?, self.variable_text("TMPDIR")) {
            ("", Some(folder)) => ("TMPDIR", folder),
            ("", None) => ("the temporary folder", String::from("/tmp")),
            (folder, _) => ("GOTMPDIR", folder.to_owned()),
        };
        Ok((name, self.directory.join(folder)))
    }

    /// The folder of the build cache.
    ///
    /// # Errors
    /// There is none, or no go to tell.
    pub(in crate::doctor) fn build_cache(&self) -> Result<&Path, Unknown> {
        match self.go_env("GOCACHE")? {
            "off" | "" => Err(Unknown(String::from("there is no build cache: go has no GOCACHE that it takes"))),
            folder => Ok(Path::new(folder)),
        }
    }

    /// What is in it; none where nothing was built yet.
    ///
    /// # Errors
    /// There is none, or it cannot be read.
    pub(in crate::doctor) fn entries(&self) -> Result<Option<&Entries>, Unknown> {
        let look = || {
            let folder = self.build_cache()?;
            folder.is_dir().then(|| Entries::of(folder)).transpose()
        };
        self.entries.get_or_init(look).as_ref().map(Option::as_ref).map_err(Clone::clone)
    }

    /// Where `go install` puts programs; none where it can put them nowhere.
    ///
    /// # Errors
    /// There is no go, or it does not answer.
    pub(in crate::doctor) fn bin_folder(&self) -> Result<Option<PathBuf>, Unknown> {
        let set = self.go_env("GOBIN")?;
        if !set.is_empty() {
            return Ok(Some(PathBuf::from(set)));
        }
        let first = std::env::split_paths(self.go_env("GOPATH")?).next().filter(|path| !path.as_os_str().is_empty());
        Ok(first.map(|path| path.join("bin")))
    }
}
