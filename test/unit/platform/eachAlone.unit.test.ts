import { describe, expect, it } from '@jest/globals';
import { eachAlone, throwFirst } from '../../../src/platform/eachAlone.js';

const failAt =
  (...bad: readonly number[]) =>
  (n: number): Promise<number> =>
    bad.includes(n) ? Promise.reject(new Error(`no ${n}`)) : Promise.resolve(1);

describe('a loop whose units stand alone', () => {
  it('goes on behind one that fails, and says in the end which it was and how many others there were', async () => {
    const done = await eachAlone([1, 2, 3, 4], 'lane', failAt(2, 4));
    expect(done.did).toBe(2);
    expect(() => throwFirst(done)).toThrow('A lane failed (2): no 2; 1 more failed');
  });

  it('ends early when several in a row fail: what they share is away', async () => {
    const tried: number[] = [];
    const done = await eachAlone([...Array(100).keys()], 'pack', (n) => {
      tried.push(n);
      return Promise.reject(new Error('away'));
    });
    expect(tried).toHaveLength(5);
    expect(done.failures).toHaveLength(5);
  });

  it('throws nothing when nothing failed', async () => {
    const done = await eachAlone([1, 2], 'pack', failAt());
    expect(() => throwFirst(done)).not.toThrow();
    expect(done.did).toBe(2);
  });
});
