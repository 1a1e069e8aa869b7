import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startSync } from '../../../src/db/sync/changeSync.js';
import { forWorkspace } from '../../../src/db/tenant.js';
import type { GatewayRequest, Outcome } from '../../../src/hubspot/gateway/gateway.js';
import { runSync } from '../../../src/services/sync/syncRun.js';
import { createValuesSweep } from '../../../src/worker/crm/valuesSweep.js';
import { seedLane, WORKSPACE } from '../../support/throttle.js';
import { until } from '../../support/until.js';
import { startApi, type ApiHarness } from '../http/harness.js';
import { startCrm, type CrmHarness } from '../sandbox/crmHarness.js';
import { PORTAL } from '../sandbox/harness.js';
import { crmGateway } from '../sync/crmGateway.js';

/* Values that are hard to keep, from HubSpot's answers through the mirror to whoever reads it. */

/** HubSpot takes 1,000 properties of a portal's own; with its own ones these are some 1,500. */
const WIDE = 900;
const HARD: Readonly<Record<string, string>> = {
  nul: 'a\0b',
  surrogate: 'x\ud83dy',
  escape: '\ue0000000 and \ue000',
  faces: '👩‍👩‍👧‍👦 🇨🇭 e\u0301 \u202Etxt',
  long: 'ß'.repeat(32 * 1024),
  lines: 'two\r\nlines, "quoted"; ;\t',
  quoted: `'; DROP TABLE crm_records; -- $1 \\`,
  number: '00012345678901234567890.10',
  json: '{"__proto__": {"x": 1}}',
};
const NAMES = Object.keys(HARD);

let harness: ApiHarness;
let crm: CrmHarness;
let id: string;
let key: string;
const sandboxed = crmGateway(() => crm);

beforeAll(async () => {
  [harness, crm] = await Promise.all([startApi(), startCrm()]);
  const { admin, pool } = harness.database;
  await seedLane(admin, { portalId: PORTAL, limit: 1, intervalMs: 1000 });
  key = await harness.key();
  for (let n = 0; n < WIDE; n += 100) {
    const names = Array.from({ length: 100 }, (_, k) => NAMES[n + k] ?? `wide_${n + k}`);
    const { status, body } = await crm.post('/crm/properties/2026-03/contacts/batch/create', {
      inputs: names.map((name) => ({
        ...{ name, label: name, type: 'string', fieldType: 'text', groupName: 'contactinformation' },
      })),
    });
    expect([status, body.errors]).toEqual([201, undefined]);
  }
  id = await crm.create('contacts', { email: 'hard@example.com', wide_899: 'the last' });
  await crm.create('contacts', { email: 'soft@example.com' });
  const db = forWorkspace(pool, WORKSPACE);
  await startSync(db, { workspaceId: WORKSPACE, portalId: PORTAL, objectType: 'contacts' });
  const { status } = await ask('PUT', `/api/objects/contacts/declared/nul?portalId=${PORTAL}`, {
    kind: 'text',
  });
  expect(status).toBe(200);
  for (const property of ['long', 'number'])
    await ask('PUT', `/api/objects/contacts/declared/${property}?portalId=${PORTAL}`, {
      kind: property === 'number' ? 'number' : 'text',
    });
  await sync();
}, 120_000);
afterAll(async () => {
  await crm?.close();
  await harness?.close();
});

/** HubSpot's answers with the values that no request could carry there. */
async function request(one: GatewayRequest): Promise<Outcome> {
  const outcome = await sandboxed.request(one);
  if (outcome.kind !== 'ok' || !['readObjects', 'listObjects'].includes(one.resource)) return outcome;
  const { results } = outcome.body as {
    results: { id: string; properties: Record<string, string | null> }[];
  };
  for (const record of results)
    if (record.id === id)
      for (const [name, value] of Object.entries(HARD))
        if (name in record.properties) record.properties[name] = value;
  return outcome;
}

