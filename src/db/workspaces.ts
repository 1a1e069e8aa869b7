import type { Pool } from './pool.js';
import { inTransaction } from './transaction.js';

const LOCK = 7_526_478_925; // two set-ups at once must not make two workspaces

/** The workspace of a service with one tenant: the oldest, made when there is none. */
export async function ensureDefaultWorkspace(pool: Pool): Promise<string> {
  return inTransaction(pool, async (client) => {
    await client.query('SELECT pg_advisory_xact_lock($1)', [LOCK]);
    const found = await client.query<{ id: string }>(
      'SELECT id FROM workspaces ORDER BY created_at, id LIMIT 1',
    );
    if (found.rows[0]) return found.rows[0].id;
    const made = await client.query<{ id: string }>(
      `INSERT INTO workspaces (name) VALUES ('default') RETURNING id`,
    );
    if (!made.rows[0]) throw new Error('The default workspace could not be made');
    return made.rows[0].id;
  });
}
