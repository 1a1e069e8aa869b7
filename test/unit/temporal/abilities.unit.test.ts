import type { Client, Connection } from '@temporalio/client';
import { expect, it } from '@jest/globals';
import { createAbilities } from '../../../src/temporal/abilities.js';

/** A server that names pollers with the times at which it says that they have asked last. */
function queueOf() {
  const state = { pollers: [] as { lastAccessTime: { seconds: number; nanos: number } }[], nowMs: 0 };
  const connection = {
    workflowService: { describeTaskQueue: async () => ({ pollers: state.pollers }) },
  } as unknown as Connection;
  const client = { withDeadline: (_: number, call: () => unknown) => call() } as unknown as Client;
  const { isPolled } = createAbilities(connection, client, 'test', () => state.nowMs);
  return {
    state,
    isPolled: () => isPolled('sluice'),
    /** Each has asked at this second, by a clock that is nobody's here. */
    ask: (...seconds: number[]) =>
      (state.pollers = seconds.map((second) => ({ lastAccessTime: { seconds: second, nanos: 5 } }))),
  };
}

it('A queue is polled while a worker asks, and not because Temporal still names one that has died', async () => {
  const { state, ask, isPolled } = queueOf();
  expect(await isPolled()).toBe(false);
  ask(1_000_000, 1_000_030);
  expect(await isPolled()).toBe(true);
  for (state.nowMs = 60_000; state.nowMs <= 600_000; state.nowMs += 60_000) {
    ask(1_000_000, 1_000_030 + state.nowMs / 1000); // the one is gone, the other works
    expect(await isPolled()).toBe(true);
  }
  state.nowMs += 60_000;
  expect(await isPolled()).toBe(true);
  state.nowMs += 100_000;
  expect(await isPolled()).toBe(false);
  ask(1_002_000);
  expect(await isPolled()).toBe(true);
  ask();
  expect(await isPolled()).toBe(false);
});
