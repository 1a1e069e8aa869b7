import type { Queryable } from '../pool.js';

/** A consumer of which somebody has to know. */
export interface TroubledConsumer {
  readonly name: string;
  readonly missedAt: Date | null;
  readonly behindSince: Date | null;
  readonly unreadSince: Date | null;
  readonly failedSince: Date | null;
  readonly failuresInARow: number;
  readonly lastError: string | null;
  readonly deadLetters: number;
}

/** A workspace has few consumers: all of them are looked at. */
export async function troubledConsumers(
  db: Queryable,
  workspaceId: string,
  { things, counted, failures }: { things: number; counted: number; failures: number },
): Promise<TroubledConsumer[]> {
  const { rows } = await db.query<TroubledConsumer>({
    name: 'attention.troubled_consumers',
    text: `SELECT * FROM (
             SELECT c.name, c.missed_at AS "missedAt", c.behind_since AS "behindSince", c.unread_since AS "unreadSince",
                    c.failed_since AS "failedSince", c.failures_in_a_row AS "failuresInARow", c.last_error AS "lastError",
                    (SELECT count(*)::int FROM (SELECT FROM crm_dead_changes d WHERE d.consumer_id = c.id LIMIT $3) d) AS "deadLetters"
               FROM crm_consumers c WHERE c.workspace_id = $1) t
            WHERE "missedAt" IS NOT NULL OR "behindSince" IS NOT NULL OR "failuresInARow" >= $4 OR "deadLetters" > 0
            ORDER BY name LIMIT $2`,
    values: [workspaceId, things, counted, failures],
  });
  return rows;
}
