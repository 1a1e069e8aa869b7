import type { Queryable } from '../pool.js';

/** A queue of a portal's throttle. */
export interface Queue {
  /** As it was written first. */
  readonly name: string;
  /** Equal for names that are the same to people. */
  readonly folded: string;
}

interface Page {
  readonly workspaceId: string;
  readonly portalId: number;
  /** In the folded name. */
  readonly search: string | undefined;
  /** The folded name of the last one of the page before. */
  readonly after: string | undefined;
  /** These are left out, by their folded names. */
  readonly besides: readonly string[];
  readonly limit: number;
}

const PREFIX = 'queue:';

/** By name. A portal has some dozens of lanes, and what is unused is tidied away: they are read by its index. */
export async function listQueues(
  db: Queryable,
  { workspaceId, portalId, search, after, besides, limit }: Page,
): Promise<Queue[]> {
  const { rows } = await db.query<Queue>({
    name: 'queues.list',
    text: `SELECT queue AS name, substr(key, ${PREFIX.length + 1}) AS folded FROM lanes
            WHERE portal_id = $2 AND workspace_id = $1 AND queue IS NOT NULL AND key > $3 AND key <> ALL ($4::text[])
              AND ($5::text IS NULL OR strpos(substr(key, ${PREFIX.length + 1}), $5) > 0)
            ORDER BY key LIMIT $6`,
    values: [
      ...[workspaceId, portalId, after === undefined ? '' : PREFIX + after],
      ...[besides.map((folded) => PREFIX + folded), search ?? null, limit],
    ],
  });
  return rows;
}

/** Those of these that there are. */
export async function findQueues(
  db: Queryable,
  workspaceId: string,
  portalId: number,
  folded: readonly string[],
): Promise<Queue[]> {
  const { rows } = await db.query<Queue>({
    name: 'queues.find',
    text: `SELECT queue AS name, substr(key, ${PREFIX.length + 1}) AS folded FROM lanes
            WHERE portal_id = $2 AND workspace_id = $1 AND queue IS NOT NULL AND key = ANY ($3::text[])`,
    values: [workspaceId, portalId, folded.map((one) => PREFIX + one)],
  });
  return rows;
}
