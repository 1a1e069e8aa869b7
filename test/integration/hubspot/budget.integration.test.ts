import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { exchangeSlots } from '../../../src/db/hubspot/exchangeSlots.js';
import type { Permit } from '../../../src/hubspot/budget/permit.js';
import {
  budgetProcesses,
  drain,
  LEASE_MS,
  tightest,
  WORKSPACE,
  type BudgetProcess,
} from '../../support/budgetProcesses.js';
import { until } from '../../support/until.js';

const { database, portals, portal, start, usage, stopAll } = budgetProcesses();

/** Acquires until the signal ends it, and notes when HubSpot would have counted each request. */
async function flood(
  process: BudgetProcess,
  portalId: number,
  options: { arrivals: number[]; rttMs: () => number; width: number; signal: AbortSignal },
) {
  const one = async () => {
    while (!options.signal.aborted) {
      const permit = await process.budget
        .acquire(portalId, 'completion', options.signal)
        .catch(() => undefined);
      if (!permit) return;
      const rtt = options.rttMs();
      await delay(rtt / 2);
      if (permit.expiresInMs <= 0) {
        permit.giveBack();
        continue;
      }
      options.arrivals.push(performance.now());
      await delay(rtt / 2);
      permit.use(0);
    }
  };
  await Promise.all(Array.from({ length: options.width }, one));
}

describe('the window law', () => {
  it('holds in every window, whoever asks, whatever answers take, and when a process dies', async () => {
    const scenario = fc.record({
      processes: fc.integer({ min: 2, max: 4 }), // one of them may die
      slots: fc.integer({ min: 1, max: 25 }),
      intervalMs: fc.integer({ min: 200, max: 600 }),
      slowestMs: fc.integer({ min: 0, max: 300 }),
      width: fc.integer({ min: 1, max: 12 }),
      diesAfterMs: fc.option(fc.integer({ min: 50, max: 900 })),
    });
    await fc.assert(
      fc.asyncProperty(scenario, async ({ processes, slots, intervalMs, slowestMs, width, diesAfterMs }) => {
        const portalId = await portal();
        const all = Array.from({ length: processes }, () => start({ slots, intervalMs, leaseMs: 400 }));
        const arrivals: number[] = [];
        const end = new AbortController();
        const rttMs = () => Math.random() * slowestMs;
        const floods = all.map((process) =>
          flood(process, portalId, { arrivals, rttMs, width, signal: end.signal }),
        );
        if (diesAfterMs !== null) void delay(diesAfterMs).then(() => all[0]!.die());
        await delay(1800);
        end.abort();
        await Promise.race([Promise.all(floods), delay(1000, undefined, { ref: false })]); // a dead one never ends
        expect(arrivals.length).toBeGreaterThan(0);
        // A millisecond for two clocks: the database's rules, ours measures.
        expect(tightest(arrivals, slots)).toBeGreaterThanOrEqual(intervalMs - 1);
        await stopAll();
      }),
      { numRuns: 5, endOnFailure: true },
    );
  }, 60_000);

  it('leaves next to nothing of the limit unused while work waits', async () => {
    const portalId = await portal();
    const arrivals: number[] = [];
    const end = new AbortController();
    const floods = Array.from({ length: 4 }, () =>
      flood(start({ slots: 40, leaseMs: 4000 }), portalId, {
        arrivals,
        rttMs: () => 5,
        width: 15,
        signal: end.signal,
      }),
    );
    await until(
      'six windows have passed',
      () => arrivals.length > 0 && performance.now() - arrivals[0]! > 6000,
      10_000,
      5,
    );
    end.abort();
    await Promise.all(floods);
    const inSixWindows = arrivals.filter((at) => at - arrivals[0]! < 5500).length;
    expect(inSixWindows).toBeGreaterThanOrEqual(0.97 * 240); // the sixth comes at 5 s and a few round trips
    expect(tightest(arrivals, 40)).toBeGreaterThanOrEqual(999);
  }, 20_000);

  it('counts from the answer, not from when it was booked', async () => {
    const portalId = await portal();
    const { budget } = start({ slots: 1 });
    const permit = await budget.acquire(portalId, 'completion');
    await delay(300);
    const answeredAt = performance.now() - 250;
    permit.use(250);
    await budget.acquire(portalId, 'completion');
    const waited = performance.now() - answeredAt;
    expect(waited).toBeGreaterThanOrEqual(999);
    expect(waited).toBeLessThan(1200);
  });
});

