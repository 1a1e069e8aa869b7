import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Effect } from '../../../src/domain/outbox/effects.js';
import type { Outcome } from '../../../src/hubspot/wire/outcomes.js';
import { TIME, contact, byOwnKey, event, run, states, resources, answers } from './deliveries.js';
import { FakeHubSpot } from './support.js';

describe('the results of a batch, which come in any order', () => {
  const driver = (id: string) =>
    ({ objectType: 'contacts', by: { property: 'driver_id', value: id } }) as const;
  const deal = (name: string, by?: string): Effect => ({
    kind: 'upsertRecord',
    objectType: 'deals',
    ...(by !== undefined && { by: { property: 'order_id', value: by } }),
    properties: { dealname: name },
    associations: [{ to: driver(name) }],
  });
  const noteOn = (name: string): Effect => ({
    kind: 'note',
    on: { effect: 0 },
    body: `note on ${name}`,
    timestamp: TIME,
  });
  /** Each deal and its contact, by what they are called. */
  const pairs = (hubspot: FakeHubSpot) =>
    [...hubspot.links]
      .map((link) => {
        const [from = '', to = ''] = link.split('>').map((end) => end.split('/')[1]);
        const own = ['deals', 'notes'].flatMap((type) => hubspot.find(type, 'id', from) ?? [])[0]?.properties;
        const other = hubspot.find('contacts', 'id', to)?.properties;
        return `${own?.['dealname'] ?? own?.['hs_note_body']} > ${other?.['driver_id'] ?? other?.['email']}`;
      })
      .sort();
  const names = ['a', 'b', 'c', 'd', 'e', 'f'];
  function withDrivers(): FakeHubSpot {
    const hubspot = new FakeHubSpot();
    for (const name of names) hubspot.add('contacts', { driver_id: name });
    return hubspot;
  }
  const answered = fc.record({
    repeatsTraces: fc.boolean(),
    showsProperties: fc.boolean(),
    seed: fc.array(fc.nat(99), { minLength: 6, maxLength: 6 }),
  });
  const shuffled =
    (seed: readonly number[]) =>
    <T>(results: readonly T[]): T[] =>
      results
        .map((result, n) => ({ result, at: seed[n % seed.length] ?? 0 }))
        .sort((a, b) => a.at - b.at)
        .map(({ result }) => result);

  it('lead each record to its own contact, whatever HubSpot repeats of what it was sent', () => {
    fc.assert(
      fc.property(answered, fc.boolean(), ({ seed, ...shows }, keyed) => {
        const hubspot = Object.assign(withDrivers(), shows, { shuffle: shuffled(seed) });
        const events = names.map((name) => event(name, null, deal(name, keyed ? `o-${name}` : undefined)));
        expect(run(events, hubspot).every(({ outcome }) => outcome.state === 'done')).toBe(true);
        expect(pairs(hubspot)).toEqual(names.map((name) => `${name} > ${name}`));
      }),
    );
  });

  it('lead what later effects refer to to the record that the earlier one wrote', () => {
    fc.assert(
      fc.property(answered, ({ seed, ...shows }) => {
        const hubspot = Object.assign(new FakeHubSpot(), shows, { shuffle: shuffled(seed) });
        const events = names.map((name) => event(name, null, contact(name, {}), noteOn(name)));
        expect(run(events, hubspot).every(({ outcome }) => outcome.state === 'done')).toBe(true);
        expect(pairs(hubspot)).toEqual(names.map((name) => `note on ${name} > ${name}@example.com`));
      }),
    );
  });

  it('are none of creates without a unique property, which are sent one by one; their associations go together', () => {
    const hubspot = withDrivers();
    run(
      names.map((name) => event(name, null, deal(name))),
      hubspot,
    );
    const sizes = hubspot.requests.map(
      ({ resource, body }) => `${resource} ${'inputs' in body ? body.inputs.length : 0}`,
    );
    expect(sizes).toEqual([
      ...names.map(() => 'createObjects 1'),
      'readObjects 6',
      'createDefaultAssociations 6',
    ]);
  });

  it('are looked up by the unique property when neither it nor the trace id is in the answer', () => {
    const hubspot = Object.assign(withDrivers(), { repeatsTraces: false, showsProperties: false });
    const reports = run([event('1', null, byOwnKey('a', { city: 'Bern' }))], hubspot);
    expect(resources(hubspot)).toEqual(['upsertObjects', 'readObjects']);
    expect(reports[0]?.effects.get(0)).toMatchObject({
      state: 'done',
      objectId: hubspot.find('contacts', 'driver_id', 'a')?.id,
    });
  });

  it('are good without their ids where they may not be looked up and nothing needs the id', () => {
    const hubspot = Object.assign(withDrivers(), { repeatsTraces: false, showsProperties: false });
    const forbidden: Outcome = {
      kind: 'forbidden',
      status: 403,
      message: 'no',
      missingScopes: ['crm.objects.contacts.read'],
    };
    hubspot.script = [() => undefined, answers(forbidden)];
    expect(states(run([event('1', null, byOwnKey('a', { city: 'Bern' }))], hubspot))).toEqual({ 1: 'done' });
  });

  it('that do not show what a create came to leave it unknown: the next try looks for it', () => {
    const hubspot = withDrivers();
    hubspot.script = [answers({ kind: 'ok', status: 201, body: { results: [] } })];
    const [report] = run([event('1', null, deal('a'))], hubspot);
    expect(report?.outcome).toMatchObject({ state: 'failed', failure: { class: 'unknown' } });
  });

  it('under a trace id that is not ours are no answer to a create', () => {
    const hubspot = withDrivers();
    const foreign = { id: '9', objectWriteTraceId: '77/0', properties: {} };
    hubspot.script = [answers({ kind: 'ok', status: 201, body: { results: [foreign] } })];
    const [report] = run([event('1', null, deal('a'))], hubspot);
    expect(report?.outcome).toMatchObject({ state: 'failed', failure: { class: 'unknown' } });
  });
});
