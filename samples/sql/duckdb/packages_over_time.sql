-- How did the packages develop that took the most CPU time in all traces together? One row for each of them and each trace.
-- DuckDB: duckdb < packages_over_time.sql, where the traces are in the folder traces.
with runs as (
  select parse_filename(filename) as trace,
    coalesce(package, '') || coalesce(' [' || variant || ']', '') as name, time_ns,
    end_ns - start_ns as wall_ns, user_ns + sys_ns as cpu_ns
  from read_json('traces/*.jsonl*', format = 'newline_delimited', filename = true, ignore_errors = true, columns = {
    type: 'VARCHAR',
    tool: 'VARCHAR',
    package: 'VARCHAR',
    variant: 'VARCHAR',
    probe: 'BOOLEAN',
    inside: 'VARCHAR',
    time_ns: 'BIGINT',
    start_ns: 'BIGINT',
    end_ns: 'BIGINT',
    user_ns: 'BIGINT',
    sys_ns: 'BIGINT'
  })
  where type = 'end' and probe is null and inside is null
),
traces as (select trace, min(time_ns) as began from runs group by trace),
slowest as (select name, sum(cpu_ns) as all_cpu_ns from runs group by name order by all_cpu_ns desc, name limit 10)
select s.name as package, strftime(make_timestamp_ns(began), '%Y-%m-%d %H:%M') as started, r.trace as trace,
  sum(r.cpu_ns) / 1e9 as cpu_seconds, sum(r.wall_ns) / 1e9 as wall_seconds
from runs r join slowest s on r.name = s.name join traces t on r.trace = t.trace
group by s.name, s.all_cpu_ns, r.trace, t.began
order by s.all_cpu_ns desc, package, t.began, trace;
