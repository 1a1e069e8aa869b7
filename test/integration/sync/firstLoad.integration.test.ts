import { beforeEach, describe, expect, test } from '@jest/globals';
import type { SyncedObject } from '../../../src/db/sync/reader.js';
import type { GatewayRequest, Outcome } from '../../../src/hubspot/gateway/gateway.js';
import { classifyResponse } from '../../../src/hubspot/wire/classifyResponse.js';
import { pathOf } from '../../../src/hubspot/wire/paths.js';
import { runSync } from '../../../src/services/sync/syncRun.js';
import type { TestDatabase } from '../../support/database.js';
import { eachMirror, mirrorDeps, runOptions, verifyContacts } from '../../support/mirror.js';
import type { CrmHarness } from '../sandbox/crmHarness.js';
import { PORTAL } from '../sandbox/harness.js';

const VERSIONS = { HUBSPOT_API_VERSION: '2026-03', HUBSPOT_API_VERSIONS: {} } as const;
const MANY = 3000;
const TOO_LARGE: Outcome = { kind: 'unknown', status: 200, reason: 'too_large', message: 'too large' };
const AWAY: Outcome = { kind: 'unavailable', reason: 'network', message: 'away', effect: 'none' };

let database: TestDatabase;
let crm: CrmHarness;
let object: SyncedObject;
/** The lists that were asked for, by their `after`, and how many at a time at most. */
let lists: (string | undefined)[];
let most: number;
/** Before HubSpot is asked: what comes in place of its answer. */
let instead: (request: GatewayRequest) => Outcome | undefined | Promise<Outcome | undefined>;
/** After HubSpot has answered. */
let shown: (request: GatewayRequest, body: unknown) => unknown;

eachMirror((given) => ({ database, crm, object } = given));
beforeEach(() => {
  [lists, most] = [[], 0];
  instead = () => undefined;
  shown = (_, body) => body;
});

let underWay = 0;
const gateway = {
  async request(request: GatewayRequest): Promise<Outcome> {
    const isList = request.resource === 'listObjects';
    if (isList) {
      lists.push(request.query?.after);
      most = Math.max(most, (underWay += 1));
    }
    try {
      const given = await instead(request);
      if (given) return given;
      const { method, path } = pathOf(request.resource, VERSIONS, request.params ?? {}, request.query);
      const { status, body, headers } = await crm.call(method, path, request.body);
      const text = JSON.stringify(shown(request, body));
      return classifyResponse(status, Object.fromEntries(headers), text, { nowMs: 0, timeZone: 'UTC' });
    } finally {
      if (isList) underWay -= 1;
    }
  },
};
const sync = (untilMs = Infinity) =>
  runSync(mirrorDeps(database, gateway), { ...runOptions(object), untilMs });
const generate = (count: number) =>
  crm.control('POST', `/portals/${PORTAL}/crm/contacts/generate`, { count });
const misbehave = (how: object) => crm.control('PUT', `/portals/${PORTAL}/crm/contacts/misbehaviour`, how);

/** What the sandbox says of the mirror. */
const verify = () => verifyContacts(database, crm, object);
async function told(): Promise<{ changes: number; records: number }> {
  const { rows } = await database.admin.query<{ changes: number; records: number }>(
    'SELECT count(*)::int AS changes, count(DISTINCT record_id)::int AS records FROM crm_changes WHERE workspace_id = $1',
    [object.workspaceId],
  );
  return rows[0]!;
}
async function state() {
  const { rows } = await database.admin.query<Record<string, unknown>>('SELECT * FROM sync_states');
  return rows[0]!;
}

