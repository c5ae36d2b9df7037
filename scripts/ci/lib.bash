# What the steps of action.yml share: how they speak with GitHub. To be sourced.
# Knows workflow commands and the files behind GITHUB_OUTPUT and GITHUB_STEP_SUMMARY; does not know what the steps do.
# shellcheck shell=bash

# What the page of one step may hold; of a longer one GitHub shows nothing at all.
most_on_page=$((1024 * 1024))

# Data of a workflow command: a line, whatever it is about.
data() {
    local text=${1//'%'/%25}
    text=${text//$'\r'/%0D}
    printf '%s' "${text//$'\n'/%0A}"
}

# On standard error, which GitHub reads as well: the functions that say something may be asked for a value.
notice() { printf '::notice title=gotrace::%s\n' "$(data "$*")" >&2; }
warn() { printf '::warning title=gotrace::%s\n' "$(data "$*")" >&2; }

die() {
    printf '::error title=gotrace::%s\n' "$(data "$*")" >&2
    exit 1
}

# output NAME VALUE, environment NAME VALUE: for the steps that follow.
output() { tell "$GITHUB_OUTPUT" "$@"; }
environment() { tell "$GITHUB_ENV" "$@"; }

# With an end mark that no value has, because a value may be of several lines, and none may speak for itself.
tell() {
    local mark=end-$RANDOM$RANDOM$RANDOM$RANDOM
    printf '%s<<%s\n%s\n%s\n' "$2" "$mark" "$3" "$mark" >>"$1"
}

# Puts standard input on the page of the run, as much of it as still fits.
to_page() {
    local room note=$'\n\nThe rest is too long for this page: the artifact has it.'
    room=$((most_on_page - $(wc -c 2>/dev/null <"$GITHUB_STEP_SUMMARY" || echo 0) - 2 * ${#note}))
    ((room > 0)) || { cat >/dev/null && return; }
    LC_ALL=C awk -v room="$room" -v note="$note" '
        cut { next }
        (used += length($0) + 1) > room { print note; cut = 1; next }
        { print }' >>"$GITHUB_STEP_SUMMARY"
}
