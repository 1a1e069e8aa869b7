import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Effect } from '../../../src/domain/outbox/effects.js';
import { COUNTER_MARKER } from '../../../src/domain/outbox/portalCapabilities.js';
import type { PlannableEvent } from '../../../src/domain/outbox/plan.js';
import { startCrm, type CrmHarness } from '../sandbox/crmHarness.js';
import { deliverTo, makeProperty } from './deliverTo.js';

/*
 * What HubSpot says is checked: a row is done when an answer shows it. The sandbox answers as HubSpot was reported to
 * (docs/hubspot.md#batch-endpoints).
 */

let crm: CrmHarness;
beforeEach(async () => {
  crm = await startCrm();
  await makeProperty(crm, 'contacts', 'driver_id', 'string', true);
  await makeProperty(crm, 'contacts', 'visits', 'number');
  await makeProperty(crm, 'contacts', COUNTER_MARKER, 'string');
  await makeProperty(crm, 'deals', 'order_id', 'string', true);
});
afterEach(() => crm.close());

const WAITS = /^(transient|unclear)$/;
/** What a success may be that says nothing of a row: where nothing was done, where all was, and of a look-up. */
const NOT_DONE = ['empty', 'pending', 'canceled', 'errorsUnlisted', 'foreign'];
const DONE = ['empty', 'short', 'pending', 'errorsAs200'];
const UNSEEN = ['empty', 'short', 'pending', 'canceled', 'errorsUnlisted', 'rowError', 'foreign'];
const fault = (path: string, as: string, more: Record<string, unknown> = {}) =>
  crm.control('POST', '/faults', { target: 'any', kind: 'misanswer', path, as, count: 1, ...more });
const event = (id: string, ...effects: Effect[]): PlannableEvent => ({ id, orderingKey: null, effects });
const byDriver = (id: string, properties: Record<string, string>, counters = {}): Effect => ({
  kind: 'upsertContact',
  by: { property: 'driver_id', value: id },
  properties,
  counters,
});
const byEmail = (email: string, properties: Record<string, string>, counters = {}): Effect => ({
  kind: 'upsertContact',
  by: { property: 'email', value: email },
  properties,
  counters,
});
const set = (id: string, city: string): Effect => ({
  kind: 'setProperties',
  on: { objectType: 'contacts', id },
  properties: { city },
});
const contact = async (id: string): Promise<Record<string, string | null>> => {
  const names = 'email,firstname,city,driver_id,visits,hs_additional_emails';
  return (await crm.get(`/crm/objects/2026-03/contacts/${id}?properties=${names}`)).body.properties;
};
const count = async (type: string) =>
  (await crm.get(`/crm/objects/2026-03/${type}?limit=100`)).body.results.length;
/** Delivers until nothing is left that may yet work. */
async function deliverAgain(events: readonly PlannableEvent[]) {
  const first = await deliverTo(crm, events);
  return { first, second: await deliverTo(crm, events) };
}

