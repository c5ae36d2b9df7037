//! What CI keeps from run to run. What is looked at are files, so the files are the real thing; none needs Go.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use crate::house::House;

/// A repository with a module that has dependencies, and one workflow.
fn house(jobs: &str) -> House {
    let house = bare();
    house.file("module/.github/workflows/ci.yml", format!("on: push\njobs:\n{jobs}"));
    house
}

fn bare() -> House {
    let house = House::without_go();
    fs::create_dir(house.path("module/.git")).expect("a repository");
    house.file("module/go.mod", "module example.com/app\n\ngo 1.25.3\n");
    house.file("module/go.sum", "");
    house
}

/// A job of these steps, with four blanks before each.
fn job(name: &str, steps: &str) -> String {
    format!("  {name}:\n    runs-on: ubuntu-latest\n    steps:\n      - uses: actions/checkout@v6\n{steps}")
}

#[track_caller]
fn finds(house: &House, check: &str, verdict: &str, words: &[&str]) {
    let findings = house.ask(check);
    let (found, said) = findings.of(check);
    assert_eq!(found, verdict, "{said}");
    words.iter().for_each(|word| assert!(said.contains(word), "{word} in {said}"));
}

const SETUP: &str = "      - uses: actions/setup-go@v6\n        with: { go-version-file: go.mod }\n";

/// The caches of a job by itself, as the answer to a shared key tells.
const OWN_CACHE: &str = "      - uses: actions/setup-go@v6\n        with: { go-version-file: go.mod, cache: false }\n      - uses: actions/cache@v5\n        \
                         with:\n          path: |\n            ~/.cache/go-build\n            ~/go/pkg/mod\n          key: go-${{ github.job }}-${{ \
                         hashFiles('**/go.sum') }}-${{ github.sha }}\n          restore-keys: go-${{ github.job }}-${{ hashFiles('**/go.sum') }}-\n";

#[test]
fn a_workflow_as_it_should_be_is_not_warned_of() {
    let build = job("build", &format!("{OWN_CACHE}      - run: go build ./...\n      - run: go test ./...\n"));
    let race = job("race", &format!("{OWN_CACHE}      - run: go test -race ./...\n"));
    let findings = house(&format!("{build}{race}")).ask("ci");
    assert_eq!(findings.with(&["error", "warn", "note", "unknown"]), Vec::<&str>::new(), "{}", findings.0);
    let one = job("build", &format!("{SETUP}      - run: go vet ./... && go test ./...\n"));
    let findings = house(&one).ask("ci");
    assert_eq!(findings.with(&["error", "warn", "note", "unknown"]), Vec::<&str>::new(), "{}", findings.0);
}

#[test]
fn where_there_is_no_ci_nothing_is_looked_at() {
    let findings = bare().ask("ci");
    let all = findings.0["findings"].as_array().expect("findings").len();
    assert_eq!(findings.with(&["not_applicable"]).len(), all, "{}", findings.0);
}

#[test]
fn a_file_that_is_no_yaml_is_told_once_and_the_others_are_looked_at() {
    let house = house("  build: [\n");
    let findings = house.ask("ci");
    let (verdict, said) = findings.of("ci-readable");
    assert!(verdict == "error" && said.contains("ci.yml:4 is no YAML"), "{said}");
    assert_eq!(findings.with(&["error", "warn", "note", "unknown", "ok"]), ["ci-readable"], "{}", findings.0);
    let bad = format!("on: push\njobs:\n{}", job("a", &format!("{SETUP}      - run: go build -a ./...\n")));
    house.file("module/.github/workflows/other.yaml", bad);
    finds(&house, "ci-rebuilds", "warn", &["other.yaml"]);
    finds(&house, "ci-shared-key", "ok", &["not looked at", ".github/workflows/ci.yml"]);
    house.file("module/.github/workflows/ci.yml", "on: push\n");
    finds(&house, "ci-readable", "ok", &["2 files"]);
    let (_, said) = house.ask("ci-shared-key").of("ci-shared-key");
    assert!(!said.contains("not looked at"), "{said}");
}

