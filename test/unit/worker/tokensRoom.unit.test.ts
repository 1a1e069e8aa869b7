import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { createLogger } from '../../../src/platform/logger.js';
import { createTokensRoom } from '../../../src/worker/tokens/tokensRoom.js';
import { plainTokens } from '../../support/tokens.js';
import { until } from '../../support/until.js';

/** A pass ends when the test says so, or as it does in the worker: when it is told to stop. */
function open() {
  const passes: { olderThanMs: number; end: () => void }[] = [];
  const core = {
    ...{ pool: {} as never, portalResolver: {} as never, tokens: plainTokens({} as never) },
    config: { TOKEN_REFRESH_BEFORE_MS: 60_000 } as never,
    logger: createLogger({ LOG_LEVEL: 'silent', LOG_FORMAT: 'json' }, 'test'),
    storeGrantsLeft: (olderThanMs: number, stopping?: AbortSignal) =>
      new Promise<void>((resolve) => {
        passes.push({ olderThanMs, end: resolve });
        stopping?.addEventListener('abort', () => resolve());
      }),
  };
  return { room: createTokensRoom(core, { everyMs: 20 }), passes };
}

describe('the journal of tokens is looked through', () => {
  it('by one pass at a time, however long it takes', async () => {
    const { room, passes } = open();
    room.start?.();
    await delay(150);
    expect(passes).toHaveLength(1);
    expect(passes[0]?.olderThanMs).toBe(0);
    passes[0]?.end();
    await until('the next one has begun', () => passes.length === 2, 5000);
    await room.close?.();
  });

  it('no further when the worker stops', async () => {
    const { room, passes } = open();
    room.start?.();
    await until('a pass is under way', () => passes.length === 1, 5000);
    await room.close?.();
    await delay(100);
    expect(passes).toHaveLength(1);
  });
});
