import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { requestHashOf } from '../../../src/db/workspaces/answeredRequests.js';
import { runCli } from '../../../src/cli/program.js';
import type { ShownHit } from '../../../src/domain/search/hits.js';
import { seedLane, WORKSPACE } from '../../support/throttle.js';
import { OTHER_WORKSPACE, startApi, type ApiHarness } from '../http/harness.js';
import { end, take } from '../http/seed.js';

const REDRIVE = '9027efe2-1c2f-4a55-9a2c-8f4d3b6d7c11';
const KEY = '9027efe2-1c2f-4a55-9a2c-8f4d3b6d7c12';

let harness: ApiHarness;
let key: string;
let laneId: string;
let waiting: string;
let ended: string;
const run = (text: string, values: unknown[] = []) => harness.database.admin.query(text, values);

beforeAll(async () => {
  harness = await startApi();
  key = await harness.key();
  const { admin, pool } = harness.database;
  laneId = await seedLane(admin, { portalId: 62_515, limit: 10, intervalMs: 1000 });
  [ended = ''] = await take(pool, laneId, 1, 62_515);
  await run(`UPDATE executions SET callback_id = 'ap-ended' WHERE id = $1`, [ended]);
  await end(pool, laneId, 'completed');
  [waiting = ''] = await take(pool, laneId, 1, 62_515);
  await run(`UPDATE lanes SET key = 'queue:mail', queue = 'Mail', workflow_id = '1795561585' WHERE id = $1`, [
    laneId,
  ]);
  const { rows } = await run(
    `INSERT INTO packs (workspace_id, portal_id, lane_id, workflow_id, head_callback_id, size, due_at, created_at)
     VALUES ($1, 62515, $2::bigint, 'throttle/62515/ap-waiting', 'ap-waiting', 1, now(), now()) RETURNING id`,
    [WORKSPACE, laneId],
  );
  const [{ id: packId }] = rows as [{ id: string }];
  await run(
    `UPDATE executions SET callback_id = 'ap-waiting', object_id = '100456363381', pack_id = $2 WHERE id = $1`,
    [waiting, packId],
  );
  await run(
    `UPDATE execution_keys SET callback_id = CASE execution_id WHEN $1::bigint THEN 'ap-ended' ELSE 'ap-waiting' END`,
    [ended],
  );
  const event = `workspace_id, portal_id, type, payload, captured_at`;
  await run(
    `INSERT INTO outbox_pending (id, ${event}, event_key) VALUES (900001, $1, 62515, 'nova_earned', '{}', now(), 'order-17');`,
    [WORKSPACE],
  );
  await run(
    `INSERT INTO outbox_keys (workspace_id, event_key, event_id, body_hash, captured_at) VALUES ($1, 'order-17', 900001, 'x', now())`,
    [WORKSPACE],
  );
  await run(
    `INSERT INTO outbox_dead (id, ${event}, state, reason, died_at) VALUES (900002, $1, 62515, 'nova_spent', '{}', now(), 'dead', 'no', now())`,
    [WORKSPACE],
  );
  await run(
    `INSERT INTO outbox_history (id, ${event}, processed_at, mode) VALUES (900003, $1, 62515, 'nova_gone', '{}', now(), now(), 'live')`,
    [WORKSPACE],
  );
  await run(
    `INSERT INTO outbox_ledger (event_id, n, workspace_id, portal_id, kind, state, object_type, object_id, sent_at)
     VALUES (900003, 0, $1, 62515, 'note', 'done', 'notes', '555', now())`,
    [WORKSPACE],
  );
  await run(
    `INSERT INTO outbox_attempts (event_id, at, workspace_id, n, error_class, message, correlation_id) VALUES (900002, now(), $1, 1, 'permanent', 'no', 'corr-1')`,
    [WORKSPACE],
  );
  await run(
    `INSERT INTO request_log (workspace_id, portal_id, at, method, path, status, outcome, ms, priority, ring, correlation_id)
     VALUES ($1, 62515, now(), 'POST', '/callbacks', 400, 'invalid', 5, 'completion', 'ten_secondly', 'corr-1')`,
    [WORKSPACE],
  );
  await run(
    `INSERT INTO outbox_redrives (id, workspace_id, kind, filter, per_second, state, total, moved, requested_by) VALUES ($2, $1, 'dead_letters', '{}', 1, 'done', 3, 3, 'cli')`,
    [WORKSPACE, REDRIVE],
  );
  await run(
    `INSERT INTO api_keys (id, workspace_id, name, prefix, key_hash, scopes) VALUES ($2, $1, 'shop', 'slc', sha256('q'), '{}')`,
    [WORKSPACE, KEY],
  );
  await run(
    `INSERT INTO registrations (id, workspace_id, installation, portal_id, request_hash, body_hash, state) OVERRIDING SYSTEM VALUE
     VALUES (700001, $1, 'i', 62515, $2, 'b', 'failed')`,
    [WORKSPACE, requestHashOf(WORKSPACE, 'order-4711')],
  );
  await run(
    `INSERT INTO action_runs (id, workspace_id, call_hash, body_hash, portal_id, callback_id, action, version, source, object_id, state,
                              received_at, give_up_at, expires_at, due_at) OVERRIDING SYSTEM VALUE
     VALUES (750001, $1, 'x', 'x', 62515, 'ap-greeted', 'greet', 1, 'WORKFLOWS', '90210', 'failed', now(), now(), now(), now())`,
    [WORKSPACE],
  );
  await run(
    `INSERT INTO notices (id, workspace_id, kind, detail) OVERRIDING SYSTEM VALUE VALUES (800001, $1, 'portal.connected', '{}')`,
    [WORKSPACE],
  );
});
afterAll(() => harness.close());

