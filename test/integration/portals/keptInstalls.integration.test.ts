import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  newGrantedInstall,
  openInstallJournal,
  type GrantedInstall,
  type InstallJournal,
} from '../../../src/api/portals/install/installJournal.js';
import { createKeptInstalls } from '../../../src/api/portals/install/keptInstalls.js';
import { obtainGrant } from '../../../src/api/portals/install/obtainGrant.js';
import { hashRandomToken } from '../../../src/api/portals/install/randomToken.js';
import { finishDisconnect } from '../../../src/db/portals/disconnectPortal.js';
import { consumeInstallState } from '../../../src/db/portals/installLinks.js';
import { createDataKeys } from '../../../src/db/secrets/dataKeys.js';
import { createOAuth } from '../../../src/hubspot/oauth/oauth.js';
import { openTokenJournal } from '../../../src/hubspot/tokens/tokenJournal.js';
import { createTransport, type Transport } from '../../../src/hubspot/wire/transport.js';
import { createLogger } from '../../../src/platform/logger.js';
import { codeVerifierContext } from '../../../src/secrets/encryptionContext.js';
import { createKeyring } from '../../../src/secrets/keyring.js';
import { createSealing } from '../../../src/secrets/sealing.js';
import { WORKSPACE } from '../../support/throttle.js';
import { startTokens } from '../../support/tokens.js';
import { OTHER_WORKSPACE } from '../http/harness.js';
import { Browser, PORTAL, startInstalls, textOf, type Installs } from './harness.js';

const OTHER_PORTAL = 777;
const DAY_MS = 24 * 3_600_000;
const silent = createLogger({ LOG_LEVEL: 'silent', LOG_FORMAT: 'json' }, 'test');

let folder: string;
let hub: Installs;
let journal: InstallJournal;
let transport: Transport;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'sluice-installs-'));
  hub = await startInstalls({ TOKEN_JOURNAL_DIR: folder, PORTALS_PER_WORKSPACE: '2' });
  await hub.control('POST', '/portals', { portalId: OTHER_PORTAL, name: 'Other' });
  journal = await open();
  transport = createTransport(hub.sandbox.url);
});
afterEach(async () => {
  await transport.close();
  await hub.close();
  await rm(folder, { recursive: true });
});

const open = () => openInstallJournal(folder, createKeyring(hub.api.config.ENCRYPTION_KEYS));
const filesLeft = () => readdir(folder);
const portals = () => hub.rows('SELECT portal_id::int, workspace_id, state, epoch FROM portals ORDER BY 1');
const ours = { portal_id: PORTAL, workspace_id: WORKSPACE, state: 'active', epoch: 1 };
const installs = () =>
  hub.rows(
    `SELECT result, portal_id::int, subject FROM audit_entries
      WHERE operation = 'portal.install' AND workspace_id = $1 ORDER BY seq`,
    [WORKSPACE],
  );

/** The API in another process, or in the same one later. */
function nextProcess(itsJournal: InstallJournal = journal) {
  const { database, config } = hub.api;
  const [calls, said]: [string[], unknown[][]] = [[], []];
  const heard = (...line: unknown[]) => void said.push(line);
  const kept = createKeptInstalls({
    ...{ pool: database.pool, config, journal: itsJournal },
    logger: { ...silent, info: heard, warn: heard, error: heard } as unknown as typeof silent,
    sealing: createSealing(config.ENCRYPTION_KEYS, createDataKeys(database.pool)),
    startInstall: async ({ portalId, epoch }) => void calls.push(`install ${portalId}/${epoch}`),
    startDisconnect: async ({ portalId, epoch }) => void calls.push(`disconnect ${portalId}/${epoch}`),
  });
  return { storeLeft: kept.storeLeft, calls, said };
}

/** HubSpot grants an install, and the process dies before the database has it. */
async function dieWithGrant({
  url,
  portalId = PORTAL,
  ageMs = 0,
}: { url?: string; portalId?: number; ageMs?: number } = {}): Promise<GrantedInstall> {
  const { database, config } = hub.api;
  const browser = new Browser();
  const opened = await browser.begin(url ?? (await hub.link()));
  const back = new URL(await hub.click(opened.location ?? '', { portalId })).searchParams;
  const [secret = ''] = (browser.cookies.get('sluice-install') ?? '').split('.');
  const stateHash = hashRandomToken(back.get('state') ?? '');
  const begun = await consumeInstallState(database.pool, stateHash, hashRandomToken(secret));
  if (!begun) throw new Error('The state is not good');
  const { workspaceId, codeVerifierSealed, redirectUri } = begun;
  const sealing = createSealing(config.ENCRYPTION_KEYS, createDataKeys(database.pool));
  const codeVerifier = await sealing.open(codeVerifierSealed, codeVerifierContext(workspaceId, stateHash));
  const oauth = createOAuth({ transport, config, logger: silent });
  const grant = await obtainGrant(oauth, { code: back.get('code') ?? '', codeVerifier, redirectUri });
  const granted = newGrantedInstall(begun, grant);
  const install = { ...granted, grantedAtMs: granted.grantedAtMs - ageMs };
  await journal.write(install);
  return install;
}

