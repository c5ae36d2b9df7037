-- Which tool runs needed the most memory, and in which trace? The largest peak of each tool and package, as in the table of memory
-- of `gotrace summary`.
-- DuckDB: duckdb < memory_by_package.sql, where the traces are in the folder traces.
with runs as (
  select parse_filename(filename) as trace, tool,
    coalesce(package, '') || coalesce(' [' || variant || ']', '') as name, max_rss_bytes
  from read_json('traces/*.jsonl*', format = 'newline_delimited', filename = true, ignore_errors = true, columns = {
    type: 'VARCHAR',
    tool: 'VARCHAR',
    package: 'VARCHAR',
    variant: 'VARCHAR',
    probe: 'BOOLEAN',
    inside: 'VARCHAR',
    max_rss_bytes: 'BIGINT'
  })
  where type = 'end' and probe is null and inside is null
),
ranked as (
  select tool, name, trace, max_rss_bytes, row_number() over (partition by tool, name order by max_rss_bytes desc, trace) as place
  from runs
)
select tool, name as package, max_rss_bytes / 1048576 as peak_mib, trace
from ranked
where place = 1
order by max_rss_bytes desc, tool, package
limit 100;
