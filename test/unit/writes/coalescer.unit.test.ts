import { describe, expect, it } from '@jest/globals';
import { createCoalescer, type SendWrites } from '../../../src/services/writes/coalescer.js';
import type { Permit } from '../../../src/hubspot/gateway/gateway.js';
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

  it('that come while the limit gives no turn go with the batch whose turn comes', async () => {
    const { batches, send } = held();
    const asked: ((permit: Permit) => void)[] = [];
    let [used, givenBack] = [0, 0];
    const permit: Permit = {
      ...{ portalId: 1, expiresInMs: 1000, use: () => void (used += 1) },
      giveBack: () => void (givenBack += 1),
    };
    const { submit } = createCoalescer(
      (of, batch, turn) => {
        turn?.use(0);
        return send(of, batch);
      },
      unhandled,
      { awaitTurn: () => new Promise((resolve) => asked.push(resolve)) },
    );
    const all = Array.from({ length: 130 }, (_, n) => submit(PORTAL, [write(n)]));
    expect([asked.length, batches.length]).toEqual([1, 0]);
    const second = [
      submit(
        PORTAL,
        Array.from({ length: 70 }, (_, n) => write(200 + n)),
      ),
    ];
    expect(asked).toHaveLength(2);
    for (const give of asked) give(permit);
    await turns();
    expect(batches.map(({ ids }) => ids.length)).toEqual([100, 100]);
    for (const { answer } of batches) answer();
    await Promise.all([...all, ...second]);
    expect([used, givenBack]).toEqual([2, 0]);
  });

  it('that ended while their turn was waited for leave it to others', async () => {
    let given!: (permit: Permit) => void;
    let givenBack = 0;
    const { submit } = createCoalescer(() => Promise.reject(new Error('nothing is to be sent')), unhandled, {
      bounds: { mostOfPortal: 10, mostOfAll: 10, waitMs: 5 },
      awaitTurn: () => new Promise((resolve) => (given = resolve)),
    });
    expect(idOf(await submit(PORTAL, [write(1)]))).toEqual(['rate']);
    given({
      ...{ portalId: 1, expiresInMs: 1000, use: () => undefined },
      giveBack: () => void (givenBack += 1),
    });
    await turns();
    expect(givenBack).toBe(1);
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
    const { submit, waiting } = createCoalescer(send, unhandled, { bounds });
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
