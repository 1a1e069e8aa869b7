import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readChanges } from '../../../src/db/crm/changes.js';
import type { Pool } from '../../../src/db/pool.js';
import { startSync } from '../../../src/db/sync/changeSync.js';
import type { SyncedObject } from '../../../src/db/sync/reader.js';
import { forWorkspace } from '../../../src/db/tenant.js';
import type { Properties } from '../../../src/domain/crm/mirroredRecord.js';
import type { PassName } from '../../../src/domain/sync/passes.js';
import type { GatewayRequest, Outcome } from '../../../src/hubspot/gateway/gateway.js';
import { RUN_PASS } from '../../../src/services/sync/passes/passes.js';
import { runSync } from '../../../src/services/sync/syncRun.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { replayFeed } from '../../support/replayFeed.js';
import { until } from '../../support/until.js';
import { startCrm, type CrmHarness } from '../sandbox/crmHarness.js';
import { PORTAL } from '../sandbox/harness.js';
import { crmGateway } from './crmGateway.js';

const RUNS = 12;
const MINUTE_MS = 60_000;

/** What happens in a portal while it is mirrored, how HubSpot behaves, and when processes die. */
const scenarios = fc.record({
  records: fc.integer({ min: 1, max: 350 }),
  seed: fc.nat(1_000_000),
  perPage: fc.integer({ min: 0, max: 15 }),
  weights: fc.record({
    edit: fc.constant(8),
    create: fc.integer({ min: 0, max: 3 }),
    archive: fc.integer({ min: 0, max: 2 }),
    restore: fc.integer({ min: 0, max: 1 }),
    merge: fc.integer({ min: 0, max: 2 }),
  }),
  misbehaviour: fc.record({
    shortPages: fc.boolean(),
    emptyPages: fc.boolean(),
    outside: fc.constantFrom('none', 'older', 'newer', 'both'),
    totals: fc.constantFrom('right', 'zero', 'low', 'high'),
  }),
  /** Edits at one moment, more than a page of a search holds. */
  ties: fc.constantFrom(0, 0, 320),
  indexLagMs: fc.constantFrom(0, 0, 400),
  /** By how much our clock goes otherwise than HubSpot's. */
  skewMs: fc.integer({ min: -20 * MINUTE_MS, max: 20 * MINUTE_MS }),
  /** After so many requests or statements of a run its process is gone; the next run is another's. */
  deaths: fc.array(
    fc.record({ of: fc.constantFrom('request', 'statement'), after: fc.integer({ min: 1, max: 25 }) }),
    {
      maxLength: 8,
    },
  ),
});
type Scenario = typeof scenarios extends fc.Arbitrary<infer S> ? S : never;
type Death = Scenario['deaths'][number];

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

class Died extends Error {}

/** A portal of the sandbox's, and a mirror of its contacts. */
class Mirroring {
  readonly object: SyncedObject = { workspaceId: randomUUID(), portalId: PORTAL, objectType: 'contacts' };
  private readonly gateway = crmGateway(() => this.crm);

  constructor(
    private readonly crm: CrmHarness,
    private readonly skewMs: number,
  ) {}

  async start(): Promise<void> {
    const { admin, pool } = database;
    await admin.query('TRUNCATE sync_states, sync_passes, portals');
    await admin.query('INSERT INTO workspaces (id, name) VALUES ($1, $2)', [this.object.workspaceId, 'w']);
    await admin.query('INSERT INTO portals (portal_id, workspace_id) VALUES ($1, $2)', [
      PORTAL,
      this.object.workspaceId,
    ]);
    await startSync(forWorkspace(pool, this.object.workspaceId), this.object);
  }

  /** One run of the follow, or of a pass, by a process that may die. Whoever comes next finds the lease over. */
  async run(what: 'follow' | PassName, death?: Death): Promise<string> {
    const left = { request: Infinity, statement: Infinity, ...(death && { [death.of]: death.after }) };
    const spend = (one: Death['of']) => {
      left[one] -= 1;
      if (left[one] < 0) {
        // Nothing of a process that is gone reaches anybody any more.
        left.request = left.statement = 0;
        throw new Died();
      }
    };
    const unhandled: unknown[] = [];
    const deps = {
      pool: mortal(database.pool, () => spend('statement')),
      gateway: {
        request: async (request: GatewayRequest): Promise<Outcome> => {
          spend('request');
          return this.gateway.request(request);
        },
      },
      clock: { nowMs: () => Date.now() + this.skewMs },
    };
    const options = {
      ...{ object: this.object, signal: new AbortController().signal, untilMs: performance.now() + 10_000 },
      onUnhandled: (error: unknown) => unhandled.push(error),
    };
    try {
      const { ended } =
        what === 'follow'
          ? await runSync(deps, { ...options, onPage: () => undefined })
          : await RUN_PASS[what](deps, options);
      expect(unhandled.filter((error) => !(error instanceof Died))).toEqual([]);
      return ended;
    } catch (error) {
      if (!(error instanceof Died)) throw error;
      return 'died';
    } finally {
      await database.admin.query(
        'UPDATE sync_states SET lease_until = NULL; UPDATE sync_passes SET lease_until = NULL',
      );
    }
  }

