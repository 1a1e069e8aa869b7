import { expect, it } from '@jest/globals';
import { createLeadLimit } from '../../../src/api/portals/install/leadLimit.js';
import { createLogger } from '../../../src/platform/logger.js';

const logger = createLogger({ LOG_LEVEL: 'silent', LOG_FORMAT: 'json' }, 'test');

it('gives a place back when a lead ends, however it ends, and counts anew each minute', async () => {
  let now = 0;
  const limited = createLeadLimit({ logger, mostOfAnAddress: { atATime: 1, perMinute: 3 }, now: () => now });
  const limit = <T>(work: () => Promise<T>) => limited('192.0.2.1', work);
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

it('of one address is not used up by another, up to what all may have together', async () => {
  const refused = { code: 'too_many_requests' };
  const limit = createLeadLimit({
    ...{ logger, now: () => 0 },
    ...{ mostOfAnAddress: { atATime: 2, perMinute: 2 }, mostOfAll: { atATime: 9, perMinute: 5 } },
  });
  const lead = (address: string) => limit(address, () => Promise.resolve('led on'));
  for (let n = 0; n < 2; n += 1) await lead('192.0.2.1');
  // A stranger goes on and on: what is held back of his takes nothing of what all have.
  for (let n = 0; n < 20; n += 1) await expect(lead('192.0.2.1')).rejects.toMatchObject(refused);
  for (let n = 0; n < 2; n += 1) expect(await lead('192.0.2.2')).toBe('led on');
  expect(await lead('192.0.2.3')).toBe('led on');
  await expect(lead('192.0.2.4')).rejects.toMatchObject(refused);
});