#[test]
fn a_module_below_the_root_leaves_setup_go_without_a_key() {
    let steps = |version: &str, with: &str| {
        job(
            "build",
            &format!("      - uses: actions/setup-go@{version}\n        with: {{ go-version: '1.25'{with} }}\n"),
        )
    };
    let move_module = |house: &House| {
        fs::rename(house.path("module/go.mod"), house.path("module/app.mod")).expect("moved");
        fs::rename(house.path("module/go.sum"), house.path("module/app.sum")).expect("moved");
        house.file("module/app/go.sum", "");
    };
    let below = |text: String| {
        let house = house(&text);
        move_module(&house);
        house
    };
    finds(&below(steps("v6", "")), "ci-key-file", "warn", &["ci.yml:7", "no go.mod", "cache-dependency-path"]);
    finds(&below(steps("v5", "")), "ci-key-file", "warn", &["no go.sum"]);
    finds(&below(steps("v3", "")), "ci-key-file", "ok", &[]);
    finds(&below(steps("v6", ", cache: false")), "ci-key-file", "ok", &[]);
    finds(&below(steps("v6", ", cache-dependency-path: app/go.sum")), "ci-key-file", "ok", &[]);
    finds(&below(steps("v6", ", cache-dependency-path: lib/go.sum")), "ci-key-file", "warn", &["lib/go.sum"]);
    finds(&house(&steps("v6", "")), "ci-key-file", "ok", &[]);
}

#[test]
fn the_file_that_setup_go_hashes_depends_on_its_version() {
    let steps = |version: &str| {
        house(&job(
            "build",
            &format!("      - uses: actions/setup-go@{version}\n        with: {{ go-version: '1.25' }}\n"),
        ))
    };
    let without_sum = |version: &str| {
        let house = steps(version);
        fs::remove_file(house.path("module/go.sum")).expect("removed");
        house
    };
    finds(&without_sum("v6.2.0"), "ci-key-file", "warn", &["no go.sum", "cache-dependency-path: go.mod"]);
    finds(&without_sum("v6.3.0"), "ci-key-file", "ok", &[]);
    finds(&without_sum("v7"), "ci-key-file", "ok", &[]);
    finds(&without_sum("fba3fb4a1b2c3d4e5f60718293a4b5c6d7e8f901"), "ci-key-file", "ok", &[]);
}

#[test]
fn setup_go_before_checkout_finds_nothing() {
    let text = "  build:\n    steps:\n      - uses: actions/setup-go@v6\n      - uses: actions/checkout@v6\n";
    finds(&house(text), "ci-key-file", "warn", &["before checkout"]);
}

#[test]
fn jobs_of_different_variants_under_one_key_are_told() {
    let test = job("test", &format!("{SETUP}      - run: go test ./...\n"));
    let race = job("race", &format!("{SETUP}      - run: go test -race ./...\n"));
    finds(&house(&format!("{test}{race}")), "ci-shared-key", "warn", &["job race", "-race", "job test", "no flags"]);
    let cover = job("cover", &format!("{SETUP}      - run: go test -cover ./...\n"));
    finds(&house(&format!("{test}{cover}")), "ci-shared-key", "ok", &[]);
    let both = job("both", &format!("{SETUP}      - run: go test ./... && go test -race ./...\n"));
    finds(&house(&both), "ci-shared-key", "ok", &[]);
}

#[test]
fn legs_of_a_matrix_for_several_platforms_share_a_key() {
    let legs = |key: &str| {
        format!(
            "  cross:\n    runs-on: ${{{{ matrix.on }}}}\n    strategy:\n      matrix:\n        on: [ubuntu-latest, macos-latest]\n        goos: [linux, windows]\n    \
             steps:\n      - uses: actions/checkout@v6\n{SETUP}      - run: GOOS=${{{{ matrix.{key} }}}} go build ./...\n"
        )
    };
    finds(&house(&legs("goos")), "ci-shared-key", "warn", &["matrix.goos"]);
    finds(&house(&legs("on")), "ci-shared-key", "ok", &[]);
}

#[test]
fn a_second_cache_of_the_same_is_told() {
    let cache =
        "      - uses: actions/cache@v5\n        with: { path: ~/go/pkg/mod, key: \"${{ hashFiles('go.sum') }}\" }\n";
    finds(
        &house(&job("a", &format!("{SETUP}{cache}"))),
        "ci-two-caches",
        "warn",
        &["~/go/pkg/mod", "setup-go of .github/workflows/ci.yml:7"],
    );
    let other = "      - uses: actions/cache@v5\n        with: { path: node_modules, key: x }\n";
    finds(&house(&job("a", &format!("{SETUP}{other}"))), "ci-two-caches", "ok", &[]);
    finds(&house(&job("a", OWN_CACHE)), "ci-two-caches", "ok", &[]);
}

