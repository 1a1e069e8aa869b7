import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Effect } from '../../../src/domain/outbox/effects.js';
import type { Outcome } from '../../../src/hubspot/wire/outcomes.js';
import { DeliveryRun } from '../../../src/services/outbox/delivery/deliveryRun.js';
import {
  TIME,
  byEmail,
  contact,
  byOwnKey,
  note,
  event,
  run,
  states,
  resources,
  answers,
} from './deliveries.js';
import { FakeHubSpot, capabilities } from './support.js';

describe('a delivery', () => {
  it('looks contacts up by e-mail, updates those that are there by id and creates the others', () => {
    const hubspot = new FakeHubSpot();
    const id = hubspot.add('contacts', { email: 'ann@example.com', city: 'Bern' });
    const reports = run(
      [
        event('1', 'a', contact('Ann', { firstname: 'Ann' })),
        event('2', 'b', contact('bob', { firstname: 'Bob' })),
      ],
      hubspot,
    );
    expect(states(reports)).toEqual({ 1: 'done', 2: 'done' });
    expect(resources(hubspot)).toEqual(['readObjects', 'updateObjects', 'createObjects']);
    expect(hubspot.find('contacts', 'id', id)?.properties).toEqual({
      email: 'ann@example.com',
      city: 'Bern',
      firstname: 'Ann',
    });
    expect(hubspot.find('contacts', 'email', 'bob@example.com')?.properties).toMatchObject({
      firstname: 'Bob',
    });
    expect(reports[0]?.effects.get(0)).toEqual({ state: 'done', objectType: 'contacts', objectId: id });
  });

  it('writes nothing to a contact that it finds and has nothing new for', () => {
    const hubspot = new FakeHubSpot();
    const id = hubspot.add('contacts', { email: 'ann@example.com' });
    const reports = run(
      [event('1', 'a', contact('Ann', { email: 'ann@example.com' }), note('Ann'))],
      hubspot,
    );
    expect(states(reports)).toEqual({ 1: 'done' });
    expect(resources(hubspot)).not.toContain('updateObjects');
    expect(reports[0]?.effects.get(0)).toEqual({ state: 'done', objectType: 'contacts', objectId: id });
    expect([...hubspot.links]).toEqual([expect.stringContaining(id)]);
  });

  it('never upserts contacts by e-mail, which HubSpot refuses for a part of the properties', () => {
    const hubspot = new FakeHubSpot();
    run(
      [event('1', 'a', contact('ann', { firstname: 'Ann' })), event('2', 'b', byOwnKey('d-1', {}))],
      hubspot,
    );
    for (const request of hubspot.requests) {
      if (request.resource !== 'upsertObjects') continue;
      expect(request.body.inputs.map(({ idProperty }) => idProperty)).toEqual(['driver_id']);
    }
    expect(resources(hubspot)).toContain('upsertObjects');
  });

  it('needs one call for 100 contacts by a unique property', () => {
    const hubspot = new FakeHubSpot();
    const events = Array.from({ length: 100 }, (_, n) =>
      event(String(n), `k${n}`, byOwnKey(`d-${n}`, { city: 'Bern' })),
    );
    expect(new Set(Object.values(states(run(events, hubspot))))).toEqual(new Set(['done']));
    expect(resources(hubspot)).toEqual(['upsertObjects']);
  });

  it('writes a contact that two addresses lead to in two calls, never twice in one', () => {
    const hubspot = new FakeHubSpot();
    const id = hubspot.add('contacts', {
      email: 'ann@example.com',
      hs_additional_emails: 'old@example.com;older@example.com',
    });
    const events = [
      event('1', 'a', contact('ann', { p: '1' }, { points: 1 })),
      event('2', 'b', contact('old', { p: '2' }, { points: 2 })),
    ];
    expect(states(run(events, hubspot))).toEqual({ 1: 'done', 2: 'done' });
    expect(hubspot.find('contacts', 'id', id)?.properties).toMatchObject({ p: '2', points: '3' });
    expect(resources(hubspot)).toEqual(['readObjects', 'updateObjects', 'readObjects', 'updateObjects']);
  });

  it('looks again when somebody made the contact in between', () => {
    const hubspot = new FakeHubSpot();
    hubspot.script = [
      () => undefined,
      () => {
        hubspot.add('contacts', { email: 'ann@example.com' });
        return undefined;
      },
    ];
    expect(states(run([event('1', 'a', contact('ann', { p: '1' }))], hubspot))).toEqual({ 1: 'done' });
    expect(resources(hubspot)).toEqual(['readObjects', 'createObjects', 'readObjects', 'updateObjects']);
    expect(hubspot.all('contacts')).toHaveLength(1);
  });

  it('makes a note once with a unique property, and associates it', () => {
    const hubspot = new FakeHubSpot();
    const id = hubspot.add('contacts', { email: 'ann@example.com' });
    const events = [event('1', 'a', note('ann'))];
    const options = { capabilities: { effectKeyProperties: { notes: 'sluice_event_id' } } };
    expect(states(run(events, hubspot, options))).toEqual({ 1: 'done' });
    expect(states(run(events, hubspot, options))).toEqual({ 1: 'done' });
    expect(hubspot.all('notes')).toHaveLength(1);
    expect([...hubspot.links]).toEqual([`notes/${hubspot.all('notes')[0]?.id}>contacts/${id}`]);
  });

  it('names what HubSpot would do twice before it is sent, and only that', () => {
    const delivery = new DeliveryRun(
      [event('1', null, note('ann')), event('2', 'b', contact('bob', {}))],
      capabilities(),
      { batchSize: 100 },
    );
    const hubspot = new FakeHubSpot();
    hubspot.add('contacts', { email: 'ann@example.com' });
    const unrepeatable: string[] = [];
    for (let round = delivery.nextRound(); round; round = delivery.nextRound()) {
      for (const batch of round) {
        for (let ask = batch.next(); ask; ask = batch.next()) {
          unrepeatable.push(...ask.unrepeatable);
          batch.answer(hubspot.send(ask.request));
        }
      }
    }
    expect(unrepeatable).toEqual(['1/0']);
  });

  it('only associates what the ledger knows to be made', () => {
    const hubspot = new FakeHubSpot();
    hubspot.add('contacts', { email: 'ann@example.com' });
    const known = new Map([['effect:1/0', '555']]);
    expect(states(run([event('1', null, note('ann'))], hubspot, { known }))).toEqual({ 1: 'done' });
    expect(resources(hubspot)).toEqual(['readObjects', 'createDefaultAssociations']);
  });

  it('says that a create is unknown when its answer is lost, and a write that may be repeated is not', () => {
    const hubspot = new FakeHubSpot();
    hubspot.add('contacts', { email: 'ann@example.com' });
    hubspot.loseAnswers = true;
    const [first] = run([event('1', null, note('ann'))], hubspot);
    expect(first?.outcome).toMatchObject({ state: 'failed', failure: { class: 'unknown' } });
    const [second] = run([event('2', null, byOwnKey('d-1', {}))], hubspot);
    expect(second?.outcome).toMatchObject({ state: 'failed', failure: { class: 'transient' } });
  });

  it('adds to a counter once although the answer was lost', () => {
    const hubspot = new FakeHubSpot();
    const events = [
      event('1', 'd', byOwnKey('d-1', {}, { points: 5 })),
      event('2', 'd', byOwnKey('d-1', {}, { points: 7 })),
    ];
    hubspot.script = [
      () => undefined,
      (request) => {
        hubspot.send({ ...request });
        hubspot.requests.pop();
        return { kind: 'unknown', reason: 'timeout', message: '' };
      },
    ];
    expect(states(run(events, hubspot))).toEqual({ 1: 'failed', 2: 'failed' });
    expect(hubspot.all('contacts')[0]?.properties['points']).toBe('12');
    // The pages of the next tries are cut otherwise.
    expect(states(run(events.slice(0, 1), hubspot))).toEqual({ 1: 'done' });
    run([...events.slice(1), event('3', 'd', byOwnKey('d-1', {}, { points: 1 }))], hubspot);
    expect(hubspot.all('contacts')[0]?.properties['points']).toBe('13');
    run([event('4', 'd', byOwnKey('d-1', {}, { points: 100 }))], hubspot);
    expect(hubspot.all('contacts')[0]?.properties).toMatchObject({ points: '113', sluice_counted: '4/0' });
  });

  it('halves a batch that is refused as a whole until the bad row stands alone; the others arrive', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(99), { maxLength: 5 }), (bad) => {
        const hubspot = new FakeHubSpot();
        hubspot.wholeBatches = true;
        hubspot.badValue = 'BAD';
        const events = Array.from({ length: 100 }, (_, n) =>
          event(String(n), `k${n}`, byOwnKey(`d-${n}`, { city: bad.includes(n) ? 'BAD' : 'Bern' })),
        );
        const reports = run(events, hubspot);
        expect(
          reports.filter(({ outcome }) => outcome.state !== 'done').map(({ eventId }) => Number(eventId)),
        ).toEqual([...bad].sort((a, b) => a - b));
        expect(hubspot.all('contacts')).toHaveLength(100 - bad.length);
        expect(hubspot.requests.length).toBeLessThanOrEqual(1 + bad.length * 14);
      }),
      { numRuns: 30 },
    );
  });

  it('leaves a counter alone whose record could not be read: an error is no absence', () => {
    const hubspot = new FakeHubSpot();
    hubspot.add('contacts', { driver_id: 'd-1', points: '100' });
    const error = { category: 'INTERNAL_ERROR', message: 'try again', ids: ['d-1'] };
    hubspot.script = [
      () => ({ kind: 'partial', status: 207, body: { results: [] }, errors: [error] }) as unknown as Outcome,
    ];
    const events = [event('1', null, byOwnKey('d-1', {}, { points: 1 }))];
    expect(run(events, hubspot)[0]?.outcome).toMatchObject({ failure: { class: 'transient' } });
    expect(hubspot.all('contacts')[0]?.properties['points']).toBe('100');
    run(events, hubspot);
    expect(hubspot.all('contacts')[0]?.properties['points']).toBe('101');
  });

  it('asks once where HubSpot does not have the path, and ends none of the events for it', () => {
    const hubspot = new FakeHubSpot();
    const missing: Outcome = { kind: 'notFound', status: 404, message: 'Unable to find a resource' };
    hubspot.script = Array.from({ length: 300 }, () => answers(missing));
    const events = Array.from({ length: 150 }, (_, n) =>
      event(String(n), null, byOwnKey(`d-${n}`, { city: 'x' })),
    );
    const reports = run(events, hubspot);
    expect(hubspot.requests.length).toBeLessThanOrEqual(2);
    for (const { outcome } of reports)
      expect(outcome).toMatchObject({
        state: 'failed',
        failure: { class: 'unclear', message: expect.stringContaining('HUBSPOT_API_VERSION') },
      });
  });

  it('settles each row of a 207 on its own error', () => {
    const hubspot = new FakeHubSpot();
    hubspot.badValue = 'BAD';
    const reports = run(
      [event('1', 'a', byOwnKey('d-1', { city: 'BAD' })), event('2', 'b', byOwnKey('d-2', { city: 'Bern' }))],
      hubspot,
    );
    expect(states(reports)).toEqual({ 1: 'failed', 2: 'done' });
    expect(reports[0]?.outcome).toMatchObject({
      failure: { class: 'permanent', category: 'VALIDATION_ERROR' },
      n: 0,
    });
  });

  it('takes a merged write apart when it is refused: only the event with the bad value fails', () => {
    const hubspot = new FakeHubSpot();
    hubspot.badValue = 'BAD';
    const events = [
      event('1', 'd', contact('ann', { p: '1' }, { points: 1 })),
      event('2', 'd', contact('ann', { q: 'BAD' }, { points: 10 })),
      event('3', 'd', contact('ann', { p: '3' }, { points: 100 })),
    ];
    expect(states(run(events, hubspot))).toEqual({ 1: 'done', 2: 'failed', 3: 'done' });
    expect(hubspot.find('contacts', 'email', 'ann@example.com')?.properties).toMatchObject({
      p: '3',
      points: '101',
    });
  });

  it('fails all rows that set a property which the portal does not have, without halving', () => {
    const hubspot = new FakeHubSpot();
    hubspot.script = [
      answers({
        kind: 'invalid',
        status: 400,
        code: 'PROPERTY_DOESNT_EXIST',
        message: 'x',
        properties: ['nope'],
        body: {},
      }),
    ];
    const events = Array.from({ length: 50 }, (_, n) =>
      event(String(n), `k${n}`, byOwnKey(`d-${n}`, n % 2 ? { nope: '1' } : { city: 'Bern' })),
    );
    const reports = run(events, hubspot);
    expect(reports.filter(({ outcome }) => outcome.state === 'done')).toHaveLength(25);
    expect(hubspot.requests).toHaveLength(2);
  });

  it('leaves later events of a key alone when an earlier one may yet work, and other keys go on', () => {
    const hubspot = new FakeHubSpot();
    hubspot.script = [
      answers({
        kind: 'partial',
        status: 207,
        body: { results: [] },
        errors: [{ category: 'INTERNAL_ERROR', message: '', ids: ['1/0'] }],
      }),
    ];
    const events = [
      event('1', 'd', byOwnKey('d-1', { p: '1' })),
      event('2', 'd', {
        kind: 'customEvent',
        name: 'x',
        on: { objectType: 'contacts', by: byEmail('ann') },
        properties: {},
        timestamp: TIME,
      }),
      event('3', null, contact('bob', {})),
    ];
    expect(states(run(events, hubspot))).toEqual({ 1: 'failed', 2: 'untouched', 3: 'done' });
    expect(hubspot.events.size).toBe(0);
  });

  it('lets later events of a key go on when an earlier one failed for good, but nothing more of that event', () => {
    const hubspot = new FakeHubSpot();
    hubspot.badValue = 'BAD';
    const events = [
      event('1', 'd', byOwnKey('d-1', { p: 'BAD' }), note('ann')),
      event('2', 'd', contact('bob', { p: '2' })),
    ];
    const reports = run(events, hubspot);
    expect(states(reports)).toEqual({ 1: 'failed', 2: 'done' });
    expect(reports[0]?.effects.get(1)).toEqual({ state: 'blocked' });
    expect(hubspot.all('notes')).toHaveLength(0);
  });

  it('stops at a limit: what was not tried is untouched', () => {
    const hubspot = new FakeHubSpot();
    hubspot.script = [
      answers({ kind: 'throttled', status: 429, policy: 'DAILY', retryAfterMs: 5000, message: '' }),
    ];
    const reports = run([event('1', 'a', contact('ann', {})), event('2', 'a', contact('bob', {}))], hubspot);
    expect(states(reports)).toEqual({ 1: 'failed', 2: 'untouched' });
    expect(reports[0]?.outcome).toMatchObject({ failure: { class: 'rate', retryAfterMs: 5000 } });
  });

  it('takes a repeated app event for one that had arrived', () => {
    const hubspot = new FakeHubSpot();
    const effect: Effect = {
      kind: 'appEvent',
      eventTypeName: 'ae1_seen',
      on: { objectType: 'contacts', by: byEmail('ann') },
      properties: {},
      timestamp: TIME,
      fallback: 'none',
    };
    const options = { capabilities: { appEvents: new Set(['ae1_seen']) } };
    run([event('1', null, effect)], hubspot, options);
    expect(states(run([event('1', null, effect), event('2', null, effect)], hubspot, options))).toEqual({
      1: 'done',
      2: 'done',
    });
    expect(hubspot.events.size).toBe(2);
  });

  it('gives a custom event the same UUID with each try', () => {
    const hubspot = new FakeHubSpot();
    const effect: Effect = {
      kind: 'customEvent',
      name: 'seen',
      on: { objectType: 'contacts', by: byEmail('ann') },
      properties: {},
      timestamp: TIME,
    };
    run([event('1', null, effect)], hubspot);
    run([event('1', null, effect)], hubspot);
    expect(hubspot.events.size).toBe(1);
    expect([...hubspot.events.keys()][0]).toMatch(
      /^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
    );
    expect([...hubspot.events.values()][0]).toMatchObject({
      eventName: 'pe4711_seen',
      email: 'ann@example.com',
    });
  });

  it('puts an event whose effects make no sense aside, and delivers the others', () => {
    const hubspot = new FakeHubSpot();
    const reports = run(
      [
        event('1', 'a', { kind: 'note', on: { effect: 3 }, body: 'x', timestamp: TIME }),
        event('2', 'a', contact('ann', {})),
      ],
      hubspot,
    );
    expect(reports[0]?.outcome).toMatchObject({ state: 'failed', failure: { class: 'poison' } });
    expect(reports[1]?.outcome).toEqual({ state: 'done' });
  });

  it('brings everything to HubSpot that a sequence without batches would, whatever the batch size', () => {
    const names = fc.constantFrom('a', 'b', 'c', 'd');
    const effects = fc.oneof(
      fc
        .tuple(names, fc.constantFrom('p', 'q'), fc.constantFrom('1', '2', '3'))
        .map(([name, p, v]) => contact(name, { [p]: v }, { points: 1 })),
      fc.tuple(names, fc.constantFrom('1', '2')).map(([name, v]) => byOwnKey(name, { p: v })),
      names.map((name): Effect => ({
        kind: 'upsertRecord',
        objectType: 'deals',
        by: { property: 'order_id', value: name },
        properties: { p: name },
      })),
    );
    fc.assert(
      fc.property(
        fc.array(fc.array(effects, { minLength: 1, maxLength: 3 }), { maxLength: 15 }),
        fc.integer({ min: 1, max: 5 }),
        (lists, batchSize) => {
          const together = new FakeHubSpot();
          const reports = run(
            lists.map((list, n) => event(String(n), 'one', ...list)),
            together,
            { batchSize },
          );
          expect(reports.every(({ outcome }) => outcome.state === 'done')).toBe(true);
          const single = new FakeHubSpot();
          lists.forEach((list, n) =>
            run([event(String(n), 'one', ...list)], single, { batchSize: 1, merge: false }),
          );
          const strip = (hubspot: FakeHubSpot, type: string) =>
            hubspot
              .all(type)
              .map(
                ({ properties: { sluice_counted, ...others } }) => (
                  expect(sluice_counted ?? '').not.toBe('x'),
                  others
                ),
              );
          for (const type of ['contacts', 'deals'])
            expect(strip(together, type)).toEqual(strip(single, type));
        },
      ),
    );
  });
});
