import { expect, it } from '@jest/globals';
import { claimConsumer } from '../../../src/db/crm/deliveries.js';
import type { AboutChanges, ChangeHandler, RecordChange } from '../../../src/sdk/client/changeHandler.js';
import { handlersSweep } from '../../../src/worker/crm/handlersSweep.js';
import { WORKSPACE } from '../../support/throttle.js';
import { OTHER_PORTAL, PORTAL, ids, useConsumers } from './consumerRig.js';

const rig = useConsumers();
const { make, shown, write, deliver, retryNow, look, ask, idOf } = rig;
const admin = (text: string, values: unknown[] = []) => rig.harness.database.admin.query(text, values);

const handler = (
  handle: ChangeHandler['handle'],
  more: Omit<Partial<ChangeHandler>, 'handle'> = {},
): ChangeHandler => ({ consumer: 'warehouse', handle, ...more });
const nothing = handler(() => Promise.resolve());

/** As the worker does it that has these handlers. Returns what was said of those that are not called. */
async function sweep(...handlers: ChangeHandler[]) {
  const said: string[] = [];
  const logger = { info: () => undefined, error: (message: string) => void said.push(message) };
  const one = handlersSweep({
    pool: rig.harness.database.pool,
    handlers: new Map(handlers.map((each) => [each.consumer, each])),
    logger: logger as never,
  });
  const did = await one.run(new AbortController().signal);
  return { did, said };
}

it('has a consumer of its own in each workspace whose feed has something, from the beginning, with what it wants', async () => {
  expect(await sweep(nothing)).toEqual({ did: 0, said: [] });
  await write([1, 2], { initial: true });
  expect(await sweep(nothing)).toEqual({ did: 1, said: [] });
  expect(await sweep(nothing)).toEqual({ did: 0, said: [] });
  expect(await shown('warehouse')).toMatchObject({ sink: 'handler', objectTypes: null, initial: true });
  expect(await look()).toEqual([{ workspaceId: WORKSPACE, consumerId: await idOf('warehouse') }]);

  const wants = {
    objectTypes: ['companies'],
    portalIds: [PORTAL],
    actions: ['Created'] as const,
    initial: false,
  };
  expect(await sweep(handler(nothing.handle, { wants }))).toEqual({ did: 1, said: [] });
  expect(await shown('warehouse')).toMatchObject(wants);
});

it('gets each change, in the order of the feed, and what it has taken does not come again', async () => {
  await write([1, 2]);
  await sweep(nothing);
  await write([2, 3], { portalId: OTHER_PORTAL });
  await write([1]);
  const calls: { changes: readonly RecordChange[]; about: AboutChanges }[] = [];
  const all = handler((changes, about) => Promise.resolve(void calls.push({ changes, about })));
  expect(await deliver('warehouse', { handlers: [all] })).toMatchObject({ ended: 'done', delivered: 5 });
  const [{ changes, about }] = calls as [(typeof calls)[number]];
  expect(calls).toHaveLength(1);
  expect(ids(changes)).toEqual(['1', '2', '2', '3', '1']);
  expect(changes[0]).toMatchObject({ portalId: PORTAL, action: 'Created', happenedAt: expect.any(String) });
  expect(about).toMatchObject({ restored: false, expired: false, signal: expect.any(AbortSignal) });
  expect(await deliver('warehouse', { handlers: [all] })).toMatchObject({ ended: 'done', delivered: 0 });
  expect(calls).toHaveLength(1);
});

it('gets the same again when it throws, with growing pauses, and whoever looks is told where it threw', async () => {
  await write([1, 2]);
  await sweep(nothing);
  const broken = handler(() => Promise.reject(new TypeError('Dana owes 5 EUR')));
  expect(await deliver('warehouse', { handlers: [broken] })).toMatchObject({ ended: 'failed', delivered: 0 });
  const { failure, state, deadLetters } = await shown('warehouse');
  expect({ state, deadLetters }).toEqual({ state: 'failing', deadLetters: 0 });
  expect(failure?.message).toMatch(/^It threw TypeError \(.*changeHandlers\.integration\.test\.[jt]s:\d+\)$/);
  // Not before its pause is over.
  expect((await deliver('warehouse', { handlers: [broken] })).ended).toBe('not_taken');
  await retryNow();
  const seen: string[] = [];
  const mended = handler((changes) => Promise.resolve(void seen.push(...ids(changes))));
  expect(await deliver('warehouse', { handlers: [mended] })).toMatchObject({ ended: 'done', delivered: 2 });
  expect(seen).toEqual(['1', '2']);
  expect((await shown('warehouse')).failure).toBeNull();
});

