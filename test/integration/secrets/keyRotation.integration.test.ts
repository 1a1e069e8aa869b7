import { createCipheriv, randomBytes, randomUUID } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { runCli } from '../../../src/cli/program.js';
import { createDataKeys, keysInUse } from '../../../src/db/secrets/dataKeys.js';
import { SEALED_COLUMNS } from '../../../src/db/secrets/sealedColumns.js';
import type { EncryptionContext } from '../../../src/secrets/encryptionContext.js';
import { encryptionKeysCheck, refuseMissingKeys } from '../../../src/secrets/encryptionKeysCheck.js';
import { createKeyring } from '../../../src/secrets/keyring.js';
import { rotateKeys, type RotationOptions } from '../../../src/secrets/keyRotation.js';
import { createSealing } from '../../../src/secrets/sealing.js';
import { createLogger } from '../../../src/platform/logger.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { dispatcherOf } from '../../support/inbox.js';
import { testKey } from '../../support/sealing.js';

const logger = createLogger({ LOG_LEVEL: 'silent', LOG_FORMAT: 'json' }, 'test');
const WORKSPACES = ['00000000-0000-4000-8000-000000000001', '00000000-0000-4000-8000-000000000002'];
const OLD = testKey('old', 1);
const NEW = testKey('new', 2);

let db: TestDatabase;
let system: pg.Pool;
beforeAll(async () => {
  db = await createTestDatabase();
  system = new pg.Pool({ connectionString: db.adminUrl.reveal(), max: 3, options: '-c role=sluice_system' });
  system.on('error', () => undefined); // connections that end with the database
});
afterAll(async () => {
  await system.end();
  await db.drop();
});

const OPTIONS: RotationOptions = {
  dataKeys: false,
  dryRun: false,
  say: () => undefined,
  sleep: async () => undefined,
};
const rotate = (options: Partial<RotationOptions> = {}, keys = [NEW, OLD], pool = system) =>
  rotateKeys({ pool, ring: createKeyring(keys), dataKeys: createDataKeys(pool) }, { ...OPTIONS, ...options });

/** A value in every sealed column of two workspaces; the first one's portal twice over, in the old form. */
let secrets: { context: EncryptionContext; text: string }[];
beforeEach(async () => {
  for (const name of ['crm_consumers', 'install_links', 'portals', 'data_keys', 'workspaces'])
    await system.query(`DELETE FROM ${name}`);
  const sealing = createSealing([OLD], createDataKeys(db.pool));
  secrets = [];
  for (const [n, workspaceId] of WORKSPACES.entries()) {
    const hash = randomBytes(32);
    await system.query(`INSERT INTO workspaces (id, name) VALUES ($1, 'w')`, [workspaceId]);
    await system.query('INSERT INTO portals (portal_id, workspace_id) VALUES ($1, $2)', [n + 1, workspaceId]);
    await system.query(
      `WITH link AS (
         INSERT INTO install_links (workspace_id, token_hash, actor, expires_at)
         VALUES ($2, $1, 'cli', clock_timestamp()) RETURNING id)
       INSERT INTO oauth_states (state_hash, workspace_id, link_id, browser_hash, code_verifier, redirect_uri, scopes, optional_scopes, actor, expires_at)
       SELECT $1, $2, id, $1, '', '', '{}', '{}', 'cli', clock_timestamp() FROM link`,
      [hash, workspaceId],
    );
    await system.query(
      `INSERT INTO idempotency_keys (request_hash, workspace_id, body_hash, status) VALUES ($1, $2, $1, 201)`,
      [hash, workspaceId],
    );
    const consumerId = randomUUID();
    await system.query(
      `INSERT INTO crm_consumers (id, workspace_id, name, sink, generation, transaction_id, change_id)
       VALUES ($1, $2, 'one', 'webhook', 1, '0', 0)`,
      [consumerId, workspaceId],
    );
    await system.query(
      `INSERT INTO action_runs (workspace_id, call_hash, body_hash, portal_id, callback_id, action, version, source, state,
                                received_at, give_up_at, expires_at, due_at)
       VALUES ($2, $1, $1, $3, 'ap-1', 'greet', 1, 'WORKFLOWS', 'waiting', now(), now(), now(), now())`,
      [hash, workspaceId, n + 1],
    );
    await system.query(
      `INSERT INTO action_effects (effect_hash, workspace_id, run_id, name) VALUES ($1, $2, 1, 'mail')`,
      [hash, workspaceId],
    );
    await system.query(
      `INSERT INTO portal_settings (portal_id, workspace_id, sealed_values, version) VALUES ($1, $2, '', 1)`,
      [n + 1, workspaceId],
    );
    const hex = hash.toString('hex');
    const rows = {
      ...{
        portals: n + 1,
        portal_settings: n + 1,
        oauth_states: hex,
        idempotency_keys: hex,
        workspaces: workspaceId,
      },
      crm_consumers: consumerId,
      ...{ action_runs: hex, action_effects: hex },
    };
    for (const { table, column } of SEALED_COLUMNS) {
      const context = { workspaceId, table, column, row: rows[table] } as EncryptionContext;
      const text = `secret ${n} of ${table}.${column}`;
      secrets.push({ context, text });
      await store(context, await sealing.seal(text, context));
    }
  }
});

