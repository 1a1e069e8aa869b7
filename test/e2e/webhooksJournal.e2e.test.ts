import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { installApp } from '../support/installApp.js';
import { startStack, until, type Stack } from '../support/stack.js';

const PORTAL = 52_000_021;
const CONTACTS = 120;

let stack: Stack;
let token: string;
beforeAll(async () => {
  stack = await startStack({
    // A day of a minute has few calls: the questions for deleted records are too large a share of them.
    env: { WEBHOOKS_JOURNAL: 'true', WEBHOOKS_JOURNAL_POLL_MS: '500', ERROR_SHARE_PERCENT: '0' },
  });
  await stack.sandbox.settings({ clientCredentialsEnabled: true });
  await stack.sandbox.createPortal(PORTAL);
  await installApp(stack, PORTAL, ['throttle', 'sync']);
  token = (await stack.sandbox.install(PORTAL)).accessToken;
  await stack.sandbox.seed(PORTAL, 'contacts', CONTACTS, { email: 'person{n}@example.com', city: 'Bern' });
}, 90_000);
afterAll(() => stack?.stop(), 30_000);

/** HubSpot's API, as another app of the portal calls it. */
async function contacts(action: string, body: unknown): Promise<void> {
  const response = await fetch(`${stack.sandboxProcess.url}/crm/objects/2026-03/contacts/${action}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`${action}: ${response.status} ${await response.text()}`);
}
const rows = async <T extends object>(text: string) => (await stack.pool.query<T>(text)).rows;
const has = async (text: string) => (await rows(text)).length > 0;
const journal = () =>
  stack.api.must<{ state: string; tells: boolean; types: { told: number } }>('GET', '/api/webhooks/journal');

it('brings all that happens to a portal into the mirror by itself; the type is searched less often; and an uninstall stops the portal within seconds', async () => {
  await stack.api.must('POST', `/api/sync/${PORTAL}/contacts`, { action: 'start' });
  await until(
    'the mirror is filled',
    () => has('SELECT FROM sync_states WHERE fresh_until IS NOT NULL'),
    60_000,
  );
  await until('HubSpot tells of it', async () => (await journal()).types.told === 1, 60_000);
  // From now on nothing but the journal brings anything.
  const later = "due_at = now() + interval '1 day'";
  await stack.pool.query(`UPDATE sync_states SET ${later}`);
  await stack.pool.query(`UPDATE sync_passes SET ${later} WHERE pass <> 'webhooks'`);

  const ids = (await rows<{ id: string }>('SELECT id::text FROM crm_records ORDER BY id')).map(
    ({ id }) => id,
  );
  await contacts('batch/update', {
    inputs: ids.slice(0, 60).map((id) => ({ id, properties: { city: 'Geneva' } })),
  });
  await contacts('batch/create', {
    inputs: Array.from({ length: 10 }, (_, n) => ({ properties: { email: `new${n}@example.com` } })),
  });
  await contacts('batch/archive', { inputs: ids.slice(60, 70).map((id) => ({ id })) });
  await contacts('merge', { primaryObjectId: ids[70], objectIdToMerge: ids[71] });
  const verdict = async () =>
    stack.sandbox.verify(
      await rows(
        `SELECT portal_id::float8 AS "portalId", object_type AS "objectType", id::text, properties,
                archived_at IS NOT NULL AS archived FROM crm_records`,
      ),
      { portalId: PORTAL, types: 'contacts' },
    );
  const isAsHubSpot = async () => {
    const { ok, missing, ghosts, stale } = await verdict();
    if (!ok) throw new Error(JSON.stringify({ missing, ghosts, stale }));
    return true;
  };
  await until('the mirror is as HubSpot', isAsHubSpot, 30_000);

  expect(await journal()).toMatchObject({ state: 'reading', tells: true });
  await stack.pool.query("UPDATE sync_states SET due_at = now(), told_since = now() - interval '1 hour'");
  const isPutOff = () => has("SELECT FROM sync_states WHERE due_at > now() + interval '14 minutes'");
  await until('it was searched, and is to be again in a quarter of an hour', isPutOff, 30_000);

  const beganAt = Date.now();
  await stack.sandbox.uninstall(PORTAL);
  await until(
    'the portal is stopped',
    () => has(`SELECT FROM portals WHERE portal_id = ${PORTAL} AND state = 'reauth_required'`),
    20_000,
  );
  expect(Date.now() - beganAt).toBeLessThan(10_000);
}, 240_000);
