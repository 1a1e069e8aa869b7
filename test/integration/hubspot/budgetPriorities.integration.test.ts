import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import type { Priority } from '../../../src/domain/hubspot/priorities.js';
import { budgetProcesses, drain, tightest, type BudgetProcess } from '../../support/budgetProcesses.js';
import { until } from '../../support/until.js';

const { portal, start } = budgetProcesses();

describe('priorities', () => {
  it('a completion goes before background work that waits in the same process', async () => {
    const portalId = await portal();
    const { budget } = start({ slots: 2, intervalMs: 500 });
    const served: string[] = [];
    const ask = async (priority: 'sync' | 'completion') => {
      const permit = await budget.acquire(portalId, priority);
      served.push(priority);
      permit.use(0);
    };
    const all = Array.from({ length: 6 }, () => ask('sync'));
    await until('the limit is used up', () => served.length === 2, 10_000);
    all.push(ask('completion'));
    await Promise.all(all);
    expect(served.indexOf('completion')).toBe(2);
  }, 10_000);

  it('a completion goes before background work that waits in another process', async () => {
    const portalId = await portal();
    const [background, completing] = [start({ slots: 5 }), start({ slots: 5 })];
    const end = new AbortController();
    const arrivals: number[] = [];
    const work = Array.from({ length: 30 }, async () => {
      while (!end.signal.aborted) {
        const permit = await background.budget.acquire(portalId, 'sync', end.signal).catch(() => undefined);
        if (!permit) return;
        arrivals.push(performance.now());
        permit.use(0);
      }
    });
    await until('background work has used the limit twice', () => arrivals.length >= 10, 5000);
    const askedAt = performance.now();
    const permit = await completing.budget.acquire(portalId, 'completion');
    permit.use(0);
    expect(performance.now() - askedAt).toBeLessThan(1300);
    end.abort();
    await Promise.all(work);
    // Not one of them went at the moment in which the completion could have gone.
    expect(arrivals.filter((at) => at > askedAt && at < performance.now() - 200).length).toBeLessThanOrEqual(
      4,
    );
  }, 10_000);
});

/** Works without end for one priority; returns when each request went. */
function work(
  process: BudgetProcess,
  options: {
    portalId: number;
    priority: Priority;
    width: number;
    signal: AbortSignal;
    bucket?: 'search';
    rttMs?: number;
  },
): number[] {
  const { portalId, priority, width, signal, bucket = 'ten_secondly', rttMs = 4 } = options;
  const sent: number[] = [];
  const one = async () => {
    for (;;) {
      const permit = await process.budgets
        .of(bucket)
        .acquire(portalId, priority, signal)
        .catch(() => undefined);
      if (!permit) return;
      sent.push(performance.now());
      await delay(rttMs);
      permit.use(0);
    }
  };
  for (let n = 0; n < width; n += 1) void one();
  return sent;
}

describe('priorities over several processes', () => {
  it('a completion waits for the next slot only, while sync takes all it can get', async () => {
    const portalId = await portal();
    const limit = { slots: 110, intervalMs: 5000, leaseMs: 4000 };
    const end = new AbortController();
    const syncing = Array.from({ length: 3 }, () => start(limit));
    const options = { portalId, priority: 'sync', width: 40, signal: end.signal } as const;
    const sent = syncing.map((process) => work(process, options));
    const completing = start(limit);
    const startedAt = performance.now();
    const waits: number[] = [];
    const waited: [from: number, to: number][] = [];
    // From the very start, when nothing was used yet, and while the bucket is used up.
    while (performance.now() - startedAt < 11_000) {
      const askedAt = performance.now();
      const permit = await completing.budget.acquire(portalId, 'completion');
      waits.push(performance.now() - askedAt);
      waited.push([askedAt, performance.now()]);
      permit.use(0);
      await delay(150);
    }
    end.abort();
    const arrivals = sent.flat();
    const used = [...arrivals, ...waits.map(() => 0)].length;
    // By what went before it, not by the clock: a busy machine holds up all of them. Half of a second of an interval
    // of five, a second of ten, is eleven slots.
    const before = waited.map(([from, to]) => arrivals.filter((at) => at > from && at < to).length);
    expect(Math.max(...before)).toBeLessThanOrEqual(11);
    expect(waits.toSorted((a, b) => a - b)[Math.floor(waits.length / 2)]).toBeLessThan(50);
    // Two windows and a fifth: what the law allows by then, all of it but the last slots' way.
    expect(used).toBeGreaterThanOrEqual(0.98 * 220);
    const inSecondWindow = arrivals.filter((at) => at - startedAt > 5000 && at - startedAt < 10_000).length;
    const completions = waits.length * (5000 / 11_000);
    expect(inSecondWindow + completions).toBeGreaterThanOrEqual(0.95 * 110);
  }, 30_000);

  it('is a law for the search bucket too, beside the other buckets', async () => {
    const portalId = await portal();
    const end = new AbortController();
    const options = { portalId, priority: 'sync', width: 4, signal: end.signal, bucket: 'search' } as const;
    const sent = [start(), start()].map((process) => work(process, options));
    const { budget } = start();
    const permits = await drain(budget, portalId, 10); // the other bucket is not used
    for (const permit of permits) permit.giveBack();
    await until('five seconds of searches', () => sent.flat().length >= 20, 8000);
    end.abort();
    const arrivals = sent.flat();
    expect(tightest(arrivals, 4)).toBeGreaterThanOrEqual(999);
    expect(Math.max(...arrivals) - Math.min(...arrivals)).toBeLessThan(5400);
  }, 15_000);
});