/** The database takes none of what an install stores, as after a fail-over to a node that is still read-only. */
async function refuseWrites(sqlState: string, at: Installs = hub): Promise<() => Promise<void>> {
  await at.rows(
    `CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
       BEGIN RAISE EXCEPTION 'cannot execute it' USING ERRCODE = '${sqlState}'; END $$`,
  );
  for (const table of ['portals', 'notices', 'audit_entries'])
    await at.rows(
      `CREATE TRIGGER refuse BEFORE INSERT OR UPDATE ON ${table} FOR EACH ROW EXECUTE FUNCTION refuse()`,
    );
  return async () => void (await at.rows('DROP FUNCTION refuse CASCADE'));
}

describe('an install that HubSpot has granted', () => {
  it.each(['25006', '53100', 'XX000'])(
    'is kept where the database does not take it: its page says so, and it is connected later as it would have been (%s)',
    async (sqlState) => {
      const browser = new Browser();
      const opened = await browser.begin(await hub.link());
      const target = await hub.click(opened.location ?? '');
      const accept = await refuseWrites(sqlState);
      try {
        const page = await browser.get(target);
        expect(page.status).toBe(503);
        expect(textOf(page.text)).toContain(
          `HubSpot has allowed it for account ${PORTAL}, and that is kept here`,
        );
        expect(page.text).not.toMatch(/start again<\/a>/i);
        expect((await filesLeft()).length).toBe(1);
        const { storeLeft, said } = nextProcess();
        await storeLeft(0);
        expect(said).toEqual([[expect.stringContaining('cannot be stored yet'), expect.anything()]]);
        expect(await portals()).toEqual([]);
      } finally {
        await accept();
      }
      const { storeLeft, calls } = nextProcess();
      await storeLeft(0);
      const [portal] = await hub.rows(
        `SELECT auth, state, epoch, scopes, throttle_enabled, verified_at IS NOT NULL AS verified,
                token_expires_at > now() + interval '25 minutes' AS lives FROM portals`,
      );
      expect(portal).toMatchObject({ auth: 'oauth', state: 'active', epoch: 1, verified: true, lives: true });
      expect(portal).toMatchObject({
        throttle_enabled: true,
        scopes: expect.arrayContaining(['automation']),
      });
      expect(calls).toEqual([`install ${PORTAL}/1`]);
      expect(await installs()).toMatchObject([{ result: 'ok', portal_id: PORTAL, subject: { epoch: 1 } }]);
      expect(await hub.rows('SELECT kind FROM notices')).toEqual([{ kind: 'portal.connected' }]);
      expect(await hub.rows('SELECT FROM install_links WHERE completed_at IS NULL')).toEqual([]);
      expect(await filesLeft()).toEqual([]);
    },
    40_000,
  );

  it('leaves nothing on the disk when it is stored, or refused', async () => {
    expect((await hub.install(new Browser())).status).toBe(200);
    const theirs = await hub.api.client({ workspaceId: OTHER_WORKSPACE });
    const browser = new Browser();
    const opened = await browser.begin(await hub.link({}, theirs));
    expect((await browser.get(await hub.click(opened.location ?? ''))).status).toBe(409);
    expect(await filesLeft()).toEqual([]);
  });

  it('is to be begun again where nothing keeps it', async () => {
    const other = await startInstalls();
    try {
      const browser = new Browser();
      const opened = await browser.begin(await other.link());
      const target = await other.click(opened.location ?? '');
      await refuseWrites('25006', other);
      const page = await browser.get(target);
      expect(page.status).toBe(503);
      expect(textOf(page.text)).toContain('Wait a minute, then start again');
      expect(textOf(page.text)).not.toContain('kept');
    } finally {
      await other.close();
    }
  }, 40_000);

  it('is stored by the next process where the one that had it died', async () => {
    await dieWithGrant();
    const { storeLeft, calls } = nextProcess();
    await storeLeft(0);
    expect(await portals()).toEqual([ours]);
    expect(calls).toEqual([`install ${PORTAL}/1`]);
    expect(await filesLeft()).toEqual([]);
  });

  it('is stored once by processes that share a journal, and by one that died when it had stored it', async () => {
    const install = await dieWithGrant();
    const both = [nextProcess(), nextProcess(await open())];
    await Promise.all(both.map(({ storeLeft }) => storeLeft(0)));
    await journal.write(install);
    await nextProcess().storeLeft(0);
    expect(await portals()).toEqual([ours]);
    expect(await installs()).toMatchObject([{ result: 'ok' }]);
    expect(await filesLeft()).toEqual([]);
  });

  it('takes the place of what the workspace had before, also when its access token has ended', async () => {
    await hub.install(new Browser());
    await hub.rows(`UPDATE portals SET state = 'reauth_required'`);
    await dieWithGrant({ ageMs: 3_600_000 });
    await nextProcess().storeLeft(0);
    expect(await portals()).toEqual([{ ...ours, epoch: 2 }]);
    expect(await hub.rows('SELECT token_expires_at <= now() AS ended FROM portals')).toEqual([
      { ended: true },
    ]);
  });

  it('that HubSpot no longer refreshes ends as any such portal: in need of a new authorisation, on the record', async () => {
    await dieWithGrant({ ageMs: 3_600_000 });
    await hub.control('POST', `/portals/${PORTAL}/revoke`, {});
    await nextProcess().storeLeft(0);
    const worker = startTokens(hub.api.config);
    try {
      await expect(worker.tokens.accessToken(PORTAL)).rejects.toThrow();
    } finally {
      await worker.stop();
    }
    expect(await portals()).toEqual([{ ...ours, state: 'reauth_required' }]);
    const [last] = await hub.rows('SELECT operation FROM audit_entries ORDER BY seq DESC LIMIT 1');
    expect(last).toEqual({ operation: 'portal.reauth_required' });
    expect(await filesLeft()).toEqual([]);
  });

  it('is not touched while its page may still store it', async () => {
    await dieWithGrant();
    await nextProcess().storeLeft(30_000);
    expect(await portals()).toEqual([]);
    expect((await filesLeft()).length).toBe(1);
  });
});