describe('a lease', () => {
  it('of a process that died comes back after the lease and one interval, not before', async () => {
    const portalId = await portal();
    const [doomed, heir] = [start(), start()];
    const leasedAt = performance.now();
    const permits = await drain(doomed.budget, portalId, 10);
    expect(permits.every((permit) => permit.expiresInMs > 0 && permit.expiresInMs < LEASE_MS)).toBe(true);
    doomed.die();
    await heir.budget.acquire(portalId, 'completion');
    const waited = performance.now() - leasedAt;
    expect(waited).toBeGreaterThanOrEqual(LEASE_MS + 1000);
    expect(waited).toBeLessThan(LEASE_MS + 1000 + 500);
    // By then nothing can have been sent under it for a quarter of the lease and an interval.
    expect(Math.max(...permits.map((permit) => permit.expiresInMs))).toBeLessThan(-1000);
  });

  it('is kept for as long as an answer takes', async () => {
    const portalId = await portal();
    const [slow, other] = [start({ slots: 1 }), start({ slots: 1 })];
    const permit = await slow.budget.acquire(portalId, 'completion');
    const waiting = other.budget
      .acquire(portalId, 'completion')
      .then((got) => ({ got, at: performance.now() }));
    await delay(LEASE_MS + 1000 + 500);
    const answeredAt = performance.now();
    permit.use(0);
    const { got, at } = await waiting;
    expect(at - answeredAt).toBeGreaterThanOrEqual(999);
    got.giveBack();
  }, 15_000);

  it('is not to be used by a process that lost touch with the database', async () => {
    const portalId = await portal();
    const process = start({ slots: 1 });
    const permit = await process.budget.acquire(portalId, 'completion');
    process.cutOff = true;
    await until('it has run out', () => permit.expiresInMs <= 0, 2 * LEASE_MS);
    permit.giveBack();
    process.cutOff = false;
  });

  it('that was taken over is lost: what its former holder reports changes nothing', async () => {
    const portalId = await portal();
    const lost: number[] = [];
    const metrics = { slotLost: (event: { portalId: number }) => void lost.push(event.portalId) };
    const [stalled, other] = [start({ slots: 1, metrics }), start({ slots: 1 })];
    const permit = await stalled.budget.acquire(portalId, 'completion');
    stalled.cutOff = true;
    const taken = await other.budget.acquire(portalId, 'completion');
    stalled.cutOff = false;
    permit.use(10_000); // answered long ago, as far as it knows
    await until('the loss is noticed', () => lost.length > 0, 5000);
    expect(await usage(portalId)).toMatchObject({ used: 1 });
    taken.giveBack();
  }, 10_000);

  it('that is given back goes to who waits here, else to the other processes at once', async () => {
    const portalId = await portal();
    const [one, two] = [start(), start()];
    const permits = await drain(one.budget, portalId, 10);
    const here = one.budget.acquire(portalId, 'sync');
    permits.pop()!.giveBack();
    expect((await here).portalId).toBe(portalId);
    const there = two.budget.acquire(portalId, 'sync');
    const givenAt = performance.now();
    for (const permit of permits) permit.giveBack();
    await there;
    expect(performance.now() - givenAt).toBeLessThan(1300);
    await until('all but two are free', async () => (await usage(portalId)).free === 8, 2000);
  });

  it('is settled once: a permit that was used cannot be given back', async () => {
    const portalId = await portal();
    const { budget } = start();
    const permit = await budget.acquire(portalId, 'completion');
    permit.use(0);
    permit.giveBack();
    permit.use(0);
    const holders = async () => {
      const { rows } = await database().admin.query<{ holder: string | null }>(
        'SELECT holder FROM budget_slots WHERE portal_id = $1 AND free_at > clock_timestamp()',
        [portalId],
      );
      return rows.map(({ holder }) => holder);
    };
    await until(
      'the answer is booked',
      async () => (await holders()).every((holder) => holder === null),
      900,
    );
    expect(await holders()).toEqual([null]);
  });
});