describe('the first load of many records', () => {
  test('reads several ranges of ids at a time, and each record once', async () => {
    await generate(MANY);
    await expect(sync()).resolves.toMatchObject({ ended: 'done', read: MANY, changed: MANY });
    expect(await verify()).toMatchObject({ ok: true, rows: MANY });
    expect(await told()).toEqual({ changes: MANY, records: MANY });
    expect(most).toBeGreaterThan(1);
    // One to find out, and one more for each end of a range.
    expect(lists.length).toBeLessThan(MANY / 100 + 15);
    expect(await state()).toMatchObject({ live: `${MANY}`, loaded: `${MANY}`, cursor: { kind: 'follow' } });
  });

  test('reads one page after the other where ids do not ascend', async () => {
    await generate(MANY);
    await misbehave({ ids: 'scattered' });
    await expect(sync()).resolves.toMatchObject({ ended: 'done' });
    expect(await verify()).toMatchObject({ ok: true, rows: MANY });
    expect(most).toBe(1);
  });

  test('takes short pages for what they are', async () => {
    await generate(MANY);
    await misbehave({ shortPages: true });
    await expect(sync()).resolves.toMatchObject({ ended: 'done' });
    expect(await verify()).toMatchObject({ ok: true, rows: MANY });
  });

  test.each<[string, (given: Set<string>) => void]>([
    [
      'begins at the beginning for an id that it did not name',
      (given) => {
        shown = (request, body) => {
          if (request.resource !== 'listObjects') return body;
          const { next } = (body as { paging?: { next?: { after: string } } }).paging ?? {};
          if (next) given.add(next.after);
          return body;
        };
        instead = async (request) => {
          if (request.resource !== 'listObjects' || request.query?.after === undefined) return undefined;
          if (given.has(request.query.after)) return undefined;
          const { body } = await crm.get('/crm/objects/2026-03/contacts?limit=100');
          return { kind: 'ok', status: 200, body, answeredAtMs: Date.now() };
        };
      },
    ],
    [
      'refuses an id that it did not name',
      (given) => {
        shown = (request, body) => {
          if (request.resource !== 'listObjects') return body;
          const { next } = (body as { paging?: { next?: { after: string } } }).paging ?? {};
          if (next) given.add(next.after);
          return body;
        };
        instead = (request) =>
          request.resource === 'listObjects' &&
          request.query?.after !== undefined &&
          !given.has(request.query.after)
            ? { kind: 'invalid', status: 400, message: 'after', properties: [], body: {} }
            : undefined;
      },
    ],
    [
      'leaves the order of ids in the midst of it',
      () => {
        shown = (request, body) => {
          if (request.resource !== 'listObjects' || lists.length !== 9) return body;
          const { results, ...more } = body as { results: unknown[] };
          return { ...more, results: results.toReversed() };
        };
      },
    ],
  ])('is complete, by one page after the other, where HubSpot %s', async (_, misanswer) => {
    await generate(MANY);
    misanswer(new Set());
    await expect(sync()).resolves.toMatchObject({ ended: 'done' });
    expect(await verify()).toMatchObject({ ok: true, rows: MANY });
    expect(await told()).toEqual({ changes: MANY, records: MANY });
  });

  test('goes on wherever it ended: it misses nothing, tells nothing twice, and reads a page of each range again at most', async () => {
    await generate(MANY);
    let runs = 0;
    for (let ended = ''; ended !== 'done'; runs += 1) {
      let left = 1 + (runs % 5);
      instead = ({ resource }) => (resource === 'listObjects' && (left -= 1) < 0 ? AWAY : undefined);
      ({ ended } = await sync());
      if (runs > 100) throw new Error('It comes to no end');
    }
    expect(runs).toBeGreaterThan(5);
    expect(await verify()).toMatchObject({ ok: true, rows: MANY });
    expect(await told()).toEqual({ changes: MANY, records: MANY });
    // What failed was asked for, too.
    expect(lists.length).toBeLessThan(MANY / 100 + 15 + runs * 9);
  });

  test('goes on from each of its pages when its time is over', async () => {
    await generate(MANY);
    let runs = 0;
    for (let phase = ''; phase !== 'follow'; runs += 1) ({ phase } = await sync(0));
    expect(runs).toBeGreaterThan(20);
    await expect(sync()).resolves.toMatchObject({ ended: 'done' });
    expect(await verify()).toMatchObject({ ok: true, rows: MANY });
    expect(await told()).toEqual({ changes: MANY, records: MANY });
  });

  test('goes on from where a load stood before it read ranges', async () => {
    await generate(MANY);
    const { body } = await crm.get('/crm/objects/2026-03/contacts?limit=100');
    const { after } = body.paging.next;
    await database.admin.query('UPDATE sync_states SET cursor = $1', [
      { version: 1, kind: 'load', after, begunAt: Date.now() - 1000 },
    ]);
    await expect(sync()).resolves.toMatchObject({ ended: 'done', read: MANY - 100 });
    expect(await verify()).toMatchObject({ missing: 100, ghosts: 0, stale: 0 });
  });

  test('misses no record that is made, archived or merged while it reads', async () => {
    await generate(MANY);
    const { body } = await crm.get('/crm/objects/2026-03/contacts?limit=100&after=0');
    const first = BigInt((body.results as { id: string }[])[0]!.id);
    let n = 0;
    instead = async ({ resource }) => {
      if (resource !== 'listObjects' || (n += 1) > 20) return undefined;
      const nth = (k: number) => String(first + 3n * BigInt((n * 137 + k * 911) % MANY));
      await crm.create('contacts', { email: `made.meanwhile.${n}@example.com` });
      await crm.delete(`/crm/objects/2026-03/contacts/${nth(1)}`);
      await crm.post('/crm/objects/2026-03/contacts/merge', {
        primaryObjectId: nth(2),
        objectIdToMerge: nth(3),
      });
      return undefined;
    };
    await expect(sync()).resolves.toMatchObject({ ended: 'done' });
    expect(await verify()).toMatchObject({ missing: 0 });
    expect(n).toBeGreaterThan(20);
  });
});

