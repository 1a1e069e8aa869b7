import { until, type Stack } from '../support/stack.js';

const GONE_WITHIN_MS = 60_000;

/** What nobody may hold any more when everything is quiet: claims, locks, slots, refreshes, connections. */
export async function leftOver(stack: Stack): Promise<string[]> {
  const processes = stack.apis.length + stack.workers.length;
  const held = async () => {
    const { rows } = await stack.pool.query<Record<string, number>>(LEFT, [processes * MAX_CONNECTIONS]);
    return Object.entries(rows[0]!).filter(([, count]) => count > 0);
  };
  try {
    await until('nothing is held', async () => (await held()).length === 0, GONE_WITHIN_MS, 500);
    return [];
  } catch {
    return (await held()).map(([name, count]) => `${count} ${name} are left`);
  }
}

/** All pools of a process, and what listens. */
const MAX_CONNECTIONS = 24;

/** A slot of HubSpot's limits is taken for ten seconds after its call, and a lease of a dead process ends, too. */
const LEFT = `
  SELECT (SELECT count(*)::int FROM outbox_claims) AS claims,
         (SELECT count(*)::int FROM outbox_inbox) AS "events in the inbox",
         (SELECT count(*)::int FROM budget_slots WHERE free_at > clock_timestamp() + interval '60 seconds') AS "slots of limits",
         (SELECT count(*)::int FROM pg_locks l JOIN pg_database d ON d.oid = l.database
           WHERE d.datname = current_database() AND l.locktype = 'advisory' AND NOT l.granted) AS "waits for locks",
         (SELECT count(*)::int FROM pg_stat_activity
           WHERE datname = current_database() AND state LIKE 'idle in transaction%'
             AND state_change < clock_timestamp() - interval '2 seconds') AS "idle transactions",
         (SELECT greatest(0, count(*) - $1)::int FROM pg_stat_activity
           WHERE datname = current_database() AND usename = 'sluice_stack') AS "connections too many"`;
