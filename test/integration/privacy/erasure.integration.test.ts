import { createHmac, randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { PERSONAL_DATA } from '../../../src/db/allPersonalData.js';
import { writeEdges } from '../../../src/db/crm/edges.js';
import { isKept, readChanges } from '../../../src/db/crm/changes.js';
import { erasuresDue, listErasures, putOffErasure } from '../../../src/db/privacy/erasures.js';
import { writePage } from '../../../src/db/sync/pages.js';
import type { SyncReader } from '../../../src/db/sync/reader.js';
import { setAside } from '../../../src/db/sync/setAside.js';
import { forWorkspace, inWorkspace } from '../../../src/db/tenant.js';
import {
  inWorkspaceWith,
  needsTheKey,
  withTombstoneKey,
  type TombstoneKeys,
} from '../../../src/db/tombstoneKey.js';
import { mirrored } from '../../../src/domain/crm/mirroredRecord.js';
import { sealedAnswerContext } from '../../../src/secrets/encryptionContext.js';
import { createSealing, type Sealing } from '../../../src/secrets/sealing.js';
import { createDataKeys } from '../../../src/db/secrets/dataKeys.js';
import { Secret } from '../../../src/platform/secret.js';
import { eraseRecord } from '../../../src/services/privacy/eraseRecord.js';
import { placesOf } from '../../../src/services/privacy/places.js';
import { runErasure } from '../../../src/services/privacy/runErasure.js';
import { createTombstoneKeys, tombstoneKey } from '../../../src/services/privacy/tombstoneKeys.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { until } from '../../support/until.js';

/** A person, and one whose address and id are much like theirs. */
const [ADA_ID, EVE_ID] = ['70012345678', '700123456789'];
let [ADA, EVE] = ['', ''];

let database: TestDatabase;
let sealing: Sealing;
let keys: TombstoneKeys;
let reader: SyncReader;
let portalId = 910_000;

beforeAll(async () => {
  database = await createTestDatabase();
  const ring = [{ id: 'test', key: new Secret(randomBytes(32).toString('base64')) }];
  sealing = createSealing(ring, createDataKeys(database.pool));
  keys = createTombstoneKeys({ pool: database.pool, sealing });
});
afterAll(() => database.drop());
beforeEach(async () => {
  portalId += 1;
  ADA = `ada.of.${portalId}@example.com`;
  EVE = `x${ADA}`;
  reader = { workspaceId: randomUUID(), portalId, objectType: 'contacts', epoch: 0, fence: 1 };
  await run(`INSERT INTO workspaces (id, name) VALUES ($1::uuid, $1::text)`, [reader.workspaceId]);
  await run('INSERT INTO portals (portal_id, workspace_id) VALUES ($1, $2)', [portalId, reader.workspaceId]);
  await run('INSERT INTO sync_states (workspace_id, portal_id, object_type, fence) VALUES ($1, $2, $3, 1)', [
    ...[reader.workspaceId, portalId, 'contacts'],
  ]);
  await run('INSERT INTO outbox_portals (portal_id, workspace_id, low_id) VALUES ($1, $2, 0)', [
    ...[portalId, reader.workspaceId],
  ]);
});

const run = (text: string, values: unknown[] = []) => database.admin.query(text, values);
const W = () => `'${reader.workspaceId}'`;
const at = (minutes: number) => new Date(Date.UTC(2026, 0, 1, 0, minutes)).toISOString();
const person = (id: string, email: string, minute = 1) =>
  mirrored({ id, properties: { email, city: 'Bonn' }, createdAt: at(0), modifiedAt: at(minute) });
const pageOf = (...records: ReturnType<typeof person>[]) => ({
  ...{ records, readAt: new Date(), source: 'test', initial: false },
  cursor: { version: 2, kind: 'load' } as const,
});
/** As the sync writes it. */
const write = (...records: ReturnType<typeof person>[]) =>
  withTombstoneKey(keys, reader, (key) =>
    inWorkspaceWith(database.pool, reader.workspaceId, key, (client) =>
      writePage(client, reader, pageOf(...records)),
    ),
  );
const erase = async (recordId = ADA_ID, also: string[] = []) => {
  const key = await keys.make(reader.workspaceId);
  return inWorkspace(database.pool, reader.workspaceId, (client) =>
    eraseRecord(client, key, { ...reader, recordId, also }, 'test'),
  );
};
const goOn = (id: string, pages = Infinity, data = PERSONAL_DATA) => {
  let left = pages;
  return runErasure(
    { pool: database.pool, sealing, places: placesOf(data) },
    { workspaceId: reader.workspaceId, id },
    () => (left -= 1) >= 0,
  );
};
const feed = (count: number) =>
  until(
    'the feed shows them',
    async () => {
      const { changes } = await readChanges(database.pool, reader.workspaceId, {
        after: { generation: 1, transaction: '0', change: '0' },
        ...{ now: 1, limit: 1000 },
      });
      return changes.length >= count && changes;
    },
    20_000,
  );

/** The rows, of whichever table, in which a text stands. */
async function whereIs(text: string): Promise<Record<string, number>> {
  const found: Record<string, number> = {};
  const { rows } = await run(
    `SELECT c.relname AS name FROM pg_class c
      WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition`,
  );
  for (const { name } of rows as { name: string }[]) {
    const { rows: counted } = await run(
      `SELECT count(*)::int AS n FROM ${name} t
        WHERE lower(t::text) ~ $1 OR convert_from(decode(coalesce(substring(to_jsonb(t) ->> 'payload' from '^\\\\x(.*)$'), ''), 'hex'), 'UTF8') ~ $1`,
      [`(^|[^a-z0-9])${text.replaceAll('.', '[.]')}($|[^a-z0-9])`],
    );
    const [{ n } = { n: 0 }] = counted as { n: number }[];
    if (n > 0) found[name] = n;
  }
  return found;
}

/** One row in each place for a person, and one more where there is more than one way to name them. */
async function seedEverywhere(email: string, id: string, n: number): Promise<void> {
  await write(person(id, email, 1));
  await write(person(id, email.toUpperCase(), 2));
  const payload = JSON.stringify({ driver: { mail: email } });
  const byId = JSON.stringify({ contactId: Number(id) });
  const event = '(workspace_id, portal_id, id, type, payload, event_key, ordering_key, captured_at';
  const values = (k: number, body: string) =>
    `(${W()}, ${portalId}, ${n + k}, 'x', '${body}', 'key ${email} ${k}', '${email}', now()`;
  await run(`INSERT INTO outbox_inbox (portal_id, type, payload) VALUES (${portalId}, 'x', '${payload}')`);
  await run(
    `INSERT INTO outbox_pending ${event}, state) VALUES ${values(1, payload)}, 0), ${values(2, byId)}, 2)`,
  );
  await run(
    `INSERT INTO outbox_holds (portal_id, ordering_key, workspace_id, head_id, release_upto) VALUES (${portalId}, '${email}', ${W()}, ${n + 1}, ${n + 1})`,
  );
  await run(
    `INSERT INTO outbox_dead ${event}, state, reason, died_at) VALUES ${values(3, payload)}, 'dead', 'x', now())`,
  );
  await run(
    `INSERT INTO outbox_history ${event}, mode, processed_at) VALUES ${values(4, payload)}, 'live', now()), ${values(5, '{}')}, 'live', now())`,
  );
  await run(
    `INSERT INTO outbox_keys (workspace_id, event_key, event_id, body_hash, captured_at) VALUES (${W()}, 'key ${email}', ${n}, '', now())`,
  );
  await run(
    `INSERT INTO outbox_ledger (event_id, n, workspace_id, portal_id, kind, state, object_type, object_id, sent_at)
     VALUES (${n + 5}, 1, ${W()}, ${portalId}, 'x', 'done', 'contacts', '${id}', now())`,
  );
  await run(
    `INSERT INTO outbox_attempts (event_id, n, workspace_id, error_class, message, at) VALUES (${n + 4}, 1, ${W()}, 'x', '${email}', now())`,
  );
  await run(
    `INSERT INTO executions (workspace_id, portal_id, callback_id, lane_id, seq, received_at, planned_at, expires_at, source, object_id)
     VALUES (${W()}, ${portalId}, 'c', ${n}, 1, now(), now(), now(), 'x', '${id}')`,
  );
  await run(
    `INSERT INTO execution_history (id, workspace_id, portal_id, callback_id, state, received_at, finished_at, object_id, payload)
     VALUES (${n + 1}, ${W()}, ${portalId}, 'c', 'completed', now(), now(), '${id}', NULL),
            (${n + 2}, ${W()}, ${portalId}, 'c', 'rejected', now(), now(), NULL, convert_to('{"fields":{"mail":"${email}"}', 'UTF8')),
            (${n + 3}, ${W()}, ${portalId}, 'c', 'rejected', now(), now(), NULL, convert_to('{"object":{"objectId":${id},', 'UTF8'))`,
  );
  for (const [fromType, fromId, toType, toId] of [
    ['contacts', id, 'companies', n],
    ['companies', n, 'contacts', id],
  ])
    await run(
      `INSERT INTO crm_edges (workspace_id, portal_id, from_type, from_id, to_type, to_id, category, type_id, read_at)
       VALUES (${W()}, ${portalId}, $1, $2, $3, $4, 'HUBSPOT_DEFINED', 1, now())`,
      [fromType, fromId, toType, toId],
    );
  await run(
    `INSERT INTO crm_aliases (workspace_id, portal_id, object_type, id, survivor_id) VALUES (${W()}, ${portalId}, 'contacts', ${n}, ${id})`,
  );
  await run(
    `INSERT INTO crm_values (workspace_id, portal_id, object_type, property, record_id, value, is_number)
     VALUES (${W()}, ${portalId}, 'contacts', 'email', ${id}, '${email}', false)`,
  );
  await setAside({ pool: database.pool, tombstones: keys }, reader, { id, reason: 'HubSpot refuses it' });
  await run(
    `UPDATE sync_states SET erasures_unsure = erasures_unsure || ARRAY['${id}'] WHERE workspace_id = ${W()} AND portal_id = $1 AND object_type = 'contacts'`,
    [portalId],
  );
  const hash = randomBytes(8);
  const sealed = await sealing.seal(`{"email":"${email}"}`, sealedAnswerContext(reader.workspaceId, hash));
  await run(
    `INSERT INTO webhook_events (workspace_id, portal_id, occurred_at, key, subscription_type, object_type, record_id, reads, event)
     VALUES (${W()}, ${portalId}, now(), '\\x${n}01', 'contact.creation', 'contacts', ${id}, 1, NULL),
            (${W()}, ${portalId}, now(), '\\x${n}02', 'x.y', NULL, NULL, 0, '${payload}'), (${W()}, ${portalId}, now(), '\\x${n}03', 'x.y', NULL, NULL, 0, '${byId}')`,
  );
  await run(
    `INSERT INTO idempotency_keys (request_hash, workspace_id, body_hash, status, sealed_answer, plain_answer)
     VALUES ($1, ${W()}, '', 201, $2, NULL), ($3, ${W()}, '', 201, NULL, $4)`,
    [hash, sealed, randomBytes(8), `{"email":"${email}"}`],
  );
  await run(
    `WITH registration AS (
       INSERT INTO registrations (workspace_id, installation, portal_id, request_hash, body_hash, state, given)
       VALUES (${W()}, 'x', $1, $2, '', 'failed', $3) RETURNING id)
     INSERT INTO registration_steps (workspace_id, registration_id, n, step, object_type, state, record_ids)
     SELECT ${W()}, id, 1, 'contact', 'contacts', 'done', ARRAY[$4::bigint] FROM registration`,
    [portalId, randomBytes(8), `{"contact":{"email":"${email}"}}`, id],
  );
  await run(
    `INSERT INTO action_runs (workspace_id, call_hash, body_hash, portal_id, callback_id, action, version, source, object_id, state,
                              sealed_input, received_at, give_up_at, expires_at, due_at)
     VALUES (${W()}, $2, '', $1, 'c', 'greet', 1, 'WORKFLOWS', $3::text, 'waiting', 'v2.', now(), now(), now(), now())`,
    [portalId, randomBytes(8), id],
  );
}

describe('the list of where data of a person may stand', () => {
  test('has each table of the database: a new one has to say what it holds, and how it is erased', async () => {
    const { rows } = await run(
      `SELECT c.relname AS name FROM pg_class c
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition ORDER BY 1`,
    );
    expect(Object.keys(PERSONAL_DATA).sort()).toEqual((rows as { name: string }[]).map(({ name }) => name));
  });
});

describe('a record that is erased', () => {
  test('leaves its address and its id in no table, but for its number in the feed; what is much like it stays', async () => {
    await seedEverywhere(ADA, ADA_ID, 1000);
    await seedEverywhere(EVE, EVE_ID, 2000);
    const [ofEve, ofHerId] = [await whereIs(EVE), await whereIs(EVE_ID)];
    const { id } = await erase();
    await expect(goOn(id)).resolves.toMatchObject({ done: true });
    expect({ address: await whereIs(ADA), id: await whereIs(ADA_ID) }).toEqual({
      address: {},
      id: { crm_changes: 3 },
    });
    expect([await whereIs(EVE), await whereIs(EVE_ID)]).toEqual([ofEve, ofHerId]);
    const counted = Object.entries(PERSONAL_DATA)
      .filter(([, one]) => 'holds' in one)
      .map(([table]) => table);
    expect(
      Object.keys((await listErasures(database.pool, reader.workspaceId, { limit: 1 }))[0]!.erased).sort(),
    ).toEqual(
      counted.filter((table) => table !== 'outbox_ledger').sort(), // those went with their events
    );
    // Nothing is sent of what waited, and it is known why.
    const { rows: dead } = await run(
      `SELECT id::int, state, error_class, payload FROM outbox_dead WHERE workspace_id = $1 AND id < 2000 ORDER BY id`,
      [reader.workspaceId],
    );
    expect(dead).toEqual(
      [1001, 1002, 1003].map((n) => ({ id: n, state: 'discarded', error_class: 'erased', payload: {} })),
    );
  });

  test('is out of the mirror and its counter at once, and the feed tells it, without data and with all places as they were', async () => {
    await write(person(ADA_ID, ADA), person(EVE_ID, EVE));
    const before = await feed(2);
    const { id } = await erase();
    const { rows } = await run('SELECT live::int FROM sync_states WHERE portal_id = $1', [portalId]);
    expect(rows).toEqual([{ live: 1 }]);
    await goOn(id);
    const after = await feed(3);
    expect(after.map(({ recordId, action, changed }) => [recordId, action, changed])).toEqual([
      [ADA_ID, 'Created', {}],
      [EVE_ID, 'Created', { email: EVE, city: 'Bonn' }],
      [ADA_ID, 'Erased', {}],
    ]);
    for (const { generation, transactionId, id: change } of before)
      expect(
        await isKept(forWorkspace(database.pool, reader.workspaceId), reader.workspaceId, {
          generation,
          transaction: transactionId,
          change,
        }),
      ).toBe(true);
    await erase();
    expect(await feed(3)).toHaveLength(3);
  });

  test('does not come back, whoever reads it late; what is read with it is written', async () => {
    await write(person(ADA_ID, ADA));
    await erase();
    await expect(write(person(ADA_ID, ADA, 9), person(EVE_ID, EVE, 9))).resolves.toMatchObject({
      created: 1,
    });
    const { rows } = await run('SELECT id FROM crm_records WHERE portal_id = $1', [portalId]);
    expect(rows).toEqual([{ id: EVE_ID }]);
    const refused = { id: ADA_ID, reason: 'HubSpot refuses it' };
    await expect(setAside({ pool: database.pool, tombstones: keys }, reader, refused)).resolves.toBe(true);
    const { rows: states } = await run('SELECT set_aside AS aside FROM sync_states WHERE portal_id = $1', [
      portalId,
    ]);
    expect(states).toEqual([{ aside: {} }]);
    // Of another type, or of another portal, the number is another record.
    const other = { ...reader, objectType: 'companies' };
    await run(
      `INSERT INTO sync_states (workspace_id, portal_id, object_type, fence) VALUES (${W()}, $1, 'companies', 1)`,
      [portalId],
    );
    await expect(
      writePage(forWorkspace(database.pool, reader.workspaceId), other, pageOf(person(ADA_ID, ADA))),
    ).resolves.toMatchObject({ created: 1 });
  });

  test('is associated with nothing any more, and nothing is merged into it', async () => {
    await write(person('9', 'nine@example.com'));
    await erase();
    const of = { ...reader, objectType: 'companies' };
    const edge = (to: string) => ({ from: '1', to, category: 'HUBSPOT_DEFINED', typeId: 1, label: null });
    const read = { toType: 'contacts', ids: ['1'], edges: [edge(ADA_ID), edge(EVE_ID)], readAt: new Date() };
    const associated = await withTombstoneKey(keys, of, (key) =>
      inWorkspaceWith(database.pool, reader.workspaceId, key, (client) =>
        writeEdges(client, of, read, { initial: false }),
      ),
    );
    expect(associated).toEqual({ associated: 1, dissociated: 0 });
    const properties = { email: ADA, hs_merged_object_ids: '9' };
    const survivor = mirrored({ id: ADA_ID, properties, createdAt: at(0), modifiedAt: at(9) });
    await expect(write(survivor)).resolves.toMatchObject({ created: 0, merged: 0 });
    const { rows } = await run('SELECT id FROM crm_records WHERE portal_id = $1', [portalId]);
    expect(rows).toEqual([{ id: '9' }]);
  });

  test('has each page of its type written in one go after the first, and those of other types without a key', async () => {
    await write(person(ADA_ID, ADA, 0));
    await erase();
    const tried = async (objectType: string) => {
      const brought: boolean[] = [];
      const of = { ...reader, objectType };
      await run(
        `INSERT INTO sync_states (workspace_id, portal_id, object_type, fence) VALUES ($1, $2, $3, 1) ON CONFLICT DO NOTHING`,
        [reader.workspaceId, portalId, objectType],
      );
      await withTombstoneKey(keys, of, (key) => {
        brought.push(key !== undefined);
        return inWorkspaceWith(database.pool, reader.workspaceId, key, (client) =>
          writePage(client, of, pageOf(person(EVE_ID, EVE, 1))),
        );
      });
      return brought;
    };
    expect(await tried('contacts')).toEqual([false, true]);
    for (let n = 0; n < 2; n += 1) expect(await tried('contacts')).toEqual([true]);
    expect(await tried('companies')).toEqual([false]);
  });

  test('is known by nothing but a keyed hash, and nothing is written by who does not bring the key', async () => {
    await erase();
    const attempt = writePage(
      forWorkspace(database.pool, reader.workspaceId),
      reader,
      pageOf(person(EVE_ID, EVE)),
    );
    expect(needsTheKey(await attempt.catch((error: unknown) => error))).toBe(true);
    const { rows } = await run('SELECT mark FROM crm_tombstones WHERE portal_id = $1', [portalId]);
    const key = await keys.of(reader.workspaceId);
    expect(rows).toEqual([{ mark: key.mark(portalId, 'contacts', ADA_ID) }]);
  });

  test('is marked in the database as HMAC-SHA256 marks it', async () => {
    const secret = randomBytes(32);
    const { setting, mark } = tombstoneKey(secret);
    const { rows } = await run(`SELECT crm_mark(decode($1, 'hex'), 5, '2-7', 9) AS mark`, [setting]);
    expect(rows).toEqual([{ mark: createHmac('sha256', secret).update('5/2-7/9').digest() }]);
    expect(mark(5, '2-7', '9')).toEqual((rows as { mark: Buffer }[])[0]!.mark);
  });
});

describe('an erasure', () => {
  test('goes on where it was, page by page, also when two do it at once; what it was about is forgotten with its end', async () => {
    await seedEverywhere(ADA, ADA_ID, 3000);
    const { id } = await erase();
    await run(
      `INSERT INTO outbox_dead (workspace_id, portal_id, id, type, payload, captured_at, state, reason, died_at)
       SELECT ${W()}, ${portalId}, 100000 + n, 'x', jsonb_build_object('mail', CASE WHEN n % 100 = 0 THEN '${ADA}' ELSE n || '${EVE}' END), now(), 'dead', 'x', now()
         FROM generate_series(1, 1700) n`,
    );
    let pages = 0;
    for (let done = false; !done; pages += 1) {
      const both = await Promise.all([goOn(id, 1), goOn(id, 1)]);
      done = both.some((one) => one.done);
      expect(pages).toBeLessThan(100);
    }
    const [view] = await listErasures(database.pool, reader.workspaceId, { limit: 5 });
    expect(view).toMatchObject({
      id,
      failure: null,
      doneAt: expect.any(Date),
      erased: { outbox_dead: 1 + 17 },
    });
    expect(await whereIs(ADA)).toEqual({});
    const { rows } = await run('SELECT subject, place, due_at FROM erasures WHERE id = $1', [id]);
    expect(rows).toEqual([{ subject: null, place: null, due_at: null }]);
  });

  test('waits for an event that is being delivered, and erases it when that has ended', async () => {
    await run(
      `INSERT INTO outbox_pending (workspace_id, portal_id, id, type, payload, captured_at) VALUES (${W()}, ${portalId}, 4001, 'x', '{"mail":"${ADA}"}', now())`,
    );
    await run(
      `INSERT INTO outbox_claims (workspace_id, portal_id, owner, lease_until, event_ids, ordering_keys) VALUES (${W()}, ${portalId}, 'x', now() + interval '1 minute', '{4001}', '{NULL}')`,
    );
    const { id } = await erase(ADA_ID, [ADA]);
    const due = async () =>
      (await erasuresDue(database.pool, 100)).filter(({ workspaceId }) => workspaceId === reader.workspaceId);
    expect(await due()).toEqual([{ workspaceId: reader.workspaceId, id }]);
    expect(await due()).toEqual([]);
    await expect(goOn(id)).rejects.toMatchObject({ code: '55P03' });
    await putOffErasure(database.pool, { workspaceId: reader.workspaceId, id }, 'it is being delivered');
    expect(await listErasures(database.pool, reader.workspaceId, { limit: 1 })).toMatchObject([
      { failure: 'it is being delivered', doneAt: null },
    ]);
    await run('DELETE FROM outbox_claims WHERE portal_id = $1', [portalId]);
    await expect(goOn(id)).resolves.toEqual({ done: true, erased: 1 });
    expect(await whereIs(ADA)).toEqual({});
  });

  test('of a record that is nowhere is one all the same: what comes late is dropped', async () => {
    const { id } = await erase('5', ['someone@example.com']);
    await expect(goOn(id)).resolves.toEqual({ done: true, erased: 0 });
    await expect(write(person('5', 'someone@example.com'))).resolves.toMatchObject({ created: 0 });
  });
});
