import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { priorityOf } from '../../../src/domain/throttle/priority.js';

describe('the priority of a record', () => {
  it.each([
    ['9', 9],
    [1, 1],
    [' 7 ', 7],
    ['8.0', 8],
    ['5', null],
    ['', null],
    [null, null],
    [undefined, null],
  ])('is read from what HubSpot sends: %j', (value, priority) => {
    expect(priorityOf(value)).toEqual({ priority, problem: null });
  });

  it('is from 1 to 9 or the usual one, whatever somebody wrote, and what is not read is said', () => {
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), fc.integer({ min: -2, max: 12 })), (value) => {
        const { priority, problem } = priorityOf(value);
        if (priority !== null) expect([1, 2, 3, 4, 6, 7, 8, 9]).toContain(priority);
        if (problem !== null) expect(problem).toContain('it counts as 5');
        const whole = typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= 9;
        if (whole)
          expect({ priority, problem }).toEqual({ priority: value === 5 ? null : value, problem: null });
      }),
    );
    expect(priorityOf('high').problem).toContain('"high"');
  });
});
