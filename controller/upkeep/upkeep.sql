-- What callctl db asks. %(x)s are psycopg's parameters.

-- name: relations
-- Every table that holds rows, months one by one, attached or not.
SELECT child.relname AS name, regexp_replace(child.relname, '_y[0-9]{4}m[0-9]{2}$', '') AS base,
    greatest(child.reltuples, 0)::bigint AS rows_about, pg_total_relation_size(child.oid) AS bytes
FROM pg_class child
WHERE child.relnamespace = current_schema()::regnamespace AND child.relkind = 'r'
ORDER BY child.relname;

-- name: columns
-- The same tables with what an erasure must know: which columns may hold a number in a text, and whether a row names its call.
SELECT child.relname AS name, regexp_replace(child.relname, '_y[0-9]{4}m[0-9]{2}$', '') AS base,
    bool_or(a.attname = 'call_id') AS has_call,
    coalesce(array_agg(a.attname ORDER BY a.attnum)
        FILTER (WHERE a.atttypid IN ('text'::regtype, 'varchar'::regtype) AND a.attgenerated = ''), '{}') AS texts,
    coalesce(array_agg(a.attname ORDER BY a.attnum) FILTER (WHERE a.atttypid = 'jsonb'::regtype AND a.attgenerated = ''), '{}') AS objects
FROM pg_class child JOIN pg_attribute a ON a.attrelid = child.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE child.relnamespace = current_schema()::regnamespace AND child.relkind = 'r' AND child.relname <> ALL(%(spared)s)
GROUP BY child.relname
ORDER BY child.relname;

-- name: version
SELECT current_database() AS database, current_setting('server_version') AS version, to_regclass('alembic_version') IS NOT NULL AS migrated;

-- name: revision
SELECT version_num FROM alembic_version;

-- name: calls_of
-- A caller's in one month, and whether they are not over. Without a digit is who withheld his number, or called from a browser.
SELECT id, ended_at IS NULL AND started_at > %(since)s
FROM {calls}
WHERE caller_id ~ %(pattern)s OR caller_id !~ '[0-9]' AND id IN (SELECT call_id FROM callbacks WHERE phone ~ %(pattern)s);

-- name: erasures_of
-- The calls that earlier erasures of a number took away.
SELECT DISTINCT jsonb_array_elements_text(arguments -> 'calls')::uuid AS id
FROM audit WHERE action = 'customer.erase' AND arguments ->> 'number' = %(number)s;
