import { describe, expect, it } from '@jest/globals';
import { backoffMs } from '../../../src/domain/hubspot/backoff.js';
import { describeWait, isoDuration } from '../../../src/domain/duration.js';

describe('durations', () => {
  it('are told to people in their two largest units', () => {
    expect(describeWait(0)).toBe('0 s');
    expect(describeWait(3)).toBe('< 1 s');
    expect(describeWait(61_000)).toBe('1 min 1 s');
    expect(describeWait(90_061_000)).toBe('1 d 1 h');
    expect(describeWait(90_061_000, 1)).toBe('1 d');
  });

  it('are written for HubSpot as ISO 8601', () => {
    expect(isoDuration(604_800_000)).toBe('P1W');
    expect(isoDuration(4 * 604_800_000)).toBe('P4W');
    expect(isoDuration(694_800_000)).toBe('P8DT1H');
    expect(isoDuration(5000)).toBe('PT5S');
    expect(isoDuration(0)).toBe('PT1S');
  });
});

describe('back-off', () => {
  it('doubles up to its cap, with jitter over the upper half', () => {
    const at = (attempt: number, random: number) =>
      backoffMs(attempt, { baseMs: 100, maxMs: 1000, random: () => random });
    expect([at(1, 0), at(1, 1), at(2, 1), at(3, 1), at(4, 1), at(50, 1), at(50, 0)]).toEqual([
      50, 100, 200, 400, 800, 1000, 500,
    ]);
  });
});
