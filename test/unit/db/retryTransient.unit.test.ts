import { describe, expect, it } from '@jest/globals';
import { retryTransient } from '../../../src/db/retryTransient.js';

const deadlock = () => Object.assign(new Error('deadlock detected'), { code: '40P01' });

/** Work that fails so many times before it succeeds. */
function failing(times: number, error: () => Error) {
  let tries = 0;
  const work = () => ((tries += 1) > times ? Promise.resolve('done') : Promise.reject(error()));
  return { work, tries: () => tries };
}

describe('a short transaction that others get in the way of', () => {
  it('is tried three times in all', async () => {
    const twice = failing(2, deadlock);
    expect(await retryTransient(twice.work)).toBe('done');
    const always = failing(9, deadlock);
    await expect(retryTransient(always.work)).rejects.toThrow('deadlock detected');
    expect([twice.tries(), always.tries()]).toEqual([3, 3]);
  });

  it('is tried once where a repeat cannot help', async () => {
    const wrong = failing(1, () => Object.assign(new Error('syntax error'), { code: '42601' }));
    await expect(retryTransient(wrong.work)).rejects.toThrow('syntax error');
    expect(wrong.tries()).toBe(1);
  });
});
