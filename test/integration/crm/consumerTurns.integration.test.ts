import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { readChanges, type ChangeFilter } from '../../../src/db/crm/changes.js';
import { createExplainedPool } from '../../support/plans.js';
import { WORKSPACE } from '../../support/throttle.js';
import { ids, PORTAL, useConsumers } from './consumerRig.js';

const rig = useConsumers();
const { ask, make, webhook, shown, act, page, write, idOf, deliver, retryNow, look } = rig;
const admin = (text: string, values: unknown[] = []) => rig.harness.database.admin.query(text, values);

describe('a consumer that several make at the same moment', () => {
  it.each([
    ['of those that ask', {}],
    ['of webhooks', { sink: 'webhook' }],
  ])('is made once, and set by all of them: %s', async (_, settings) => {
    const all = await Promise.all(
      Array.from({ length: 8 }, (_one, n) =>
        make('one', {
          ...settings,
          ...('sink' in settings && { url: rig.receiver.url }),
          lagLimitMinutes: n + 1,
        }),
      ),
    );
    expect(all.map(({ status }) => status)).toEqual(all.map(() => 200));
    // Whoever came second has set the one that was there, and got no secret that counts for nothing.
    expect(all.filter(({ body }) => body.secret !== undefined)).toHaveLength('sink' in settings ? 1 : 0);
    const { rows } = await admin('SELECT FROM crm_consumers');
    expect(rows).toHaveLength(1);
  });
});

describe('consumers of a workspace', () => {
  const named = async (found: readonly { consumerId: string }[]) => {
    const { rows } = await admin('SELECT id, name FROM crm_consumers');
    const names = new Map((rows as { id: string; name: string }[]).map(({ id, name }) => [id, name]));
    return found.map(({ consumerId }) => names.get(consumerId)!);
  };
  const lease = (names: readonly string[]) =>
    admin(
      `UPDATE crm_consumers SET lease_until = clock_timestamp() + interval '30 seconds', turn_until = NULL WHERE name = ANY ($1)`,
      [names],
    );
  const leave = (names: readonly string[]) =>
    admin('UPDATE crm_consumers SET lease_until = NULL WHERE name = ANY ($1)', [names]);

  it('have a turn one after the other, four at a time: who was called waits behind all that wait', async () => {
    const names = Array.from({ length: 10 }, (_, n) => `hook${n}`);
    for (const name of names) await webhook(name);
    await write([1]);
    const turns: string[][] = [];
    for (let round = 0; round < 9; round += 1) {
      const found = await named(await look());
      turns.push(found);
      // They are busy: each has its turn, and much follows all the same.
      await lease(found);
      expect(await look()).toEqual([]);
      await leave(found);
    }
    expect(turns.map((turn) => turn.length)).toEqual(turns.map(() => 4));
    // Nine are before one that was just called at most.
    for (let from = 0; from + 3 <= turns.length; from += 1)
      expect(new Set(turns.slice(from, from + 3).flat())).toEqual(new Set(names));
  });

  it('that were found are not found again before they are taken in hand, and again when nobody has done so', async () => {
    await webhook('hook');
    await write([1]);
    expect(await look()).toHaveLength(1);
    expect(await look()).toEqual([]);
    await admin(`UPDATE crm_consumers SET turn_until = clock_timestamp()`);
    expect(await look()).toHaveLength(1);
    expect(await deliver('hook')).toMatchObject({ delivered: 1, ended: 'done' });
    await write([2]);
    expect(await look()).toHaveLength(1);
  });
});

