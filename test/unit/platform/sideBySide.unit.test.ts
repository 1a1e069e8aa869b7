import { expect, test } from '@jest/globals';
import { sideBySide } from '../../../src/platform/sideBySide.js';

/** Batches of what there is, and which of it was worked on. */
function source(batches: number[][]) {
  const takes = { under: 0, most: 0, count: 0 };
  return {
    takes,
    async take() {
      takes.count += 1;
      takes.under += 1;
      takes.most = Math.max(takes.most, takes.under);
      await new Promise((resolve) => setImmediate(resolve));
      takes.under -= 1;
      return batches.shift() ?? [];
    },
  };
}

test('all that there is is done once, so many at a time, and what is next is asked for by one', async () => {
  const { take, takes } = source([[1, 2, 3], [4], [5, 6]]);
  const seen: number[] = [];
  let under = 0;
  let most = 0;
  const result = await sideBySide({
    atOnce: 2,
    take,
    hasTime: () => true,
    async work(item) {
      under += 1;
      most = Math.max(most, under);
      await new Promise((resolve) => setTimeout(resolve, 2));
      under -= 1;
      seen.push(item);
    },
  });
  expect(result).toEqual({ done: 6, failures: [] });
  expect(seen.toSorted((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6]);
  expect(most).toBe(2);
  expect(takes.most).toBe(1);
});

test('one that throws or is slow holds up none of the others', async () => {
  const { take } = source([[1, 2, 3, 4]]);
  let release = () => {};
  const slow = new Promise<void>((resolve) => (release = resolve));
  const seen: number[] = [];
  const { done, failures } = await sideBySide({
    atOnce: 2,
    take,
    hasTime: () => true,
    async work(item) {
      if (item === 1) await slow;
      if (item === 2) throw new Error('refused');
      seen.push(item);
      if (item === 4) release();
    },
  });
  expect(seen).toEqual([3, 4, 1]);
  expect(done).toBe(3);
  expect(failures).toEqual([new Error('refused')]);
});

test('when the time is over nothing more is taken, and what was taken is done', async () => {
  const { take, takes } = source([[1, 2], [3]]);
  let hasTime = true;
  const { done } = await sideBySide({
    atOnce: 1,
    take,
    hasTime: () => hasTime,
    work: () => {
      hasTime = false;
      return Promise.resolve();
    },
  });
  expect(done).toBe(2);
  expect(takes.count).toBe(1);
});

test("a failure to ask for more is the caller's", async () => {
  const take = () => Promise.reject(new Error('the database is away'));
  const run = sideBySide({ atOnce: 3, take, hasTime: () => true, work: () => Promise.resolve() });
  await expect(run).rejects.toThrow('the database is away');
});
