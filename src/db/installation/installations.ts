import type { InstallationRange } from '../../domain/installation/keyAtHubSpot.js';
import type { Queryable } from '../pool.js';

export interface InstallationNow {
  readonly id: string;
  /** The last event that it numbered. */
  readonly lastEventId: number;
  /** The database was restored or copied since it took the id. */
  readonly moved: boolean;
  /** Which server and database it is. Others on the same Temporal namespace tell by it whether they are its copy. */
  readonly place: string;
}

/** Undefined: `npm run migrate` has not made one yet. */
export async function readInstallation(db: Queryable): Promise<InstallationNow | undefined> {
  const { rows } = await db.query<InstallationNow>(
    `SELECT id, last_event_id::float8 AS "lastEventId", moved, installation_place() AS place FROM installation_now()`,
  );
  return rows[0];
}

/** Every id that this database had, with the events that are each one's. */
export async function readInstallations(db: Queryable): Promise<InstallationRange[]> {
  const { rows } = await db.query<InstallationRange>({
    name: 'installations.read',
    text: `SELECT id, from_event_id AS "fromEventId" FROM installations ORDER BY from_event_id`,
  });
  return rows;
}

/**
 * Takes a new id, unless the database has another one than `seen` by now. `lastKnown`: up to which number events are
 * known to have been captured. Returns the id that it has then.
 */
export async function adoptInstallation(
  db: Queryable,
  { seen, reason, lastKnown }: { seen: string | undefined; reason: string; lastKnown: number },
): Promise<string> {
  const { rows } = await db.query<{ id: string }>('SELECT adopt_installation($1, $2, $3) AS id', [
    seen ?? null,
    reason,
    lastKnown,
  ]);
  if (!rows[0]) throw new Error('The database took no installation id');
  return rows[0].id;
}