describe('a turn', () => {
  it('that throws is shown at its consumer, with the time of the next try, and is thrown', async () => {
    await webhook('hook');
    await write([1]);
    // As it is when the key is gone that has sealed it.
    await admin(`UPDATE crm_consumers SET secret = 'v1.gone'`);
    await expect(deliver('hook')).rejects.toThrow();
    expect(await shown('hook')).toMatchObject({
      state: 'failing',
      failure: { inARow: 1, message: expect.stringMatching(/^Sluice cannot send what follows/) as unknown },
    });
    expect((await deliver('hook')).ended).toBe('not_taken');
    await retryNow();
    await expect(deliver('hook')).rejects.toThrow();
    expect(await shown('hook')).toMatchObject({ failure: { inARow: 2 } });
  });

  it('of a receiver that refuses slowly ends in its time, and what it has found out stays', async () => {
    await webhook('hook');
    await write(Array.from({ length: 64 }, (_, n) => n + 1));
    await admin('UPDATE crm_consumers SET failures_in_a_row = 2');
    const begun = performance.now();
    rig.receiver.answers = async ({ items }) => {
      await new Promise((resolve) => setTimeout(resolve, 50));
      return items.some(({ recordId }) => Number(recordId) % 16 === 1) ? 422 : 200;
    };
    const dead: number[] = [];
    let turns = 0;
    for (let ended = 'more'; ended === 'more'; turns += 1) {
      const before = performance.now();
      const turn = await deliver('hook', { turnMs: 400 });
      // Its time, and ten calls at most. All of the batch takes some thirty.
      expect(performance.now() - before).toBeLessThan(5000);
      dead.push(turn.dead);
      ended = turn.ended;
      expect(['more', 'done', 'failed']).toContain(ended);
      if (ended === 'failed') {
        await retryNow();
        ended = 'more';
      }
      expect(performance.now() - begun).toBeLessThan(30_000);
    }
    expect(turns).toBeGreaterThan(1);
    expect(dead.reduce((sum, one) => sum + one, 0)).toBe(4);
    expect(new Set(ids(rig.receiver.taken)).size).toBe(60);
  });

  it('of a worker that stood still since it had the consumer in hand sends nothing', async () => {
    await webhook('hook');
    await write([1]);
    const real = Date.now.bind(Date);
    let later = 0;
    jest.spyOn(Date, 'now').mockImplementation(() => real() + later);
    // Frozen after its lease was renewed, while it writes what it is to send.
    const stoodStill = await deliver('hook', {
      placesOf: (places) => ({
        ...places,
        positionOf(change) {
          later = 60_000;
          return places.positionOf(change);
        },
      }),
    });
    expect(stoodStill).toMatchObject({ delivered: 0, ended: 'failed' });
    expect(rig.receiver.calls).toEqual([]);
    expect(await shown('hook')).toMatchObject({
      failure: { message: expect.stringContaining('stood still') as unknown },
    });
    await retryNow();
    expect(await deliver('hook')).toMatchObject({ delivered: 1, ended: 'done' });
  });
  afterEach(() => void jest.restoreAllMocks());
});

describe('dead letters that are sent again', () => {
  it('are sent where others stand before and beside them whose changes are not kept any more', async () => {
    await webhook('hook');
    await write(Array.from({ length: 250 }, (_, n) => n + 1));
    await deliver('hook');
    await admin(
      `INSERT INTO crm_dead_changes (workspace_id, consumer_id, generation, transaction_id, change_id, portal_id, object_type, record_id,
                                     status, recorded_at)
       SELECT f.workspace_id, $1, f.generation, f.transaction_id, f.id, f.portal_id, f.object_type, f.record_id, 422, f.recorded_at
         FROM crm_changes f`,
      [await idOf('hook')],
    );
    // All of a first page of them, and every other one behind it.
    await admin('DELETE FROM crm_changes WHERE record_id <= 100 OR record_id % 2 = 0');
    const before = rig.receiver.taken.length;
    await ask('POST', '/api/consumers/hook/dead-letters', { action: 'redrive' });
    expect(await deliver('hook')).toMatchObject({ delivered: 75, dead: 0, ended: 'done' });
    const kept = Array.from({ length: 250 }, (_, n) => n + 1).filter((id) => id > 100 && id % 2 === 1);
    expect(ids(rig.receiver.taken.slice(before))).toEqual(kept.map(String));
    const { rows } = await admin('SELECT redrive FROM crm_dead_changes WHERE consumer_id = $1', [
      await idOf('hook'),
    ]);
    expect(rows).toEqual(Array.from({ length: 175 }, () => ({ redrive: false })));
  });
});