const columnOf = ({ table, column }: EncryptionContext) =>
  SEALED_COLUMNS.find((one) => one.table === table && one.column === column)!;

async function store(context: EncryptionContext, value: string): Promise<void> {
  const { table, column, key, toKey } = columnOf(context);
  await system.query(`UPDATE ${table} SET ${column} = $1 WHERE ${key} = ${toKey('$2::text')}`, [
    value,
    String(context.row),
  ]);
}

async function stored(context: EncryptionContext): Promise<string> {
  const { table, column, key, toKey } = columnOf(context);
  const { rows } = await system.query(
    `SELECT ${column} AS v FROM ${table} WHERE ${key} = ${toKey('$1::text')}`,
    [String(context.row)],
  );
  return rows[0].v as string;
}

async function everythingOpensWith(keys: (typeof OLD)[]): Promise<void> {
  const sealing = createSealing(keys, createDataKeys(db.pool));
  for (const { context, text } of secrets)
    expect((await sealing.open(await stored(context), context)).reveal()).toBe(text);
}

function sealAsV1({ workspaceId, table, row, column }: EncryptionContext, text: string): string {
  const iv = randomBytes(12);
  const aad = [workspaceId, table, String(row), column].map((part) => `${part.length}:${part}`).join('|');
  const cipher = createCipheriv('aes-256-gcm', Buffer.from(OLD.key.reveal(), 'base64'), iv).setAAD(
    Buffer.from(aad),
  );
  const ciphertext = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
  return [
    'v1',
    OLD.id,
    ...[iv, ciphertext, cipher.getAuthTag()].map((part) => part.toString('base64url')),
  ].join('.');
}

/** A pool that dies at its n-th statement, as a process does. */
function dyingPool(after: number): pg.Pool {
  let left = after;
  const dies = <T extends object>(target: T): T =>
    new Proxy(target, {
      get(inner, name) {
        const value: unknown = Reflect.get(inner, name);
        if (name === 'query')
          return (...args: unknown[]) => {
            // Its clean-up at the end is not part of the death.
            if (!/^(ROLLBACK|SELECT pg_advisory_unlock)/.test(String(args[0])) && (left -= 1) < 0)
              return Promise.reject(new Error('killed'));
            return (value as (...all: unknown[]) => Promise<unknown>).apply(inner, args);
          };
        if (name === 'connect') return async () => dies(await (value as () => Promise<object>).call(inner));
        return typeof value === 'function' ? (value.bind(inner) as unknown) : value;
      },
    });
  return dies(system);
}

