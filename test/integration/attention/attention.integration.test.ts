import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { AttentionItem } from '../../../src/domain/attention/attention.js';
import type { AttentionKind } from '../../../src/domain/attention/kinds.js';
import type { ApiClient, Page } from '../../support/apiClient.js';
import { seedLane, WORKSPACE } from '../../support/throttle.js';
import { OTHER_WORKSPACE, startApi, type ApiHarness } from '../http/harness.js';
import { end, take } from '../http/seed.js';

interface Attention extends Page<AttentionItem> {
  readonly ok: boolean;
  readonly more: readonly string[];
  readonly unseen: readonly string[];
}

let harness: ApiHarness;
let others: ApiClient;
let laneId: string;
beforeAll(async () => {
  harness = await startApi();
  others = await harness.client({ workspaceId: OTHER_WORKSPACE });
});
afterAll(() => harness.close());

const run = (text: string, values: unknown[] = []) => harness.database.admin.query(text, values);

beforeEach(async () => {
  await run(
    `TRUNCATE portals, lanes, executions, execution_history, portal_suspensions, budget_rings, call_counts, outbox_portals,
       outbox_pending, outbox_dead, outbox_claims, outbox_redrives, sync_states, crm_consumers, registrations, registration_steps, action_runs,
       notices, audit_heads CASCADE`,
  );
  laneId = await seedLane(harness.database.admin, { limit: 10, intervalMs: 1000 });
});

async function attention(query = ''): Promise<Attention> {
  const { status, body } = await harness.api.get<Attention>(`/api/attention${query}`);
  expect(status).toBe(200);
  return body;
}

const pending = (state: number, errorClass: string | null, age: string) =>
  run(
    `INSERT INTO outbox_pending (workspace_id, portal_id, type, payload, captured_at, state, due_at, error_class, last_error)
     VALUES ($1, 1, 'nova_earned', '{}', now() - $2::interval, $3, now() + interval '1 hour', $4, '404: no such event definition')`,
    [WORKSPACE, age, state, errorClass],
  );
const history = (state: string, reason = 'HubSpot said no') =>
  run(
    `INSERT INTO execution_history (id, workspace_id, portal_id, callback_id, lane_id, state, reason, received_at, finished_at)
     SELECT nextval(pg_get_serial_sequence('executions', 'id')), $1, 1, 'c', $2::bigint, $3, $4, now(), now()`,
    [WORKSPACE, laneId, state, reason],
  );
const dead = (portalId: number | null, state = 'dead') =>
  run(
    `INSERT INTO outbox_dead (id, workspace_id, portal_id, type, payload, captured_at, state, reason, died_at)
     VALUES (nextval('outbox_event_ids'), $1, $2, 'nova_earned', '{}', now(), $3, 'no', now())`,
    [WORKSPACE, portalId, state],
  );

const actionRun = (state: string, attempts: number, code: string | null) =>
  run(
    `INSERT INTO action_runs (workspace_id, call_hash, body_hash, portal_id, callback_id, action, version, source, state, attempts,
                              error_code, received_at, give_up_at, expires_at, due_at, ended_at)
     VALUES ($1, sha256($2::text::bytea), '', 1, 'c', 'greet', 1, 'WORKFLOWS', $2, $3, $4, now(), now(), now(), now(), now())`,
    [WORKSPACE, state, attempts, code],
  );

/** Whose contact was begun so long ago. */
const registration = (state: string, age: string, ids: string, given = "'{}'") =>
  run(
    `WITH made AS (INSERT INTO registrations (workspace_id, installation, portal_id, request_hash, body_hash, state, given, created_at, ended_at)
       VALUES ($1, 'i', 1, sha256(random()::text::bytea), 'b', $2, ${given}, now() - $3::interval, CASE $2 WHEN 'failed' THEN now() END)
       RETURNING workspace_id, id)
     INSERT INTO registration_steps (workspace_id, registration_id, n, step, state, record_ids, started_at)
     SELECT workspace_id, id, 1, 'contact', 'intended', ${ids}, now() - $3::interval FROM made`,
    [WORKSPACE, state, age],
  );

const consumer = (column: string, value: string) =>
  run(
    `INSERT INTO crm_consumers (workspace_id, name, sink, generation, transaction_id, change_id, ${column})
     VALUES ($1, 'warehouse', 'pull', 1, '0', 0, ${value})`,
    [WORKSPACE],
  );

