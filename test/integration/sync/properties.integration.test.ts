import { beforeEach, describe, expect, test } from '@jest/globals';
import { listOwners, listPipelines } from '../../../src/db/crm/reference.js';
import { findSync } from '../../../src/db/sync/views.js';
import { startSync } from '../../../src/db/sync/changeSync.js';
import { selectProperties } from '../../../src/db/sync/properties.js';
import type { SyncedObject } from '../../../src/db/sync/reader.js';
import { forWorkspace, inWorkspace } from '../../../src/db/tenant.js';
import type { PropertySelection } from '../../../src/domain/sync/propertySelection.js';
import type { GatewayRequest, Outcome } from '../../../src/hubspot/gateway/gateway.js';
import type { PassName } from '../../../src/domain/sync/passes.js';
import { RUN_PASS } from '../../../src/services/sync/passes/passes.js';
import { refreshedProperties } from '../../../src/services/sync/keptProperties.js';
import { runSync } from '../../../src/services/sync/syncRun.js';
import type { TestDatabase } from '../../support/database.js';
import { eachMirror, mirrorDeps, runOptions } from '../../support/mirror.js';
import type { CrmHarness } from '../sandbox/crmHarness.js';
import { PORTAL } from '../sandbox/harness.js';
import { crmGateway } from './crmGateway.js';

const PROPERTIES = '/crm/properties/2026-03/contacts';

let database: TestDatabase;
let crm: CrmHarness;
let object: SyncedObject;
let asked: GatewayRequest[];
/** What comes in place of HubSpot's next answers. */
let instead: (request: GatewayRequest) => Outcome | undefined | Promise<Outcome | undefined>;

eachMirror((given) => ({ database, crm, object } = given));
beforeEach(() => {
  asked = [];
  instead = () => undefined;
});

const { request: sent } = crmGateway(() => crm);
const gateway = {
  async request(request: GatewayRequest): Promise<Outcome> {
    asked.push(request);
    return (await instead(request)) ?? sent(request);
  },
};
const deps = () => mirrorDeps(database, gateway);

const sync = () => runSync(deps(), runOptions(object));
async function rows<T>(sql: string): Promise<T[]> {
  return (await forWorkspace(database.pool, object.workspaceId).query<T & object>(sql)).rows;
}
const mirror = async () =>
  new Map(
    (
      await rows<{ id: string; properties: Record<string, string> }>('SELECT id, properties FROM crm_records')
    ).map(({ id, properties }) => [id, properties]),
  );
const changes = () =>
  rows<{ action: string; changed: Record<string, unknown>; initial: boolean }>(
    'SELECT action, changed, initial FROM crm_changes ORDER BY transaction_id, id',
  );
const standing = async () => (await rows<Record<string, unknown>>('SELECT * FROM sync_properties'))[0]!;
const notices = () =>
  rows<{ kind: string; detail: Record<string, unknown> }>('SELECT kind, detail FROM notices ORDER BY id');
const hourLater = () =>
  database.admin.query(`UPDATE sync_properties SET read_at = read_at - interval '61 minutes'`);
const refresh = () => refreshedProperties(deps(), object, { priority: 'sync' });
const select = (selection: PropertySelection) =>
  inWorkspace(database.pool, object.workspaceId, (client) => selectProperties(client, object, selection));
const addProperty = (name: string, more: Record<string, unknown> = {}) =>
  crm.post(PROPERTIES, {
    ...{ name, label: name, type: 'string', fieldType: 'text', groupName: 'contactinformation' },
    ...more,
  });
const resources = () => asked.map(({ resource }) => resource);

