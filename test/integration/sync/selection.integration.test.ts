import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { noteDefinitions } from '../../../src/db/sync/properties.js';
import type { PropertyDefinition } from '../../../src/domain/crm/propertyDefinition.js';
import { storeText } from '../../../src/domain/crm/storedText.js';
import type { Page } from '../../support/apiClient.js';
import { seedLane, WORKSPACE } from '../../support/throttle.js';
import { OTHER_WORKSPACE, startApi, type ApiHarness } from '../http/harness.js';

const PORTAL = 7_210_001;
const FOREIGN = 7_210_002;
const OF_CONTACTS = `/api/sync/${PORTAL}/contacts`;

let harness: ApiHarness;
beforeAll(async () => {
  harness = await startApi();
  const rate = { limit: 1, intervalMs: 1000 };
  await seedLane(harness.database.admin, { portalId: PORTAL, ...rate });
  await seedLane(harness.database.admin, { portalId: FOREIGN, workspaceId: OTHER_WORKSPACE, ...rate });
});
afterAll(() => harness.close());
beforeEach(async () => {
  for (const table of ['sync_states', 'sync_passes', 'sync_properties', 'crm_property_defs'])
    await harness.database.admin.query(`DELETE FROM ${table}`);
});

async function ask<T = Record<string, unknown>>(method: string, path: string, body?: unknown) {
  const response = await fetch(`${harness.url}${path}`, {
    method,
    headers: { authorization: harness.authorization, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: (await response.json()) as T & { detail?: string } };
}

const define = (name: string, more: Partial<PropertyDefinition> = {}): PropertyDefinition => ({
  ...{ name, label: name, type: 'string', fieldType: 'text', options: [], calculated: false },
  ...{ dataSensitivity: 'non_sensitive', ...more },
});
const note = (...now: PropertyDefinition[]) =>
  noteDefinitions(
    harness.database.pool,
    { workspaceId: WORKSPACE, portalId: PORTAL, objectType: 'contacts' },
    now,
  );
type Definition = Record<'name' | 'version' | 'label' | 'kept' | 'archived' | 'replacedAt', unknown>;

describe('the properties of a mirrored type over the API', () => {
  it('are listed by name, page by page, as they stand or in each version', async () => {
    await ask('POST', OF_CONTACTS, { action: 'start' });
    const email = define('email', { label: storeText('E-mail\0') });
    await note(define('city'), email, define('size'));
    await note(define('city', { label: 'Town' }), email);
    const first = await ask<Page<Definition>>('GET', `${OF_CONTACTS}/properties?limit=2`);
    expect(first.body.items).toMatchObject([
      { name: 'city', version: 2, label: 'Town', kept: true, archived: false, replacedAt: null },
      { name: 'email', version: 1, label: 'E-mail\0', kept: true },
    ]);
    const second = await ask<Page<Definition>>(
      'GET',
      `${OF_CONTACTS}/properties?limit=2&after=${encodeURIComponent(first.body.next!)}`,
    );
    expect(second.body).toMatchObject({ items: [{ name: 'size', archived: true, kept: false }], next: null });
    const all = await ask<Page<Definition>>('GET', `${OF_CONTACTS}/properties?versions=true`);
    expect(all.body.items.map(({ name, version }) => `${String(name)} ${String(version)}`)).toEqual([
      ...['city 1', 'city 2', 'email 1', 'size 1', 'size 2'],
    ]);
    expect((await ask('GET', `${OF_CONTACTS}/properties?after=x`)).status).toBe(400);
  });

  it('are chosen, also before they were ever read, and what the portal does not have is said', async () => {
    await ask('POST', OF_CONTACTS, { action: 'start' });
    expect((await ask('GET', `${OF_CONTACTS}/selection`)).body).toMatchObject({
      ...{ mode: 'all', names: [], kept: null, unknown: [], filling: 0, dropping: 0 },
    });
    await ask('PUT', `${OF_CONTACTS}/selection`, { mode: 'include', names: ['email', 'sise'] });
    await note(define('city'), define('email'), define('score', { calculated: true }));
    const chosen = await ask('GET', `${OF_CONTACTS}/selection`);
    expect(chosen.body).toMatchObject({ mode: 'include', kept: 1, unknown: ['sise'], calculated: 0 });
    const wider = await ask('PUT', `${OF_CONTACTS}/selection`, { mode: 'exclude', names: ['email'] });
    expect(wider).toMatchObject({
      status: 200,
      body: { mode: 'exclude', kept: 2, unknown: [], filling: 2, dropping: 1, calculated: 1 },
    });
    const { rows } = await harness.database.admin.query<{ due: boolean; fence: number }>(
      `SELECT fence, (SELECT due_at <= now() FROM sync_passes WHERE pass = 'properties') AS due FROM sync_states`,
    );
    expect(rows).toEqual([{ due: true, fence: 1 }]);
    expect((await ask('PUT', `${OF_CONTACTS}/selection`, { mode: 'all' })).body).toMatchObject({
      ...{ mode: 'all', names: [], kept: 3, filling: 3, dropping: 0 },
    });
  });

  it('that cannot be chosen so are refused in words, and those of somebody else are not there', async () => {
    await ask('POST', OF_CONTACTS, { action: 'start' });
    const put = (body: unknown, path = OF_CONTACTS) => ask('PUT', `${path}/selection`, body);
    expect(await put({ mode: 'include' })).toMatchObject({
      status: 400,
      body: { detail: 'names: must hold what to include' },
    });
    expect((await put({ mode: 'all', names: ['email'] })).status).toBe(400);
    expect((await put({ mode: 'include', names: ['e mail'] })).status).toBe(400);
    expect((await put({ mode: 'include', names: Array(5001).fill('x') })).status).toBe(400);
    const other = `/api/sync/${FOREIGN}/contacts`;
    expect((await put({ mode: 'all' }, other)).status).toBe(404);
    expect((await ask('GET', `${other}/properties`)).status).toBe(404);
    expect((await ask('GET', `/api/sync/${PORTAL}/deals/selection`)).body.detail).toContain('not mirrored');
    expect((await ask('GET', `/api/sync/${PORTAL}/deal/properties`)).status).toBe(400);
  });
});
