import type pg from 'pg';

const VALUES: Record<string, string> = {
  'timestamp with time zone[]': `'{}'`,
  bigint: '1',
  smallint: '1',
  integer: '1',
  real: '1',
  text: `'x'`,
  boolean: 'true',
  date: 'current_date',
  bytea: `'x'::bytea`,
  jsonb: `'{}'`,
  'timestamp with time zone': 'now()',
  xid8: `'1'`,
  'text[]': `'{}'`,
  'bigint[]': `'{}'`,
  'boolean[]': `'{}'`,
};

/** Inserts a row with all that it must have. `given` by column; of a workspace `workspace_id` is its own id. */
export async function insertOf(
  admin: pg.Pool,
  table: string,
  given: Readonly<Record<string, string>>,
): Promise<string> {
  const { rows } = await admin.query<{ name: string; type: string; needed: boolean }>(
    `SELECT a.attname AS name, format_type(a.atttypid, NULL) AS type, a.attnotnull AS needed FROM pg_attribute a
      WHERE a.attrelid = $1::regclass AND a.attnum > 0 AND NOT a.attisdropped AND a.attidentity <> 'a' AND a.attgenerated = ''`,
    [table],
  );
  const known = { ...given, ...(table === 'workspaces' && { id: given.workspace_id }) } as typeof given;
  const set = rows.filter(({ name, needed }) => needed || known[name] !== undefined);
  const value = ({ name, type }: { name: string; type: string }) =>
    known[name] === undefined
      ? type === 'uuid'
        ? 'gen_random_uuid()'
        : (VALUES[type] ?? `no value for ${type}`)
      : `'${known[name]}'`;
  return `INSERT INTO ${table} (${set.map(({ name }) => name).join(', ')}) VALUES (${set.map(value).join(', ')})`;
}