#[test]
fn a_key_that_never_changes_is_told() {
    let cache = |key: &str| {
        house(&job(
            "a",
            &format!("      - uses: actions/cache@v5\n        with: {{ path: ~/.cache/go-build, key: \"{key}\" }}\n"),
        ))
    };
    finds(&cache("go-${{ runner.os }}"), "ci-fixed-key", "warn", &["go-${{ runner.os }}", "github.sha"]);
    finds(&cache("go"), "ci-fixed-key", "warn", &[]);
    finds(&cache("go-${{ runner.os }}-${{ hashFiles('**/go.sum') }}"), "ci-fixed-key", "ok", &[]);
    finds(&cache("go-${{ github.run_id }}"), "ci-fixed-key", "ok", &[]);
    finds(&cache("go-${{ steps.week.outputs.number }}"), "ci-fixed-key", "ok", &[]);
}

#[test]
fn modules_without_what_was_built_of_them_are_told() {
    let kept = |path: &str| {
        let setup = "      - uses: actions/setup-go@v6\n        with: { go-version-file: go.mod, cache: false }\n";
        let cache = format!(
            "      - uses: actions/cache@v5\n        with: {{ path: {path}, key: \"${{{{ hashFiles('go.sum') }}}}\" }}\n"
        );
        house(&job("a", &format!("{setup}{cache}      - run: go build ./...\n")))
    };
    finds(&kept("~/go/pkg/mod"), "ci-build-cache", "warn", &["ci.yml:3"]);
    finds(&kept("~/.cache/go-build"), "ci-build-cache", "ok", &[]);
    finds(&kept("node_modules"), "ci-build-cache", "note", &["nothing"]);
}

#[test]
fn a_go_older_than_the_module_needs_is_told() {
    let with = |version: &str, go: &str| {
        house(&job("a", &format!("      - uses: actions/setup-go@{version}\n        with: {{ go-version: {go} }}\n")))
    };
    finds(&with("v6", "'1.24'"), "ci-go-version", "error", &["1.24", "1.25.3"]);
    finds(&with("v5", "'1.24'"), "ci-go-version", "warn", &["fetches a toolchain"]);
    finds(&with("v6", "'1.25.2'"), "ci-go-version", "error", &[]);
    for fine in ["'1.25'", "'1.25.x'", "'1.25.3'", "'1.26.0'", "stable", "'>=1.20'"] {
        finds(&with("v6", fine), "ci-go-version", "ok", &[]);
    }
}

#[test]
fn a_version_that_yaml_reads_as_another_number_is_told() {
    let text = |go: &str| {
        format!(
            "  a:\n    strategy: {{ matrix: {{ go: [{go}] }} }}\n    steps:\n      - uses: actions/checkout@v6\n      - uses: actions/setup-go@v6\n        \
             with: {{ go-version: \"${{{{ matrix.go }}}}\" }}\n"
        )
    };
    finds(
        &house(&text("'1.27', 1.30")),
        "ci-go-version",
        "error",
        &["1.30 without quotes is a number, which is 1.3", "'1.30'"],
    );
    finds(&house(&text("'1.27', '1.30'")), "ci-go-version", "ok", &[]);
    finds(&house(&job("a", "      - uses: actions/setup-go@v6\n")), "ci-go-version", "note", &["not told a version"]);
}

#[test]
fn commands_that_go_around_the_cache_are_told() {
    let runs = |line: &str| house(&job("a", &format!("{SETUP}      - run: |\n          set -e\n          {line}\n")));
    finds(&runs("go build -a ./..."), "ci-rebuilds", "warn", &["ci.yml:9", "go build -a ./..."]);
    finds(&runs("go clean -cache"), "ci-rebuilds", "warn", &[]);
    finds(&runs("GOFLAGS=-count=1 go test ./..."), "ci-rebuilds", "note", &[]);
    finds(&runs("GOCACHE=off go test ./..."), "ci-rebuilds", "error", &[]);
    finds(&runs("go env -w GOFLAGS=-a && go build ./..."), "ci-rebuilds", "warn", &[]);
    for fine in [
        "echo go build -a",
        "go build -ldflags \"-X main.v=1 -a\" ./...",
        "go test -run 'a|b' ./... # -a",
        "go run ./gen -a",
        "cat <<EOF\n          go build -a\n          EOF",
        "go test -bench . -count=1 ./...",
        "go test -shuffle on -count=1 ./...",
        "go test -count=1",
    ] {
        finds(&runs(fine), "ci-rebuilds", "ok", &[]);
    }
}