interface Result {
  readonly items: readonly ShownHit[];
  readonly more: readonly string[];
  readonly unseen: readonly string[];
}
async function search(q: string, api = harness.api): Promise<Result> {
  const { status, body } = await api.get<Result>(`/api/search?q=${encodeURIComponent(q)}`);
  expect(status).toBe(200);
  return body;
}

/** What is searched, and what is found by it. */
const FOUND: readonly [what: string, q: () => string, hits: () => readonly object[]][] = [
  [
    'a portal',
    () => '62515',
    () => [{ kind: 'portal', id: '62515', what: 'Portal, active', command: 'npx sluice portals show 62515' }],
  ],
  ['the key of a lane', () => 'queue:mail', () => [{ kind: 'lane', id: laneId, what: 'Lane queue:mail' }]],
  ['a queue, as people write it', () => ' MAIL ', () => [{ kind: 'lane', id: laneId }]],
  [
    'a workflow at HubSpot',
    () => '1795561585',
    () => [{ kind: 'lane', id: laneId, path: `/api/lanes/${laneId}` }],
  ],
  [
    'the callback of an execution that waits',
    () => 'ap-waiting',
    () => [{ kind: 'execution', id: waiting, what: 'Execution of record 100456363381, waiting' }],
  ],
  [
    'the callback of one that ended',
    () => 'ap-ended',
    () => [{ kind: 'execution', id: ended, what: expect.stringMatching(/, completed$/) }],
  ],
  [
    'a record that waits',
    () => '100456363381',
    () => [{ kind: 'execution', id: waiting, command: `npx sluice executions show ${waiting}` }],
  ],
  ['a Temporal workflow', () => 'throttle/62515/ap-waiting', () => [{ kind: 'execution', id: waiting }]],
  ['an event', () => '900001', () => [{ kind: 'event', id: '900001', what: 'Event nova_earned, pending' }]],
  ['the key of an event', () => 'order-17', () => [{ kind: 'event', id: '900001' }]],
  ['a dead letter', () => '900002', () => [{ kind: 'event', id: '900002', what: 'Event nova_spent, dead' }]],
  [
    'an event that was processed',
    () => '900003',
    () => [{ kind: 'event', id: '900003', what: 'Event nova_gone, processed' }],
  ],
  [
    'the callback of a run of an action',
    () => 'ap-greeted',
    () => [
      {
        ...{ kind: 'action_run', id: '750001', what: 'Run of greet for record 90210, failed' },
        ...{ command: 'npx sluice actions runs show 750001', path: '/api/actions/runs/750001' },
      },
    ],
  ],
  ['the record of a run of an action', () => '90210', () => [{ kind: 'action_run', id: '750001' }]],
  [
    'a registration',
    () => '700001',
    () => [
      {
        ...{ kind: 'registration', id: '700001', what: 'Registration, failed' },
        ...{ command: 'npx sluice registrations show 700001', path: '/crm/register/700001' },
      },
    ],
  ],
  [
    'the key of a request that registered',
    () => 'order-4711',
    () => [{ kind: 'registration', id: '700001' }],
  ],
  ['a record that an event made', () => '555', () => [{ kind: 'event', id: '900003' }]],
  [
    "HubSpot's name for a request that failed",
    () => 'corr-1',
    () => [
      { kind: 'event', id: '900002' },
      {
        kind: 'hubspot_request',
        portalId: 62_515,
        what: 'POST /callbacks: invalid (400)',
        path: '/api/portals/62515/requests',
      },
    ],
  ],
  ['a redrive', () => REDRIVE, () => [{ kind: 'redrive', id: REDRIVE, what: 'Redrive, done, 3 of 3 moved' }]],
  ['an API key', () => KEY, () => [{ kind: 'api_key', id: KEY, what: 'API key shop' }]],
  ['a notice', () => '800001', () => [{ kind: 'notice', id: '800001' }]],
];

