import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { DueQueue } from '../../../src/domain/hubspot/dueQueue.js';

const NAMES = ['a', 'b', 'c', 'd', 'e'];

describe('who is due when', () => {
  it('comes out in the order of its last word, each once, never before its time', () => {
    const step = fc.oneof(
      fc.record({ key: fc.constantFrom(...NAMES), at: fc.integer({ min: 0, max: 20 }) }),
      fc.record({ key: fc.constantFrom(...NAMES), at: fc.constant(Infinity) }),
      fc.record({ takeAt: fc.integer({ min: 0, max: 20 }) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const queue = new DueQueue<string>();
        const expected = new Map<string, number>();
        for (const one of steps) {
          if ('key' in one) {
            queue.set(one.key, one.at);
            if (one.at === Infinity) expected.delete(one.key);
            else expected.set(one.key, one.at);
          } else {
            const taken = queue.take(one.takeAt);
            const soonest = Math.min(...expected.values());
            if (soonest > one.takeAt) expect(taken).toBeUndefined();
            else {
              expect(expected.get(taken ?? '')).toBe(soonest);
              expected.delete(taken ?? '');
            }
          }
          expect(queue.nextAt).toBe(Math.min(Infinity, ...expected.values()));
          for (const name of NAMES) expect(queue.has(name)).toBe(expected.has(name));
        }
      }),
    );
  });

  it('forgets whom it is told to forget', () => {
    const queue = new DueQueue<string>();
    queue.set('a', 1);
    expect(queue.delete('a')).toBe(true);
    expect(queue.delete('a')).toBe(false);
    expect(queue.take(5)).toBeUndefined();
  });
});