/// There is no result that could have been used.
#[test]
fn tests_of_a_job_that_keeps_nothing_run_anew_anyway() {
    let setup = SETUP.replace("go.mod }", "go.mod, cache: false }");
    finds(&house(&job("a", &format!("{setup}      - run: go test -count=1 ./...\n"))), "ci-rebuilds", "ok", &[]);
}

/// Go 1.25 is the first that keeps them.
#[test]
fn results_with_a_profile_of_coverage_are_kept_by_go_of_today() {
    let tests = |line: &str, oldest: &str| {
        let house = house(&job("a", &format!("{SETUP}      - run: go test {line} -coverprofile=c.out ./...\n")));
        house.file("module/go.mod", format!("module example.com/app\n\ngo {oldest}\n"));
        house.file("module/testdata/in.txt", "x");
        house
    };
    finds(&tests("", "1.25"), "ci-file-times", "note", &[]);
    finds(&tests("", "1.24.11"), "ci-file-times", "ok", &[]);
    finds(&tests("-count=1", "1.25"), "ci-rebuilds", "note", &[]);
    finds(&tests("-count=1", "1.24.11"), "ci-rebuilds", "ok", &[]);
}

/// Where nothing is restored, it makes room on the disk.
#[test]
fn a_cache_that_nobody_keeps_may_be_emptied() {
    let setup = SETUP.replace("go.mod }", "go.mod, cache: false }");
    finds(&house(&job("a", &format!("{setup}      - run: go clean -cache\n"))), "ci-rebuilds", "ok", &[]);
}

#[test]
fn what_a_step_sets_counts_in_those_after_it() {
    let steps = |first: &str| house(&job("a", &format!("{SETUP}      - run: {first}\n      - run: go test ./...\n")));
    finds(&steps("go env -w GOFLAGS=-a"), "ci-rebuilds", "warn", &["ci.yml:10"]);
    finds(&steps("echo GOFLAGS=-a >> \"$GITHUB_ENV\""), "ci-rebuilds", "warn", &["ci.yml:10"]);
    finds(&steps("export GOFLAGS=-a"), "ci-rebuilds", "ok", &[]);
}

/// A subshell keeps what it sets, and a branch may not be run.
#[test]
fn what_is_set_elsewhere_or_perhaps_raises_no_false_alarm() {
    let steps =
        |first: &str| house(&job("a", &format!("{SETUP}      - run: |\n          {first}\n          go test ./...\n")));
    finds(&steps("(export GOFLAGS=-a; echo)"), "ci-rebuilds", "ok", &[]);
    finds(&steps("if [ \"$FULL\" = yes ]; then export GOFLAGS=-a; fi"), "ci-rebuilds", "ok", &[]);
    let plain = job("plain", &format!("{SETUP}      - run: go test ./...\n"));
    let perhaps = "if [ \"$FULL\" = yes ]; then export CGO_ENABLED=0; fi; go test ./...";
    let perhaps = job("perhaps", &format!("{SETUP}      - run: |\n          {perhaps}\n"));
    finds(&house(&format!("{plain}{perhaps}")), "ci-shared-key", "ok", &[]);
}

/// Their words are others than those of sh.
#[test]
fn steps_for_other_shells_raise_no_false_alarm() {
    let steps = |shell: &str, script: &str| {
        let own =
            format!("      - shell: {shell}\n        run: |\n          {script}\n          go test -race ./...\n");
        let plain = job("plain", &format!("{SETUP}      - run: go test -race ./...\n"));
        house(&format!("{plain}{}", job("own", &format!("{SETUP}{own}"))))
    };
    finds(&steps("pwsh", "$env:CGO_ENABLED=1; go build -a"), "ci-shared-key", "ok", &[]);
    finds(&steps("cmd", "set CGO_ENABLED=1"), "ci-shared-key", "ok", &[]);
    finds(&steps("pwsh", "Write-Host \"go build -a"), "ci-rebuilds", "ok", &[]);
    finds(&steps("pwsh", "go clean -cache"), "ci-rebuilds", "warn", &[]);
}