describe('a permit that was given back', () => {
  it('has no say any more in what becomes of its slot, which another request has by now', async () => {
    const portalId = await portal();
    const { budget } = start({ slots: 1, leaseMs: 60_000 });
    const permit = await budget.acquire(portalId, 'completion');
    const waiting = budget.acquire(portalId, 'completion');
    permit.giveBack();
    const heir = await waiting;
    permit.giveBack();
    heir.use(0);
    await budget.stop();
    expect(await usage(portalId, 1)).toMatchObject({ used: 1, free: 0 });
  });
});

describe('a block', () => {
  it('holds for all processes, and only ever grows', async () => {
    const portalId = await portal();
    const [one, two] = [start(), start()];
    const blockedAt = performance.now();
    await one.budgets.block(portalId, 'ten_secondly', 700, 'TEN_SECONDLY_ROLLING');
    await one.budgets.block(portalId, 'ten_secondly', 100, 'SECONDLY');
    expect(await usage(portalId)).toMatchObject({ blockedReason: 'TEN_SECONDLY_ROLLING' });
    const waiting = Promise.all([one, two].map(({ budget }) => budget.acquire(portalId, 'completion')));
    await until('the other process knows', () => two.budget.blocked(portalId), 500);
    expect(two.budget.blocked(portalId)).toMatchObject({ reason: 'TEN_SECONDLY_ROLLING' });
    await waiting;
    expect(performance.now() - blockedAt).toBeGreaterThanOrEqual(699);
    expect(one.budget.blocked(portalId)).toBeUndefined();
    expect(await usage(portalId)).toMatchObject({ blockedUntil: null, blockedReason: null });
  });

  it('stops slots that are leased already', async () => {
    const portalId = await portal();
    const { budget, budgets } = start();
    const permits = await Promise.all(
      Array.from({ length: 5 }, () => budget.acquire(portalId, 'completion')),
    );
    const blockedAt = performance.now();
    await budgets.block(portalId, 'portal', 500, 'DAILY');
    const waiting = budget.acquire(portalId, 'completion');
    for (const permit of permits) permit.giveBack();
    await waiting;
    expect(performance.now() - blockedAt).toBeGreaterThanOrEqual(499);
  });

  it('holds in the process that heard it even while the database does not take it', async () => {
    const portalId = await portal();
    const process = start();
    (await process.budget.acquire(portalId, 'completion')).giveBack();
    process.cutOff = true;
    const blockedAt = performance.now();
    await expect(process.budgets.block(portalId, 'ten_secondly', 600, 'DAILY')).rejects.toThrow();
    process.cutOff = false;
    (await process.budget.acquire(portalId, 'completion')).giveBack();
    expect(performance.now() - blockedAt).toBeGreaterThanOrEqual(600);
  });

  it('leaves other portals alone', async () => {
    const [blocked, free] = await portals(2);
    const { budget, budgets } = start();
    await budgets.block(blocked!, 'portal', 60_000, 'DAILY');
    const waiting = budget.acquire(blocked!, 'completion').catch((error: unknown) => error);
    (await budget.acquire(free!, 'backfill')).giveBack();
    await budget.stop();
    expect(await waiting).toMatchObject({ code: 'unavailable' });
  });
});

describe('token requests', () => {
  it('have a limit of their own, also while the portal is left alone', async () => {
    const portalId = await portal();
    const { budget, budgets } = start();
    await budgets.block(portalId, 'portal', 60_000, 'migrating');
    const oauth = budgets.of('oauth');
    const permits = await Promise.all(
      Array.from({ length: 2 }, () => oauth.acquire(portalId, 'interactive')),
    );
    for (const permit of permits) permit.use(0);
    expect(oauth.blocked(portalId)).toBeUndefined();
    expect(budget.blocked(portalId)).toMatchObject({ reason: 'migrating' });
  });
});