describe('the definitions of properties', () => {
  test('are read once an hour, and each version of each is kept', async () => {
    await crm.create('contacts', { email: 'a@example.com' });
    await addProperty('colour');
    await sync();
    await crm.create('contacts', { email: 'b@example.com' });
    await sync();
    expect(resources().filter((resource) => resource === 'listProperties')).toHaveLength(1);
    await crm.patch(`${PROPERTIES}/colour`, { label: 'Colour of the roof' });
    await hourLater();
    await crm.create('contacts', { email: 'c@example.com' });
    await sync();
    expect(
      await rows(
        `SELECT version, label, type, archived, replaced_at IS NULL AS stands FROM crm_property_defs WHERE name = 'colour' ORDER BY version`,
      ),
    ).toEqual([
      { version: 1, label: 'colour', type: 'string', archived: false, stands: false },
      { version: 2, label: 'Colour of the roof', type: 'string', archived: false, stands: true },
    ]);
    expect(await rows('SELECT * FROM crm_property_defs WHERE version > 1')).toHaveLength(1);
  });

  test('that differ are told in one notice, and what was there at the first read in none', async () => {
    await crm.create('contacts', { email: 'a@example.com' });
    await addProperty('colour');
    await addProperty('shape');
    await sync();
    expect(await notices()).toEqual([]);
    await addProperty('size');
    await crm.patch(`${PROPERTIES}/shape`, { label: 'Shape' });
    await crm.delete(`${PROPERTIES}/colour`);
    await refresh();
    await refresh();
    expect(await notices()).toEqual([
      {
        kind: 'sync.properties_changed',
        detail: {
          objectType: 'contacts',
          appeared: { count: 1, names: ['size'] },
          changed: { count: 1, names: ['shape'] },
          vanished: { count: 1, names: ['colour'] },
        },
      },
    ]);
  });

  test('that are sensitive are asked for where the portal has granted their scopes, and cost nothing where it has not', async () => {
    await crm.create('contacts', { email: 'a@example.com' });
    await addProperty('diagnosis', { dataSensitivity: 'sensitive' });
    await sync();
    expect((await standing())['kept']).not.toContain('diagnosis');
    await database.admin.query(
      `UPDATE portals SET scopes = '{crm.objects.contacts.read,crm.objects.contacts.sensitive.read.v2}'`,
    );
    asked = [];
    await refresh();
    expect((await standing())['kept']).toContain('diagnosis');
    expect(asked.filter(({ resource }) => resource === 'listProperties').map(({ query }) => query)).toEqual([
      { archived: false },
      { archived: false, dataSensitivity: 'sensitive' },
    ]);
  });

  test('of people are known to be calculated by their field, and those of HubSpot by its word', async () => {
    await crm.create('contacts', { email: 'a@example.com' });
    await addProperty('score', {
      type: 'number',
      fieldType: 'calculation_equation',
      calculationFormula: '1',
    });
    await sync();
    expect(
      await rows(`SELECT name FROM crm_property_defs WHERE calculated AND replaced_at IS NULL ORDER BY name`),
    ).toEqual([{ name: 'num_associated_deals' }, { name: 'score' }]);
  });
});

describe('a property that vanishes', () => {
  test('while records are read is dropped and told of once, and no record is said to have changed by it', async () => {
    await addProperty('colour');
    const id = await crm.create('contacts', { email: 'a@example.com', colour: 'red', firstname: 'A' });
    await sync();
    expect((await mirror()).get(id)).toMatchObject({ colour: 'red' });
    await crm.delete(`${PROPERTIES}/colour`);
    await crm.patch(`/crm/objects/2026-03/contacts/${id}`, { properties: { firstname: 'B' } });
    await expect(sync()).resolves.toMatchObject({ ended: 'done' });
    expect((await mirror()).get(id)).not.toHaveProperty('colour');
    const told = (await changes()).slice(1);
    expect(told).toHaveLength(1);
    expect(told[0]!.changed).toMatchObject({ firstname: ['A', 'B'] });
    expect(told[0]!.changed).not.toHaveProperty('colour');
    expect((await notices()).map(({ detail }) => detail['vanished'])).toEqual([
      { count: 1, names: ['colour'] },
    ]);
  });

  test('from one answer and is in the next one has not vanished: no value of it is lost', async () => {
    await addProperty('colour');
    const id = await crm.create('contacts', { email: 'a@example.com', colour: 'red' });
    await sync();
    let isFirst = true;
    instead = async (request) => {
      if (request.resource !== 'listProperties' || !isFirst) return undefined;
      isFirst = false;
      const { body } = await crm.get(PROPERTIES);
      const results = (body.results as { name: string }[]).filter(({ name }) => name === 'email');
      return { kind: 'ok', status: 200, body: { results } };
    };
    await refresh();
    instead = () => undefined;
    await crm.patch(`/crm/objects/2026-03/contacts/${id}`, { properties: { firstname: 'B' } });
    await sync();
    expect((await mirror()).get(id)).toMatchObject({ colour: 'red', firstname: 'B' });
    expect(await notices()).toEqual([]);
  });

  test('and is named in a refusal has the definitions read anew before the next try', async () => {
    await addProperty('colour');
    await crm.create('contacts', { email: 'a@example.com' });
    await sync();
    await crm.create('contacts', { email: 'b@example.com' });
    await crm.delete(`${PROPERTIES}/colour`);
    instead = ({ resource, body }) =>
      resource === 'readObjects' && JSON.stringify(body).includes('"colour"')
        ? {
            ...{ kind: 'invalid', status: 400, message: 'Property colour does not exist', body: {} },
            properties: ['colour'],
          }
        : undefined;
    await expect(sync()).resolves.toMatchObject({ ended: 'failed' });
    await expect(sync()).resolves.toMatchObject({ ended: 'done' });
    expect((await mirror()).size).toBe(2);
    expect(await notices()).toHaveLength(1);
  });
});

