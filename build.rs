//! Links the program statically on Linux with glibc, where the machine can do that.
//!
//! The shim is started once for every tool run of a build, and a static program starts in half the time of a dynamic one
//! (docs/performance.md). `-C target-feature=+crt-static` is the usual way, but it cannot be had by a plain
//! `cargo install`: it forbids procedural macros unless `--target` is given too, it fails where glibc's static archive is not
//! installed (Fedora has it in a package of its own), and cargo takes it from the user's configuration only. So the linker is
//! told here. Knows the linker; knows nothing of the program. musl is static anyway.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{env, fs, io};

/// What rustc hands the linker as `-lNAME` on this target, and the archives that take its place. rustc says `-Bdynamic`
/// before them, so each name has to be found as `libNAME.so`, which may be a linker script.
const LIBRARIES: [(&str, &str); 7] = [
    ("gcc_s", "-l:libgcc_eh.a -l:libgcc.a -l:libc.a"),
    ("util", "-l:libutil.a"),
    ("rt", "-l:librt.a"),
    ("pthread", "-l:libpthread.a"),
    ("m", "-l:libm.a"),
    ("dl", "-l:libdl.a"),
    ("c", "-l:libc.a"),
];

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=RUSTC_LINKER");
    let Some(folder) = env::var_os("OUT_DIR").map(PathBuf::from) else { return Ok(()) };
    if !is_dynamic_glibc() {
        return Ok(());
    }
    write_scripts(&folder)?;
    if links(&folder) {
        for argument in arguments(&folder) {
            println!("cargo::rustc-link-arg-bins={argument}");
        }
    } else {
        println!(
            "cargo::warning=no static glibc here: gotrace is linked dynamically, and costs each tool run twice as much"
        );
    }
    Ok(())
}

/// A program for another machine has a linker of its own, which this build script does not know; and whoever asks for
/// crt-static has what is wanted.
fn is_dynamic_glibc() -> bool {
    let is = |name: &str, value: &str| env::var(name).is_ok_and(|set| set == value);
    let features = env::var("CARGO_CFG_TARGET_FEATURE").unwrap_or_default();
    is("CARGO_CFG_TARGET_OS", "linux")
        && is("CARGO_CFG_TARGET_ENV", "gnu")
        && env::var_os("HOST") == env::var_os("TARGET")
        && !features.split(',').any(|feature| feature == "crt-static")
}

fn write_scripts(folder: &Path) -> io::Result<()> {
    for (name, archives) in LIBRARIES {
        fs::write(folder.join(format!("lib{name}.so")), format!("GROUP({archives})\n"))?;
    }
    Ok(())
}

fn arguments(folder: &Path) -> [String; 3] {
    // Not position-independent: nothing is left to relocate at start.
    [format!("-L{}", folder.display()), "-static".to_owned(), "-no-pie".to_owned()]
}

/// Whether a program links with all of that, in the words that rustc uses.
fn links(folder: &Path) -> bool {
    let source = folder.join("probe.c");
    let linker = env::var_os("RUSTC_LINKER").unwrap_or_else(|| "cc".into());
    let mut command = Command::new(linker);
    command.arg("-nodefaultlibs").arg("-o").arg(folder.join("probe")).arg(&source).arg("-Wl,-Bdynamic");
    command.args(LIBRARIES.map(|(name, _)| format!("-l{name}"))).args(["-pie"]).args(arguments(folder));
    fs::write(&source, "int main(void) { return 0; }\n").is_ok()
        && command.stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|status| status.success())
}