describe('what the headers say', () => {
  async function settled(portalId: number, free: number) {
    await until(`${free} are free`, async () => (await usage(portalId)).free === free, 2000);
  }

  it('takes out what others use of the limit, for one interval', async () => {
    const portalId = await portal();
    const { budget } = start();
    (await budget.acquire(portalId, 'completion')).giveBack();
    await settled(portalId, 10);
    await delay(120); // what has just come free is not held against the headers
    const permit = await budget.acquire(portalId, 'completion');
    budget.correct(portalId, { remaining: 3, max: 10 });
    permit.use(0);
    await settled(portalId, 3);
    await settled(portalId, 10);
  });

  it('remembers that a portal has a lower limit, when the headers say nothing any more', async () => {
    const portalId = await portal();
    const { budget } = start();
    // A slot that is leased at the moment of a header is left out by the next one.
    const isKnown = async () => {
      budget.correct(portalId, { remaining: 6, max: 6 });
      (await budget.acquire(portalId, 'completion')).giveBack();
      return (await usage(portalId)).others === 4;
    };
    await until('its limit is known', isKnown, 3000);
    const permits = await drain(budget, portalId, 6);
    expect(await usage(portalId)).toMatchObject({ others: 4, free: 0 });
    for (const one of permits) one.giveBack();
  });

  it('does not believe a limit that HubSpot does not have', async () => {
    const portalId = await portal();
    const { budget } = start();
    (await budget.acquire(portalId, 'completion')).giveBack();
    await settled(portalId, 10);
    budget.correct(portalId, { remaining: 0, max: 1 });
    (await budget.acquire(portalId, 'completion')).giveBack();
    await until('the header counts', async () => (await usage(portalId)).others > 0, 2000);
    await settled(portalId, 4); // of ten: a third at least
  });

  it('is said once where two processes hear it, and neither waits for the other', async () => {
    const portalId = await portal();
    const { budget } = start();
    (await budget.acquire(portalId, 'completion')).giveBack();
    await settled(portalId, 10);
    const shape = {
      owner: 'x',
      bucket: 'ten_secondly',
      slots: 10,
      intervalMs: 1000,
      leaseMs: LEASE_MS,
      patienceMs: 0,
      markMs: 300,
      probeMs: 1000,
      weights: [8, 4, 2, 1],
      bursts: [2, 2, 2, 2],
    } as const;
    const seen = [{ portalId, remaining: 4, max: 10, ageMs: 0 }];
    const heard = { workspaceIds: [WORKSPACE], back: [], seen, wanted: [], create: false };
    const [one, two] = [await database().pool.connect(), await database().pool.connect()];
    try {
      await one.query('BEGIN');
      await exchangeSlots(one, shape, heard);
      await two.query("SET statement_timeout = '2s'");
      await exchangeSlots(two, shape, heard);
      await one.query('COMMIT');
    } finally {
      one.release(true);
      two.release(true);
    }
    expect(await usage(portalId)).toMatchObject({ free: 4 });
  });

  it('never gives more than the configured limit, and nothing away that is ours', async () => {
    const portalId = await portal();
    const { budget } = start();
    const permits = await drain(budget, portalId, 6);
    // HubSpot saw these six: what it says is left is what we have left.
    budget.correct(portalId, { remaining: 4, max: 10 });
    budget.correct(portalId, { remaining: 184, max: 190 });
    for (const permit of permits) permit.use(0);
    await until('they are booked', async () => (await usage(portalId)).used === 6, 10_000);
    expect(await usage(portalId)).toMatchObject({ used: 6, free: 4 });
  });
});

