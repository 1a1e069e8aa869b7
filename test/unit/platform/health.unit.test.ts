import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, describe, expect, it } from '@jest/globals';
import {
  createHealth,
  findUnable,
  NotKnown,
  Unable,
  type Check,
  type HealthCheck,
} from '../../../src/platform/health.js';
import { createLifecycle, type Lifecycle } from '../../../src/platform/lifecycle.js';
import { announce } from '../../../src/platform/announce.js';
import { createLogger, type Logger } from '../../../src/platform/logger.js';
import { until } from '../../support/until.js';
import { createMetrics } from '../../../src/platform/metrics.js';
import { createAllInstruments } from '../../support/instruments.js';
import { startProbeServer, type ProbeServer } from '../../../src/platform/probeServer.js';

const logger = createLogger({ LOG_LEVEL: 'silent', LOG_FORMAT: 'json' }, 'test');
const newLifecycle = (): Lifecycle =>
  createLifecycle({ logger, deadlineMs: 1000, signals: { on: () => process }, exit: () => undefined });

let server: ProbeServer | undefined;
afterEach(async () => {
  await server?.stop();
  server = undefined;
});

async function probe(path: string) {
  const response = await fetch(`${server?.url}${path}`);
  return { status: response.status, text: await response.text() };
}

const checkOf = (id: string, run: HealthCheck): Check => ({ id, what: '', mend: 'Mend it', run });

async function serve(runs: Record<string, HealthCheck>) {
  const checks = Object.entries(runs).map(([id, run]) => checkOf(id, run));
  const lifecycle = newLifecycle();
  const { metrics, releases, hubspot } = createAllInstruments();
  server = await startProbeServer({ port: 0, health: createHealth({ checks, lifecycle }), metrics, logger });
  return { lifecycle, releases, hubspot };
}

describe('readiness', () => {
  it('follows the life of the process: starting, ready, stopping', async () => {
    const { lifecycle } = await serve({ database: async () => undefined });
    expect(await probe('/readyz')).toMatchObject({
      status: 503,
      text: expect.stringContaining('"starting"'),
    });
    lifecycle.ready();
    expect(await probe('/readyz')).toMatchObject({ status: 200, text: expect.stringContaining('"ok":true') });
    await lifecycle.stop('test');
    expect(await probe('/readyz')).toMatchObject({ status: 503, text: '{"status":"stopping"}' });
  });

  it('is red while one of the things it depends on does not work, and says what to do; the process is alive all the same', async () => {
    const { lifecycle } = await serve({
      database: async () => undefined,
      temporal: () => Promise.reject(new NotKnown('Temporal does not answer: check TEMPORAL_ADDRESS')),
    });
    lifecycle.ready();
    const { status, text } = await probe('/readyz');
    expect(status).toBe(503);
    expect(JSON.parse(text)).toMatchObject({
      status: 'not ready',
      checks: {
        database: { ok: true },
        temporal: { ok: false, problem: 'Temporal does not answer: check TEMPORAL_ADDRESS' },
      },
    });
    expect((await probe('/healthz')).status).toBe(200);
  });

  it('asks what it depends on once, however many ask at a time', async () => {
    let asked = 0;
    const { lifecycle } = await serve({ database: async () => void (asked += 1) });
    lifecycle.ready();
    await Promise.all(Array.from({ length: 20 }, () => probe('/readyz')));
    expect(asked).toBe(1);
  });

  it('asks no second time while the first one is under way, however long that takes', async () => {
    let [asked, isUnderWay] = [0, false];
    const slow = checkOf('database', async () => {
      expect(isUnderWay).toBe(false);
      asked += 1;
      isUnderWay = true;
      await delay(1500);
      isUnderWay = false;
    });
    const health = createHealth({ checks: [slow], lifecycle: { isReady: true, stopping: false } });
    const first = health.ready();
    await delay(800);
    expect(await Promise.all([first, health.ready()])).toMatchObject([{ status: 200 }, { status: 200 }]);
    expect(asked).toBe(1);
  });

  it('asks nothing again that it has given up and that is still under way', async () => {
    let asked = 0;
    const silent = checkOf('database', () => {
      asked += 1;
      return new Promise(() => undefined);
    });
    const health = createHealth({ checks: [silent], lifecycle: { isReady: true, stopping: false } });
    const problem = 'No answer within 5000 ms';
    expect((await health.problems()).map((one) => one.problem)).toEqual([problem]);
    await delay(1100);
    expect((await health.problems()).map((one) => one.problem)).toEqual([problem]);
    expect(asked).toBe(1);
  }, 20_000);

  it('takes a failure for granted for a second', async () => {
    let asked = 0;
    const broken = checkOf('database', () => {
      asked += 1;
      return Promise.reject(new Unable('It broke'));
    });
    const health = createHealth({ checks: [broken], lifecycle: { isReady: true, stopping: false } });
    await health.ready();
    await delay(700);
    expect((await health.ready()).status).toBe(503);
    expect(asked).toBe(1);
    await delay(500);
    await health.ready();
    expect(asked).toBe(2);
  });

  it('shows words of ours alone; what a server said is for the log', async () => {
    const said = new Error('password authentication failed for user "sluice_api" at 10.0.0.7');
    const raw = { ...checkOf('raw', () => Promise.reject(said)), what: 'The database answers' };
    const ours = checkOf('ours', () => Promise.reject(new NotKnown('No row is taken', { cause: said })));
    const health = createHealth({ checks: [raw, ours], lifecycle: { isReady: true, stopping: false } });
    const { body } = await health.ready();
    expect(body).toMatchObject({
      checks: {
        raw: { ok: false, problem: 'Not so, or not known: The database answers', mend: 'Mend it' },
        ours: { ok: false, problem: 'No row is taken', mend: 'Mend it' },
      },
    });
    expect(JSON.stringify(body)).not.toContain('sluice_api');
    const [first, second] = await health.problems();
    expect(first?.error).toBe(said);
    expect(second?.error).toMatchObject({ cause: said });
  });
});

