import { describe, expect, it } from '@jest/globals';
import { createCache, createLoadingCache } from '../../../src/platform/cache.js';

describe('a cache', () => {
  it('keeps at most as many entries as it was told, and lets the least recently used go', () => {
    const cache = createCache<number, string>({ max: 2 });
    cache.set(1, 'one');
    cache.set(2, 'two');
    cache.get(1);
    cache.set(3, 'three');
    expect([1, 2, 3].map((key) => cache.get(key))).toEqual(['one', undefined, 'three']);
  });

  it('believes an entry for its time and no longer, by the clock that it was given', () => {
    let now = 1000;
    const cache = createCache<string, number>({ max: 10, ttlMs: 500, now: () => now });
    cache.set('a', 1);
    now = 1500;
    expect(cache.get('a')).toBe(1);
    now = 1501;
    expect(cache.get('a')).toBeUndefined();
    expect([...cache.values()]).toEqual([]);
  });
});

describe('a loading cache', () => {
  it('loads once for all who ask meanwhile', async () => {
    let loads = 0;
    const cache = createLoadingCache<string, number>({ max: 10, ttlMs: 1000 }, async () => (loads += 1));
    expect(await Promise.all([cache.get('a'), cache.get('a'), cache.get('b')])).toEqual([1, 1, 2]);
    expect(await cache.get('a')).toBe(1);
  });

  it('does not keep a failure, nor what was dropped while it was being loaded', async () => {
    const answers = [Promise.reject(new Error('away')), Promise.resolve(1), Promise.resolve(2)];
    const cache = createLoadingCache<string, number>({ max: 10 }, () => answers.shift()!);
    await expect(cache.get('a')).rejects.toThrow('away');
    const loading = cache.get('a');
    cache.delete('a');
    expect(await loading).toBe(1);
    expect(await cache.get('a')).toBe(2);
  });
});
