import { setTimeout as delay } from 'node:timers/promises';
import { until, type Stack } from '../test/support/stack.js';
import { callWebhooks, contactChanged } from '../test/support/webhookCall.js';
import type { Benchmark } from './lib/benchmark.js';
import { startBuiltStack } from './lib/builtStack.js';
import { openMirroredPortal } from './lib/mirroredPortal.js';
import { lastRequest, requestsAfter } from './lib/requests.js';
import { percentile } from './lib/statistics.js';
import { figure } from './lib/table.js';

const PER_SECOND = 100;
const EVENTS_OF_ONE = 50;
const ANSWER_MS = 100;

/**
 * Contacts of a mirrored portal are edited, a hundred a second, and HubSpot's webhooks tell of each; searches are off.
 * Everything on this machine; the sandbox answers after 100 ms.
 */
const freshness: Benchmark = {
  name: 'freshness',
  title:
    'from an edit to the mirror, at 100 events/s; and reads for fifty events of one record within a second',
  runs: 3,

  async run({ runs, quick, say }) {
    const p95s: number[] = [];
    const reads: number[] = [];
    for (let n = 0; n < runs; n += 1) {
      const { agesMs, readsOfOne } = await measure(PER_SECOND * (quick ? 10 : 45));
      const at = (share: number) => figure(percentile(agesMs, share), ' ms');
      say(`${n + 1}. p50 ${at(0.5)}, p95 ${at(0.95)}, p99 ${at(0.99)}; ${readsOfOne} reads of one record`);
      p95s.push(percentile(agesMs, 0.95));
      reads.push(readsOfOne);
    }
    return [
      { what: 'p95 from the edit to the mirror', values: p95s, atMost: 1500, unit: ' ms' },
      { what: `reads for ${EVENTS_OF_ONE} events of a record`, values: reads, atMost: 2, by: 'worst' },
    ];
  },
};

export default freshness;

async function measure(edits: number) {
  const stack = await startBuiltStack({ workers: 1 });
  try {
    const portal = await openMirroredPortal(stack, edits);
    await portal.start();
    await portal.loaded(300_000);
    await stack.pool.query(`UPDATE sync_states SET due_at = now() + interval '1 day'`);
    await stack.pool.query(
      `UPDATE sync_passes SET due_at = now() + interval '1 day' WHERE pass <> 'webhooks'`,
    );
    const targetUrl = new URL('/api/integrations/hubspot/webhooks', stack.actionUrl()).href;
    await stack.sandbox.setWebhooks({ targetUrl });
    await stack.sandbox.fault({ kind: 'latency', target: 'any', latencyMs: ANSWER_MS, share: 1 });
    const { rows } = await stack.pool.query<{ id: string }>(
      'SELECT id::text FROM crm_records WHERE portal_id = $1 ORDER BY id LIMIT $2',
      [portal.portalId, edits],
    );
    const ids = rows.map(({ id }) => id);
    const editedAt = await editAll(stack, portal.portalId, ids);
    const told = async () =>
      (
        await stack.pool.query<{ id: string; at: Date }>(
          `SELECT record_id::text AS id, recorded_at AS at FROM crm_changes
            WHERE portal_id = $1 AND action = 'Updated'`,
          [portal.portalId],
        )
      ).rows;
    await until('all edits are in the mirror', async () => (await told()).length >= ids.length, 120_000, 500);
    const agesMs = (await told()).map(({ id, at }) => at.getTime() - editedAt.get(id)!);
    return { agesMs: Float64Array.from(agesMs), readsOfOne: await readsOf(stack, portal.portalId, ids[0]!) };
  } finally {
    await stack.stop();
  }
}

/** A call a second: the app's limit is for what is measured. */
async function editAll(stack: Stack, portalId: number, ids: readonly string[]): Promise<Map<string, number>> {
  const editedAt = new Map<string, number>();
  const from = Date.now();
  const token = stack.secrets.tokens.get(portalId);
  const edits: Promise<void>[] = [];
  for (let at = 0; at < ids.length; at += PER_SECOND) {
    await delay(Math.max(0, from + (at * 1000) / PER_SECOND - Date.now()));
    edits.push(edit(stack, token, ids.slice(at, at + PER_SECOND), editedAt));
  }
  await Promise.all(edits);
  return editedAt;
}

async function edit(
  stack: Stack,
  token: string | undefined,
  ids: readonly string[],
  editedAt: Map<string, number>,
): Promise<void> {
  const response = await fetch(`${stack.sandboxProcess.url}/crm/objects/2026-03/contacts/batch/update`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ inputs: ids.map((id) => ({ id, properties: { city: 'Geneva' } })) }),
  });
  if (!response.ok) throw new Error(`An edit was answered ${response.status}: ${await response.text()}`);
  // HubSpot's answer comes late on purpose: the edit was made before it.
  for (const id of ids) editedAt.set(id, Date.now() - ANSWER_MS);
}

async function readsOf(stack: Stack, portalId: number, id: string): Promise<number> {
  await delay(3000);
  const before = await lastRequest(stack);
  const first = 900_000;
  const from = performance.now();
  for (let n = 0; n < EVENTS_OF_ONE; n += 1) {
    await delay(Math.max(0, from + (n * 1000) / EVENTS_OF_ONE - performance.now()));
    const event = { ...contactChanged(portalId, id, first + n), occurredAt: Date.now() };
    await callWebhooks(new URL(stack.actionUrl()).origin, stack.secrets.clientSecret, [event]);
  }
  await delay(4000);
  return (await requestsAfter(stack, before)).filter(({ path }) => path.includes('/batch/read')).length;
}
