import { describe, expect, it } from '@jest/globals';
import { setTimeout as delay } from 'node:timers/promises';
import { createFeedWatch, type FeedWatch } from '../../../src/api/crm/feedWatch.js';
import { createLogger } from '../../../src/platform/logger.js';
import { until } from '../../support/until.js';
import { WORKSPACE } from '../../support/throttle.js';
import { ids, OTHER_PORTAL, PORTAL, useConsumers, type Page } from './consumerRig.js';

const rig = useConsumers();
const { ask, make, act, page, write } = rig;
const waited = async (query: string) => {
  const from = performance.now();
  const answer = await ask<Page>('GET', `/api/changes?${query}`);
  return { ...answer, seconds: (performance.now() - from) / 1000 };
};
const FEED_END = { generation: 1, transaction: '0', change: '0' };

describe('who asks for what follows, and waits', () => {
  it('is answered as soon as it is shown, and by the end of its time where nothing follows', async () => {
    await write([1]);
    const { next } = await page('');
    expect((await waited(`wait=20`)).seconds).toBeLessThan(5);
    const empty = await waited(`after=${next}&wait=1`);
    expect(empty).toMatchObject({ status: 200, body: { items: [], next, more: false } });
    expect(empty.seconds).toBeGreaterThanOrEqual(0.9);
    const waiting = waited(`after=${next}&wait=30`);
    await delay(300);
    await write([2]);
    const answer = await waiting;
    expect(ids(answer.body.items)).toEqual(['2']);
    expect(answer.seconds).toBeLessThan(20);
  });

  it('as a consumer gets what that wants, and waits on behind what it does not want', async () => {
    await make('mine', { portalIds: [PORTAL] });
    const waiting = waited('consumer=mine&wait=30');
    await delay(200);
    await write([1], { portalId: OTHER_PORTAL });
    await delay(1200);
    await write([2]);
    expect(ids((await waiting).body.items)).toEqual(['2']);
    const paused = waited('consumer=mine&after=' + (await page('')).next + '&wait=20');
    await delay(200);
    await act('mine', { action: 'pause' });
    await write([3]);
    expect((await paused).status).toBe(409);
  });

  it('holds no place when it has gone: twenty wait, and the next one does when they have left', async () => {
    const gone = new AbortController();
    // Some more than may wait: the question whether there are enough takes a place for a moment.
    const all = Array.from({ length: 25 }, () =>
      fetch(`${rig.harness.url}/api/changes?wait=30`, {
        headers: { authorization: `Bearer ${rig.key}` },
        signal: gone.signal,
      }),
    );
    const ended = Promise.allSettled(all);
    const refused = await until(
      'there are enough',
      async () => {
        const answer = await waited('wait=1');
        return answer.status === 429 && answer;
      },
      20_000,
    );
    expect(refused.headers.get('retry-after')).toBe('5');
    gone.abort();
    const left = (await ended).filter(({ status }) => status === 'rejected');
    expect(left.length).toBeGreaterThanOrEqual(19); // the others were refused, as there were enough
    await until('their places are free', async () => (await waited('wait=1')).status === 200, 20_000);
  });

  it.each(['-1', '31', '1.5', 'long'])('says in words what is no time to wait: %s', async (wait) => {
    expect((await waited(`wait=${wait}`)).status).toBe(400);
  });
});

describe('those that wait in a process', () => {
  const counted = () => {
    let statements = 0;
    const { pool } = rig.harness.database;
    const counting = new Proxy(pool, {
      get(target, name) {
        if (name === 'connect') statements += 1;
        const value = Reflect.get(target, name) as unknown;
        return typeof value === 'function' ? (value.bind(target) as unknown) : value;
      },
    });
    return { pool: counting, connections: () => statements };
  };
  const waiter = { workspaceId: WORKSPACE, place: FEED_END };
  const watchOf = (of: Partial<Parameters<typeof createFeedWatch>[0]> = {}): FeedWatch =>
    createFeedWatch({
      pool: rig.harness.database.pool,
      logger: createLogger({ LOG_LEVEL: 'silent', LOG_FORMAT: 'json' }, 'test'),
      ...of,
    });

  it('cost one look for all of them together, and none while nobody waits', async () => {
    const { pool, connections } = counted();
    const watch = watchOf({ pool, everyMs: 100 });
    const all = Array.from({ length: 20 }, () => watch.follows(waiter, { ms: 1000 }));
    expect(await Promise.all(all)).toEqual(all.map(() => false));
    expect(connections()).toBeLessThanOrEqual(10);
    const after = connections();
    await delay(300);
    expect(connections()).toBeLessThanOrEqual(after + 1);
  });

  it('are so many of a workspace and so many of all, and further ones are told when to ask again', async () => {
    const watch = watchOf({ most: { ofAWorkspace: 2, ofAll: 3 } });
    const gone = new AbortController();
    const other = '00000000-0000-4000-8000-0000000000aa';
    const until = { ms: 20_000, gone: gone.signal };
    const waiting = [watch.follows(waiter, until), watch.follows(waiter, until)];
    await expect(watch.follows(waiter, until)).rejects.toMatchObject({
      code: 'too_many_requests',
      details: { retryAfterMs: 5000 },
    });
    waiting.push(watch.follows({ ...waiter, workspaceId: other }, until));
    await expect(watch.follows({ ...waiter, workspaceId: other }, until)).rejects.toThrow('At most 2');
    gone.abort();
    expect(await Promise.all(waiting)).toEqual([false, false, false]);
    // Their places are free.
    const late = watch.follows(waiter, { ms: 50 });
    expect(await late).toBe(false);
  });

  it('end with the process, and nobody waits after that', async () => {
    const watch = watchOf();
    const waiting = watch.follows(waiter, { ms: 60_000 });
    watch.end();
    expect(await waiting).toBe(false);
    expect(await watch.follows(waiter, { ms: 60_000 })).toBe(false);
  });

  it('wait on while the database does not answer, to the end of their time', async () => {
    const broken = new Proxy(rig.harness.database.pool, {
      get: (target, name) =>
        name === 'connect' ? () => Promise.reject(new Error('away')) : (Reflect.get(target, name) as unknown),
    });
    const watch = watchOf({ pool: broken, everyMs: 20 });
    expect(await watch.follows(waiter, { ms: 200 })).toBe(false);
  });
});