/** What makes an item of each kind, and what it says. */
const SITUATIONS: readonly [
  kind: AttentionKind,
  make: () => Promise<unknown>,
  happened: RegExp,
  command: RegExp,
][] = [
  [
    'portal_reauth',
    () => run(`UPDATE portals SET state = 'reauth_required', state_reason = 'BAD_REFRESH_TOKEN'`),
    /^Portal 1 needs a new authorisation, and all of it waits: BAD_REFRESH_TOKEN$/,
    /portals connect$/,
  ],
  [
    'portal_disconnecting',
    () => run(`UPDATE portals SET state = 'disconnecting', state_changed_at = now() - interval '2 hours'`),
    /^Portal 1 has been disconnecting for over an hour$/,
    /portals show 1$/,
  ],
  [
    'token_failing',
    () =>
      run(`UPDATE portals SET refresh_failures = 3, refresh_error = 'HTTP 500', token_expires_at = now()`),
    /^Portal 1 gets no new token: 3 refreshes failed in a row \(HTTP 500\), and its token ends at 20/,
    /portals show 1$/,
  ],
  [
    'scopes_missing',
    () => run(`UPDATE portals SET auth = 'oauth', scopes = '{oauth}', throttle_enabled = true`),
    /^Portal 1 lacks scopes of what is switched on: automation$/,
    /portals connect$/,
  ],
  [
    'breaker_open',
    () =>
      run(
        `INSERT INTO budget_rings (portal_id, ring, workspace_id, blocked_until, blocked_reason, breaker_opens)
         VALUES (1, 'portal', $1, now() + interval '10 seconds', 'breaker', 2)`,
        [WORKSPACE],
      ),
    /^Portal 1 has its circuit breaker open: HubSpot failed for it, 2 times in a row$/,
    /portals budget 1$/,
  ],
  [
    'portal_blocked',
    () =>
      run(
        `INSERT INTO budget_rings (portal_id, ring, workspace_id, blocked_until, blocked_reason)
         VALUES (1, 'ten_secondly', $1, now() + interval '3 hours', '429')`,
        [WORKSPACE],
      ),
    /^Portal 1 is left alone until 20\S+, as HubSpot asked \(429\)$/,
    /portals budget 1$/,
  ],
  [
    'day_limit_near',
    () => run(`UPDATE portals SET day_limit = 1000, day_used = 800, day_ends_at = now() + interval '1 hour'`),
    /^Portal 1 has used 800 of the 1000 calls that HubSpot allows its account until 2/,
    /portals budget 1$/,
  ],
  [
    'error_share',
    () =>
      run(
        `INSERT INTO call_counts (portal_id, day, workspace_id, calls, errors)
         SELECT 1, (now() AT TIME ZONE time_zone)::date, $1, 1000, 45 FROM portals`,
        [WORKSPACE],
      ),
    /^Portal 1 has had 45 errors in 1000 calls today: backfill, sync, outbox wait/,
    /portals requests 1/,
  ],
  [
    'releases_suspended',
    async () => {
      await take(harness.database.pool, laneId, 3);
      await run(
        `INSERT INTO portal_suspensions (portal_id, workspace_id, reason, since, refused_at, suspended_until, refusals, token_version)
         VALUES (1, $1, 'unauthorized', now() - interval '5 minutes', now(), now(), 1, 0)`,
        [WORKSPACE],
      );
    },
    /^HubSpot refuses the portal's token: 3 executions wait; the next try is at 20/,
    /portals requests 1/,
  ],
  [
    'lane_paused',
    async () => {
      await take(harness.database.pool, laneId, 1);
      await run(`UPDATE lanes SET paused_at = now(), pause_reason = 'partner is down'`);
    },
    /^Lane \d+, \S+, is paused \(partner is down\): 1 execution waits$/,
    /lanes resume \d+$/,
  ],
  [
    'lane_behind',
    async () => {
      await take(harness.database.pool, laneId, 2);
      await run(`UPDATE executions SET planned_at = now() - interval '5 minutes'`);
    },
    /^Lane \d+, \S+, is more than a minute behind its plan, and nothing is known that stops it: 2 executions wait$/,
    /lanes show \d+$/,
  ],
  [
    'expiry_near',
    async () => {
      await take(harness.database.pool, laneId, 1);
      await run(`UPDATE executions SET expires_at = now() + interval '2 hours'`);
    },
    /^1 execution of lane \d+, \S+, will have been given up by HubSpot within a day, the first at 20/,
    /lanes set \d+/,
  ],
  [
    'executions_failed',
    async () => {
      await take(harness.database.pool, laneId, 4);
      await end(harness.database.pool, laneId, 'failed');
    },
    /^Within a day 4 executions ended as failed: HubSpot refused to let the record go on; the last: test: failed$/,
    /executions list --portal 1 --state failed$/,
  ],
  ['executions_gone', () => history('gone'), /1 execution ended as gone/, /--state gone$/],
  ['executions_expired', () => history('expired'), /1 execution expired/, /--state expired$/],
  ['executions_refused', () => history('refused'), /1 execution ended as refused/, /--state refused$/],
  ['executions_rejected', () => history('rejected'), /1 execution ended as rejected/, /--state rejected$/],
  [
    'outbox_paused',
    async () => {
      await pending(0, null, '1 second');
      await run(
        `INSERT INTO outbox_portals (portal_id, workspace_id, low_id, paused_at, pause_reason) VALUES (1, $1, 0, now(), 'maintenance')`,
        [WORKSPACE],
      );
    },
    /^The deliveries of portal 1 are paused \(maintenance\): 1 event waits$/,
    /outbox resume 1$/,
  ],
  [
    'sync_paused',
    () =>
      run(
        `INSERT INTO sync_states (workspace_id, portal_id, object_type, paused_at, pause_reason) VALUES ($1, 1, 'contacts', now(), 'clean-up')`,
        [WORKSPACE],
      ),
    /^The mirror of the contacts of portal 1 is paused \(clean-up\)$/,
    /sync list --portal 1$/,
  ],
  [
    'sync_deletes_held',
    () =>
      run(
        `INSERT INTO sync_states (workspace_id, portal_id, object_type, deletes_held, deletes_held_at) VALUES ($1, 1, 'tickets', 150, now())`,
        [WORKSPACE],
      ),
    /^150 tickets of portal 1 are deleted at HubSpot, more than 1 % in an hour: they stay/,
    /sync deletes --portal 1$/,
  ],
  [
    'action_runs_failed',
    () => actionRun('failed', 9, 'gave_up'),
    /^Runs of the action greet in portal 1 failed$/,
    /actions runs list --action greet --portal 1 --state failed$/,
  ],
  [
    'action_runs_failing',
    () => actionRun('waiting', 9, null),
    /^Runs of the action greet in portal 1 wait, and have failed 6 times and more$/,
    /actions runs list --action greet --portal 1 --state waiting$/,
  ],
  [
    'erasures_unsure',
    () =>
      run(
        `INSERT INTO sync_states (workspace_id, portal_id, object_type, erasures_unsure, erasures_unsure_from)
         VALUES ($1, 1, 'contacts', '{51,52}', '2027-01-01T09:30:00Z')`,
        [WORKSPACE],
      ),
    /^2 contacts of portal 1, gone at HubSpot for good, may have been erased for a person since 2027-01-01T09:30:00.000Z/,
    /sync erasures --portal 1$/,
  ],
  [
    'registration_failed',
    () => registration('failed', '1 hour', 'ARRAY[51]'),
    /^Registration \d+ of portal 1 was written in part$/,
    /registrations resume \d+$/,
  ],
  [
    'registration_waits',
    () => registration('open', '20 minutes', 'ARRAY[NULL::bigint]'),
    /^Registration \d+ of portal 1 has got no further since .*Z$/,
    /registrations show \d+$/,
  ],
  [
    'consumer_missed',
    () => consumer('missed_at', `now()`),
    /^Changes were removed before the consumer warehouse had them$/,
    /consumers show warehouse$/,
  ],
  [
    'consumer_behind',
    () => consumer('behind_since', 'now()'),
    /^The consumer warehouse has not had changes since .*: the mirror of its portals waits for it$/,
    /consumers show warehouse$/,
  ],
  [
    'consumer_failing',
    async () => {
      await consumer('failed_since', 'now()');
      await run(`UPDATE crm_consumers SET failures_in_a_row = 7, last_error = 'It answered 503'`, []);
    },
    /^The consumer warehouse did not take its changes 7 times in a row: It answered 503$/,
    /consumers show warehouse$/,
  ],
  [
    'consumer_dead_letters',
    async () => {
      await consumer('failed_since', 'NULL');
      await run(
        `INSERT INTO crm_dead_changes (workspace_id, consumer_id, generation, transaction_id, change_id, portal_id, object_type, record_id, recorded_at)
         SELECT workspace_id, id, 1, '1', 1, 1, 'contacts', 51, now() FROM crm_consumers`,
        [],
      );
    },
    /^The consumer warehouse has 1 dead letter$/,
    /consumers redrive warehouse$/,
  ],
  [
    'sync_failing',
    () =>
      run(
        `INSERT INTO sync_states (workspace_id, portal_id, object_type, failures_in_a_row, last_error) VALUES ($1, 1, 'deals', 5, 'HubSpot refuses it')`,
        [WORKSPACE],
      ),
    /^The mirror of the deals of portal 1 could not be read 5 times in a row: HubSpot refuses it$/,
    /sync list --portal 1$/,
  ],
  [
    'webhooks_missing',
    () =>
      run(
        `INSERT INTO sync_states (workspace_id, portal_id, object_type, missed, missed_in_a_row, told_since)
         VALUES ($1, 1, 'deals', 250, 120, now()), ($1, 1, 'tickets', 250, 99, now()), ($1, 1, 'contacts', 250, 120, NULL)`,
        [WORKSPACE],
      ),
    /^HubSpot tells nothing of the deals of portal 1 any more: polls have brought 120 changes since it last did$/,
    /webhooks status --portal 1$/,
  ],
  [
    'outbox_circuit_open',
    async () => {
      await pending(1, 'transient', '1 second');
      await run(
        `INSERT INTO outbox_portals (portal_id, workspace_id, low_id, circuit_open_until, failures_in_a_row)
         VALUES (1, $1, 0, now() + interval '1 hour', 10)`,
        [WORKSPACE],
      );
    },
    /^10 deliveries of portal 1 failed in a row, and no more are tried until 20\S+: 1 event waits$/,
    /outbox list --portal 1 --state retrying$/,
  ],
  [
    'events_behind',
    () => pending(0, null, '11 minutes'),
    /^1 event of portal 1 might have gone/,
    /outbox status/,
  ],
  [
    'answers_unclear',
    () => pending(1, 'unclear', '1 second'),
    /are not understood: .*; the last: 404: no such event definition$/,
    /--error-class unclear$/,
  ],
  [
    'records_in_conflict',
    () => pending(1, 'conflict', '1 second'),
    /stands in the way of 1 event/,
    /conflict$/,
  ],
  [
    'dead_letters',
    () => dead(1),
    /^1 event is a dead letter \(1 refused, 0 not understood\)/,
    /dead --portal 1$/,
  ],
  ['events_unassigned', () => dead(null, 'invalid'), /: of no portal$/, /outbox dead$/],
  [
    'redrive_failed',
    () =>
      run(
        `INSERT INTO outbox_redrives (workspace_id, kind, filter, per_second, state, total, moved, requested_by, ended_at)
         VALUES ($1, 'dead_letters', '{}', 1, 'failed', 10, 4, 'cli', now())`,
        [WORKSPACE],
      ),
    /^A redrive failed after 4 of 10 events$/,
    /outbox redrives [0-9a-f-]{36}$/,
  ],
  [
    'notices_failing',
    () =>
      run(
        `INSERT INTO notices (workspace_id, kind, detail, state, attempts) VALUES ($1, 'portal.connected', '{}', 'failed', 9), ($1, 'portal.connected', '{}', 'pending', 4)`,
        [WORKSPACE],
      ),
    /^Within a week 1 notice could not be delivered, and 1 more was not taken several times$/,
    /notices list --state failed$/,
  ],
];

