import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { audit } from '../../../src/db/audit/audit.js';
import { enqueueEvents } from '../../../src/db/outbox/enqueue.js';
import { intakeExecutions, recordRejected } from '../../../src/db/throttle/intake.js';
import { takePack } from '../../../src/db/throttle/packs.js';
import { newEvent } from '../../support/outboxEvents.js';
import type { Route } from '../../support/routes.js';
import { callsFor, LIMITS, seedLane, WORKSPACE } from '../../support/throttle.js';
import { OTHER_WORKSPACE, startApi, type ApiHarness } from '../http/harness.js';
import { end } from '../http/seed.js';

/*
 * Every route of the API, asked by one tenant for what belongs to another. Routes are read from the application
 * itself: a new one is driven without being named here, and the last test fails until it is shown how the owner would
 * reach it.
 */

/**
 * Not behind a key: for HubSpot, for whoever looks after the processes, and for a browser that installs, which brings
 * a secret of its own (test/integration/installs). What they tell does not depend on a tenant's key.
 */
const OPEN = [
  'POST /api/hubspot/action',
  'POST /api/hubspot/actions/:name',
  'POST /api/hubspot/actions/:name/options/:field',
  'POST /api/hubspot/action/options/:field',
  'POST /api/integrations/hubspot/webhooks',
  'GET /healthz',
  'GET /readyz',
  'GET /api/integrations/hubspot/start/:token',
  'POST /api/integrations/hubspot/start/:token',
  'GET /api/integrations/hubspot/callback',
  'GET /api/integrations/hubspot/claim/:code',
  // What the API says of itself.
  'GET /docs/guide/*name',
  'GET /docs/assets/:name',
  // Behind a key, for whoever was shown the code: it names no tenant (test/integration/portals/begunAtHubSpot).
  'POST /api/integrations/hubspot/claims',
];

/** A portal can be in one place only: taking one tells that somebody has it, in words that say no more. */
const CLAIMS = ['POST /api/portals'];

/** Each answer holds a token that was made for it: two are never alike. */
const MINTS = ['GET /api/integrations/hubspot/auth'];

/** What the asker itself did, other with the owner's names than with nobody's. */
const TRAILS = ['GET /api/audit'];

/**
 * What they answer repeats what was asked for before: who names a portal of another in an event reads its number in
 * the event's reason, and who gives a consumer or a declared property of its own the name that another's has lists it.
 */
const ECHOES = [
  'GET /api/attention',
  'GET /api/audit',
  'GET /api/consumers',
  'GET /api/events',
  'GET /api/events/:id',
  'GET /api/objects/:objectType/declared',
  'GET /api/outbox/dead-letters',
  'GET /api/outbox/mappings',
  'GET /api/outbox/redrives',
  'GET /api/outbox/redrives/:id',
];

/** Lists whose cursor is a name: between the owner's and nobody's stands what the asker itself called by them. */
const BY_NAME = ['GET /api/consumers'];

