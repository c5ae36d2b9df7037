//! A house for each story: a home, a module, a PATH and variables, all of them well to begin with.
//!
//! Knows how to put things into it and how to ask the doctor; does not know what is wrong with anything.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

/// The program under test.
pub(crate) const GOTRACE: &str = env!("CARGO_BIN_EXE_gotrace");

/// An environment in which nothing of this machine's is set.
#[derive(Debug)]
pub(crate) struct House {
    folder: TempDir,
    variables: Vec<(String, String)>,
}

impl House {
    /// With a small module, a Go and a C compiler, and all that is needed to build. Needs real Go.
    pub(crate) fn new() -> Self {
        Self::with_go(&Self::go())
    }

    /// One with each of the Gos of these stories, the oldest and the newest.
    pub(crate) fn of_all_ages() -> Vec<Self> {
        Self::another_go().into_iter().chain([Self::go()]).map(|go| Self::with_go(&go)).collect()
    }

    fn with_go(go: &Path) -> Self {
        let house = Self::without_go();
        let bin = house.path("bin");
        symlink(go, bin.join("go")).expect("go in PATH");
        symlink(go.with_file_name("gofmt"), bin.join("gofmt")).expect("gofmt in PATH");
        house
    }

    /// The same without a go.
    pub(crate) fn without_go() -> Self {
        let folder = tempfile::Builder::new().prefix("gotrace-house-").tempdir().expect("a folder");
        let house = Self { folder, variables: Vec::new() };
        for name in ["home", "tmp", "bin", "module"] {
            fs::create_dir(house.path(name)).expect("a folder of the house");
        }
        for program in ["gcc", "g++", "as", "ld", "git", "sh", "curl"] {
            let found = ["/usr/bin", "/bin"].map(|folder| Path::new(folder).join(program));
            if let Some(found) = found.iter().find(|path| path.exists()) {
                symlink(found, house.path("bin").join(program)).expect("a program in PATH");
            }
        }
        // Else go starts another go that writes there, perhaps while the house is taken down.
        house.file("home/.config/go/telemetry/mode", "off\n");
        house.file("module/go.mod", "module example.com/app\n\ngo 1.21\n");
        house.file("module/main.go", "package main\n\nimport \"fmt\"\n\nfunc main() { fmt.Println(\"hello\") }\n");
        let (path, home, tmp) = (house.path("bin"), house.path("home"), house.path("tmp"));
        house
            .with("PATH", &path.display().to_string())
            .with("HOME", &home.display().to_string())
            .with("TMPDIR", &tmp.display().to_string())
            .with("LC_ALL", "C")
    }

    /// The go of these stories.
    pub(crate) fn go() -> PathBuf {
        let list = std::env::var("GOTRACE_TEST_GO").unwrap_or_default();
        let go = list.split(':').next_back().filter(|go| !go.is_empty());
        let go =
            go.expect("GOTRACE_TEST_GO lists go binaries, separated by colons; scripts/test fetches some and sets it");
        fs::canonicalize(go).expect("a go binary")
    }

    /// Another go than that, where the list has one.
    pub(crate) fn another_go() -> Option<PathBuf> {
        let list = std::env::var("GOTRACE_TEST_GO").unwrap_or_default();
        list.split(':').filter_map(|go| fs::canonicalize(go).ok()).find(|go| *go != Self::go())
    }

    /// Sets a variable for everything to come.
    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.variables.retain(|(set, _)| set != name);
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Takes a variable away.
    pub(crate) fn without(mut self, name: &str) -> Self {
        self.variables.retain(|(set, _)| set != name);
        self
    }