describe('a success without the row', () => {
  it.each(NOT_DONE)(
    'that is %s leaves an update to be tried again, and is no proof that the record is gone',
    async (as) => {
      const id = await crm.create('contacts', { email: 'ann@example.com', city: 'Old' });
      for (const effect of [set(id, 'Bern'), byEmail('ann@example.com', { city: 'Basel' })]) {
        await fault('/batch/update', as);
        const { first, second } = await deliverAgain([event('1', effect)]);
        expect(first.reports[0]?.outcome).toMatchObject({ failure: { class: expect.stringMatching(WAITS) } });
        expect(second.states).toEqual(['done']);
      }
      expect(await contact(id)).toMatchObject({ city: 'Basel' });
    },
  );

  it.each(NOT_DONE)(
    'that is %s is no upsert and no create by a key: what is called done is there, once',
    async (as) => {
      await fault('/batch/upsert', as);
      await fault('/batch/create', as);
      const events = [
        event('1', byDriver('7', { city: 'Bern' })),
        event('2', byEmail('bob@example.com', {})),
      ];
      const { first, second } = await deliverAgain(events);
      expect(second.states).toEqual(['done', 'done']);
      expect(first.asked.filter((resource) => resource === 'readObjects').length).toBeGreaterThan(1);
      expect(await count('contacts')).toBe(2);
    },
  );

  it.each(DONE)('that is %s although all was done is found out by a look-up', async (as) => {
    const id = await crm.create('contacts', { email: 'ann@example.com', driver_id: '7', visits: '100' });
    for (const path of ['/batch/update', '/batch/upsert', '/batch/create'])
      await fault(path, as, { performed: true });
    const events = [
      event('1', byEmail('ann@example.com', { city: 'Bern' }, { visits: 1 })),
      event('2', byDriver('8', { city: 'Bern' })),
      event('3', byEmail('bob@example.com', { city: 'Bern' })),
    ];
    expect((await deliverTo(crm, events)).states).toEqual(['done', 'done', 'done']);
    expect(await contact(id)).toMatchObject({ city: 'Bern', visits: '101' });
    expect(await count('contacts')).toBe(3);
  });

  it('leaves an association to be made, and one that was made is found', async () => {
    const id = await crm.create('contacts', { email: 'ann@example.com' });
    const deal: Effect = {
      kind: 'upsertRecord',
      objectType: 'deals',
      by: { property: 'order_id', value: 'o-1' },
      properties: { dealname: 'Order' },
      associations: [{ to: { objectType: 'contacts', id } }],
    };
    const linked = async () =>
      (await crm.get('/crm/objects/2026-03/deals?associations=contacts')).body.results[0].associations !==
      undefined;
    await fault('/associate/default', 'empty');
    expect((await deliverTo(crm, [event('1', deal)])).states).toEqual(['failed']);
    expect(await linked()).toBe(false);
    await fault('/associate/default', 'empty', { performed: true });
    expect((await deliverTo(crm, [event('1', deal)])).states).toEqual(['done']);
    expect(await linked()).toBe(true);
  });

  it('of an id that was merged away leads to the record that it became', async () => {
    const one = await crm.create('contacts', { email: 'ann@example.com' });
    const two = await crm.create('contacts', { email: 'old@example.com' });
    const { body } = await crm.post('/crm/objects/2026-03/contacts/merge', {
      ...{ primaryObjectId: one, objectIdToMerge: two },
    });
    for (const batchUpdatesReportMergedIds of [true, false]) {
      await crm.settings({ batchUpdatesReportMergedIds });
      const city = String(batchUpdatesReportMergedIds);
      expect((await deliverTo(crm, [event('1', set(one, city))])).states).toEqual(['done']);
      expect(await contact(body.id)).toMatchObject({ city });
    }
  });

  it('of an association to an id that was merged away is found at the record that it became', async () => {
    const one = await crm.create('contacts', { email: 'ann@example.com' });
    const two = await crm.create('contacts', { email: 'old@example.com' });
    const ids = { primaryObjectId: one, objectIdToMerge: two };
    const merged = (await crm.post('/crm/objects/2026-03/contacts/merge', ids)).body.id;
    const order = (id: string, n: number): Effect => ({
      kind: 'upsertRecord',
      objectType: 'deals',
      by: { property: 'order_id', value: `o-${n}` },
      properties: { dealname: 'Order' },
      associations: [{ to: { objectType: 'contacts', id } }],
    });
    const linked = async () =>
      (await crm.get(`/crm/objects/2026-03/contacts/${merged}?associations=deals`)).body.associations?.deals
        ?.results.length ?? 0;
    for (const [n, id] of [one, two].entries()) {
      const { states } = await deliverTo(crm, [event('1', order(id, n))]);
      expect([id, states]).toEqual([id, ['done']]);
      expect(await linked()).toBe(n + 1);
    }
  });

  it('of a contact that was merged after it was looked up begins no counter of the other one anew', async () => {
    await crm.settings({ batchReadsFindFurtherAddresses: true });
    const one = await crm.create('contacts', { email: 'ann@example.com', visits: '100' });
    const two = await crm.create('contacts', { email: 'old@example.com', visits: '3' });
    const asked = event('1', byEmail('old@example.com', {}, { visits: 1 }));
    let merged = '';
    const { states } = await deliverTo(crm, [asked], {
      async before(resource) {
        if (resource !== 'updateObjects' || merged !== '') return;
        const ids = { primaryObjectId: one, objectIdToMerge: two };
        merged = (await crm.post('/crm/objects/2026-03/contacts/merge', ids)).body.id;
      },
    });
    expect(states).toEqual(['done']);
    expect(await contact(merged)).toMatchObject({ visits: '101' });
  });

  it('of a record that is not there ends as what it is', async () => {
    const { reports } = await deliverTo(crm, [event('1', set('999999', 'Bern'))]);
    expect(reports[0]?.outcome).toMatchObject({ failure: { class: 'permanent' } });
  });
});

