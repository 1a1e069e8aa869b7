import { randomUUID } from 'node:crypto';
import {
  chmod,
  copyFile,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { TokenId } from '../../../src/db/tokens/tokens.js';
import { openJournal } from '../../../src/hubspot/tokens/openJournal.js';
import { openTokenJournal, type TokenJournal } from '../../../src/hubspot/tokens/tokenJournal.js';
import type { Config } from '../../../src/platform/config/config.js';
import { createLogger } from '../../../src/platform/logger.js';
import { Secret } from '../../../src/platform/secret.js';
import { createKeyring } from '../../../src/secrets/keyring.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { startTokens, storeInstall, tokenConfig, type TokenProcess } from '../../support/tokens.js';
import { until } from '../../support/until.js';
import { startHarness, type Harness } from '../sandbox/harness.js';

const WORKSPACE = '00000000-0000-4000-8000-000000000001';
const silent = createLogger({ LOG_LEVEL: 'silent', LOG_FORMAT: 'json' }, 'test');

let db: TestDatabase;
let hubspot: Harness;
let config: Config;
let folder: string;
let journal: TokenJournal;
let processes: TokenProcess[];
let portalId = 900;
beforeAll(async () => {
  db = await createTestDatabase();
  hubspot = await startHarness();
  await db.admin.query(`INSERT INTO workspaces (id, name) VALUES ($1, 'ours')`, [WORKSPACE]);
  // Each refresh gives another refresh token, and the old one is dead at once.
  await hubspot.control('PATCH', '/settings', {
    rotateRefreshTokens: true,
    rotationInvalidatesOldAfterMs: 0,
  });
});
afterAll(async () => {
  await hubspot.close();
  await db.drop();
});
beforeEach(async () => {
  portalId += 1;
  processes = [];
  config = tokenConfig(db.url, hubspot.url);
  folder = await mkdtemp(path.join(tmpdir(), 'sluice-journal-'));
  journal = await openTokenJournal(folder, createKeyring(config.ENCRYPTION_KEYS));
});
afterEach(async () => {
  await Promise.all(processes.map((one) => one.stop()));
  await rm(folder, { recursive: true });
});

function start(logger = silent): TokenProcess {
  const process = startTokens(config, logger, journal);
  processes.push(process);
  return process;
}

/** The app is installed, and its access token has ended. */
async function install(process: TokenProcess): Promise<string> {
  await hubspot.control('POST', '/portals', { portalId });
  const { body } = await hubspot.control('POST', `/portals/${portalId}/install`, {});
  const { accessToken, refreshToken } = body as { accessToken: string; refreshToken: string };
  const at = { workspaceId: WORKSPACE, portalId };
  await storeInstall(process.pool, process.sealing, { ...at, accessToken, refreshToken, expiresInMs: 0 });
  return refreshToken;
}

/** A process refreshes the token, and dies before the database has taken what HubSpot granted. */
async function dieWithGrant(
  process: TokenProcess,
  id: { version: number; epoch: number } = { version: 1, epoch: 1 },
): Promise<TokenId> {
  const refreshToken = new Secret(await install(process));
  const grant = await process.oauth.refresh({ refreshToken, portalId });
  const from = { workspaceId: WORKSPACE, portalId, ...id };
  await journal.write({ from, grant, grantedAtMs: Date.now() });
  return from;
}

const row = async () =>
  (await db.admin.query('SELECT * FROM portals WHERE portal_id = $1', [portalId])).rows[0];
const works = async (token: string): Promise<boolean> =>
  (
    await hubspot.ask(
      'POST',
      '/automation/actions/callbacks/2026-03/complete',
      { inputs: [] },
      { authorization: `Bearer ${token}` },
    )
  ).status === 204;
const refreshes = async (): Promise<number> =>
  (await hubspot.control('GET', '/oauth/report')).body.tokenCalls.perPortal[portalId]?.refresh_token ?? 0;
const filesLeft = () => readdir(folder);

/** The database takes no token, as after a fail-over to a node that is still read-only. */
async function refuseTokens(sqlState: string, counter = 'refusals'): Promise<() => Promise<void>> {
  await db.admin.query(`CREATE SEQUENCE IF NOT EXISTS ${counter}`); // counts what is rolled back, too
  await db.admin.query(
    `CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
       BEGIN PERFORM nextval('public.${counter}'); RAISE EXCEPTION 'cannot execute UPDATE' USING ERRCODE = '${sqlState}'; END $$`,
  );
  await db.admin.query(
    `CREATE TRIGGER refuse BEFORE UPDATE OF access_token ON portals FOR EACH ROW EXECUTE FUNCTION refuse()`,
  );
  return async () => void (await db.admin.query('DROP FUNCTION refuse CASCADE'));
}

describe('a token that was granted', () => {
  it.each(['25006', '53100', '58030', 'XX000'])(
    'is on the disk before the database is asked, and stays there until it is stored (%s)',
    async (sqlState) => {
      const process = start();
      await install(process);
      const accept = await refuseTokens(sqlState);
      const asked = process.tokens.accessToken(portalId, { waitMs: 20_000 });
      try {
        await until('it is on the disk', async () => (await filesLeft()).length === 1, 5000);
        expect(await row()).toMatchObject({ token_version: 1 });
      } finally {
        await accept();
      }
      expect(await works((await asked).secret.reveal())).toBe(true);
      expect(await row()).toMatchObject({ token_version: 2, state: 'active' });
      expect(await filesLeft()).toEqual([]);
      expect(await refreshes()).toBe(1);
    },
    30_000,
  );

  it('is stored by the next process where the one that had it died', async () => {
    await dieWithGrant(start());
    const next = start();
    await next.storeGrantsLeft(0);
    expect(await row()).toMatchObject({ token_version: 2, state: 'active', refresh_failures: 0 });
    expect(await filesLeft()).toEqual([]);
    next.tokens.forget(portalId);
    expect(await works((await next.tokens.accessToken(portalId)).secret.reveal())).toBe(true);
    expect(await refreshes()).toBe(1);
  });

  it('is used in place of another refresh, which would be refused', async () => {
    await dieWithGrant(start());
    const token = await start().tokens.accessToken(portalId);
    expect(token.version).toBe(2);
    expect(await works(token.secret.reveal())).toBe(true);
    expect(await refreshes()).toBe(1);
  });

  it('revives a portal that was taken to need a new authorisation, on the record', async () => {
    await dieWithGrant(start());
    // A process on another machine, without this journal.
    const stranger = startTokens(config);
    processes.push(stranger);
    await expect(stranger.tokens.accessToken(portalId)).rejects.toThrow();
    expect(await row()).toMatchObject({ state: 'reauth_required' });

    const next = start();
    await next.storeGrantsLeft(0);
    expect(await row()).toMatchObject({ state: 'active', state_reason: null, token_version: 2 });
    expect(next.keeper).toEqual([`notifyChanged ${portalId}`]);
    const { rows } = await db.admin.query(
      `SELECT operation FROM audit_entries WHERE portal_id = $1 ORDER BY seq DESC LIMIT 1`,
      [portalId],
    );
    expect(rows).toEqual([{ operation: 'portal.recover' }]);
    expect(await works((await next.tokens.accessToken(portalId)).secret.reveal())).toBe(true);
  });

  it('never takes the place of a newer one', async () => {
    await dieWithGrant(start());
    await db.admin.query('UPDATE portals SET token_version = 5, access_token = $2 WHERE portal_id = $1', [
      portalId,
      'newer',
    ]);
    await start().storeGrantsLeft(0);
    expect(await row()).toMatchObject({ token_version: 5, access_token: 'newer' });
    expect(await filesLeft()).toEqual([]);
  });
});

/** The database has the token of version 1; versions 2 and 3 were stored, and lost with a fail-over or a restore. */
describe('a token that was granted before the database went back', () => {
  const later = { version: 3, epoch: 1 };

  it('is stored as the version that it was, with a line of the log', async () => {
    await dieWithGrant(start(), later);
    const said: unknown[] = [];
    const logger = { ...silent, info: () => undefined, warn: (...line: unknown[]) => void said.push(line) };
    const next = start(logger as unknown as typeof silent);
    await next.storeGrantsLeft(0);
    expect(await row()).toMatchObject({ token_version: 4, state: 'active' });
    expect(await filesLeft()).toEqual([]);
    expect(said).toEqual([
      [expect.stringContaining('had gone back'), { portalId, databaseVersion: 1, version: 4 }],
    ]);
    next.tokens.forget(portalId);
    expect(await works((await next.tokens.accessToken(portalId)).secret.reveal())).toBe(true);
    expect(await refreshes()).toBe(1);
  });

  it('is used in place of a refresh with the old one', async () => {
    await dieWithGrant(start(), later);
    const token = await start().tokens.accessToken(portalId);
    expect(token.version).toBe(4);
    expect(await works(token.secret.reveal())).toBe(true);
    expect(await refreshes()).toBe(1);
  });

  it('revives a portal whose old token HubSpot has refused since', async () => {
    await dieWithGrant(start(), later);
    await db.admin.query(`UPDATE portals SET state = 'reauth_required' WHERE portal_id = $1`, [portalId]);
    await start().storeGrantsLeft(0);
    expect(await row()).toMatchObject({ token_version: 4, state: 'active' });
    expect(await filesLeft()).toEqual([]);
  });

  it('that was carried by the process alone is stored over the older one', async () => {
    const process = start();
    await install(process);
    await db.admin.query('UPDATE portals SET token_version = 4 WHERE portal_id = $1', [portalId]);
    const accept = await refuseTokens('25006');
    const asked = process.tokens.accessToken(portalId, { waitMs: 20_000 });
    try {
      await until('HubSpot has granted it', async () => (await filesLeft()).length === 1, 5000);
      await db.admin.query('UPDATE portals SET token_version = 2 WHERE portal_id = $1', [portalId]);
    } finally {
      await accept();
    }
    expect((await asked).version).toBe(5);
    expect(await works((await asked).secret.reveal())).toBe(true);
  }, 30_000);

  it('takes not the place of one that HubSpot has granted since', async () => {
    await dieWithGrant(start(), later);
    await db.admin.query(
      `UPDATE portals SET token_version = 2, access_token = 'newer', refreshed_at = clock_timestamp() + interval '1 second'
        WHERE portal_id = $1`,
      [portalId],
    );
    await start().storeGrantsLeft(0);
    expect(await row()).toMatchObject({ token_version: 2, access_token: 'newer' });
    expect(await filesLeft()).toEqual([]);
  });

  it.each([
    ['stays where the database has an earlier install', 'epoch = 0', 1],
    ['goes where the database has a later install', 'epoch = 2', 0],
    ['goes where the portal is disconnected', `state = 'disconnected'`, 0],
  ])('%s', async (_, change, files) => {
    await dieWithGrant(start(), later);
    await db.admin.query(`UPDATE portals SET ${change} WHERE portal_id = $1`, [portalId]);
    await start().storeGrantsLeft(0);
    expect(await row()).toMatchObject({ token_version: 1 });
    expect((await filesLeft()).length).toBe(files);
  });
});

describe('a pass over the journal', () => {
  it('ends at the first answer of a database that is away, and with the process', async () => {
    await dieWithGrant(start());
    portalId += 1;
    await dieWithGrant(start());
    const accept = await refuseTokens('57P01', 'tries');
    const tries = async () => (await db.admin.query('SELECT last_value::int, is_called FROM tries')).rows[0];
    try {
      await start().storeGrantsLeft(0);
      expect(await tries()).toEqual({ last_value: 1, is_called: true });
      await start().storeGrantsLeft(0, AbortSignal.abort());
      expect(await tries()).toEqual({ last_value: 1, is_called: true });
    } finally {
      await accept();
    }
    await start().storeGrantsLeft(0);
    expect(await filesLeft()).toEqual([]);
  });
});

describe('a file of the journal', () => {
  it('holds no secret that can be read, and is for its owner alone', async () => {
    const from = await dieWithGrant(start());
    const [name = ''] = await filesLeft();
    const entry = await journal.find(from);
    const text = await readFile(path.join(folder, name), 'utf8');
    for (const secret of [entry?.grant.accessToken, entry?.grant.refreshToken])
      expect(text).not.toContain(secret?.reveal());
    expect((await stat(path.join(folder, name))).mode & 0o777).toBe(0o600);
  });

  it('that was copied, cut or sealed by another key is left where it is, and keeps nobody from the others', async () => {
    await dieWithGrant(start());
    const [name = ''] = await filesLeft();
    await copyFile(path.join(folder, name), path.join(folder, '1-1-1.token'));
    await writeFile(path.join(folder, '2-1-1.token'), 'j1.other.x.y.z');
    await writeFile(path.join(folder, '3-1-1.token'), '');
    expect((await journal.list()).unreadable.sort()).toEqual(['1-1-1.token', '2-1-1.token', '3-1-1.token']);
    await start().storeGrantsLeft(0);
    expect(await row()).toMatchObject({ token_version: 2 });
    expect((await filesLeft()).length).toBe(3);
  });

  it('that cannot be written holds up no refresh', async () => {
    const process = start();
    await install(process);
    await rm(folder, { recursive: true });
    try {
      expect((await process.tokens.accessToken(portalId)).version).toBe(2);
    } finally {
      journal = await openTokenJournal(folder, createKeyring(config.ENCRYPTION_KEYS));
    }
  });
});

describe('a draft of the journal', () => {
  const open = () => openTokenJournal(folder, createKeyring(config.ENCRYPTION_KEYS));
  const draftOf = (name: string) => `${name}.${randomUUID()}`;
  /** Written ten minutes ago. */
  async function age(name: string): Promise<void> {
    const at = new Date(Date.now() - 600_000);
    await utimes(path.join(folder, name), at, at);
  }

  it('goes where it cannot get its name', async () => {
    const from = await dieWithGrant(start());
    const entry = await journal.find(from);
    const [name = ''] = await filesLeft();
    await rm(path.join(folder, name));
    await mkdir(path.join(folder, name));
    await expect(journal.write(entry!)).rejects.toThrow('EISDIR');
    expect(await filesLeft()).toEqual([name]);
  });

  it('of a process that died is taken up when it is whole', async () => {
    const from = await dieWithGrant(start());
    const [name = ''] = await filesLeft();
    const draft = draftOf(name);
    await rename(path.join(folder, name), path.join(folder, draft));
    await open();
    expect(await filesLeft()).toEqual([draft]); // it may be under way
    await age(draft);
    await open();
    expect(await filesLeft()).toEqual([name]);
    expect((await journal.find(from))?.from).toEqual(from);
    // What has the name already is not older.
    const again = draftOf(name);
    await copyFile(path.join(folder, name), path.join(folder, again));
    await age(again);
    await open();
    expect(await filesLeft()).toEqual([name]);
  });

  it('that was cut goes, as does a trial that was left; one that another key has sealed stays', async () => {
    const [cut, sealed] = [draftOf('1-1-1.token'), draftOf('2-1-1.token')];
    const probe = `probe.${randomUUID()}`;
    await writeFile(path.join(folder, cut), 'j1.test');
    await writeFile(path.join(folder, sealed), 'j1.other.x.y.z');
    await writeFile(path.join(folder, probe), '');
    await writeFile(path.join(folder, 'somebody-elses.txt'), '');
    for (const name of await filesLeft()) await age(name);
    await open();
    expect((await filesLeft()).sort()).toEqual([sealed, 'somebody-elses.txt']);
  });
});

describe('the folder of the journal', () => {
  const at = (TOKEN_JOURNAL_DIR: string | undefined, NODE_ENV: Config['NODE_ENV'] = 'test') => ({
    ...config,
    TOKEN_JOURNAL_DIR,
    NODE_ENV,
  });

  it('is closed to others; one that is shared is refused in words', async () => {
    await chmod(folder, 0o755);
    await openJournal(at(folder), silent, openTokenJournal);
    expect((await stat(folder)).mode & 0o777).toBe(0o700);
    await chmod(folder, 0o1777);
    await expect(openJournal(at(folder), silent, openTokenJournal)).rejects.toThrow(
      /TOKEN_JOURNAL_DIR: .* cannot be used \(others may look into it, .*: name a folder in it/,
    );
    await openJournal(at(path.join(folder, 'own')), silent, openTokenJournal);
    expect((await stat(path.join(folder, 'own'))).mode & 0o777).toBe(0o700);
  });

  it('that cannot be used refuses the start in words', async () => {
    const file = path.join(folder, 'file');
    await writeFile(file, '');
    await expect(openJournal(at(path.join(file, 'x')), silent, openTokenJournal)).rejects.toThrow(
      /TOKEN_JOURNAL_DIR: .* cannot be used/,
    );
  });

  it('that is not named is said at the start in production', async () => {
    const said: string[] = [];
    const logger = { ...silent, warn: (line: string) => void said.push(line) } as unknown as typeof silent;
    expect(await openJournal(at(undefined), logger, openTokenJournal)).toBeUndefined();
    expect(said).toEqual([]);
    expect(await openJournal(at(undefined, 'production'), logger, openTokenJournal)).toBeUndefined();
    expect(said).toEqual([expect.stringContaining('TOKEN_JOURNAL_DIR is not set')]);
  });
});
