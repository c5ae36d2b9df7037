# Tables of what `gotrace whatif` foretold beside what builds took, in Markdown. Knows medians; does not know how it was measured.
# Lines: round, build recorded, build asked for, hundredths of the machine that others had, nanoseconds foretold, nanoseconds that
# the recorded one took, error of its replay in percent. `names` are the builds.
{
    rounds[$1]
    others[$2, $1] = $4
    foretold[$2, $3, $1] = $5 / 1e9
    took[$2, $1] = $6 / 1e9
    replay[$2, $1] = $7
}

END {
    count = split(names, name, " ")
    print "| build | took | others had | a replay of it is off |"
    print "|---|---|---|---|"
    for (i = 1; i <= count; i++) build(name[i])
    print "\n| recorded | asked for | foretold | took | error | in single rounds |"
    print "|---|---|---|---|---|---|"
    for (i = 1; i <= count; i++) for (j = 1; j <= count; j++) if (i != j) pair(name[i], name[j])
    sort(errors, all)
    printf "\nmedian error %.1f %%, largest %.1f %%, of %d pairs\n", middle(errors, all), errors[all], all
}

function build(it, round, n, times, shares, offs) {
    for (round in rounds) if ((it, round) in took) {
        times[++n] = took[it, round]
        shares[n] = others[it, round]
        offs[n] = replay[it, round]
    }
    if (!n) return
    sort(times, n)
    sort(shares, n)
    sort(offs, n)
    printf "| %s | %.2f s [%.2f to %.2f] | %d %% | %.1f %% |\n", words(it), middle(times, n), times[1], times[n], \
        middle(shares, n), middle(offs, n)
}

function pair(from, to, round, n, said, was, off) {
    for (round in rounds) if ((from, to, round) in foretold && (to, round) in took) {
        said[++n] = foretold[from, to, round]
        was[n] = took[to, round]
        off[n] = (said[n] / was[n] - 1) * 100
    }
    if (!n) return
    sort(said, n)
    sort(was, n)
    sort(off, n)
    errors[++all] = middle(off, n) < 0 ? -middle(off, n) : middle(off, n)
    printf "| %s | %s | %.2f s | %.2f s | %+.1f %% | %+.1f to %+.1f %% |\n", words(from), words(to), middle(said, n), middle(was, n), \
        middle(off, n), off[1], off[n]
}

function words(kind) {
    return kind == "one" ? "one processor" : "-p " substr(kind, 2)
}

function middle(list, n) {
    return n % 2 ? list[(n + 1) / 2] : (list[n / 2] + list[n / 2 + 1]) / 2
}

# By insertion: lists are short.
function sort(list, n, i, j, it) {
    for (i = 2; i <= n; i++) {
        it = list[i]
        for (j = i - 1; j >= 1 && list[j] > it; j--) list[j + 1] = list[j]
        list[j + 1] = it
    }
}
