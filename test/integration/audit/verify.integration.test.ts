import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import pg from 'pg';
import { createReconcilerActivities } from '../../../src/worker/reconciler.js';
import { hashEntry } from '../../../src/domain/audit/chain.js';
import { createHeadSigner } from '../../../src/services/audit/headSigner.js';
import { readHead } from '../../../src/domain/audit/head.js';
import { createAuditChains } from '../../../src/services/audit/auditChains.js';
import { audit } from '../../../src/db/audit/audit.js';
import { withChain } from '../../../src/db/audit/chain.js';
import { inWorkspace } from '../../../src/db/tenant.js';
import { createLogger } from '../../../src/platform/logger.js';
import { Secret } from '../../../src/platform/secret.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';

const W = '00000000-0000-4000-8000-00000000000a';
const ENTRIES = 6;
const logger = createLogger({ LOG_LEVEL: 'silent', LOG_FORMAT: 'json' }, 'test');
const ring = (...ids: string[]) =>
  ids.map((id) => ({ id, key: new Secret(Buffer.alloc(32, id).toString('base64')) }));

let database: TestDatabase;
beforeEach(async () => {
  database = await createTestDatabase();
});
afterEach(() => database.drop());

const chains = (...ids: string[]) =>
  createAuditChains({ pool: database.pool, signer: createHeadSigner(ring(...ids)), logger });

async function add(count: number): Promise<void> {
  for (let n = 0; n < count; n += 1) {
    const subject = { laneId: String(n), rate: { limit: n } };
    await audit(database.pool, {
      workspaceId: W,
      actor: 'key:1',
      operation: 'lane.change',
      portalId: n,
      subject,
      result: 'ok',
    });
  }
}

/** As the owner of the tables, who no policy and no grant holds back. */
const asOwner = (text: string, values: unknown[] = []) => database.admin.query(text, values);

/**
 * Writes the chain anew from entry `from` on, each hash and the end as they must be: what somebody would do who knows
 * the code.
 */
async function rehash(from: number): Promise<void> {
  const entries = await withChain(database.admin, W, async (chain) => {
    const all = [];
    for await (const entry of chain.entries(1n)) all.push(entry);
    return all;
  });
  let previousHash = entries[from - 2]?.hash;
  for (const entry of entries.slice(from - 1)) {
    const changed = { ...entry, previousHash: previousHash ?? entry.previousHash };
    previousHash = hashEntry(changed);
    await asOwner('UPDATE audit_entries SET previous_hash = $1, hash = $2 WHERE seq = $3', [
      changed.previousHash,
      previousHash,
      entry.seq,
    ]);
  }
  await asOwner('UPDATE audit_chains SET seq = $1, hash = $2', [entries.length, previousHash]);
}

async function cut(last: number): Promise<void> {
  await asOwner('DELETE FROM audit_entries WHERE seq > $1', [last]);
  await asOwner('UPDATE audit_chains SET seq = e.seq, hash = e.hash FROM audit_entries e WHERE e.seq = $1', [
    last,
  ]);
}

const nth = fc.integer({ min: 1, max: ENTRIES });
const EDITS: Record<string, string> = {
  workspace_id: 'gen_random_uuid()',
  seq: 'seq + 100',
  at: `at + interval '1 microsecond'`,
  actor: `actor || ' '`,
  operation: 'upper(operation)',
  portal_id: 'coalesce(portal_id, 0) + 1',
  subject: `subject || '{"rate": {"limit": 1000}}'`,
  result: `'forbidden'`,
  previous_hash: 'set_byte(previous_hash, 31, get_byte(previous_hash, 31) # 1)',
  hash: 'set_byte(hash, 0, get_byte(hash, 0) # 1)',
};

const TABLES = ['audit_entries', 'audit_chains', 'audit_heads'];

