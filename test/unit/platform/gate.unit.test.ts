import { describe, expect, it } from '@jest/globals';
import { createGate } from '../../../src/platform/gate.js';

describe('a gate', () => {
  it('lets so many through at a time, the others in their order, and sends away who would wait in too long a line', async () => {
    const gate = createGate({ places: 2, mostWaiting: 2 });
    const ends: (() => void)[] = [];
    const begun: number[] = [];
    const work = (n: number) => () =>
      new Promise<number>((resolve) => {
        begun.push(n);
        ends.push(() => resolve(n));
      });
    const runs = [1, 2, 3, 4, 5].map((n) => gate.run(work(n)));
    expect(begun).toEqual([1, 2]);
    expect(runs[4]).toBeUndefined();
    ends[1]!();
    expect(await runs[1]).toBe(2);
    expect(begun).toEqual([1, 2, 3]);
    ends[0]!();
    ends[2]!();
    expect(await Promise.all([runs[0], runs[2]])).toEqual([1, 3]);
    expect(begun).toEqual([1, 2, 3, 4]);
  });

  it('gives the place of work that fails to the next', async () => {
    const gate = createGate({ places: 1, mostWaiting: 1 });
    const failed = gate.run(() => Promise.reject(new Error('no')));
    const next = gate.run(() => Promise.resolve('yes'));
    await expect(failed).rejects.toThrow('no');
    expect(await next).toBe('yes');
  });
});