describe('a look-up that does not say', () => {
  it.each(UNSEEN)('because it is %s begins no counter anew', async (as) => {
    const known = [
      await crm.create('contacts', { driver_id: '7', visits: '100' }),
      await crm.create('contacts', { email: 'ann@example.com', visits: '100' }),
    ];
    await fault('/batch/read', as, { performed: as === 'short' || as === 'rowError', count: 2 });
    const events = [
      event('1', byDriver('7', {}, { visits: 1 })),
      event('2', byEmail('ann@example.com', {}, { visits: 1 })),
    ];
    await deliverAgain(events);
    for (const id of known) expect(await contact(id)).toMatchObject({ visits: '101' });
    expect(await count('contacts')).toBe(2);
  });

  it.each(UNSEEN)('because it is %s makes no dead letter of what needs the record', async (as) => {
    const id = await crm.create('contacts', { email: 'ann@example.com' });
    const on = { objectType: 'contacts', by: { property: 'email', value: 'ann@example.com' } } as const;
    const effects: Effect[] = [
      { kind: 'setProperties', on, properties: { city: 'Bern' } },
      { kind: 'associate', from: on, to: { objectType: 'contacts', id } },
    ];
    for (const effect of effects) {
      await fault('/batch/read', as, { performed: as === 'short' || as === 'rowError' });
      const { first, second } = await deliverAgain([event('1', effect)]);
      expect(first.reports[0]?.outcome).toMatchObject({ failure: { class: expect.stringMatching(WAITS) } });
      expect(second.states).toEqual(['done']);
    }
  });
});

describe('a person with several identities', () => {
  it('whom a form made with the address alone gets the key: all of that person go on', async () => {
    const id = await crm.create('contacts', { email: 'ann@example.com', visits: '3' });
    const events = [
      event('1', byDriver('7', { email: 'Ann@example.com', city: 'Bern' })),
      event('2', byDriver('8', { email: 'bob@example.com' })),
      event('3', byDriver('7', { city: 'Basel' }, { visits: 1 })),
    ];
    expect((await deliverTo(crm, events)).states).toEqual(['done', 'done', 'done']);
    expect(await contact(id)).toMatchObject({ driver_id: '7', city: 'Basel', visits: '4' });
    expect(await count('contacts')).toBe(2);
  });

  it('is found by a further address, though the look-up misses it', async () => {
    const one = await crm.create('contacts', { email: 'ann@example.com', visits: '100' });
    const two = await crm.create('contacts', { email: 'old@example.com' });
    const merged = await crm.post('/crm/objects/2026-03/contacts/merge', {
      ...{ primaryObjectId: one, objectIdToMerge: two },
    });
    for (const found of [false, true]) {
      await crm.settings({ batchReadsFindFurtherAddresses: found });
      const events = [event(String(found), byEmail('OLD@example.com', { city: 'Bern' }, { visits: 1 }))];
      expect((await deliverTo(crm, events)).states).toEqual(['done']);
    }
    expect(await contact(merged.body.id)).toMatchObject({
      ...{ email: 'ann@example.com', city: 'Bern', visits: '102' },
    });
    expect(await count('contacts')).toBe(1);
  });

  it('and who was found by a further address keeps the first one, though the event names the other', async () => {
    await crm.settings({ batchReadsFindFurtherAddresses: true });
    const one = await crm.create('contacts', { email: 'ann@example.com' });
    const two = await crm.create('contacts', { email: 'old@example.com' });
    const ids = { primaryObjectId: one, objectIdToMerge: two };
    const merged = (await crm.post('/crm/objects/2026-03/contacts/merge', ids)).body.id;
    const named = (email: string, city: string) => byEmail(email, { email, city });
    const events = [event('1', named('Old@example.com', 'Bern'))];
    expect((await deliverTo(crm, events)).states).toEqual(['done']);
    expect(await contact(merged)).toMatchObject({
      ...{ email: 'ann@example.com', hs_additional_emails: 'old@example.com', city: 'Bern' },
    });
    // Another address than any that it has is a new one.
    const moved = byEmail('old@example.com', { email: 'new@example.com' });
    expect((await deliverTo(crm, [event('2', moved)])).states).toEqual(['done']);
    expect(await contact(merged)).toMatchObject({ email: 'new@example.com' });
  });

  it("and whom HubSpot's own id names is written by it, also where that is given for a key", async () => {
    const id = await crm.create('contacts', { email: 'ann@example.com' });
    const own = (value: string) => ({ property: 'hs_object_id', value });
    const on = { objectType: 'contacts', by: own(id) } as const;
    const events = [
      event('1', { kind: 'upsertContact', by: own(` ${id}`), properties: { city: 'Bern' } }),
      event('2', { kind: 'setProperties', on, properties: { firstname: 'Ann' } }),
      event('3', {
        kind: 'upsertRecord',
        objectType: 'deals',
        by: { property: 'order_id', value: 'o-1' },
        properties: { dealname: 'Order' },
        associations: [{ to: on }],
      }),
      event('4', { kind: 'upsertContact', by: own('999999999'), properties: { city: 'Basel' } }),
    ];
    const { reports, states } = await deliverTo(crm, events);
    expect(states).toEqual(['done', 'done', 'done', 'failed']);
    expect(reports[3]?.outcome).toMatchObject({ failure: { class: 'permanent' } });
    expect(await contact(id)).toMatchObject({ city: 'Bern', firstname: 'Ann' });
    expect(await count('contacts')).toBe(1);
  });

  it('is adopted by nobody where the workspace says so: the event waits in a named state until the record has the key', async () => {
    const id = await crm.create('contacts', { email: 'ann@example.com', city: 'Old' });
    const events = [event('1', byDriver('7', { email: 'ann@example.com', city: 'Bern' }))];
    const waits = await deliverTo(crm, events, { foundByAnotherKey: 'wait' });
    expect(waits.reports[0]?.outcome).toMatchObject({
      state: 'failed',
      failure: { class: 'conflict', message: expect.stringContaining('foundByAnotherKey') },
    });
    expect(await contact(id)).toMatchObject({ city: 'Old' });
    expect(await count('contacts')).toBe(1);
    await crm.patch(`/crm/objects/2026-03/contacts/${id}`, { properties: { driver_id: '7' } });
    expect((await deliverTo(crm, events, { foundByAnotherKey: 'wait' })).states).toEqual(['done']);
    expect(await contact(id)).toMatchObject({ city: 'Bern' });
  });

  it('who may be another one is not guessed: the event waits for people, and nothing is written', async () => {
    const id = await crm.create('contacts', { email: 'ann@example.com', driver_id: '9', city: 'Old' });
    const { reports } = await deliverTo(crm, [
      event('1', byDriver('7', { email: 'ann@example.com', city: 'Bern' })),
    ]);
    expect(reports[0]?.outcome).toMatchObject({
      state: 'failed',
      failure: { class: 'conflict', message: expect.stringContaining(id) },
    });
    expect(await contact(id)).toMatchObject({ driver_id: '9', city: 'Old' });
    expect(await count('contacts')).toBe(1);
  });
});

