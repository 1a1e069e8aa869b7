import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { readTime, type TimeRules } from '../../../src/domain/outbox/times.js';

/** The moment and the day, or the problem. */
function read(value: unknown, rules?: TimeRules): string {
  const time = readTime(value, rules);
  return time.ok ? `${new Date(time.ms).toISOString()} ${time.day}` : time.problem;
}
const BERLIN = { zone: 'Europe/Berlin' };

describe('a time of a payload', () => {
  it.each<[unknown, TimeRules | undefined, string]>([
    ['2024-01-15', undefined, '2024-01-15T00:00:00.000Z 2024-01-15'],
    ['2024-01-15T23:30:00Z', undefined, '2024-01-15T23:30:00.000Z 2024-01-15'],
    ['2024-01-15 23:30:00+00', undefined, '2024-01-15T23:30:00.000Z 2024-01-15'],
    ['2024-01-15T23:30:00.123456-0500', undefined, '2024-01-16T04:30:00.123Z 2024-01-15'],
    ['2024-01-15T23:30:00-05:00', { zone: 'UTC' }, '2024-01-16T04:30:00.000Z 2024-01-16'],
    ['2024-01-15T23:30', BERLIN, '2024-01-15T22:30:00.000Z 2024-01-15'],
    ['2024-07-15T23:30:00', BERLIN, '2024-07-15T21:30:00.000Z 2024-07-15'],
    ['2024-01-15T23:30:00Z', BERLIN, '2024-01-15T23:30:00.000Z 2024-01-16'],
    ['2024-01-15', BERLIN, '2024-01-14T23:00:00.000Z 2024-01-15'],
    ['2024-01-15T10:00:00', { zone: '+02:00' }, '2024-01-15T08:00:00.000Z 2024-01-15'],
    // Clocks are set forward: this time does not come. They are set back: it comes twice, and the first is meant.
    ['2024-03-31T02:30:00', BERLIN, '2024-03-31T01:30:00.000Z 2024-03-31'],
    ['2024-10-27T02:30:00', BERLIN, '2024-10-27T00:30:00.000Z 2024-10-27'],
    [1705276800000, undefined, '2024-01-15T00:00:00.000Z 2024-01-15'],
    ['1705276800000', undefined, '2024-01-15T00:00:00.000Z 2024-01-15'],
    [1705276800123.9, undefined, '2024-01-15T00:00:00.123Z 2024-01-15'],
    [1705276800, { format: 'seconds' }, '2024-01-15T00:00:00.000Z 2024-01-15'],
    [42249600000, { format: 'milliseconds' }, '1971-05-05T00:00:00.000Z 1971-05-05'],
    ['2024-01-16T00:30:00Z', { zone: 'America/Bogota' }, '2024-01-16T00:30:00.000Z 2024-01-15'],
    ['01/02/2024', { format: 'DD/MM/YYYY' }, '2024-02-01T00:00:00.000Z 2024-02-01'],
    ['1/2/2024', { format: 'M/D/YYYY' }, '2024-01-02T00:00:00.000Z 2024-01-02'],
    ['15.01.2024 23:30', { format: 'DD.MM.YYYY HH:mm', ...BERLIN }, '2024-01-15T22:30:00.000Z 2024-01-15'],
    ['0099-12-31', undefined, '0099-12-31T00:00:00.000Z 0099-12-31'],
  ])('%j by %j is %s', (value, rules, expected) => expect(read(value, rules)).toBe(expected));

  it.each<[unknown, TimeRules | undefined, string]>([
    ['2024-02-30', undefined, 'does not exist'],
    ['2023-02-29', undefined, 'does not exist'],
    ['2024-13-01', undefined, 'does not exist'],
    ['2024-01-15T24:00:00Z', undefined, 'does not exist'],
    ['2024-01-15T10:00:00+25:00', undefined, 'does not exist'],
    ['2024-01-15T10:00:00', undefined, 'has no zone'],
    [1705276800, undefined, 'looks like seconds'],
    ['1705276800', undefined, 'looks like seconds'],
    [1, undefined, 'looks like seconds'],
    [1705276800000000, undefined, 'another unit'],
    ['01/02/2024', undefined, 'name the format'],
    ['1/15/24', undefined, 'name the format'],
    ['Jan 15, 2024', undefined, 'name the format'],
    ['Mon, 15 Jan 2024 10:00:00 GMT', undefined, 'name the format'],
    ['', undefined, 'is not a time'],
    [true, undefined, 'is not a time'],
    [{}, undefined, 'is not a time'],
    ['31/02/2024', { format: 'DD/MM/YYYY' }, 'does not exist'],
    ['2024-02-01', { format: 'DD/MM/YYYY' }, 'is not in the format DD/MM/YYYY'],
    ['soon', { format: 'seconds' }, 'is not a number of seconds'],
  ])('%j by %j is refused in words: %s', (value, rules, words) =>
    expect(read(value, rules)).toContain(words),
  );

  it('never throws, and gives back every moment that it wrote', () => {
    fc.assert(
      fc.property(fc.anything(), (value) => {
        expect(typeof readTime(value).ok).toBe('boolean');
      }),
    );
    fc.assert(
      fc.property(
        fc.date({ min: new Date('0001-01-02'), max: new Date('9999-12-30'), noInvalidDate: true }),
        (date) => expect(readTime(date.toISOString())).toMatchObject({ ok: true, ms: date.getTime() }),
      ),
    );
  });

  it('is the same in every process, whatever its time zone', () => {
    const script = path.resolve('test/unit/outbox/mapInProcess.ts');
    const answers = [undefined, 'UTC', 'America/St_Johns', 'Pacific/Kiritimati', 'Asia/Kathmandu'].map(
      (TZ) => {
        const { TZ: _, ...environment } = process.env;
        const env = { ...environment, NODE_OPTIONS: '', ...(TZ !== undefined && { TZ }) };
        const ran = spawnSync(process.execPath, ['--import', 'tsx', script], { env, encoding: 'utf8' });
        if (ran.status !== 0) throw new Error(ran.stderr);
        return ran.stdout;
      },
    );
    expect(answers[0]).toContain('2024-01-15');
    expect(new Set(answers).size).toBe(1);
  }, 60_000);
});