describe('a selection of properties', () => {
  test('keeps what is included, and what is not excluded, and nothing else', async () => {
    const id = await crm.create('contacts', { email: 'a@example.com', firstname: 'A', city: 'Bonn' });
    await select({ mode: 'include', names: ['email', 'city', 'nothing'] });
    await sync();
    expect((await mirror()).get(id)).toEqual({ email: 'a@example.com', city: 'Bonn' });
    await database.admin.query('DELETE FROM crm_records');
    await database.admin.query('UPDATE sync_states SET cursor = NULL');
    await select({ mode: 'exclude', names: ['email', 'city'] });
    await sync();
    const kept = (await mirror()).get(id);
    expect(kept).toMatchObject({ firstname: 'A' });
    expect(Object.keys(kept ?? {})).not.toEqual(expect.arrayContaining(['email']));
  });

  test('that becomes narrower tells nobody that records have changed, whatever changes in them later', async () => {
    const id = await crm.create('contacts', { email: 'a@example.com', firstname: 'A', city: 'Bonn' });
    await sync();
    await select({ mode: 'include', names: ['firstname', 'email'] });
    expect(await standing()).toMatchObject({ filling: [], kept: ['email', 'firstname'] });
    expect((await standing())['dropping']).toContain('city');
    await crm.patch(`/crm/objects/2026-03/contacts/${id}`, { properties: { firstname: 'B', city: 'Ulm' } });
    await sync();
    expect((await mirror()).get(id)).toEqual({ email: 'a@example.com', firstname: 'B' });
    expect((await changes()).slice(1).map(({ changed }) => changed)).toEqual([{ firstname: ['A', 'B'] }]);
    await crm.patch(`/crm/objects/2026-03/contacts/${id}`, { properties: { city: 'Kiel' } });
    await sync();
    expect(await changes()).toHaveLength(2);
  });

  test('is obeyed by whoever reads at that moment: it has lost its place, and the next one goes on', async () => {
    for (let n = 0; n < 120; n += 1)
      await crm.create('contacts', { email: `p${n}@example.com`, city: 'Bonn' });
    instead = async ({ resource, query }) => {
      if (resource === 'listObjects' && query?.after !== undefined)
        await select({ mode: 'include', names: ['email'] });
      return undefined;
    };
    await expect(sync()).resolves.toMatchObject({ ended: 'lost' });
    instead = () => undefined;
    await expect(sync()).resolves.toMatchObject({ ended: 'done' });
    expect((await mirror()).size).toBe(120);
    expect((await changes()).every(({ action }) => action === 'Created')).toBe(true);
  });
});

const pass = (name: PassName) =>
  RUN_PASS[name](deps(), {
    object,
    signal: new AbortController().signal,
    untilMs: Infinity,
    onUnhandled: (error) => {
      throw error;
    },
  });
const batches = () => asked.filter(({ resource }) => resource === 'readObjects').map(({ body }) => body);

