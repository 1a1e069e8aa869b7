import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { spreadOf } from '../../../src/domain/throttle/spread.js';

describe('even intervals', () => {
  it.each([
    ['true', true],
    [' TRUE ', true],
    [true, true],
    ['false', false],
    [false, false],
    ['', null],
    [null, null],
    [undefined, null],
  ])('are read from what HubSpot sends: %j', (value, spread) => {
    expect(spreadOf(value)).toEqual({ spread, problem: null });
  });

  it('stay as they were where nobody knows what is meant, and it is said: nothing is thrown', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const { spread, problem } = spreadOf(value);
        expect(problem === null).toBe(spread !== undefined);
        if (problem !== null) expect(problem).toContain('stays as it was');
      }),
    );
    expect(spreadOf('evenly')).toMatchObject({ spread: undefined });
  });
});
