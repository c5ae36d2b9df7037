"""Runs gotrace and DuckDB over one trace in turn and compares what the kernel counted for each.

Knows processes and medians; how the trace was made is the business of scripts/bench-read.
usage: read.py TRACE GOTRACE ROUNDS
"""
import os
import statistics
import sys
import time

QUERY = """
import duckdb, sys
duckdb.sql(f"select package, count(*), sum(end_ns - start_ns) as wall, sum(user_ns + sys_ns), max(max_rss_bytes) "
           f"from read_json('{sys.argv[1]}', format = 'newline_delimited') where type = 'end' "
           f"group by package order by wall desc limit 10").fetchall()
"""


def run(argv: list[str]) -> tuple[float, float, float]:
    """Wall seconds, CPU seconds and peak MiB of one process."""
    began = time.monotonic()
    pid = os.posix_spawn(argv[0], argv, os.environ, file_actions=[(os.POSIX_SPAWN_OPEN, 1, "/dev/null", os.O_WRONLY, 0)])
    _, status, usage = os.wait4(pid, 0)
    if status != 0:
        sys.exit(f"read.py: {argv[0]} ended with status {status}")
    return time.monotonic() - began, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def main() -> None:
    trace, gotrace, rounds = sys.argv[1], sys.argv[2], int(sys.argv[3])
    programs = {
        "duckdb": [sys.executable, "-c", QUERY, trace],
        "gotrace summary": [gotrace, "summary", trace],
        "gotrace flame": [gotrace, "flame", trace],
    }
    size = os.path.getsize(trace)
    print(f"{size / 1e6:,.0f} MB, {os.cpu_count()} CPUs, {rounds} rounds in turn, medians [smallest to largest]")
    figures: dict[str, list[tuple[float, float, float]]] = {name: [] for name in programs}
    for name, argv in programs.items():
        run(argv)  # warms the page cache
    for _ in range(rounds):
        for name, argv in programs.items():
            figures[name].append(run(argv))
    for name, runs in figures.items():
        parts = []
        for index, unit in enumerate(("s wall", "s CPU", "MiB")):
            values = sorted(run[index] for run in runs)
            ratios = [mine[index] / other[index] for mine, other in zip(runs, figures["duckdb"])]
            middle = statistics.median(values)
            parts.append(f"{middle:8.2f} {unit} [{values[0]:.2f} to {values[-1]:.2f}] x {statistics.median(ratios):.2f}")
        print(f"{name:16}" + "   ".join(parts))


main()