    /// A path in the house.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file of the house, and the folders above it.
    pub(crate) fn file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("a file is in a folder")).expect("the folder");
        fs::write(&path, content).expect("the file");
        path
    }

    /// Writes a script of the house that can be run.
    pub(crate) fn script(&self, name: &str, content: &str) -> PathBuf {
        let path = self.file(name, content);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("it can be run");
        path
    }

    /// A program with the house's variables, in the module.
    pub(crate) fn program(&self, program: impl AsRef<Path>) -> Command {
        let mut command = Command::new(program.as_ref());
        command.env_clear().envs(self.variables.iter().map(|(name, value)| (name, value)));
        command.current_dir(self.path("module"));
        command
    }

    /// `go`, which must succeed, as a user of the house would have used it before.
    #[track_caller]
    pub(crate) fn run_go(&self, words: &[&str]) -> String {
        printed(self.program(self.path("bin/go")).args(words).output().expect("go starts"))
    }

    /// What the doctor finds where a shell has mounted something before, which only the doctor sees. None where that is not
    /// permitted, and then the story is not told.
    #[track_caller]
    pub(crate) fn ask_where(&self, mounted: &str, only: &str) -> Option<Findings> {
        let try_out = format!("/bin/mount -t tmpfs none {}", self.path("tmp").display());
        let permitted = self.program("/usr/bin/unshare").args(["-m", "/bin/sh", "-c", &try_out]).output();
        if !permitted.is_ok_and(|output| output.status.success()) {
            return skipped("nothing can be mounted here");
        }
        let script = format!("{mounted} && exec \"$0\" doctor --format json --only {only}");
        let output = self.program("/usr/bin/unshare").args(["-m", "/bin/sh", "-e", "-c", &script, GOTRACE]).output();
        Some(Findings::read(output.expect("unshare starts")))
    }

    /// What the doctor finds for somebody who is not root, to whom the home belongs. None where nobody else can be had, or
    /// may not read what is needed.
    #[track_caller]
    pub(crate) fn ask_as_nobody(&self, only: &str) -> Option<Findings> {
        let output = self.as_nobody(&["doctor", "--format", "json", "--only", only], |_| {})?;
        Some(Findings::read(output))
    }

    /// What gotrace says to somebody who is not root, after something was done.
    #[track_caller]
    pub(crate) fn as_nobody(&self, words: &[&str], before: impl FnOnce(&Self)) -> Option<Output> {
        let own = self.path("bin/gotrace");
        if !own.exists() {
            fs::copy(GOTRACE, &own).expect("a copy that all may run");
            fs::set_permissions(self.folder.path(), fs::Permissions::from_mode(0o755)).expect("all may enter");
        }
        let as_nobody = |program: &Path| {
            let mut command = self.program("/usr/bin/setpriv");
            command.args(["--reuid=65534", "--regid=65534", "--clear-groups"]).arg(program);
            command
        };
        let permitted = as_nobody(&self.path("bin/go")).arg("version").env("GOTOOLCHAIN", "local").output();
        if !permitted.is_ok_and(|output| output.status.success()) {
            return skipped("nobody else can be had here, or may not read Go");
        }
        before(self);
        Some(as_nobody(&own).args(words).output().expect("setpriv starts"))
    }

    /// Whether its go is of this release or a later one.
    pub(crate) fn go_has(&self, major: u32, minor: u32) -> bool {
        let version = self.run_go(&["env", "GOVERSION"]);
        let mut numbers = version.trim().trim_start_matches("go").split('.').filter_map(|number| number.parse().ok());
        (numbers.next(), numbers.next()) >= (Some(major), Some(minor))
    }

    /// What the doctor finds in the module, asked for some checks.
    #[track_caller]
    pub(crate) fn ask(&self, only: &str) -> Findings {
        self.ask_with(&["--only", only])
    }

    /// The same with other words on the command line.
    #[track_caller]
    pub(crate) fn ask_with(&self, words: &[&str]) -> Findings {
        let output = self.program(GOTRACE).args(["doctor", "--format", "json"]).args(words).output();
        Findings::read(output.expect("gotrace starts"))
    }
}

/// Nothing, with a word why: to whoever runs the tests, a story that is not told must not look like one that was.
#[expect(clippy::print_stdout, reason = "a word to whoever runs the tests")]
pub(crate) fn skipped<T>(why: &str) -> Option<T> {
    println!("skipped: {why}");
    None
}

/// What it printed; it must have succeeded.
#[track_caller]
pub(crate) fn printed(output: Output) -> String {
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}: {complaint}", output.status);
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// What the doctor found.
#[derive(Debug)]
pub(crate) struct Findings(pub(crate) Value);

impl Findings {
    #[track_caller]
    pub(crate) fn read(output: Output) -> Self {
        let found: Value = serde_json::from_str(&printed(output)).expect("JSON");
        assert!(!found.to_string().contains("this is a bug in gotrace"), "{found:#}");
        Self(found)
    }

    /// What one check found: its verdict, and all that it says.
    #[track_caller]
    pub(crate) fn of(&self, id: &str) -> (&str, String) {
        let all = self.0["findings"].as_array().expect("findings");
        let found = all.iter().find(|found| found["id"] == id).unwrap_or_else(|| panic!("no check {id} in {}", self.0));
        let lines =
            |key: &str| found[key].as_array().expect("lines").iter().filter_map(Value::as_str).collect::<Vec<_>>();
        (found["verdict"].as_str().expect("a verdict"), [lines("seen"), lines("mend")].concat().join("\n"))
    }

    /// The checks with one of these verdicts.
    pub(crate) fn with(&self, verdicts: &[&str]) -> Vec<&str> {
        let all = self.0["findings"].as_array().expect("findings");
        let bad = all.iter().filter(|found| verdicts.contains(&found["verdict"].as_str().unwrap_or_default()));
        bad.filter_map(|found| found["id"].as_str()).collect()
    }
}
