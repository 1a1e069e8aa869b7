import { describe, expect, it } from '@jest/globals';
import { durationMs } from '../../../sandbox/platform/duration.js';

describe('hs_expiration_duration', () => {
  it.each([
    ['P1W', 604_800_000],
    ['P1WT1H', 608_400_000],
    ['P3DT4H5M6S', 273_906_000],
    ['PT30M', 1_800_000],
    ['PT0.5S', 500],
    ['P4W', 2_419_200_000],
  ])('reads %s', (text, expected) => {
    expect(durationMs(text)).toBe(expected);
  });

  it.each(['', 'P', 'PT', '1W', 'P1H', 'PT1W', 'P-1D', 'P1Y', 'PT0S', 'one week'])(
    'takes %j for none',
    (text) => {
      expect(durationMs(text)).toBeUndefined();
    },
  );
});
