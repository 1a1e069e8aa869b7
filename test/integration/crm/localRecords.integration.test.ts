import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { seedLane, WORKSPACE } from '../../support/throttle.js';
import { OTHER_WORKSPACE, startApi, type ApiHarness } from '../http/harness.js';

/* The paths under /objects of the former integration of HubSpot's records. */

const PORTAL = 7_210_001;
const SECOND = 7_210_002;
const FOREIGN = 7_210_003;
const COUNT = 45;
const BY_CURSOR = 'GET /objects/local-cursor?limit=100&after=<id>';

let harness: ApiHarness;
beforeAll(async () => {
  harness = await startApi();
  const { admin } = harness.database;
  await seedLane(admin, { portalId: PORTAL, limit: 1, intervalMs: 1000 });
  await seedLane(admin, { portalId: FOREIGN, workspaceId: OTHER_WORKSPACE, limit: 1, intervalMs: 1000 });
  await admin.query(
    `INSERT INTO sync_states (workspace_id, portal_id, object_type, live) VALUES ($1, $2, 'contacts', $3), ($1, $2, 'deals', 3)`,
    [WORKSPACE, PORTAL, COUNT],
  );
  // Every tenth id belongs to a record in the recycle bin.
  await admin.query(
    `INSERT INTO crm_records (workspace_id, portal_id, object_type, id, properties, hash, created_at, modified_at, read_at, source, archived_at)
     SELECT $1, $2, 'contacts', n * 7, jsonb_build_object('email', n || '@example.com'), 'x', now(), now(), now(), 'test', CASE WHEN n % 10 = 0 THEN now() END
       FROM generate_series(1, 50) n`,
    [WORKSPACE, PORTAL],
  );
  await admin.query(
    `INSERT INTO crm_records (workspace_id, portal_id, object_type, id, properties, hash, created_at, modified_at, read_at, source)
     SELECT $1, $2, 'deals', n, jsonb_build_object('notes', repeat('x', 2000000)), 'x', now(), now(), now(), 'test' FROM generate_series(1, 3) n`,
    [WORKSPACE, PORTAL],
  );
});
afterAll(() => harness.close());

interface Body {
  readonly page: number;
  readonly results: readonly { readonly id: string; readonly properties: Record<string, string> }[];
  readonly next_after: string | null;
  readonly detail?: string;
}
async function get(path: string, key?: string) {
  const response = await fetch(`${harness.url}${path}`, {
    headers: { authorization: `Bearer ${key ?? (await harness.key())}` },
  });
  return { status: response.status, body: (await response.json()) as Body };
}
const LIVE = Array.from({ length: 50 }, (_, n) => n + 1)
  .filter((n) => n % 10 !== 0)
  .map((n) => String(n * 7));

describe('GET /objects/local', () => {
  it('answers the first 20 where nothing else is asked, with the numbers of pages and records', async () => {
    const { status, body } = await get('/objects/local');
    expect(status).toBe(200);
    expect(Object.keys(body).sort()).toEqual(['limit', 'page', 'results', 'total_pages', 'total_records']);
    expect(body).toMatchObject({ page: 1, limit: 20, total_pages: 3, total_records: COUNT });
    expect(body.results.map(({ id }) => id)).toEqual(LIVE.slice(0, 20));
    expect(body.results[0]).toMatchObject({ properties: { email: '1@example.com' } });
  });

  it('shows each record on one page, and nothing behind the last page', async () => {
    const seen: string[] = [];
    for (const page of [1, 2, 3, 4]) {
      const { body } = await get(`/objects/local?page=${page}&limit=15`);
      expect(body).toMatchObject({ page, limit: 15, total_pages: 3, total_records: COUNT });
      seen.push(...body.results.map(({ id }) => id));
    }
    expect(seen).toEqual(LIVE);
  });

  it('counts by what the writers of pages have counted, and not by a look at all records', async () => {
    const { admin } = harness.database;
    await admin.query(
      `UPDATE sync_states SET live = 1000000 WHERE portal_id = $1 AND object_type = 'contacts'`,
      [PORTAL],
    );
    const { body } = await get('/objects/local?limit=100');
    expect(body).toMatchObject({ total_records: 1_000_000, total_pages: 10_000 });
    await admin.query(`UPDATE sync_states SET live = $2 WHERE portal_id = $1 AND object_type = 'contacts'`, [
      PORTAL,
      COUNT,
    ]);
  });

  it.each([
    ['page=0', 'page'],
    ['page=-1', 'page'],
    ['page=1.5', 'page'],
    ['page=two', 'page'],
    ['page=', 'page'],
    ['page=1&page=2', 'page'],
    ['page=1e300', 'page'],
    ['limit=0', 'limit'],
    ['limit=101', 'limit'],
    ['limit=ten', 'limit'],
    ['portalId=x', 'portalId'],
    ['objectType=contact', 'objectType'],
    ['offset=3', 'offset'],
  ])('refuses ?%s, and names the field', async (query, field) => {
    const { status, body } = await get(`/objects/local?${query}`);
    expect([status, body.detail]).toEqual([400, expect.stringContaining(field)]);
  });

  it('names the route of cursors to who asks for what has more than 100,000 records before it', async () => {
    expect((await get('/objects/local?page=1001&limit=100')).status).toBe(200);
    for (const query of ['page=1002&limit=100', 'page=100002&limit=1', 'page=9007199254740991']) {
      const { status, body } = await get(`/objects/local?${query}`);
      expect([status, body.detail]).toEqual([400, expect.stringContaining(BY_CURSOR)]);
    }
  });

  it('leaves no record out of a page that is too large for one answer: it says what to ask', async () => {
    const { status, body } = await get('/objects/local?objectType=deals');
    expect([status, body.detail]).toEqual([400, expect.stringContaining('ask for fewer than 20')]);
    const small = await get('/objects/local?objectType=deals&limit=1&page=3');
    expect(small.body.results.map(({ id }) => id)).toEqual(['3']);
  });
});

