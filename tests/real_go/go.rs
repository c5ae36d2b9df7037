//! The toolchains under test, a world of folders for each story, and go commands run in it, with gotrace or without.
//!
//! Knows how to start `go` so that nothing of this machine reaches it: no network, no settings, no cache but the story's.
//! Does not know what a trace says.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::panic::{self, AssertUnwindSafe};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, PoisonError};

use tempfile::TempDir;

use crate::files;

/// The shim under test.
pub(crate) const GOTRACE: &str = env!("CARGO_BIN_EXE_gotrace");

/// The name of the sample's folder in a world.
const SAMPLE: &str = "hello";

/// Tells the story once for every toolchain, and to the end even where one of them fails.
pub(crate) fn each_go(story: impl Fn(&Go)) {
    let failed: Vec<_> = Go::all()
        .into_iter()
        .filter(|go| panic::catch_unwind(AssertUnwindSafe(|| story(go))).is_err())
        .map(|go| go.version)
        .collect();
    assert!(failed.is_empty(), "failed with {failed:?}: see above");
}

/// A Go toolchain.
#[derive(Debug, Clone)]
pub(crate) struct Go {
    binary: PathBuf,
    /// `go1.27.3`.
    pub(crate) version: String,
    /// The 27 of 1.27.3.
    pub(crate) minor: u32,
}

impl Go {
    /// All that `GOTRACE_TEST_GO` lists.
    pub(crate) fn all() -> Vec<Self> {
        let list = std::env::var("GOTRACE_TEST_GO").unwrap_or_default();
        assert!(
            !list.is_empty(),
            "GOTRACE_TEST_GO is not set: it lists go binaries, separated by colons; scripts/test fetches some and sets it"
        );
        list.split(':').map(|binary| Self::at(Path::new(binary))).collect()
    }

    /// The newest of them.
    pub(crate) fn newest() -> Self {
        Self::all().into_iter().max_by_key(|go| go.minor).expect("a list is not empty")
    }

    fn at(binary: &Path) -> Self {
        let binary = fs::canonicalize(binary).unwrap_or_else(|error| panic!("no go at {}: {error}", binary.display()));
        let mut command = Command::new(&binary);
        let answer = command.arg("version").env("GOTOOLCHAIN", "local").env_remove("GOROOT").output().expect("go runs");
        let text = String::from_utf8(answer.stdout).expect("go version prints text");
        let version = text.split(' ').nth(2).expect("go version go1.x.y os/arch").to_owned();
        let minor = version.split('.').nth(1).and_then(|minor| minor.parse().ok()).expect("go1.x");
        Self { binary, version, minor }
    }

    /// GOROOT.
    pub(crate) fn root(&self) -> &Path {
        self.binary.ancestors().nth(2).expect("bin/go is two levels deep")
    }
}

/// A world of its own for one story: a home, a temporary folder, a build cache, and the sample.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) go: Go,
    folder: TempDir,
    sample: PathBuf,
    cache: PathBuf,
    tmp: PathBuf,
    env: Vec<(String, String)>,
}

impl World {
    /// The sample, and an empty build cache.
    pub(crate) fn cold(go: &Go) -> Self {
        let folder = tempfile::Builder::new().prefix("gotrace-world-").tempdir().expect("a folder");
        let path = |name| folder.path().join(name);
        let (sample, cache, tmp) = (path(SAMPLE), path("cache"), path("tmp"));
        let world = Self { go: go.clone(), sample, cache, tmp, env: Vec::new(), folder };
        for name in ["home", "gopath", "cache", "tmp"] {
            fs::create_dir(world.path(name)).expect("a folder of the world");
        }
        files::copy(&sample_in_repository(), &world.sample);
        world
    }

    /// The sample, and a build cache with all of std that building, vetting and testing it takes, but nothing of its own.
    pub(crate) fn warm(go: &Go) -> Self {
        Self::cold(go).warmed_by(&[&["build", "./..."], &["vet", "./..."], &["test", "./..."]])
    }

    /// Sets a variable for every command to come.
    pub(crate) fn with_env(mut self, name: &str, value: &str) -> Self {
        self.env.push((name.into(), value.into()));
        self
    }

