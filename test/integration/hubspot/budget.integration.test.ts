import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type pg from 'pg';
import { exchangeSlots } from '../../../src/db/budget.js';
import { ringUsage } from '../../../src/db/budgetUsage.js';
import { createPortalDirectory } from '../../../src/db/portalDirectory.js';
import { forWorkspace } from '../../../src/db/tenant.js';
import type { Queryable } from '../../../src/db/pool.js';
import type { Budget, Permit } from '../../../src/hubspot/budget.js';
import { createBudgets, type Budgets, type BudgetsMetrics } from '../../../src/hubspot/budgets.js';
import { createPortalWorkspaces } from '../../../src/hubspot/portalWorkspaces.js';
import type { Priority } from '../../../src/hubspot/waiters.js';
import { createLogger } from '../../../src/logger.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { until } from '../../support/until.js';

/* Each budget here stands for a process: what they share is the database. Times are short; the proportions are those of production. */

const logger = createLogger({ LOG_LEVEL: 'silent', LOG_FORMAT: 'json' }, 'test');
const LEASE_MS = 800;

let db: TestDatabase;
let lastPortal = 1000;
const running: Process[] = [];

const WORKSPACE = '00000000-0000-4000-8000-000000000001';

interface Process {
  budgets: Budgets;
  /** Of the ten-secondly limit. */
  budget: Budget;
  statements: number;
  /** From here on it says nothing to the database, like a process that was killed. */
  die(): void;
  /** Until then the database is away. */
  cutOff: boolean;
}

beforeAll(async () => {
  db = await createTestDatabase({ poolSize: 12 });
  await db.admin.query(`INSERT INTO workspaces (id, name) VALUES ('${WORKSPACE}', 'test')`);
});
afterEach(async () => {
  await Promise.all(running.splice(0).map(({ budgets }) => budgets.stop()));
});
afterAll(() => db.drop());

async function portals(count = 1): Promise<number[]> {
  const ids = Array.from({ length: count }, () => (lastPortal += 1));
  await db.admin.query(
    `INSERT INTO portals (portal_id, workspace_id) SELECT id, '${WORKSPACE}' FROM unnest($1::bigint[]) AS u (id)`,
    [ids],
  );
  return ids;
}

async function portal(): Promise<number> {
  const [id] = await portals();
  return id!;
}

interface Changes {
  slots?: number;
  intervalMs?: number;
  searchSlots?: number;
  leaseMs?: number;
  metrics?: Partial<BudgetsMetrics>;
}

function start(changes: Changes = {}): Process {
  const process: Process = {
    budgets: undefined as never,
    budget: undefined as never,
    statements: 0,
    cutOff: false,
    die: () => (dead = true),
  };
  let dead = false;
  const query = async (...query: unknown[]) => {
    if (dead) return new Promise(() => {});
    if (process.cutOff) throw Object.assign(new Error('terminating connection'), { code: '57P01' });
    process.statements += 1;
    return (db.pool.query as (...query: unknown[]) => Promise<pg.QueryResult>)(...query);
  };
  const pool = { query } as unknown as Queryable;
  process.budgets = createBudgets({
    pool,
    owner: `p${running.length}`,
    config: {
      BUDGET_SLOTS: changes.slots ?? 10,
      BUDGET_INTERVAL_MS: changes.intervalMs ?? 1000,
      BUDGET_SEARCH_SLOTS: changes.searchSlots ?? 4,
      BUDGET_ASSOCIATION_SLOTS: 100,
      BUDGET_OAUTH_SLOTS: 4,
    },
    workspaces: createPortalWorkspaces(createPortalDirectory(pool)),
    leaseMs: changes.leaseMs ?? LEASE_MS,
    logger,
    metrics: { budgetWait() {}, slotLost() {}, breakerChanged() {}, ...changes.metrics },
  });
  process.budget = process.budgets.of('ten_secondly');
  // A dead one cannot be stopped: its last statement never comes back.
  running.push(process);
  process.die = () => {
    dead = true;
    running.splice(running.indexOf(process), 1);
  };
  return process;
}

/** The ten-secondly ring, as the portal's workspace sees it. */
async function usage(portalId: number, slots = 10) {
  const of = { ten_secondly: slots, search: 4, associations: 100, oauth: 4 };
  const rings = await ringUsage(forWorkspace(db.pool, WORKSPACE), portalId, of);
  const ring = rings.find((one) => one.ring === 'ten_secondly')!;
  return { ...ring, free: slots - ring.used };
}