it('that throws for one record has that one set aside from the third try on, with what follows of it, and takes the others', async () => {
  await write([1, 2, 3]);
  await sweep(nothing);
  await write([2]);
  const taken: string[] = [];
  const poisoned = handler((changes) => {
    if (ids(changes).includes('2')) throw new RangeError('it cannot be stored');
    taken.push(...ids(changes));
    return Promise.resolve();
  });
  for (let n = 0; n < 2; n += 1) {
    expect((await deliver('warehouse', { handlers: [poisoned] })).ended).toBe('failed');
    await retryNow();
  }
  expect(taken).toEqual([]);
  expect(await deliver('warehouse', { handlers: [poisoned] })).toMatchObject({ ended: 'done', dead: 2 });
  expect(taken).toEqual(['1', '3']);
  const dead = await ask<{ items: { recordId: string; status: number | null }[] }>(
    'GET',
    '/api/consumers/warehouse/dead-letters',
  );
  expect(dead.body.items).toMatchObject([
    { recordId: '2', status: 500 },
    { recordId: '2', status: null },
  ]);
});

it('that throws for all that it gets keeps all of it, however long that lasts', async () => {
  await write([1, 2]);
  await sweep(nothing);
  await admin("UPDATE crm_consumers SET failures_in_a_row = 200, failed_since = now(), last_error = 'x'");
  const away = handler(() => Promise.reject(new Error('the warehouse is away')));
  expect(await deliver('warehouse', { handlers: [away] })).toMatchObject({ ended: 'failed', dead: 0 });
  expect(await shown('warehouse')).toMatchObject({ deadLetters: 0, failure: { inARow: 201 } });
});

it('that does not return is left when its time is over, told so, and gets nothing more before it has returned', async () => {
  await write([1]);
  await sweep(nothing);
  let aborted = false;
  let release = () => undefined as void;
  const hanging = handler(
    (_, { signal }) =>
      new Promise((resolve) => {
        signal.addEventListener('abort', () => (aborted = true));
        release = () => resolve();
      }),
    { timeoutMs: 50 },
  );
  expect(await deliver('warehouse', { handlers: [hanging] })).toMatchObject({
    ended: 'failed',
    delivered: 0,
  });
  expect(aborted).toBe(true);
  expect((await shown('warehouse')).failure?.message).toBe('It did not return within 0.05 s');
  await retryNow();
  expect((await deliver('warehouse', { handlers: [nothing] })).ended).toBe('failed');
  expect((await shown('warehouse')).failure?.message).toMatch(/^A call of \S+ has not returned$/);
  release();
  await retryNow();
  expect(await deliver('warehouse', { handlers: [nothing] })).toMatchObject({ ended: 'done', delivered: 1 });
});

it('comes again, in order, from another worker when the one that had it died or stopped in the middle', async () => {
  await write([1, 2]);
  await sweep(nothing);
  // It died in the middle of a call: its lease is there, and what it did is not noted.
  const of = { workspaceId: WORKSPACE, consumerId: await idOf('warehouse') };
  expect(await claimConsumer(rig.harness.database.pool, of)).toMatchObject({ sink: 'handler', failures: 0 });
  expect((await deliver('warehouse', { handlers: [nothing] })).ended).toBe('not_taken');
  await admin("UPDATE crm_consumers SET lease_until = clock_timestamp() - interval '1 second'");
  // This one is asked to stop while it works.
  const stop = new AbortController();
  const seen: string[][] = [];
  const stopped = handler(async (changes, { signal }) => {
    seen.push(ids(changes));
    stop.abort();
    signal.throwIfAborted();
  });
  const ended = await deliver('warehouse', { handlers: [stopped], signal: stop.signal });
  expect(ended).toMatchObject({ ended: 'more', delivered: 0 });
  expect((await shown('warehouse')).failure).toBeNull();
  await write([1]);
  const other = handler((changes) => Promise.resolve(void seen.push(ids(changes))));
  expect(await deliver('warehouse', { handlers: [other] })).toMatchObject({ ended: 'done', delivered: 3 });
  expect(seen).toEqual([
    ['1', '2'],
    ['1', '2', '1'],
  ]);
});

it('is said to be missing where the worker has no code for it', async () => {
  await write([1]);
  await sweep(nothing);
  expect((await deliver('warehouse')).ended).toBe('failed');
  expect((await shown('warehouse')).failure?.message).toMatch(/^No handler of this name is defined/);
});

it('takes no name that another consumer has, and is neither set nor acknowledged from outside', async () => {
  await make('warehouse', {});
  await write([1]);
  expect(await sweep(nothing)).toEqual({
    did: 0,
    said: ['A handler of changes is not called: a consumer has its name'],
  });
  expect(await shown('warehouse')).toMatchObject({ sink: 'pull' });
  await admin('DELETE FROM crm_consumers');
  await sweep(nothing);
  expect(await make('warehouse', {})).toMatchObject({
    status: 409,
    body: { detail: expect.stringContaining('stands in sluice.config.ts') },
  });
  const { position } = await shown('warehouse');
  expect((await ask('POST', '/api/consumers/warehouse/acknowledge', { position })).status).toBe(400);
});

it('has no place where a workspace has as many consumers as it may, and that is said', async () => {
  await write([1]);
  for (let n = 0; n < 50; n += 1)
    await admin(
      `INSERT INTO crm_consumers (workspace_id, name, sink, generation, transaction_id, change_id) VALUES ($1, $2, 'pull', 1, '0', 0)`,
      [WORKSPACE, `c${n}`],
    );
  expect(await sweep(nothing)).toEqual({
    did: 0,
    said: ['A handler of changes is not called: the workspace has as many as it may'],
  });
});
