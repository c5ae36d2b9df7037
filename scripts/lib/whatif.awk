# Tables of what `gotrace whatif` foretold beside what builds took, in Markdown. Knows medians; does not know how it was measured.
# Lines: round, build recorded, build asked for, hundredths of the machine that others had, nanoseconds foretold, nanoseconds that
# the recorded one took, error of its replay in percent, thousandths of processors that others wanted, and nanoseconds foretold for
# those that they wanted beside the build asked for. `names` are the builds.
{
    rounds[$1]
    others[$2, $1] = $4
    foretold[$2, $3, $1] = $5 / 1e9
    took[$2, $1] = $6 / 1e9
    replay[$2, $1] = $7
    wanted[$2, $1] = $8 / 1000
    alike[$2, $3, $1] = $9 / 1e9
}

END {
    count = split(names, name, " ")
    print "| build | took | others had | … and wanted | a replay of it is off |"
    print "|---|---|---|---|---|"
    for (i = 1; i <= count; i++) build(name[i])
    print "\n| recorded | asked for | took | foretold | error | in single rounds | foretold for the same others | error |"
    print "|---|---|---|---|---|---|---|---|"
    for (i = 1; i <= count; i++) for (j = 1; j <= count; j++) if (i != j) pair(name[i], name[j])
    sort(errors, all)
    sort(rest, all)
    printf "\nmedian error %.1f %%, largest %.1f %%; for the same others median %.1f %%, largest %.1f %%; of %d pairs\n", \
        middle(errors, all), errors[all], middle(rest, all), rest[all], all
}

function build(it, round, n, times, shares, wants, offs) {
    for (round in rounds) if ((it, round) in took) {
        times[++n] = took[it, round]
        shares[n] = others[it, round]
        wants[n] = wanted[it, round]
        offs[n] = replay[it, round]
    }
    if (!n) return
    sort(times, n)
    sort(shares, n)
    sort(wants, n)
    sort(offs, n)
    printf "| %s | %.2f s [%.2f to %.2f] | %d %% | %.1f processors | %.1f %% |\n", words(it), middle(times, n), times[1], times[n], \
        middle(shares, n), middle(wants, n), middle(offs, n)
}

function pair(from, to, round, n, was, said, off, same, left) {
    for (round in rounds) if ((from, to, round) in foretold && (to, round) in took) {
        was[++n] = took[to, round]
        said[n] = foretold[from, to, round]
        off[n] = (said[n] / was[n] - 1) * 100
        same[n] = alike[from, to, round]
        left[n] = (same[n] / was[n] - 1) * 100
    }
    if (!n) return
    sort(was, n)
    sort(said, n)
    sort(off, n)
    sort(same, n)
    sort(left, n)
    errors[++all] = size(middle(off, n))
    rest[all] = size(middle(left, n))
    printf "| %s | %s | %.2f s | %.2f s | %+.1f %% | %+.1f to %+.1f %% | %.2f s | %+.1f %% |\n", words(from), words(to), middle(was, n), \
        middle(said, n), middle(off, n), off[1], off[n], middle(same, n), middle(left, n)
}

function size(number) {
    return number < 0 ? -number : number
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
