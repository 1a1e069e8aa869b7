import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { seedLane, WORKSPACE } from '../../support/throttle.js';
import { OTHER_WORKSPACE, startApi, type ApiHarness } from '../http/harness.js';

const PORTAL = 7_300_001;
const CARS = '2-41000001';
const BOATS = '2-41000002';
const schema = (name: string, singular: string, plural: string, archived = false) => ({
  ...{ name, fullyQualifiedName: `p${PORTAL}_${name}`, singular, plural, archived },
});

let harness: ApiHarness;
beforeAll(async () => {
  harness = await startApi();
  await seedLane(harness.database.admin, { portalId: PORTAL, limit: 1, intervalMs: 1000 });
});
afterAll(() => harness.close());
beforeEach(async () => {
  for (const table of ['sync_states', 'crm_schemas'])
    await harness.database.admin.query(`DELETE FROM ${table}`);
});

const know = (types: Record<string, unknown>, workspaceId = WORKSPACE) =>
  harness.database.admin.query(
    `INSERT INTO crm_schemas (workspace_id, portal_id, types, read_at) VALUES ($1, $2, $3, now())
     ON CONFLICT (workspace_id, portal_id) DO UPDATE SET types = excluded.types`,
    [workspaceId, PORTAL, JSON.stringify(types)],
  );
async function ask(method: string, path: string, body?: unknown) {
  const response = await fetch(`${harness.url}${path}`, {
    method,
    headers: { authorization: harness.authorization, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, body: (text === '' ? {} : JSON.parse(text)) as Record<string, unknown> };
}
const start = (named: string, more: Record<string, unknown> = {}) =>
  ask('POST', `/api/sync/${PORTAL}/${encodeURIComponent(named)}`, { action: 'start', ...more });

describe('a custom object', () => {
  it.each([
    ['id', CARS],
    ['full name', `p${PORTAL}_cars`],
    ['name', 'cars'],
    ['plural label, in any case', 'AUTOS'],
    ['singular label', 'Auto'],
  ])('is meant by its %s, and answered by its id, with its name and label', async (_, named) => {
    await know({ [CARS]: schema('cars', 'Auto', 'Autos'), [BOATS]: schema('boats', 'Boat', 'Boats') });
    const started = await start(named);
    expect(started).toMatchObject({
      status: 200,
      body: { objectType: CARS, typeName: 'cars', typeLabel: 'Autos' },
    });
    expect(harness.controlCalls).toContain(`sync ${PORTAL}/${CARS}`);
    for (const path of [
      `/api/sync/${PORTAL}/cars`,
      `/api/sync/${PORTAL}/cars/passes`,
      `/api/sync/${PORTAL}/cars/selection`,
      `/api/sync/${PORTAL}/cars/properties`,
      `/api/objects/cars?portalId=${PORTAL}`,
      `/api/objects/cars/declared?portalId=${PORTAL}`,
      `/api/objects/cars/export?portalId=${PORTAL}&format=ndjson`,
      `/objects/local?portalId=${PORTAL}&objectType=cars`,
      `/api/pipelines/cars?portalId=${PORTAL}`,
    ]) {
      const asked = path.endsWith('ndjson') ? await status(path) : (await ask('GET', path)).status;
      expect({ path, asked }).toEqual({ path, asked: 200 });
    }
  });

  const status = async (path: string) => {
    const response = await fetch(`${harness.url}${path}`, {
      headers: { authorization: harness.authorization },
    });
    await response.text();
    return response.status;
  };

  it('that is named as another one is, too, is refused with both; its full name and its id go before', async () => {
    await know({ [CARS]: schema('cars', 'Fleet', 'Cars'), [BOATS]: schema('fleet', 'Boat', 'Boats') });
    const { status: refused, body } = await start('fleet');
    expect(refused).toBe(400);
    expect(body.detail).toContain(`Cars (p${PORTAL}_cars, ${CARS})`);
    expect(body.detail).toContain(`Boats (p${PORTAL}_fleet, ${BOATS})`);
    expect((await start(`p${PORTAL}_fleet`)).body).toMatchObject({ objectType: BOATS });
  });

  it('that is archived is meant where no other has the name', async () => {
    await know({ [CARS]: schema('cars', 'Car', 'Cars', true), [BOATS]: schema('cars', 'Car', 'Cars') });
    expect((await start('cars')).body).toMatchObject({ objectType: BOATS });
    await know({ [CARS]: schema('cars', 'Car', 'Cars', true) });
    expect((await start('cars')).body).toMatchObject({ objectType: CARS });
  });

  it('that there is not is refused with those that there are, or why they are not known', async () => {
    expect((await start('planes')).body.detail).toContain('they have not been read yet');
    await know({});
    expect((await start('planes')).body.detail).toContain('it has none');
    await know({ [CARS]: schema('cars', 'Car', 'Cars') });
    const refused = await start('planes');
    expect(refused.status).toBe(400);
    expect(refused.body.detail).toContain(`Cars (p${PORTAL}_cars, ${CARS})`);
    await harness.database.admin.query(`UPDATE crm_schemas SET types = '{}', failure = 'no scope'`);
    expect((await start('planes')).body.detail).toContain('no scope');
  });

  it('of the same number in another workspace names nothing here', async () => {
    await know({ [CARS]: schema('cars', 'Car', 'Cars') }, OTHER_WORKSPACE);
    expect((await start('cars')).status).toBe(400);
  });

  it('takes no standard type its name', async () => {
    await know({ [CARS]: schema('contacts', 'Contact', 'Contacts') });
    expect((await start('contacts')).body).toMatchObject({ objectType: 'contacts', typeName: null });
  });

  it('is meant by its name among the associations that are asked for', async () => {
    await know({ [CARS]: schema('cars', 'Car', 'Cars') });
    const { body } = await start('contacts', { associations: ['Cars', 'deals'] });
    expect(body).toMatchObject({ associations: { chosen: [CARS, 'deals'] } });
    const path = `/api/objects/contacts?portalId=${PORTAL}&associations=`;
    expect((await ask('GET', `${path}cars`)).status).toBe(200);
    expect((await ask('GET', `${path}planes`)).status).toBe(400);
  });
});