describe('rotation', () => {
  it('wraps every data key by the first key, touches no value, and says which key can go', async () => {
    const before = await Promise.all(secrets.map(({ context }) => stored(context)));
    const rotation = await rotate();
    expect(rotation).toMatchObject({ toRewrap: 2, rewrapped: 2, newDataKeys: 0, resealed: 0, problems: [] });
    expect(rotation.keys).toEqual([
      { keyId: 'new', dataKeys: 2, values: 0, standing: 'wraps' },
      { keyId: 'old', dataKeys: 0, values: 0, standing: 'removable' },
    ]);
    expect(await Promise.all(secrets.map(({ context }) => stored(context)))).toEqual(before);
    await everythingOpensWith([NEW]);
  });

  it('seals values of the first form anew, so that the key that sealed them can go', async () => {
    for (const { context, text } of secrets.slice(0, 4)) await store(context, sealAsV1(context, text));
    expect((await keysInUse(db.pool)).map(({ keyId, values }) => [keyId, values])).toEqual([['old', 4]]);
    expect(await rotate()).toMatchObject({ oldForm: 4, resealed: 4 });
    await everythingOpensWith([NEW]);
  });

  it('makes new data keys and seals every value anew', async () => {
    const before = await Promise.all(secrets.map(({ context }) => stored(context)));
    const waits: number[] = [];
    const rotation = await rotate({ dataKeys: true, sleep: async (ms) => void waits.push(ms) });
    expect(rotation).toMatchObject({ newDataKeys: 2, resealed: secrets.length, problems: [] });
    expect(waits).toEqual([expect.any(Number)]);
    expect(waits[0]).toBeGreaterThan(25_000); // what other processes may still seal with the old ones
    const after = await Promise.all(secrets.map(({ context }) => stored(context)));
    const dataKeysOf = (values: string[]) => new Set(values.map((value) => value.split('.')[1]));
    for (const id of dataKeysOf(before)) expect(dataKeysOf(after).has(id)).toBe(false);
    await everythingOpensWith([NEW]);
    await system.query(
      `UPDATE data_keys SET retired_at = retired_at - interval '2 days' WHERE retired_at IS NOT NULL`,
    );
    expect(await rotate()).toMatchObject({ removedDataKeys: 2 });
    await everythingOpensWith([NEW]);
  });

  it('changes nothing on a dry run', async () => {
    await store(secrets[0]!.context, sealAsV1(secrets[0]!.context, secrets[0]!.text));
    expect(await rotate({ dryRun: true, dataKeys: true })).toMatchObject({
      toRewrap: 2,
      oldForm: 1,
      rewrapped: 0,
      resealed: 0,
    });
    await everythingOpensWith([OLD]);
  });

  it('can be killed at any statement: everything opens meanwhile, and another run ends it', async () => {
    for (const { context, text } of secrets.slice(0, 2)) await store(context, sealAsV1(context, text));
    let runs = 0;
    for (let statements = 1; ; statements += 1) {
      runs += 1;
      const rotation = await rotate({ dataKeys: true }, [NEW, OLD], dyingPool(statements)).catch(
        (error: Error) => error,
      );
      await everythingOpensWith([NEW, OLD]);
      if (!(rotation instanceof Error)) break;
      expect(rotation.message).toBe('killed');
    }
    expect(runs).toBeGreaterThan(10);
    await everythingOpensWith([NEW]);
    // It was begun once, and gone on with after that.
    const { rows } = await system.query('SELECT count(*)::int AS n FROM data_keys WHERE retired_at IS NULL');
    expect(rows[0].n).toBe(2);
  });

  it('leaves what was stored meanwhile', async () => {
    const [{ context } = secrets[0]!] = secrets;
    const fresh = await createSealing([OLD], createDataKeys(db.pool)).seal('newer', context);
    // Between its read and its write the service stores another value.
    const meddled = new Proxy(system, {
      get(pool, name) {
        if (name !== 'query') return (Reflect.get(pool, name) as () => unknown).bind(pool);
        return async (...args: Parameters<typeof pool.query>) => {
          if (String(args[0]).startsWith('UPDATE portals t SET access_token')) await store(context, fresh);
          return pool.query(...args);
        };
      },
    });
    expect(await rotate({ dataKeys: true }, [NEW, OLD], meddled)).toMatchObject({
      resealed: secrets.length - 1,
      problems: [],
    });
    secrets[0]!.text = 'newer';
    await everythingOpensWith([NEW]);
  });

  it('goes past a value that does not open, and names it', async () => {
    await store(secrets[0]!.context, sealAsV1(secrets[1]!.context, 'not for here'));
    const rotation = await rotate({ dataKeys: true });
    expect(rotation.problems).toEqual([expect.stringMatching(/portals\.access_token of 1 is not genuine/)]);
    expect(rotation.resealed).toBe(secrets.length - 1);
  });

  it('runs once at a time', async () => {
    let inner: unknown;
    await rotate({
      dataKeys: true,
      sleep: async () => void (inner = await rotate().catch((error: unknown) => error)),
    });
    expect(inner).toMatchObject({
      code: 'conflict',
      message: expect.stringMatching(/is running: .+, process \d+ of the database \(login \w+\)\. Wait/),
    });
  });

  it.each(['idle', 'busy'])('goes on beside an outbox dispatcher that is %s', async (state) => {
    const dispatcher = dispatcherOf(db);
    const application = new pg.Client({ connectionString: db.url.reveal() });
    await application.connect();
    dispatcher.start();
    try {
      await application.query('BEGIN');
      if (state === 'busy') await application.query(`SELECT sluice_track_event('nova_earned', '{}')`);
      expect(await rotate({ dataKeys: true })).toMatchObject({ rewrapped: 2, newDataKeys: 2, problems: [] });
    } finally {
      await Promise.all([dispatcher.stop(), application.end()]);
    }
    await everythingOpensWith([NEW]);
  });
});

