import { describe, expect, it } from '@jest/globals';
import { calendarProblem } from '../../../src/domain/sync/portalSchedule.js';

describe('a calendar', () => {
  it.each(['0 2 * * *', '*/15 8-18 * * 1-5', '0,30 0-23/2 1,15 1-12 0-6', '59 23 31 12 6', '0 0 1 */3 *'])(
    'is five fields of numbers, as cron has them: %s',
    (text) => expect(calendarProblem(text)).toBeUndefined(),
  );

  it.each([
    ['', 'five fields'],
    ['0 2 * *', 'five fields'],
    ['0 2 * * * *', 'five fields'],
    ['0  2 * * *', 'five fields'],
    ['@daily', 'five fields'],
    ['60 2 * * *', 'minute'],
    ['0 24 * * *', 'hour'],
    ['0 2 0 * *', 'day of the month'],
    ['0 2 * 13 *', 'month'],
    ['0 2 * * 7', 'day of the week'],
    ['0 2 * * MON', 'day of the week'],
    ['5-1 2 * * *', 'minute'],
    ['*/0 2 * * *', 'minute'],
    ['5/15 2 * * *', 'minute'],
    ['-1 2 * * *', 'minute'],
    ['1, 2 * * *', 'minute'],
    ['0 2 * * *\nCRON_TZ=UTC', 'day of the week'],
  ])('is not what another scheduler would take otherwise: "%s"', (text, problem) => {
    expect(calendarProblem(text)).toContain(problem);
  });
});
