import { afterAll, afterEach, beforeAll, beforeEach, expect } from '@jest/globals';
import { consumersToCall } from '../../../src/db/crm/deliveries.js';
import { writePage } from '../../../src/db/sync/pages.js';
import { createDataKeys } from '../../../src/db/secrets/dataKeys.js';
import type { Pool, Queryable } from '../../../src/db/pool.js';
import { forWorkspace } from '../../../src/db/tenant.js';
import { mirrored } from '../../../src/domain/crm/mirroredRecord.js';
import { createLogger } from '../../../src/platform/logger.js';
import { createOutboundCalls, type OutboundCalls } from '../../../src/platform/outbound/outboundCalls.js';
import { createSealing } from '../../../src/secrets/sealing.js';
import { deliverChanges, type DeliveryResult } from '../../../src/services/crm/deliverChanges.js';
import type { FeedPlaces } from '../../../src/services/crm/feedPlaces.js';
import { callsOf } from '../../../src/services/crm/callsOf.js';
import type { ChangeHandler } from '../../../src/sdk/client/changeHandler.js';
import { startFeedReceiver, type FeedReceiver } from '../../support/feedReceiver.js';
import { seedLane, WORKSPACE } from '../../support/throttle.js';
import { until } from '../../support/until.js';
import { startApi, type ApiHarness } from '../http/harness.js';

export const PORTAL = 7_310_001;
export const OTHER_PORTAL = 7_310_002;

export interface Asked<T> {
  readonly status: number;
  readonly body: T & { readonly detail?: string };
  readonly headers: Headers;
}

export interface Consumer {
  readonly position: string;
  readonly state: string;
  readonly deadLetters: number;
  readonly unreadSince: string | null;
  readonly behindSince: string | null;
  readonly missedAt: string | null;
  readonly failure: { readonly message: string; readonly inARow: number } | null;
  readonly secret?: string;
}

export interface Page {
  readonly items: readonly { recordId: string; objectType: string; initial: boolean; position: string }[];
  readonly next: string;
  readonly more: boolean;
  readonly expired: boolean;
  readonly restored: boolean;
}

interface Written {
  readonly portalId?: number;
  readonly objectType?: string;
  readonly initial?: boolean;
  readonly city?: string;
}

/** How a consumer is called, where it is not as usual. */
interface Delivering {
  readonly pool?: Pool;
  readonly outbound?: OutboundCalls;
  readonly turnMs?: number;
  readonly handlers?: readonly ChangeHandler[];
  readonly signal?: AbortSignal;
  readonly placesOf?: (places: FeedPlaces) => FeedPlaces;
}

const silent = createLogger({ LOG_LEVEL: 'silent', LOG_FORMAT: 'json' }, 'test');
const never = new AbortController().signal;
const calls = createOutboundCalls({ allowLocal: true, deadlineMs: 1000 });
export const ids = (changes: readonly { recordId: string }[]) => changes.map(({ recordId }) => recordId);

