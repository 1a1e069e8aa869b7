import { beforeEach, describe, expect, test } from '@jest/globals';
import { createSchemasSweep } from '../../../src/activities/sync/schemasSweep.js';
import { createSyncPortalHook } from '../../../src/activities/sync/portalHook.js';
import { findSchemas } from '../../../src/db/crm/objectSchemas.js';
import { startSync } from '../../../src/db/sync/changeSync.js';
import { findSync } from '../../../src/db/sync/views.js';
import { forWorkspace } from '../../../src/db/tenant.js';
import { CUSTOM_OBJECT_SCOPES } from '../../../src/domain/portals/access.js';
import type { GatewayRequest, Outcome } from '../../../src/hubspot/gateway/gateway.js';
import { runSync } from '../../../src/services/sync/syncRun.js';
import type { TestDatabase } from '../../support/database.js';
import { eachMirror, mirrorDeps, newPortal, runOptions } from '../../support/mirror.js';
import type { CrmHarness } from '../sandbox/crmHarness.js';
import { PORTAL } from '../sandbox/harness.js';
import { crmGateway } from './crmGateway.js';

const SCHEMAS = '/crm-object-schemas/2026-03/schemas';

let database: TestDatabase;
let crm: CrmHarness;
let portal: { workspaceId: string; portalId: number };
let asked: GatewayRequest[];
/** What comes in place of HubSpot's next answers. */
let instead: (request: GatewayRequest) => Outcome | undefined;

eachMirror(({ object: { workspaceId, portalId }, ...given }) => {
  ({ database, crm } = given);
  portal = { workspaceId, portalId };
}, newPortal);
beforeEach(async () => {
  asked = [];
  instead = () => undefined;
  await database.admin.query('DELETE FROM crm_schemas');
  await database.admin.query(`UPDATE portals SET auth = 'oauth', scopes = $1`, [CUSTOM_OBJECT_SCOPES]);
  await hook().resumed(portal, () => undefined);
});

const db = () => forWorkspace(database.pool, portal.workspaceId);
const hook = () => createSyncPortalHook(database.pool);
const sandbox = crmGateway(() => crm);
const gateway = {
  async request(request: GatewayRequest): Promise<Outcome> {
    asked.push(request);
    return instead(request) ?? sandbox.request(request);
  },
};
const deps = () => mirrorDeps(database, gateway);
const sweep = () => createSchemasSweep(deps())(new AbortController().signal);
const dueNow = () => database.admin.query('UPDATE crm_schemas SET due_at = now()');
const minutesUntilDue = async () => {
  const { rows } = await database.admin.query<{ minutes: number }>(
    `SELECT extract(epoch FROM due_at - now())::float8 / 60 AS minutes FROM crm_schemas`,
  );
  return rows[0]?.minutes;
};
const define = async (name: string, singular: string, plural: string) => {
  const { status, body } = await crm.post(SCHEMAS, {
    ...{ name, labels: { singular, plural }, primaryDisplayProperty: 'model' },
    properties: [{ name: 'model', label: 'Model', type: 'string', fieldType: 'text' }],
    associatedObjects: ['CONTACT'],
  });
  expect(status).toBe(201);
  return (body as { objectTypeId: string }).objectTypeId;
};
const known = async () => (await findSchemas(db(), portal))!;
const sync = (objectType: string) => findSync(db(), portal.workspaceId, PORTAL, objectType);
const run = (objectType: string) => runSync(deps(), runOptions({ ...portal, objectType }));

