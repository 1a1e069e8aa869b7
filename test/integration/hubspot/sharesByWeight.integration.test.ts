import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { exchangeSlots, type BucketShape, type SlotReport } from '../../../src/db/hubspot/exchangeSlots.js';
import {
  PACED,
  PRIORITIES,
  WEIGHTS,
  type PacedPriority,
  type Priority,
} from '../../../src/domain/hubspot/priorities.js';
import { paceOf } from '../../../src/hubspot/budget/pace.js';
import { budgetProcesses, WORKSPACE } from '../../support/budgetProcesses.js';

/*
 * How the database shares a limit among processes of which each asks for one priority without end. Time is moved by
 * setting back the times of the rows, so that what is measured is the rule and not the speed of the machine; with
 * processes and their timers the same is measured by `npm run bench -- priority`.
 */

const { database, portal } = budgetProcesses();

const SLOTS = 36;
/** An hour: the milliseconds that statements take are nothing beside it. */
const INTERVAL_MS = 3_600_000;
const { slotMs, bursts } = paceOf({ slots: SLOTS, intervalMs: INTERVAL_MS });
/** As in production, where a slot comes every 91 ms: patience is a third of that, and a process asks as often. */
const STEP_MS = slotMs / 3;
const SHAPE: BucketShape = {
  owner: 'one',
  bucket: 'ten_secondly',
  slots: SLOTS,
  intervalMs: INTERVAL_MS,
  leaseMs: INTERVAL_MS,
  patienceMs: STEP_MS,
  markMs: 5 * slotMs,
  probeMs: INTERVAL_MS,
  weights: PACED.map((priority) => WEIGHTS[priority]),
  bursts,
};

async function pass(portalId: number, ms: number): Promise<void> {
  await database().admin.query(
    `UPDATE budget_slots SET free_at = free_at - $2 * interval '1 ms', leased_at = leased_at - $2 * interval '1 ms' WHERE portal_id = $1`,
    [portalId, ms],
  );
  await database().admin.query(
    `UPDATE budget_rings SET wanted = (SELECT array_agg(w - $2 * interval '1 ms' ORDER BY n) FROM unnest(wanted) WITH ORDINALITY AS u (w, n))
      WHERE portal_id = $1 AND wanted IS NOT NULL`,
    [portalId, ms],
  );
}

/** Asks for a priority as a process does, each request answered at once. Returns how many slots it got. */
async function ask(portalId: number, priority: Priority, used: SlotReport[], most = 10): Promise<number> {
  const counts = PRIORITIES.map((one) => (one === priority ? most : 0));
  const { leased } = await exchangeSlots(database().pool, SHAPE, {
    workspaceIds: [WORKSPACE],
    back: used.splice(0),
    seen: [],
    wanted: [{ portalId, counts }],
    create: true,
  });
  for (const { n, fence } of leased) used.push({ portalId, n, fence, what: 'used', ageMs: 0, priority });
  return leased.length;
}

/** How many slots each of these priorities gets in so many windows. */
async function shares(
  portalId: number,
  windows: number,
  order: (step: number) => readonly PacedPriority[],
): Promise<Record<PacedPriority, number>> {
  const got = { interactive: 0, outbox: 0, sync: 0, backfill: 0 };
  const used = { interactive: [], outbox: [], sync: [], backfill: [] } as Record<PacedPriority, SlotReport[]>;
  for (let step = 0; step < (windows * INTERVAL_MS) / STEP_MS; step += 1) {
    await pass(portalId, STEP_MS);
    for (const priority of order(step)) got[priority] += await ask(portalId, priority, used[priority]);
  }
  return got;
}

describe('priorities that want more than there is', () => {
  it('share the limit by weight, in whatever order their processes ask', async () => {
    const orders = fc.array(fc.shuffledSubarray([...PACED], { minLength: 4 }), {
      minLength: 7,
      maxLength: 7,
    });
    await fc.assert(
      fc.asyncProperty(orders, async (turns) => {
        const portalId = await portal();
        await shares(portalId, 1, () => ['backfill']); // which had it all until now
        await shares(portalId, 1, (step) => turns[step % 7]!);
        const got = await shares(portalId, 3, (step) => turns[step % 7]!);
        const total = Object.values(got).reduce((sum, count) => sum + count, 0);
        expect(total).toBeGreaterThanOrEqual(0.95 * 3 * SLOTS);
        expect(total).toBeLessThanOrEqual(3 * SLOTS);
        for (const priority of PACED)
          expect(Math.abs(got[priority] - (WEIGHTS[priority] / 15) * total)).toBeLessThanOrEqual(2);
      }),
      { numRuns: 2, endOnFailure: true },
    );
  }, 60_000);

  it('leave to those that want it what the others do not want', async () => {
    const portalId = await portal();
    await shares(portalId, 1, () => PACED);
    const got = await shares(portalId, 2, () => ['sync', 'backfill']);
    const total = got.sync + got.backfill;
    expect(total).toBeGreaterThanOrEqual(0.95 * 2 * SLOTS);
    expect(Math.abs(got.sync - (2 / 3) * total)).toBeLessThanOrEqual(2);
  }, 60_000);
});

describe('a first load that takes all there is', () => {
  /** Of 110 in ten seconds, 11 come free in a second. */
  const IN_A_SECOND = 11;

  it.each(['completion', 'interactive'] as const)(
    'lets a %s go before three more of its requests, whenever that comes: a second has room for eleven',
    async (priority) => {
      const portalId = await portal();
      const loading: SlotReport[][] = [[], [], []];
      /** Each process of the load asks for as much as it can get. */
      const loadOn = async () => {
        await pass(portalId, STEP_MS);
        let got = 0;
        for (const used of loading) got += await ask(portalId, 'backfill', used);
        return got;
      };
      for (let step = 0; step < (2 * INTERVAL_MS) / STEP_MS; step += 1) await loadOn();
      const before: number[] = [];
      for (let call = 0; call < 12; call += 1) {
        for (let step = 0; step < 20 + call; step += 1) await loadOn();
        const used: SlotReport[] = [];
        let load = 0;
        // The load asks first, each time.
        for (let step = 0; step < 3 * IN_A_SECOND; step += 1) {
          load += await loadOn();
          if ((await ask(portalId, priority, used, 1)) === 1) break;
        }
        expect(used).toHaveLength(1);
        before.push(load);
        await ask(portalId, priority, used, 0);
      }
      expect(Math.max(...before)).toBeLessThanOrEqual(3);
    },
    60_000,
  );
});