async function sync(): Promise<void> {
  const run = await runSync(
    { pool: harness.database.pool, gateway: { request }, clock: { nowMs: () => Date.now() } },
    {
      object: { workspaceId: WORKSPACE, portalId: PORTAL, objectType: 'contacts' },
      ...{ signal: new AbortController().signal, untilMs: Infinity, onPage: () => undefined },
      onUnhandled: (error) => {
        throw error;
      },
    },
  );
  expect(run).toMatchObject({ ended: 'done' });
}

async function ask(method: string, path: string, body?: unknown) {
  const response = await fetch(`${harness.url}${path}`, {
    method,
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, text: await response.text() };
}
interface Shown {
  readonly id: string;
  readonly properties: Readonly<Record<string, string>>;
}
async function read<T>(path: string): Promise<T> {
  const { status, text } = await ask('GET', path);
  expect([path, status]).toEqual([path, 200]);
  return JSON.parse(text) as T;
}
const hard = ({ properties }: Shown) => Object.fromEntries(NAMES.map((name) => [name, properties[name]]));

describe('values that are hard to keep', () => {
  it('are answered as HubSpot has them: 64 KiB, NUL, half a character, faces, quotes, digits', async () => {
    const one = await read<Shown>(`/api/objects/contacts/${id}?portalId=${PORTAL}`);
    expect(hard(one)).toEqual(HARD);
    expect(one.properties['wide_899']).toBe('the last');
    const { items } = await read<{ items: Shown[] }>(`/api/objects/contacts?portalId=${PORTAL}`);
    expect(hard(items.find((item) => item.id === id)!)).toEqual(HARD);
    for (const path of ['/objects/local', '/objects/local-cursor']) {
      const { results } = await read<{ results: Shown[] }>(path);
      expect(hard(results.find((item) => item.id === id)!)).toEqual(HARD);
    }
  });

  it('are told by the feed as they are', async () => {
    interface Told {
      readonly recordId: string;
      readonly changed: Readonly<Record<string, { readonly after: string }>>;
    }
    const { changed } = await until(
      'the feed shows the record',
      async () =>
        (await read<{ items: Told[] }>('/api/changes')).items.find(({ recordId }) => recordId === id),
      20_000,
    );
    expect(Object.fromEntries(NAMES.map((name) => [name, changed[name]?.after]))).toEqual(HARD);
  });

  it('are exported as they are, one record a line, and a formula is none for who opens the table', async () => {
    const { text } = await ask('GET', `/api/objects/contacts/export?portalId=${PORTAL}`);
    const lines = text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Shown);
    expect(lines).toHaveLength(2);
    expect(hard(lines.find((line) => line.id === id)!)).toEqual(HARD);
    const csv = await ask(
      'GET',
      `/api/objects/contacts/export?format=csv&portalId=${PORTAL}&properties=faces,long`,
    );
    expect(csv.status).toBe(200);
    expect(csv.text).toContain(`"${HARD['faces']}"`.slice(1, -1));
    expect(csv.text).toContain(HARD['long']);
  });

  it('are found by what is declared, whatever is asked for', async () => {
    const sweep = createValuesSweep(harness.database.pool);
    await sweep.run(new AbortController().signal);
    const found = async (filter: string) => {
      const { status, text } = await ask(
        'GET',
        `/api/objects/contacts?portalId=${PORTAL}&filter=${encodeURIComponent(filter)}`,
      );
      return status === 200
        ? (JSON.parse(text) as { items: Shown[] }).items.map((one) => one.id)
        : `${status} ${text}`;
    };
    expect(await found('nul:eq:a\0b')).toEqual([id]);
    expect(await found('nul:prefix:a\0')).toEqual([id]);
    expect(await found(`long:prefix:${'ß'.repeat(100)}`)).toEqual([id]);
    expect(await found('number:gte:12345678901234567890')).toEqual([id]);
    expect(await found('nul:eq:ab')).toEqual([]);
  });

  it('are none of the next run: nothing has changed', async () => {
    const count = async () =>
      (await harness.database.admin.query<{ n: number }>('SELECT count(*)::int AS n FROM crm_changes'))
        .rows[0]!.n;
    const before = await count();
    await sync();
    expect(await count()).toBe(before);
  });
});
