import { describe, expect, it } from '@jest/globals';
import { createLogger } from '../../../src/platform/logger.js';
import { activitiesOf } from '../../../src/worker/activitiesOf.js';
import { createMetrics } from '../../../src/platform/metrics.js';
import { createReconcilerActivities, watchSweeps, type Sweep } from '../../../src/worker/reconciler.js';
import { until } from '../../support/until.js';

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

  it('runs a few at a time: a slow one holds up none that comes after it, and work is started before rows are removed', async () => {
    const begun: string[] = [];
    let release = (): void => undefined;
    const slow = new Promise<number>((resolve) => (release = () => resolve(0)));
    const named = (name: string, everyMs: number, run: () => Promise<number>) =>
      sweep({ name, everyMs, run: () => (begun.push(name), run()) });
    const sweeps = [
      ...['a', 'b', 'c'].map((name) => named(name, 60_000, () => slow)),
      ...['d', 'e'].map((name) => named(name, 60_000, () => Promise.resolve(1))),
      named('starts', 0, () => Promise.resolve(1)),
    ];
    const round = createReconcilerActivities(sweeps, logger).sweep();
    await new Promise((resolve) => setImmediate(resolve));
    expect(begun).toEqual(['starts', 'a', 'b', 'c', 'd', 'e']);
    release();
    expect(Object.keys(await round)).toHaveLength(6);
  });

  it('tells when each sweep last succeeded; the start of the process counts, a failure does not', async () => {
    const metrics = createMetrics('test');
    const sweeps = [
      sweep({ name: 'well' }),
      sweep({ name: 'ill', run: () => Promise.reject(new Error('no')) }),
    ];
    const at = async () =>
      Object.fromEntries(
        [
          ...(await metrics.render()).text.matchAll(/last_success_timestamp_seconds{sweep="(\w+)".*} (\S+)/g),
        ].map(([, name, value]) => [name, Number(value)]),
      );
    const activities = createReconcilerActivities(sweeps, logger, watchSweeps(metrics, sweeps));
    const before = await at();
    expect(Math.abs((before.ill ?? 0) - Date.now() / 1000)).toBeLessThan(5);
    await until('the clock has moved on', () => Date.now() / 1000 > (before.well ?? 0), 1000, 1);
    await activities.sweep();
    const after = await at();
    expect(after.well).toBeGreaterThan(before.well ?? 0);
    expect(after.ill).toBe(before.ill);
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