async function restore(): Promise<void> {
  await asOwner('ALTER TABLE audit_entries DROP CONSTRAINT IF EXISTS audit_entries_workspace_id_seq_pk');
  for (const table of TABLES)
    await asOwner(`TRUNCATE ${table}; INSERT INTO ${table} SELECT * FROM kept_${table}`);
  await asOwner(
    'ALTER TABLE audit_entries ADD CONSTRAINT audit_entries_workspace_id_seq_pk PRIMARY KEY (workspace_id, seq)',
  );
}

/** One statement of somebody who may do anything to the tables. */
const tampering = fc.oneof(
  fc
    .tuple(nth, fc.constantFrom(...Object.keys(EDITS)))
    .map(([n, column]) => `UPDATE audit_entries SET ${column} = ${EDITS[column]} WHERE seq = ${n}`),
  nth.map((n) => `UPDATE audit_entries SET portal_id = null WHERE seq = ${n}`),
  nth.map((n) => `DELETE FROM audit_entries WHERE seq = ${n}`),
  nth.map((n) => `DELETE FROM audit_entries WHERE seq >= ${n}`),
  fc
    .tuple(nth, nth)
    .filter(([a, b]) => a !== b)
    .map(
      ([a, b]) =>
        `ALTER TABLE audit_entries DROP CONSTRAINT audit_entries_workspace_id_seq_pk; UPDATE audit_entries SET seq = CASE seq WHEN ${a} THEN ${b} ELSE ${a} END WHERE seq IN (${a}, ${b})`,
    ),
  fc
    .tuple(nth, nth)
    .map(
      ([n, like]) =>
        `ALTER TABLE audit_entries DROP CONSTRAINT audit_entries_workspace_id_seq_pk; INSERT INTO audit_entries SELECT workspace_id, ${n}, at, actor, operation, portal_id, subject, result, previous_hash, hash FROM audit_entries WHERE seq = ${like}`,
    ),
  nth.map(
    (n) =>
      `INSERT INTO audit_entries SELECT workspace_id, ${ENTRIES + 1}, at, actor, operation, portal_id, subject, result, hash, hash FROM audit_entries WHERE seq = ${n}`,
  ),
  fc.constantFrom(
    'DELETE FROM audit_chains',
    'UPDATE audit_chains SET seq = seq - 1',
    'UPDATE audit_chains SET seq = seq + 1',
    `UPDATE audit_chains SET hash = sha256('x')`,
    'UPDATE audit_heads SET seq = seq + 1',
    'UPDATE audit_heads SET seq = seq - 1',
    `UPDATE audit_heads SET hash = sha256('x')`,
    `UPDATE audit_heads SET key_id = 'k9'`,
    `UPDATE audit_heads SET signature = sha256('x')`,
    `UPDATE audit_heads SET signature = 'x'`,
  ),
);

