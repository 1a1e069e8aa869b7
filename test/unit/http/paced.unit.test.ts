import { EventEmitter } from 'node:events';
import type { Request, Response } from 'express';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { paced } from '../../../src/api/http/paced.js';
import { AppError } from '../../../src/platform/errors.js';

const PER_MINUTE = 1200;
/** Three seconds of 20 a second. */
const BURST = 60;

let handler: ReturnType<typeof paced>;
let went: string[];

beforeEach(() => {
  jest.useFakeTimers();
  went = [];
  handler = paced({ perMinute: PER_MINUTE, now: Date.now }, (request) => request.url);
});
afterEach(() => void jest.useRealTimers());

function ask(key: string, name = key): EventEmitter {
  const response = new EventEmitter();
  void handler({ url: key } as Request, response as unknown as Response, () => void went.push(name));
  return response;
}
const askTimes = (key: string, times: number) => {
  for (let n = 0; n < times; n += 1) ask(key);
};

describe('requests of one key', () => {
  it('go on at once up to a burst, then at the pace of their limit, in their order; other keys wait for nothing', () => {
    askTimes('a', BURST);
    expect(went).toHaveLength(BURST);
    for (let n = 1; n <= 10; n += 1) ask('a', `late ${n}`);
    ask('b');
    expect(went.slice(BURST)).toEqual(['b']);
    jest.advanceTimersByTime(100);
    expect(went.slice(BURST)).toEqual(['b', 'late 1', 'late 2']);
    jest.advanceTimersByTime(400);
    expect(went).toHaveLength(BURST + 11);
    expect(went.at(-1)).toBe('late 10');
  });

  it('take no more than their limit over a time, whatever is asked for', () => {
    for (let second = 0; second < 20; second += 1) {
      try {
        askTimes('a', 200);
      } catch (error) {
        expect(error).toBeInstanceOf(AppError);
      }
      jest.advanceTimersByTime(1000);
    }
    expect(went.length).toBeGreaterThanOrEqual(20 * 20);
    expect(went.length).toBeLessThanOrEqual(20 * 20 + BURST);
  });

  it('are refused with the time to wait where they would wait for longer than five seconds', () => {
    askTimes('a', BURST + 100);
    expect(() => ask('a')).toThrow(
      expect.objectContaining({ code: 'too_many_requests', details: { retryAfterMs: 5050 } }),
    );
    expect(jest.getTimerCount()).toBe(100);
  });

  it('whose asker has gone are not dealt with', () => {
    askTimes('a', BURST);
    ask('a', 'gone').emit('close');
    ask('a', 'stayed');
    jest.advanceTimersByTime(1000);
    expect(went.slice(BURST)).toEqual(['stayed']);
    expect(jest.getTimerCount()).toBe(0);
  });
});