    /// Moves the sample, the cache and the temporary folder to where their names have spaces.
    pub(crate) fn with_spaces(mut self) -> Self {
        let folder = self.folder.path().to_path_buf();
        for (place, name) in [
            (&mut self.sample, "a module with spaces"),
            (&mut self.cache, "a cache with spaces"),
            (&mut self.tmp, "a temporary folder with spaces"),
        ] {
            let with_spaces = folder.join(name);
            fs::rename(&*place, &with_spaces).expect("the folder moves");
            *place = with_spaces;
        }
        self
    }

    /// Fills the cache with the results that the commands have for a copy of the sample elsewhere. Packages of std are
    /// found again wherever the sample is; its own are not, because their place counts. The result is kept for the next
    /// run of the tests.
    pub(crate) fn warmed_by(self, commands: &[&[&str]]) -> Self {
        static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
        let key = hash_of((&self.go.binary, &self.env, commands, files::contents(&sample_in_repository())));
        let kept = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("warm-{}-{key:016x}", self.go.version));
        let guard = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
        if !kept.exists() {
            let elsewhere = Self { env: self.env.clone(), ..Self::cold(&self.go) };
            for command in commands {
                elsewhere.command(command).run().expect_success();
            }
            let unfinished = kept.with_extension("unfinished");
            files::remove(&unfinished);
            files::copy_cache(&elsewhere.cache, &unfinished);
            fs::rename(unfinished, &kept).expect("the warm cache is kept");
        }
        drop(guard);
        files::remove(&self.cache);
        files::copy_cache(&kept, &self.cache);
        self
    }

    /// A path in the world.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The sample's folder.
    pub(crate) fn sample(&self) -> &Path {
        &self.sample
    }

    /// The build cache.
    pub(crate) fn cache(&self) -> &Path {
        &self.cache
    }

    /// The temporary folder of all commands.
    pub(crate) fn tmp(&self) -> &Path {
        &self.tmp
    }

    /// Writes a file of the sample.
    pub(crate) fn write(&self, name: &str, text: &str) {
        let path = self.sample.join(name);
        fs::create_dir_all(path.parent().expect("a file is in a folder")).expect("the folder");
        fs::write(path, text).expect("the file");
    }

    /// A go command, to be run in the sample's folder.
    pub(crate) fn command(&self, arguments: &[&str]) -> GoCommand<'_> {
        let arguments = arguments.iter().map(ToString::to_string).collect();
        let (program, directory, cache) = (self.go.binary.clone(), self.sample.clone(), self.cache.clone());
        GoCommand { world: self, program, arguments, directory, cache, env: Vec::new() }
    }

    /// Any other program, with this go in PATH.
    pub(crate) fn program(&self, program: &str, arguments: &[&str]) -> GoCommand<'_> {
        GoCommand { program: program.into(), ..self.command(arguments) }
    }
}

/// A go command line and where it is to be run.
#[derive(Debug, Clone)]
pub(crate) struct GoCommand<'w> {
    world: &'w World,
    program: PathBuf,
    arguments: Vec<String>,
    directory: PathBuf,
    cache: PathBuf,
    env: Vec<(String, String)>,
}

