import { describe, expect, it } from '@jest/globals';
import { createHash } from 'node:crypto';
import { Recorder } from '../../../sandbox/hubspot/recorder.js';

const arrival = (atMs: number, portalId: number | null = 1) => ({
  atMs,
  portalId,
  method: 'POST',
  path: `/p/${atMs}`,
});

describe('the recorder', () => {
  it('keeps a request with its body hash, its answer and whether that was delivered', () => {
    const recorder = new Recorder();
    const bodyHash = createHash('sha256').update('body').digest();
    const n = recorder.begin({ ...arrival(5.5, 42), bodyHash });
    expect(recorder.get(n)).toMatchObject({ status: 0, ms: null, delivered: false });
    recorder.end(n, 204, true, 8);
    expect(recorder.get(n)).toEqual({
      n: 0,
      atMs: 5.5,
      portalId: 42,
      method: 'POST',
      path: '/p/5.5',
      bodySha256: bodyHash.toString('hex'),
      status: 204,
      delivered: true,
      ms: 2.5,
      foreign: false,
    });
  });

  it('pages in order of arrival and filters by portal', () => {
    const recorder = new Recorder();
    for (let i = 0; i < 10; i += 1) recorder.begin(arrival(i, i % 2));
    const first = recorder.list(-1, 3, 1);
    expect(first.items.map((item) => item.n)).toEqual([1, 3, 5]);
    expect(recorder.list(first.next, 100, 1).items.map((item) => item.n)).toEqual([7, 9]);
    expect(recorder.list(9, 100)).toEqual({ items: [], next: 9 });
    expect(recorder.latest(2).map((item) => item.n)).toEqual([9, 8]);
  });

  it('drops the oldest when there are more than it keeps, and goes on numbering', () => {
    const recorder = new Recorder(8_192);
    for (let i = 0; i < 30_000; i += 1) recorder.begin(arrival(i));
    const { items } = recorder.list(-1, 1);
    expect(items[0]!.n).toBeGreaterThan(10_000);
    expect(30_000 - items[0]!.n).toBeGreaterThanOrEqual(8_192);
    expect(recorder.get(0)).toBeUndefined();
    expect(recorder.get(29_999)).toMatchObject({ n: 29_999, path: '/p/29999' });
    // The answer to a dropped request is ignored.
    expect(() => recorder.end(0, 204, true, 1)).not.toThrow();
  });
});
