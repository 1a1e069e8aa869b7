import { afterEach, describe, expect, it } from '@jest/globals';
import type { Logger } from '../../../src/platform/logger.js';
import { startWhenSomebody } from '../../../src/worker/outbox/startOutbox.js';
import { until } from '../../support/until.js';

describe('live sending without anybody to send to', () => {
  const lines: string[] = [];
  let waiting: { stop: () => void } | undefined;
  afterEach(() => {
    waiting?.stop();
    lines.length = 0;
  });
  const begin = (whyNobody: () => Promise<string | undefined>, start: () => void) => {
    const logger = { error: (line: string) => lines.push(line) } as unknown as Logger;
    waiting = startWhenSomebody({ logger, whyNobody, start, everyMs: 5 });
  };

  it('is not begun, with one line that says what to do; it begins by itself when there is somebody', async () => {
    const reasons = ['and no portal is connected', 'and no portal is connected', undefined];
    let [looks, starts] = [0, 0];
    begin(
      () => Promise.resolve(reasons[Math.min(looks++, 2)]),
      () => (starts += 1),
    );
    await until('it has begun', () => starts > 0, 5000);
    expect(lines).toEqual([
      expect.stringMatching(
        /^HubSpot sync worker not started \(HUBSPOT_SEND_LIVE=true, and no portal is connected\)\. Connect a portal/,
      ),
    ]);
    expect(looks).toBe(3);
    expect(starts).toBe(1);
  });

  it('is looked at again when the database could not say', async () => {
    let [looks, starts] = [0, 0];
    begin(
      () => (looks++ === 0 ? Promise.reject(new Error('odd')) : Promise.resolve(undefined)),
      () => (starts += 1),
    );
    await until('it has begun', () => starts > 0, 5000);
    expect(lines).toEqual(['Whether there is a portal to send to cannot be read']);
  });

  it('is not begun after the process was told to stop', async () => {
    let answer: (() => void) | undefined;
    let starts = 0;
    begin(
      () => new Promise((resolve) => (answer = () => resolve(undefined))),
      () => (starts += 1),
    );
    waiting?.stop();
    answer?.();
    await new Promise((resolve) => setImmediate(resolve));
    expect(starts).toBe(0);
  });
});