impl GoCommand<'_> {
    /// Gives it `-toolexec` with gotrace.
    pub(crate) fn traced(self) -> Self {
        self.with_toolexec(GOTRACE)
    }

    /// Puts it below `gotrace record`, where go is what PATH has under that name.
    pub(crate) fn recorded(self) -> Self {
        self.recorded_with(&[])
    }

    /// The same, with options of `gotrace record`.
    pub(crate) fn recorded_with(mut self, options: &[&str]) -> Self {
        let name = self.program.file_name().expect("a program has a name").to_string_lossy().into_owned();
        let record = [&["record", "--quiet"], options, &["--", &name]].concat();
        self.arguments.splice(0..0, record.into_iter().map(str::to_owned));
        Self { program: PathBuf::from(GOTRACE), ..self }
    }

    /// Gives it `-toolexec` with a value of the story's.
    pub(crate) fn with_toolexec(mut self, value: &str) -> Self {
        self.arguments.insert(1, format!("-toolexec={value}"));
        self
    }

    /// Runs it in another folder.
    pub(crate) fn in_folder(mut self, directory: &Path) -> Self {
        self.directory = directory.to_path_buf();
        self
    }

    /// Lets it use another build cache.
    pub(crate) fn with_cache(mut self, cache: &Path) -> Self {
        self.cache = cache.to_path_buf();
        self
    }

    /// Sets a variable.
    pub(crate) fn with_env(mut self, name: &str, value: &str) -> Self {
        self.env.push((name.into(), value.into()));
        self
    }

    /// Runs it to its end.
    pub(crate) fn run(self) -> Outcome {
        self.start().wait()
    }

    /// Starts it.
    pub(crate) fn start(self) -> Running {
        let mut command = Command::new(&self.program);
        command.args(&self.arguments).current_dir(&self.directory).env_clear().process_group(0);
        let bin = self.world.go.binary.parent().expect("bin");
        let path = format!("{}:/usr/local/bin:/usr/bin:/bin", bin.display());
        command.env("PATH", path).env("LC_ALL", "C").env("TMPDIR", &self.world.tmp).env("GOCACHE", &self.cache);
        command.env("HOME", self.world.path("home")).env("GOPATH", self.world.path("gopath"));
        for (name, value) in [("GOTOOLCHAIN", "local"), ("GOENV", "off"), ("GOPROXY", "off"), ("GOTELEMETRY", "off")] {
            command.env(name, value);
        }
        for (name, value) in self.world.env.iter().chain(&self.env) {
            command.env(name, value);
        }
        let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
        let words = std::iter::once(self.program.display().to_string()).chain(self.arguments).collect();
        Running { child: child.expect("go starts"), words, directory: self.directory }
    }
}

/// A go command that runs.
#[derive(Debug)]
pub(crate) struct Running {
    child: Child,
    words: Vec<String>,
    directory: PathBuf,
}

impl Running {
    /// Its process, which is also its group.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Waits for its end.
    pub(crate) fn wait(self) -> Outcome {
        let pid = u64::from(self.child.id());
        let output = self.child.wait_with_output().expect("go ends");
        Outcome {
            pid,
            words: self.words,
            directory: fs::canonicalize(self.directory).expect("the folder is there"),
            code: output.status.code(),
            signal: output.status.signal(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

/// What became of a go command.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) pid: u64,
    /// Its command line.
    pub(crate) words: Vec<String>,
    /// Where it ran.
    pub(crate) directory: PathBuf,
    pub(crate) code: Option<i32>,
    pub(crate) signal: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Outcome {
    #[track_caller]
    pub(crate) fn expect_success(self) -> Self {
        let Self { words, code, stdout, stderr, .. } = &self;
        assert_eq!(*code, Some(0), "{} failed\nstdout:\n{stdout}\nstderr:\n{stderr}", words.join(" "));
        self
    }

    /// All that a user sees, but for how long tests took and which was ready first.
    pub(crate) fn seen(&self) -> String {
        let without_durations =
            |text: &str| -> String { text.split_inclusive(BORDERS).map(without_duration).collect() };
        let mut stdout: Vec<_> = self.stdout.split_inclusive('\n').map(without_durations).collect();
        if self.words.iter().any(|word| word == "test") {
            stdout.sort_unstable();
        }
        format!("exit code {:?}\nstdout:\n{}\nstderr:\n{}", self.code, stdout.concat(), self.stderr)
    }
}

/// Where the words of a line end, the parentheses around a duration included.
const BORDERS: [char; 5] = [' ', '\t', '\n', '(', ')'];

fn without_duration(word: &str) -> &str {
    let seconds = word.trim_end_matches(BORDERS).strip_suffix('s').unwrap_or_default();
    if seconds.contains('.') && seconds.parse::<f64>().is_ok() { "N.NNs" } else { word }
}

fn sample_in_repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("samples").join(SAMPLE)
}

fn hash_of(value: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}
