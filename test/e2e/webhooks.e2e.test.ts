import os from 'node:os';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { runCli } from '../../src/cli/program.js';
import { startStack, until, type Stack } from '../support/stack.js';

const CONTACTS = 400;
const COMPANIES = 30;
const PAIRS = 'contacts>companies,companies>contacts';

let stack: Stack;
let portalId: number;
beforeAll(async () => {
  // A day of a minute has few calls: the questions for deleted records are too large a share of them.
  stack = await startStack({ env: { ERROR_SHARE_PERCENT: '0' } });
  portalId = await stack.connectPortal();
  await stack.sandbox.seed(portalId, 'contacts', CONTACTS, { email: 'person{n}@example.com', city: 'Bern' });
  await stack.sandbox.seed(portalId, 'companies', COMPANIES, { name: 'Company {n}' });
}, 60_000);
afterAll(() => stack?.stop(), 30_000);

/** HubSpot's API, as another app of the portal calls it. */
async function hubspot(path: string, body: unknown) {
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
  return (text === '' ? {} : JSON.parse(text)) as { results?: { id: string }[] };
}
const contacts = (action: string, body: unknown) => hubspot(`objects/2026-03/contacts/${action}`, body);
const rows = async <T extends object>(text: string) => (await stack.pool.query<T>(text)).rows;
const idsOf = async (type: string) =>
  (
    await rows<{ id: string }>(`SELECT id::text FROM crm_records WHERE object_type = '${type}' ORDER BY id`)
  ).map(({ id }) => id);

/** Both types with what they are associated with; from then on nothing but webhooks brings anything. */
async function mirror(): Promise<void> {
  for (const [type, other] of [
    ['contacts', 'companies'],
    ['companies', 'contacts'],
  ])
    await stack.api.must('POST', `/api/sync/${portalId}/${type}`, { action: 'start', associations: [other] });
  const isFollowed = async () =>
    (await rows('SELECT FROM sync_states WHERE fresh_until IS NOT NULL AND lease_until IS NULL')).length ===
    2;
  await until('the mirror is filled', isFollowed, 60_000);
  const later = "due_at = now() + interval '1 day'";
  await stack.pool.query(`UPDATE sync_states SET ${later}`);
  await stack.pool.query(`UPDATE sync_passes SET ${later} WHERE pass <> 'webhooks'`);
}

async function edit(ids: readonly string[], city: string): Promise<void> {
  for (let from = 0; from < ids.length; from += 100)
    await contacts('batch/update', {
      inputs: ids.slice(from, from + 100).map((id) => ({ id, properties: { city } })),
    });
}

/** The mirror's rows as the sandbox sees them. */
async function verdict() {
  const records = await rows(
    `SELECT portal_id::float8 AS "portalId", object_type AS "objectType", id::text, properties,
            archived_at IS NOT NULL AS archived FROM crm_records`,
  );
  const edges = await rows(
    `SELECT portal_id::float8 AS "portalId", from_type AS "fromType", from_id::text AS "fromId", to_type AS "toType",
            to_id::text AS "toId", category, type_id AS "typeId", label FROM crm_edges WHERE removed_at IS NULL`,
  );
  return stack.sandbox.verify([...records, ...edges], {
    portalId,
    types: 'contacts,companies',
    pairs: PAIRS,
  });
}