/** Acquires until the signal ends it, and notes when HubSpot would have counted each request. */
async function flood(
  process: Process,
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

/** The shortest time in which one more than the limit arrived. */
function tightest(arrivals: number[], slots: number): number {
  const sorted = arrivals.toSorted((a, b) => a - b);
  return Math.min(...sorted.slice(slots).map((at, k) => at - sorted[k]!));
}

async function drain(process: Process, portalId: number, count: number): Promise<Permit[]> {
  return Promise.all(Array.from({ length: count }, () => process.budget.acquire(portalId, 'completion')));
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
        await Promise.all(running.splice(0).map(({ budgets }) => budgets.stop()));
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
    const permits = await drain(doomed, portalId, 10);
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
    const permits = await drain(one, portalId, 10);
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
      const { rows } = await db.admin.query<{ holder: string | null }>(
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

  it('is said once where two processes hear it, and neither waits for the other', async () => {
    const portalId = await portal();
    const { budget } = start();
    (await budget.acquire(portalId, 'completion')).giveBack();
    await settled(portalId, 10);
    const shape = {
      owner: 'x',
      ring: 'ten_secondly',
      slots: 10,
      intervalMs: 1000,
      leaseMs: LEASE_MS,
      patienceMs: 0,
      markMs: 300,
      probeMs: 1000,
      weights: [8, 4, 2, 1],
      bursts: [2, 2, 2, 2],
    } as const;
    const seen = [{ portalId, remaining: 4, ageMs: 0 }];
    const heard = { workspaceIds: [WORKSPACE], back: [], seen, wanted: [], create: false };
    const [one, two] = [await db.pool.connect(), await db.pool.connect()];
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
    const permits = await drain({ budget } as Process, portalId, 6);
    // HubSpot saw these six: what it says is left is what we have left.
    budget.correct(portalId, { remaining: 4, max: 10 });
    budget.correct(portalId, { remaining: 184, max: 190 });
    for (const permit of permits) permit.use(0);
    await until('they are booked', async () => (await usage(portalId)).used === 6, 10_000);
    expect(await usage(portalId)).toMatchObject({ used: 6, free: 4 });
  });
});

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
  process: Process,
  options: {
    portalId: number;
    priority: Priority;
    width: number;
    signal: AbortSignal;
    ring?: 'search';
    rttMs?: number;
  },
): number[] {
  const { portalId, priority, width, signal, ring = 'ten_secondly', rttMs = 4 } = options;
  const sent: number[] = [];
  const one = async () => {
    for (;;) {
      const permit = await process.budgets
        .of(ring)
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
    // From the very start, when nothing was used yet, and while the ring is full.
    while (performance.now() - startedAt < 11_000) {
      const askedAt = performance.now();
      const permit = await completing.budget.acquire(portalId, 'completion');
      waits.push(performance.now() - askedAt);
      permit.use(0);
      await delay(150);
    }
    end.abort();
    const arrivals = sent.flat();
    const used = [...arrivals, ...waits.map(() => 0)].length;
    expect(Math.max(...waits)).toBeLessThan(500); // half of a second of an interval of five: a second of ten
    expect(waits.toSorted((a, b) => a - b)[Math.floor(waits.length / 2)]).toBeLessThan(50);
    // Two windows and a fifth: what the law allows by then, all of it but the last slots' way.
    expect(used).toBeGreaterThanOrEqual(0.98 * 220);
    const inSecondWindow = arrivals.filter((at) => at - startedAt > 5000 && at - startedAt < 10_000).length;
    const completions = waits.length * (5000 / 11_000);
    expect(inSecondWindow + completions).toBeGreaterThanOrEqual(0.95 * 110);
  }, 30_000);

  it('share by weight what is short, and take what nobody wants', async () => {
    const portalId = await portal();
    const limit = { slots: 36, intervalMs: 3600, leaseMs: 4000 }; // one in 100 ms, as in production
    const end = new AbortController();
    const width = 30;
    const of = (priority: Priority) => work(start(limit), { portalId, priority, width, signal: end.signal });
    const backfill = of('backfill');
    await until('backfill has it all', () => backfill.length >= 40, 10_000);
    const all = { interactive: of('interactive'), outbox: of('outbox'), sync: of('sync'), backfill };
    const from = performance.now();
    await until('three windows have passed', () => performance.now() - from > 10_800, 15_000);
    end.abort();
    const counts = Object.values(all).map((sent) => sent.filter((at) => at >= from).length);
    const total = counts.reduce((sum, count) => sum + count, 0);
    expect(total).toBeGreaterThanOrEqual(0.95 * 108);
    counts.forEach((count, n) => {
      const share = [8, 4, 2, 1][n]! / 15;
      expect(count / total).toBeGreaterThan(share * 0.7);
      expect(count / total).toBeLessThan(share * 1.4);
    });
  }, 30_000);

  it('is a law for the search ring too, beside the other rings', async () => {
    const portalId = await portal();
    const end = new AbortController();
    const options = { portalId, priority: 'sync', width: 4, signal: end.signal, ring: 'search' } as const;
    const sent = [start(), start()].map((process) => work(process, options));
    const { budget } = start();
    const permits = await drain({ budget } as Process, portalId, 10); // the other ring is all there
    for (const permit of permits) permit.giveBack();
    await until('five seconds of searches', () => sent.flat().length >= 20, 8000);
    end.abort();
    const arrivals = sent.flat();
    expect(tightest(arrivals, 4)).toBeGreaterThanOrEqual(999);
    expect(Math.max(...arrivals) - Math.min(...arrivals)).toBeLessThan(5400);
  }, 15_000);
});

