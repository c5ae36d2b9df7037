//! A module proxy as a folder, for what a house is to have in its module cache.
//!
//! Knows the proxy's protocol; zips are python3's.

use std::fs;
use std::process::Command;

use crate::house::House;

/// Puts a version of a module into the proxy of a house.
pub(crate) fn serve(house: &House, module: &str, version: &str, files: &[(&str, &str)]) {
    let capitals =
        |c: char| if c.is_ascii_uppercase() { format!("!{}", c.to_ascii_lowercase()) } else { c.to_string() };
    let folder = format!("proxy/{}/@v", module.chars().map(capitals).collect::<String>());
    house.file(&format!("{folder}/list"), format!("{version}\n"));
    house.file(&format!("{folder}/{version}.info"), format!("{{\"Version\": \"{version}\"}}"));
    for (name, text) in files {
        house.file(&format!("sources/{module}@{version}/{name}"), text);
    }
    let go_mod = house.path(&format!("sources/{module}@{version}/go.mod"));
    fs::copy(go_mod, house.path(&format!("{folder}/{version}.mod"))).expect("go.mod");
    // Without entries for folders, which go would take into its hash.
    let zip = "import sys, os, zipfile\n\
               zip = zipfile.ZipFile(sys.argv[1] + '.zip', 'w')\n\
               os.chdir(sys.argv[2])\n\
               for folder, _, names in os.walk(sys.argv[3]):\n    for name in names: zip.write(os.path.join(folder, name))\n\
               zip.close()";
    let made = Command::new("python3")
        .args(["-c", zip])
        .arg(house.path(&format!("{folder}/{version}")))
        .arg(house.path("sources"))
        .arg(format!("{module}@{version}"))
        .status();
    assert!(made.expect("python3 is needed for zips").success());
}

/// Where the proxy of a house is.
pub(crate) fn address(house: &House) -> String {
    format!("file://{}", house.path("proxy").display())
}

/// Runs go with the proxy of the house.
pub(crate) fn fetch(house: &House, words: &[&str]) {
    let mut go = house.program(house.path("bin/go"));
    go.env("GOPROXY", address(house)).env("GOSUMDB", "off").env("GOFLAGS", "-modcacherw").args(words);
    let output = go.output().expect("go starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
