import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { OPERATIONS } from '../../../src/api/operations.js';
import { makeClaimCode } from '../../../src/api/portals/install/claimCode.js';
import { ADVISORY_LOCKS } from '../../../src/db/advisoryLocks.js';
import { requestHashOf } from '../../../src/db/workspaces/answeredRequests.js';
import { until } from '../../support/until.js';
import { seedLane, WORKSPACE } from '../../support/throttle.js';
import { OTHER_WORKSPACE, startApi, type ApiHarness } from './harness.js';

const PORTAL = 7_300_001;

let harness: ApiHarness;
beforeAll(async () => {
  harness = await startApi();
  await seedLane(harness.database.admin, { portalId: PORTAL, limit: 1, intervalMs: 1000 });
});
afterAll(() => harness.close());

interface Case {
  readonly operation: string;
  readonly path: string;
  readonly body: object;
  /** Another body, which is valid as well. */
  readonly other: object;
  /** What it makes, as rows of a table. */
  readonly makes: string;
}

/** An API key that each case may have for itself. */
async function keyId(): Promise<string> {
  const made = await harness.api.must<{ id: string }>('POST', '/api/keys', {
    name: 'one',
    scopes: ['outbox'],
  });
  return made.id;
}

const CASES: Readonly<Record<string, () => Case | Promise<Case>>> = {
  createApiKey: () => ({
    ...{ operation: 'createApiKey', path: '/api/keys', makes: 'api_keys' },
    ...{ body: { name: 'shop', scopes: ['outbox'] }, other: { name: 'shop', scopes: ['crm'] } },
  }),
  rotateApiKey: async () => ({
    ...{ operation: 'rotateApiKey', path: `/api/keys/${await keyId()}/rotate`, makes: 'api_keys' },
    ...{ body: { graceSeconds: 60 }, other: { graceSeconds: 61 } },
  }),
  connectPortal: () => ({
    ...{ operation: 'connectPortal', path: '/api/portals', makes: 'notices' },
    body: { portalId: 41_000_009, accessToken: 'pat-41000009' },
    other: { portalId: 41_000_009, accessToken: 'pat-41000009', name: 'Acme' },
  }),
  createInstallLink: () => ({
    ...{ operation: 'createInstallLink', path: '/api/integrations/hubspot/links', makes: 'install_links' },
    ...{ body: { validForMinutes: 5 }, other: { validForMinutes: 6 } },
  }),
  claimPortal: () => {
    const claim = { portalId: 41_000_010, hubDomain: null, returnUrl: null };
    const code = () => makeClaimCode(harness.config, claim);
    return {
      ...{ operation: 'claimPortal', path: '/api/integrations/hubspot/claims', makes: 'install_links' },
      ...{ body: { code: code() }, other: { code: code(), features: ['events'] } },
    };
  },
  redriveDeadLetters: () => ({
    ...{ operation: 'redriveDeadLetters', path: '/api/outbox/redrives', makes: 'outbox_redrives' },
    ...{ body: { filter: {} }, other: { filter: {}, perSecond: 7 } },
  }),
  replayDryRun: () => ({
    ...{ operation: 'replayDryRun', path: '/api/outbox/replays', makes: 'outbox_redrives' },
    body: { filter: { since: '2026-01-01T00:00:00Z' } },
    other: { filter: { since: '2026-01-02T00:00:00Z' } },
  }),
  eraseRecord: () => ({
    ...{ operation: 'eraseRecord', path: '/api/erasures', makes: 'erasures' },
    body: { portalId: PORTAL, objectType: 'contacts', recordId: '51' },
    other: { portalId: PORTAL, objectType: 'contacts', recordId: '52' },
  }),
  registerContact: () => ({
    ...{ operation: 'registerContact', path: '/crm/register', makes: 'registrations' },
    ...{
      body: { portalId: PORTAL, contact: { email: 'a@example.com' } },
      other: { portalId: PORTAL, contact: { email: 'b@example.com' } },
    },
  }),
  createRecord: () => ({
    ...{
      operation: 'createRecord',
      path: `/api/objects/contacts?portalId=${PORTAL}`,
      makes: 'idempotency_keys',
    },
    body: { idProperty: 'sku', properties: { sku: 'u-1' } },
    other: { idProperty: 'sku', properties: { sku: 'u-2' } },
  }),
  upsertRecords: () => ({
    ...{
      operation: 'upsertRecords',
      path: `/api/objects/contacts/batch/upsert?portalId=${PORTAL}`,
      makes: 'idempotency_keys',
    },
    body: { records: [{ id: '51', properties: { firstname: 'Ada' } }] },
    other: { records: [{ id: '52', properties: { firstname: 'Ada' } }] },
  }),
  captureEvents: () => ({
    ...{ operation: 'captureEvents', path: '/api/events', makes: 'outbox_pending' },
    ...{ body: event('d-1'), other: event('d-2') },
  }),
};
const event = (driverId: string) => ({
  ...{ type: 'driver_signed_up', portalId: PORTAL, payload: { driverId, email: `${driverId}@example.com` } },
});

