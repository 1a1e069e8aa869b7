import { describe, expect, it } from '@jest/globals';
import { createLogger } from '../../../src/platform/logger.js';
import { activitiesOf } from '../../../src/worker/activitiesOf.js';
import { createReconcilerActivities, type Sweep } from '../../../src/worker/reconciler.js';

const logger = createLogger({ LOG_LEVEL: 'silent', LOG_FORMAT: 'json' }, 'test');
const sweep = (changes: Partial<Sweep>): Sweep => ({
  ...{ name: 'one', everyMs: 0, timeoutMs: 1000, run: () => Promise.resolve(1) },
  ...changes,
});

describe('the reconciler', () => {
  it('runs each sweep in its own round, and says what each did', async () => {
    const sweeps = [
      sweep({ name: 'always', run: () => Promise.resolve(3) }),
      sweep({ name: 'hourly', everyMs: 3_600_000, run: () => Promise.resolve(7) }),
    ];
    const { sweep: round } = createReconcilerActivities(sweeps, logger);
    expect(await round()).toEqual({ always: 3, hourly: 7 });
    expect(await round()).toEqual({ always: 3 });
  });

  it('ends a sweep that takes too long, with a signal, and goes on with the next', async () => {
    let aborted = false;
    const hangs = (signal: AbortSignal) =>
      new Promise<number>(() => signal.addEventListener('abort', () => (aborted = true)));
    const sweeps = [sweep({ name: 'hangs', timeoutMs: 20, run: hangs }), sweep({ name: 'next' })];
    expect(await createReconcilerActivities(sweeps, logger).sweep()).toEqual({ next: 1 });
    expect(aborted).toBe(true);
  });

  it('tries a sweep that fails again in its next round, not at once', async () => {
    let tries = 0;
    const fails = sweep({ everyMs: 3_600_000, run: () => Promise.reject(new Error(`try ${(tries += 1)}`)) });
    const { sweep: round } = createReconcilerActivities([fails], logger);
    expect([await round(), await round()]).toEqual([{}, {}]);
    expect(tries).toBe(1);
  });
});

describe('the activities of rooms', () => {
  const say = () => Promise.resolve();

  it('are put together by task queue', () => {
    expect(activitiesOf([{ activities: { default: { say } } }, {}], 'default')).toEqual({ say });
  });

  it('refuse the start when two rooms give the same name', () => {
    const rooms = [{ activities: { default: { say } } }, { activities: { default: { say } } }];
    expect(() => activitiesOf(rooms, 'default')).toThrow('Two rooms give the activity "say"');
  });
});
