//! Help, completions and the manual page. That each option has a sentence of help is held beside the options, in
//! `src/cli/args.rs`; here it is what a user sees.

use std::process::Command;

use crate::desk::Desk;

#[test]
fn the_short_help_fits_on_a_screen() {
    for words in ["-h", "flame -h", "summary -h", "report -h", "diff -h", "completions -h", "man -h"] {
        let text = Desk::new().gotrace(words).run().plain();
        assert!(text.lines().count() <= 40, "{words}: {} lines", text.lines().count());
        assert!(text.lines().all(|line| line.chars().count() <= 100), "{words}:\n{text}");
    }
}

#[test]
fn the_version_is_told() {
    assert_eq!(Desk::new().gotrace("--version").run().plain(), concat!("gotrace ", env!("CARGO_PKG_VERSION"), "\n"));
    assert_eq!(Desk::new().gotrace("-V").run().plain(), concat!("gotrace ", env!("CARGO_PKG_VERSION"), "\n"));
}

#[test]
fn help_is_the_same_however_one_asks() {
    let help = |words: &str| Desk::new().gotrace(words).run().plain();
    assert_eq!(help("help"), help("--help"));
    assert_eq!(help("help flame"), help("flame --help"));
    assert_eq!(help("help summary"), help("summary --help"));
}

#[test]
fn a_completion_script_knows_every_subcommand_and_parses() {
    for (shell, dry_run) in
        [("bash", "-n"), ("zsh", "-n"), ("fish", "--no-execute"), ("elvish", "-compileonly"), ("powershell", "")]
    {
        let desk = Desk::new();
        let script = desk.gotrace(&format!("completions {shell}")).run().plain();
        for word in ["flame", "summary", "report", "completions", "man", "--weight", "--chart"] {
            let word = if shell == "fish" { word.trim_start_matches('-') } else { word };
            assert!(script.contains(word), "{shell} completes {word}");
        }
        desk.file("script", &script);
        if is_there(shell) {
            desk.program(shell, [dry_run, "script"]).run().plain();
        }
    }
}

#[test]
fn the_manual_page_is_set_without_a_warning() {
    let desk = Desk::new();
    let page = desk.gotrace("man").run().plain();
    let title = page.lines().find(|line| line.starts_with(".TH "));
    assert!(title.is_some_and(|title| title.starts_with(".TH GOTRACE 1")), "{title:?}");
    let sections: Vec<&str> = page.lines().filter_map(|line| line.strip_prefix(".SH ")).collect();
    assert_eq!(
        sections,
        ["NAME", "SYNOPSIS", "DESCRIPTION", "COMMANDS", "EXAMPLES", "FILES", "ENVIRONMENT", "EXIT STATUS"],
        "each once"
    );
    for option in ["\\-\\-weight", "\\-\\-chart", "\\-\\-rows", "\\-\\-format", "\\-\\-command"] {
        assert!(page.contains(option), "{option}");
    }
    desk.file("gotrace.1", &page);
    if is_there("groff") {
        let set =
            desk.program("groff", ["-man", "-Tutf8", "-P-bcu", "-ww", "-Kutf8", "gotrace.1"]).env("PATH", path()).run();
        assert_eq!((set.code, set.err.as_str()), (Some(0), ""), "groff warns of nothing");
        assert!(set.out.contains("any other"), "{}", set.out);
    }
}

fn is_there(program: &str) -> bool {
    Command::new(program).arg("--version").output().is_ok()
}

fn path() -> &'static str {
    // groff calls its parts by their names.
    "/usr/local/bin:/usr/bin:/bin"
}
