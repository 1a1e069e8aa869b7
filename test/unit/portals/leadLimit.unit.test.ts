import { expect, it } from '@jest/globals';
import { createLeadLimit } from '../../../src/api/portals/install/leadLimit.js';
import { createLogger } from '../../../src/platform/logger.js';

const logger = createLogger({ LOG_LEVEL: 'silent', LOG_FORMAT: 'json' }, 'test');

it('gives a place back when a lead ends, however it ends, and counts anew each minute', async () => {
  let now = 0;
  const limit = createLeadLimit({ logger, most: { atATime: 1, perMinute: 3 }, now: () => now });
  const ended: (() => void)[] = [];
  const first = limit(() => new Promise<void>((resolve) => ended.push(resolve)));
  await expect(limit(() => Promise.resolve())).rejects.toMatchObject({ code: 'too_many_requests' });
  ended[0]?.();
  await first;
  await expect(limit(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
  await expect(limit(() => Promise.resolve('third'))).resolves.toBe('third');

  now = 20_000;
  const refused = { code: 'too_many_requests', details: { retryAfterMs: 40_000 } };
  await expect(limit(() => Promise.resolve())).rejects.toMatchObject(refused);
  now = 60_000;
  await expect(limit(() => Promise.resolve('again'))).resolves.toBe('again');
});
