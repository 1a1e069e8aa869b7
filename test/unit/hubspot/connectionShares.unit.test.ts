import { describe, expect, it } from '@jest/globals';
import { createConnectionShares } from '../../../src/hubspot/gateway/connectionShares.js';

describe('the share of a portal in the connections', () => {
  it('goes from hand to hand, completions first, and is whole again at the end', async () => {
    const shares = createConnectionShares({ places: 2 });
    const held = await Promise.all([shares.take(1, 'sync', 0), shares.take(1, 'sync', 0)]);
    const order: string[] = [];
    const waiting = (['sync', 'backfill', 'completion'] as const).map(async (priority) => {
      const handBack = await shares.take(1, priority, 10_000);
      order.push(priority);
      handBack?.();
    });
    held[0]?.();
    held[0]?.(); // a second time: nothing
    await Promise.all(waiting);
    expect(order).toEqual(['completion', 'sync', 'backfill']);
    const again = [await shares.take(1, 'sync', 0), await shares.take(1, 'sync', 0)];
    expect(again.map((place) => place !== undefined)).toEqual([true, false]);
  });

  it('is not waited for beyond the time given, and a wait that is over takes no place', async () => {
    const shares = createConnectionShares({ places: 1 });
    const handBack = await shares.take(1, 'sync', 0);
    expect(await shares.take(1, 'sync', 5)).toBeUndefined();
    handBack?.();
    expect(await shares.take(1, 'sync', 0)).toBeDefined();
  });

  it('is its own: what one portal holds is nothing to another', async () => {
    const shares = createConnectionShares({ places: 1 });
    await shares.take(1, 'sync', 0);
    expect(await shares.take(2, 'sync', 0)).toBeDefined();
  });
});
