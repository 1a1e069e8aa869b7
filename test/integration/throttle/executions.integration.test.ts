import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { intakeExecutions, recordRejected } from '../../../src/db/throttle/intake.js';
import { takePack } from '../../../src/db/throttle/packs.js';
import { callFor, LIMITS, ours, seedLane, WORKSPACE } from '../../support/throttle.js';
import { OTHER_WORKSPACE, startApi, type ApiHarness } from '../http/harness.js';
import { end, admit, take } from '../http/seed.js';

interface ExecutionBody {
  readonly id: string;
  readonly state: string;
  readonly reason: string | null;
  readonly endRequested: string | null;
  readonly attempts: number;
  readonly finishedAt: string | null;
  readonly expiresAt: string;
  readonly waitedMs: number;
  readonly workflowId: string | null;
  readonly position: number | null;
  readonly eta: string | null;
  readonly etaMs: number | null;
  readonly detail: string;
  readonly payload: { bytes: number; sha256: string; base64?: string } | null;
}
interface Page {
  readonly items: readonly ExecutionBody[];
  readonly next: string | null;
}

let harness: ApiHarness;
let laneId: string;
beforeEach(async () => {
  harness = await startApi();
  laneId = await seedLane(harness.database.admin, { limit: 10, intervalMs: 60_000 });
});
afterEach(() => harness.close());

const show = async (id: string) => (await harness.api.get<ExecutionBody>(`/api/executions/${id}`)).body;
const act = (id: string, what: string) => harness.api.post<ExecutionBody>(`/api/executions/${id}/${what}`);

async function listAll(query: string): Promise<ExecutionBody[]> {
  const found: ExecutionBody[] = [];
  for (let after = ''; ;) {
    const page: Page = (await harness.api.get<Page>(`/api/executions?limit=7&${query}${after}`)).body;
    found.push(...page.items);
    if (page.next === null) return found;
    after = `&after=${page.next}`;
  }
}

describe('GET /api/executions', () => {
  it('lists those that wait and those that ended alike, newest first, each exactly once', async () => {
    const { pool, admin } = harness.database;
    const elsewhere = await seedLane(admin, { portalId: 2, limit: 5, intervalMs: 60_000 });
    const ids = [...(await take(pool, laneId, 20)), ...(await take(pool, elsewhere, 5, 2))];
    const completed = await end(pool, laneId, 'completed', 4);
    const failed = await end(pool, laneId, 'failed', 2);
    const sending = (await admit(pool, laneId, 3)).map(({ executionId }) => executionId);

    const newestFirst = [...ids].sort((a, b) => Number(b) - Number(a));
    expect((await listAll('')).map(({ id }) => id)).toEqual(newestFirst);
    expect((await listAll(`laneId=${laneId}`)).length).toBe(20);
    expect((await listAll('portalId=2')).length).toBe(5);
    const inState = async (state: string) => (await listAll(`state=${state}`)).map(({ id }) => id).sort();
    expect(await inState('completed')).toEqual(completed.sort());
    expect(await inState('failed')).toEqual(failed.sort());
    expect(await inState('sending')).toEqual(sending.sort());
    expect((await inState('waiting')).length).toBe(25 - 4 - 2 - 3);
    expect(await inState('gone')).toEqual([]);
  });

  it("finds those of a callback and those of a record, whether they wait or have ended, and nobody else's", async () => {
    const { pool, admin } = harness.database;
    const elsewhere = await seedLane(admin, { portalId: 2, limit: 5, intervalMs: 60_000 });
    const theirs = { workspaceId: OTHER_WORKSPACE, portalId: 3 };
    const foreign = await seedLane(admin, { ...theirs, limit: 5, intervalMs: 60_000 });
    const [one, two] = [callFor(laneId, 'ap-1-901-1-0'), callFor(laneId, 'ap-1-902-1-0')];
    const calls = [
      { ...one, objectId: '901' },
      { ...two, objectId: '901' },
      // The same names of another portal are other calls and records.
      { ...callFor(elsewhere, 'ap-1-901-1-0', 2), objectId: '901' },
      { ...callFor(foreign, 'ap-1-901-1-0', 3), ...theirs, objectId: '901' },
    ];
    const ids = (await intakeExecutions(pool, calls, LIMITS)).map(({ executionId }) => executionId);
    await end(pool, laneId, 'completed', 1);
    await recordRejected(pool, WORKSPACE, {
      ...{ portalId: 2, callbackId: 'ap-2-9', reason: 'test' },
      ...{ bodyHash: Buffer.from('x'), body: Buffer.from('x') },
    });

    const found = async (query: string) => (await listAll(query)).map(({ id }) => id);
    expect(await found('callbackId=ap-1-901-1-0')).toEqual([ids[2], ids[0]]);
    expect(await found('callbackId=ap-1-901-1-0&portalId=1')).toEqual([ids[0]]);
    expect((await harness.api.get('/api/executions?callbackId=ap-1-901-1-0&portalId=3')).status).toBe(404);
    expect(await found('callbackId=ap-1-902-1-0&state=waiting')).toEqual([ids[1]]);
    expect(await found('callbackId=ap-1-902-1-0&state=completed')).toEqual([]);
    expect((await listAll('callbackId=ap-2-9')).map(({ state }) => state)).toEqual(['rejected']);
    expect(await found('objectId=901')).toEqual([ids[2], ids[1], ids[0]]);
    expect(await found('objectId=901&portalId=1&state=completed')).toEqual([ids[0]]);
    expect(await found('objectId=90')).toEqual([]);
  });

  it('says on the last page that there is no other, even when it is full', async () => {
    await take(harness.database.pool, laneId, 2);
    const { items, next } = (await harness.api.get<Page>('/api/executions?limit=2')).body;
    expect(items).toHaveLength(2);
    expect(next).toBeNull();
  });

  it.each([
    'state=lost',
    'limit=0',
    'limit=201',
    'after=x',
    'laneId=-1',
    'sort=asc',
    'state=waiting&state=failed',
  ])('refuses ?%s', async (query) => {
    expect((await harness.api.get(`/api/executions?${query}`)).status).toBe(400);
  });
});

