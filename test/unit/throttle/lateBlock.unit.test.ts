import { describe, expect, it } from '@jest/globals';
import { isTooLateForBlock } from '../../../src/api/throttle/actionRoute.js';
import { createCommitter } from '../../../src/api/http/committer.js';
import type { IntakeAnswer, IntakeCall } from '../../../src/db/throttle/intake.js';

const HOLD_MS = 1000;
const committed: IntakeAnswer = {
  ...{ executionId: '1', state: 'waiting', reason: null, fresh: true, sameBody: true },
  ...{ plannedInMs: HOLD_MS, plannedAt: null, place: 1, expiresInMs: 604_800_000 },
};
/** Whether the answer of a process that stood still for so long after the commit is a BLOCK no more. */
const late = (answer: Partial<IntakeAnswer>, stoodStillMs: number) =>
  isTooLateForBlock({ ...committed, ...answer, askedAt: 5000 }, HOLD_MS, 5000 + stoodStillMs);

describe('BLOCK is not answered when a completion may have gone before it', () => {
  it.each([
    [{}, 700, false],
    [{}, 800, true],
    [{}, 30_000, true],
    // A repeat of what is overdue is completed at any moment; the hold is what it is given.
    [{ fresh: false, plannedInMs: -50_000 }, 100, false],
    [{ fresh: false, plannedInMs: -50_000 }, 2000, true],
    [{ plannedInMs: 60_000 }, 30_000, false],
    [{ plannedInMs: 60_000 }, 59_900, true],
    [{ plannedInMs: null }, 2000, true],
    // These answers let the record go on, or end it: they are never too late.
    [{ state: 'completed' as const }, 30_000, false],
    [{ state: 'refused' as const }, 30_000, false],
  ])('%o, %d ms after the commit: %p', (answer, stoodStillMs, expected) => {
    expect(late(answer, stoodStillMs)).toBe(expected);
  });

  it('and that is counted from before the commit, however long the call had waited for its turn', async () => {
    let commits = 0;
    const askedAt: number[] = [];
    const committer = createCommitter({
      maxPerCommit: 1,
      commit: async () => {
        askedAt.push(performance.now());
        commits += 1;
        await new Promise((resolve) => setTimeout(resolve, 30));
        return [committed];
      },
    });
    const call = { portalId: 1 } as IntakeCall;
    const answers = await Promise.all([committer.submit(call), committer.submit(call)]);
    expect(commits).toBe(2);
    answers.forEach((answer, n) => expect(Math.abs(answer.askedAt - askedAt[n]!)).toBeLessThan(20));
    expect(answers[1].askedAt - answers[0].askedAt).toBeGreaterThan(25);
  });
});
