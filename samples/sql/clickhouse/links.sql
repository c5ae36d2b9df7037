-- Which programs are the largest, and how did they grow from the first trace that linked them to the last?
-- ClickHouse: clickhouse local --queries-file links.sql, or chdb, where the traces are in the folder traces.
with runs as (
  select _file as trace,
    package || if(variant = '', '', ' [' || variant || ']') as name, time_ns, output_bytes, end_ns - start_ns as wall_ns
  from file('traces/*.jsonl*', JSONEachRow, '
    type String,
    tool String,
    package String,
    variant String,
    probe Bool,
    inside String,
    time_ns Int64,
    start_ns Int64,
    end_ns Int64,
    output_bytes Int64
  ')
  where type = 'end' and not probe and inside = '' and tool = 'link' and output_bytes > 0
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
  maxIf(bytes, from_first = 1) / 1048576 as first_mib, maxIf(bytes, from_last = 1) / 1048576 as last_mib,
  max(bytes) / 1048576 as largest_mib
from ranked
group by name
order by max(bytes) desc, program
settings input_format_skip_unknown_fields = 1, input_format_allow_errors_num = 100;
