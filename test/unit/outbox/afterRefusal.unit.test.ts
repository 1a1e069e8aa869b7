import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Operation } from '../../../src/domain/outbox/operations.js';
import type { Part, Row } from '../../../src/domain/outbox/plan.js';
import type { Failure } from '../../../src/services/outbox/delivery/failure.js';
import { afterRefusal, afterRowRefusal } from '../../../src/services/outbox/delivery/afterRefusal.js';

describe('a request that is refused as a whole', () => {
  const inputs = fc.uniqueArray(fc.nat(), { minLength: 1, maxLength: 100 });

  it('loses no input and asks for none twice', () => {
    fc.assert(
      fc.property(inputs, fc.func(fc.boolean()), (all, isNamed) => {
        const { failed, again } = afterRefusal(all, isNamed);
        expect([...failed, ...again.flat()].sort()).toEqual([...all].sort());
      }),
    );
  });

  it('is asked for again in smaller parts only, so that it ends', () => {
    fc.assert(
      fc.property(inputs, fc.func(fc.boolean()), (all, isNamed) => {
        const { again } = afterRefusal(all, isNamed);
        for (const part of again) {
          expect(part.length).toBeGreaterThan(0);
          expect(part.length).toBeLessThan(all.length);
        }
      }),
    );
  });

  it('ends with the bad inputs failed, in a number of requests that grows with the bad ones', () => {
    fc.assert(
      fc.property(inputs, fc.array(fc.nat(99), { maxLength: 5 }), (all, at) => {
        const bad = new Set(at.map((n) => all[n % all.length]));
        const failed: number[] = [];
        const queue: (readonly number[])[] = [all];
        let requests = 0;
        for (let part = queue.shift(); part; part = queue.shift()) {
          requests += 1;
          if (!part.some((input) => bad.has(input))) continue;
          const next = afterRefusal(part, () => false);
          failed.push(...next.failed);
          queue.push(...next.again);
        }
        expect(new Set(failed)).toEqual(bad);
        expect(requests).toBeLessThanOrEqual(1 + bad.size * 14);
      }),
    );
  });

  it('fails the inputs that HubSpot names, and asks for the others in one request', () => {
    expect(afterRefusal([1, 2, 3, 4], (n) => n % 2 === 0)).toEqual({ failed: [2, 4], again: [[1, 3]] });
    expect(afterRefusal([2, 4], (n) => n % 2 === 0)).toEqual({ failed: [2, 4], again: [] });
  });
});

describe('a row that is refused by itself', () => {
  const record: Operation = {
    ...{ op: 'record', mode: 'upsert', objectType: 'contacts', properties: {}, counters: {}, links: [] },
    target: { objectType: 'contacts', by: { property: 'email', value: 'ann@example.com' } },
  };
  const appEvent: Operation = {
    ...{ op: 'appEvent', eventTypeName: 'ae1_seen', properties: {}, timestamp: '2026-10-01T00:00:00Z' },
    on: { objectType: 'contacts', id: '1' },
  };
  const part = (operation: Operation, n = 0): Part => ({
    ...{ eventId: '1', n, key: `1/${n}`, hubspotKey: `1/${n}` },
    operation,
  });
  const row = (operation: Operation, ...more: Part[]): Row => ({
    parts: [part(operation), ...more],
    order: 'key a',
    operation,
  });
  const failure = (some: Partial<Failure>): Failure => ({ class: 'permanent', message: '', ...some });
  const once = { lookedAgain: false, identified: false };

  it('is looked up again, once, when a create finds that somebody has made the record', () => {
    for (const conflict of [failure({ status: 409 }), failure({ category: 'CONFLICT' })]) {
      expect(afterRowRefusal('create', row(record), conflict, once)).toBe('lookAgain');
      expect(afterRowRefusal('create', row(record), conflict, { ...once, lookedAgain: true })).toBe(
        'conflict',
      );
      expect(afterRowRefusal('update', row(record), conflict, once)).toBe('conflict');
    }
  });

  it("has the record looked up that HubSpot names, once; what may be another person's waits", () => {
    const named = failure({ category: 'CONFLICT', existingId: '77' });
    for (const kind of ['create', 'upsert', 'update'] as const) {
      expect(afterRowRefusal(kind, row(record), named, once)).toBe('identify');
      const after = { lookedAgain: true, identified: true };
      expect(afterRowRefusal(kind, row(record), named, after)).toBe('conflict');
    }
    const company: Operation = { ...record, objectType: 'companies' };
    expect(afterRowRefusal('upsert', row(company), named, once)).toBe('failed');
  });

  it('is looked for when HubSpot does not find it where it was a moment ago', () => {
    const gone = failure({ category: 'OBJECT_NOT_FOUND' });
    expect(afterRowRefusal('update', row(record), gone, once)).toBe('lookAgain');
    expect(afterRowRefusal('update', row({ ...record, mode: 'update' }), gone, once)).toBe('confirm');
    expect(afterRowRefusal('update', row(record), gone, { ...once, lookedAgain: true })).toBe('failed');
  });

  it('is taken apart when several effects were merged into it and it is refused for good', () => {
    const merged = row(record, part(record, 1));
    expect(afterRowRefusal('upsert', merged, failure({}), once)).toBe('takeApart');
    expect(afterRowRefusal('upsert', merged, failure({ class: 'locked' }), once)).toBe('failed');
    expect(afterRowRefusal('upsert', row(record), failure({}), once)).toBe('failed');
  });

  it('is done when it is an app event that HubSpot has', () => {
    expect(afterRowRefusal('send', row(appEvent), failure({ status: 409 }), once)).toBe('done');
    expect(afterRowRefusal('send', row(appEvent), failure({ status: 400 }), once)).toBe('failed');
  });
});
