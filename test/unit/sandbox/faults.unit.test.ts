import { describe, expect, it } from '@jest/globals';
import { Faults } from '../../../sandbox/faults/faults.js';
import { seededRandom } from '../../../sandbox/platform/random.js';

describe('faults', () => {
  it('hit as often as their count says and then no more', () => {
    const faults = new Faults(seededRandom(1));
    const { id } = faults.add({ target: 'callbacks', kind: 'reset', count: 2 });
    const kinds = [1, 2, 3].map(() => faults.effectOn('callbacks', 1).kind);
    expect(kinds).toEqual(['reset', 'reset', null]);
    expect(faults.list()).toMatchObject([{ id, hits: 2 }]);
  });

  it('hit their share of the requests, and the same ones for the same seed', () => {
    const run = (seed: number) => {
      const faults = new Faults(seededRandom(seed));
      faults.add({ target: 'any', kind: 'answerLost', share: 0.25 });
      return Array.from({ length: 4_000 }, () => faults.effectOn('callbacks', 1).kind);
    };
    const hits = run(7).filter((kind) => kind !== null).length;
    expect(hits).toBeGreaterThan(900);
    expect(hits).toBeLessThan(1_100);
    expect(run(7)).toEqual(run(7));
    expect(run(7)).not.toEqual(run(8));
  });

  it('meet only their target and their portal', () => {
    const faults = new Faults(seededRandom(1));
    faults.add({ target: 'oauth', kind: 'status', status: 503 });
    faults.add({ target: 'callbacks', kind: 'html', portalId: 2 });
    expect(faults.effectOn('callbacks', 1).kind).toBeNull();
    expect(faults.effectOn('callbacks', 2).kind).toBe('html');
    expect(faults.effectOn('oauth', undefined)).toMatchObject({ kind: 'status', plan: { status: 503 } });
    expect(faults.effectOn(undefined, 2).kind).toBeNull();
  });

  it('add up when one of them is latency', () => {
    const faults = new Faults(seededRandom(1));
    faults.add({ target: 'any', kind: 'latency', latencyMs: 30 });
    faults.add({ target: 'any', kind: 'status', status: 500, latencyMs: 20 });
    expect(faults.effectOn('callbacks', 1)).toMatchObject({
      kind: 'status',
      plan: { status: 500 },
      latencyMs: 50,
    });
  });
});
