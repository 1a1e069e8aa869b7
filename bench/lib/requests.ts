import type { RecordedRequest } from '../../test/support/sandboxClient.js';
import type { Stack } from '../../test/support/stack.js';

/** The number of the last request that the sandbox has recorded. */
export async function lastRequest(stack: Stack): Promise<number> {
  const { requests } = await stack.sandbox.health();
  return requests - 1;
}

/** All that the sandbox has recorded since. */
export async function requestsAfter(stack: Stack, after: number): Promise<RecordedRequest[]> {
  const all: RecordedRequest[] = [];
  for (let at = after; ;) {
    const { items, next } = await stack.sandbox.requests({ after: at, limit: 10_000 });
    all.push(...items);
    if (items.length === 0) return all;
    at = next;
  }
}
