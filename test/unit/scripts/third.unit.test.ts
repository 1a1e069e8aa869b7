import { describe, expect, it } from '@jest/globals';
import { thirdOfCommit } from '../../../scripts/lib/third.mjs';

describe('the third of a long suite that a commit runs', () => {
  it('is another one for each of three commits in a row, so that together they run all of it', () => {
    const thirds = [300, 301, 302].map((commits) => thirdOfCommit(commits));
    expect(thirds.toSorted()).toEqual([1, 2, 3]);
  });

  it('is counted in the history of the project', () => {
    expect([1, 2, 3, undefined]).toContain(thirdOfCommit());
  });
});
