import { expect, it } from '@jest/globals';
import { createSeldom } from '../../../src/platform/seldom.js';

it('lets a line through once a minute for each name, and says how many were left out', () => {
  let now = 0;
  const seldom = createSeldom(() => now);
  expect(seldom('a')).toEqual({ leftOut: 0 });
  for (let n = 0; n < 1000; n += 1) expect(seldom('a')).toBeUndefined();
  expect(seldom('b')).toEqual({ leftOut: 0 });
  now = 60_000;
  expect(seldom('a')).toEqual({ leftOut: 1000 });
  expect(seldom('a')).toBeUndefined();
});
