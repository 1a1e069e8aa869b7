import { describe, expect, it } from '@jest/globals';
import { createConnectionShares } from '../../../src/hubspot/gateway/connectionShares.js';

describe('the share of a portal in the connections', () => {
  it('goes from hand to hand, completions first, and is whole again at the end', async () => {
    const shares = createConnectionShares({ places: 2 });
    const held = await Promise.all([shares.take(1, 'outbox', 0), shares.take(1, 'outbox', 0)]);
    const order: string[] = [];
    const waiting = (['backfill', 'outbox', 'interactive', 'completion'] as const).map(async (priority) => {
      const handBack = await shares.take(1, priority, 10_000);
      order.push(priority);
      handBack?.();
    });
    held[0]?.();
    held[0]?.(); // a second time: nothing
    await Promise.all(waiting);
    expect(order).toEqual(['completion', 'outbox', 'interactive', 'backfill']);
    const again = [await shares.take(1, 'outbox', 0), await shares.take(1, 'outbox', 0)];
    expect(again.map((place) => place !== undefined)).toEqual([true, false]);
  });

  it('is lent to background reads up to its half, and they wait while they have it, whatever is free', async () => {
    const shares = createConnectionShares({ places: 4 });
    const reads = [await shares.take(1, 'sync', 0), await shares.take(1, 'backfill', 0)];
    expect(await shares.take(1, 'sync', 0)).toBeUndefined();
    let third: (() => void) | undefined;
    const waiting = shares.take(1, 'backfill', 10_000).then((place) => (third = place));
    const others = [await shares.take(1, 'completion', 0), await shares.take(1, 'interactive', 0)];
    expect(others.every((place) => place !== undefined)).toBe(true);
    others[0]?.();
    await Promise.resolve();
    expect(third).toBeUndefined();
    reads[0]?.();
    await waiting;
    expect(third).toBeInstanceOf(Function);
    for (const place of [reads[1], others[1], third]) place?.();
    const all = [await shares.take(1, 'backfill', 0), await shares.take(1, 'sync', 0)];
    expect(all.every((place) => place !== undefined)).toBe(true);
  });

  it('is not waited for beyond the time given, and a wait that is over takes no place', async () => {
    const shares = createConnectionShares({ places: 1 });
    const handBack = await shares.take(1, 'sync', 0);
    expect(await shares.take(1, 'sync', 5)).toBeUndefined();
    handBack?.();
    // The one place is free again, and only once.
    expect(await shares.take(1, 'sync', 0)).toBeInstanceOf(Function);
    expect(await shares.take(1, 'sync', 0)).toBeUndefined();
  });

  it('is its own: what one portal holds is nothing to another', async () => {
    const shares = createConnectionShares({ places: 1 });
    const places = await Promise.all([1, 1, 2, 2].map((portalId) => shares.take(portalId, 'sync', 0)));
    expect(places.map((place) => place !== undefined)).toEqual([true, false, true, false]);
  });
});