describe('a record whose first dead letter is refused again', () => {
  it('has the later ones wait behind it, in however many calls they are sent again', async () => {
    await webhook('hook');
    await write(Array.from({ length: 150 }, (_, n) => n + 1));
    await write([1]);
    await deliver('hook');
    await admin(
      `INSERT INTO crm_dead_changes (workspace_id, consumer_id, generation, transaction_id, change_id, portal_id, object_type, record_id,
                                     status, recorded_at)
       SELECT f.workspace_id, $1, f.generation, f.transaction_id, f.id, f.portal_id, f.object_type, f.record_id, 422, f.recorded_at
         FROM crm_changes f`,
      [await idOf('hook')],
    );
    const before = rig.receiver.taken.length;
    // What was made is refused; what came of the same record in a later call would be taken.
    rig.receiver.answers = ({ items }) =>
      items.some(({ recordId, action }) => recordId === '1' && action === 'Created') ? 422 : 200;
    await ask('POST', '/api/consumers/hook/dead-letters', { action: 'redrive' });
    expect(await deliver('hook')).toMatchObject({ delivered: 149, dead: 1, ended: 'done' });
    expect(ids(rig.receiver.taken.slice(before))).not.toContain('1');
    expect((await shown('hook')).deadLetters).toBe(2);
  });
});

describe('what a webhook has', () => {
  it('is known by its answers, and said by nobody: an acknowledgement is refused in words', async () => {
    await webhook('hook');
    await write([1]);
    const { next } = await page('limit=1');
    const answer = await ask('POST', '/api/consumers/hook/acknowledge', { position: next });
    expect(answer).toMatchObject({
      status: 400,
      body: { detail: expect.stringContaining('rewind') as unknown },
    });
    expect(await deliver('hook')).toMatchObject({ delivered: 1, ended: 'done' });
    expect((await act('hook', { action: 'rewind', position: next })).status).toBe(200);
  });
});

describe('a page of the feed', () => {
  it('reads no more changes than it answers, where all are wanted, and goes on behind those that are not', async () => {
    await write(
      Array.from({ length: 100 }, (_, n) => n + 1),
      { city: 'x'.repeat(60_000) },
    );
    await write(Array.from({ length: 100 }, (_, n) => n + 101));
    const { rows } = await admin('SELECT count(*)::int AS n FROM installations');
    const [{ n: now }] = rows as [{ n: number }];
    const all = { portalIds: null, objectTypes: null, actions: null, initial: true };
    const after = { generation: 1, transaction: '0', change: '0' };
    const { pool, take } = createExplainedPool(rig.harness.database.adminUrl.reveal(), 'sluice_app');
    try {
      const read = async (page: { limit: number; mostBytes?: number; wanted?: ChangeFilter }) => {
        const found = await readChanges(pool, WORKSPACE, { after, now, wanted: all, ...page });
        const reads = take().filter(({ relation }) => relation.startsWith('crm_changes'));
        return { ...found, ids: ids(found.changes), rows: reads.reduce((sum, { rows: n }) => sum + n, 0) };
      };
      const first = await read({ limit: 5 });
      expect([first.ids, first.more]).toEqual([['1', '2', '3', '4', '5'], true]);
      expect(first.rows).toBeLessThanOrEqual(2 * 5 + 2);
      // As many bytes as a call takes, and one at least.
      expect((await read({ limit: 50, mostBytes: 200_000 })).ids).toEqual(['1', '2', '3']);
      expect((await read({ limit: 50, mostBytes: 1 })).ids).toEqual(['1']);
      const whole = await read({ limit: 1000, mostBytes: 1_000_000_000 });
      expect([whole.ids.length, whole.more]).toEqual([200, false]);
      const none = await read({ limit: 5, wanted: { ...all, portalIds: [PORTAL + 5] } });
      expect([none.ids, none.more, none.through]).toEqual([[], false, whole.through]);
    } finally {
      await pool.end();
    }
  });
});