describe('a search', () => {
  it.each(FOUND)('finds %s by its id, for its own workspace alone', async (_what, q, hits) => {
    const { items, more, unseen } = await search(q());
    expect(items).toMatchObject(hits());
    expect([more, unseen]).toEqual([[], []]);
    const others = await harness.client({ workspaceId: OTHER_WORKSPACE });
    expect((await search(q(), others)).items).toEqual([]);
  });

  it('finds each thing that has a number, by its own path', async () => {
    const { items } = await search(laneId);
    expect(items.map(({ kind, id }) => [kind, id])).toContainEqual(['lane', laneId]);
    for (const { path } of items) expect((await harness.api.get(path)).status).toBe(200);
  });

  it('finds nothing by a part of an id, and by no word of another meaning', async () => {
    for (const q of ['6251', 'ap-', 'order-1', '%', 'queue:%', '99999999999999999999', '0', "' OR true --"])
      expect([q, (await search(q)).items]).toEqual([q, []]);
  });

  it('looks through what the scopes of the key let it see, and says which it lacks', async () => {
    const shop = await harness.client({ scopes: ['outbox'] });
    expect((await search('62515', shop)).items).toEqual([]);
    const { items, unseen } = await search('corr-1', shop);
    expect(items.map(({ kind }) => kind)).toEqual(['event']);
    expect([...unseen].sort()).toEqual(['admin', 'crm', 'portals:read', 'throttle:read']);
  });

  it('names ten of a kind, the newest first, and says that there are more', async () => {
    const ids = await take(harness.database.pool, laneId, 12, 62_515);
    await run(`UPDATE executions SET object_id = '777' WHERE id = ANY ($1)`, [ids]);
    const { items, more } = await search('777');
    const newest = [...ids].sort((one, other) => Number(other) - Number(one));
    expect(items.map(({ id }) => id)).toEqual(newest.slice(0, 10));
    expect(more).toEqual(['execution']);
  });

  it('says what is wrong with a text that is no id', async () => {
    for (const path of ['/api/search', '/api/search?q=', `/api/search?q=${'x'.repeat(301)}`])
      expect((await harness.api.get(path)).status).toBe(400);
  });
});

describe('sluice search', () => {
  async function sluice(...args: string[]) {
    const seen = { out: '', err: '' };
    const code = await runCli(args, {
      out: (text) => void (seen.out += text),
      err: (text) => void (seen.err += text),
      env: { SLUICE_API_URL: harness.url, SLUICE_API_KEY: key },
      cwd: '/',
    });
    return { code, ...seen };
  }

  it('shows what was found, with the command that shows more', async () => {
    const { code, out } = await sluice('search', 'order-17');
    expect(out).toMatch(
      /^KIND +ID +PORTAL +NEXT +WHAT\nevent +900001 +62515 +npx sluice outbox show 900001 +Event nova_earned, pending\n$/,
    );
    expect(code).toBe(0);
  });

  it('says that nothing has the id, and exits with 1', async () => {
    const { code, err } = await sluice('search', 'nobody');
    expect(err).toMatch(/^Nothing has the id nobody\. It must be the whole id; /);
    expect(code).toBe(1);
  });
});