#[test]
fn an_action_of_the_repository_counts_as_its_steps() {
    let steps = "      - uses: ./.github/actions/go\n        with: { flags: -a }\n";
    let jobs = [job("a", steps), job("b", &format!("{steps}      - run: go vet ./...\n"))].concat();
    let house = house(&jobs);
    let action = "inputs: { flags: { default: -v }, cache: { default: true } }\nruns:\n  using: composite\n  steps:\n    \
                  - uses: actions/setup-go@v6\n      with: { go-version-file: go.mod, cache: \"${{ inputs.cache }}\" }\n    \
                  - { shell: bash, run: \"go build ${{ inputs.flags }} ./...\" }\n";
    house.file("module/.github/actions/go/action.yml", action);
    finds(&house, "ci-rebuilds", "warn", &["actions/go/action.yml:7: ", "`go build -a ./...`"]);
    let (_, said) = house.ask("ci-rebuilds").of("ci-rebuilds");
    assert_eq!(said.matches("compiles everything anew").count(), 1, "one line, however many use it: {said}");
    finds(&house, "ci-build-cache", "ok", &[]);
    house.file("module/.github/actions/go/action.yml", action.replace("default: true", "default: false"));
    finds(&house, "ci-build-cache", "note", &["job a", "job b"]);
}

/// Aliases and actions make very many steps of a small file.
#[test]
fn jobs_without_end_are_not_read_and_that_is_told() {
    let aliases = |count: usize| (0..count).map(|number| format!("  b{number}: *a\n")).collect::<String>();
    let jobs = format!("  a: &a\n    steps: [{{ uses: ./go }}]\n{}", aliases(100));
    let house = house(&jobs);
    let steps = |count: usize| format!("runs:\n  steps:\n{}", "    - run: go build -a\n".repeat(count));
    house.file("module/go/action.yml", steps(1_000));
    house.file("module/.github/workflows/other.yml", format!("jobs:\n{}", job("a", "      - run: go vet -a\n")));
    finds(&house, "ci-readable", "unknown", &["workflows/ci.yml: more than 2000 jobs or 20000 steps"]);
    finds(&house, "ci-rebuilds", "warn", &["other.yml"]);
    finds(&house, "ci-shared-key", "ok", &["not looked at", "ci.yml"]);
    house.file("module/go/action.yml", steps(1));
    finds(&house, "ci-readable", "ok", &[]);
    house.file("module/.github/workflows/ci.yml", format!("jobs:\n{jobs}{}", aliases(3_000)));
    finds(&house, "ci-readable", "unknown", &["workflows/ci.yml: more than 2000 jobs"]);
}

/// One of elsewhere may keep what this check would miss.
#[test]
fn what_an_action_of_elsewhere_may_keep_is_not_missed() {
    let with = |uses: &str| house(&job("a", &format!("      - uses: {uses}\n      - run: go build ./...\n")));
    finds(&with("example/setup-go-with-cache@v1"), "ci-build-cache", "ok", &[]);
    finds(&with("./not-there"), "ci-build-cache", "ok", &[]);
    finds(&with("example/ci-setup@v1"), "ci-build-cache", "ok", &[]);
    finds(&with("example/greet@v1\n        with: { cache_suffix: race }"), "ci-build-cache", "ok", &[]);
    finds(&with("example/greet@v1"), "ci-build-cache", "note", &[]);
}

#[test]
fn a_folder_above_go_builds_keeps_what_is_in_it() {
    let kept = |path: &str| {
        let setup = SETUP.replace("go.mod }", "go.mod, cache: false }");
        let cache = format!(
            "      - uses: actions/cache@v5\n        with: {{ path: \"{path}\", key: \"${{{{ github.sha }}}}\" }}\n"
        );
        let set = "      - run: echo \"GOCACHE=$(go env GOCACHE)\" >> $GITHUB_ENV\n";
        house(&job("a", &format!("{setup}{set}{cache}      - run: go build ./...\n")))
    };
    finds(&kept("~/.cache"), "ci-build-cache", "ok", &[]);
    finds(&kept("${{ env.GOCACHE }}"), "ci-build-cache", "ok", &[]);
    finds(&kept("~/other"), "ci-build-cache", "note", &[]);
}