describe('GET /api/executions/:id', () => {
  it('shows of one that waits its place, when it will go, and in which workflow it rides', async () => {
    const { pool } = harness.database;
    const ids = await take(pool, laneId, 25);
    const pack = await takePack(pool, ours(laneId), 100);
    await admit(pool, laneId, 4);

    const next = await show(ids[4]!);
    expect(next).toMatchObject({
      state: 'waiting',
      position: 0,
      workflowId: pack?.workflowId,
      finishedAt: null,
    });
    const last = await show(ids[24]!);
    expect(last.position).toBe(20);
    // Six places are free now, ten come round in a minute, and ten more a minute later.
    expect(last.etaMs).toBeGreaterThan(110_000);
    expect(last.etaMs).toBeLessThanOrEqual(121_000);
    expect(await show(ids[0]!)).toMatchObject({ state: 'sending', position: null, eta: null, attempts: 1 });
  });

  it('knows no time while the lane is paused', async () => {
    const [id] = await take(harness.database.pool, laneId, 1);
    await harness.api.changeLane(laneId, { paused: true });
    expect(await show(id!)).toMatchObject({ position: 0, eta: null, etaMs: null });
  });

  it('shows of one that ended how and why, and how long it waited', async () => {
    const { pool, admin } = harness.database;
    const [id] = await take(pool, laneId, 1);
    await admin.query(`UPDATE executions SET received_at = now() - interval '1 hour'`);
    await end(pool, laneId, 'gone');
    const body = await show(id!);
    expect(body).toMatchObject({ state: 'gone', reason: 'test: gone', position: null });
    expect(body.finishedAt).not.toBeNull();
    expect(body.waitedMs).toBeGreaterThanOrEqual(3_600_000);
    expect(body.waitedMs).toBeLessThan(3_700_000);
  });

  it('shows of a rejected call its size and hash, and the body to an admin who asks for it', async () => {
    const body = Buffer.from('{"callbackId":"ap-1","broken":');
    const bodyHash = createHash('sha256').update(body).digest();
    await recordRejected(harness.database.pool, WORKSPACE, {
      portalId: 1,
      callbackId: 'ap-1',
      bodyHash,
      body,
      reason: 'no inputFields',
    });
    const [found] = await listAll('state=rejected');
    expect(found).toMatchObject({ state: 'rejected', reason: 'no inputFields' });

    const reader = await harness.client({ scopes: ['throttle:read'] });
    const shown = await reader.get<ExecutionBody>(`/api/executions/${found?.id}`);
    expect(shown.body.payload).toEqual({ bytes: body.length, sha256: bodyHash.toString('hex') });
    expect((await reader.get(`/api/executions/${found?.id}?payload=true`)).status).toBe(403);
    const whole = (await harness.api.get<ExecutionBody>(`/api/executions/${found?.id}?payload=true`)).body
      .payload;
    expect(Buffer.from(whole?.base64 ?? '', 'base64')).toEqual(body);
  });
});

describe('POST /api/executions/:id/cancel', () => {
  it('ends one that waits as cancelled, outside of the window', async () => {
    const { pool } = harness.database;
    const ids = await take(pool, laneId, 12);
    await admit(pool, laneId);
    const answer = await act(ids[11]!, 'cancel');
    expect(answer).toMatchObject({
      status: 202,
      body: { state: 'waiting', endRequested: 'cancelled', position: null },
    });
    expect(harness.controlCalls).toEqual([`wakeEnding ${laneId}`]);
    expect((await admit(pool, laneId)).map(({ executionId, ending }) => [executionId, ending])).toEqual([
      [ids[11], 'cancelled'],
    ]);
    expect((await act(ids[10]!, 'cancel')).status).toBe(202);
    expect((await act(ids[10]!, 'cancel')).status).toBe(202);
  });

  it('says in which state one is that cannot be cancelled any more', async () => {
    const { pool, admin } = harness.database;
    const ids = await take(pool, laneId, 3);
    await end(pool, laneId, 'completed', 1);
    await admit(pool, laneId, 1);
    await admin.query(`UPDATE executions SET end_requested = 'expired' WHERE id = $1`, [ids[2]]);
    const details = [];
    for (const id of ids) {
      const answer = await act(id, 'cancel');
      expect(answer.status).toBe(409);
      details.push(answer.body.detail);
    }
    expect(details[0]).toContain('is completed;');
    expect(details[1]).toContain('is sending;');
    expect(details[2]).toContain('is about to end as expired;');
  });
});