describe('a page that is more than is read of an answer', () => {
  test('is asked for in smaller ones, from then on', async () => {
    await generate(MANY);
    const limits: unknown[] = [];
    instead = ({ resource, query }) => {
      if (resource !== 'listObjects') return undefined;
      const { limit } = query as { limit: number };
      limits.push(limit);
      return limit > 30 ? TOO_LARGE : undefined;
    };
    await expect(sync(0)).resolves.toMatchObject({ ended: 'more' });
    expect(limits.slice(0, 3)).toEqual([100, 50, 25]);
    expect(await state()).toMatchObject({ cursor: { limit: 25 } });
    limits.length = 0;
    await expect(sync()).resolves.toMatchObject({ ended: 'done' });
    expect(new Set(limits)).toEqual(new Set([25]));
    expect(await verify()).toMatchObject({ ok: true, rows: MANY });
  });

  test('of a single record is read by its address; what does not fit there is set aside, with a reason that names it', async () => {
    await generate(20);
    const { body } = await crm.get('/crm/objects/2026-03/contacts?limit=1');
    const [{ id }] = body.results as [{ id: string }];
    instead = ({ resource, query, params }) =>
      (resource === 'readObjects' && !query?.archived) ||
      (resource === 'listObjects' && query && 'properties' in query) ||
      (resource === 'readObject' && params.objectId === id && (query?.properties ?? []).length > 1)
        ? TOO_LARGE
        : undefined;
    await expect(sync()).resolves.toMatchObject({ ended: 'done', read: 19 });
    const { set_aside: aside } = await state();
    expect(aside).toEqual({ [id]: expect.objectContaining({ reason: expect.stringContaining(id) }) });
  });

  test('is read in parts where it is read by ids, down to the one record that is named', async () => {
    await generate(20);
    await sync();
    const { body } = await crm.get('/crm/objects/2026-03/contacts?limit=20');
    const ids = (body.results as { id: string }[]).map(({ id }) => id);
    for (const id of ids)
      await crm.patch(`/crm/objects/2026-03/contacts/${id}`, { properties: { city: 'Bonn' } });
    instead = (request) =>
      request.resource === 'readObjects' && request.body.inputs.length > 3 ? TOO_LARGE : undefined;
    await expect(sync()).resolves.toMatchObject({ ended: 'done', read: 20 });
    expect(await verify()).toMatchObject({ ok: true });

    await crm.patch(`/crm/objects/2026-03/contacts/${ids[7]}`, { properties: { city: 'Berlin' } });
    instead = ({ resource, query }) =>
      (resource === 'readObjects' && !query?.archived) || resource === 'readObject' ? TOO_LARGE : undefined;
    await expect(sync()).resolves.toMatchObject({ ended: 'done', read: 0 });
    expect((await state()).set_aside).toEqual({ [ids[7]!]: expect.anything() });
    instead = ({ resource, query }) =>
      resource === 'readObjects' && !query?.archived ? TOO_LARGE : undefined;
    await expect(sync()).resolves.toMatchObject({ ended: 'done', read: 1 });
    expect(await verify()).toMatchObject({ ok: true });
  });
});
