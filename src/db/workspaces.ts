import type { Queryable } from './pool.js';

/** The workspace of a service with one tenant: the oldest, made when there is none. */
export async function ensureDefaultWorkspace(db: Queryable): Promise<string> {
  const { rows } = await db.query<{ id: string }>('SELECT default_workspace() AS id');
  if (!rows[0]) throw new Error('The default workspace could not be made');
  return rows[0].id;
}
