import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { seedLane, WORKSPACE } from '../../support/throttle.js';
import { OTHER_WORKSPACE, startApi, type ApiHarness } from '../http/harness.js';

const PORTAL = 7_400_001;
const FOREIGN = 7_400_002;
const CUSTOM = ['crm.objects.custom.read', 'crm.schemas.custom.read'];
const AUTH = '/api/integrations/hubspot/auth';

let harness: ApiHarness;
beforeAll(async () => {
  harness = await startApi();
  await seedLane(harness.database.admin, { portalId: PORTAL, limit: 1, intervalMs: 1000 });
  const workspaceId = OTHER_WORKSPACE;
  await seedLane(harness.database.admin, { portalId: FOREIGN, workspaceId, limit: 1, intervalMs: 1000 });
});
afterAll(() => harness.close());
beforeEach(async () => {
  for (const table of ['sync_states', 'crm_schemas'])
    await harness.database.admin.query(`DELETE FROM ${table}`);
});

interface Types {
  readonly items: readonly Readonly<Record<string, unknown>>[];
  readonly next: string | null;
  readonly customObjects: Readonly<Record<string, unknown>>;
}
const portal = (auth: string, scopes: readonly string[]) =>
  harness.database.admin.query('UPDATE portals SET auth = $1, scopes = $2 WHERE portal_id = $3', [
    ...[auth, scopes, PORTAL],
  ]);
const types = (query = '') => harness.api.must<Types>('GET', `/api/sync/${PORTAL}/types${query}`);

describe('the types of a portal that could be mirrored', () => {
  it('are those of every account and its custom objects, each with how it stands and the scope that it lacks', async () => {
    await portal('oauth', ['oauth', 'crm.objects.contacts.read', ...CUSTOM]);
    await harness.database.admin.query(
      `INSERT INTO crm_schemas (workspace_id, portal_id, read_at, types) VALUES ($1, $2, now(), $3)`,
      [
        ...[WORKSPACE, PORTAL],
        JSON.stringify({
          '2-41000009': {
            name: 'cars',
            fullyQualifiedName: 'p1_cars',
            singular: 'Car',
            plural: 'Cars',
            archived: false,
          },
          '2-5': {
            name: 'boats',
            fullyQualifiedName: 'p1_boats',
            singular: null,
            plural: null,
            archived: true,
          },
        }),
      ],
    );
    await harness.api.must('POST', `/api/sync/${PORTAL}/cars`, { action: 'start' });
    const { items, next, customObjects } = await types();
    expect(next).toBeNull();
    expect(
      items.map(({ objectType, label, state, archived }) => [objectType, label, state, archived]),
    ).toEqual([
      ['contacts', 'Contacts', null, false],
      ['companies', 'Companies', null, false],
      ['deals', 'Deals', null, false],
      ['tickets', 'Tickets', null, false],
      ['2-5', 'boats', null, true],
      ['2-41000009', 'Cars', 'loading', false],
    ]);
    expect(items[0]).toMatchObject({ missingScopes: [], grant: null });
    expect(items[3]).toMatchObject({
      missingScopes: ['tickets'],
      grant: `${AUTH}?portalId=${PORTAL}&features=throttle,sync`,
    });
    expect(items[5]).toMatchObject({ fullName: 'p1_cars', missingScopes: [], grant: null });
    expect(customObjects).toMatchObject({ readAt: expect.any(String), missingScopes: [], grant: null });
  });

  it('say where what is missing for custom objects is granted, by a link that works, and nothing of a private app', async () => {
    await portal('oauth', ['oauth']);
    const { customObjects } = await types();
    expect(customObjects).toEqual({
      ...{ readAt: null, failure: null, missingScopes: CUSTOM },
      grant: `${AUTH}?portalId=${PORTAL}&access=custom_objects`,
    });
    const response = await fetch(harness.url + String(customObjects.grant), {
      headers: { authorization: harness.authorization, accept: 'application/json' },
    });
    expect(response.status).toBe(200);
    await portal('private_app', []);
    const { items, customObjects: unknown } = await types();
    for (const one of [...items, unknown]) expect(one).toMatchObject({ missingScopes: null, grant: null });
  });

  it('come page by page, with one that is mirrored and of which HubSpot has told nothing', async () => {
    await portal('oauth', []);
    await harness.api.must('POST', `/api/sync/${PORTAL}/2-77`, { action: 'start' });
    const first = await types('?limit=3');
    expect([first.items.length, first.next]).toEqual([3, 'deals']);
    const { items, next } = await types('?limit=3&after=deals');
    expect(items.map(({ objectType }) => objectType)).toEqual(['tickets', '2-77']);
    expect(items[1]).toMatchObject({ name: null, label: '2-77', state: 'loading' });
    expect(next).toBeNull();
    expect((await types('?after=2-66')).items.map(({ objectType }) => objectType)).toEqual(['2-77']);
  });

  it("of another workspace's portal are 404", async () => {
    expect((await harness.api.get(`/api/sync/${FOREIGN}/types`)).status).toBe(404);
  });
});
