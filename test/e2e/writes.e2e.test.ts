import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { startStack, until, type Stack } from '../support/stack.js';

const WRITES = 1000;
const CALLERS = 10;
const IN_FLIGHT = 10;
const KEY = 'external_id';

let stack: Stack;
let portalId: number;
beforeAll(async () => {
  stack = await startStack({ env: { ERROR_SHARE_PERCENT: '0', API_REQUESTS_PER_MINUTE: '1000000' } });
  portalId = await stack.connectPortal();
  await hubspot('properties/2026-03/contacts', {
    ...{ name: KEY, label: 'External id', groupName: 'contactinformation' },
    ...{ type: 'string', fieldType: 'text', hasUniqueValue: true },
  });
}, 60_000);
afterAll(() => stack?.stop(), 30_000);

/** HubSpot's API, as another app of the portal calls it. */
async function hubspot<T>(path: string, body: unknown): Promise<T> {
  const response = await fetch(`${stack.sandboxProcess.url}/crm/${path}`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${stack.secrets.tokens.get(portalId)}`,
      'content-type': 'application/json',
    },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${path}: ${response.status} ${text}`);
  return JSON.parse(text) as T;
}

interface Written {
  readonly record: { readonly id: string; readonly properties: Record<string, string | null> };
}

it('writes of several callers each come true once, as they were answered, whatever HubSpot does meanwhile', async () => {
  await stack.api.must('POST', `/api/sync/${portalId}/contacts`, { action: 'start' });
  await until(
    'the mirror is filled',
    async () =>
      (await stack.pool.query('SELECT FROM sync_states WHERE fresh_until IS NOT NULL')).rowCount === 1,
    60_000,
  );
  for (const fault of [
    { kind: 'status', status: 429, policy: 'TEN_SECONDLY_ROLLING', share: 0.1, retryAfterSeconds: 1 },
    { kind: 'status', status: 503, share: 0.1 },
    { kind: 'answerLost', share: 0.1 },
  ] as const)
    await stack.sandbox.fault({ target: 'crm', path: '/batch/upsert', portalId, ...fault });

  const answered = new Map<string, string>();
  let refusals = 0;
  async function write(n: number): Promise<void> {
    const value = `key-${n}`;
    const body = {
      idProperty: KEY,
      properties: { [KEY]: value, email: `written${n}@example.com`, firstname: `Name ${n}` },
    };
    for (;;) {
      const path = `/api/objects/contacts?portalId=${portalId}`;
      const { status, headers, body: answer } = await stack.api.request<Written>('POST', path, body);
      if (status < 300) return void answered.set(value, answer.record.id);
      // To come again is all that a caller has to do.
      expect([429, 503]).toContain(status);
      refusals += 1;
      const seconds = Number(headers.get('retry-after'));
      expect(seconds).toBeGreaterThan(0);
      await delay(seconds * 1000);
    }
  }
  let next = 0;
  const caller = async () => {
    for (let n = next++; n < WRITES; n = next++) await write(n);
  };
  await Promise.all(Array.from({ length: CALLERS * IN_FLIGHT }, caller));
  await stack.sandbox.endFaults();

  expect(refusals).toBeGreaterThan(0);
  expect([answered.size, new Set(answered.values()).size]).toEqual([WRITES, WRITES]);
  const values = [...answered.keys()];
  const found = new Map<string, { id: string; name: string | null }>();
  for (let from = 0; from < values.length; from += 100) {
    const { results } = await hubspot<{ results: Written['record'][] }>(
      'objects/2026-03/contacts/batch/read',
      {
        ...{ idProperty: KEY, properties: [KEY, 'firstname'], propertiesWithHistory: [] },
        inputs: values.slice(from, from + 100).map((id) => ({ id })),
      },
    );
    for (const { id, properties } of results)
      found.set(properties[KEY] ?? '', { id, name: properties.firstname ?? null });
  }
  // HubSpot has each once, under the id that was answered and with what was written.
  for (const [value, id] of answered)
    expect(found.get(value)).toEqual({ id, name: `Name ${value.slice('key-'.length)}` });
  const { contacts = 0 } = (await stack.sandbox.crm(portalId)).records;
  await until(
    'the mirror has them',
    async () => {
      const { rows } = await stack.pool.query<{ n: number }>(
        'SELECT count(*)::int AS n FROM crm_records WHERE portal_id = $1 AND archived_at IS NULL',
        [portalId],
      );
      return rows[0]?.n === contacts;
    },
    60_000,
  );
  expect(contacts).toBe(WRITES);
}, 240_000);
