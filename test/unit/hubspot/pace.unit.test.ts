import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { PRIORITIES } from '../../../src/domain/hubspot/priorities.js';
import {
  BLOCKED_POLL_MS,
  dueAt,
  LEASED_POLL_MS,
  MIN_POLL_MS,
  nextAsks,
  nextAskWhileBlocked,
  paceOf,
  slotsToAsk,
  TIMER_GRAIN_MS,
  type BucketNews,
} from '../../../src/hubspot/budget/pace.js';

const NOW = 10_000;
/** HubSpot's limit as it is used by default: a slot in 91 ms. */
const PACE = paceOf({ slots: 110, intervalMs: 10_000 });
const SLOT_MS = 10_000 / 110;
const NOTHING = [0, 0, 0, 0, 0];
const [COMPLETION, INTERACTIVE, OUTBOX, SYNC, BACKFILL] = [0, 1, 2, 3, 4];

/** After how long each priority is to ask again; 0: at once. */
function asksIn(news: Partial<BucketNews>): number[] {
  const calm = { nextMs: 0, leased: 0, aheadMs: 0, wanted: NOTHING, got: NOTHING };
  return nextAsks(PACE, { ...calm, ...news }, NOW).map((at) => (at === 0 ? 0 : at - NOW));
}

const counts = fc.array(fc.nat(10), { minLength: 5, maxLength: 5 });
const anyPace = fc
  .record({ slots: fc.integer({ min: 1, max: 500 }), intervalMs: fc.integer({ min: 100, max: 20_000 }) })
  .map(paceOf);
const anyNews: fc.Arbitrary<BucketNews> = fc
  .record({
    nextMs: fc.option(fc.double({ min: -20_000, max: 20_000, noNaN: true })),
    leased: fc.nat(200),
    aheadMs: fc.option(fc.double({ min: 0, max: 20_000, noNaN: true }), { nil: undefined }),
    wanted: counts,
    got: counts,
  })
  .map((news) => ({ ...news, got: news.got.map((got, n) => Math.min(got, news.wanted[n]!)) }));

describe('the pace', () => {
  it('is that of the limit, with bursts that grow with it and are never below two slots', () => {
    expect(PACE).toEqual({ slotMs: SLOT_MS, patienceMs: 30, bursts: [28, 11, 5, 5] });
    expect(paceOf({ slots: 4, intervalMs: 1000 })).toEqual({
      slotMs: 250,
      patienceMs: 10,
      bursts: [2, 2, 2, 2],
    });
  });
});

