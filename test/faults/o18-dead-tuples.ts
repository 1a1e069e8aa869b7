import { claimEvents, settleEvents } from '../../src/db/outbox/claims.js';
import { createPool, type Pool } from '../../src/db/pool.js';
import { createLogger } from '../../src/platform/logger.js';
import { Secret } from '../../src/platform/secret.js';
import type { Fault } from './fault.js';

const ROWS = 1_000_000;
const BATCH = 100;
const MEASURED = 200;
/** Times below this are the machine's noise. */
const NOISE_MS = 3;

export const deadTuples: Fault = {
  id: 'O18',
  covers: ['F18'],
  title:
    'a long transaction keeps vacuum from 1,000,000 events that were settled; claims cost no more than before',
  async run({ stack: createStack, say, onEnd }) {
    const stack = await createStack({ workers: 0, apis: 1 });
    const logger = createLogger({ LOG_LEVEL: 'silent', LOG_FORMAT: 'json' }, 'fault');
    const url = new Secret(stack.env.DATABASE_URL ?? '');
    const pool = createPool(
      { DATABASE_URL: url, DATABASE_POOL_SIZE: 4 },
      { applicationName: 'o18', logger, statementTimeoutMs: 60_000 },
    );
    onEnd(() => pool.end());
    const {
      rows: [workspace],
    } = await stack.pool.query<{ id: string }>('SELECT id FROM workspaces LIMIT 1');
    const portal = { workspaceId: workspace!.id, portalId: 77 };
    await fill(stack.pool, portal, MEASURED * BATCH);
    const clean = await claims(pool, portal, MEASURED);

    const reader = await stack.pool.connect();
    await reader.query('BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM outbox_pending');
    await fill(stack.pool, portal, ROWS);
    const settled = await Promise.all(Array.from({ length: 4 }, () => claims(pool, portal, Infinity)));
    const count = settled.flat().length * BATCH;
    say(`${count} settled while vacuum had to wait`);
    await fill(stack.pool, portal, MEASURED * BATCH);
    const dirty = await claims(pool, portal, MEASURED);
    await reader.query('ROLLBACK');
    reader.release();

    const [before, after] = [p99(clean), p99(dirty)];
    const problems = [
      ...(count < ROWS ? [`Only ${count} of ${ROWS} events were settled`] : []),
      ...(after <= Math.max(2 * before, NOISE_MS)
        ? []
        : [`p99 of a claim went from ${before.toFixed(1)} to ${after.toFixed(1)} ms`]),
    ];
    return {
      problems,
      figures: [
        ['lost', ROWS + 2 * MEASURED * BATCH - count - 2 * MEASURED * BATCH],
        ['dead_tuples', count],
        ['claim_p99', `${before.toFixed(1)}ms→${after.toFixed(1)}ms`],
      ],
    };
  },
};

async function fill(
  db: Pool,
  { workspaceId, portalId }: { workspaceId: string; portalId: number },
  count: number,
): Promise<void> {
  await db.query(
    `INSERT INTO outbox_pending (workspace_id, portal_id, type, ordering_key, payload, captured_at)
     SELECT $1, $2, 'nova_earned', 'driver-' || n, '{}', clock_timestamp() FROM generate_series(1, $3::int) n`,
    [workspaceId, portalId, count],
  );
  await db.query(
    `INSERT INTO outbox_portals (portal_id, workspace_id, low_id) VALUES ($1, $2, 0) ON CONFLICT DO NOTHING`,
    [portalId, workspaceId],
  );
}

/** Claims and settles so often, or until nothing is left; how long each claim took. */
async function claims(
  pool: Pool,
  portal: { workspaceId: string; portalId: number },
  most: number,
): Promise<number[]> {
  const took: number[] = [];
  while (took.length < most) {
    const from = performance.now();
    const claim = await claimEvents(pool, { ...portal, owner: 'o18', max: BATCH, leaseMs: 60_000 });
    if (!claim) break;
    took.push(performance.now() - from);
    const done = claim.events.map(({ eventId }) => eventId);
    await settleEvents(pool, { ...portal, ...claim, mode: 'live', done, others: [] });
  }
  return took;
}

function p99(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length * 0.99)] ?? Infinity;
}