#[test]
fn jobs_that_compile_the_same_without_a_cache_are_told() {
    let uncached = "      - uses: actions/setup-go@v6\n        with: { go-version-file: go.mod, cache: false }\n      - run: go build ./...\n";
    let two = format!("{}{}", job("one", uncached), job("two", uncached));
    finds(&house(&two), "ci-same-work", "note", &["one and two", "go build ./..."]);
    let cached = format!("{SETUP}      - run: go build ./...\n");
    finds(&house(&format!("{}{}", job("one", &cached), job("two", &cached))), "ci-same-work", "ok", &[]);
}

#[test]
fn tests_that_open_files_after_a_checkout_are_noted() {
    let tests = |more: &str| {
        let house = house(&job("a", &format!("{SETUP}{more}      - run: go test ./...\n")));
        house.file("module/internal/a/testdata/in.txt", "x");
        house
    };
    finds(&tests(""), "ci-file-times", "note", &["internal/a/testdata"]);
    finds(&tests("      - run: git restore-mtime\n"), "ci-file-times", "ok", &[]);
    let fresh = house(&job("a", &format!("{SETUP}      - run: go test -bench . ./... && go test\n")));
    fresh.file("module/testdata/in.txt", "x");
    finds(&fresh, "ci-file-times", "ok", &[]);
    finds(&house(&job("a", &format!("{SETUP}      - run: go test ./...\n"))), "ci-file-times", "ok", &[]);
}

fn gitlab(text: &str) -> House {
    let house = bare();
    house.file("module/.gitlab-ci.yml", text);
    house
}

#[test]
fn gitlab_keeps_nothing_outside_the_project() {
    let text = "test:\n  image: golang:1.27\n  script: [go test ./...]\n  cache:\n    paths: [/go/pkg/mod]\n";
    finds(&gitlab(text), "ci-gitlab-paths", "warn", &[".gitlab-ci.yml:4", "/go/pkg/mod", "GOCACHE: $CI_PROJECT_DIR"]);
    let home = text.replace("/go/pkg/mod", "$GOPATH/pkg/mod");
    finds(&gitlab(&home), "ci-gitlab-paths", "warn", &["$GOPATH/pkg/mod"]);
    finds(&gitlab(&format!("variables: {{ GOPATH: $CI_PROJECT_DIR/.go }}\n{home}")), "ci-gitlab-paths", "ok", &[]);
    let unfilled = text.replace("/go/pkg/mod", ".cache/go-build/");
    finds(&gitlab(&unfilled), "ci-gitlab-paths", "warn", &["nothing tells go"]);
    let mend = "variables: { GOCACHE: $CI_PROJECT_DIR/.cache/go-build, GOMODCACHE: $CI_PROJECT_DIR/.cache/mod }\n";
    let mended = format!("{mend}{}", text.replace("/go/pkg/mod", ".cache/go-build/, .cache/mod/"));
    finds(&gitlab(&mended), "ci-gitlab-paths", "ok", &[]);
    finds(&gitlab(&mended), "ci-build-cache", "ok", &[]);
}

/// What `.go` has is merged into what the job has itself.
#[test]
fn variables_of_templates_and_those_of_the_job_count_together() {
    let template = "variables: { GOFLAGS: -v, GOCACHE: $CI_PROJECT_DIR/c }\n.go:\n  variables: { GOFLAGS: -a, GOMODCACHE: $CI_PROJECT_DIR/m }\n";
    let job = "test:\n  extends: .go\n  variables: { CGO_ENABLED: 0 }\n  script: [go test ./...]\n  cache: { paths: [c/, m/] }\n";
    let house = gitlab(&format!("{template}{job}"));
    finds(&house, "ci-rebuilds", "warn", &["job test"]);
    finds(&house, "ci-build-cache", "ok", &[]);
    finds(&house, "ci-gitlab-paths", "ok", &[]);
    house.file("module/.gitlab-ci.yml", format!("{template}{}", job.replace("CGO_ENABLED: 0", "GOFLAGS: -v")));
    finds(&house, "ci-rebuilds", "ok", &[]);
}