describe('the pass over the properties of a type', () => {
  test('fills what is kept since by reading these properties alone, and tells of them as of what was there', async () => {
    await addProperty('colour');
    const ids: string[] = [];
    for (let n = 0; n < 120; n += 1)
      ids.push(await crm.create('contacts', { email: `p${n}@example.com`, colour: n < 5 ? 'red' : '' }));
    await select({ mode: 'include', names: ['email'] });
    await sync();
    await select({ mode: 'include', names: ['email', 'colour'] });
    expect(await standing()).toMatchObject({ filling: ['colour'], dropping: [] });
    asked = [];
    await expect(pass('properties')).resolves.toMatchObject({ ended: 'done', seen: 120, changed: 5 });
    expect(batches()).toHaveLength(2);
    expect(batches().every((body) => JSON.stringify(body).includes('"properties":["colour"]'))).toBe(true);
    expect((await mirror()).get(ids[4]!)).toEqual({ email: 'p4@example.com', colour: 'red' });
    expect((await changes()).slice(120)).toEqual(
      Array.from({ length: 5 }, () => ({
        action: 'Updated',
        initial: true,
        changed: { colour: [null, 'red'] },
      })),
    );
    expect(await standing()).toMatchObject({ filling: [], dropping: [] });
    asked = [];
    await expect(pass('properties')).resolves.toMatchObject({ ended: 'done', seen: 0 });
    expect(resources()).toEqual(['listProperties']);
  });

  test('finds a property that appears in HubSpot, and fills it', async () => {
    const id = await crm.create('contacts', { email: 'a@example.com' });
    await sync();
    await addProperty('colour');
    await crm.patch(`/crm/objects/2026-03/contacts/${id}`, { properties: { colour: 'red' } });
    await expect(pass('properties')).resolves.toMatchObject({ ended: 'done', changed: 1 });
    expect((await mirror()).get(id)).toMatchObject({ colour: 'red' });
    expect((await notices()).map(({ detail }) => detail['appeared'])).toEqual([
      { count: 1, names: ['colour'] },
    ]);
    // What the next search shows of it is known already.
    await sync();
    expect((await changes()).filter(({ changed }) => 'colour' in changed)).toHaveLength(1);
  });

  test('takes out what is kept no more without a call and without a word to the feed', async () => {
    const id = await crm.create('contacts', { email: 'a@example.com', city: 'Bonn' });
    await sync();
    const before = await rows<{ modified_at: Date; read_at: Date }>(
      'SELECT modified_at, read_at FROM crm_records',
    );
    await select({ mode: 'exclude', names: ['city'] });
    asked = [];
    await expect(pass('properties')).resolves.toMatchObject({ ended: 'done', changed: 1 });
    expect(resources()).toEqual(['listProperties', 'listOwners', 'listOwners']);
    expect((await mirror()).get(id)).not.toHaveProperty('city');
    expect(await rows('SELECT modified_at, read_at FROM crm_records')).toEqual(before);
    expect(await changes()).toHaveLength(1);
  });

  test('begins anew where what is kept is changed while it reads, and ends with what was chosen last', async () => {
    const id = await crm.create('contacts', { email: 'a@example.com', city: 'Bonn', firstname: 'A' });
    await select({ mode: 'include', names: ['email'] });
    await sync();
    await select({ mode: 'include', names: ['email', 'city'] });
    instead = async ({ resource }) => {
      if (resource !== 'readObjects') return undefined;
      instead = () => undefined;
      await select({ mode: 'include', names: ['email', 'firstname'] });
      return undefined;
    };
    await expect(pass('properties')).resolves.toMatchObject({ ended: 'lost' });
    await expect(pass('properties')).resolves.toMatchObject({ ended: 'done' });
    expect((await mirror()).get(id)).toEqual({ email: 'a@example.com', firstname: 'A' });
    expect(await standing()).toMatchObject({ filling: [], dropping: [] });
  });
});

describe('names of owners, pipelines and stages', () => {
  const inDeals = async () => {
    object = { ...object, objectType: 'deals' };
    await startSync(forWorkspace(database.pool, object.workspaceId), object);
    await crm.create('deals', { dealname: 'D', pipeline: 'default', dealstage: 'closedwon' });
    await sync();
  };

  test('are read once an hour with the definitions, and shown by their ids', async () => {
    await inDeals();
    await expect(pass('properties')).resolves.toMatchObject({ ended: 'done' });
    const db = forWorkspace(database.pool, object.workspaceId);
    const owners = await listOwners(db, object, { limit: 10 });
    expect(owners.map(({ firstName, lastName }) => `${firstName} ${lastName}`)).toContain('Grace Hopper');
    const [pipeline] = await listPipelines(db, object, { limit: 10 });
    expect(pipeline).toMatchObject({ id: 'default', archived: false });
    expect(pipeline?.stages.map(({ id }) => id)).toContain('closedwon');
    asked = [];
    await pass('properties');
    expect(resources()).toEqual(['listProperties', 'listPipelines']);
    expect(await listPipelines(db, object, { limit: 10 })).toHaveLength(1);
  });

  test('that a portal does not show hold nothing up: the reason is noted, and what was read before stays', async () => {
    await inDeals();
    await pass('properties');
    await database.admin.query(`UPDATE crm_owners SET read_at = read_at - interval '1 hour'`);
    instead = ({ resource }) =>
      resource === 'listOwners' || resource === 'listPipelines'
        ? { kind: 'forbidden', status: 403, message: 'no', missingScopes: ['crm.objects.owners.read'] }
        : undefined;
    await expect(pass('properties')).resolves.toMatchObject({ ended: 'done' });
    const [row] = await rows<{ reference_failure: string }>(
      `SELECT reference_failure FROM sync_properties WHERE object_type = 'deals'`,
    );
    expect(row?.reference_failure).toContain('crm.objects.owners.read');
    const db = forWorkspace(database.pool, object.workspaceId);
    expect(await findSync(db, object.workspaceId, object.portalId, 'deals')).toMatchObject({
      reference: { failure: row?.reference_failure, readAt: expect.any(Date) as unknown },
    });
    expect(await listOwners(db, object, { limit: 10 })).toHaveLength(3);
    expect(await listPipelines(db, object, { limit: 10 })).toHaveLength(1);
  });
});

