import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { seedLane, WORKSPACE } from '../../support/throttle.js';
import { OTHER_WORKSPACE, startApi, type ApiHarness } from '../http/harness.js';

const [PORTAL, FOREIGN] = [7_300_001, 7_300_002];
const [ID, ADDRESS] = ['88001234567', 'ada.stored@example.com'];

let harness: ApiHarness;
beforeAll(async () => {
  harness = await startApi();
  const lane = { limit: 1, intervalMs: 1000 };
  await seedLane(harness.database.admin, { portalId: PORTAL, ...lane });
  await seedLane(harness.database.admin, { portalId: FOREIGN, workspaceId: OTHER_WORKSPACE, ...lane });
  await harness.database.admin.query(
    `INSERT INTO crm_records (workspace_id, portal_id, object_type, id, properties, hash, created_at, modified_at, read_at, source)
     VALUES ($1, $2, 'contacts', $3, $4, '', now(), now(), now(), 'test')`,
    [
      WORKSPACE,
      PORTAL,
      ID,
      JSON.stringify({ email: ADDRESS, hs_additional_emails: 'second@example.com;third@example.com' }),
    ],
  );
  await harness.database.admin.query(
    `INSERT INTO outbox_history (id, workspace_id, portal_id, type, payload, captured_at, processed_at, mode)
     SELECT n, $1, $2, 'x', jsonb_build_object('mail', CASE WHEN n % 3 = 0 THEN 'Second@Example.com' ELSE 'other@example.com' END), now(), now(), 'live'
       FROM generate_series(1, 12) n`,
    [WORKSPACE, PORTAL],
  );
});
afterAll(() => harness.close());

async function ask<T = Record<string, unknown>>(method: string, path: string, body?: unknown) {
  const response = await fetch(`${harness.url}${path}`, {
    method,
    headers: { authorization: harness.authorization, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: (await response.json()) as T };
}
interface Stored {
  readonly items: readonly { readonly table: string; readonly row: Record<string, unknown> }[];
  readonly next: string | null;
}
async function stored(limit: number): Promise<Stored['items']> {
  const items: Stored['items'][number][] = [];
  let after = '';
  for (let pages = 0; pages < 200; pages += 1) {
    const { body } = await ask<Stored>(
      'GET',
      `/api/stored/contacts/${ID}?portalId=${PORTAL}&limit=${limit}${after}`,
    );
    expect(body.items.length).toBeLessThanOrEqual(limit);
    items.push(...body.items);
    if (body.next === null) return items;
    after = `&after=${body.next}`;
  }
  throw new Error('There is no end to it');
}

describe('all that is stored of a record', () => {
  it('is shown, from every table, the same in pages of whatever size', async () => {
    const all = await stored(200);
    expect(all.map(({ table }) => table)).toEqual([
      'crm_records',
      ...Array.from({ length: 4 }, () => 'outbox_history'),
    ]);
    expect(all[0]!.row).toMatchObject({ properties: { email: ADDRESS } });
    expect(await stored(1)).toEqual(all);
    expect(await stored(3)).toEqual(all);
  });

  it('is asked for in words that are understood: no cursor that somebody made up, no portal of others', async () => {
    const made = Buffer.from(JSON.stringify({ at: 'outbox_history/0', after: ['x', 'y'] })).toString(
      'base64url',
    );
    for (const after of ['x', made, Buffer.from('{"at":"nowhere","after":null}').toString('base64url')])
      expect((await ask('GET', `/api/stored/contacts/${ID}?portalId=${PORTAL}&after=${after}`)).status).toBe(
        400,
      );
    expect((await ask('GET', `/api/stored/contacts/${ID}?portalId=${FOREIGN}`)).status).toBe(404);
    expect((await ask('GET', `/api/stored/things/${ID}?portalId=${PORTAL}`)).status).toBe(400);
  });
});

describe('an erasure that is asked for', () => {
  const body = { portalId: PORTAL, objectType: 'contacts', recordId: ID };

  it('says beforehand what it would look for, and changes nothing', async () => {
    const seen = await ask('POST', '/api/erasures', { ...body, also: ['+49301234567'], preview: true });
    expect(seen).toEqual({
      status: 200,
      body: {
        ...body,
        mirrored: true,
        words: [ADDRESS, 'second@example.com', 'third@example.com', '+49301234567'],
      },
    });
    expect(await stored(200)).toHaveLength(5);
    expect((await ask('POST', '/api/erasures', { ...body, portalId: FOREIGN })).status).toBe(404);
    expect((await ask('POST', '/api/erasures', { ...body, also: ['ada'] })).status).toBe(400);
  });

  it('is begun with its answer, listed, and on record without the id of whom it was', async () => {
    const begun = await ask<{ id: string; mark: string }>('POST', '/api/erasures', body);
    expect(begun).toMatchObject({
      status: 202,
      body: { doneAt: null, erased: { crm_records: 1 }, failure: null },
    });
    expect((await ask<Stored>('GET', '/api/erasures')).body.items).toMatchObject([{ id: begun.body.id }]);
    const { rows } = await harness.database.admin.query<{ subject: object }>(
      `SELECT subject FROM audit_entries WHERE operation = 'record.erase'`,
    );
    expect(rows).toEqual([
      { subject: { objectType: 'contacts', erasure: begun.body.id, mark: begun.body.mark } },
    ]);
    expect(JSON.stringify(begun.body)).not.toContain(ID);
  });
});
