import { setTimeout as delay } from 'node:timers/promises';

/** Latencies in milliseconds of so many requests at this rate, each from the moment at which its request was due. */
export async function openLoop(
  ask: (n: number) => Promise<void>,
  { count, perSecond }: { readonly count: number; readonly perSecond: number },
): Promise<number[]> {
  const from = performance.now();
  const latencies: number[] = [];
  const asked = Array.from({ length: count }, async (_, n) => {
    const due = from + (n * 1000) / perSecond;
    await delay(Math.max(0, due - performance.now()));
    await ask(n);
    latencies.push(performance.now() - due);
  });
  await Promise.all(asked);
  return latencies;
}
