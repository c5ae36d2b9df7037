-- What splits the build cache? Packages that were compiled under several keys (action IDs), and whether compiler, flags or sources tell
-- the keys apart; where none of them does, it is a dependency or a directory. `compiled_again` counts compiles under a key that had been
-- compiled before: that cache had lost it, or was another one.
-- ClickHouse: clickhouse local --queries-file action_ids.sql, or chdb, where the traces are in the folder traces.
with compiles as (
  select package || if(variant = '', '', ' [' || variant || ']') as name, action_id, source_bytes, user_ns + sys_ns as cpu_ns,
    ' ' || arrayStringConcat(args, ' ') as line
  from file('traces/*.jsonl*', JSONEachRow, '
    type String,
    tool String,
    package String,
    variant String,
    probe Bool,
    inside String,
    action_id String,
    source_bytes Int64,
    user_ns Int64,
    sys_ns Int64,
    args Array(String)
  ')
  where type = 'end' and not probe and inside = '' and tool = 'compile' and action_id <> ''
),
ways as (
  select name, action_id, source_bytes, cpu_ns,
    extract(line, ' -goversion ([^ ]+)') as go,
    replaceRegexpAll(line, ' -(o|p|buildid|importcfg|embedcfg|trimpath|symabis|asmhdr|goversion|pgoprofile) [^ ]+| -(c|coveragecfg|embedcfg|pgoprofile)=[^ ]+', '') as flags
  from compiles
)
select name as package, uniqExact(action_id) as action_ids, count(*) as compiles,
  count(*) - uniqExact(action_id) as compiled_again, sum(cpu_ns) / 1e9 as cpu_seconds,
  uniqExact(go) as compilers, uniqExact(flags) as sets_of_flags, uniqExact(source_bytes) as sizes_of_sources
from ways
group by name
order by action_ids desc, compiled_again desc, package
limit 100
settings input_format_skip_unknown_fields = 1, input_format_allow_errors_num = 100;
