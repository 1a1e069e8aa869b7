import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createValuesSweep } from '../../../src/worker/crm/valuesSweep.js';
import type { Page } from '../../support/apiClient.js';
import { seedLane, WORKSPACE } from '../../support/throttle.js';
import { startApi, type ApiHarness } from '../http/harness.js';

const PORTAL = 7_220_001;
const DECLARED = '/api/objects/deals/declared';

let harness: ApiHarness;
beforeAll(async () => {
  harness = await startApi();
  const { admin } = harness.database;
  await seedLane(admin, { portalId: PORTAL, limit: 1, intervalMs: 1000 });
  await admin.query(
    `INSERT INTO sync_states (workspace_id, portal_id, object_type, live, fresh_until) VALUES
       ($1, $2, 'deals', 6, now() - interval '90 seconds'), ($1, $2, 'tickets', 0, NULL)`,
    [WORKSPACE, PORTAL],
  );
  await admin.query(
    `INSERT INTO crm_records (workspace_id, portal_id, object_type, id, properties, hash, created_at, modified_at, read_at, source, archived_at)
     SELECT $1, $2, 'deals', n, jsonb_build_object('dealname', 'Deal ' || n, 'amount', (n * 10)::text, 'city', CASE n % 2 WHEN 0 THEN 'Bonn' ELSE 'Berlin' END),
            'x', now(), now(), now(), 'test', CASE WHEN n = 7 THEN now() END FROM generate_series(1, 7) n`,
    [WORKSPACE, PORTAL],
  );
});
afterAll(() => harness.close());