describe('the circuit breaker', () => {
  const failed = { kind: 'failed', probe: false } as const;

  it('opens for all processes, lets one request through, and closes for all', async () => {
    const [portalId, other] = (await portals(2)) as [number, number];
    const changes: string[] = [];
    const metrics: Partial<BudgetsMetrics> = { breakerChanged: ({ to }) => void changes.push(to) };
    const all = [start({ metrics }), start({ metrics }), start({ metrics })];
    const openedAt = performance.now();
    for (let n = 0; n < 5; n += 1) all[0]!.budgets.note(portalId, failed);
    await until('it is open', () => changes.includes('open'), 10_000);
    (await all[1]!.budget.acquire(other, 'sync')).giveBack(); // nobody else is held up

    const permits: Permit[] = [];
    // Who has the permit notes what came of it, as the door does.
    const owners: (typeof all)[number][] = [];
    for (const process of all)
      for (const priority of ['completion', 'sync'] as const)
        for (let n = 0; n < 3; n += 1)
          void process.budget.acquire(portalId, priority).then((permit) => {
            permits.push(permit);
            owners.push(process);
          });
    await until('one was let through', () => permits.length > 0, 4000);
    expect(performance.now() - openedAt).toBeGreaterThanOrEqual(490);
    expect(permits[0]!.probe).toBe(true);
    await delay(500);
    expect(permits).toHaveLength(1);

    permits[0]!.use(0);
    owners[0]!.budgets.note(portalId, { kind: 'failed', probe: true });
    await until('it opened again', () => changes.length === 2, 10_000);
    await until('another was let through', () => permits.length === 2, 6000);
    permits[1]!.use(0);
    owners[1]!.budgets.note(portalId, { kind: 'answered' });
    await until('it is closed', () => changes.includes('closed'), 10_000);
    const given = () => {
      for (const permit of permits) permit.giveBack();
      return permits.length === 18;
    };
    await until('all have gone', given, 10_000);
    expect(changes).toEqual(['open', 'open', 'closed']);
  }, 30_000);

  it.each(['this', 'another'])(
    'lets another request through when the one that could go was not needed, in %s process',
    async (where) => {
      const portalId = await portal();
      const first = start();
      const other = where === 'this' ? first : start();
      for (let n = 0; n < 5; n += 1) first.budgets.note(portalId, failed);
      await until('it is open', () => first.budget.blocked(portalId) !== undefined, 10_000);
      for (const { budget } of [first, other, first]) {
        const permit = await budget.acquire(portalId, 'completion', AbortSignal.timeout(10_000));
        expect(permit.probe).toBe(true);
        permit.giveBack();
        await until('the slot is back', async () => (await usage(portalId)).free === 10, 10_000);
      }
    },
    30_000,
  );

  it('is not taken for open for longer than until it is looked at again, while its one request is under way', async () => {
    const portalId = await portal();
    const [first, other] = [start(), start()];
    for (let n = 0; n < 5; n += 1) first.budgets.note(portalId, failed);
    await until('it is open', () => first.budget.blocked(portalId) !== undefined, 10_000);
    const probe = await first.budget.acquire(portalId, 'completion', AbortSignal.timeout(10_000));
    await expect(other.budget.acquire(portalId, 'sync', AbortSignal.timeout(200))).rejects.toThrow();
    await until('the other one knows', () => other.budget.blocked(portalId) !== undefined, 10_000);
    expect(other.budget.blocked(portalId)).toMatchObject({ reason: 'probe' });
    expect(other.budget.blocked(portalId)!.ms).toBeLessThanOrEqual(2000);
    probe.giveBack();
  }, 30_000);

  it('stays closed while answers come in between', async () => {
    const portalId = await portal();
    const { budget, budgets } = start();
    for (let n = 0; n < 20; n += 1) budgets.note(portalId, n % 5 === 4 ? { kind: 'answered' } : failed);
    (await budget.acquire(portalId, 'completion')).giveBack();
    expect(budget.blocked(portalId)).toBeUndefined();
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
    const process = start();
    const permits = await Promise.all(ids.map((id) => process.budget.acquire(id, 'outbox')));
    expect(new Set(permits.map((permit) => permit.portalId)).size).toBe(500);
    expect(process.statements).toBeLessThanOrEqual(12);
    for (const permit of permits) permit.use(0);
  });

  it('of new rings is paid once, by whichever process comes first', async () => {
    const ids = await portals(40);
    const all = Array.from({ length: 4 }, () => start());
    const orders = [ids, ids.toReversed(), ids.toSorted(() => Math.random() - 0.5), ids];
    const permits = await Promise.all(
      all.flatMap(({ budget }, k) => orders[k]!.map((id) => budget.acquire(id, 'interactive'))),
    );
    for (const permit of permits) permit.giveBack();
    const { rows } = await db.admin.query(
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
    const waiting = process.budget.acquire(portalId, 'completion');
    await delay(600);
    process.cutOff = false;
    (await waiting).giveBack();
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
    const [used, late, unused] = await drain({ budget } as Process, portalId, 3);
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
