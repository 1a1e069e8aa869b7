import { afterEach, describe, expect, it } from '@jest/globals';
import { createHealth, type HealthCheck } from '../../../src/platform/health.js';
import { createLifecycle, type Lifecycle } from '../../../src/platform/lifecycle.js';
import { createLogger } from '../../../src/platform/logger.js';
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

async function serve(checks: Record<string, HealthCheck>) {
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
      temporal: () => Promise.reject(new Error('Temporal does not answer: check TEMPORAL_ADDRESS')),
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