  /** Until it has come to its end, however often it has to be run. */
  async through(what: 'follow' | PassName): Promise<void> {
    for (let n = 0; n < 30; n += 1) if ((await this.run(what)) === 'done') return;
    const { rows } = await database.admin.query('SELECT error_class, last_error, cursor FROM sync_states');
    throw new Error(`${what} comes to no end: ${JSON.stringify(rows)}`);
  }

  async rows(): Promise<[string, Properties][]> {
    const { rows } = await forWorkspace(database.pool, this.object.workspaceId).query<{
      id: string;
      properties: Properties;
    }>('SELECT id::text, properties FROM crm_records WHERE archived_at IS NULL ORDER BY crm_records.id');
    return rows.map(({ id, properties }) => [id, properties]);
  }

  async feed() {
    const { workspaceId } = this.object;
    const { rows } = await forWorkspace(database.pool, workspaceId).query<{ count: number }>(
      'SELECT count(*)::int AS count FROM crm_changes',
    );
    const after = { generation: 1, transaction: '0', change: '0' };
    const show = async () => {
      const { changes } = await readChanges(database.pool, workspaceId, { after, now: 1, limit: 100_000 });
      return changes.length === rows[0]?.count && changes;
    };
    return until('the feed shows every change', show, 20_000);
  }
}

/** A pool whose process may be gone before each statement. */
function mortal(pool: Pool, spend: () => void): Pool {
  return new Proxy(pool, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (name === 'query')
        return (...args: Parameters<Pool['query']>) => {
          spend();
          return target.query(...args);
        };
      if (name === 'connect')
        return async () => {
          spend();
          return target.connect();
        };
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}

async function play(scenario: Scenario): Promise<void> {
  const crm = await startCrm();
  try {
    const path = `/portals/${PORTAL}/crm`;
    const control = async (method: string, more: string, body?: unknown) => {
      const { status, body: answer } = await crm.control(method, path + more, body);
      if (status >= 300) throw new Error(`${more}: ${JSON.stringify(answer)}`);
    };
    await control('POST', '/contacts/generate', { count: scenario.records, seed: scenario.seed });
    await control('PUT', '/contacts/misbehaviour', scenario.misbehaviour);
    await crm.settings({ searchIndexLagMs: scenario.indexLagMs });
    if (scenario.perPage > 0)
      await control('POST', '/mutator', {
        ...{ seed: scenario.seed, perPage: scenario.perPage, weights: scenario.weights, count: 150 },
      });
    const mirroring = new Mirroring(crm, scenario.skewMs);
    await mirroring.start();
    for (const [n, death] of scenario.deaths.entries())
      await mirroring.run(n % 3 === 2 ? 'archived' : 'follow', death);
    if (scenario.ties > 0)
      await control('POST', '/contacts/bulk-edit', {
        count: scenario.ties,
        properties: { lastname: 'Tied' },
      });
    await mirroring.run('follow');
    await control('DELETE', '/mutator');

    // HubSpot tells its time in whole seconds, and its index comes to rest.
    const rested = Math.floor((Date.now() + scenario.indexLagMs) / 1000);
    await until('that second is over', () => Math.floor(Date.now() / 1000) > rested, 5000);
    for (const what of ['follow', 'archived', 'archived', 'follow'] as const) await mirroring.through(what);

    const rows = await mirroring.rows();
    const lines = rows.map(([id, properties]) =>
      JSON.stringify({ portalId: PORTAL, objectType: 'contacts', id, properties }),
    );
    const { body } = await crm.control('POST', '/verify?types=contacts', lines.join('\n'));
    expect(body).toMatchObject({ missing: 0, ghosts: 0, stale: 0 });
    expect(replayFeed(await mirroring.feed())).toEqual(rows);
    const { rows: states } = await database.admin.query<{ live: string }>('SELECT live FROM sync_states');
    expect(states).toEqual([{ live: String(rows.length) }]);
  } finally {
    await crm.close();
  }
}

describe('a mirror', () => {
  test('comes to what HubSpot has, and its feed to the same, whatever changes meanwhile, however HubSpot pages, and whenever processes die', async () => {
    // A failure names its seed, and the scenario.
    await fc.assert(fc.asyncProperty(scenarios, play), { numRuns: RUNS, endOnFailure: true });
  }, 300_000);
});