describe('when to ask again', () => {
  it('is at once while slots are free and everybody got what was asked for', () => {
    expect(asksIn({ wanted: [1, 0, 3, 0, 0], got: [1, 0, 3, 0, 0], leased: 4 })).toEqual(NOTHING);
  });

  it('is when the next slot comes free; sync and backfill leave it to the others for a moment', () => {
    expect(asksIn({ nextMs: 80, wanted: [1, 1, 1, 1, 1] })).toEqual([81, 81, 81, 111, 111]);
  });

  it('is a moment later where a slot seemed free and another process was faster', () => {
    expect(asksIn({ nextMs: 0, wanted: [1, 1, 0, 0, 0], got: [1, 0, 0, 0, 0] })).toEqual([
      0,
      MIN_POLL_MS,
      0,
      0,
      0,
    ]);
  });

  it('is soon while other processes have slots, which may come back before their time', () => {
    const wanted = [1, 0, 0, 0, 0];
    expect(asksIn({ nextMs: 9000, leased: 3, wanted })[COMPLETION]).toBe(LEASED_POLL_MS + TIMER_GRAIN_MS);
    // What was leased just now is ours: of these slots this process knows more than the database.
    expect(
      asksIn({ nextMs: 9000, leased: 1, wanted: [2, 0, 0, 0, 0], got: [1, 0, 0, 0, 0] })[COMPLETION],
    ).toBe(9001);
  });

  it('is when the pace allows the next slot, which a burst may be ahead of; a completion is not paced', () => {
    const wanted = [1, 1, 1, 1, 1];
    const asks = asksIn({ aheadMs: 12 * SLOT_MS, wanted, got: [1, 1, 0, 0, 0] });
    expect(asks[COMPLETION]).toBe(0);
    expect(asks[INTERACTIVE]).toBe(0); // may be 28 slots ahead
    expect(asks[OUTBOX]).toBeCloseTo(2 * SLOT_MS + TIMER_GRAIN_MS); // 11 slots, the next one among them
    expect(asks[SYNC]).toBeCloseTo(8 * SLOT_MS + TIMER_GRAIN_MS);
    expect(asks[BACKFILL]).toBeCloseTo(8 * SLOT_MS + TIMER_GRAIN_MS);
  });

  it('while the portal is blocked is the end of the block, with a look now and then, since it may end sooner', () => {
    expect(nextAskWhileBlocked(700, NOW)).toBe(NOW + 700 + TIMER_GRAIN_MS);
    expect(nextAskWhileBlocked(86_400_000, NOW)).toBe(NOW + BLOCKED_POLL_MS);
  });

  it('is at once for a priority that was served and has a slot and the pace for it, else later than now', () => {
    fc.assert(
      fc.property(anyPace, anyNews, (pace, news) => {
        nextAsks(pace, news, NOW).forEach((at, n) => {
          const free = (news.nextMs ?? 0) <= 0;
          const ahead = n > 0 && (news.aheadMs ?? 0) > (pace.bursts[n - 1]! - 1) * pace.slotMs;
          const served = news.got[n]! >= news.wanted[n]!;
          if (served && free && !ahead) expect(at).toBe(0);
          else expect(at).toBeGreaterThan(NOW);
        });
      }),
    );
  });

  it('is never sooner than the shortest poll for a priority that got less than it asked for', () => {
    fc.assert(
      fc.property(anyPace, anyNews, (pace, news) => {
        nextAsks(pace, news, NOW).forEach((at, n) => {
          if (news.got[n]! < news.wanted[n]!) expect(at).toBeGreaterThanOrEqual(NOW + MIN_POLL_MS);
        });
      }),
    );
  });

  it('is never later than slots and pace can be waited for', () => {
    fc.assert(
      fc.property(anyPace, anyNews, (pace, news) => {
        const untilFree = Math.max(0, news.nextMs ?? 0) + pace.patienceMs;
        const most = Math.max(MIN_POLL_MS, untilFree, news.aheadMs ?? 0) + TIMER_GRAIN_MS;
        for (const at of nextAsks(pace, news, NOW)) expect(at).toBeLessThanOrEqual(NOW + most);
      }),
    );
  });

  it('is never later for a more urgent priority, where all got what they asked for', () => {
    fc.assert(
      fc.property(anyPace, anyNews, (pace, news) => {
        const asks = nextAsks(pace, { ...news, got: news.wanted }, NOW);
        expect(asks).toEqual(asks.toSorted((a, b) => a - b));
      }),
    );
  });
});

describe('what to ask for', () => {
  const askAt = fc.array(fc.nat(20_000), { minLength: 5, maxLength: 5 });

  it('is due when the first priority is that has a request, and never while there is none', () => {
    expect(dueAt([0, 2, 0, 1, 0], [0, 700, 0, 300, 0])).toBe(300);
    expect(dueAt(NOTHING, NOTHING)).toBe(Infinity);
  });

  it('is as much as waits, the most urgent first, up to the most that is leased at a time', () => {
    expect(slotsToAsk([2, 0, 30, 5, 0], NOTHING, { now: NOW, max: 10 })).toEqual([2, 0, 8, 0, 0]);
    expect(slotsToAsk([2, 0, 3, 5, 0], [NOW + 1, 0, 0, 0, 0], { now: NOW, max: 10 })).toEqual([
      0, 0, 3, 5, 0,
    ]);
  });

  it('is something whenever it is due, never more than waits or is leased at a time, and nothing early', () => {
    fc.assert(
      fc.property(counts, askAt, fc.integer({ min: 1, max: 50 }), (waiting, at, max) => {
        const asked = slotsToAsk(waiting, at, { now: NOW, max });
        const total = asked.reduce((sum, count) => sum + count, 0);
        expect(total).toBeLessThanOrEqual(max);
        expect(total > 0).toBe(dueAt(waiting, at) <= NOW);
        PRIORITIES.forEach((_, n) => {
          expect(asked[n]).toBeLessThanOrEqual(waiting[n]!);
          if (at[n]! > NOW) expect(asked[n]).toBe(0);
          // A priority goes short only where the lease is used up by it and by more urgent ones.
          else if (asked[n]! < waiting[n]!)
            expect(asked.slice(0, n + 1).reduce((sum, count) => sum + count, 0)).toBe(max);
        });
      }),
    );
  });
});
