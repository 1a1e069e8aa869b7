import { describe, expect, it } from '@jest/globals';
import type { Effect } from '../../../src/domain/outbox/effects.js';
import { DeliveryRun } from '../../../src/services/outbox/delivery/deliveryRun.js';
import { contact, event, run, states, answers } from './deliveries.js';
import { deliver, FakeHubSpot, capabilities } from './support.js';

describe('an event for which the code throws', () => {
  /** A contact whose properties cannot be read by the code of one file. */
  const throwing = (name: string, file: string): Effect =>
    Object.defineProperty(contact(name, { city: 'Rome' }), 'properties', {
      enumerable: true,
      get() {
        if (new Error('where').stack?.includes(file)) throw new RangeError(`secret of ${name}`);
        return { city: 'Rome' };
      },
    });

  it.each(['effects.ts', 'plan.ts', 'operations.ts'])(
    'in %s ends alone; the others are delivered',
    (file) => {
      const hubspot = new FakeHubSpot();
      const good = [event('1', null, contact('a', {})), event('3', null, contact('c', {}))];
      const reports = run([good[0]!, event('2', null, throwing('b', file)), good[1]!], hubspot);
      expect(states(reports)).toEqual({ 1: 'done', 2: 'failed', 3: 'done' });
      expect(reports[1]?.outcome).toMatchObject({
        failure: { class: 'poison', message: expect.stringMatching(/\(RangeError in [\w.]+\.ts:\d+\)/) },
      });
      expect(JSON.stringify(reports)).not.toContain('secret');
    },
  );

  it('when its request is built ends alone; the others are delivered', () => {
    const hubspot = new FakeHubSpot();
    const bad = contact('b', { city: 'Rome' });
    const delivery = new DeliveryRun(
      [event('1', null, contact('a', {})), event('2', null, bad), event('3', null, contact('c', {}))],
      capabilities(),
      { batchSize: 100 },
    );
    for (let round = delivery.nextRound(); round; round = delivery.nextRound()) {
      for (const batch of round) {
        for (const row of batch.batch.rows) {
          if (row.parts.some(({ key }) => key.startsWith('2/')))
            Object.defineProperty(row.operation, 'properties', {
              get: () => {
                throw new TypeError('secret');
              },
            });
        }
        for (let next = batch.next(); next; next = batch.next()) batch.answer(hubspot.send(next.request));
      }
    }
    expect(states(delivery.reports())).toEqual({ 1: 'done', 2: 'failed', 3: 'done' });
  });

  it('when its answer is read is not known, and is tried again', () => {
    const hubspot = new FakeHubSpot();
    const body = {
      get results() {
        throw new TypeError('secret');
      },
    };
    hubspot.script = Array.from({ length: 9 }, () => answers({ kind: 'ok', status: 200, body }));
    const delivery = new DeliveryRun([event('1', null, contact('a', {}))], capabilities(), {
      batchSize: 100,
    });
    deliver(delivery, hubspot);
    expect(delivery.reports()[0]?.outcome).toMatchObject({
      state: 'failed',
      failure: { class: 'unclear' },
    });
  });
});