describe('GET /objects/local-cursor', () => {
  it('leads through all records by their ids, and ends with null', async () => {
    const seen: string[] = [];
    let after: string | null = '';
    while (after !== null) {
      const { status, body }: Awaited<ReturnType<typeof get>> = await get(
        `/objects/local-cursor?limit=10${after === '' ? '' : `&after=${after}`}`,
      );
      expect([status, Object.keys(body).sort()]).toEqual([200, ['next_after', 'results']]);
      seen.push(...body.results.map(({ id }) => id));
      expect(body.next_after).toBe(seen.length < COUNT ? seen.at(-1) : null);
      after = body.next_after;
    }
    expect(seen).toEqual(LIVE);
  });

  it('goes on behind an id that no record has', async () => {
    expect((await get('/objects/local-cursor?after=8&limit=1')).body.results[0]?.id).toBe('14');
    expect((await get('/objects/local-cursor?after=999999')).body).toEqual({ results: [], next_after: null });
  });

  it.each([
    'after=x',
    'after=-1',
    'after=0',
    'after=',
    'after=9223372036854775808',
    'limit=0',
    'limit=x',
    'page=1',
  ])('refuses ?%s in words', async (query) => {
    const { status, body } = await get(`/objects/local-cursor?${query}`);
    expect([status, body.detail]).toEqual([400, expect.stringContaining(query.split('=')[0]!)]);
  });
});

describe('the paths of the former integration', () => {
  const PATHS = ['/objects/local', '/objects/local-cursor'];

  it.each(PATHS)('%s needs a key with the scope crm', async (path) => {
    expect((await fetch(`${harness.url}${path}`)).status).toBe(401);
    const other = await harness.key({ scopes: ['throttle:read'] });
    expect((await get(path, other)).status).toBe(403);
    expect((await get(path, await harness.key({ scopes: ['crm'] }))).status).toBe(200);
  });

  it.each(PATHS)('%s says what is not mirrored, and shows nothing of another workspace', async (path) => {
    expect((await get(`${path}?objectType=tickets`)).body.detail).toBe(
      `The tickets of portal ${PORTAL} are not mirrored: npx sluice sync start ${PORTAL} tickets`,
    );
    const foreign = await harness.key({ workspaceId: OTHER_WORKSPACE });
    expect((await get(`${path}?portalId=${PORTAL}`, foreign)).status).toBe(404);
  });

  it.each(PATHS)('%s lists the portals where there are several, until one is named', async (path) => {
    const { admin } = harness.database;
    await seedLane(admin, { portalId: SECOND, limit: 1, intervalMs: 1000 });
    await admin.query(`UPDATE portals SET state = 'active' WHERE portal_id = $1`, [SECOND]);
    try {
      const { status, body } = await get(path);
      expect([status, body.detail]).toEqual([400, expect.stringContaining(`${PORTAL}, ${SECOND}`)]);
      expect((await get(`${path}?portalId=${PORTAL}`)).status).toBe(200);
    } finally {
      await admin.query(`UPDATE portals SET state = 'disconnected' WHERE portal_id = $1`, [SECOND]);
    }
  });
});
