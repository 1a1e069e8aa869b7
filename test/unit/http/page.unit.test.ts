import { describe, expect, it } from '@jest/globals';
import { readPage } from '../../../src/api/http/page.js';

const rows = ['a', 'b', 'c', 'd'];
const read = (limit: number, from = 0) =>
  readPage(
    limit,
    async (most) => rows.slice(from, from + most),
    (last) => last,
  );

describe('a page of a list', () => {
  it('names the last of its items as where the next page begins', async () => {
    expect(await read(2)).toEqual({ items: ['a', 'b'], next: 'b' });
  });

  it('says that it is the last, also when it is full', async () => {
    expect(await read(2, 2)).toEqual({ items: ['c', 'd'], next: null });
    expect(await read(4)).toEqual({ items: rows, next: null });
    expect(await read(3, 4)).toEqual({ items: [], next: null });
  });
});