describe('audit verify', () => {
  it('finds any single tampering by the owner of the tables', async () => {
    await add(ENTRIES);
    expect(await chains('k1').verify(W)).toMatchObject({ problem: undefined, entries: ENTRIES });
    for (const table of TABLES) await asOwner(`CREATE TABLE kept_${table} AS SELECT * FROM ${table}`);
    await fc.assert(
      fc.asyncProperty(tampering, async (statement) => {
        await asOwner(statement);
        const { problem, head } = await chains('k1').verify(W);
        await restore();
        expect({ statement, problem }).toEqual({
          statement,
          problem: {
            seq: expect.stringMatching(/^\d+$/),
            kind: expect.any(String),
            detail: expect.any(String),
          },
        });
        expect(head).toBeNull();
      }),
      { numRuns: 120 },
    );
    expect(await chains('k1').verify(W)).toMatchObject({ problem: undefined, entries: ENTRIES });
  });

  it.each([
    [
      `UPDATE audit_entries SET actor = 'x' WHERE seq = 3`,
      '3',
      'edited',
      'Entry 3 is not what its hash was made of',
    ],
    ['DELETE FROM audit_entries WHERE seq IN (3, 4)', '3', 'missing', 'Entries 3 to 4 are missing'],
    ['DELETE FROM audit_entries WHERE seq = 1', '1', 'missing', 'Entry 1 is missing'],
    [
      `UPDATE audit_entries e SET previous_hash = sha256('x') WHERE seq = 2`,
      '2',
      'edited',
      'Entry 2 is not what its hash was made of',
    ],
    ['DELETE FROM audit_entries WHERE seq > 4', '5', 'cut', 'The last entry is 4, but there were 6'],
  ])('after %s says that entry %s is %s', async (statement, seq, kind, detail) => {
    await add(ENTRIES);
    await asOwner(statement);
    expect((await chains('k1').verify(W)).problem).toEqual({
      seq,
      kind,
      detail: expect.stringContaining(detail),
    });
  });

  it('finds a chain that was written anew with right hashes, by the heads that were signed', async () => {
    await add(4);
    await chains('k1').verify(W);
    await add(2);
    await asOwner(`UPDATE audit_entries SET actor = 'key:2' WHERE seq = 3`);
    await rehash(3);
    const { problem } = await chains('k1').verify(W);
    expect(problem).toMatchObject({ seq: '4', kind: 'rewritten' });
    // Without the heads it agrees with itself, and only what was kept elsewhere tells.
    await asOwner('DELETE FROM audit_heads');
    expect((await chains('k1').verify(W)).problem).toBeUndefined();
  });

  it('finds a tail that was cut clean off, by a head in the table, or by one or an entry from the log', async () => {
    await add(ENTRIES - 1);
    const last = await audit(database.pool, {
      workspaceId: W,
      actor: 'system',
      operation: 'lane.drain',
      subject: {},
      result: 'ok',
    });
    const { head } = await chains('k1').verify(W);
    expect(head).toMatch(new RegExp(`^${ENTRIES}:${last.hash}:k1:[\\w-]{43}$`));
    await cut(4);
    expect((await chains('k1').verify(W)).problem).toMatchObject({ seq: '5', kind: 'cut' });

    await asOwner('DELETE FROM audit_heads');
    expect((await chains('k1').verify(W)).problem).toBeUndefined();
    for (const kept of [head!, `${last.seq}:${last.hash}`])
      expect((await chains('k1').verify(W, readHead(kept))).problem).toMatchObject({ seq: '5', kind: 'cut' });

    // Other entries in its place do not help.
    await add(3);
    for (const kept of [head!, `${last.seq}:${last.hash}`])
      expect((await chains('k1').verify(W, readHead(kept))).problem).toMatchObject({
        seq: '6',
        kind: 'rewritten',
      });
  });

  it('takes no head that was not signed for this very chain', async () => {
    await add(2);
    const { head } = await chains('k1').verify(W);
    const [seq, hash, keyId, signature] = head!.split(':');
    for (const [given, kind] of [
      [`${seq}:${hash}:${keyId}:${'A'.repeat(43)}`, 'head_forged'],
      [`1:${hash}:${keyId}:${signature}`, 'head_forged'],
      [`${seq}:${hash}:k2:${signature}`, 'head_unknown_key'],
    ])
      expect((await chains('k1').verify(W, readHead(given!))).problem).toMatchObject({ kind });
    expect((await chains('k1').verify(W, readHead(head!))).problem).toBeUndefined();
    for (const nonsense of ['', 'x', `0:${hash}`, `${seq}:${hash}:k1`, `${head}0`])
      expect(readHead(nonsense)).toBeUndefined();
  });

  it('knows the heads of a key while it is listed, and those of its successor vouch for them afterwards', async () => {
    await add(2);
    const first = await chains('k1').verify(W);
    expect(await chains('k2', 'k1').verify(W, readHead(first.head!))).toMatchObject({
      problem: undefined,
      heads: { genuine: 1, unknownKey: 0 },
    });
    expect(await chains('k2').verify(W)).toMatchObject({
      problem: undefined,
      heads: { genuine: 1, unknownKey: 1 },
    });
    // Of a key that nobody lists, with none newer: nobody vouches for it.
    expect((await chains('k3').verify(W)).problem).toMatchObject({ seq: '2', kind: 'head_unknown_key' });
  });

  it('reads a long chain a page at a time', async () => {
    await inWorkspace(database.pool, W, (client) =>
      client.query(
        `SELECT count(*) FROM generate_series(1, 2500) n, LATERAL audit_append($1, 'key:1', 'lane.change', n, '{}', 'ok')`,
        [W],
      ),
    );
    const query = jest.spyOn(pg.Client.prototype, 'query');
    try {
      expect(await chains('k1').verify(W)).toMatchObject({ problem: undefined, entries: 2500 });
      const results = (await Promise.all(
        query.mock.results.map(({ value }) => value),
      )) as unknown as pg.QueryResult[];
      const pages = results.map(({ rows }) => rows?.length ?? 0);
      expect(Math.max(...pages)).toBe(1000);
      expect(pages.reduce((sum, rows) => sum + rows, 0)).toBeLessThan(2510);
    } finally {
      query.mockRestore();
    }
  });
});

