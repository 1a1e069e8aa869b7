import { describe, expect, it } from '@jest/globals';
import { createNudges } from '../../../src/temporal/nudges.js';

const PAUSE_MS = 40;

/** Notes when each signal is sent and how many have been asked for by then. */
function recorder(answer: () => Promise<boolean> = () => Promise.resolve(true)) {
  const sentAt: number[] = [];
  let asked = 0;
  const nudges = createNudges({ first: PAUSE_MS, most: 3 * PAUSE_MS });
  return {
    sentAt,
    ask(key = 'a') {
      asked += 1;
      const mine = asked;
      return nudges.send(key, () => {
        sentAt.push(performance.now());
        return answer().then((sent) => sent && asked >= mine);
      });
    },
  };
}

describe('nudges of a workflow', () => {
  it('are one signal at once and one for all who ask meanwhile, however many those are', async () => {
    const { ask, sentAt } = recorder();
    expect(await Promise.all(Array.from({ length: 1000 }, () => ask()))).toEqual(Array(1000).fill(true));
    expect(sentAt).toHaveLength(2);
    expect(sentAt[1]! - sentAt[0]!).toBeGreaterThanOrEqual(PAUSE_MS - 2);
  });

  it('are never joined to a signal that is out already: what was committed since may not have been seen', async () => {
    const answers: ((sent: boolean) => void)[] = [];
    const { ask, sentAt } = recorder(() => new Promise((resolve) => answers.push(resolve)));
    const first = ask();
    let secondIsSent = false;
    const second = ask().then(() => void (secondIsSent = true));
    expect(sentAt).toHaveLength(1);
    answers[0]!(true);
    await first;
    expect(secondIsSent).toBe(false);
    while (answers.length < 2) await new Promise((resolve) => setTimeout(resolve, 5));
    answers[1]!(true);
    await second;
  });

  it('come less and less often for as long as somebody asks, and at once again when nobody has for a while', async () => {
    const { ask, sentAt } = recorder();
    for (let n = 0; n < 5; n += 1) await ask();
    const gaps = sentAt.slice(1).map((at, n) => at - sentAt[n]!);
    [1, 2, 3, 3].forEach((pauses, n) => expect(gaps[n]).toBeGreaterThanOrEqual(pauses * PAUSE_MS - 2));
    await new Promise((resolve) => setTimeout(resolve, 4 * PAUSE_MS));
    const from = performance.now();
    await ask();
    expect(performance.now() - from).toBeLessThan(PAUSE_MS);
  });

  it('wait for no other workflow', async () => {
    const { ask, sentAt } = recorder();
    await Promise.all(['a', 'b', 'c'].map((key) => ask(key)));
    expect(sentAt).toHaveLength(3);
    expect(sentAt[2]! - sentAt[0]!).toBeLessThan(PAUSE_MS);
  });

  it('that fail say so to those who shared them, and hold up none that come after', async () => {
    let fails = true;
    const { ask, sentAt } = recorder(() =>
      fails ? Promise.reject(new Error('away')) : Promise.resolve(true),
    );
    const both = await Promise.allSettled([ask(), ask(), ask()]);
    expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    expect(sentAt).toHaveLength(2);
    fails = false;
    expect(await ask()).toBe(true);
  });
});
