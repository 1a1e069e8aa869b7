import { describe, expect, it } from '@jest/globals';
import { createRoomForClaims } from '../../../src/activities/outbox/roomForClaims.js';
import type { ClaimedEvent } from '../../../src/db/outbox/claims.js';

const MIB = 1024 * 1024;

/** A claim whose payloads come to so many bytes. */
const claimOf = (bytes: number) => ({ events: [{ payload: 'x'.repeat(bytes) } as unknown as ClaimedEvent] });

describe('the claims of a process', () => {
  it('with small events count for no more than they are', async () => {
    const room = createRoomForClaims(3 * MIB);
    for (let n = 0; n < 1000; n += 1) {
      const place = room.place();
      expect(await place.ask()).toBeUndefined();
      place.hold(claimOf(200));
    }
  });

  it('are of one event while too much is in hand, and whole again when that is over', async () => {
    const room = createRoomForClaims(8 * MIB);
    const places = Array.from({ length: 4 }, () => room.place());
    for (const place of places.slice(0, 3)) {
      expect(await place.ask()).toBeUndefined();
      place.hold(claimOf(2 * MIB));
    }
    const [first, , , fourth] = places;
    expect(await fourth!.ask()).toBe(1);
    fourth!.hold(claimOf(1000));
    first!.free();
    expect(await fourth!.ask()).toBeUndefined();
  });

  it('are asked for at once only as far as the largest answers fit; the others wait for what comes', async () => {
    const room = createRoomForClaims(5 * MIB);
    const [first, second, third] = [room.place(), room.place(), room.place()];
    await first.ask();
    await second.ask();
    let isThere = false;
    const asked = third.ask().then((max) => {
      isThere = true;
      return max;
    });
    await new Promise((resolve) => setImmediate(resolve));
    expect(isThere).toBe(false);
    first.hold(claimOf(1000));
    expect(await asked).toBeUndefined();
  });

  it('never hold up one another for good: where nobody asks, there is room for one event', async () => {
    const room = createRoomForClaims(1);
    const [first, second] = [room.place(), room.place()];
    expect(await first.ask()).toBe(1);
    const waits = second.ask();
    first.hold(claimOf(100_000));
    expect(await waits).toBe(1);
  });
});
