-- How much came from the build cache, trace by trace? `compiles` are what it did not have. Of the packages of all programs that were
-- linked, `from_cache` were there and `built` were not; a package of several programs counts in each of them.
-- DuckDB: duckdb < cache.sql, where the traces are in the folder traces.
with runs as (
  select parse_filename(filename) as trace, tool, time_ns, user_ns + sys_ns as cpu_ns, packages_built, packages_cached
  from read_json('traces/*.jsonl*', format = 'newline_delimited', filename = true, ignore_errors = true, columns = {
    type: 'VARCHAR',
    tool: 'VARCHAR',
    probe: 'BOOLEAN',
    inside: 'VARCHAR',
    time_ns: 'BIGINT',
    user_ns: 'BIGINT',
    sys_ns: 'BIGINT',
    packages_built: 'BIGINT',
    packages_cached: 'BIGINT'
  })
  where type = 'end' and probe is null and inside is null
)
select trace, strftime(make_timestamp_ns(min(time_ns)), '%Y-%m-%d %H:%M') as started,
  sum(case when tool = 'compile' then 1 else 0 end) as compiles,
  sum(case when tool = 'compile' then cpu_ns else 0 end) / 1e9 as compile_cpu_seconds,
  sum(coalesce(packages_built, 0)) as built, sum(coalesce(packages_cached, 0)) as from_cache,
  100.0 * sum(coalesce(packages_cached, 0)) / nullif(sum(coalesce(packages_built, 0) + coalesce(packages_cached, 0)), 0)
    as percent_from_cache
from runs
group by trace
order by min(time_ns), trace;