describe('the hourly signature', () => {
  const SIGNED = 'SELECT seq, key_id FROM audit_heads ORDER BY seq';

  it('is put under each chain that has grown, once an hour, and covers what came since', async () => {
    await add(3);
    expect(await chains('k1').signDue()).toBe(1);
    await add(1);
    expect(await chains('k1').signDue()).toBe(0);
    await asOwner(`UPDATE audit_heads SET signed_at = signed_at - interval '61 minutes'`);
    expect(await chains('k1').signDue()).toBe(1);
    expect((await asOwner(SIGNED)).rows).toEqual([
      { seq: '3', key_id: 'k1' },
      { seq: '4', key_id: 'k1' },
    ]);
    await asOwner(`UPDATE audit_heads SET signed_at = signed_at - interval '61 minutes'`);
    expect(await chains('k1').signDue()).toBe(0);
    expect(await chains('k2', 'k1').signDue()).toBe(1);
  });

  it.each([
    `UPDATE audit_entries SET actor = 'x' WHERE seq = 4`,
    `UPDATE audit_entries SET actor = 'x' WHERE seq = 3`,
    'DELETE FROM audit_entries WHERE seq = 3',
    'DELETE FROM audit_entries WHERE seq = 4',
    'DELETE FROM audit_entries WHERE seq >= 3; UPDATE audit_chains SET seq = 2',
  ])('is refused after %s, and said once an hour, not at each try', async (statement) => {
    await add(3);
    await chains('k1').signDue();
    await add(2);
    await asOwner(statement);
    await asOwner(`UPDATE audit_heads SET signed_at = signed_at - interval '61 minutes'`);
    const errors: string[] = [];
    const watched = Object.assign(Object.create(logger) as typeof logger, {
      error: (message: string) => void errors.push(message),
    });
    const one = createAuditChains({
      pool: database.pool,
      signer: createHeadSigner(ring('k1')),
      logger: watched,
    });
    expect(await one.signDue()).toBe(0);
    expect(await one.signDue()).toBe(0);
    expect(errors).toEqual([expect.stringContaining('The audit chain of a workspace does not hold')]);
    expect((await asOwner(SIGNED)).rows).toHaveLength(1);
  });

  it('is one of the sweeps of the reconciler: a sweep that fails, or hangs, holds up none of the others', async () => {
    await add(1);
    const every = { everyMs: 0, timeoutMs: 200 };
    const { sweep } = createReconcilerActivities(
      [
        { ...every, name: 'fails', run: () => Promise.reject(new Error('a sweep that fails')) },
        { ...every, name: 'hangs', run: () => new Promise(() => undefined) },
        { ...every, timeoutMs: 10_000, name: 'signed', run: () => chains('k1').signDue() },
      ],
      logger,
    );
    expect(await sweep()).toEqual({ signed: 1 });
    expect((await asOwner(SIGNED)).rows).toEqual([{ seq: '1', key_id: 'k1' }]);
  });
});