describe('what needs somebody', () => {
  it('is nothing while all is well', async () => {
    await take(harness.database.pool, laneId, 2);
    expect(await attention()).toEqual({ items: [], next: null, ok: true, more: [], unseen: [] });
  });

  it.each(SITUATIONS)(
    'is %s, in a sentence and with what mends it, for its workspace alone',
    async (kind, make, happened, command) => {
      await make();
      const { items, ok } = await attention();
      expect(items.map((item) => item.kind)).toEqual([kind]);
      expect(items[0]?.happened).toMatch(happened);
      expect(items[0]?.command).toMatch(command);
      expect(ok).toBe(false);
      expect((await others.get<Attention>('/api/attention')).body).toMatchObject({ items: [], ok: true });
    },
  );

  it.each([
    ['a lane that is paused and in which nothing waits', () => run('UPDATE lanes SET paused_at = now()')],
    ['executions that somebody has cancelled', () => history('cancelled')],
    ['dead letters that were discarded', () => dead(1, 'discarded')],
    ['events that have waited for a minute', () => pending(0, null, '1 minute')],
    [
      'a portal that HubSpot has refused for some seconds',
      () =>
        run(
          `INSERT INTO portal_suspensions (portal_id, workspace_id, reason, since, refused_at, suspended_until, refusals, token_version)
           VALUES (1, $1, 'throttled', now() - interval '5 seconds', now(), now(), 1, 0)`,
          [WORKSPACE],
        ),
    ],
  ])('is not %s', async (_what, make) => {
    await make();
    expect(await attention()).toMatchObject({ items: [], ok: true });
  });

  it('is an erasure in doubt no more when a person says so, which is audited, once', async () => {
    await run(`INSERT INTO portals (portal_id, workspace_id) VALUES (1, $1) ON CONFLICT DO NOTHING`, [
      WORKSPACE,
    ]);
    await run(
      `INSERT INTO sync_states (workspace_id, portal_id, object_type, erasures_unsure, erasures_unsure_from)
       VALUES ($1, 1, 'contacts', '{51,52}', now())`,
      [WORKSPACE],
    );
    const settle = () => harness.api.post('/api/sync/1/contacts', { action: 'settle_erasures' });
    expect((await harness.api.get('/api/sync/1/contacts')).body).toMatchObject({
      erasuresUnsure: { since: expect.any(String), count: 2, records: ['51', '52'] },
    });
    expect((await settle()).body).toMatchObject({ erasuresUnsure: { since: null, count: 0, records: [] } });
    expect((await settle()).status).toBe(409);
    expect((await attention()).items).toEqual([]);
    const { rows } = await run(
      `SELECT portal_id::int AS portal, subject ->> 'objectType' AS type FROM audit_entries WHERE operation = 'sync.settle_erasures'`,
    );
    expect(rows).toEqual([{ portal: 1, type: 'contacts' }]);
  });

  it('is the audit chain when its end was cut, or is not what was signed', async () => {
    const change = await harness.api.patch(`/api/lanes/${laneId}`, { spread: true });
    expect(change.status).toBe(200);
    expect((await attention()).ok).toBe(true);
    const { rows } = await run(
      `SELECT seq, hash FROM audit_entries WHERE workspace_id = $1 ORDER BY seq DESC LIMIT 1`,
      [WORKSPACE],
    );
    const [{ seq, hash }] = rows as [{ seq: string; hash: Buffer }];
    await run(`UPDATE audit_chains SET hash = sha256('another') WHERE workspace_id = $1`, [WORKSPACE]);
    expect((await attention()).items.map(({ kind }) => kind)).toEqual(['audit_broken']);
    await run(`UPDATE audit_chains SET hash = $2 WHERE workspace_id = $1`, [WORKSPACE, hash]);
    expect((await attention()).ok).toBe(true);
    await run(
      `INSERT INTO audit_heads (workspace_id, seq, hash, signed_at, key_id, signature) VALUES ($1, $2, sha256('x'), now(), 'k', 'x')`,
      [WORKSPACE, seq],
    );
    expect((await attention()).items.map(({ kind }) => kind)).toEqual(['audit_broken']);
  });

  it('is an API key in use that ends within a week, until it has a successor', async () => {
    const { rows } = await run(
      `INSERT INTO api_keys (workspace_id, name, prefix, key_hash, scopes, expires_at, last_used_at)
       VALUES ($1, 'shop', 'slc', sha256('k1'), '{}', now() + interval '2 days', now()) RETURNING id`,
      [WORKSPACE],
    );
    const [{ id }] = rows as [{ id: string }];
    expect((await attention()).items).toMatchObject([
      { id: `api_key_ends:${id}`, command: `npx sluice api-keys rotate ${id}` },
    ]);
    await run(
      `INSERT INTO api_keys (workspace_id, name, prefix, key_hash, scopes, rotated_from) VALUES ($1, 'shop', 'slc', sha256('k2'), '{}', $2)`,
      [WORKSPACE, id],
    );
    expect((await attention()).ok).toBe(true);
  });

  it('is an encryption key that others have taken the place of, while it wraps a data key', async () => {
    await run(`INSERT INTO data_keys (workspace_id, kek_id, wrapped_key) VALUES ($1, 'old', 'x')`, [
      WORKSPACE,
    ]);
    expect((await attention()).items).toMatchObject([{ id: 'encryption_key_retired:old', count: 1 }]);
    await run('DELETE FROM data_keys');
  });

  it('is listed by urgency, page by page, each once, also when one is gone meanwhile', async () => {
    await dead(1);
    await history('gone');
    await run(`UPDATE portals SET state = 'reauth_required'`);
    const kinds = ['portal_reauth', 'executions_gone', 'dead_letters'];
    expect((await attention()).items.map(({ kind }) => kind)).toEqual(kinds);
    const first = await attention('?limit=1');
    expect(first).toMatchObject({ items: [{ kind: kinds[0] }], next: 'portal_reauth:1', ok: false });
    await run(`UPDATE portals SET state = 'active'`);
    const rest = await attention(`?limit=2&after=${first.next}`);
    expect(rest.items.map(({ kind }) => kind)).toEqual(kinds.slice(1));
    expect(rest.next).toBeNull();
  });

  it('is filtered by severity, kind and portal, and is not well because the rest is left out', async () => {
    await dead(1);
    await run(`UPDATE portals SET state = 'reauth_required'`);
    const kinds = async (query: string) => (await attention(query)).items.map(({ kind }) => kind);
    expect(await kinds('?severity=urgent')).toEqual(['portal_reauth']);
    expect(await kinds('?kind=dead_letters')).toEqual(['dead_letters']);
    expect(await kinds('?portalId=1')).toEqual(['portal_reauth', 'dead_letters']);
    await run(`INSERT INTO portals (portal_id, workspace_id) VALUES (2, $1)`, [WORKSPACE]);
    expect(await attention('?portalId=2')).toMatchObject({ items: [], ok: false });
  });

  it('is what the scopes of the key let it see, and says which it lacks', async () => {
    await dead(1);
    await run(`UPDATE portals SET state = 'reauth_required'`);
    const shop = await harness.client({ scopes: ['outbox'] });
    const { body } = await shop.get<Attention>('/api/attention');
    expect(body.items.map(({ kind }) => kind)).toEqual(['dead_letters']);
    expect([...body.unseen].sort()).toEqual(['admin', 'audit:read', 'crm', 'portals:read', 'throttle:read']);
    expect((await shop.get('/api/status')).body).toMatchObject({ portals: null });
  });

  it('names fifty things of a kind, and says of which kinds there are more', async () => {
    await run(
      `INSERT INTO portals (portal_id, workspace_id, state) SELECT n, $1, 'reauth_required' FROM generate_series(100, 160) n`,
      [WORKSPACE],
    );
    const { items, more } = await attention('?limit=200');
    expect(items).toHaveLength(50);
    expect(more).toContain('portal_reauth');
  });
});

describe('the status of a workspace', () => {
  it('counts what waits, is sent and has failed of each feature, its portals, and what needs somebody', async () => {
    await take(harness.database.pool, laneId, 5);
    await history('failed');
    await pending(0, null, '1 second');
    await dead(1);
    const { body } = await harness.api.get('/api/status');
    expect(body).toEqual({
      ...{ ok: false, urgent: 0, soon: 2, more: [], unseen: [] },
      features: [
        { feature: 'throttle', waiting: 5, sending: 0, failed: 1 },
        { feature: 'outbox', waiting: 1, sending: 0, failed: 1 },
      ],
      portals: { active: 1, reauth_required: 0, disconnecting: 0, disconnected: 0 },
    });
    expect((await others.get('/api/status')).body).toMatchObject({
      ok: true,
      features: [
        { waiting: 0, failed: 0 },
        { waiting: 0, failed: 0 },
      ],
    });
  });
});
