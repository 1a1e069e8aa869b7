import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type pg from 'pg';
import { createPortalResolver } from '../../../src/db/portals/portalResolver.js';
import type { Queryable } from '../../../src/db/pool.js';
import { forWorkspace } from '../../../src/db/tenant.js';
import { createErrorShare, type ErrorShare } from '../../../src/hubspot/gateway/errorShare.js';
import { createPortalWorkspaces } from '../../../src/hubspot/budget/portalWorkspaces.js';
import { createRequestLog } from '../../../src/hubspot/gateway/requestLog.js';
import { createLogger } from '../../../src/platform/logger.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { until } from '../../support/until.js';

/*
 * What is kept of requests to HubSpot, on a real database: their log, and the day's count. Each instance stands for a
 * process.
 */

const OURS = '00000000-0000-4000-8000-000000000001';
const THEIRS = '00000000-0000-4000-8000-000000000002';
const logger = createLogger({ LOG_LEVEL: 'silent', LOG_FORMAT: 'json' }, 'test');

let db: TestDatabase;
let away: boolean;
let statements: number;
let failures: number;
let pool: Queryable;

beforeAll(async () => {
  db = await createTestDatabase();
  for (const [id, portalId] of [
    [OURS, 1],
    [THEIRS, 2],
  ] as const) {
    await db.admin.query('INSERT INTO workspaces (id, name) VALUES ($1, $2)', [id, 'test']);
    await db.admin.query('INSERT INTO portals (portal_id, workspace_id) VALUES ($1, $2)', [portalId, id]);
  }
});
beforeEach(async () => {
  [away, statements, failures] = [false, 0, 0];
  const query = async (...query: unknown[]) => {
    if (away) {
      failures += 1;
      throw Object.assign(new Error('terminating connection'), { code: '57P01' });
    }
    statements += 1;
    return (db.pool.query as (...query: unknown[]) => Promise<pg.QueryResult>)(...query);
  };
  pool = { query };
  await db.admin.query('TRUNCATE request_log, call_counts');
});
afterAll(() => db.drop());

const workspaces = () => createPortalWorkspaces(createPortalResolver(pool));

describe('the log of requests', () => {
  const request = {
    method: 'GET',
    path: '/crm/owners/2026-03',
    status: 200,
    outcome: 'ok',
    ms: 5,
    priority: 'sync',
    bucket: 'ten_secondly',
    budgetUsed: 1,
    correlationId: undefined,
  };

  it('is written in batches, each line in its own workspace', async () => {
    const log = createRequestLog({ pool, workspaces: workspaces(), logger });
    for (let n = 0; n < 900; n += 1) log.write({ ...request, portalId: (n % 2) + 1 });
    log.write({ ...request, portalId: 999_999 }); // nobody's
    await log.stop();
    expect(statements).toBe(2); // whose they are, and the lines
    for (const [workspaceId, portalId] of [
      [OURS, '1'],
      [THEIRS, '2'],
    ] as const) {
      const { rows } = await forWorkspace(db.pool, workspaceId).query(
        'SELECT portal_id, count(*)::int AS lines FROM request_log GROUP BY portal_id',
      );
      expect(rows).toEqual([{ portal_id: portalId, lines: 450 }]);
    }
    const parts = await db.admin.query('SELECT count(*)::int AS lines FROM request_log_default');
    expect(parts.rows).toEqual([{ lines: 0 }]); // all of them in the partition of their day
  });

  it('holds up nobody while the database is away: it keeps what fits, drops the rest and counts it', async () => {
    let dropped = 0;
    const metrics = { requestLogDropped: (count: number) => void (dropped += count) };
    const log = createRequestLog({ pool, workspaces: workspaces(), logger, metrics, maxWaiting: 50 });
    away = true;
    for (let n = 0; n < 80; n += 1) log.write({ ...request, portalId: 1 });
    expect(dropped).toBe(30);
    away = false;
    await log.stop();
    const { rows } = await db.admin.query('SELECT count(*)::int AS lines FROM request_log');
    expect(rows).toEqual([{ lines: 50 }]);
  });
});

