import { spawnSync } from 'node:child_process';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { classifyResponse, longestWaitMs } from '../../../src/hubspot/wire/classifyResponse.js';
import { askedWait, countIn, lifetimeMs, waitAfter } from '../../../src/hubspot/wire/hints.js';

const NOW = Date.parse('2026-11-23T22:00:00.250Z');
const asked = (value: string, maxMs = 900_000) => askedWait({ 'retry-after': value }, { nowMs: NOW, maxMs });
/** What anybody may send as a header: numbers of all sizes, dates of all years, and noise. */
const value = fc.oneof(
  fc.double().map(String),
  fc.integer().map(String),
  fc.date({ noInvalidDate: true }).map((date) => date.toUTCString()),
  fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
  fc.string(),
);

describe('Retry-After', () => {
  it('is understood as seconds, as a date, and as milliseconds where seconds make no sense', () => {
    expect(asked('13')).toBe(13_000);
    expect(asked('1.5')).toBe(1500);
    expect(asked(new Date(NOW + 5000).toUTCString())).toBe(4750);
    expect(asked('2026-11-23T22:00:05.250Z')).toBe(5000);
    expect(asked('10000')).toBe(10_000);
    expect(asked('10000', 30_000)).toBe(10_000);
    expect(asked('3600')).toBe(900_000);
    // Neither as seconds nor as milliseconds.
    expect(asked('99999999', 30_000)).toBe(30_000);
  });

  it.each([
    '',
    '0',
    '-1',
    '-3600',
    'soon',
    '1e3',
    'NaN',
    'Mon, 01 Jan 2001 00:00:00 GMT',
    '2001-01-01T00:00:00Z',
  ])('that says %j says nothing', (text) => expect(asked(text)).toBeUndefined());

  it('that names a date is measured by the clock of the same answer, however wrong ours is', () => {
    const headers = { 'retry-after': 'Mon, 23 Nov 2026 22:00:20 GMT', date: 'Mon, 23 Nov 2026 22:00:00 GMT' };
    for (const skewMs of [-600_000, 0, 600_000]) {
      const clock = { nowMs: NOW + skewMs, maxMs: 900_000 };
      expect(askedWait(headers, clock)).toBe(20_000);
      // An answer of a cache was given earlier than it comes; one without a date says nothing of its clock.
      for (const other of [{ age: '7' }, { date: undefined }, { date: 'yesterday' }])
        expect(askedWait({ ...headers, ...other }, { ...clock, nowMs: NOW })).toBe(19_750);
    }
  });

  it('that names a date without a zone means Greenwich, in every process', () => {
    const script = `
      import { askedWait } from './src/hubspot/wire/hints.ts';
      const dates = ['Mon, 23 Nov 2026 22:00:05', 'Mon Nov 23 22:00:05 2026', '2026-11-23T22:00:05'];
      const clock = { nowMs: ${NOW}, maxMs: 86400000 };
      console.log(JSON.stringify(dates.map((date) => askedWait({ 'retry-after': date }, clock))));`;
    for (const TZ of ['UTC', 'America/St_Johns', 'Pacific/Kiritimati']) {
      const env = { ...process.env, NODE_OPTIONS: '', TZ };
      const asArguments = ['--import', 'tsx', '--input-type=module', '--eval', script];
      const ran = spawnSync(process.execPath, asArguments, { env, encoding: 'utf8' });
      expect([ran.stderr, ran.stdout]).toEqual(['', '[4750,4750,4750]\n']);
    }
  }, 60_000);

  it('asks for a second at least, where it asks for anything', () => {
    expect(asked('0.2')).toBe(1000);
    fc.assert(
      fc.property(value, (text) => {
        const ms = asked(text);
        if (ms === undefined) return;
        expect(ms).toBeGreaterThanOrEqual(1000);
        expect(ms).toBeLessThanOrEqual(900_000);
      }),
    );
  });

  it('keeps between the bounds of its limit, whatever it says', () => {
    const bounds = { ms: 10_000, minMs: 10_000, maxMs: 40_000 };
    fc.assert(
      fc.property(value, (text) => {
        const ms = waitAfter({ 'retry-after': text }, bounds, NOW);
        expect(ms).toBeGreaterThanOrEqual(bounds.minMs);
        expect(ms).toBeLessThanOrEqual(bounds.maxMs);
      }),
    );
  });

  it('of a 429 never undercuts its policy, and only that of a day makes anybody wait for hours', () => {
    const policy = fc.constantFrom('TEN_SECONDLY_ROLLING', 'SECONDLY', 'MONTHLY', undefined);
    const wait = (policyName: string | undefined, text: string): number => {
      const body = JSON.stringify({ policyName, errorType: 'RATE_LIMIT', message: 'limit' });
      const outcome = classifyResponse(429, { 'retry-after': text }, body, { nowMs: NOW, timeZone: 'UTC' });
      if (outcome.kind !== 'throttled') throw new Error(`${outcome.kind} is no wait`);
      return outcome.retryAfterMs;
    };
    fc.assert(
      fc.property(policy, value, (name, text) => {
        expect(wait(name, text)).toBeGreaterThanOrEqual(name === 'SECONDLY' ? 1500 : 10_000);
        expect(wait(name, text)).toBeLessThanOrEqual(300_000);
      }),
    );
    const untilMidnightMs = 2 * 3_600_000 - 250;
    fc.assert(
      fc.property(value, (text) => {
        expect(wait('DAILY', text)).toBeGreaterThanOrEqual(10_000);
        expect(wait('DAILY', text)).toBeLessThanOrEqual(untilMidnightMs);
      }),
    );
    for (const text of ['0', '-1', 'soon']) expect(wait('DAILY', text)).toBe(untilMidnightMs);
  });
});

describe('the lifetime of a token', () => {
  it('is what HubSpot says, in seconds or in milliseconds', () => {
    expect(lifetimeMs(1800)).toBe(1_800_000);
    expect(lifetimeMs('1800')).toBe(1_800_000);
    expect(lifetimeMs(1_800_000)).toBe(1_800_000);
  });

  it.each([0, -5, null, undefined, 'soon', '', {}, [], NaN, true])('of %j is half an hour', (expiresIn) =>
    expect(lifetimeMs(expiresIn)).toBe(1_800_000),
  );

  it('is neither so short that each use refreshes nor longer than a day', () => {
    expect(lifetimeMs(0.001)).toBe(10_000);
    fc.assert(
      fc.property(fc.anything(), (expiresIn) => {
        expect(lifetimeMs(expiresIn)).toBeGreaterThanOrEqual(10_000);
        expect(lifetimeMs(expiresIn)).toBeLessThanOrEqual(86_400_000);
      }),
    );
  });
});

describe('a count', () => {
  it('is a whole number that is not negative, or nothing', () => {
    const count = (text: string) => countIn({ 'x-left': text }, 'x-left');
    expect(['0', '110'].map(count)).toEqual([0, 110]);
    expect(['-1', '1.5', '', 'NaN', '1e9', '9999999999'].map(count)).toEqual(Array(6).fill(undefined));
  });
});

describe('the longest wait', () => {
  it('of a window is some windows', () => {
    expect(longestWaitMs('TEN_SECONDLY_ROLLING')).toBe(40_000);
    expect(longestWaitMs('SECONDLY')).toBe(5000);
  });
});
