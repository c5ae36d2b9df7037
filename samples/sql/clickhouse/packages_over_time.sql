-- How did the packages develop that took the most CPU time in all traces together? One row for each of them and each trace.
-- ClickHouse: clickhouse local --queries-file packages_over_time.sql, or chdb, where the traces are in the folder traces.
with runs as (
  select _file as trace,
    package || if(variant = '', '', ' [' || variant || ']') as name, time_ns,
    end_ns - start_ns as wall_ns, user_ns + sys_ns as cpu_ns
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
    user_ns Int64,
    sys_ns Int64
  ')
  where type = 'end' and not probe and inside = ''
),
traces as (select trace, min(time_ns) as began from runs group by trace),
slowest as (select name, sum(cpu_ns) as all_cpu_ns from runs group by name order by all_cpu_ns desc, name limit 10)
select s.name as package, formatDateTime(fromUnixTimestamp64Nano(began, 'UTC'), '%Y-%m-%d %H:%i') as started, r.trace as trace,
  sum(r.cpu_ns) / 1e9 as cpu_seconds, sum(r.wall_ns) / 1e9 as wall_seconds
from runs r join slowest s on r.name = s.name join traces t on r.trace = t.trace
group by s.name, s.all_cpu_ns, r.trace, t.began
order by s.all_cpu_ns desc, package, t.began, trace
settings input_format_skip_unknown_fields = 1, input_format_allow_errors_num = 100;