describe('the pass over calculated properties', () => {
  const recalculate = (value: string, ids: string[]) =>
    crm.control('POST', `/portals/${PORTAL}/crm/contacts/recalculate`, {
      ...{ property: 'num_associated_deals', value, ids: ids.map(Number) },
    });

  test('brings what HubSpot computed anew, and only where it is another value, without a new time of modification', async () => {
    const ids = [];
    for (let n = 0; n < 3; n += 1) ids.push(await crm.create('contacts', { email: `p${n}@example.com` }));
    await sync();
    const before = await rows('SELECT id, modified_at FROM crm_records ORDER BY id');
    await recalculate('7', [ids[0]!, ids[1]!]);
    await sync();
    expect((await mirror()).get(ids[0]!)).not.toHaveProperty('num_associated_deals');
    asked = [];
    await expect(pass('calculated')).resolves.toMatchObject({ ended: 'done', seen: 3, changed: 2 });
    expect(JSON.stringify(batches())).toContain('"properties":["num_associated_deals"]');
    expect((await mirror()).get(ids[0]!)).toMatchObject({ num_associated_deals: '7' });
    expect(await rows('SELECT id, modified_at FROM crm_records ORDER BY id')).toEqual(before);
    expect((await changes()).slice(3)).toEqual(
      [0, 1].map(() => ({
        action: 'Updated',
        initial: false,
        changed: { num_associated_deals: [null, '7'] },
      })),
    );
    await expect(pass('calculated')).resolves.toMatchObject({ ended: 'done', changed: 0 });
    expect((await standing())['calculated_at']).toBeInstanceOf(Date);
  });

  test('does not write over what was read since', async () => {
    const id = await crm.create('contacts', { email: 'a@example.com' });
    await sync();
    await recalculate('1', [id]);
    instead = async (request) => {
      if (request.resource !== 'readObjects') return undefined;
      instead = () => undefined;
      const old = await sent(request);
      await recalculate('2', [id]);
      await crm.patch(`/crm/objects/2026-03/contacts/${id}`, { properties: { firstname: 'B' } });
      await sync();
      return old;
    };
    await pass('calculated');
    expect((await mirror()).get(id)).toMatchObject({ num_associated_deals: '2', firstname: 'B' });
  });
});

describe('a new time of modification', () => {
  test('without a new value is stored, and is no action', async () => {
    const id = await crm.create('contacts', { email: 'a@example.com', firstname: 'A' });
    await sync();
    await crm.patch(`/crm/objects/2026-03/contacts/${id}`, { properties: { firstname: 'B' } });
    await crm.patch(`/crm/objects/2026-03/contacts/${id}`, { properties: { firstname: 'A' } });
    const before = await rows<{ modified_at: Date }>('SELECT modified_at FROM crm_records');
    await sync();
    const after = await rows<{ modified_at: Date }>('SELECT modified_at FROM crm_records');
    expect(after[0]!.modified_at.getTime()).toBeGreaterThan(before[0]!.modified_at.getTime());
    expect(await changes()).toHaveLength(1);
  });
});