#[test]
fn what_a_script_before_moves_is_kept_where_it_goes() {
    let text = |before: &str| {
        let job = "test:\n  script: [go test ./...]\n  cache: { paths: [.kept/b, .kept/m] }\n";
        gitlab(&format!("default:\n  before_script:\n    - {before}\n{job}"))
    };
    finds(&text("export GOCACHE=$PWD/.kept/b GOMODCACHE=$PWD/.kept/m"), "ci-build-cache", "ok", &[]);
    finds(&text("go env -w GOCACHE=$CI_PROJECT_DIR/.kept/b"), "ci-build-cache", "ok", &[]);
    finds(&text("export GOMODCACHE=$PWD/.kept/m"), "ci-build-cache", "warn", &["what was built"]);
    finds(&text("go version"), "ci-build-cache", "note", &[]);
}

#[test]
fn references_of_gitlab_are_followed() {
    let kept = ".go:\n  before_script: [go clean -cache]\n  cache:\n    key: k\n    paths: [c/]\n  variables: { GOCACHE: $CI_PROJECT_DIR/c }\n";
    let job = "test:\n  variables: !reference [.go, variables]\n  cache: !reference [.go, cache]\n  script:\n    \
               - !reference [.go, before_script]\n    - go test ./...\n";
    let house = gitlab(&format!("{kept}{job}"));
    finds(&house, "ci-rebuilds", "warn", &["`go clean -cache`"]);
    finds(&house, "ci-build-cache", "ok", &[]);
    let endless = "test:\n  script: [!reference [test, script], go test ./...]\n";
    finds(&gitlab(endless), "ci-build-cache", "note", &[]);
}

#[test]
fn what_gitlab_includes_from_elsewhere_may_keep_caches() {
    let job = "test:\n  script: [go test ./...]\n";
    for include in [
        "include: { project: a/b, file: /go.yml }\n",
        "include: '/ci/*.yml'\n",
        "include: [{ template: Go.gitlab-ci.yml }]\n",
    ] {
        finds(&gitlab(&format!("{include}{job}")), "ci-build-cache", "ok", &[]);
    }
    finds(&gitlab(&format!("{job}  extends: .elsewhere\n")), "ci-build-cache", "ok", &[]);
    finds(&gitlab(job), "ci-build-cache", "note", &[]);
}

/// What a host has in its files says nothing of another's.
#[test]
fn a_broken_workflow_of_github_hides_nothing_of_gitlab() {
    let house = gitlab("test:\n  script: [go test ./...]\n");
    house.file("module/.github/workflows/ci.yml", "jobs: [\n");
    finds(&house, "ci-build-cache", "note", &["job test"]);
    house.file("module/.gitlab-ci.yml", "include: ci/go.yml\ntest:\n  script: [go test ./...]\n");
    house.file("module/ci/go.yml", "test: [\n");
    finds(&house, "ci-build-cache", "ok", &[]);
}

/// Jobs of the same name in several files are one job.
#[test]
fn a_job_in_two_files_of_gitlab_is_one() {
    let house = gitlab("include: [ci/go.yml]\ntest:\n  variables: { GOFLAGS: -a }\n");
    house.file("module/ci/go.yml", "test:\n  script: [go test ./...]\n  variables: { GOFLAGS: -v, GOCACHE: off }\n");
    finds(&house, "ci-rebuilds", "error", &["job test", "GOCACHE=off"]);
    house.file("module/ci/go.yml", "test:\n  script: [go test ./...]\n  variables: { GOFLAGS: -v }\n");
    finds(&house, "ci-rebuilds", "warn", &["`go test ./...` compiles everything anew"]);
}

#[test]
fn templates_and_included_files_of_gitlab_are_read() {
    let house = gitlab("include:\n  - local: /ci/go.yml\ntest:\n  extends: .go\n  script: [go test ./...]\n");
    house.file(
        "module/ci/go.yml",
        ".go:\n  cache: &kept\n    paths: [~/.cache/go-build]\nvet:\n  cache: *kept\n  script: go vet -a ./...\n",
    );
    finds(&house, "ci-gitlab-paths", "warn", &["job test", "job vet", "~/.cache/go-build"]);
    finds(&house, "ci-rebuilds", "warn", &["ci/go.yml:4 (job vet)"]);
}

