-- What splits the build cache? Packages that were compiled under several keys (action IDs), and whether compiler, flags or sources tell
-- the keys apart; where none of them does, it is a dependency or a directory. `compiled_again` counts compiles under a key that had been
-- compiled before: that cache had lost it, or was another one.
-- DuckDB: duckdb < action_ids.sql, where the traces are in the folder traces.
with compiles as (
  select coalesce(package, '') || coalesce(' [' || variant || ']', '') as name, action_id, source_bytes, user_ns + sys_ns as cpu_ns,
    ' ' || array_to_string(args, ' ') as line
  from read_json('traces/*.jsonl*', format = 'newline_delimited', filename = true, ignore_errors = true, columns = {
    type: 'VARCHAR',
    tool: 'VARCHAR',
    package: 'VARCHAR',
    variant: 'VARCHAR',
    probe: 'BOOLEAN',
    inside: 'VARCHAR',
    action_id: 'VARCHAR',
    source_bytes: 'BIGINT',
    user_ns: 'BIGINT',
    sys_ns: 'BIGINT',
    args: 'VARCHAR[]'
  })
  where type = 'end' and probe is null and inside is null and tool = 'compile' and action_id <> ''
),
ways as (
  select name, action_id, source_bytes, cpu_ns,
    regexp_extract(line, ' -goversion ([^ ]+)', 1) as go,
    regexp_replace(line, ' -(o|p|buildid|importcfg|embedcfg|trimpath|symabis|asmhdr|goversion|pgoprofile) [^ ]+| -(c|coveragecfg|embedcfg|pgoprofile)=[^ ]+', '', 'g') as flags
  from compiles
)
select name as package, count(distinct action_id) as action_ids, count(*) as compiles,
  count(*) - count(distinct action_id) as compiled_again, sum(cpu_ns) / 1e9 as cpu_seconds,
  count(distinct go) as compilers, count(distinct flags) as sets_of_flags, count(distinct source_bytes) as sizes_of_sources
from ways
group by name
order by action_ids desc, compiled_again desc, package
limit 100;
