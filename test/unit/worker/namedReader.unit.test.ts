import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { SyncedObject } from '../../../src/db/sync/reader.js';
import { createLogger } from '../../../src/platform/logger.js';
import { createNamedReader, type TurnEnded } from '../../../src/worker/webhooks/namedReader.js';

const object = (n: number): SyncedObject => ({ workspaceId: 'w', portalId: n, objectType: 'contacts' });
const READ: TurnEnded = { notTaken: false };
const logger = createLogger({ LOG_LEVEL: 'silent', LOG_FORMAT: 'json' }, 'test');

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

describe('who reads what webhooks have named', () => {
  it('reads a burst once, and what comes meanwhile a second after it began', async () => {
    let reads = 0;
    let left = 0;
    const reader = createNamedReader({
      ...{ logger, hasReads: () => Promise.resolve(left > 0) },
      read: () => Promise.resolve(((reads += 1), (left = 0), READ)),
    });
    for (let n = 0; n < 50; n += 1) {
      left += 1;
      reader.heard(object(1));
    }
    await jest.advanceTimersByTimeAsync(200);
    expect(reads).toBe(1);
    left += 1;
    reader.heard(object(1));
    await jest.advanceTimersByTimeAsync(700);
    expect(reads).toBe(1);
    await jest.advanceTimersByTimeAsync(300);
    expect(reads).toBe(2);
    await reader.stop();
  });

  it('forgets nothing that it hears while it looks for the last time', async () => {
    const looks: ((has: boolean) => void)[] = [];
    let reads = 0;
    const reader = createNamedReader({
      ...{ logger, hasReads: () => new Promise<boolean>((resolve) => looks.push(resolve)) },
      read: () => Promise.resolve(((reads += 1), READ)),
    });
    reader.heard(object(1));
    await jest.advanceTimersByTimeAsync(200);
    looks.shift()!(true);
    await jest.advanceTimersByTimeAsync(0);
    reader.heard(object(1)); // the look that is under way does not see it
    looks.shift()!(false);
    await jest.advanceTimersByTimeAsync(1100);
    looks.shift()!(true);
    await jest.advanceTimersByTimeAsync(0);
    expect(reads).toBe(2);
    void reader.stop();
  });

  it('takes eight types at a time, and one that fails keeps none of the others', async () => {
    const ends: (() => void)[] = [];
    const reader = createNamedReader({
      ...{ logger, hasReads: () => Promise.resolve(true) },
      read: ({ portalId }) =>
        portalId === 1
          ? Promise.reject(new Error('x'))
          : new Promise((resolve) => ends.push(() => resolve(READ))),
    });
    for (let n = 1; n <= 20; n += 1) reader.heard(object(n));
    await jest.advanceTimersByTimeAsync(200);
    expect(ends).toHaveLength(8);
    ends[0]!();
    await jest.advanceTimersByTimeAsync(0);
    expect(ends).toHaveLength(9);
    void reader.stop();
    await jest.advanceTimersByTimeAsync(5000);
    ends[1]!();
    await jest.advanceTimersByTimeAsync(5000);
    expect(ends).toHaveLength(9);
  });

  it('asks less and less often for a turn that others have, at least twice a minute, and at once when it had one', async () => {
    const asked: number[] = [];
    let notTaken = true;
    const from = performance.now();
    const reader = createNamedReader({
      ...{ logger, hasReads: () => Promise.resolve(true) },
      read: () => Promise.resolve((asked.push(Math.round((performance.now() - from) / 1000)), { notTaken })),
    });
    reader.heard(object(1));
    await jest.advanceTimersByTimeAsync(125_000);
    expect(asked).toEqual([0, 2, 6, 14, 30, 60, 90, 120]);
    reader.heard(object(1)); // does not bring its turn nearer
    notTaken = false;
    asked.length = 0;
    await jest.advanceTimersByTimeAsync(28_000);
    expect(asked).toEqual([150, 151, 152]);
    await reader.stop();
  });

  it('tries again what failed when it may, and leaves what takes long to the Schedule', async () => {
    let reads = 0;
    let againInMs = 4000;
    const reader = createNamedReader({
      ...{ logger, hasReads: () => Promise.resolve(reads === 0) },
      read: () => Promise.resolve(((reads += 1), { notTaken: false, againInMs })),
    });
    reader.heard(object(1));
    await jest.advanceTimersByTimeAsync(3000);
    expect(reads).toBe(1);
    await jest.advanceTimersByTimeAsync(100_000);
    expect(reads).toBe(1); // its look found nothing: somebody else has read it
    await reader.stop();
    reads = 0;
    againInMs = 60_000;
    const patient = createNamedReader({
      ...{ logger, hasReads: () => Promise.resolve(reads === 0) },
      read: () => Promise.resolve(((reads += 1), { notTaken: false, againInMs })),
    });
    patient.heard(object(1));
    await jest.advanceTimersByTimeAsync(100_000);
    expect(reads).toBe(1);
    await patient.stop();
  });

  it('has ended when the turns that ran have ended', async () => {
    let end: () => void = () => undefined;
    const reader = createNamedReader({
      ...{ logger, hasReads: () => Promise.resolve(true) },
      read: () => new Promise((resolve) => (end = () => resolve(READ))),
    });
    reader.heard(object(1));
    await jest.advanceTimersByTimeAsync(200);
    let stopped = false;
    const stopping = reader.stop().then(() => (stopped = true));
    await jest.advanceTimersByTimeAsync(5000);
    expect(stopped).toBe(false);
    end();
    await stopping;
    expect(stopped).toBe(true);
  });
});