describe('POST /api/executions/:id/release', () => {
  it('puts it at the head of its lane, where it takes the next place of the window and no more', async () => {
    const { pool } = harness.database;
    const ids = await take(pool, laneId, 15);
    expect((await act(ids[14]!, 'release')).body).toMatchObject({ state: 'waiting', position: 0 });
    expect((await act(ids[13]!, 'release')).body).toMatchObject({ state: 'waiting', position: 0 });
    expect(harness.controlCalls).toEqual([`replan ${laneId}`, `replan ${laneId}`]);
    const admitted = (await admit(pool, laneId)).map(({ executionId }) => executionId);
    expect(admitted.length).toBe(10);
    expect(new Set(admitted)).toEqual(new Set([ids[13], ids[14], ...ids.slice(0, 8)]));
    expect((await act(ids[12]!, 'release')).status).toBe(202);
    expect(await admit(pool, laneId)).toEqual([]);
  });

  it('is a conflict for what is being sent or has ended', async () => {
    const [id] = await take(harness.database.pool, laneId, 1);
    await admit(harness.database.pool, laneId);
    expect((await act(id!, 'release')).status).toBe(409);
  });
});

describe('POST /api/executions/:id/retry', () => {
  it.each(['failed', 'gone'] as const)(
    'sends one that is %s again, as the last of its lane',
    async (state) => {
      const { pool, admin } = harness.database;
      const [id] = await take(pool, laneId, 1);
      await end(pool, laneId, state);
      const others = await take(pool, laneId, 3);
      expect(await act(id!, 'retry')).toMatchObject({
        status: 202,
        body: {
          id,
          state: 'waiting',
          attempts: 2,
          position: 3,
          workflowId: null,
          finishedAt: null,
          reason: null,
        },
      });
      expect(harness.controlCalls).toEqual([`startLane ${laneId}`]);
      expect((await admin.query('SELECT 1 FROM execution_history')).rowCount).toBe(0);
      expect((await listAll('')).length).toBe(4);

      const pack = await takePack(pool, ours(laneId), 100);
      expect(pack?.size).toBe(4);
      expect((await admit(pool, laneId)).map(({ executionId }) => executionId).sort()).toEqual(
        [id, ...others].sort(),
      );
      expect((await act(id!, 'retry')).status).toBe(409);
    },
  );

  it('rides in a workflow with an id of its own', async () => {
    const { pool } = harness.database;
    const [id] = await take(pool, laneId, 1);
    const first = await takePack(pool, ours(laneId), 1);
    await end(pool, laneId, 'failed');
    await act(id!, 'retry');
    const second = await takePack(pool, ours(laneId), 1);
    expect(second?.workflowId).not.toBe(first?.workflowId);
    expect((await show(id!)).workflowId).toBe(second?.workflowId);
  });

  it('renews the expiry of what HubSpot was to give up meanwhile, and keeps that of the others', async () => {
    const { pool, admin } = harness.database;
    const [late, early] = await take(pool, laneId, 2);
    await admin.query(`UPDATE executions SET expires_at = now() - interval '1 minute' WHERE id = $1`, [late]);
    const before = await show(early!);
    await end(pool, laneId, 'failed');
    expect(Date.parse((await act(late!, 'retry')).body.expiresAt)).toBeGreaterThan(
      Date.now() + 6 * 86_400_000,
    );
    expect((await act(early!, 'retry')).body.expiresAt).toBe(before.expiresAt);
  });

  it('refuses what HubSpot has had its answer for, and what cannot be sent', async () => {
    const { pool } = harness.database;
    const [id] = await take(pool, laneId, 1);
    expect((await act(id!, 'retry')).body.detail).toContain('is waiting');
    await end(pool, laneId, 'completed');
    expect((await act(id!, 'retry')).body.detail).toContain('is completed; only one that is failed or gone');
    expect(harness.controlCalls).toEqual([]);
  });

  it('asked for twice at once is done once', async () => {
    const { pool } = harness.database;
    const [id] = await take(pool, laneId, 1);
    await end(pool, laneId, 'failed');
    const answers = await Promise.all([1, 2, 3, 4].map(() => act(id!, 'retry')));
    expect(answers.map(({ status }) => status).sort()).toEqual([202, 409, 409, 409]);
    expect((await listAll('')).length).toBe(1);
  });
});
