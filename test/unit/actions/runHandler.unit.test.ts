import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import {
  runHandler,
  TryTimedOut,
  type HandlerDependencies,
} from '../../../src/services/actions/runHandler.js';
import { createSecretsInUse } from '../../../src/platform/secretsInUse.js';
import type { AnyAction } from '../../../src/sdk/actions/action.js';
import { defineAction } from '../../../src/sdk/actions/actions.js';

const LATE = new Error('The partner has closed the connection');

function notUsed(name: string): never {
  throw new Error(`${name} is not to be used`);
}

/** An action that ends when the test says so, and what was logged of it. */
function setUp(run: () => Promise<unknown>) {
  const logged: unknown[] = [];
  const unused = (name: string) => new Proxy({}, { get: () => notUsed(name) });
  const deps = {
    ...{ effects: unused('effects'), sealing: unused('sealing'), gateway: unused('gateway') },
    logger: { warn: (message: string, fields: object) => logged.push({ message, ...fields }) },
    ...{ metrics: unused('metrics'), secrets: new Map(), secretsInUse: createSecretsInUse() },
  } as unknown as HandlerDependencies;
  const action = defineAction({
    ...{ name: 'slow', version: 1, objectTypes: ['CONTACT'], timeoutMs: 1000 },
    ...{ input: z.object({}), output: z.object({}), labels: { en: { actionName: 'Slow' } } },
    run: () => run() as Promise<Record<string, never>>,
  }) as AnyAction;
  const stop = new AbortController();
  const trying = runHandler(deps, {
    ref: { workspaceId: 'w', portalId: 7, runId: '9' },
    claimed: {
      ...{ action: 'slow', callHash: Buffer.alloc(32), source: 'WORKFLOWS', attempt: 1, giveUpInMs: 60_000 },
      ...{ sealedInput: '', sealedResult: null },
    },
    ...{ action, kept: { fields: {}, object: null, workflowId: null }, input: {} },
    ...{ settings: {}, secretSettings: [], stop: stop.signal },
  });
  return { logged, trying, stop };
}

describe('a handler of an action', () => {
  it('that fails after its time was over is told in the log, and changes nothing', async () => {
    let fail!: (error: Error) => void;
    const { logged, trying } = setUp(() => new Promise((_, reject) => (fail = reject)));
    await expect(trying).rejects.toBeInstanceOf(TryTimedOut);
    expect(logged).toEqual([]);
    fail(LATE);
    await new Promise((resolve) => setImmediate(resolve));
    expect(logged).toEqual([
      {
        message: 'A handler has failed after its try was over',
        ...{ portalId: 7, runId: '9', action: 'slow', error: LATE },
      },
    ]);
  });

  it('that fails in its time rejects with what it threw, and is told once', async () => {
    const { logged, trying } = setUp(() => Promise.reject(LATE));
    await expect(trying).rejects.toBe(LATE);
    await new Promise((resolve) => setImmediate(resolve));
    expect(logged).toEqual([]);
  });

  it('is over at once when its run is cancelled', async () => {
    const { trying, stop } = setUp(() => new Promise(() => undefined));
    const cancelled = new Error('cancelled');
    stop.abort(cancelled);
    await expect(trying).rejects.toBe(cancelled);
  });
});
