-- What did each tool cost in each trace? Probes (-V=full) and compilers inside of cgo and link are left out: the times of the
-- latter are in those of the tool that started them. The same figures as in `gotrace summary TRACE`.
-- ClickHouse: clickhouse local --queries-file tools_by_trace.sql, or chdb, where the traces are in the folder traces.
with runs as (
  select _file as trace, tool, time_ns,
    end_ns - start_ns as wall_ns, user_ns + sys_ns as cpu_ns, max_rss_bytes
  from file('traces/*.jsonl*', JSONEachRow, '
    type String,
    tool String,
    probe Bool,
    inside String,
    time_ns Int64,
    start_ns Int64,
    end_ns Int64,
    user_ns Int64,
    sys_ns Int64,
    max_rss_bytes Int64
  ')
  where type = 'end' and not probe and inside = ''
),
traces as (select trace, min(time_ns) as began from runs group by trace)
select r.trace as trace, formatDateTime(fromUnixTimestamp64Nano(began, 'UTC'), '%Y-%m-%d %H:%i') as started, r.tool as tool, count(*) as runs,
  sum(r.wall_ns) / 1e9 as wall_seconds, sum(r.cpu_ns) / 1e9 as cpu_seconds, max(r.max_rss_bytes) / 1048576 as peak_mib
from runs r join traces t on r.trace = t.trace
group by r.trace, t.began, r.tool
order by t.began, trace, tool
settings input_format_skip_unknown_fields = 1, input_format_allow_errors_num = 100;
