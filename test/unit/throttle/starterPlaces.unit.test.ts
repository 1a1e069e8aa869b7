import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createStarterPlaces, type Place } from '../../../src/api/throttle/starterPlaces.js';

const pack = (packId: string, size = 1) => ({ workspaceId: 'w-1', packId, size });
const NEAR_MS = 1000;
const FAR_MS = 60_000;

describe('the places of the starter', () => {
  it('are at most W for workflows that are due soon, from the start to the claim, whatever happens between', () => {
    const event = fc.oneof(
      fc.record({ what: fc.constant('start' as const), size: fc.integer({ min: 1, max: 40 }) }),
      fc.record({ what: fc.constantFrom('end' as const, 'claim' as const), size: fc.constant(1) }),
    );
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 8 }), fc.array(event, { maxLength: 100 }), (width, events) => {
        const places = createStarterPlaces({ width, horizonMs: 2000 });
        const starting: string[] = [];
        let now = 0;
        let next = 0;
        for (const { what, size } of events) {
          now += 100;
          if (what === 'start' && 'place' in places.take(now + NEAR_MS, now)) {
            starting.push(`${(next += 1)}`);
            places.started(pack(`${next}`, size), now);
          }
          if (what === 'end' && starting.pop() !== undefined) places.giveBack('near');
          const [oldest] = places.unclaimed();
          if (what === 'claim' && oldest) places.claimed(oldest.packId);
          expect(places.unclaimed().length).toBeLessThanOrEqual(width);
        }
      }),
    );
  });

  it('come free with a claim, not with the end of the start', () => {
    const places = createStarterPlaces({ width: 1, horizonMs: 2000 });
    expect(places.take(NEAR_MS, 0)).toEqual({ place: 'near' });
    places.started(pack('1'), 0);
    places.giveBack('near');
    expect(places.take(NEAR_MS, 10)).toEqual({ needs: 'claim' });
    expect([places.claimed('1'), places.claimed('1')]).toEqual([true, false]);
    expect(places.take(NEAR_MS, 20)).toEqual({ place: 'near' });
  });

  it('are one at a time after a large pack, and do not wait longer than a second for its claim', () => {
    const places = createStarterPlaces({ width: 8, horizonMs: 2000 });
    places.take(NEAR_MS, 0);
    places.started(pack('1', 100), 0);
    places.giveBack('near');
    expect(places.take(NEAR_MS, 900)).toEqual({ needs: 'claim' });
    expect(places.take(NEAR_MS, 1100)).toEqual({ place: 'near' });
    expect(places.take(NEAR_MS, 1100)).toEqual({ needs: 'claim' });
  });

  it('are two, and some way apart, for workflows that only set a timer', () => {
    const places = createStarterPlaces({ width: 8, horizonMs: 2000 });
    const take = (now: number) => places.take(now + FAR_MS, now);
    const far: { place: Place } = { place: 'far' };
    expect(take(0)).toEqual(far);
    expect(take(5)).toEqual({ needs: 'time', ms: 7 });
    expect(take(12)).toEqual(far);
    expect(take(100)).toEqual({ needs: 'end' });
    places.giveBack('far');
    expect(take(100)).toEqual(far);
  });
});
