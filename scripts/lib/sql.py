"""Runs samples/sql over many traces with DuckDB and ClickHouse (chdb), and compares the two and gotrace's own figures.

Knows how to make traces of many days out of samples, and what a query and `gotrace summary` have in common.
usage: sql.py ROOT GOTRACE FOLDER TRACES
"""
import glob
import gzip
import json
import os
import statistics
import subprocess
import sys
import time

import chdb
import duckdb

DAY = 86_400_000_000_000
TIMES = ("user_ns", "sys_ns")
# What becomes slower in the last third, for the query that finds such packages; and what gets another key every ten days.
SLOWER, SPLIT = "example.com/hello/internal/story", "example.com/hello/internal/chart"


def main() -> None:
    root, gotrace, folder, count = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
    make(root, folder, count)
    os.chdir(folder)
    files = sorted(os.listdir("traces"))
    size = sum(os.path.getsize(f"traces/{file}") for file in files)
    print(f"{len(files)} traces, {size / 1e6:.1f} MB, {sum(file.endswith('.gz') for file in files)} of them gzipped")
    print(f"DuckDB {duckdb.__version__}, chdb {chdb.__version__}, {os.cpu_count()} CPUs; medians of 3, in seconds\n")
    print("| question | rows | DuckDB | ClickHouse |\n| --- | ---: | ---: | ---: |")
    answers = {}
    for path in sorted(glob.glob(f"{root}/samples/sql/duckdb/*.sql")):
        name = os.path.basename(path)[:-4]
        answers[name] = both(name, path, f"{root}/samples/sql/clickhouse/{name}.sql")
    assert {f"{name}.sql" for name in answers} == set(os.listdir(f"{root}/samples/sql/clickhouse")), "a dialect lacks a question"
    compared = compare(gotrace, files, answers)
    print(f"\nThe two agree in every value; where gotrace has the figure as well, it is the same ({compared:,} figures).")
    traces = [f"traces/{file}" for file in files if not file.endswith(".problems")]
    _, seconds = timed(lambda paths: summary(gotrace, *paths), traces)
    print(f"One `gotrace summary --format json` of all traces takes {seconds:.2f} s.")


def make(root: str, folder: str, count: int) -> None:
    """A trace a day out of the samples, and of what make-trace makes of one, each a little faster or slower than the last."""
    os.makedirs(f"{folder}/traces")
    samples = [read(path) for path in sorted(glob.glob(f"{root}/samples/traces/*.jsonl"))]
    large = subprocess.run([f"{root}/scripts/make-trace", f"{root}/samples/traces/go1.27.jsonl", "200", "50"], check=True,
                           capture_output=True, text=True).stdout
    samples.append([json.loads(line) for line in large.splitlines()])
    for day in range(count):
        scale = 80 + (day * 37) % 41  # percent
        lines = [line(event, day, scale, day * 3 >= count * 2) for event in samples[day % len(samples)]]
        if day == 1:
            lines.append('{"type":"end","v":1,"tool":"comp')  # a disk that was full
        name = f"{folder}/traces/day{day:04}.jsonl"
        with gzip.open(name + ".gz", "wt", compresslevel=1) if day % 2 else open(name, "w", encoding="utf-8") as out:
            out.write("\n".join(lines) + "\n")
    # Notes beside a trace are no trace, though the pattern of the queries takes them for one.
    with open(f"{folder}/traces/day0000.jsonl.problems", "w", encoding="utf-8") as out:
        out.write('{"type":"problem","v":1,"time_ns":1,"trace":"day0000.jsonl","what":"a line","reason":"a reason"}\n')


