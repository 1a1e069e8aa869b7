import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { SyncedObject } from '../../../src/db/sync/reader.js';
import { createLogger } from '../../../src/platform/logger.js';
import { createNamedReader } from '../../../src/worker/webhooks/namedReader.js';

const object = (n: number): SyncedObject => ({ workspaceId: 'w', portalId: n, objectType: 'contacts' });
const logger = createLogger({ LOG_LEVEL: 'silent', LOG_FORMAT: 'json' }, 'test');

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

describe('who reads what webhooks have named', () => {
  it('reads a burst once, and what comes meanwhile a second after it began', async () => {
    let reads = 0;
    let left = 0;
    const reader = createNamedReader({
      ...{ logger, hasReads: () => Promise.resolve(left > 0) },
      read: () => Promise.resolve(void ((reads += 1), (left = 0))),
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
    reader.stop();
  });

  it('forgets nothing that it hears while it looks for the last time', async () => {
    const looks: ((has: boolean) => void)[] = [];
    let reads = 0;
    const reader = createNamedReader({
      ...{ logger, hasReads: () => new Promise<boolean>((resolve) => looks.push(resolve)) },
      read: () => Promise.resolve(void (reads += 1)),
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
    reader.stop();
  });

  it('takes eight types at a time, and one that fails keeps none of the others', async () => {
    const ends: (() => void)[] = [];
    const reader = createNamedReader({
      ...{ logger, hasReads: () => Promise.resolve(true) },
      read: ({ portalId }) =>
        portalId === 1 ? Promise.reject(new Error('x')) : new Promise((resolve) => ends.push(resolve)),
    });
    for (let n = 1; n <= 20; n += 1) reader.heard(object(n));
    await jest.advanceTimersByTimeAsync(200);
    expect(ends).toHaveLength(8);
    ends[0]!();
    await jest.advanceTimersByTimeAsync(0);
    expect(ends).toHaveLength(9);
    reader.stop();
    await jest.advanceTimersByTimeAsync(5000);
    ends[1]!();
    await jest.advanceTimersByTimeAsync(5000);
    expect(ends).toHaveLength(9);
  });
});
