import { describe, expect, it } from '@jest/globals';
import { DailyCount } from '../../../sandbox/platform/dailyCount.js';

describe('the count of a day', () => {
  it("begins anew at the portal's midnight, not at ours", () => {
    const count = new DailyCount(() => 'Asia/Tokyo');
    const beforeMidnight = Date.parse('2026-10-01T14:59:59Z'); // 23:59:59 in Tokyo
    count.add(beforeMidnight);
    expect(count.used(beforeMidnight)).toBe(1);
    expect(count.used(beforeMidnight + 1_000)).toBe(0);
  });

  it.each([
    ['UTC', '2026-10-01T10:00:00Z', '2026-10-02T00:00:00Z'],
    ['Asia/Tokyo', '2026-10-01T10:00:00Z', '2026-10-01T15:00:00Z'],
    // A day of 25 hours, and one of 23.
    ['Europe/Berlin', '2026-10-24T22:30:00Z', '2026-10-25T23:00:00Z'],
    ['Europe/Berlin', '2026-03-28T23:30:00Z', '2026-03-29T22:00:00Z'],
  ])('in %s at %s ends at %s', (timeZone, now, end) => {
    const count = new DailyCount(() => timeZone);
    expect(new Date(count.resetsAtMs(Date.parse(now))).toISOString()).toBe(new Date(end).toISOString());
  });
});