interface Plan {
  /** Of a path with many: those that need not be tried with each kind of name. */
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** With what the owner reaches a route that needs more than its path; `$portal` … stand for the owner's. */
const PLANS: Readonly<Record<string, Plan>> = {
  'POST /api/portals': { body: { portalId: '$portal', accessToken: '$token' } },
  'POST /api/config': {
    body: { portal_id: '$portal', action_id: '$action', max_throughput: 3, time: 1, period: 'hours' },
  },
  'PATCH /api/lanes/:id': { body: { spread: true, rate: { limit: 3, intervalMs: 1000 } } },
  'POST /api/lanes/:id/drain': { body: { as: 'cancelled' } },
  'POST /api/keys': { body: { name: 'one more', scopes: ['throttle:read'] } },
  'POST /api/keys/:id/rotate': { body: {} },
  'POST /api/events': {
    body: {
      type: 'nova_earned',
      payload: { driverId: 'd', email: 'd@example.com', amount: 1 },
      portalId: '$portal',
    },
  },
  'POST /api/outbox/redrives': { body: { filter: { ids: ['$dead'] } } },
  'POST /api/outbox/replays': { body: { filter: { since: '2020-01-01T00:00:00Z', portalId: '$portal' } } },
  'POST /api/outbox/discards': { body: { filter: { ids: ['$dead'] }, reason: 'not wanted' } },
  'PUT /api/outbox/mappings/:name': {
    body: { effects: [{ kind: 'upsertContact', by: { property: 'email', value: '/email' } }] },
  },
  'POST /api/outbox/mappings/:name/preview': { body: { data: { email: 'd@example.com' } } },
  'POST /api/outbox/portals/:portalId/pause': { body: {} },
  'PATCH /api/portals/:portalId/settings': { body: { values: { former: null } } },
  'PUT /api/consumers/:name': { body: { objectTypes: ['contacts'] } },
  'POST /api/consumers/:name': { body: { action: 'pause' } },
  'POST /api/consumers/:name/acknowledge': { body: { position: '000000000000.0.0' } },
  'POST /api/consumers/:name/dead-letters': { body: { action: 'redrive' } },
  'PUT /api/sync-schedules/:portalId': { body: { intervalMs: 3_600_000 } },
  'POST /api/sync/:portalId/:objectType': { body: { action: 'pause' } },
  'POST /api/erasures': {
    body: { portalId: '$portal', objectType: '$objectType', recordId: '$recordId' },
  },
  'GET /api/stored/:objectType/:recordId': { query: { portalId: '$portal' } },
  'POST /api/integrations/hubspot/sync/contacts': { body: { portalId: '$portal' } },
  'GET /api/integrations/hubspot/sync/status': { query: { portalId: '$portal' } },
  'PUT /api/sync/:portalId/:objectType/selection': { body: { mode: 'include', names: ['email'] } },
  'POST /api/integrations/hubspot/webhooks/verify': {
    body: { method: 'POST', url: 'https://sluice.example.com/x', headers: {}, body: '[]' },
  },
  'POST /api/webhooks/replay': {
    body: { from: '2026-01-01T00:00:00.000Z', to: '2027-01-01T00:00:00.000Z' },
  },
  'GET /api/owners': { query: { portalId: '$portal' } },
  'GET /api/pipelines/:objectType': { query: { portalId: '$portal' } },
  'GET /objects/local': { query: { portalId: '$portal', objectType: '$objectType' } },
  'GET /objects/local-cursor': { query: { portalId: '$portal', objectType: '$objectType' } },
  'GET /api/objects/:objectType/export': { query: { portalId: '$portal' } },
  'GET /api/objects/:objectType/declared': { query: { portalId: '$portal' } },
  'PUT /api/objects/:objectType/declared/:property': {
    query: { portalId: '$portal' },
    body: { kind: 'date' },
  },
  'DELETE /api/objects/:objectType/declared/:property': { query: { portalId: '$portal' } },
  'POST /api/objects/:objectType': {
    query: { portalId: '$portal' },
    body: { idProperty: 'email', properties: { email: 'd@example.com' } },
  },
  'POST /api/objects/:objectType/batch/upsert': {
    query: { portalId: '$portal' },
    body: { records: [{ id: '$recordId', properties: { firstname: 'd' } }] },
  },
  'DELETE /api/objects/:objectType/:recordId': { query: { portalId: '$portal' } },
  'PUT /api/objects/:objectType/:recordId/associations/:toType/:toId': {
    params: { toType: '$objectType', toId: '$recordId' },
    query: { portalId: '$portal' },
    body: {},
  },
  'DELETE /api/objects/:objectType/:recordId/associations/:toType/:toId': {
    params: { toType: '$objectType', toId: '$recordId' },
    query: { portalId: '$portal' },
  },
  'GET /crm/objects': { query: { portalId: '$portal' } },
  'PATCH /api/objects/:objectType/:recordId': {
    query: { portalId: '$portal' },
    body: { properties: { firstname: 'd' } },
  },
  'GET /api/objects/:objectType': { query: { portalId: '$portal' } },
  'GET /api/objects/:objectType/:recordId': { query: { portalId: '$portal' } },
  'PUT /api/outbox/types/:type': { body: { mode: 'shadow' } },
  'PATCH /api/workspace': { body: { name: 'renamed' } },
  'POST /api/integrations/hubspot/links': { body: {} },
  'POST /api/integrations/hubspot/disconnect': { body: { portalId: '$portal' } },
  'POST /crm/register': { body: { portalId: '$portal', contact: { email: 'd@example.com' } } },
  'GET /api/search': { query: { q: '$portal' } },
  'GET /api/integrations/hubspot/config': { query: { portalId: '$portal' } },
  'PUT /api/integrations/hubspot/config': { query: { portalId: '$portal' }, body: { sync: false } },
};
const planOf = ({ method, path }: Route): Plan => PLANS[`${method} ${path}`] ?? {};

/** What a request may name, by kind: of the tenant that owns it, of nobody, and of the one that asks. */
interface Named {
  readonly owner: string;
  readonly nobody: string;
  readonly own: string;
}
type Names = Readonly<Record<string, Named>>;

let harness: ApiHarness;
let own: Readonly<Record<string, string>>;
let names: Names;
let canaries: string[];
let ownerKey: string;
let otherKey: string;

beforeAll(async () => {
  harness = await startApi({}, { API_REQUESTS_PER_MINUTE: '1000000' });
  otherKey = await harness.key({ workspaceId: OTHER_WORKSPACE });
  own = await seed(OTHER_WORKSPACE, 7_600_001);
  // From here on ids are such that none can stand in an answer by chance.
  for (const [n, sequence] of [
    'lanes',
    'executions',
    'packs',
    'lane_grants',
    'notices',
    'registrations',
    'action_runs',
  ].entries())
    await harness.database.admin.query(
      `ALTER SEQUENCE ${sequence}_id_seq RESTART WITH ${8_100_000_001 + n * 100_000_000}`,
    );
  await harness.database.admin.query('ALTER SEQUENCE outbox_event_ids RESTART WITH 8700000001');
  ownerKey = await harness.key();
  const owner = await seed(WORKSPACE, 8_500_001);
  // What the asker captures lies above nobody's id, else `after=` would be a page between the two.
  await harness.database.admin.query('ALTER SEQUENCE outbox_event_ids RESTART WITH 8700200001');
  names = namesOf(owner);
  // The names of passes are the same for everybody.
  const { pass: _, ...particular } = owner;
  canaries = [...Object.values(particular), WORKSPACE, 'canary', 'ap-8500001-'];
}, 60_000);
afterAll(() => harness.close());

function namesOf(owner: Readonly<Record<string, string>>): Names {
  return Object.fromEntries(
    Object.entries(owner).map(([kind, id]) => [kind, { owner: id, own: own[kind]!, nobody: nobody(id) }]),
  );
}

/** One of everything. Returns the ids. */
async function seed(workspaceId: string, portalId: number): Promise<Record<string, string>> {
  const mark = workspaceId === WORKSPACE ? 'canary' : 'plain';
  const { pool, admin } = harness.database;
  const laneId = await seedLane(admin, { workspaceId, portalId, limit: 2, intervalMs: 3_600_000 });
  await admin.query(`UPDATE portals SET name = $2, state_reason = $2 WHERE portal_id = $1`, [portalId, mark]);
  await admin.query(`UPDATE lanes SET queue = $2, pause_reason = $2 WHERE id = $1`, [laneId, mark]);
  const calls = callsFor(laneId, 4, portalId).map((call) => ({ ...call, workspaceId, objectId: mark }));
  const answers = await intakeExecutions(pool, calls, LIMITS);
  await takePack(pool, { workspaceId, laneId }, 1);
  const ended = workspaceId === WORKSPACE ? await end(pool, laneId, 'failed', 1) : [];
  const body = Buffer.from(mark);
  await recordRejected(pool, workspaceId, {
    portalId,
    callbackId: `ap-${portalId}-0-1-0`,
    bodyHash: body,
    body,
    reason: mark,
  });
  const rejected = await admin.query<{ id: string }>(
    `SELECT id FROM execution_history WHERE portal_id = $1 AND state = 'rejected'`,
    [portalId],
  );
  const action = `act-${portalId}`;
  await admin.query(
    `INSERT INTO action_rates (workspace_id, portal_id, action_id, max_throughput, time, period, interval_ms) VALUES ($1, $2, $3, 5, 1, 'hours', 3600000)`,
    [workspaceId, portalId, action],
  );
  await audit(pool, {
    workspaceId,
    actor: `key:${mark}`,
    operation: 'lane.drain',
    portalId,
    subject: { laneId },
    result: 'ok',
  });
  // Not the key that asks: it would be revoked.
  await harness.key({ workspaceId });
  const key = await admin.query<{ id: string }>(
    'SELECT id FROM api_keys WHERE workspace_id = $1 ORDER BY created_at DESC LIMIT 1',
    [workspaceId],
  );
  const notice = await admin.query<{ id: string }>(
    `INSERT INTO notices (workspace_id, kind, portal_id, detail) VALUES ($1, $2, $3, jsonb_build_object('mark', $2::text)) RETURNING id`,
    [workspaceId, mark, portalId],
  );
  const mapping = `map_${portalId}`;
  const effect = { kind: 'upsertContact', by: { property: 'email', value: '/email' } };
  const document = { name: mapping, description: mark, effects: [effect] };
  await admin.query('INSERT INTO outbox_mappings (workspace_id, type, mapping) VALUES ($1, $2, $3::jsonb)', [
    workspaceId,
    mapping,
    JSON.stringify(document),
  ]);
  const place = { workspaceId, portalId };
  const payload = JSON.stringify({ driverId: mark, email: `${mark}@example.com`, amount: 1 });
  const [event, dead] = await enqueueEvents(pool, [
    newEvent(place, 1, { payload, orderingKey: mark }),
    newEvent(place, 2, { payload, orderingKey: mark, invalid: mark }),
  ]);
  const redrive = await admin.query<{ id: string }>(
    `INSERT INTO outbox_redrives (workspace_id, kind, filter, per_second, state, total, requested_by)
     VALUES ($1, 'dead_letters', jsonb_build_object('type', $2::text), 1, 'running', 1, $2) RETURNING id`,
    [workspaceId, mark],
  );
  const objectType = `2-${portalId}`;
  const record = `${portalId}1`;
  await admin.query(
    'INSERT INTO sync_states (workspace_id, portal_id, object_type, pause_reason) VALUES ($1, $2, $3, $4)',
    [workspaceId, portalId, objectType, mark],
  );
  await admin.query(
    `INSERT INTO crm_owners (workspace_id, portal_id, id, first_name, archived, read_at) VALUES ($1, $2, 1, $3, false, now())`,
    [workspaceId, portalId, mark],
  );
  await admin.query(
    `INSERT INTO crm_pipelines (workspace_id, portal_id, object_type, id, label, display_order, archived, read_at)
     VALUES ($1, $2, $3, 'default', $4, 0, false, now())`,
    [workspaceId, portalId, objectType, mark],
  );
  await admin.query(
    `INSERT INTO crm_property_defs (workspace_id, portal_id, object_type, name, version, label, type, field_type, options, calculated,
                                    data_sensitivity, archived, hash, first_seen_at)
     VALUES ($1, $2, $3, 'firstname', 1, $4, 'string', 'text', '[]', false, 'non_sensitive', false, 'x', now())`,
    [workspaceId, portalId, objectType, mark],
  );
  await admin.query(
    `INSERT INTO crm_records (workspace_id, portal_id, object_type, id, properties, hash, created_at, modified_at, read_at, source)
     VALUES ($1, $2, $5, $3, jsonb_build_object('firstname', $4::text), 'x', now(), now(), now(), 'test')`,
    [workspaceId, portalId, record, mark, objectType],
  );
  await admin.query(
    'INSERT INTO sync_schedules (workspace_id, portal_id, interval_ms, failure) VALUES ($1, $2, 60000, $3)',
    [workspaceId, portalId, mark],
  );
  await admin.query(
    `INSERT INTO sync_passes (workspace_id, portal_id, object_type, pass, last_error) VALUES ($1, $2, $3, 'settled', $4)`,
    [workspaceId, portalId, objectType, mark],
  );
  const property = `p_${portalId}`;
  await admin.query(
    `INSERT INTO crm_declared_properties (workspace_id, portal_id, object_type, property, kind, filled_at, due_at) VALUES ($1, $2, $3, $4, 'text', now(), NULL)`,
    [workspaceId, portalId, objectType, property],
  );
  await admin.query(
    `INSERT INTO crm_values (workspace_id, portal_id, object_type, property, record_id, value, is_number) VALUES ($1, $2, $3, $4, $5, $6, false)`,
    [workspaceId, portalId, objectType, property, record, mark],
  );
  await admin.query(
    `INSERT INTO crm_sql_views (workspace_id, portal_id, object_type, name, columns, left_out) VALUES ($1, $2, $3, $4, 1, 0)`,
    [workspaceId, portalId, objectType, mark],
  );
  const consumer = `c_${portalId}`;
  await admin.query(
    `WITH consumer AS (
       INSERT INTO crm_consumers (workspace_id, name, sink, generation, transaction_id, change_id, pause_reason)
       VALUES ($1, $2, 'pull', 1, '0', 0, $3) RETURNING id)
     INSERT INTO crm_dead_changes (workspace_id, consumer_id, generation, transaction_id, change_id, portal_id, object_type,
                                   record_id, status, recorded_at)
     SELECT $1, id, 1, '1', 1, $4, $5, $6, 422, now() FROM consumer`,
    [workspaceId, consumer, mark, portalId, objectType, record],
  );
  const registration = await admin.query<{ id: string }>(
    `INSERT INTO registrations (workspace_id, installation, portal_id, request_hash, body_hash, state, given, notes)
     VALUES ($1, 'x', $2, sha256($3::bytea), 'x', 'failed', '{}', json_build_array(json_build_object('path', $3::text, 'message', ''))::text)
     RETURNING id`,
    [workspaceId, portalId, `${mark}${portalId}`],
  );
  await admin.query(
    `INSERT INTO registration_steps (workspace_id, registration_id, n, step, state, record_ids) VALUES ($1, $2, 1, 'contact', 'failed', ARRAY[$3::bigint])`,
    [workspaceId, registration.rows[0]!.id, record],
  );
  const run = await admin.query<{ id: string }>(
    `INSERT INTO action_runs (workspace_id, call_hash, body_hash, portal_id, callback_id, action, version, source, object_id, state,
                              error_code, reason, sealed_input, received_at, give_up_at, expires_at, due_at)
     SELECT $1, sha256(($3::text || state)::bytea), 'x', $2, $3 || state, $3, 1, 'WORKFLOWS', $3, state, $3, $3, 'v2.', now(), now(), now(), now()
       FROM unnest(ARRAY['failed', 'waiting']) state RETURNING id`,
    [workspaceId, portalId, `${mark}${portalId}`],
  );
  return {
    consumer,
    mapping,
    property,
    pass: 'settled',
    objectType,
    recordId: record,
    type: `generic:${mapping}`,
    event: event!.eventId,
    dead: dead!.eventId,
    redrive: redrive.rows[0]!.id,
    portal: String(portalId),
    token: `a-token-of-some-length-${portalId}`,
    lane: laneId,
    waiting: answers[3]!.executionId,
    ended: ended[0] ?? answers[0]!.executionId,
    rejected: rejected.rows[0]!.id,
    action,
    key: key.rows[0]!.id,
    notice: notice.rows[0]!.id,
    registration: registration.rows[0]!.id,
    failedRun: run.rows[0]!.id,
    waitingRun: run.rows[1]!.id,
  };
}

/** The same form, and nobody's. */
function nobody(id: string): string {
  return id.includes('-') && !/^(a|2-)/.test(id)
    ? id.replaceAll(/[0-9a-f](?=[^-]*$)/g, 'f')
    : id.replace(/\d{5}$/, '99999');
}

interface Asked {
  readonly route: Route;
  /** Placeholders: `$kind` for what is the owner's or nobody's, `=kind` for what is the asker's own. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
  readonly body: unknown;
}

const fill = (value: unknown, whose: 'owner' | 'nobody'): unknown => {
  if (typeof value === 'string') {
    const [, sign, kind = ''] = /^([$=])(\w+)$/.exec(value) ?? [];
    if (sign === undefined) return value;
    const id = names[kind]![sign === '=' ? 'own' : whose];
    return kind === 'portal' ? Number(id) : id;
  }
  if (Array.isArray(value)) return value.map((one) => fill(one, whose));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, fill(one, whose)]));
};

async function ask(key: string, { route, params, query, body }: Asked, whose: 'owner' | 'nobody') {
  const path = route.path.replaceAll(/:(\w+)/g, (_, name: string) =>
    encodeURIComponent(String(fill(params[name] ?? '', whose))),
  );
  const search = new URLSearchParams(
    Object.fromEntries(Object.entries(query).map(([name, value]) => [name, String(fill(value, whose))])),
  );
  const sent = route.method === 'GET' || body === undefined ? undefined : JSON.stringify(fill(body, whose));
  const url = `${harness.url}${path}${search.size > 0 ? `?${search.toString()}` : ''}`;
  const response = await fetch(url, {
    method: route.method,
    redirect: 'manual',
    headers: {
      authorization: `Bearer ${key}`,
      ...(sent !== undefined && { 'content-type': 'application/json' }),
    },
    ...(sent !== undefined && { body: sent }),
  });
  const text = await response.text();
  const headers = [...response.headers].filter(([name]) => !/^(date|ratelimit.*|x-request-id)$/.test(name));
  return { status: response.status, headers, text, sent: url + (sent ?? '') };
}

const driven = () => harness.routes.filter(({ method, path }) => !OPEN.includes(`${method} ${path}`));

/** A request of any route; where it takes an id it gets one of any kind, its own too. */
function anyRequest(): fc.Arbitrary<Asked> {
  const kinds = Object.keys(names);
  const theirs = fc.constantFrom(...kinds.map((kind) => `$${kind}`));
  const id = fc.oneof(
    { weight: 4, arbitrary: theirs },
    { weight: 1, arbitrary: fc.constantFrom(...kinds.map((kind) => `=${kind}`), '1', 'x') },
  );
  const fields = fc.dictionary(
    fc.constantFrom(
      'portalId',
      'portal_id',
      'laneId',
      'actor',
      'keyId',
      'after',
      'state',
      'limit',
      'payload',
      'operation',
      'q',
    ),
    fc.oneof(
      { weight: 3, arbitrary: id },
      { weight: 1, arbitrary: fc.constantFrom('failed', 'rejected', 'waiting', '5', 'true') },
    ),
    { maxKeys: 2 },
  );
  return fc.constantFrom(...driven()).chain((route) => {
    const params = [...route.path.matchAll(/:(\w+)/g)].map(([, name = '']) => name);
    return fc.record({
      route: fc.constant(route),
      params: fc.record(Object.fromEntries(params.map((name) => [name, id]))),
      query: fc.oneof(fc.constant(planOf(route).query ?? {}), fields),
      body: fc.oneof(
        { weight: 3, arbitrary: fc.constant(planOf(route).body) },
        { weight: 1, arbitrary: fields },
      ),
    });
  });
}

/** Everything that belongs to the owner, in all tables. */
async function belongings(): Promise<unknown[]> {
  const { rows: tables } = await harness.database.admin.query<{ name: string }>(
    `SELECT c.relname AS name FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'workspace_id'
      WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition ORDER BY 1`,
  );
  const { rows } = await harness.database.admin.query(
    tables
      .map(
        ({ name }) =>
          `SELECT '${name}' AS name, count(*)::int, md5(string_agg(t::text, ',' ORDER BY t::text)) AS hash FROM ${name} t WHERE workspace_id = '${WORKSPACE}'`,
      )
      .join(' UNION ALL '),
  );
  return rows;
}

const namesOthers = ({ route, params, query, body }: Asked): boolean =>
  JSON.stringify([params, query, route.method === 'GET' ? null : body]).includes('$');

/**
 * Without times, without what a request may name (the asker can make a thing of its own of the same name), and without
 * the ids of events that the asker itself captured: it names the owner's portal in some and nobody's in others.
 */
const comparable = ({ status, headers, text }: Awaited<ReturnType<typeof ask>>) => ({
  status,
  headers,
  text: Object.values(names)
    .flatMap(({ owner, nobody }) => [owner, nobody])
    .reduce((masked, name) => masked.replaceAll(name, 'named'), text)
    .replaceAll(/87002\d{5}/g, 'captured')
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z|(?<=Ms":)[\d.]+/g, 'then'),
});

describe('a tenant that asks for what belongs to another', () => {
  it('is told on every route, byte for byte, what it would be told of what does not exist; nothing leaks and nothing changes', async () => {
    const before = await belongings();
    const reached = new Set<string>();
    let everSent = '';
    await fc.assert(
      fc.asyncProperty(anyRequest(), async (asked) => {
        const route = `${asked.route.method} ${asked.route.path}`;
        const masked = await ask(otherKey, asked, 'owner');
        const missing = CLAIMS.includes(route) ? undefined : await ask(otherKey, asked, 'nobody');
        for (const { text, headers, sent } of [masked, ...(missing ? [missing] : [])]) {
          const answer = text + JSON.stringify(headers);
          everSent += decodeURIComponent(sent);
          const known = ECHOES.includes(route) ? everSent : sent;
          expect(canaries.filter((canary) => answer.includes(canary) && !known.includes(canary))).toEqual([]);
        }
        if (!missing) expect([400, 409]).toContain(masked.status);
        // What succeeded and changed something was about its own, and is told another state the second time.
        else if (
          MINTS.includes(route) ||
          TRAILS.includes(route) ||
          (BY_NAME.includes(route) && 'after' in asked.query)
        )
          expect(masked.status).toBe(missing.status);
        else if (namesOthers(asked) && (masked.status >= 400 || asked.route.method === 'GET'))
          expect(comparable(masked)).toEqual(comparable(missing));
        expect(masked.status).toBeLessThan(500);
        reached.add(route);
      }),
      { numRuns: 1000 },
    );
    expect(harness.controlCalls.filter((line) => canaries.some((canary) => line.includes(canary)))).toEqual(
      [],
    );
    expect(await belongings()).toEqual(before);
    expect(reached.size).toBe(new Set(driven().map(({ method, path }) => `${method} ${path}`)).size);
  }, 120_000);

  it('asks in ways that reach it: on each route the owner gets what the other did not', async () => {
    const kinds = Object.keys(names);
    const unreached: string[] = [];
    for (const [n, route] of driven().entries()) {
      names = namesOf(await seed(WORKSPACE, 8_500_100 + n));
      const { params: known = {}, ...plan } = planOf(route);
      const params = [...route.path.matchAll(/:(\w+)/g)]
        .map(([, name = '']) => name)
        .filter((name) => !(name in known));
      const choices = params.reduce<Record<string, string>[]>(
        (all, name) => all.flatMap((chosen) => kinds.map((kind) => ({ ...chosen, [name]: `$${kind}` }))),
        [{ ...known }],
      );
      let got = false;
      for (const chosen of choices) {
        const asked = { route, params: chosen, query: {}, body: undefined, ...plan };
        const { status } = await ask(ownerKey, asked, 'owner');
        got ||= status < 400;
        if (got) break;
      }
      if (!got) unreached.push(`${route.method} ${route.path}`);
    }
    expect(unreached).toEqual([]);
  }, 120_000);
});