it('edits, new and deleted records, merges and associations come by webhooks alone, shuffled, doubled, with an API that is killed meanwhile: the mirror is as HubSpot, no event is lost', async () => {
  await mirror();
  const targetUrl = new URL('/api/integrations/hubspot/webhooks', stack.actionUrl()).href;
  await stack.sandbox.setWebhooks({ targetUrl, shuffle: true, double: 0.3, retryBaseMs: 200 });
  const [people, companies] = [await idsOf('contacts'), await idsOf('companies')];
  await edit(people.slice(0, 150), 'Geneva');
  await until('events come in', async () => (await rows('SELECT FROM webhook_events')).length > 0, 10_000);
  await stack.apis[0]!.kill();
  await edit(people.slice(150, 300), 'Geneva');
  await contacts('batch/create', {
    inputs: Array.from({ length: 20 }, (_, n) => ({ properties: { email: `new${n}@example.com` } })),
  });
  await contacts('batch/archive', { inputs: people.slice(300, 320).map((id) => ({ id })) });
  const isRefused = async () => ((await stack.sandbox.webhooks()).byStatus['0'] ?? 0) > 0;
  await until('nobody takes an event', isRefused, 10_000);
  await stack.apis[0]!.restart();
  for (let n = 0; n < 10; n += 1) {
    const [primaryObjectId, objectIdToMerge] = [people[320 + 2 * n], people[321 + 2 * n]];
    await contacts('merge', { primaryObjectId, objectIdToMerge });
  }
  await hubspot('associations/2026-03/contacts/companies/batch/associate/default', {
    inputs: companies.map((id, n) => ({ from: { id: people[n] }, to: { id } })),
  });

  const isThrough = async () =>
    (await stack.sandbox.webhooks()).pending === 0 && (await rows('SELECT FROM webhook_reads')).length === 0;
  await until('all events have come, and what they name is read', isThrough, 60_000);
  const { produced, doubled, sent, retried, givenUp, lost, overflowed } = await stack.sandbox.webhooks();
  expect(await verdict()).toMatchObject({
    ...{ ok: true, missing: 0, ghosts: 0, stale: 0 },
    associations: { missing: 0, ghosts: 0, edges: 2 * COMPANIES },
  });
  // 300 values, 20 records with their address, 20 deletions, 10 merges, and an association from both sides.
  expect(produced).toBe(300 + 40 + 20 + 10 + 2 * COMPANIES);
  expect({ sent, lost, overflowed, givenUp }).toEqual({
    sent: produced + doubled,
    lost: 0,
    overflowed: 0,
    givenUp: 0,
  });
  expect(Math.min(doubled, retried)).toBeGreaterThan(0);
  expect(await rows('SELECT FROM webhook_events')).toHaveLength(produced);
  const told = await rows<{ action: string; count: number }>(
    "SELECT action, count(*)::int FROM crm_changes WHERE object_type = 'contacts' AND NOT initial AND action IN ('Updated', 'Created', 'Deleted', 'Merged') GROUP BY 1",
  );
  expect(Object.fromEntries(told.map(({ action, count }) => [action, count]))).toEqual({
    ...{ Updated: 300, Created: 20, Deleted: 20, Merged: 10 },
  });
}, 180_000);

it('subscriptions of a legacy public app are what is mirrored, by the command line, with a developer key that is nowhere printed', async () => {
  const KEY = 'sandbox-developer-key';
  async function subscriptions(...args: string[]) {
    const said: string[] = [];
    const code = await runCli(['webhooks', 'subscriptions', ...args, '--json'], {
      out: (text) => void said.push(text),
      err: (text) => void said.push(text),
      env: {
        ...{ ...stack.env, SLUICE_API_URL: stack.apis[0]!.url, SLUICE_API_KEY: stack.secrets.apiKey },
        HUBSPOT_DEVELOPER_API_KEY: KEY,
      },
      cwd: os.tmpdir(),
    });
    expect(said.join('')).not.toContain(KEY);
    return { code, said: JSON.parse(said[0]!) };
  }
  const { file } = await stack.api.must<{
    file: { config: { settings: unknown; subscriptions: Record<string, unknown[]> } };
  }>('GET', '/api/webhooks/project');
  const wanted = Object.values(file.config.subscriptions).flat().length;
  expect((await subscriptions('show')).said).toEqual({ settings: null, subscriptions: [] });
  const before = await subscriptions('diff');
  expect([before.code, before.said.create.length]).toEqual([1, wanted]);
  expect((await subscriptions('apply', '--dry-run')).code).toBe(0);
  expect((await subscriptions('show')).said.subscriptions).toEqual([]);
  expect((await subscriptions('apply')).said).toMatchObject({ detail: expect.stringContaining('--yes') });
  expect(await subscriptions('apply', '--yes')).toMatchObject({ code: 0, said: { refused: [] } });
  expect((await subscriptions('diff')).code).toBe(0);
  const there = (await subscriptions('show')).said;
  expect(there.settings).toEqual(file.config.settings);
  expect(there.subscriptions).toHaveLength(wanted);
}, 60_000);
