-- Which tool runs needed the most memory, and in which trace? The largest peak of each tool and package, as in the table of memory
-- of `gotrace summary`.
-- ClickHouse: clickhouse local --queries-file memory_by_package.sql, or chdb, where the traces are in the folder traces.
with runs as (
  select _file as trace, tool,
    package || if(variant = '', '', ' [' || variant || ']') as name, max_rss_bytes
  from file('traces/*.jsonl*', JSONEachRow, '
    type String,
    tool String,
    package String,
    variant String,
    probe Bool,
    inside String,
    max_rss_bytes Int64
  ')
  where type = 'end' and not probe and inside = ''
),
ranked as (
  select tool, name, trace, max_rss_bytes, row_number() over (partition by tool, name order by max_rss_bytes desc, trace) as place
  from runs
)
select tool, name as package, max_rss_bytes / 1048576 as peak_mib, trace
from ranked
where place = 1
order by max_rss_bytes desc, tool, package
limit 100
settings input_format_skip_unknown_fields = 1, input_format_allow_errors_num = 100;
