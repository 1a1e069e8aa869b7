import type { Queryable } from '../pool.js';

const NEWEST = 1000;
/** A notice that was not taken so often is one of which somebody has to hear otherwise. */
const ATTEMPTS = 3;

/** Notices of the last week that were given up, or were not taken several times, among the newest. */
export async function failingNotices(
  db: Queryable,
  workspaceId: string,
): Promise<{ failed: number; trying: number; since: Date | null }> {
  const { rows } = await db.query<{ failed: number; trying: number; since: Date | null }>({
    name: 'attention.notices',
    text: `SELECT (count(*) FILTER (WHERE state = 'failed'))::int AS failed,
                  (count(*) FILTER (WHERE state = 'pending'))::int AS trying, min(created_at) AS since
             FROM (SELECT n.state, n.attempts, n.created_at FROM notices n
                    WHERE n.workspace_id = $1 ORDER BY n.id DESC LIMIT $2) newest
            WHERE created_at > now() - interval '7 days' AND (state = 'failed' OR state = 'pending' AND attempts >= $3)`,
    values: [workspaceId, NEWEST, ATTEMPTS],
  });
  return rows[0] ?? { failed: 0, trying: 0, since: null };
}

export interface EndingKey {
  readonly id: string;
  readonly name: string;
  readonly expiresAt: Date;
}

/** API keys in use that end within a week and have no successor. */
export async function endingKeys(db: Queryable, workspaceId: string, things: number): Promise<EndingKey[]> {
  const { rows } = await db.query<EndingKey>({
    name: 'attention.ending_keys',
    text: `SELECT k.id, k.name, k.expires_at AS "expiresAt"
             FROM (SELECT * FROM api_keys a WHERE a.workspace_id = $1 ORDER BY a.created_at DESC LIMIT $3) k
            WHERE k.revoked_at IS NULL AND k.expires_at > now() AND k.expires_at < now() + interval '7 days'
              AND k.last_used_at > now() - interval '7 days'
              AND NOT EXISTS (SELECT FROM api_keys s WHERE s.workspace_id = $1 AND s.rotated_from = k.id)
            ORDER BY k.id LIMIT $2`,
    values: [workspaceId, things, NEWEST],
  });
  return rows;
}