#[test]
fn a_pipeline_of_buildkite_is_read() {
    let house = bare();
    house
        .file("module/.buildkite/pipeline.yml", "steps:\n  - label: build\n    command: go build -a ./...\n  - wait\n");
    finds(&house, "ci-rebuilds", "warn", &["pipeline.yml:2 (job build)"]);
    finds(&house, "ci-build-cache", "ok", &[]);
    let grouped = "steps:\n  - group: all\n    steps:\n      - command:\n          - export GOFLAGS=-a\n          - go vet ./...\n        \
                   plugins: [{ docker#v5.13.0: { image: golang } }]\n";
    house.file("module/.buildkite/pipeline.yml", grouped);
    finds(&house, "ci-rebuilds", "warn", &["pipeline.yml:4"]);
}

/// A folder that may not be read hides nothing beside it.
#[test]
fn files_of_tests_are_found_beside_a_folder_that_cannot_be_read() {
    let house = house(&job("a", &format!("{SETUP}      - run: go test ./...\n")));
    house.file("module/b/testdata/in.txt", "x");
    let closed = house.path("module/a");
    fs::create_dir(&closed).expect("a folder");
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o000)).expect("closed");
    let found = house.ask_as_nobody("ci-file-times");
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o755)).expect("opened");
    if let Some(findings) = found {
        assert_eq!(findings.of("ci-file-times").0, "note", "{}", findings.0);
    }
}

/// Of quotes, blocks, a pipe in a flag, a document and a substitution, each has been taken for something else.
#[test]
fn a_script_as_people_write_them_raises_no_false_alarm() {
    let script = r#"
          set -o pipefail
          go test -race -ldflags "-X 'main.version=${{ github.sha }} -a'" \
            $(go list ./... | grep -v -a /gen/) 2>&1 | tee out.txt
          if grep -q 'DATA RACE' out.txt; then echo "::error::race; go build -a"; exit 1; fi
          cat > Dockerfile.tmp <<-"EOF"
          RUN go build -a ./... && go clean -cache
          EOF
          for p in a b; do (cd "$p" && go test -race -run 'A|B' ./...); done
          go run golang.org/x/tools/cmd/stringer@latest -a
          go test -race -json ./... > >(tee x.json) 2>&1 # -count=1
"#;
    let findings = house(&job("test", &format!("{SETUP}      - run: |{script}"))).ask("ci");
    assert_eq!(findings.with(&["error", "warn", "note", "unknown"]), Vec::<&str>::new(), "{}", findings.0);
}

#[test]
fn the_samples_of_this_project_are_not_warned_of() {
    let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples/ci");
    let house = bare();
    for (sample, place) in [
        ("github-actions.yml", ".github/workflows/profile.yml"),
        ("gitlab-ci.yml", ".gitlab-ci.yml"),
        ("buildkite.yml", ".buildkite/pipeline.yml"),
    ] {
        house.file(&format!("module/{place}"), fs::read(samples.join(sample)).expect("a sample"));
    }
    let findings = house.ask("ci");
    assert_eq!(findings.with(&["error", "warn", "unknown"]), Vec::<&str>::new(), "{}", findings.0);
    assert!(findings.with(&["note"]).contains(&"ci-build-cache"), "they measure builds from nothing, and were read");
}

#[test]
fn an_image_whose_go_is_older_than_go_mod_is_told() {
    let gitlab = |image: &str| {
        let house = House::without_go();
        house.file("module/go.mod", "module example.com/app\n\ngo 1.25\n");
        house.file("module/.gitlab-ci.yml", format!("build:\n  image: {image}\n  script: [go build ./...]\n"));
        house
    };
    let words = ["golang:1.22-alpine has Go 1.22, and go.mod needs 1.25.0", "GOTOOLCHAIN=local", "image: golang:1.25"];
    finds(&gitlab("registry.example.com:5000/golang:1.22-alpine"), "ci-go-version", "warn", &words);
    for fine in
        ["golang:1.25", "golang:1.26.1-bookworm", "golang", "golang:latest", "debian:12", "golang:1.25@sha256:00"]
    {
        finds(&gitlab(fine), "ci-go-version", "ok", &[]);
    }
    let github = "on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    container: { image: \"golang:1.22\" }\n    \
                  steps:\n      - run: go build ./...\n";
    let house = gitlab("debian:12");
    house.file("module/.github/workflows/ci.yml", github);
    finds(&house, "ci-go-version", "warn", &["(job a): golang:1.22 has Go 1.22"]);
}