describe('the share of errors', () => {
  const running: ErrorShare[] = [];
  function start(changes: { now?: () => number; maxShare?: number } = {}): ErrorShare {
    const share = createErrorShare({
      pool,
      workspaces: workspaces(),
      timeZone: () => 'UTC',
      maxShare: 0.05,
      logger,
      everyMs: 20,
      ...changes,
    });
    running.push(share);
    return share;
  }
  const stopAll = () => Promise.all(running.splice(0).map((share) => share.stop()));
  const refused = (share: ErrorShare, portalId = 1) =>
    (['completion', 'interactive', 'outbox', 'sync', 'backfill'] as const).filter(
      (priority) => share.refusal(portalId, priority) !== undefined,
    );

  it('is that of all processes together; the least urgent wait first, completions never', async () => {
    const [one, two] = [start(), start()];
    for (let n = 0; n < 150; n += 1) {
      one.count(1, n < 7);
      two.count(1, n < 6);
    }
    // 13 of 300 and a few: neither alone has enough calls to be judged.
    const knows = (share: ErrorShare) => () => {
      share.count(1, false);
      return refused(share).includes('sync');
    };
    await until('one knows of both', knows(one), 2000);
    await until('two does, too', knows(two), 2000);
    expect(refused(one)).toEqual(['sync', 'backfill']);
    expect(refused(two, 2)).toEqual([]);
    for (let n = 0; n < 10; n += 1) one.count(1, true);
    expect(refused(one)).toEqual(['outbox', 'sync', 'backfill']);
    expect(one.refusal(1, 'sync')).toMatchObject({ kind: 'throttled', policy: 'error_share' });
    expect(one.refusal(1, 'sync')).not.toHaveProperty('status');
    await stopAll();
    const { rows } = await db.admin.query('SELECT portal_id, errors FROM call_counts');
    expect(rows).toEqual([{ portal_id: '1', errors: 23 }]);
  });

  it('lets them go again when it has fallen, in a process that sent nothing itself', async () => {
    const [held, other] = [start(), start()];
    for (let n = 0; n < 400; n += 1) held.count(1, n < 20);
    expect(refused(held)).toContain('backfill');
    for (let n = 0; n < 600; n += 1) other.count(1, false);
    await until('it has heard', () => refused(held).length === 0, 3000);
    await stopAll();
  });

  it("begins anew with the portal's day", async () => {
    let nowMs = Date.parse('2026-11-24T23:59:00Z');
    const share = start({ now: () => nowMs });
    for (let n = 0; n < 400; n += 1) share.count(1, n < 40);
    const refusal = share.refusal(1, 'outbox');
    expect(refusal).toMatchObject({ retryAfterMs: 60_000 }); // midnight comes before five minutes
    nowMs += 60_000;
    expect(refused(share)).toEqual([]);
    share.count(1, true);
    await stopAll();
    const { rows } = await db.admin.query('SELECT day::text, calls, errors FROM call_counts ORDER BY day');
    expect(rows).toEqual([
      { day: '2026-11-24', calls: 400, errors: 40 },
      { day: '2026-11-25', calls: 1, errors: 1 },
    ]);
  });

  it('loses no count while the database is away', async () => {
    const share = start();
    away = true;
    for (let n = 0; n < 10; n += 1) share.count(1, n === 0);
    await until('it has tried', () => failures > 0, 2000);
    away = false;
    await stopAll();
    const { rows } = await db.admin.query('SELECT calls, errors FROM call_counts');
    expect(rows).toEqual([{ calls: 10, errors: 1 }]);
  });

  it('is not judged when it is switched off', () => {
    const share = start({ maxShare: 0 });
    for (let n = 0; n < 400; n += 1) share.count(1, true);
    expect(refused(share)).toEqual([]);
    return stopAll();
  });
});