describe('a key that ENCRYPTION_KEYS lacks', () => {
  it('keeps a process from starting, and is named', async () => {
    await refuseMissingKeys(encryptionKeysCheck(db.pool, [NEW, OLD]), logger);
    await expect(refuseMissingKeys(encryptionKeysCheck(db.pool, [NEW]), logger)).rejects.toThrow(
      /Refusing to start: ENCRYPTION_KEYS lacks key "old" \(2 depend on it\)/,
    );
  });

  it('is looked for in every sealed column that may have a value of it', async () => {
    await system.query('UPDATE data_keys SET kek_id = $1', ['new']);
    for (const { context, text } of secrets.slice(0, SEALED_COLUMNS.length)) {
      if ('isAfterV1' in columnOf(context)) continue;
      const value = await stored(context);
      await store(context, sealAsV1(context, text));
      await expect(encryptionKeysCheck(db.pool, [NEW])()).rejects.toThrow(/"old"/);
      await store(context, value);
      await encryptionKeysCheck(db.pool, [NEW])();
    }
  });

  it('does not keep a process from starting while the database is away', async () => {
    const away = { query: () => Promise.reject(new Error('away')) } as unknown as pg.Pool;
    await refuseMissingKeys(encryptionKeysCheck(away, [NEW]), logger);
  });
});

describe('sluice encryption-keys', () => {
  async function sluice(...args: string[]) {
    const seen = { out: '', err: '' };
    const code = await runCli(args, {
      out: (text) => void (seen.out += text),
      err: (text) => void (seen.err += text),
      env: {
        DATABASE_URL: db.url.reveal(),
        DATABASE_ADMIN_URL: db.adminUrl.reveal(),
        ENCRYPTION_KEYS: [NEW, OLD].map(({ id, key }) => `${id}:${key.reveal()}`).join(','),
      },
      cwd: mkdtempSync(path.join(tmpdir(), 'sluice-cli-')),
    });
    return { code, ...seen };
  }

  it('lists and rotates', async () => {
    expect((await sluice('encryption-keys', 'list')).out).toMatch(/^old +2 +0 +still needed$/m);
    expect((await sluice('encryption-keys', 'rotate', '--dry-run')).out).toContain(
      'Would wrap 2 data keys anew',
    );
    const rotated = await sluice('encryption-keys', 'rotate');
    expect(rotated).toMatchObject({
      code: 0,
      err: expect.stringContaining('Data keys wrapped by "new": 2 of 2'),
    });
    expect(rotated.out).toMatch(/^old +0 +0 +nothing needs it: can be removed/m);
    expect(JSON.parse((await sluice('encryption-keys', 'list', '--json')).out)).toMatchObject({
      keys: [
        { keyId: 'new', standing: 'wraps' },
        { keyId: 'old', standing: 'removable' },
      ],
    });
    // Once in the chain of each of the two workspaces; the dry run is in none.
    const { rows } = await db.admin.query(
      `SELECT count(*)::int AS entries, count(DISTINCT workspace_id)::int AS workspaces FROM audit_entries
        WHERE operation = 'keys.rotate' AND actor = 'cli' AND result = 'ok' AND subject = '{"keyId": "new", "dataKeys": false}'`,
    );
    expect(rows).toEqual([{ entries: 2, workspaces: 2 }]);
  });

  it('exits with 1 when something could not be done', async () => {
    await store(secrets[0]!.context, sealAsV1(secrets[1]!.context, 'not for here'));
    const { code, out, err } = await sluice('encryption-keys', 'rotate');
    expect([code, err]).toEqual([1, expect.stringContaining('1 could not be done')]);
    expect(out).toContain('Not done: The sealed portals.access_token of 1');
  });

  it('shreds a workspace: its secrets open no more, the others do', async () => {
    const [ours, theirs] = WORKSPACES;
    const careless = await sluice('encryption-keys', 'shred', ours!);
    expect([careless.code, careless.err]).toEqual([2, expect.stringMatching(/add --yes if it is meant/)]);
    const looked = await sluice('encryption-keys', 'shred', ours!, '--dry-run');
    expect([looked.code, looked.out]).toEqual([0, expect.stringContaining('unreadable for good')]);
    expect((await sluice('encryption-keys', 'shred', ours!, '--yes')).out).toContain(
      'Deleted 1 data key of workspace',
    );
    const sealing = createSealing([OLD], createDataKeys(db.pool));
    for (const { context, text } of secrets) {
      const opened = sealing.open(await stored(context), context);
      if (context.workspaceId === theirs) expect((await opened).reveal()).toBe(text);
      else await expect(opened).rejects.toThrow(/has been deleted/);
    }
  });
});
