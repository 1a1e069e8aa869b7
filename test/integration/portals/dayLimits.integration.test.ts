import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createDayLimitSweep } from '../../../src/activities/portals/dayLimitSweep.js';
import { createLogger } from '../../../src/platform/logger.js';
import { createMetrics, type Metrics } from '../../../src/platform/metrics.js';
import { watchPortals } from '../../../src/api/portals/watchPortals.js';
import { definitionsOf } from '../../../src/services/definitions/loadDefinitions.js';
import { openCore } from '../../../src/worker/core.js';
import { PORTAL, startInstalls, type Installs } from './harness.js';

/* What HubSpot lets a private app's account have in a day, read from the sandbox through the real gateway. */

const [OTHER, BY_OAUTH] = [777, 778];
const logger = createLogger({ LOG_LEVEL: 'silent', LOG_FORMAT: 'json' }, 'test');

let hub: Installs;
let sweep: () => Promise<number>;
let ends: (() => unknown)[];
beforeEach(async () => {
  hub = await startInstalls();
  ends = [];
  const core = openCore(
    {
      ...{ config: hub.api.config, logger, metrics: createMetrics('test'), owner: 'test' },
      ...{ definitions: definitionsOf(), actionSecrets: new Map() },
    },
    { onStop: (_, stop) => void ends.push(stop) },
  );
  const read = createDayLimitSweep({ pool: hub.api.database.admin, gateway: core.gateway });
  sweep = () => read(new AbortController().signal);
  for (const portalId of [PORTAL, OTHER, BY_OAUTH]) {
    await hub.control('POST', '/portals', { portalId });
    const token = await hub.control<{ accessToken: string }>('POST', `/portals/${portalId}/install`, {
      lifetimeSeconds: null,
    });
    await hub.api.api.must('POST', '/api/portals', { portalId, accessToken: token.accessToken });
  }
  await hub.rows(`UPDATE portals SET auth = 'oauth' WHERE portal_id = $1`, [BY_OAUTH]);
});
afterEach(async () => {
  for (const end of ends.reverse()) await end();
  await hub.close();
});

const due = () => hub.rows('UPDATE portals SET day_due_at = now()');
const dayLimit = async (portalId: number) =>
  (await hub.api.api.must<{ dayLimit: unknown }>('GET', `/api/portals/${portalId}/budget`)).dayLimit;
const faults = (portalId: number, fault: Record<string, unknown>) =>
  hub.control('POST', '/faults', { portalId, target: 'account', ...fault });

describe("HubSpot's limit for the day", () => {
  it('is read five minutes after a portal came, then once an hour, of private apps alone', async () => {
    expect(await sweep()).toBe(0);
    expect(await dayLimit(PORTAL)).toBeNull();
    await due();
    expect(await sweep()).toBe(2);
    expect(await sweep()).toBe(0);
    expect(await dayLimit(PORTAL)).toMatchObject({
      ...{ limit: 625_000, used: expect.any(Number), share: expect.any(Number) },
      ...{ endsAt: expect.stringMatching(/^2/), readAt: expect.stringMatching(/^2/) },
    });
    expect(await dayLimit(BY_OAUTH)).toBeNull();
    const [next] = await hub.rows(
      `SELECT round(extract(epoch FROM day_due_at - now()) / 60)::int AS minutes FROM portals WHERE portal_id = $1`,
      [PORTAL],
    );
    expect(next).toEqual({ minutes: 60 });
  });

  it('is shown until the day it was read of has ended', async () => {
    await due();
    await sweep();
    await hub.rows(`UPDATE portals SET day_ends_at = now() - interval '1 second'`);
    expect(await dayLimit(PORTAL)).toBeNull();
    expect(await shares()).toEqual([]);
  });

  it('of one portal that cannot be read holds up no other, and is asked for again: in an hour, or a day if it is refused', async () => {
    await due();
    await faults(PORTAL, { kind: 'status', status: 500, count: 1 });
    expect(await sweep()).toBe(1);
    expect([await dayLimit(PORTAL), await dayLimit(OTHER)]).toEqual([null, expect.anything()]);
    await due();
    await faults(PORTAL, { kind: 'status', status: 404, count: 1 });
    expect(await sweep()).toBe(1);
    const [next] = await hub.rows(
      `SELECT round(extract(epoch FROM day_due_at - now()) / 3600)::int AS hours FROM portals WHERE portal_id = $1`,
      [PORTAL],
    );
    expect(next).toEqual({ hours: 24 });
  });

  it('is a metric of those with the largest share', async () => {
    await due();
    await sweep();
    await hub.rows('UPDATE portals SET day_limit = 100, day_used = 81 WHERE portal_id = $1', [OTHER]);
    expect((await shares())[0]).toEqual([String(OTHER), 0.81]);
  });
});

async function shares(): Promise<[string, number][]> {
  const metrics: Metrics = createMetrics('test');
  watchPortals(metrics, hub.api.database.pool);
  const { text } = await metrics.render();
  return [...text.matchAll(/^sluice_day_limit_used_share\{portal="(\d+)".*\} (\S+)$/gm)].map(
    ([, portal = '', share]) => [portal, Number(share)],
  );
}
