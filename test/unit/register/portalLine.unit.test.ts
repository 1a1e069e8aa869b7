import { describe, expect, it } from '@jest/globals';
import { createPortalLine, type Turn } from '../../../src/activities/register/portalLine.js';

const PORTAL = 1;
const who = (sinceMs: number) => ({ registrationId: String(sinceMs), sinceMs });
const line = (mostOfPortal: number, mostWaiting: number, waitMs = 60_000) =>
  createPortalLine({ mostOfPortal, mostWaiting, waitMs, random: () => 0.5 });

/** Waits in line, and notes when it gets its place. */
function standing(places: ReturnType<typeof line>, sinceMs: number, order: number[]): Promise<Turn> {
  return places.wait(PORTAL, who(sinceMs)).then((turn) => {
    if ('leave' in turn) order.push(sinceMs);
    return turn;
  });
}
function leaveOf(turn: Turn | undefined): () => void {
  if (turn && 'leave' in turn) return turn.leave;
  throw new Error('It has no place');
}
const againInMs = (turn: Turn) => ('againInMs' in turn ? turn.againInMs : 0);

describe('registrations of a portal', () => {
  it('go on at once while there are places, each portal with its own', () => {
    const places = line(1, 1);
    const leave = places.take(PORTAL, '1');
    expect(leave).toBeInstanceOf(Function);
    expect(places.take(PORTAL, '2')).toBeUndefined();
    expect(places.take(2, '3')).toBeInstanceOf(Function);
    leave?.();
    expect(places.take(PORTAL, '2')).toBeInstanceOf(Function);
  });

  it('get the places that are left in the order of their age, not in that in which they came', async () => {
    const places = line(1, 3);
    const order: number[] = [];
    const leave = places.take(PORTAL, '0');
    const turns = [30, 10, 20].map((since) => standing(places, since, order));
    leave?.();
    for (const n of [1, 2, 0]) leaveOf(await turns[n])();
    expect(order).toEqual([10, 20, 30]);
  });

  it('stand back in a full line for an older one, and the older they are the sooner they come again', async () => {
    const places = line(1, 2);
    const order: number[] = [];
    const leave = places.take(PORTAL, '0');
    const turns = [50, 40, 30, 20, 10].map((since) => standing(places, since, order));
    // Those of 50, 40 and 30 were sent away, one after the other.
    const away = await Promise.all(turns.slice(0, 3));
    expect(away.map(againInMs)).toEqual([500, 500, 500]);
    const younger = await Promise.all([45, 60].map((since) => standing(places, since, order)));
    expect(younger.map(againInMs)).toEqual([500 * 2, 500 * 3]);
    leave?.();
    leaveOf(await turns[4])();
    leaveOf(await turns[3])();
    expect(order).toEqual([10, 20]);
  });

  it('wait in line no longer than they may', async () => {
    const places = line(1, 1, 5);
    places.take(PORTAL, '0');
    expect(againInMs(await places.wait(PORTAL, who(1)))).toBe(500);
  });
});
