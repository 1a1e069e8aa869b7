import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { startOf } from '../../../src/domain/throttle/startTime.js';

describe('the start of a record', () => {
  it.each([
    [1_798_795_825_000, { startsAt: '2027-01-01T09:30:25.000Z' }],
    ['1798795825000', { startsAt: '2027-01-01T09:30:25.000Z' }],
    ['2026-12-24', { startsLocal: '2026-12-24T00:00' }],
    [' 2026-12-24T09:00 ', { startsLocal: '2026-12-24T09:00' }],
    ['2026-12-24 09:00:30', { startsLocal: '2026-12-24T09:00:30' }],
    ['2026-12-24T09:00:00Z', { startsAt: '2026-12-24T09:00:00.000Z' }],
    ['2026-12-24T09:00+01:00', { startsAt: '2026-12-24T08:00:00.000Z' }],
    ['', null],
    [null, null],
    [undefined, null],
  ])('is a moment, or a time in the zone of its portal: %j', (value, start) => {
    expect(startOf(value)).toEqual({ start, problem: null });
  });

  it.each([
    'tomorrow',
    '2026-02-30',
    '2026-13-01',
    '24.12.2026',
    '12',
    '2026-12-24T25:00',
    true,
    {},
    -1,
    1e300,
  ])('is none where it cannot be read, and it is said why: %j', (value) => {
    const { start, problem } = startOf(value);
    expect(start).toBeNull();
    expect(problem).toContain('the record does not wait for it');
  });

  it('is a time of this calendar or none, whatever somebody wrote: nothing is thrown', () => {
    const text = fc.oneof(
      fc.jsonValue(),
      fc.stringMatching(/^\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d)?)?(Z|[+-]\d\d:?\d\d)?$/),
    );
    fc.assert(
      fc.property(text, (value) => {
        const { start } = startOf(value);
        if (start === null) return;
        const said = 'startsAt' in start ? start.startsAt : `${start.startsLocal}Z`;
        expect(Date.parse(said)).toBeGreaterThanOrEqual(0);
      }),
    );
  });
});
