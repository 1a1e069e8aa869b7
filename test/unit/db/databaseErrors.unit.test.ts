import { describe, expect, it } from '@jest/globals';
import { isDataError } from '../../../src/db/dataError.js';
import { isOurMistake, isTransientDatabaseError } from '../../../src/db/pool.js';

const saying = (code: string) => Object.assign(new Error('the database says'), { code });

describe('an error of the database', () => {
  it.each(
    [
      ...['08000', '08006', '08P01', '25006', '25P03', '26000', '40001', '40003', '40P01', '42P05'],
      ...['53000', '53100', '53200', '53300', '53400', '55006', '55P03', '57000', '57014', '57P01', '57P03'],
      ...['57P05', '58000', '58030', '72000', 'ECONNREFUSED', 'EPIPE', 'ETIMEDOUT'],
    ].map((code) => [code]),
  )("%s may pass: it is tried again, and is nobody's fault", (code) => {
    expect(isTransientDatabaseError(saying(code))).toBe(true);
    expect(isDataError(saying(code))).toBe(false);
    expect(isOurMistake(saying(code))).toBe(false);
  });

  it.each(['22003', '23505', '42601', '42703', '54000', '21000'])(
    '%s is our own mistake each time',
    (code) => {
      expect(isTransientDatabaseError(saying(code))).toBe(false);
      expect(isOurMistake(saying(code))).toBe(true);
    },
  );

  it.each(['XX000', 'XX001', '42501', '42P01', '0A000', '25P02', 'P0001', '99999'])(
    '%s is no proof of a mistake: what would be lost is stored again',
    (code) => {
      expect(isOurMistake(saying(code))).toBe(false);
    },
  );

  it.each([new TypeError('x'), new RangeError('x')])(
    'that is none, %s of our code, is our own mistake',
    (error) => {
      expect(isOurMistake(error)).toBe(true);
    },
  );

  it.each([new Error('Connection terminated unexpectedly'), new Error('who knows'), 'text', undefined])(
    'without a code is no proof: %s',
    (error) => {
      expect(isOurMistake(error)).toBe(false);
    },
  );
});