describe('an install that is kept', () => {
  /** Connects an account by a whole install. */
  async function install(url: string, portalId: number): Promise<void> {
    const browser = new Browser();
    const opened = await browser.begin(url);
    expect((await browser.get(await hub.click(opened.location ?? '', { portalId }))).status).toBe(200);
  }
  const theirLink = async () => hub.link({}, await hub.api.client({ workspaceId: OTHER_WORKSPACE }));

  it.each<[string, string, string, (link: string) => Promise<unknown>]>([
    ['whose link was used meanwhile', 'link_used', 'install_expired', (link) => install(link, OTHER_PORTAL)],
    [
      'whose account was connected by a newer install',
      'connected',
      'install_expired',
      async () => install(await hub.link(), PORTAL),
    ],
    [
      'whose account was connected by a token since',
      'connected',
      'install_expired',
      async () => {
        const { accessToken } = await hub.control<{ accessToken: string }>(
          'POST',
          `/portals/${PORTAL}/install`,
          {},
        );
        await hub.api.api.must('POST', '/api/portals', { portalId: PORTAL, accessToken });
      },
    ],
    [
      'whose account was disconnected since',
      'disconnected',
      'install_expired',
      () =>
        hub.rows(
          `INSERT INTO portals (portal_id, workspace_id, state, state_reason, installed_at)
           VALUES ($1, $2, 'disconnected', 'Done', now() - interval '1 day')`,
          [PORTAL, WORKSPACE],
        ),
    ],
    [
      'whose account another workspace has taken meanwhile',
      'moved',
      'install_expired',
      async () => install(await theirLink(), PORTAL),
    ],
    [
      'whose account was moved to another workspace',
      'moved',
      'install_expired',
      () =>
        hub.rows(
          `INSERT INTO portals (portal_id, workspace_id, state, state_reason)
           VALUES ($1, $2, 'disconnected', 'It was given to this workspace: connect it')`,
          [PORTAL, OTHER_WORKSPACE],
        ),
    ],
    [
      'whose workspace has no place left',
      'install_refused',
      'install_refused',
      () => hub.rows(`INSERT INTO portals (portal_id, workspace_id) VALUES (1, $1), (2, $1)`, [WORKSPACE]),
    ],
    [
      'whose portal has more switched on since than was asked for',
      'scopes_not_asked_for',
      'install_missing_scope',
      () =>
        hub.rows(
          `INSERT INTO portals (portal_id, workspace_id, sync_enabled, installed_at, state_changed_at)
           VALUES ($1, $2, true, now() - interval '1 day', now() - interval '1 day')`,
          [PORTAL, WORKSPACE],
        ),
    ],
  ])('%s ends with a reason, on the record, and changes nothing', async (_, reason, result, meanwhile) => {
    const link = await hub.link();
    const { grant } = await dieWithGrant({ url: link });
    await meanwhile(link);
    const before = await hub.rows('SELECT p::text FROM portals p ORDER BY portal_id');
    const { storeLeft, calls, said } = nextProcess();
    await storeLeft(0);
    expect(await hub.rows('SELECT p::text FROM portals p ORDER BY portal_id')).toEqual(before);
    expect(calls).toEqual([]);
    expect(await filesLeft()).toEqual([]);
    expect((await installs()).at(-1)).toMatchObject({ result, portal_id: PORTAL, subject: { reason } });
    expect(said).toEqual([
      [expect.stringContaining('is not stored any more'), expect.objectContaining({ reason })],
    ]);
    for (const secret of [grant.accessToken, grant.refreshToken])
      expect(JSON.stringify(said)).not.toContain(secret.reveal());
  });

  it('of an account that another workspace has proved to hold is refused, as its page would have', async () => {
    await install(await theirLink(), PORTAL);
    await dieWithGrant();
    await nextProcess().storeLeft(0);
    expect(await portals()).toEqual([{ ...ours, workspace_id: OTHER_WORKSPACE }]);
    expect(await installs()).toMatchObject([{ result: 'install_refused' }]);
    expect(await filesLeft()).toEqual([]);
  });

  it('takes an account over that another workspace never proved, when what waits there has ended', async () => {
    await hub.rows('INSERT INTO portals (portal_id, workspace_id) VALUES ($1, $2)', [
      PORTAL,
      OTHER_WORKSPACE,
    ]);
    await dieWithGrant();
    const first = nextProcess();
    await first.storeLeft(0);
    expect(first.calls).toEqual([`disconnect ${PORTAL}/1`]);
    expect((await filesLeft()).length).toBe(1);
    const former = { portalId: PORTAL, workspaceId: OTHER_WORKSPACE, epoch: 1 };
    const detail = { reason: 'Done', revoked: 'no', uninstalled: 'no', endedLocally: 0 };
    await finishDisconnect(hub.api.database.pool, former, detail);
    await nextProcess().storeLeft(0);
    expect(await portals()).toMatchObject([{ workspace_id: WORKSPACE, state: 'active' }]);
    expect(await installs()).toMatchObject([{ result: 'ok' }]);
    expect(await filesLeft()).toEqual([]);
  });

  it('stays where the database has gone back to before its link, for a day', async () => {
    const install = await dieWithGrant();
    await hub.rows('DELETE FROM oauth_states');
    await hub.rows('DELETE FROM install_links');
    const { storeLeft, said } = nextProcess();
    await storeLeft(0);
    expect(await portals()).toEqual([]);
    expect((await filesLeft()).length).toBe(1);
    expect(said).toEqual([
      [expect.stringContaining('the database is older'), expect.objectContaining({ reason: 'not_here' })],
    ]);
    await journal.write({ ...install, grantedAtMs: Date.now() - DAY_MS });
    await nextProcess().storeLeft(0);
    expect(await filesLeft()).toEqual([]);
    expect(await installs()).toMatchObject([{ result: 'install_expired', subject: { reason: 'not_here' } }]);
  });

  it('is stored where the database has gone back to before its state was used', async () => {
    await dieWithGrant();
    await hub.rows('UPDATE oauth_states SET used_at = NULL');
    await nextProcess().storeLeft(0);
    expect(await portals()).toEqual([ours]);
  });

  it('is a file that tells no secret, for its owner alone, and none to the worker that shares the folder', async () => {
    const { grant } = await dieWithGrant();
    const [name = ''] = await filesLeft();
    const text = await readFile(path.join(folder, name), 'utf8');
    for (const secret of [grant.accessToken, grant.refreshToken])
      expect(name + text).not.toContain(secret.reveal());
    expect((await stat(path.join(folder, name))).mode & 0o777).toBe(0o600);
    const tokens = await openTokenJournal(folder, createKeyring(hub.api.config.ENCRYPTION_KEYS));
    expect(await tokens.list()).toEqual({ entries: [], unreadable: [] });
    expect((await journal.list()).installs).toMatchObject([{ grant: { portalId: PORTAL } }]);
  });

  it('holds up none of the others when it cannot be stored', async () => {
    await dieWithGrant({ portalId: OTHER_PORTAL });
    const broken = await dieWithGrant();
    await journal.write({ ...broken, begun: { ...broken.begun, usedAt: 'no time' } });
    await nextProcess().storeLeft(0);
    expect(await portals()).toEqual([{ ...ours, portal_id: OTHER_PORTAL }]);
    expect((await filesLeft()).length).toBe(1);
    await journal.write({ ...broken, begun: { ...broken.begun, usedAt: 'no time' }, grantedAtMs: 0 });
    await nextProcess().storeLeft(0);
    expect(await filesLeft()).toEqual([]);
    expect((await installs()).at(-1)).toMatchObject({ result: 'internal', subject: { reason: 'fails' } });
  });
});
