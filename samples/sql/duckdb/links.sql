-- Which programs are the largest, and how did they grow from the first trace that linked them to the last?
-- DuckDB: duckdb < links.sql, where the traces are in the folder traces.
with runs as (
  select parse_filename(filename) as trace,
    coalesce(package, '') || coalesce(' [' || variant || ']', '') as name, time_ns, output_bytes, end_ns - start_ns as wall_ns
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
    output_bytes: 'BIGINT'
  })
  where type = 'end' and probe is null and inside is null and tool = 'link' and output_bytes > 0
),
programs as (
  select trace, name, min(time_ns) as began, max(output_bytes) as bytes, sum(wall_ns) as wall_ns, count(*) as links
  from runs
  group by trace, name
),
ranked as (
  select *, row_number() over (partition by name order by began, trace) as from_first,
    row_number() over (partition by name order by began desc, trace desc) as from_last
  from programs
)
select name as program, sum(links) as links, sum(wall_ns) / 1e9 as wall_seconds,
  max(bytes) filter (where from_first = 1) / 1048576 as first_mib, max(bytes) filter (where from_last = 1) / 1048576 as last_mib,
  max(bytes) / 1048576 as largest_mib
from ranked
group by name
order by max(bytes) desc, program;
