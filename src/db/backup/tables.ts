import type pg from 'pg';

export interface BackupTable {
  readonly name: string;
  readonly columns: readonly string[];
}

/**
 * Every table of ours, each after those that it refers to, with the columns that are stored. Rows of partitions are
 * those of their table.
 */
export async function backupTables(client: pg.ClientBase): Promise<BackupTable[]> {
  const { rows } = await client.query<BackupTable & { needs: string[] }>(
    `SELECT c.relname AS name,
            ARRAY(SELECT a.attname::text FROM pg_attribute a
                   WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '' ORDER BY a.attnum) AS columns,
            ARRAY(SELECT f.relname::text FROM pg_constraint k JOIN pg_class f ON f.oid = k.confrelid
                   WHERE k.conrelid = c.oid AND k.contype = 'f' AND k.confrelid <> c.oid) AS needs
       FROM pg_class c
      WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition ORDER BY c.relname`,
  );
  return inOrder(rows);
}

function inOrder(tables: readonly (BackupTable & { needs: readonly string[] })[]): BackupTable[] {
  const placed: BackupTable[] = [];
  const left = new Map(tables.map((table) => [table.name, table]));
  while (left.size > 0) {
    const next = [...left.values()].find(({ needs }) => !needs.some((name) => left.has(name)));
    if (!next) throw new Error(`Tables refer to one another in a circle: ${[...left.keys()].join(', ')}`);
    left.delete(next.name);
    placed.push({ name: next.name, columns: next.columns });
  }
  return placed;
}

export async function sequences(client: pg.ClientBase): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(
    `SELECT relname AS name FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'S' ORDER BY 1`,
  );
  return rows.map(({ name }) => name);
}

/** The newest migration of the tables: a backup fits the database of the same version alone. */
export async function schemaVersion(client: pg.ClientBase): Promise<string> {
  const { rows } = await client.query<{ hash: string }>(
    'SELECT hash FROM drizzle.__drizzle_migrations ORDER BY created_at DESC LIMIT 1',
  );
  if (!rows[0]) throw new Error('The database has no tables of Sluice');
  return rows[0].hash;
}