describe("an answer that is not HubSpot's", () => {
  const NOTE: Effect = {
    kind: 'note',
    on: { objectType: 'contacts', by: { property: 'email', value: 'ann@example.com' } },
    body: 'hello',
    timestamp: '2026-10-01T00:00:00Z',
  };

  it.each([
    ...[400, 403, 404, 405, 410, 413, 421, 451, 502].map((status) => ({ kind: 'html', status })),
    ...[200, 400, 404, 409].map((status) => ({ kind: 'misanswer', as: 'foreign', status })),
    ...[400, 404].map((status) => ({ kind: 'misanswer', as: 'blank', status })),
    { kind: 'status', status: 405 },
  ])('makes no dead letter, whatever it is asked: %j', async (answer) => {
    await crm.create('contacts', { email: 'ann@example.com' });
    const events = [
      event('1', byEmail('ann@example.com', { city: 'Bern' })),
      event('2', byDriver('8', { city: 'Bern' })),
      event('3', NOTE),
      event('4', byEmail('bob@example.com', {})),
    ];
    for (const path of [
      '/batch/read',
      '/batch/update',
      '/batch/upsert',
      '/batch/create',
      '/associate/default',
    ]) {
      const { id } = (await crm.control('POST', '/faults', { target: 'any', path, ...answer })).body;
      const { reports } = await deliverTo(crm, events);
      for (const { outcome } of reports)
        if (outcome.state === 'failed')
          expect(outcome.failure.class).toMatch(/^(transient|unclear|unknown)$/);
      await crm.control('DELETE', `/faults/${id}`);
    }
    expect((await deliverTo(crm, events)).states).toEqual(['done', 'done', 'done', 'done']);
  });
});

describe('a path that is not there', () => {
  it('is no word about one record: a lone update waits, and is written when the path is there', async () => {
    const id = await crm.create('contacts', { email: 'ann@example.com' });
    const { body } = await crm.control('POST', '/faults', {
      ...{ target: 'crm', kind: 'status', status: 404 },
    });
    const { reports } = await deliverTo(crm, [event('1', set(id, 'Bern'))]);
    expect(reports[0]?.outcome).toMatchObject({ failure: { class: 'unclear' } });
    await crm.control('DELETE', `/faults/${body.id}`);
    await crm.control('POST', '/faults', { target: 'crm', kind: 'status', status: 404, count: 1 });
    expect((await deliverTo(crm, [event('1', set(id, 'Bern'))])).states).toEqual(['failed']);
    expect((await deliverTo(crm, [event('1', set(id, 'Bern'))])).states).toEqual(['done']);
    expect(await contact(id)).toMatchObject({ city: 'Bern' });
  });
});