async function ask<T = Page<{ id: string }>>(
  method: string,
  path: string,
  { body, headers = {} }: { body?: unknown; headers?: Record<string, string> } = {},
) {
  const response = await fetch(`${harness.url}${path}`, {
    method,
    headers: {
      authorization: harness.authorization,
      'content-type': 'application/json',
      ...headers,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    body: (text === '' ? {} : JSON.parse(text)) as T & { detail?: string },
  };
}
const fill = () => createValuesSweep(harness.database.pool).run(new AbortController().signal);
const ids = async (query: string) => {
  const { status, body } = await ask('GET', `/api/objects/deals?${query}`);
  return status === 200 ? body.items.map(({ id }) => Number(id)) : body.detail;
};

describe('the records of a type', () => {
  it('are not found by a property that nobody has declared: what is declared is said, and how more is', async () => {
    expect(await ids('filter=amount:gte:20')).toBe(
      `filter.0: amount is not declared, so records are not found by it (none is declared): npx sluice records declare deals amount --portal ${PORTAL}`,
    );
    for (const [property, kind] of [
      ['amount', 'number'],
      ['city', 'text'],
    ]) {
      const { status, body } = await ask<{ state: string }>('PUT', `${DECLARED}/${property}`, {
        body: { kind },
      });
      expect([status, body]).toMatchObject([200, { property, kind, state: 'filling', filled: 0 }]);
    }
    const filling = await ask('GET', '/api/objects/deals?sort=amount');
    expect([filling.status, filling.body.detail]).toEqual([
      409,
      expect.stringContaining('is being filled in'),
    ]);
    await fill();
    const { body } = await ask<Page<{ property: string }>>('GET', DECLARED);
    expect(body.items).toMatchObject([
      { property: 'amount', kind: 'number', state: 'ready', filled: 7 },
      { property: 'city', state: 'ready' },
    ]);
    expect(await ids('sort=dealname')).toContain('(declared are amount, city)');
  });

  it('are found and sorted by those that are, page by page', async () => {
    expect(await ids('filter=amount:gte:20&filter=amount:lt:50')).toEqual([2, 3, 4]);
    expect(await ids('filter=city:eq:Bonn&sort=-amount')).toEqual([6, 4, 2]);
    expect(await ids('filter=city:prefix:B&sort=amount')).toEqual([1, 2, 3, 4, 5, 6]);
    expect(await ids('filter=city:none')).toEqual([]);
    expect(await ids('sort=-amount&archived=true')).toEqual([7]);
    expect(await ids('archived=true')).toEqual([7]);
    const seen: string[] = [];
    let next: string | null = '';
    while (next !== null) {
      const after: string = next === '' ? '' : `&after=${next}`;
      const page: Page<{ id: string }> = (await ask('GET', `/api/objects/deals?sort=-amount&limit=2${after}`))
        .body;
      seen.push(...page.items.map(({ id }) => id));
      next = page.next;
    }
    expect(seen).toEqual(['6', '5', '4', '3', '2', '1']);
  });

  it.each([
    ['filter=amount', 'filter.0'],
    ['filter=amount:about:3', 'filter.0'],
    ['filter=amount:gte:', 'filter.0'],
    ['filter=amount:none:3', 'filter.0'],
    ['filter=amount:gte:much', "'much' is none"],
    ['filter=amount:prefix:1', 'prefix is for text'],
    ['filter=a%20b:eq:1', 'filter.0'],
    [`filter=city:gt:${'x'.repeat(128)}`, 'first 127 characters'],
    ['sort=', 'sort'],
    ['sort=--amount', 'sort'],
    ['sort=amount&sort=city', 'sort'],
    ['archived=1', 'archived'],
    ['sort=amount&after=3', 'after'],
    ['sort=amount&after=W10', 'after'],
    ['sort=amount&after=WyIxIiwiXHUwMDAwIl0', 'after'],
    ['after=WyIxIl0', 'after'],
    ['after=-1', 'after'],
    ['limit=0', 'limit'],
    ['limit=101', 'limit'],
    ['limit=x', 'limit'],
    [Array.from({ length: 11 }, () => 'filter=city:any').join('&'), 'filter'],
  ])('refuse ?%s in words', async (query, words) => {
    const { status, body } = await ask('GET', `/api/objects/deals?${query}`);
    expect([status, body.detail]).toEqual([400, expect.stringContaining(words)]);
  });

  it('say how old they are, and are answered without a body to who has them already', async () => {
    for (const path of ['/api/objects/deals/3', '/api/objects/deals?sort=amount']) {
      const first = await ask('GET', path);
      const tag = first.headers.get('etag') ?? '';
      expect(Number(first.headers.get('x-data-age'))).toBeGreaterThanOrEqual(90);
      const again = await ask('GET', path, { headers: { 'if-none-match': tag } });
      expect([again.status, again.body, again.headers.get('etag')]).toEqual([304, {}, tag]);
      await harness.database.admin.query(
        `UPDATE crm_records SET version = version + 1 WHERE portal_id = $1 AND id = 3`,
        [PORTAL],
      );
      expect((await ask('GET', path, { headers: { 'if-none-match': tag } })).status).toBe(200);
    }
    expect((await ask('GET', '/api/objects/tickets')).headers.get('x-data-age')).toBe('loading');
  });

  it('are answered by the ids of those that were merged into them, and from the recycle bin where that is asked', async () => {
    await harness.database.admin.query(
      `INSERT INTO crm_aliases (workspace_id, portal_id, object_type, id, survivor_id) VALUES ($1, $2, 'deals', 900, 4), ($1, $2, 'tickets', 901, 4)`,
      [WORKSPACE, PORTAL],
    );
    expect((await ask('GET', '/api/objects/deals/900')).body).toMatchObject({
      id: '4',
      properties: { dealname: 'Deal 4' },
    });
    expect((await ask('GET', '/api/objects/deals/901')).status).toBe(404);
    expect((await ask('GET', '/api/objects/deals/7')).status).toBe(404);
    expect((await ask('GET', '/api/objects/deals/7?archived=true')).body).toMatchObject({ id: '7' });
    expect((await ask('GET', '/api/objects/deals/4?archived=true')).status).toBe(404);
  });

  it('are answered with those that they are associated with, of the types that are asked for, and say where there are more', async () => {
    const { admin } = harness.database;
    const edge = `INSERT INTO crm_edges (workspace_id, portal_id, from_type, from_id, to_type, to_id, category, type_id, label, read_at, removed_at)`;
    await admin.query(
      `${edge} VALUES ($1, $2, 'deals', 3, 'companies', 12, 'HUBSPOT_DEFINED', 5, 'Primary', now(), NULL), ($1, $2, 'deals', 3, 'companies', 12, 'HUBSPOT_DEFINED', 341, NULL, now(), NULL),
         ($1, $2, 'deals', 3, 'companies', 9, 'HUBSPOT_DEFINED', 341, NULL, now(), NULL), ($1, $2, 'deals', 3, 'companies', 10, 'HUBSPOT_DEFINED', 341, NULL, now(), now()),
         ($1, $2, 'deals', 3, 'tickets', 77, 'HUBSPOT_DEFINED', 27, NULL, now(), NULL), ($1, $2, 'contacts', 3, 'companies', 13, 'HUBSPOT_DEFINED', 1, NULL, now(), NULL)`,
      [WORKSPACE, PORTAL],
    );
    await admin.query(
      `${edge} SELECT $1, $2, 'deals', 4, 'contacts', n, 'HUBSPOT_DEFINED', 3, NULL, now(), NULL FROM generate_series(1, 250) n`,
      [WORKSPACE, PORTAL],
    );
    interface Expanded {
      readonly associations?: Record<string, { items: { id: string; types: unknown[] }[]; more: boolean }>;
    }
    const one = await ask<Expanded>('GET', '/api/objects/deals/3?associations=companies,contacts');
    expect(one.body.associations).toEqual({
      companies: {
        items: [
          { id: '9', types: [{ category: 'HUBSPOT_DEFINED', typeId: 341, label: null }] },
          {
            id: '12',
            types: [
              { category: 'HUBSPOT_DEFINED', typeId: 5, label: 'Primary' },
              { category: 'HUBSPOT_DEFINED', typeId: 341, label: null },
            ],
          },
        ],
        more: false,
      },
      contacts: { items: [], more: false },
    });
    expect((await ask<Expanded>('GET', '/api/objects/deals/3')).body.associations).toBeUndefined();
    const list = await ask<Page<Expanded>>('GET', '/api/objects/deals?associations=contacts&limit=4');
    expect(
      list.body.items.map(({ associations }) => [
        associations?.contacts?.items.length,
        associations?.contacts?.more,
      ]),
    ).toEqual([...[0, 0, 0].map(() => [0, false]), [200, true]]);
    for (const query of [
      'associations=company',
      'associations=',
      'associations=contacts,companies,deals,tickets,2-1,2-2',
    ])
      expect((await ask('GET', `/api/objects/deals?${query}`)).body.detail).toContain('associations');
  });

  it('are no longer found by what is not declared any more; each declaration is in the audit chain', async () => {
    expect((await ask('DELETE', `${DECLARED}/city`)).status).toBe(204);
    expect((await ask('DELETE', `${DECLARED}/city`)).status).toBe(404);
    expect(await ids('filter=city:eq:Bonn')).toContain('(declared are amount)');
    await fill();
    expect((await ask<Page<{ property: string }>>('GET', DECLARED)).body.items).toMatchObject([
      { property: 'amount' },
    ]);
    const { rows } = await harness.database.admin.query<{ operation: string; subject: unknown }>(
      `SELECT operation, subject FROM audit_entries WHERE operation LIKE 'records.%' ORDER BY seq`,
    );
    expect(rows).toMatchObject([
      { operation: 'records.declare', subject: { property: 'amount', kind: 'number' } },
      { operation: 'records.declare', subject: { property: 'city' } },
      { operation: 'records.undeclare', subject: { property: 'city', objectType: 'deals' } },
    ]);
    expect((await ask('PUT', `${DECLARED}/a%20b`, { body: {} })).status).toBe(404);
    expect((await ask('PUT', `${DECLARED}/x`, { body: { kind: 'money' } })).status).toBe(400);
    expect((await ask('PUT', '/api/objects/leads/declared/x', { body: {} })).status).toBe(400);
  });
});
