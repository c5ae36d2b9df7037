-- What did each tool cost in each trace? Probes (-V=full) and compilers inside of cgo and link are left out: the times of the
-- latter are in those of the tool that started them. The same figures as in `gotrace summary TRACE`.
-- DuckDB: duckdb < tools_by_trace.sql, where the traces are in the folder traces.
with runs as (
  select parse_filename(filename) as trace, tool, time_ns,
    end_ns - start_ns as wall_ns, user_ns + sys_ns as cpu_ns, max_rss_bytes
  from read_json('traces/*.jsonl*', format = 'newline_delimited', filename = true, ignore_errors = true, columns = {
    type: 'VARCHAR',
    tool: 'VARCHAR',
    probe: 'BOOLEAN',
    inside: 'VARCHAR',
    time_ns: 'BIGINT',
    start_ns: 'BIGINT',
    end_ns: 'BIGINT',
    user_ns: 'BIGINT',
    sys_ns: 'BIGINT',
    max_rss_bytes: 'BIGINT'
  })
  where type = 'end' and probe is null and inside is null
),
traces as (select trace, min(time_ns) as began from runs group by trace)
select r.trace as trace, strftime(make_timestamp_ns(began), '%Y-%m-%d %H:%M') as started, r.tool as tool, count(*) as runs,
  sum(r.wall_ns) / 1e9 as wall_seconds, sum(r.cpu_ns) / 1e9 as cpu_seconds, max(r.max_rss_bytes) / 1048576 as peak_mib
from runs r join traces t on r.trace = t.trace
group by r.trace, t.began, r.tool
order by t.began, trace, tool;
