import { describe, expect, it } from '@jest/globals';
import { createLogger } from '../../../src/platform/logger.js';
import { createNamedReader } from '../../../src/worker/webhooks/namedReader.js';
import { until } from '../../support/until.js';

const [SLOW, QUICK] = [7_000_001, 7_000_002];
const of = (portalId: number, objectType: string) => ({
  ...{ workspaceId: '9027efe2-1c2f-4a55-9a2c-8f4d3b6d7c11', portalId, objectType },
});

describe('turns of types that webhooks have named', () => {
  it('of a portal whose answers do not come are half of all at most: those of another portal begin', async () => {
    const began: string[] = [];
    let answer = (): void => undefined;
    const answered = new Promise<void>((resolve) => (answer = resolve));
    const reader = createNamedReader({
      hasReads: ({ portalId, objectType }) => Promise.resolve(!began.includes(`${portalId} ${objectType}`)),
      async read({ portalId, objectType }) {
        began.push(`${portalId} ${objectType}`);
        if (portalId === SLOW) await answered;
        return { notTaken: false };
      },
      logger: createLogger({ LOG_LEVEL: 'silent', LOG_FORMAT: 'json' }, 'test'),
      atOnce: 4,
    });
    for (let n = 1; n <= 6; n += 1) reader.heard(of(SLOW, `2-${n}`));
    await until('two turns of it run', () => Promise.resolve(began.length === 2), 5000, 10);
    reader.heard(of(QUICK, 'contacts'));
    await until(
      'the other portal has its turn',
      () => Promise.resolve(began.includes(`${QUICK} contacts`)),
      5000,
      10,
    );
    expect(began.filter((one) => one.startsWith(String(SLOW)))).toHaveLength(2);
    answer();
    await until('all had their turn', () => Promise.resolve(began.length === 7), 5000, 10);
    await reader.stop();
  });
});
