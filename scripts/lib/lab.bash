# What the measuring scripts share: building the C programs of benches/, and looking at a shim while its tool runs.
# Knows compilers and /proc; does not know what is measured. To be sourced; `here` is the root of the repository.
# shellcheck shell=bash
: "${here:?the script that sources this says where the repository is}"

die() {
    printf '%s: %s\n' "${0##*/}" "$*" >&2
    exit 1
}

# build_tool FILE: the tool that does nothing. build_spawn FILE: the program that plays the go command.
build_tool() { compile_c gcc -nostdlib -ffreestanding -fno-stack-protector -o "$1" "$here/benches/noop.c"; }
build_spawn() { compile_c gcc -o "$1" "$here/benches/spawn.c"; }

compile_c() {
    command -v "$1" >/dev/null || die "needs a C compiler: install $1 (Debian: apt-get install gcc libc6-dev)"
    "$1" -O2 -Wall -Wextra -static -no-pie "${@:2}"
}

# Builds the release binary on musl and prints its path; adds the target where rustup manages the toolchain.
musl_release() {
    local target
    target=$(uname -m)-unknown-linux-musl
    if command -v rustup >/dev/null && ! rustup target list --installed | grep -qx "$target"; then
        (cd "$here" && rustup target add "$target" >&2) || true
    fi
    (cd "$here" && cargo build --quiet --release --target "$target" >&2) || return
    printf '%s\n' "$here/target/$target/release/gotrace"
}

# rss_in_kb SHIM TOOL ARG…: the memory of the shim once it only waits for the tool. Read from the page tables (the counters in
# /proc/PID/status, and what wait4 gives, are kept per CPU and lag behind by up to a quarter of a megabyte).
rss_in_kb() {
    local pid gate state child='' field value
    gate=$(mktemp -u)
    mkfifo "$gate"
    NOOP_UNTIL_EOF=1 "$@" <"$gate" >/dev/null &
    pid=$!
    exec 9>"$gate"
    # Asleep with a child: a shim that is still at work would be running, and one whose child is not yet a tool
    # would be in state D.
    until child=$(<"/proc/$pid/task/$pid/children") && read -r _ _ state _ <"/proc/$pid/stat" && [[ $child && $state == S ]]; do
        kill -0 "$pid" 2>/dev/null || die "$1 ended before its tool"
        sleep 0.01
    done
    while read -r field value _; do
        [[ $field != Rss: ]] || printf '%s\n' "$value"
    done <"/proc/$pid/smaps_rollup"
    exec 9>&-
    wait "$pid"
    rm "$gate"
}
