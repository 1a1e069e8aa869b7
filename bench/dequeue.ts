import { claimEvents, settleAndClaim } from '../src/db/outbox/claims.js';
import type { Benchmark } from './lib/benchmark.js';
import { PAYLOAD, startOutboxBench, type OutboxBench } from './lib/outbox.js';
import { installPeers, startPeer } from './lib/peers.js';
import { table } from './lib/table.js';

const TAKERS = 4;
const BATCH = 100;

/** Four takers, each of a portal's outbox as deliveries are; and four of one portal. The peers have one queue. */
const dequeue: Benchmark = {
  name: 'dequeue',
  title: `claim ${BATCH} and settle, ${TAKERS} workers, against fetch and complete of pg-boss and graphile-worker`,
  runs: 5,

  async run({ runs, quick, say }) {
    await installPeers(say);
    const bench = await startOutboxBench();
    const env = { PEER_DATABASE_URL: bench.peerDatabaseUrl };
    const pgBoss = await startPeer('pgBoss', env);
    const graphile = await startPeer('graphileWorker', env);
    const jobs = quick ? 8000 : 100_000;
    const rows: { sluice: number; onePortal: number; pgBoss: number; graphile: number }[] = [];
    try {
      const pool = bench.pool(TAKERS);
      const order = { jobs, takers: TAKERS, batch: BATCH, payload: PAYLOAD };
      for (let n = 0; n < runs; n += 1) {
        const portals = Array.from({ length: TAKERS }, (_, i) => 10 * n + i + 1);
        await bench.fill(portals, jobs / TAKERS);
        const sluice = await drain(bench, pool, portals, jobs);
        const one = portals.map(() => 10 * n + 9);
        await bench.fill(one.slice(0, 1), jobs);
        const onePortal = await drain(bench, pool, one, jobs);
        const boss = await pgBoss.peer.ask<{ ms: number }>(order);
        const worker = await graphile.peer.ask<{ ms: number }>(order);
        const perSecond = (ms: number) => (jobs / ms) * 1000;
        rows.push({ sluice, onePortal, pgBoss: perSecond(boss.ms), graphile: perSecond(worker.ms) });
      }
    } finally {
      pgBoss.peer.stop();
      graphile.peer.stop();
      await bench.stop();
    }
    const whole = (value: number) => Math.round(value).toLocaleString('en');
    say(
      table(
        ['run', 'sluice/s', 'one portal/s', 'pg-boss/s', 'graphile-worker/s'],
        rows.map((row, n) => [
          String(n + 1),
          ...[row.sluice, row.onePortal, row.pgBoss, row.graphile].map(whole),
        ]),
      ),
    );
    const best = (row: (typeof rows)[number]) => Math.max(row.pgBoss, row.graphile);
    return [
      {
        what: 'events/s ÷ the better peer',
        unit: '×',
        values: rows.map((row) => row.sluice / best(row)),
        atLeast: 1.5,
      },
      {
        what: 'the same, all of one portal',
        unit: '×',
        values: rows.map((row) => row.onePortal / best(row)),
        atLeast: 1,
      },
    ];
  },
};

/** Claims and settles until nothing is left; events per second. */
async function drain(
  { workspaceId }: OutboxBench,
  pool: ReturnType<OutboxBench['pool']>,
  portals: readonly number[],
  expected: number,
): Promise<number> {
  let done = 0;
  const from = performance.now();
  await Promise.all(
    portals.map(async (portalId, n) => {
      const request = { workspaceId, portalId, owner: `taker-${n}`, max: BATCH, leaseMs: 10_000 };
      let claim = await claimEvents(pool, request);
      while (claim) {
        const ids = claim.events.map(({ eventId }) => eventId);
        const booked = { mode: 'live', done: ids, others: [] } as const;
        const { settled, next } = await settleAndClaim(pool, { workspaceId, ...claim, ...booked }, request);
        if (!settled) throw new Error('A claim was taken over within its lease');
        done += ids.length;
        claim = next;
      }
    }),
  );
  const ms = performance.now() - from;
  if (done !== expected) throw new Error(`${done} of ${expected} events came through`);
  return (done / ms) * 1000;
}

export default dequeue;
