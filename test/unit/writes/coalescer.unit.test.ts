import { describe, expect, it } from '@jest/globals';
import { createCoalescer, type SendWrites } from '../../../src/services/writes/coalescer.js';
import type { RecordWrite, WriteResult, WritesOf } from '../../../src/services/writes/recordWrite.js';

const PORTAL: WritesOf = { workspaceId: 'w', portalId: 1, objectType: 'contacts' };
const write = (id: number): RecordWrite => ({ do: 'update', id: String(id), properties: { n: String(id) } });
const done = (id: string): WriteResult => ({
  ...{ state: 'done', outcome: 'updated', answeredMs: 0 },
  record: { id, properties: {}, createdAt: undefined, modifiedAt: undefined },
});

/** Batches that are answered when the test says so. */
function held() {
  const batches: { of: WritesOf; ids: string[]; answer: () => void }[] = [];
  const send: SendWrites = (of, batch) =>
    new Promise((resolve) => {
      const ids = batch.map(({ write: one }) => ('id' in one ? one.id : ''));
      batches.push({ of, ids, answer: () => resolve(ids.map(done)) });
    });
  return { batches, send };
}
const turns = () => new Promise((resolve) => setImmediate(resolve));
const idOf = (results: readonly WriteResult[] | undefined) =>
  results?.map((one) => (one.state === 'done' ? one.record.id : one.failure.class));

/** Nothing is thrown about the batches of these tests. */
const unhandled = (_: unknown, error: unknown) => {
  throw error;
};

describe('writes', () => {
  it('go at once where none is out; those that come meanwhile go together, a hundred at most', async () => {
    const { batches, send } = held();
    const { submit } = createCoalescer(send, unhandled);
    const all = Array.from({ length: 160 }, (_, n) => submit(PORTAL, [write(n)]));
    expect(batches.map(({ ids }) => ids.length)).toEqual([1, 100]);
    batches[0]?.answer();
    await turns();
    expect(batches.map(({ ids }) => ids.length)).toEqual([1, 100, 59]);
    for (const { answer } of batches) answer();
    expect((await Promise.all(all.map(async (one) => one))).map(idOf)).toEqual(
      all.map((_, n) => [String(n)]),
    );
  });

  it('of a record that is out wait for it, and hold up no other', async () => {
    const { batches, send } = held();
    const { submit } = createCoalescer(send, unhandled);
    const first = submit(PORTAL, [write(7)]);
    const second = submit(PORTAL, [write(7)]);
    const others = submit(
      PORTAL,
      Array.from({ length: 100 }, (_, n) => write(100 + n)),
    );
    expect(batches.map(({ ids }) => ids.includes('7'))).toEqual([true, false]);
    batches[0]?.answer();
    await turns();
    expect(batches[2]?.ids).toEqual(['7']);
    for (const { answer } of batches) answer();
    await Promise.all([first, second, others]);
  });

  it('of one portal do not wait for those of another, of another type or form', () => {
    const { batches, send } = held();
    const { submit } = createCoalescer(send, unhandled);
    void submit(PORTAL, [write(1)]);
    void submit({ ...PORTAL, portalId: 2 }, [write(1)]);
    void submit({ ...PORTAL, objectType: 'deals' }, [write(1)]);
    void submit(PORTAL, [{ do: 'upsert', by: { property: 'k', value: 'v' }, properties: {} }]);
    expect(batches).toHaveLength(4);
  });

  it('beyond the bounds are not taken, and those that wait too long end with a word and without being sent', async () => {
    const { batches, send } = held();
    const bounds = { mostOfPortal: 3, mostOfAll: 4, waitMs: 20 };
    const { submit, waiting } = createCoalescer(send, unhandled, bounds);
    const first = submit(PORTAL, [write(1)]);
    const late = submit(PORTAL, [write(2), write(3), write(4)]);
    expect(submit(PORTAL, [write(5)])).toBeUndefined();
    expect(submit({ ...PORTAL, portalId: 2 }, [write(6), write(7)])).toBeUndefined();
    expect(idOf(await late)).toEqual(['rate', 'rate', 'rate']);
    expect([batches.length, waiting()]).toEqual([1, 0]);
    batches[0]?.answer();
    expect(idOf(await first)).toEqual(['1']);
  });

  it('that nobody can send are told so, and what is thrown about a batch is no word that it was not done', async () => {
    const broken = new Error('broken');
    const told: unknown[] = [];
    const { submit } = createCoalescer(
      () => Promise.reject(broken),
      (of, error) => told.push([of, error]),
    );
    const [result] = (await submit(PORTAL, [write(1)])) ?? [];
    expect(result?.state === 'failed' && result.failure.mayBeDone).toBe(true);
    expect(told).toEqual([[PORTAL, broken]]);
  });

  it('that wait when the process ends are answered, and what is out is waited for', async () => {
    const { batches, send } = held();
    const { submit, stop } = createCoalescer(send, unhandled);
    const out = submit(PORTAL, [write(1)]);
    const waits = submit(PORTAL, [write(2)]);
    const stopped = stop();
    expect(idOf(await waits)).toEqual(['transient']);
    expect(submit(PORTAL, [write(3)])).toBeUndefined();
    batches[0]?.answer();
    await stopped;
    expect(idOf(await out)).toEqual(['1']);
  });
});