/** An API, a mirror of two portals without HubSpot, and a receiver of webhooks: for a file of tests. */
export function useConsumers() {
  let harness: ApiHarness;
  let receiver: FeedReceiver;
  let key: string;
  beforeAll(async () => {
    harness = await startApi();
    for (const portalId of [PORTAL, OTHER_PORTAL])
      await seedLane(harness.database.admin, { portalId, limit: 1, intervalMs: 1000 });
    key = await harness.key();
  });
  afterAll(() => harness.close());
  beforeEach(async () => {
    receiver = await startFeedReceiver();
    for (const table of ['crm_consumers', 'sync_states', 'crm_records', 'crm_changes'])
      await harness.database.admin.query(`DELETE FROM ${table}`);
    for (const portalId of [PORTAL, OTHER_PORTAL])
      for (const type of ['contacts', 'companies'])
        await harness.database.admin.query(
          'INSERT INTO sync_states (workspace_id, portal_id, object_type, fence) VALUES ($1, $2, $3, 1)',
          [WORKSPACE, portalId, type],
        );
  });
  afterEach(() => receiver.close());

  async function ask<T = Record<string, unknown>>(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Asked<T>> {
    const response = await fetch(`${harness.url}${path}`, {
      method,
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return {
      status: response.status,
      body: (text === '' ? {} : JSON.parse(text)) as T & { detail?: string },
      headers: response.headers,
    };
  }

  const make = (name: string, settings: object = {}) =>
    ask<Consumer>('PUT', `/api/consumers/${name}`, settings);
  const webhook = (name: string, settings: object = {}) =>
    make(name, { sink: 'webhook', url: receiver.url, ...settings });
  const shown = async (name: string) => (await ask<Consumer>('GET', `/api/consumers/${name}`)).body;
  const act = (name: string, body: object) => ask<Consumer>('POST', `/api/consumers/${name}`, body);
  const page = async (query: string) => (await ask<Page>('GET', `/api/changes?${query}`)).body;

  let minute = 0;
  /** In a transaction of its own, unless `db` is one. */
  async function put(
    ids: readonly (number | string)[],
    more: Written = {},
    db: Queryable = forWorkspace(harness.database.pool, WORKSPACE),
  ) {
    const { portalId = PORTAL, objectType = 'contacts', initial = false } = more;
    minute += 1;
    const at = new Date(Date.UTC(2026, 0, 1, 0, minute)).toISOString();
    const city = more.city ?? `v${minute}`;
    const reader = { workspaceId: WORKSPACE, portalId, objectType, epoch: 0, fence: 1 };
    const written = await writePage(db, reader, {
      records: ids.map((id) =>
        mirrored({ id: String(id), properties: { city }, createdAt: at, modifiedAt: at }),
      ),
      readAt: new Date(),
      ...{ source: 'test', initial, cursor: { version: 1, kind: 'follow', from: 0 } },
    });
    // Each has another value than before: all of them stand in the feed.
    expect((written?.created ?? 0) + (written?.updated ?? 0)).toBe(ids.length);
  }
  async function write(ids: readonly (number | string)[], more: Written = {}) {
    await put(ids, more);
    await allShown();
  }
  /** The feed shows what is below all transactions of the server, those of other tests too. */
  const allShown = () =>
    until(
      'the feed shows every change',
      async () => {
        const { rows } = await harness.database.admin.query<{ hidden: boolean }>(
          'SELECT EXISTS (SELECT FROM crm_changes WHERE transaction_id >= pg_snapshot_xmin(pg_current_snapshot())) AS hidden',
        );
        return !rows[0]!.hidden;
      },
      20_000,
      5,
    );

  async function idOf(name: string): Promise<string> {
    const { rows } = await harness.database.admin.query<{ id: string }>(
      'SELECT id FROM crm_consumers WHERE name = $1',
      [name],
    );
    return rows[0]!.id;
  }
  /** As the activity does it that the sweep starts. */
  async function deliver(
    name: string,
    { outbound = calls, turnMs = 20_000, handlers: all = [], signal = never, ...how }: Delivering = {},
  ): Promise<DeliveryResult> {
    const { pool } = { pool: harness.database.pool, ...how };
    const sealing = createSealing(harness.config.ENCRYPTION_KEYS, createDataKeys(harness.database.pool));
    const handlers = new Map(all.map((one) => [one.consumer, one]));
    const deps = { pool, sealing, outbound, handlers, logger: silent };
    return deliverChanges(
      {
        pool,
        callsOf: (claim, places, until) => callsOf(deps, claim, how.placesOf?.(places) ?? places, until),
      },
      { workspaceId: WORKSPACE, consumerId: await idOf(name) },
      {
        signal,
        untilMs: performance.now() + turnMs,
        onProgress: () => undefined,
      },
    );
  }
  const retryNow = () => harness.database.admin.query('UPDATE crm_consumers SET try_at = clock_timestamp()');
  const look = async () => {
    await harness.database.admin.query('UPDATE crm_consumers SET look_at = clock_timestamp()');
    return consumersToCall(harness.database.pool, { most: 100, againMs: 5000, keepDays: 7 });
  };

  return {
    ...{ ask, make, webhook, shown, act, page, put, write, allShown, idOf, deliver, retryNow, look },
    get harness() {
      return harness;
    },
    get key() {
      return key;
    },
    get receiver() {
      return receiver;
    },
  };
}
