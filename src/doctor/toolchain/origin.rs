//! Who puts a go where it is, as far as its path tells.
//!
//! Knows the habits of installers; does not know whether the go is a good one.

use std::path::Path;

/// What a path has in it, and who puts a go there.
const HABITS: [(&str, &str); 22] = [
    ("/.asdf/", "asdf"),
    ("/.goenv/", "goenv"),
    ("/.gvm/", "gvm"),
    ("/mise/", "mise"),
    ("/.gobrew/", "gobrew"),
    ("/snap/", "snap"),
    ("/nix/store/", "Nix"),
    ("/linuxbrew/", "Homebrew"),
    ("/Cellar/", "Homebrew"),
    ("/opt/homebrew/", "Homebrew"),
    ("conda", "conda"),
    ("miniforge", "conda"),
    ("mambaforge", "conda"),
    ("JetBrains", "an IDE of JetBrains"),
    ("GoLand", "an IDE of JetBrains"),
    ("/.vscode", "Visual Studio Code"),
    ("/hostedtoolcache/", "setup-go of GitHub Actions"),
    ("/golang.org/toolchain@", "the module cache, as a toolchain that go switches to"),
    ("/sdk/go1", "golang.org/dl or an IDE"),
    ("bazel", "Bazel"),
    ("/usr/local/go/", "the archive from go.dev"),
    ("/usr/lib/go", "the distribution"),
];

/// Who probably put it there; by its name in PATH first, then by the file that this leads to.
pub(super) fn origin(program: &Path) -> Option<&'static str> {
    // A conda environment can be called anything.
    let environment = program.parent().and_then(Path::parent);
    if environment.is_some_and(|folder| folder.join("conda-meta").is_dir()) {
        return Some("conda");
    }
    let by_habit = |path: &Path| {
        let text = path.to_string_lossy();
        HABITS.iter().find(|(part, _)| text.contains(part)).map(|(_, who)| *who)
    };
    by_habit(program).or_else(|| by_habit(&program.canonicalize().ok()?)).or_else(|| {
        let system = program.starts_with("/usr/bin") || program.starts_with("/bin");
        system.then_some("the distribution")
    })
}
