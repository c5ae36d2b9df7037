//! Tells the linker on Linux how to lay out a program that is started once for every tool run of a build.
//!
//! A static program starts in half the time of a dynamic one, and one whose code for the shim lies together in less than one
//! whose code is spread out (docs/performance.md). On glibc, `-C target-feature=+crt-static` is the usual way to the first, but
//! a plain `cargo install` cannot have it: it forbids procedural macros unless `--target` is given too, it fails where
//! glibc's static archives are not installed (Fedora has them in a package of their own), and cargo takes it from the user's
//! configuration only. So the linker is told here, and each thing is tried on an empty program first: what this machine's
//! linker cannot do is left out. Knows the linker; knows nothing of the program.

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
    println!("cargo::rerun-if-changed=shim.ld");
    println!("cargo::rerun-if-env-changed=RUSTC_LINKER");
    let (Some(folder), Some(root)) = (path_in("OUT_DIR"), path_in("CARGO_MANIFEST_DIR")) else { return Ok(()) };
    if !is("CARGO_CFG_TARGET_OS", "linux") {
        return Ok(());
    }
    let together = [format!("-T{}", root.join("shim.ld").display())];
    if links(&folder, ["-nostdlib", "-static", "-no-pie", "-Wl,-e,main"], &together) {
        pass_on(&together);
    }
    if is_dynamic_glibc() {
        write_scripts(&folder)?;
        // Not position-independent: nothing is left to relocate at start.
        let at_a_fixed_address = [format!("-L{}", folder.display()), "-static".to_owned(), "-no-pie".to_owned()];
        let as_rustc_does = ["-nodefaultlibs", "-pie", "-Wl,-Bdynamic"].into_iter().map(str::to_owned);
        let libraries = LIBRARIES.iter().map(|(name, _)| format!("-l{name}"));
        if links(&folder, as_rustc_does.chain(libraries), &at_a_fixed_address) {
            pass_on(&at_a_fixed_address);
        } else {
            println!(
                "cargo::warning=no static glibc here: gotrace is linked dynamically and costs each tool run twice as much"
            );
        }
    }
    Ok(())
}

fn path_in(variable: &str) -> Option<PathBuf> {
    env::var_os(variable).map(PathBuf::from)
}

fn is(variable: &str, value: &str) -> bool {
    env::var(variable).is_ok_and(|set| set == value)
}

/// A program for another machine has a libc of its own, which this build script does not know; and whoever asks for
/// crt-static has what is wanted.
fn is_dynamic_glibc() -> bool {
    let features = env::var("CARGO_CFG_TARGET_FEATURE").unwrap_or_default();
    is("CARGO_CFG_TARGET_ENV", "gnu")
        && env::var_os("HOST") == env::var_os("TARGET")
        && !features.split(',').any(|feature| feature == "crt-static")
}

fn write_scripts(folder: &Path) -> io::Result<()> {
    for (name, archives) in LIBRARIES {
        fs::write(folder.join(format!("lib{name}.so")), format!("GROUP({archives})\n"))?;
    }
    Ok(())
}

/// Whether the linker makes a program with `first` and then `arguments`.
fn links(folder: &Path, first: impl IntoIterator<Item = impl AsRef<str>>, arguments: &[String]) -> bool {
    let source = folder.join("probe.c");
    let linker = env::var_os("RUSTC_LINKER").unwrap_or_else(|| "cc".into());
    let mut command = Command::new(linker);
    command.arg("-o").arg(folder.join("probe")).arg(&source);
    command.args(first.into_iter().map(|word| word.as_ref().to_owned())).args(arguments);
    fs::write(&source, "int main(void) { return 0; }\n").is_ok()
        && command.stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|status| status.success())
}

fn pass_on(arguments: &[String]) {
    for argument in arguments {
        println!("cargo::rustc-link-arg-bins={argument}");
    }
}
