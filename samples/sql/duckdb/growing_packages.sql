-- Which packages took more CPU time in the last third of the traces than in the first? Per trace that built them, as measured:
-- whether a change is beyond the noise is for `gotrace diff --old A… --new B…` to say.
-- DuckDB: duckdb < growing_packages.sql, where the traces are in the folder traces.
with runs as (
  select parse_filename(filename) as trace,
    coalesce(package, '') || coalesce(' [' || variant || ']', '') as name, time_ns, user_ns + sys_ns as cpu_ns
  from read_json('traces/*.jsonl*', format = 'newline_delimited', filename = true, ignore_errors = true, columns = {
    type: 'VARCHAR',
    tool: 'VARCHAR',
    package: 'VARCHAR',
    variant: 'VARCHAR',
    probe: 'BOOLEAN',
    inside: 'VARCHAR',
    time_ns: 'BIGINT',
    user_ns: 'BIGINT',
    sys_ns: 'BIGINT'
  })
  where type = 'end' and probe is null and inside is null
),
traces as (select trace, min(time_ns) as began from runs group by trace),
thirds as (select trace, ntile(3) over (order by began, trace) as third from traces),
packages as (
  select r.name as name, t.third as third, sum(r.cpu_ns) / count(distinct r.trace) / 1e9 as seconds
  from runs r join thirds t on r.trace = t.trace
  group by r.name, t.third
)
select a.name as package, a.seconds as first_third_cpu_seconds, b.seconds as last_third_cpu_seconds,
  100 * (b.seconds / a.seconds - 1) as percent
from packages a join packages b on a.name = b.name
where a.third = 1 and b.third = 3 and a.seconds > 0 and b.seconds > a.seconds
order by b.seconds - a.seconds desc, package
limit 20;