describe('a wide schema', () => {
  const addMany = async (count: number) => {
    for (let n = 0; n < count; n += 100) {
      const inputs = Array.from({ length: Math.min(100, count - n) }, (_, k) => ({
        ...{ name: `wide_property_${n + k}`, label: `Wide ${n + k}`, type: 'string', fieldType: 'text' },
        groupName: 'contactinformation',
      }));
      const { status } = await crm.post(`${PROPERTIES}/batch/create`, { inputs });
      if (status !== 201) throw new Error(`The properties were not made: ${status}`);
    }
  };
  /** Beside those that people may make, which are 1,000: of other apps. */
  const addForeign = (names: readonly string[]) => {
    const shown = Object.fromEntries(names.map((name) => [name, null]));
    instead = async (request) => {
      const outcome = await sent(request);
      if (outcome.kind !== 'ok') return outcome;
      const { results } = outcome.body as { results: Record<string, unknown>[] };
      if (request.resource === 'listProperties')
        return {
          ...outcome,
          body: { results: [...results, ...names.map((name) => ({ ...results.at(-1), name }))] },
        };
      if (request.resource !== 'readObjects') return outcome;
      const whole = results.map((one) => ({
        ...one,
        properties: { ...shown, ...(one['properties'] as object) },
      }));
      return { ...outcome, body: { results: whole } };
    };
  };

  test('of 1,500 properties is mirrored whole, by lists of ids and batch reads', async () => {
    await addMany(900);
    addForeign(Array.from({ length: 600 }, (_, n) => `wide_property_${900 + n}`));
    const id = await crm.create('contacts', { email: 'a@example.com', wide_property_899: 'last' });
    await expect(sync()).resolves.toMatchObject({ ended: 'done', read: 1 });
    expect((await mirror()).get(id)).toMatchObject({ wide_property_899: 'last', email: 'a@example.com' });
    expect((await standing())['kept']).toContain('wide_property_1499');
    const list = asked.find(({ resource }) => resource === 'listObjects');
    expect(list?.query).not.toHaveProperty('properties');
  });

  test('is read so from the first refusal of its address on, and the length is remembered', async () => {
    for (let n = 0; n < 101; n += 1) await crm.create('contacts', { email: `p${n}@example.com` });
    instead = ({ resource, query }) =>
      resource === 'listObjects' && query !== undefined && 'properties' in query
        ? { kind: 'unavailable', status: 414, reason: 'foreign', message: 'URI Too Long', effect: 'possible' }
        : undefined;
    await expect(sync()).resolves.toMatchObject({ ended: 'done', read: 101 });
    const tries = () => asked.filter(({ query }) => query !== undefined && 'properties' in query).length;
    // The next page is asked for while the first one is read.
    expect(tries()).toBeLessThanOrEqual(2);
    expect((await standing())['refused_length']).toBeGreaterThan(100);
    await database.admin.query('UPDATE sync_states SET cursor = NULL');
    asked = [];
    await expect(sync()).resolves.toMatchObject({ ended: 'done' });
    expect(tries()).toBe(0);
  });

  test('whose records are larger than an answer may be is read by fewer at a time', async () => {
    const ids: string[] = [];
    for (let n = 0; n < 8; n += 1) ids.push(await crm.create('contacts', { email: `p${n}@example.com` }));
    const tooLarge = { kind: 'unknown', status: 200, reason: 'too_large', message: '' } as const;
    instead = ({ resource, query, body }) => {
      if (resource === 'listObjects') return query && 'properties' in query ? tooLarge : undefined;
      if (resource !== 'readObjects') return undefined;
      return (body as { inputs: readonly unknown[] }).inputs.length > 3 ? tooLarge : undefined;
    };
    await expect(sync()).resolves.toMatchObject({ ended: 'done', read: 8 });
    expect([...(await mirror()).keys()].sort()).toEqual(ids.sort());
  });
});

describe('values that are no plain text', () => {
  test('come into the mirror as they are: 64 KiB, NUL, half of a character, and faces', async () => {
    const long = 'ß'.repeat(32_000);
    const id = await crm.create('contacts', { email: 'a@example.com', message: long, firstname: '👩‍👩‍👧 ' });
    const spoilt = {
      request: async (request: GatewayRequest): Promise<Outcome> => {
        const outcome = await gateway.request(request);
        if (outcome.kind !== 'ok' || request.resource !== 'listObjects') return outcome;
        const { results } = outcome.body as { results: { properties: Record<string, string> }[] };
        for (const { properties } of results) properties['city'] = 'a\0b\ud800c';
        return outcome;
      },
    };
    await runSync(
      { ...deps(), gateway: spoilt },
      {
        object,
        signal: new AbortController().signal,
        untilMs: Infinity,
        onPage: () => undefined,
        onUnhandled: (error) => {
          throw error;
        },
      },
    );
    const kept = (await mirror()).get(id);
    expect(kept).toMatchObject({ message: long, firstname: '👩‍👩‍👧 ', city: 'a\ue0000000b\ue000d800c' });
  });
});
