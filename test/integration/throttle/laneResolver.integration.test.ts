import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { parseCall, type ActionCall } from '../../../src/api/throttle/call.js';
import { createLaneResolver, type LaneResolver } from '../../../src/api/throttle/laneResolver.js';
import { createPortalResolver } from '../../../src/db/portals/portalResolver.js';
import { inWorkspace } from '../../../src/db/tenant.js';
import { setActionRate } from '../../../src/db/throttle/actionRates.js';
import { createLogger } from '../../../src/platform/logger.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { seedLane, WORKSPACE } from '../../support/throttle.js';
import { until } from '../../support/until.js';

const logger = createLogger({ LOG_LEVEL: 'silent', LOG_FORMAT: 'json' }, 'test');

let db: TestDatabase;
beforeAll(async () => {
  db = await createTestDatabase({ poolSize: 10 });
});
afterAll(() => db.drop());

describe('the lane of a call', () => {
  const call = (
    over: Partial<ActionCall['lane']> = {},
    input: ActionCall['input'] = { rate: null, note: null },
  ): ActionCall => ({
    lane: {
      portalId: 77,
      key: 'queue:partners',
      workflowId: '1',
      step: '10',
      queue: 'partners',
      actionId: '10',
      ...{ formerKeys: [], formerStep: '10', callbackStep: null, sharedBySteps: false, queueNote: null },
      ...over,
    },
    callbackId: 'x',
    source: 'WORKFLOWS',
    objectId: null,
    input,
    ...{ asked: null, problem: null },
  });
  const resolver = (changed: string[] = []) =>
    createLaneResolver({
      pool: db.pool,
      portals: createPortalResolver(db.pool),
      defaultRate: { limit: 100, intervalMs: 10_000 },
      logger,
      replan: (lane) => Promise.resolve(void changed.push(lane.laneId)),
    });
  const rateOf = async (laneId: string) => {
    const { rows } = await db.admin.query(
      'SELECT rate_limit, rate_interval_ms::int, rate_source, rate_note FROM lanes WHERE id = $1',
      [laneId],
    );
    return rows[0] as Record<string, unknown>;
  };
  const resolved = async (lanes: LaneResolver, one: ActionCall) => {
    const lane = await lanes.resolve(one);
    if (lane === undefined) throw new Error('no lane');
    return lane.laneId;
  };

  beforeAll(() => seedLane(db.admin, { portalId: 77, limit: 1, intervalMs: 1000 }));

  it('is not there for a portal that is not installed', async () => {
    expect(await resolver().resolve(call({ portalId: 404 }))).toBeUndefined();
  });

  it('takes the default rate, then the rate of its step, and follows that when it changes', async () => {
    const changed: string[] = [];
    const lanes = resolver(changed);
    const laneId = await resolved(lanes, call({ key: 'queue:a', queue: 'a' }));
    expect(await rateOf(laneId)).toMatchObject({ rate_limit: 100, rate_source: 'default' });
    const ask = (limit: number) =>
      resolved(
        lanes,
        call({ key: 'queue:a', queue: 'a' }, { rate: { limit, intervalMs: 5000 }, note: null }),
      );
    expect(await ask(50)).toBe(laneId);
    expect(await rateOf(laneId)).toMatchObject({
      rate_limit: 50,
      rate_interval_ms: 5000,
      rate_source: 'input',
    });
    await ask(50);
    await ask(60);
    expect(await rateOf(laneId)).toMatchObject({ rate_limit: 60 });
    expect(changed).toEqual([laneId, laneId]);
  });

  it('is not flapped by two steps that share a queue with different inputs: the first one rules', async () => {
    const lanes = resolver();
    const ask = (step: string, limit: number) =>
      resolved(
        lanes,
        call({ key: 'queue:b', queue: 'b', step }, { rate: { limit, intervalMs: 1000 }, note: null }),
      );
    const laneId = await ask('1', 5);
    for (let i = 0; i < 3; i += 1) {
      await ask('2', 500);
      await ask('1', 5);
    }
    expect(await rateOf(laneId)).toMatchObject({ rate_limit: 5 });
  });

  it('says why it did not take a rate that cannot be understood', async () => {
    const laneId = await resolved(
      resolver(),
      call({ key: 'queue:c', queue: 'c' }, { rate: null, note: 'max_throughput "abc" is no number' }),
    );
    expect(await rateOf(laneId)).toMatchObject({
      rate_limit: 100,
      rate_source: 'default',
      rate_note: 'max_throughput "abc" is no number',
    });
  });

  it('keeps the last rate of its step when that becomes unreadable: a typing error does not open the throttle', async () => {
    const lanes = resolver();
    const ask = (input: ActionCall['input']) => resolved(lanes, call({ key: 'queue:f', queue: 'f' }, input));
    const laneId = await ask({ rate: { limit: 5, intervalMs: 60_000 }, note: null });
    await ask({ rate: null, note: 'max_throughput "5O" is no number' });
    expect(await rateOf(laneId)).toMatchObject({
      rate_limit: 5,
      rate_source: 'input',
      rate_note: 'max_throughput "5O" is no number',
    });
    await ask({ rate: { limit: 5, intervalMs: 60_000 }, note: null });
    expect(await rateOf(laneId)).toMatchObject({ rate_limit: 5, rate_note: null });
  });

  it('is spread as its step says, and as an operator says until the step says something else', async () => {
    const changed: string[] = [];
    const lanes = resolver(changed);
    const ask = (spread: boolean | null | undefined, step = '10') =>
      resolved(
        lanes,
        call(
          { key: 'queue:even', queue: 'even', step, formerStep: step },
          { ...{ rate: null, note: null }, spread },
        ),
      );
    const laneId = await ask(true);
    const spread = async () =>
      (await db.admin.query<{ spread: boolean }>('SELECT spread FROM lanes WHERE id = $1', [laneId])).rows[0]
        ?.spread;
    const said = [[await spread(), changed.length]];
    await ask(false, '11');
    said.push([await spread(), changed.length]);
    await ask(false);
    said.push([await spread(), changed.length]);
    await db.admin.query('UPDATE lanes SET spread = true WHERE id = $1', [laneId]);
    await ask(false);
    await ask(undefined);
    said.push([await spread(), changed.length]);
    await ask(null);
    said.push([await spread(), changed.length]);
    expect(said).toEqual([
      [true, 0],
      [true, 0],
      [false, 1],
      [true, 1],
      [false, 2],
    ]);
  });

  it('prefers the rate that was configured for the action', async () => {
    await db.admin.query(
      `INSERT INTO action_rates (workspace_id, portal_id, action_id, max_throughput, time, period, interval_ms)
       SELECT workspace_id, 77, '99', 7, 1, 'minutes', 60000 FROM portals WHERE portal_id = 77`,
    );
    const one = call(
      { key: 'queue:d', queue: 'd', actionId: '99' },
      { rate: { limit: 5, intervalMs: 1000 }, note: null },
    );
    expect(await rateOf(await resolved(resolver(), one))).toMatchObject({
      rate_limit: 7,
      rate_interval_ms: 60_000,
      rate_source: 'config',
    });
  });

  describe('that is made while a rate is configured for its action', () => {
    const RATE = { maxThroughput: 3, time: 1, period: 'minutes', intervalMs: 60_000 } as const;
    const fallback = { limit: 100, intervalMs: 10_000 };
    /** How many wait for an advisory lock. */
    const waiting = async () => {
      const { rows } = await db.admin.query<{ n: number }>(
        `SELECT count(*)::int AS n FROM pg_locks l JOIN pg_database d ON d.oid = l.database AND d.datname = current_database()
          WHERE l.locktype = 'advisory' AND NOT l.granted`,
      );
      return rows[0]!.n;
    };
    const WITHIN_MS = 5000;

    it('has that rate where the rate is committed after it', async () => {
      const rate = { ...RATE, portalId: 77, actionId: '201' };
      const one = call({ key: 'queue:g', queue: 'g', actionId: '201' });
      let made: Promise<string> | undefined;
      await inWorkspace(db.pool, WORKSPACE, async (client) => {
        await setActionRate(client, WORKSPACE, rate, fallback);
        made = resolved(resolver(), one);
        await until(
          'the lane waits for the rate, or is made',
          async () => (await waiting()) === 1 || (await isMade('queue:g')),
          WITHIN_MS,
        );
      });
      expect(await rateOf(await made!)).toMatchObject({ rate_limit: 3, rate_source: 'config' });
    });

    it('has that rate where the rate is set while it is not committed yet', async () => {
      const rate = { ...RATE, portalId: 77, actionId: '202' };
      const holder = await db.admin.connect();
      await holder.query(`SELECT pg_advisory_lock(202)`);
      await holder.query(`CREATE FUNCTION hold_202() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN PERFORM pg_advisory_xact_lock_shared(202); RETURN NULL; END $$`);
      await holder.query(`CREATE CONSTRAINT TRIGGER hold_202 AFTER INSERT ON lanes DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW EXECUTE FUNCTION hold_202()`);
      const made = resolved(resolver(), call({ key: 'queue:h', queue: 'h', actionId: '202' }));
      await until('the lane is about to be committed', async () => (await waiting()) === 1, WITHIN_MS);
      const set = inWorkspace(db.pool, WORKSPACE, (client) =>
        setActionRate(client, WORKSPACE, rate, fallback),
      );
      await until(
        'the rate waits for the lane, or is set',
        async () => (await waiting()) === 2 || (await isSet('202')),
        WITHIN_MS,
      );
      await holder.query(`SELECT pg_advisory_unlock(202)`);
      await Promise.all([made, set]);
      await holder.query('DROP TRIGGER hold_202 ON lanes');
      holder.release();
      expect(await rateOf(await made)).toMatchObject({ rate_limit: 3, rate_source: 'config' });
    });

    const isMade = async (key: string) =>
      (await db.admin.query('SELECT 1 FROM lanes WHERE key = $1', [key])).rows.length > 0;
    const isSet = async (actionId: string) =>
      (await db.admin.query('SELECT 1 FROM action_rates WHERE action_id = $1', [actionId])).rows.length > 0;
  });

  it('is made once when many calls ask for it at the same time, in several processes', async () => {
    const ids = await Promise.all(
      Array.from({ length: 20 }, () => resolved(resolver(), call({ key: 'queue:e', queue: 'e' }))),
    );
    expect(new Set(ids).size).toBe(1);
  });

  describe('as a call names it', () => {
    /** A call as HubSpot sends it. */
    const sent = (over: {
      callbackId?: string;
      context?: Record<string, unknown> | null;
      inputFields?: Record<string, unknown>;
    }): ActionCall => {
      const parsed = parseCall(
        Buffer.from(
          JSON.stringify({
            callbackId: over.callbackId ?? 'ap-77-1-1-0',
            origin: { portalId: 77, actionDefinitionId: 33 },
            context: over.context === undefined ? { source: 'WORKFLOWS', workflowId: 8 } : over.context,
            inputFields: over.inputFields ?? {},
          }),
        ),
      );
      if (!parsed.ok) throw new Error(parsed.reason);
      return parsed.call;
    };
    const per = (max_throughput: number, time: number) => ({ max_throughput, time, period: 'seconds' });
    const row = async (laneId: string) =>
      (await db.admin.query('SELECT * FROM lanes WHERE id = $1', [laneId])).rows[0] as Record<
        string,
        unknown
      >;

    it('two steps of a workflow that do not name themselves have a lane and a rate each', async () => {
      const lanes = resolver();
      const context = { source: 'WORKFLOWS', workflowId: 801 };
      const slow = { callbackId: 'ap-77-5-1-0', context, inputFields: per(1, 10) };
      const fast = { callbackId: 'ap-77-5-7-0', context, inputFields: per(40, 1) };
      const ids: string[][] = [];
      for (let n = 0; n < 3; n += 1)
        ids.push([await resolved(lanes, sent(slow)), await resolved(lanes, sent(fast))]);
      expect(new Set(ids.map(String)).size).toBe(1);
      const [one, other] = ids[0]!;
      expect(one).not.toBe(other);
      expect(await rateOf(one!)).toMatchObject({ rate_limit: 1, rate_interval_ms: 10_000 });
      expect(await rateOf(other!)).toMatchObject({ rate_limit: 40, rate_interval_ms: 1000 });
    });

    it('is one and the same whether a call names its step or not, whichever comes first', async () => {
      for (const [workflowId, first, second] of [
        [802, { actionId: 7 }, {}],
        [803, {}, { actionId: 7 }],
      ] as const) {
        const lanes = resolver();
        const from = (context: object) => sent({ context: { source: 'WORKFLOWS', workflowId, ...context } });
        const laneId = await resolved(lanes, from(first));
        expect(await resolved(lanes, from(second))).toBe(laneId);
        expect(await resolved(resolver(), from(first))).toBe(laneId);
        expect((await row(laneId)).key).toBe(`step:${workflowId}/7`);
      }
    });

    it('of steps that cannot be told apart is never too fast for any of them, and says so', async () => {
      const lanes = resolver();
      const ask = (inputFields: Record<string, unknown>) =>
        resolved(
          lanes,
          sent({ callbackId: 'x', context: { source: 'WORKFLOWS', workflowId: 804 }, inputFields }),
        );
      const laneId = await ask(per(40, 1));
      await ask(per(1, 10));
      await ask(per(40, 1));
      expect(await rateOf(laneId)).toMatchObject({
        rate_limit: 1,
        rate_interval_ms: 10_000,
        rate_note: expect.stringContaining('the slowest of all'),
      });
      const other = resolver();
      for (const fields of [per(500, 1), {}])
        await resolved(other, sent({ callbackId: 'x', context: null, inputFields: fields }));
      const shared = await resolved(other, sent({ callbackId: 'x', context: null }));
      // One of them asks for nothing and counts on the default of 100 in 10 seconds.
      expect(await rateOf(shared)).toMatchObject({ rate_limit: 100, rate_interval_ms: 10_000 });
    });

    it('of a queue is the same for names that are the same to people', async () => {
      const names = ['Caf\u00e9', 'cafe\u0301', ' CAF\u00c9 ', 'caf\u00e9\u00a0'];
      const lanes = resolver();
      const ids = await Promise.all(names.map((queue) => resolved(lanes, sent({ inputFields: { queue } }))));
      expect(new Set(ids).size).toBe(1);
    });

    it('of a queue whose name is too long is noted to be cut, on one that was there before as well', async () => {
      const long = 'q'.repeat(99) + '\u{1f981}tail';
      const laneId = await resolved(resolver(), sent({ inputFields: { queue: long } }));
      expect(await row(laneId)).toMatchObject({
        queue: 'q'.repeat(99) + '\u{1f981}',
        queue_note: expect.stringContaining('cut to 100 characters'),
      });
    });

    it('goes on under its new key with all that was set and waits there', async () => {
      const former = ['queue:Partner Mail', `queue:${'y'.repeat(99)}\u{fffd}`, 'step:805/33'];
      const { rows } = await db.admin.query<{ id: string }>(
        `INSERT INTO lanes (workspace_id, portal_id, key, workflow_id, step, queue, action_id, rate_limit,
                            rate_interval_ms, rate_source, override_limit, override_interval_ms)
         SELECT p.workspace_id, p.portal_id, k, '805', '33',
                CASE WHEN k LIKE 'queue:%' THEN substr(k, 7) END, '33', 3, 60000, 'lane', 3, 60000
           FROM portals p, unnest($1::text[]) WITH ORDINALITY AS keys (k, n) WHERE p.portal_id = 77
          ORDER BY n RETURNING id`,
        [former],
      );
      const calls = [
        sent({ inputFields: { queue: 'Partner Mail' } }),
        sent({ inputFields: { queue: 'y'.repeat(99) + '\u{1f981}' } }),
        sent({ context: { source: 'WORKFLOWS', workflowId: 805 } }),
      ];
      for (const [n, call] of calls.entries()) {
        const laneId = await resolved(resolver(), call);
        expect(laneId).toBe(rows[n]!.id);
        expect(await row(laneId)).toMatchObject({ key: call.lane.key, override_limit: 3, rate_limit: 3 });
      }
      // A spelling that had a lane of its own before joins the one that has the key now.
      const joined = await resolved(resolver(), sent({ inputFields: { queue: 'PARTNER mail' } }));
      expect(joined).toBe(rows[0]!.id);
    });
  });
});