def read(path: str) -> list[dict]:
    with open(path, encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def line(event: dict, day: int, scale: int, late: bool) -> str:
    """The event, so many days later and so much slower. Clocks move with the day: a start_ns belongs to one event."""
    event = dict(event)
    slower = 3 if late and event.get("package") == SLOWER else 1
    if "end_ns" in event and "start_ns" in event:
        event["end_ns"] = event["start_ns"] + (event["end_ns"] - event["start_ns"]) * scale * slower // 100
    for key in TIMES:
        if key in event:
            event[key] = event[key] * scale * slower // 100
    for key in ("time_ns", "start_ns", "end_ns", "at_ns", "ready_ns"):
        if key in event:
            event[key] += day * DAY
    if event.get("package") == SPLIT and "action_id" in event:
        event["action_id"] += str(day // 10)
    return json.dumps(event, separators=(",", ":"))


def both(name: str, duck: str, click: str) -> list[dict]:
    """The rows, which are the same of both."""
    with open(duck, encoding="utf-8") as file:
        ours, duck_seconds = timed(ask_duckdb, file.read())
    with open(click, encoding="utf-8") as file:
        theirs, click_seconds = timed(ask_clickhouse, file.read())
    print(f"| {name} | {len(ours)} | {duck_seconds:.2f} | {click_seconds:.2f} |", flush=True)
    assert ours, f"{name}: no rows"
    assert len(ours) == len(theirs), f"{name}: {len(ours)} rows with DuckDB, {len(theirs)} with ClickHouse"
    for number, (one, other) in enumerate(zip(ours, theirs)):
        assert list(one) == list(other), f"{name}: columns {list(one)} and {list(other)}"
        for key in one:
            assert same(one[key], other[key]), f"{name}, row {number}: {key} is {one[key]} with DuckDB, {other[key]} with ClickHouse"
    return ours


def timed(ask, query: str) -> tuple[list[dict], float]:
    seconds = []
    for _ in range(3):
        began = time.monotonic()
        rows = ask(query)
        seconds.append(time.monotonic() - began)
    return rows, statistics.median(seconds)


def ask_duckdb(query: str) -> list[dict]:
    answer = duckdb.sql(query)
    return [dict(zip(answer.columns, row)) for row in answer.fetchall()]


def ask_clickhouse(query: str) -> list[dict]:
    answer = str(chdb.query(query.strip().rstrip(";"), "JSONEachRow"))
    return [json.loads(row, parse_int=int) for row in answer.splitlines()]


def same(one, other) -> bool:
    """Seconds are sums of whole nanoseconds, so a difference of a part in 10¹² is the order of divisions."""
    if isinstance(one, str) or one is None or other is None:
        return one == other
    return abs(float(one) - float(other)) <= 1e-12 * max(abs(float(one)), abs(float(other)))


def nanoseconds(seconds: float) -> int:
    return round(float(seconds) * 1e9)


def compare(gotrace: str, files: list[str], answers: dict[str, list[dict]]) -> int:
    """How many figures are the same as those of gotrace; ends where one is not."""
    compared = 0
    traces = [file for file in files if not file.endswith(".problems")]
    tools = {(row["trace"], row["tool"]): row for row in answers["tools_by_trace"]}
    cache = {row["trace"]: row for row in answers["cache"]}
    packages = {(row["trace"], row["package"]): row for row in answers["packages_over_time"]}
    slowest, peaks = {}, {}
    for trace in traces:
        told = summary(gotrace, f"traces/{trace}")
        for tool in told["tools"]:
            if tool["name"] != "(probes)":
                row, total = tools.pop((trace, tool["name"])), tool["sum"]
                compared += equal(trace, tool["name"], [
                    (row["runs"], total["runs"]), (nanoseconds(row["wall_seconds"]), total["wall_ns"]),
                    (nanoseconds(row["cpu_seconds"]), total["user_ns"] + total["sys_ns"]),
                    (round(row["peak_mib"] * 1048576), total["max_rss_bytes"])])
        compared += equal(trace, "compiles", [(cache.pop(trace)["compiles"], told["total"]["packages_compiled"])])
        for package in told["packages"]:
            total = package["sum"]
            cpu = total["user_ns"] + total["sys_ns"]
            slowest[package["name"]] = slowest.get(package["name"], 0) + cpu
            if row := packages.pop((trace, package["name"]), None):
                compared += equal(trace, package["name"], [
                    (nanoseconds(row["cpu_seconds"]), cpu), (nanoseconds(row["wall_seconds"]), total["wall_ns"])])
        for run in told["memory"]:
            peaks[run["name"]] = max(peaks.get(run["name"], 0), run["sum"]["max_rss_bytes"])
    left = [*tools, *cache, *packages]
    assert not left, f"gotrace has none of {left[:5]}"
    ranking = sorted(slowest, key=lambda name: (-slowest[name], name))[:10]
    compared += equal("all traces", "the slowest", [(list(dict.fromkeys(row["package"] for row in answers["packages_over_time"])), ranking)])
    for row in answers["memory_by_package"]:
        name = f"{row['tool']} {row['package']}".strip()
        compared += equal(row["trace"], name, [(round(row["peak_mib"] * 1048576), peaks[name])])
    # What was planted is found.
    assert SLOWER in [row["package"] for row in answers["growing_packages"][:5]], "the slower package was not found"
    assert any(row["package"].startswith(SPLIT) for row in answers["action_ids"][:5]), "the split package was not found"
    return compared


def summary(gotrace: str, *traces: str) -> dict:
    return json.loads(subprocess.run([gotrace, "summary", "--format", "json", *traces], check=True, capture_output=True).stdout)


def equal(trace: str, name: str, figures: list[tuple]) -> int:
    for ours, theirs in figures:
        assert ours == theirs, f"{trace}, {name}: SQL says {ours}, gotrace {theirs}"
    return len(figures)


main()
