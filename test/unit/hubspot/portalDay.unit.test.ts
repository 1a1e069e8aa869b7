import { describe, expect, it } from '@jest/globals';
import { portalDay } from '../../../src/domain/hubspot/portalDay.js';

const NOW = Date.parse('2026-11-24T22:00:00.250Z');
const HOUR = 3_600_000;

describe('the day of a portal', () => {
  it.each([
    ['UTC', '2026-11-24', 2 * HOUR - 250],
    ['America/New_York', '2026-11-24', 7 * HOUR - 250],
    ['Europe/Berlin', '2026-11-24', HOUR - 250],
    ['Asia/Kathmandu', '2026-11-25', 20.25 * HOUR - 250],
    ['Not/AZone', '2026-11-24', 2 * HOUR - 250],
  ])('in %s is %s', (timeZone, day, leftMs) => {
    expect(portalDay(NOW, timeZone)).toEqual({ day, leftMs });
  });

  it('begins at midnight', () => {
    expect(portalDay(Date.parse('2026-11-25T00:00:00Z'), 'UTC')).toEqual({
      day: '2026-11-25',
      leftMs: 24 * HOUR,
    });
  });
});