describe('what waiting does not mend', () => {
  it('is named in a line that says what to do; what could not be found out is not among it', async () => {
    const checks = [
      { ...checkOf('one', () => Promise.reject(new Unable('It is missing'))), refuses: true },
      { ...checkOf('two', () => Promise.reject(new Error('It does not answer'))), refuses: true },
      checkOf('three', () => Promise.reject(new Unable('It is away for a while'))),
      { ...checkOf('four', () => Promise.resolve()), refuses: true },
    ];
    expect(await findUnable(checks)).toEqual(['It is missing. Mend it']);
  });
});

describe('a process that starts', () => {
  function begin(checks: readonly Check[]) {
    const lifecycle = newLifecycle();
    lifecycle.ready();
    const [printed, logged]: [string[], string[]] = [[], []];
    const note =
      (level: string) =>
      (message: unknown, fields?: unknown): void => {
        logged.push(`${level} ${String(message)} ${JSON.stringify(fields)}`);
      };
    const silent = { warn: note('warn'), error: note('error'), info: note('info') } as unknown as Logger;
    const metrics = createMetrics('test');
    const announced = announce({
      ...{ health: createHealth({ checks, lifecycle }), checks, metrics, logger: silent },
      ...{ where: { url: 'http://here' }, everyMs: 10, print: (line) => printed.push(line) },
    });
    return { printed, logged, metrics, stop: () => announced.stop() };
  }

  it('says that it is ready when it is, once, and names what is not well when that begins and when it is over', async () => {
    let isWell = true;
    const check = checkOf('thing', () =>
      isWell ? Promise.resolve() : Promise.reject(new Unable('It broke')),
    );
    const { printed, logged, metrics, stop } = begin([check]);
    await until('it is ready', () => printed.length > 0, 5000);
    expect(printed).toEqual(['{"ready":true,"url":"http://here"}']);
    isWell = false;
    await until('it is named', () => logged.length > 0, 5000);
    expect((await metrics.render()).text).toMatch(/sluice_check_ok\{check="thing",.*\} 0/);
    isWell = true;
    await until('it is over', () => logged.length > 1, 5000);
    expect(logged).toEqual([
      'error Not able: It broke {"check":"thing","mend":"Mend it"}',
      'info Able again {"check":"thing"}',
    ]);
    expect(printed).toHaveLength(1);
    stop();
  });

  it('says that it listens, and why it is not ready; ready it is later', async () => {
    let isWell = false;
    const thing = checkOf('thing', () => (isWell ? Promise.resolve() : Promise.reject(new NotKnown('No'))));
    const helpful = { ...checkOf('help', () => Promise.reject(new NotKnown('Away'))), helpful: true };
    const { printed, logged, stop } = begin([thing, helpful]);
    await until('it says something', () => printed.length > 0, 5000);
    expect(printed).toEqual(['{"listening":true,"url":"http://here"}']);
    expect(logged.map((line) => line.split(' {')[0])).toEqual(['error Not able: No', 'warn Not able: Away']);
    isWell = true;
    await until('it is ready', () => printed.length > 1, 5000);
    expect(printed[1]).toBe('{"ready":true,"url":"http://here"}');
    stop();
  });
});

describe('metrics', () => {
  it('are served with our names, each with its help', async () => {
    const { releases, hubspot } = await serve({});
    releases.releases.inc({ state: 'completed' });
    hubspot.request({
      portalId: 1,
      resource: 'completeCallbacks',
      kind: 'ok',
      status: 204,
      ms: 120,
    } as never);
    const { text } = await probe('/metrics');
    expect(text).toContain('sluice_releases_total{state="completed",service="test"} 1');
    expect(text).toMatch(/sluice_hubspot_requests_total\{.*outcome="ok".*\} 1/);
    const ours = text.match(/^# TYPE (sluice_\S+)/gm) ?? [];
    expect(ours.length).toBeGreaterThanOrEqual(12);
    for (const line of ours) expect(text).toContain(line.replace('TYPE', 'HELP').replace(/ \w+$/, ''));
    // A portal, lane or execution among the labels of a counter would make a series of each.
    expect(text).not.toContain('portalId');
  });

  it('are served while the database is away', async () => {
    await serve({});
    const { status, text } = await probe('/metrics');
    expect(status).toBe(200);
    expect(text).toContain('# HELP sluice_portals');
  });

  it('are where the answer to any other path says', async () => {
    await serve({});
    expect(await probe('/')).toMatchObject({ status: 404, text: expect.stringContaining('/metrics') });
  });
});