describe('the cost', () => {
  it('is nothing while nobody waits', async () => {
    const portalId = await portal();
    const process = start();
    (await process.budget.acquire(portalId, 'completion')).use(0);
    await until('the answer is booked', async () => (await usage(portalId)).used === 1, 10_000);
    await delay(100);
    const before = process.statements;
    await delay(1500);
    expect(process.statements).toBe(before);
  });

  it('is not a look in vain when it is known when the next slot comes free', async () => {
    const portalId = await portal();
    const process = start({ slots: 1, intervalMs: 2000 });
    (await process.budget.acquire(portalId, 'completion')).use(0);
    const before = process.statements;
    await process.budget.acquire(portalId, 'completion');
    expect(process.statements - before).toBeLessThanOrEqual(3);
  }, 10_000);

  it('of five hundred portals is shared by a few statements', async () => {
    const ids = await portals(500);
    // A lease that no machine is too slow for: no slot is renewed, and none comes too late to be used.
    const process = start({ leaseMs: 300_000 });
    const permits = await Promise.all(ids.map((id) => process.budget.acquire(id, 'outbox')));
    expect(new Set(permits.map((permit) => permit.portalId)).size).toBe(500);
    // Four exchanges of at most 128 portals, and a look-up of their workspaces before each.
    expect(process.statements).toBe(8);
    for (const permit of permits) permit.use(0);
  });

  it('of new buckets is paid once, by whichever process comes first', async () => {
    const ids = await portals(40);
    const all = Array.from({ length: 4 }, () => start());
    const orders = [ids, ids.toReversed(), ids.toSorted(() => Math.random() - 0.5), ids];
    const permits = await Promise.all(
      all.flatMap(({ budget }, k) => orders[k]!.map((id) => budget.acquire(id, 'interactive'))),
    );
    for (const permit of permits) permit.giveBack();
    const { rows } = await database().admin.query(
      'SELECT count(*)::int AS n FROM budget_slots WHERE portal_id = ANY ($1)',
      [ids],
    );
    expect(rows).toEqual([{ n: 400 }]);
  });
});

describe('those who wait', () => {
  it('wait on while the database is away', async () => {
    const portalId = await portal();
    const process = start();
    process.cutOff = true;
    let ended = false;
    const waiting = process.budget.acquire(portalId, 'completion').finally(() => (ended = true));
    await until('the database was asked several times in vain', () => process.refused >= 3, 10_000);
    expect(ended).toBe(false);
    process.cutOff = false;
    const permit = await waiting;
    expect(permit.portalId).toBe(portalId);
    permit.giveBack();
  });

  it('leave with the reason of their signal, and take no slot', async () => {
    const portalId = await portal();
    const { budget } = start({ slots: 1 });
    const permit = await budget.acquire(portalId, 'completion');
    const end = new AbortController();
    const waiting = budget.acquire(portalId, 'completion', end.signal);
    end.abort(new Error('cancelled'));
    await expect(waiting).rejects.toThrow('cancelled');
    await expect(budget.acquire(portalId, 'completion', end.signal)).rejects.toThrow('cancelled');
    permit.giveBack();
    (await budget.acquire(portalId, 'completion')).giveBack();
  });

  it('are told that a portal is not known', async () => {
    const { budget } = start();
    await expect(budget.acquire(999_999_999, 'completion')).rejects.toMatchObject({ code: 'not_found' });
    const portalId = await portal();
    const known = budget.acquire(portalId, 'completion');
    await expect(budget.acquire(999_999_999, 'completion')).rejects.toMatchObject({ code: 'not_found' });
    (await known).giveBack();
  });

  it('are told when the process stops; what it held is free, what was in flight is booked', async () => {
    const portalId = await portal();
    const { budget } = start({ slots: 3 });
    const [used, late, unused] = await drain(budget, portalId, 3);
    const waiting = budget.acquire(portalId, 'completion').catch((error: unknown) => error);
    used!.use(0);
    unused!.giveBack(); // goes to the one that waits
    (await (waiting as Promise<Permit>)).giveBack();
    const rejected = Array.from({ length: 3 }, () =>
      budget.acquire(portalId, 'completion').catch((error: unknown) => error),
    );
    await budget.stop();
    const results = await Promise.all(rejected);
    expect(results.filter((result) => result instanceof Error)).not.toHaveLength(0);
    for (const result of results) if (!(result instanceof Error)) (result as Permit).giveBack();
    await expect(budget.acquire(portalId, 'completion')).rejects.toMatchObject({ code: 'unavailable' });
    late!.use(0);
    await until('the last answer is booked', async () => (await usage(portalId)).used <= 2, 2000);
  });
});
