import { describe, expect, it } from '@jest/globals';
import type { Request, Response } from 'express';
import { authenticate } from '../../../src/api/http/authenticate.js';
import { createKeyCache } from '../../../src/api/http/keyCache.js';
import { newApiKey, type FoundApiKey } from '../../../src/db/workspaces/apiKeys.js';
import { isApiKey } from '../../../src/domain/workspaces/apiKeyForm.js';
import { createLogger } from '../../../src/platform/logger.js';

const logger = createLogger({ LOG_LEVEL: 'silent', LOG_FORMAT: 'json' }, 'test');

function setUp() {
  const key = newApiKey('production').reveal();
  const state = { now: 1_000_000, revoked: false, expiresAt: null as Date | null, lookUps: 0, touches: 0 };
  const found = () => ({
    id: '1',
    workspaceId: 'w',
    scopes: ['admin'],
    expiresAt: state.expiresAt,
    state: state.revoked ? ('revoked' as const) : ('active' as const),
  });
  let answer = (): Promise<FoundApiKey> => Promise.resolve(found());
  const keys = createKeyCache({
    find: () => {
      state.lookUps += 1;
      return answer();
    },
    touch: async () => void (state.touches += 1),
    logger,
    now: () => state.now,
  });
  const handler = authenticate({ keys, onRefused: (_request, _response, next) => next() });
  const ask = async (): Promise<'let in' | 'refused'> => {
    const request = { get: () => `Bearer ${key}` } as unknown as Request;
    let error: unknown;
    await handler(request, {} as Response, (given?: unknown) => void (error = given));
    if (error === undefined) return 'let in';
    expect(error).toMatchObject({ code: 'unauthorized' });
    return 'refused';
  };
  return {
    state,
    keys,
    presented: key,
    ask,
    found,
    answerWith: (other: typeof answer) => void (answer = other),
  };
}

describe('a key that was let in', () => {
  it('is not looked up again for 30 seconds, and is shut out no later than that after its revocation', async () => {
    const { state, ask } = setUp();
    expect(await ask()).toBe('let in');
    state.revoked = true;
    state.now += 29_000;
    expect(await ask()).toBe('let in');
    expect(state.lookUps).toBe(1);
    state.now += 1000;
    expect(await ask()).toBe('refused');
    expect(state.lookUps).toBe(2);
  });

  it('is shut out at once where its revocation is heard of, and others are not looked up for it', async () => {
    const { state, keys, ask } = setUp();
    expect(await ask()).toBe('let in');
    keys.forget('another');
    expect(await ask()).toBe('let in');
    expect(state.lookUps).toBe(1);
    state.revoked = true;
    keys.forget('1');
    expect(await ask()).toBe('refused');
  });

  it('is looked up once, and counted once as new, however many requests present it for the first time at once', async () => {
    const { state, keys, presented } = setUp();
    let counted = 0;
    const admit = async () => void (counted += 1);
    const found = await Promise.all(Array.from({ length: 500 }, () => keys.find(presented, admit)));
    expect(found.every((key) => key?.state === 'active')).toBe(true);
    expect({ counted, lookUps: state.lookUps }).toEqual({ counted: 1, lookUps: 1 });
  });

  it('is looked up anew by who presents it after its revocation, though a look-up from before is under way', async () => {
    const { state, keys, ask, found, answerWith } = setUp();
    const before = found();
    let end!: (key: FoundApiKey) => void;
    const early = await new Promise<{ answer: Promise<string> }>((begun) => {
      answerWith(
        () =>
          new Promise((resolve) => {
            end = resolve;
            begun({ answer });
          }),
      );
      const answer = ask();
    });
    state.revoked = true;
    keys.forget('1');
    answerWith(() => Promise.resolve(found()));
    expect(await ask()).toBe('refused');
    end(before);
    expect(await early.answer).toBe('let in');
    expect(await ask()).toBe('refused');
  });

  it('is not kept when its revocation is heard of while it is being looked up', async () => {
    const { state, keys, ask, found, answerWith } = setUp();
    const before = found();
    answerWith(() => {
      state.revoked = true;
      keys.forget('1');
      answerWith(() => Promise.resolve(found()));
      return Promise.resolve(before);
    });
    expect(await ask()).toBe('let in');
    expect(await ask()).toBe('refused');
  });

  it('is shut out at its expiry, not when it is looked up next', async () => {
    const { state, ask } = setUp();
    state.expiresAt = new Date(state.now + 5000);
    expect(await ask()).toBe('let in');
    state.now += 5000;
    expect(await ask()).toBe('refused');
  });

  it('has its use noted once a minute', async () => {
    const { state, ask } = setUp();
    for (let second = 0; second < 120; second += 1) {
      await ask();
      state.now += 1000;
    }
    expect(state.touches).toBe(2);
  });
});

describe('a new key', () => {
  it('has 32 random bytes and the form that scanners look for', () => {
    expect(newApiKey('production').reveal()).toMatch(/^slc_live_[\w-]{43}$/);
    expect(isApiKey(newApiKey('development').reveal())).toBe(true);
    expect(newApiKey('test').reveal()).not.toBe(newApiKey('test').reveal());
    for (const text of ['', 'slc_live_', `slc_live_${'x'.repeat(44)}`, `xslc_live_${'x'.repeat(43)}`])
      expect(isApiKey(text)).toBe(false);
  });
});
