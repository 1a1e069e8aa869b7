import { describe, expect, it } from '@jest/globals';
import { createBatcher } from '../../../src/platform/batcher.js';

describe('a batcher', () => {
  it('looks up in one call what is asked for at the same moment, each key once', async () => {
    const calls: number[][] = [];
    const find = createBatcher<number, string>(async (keys) => {
      calls.push(keys);
      return new Map(keys.filter((key) => key !== 3).map((key) => [key, `#${key}`]));
    });
    expect(await Promise.all([find(1), find(2), find(1), find(3)])).toEqual(['#1', '#2', '#1', undefined]);
    expect(calls).toEqual([[1, 2, 3]]);
  });

  it('asks anew for what is asked for after a look-up has begun', async () => {
    let asked = 0;
    let later: Promise<number | undefined> | undefined;
    const find = createBatcher<string, number>(async () => {
      asked += 1;
      if (asked === 1) later = find('a');
      return new Map([['a', asked]]);
    });
    expect(await find('a')).toBe(1);
    expect(await later).toBe(2);
  });

  it('fails all of a batch that cannot be looked up, and tries again for the next', async () => {
    const answers = [Promise.reject(new Error('away')), Promise.resolve(new Map([['b', 2]]))];
    const find = createBatcher<string, number>(() => answers.shift()!);
    const both = await Promise.allSettled([find('a'), find('b')]);
    expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(await find('b')).toBe(2);
  });
});
