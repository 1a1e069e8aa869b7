import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { MAX_MAX_WAITING, queueBoundOf } from '../../../src/domain/throttle/queueBound.js';

describe('how many a step lets wait', () => {
  it('is read from what HubSpot sends, with what becomes of the others', () => {
    expect(queueBoundOf('500', 'skip')).toEqual({
      bound: { maxWaiting: 500, whenFull: 'skip' },
      problem: null,
    });
    expect(queueBoundOf(0, ' Fail ')).toEqual({ bound: { maxWaiting: 0, whenFull: 'fail' }, problem: null });
  });

  it.each([undefined, null, '', 'wait', ' WAIT '])('is no matter where they are to wait: %j', (whenFull) => {
    expect(queueBoundOf('500', whenFull)).toEqual({ bound: null, problem: null });
  });

  it.each([
    ['500', 'drop', 'when_full "drop" is not one of wait, skip, fail'],
    ['', 'skip', 'max_waiting "" is not a whole number from 0 to 10000'],
    [undefined, 'fail', 'max_waiting "nothing" is not a whole number'],
    ['-1', 'skip', 'max_waiting "-1" is not'],
    [MAX_MAX_WAITING + 1, 'skip', 'max_waiting "10001" is not'],
  ])('bounds nothing where it cannot be read, and says so: %j, %j', (maxWaiting, whenFull, said) => {
    const { bound, problem } = queueBoundOf(maxWaiting, whenFull);
    expect(bound).toBeNull();
    expect(problem).toContain(said);
    expect(problem).toContain('the record waits');
  });

  it('is a number that can be counted to or none, whatever somebody wrote: nothing is thrown', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.oneof(fc.jsonValue(), fc.constantFrom('skip', 'fail')), (most, what) => {
        const { bound, problem } = queueBoundOf(most, what);
        if (bound === null) return;
        expect(problem).toBeNull();
        expect(Number.isInteger(bound.maxWaiting)).toBe(true);
        expect(bound.maxWaiting).toBeGreaterThanOrEqual(0);
        expect(bound.maxWaiting).toBeLessThanOrEqual(MAX_MAX_WAITING);
      }),
    );
  });
});
