import type { Stack } from '../support/stack.js';
import { until } from '../support/stack.js';
import { seconds, type Fault } from './fault.js';
import {
  judgeMirror,
  portalWith,
  sandboxed,
  startMirror,
  untilLoaded,
  untilTrue,
  type Mirrored,
} from './mirror.js';

const MANY = 100_000;
const FEW = 400;
/** As many wait one by one, and one row for all others. */
const MOST_WAITING = 5000 + 1;
/** A read for each hundred records, and of those that were named a second time while they waited. */
const MOST_READS = (2 * MANY) / 100;
const OTHERS_WITHIN_MS = 10_000;

export const importStorm: Fault = {
  id: 'W20',
  title:
    'an import changes 100,000 records of a portal: webhooks tell of each, shuffled and doubled; what waits has a bound, and another portal is as fresh as ever',
  async run({ stack: createStack, say }) {
    const stack = await createStack();
    const hit = await portalWith(stack, MANY);
    const other = await portalWith(stack, FEW);
    for (const one of [hit, other]) {
      await startMirror(stack, one);
      await untilLoaded(stack, one, 600_000);
    }
    const targetUrl = new URL('/api/integrations/hubspot/webhooks', stack.actionUrl()).href;
    await stack.sandbox.setWebhooks({ targetUrl, shuffle: true, double: 0.05 });
    const from = performance.now();
    await edit(stack, hit, MANY, 'Geneva');
    let most = 0;
    let othersMs = 0;
    let goesOn = true;
    const watching = (async () => {
      while (goesOn) most = Math.max(most, await waiting(stack, hit));
    })();
    for (let n = 0; n < 5; n += 1) {
      const editedAt = performance.now();
      await edit(stack, other, 1, `Town ${n}`);
      await untilTrue(stack, other, 60_000);
      othersMs = Math.max(othersMs, performance.now() - editedAt);
    }
    await until('all that was imported is in the mirror', () => hasAll(stack, hit), 900_000, 2000);
    await until('all events were taken', () => isQuiet(stack), 300_000, 1000);
    const tookMs = performance.now() - from;
    goesOn = false;
    await watching;
    const reads = await readsOf(stack, hit);
    say(`${MANY} records in ${seconds(tookMs)}, ${reads} reads, at most ${most} waited`);
    return judgeMirror(stack, [hit, other], {
      problems: [
        ...(most > MOST_WAITING ? [`${most} records waited`] : []),
        ...(reads > MOST_READS ? [`${reads} reads for ${MANY} records`] : []),
        ...(othersMs > OTHERS_WITHIN_MS ? [`The other portal waited ${seconds(othersMs)}`] : []),
      ],
      figures: [
        ...([
          ['took', seconds(tookMs)],
          ['reads', reads],
        ] as const),
        ...([
          ['most_waiting', most],
          ['other_took', seconds(othersMs)],
        ] as const),
      ],
    });
  },
};

const edit = (stack: Stack, { portalId }: Mirrored, count: number, city: string) =>
  sandboxed(stack, 'POST', `/portals/${portalId}/crm/contacts/bulk-edit`, { count, properties: { city } });

async function waiting({ pool }: Stack, { portalId }: Mirrored): Promise<number> {
  const { rows } = await pool.query<{ waiting: number }>(
    'SELECT count(*)::int AS waiting FROM webhook_reads WHERE portal_id = $1',
    [portalId],
  );
  return rows[0]?.waiting ?? 0;
}

async function hasAll({ pool }: Stack, { portalId, records }: Mirrored): Promise<boolean> {
  const { rows } = await pool.query<{ has: number }>(
    `SELECT count(*)::int AS has FROM crm_records WHERE portal_id = $1 AND properties ->> 'city' = 'Geneva'`,
    [portalId],
  );
  return rows[0]?.has === records;
}

async function isQuiet(stack: Stack): Promise<boolean> {
  const { rowCount } = await stack.pool.query('SELECT FROM webhook_reads LIMIT 1');
  const { pending } = await stack.sandbox.webhooks();
  return rowCount === 0 && pending === 0;
}

/** Batch reads that HubSpot has answered since the load. */
async function readsOf(stack: Stack, { portalId }: Mirrored): Promise<number> {
  let reads = 0;
  for (let after = -1; ;) {
    const { items, next } = await stack.sandbox.requests({ portalId, after, limit: 10_000 });
    reads += items.filter(({ path }) => path.endsWith('/contacts/batch/read')).length;
    if (items.length === 0) return reads;
    after = next;
  }
}