async function send(path: string, body: object, key: string, apiKey?: string) {
  const response = await fetch(`${harness.url}${path}`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${apiKey ?? (await harness.key())}`,
      ...{ 'content-type': 'application/json', 'idempotency-key': key },
    },
    body: JSON.stringify(body),
  });
  const { status, headers } = response;
  const kept = { status, cacheControl: headers.get('cache-control'), type: headers.get('content-type') };
  return { ...kept, text: await response.text(), replayed: headers.get('idempotent-replayed') };
}
const count = async (table: string) =>
  (await harness.database.admin.query<{ n: number }>(`SELECT count(*)::int AS n FROM ${table}`)).rows[0]!.n;
/** What it has made, beside the keys with which it is asked. */
async function made(table: string, work: () => Promise<unknown>): Promise<number> {
  const before = await count(table);
  await work();
  return (await count(table)) - before;
}

describe('an Idempotency-Key', () => {
  it('is tried with each operation that takes one', () => {
    const declared = OPERATIONS.filter(({ idempotent }) => idempotent).map(({ id }) => id);
    expect(Object.keys(CASES).sort()).toEqual(declared.sort());
  });

  it.each(Object.keys(CASES))('has %s done once, however often and at once it is asked for', async (name) => {
    const { path, body, other, makes } = await CASES[name]!();
    const key = randomUUID();
    const apiKey = await harness.key();
    let answers: Awaited<ReturnType<typeof send>>[] = [];
    const rows = await made(makes, async () => {
      answers = await Promise.all(Array.from({ length: 6 }, () => send(path, body, key, apiKey)));
    });
    const [first] = answers;
    expect([200, 201, 202]).toContain(first!.status);
    for (const answer of [...answers, await send(path, body, key, apiKey)])
      expect({ ...answer, replayed: null }).toEqual({ ...first, replayed: null });
    expect(answers.filter(({ replayed }) => replayed === null)).toHaveLength(1);
    expect(rows).toBe(1);

    expect(
      await made(makes, async () => {
        const refused = await send(path, other, key, apiKey);
        expect([refused.status, JSON.parse(refused.text)]).toEqual([
          422,
          expect.objectContaining({ type: 'urn:sluice:idempotency_conflict' }),
        ]);
      }),
    ).toBe(0);
  });

  it('belongs to its workspace and to one operation', async () => {
    const key = randomUUID();
    const { body } = await CASES.createInstallLink!();
    const ours = await send('/api/integrations/hubspot/links', body, key);
    expect((await send('/api/keys', { name: 'x', scopes: ['crm'] }, key)).status).toBe(422);
    const theirs = await send(
      '/api/integrations/hubspot/links',
      body,
      key,
      await harness.key({ workspaceId: OTHER_WORKSPACE }),
    );
    expect([ours.status, theirs.status, theirs.replayed]).toEqual([201, 201, null]);
    expect(theirs.text).not.toBe(ours.text);
  });

  it('comes with a body that is nested too deep: that is refused, as it is without a key', async () => {
    const text = `{"name":${'['.repeat(6000)}${']'.repeat(6000)}}`;
    const response = await fetch(`${harness.url}/api/keys`, {
      method: 'POST',
      headers: {
        authorization: harness.authorization,
        'content-type': 'application/json',
        'idempotency-key': randomUUID(),
      },
      body: text,
    });
    expect(response.status).toBe(400);
  });

  it('is not used up by what was refused', async () => {
    const key = randomUUID();
    const body = { portalId: 41_000_011, accessToken: 'pat-41000012' }; // another account's
    expect((await send('/api/portals', body, key)).status).toBe(400);
    expect((await send('/api/portals', { ...body, accessToken: 'pat-41000011' }, key)).status).toBe(201);
  });

  it('keeps no secret that can be read: answers are sealed', async () => {
    const { text } = await send('/api/keys', { name: 'sealed', scopes: ['crm'] }, 'a-key-of-mine');
    const { rows } = await harness.database.admin.query<{ row: string }>(
      'SELECT k::text AS row FROM idempotency_keys k',
    );
    const all = rows.map(({ row }) => row).join('\n');
    expect(rows.length).toBeGreaterThan(0);
    expect(all).not.toContain((JSON.parse(text) as { key: string }).key);
    expect(all).not.toContain('a-key-of-mine');
  });

  it.each([' ', 'x'.repeat(201)])('that is no key is refused: "%s"', async (key) => {
    expect((await send('/api/keys', { name: 'x', scopes: ['crm'] }, key)).status).toBe(400);
  });
});

describe('a request whose key is under way elsewhere', () => {
  /** A process that has taken the key, and may have done something that is not committed. */
  async function processWith(key: string): Promise<pg.Client> {
    const client = new pg.Client({ connectionString: harness.database.url.reveal() });
    client.on('error', () => undefined);
    await client.connect();
    const hash = requestHashOf(WORKSPACE, key).toString('hex');
    await client.query(`BEGIN; SET LOCAL app.workspace = '${WORKSPACE}'`);
    await client.query(`SELECT pg_advisory_xact_lock(${ADVISORY_LOCKS.request(`'${hash}'`)})`);
    await client.query(
      `INSERT INTO idempotency_keys (request_hash, workspace_id, body_hash, status) VALUES (decode('${hash}', 'hex'), $1, '', 201)`,
      [WORKSPACE],
    );
    return client;
  }

  it.each(['createApiKey', 'captureEvents'])(
    'waits without a connection, and is done once when that process has died: %s',
    async (name) => {
      const { path, body, makes } = await CASES[name]!();
      const key = randomUUID();
      const apiKey = await harness.key();
      const other = await processWith(key);
      const { rows } = await other.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
      let isAnswered = false;
      const rowsMade = await made(makes, async () => {
        const waiting = send(path, body, key, apiKey).finally(() => (isAnswered = true));
        const { pool } = harness.database;
        const seen: number[] = [];
        for (let n = 0; n < 40; n += 1) {
          seen.push(pool.totalCount - pool.idleCount);
          await new Promise((resolve) => setTimeout(resolve, 10));
        }
        expect(isAnswered).toBe(false);
        expect(seen.filter((busy) => busy === 0).length).toBeGreaterThan(20);
        await harness.database.admin.query('SELECT pg_terminate_backend($1)', [rows[0]!.pid]);
        expect(await waiting).toMatchObject({ status: name === 'createApiKey' ? 201 : 202, replayed: null });
      });
      expect(rowsMade).toBe(1);
    },
  );

  it('is told when to ask again, if that takes long', async () => {
    const key = randomUUID();
    const other = await processWith(key);
    try {
      const answer = await send('/api/keys', { name: 'late', scopes: ['crm'] }, key);
      expect([answer.status, JSON.parse(answer.text)]).toEqual([
        503,
        expect.objectContaining({ type: 'urn:sluice:unavailable' }),
      ]);
    } finally {
      await other.end();
    }
  }, 30_000);

  it('is answered as the first one was whose caller went away before its answer', async () => {
    const key = randomUUID();
    const apiKey = await harness.key();
    const leaving = new AbortController();
    const body = { name: 'lost answer', scopes: ['crm'] };
    const named = async () =>
      (await harness.database.admin.query(`SELECT FROM api_keys WHERE name = 'lost answer'`)).rowCount;
    const lost = fetch(`${harness.url}/api/keys`, {
      method: 'POST',
      signal: leaving.signal,
      headers: {
        ...{ authorization: `Bearer ${apiKey}`, 'content-type': 'application/json', 'idempotency-key': key },
      },
      body: JSON.stringify(body),
    }).catch(() => 'no answer');
    await until('the first one is committed', async () => (await named()) === 1, 10_000);
    leaving.abort();
    await lost;
    const again = await send('/api/keys', body, key, apiKey);
    expect([again.status, again.replayed]).toEqual([201, 'true']);
    const { key: newKey } = JSON.parse(again.text) as { key: string };
    const used = await fetch(`${harness.url}/api/workspace`, {
      headers: { authorization: `Bearer ${newKey}` },
    });
    expect([used.status, await named()]).toEqual([200, 1]);
  });
});