describe('the custom objects of a portal', () => {
  test('are read soon after it was connected, and once an hour, by two calls without their properties', async () => {
    const id = await define('cars', 'Car', 'Cars');
    expect(await sweep()).toBe(1);
    expect((await known()).schemas).toEqual([
      {
        ...{ objectType: id, name: 'cars', fullyQualifiedName: `p${PORTAL}_cars` },
        ...{ singular: 'Car', plural: 'Cars', archived: false },
      },
    ]);
    expect(asked.map(({ resource, query }) => [resource, query])).toEqual(
      [true, false].map((archived) => [
        'listSchemas',
        { archived, includePropertyDefinitions: false, includeAssociationDefinitions: false },
      ]),
    );
    expect(await sweep()).toBe(0);
    expect(asked).toHaveLength(2);
    expect(await minutesUntilDue()).toBeCloseTo(60, 0);
    await define('boats', 'Boat', 'Boats');
    await dueNow();
    expect(await sweep()).toBe(2);
  });

  test('are asked of no portal that has not granted it, and at once where it grants it later', async () => {
    await database.admin.query(`UPDATE portals SET scopes = '{oauth}'`);
    expect(await sweep()).toBe(0);
    expect(asked).toEqual([]);
    expect((await known()).failure).toBe(`The portal has not granted ${CUSTOM_OBJECT_SCOPES.join(', ')}`);
    expect(await minutesUntilDue()).toBeGreaterThan(23 * 60);
    await database.admin.query('UPDATE portals SET scopes = $1', [CUSTOM_OBJECT_SCOPES]);
    await define('cars', 'Car', 'Cars');
    await hook().resumed(portal, () => undefined);
    expect(await sweep()).toBe(1);
    expect((await known()).failure).toBeNull();
  });

  test.each([
    [
      'refuses it',
      { kind: 'forbidden', status: 403, category: 'MISSING_SCOPES', missingScopes: ['x'] },
      1440,
    ],
    ['does not answer', { kind: 'unavailable', status: 502 }, 5],
    ['answers what is not understood', { kind: 'ok', status: 200, body: { results: [{ name: 'cars' }] } }, 5],
  ] as const)('stay as they were read where HubSpot %s, with the reason', async (_, outcome, minutes) => {
    await define('cars', 'Car', 'Cars');
    await sweep();
    await dueNow();
    instead = () => outcome as unknown as Outcome;
    expect(await sweep()).toBe(0);
    const { schemas, failure } = await known();
    expect(schemas).toHaveLength(1);
    expect(failure).not.toBeNull();
    expect(await minutesUntilDue()).toBeCloseTo(minutes, 0);
  });

  test('have text that Postgres does not take as HubSpot has it', async () => {
    await define('cars', 'Car\u0000', 'Cars \ud800');
    await sweep();
    expect((await known()).schemas[0]).toMatchObject({ singular: 'Car\u0000', plural: 'Cars \ud800' });
  });

  test('are no more read once the portal goes, and leave nothing where nothing was mirrored', async () => {
    await hook().ended({ ...portal, reason: 'test' }, () => undefined);
    expect(await findSchemas(db(), portal)).toBeUndefined();
    await startSync(db(), { ...portal, objectType: 'contacts' });
    await hook().ended({ ...portal, reason: 'test' }, () => undefined);
    expect(await minutesUntilDue()).toBeNull();
    expect(await sweep()).toBe(0);
    await database.admin.query(`UPDATE sync_states SET ended_at = now() - interval '40 days'`);
    for (let more = 1; more > 0;)
      more = (await database.admin.query<{ n: number }>('SELECT forget_mirrors(30, 100) AS n')).rows[0]!.n;
    expect(await findSchemas(db(), portal)).toBeUndefined();
  });
});

describe('a custom object that is mirrored', () => {
  test('is paused alone, by its name, when HubSpot has archived it, and one that HubSpot leaves out is not', async () => {
    const [cars, boats] = [await define('cars', 'Car', 'Cars'), await define('boats', 'Boat', 'Boats')];
    for (const objectType of ['contacts', cars, boats]) await startSync(db(), { ...portal, objectType });
    await sweep();
    expect(await sync(cars)).toMatchObject({ state: 'loading', typeName: 'cars', typeLabel: 'Cars' });
    expect((await crm.delete(`${SCHEMAS}/cars`)).status).toBe(204);
    await dueNow();
    await sweep();
    expect(await sync(cars)).toMatchObject({
      state: 'paused',
      pause: {
        reason: expect.stringContaining(
          `HubSpot has archived the custom object Cars (p${PORTAL}_cars, ${cars})`,
        ),
      },
      nextReadAt: null,
    });
    await dueNow();
    instead = () => ({ kind: 'ok', status: 200, body: { results: [] } }) as unknown as Outcome;
    await sweep();
    for (const objectType of ['contacts', boats]) expect((await sync(objectType))?.pause).toBeNull();
  });

  test.each(['refused', 'notFound'] as const)(
    'that is archived and so not found (%s) is paused by its name a sweep later, not an hour',
    async (how) => {
      const cars = await define('cars', 'Car', 'Cars');
      await startSync(db(), { ...portal, objectType: cars });
      await sweep();
      await crm.delete(`${SCHEMAS}/cars`);
      if (how === 'notFound')
        instead = ({ resource }) =>
          resource === 'listSchemas' ? undefined : ({ kind: 'notFound', status: 404 } as unknown as Outcome);
      expect((await run(cars)).ended).toBe('failed');
      await sweep();
      expect((await sync(cars))?.pause?.reason).toContain('archived the custom object Cars');
    },
  );

  test('that an operator has paused keeps the reason', async () => {
    const cars = await define('cars', 'Car', 'Cars');
    await startSync(db(), { ...portal, objectType: cars });
    await database.admin.query(`UPDATE sync_states SET paused_at = now(), pause_reason = 'tidied up'`);
    await crm.delete(`${SCHEMAS}/cars`);
    await sweep();
    expect((await sync(cars))?.pause?.reason).toBe('tidied up');
  });
});
