import { createHash, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import {
  FULL_PORTAL,
  resumeRegistration,
  storeRegistration,
  type RegistrationRef,
} from '../../../src/db/register/registrations.js';
import { bookStep, endRegistration, takeInHand } from '../../../src/db/register/steps.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { until } from '../../support/until.js';

const PORTAL = 61_000_003;
const MOST_OPEN = 3;

let database: TestDatabase;
let workspaceId: string;
beforeAll(async () => {
  database = await createTestDatabase();
  workspaceId = randomUUID();
  await database.admin.query("INSERT INTO workspaces (id, name) VALUES ($1, 'registrations')", [workspaceId]);
  await database.admin.query('INSERT INTO portals (portal_id, workspace_id) VALUES ($1, $2)', [
    ...[PORTAL, workspaceId],
  ]);
});
afterAll(() => database.drop());

const hashOf = (text: string) => createHash('sha256').update(text).digest();
const store = (key: string = randomUUID(), portalId = PORTAL) =>
  storeRegistration(
    database.pool,
    {
      ...{ workspaceId, portalId, requestHash: hashOf(key), bodyHash: hashOf('') },
      given: JSON.stringify({ contact: { email: 'a@example.com' }, deals: [], tickets: [] }),
    },
    MOST_OPEN,
  );
async function opened(portalId: number): Promise<RegistrationRef> {
  const stored = await store(randomUUID(), portalId);
  if (!stored) throw new Error('It was turned away');
  return { workspaceId, portalId, registrationId: stored.id };
}

it('no more of a portal are open than may be; what came before is found all the same, and each that ends lets another in', async () => {
  const refs = [];
  for (let n = 0; n < MOST_OPEN; n += 1) refs.push(await store(`key ${n}`));
  expect(refs.every((one) => one?.isNew)).toBe(true);
  expect(await store()).toBeUndefined();
  expect(await store('key 1')).toMatchObject({ id: refs[1]?.id, isNew: false });
  expect(await store(randomUUID(), PORTAL + 1)).toMatchObject({ isNew: true });
  const ended = { workspaceId, portalId: PORTAL, registrationId: refs[0]?.id ?? '' };
  await endRegistration(database.admin, ended, 'done');
  expect(await store()).toMatchObject({ isNew: true });
});

it('those that are open are counted by their index, however many have ended, and are open elsewhere', async () => {
  await database.admin.query(
    `INSERT INTO registrations (workspace_id, portal_id, installation, request_hash, body_hash, state)
     SELECT $1, $2 + n % 50, 'x', sha256(n::text::bytea), '', CASE n % 50 WHEN 0 THEN 'done' ELSE 'open' END
       FROM generate_series(1, 6000) n`,
    [workspaceId, PORTAL],
  );
  await database.admin.query('ANALYZE registrations');
  const { rows } = await database.admin.query<{ 'QUERY PLAN': string }>(
    `EXPLAIN ${FULL_PORTAL.replace('$1', `'${workspaceId}'`).replace('$2', String(PORTAL)).replace('$6', '10000')}`,
  );
  expect(rows.map((row) => row['QUERY PLAN']).join('\n')).toContain('registrations_open');
});

it('who books a step waits for who takes it in hand, and neither for the other', async () => {
  const ref = await opened(PORTAL - 1);
  const inHand = await takeInHand(database.pool, ref, 'check', null);
  if (typeof inHand === 'string') throw new Error(inHand);
  const other = await database.admin.connect();
  await other.query('BEGIN');
  await other.query('UPDATE registrations SET due_at = due_at WHERE id = $1', [ref.registrationId]);
  const booked = bookStep(database.pool, ref, 'check', inHand.fence, {
    ...{ state: 'failed', recordIds: [], isUnsure: [], failures: null },
    ...{ plan: { plan: '{}', notes: '[]' }, ends: { state: 'failed' } },
  });
  await until(
    'the booking waits for the row',
    async () => {
      const { rows } = await database.admin.query(
        "SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'",
      );
      return rows.length > 0;
    },
    10_000,
  );
  // Who books would hold this row, if it had locked it first.
  await other.query('UPDATE registration_steps SET fence = fence + 1 WHERE registration_id = $1', [
    ref.registrationId,
  ]);
  await other.query('COMMIT');
  other.release();
  expect(await booked).toBe(false);
  await endRegistration(database.admin, ref, 'failed');
  expect(await resumeRegistration(database.admin, ref)).toBe(true);
});
