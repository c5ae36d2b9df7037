-- How much came from the build cache, trace by trace? `compiles` are what it did not have. Of the packages of all programs that were
-- linked, `from_cache` were there and `built` were not; a package of several programs counts in each of them.
-- ClickHouse: clickhouse local --queries-file cache.sql, or chdb, where the traces are in the folder traces.
with runs as (
  select _file as trace, tool, time_ns, user_ns + sys_ns as cpu_ns, packages_built, packages_cached
  from file('traces/*.jsonl*', JSONEachRow, '
    type String,
    tool String,
    probe Bool,
    inside String,
    time_ns Int64,
    user_ns Int64,
    sys_ns Int64,
    packages_built Int64,
    packages_cached Int64
  ')
  where type = 'end' and not probe and inside = ''
)
select trace, formatDateTime(fromUnixTimestamp64Nano(min(time_ns), 'UTC'), '%Y-%m-%d %H:%i') as started,
  sum(case when tool = 'compile' then 1 else 0 end) as compiles,
  sum(case when tool = 'compile' then cpu_ns else 0 end) / 1e9 as compile_cpu_seconds,
  sum(coalesce(packages_built, 0)) as built, sum(coalesce(packages_cached, 0)) as from_cache,
  100.0 * sum(coalesce(packages_cached, 0)) / nullif(sum(coalesce(packages_built, 0) + coalesce(packages_cached, 0)), 0)
    as percent_from_cache
from runs
group by trace
order by min(time_ns), trace
settings input_format_skip_unknown_fields = 1, input_format_allow_errors_num = 100;
