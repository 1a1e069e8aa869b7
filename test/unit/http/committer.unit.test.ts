import { describe, expect, it } from '@jest/globals';
import { createCommitter } from '../../../src/api/http/committer.js';
import type { IntakeAnswer, IntakeCall } from '../../../src/db/throttle/intake.js';

const call = (callbackId: string): IntakeCall => ({
  workspaceId: 'ours',
  portalId: 1,
  callbackId,
  laneId: '1',
  bodyHash: Buffer.alloc(0),
  source: 'TEST',
  objectId: null,
  asked: null,
});
const answer = (one: IntakeCall): IntakeAnswer => ({
  executionId: one.callbackId,
  state: 'waiting',
  reason: null,
  plannedInMs: 0,
  plannedAt: null,
  expiresInMs: 0,
  fresh: true,
  sameBody: true,
  place: null,
});

/** Commits that end when the test says so. */
function gate() {
  const batches: { ids: string[]; finish: () => void; fail: (error: Error) => void }[] = [];
  const commit = (calls: readonly IntakeCall[]) =>
    new Promise<IntakeAnswer[]>((resolve, reject) => {
      batches.push({
        ids: calls.map((one) => one.callbackId),
        finish: () => resolve(calls.map(answer)),
        fail: reject,
      });
    });
  const nth = async (n: number) => {
    while (batches.length <= n) await new Promise((resolve) => setImmediate(resolve));
    return batches[n]!;
  };
  return { commit, batches, nth };
}

describe('group commit', () => {
  it('commits together what came while the last commit ran, and answers only after it', async () => {
    const { commit, nth, batches } = gate();
    const committer = createCommitter({ commit });
    const answered: string[] = [];
    const submit = (id: string) => committer.submit(call(id)).then((one) => answered.push(one.executionId));
    const all = [submit('a')];
    const first = await nth(0);
    all.push(submit('b'), submit('c'));
    expect(first.ids).toEqual(['a']);
    expect(answered).toEqual([]);
    first.finish();
    const second = await nth(1);
    expect(second.ids).toEqual(['b', 'c']);
    expect(answered).toEqual(['a']);
    second.finish();
    await Promise.all(all);
    expect(batches).toHaveLength(2);
  });

  it('asks callers to come back when too many wait', async () => {
    const { commit, nth } = gate();
    const committer = createCommitter({ commit, maxWaiting: 1 });
    const first = committer.submit(call('a'));
    const batch = await nth(0);
    const second = committer.submit(call('b'));
    await expect(committer.submit(call('c'))).rejects.toMatchObject({
      code: 'unavailable',
      details: { retryAfterMs: 2000 },
    });
    batch.finish();
    (await nth(1)).finish();
    await Promise.all([first, second]);
  });

  it('fails everybody alike when the database is away: nobody was committed', async () => {
    const { commit, nth } = gate();
    const committer = createCommitter({ commit });
    const both = Promise.allSettled([committer.submit(call('a')), committer.submit(call('b'))]);
    (await nth(0)).fail(Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' }));
    expect((await both).map((one) => one.status)).toEqual(['rejected', 'rejected']);
  });

  it('does not let one call that the database cannot take fail the others', async () => {
    const commit = (calls: readonly IntakeCall[]) =>
      calls.some((one) => one.callbackId === 'bad')
        ? Promise.reject(new Error('22021'))
        : Promise.resolve(calls.map(answer));
    const committer = createCommitter({ commit });
    const results = await Promise.allSettled(['a', 'bad', 'b', 'c'].map((id) => committer.submit(call(id))));
    expect(results.map((one) => one.status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'fulfilled']);
  });

  it('drains what was submitted', async () => {
    const { commit, nth } = gate();
    const committer = createCommitter({ commit });
    let answered = false;
    const first = committer.submit(call('a')).then(() => (answered = true));
    const drained = committer.drain();
    (await nth(0)).finish();
    await drained;
    await first;
    expect(answered).toBe(true);
  });
});
